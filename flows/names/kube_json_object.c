// SPDX-License-Identifier: MIT
/* Objects from JSON that jansson has read. Members of another type count as missing. */
#include "flows/names/kube_json.h"

#include <errno.h>
#include <string.h>

/*
 * Each function that makes an array counts on arena_array(), whose limit follows
 * the size of the text: an element takes at least two bytes there.
 */

const char *kube_json_text(const json_t *v, const char *key)
{
	const char *s = json_string_value(json_object_get(v, key));

	return s ? s : "";
}

static uint16_t port_number(const json_t *v, const char *key)
{
	return kube_port_number(json_integer_value(json_object_get(v, key)));
}

static bool fill_labels(struct arena *a, const json_t *from, struct kube_meta *m)
{
	struct kube_label *labels = arena_array(a, json_object_size(from), sizeof(*labels));
	const char *key;
	json_t *value;

	if (!labels)
		return false;
	json_object_foreach((json_t *)from, key, value)
	{
		const char *s = json_string_value(value);

		labels[m->n_labels++] = (struct kube_label){key, s ? s : ""};
	}
	m->labels = labels;
	return true;
}

static bool fill_meta(struct arena *a, const json_t *v, struct kube_meta *m)
{
	const json_t *from = json_object_get(v, "metadata");
	const json_t *owners = json_object_get(from, "ownerReferences");

	*m = (struct kube_meta){
		.name = kube_json_text(from, "name"),
		.namespace_name = kube_json_text(from, "namespace"),
		.uid = kube_json_text(from, "uid"),
		.resource_version = kube_json_text(from, "resourceVersion"),
		.owner_kind = "",
		.owner_name = "",
		.owner_uid = "",
	};
	for (size_t i = 0; i < json_array_size(owners); i++) {
		const json_t *o = json_array_get(owners, i);

		if (!json_is_true(json_object_get(o, "controller")))
			continue;
		m->owner_kind = kube_json_text(o, "kind");
		m->owner_name = kube_json_text(o, "name");
		m->owner_uid = kube_json_text(o, "uid");
		break;
	}
	return fill_labels(a, json_object_get(from, "labels"), m);
}

static size_t add_address(struct ip_addr *ips, size_t n, const char *text)
{
	return n + kube_parse_address(text ? text : "", &ips[n]);
}

/* Those of an array of strings. */
static size_t add_addresses(struct ip_addr *ips, size_t n, const json_t *from)
{
	for (size_t i = 0; i < json_array_size(from); i++)
		n = add_address(ips, n, json_string_value(json_array_get(from, i)));
	return n;
}

/* Those of an array of objects with an "ip". */
static size_t add_ips(struct ip_addr *ips, size_t n, const json_t *from)
{
	for (size_t i = 0; i < json_array_size(from); i++)
		n = add_address(ips, n, kube_json_text(json_array_get(from, i), "ip"));
	return n;
}

/* -------------------------------------------------------------------- pods */

static size_t add_containers(struct kube_container *to, size_t n, const json_t *from)
{
	for (size_t i = 0; i < json_array_size(from); i++) {
		const json_t *c = json_array_get(from, i);

		to[n++] = (struct kube_container){kube_json_text(c, "name"),
						  kube_json_text(c, "image"),
						  kube_json_text(c, "containerID")};
	}
	return n;
}

static bool fill_pod(struct arena *a, const json_t *v, struct kube_object *o)
{
	static const char *const statuses[] = {"initContainerStatuses",
					       "ephemeralContainerStatuses", "containerStatuses"};
	const json_t *spec = json_object_get(v, "spec"), *status = json_object_get(v, "status");
	const json_t *pod_ips = json_object_get(status, "podIPs");
	struct kube_container *containers;
	struct ip_addr *ips = arena_array(a, json_array_size(pod_ips) + 1, sizeof(*ips));
	size_t n = 0, n_ips;

	for (size_t i = 0; i < 3; i++)
		n += json_array_size(json_object_get(status, statuses[i]));
	containers = arena_array(a, n, sizeof(*containers));
	if (!ips || !containers)
		return false;
	n_ips = add_ips(ips, 0, pod_ips);
	if (!n_ips)
		n_ips = add_address(ips, 0, kube_json_text(status, "podIP"));
	n = 0;
	for (size_t i = 0; i < 3; i++)
		n = add_containers(containers, n, json_object_get(status, statuses[i]));
	o->pod = (struct kube_pod){
		.node = kube_json_text(spec, "nodeName"),
		.phase = kube_json_text(status, "phase"),
		.host_network = json_is_true(json_object_get(spec, "hostNetwork")),
		.ips = ips,
		.n_ips = n_ips,
		.containers = containers,
		.n_containers = n,
	};
	return true;
}

/* ---------------------------------------------------- services and slices */

static struct kube_port *get_ports(struct arena *a, const json_t *from)
{
	struct kube_port *ports = arena_array(a, json_array_size(from), sizeof(*ports));

	for (size_t i = 0; ports && i < json_array_size(from); i++) {
		const json_t *p = json_array_get(from, i);

		ports[i] = (struct kube_port){
			.name = kube_json_text(p, "name"),
			.protocol = kube_parse_protocol(kube_json_text(p, "protocol")),
			.port = port_number(p, "port"),
			.node_port = port_number(p, "nodePort"),
		};
	}
	return ports;
}

static bool fill_service(struct arena *a, const json_t *v, struct kube_object *o)
{
	const json_t *spec = json_object_get(v, "spec");
	const json_t *cluster = json_object_get(spec, "clusterIPs");
	const json_t *external = json_object_get(spec, "externalIPs");
	const json_t *ports = json_object_get(spec, "ports"), *ingress;
	struct ip_addr *ips;
	size_t n;

	ingress = json_object_get(json_object_get(json_object_get(v, "status"), "loadBalancer"),
				  "ingress");
	n = json_array_size(cluster) + 1 + json_array_size(external) + json_array_size(ingress);
	ips = arena_array(a, n, sizeof(*ips));
	if (!ips)
		return false;
	n = add_addresses(ips, 0, cluster);
	if (!n)
		n = add_address(ips, n, kube_json_text(spec, "clusterIP"));
	n = add_addresses(ips, n, external);
	n = add_ips(ips, n, ingress);
	o->service = (struct kube_service){
		.type = kube_json_text(spec, "type"),
		.headless = !strcmp(kube_json_text(spec, "clusterIP"), "None"),
		.ips = ips,
		.n_ips = n,
		.ports = get_ports(a, ports),
		.n_ports = json_array_size(ports),
	};
	return o->service.ports;
}

static bool fill_backend(struct arena *a, const json_t *v, struct kube_backend *to)
{
	const json_t *addresses = json_object_get(v, "addresses");
	const json_t *ready = json_object_get(json_object_get(v, "conditions"), "ready");
	struct ip_addr *ips = arena_array(a, json_array_size(addresses), sizeof(*ips));

	if (!ips)
		return false;
	/* nil where the controller does not know: as true */
	*to = (struct kube_backend){ips, add_addresses(ips, 0, addresses), !json_is_false(ready)};
	return true;
}

static bool fill_slice(struct arena *a, const json_t *v, struct kube_object *o)
{
	const json_t *endpoints = json_object_get(v, "endpoints");
	const json_t *ports = json_object_get(v, "ports");
	size_t n = json_array_size(endpoints);
	struct kube_backend *backends = arena_array(a, n, sizeof(*backends));

	if (!backends)
		return false;
	for (size_t i = 0; i < n; i++)
		if (!fill_backend(a, json_array_get(endpoints, i), &backends[i]))
			return false;
	o->slice = (struct kube_slice){
		.service = kube_label(&o->meta, KUBE_SERVICE_LABEL),
		.backends = backends,
		.n_backends = n,
		.ports = get_ports(a, ports),
		.n_ports = json_array_size(ports),
	};
	return o->slice.ports;
}

/* ------------------------------------------------------------------- nodes */

static bool fill_node(struct arena *a, const json_t *v, struct kube_object *o)
{
	const json_t *from = json_object_get(json_object_get(v, "status"), "addresses");
	struct ip_addr *ips = arena_array(a, json_array_size(from), sizeof(*ips));
	size_t n = 0;

	if (!ips)
		return false;
	for (size_t i = 0; i < json_array_size(from); i++) {
		const json_t *at = json_array_get(from, i);
		const char *type = kube_json_text(at, "type");

		if (!strcmp(type, "InternalIP") || !strcmp(type, "ExternalIP"))
			n = add_address(ips, n, kube_json_text(at, "address"));
	}
	o->node = (struct kube_node){ips, n};
	return true;
}

static bool fill_plain(struct arena *a, const json_t *v, struct kube_object *o)
{
	(void)a;
	(void)v;
	(void)o;
	return true;
}

int kube_json_object(struct arena *a, enum kube_kind kind, const json_t *v, struct kube_object *o)
{
	static bool (*const fill[KUBE_KINDS])(struct arena *, const json_t *,
					      struct kube_object *) = {
		[KUBE_POD] = fill_pod,
		[KUBE_SERVICE] = fill_service,
		[KUBE_ENDPOINTSLICE] = fill_slice,
		[KUBE_NODE] = fill_node,
		[KUBE_NAMESPACE] = fill_plain,
		[KUBE_REPLICASET] = fill_plain,
	};

	if (!json_is_object(v))
		return -EBADMSG;
	o->kind = kind;
	if (fill_meta(a, v, &o->meta) && fill[kind](a, v, o))
		return 0;
	return a->err ? a->err : -EBADMSG;
}
