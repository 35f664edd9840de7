// SPDX-License-Identifier: MIT
/* Objects from protobuf, unpacked by protobuf-c. */
#include <errno.h>
#include <string.h>

#include "flows/names/kube.pb-c.h"
#include "flows/names/kube_protobuf.h"

static void *pb_alloc(void *arg, size_t size)
{
	return arena_alloc(arg, size);
}

/* The arena is emptied as a whole. */
static void pb_free(void *arg, void *p)
{
	(void)arg;
	(void)p;
}

void *kube_unpack(struct arena *a, const void *descriptor, struct span s)
{
	ProtobufCAllocator allocator = {pb_alloc, pb_free, a};

	arena_reset(a, s.n);
	return protobuf_c_message_unpack(descriptor, &allocator, s.n, s.p);
}

static const char *text(const char *s)
{
	return s ? s : "";
}

static bool fill_meta(struct arena *a, const Kube__Meta *from, struct kube_meta *m)
{
	static const Kube__Meta none = KUBE__META__INIT;
	struct kube_label *labels;

	from = from ? from : &none;
	labels = arena_array(a, from->n_labels, sizeof(*labels));
	if (!labels)
		return false;
	for (size_t i = 0; i < from->n_labels; i++)
		labels[i] = (struct kube_label){text(from->labels[i]->key),
						text(from->labels[i]->value)};
	*m = (struct kube_meta){
		.name = text(from->name),
		.namespace_name = text(from->namespace_),
		.uid = text(from->uid),
		.resource_version = text(from->resource_version),
		.owner_kind = "",
		.owner_name = "",
		.owner_uid = "",
		.labels = labels,
		.n_labels = from->n_labels,
	};
	for (size_t i = 0; i < from->n_owners; i++) {
		const Kube__Owner *o = from->owners[i];

		if (!o->controller)
			continue;
		m->owner_kind = text(o->kind);
		m->owner_name = text(o->name);
		m->owner_uid = text(o->uid);
		break;
	}
	return true;
}

static size_t add_address(struct ip_addr *ips, size_t n, const char *s)
{
	return n + kube_parse_address(text(s), &ips[n]);
}

static size_t add_containers(struct kube_container *to, size_t n,
			     Kube__ContainerStatus *const *from, size_t n_from)
{
	for (size_t i = 0; i < n_from; i++)
		to[n++] = (struct kube_container){text(from[i]->name), text(from[i]->image),
						  text(from[i]->container_id)};
	return n;
}

static bool fill_status(struct arena *a, const Kube__PodStatus *s, struct kube_pod *p)
{
	struct ip_addr *ips = arena_array(a, s->n_pod_ips + 1, sizeof(*ips));
	struct kube_container *c = arena_array(
		a, s->n_containers + s->n_init_containers + s->n_ephemeral_containers, sizeof(*c));

	if (!ips || !c)
		return false;
	p->phase = text(s->phase);
	for (size_t i = 0; i < s->n_pod_ips; i++)
		p->n_ips = add_address(ips, p->n_ips, s->pod_ips[i]->ip);
	if (!p->n_ips)
		p->n_ips = add_address(ips, 0, s->pod_ip);
	p->ips = ips;
	p->n_containers = add_containers(c, 0, s->init_containers, s->n_init_containers);
	p->n_containers = add_containers(c, p->n_containers, s->ephemeral_containers,
					 s->n_ephemeral_containers);
	p->n_containers = add_containers(c, p->n_containers, s->containers, s->n_containers);
	p->containers = c;
	return true;
}

static bool get_pod(struct arena *a, struct span s, struct kube_object *o)
{
	const Kube__Pod *p = kube_unpack(a, &kube__pod__descriptor, s);

	if (!p || !fill_meta(a, p->metadata, &o->meta))
		return false;
	o->pod = (struct kube_pod){.node = "", .phase = ""};
	if (p->spec) {
		o->pod.node = text(p->spec->node_name);
		o->pod.host_network = p->spec->host_network;
	}
	return !p->status || fill_status(a, p->status, &o->pod);
}

static bool fill_spec(struct arena *a, const Kube__ServiceSpec *s, struct kube_service *to,
		      struct ip_addr *ips)
{
	struct kube_port *ports = arena_array(a, s->n_ports, sizeof(*ports));
	size_t n = 0;

	if (!ports)
		return false;
	for (size_t i = 0; i < s->n_ports; i++)
		ports[i] = (struct kube_port){
			.name = text(s->ports[i]->name),
			.protocol = kube_parse_protocol(text(s->ports[i]->protocol)),
			.port = kube_port_number(s->ports[i]->port),
			.node_port = kube_port_number(s->ports[i]->node_port),
		};
	for (size_t i = 0; i < s->n_cluster_ips; i++)
		n = add_address(ips, n, s->cluster_ips[i]);
	if (!n)
		n = add_address(ips, n, s->cluster_ip);
	for (size_t i = 0; i < s->n_external_ips; i++)
		n = add_address(ips, n, s->external_ips[i]);
	to->type = text(s->type);
	to->headless = !strcmp(text(s->cluster_ip), "None");
	to->ports = ports;
	to->n_ports = s->n_ports;
	to->n_ips = n;
	return true;
}

static bool get_service(struct arena *a, struct span s, struct kube_object *o)
{
	static const Kube__ServiceSpec none = KUBE__SERVICE_SPEC__INIT;
	const Kube__Service *from = kube_unpack(a, &kube__service__descriptor, s);
	const Kube__LoadBalancerStatus *lb;
	const Kube__ServiceSpec *spec;
	struct ip_addr *ips;

	if (!from || !fill_meta(a, from->metadata, &o->meta))
		return false;
	spec = from->spec ? from->spec : &none;
	lb = from->status ? from->status->load_balancer : NULL;
	ips = arena_array(a,
			  spec->n_cluster_ips + 1 + spec->n_external_ips + (lb ? lb->n_ingress : 0),
			  sizeof(*ips));
	o->service = (struct kube_service){.ips = ips};
	if (!ips || !fill_spec(a, spec, &o->service, ips))
		return false;
	for (size_t i = 0; lb && i < lb->n_ingress; i++)
		o->service.n_ips = add_address(ips, o->service.n_ips, lb->ingress[i]->ip);
	return true;
}

static bool fill_backend(struct arena *a, const Kube__Backend *from, struct kube_backend *to)
{
	struct ip_addr *ips = arena_array(a, from->n_addresses, sizeof(*ips));

	if (!ips)
		return false;
	/* ready is nil where the controller does not know: as true */
	*to = (struct kube_backend){.ips = ips,
				    .ready = !from->conditions || !from->conditions->has_ready ||
					     from->conditions->ready};
	for (size_t i = 0; i < from->n_addresses; i++)
		to->n_ips = add_address(ips, to->n_ips, from->addresses[i]);
	return true;
}

static bool get_slice(struct arena *a, struct span s, struct kube_object *o)
{
	const Kube__EndpointSlice *from = kube_unpack(a, &kube__endpoint_slice__descriptor, s);
	struct kube_backend *backends;
	struct kube_port *ports;

	if (!from || !fill_meta(a, from->metadata, &o->meta))
		return false;
	backends = arena_array(a, from->n_endpoints, sizeof(*backends));
	ports = arena_array(a, from->n_ports, sizeof(*ports));
	if (!backends || !ports)
		return false;
	for (size_t i = 0; i < from->n_endpoints; i++)
		if (!fill_backend(a, from->endpoints[i], &backends[i]))
			return false;
	for (size_t i = 0; i < from->n_ports; i++)
		ports[i] = (struct kube_port){
			.name = text(from->ports[i]->name),
			.protocol = kube_parse_protocol(text(from->ports[i]->protocol)),
			.port = kube_port_number(from->ports[i]->port),
		};
	o->slice = (struct kube_slice){kube_label(&o->meta, KUBE_SERVICE_LABEL), backends,
				       from->n_endpoints, ports, from->n_ports};
	return true;
}

static bool get_node(struct arena *a, struct span s, struct kube_object *o)
{
	const Kube__Node *from = kube_unpack(a, &kube__node__descriptor, s);
	size_t n = from && from->status ? from->status->n_addresses : 0, n_ips = 0;
	struct ip_addr *ips;

	if (!from || !fill_meta(a, from->metadata, &o->meta))
		return false;
	ips = arena_array(a, n, sizeof(*ips));
	if (!ips)
		return false;
	for (size_t i = 0; i < n; i++) {
		const Kube__NodeAddress *at = from->status->addresses[i];

		if (!strcmp(text(at->type), "InternalIP") || !strcmp(text(at->type), "ExternalIP"))
			n_ips = add_address(ips, n_ips, at->address);
	}
	o->node = (struct kube_node){ips, n_ips};
	return true;
}

static bool get_plain(struct arena *a, struct span s, struct kube_object *o)
{
	const Kube__Plain *from = kube_unpack(a, &kube__plain__descriptor, s);

	return from && fill_meta(a, from->metadata, &o->meta);
}

int kube_protobuf_object(struct arena *a, enum kube_kind kind, struct span s, struct kube_object *o)
{
	static bool (*const get[KUBE_KINDS])(struct arena *, struct span, struct kube_object *) = {
		[KUBE_POD] = get_pod,
		[KUBE_SERVICE] = get_service,
		[KUBE_ENDPOINTSLICE] = get_slice,
		[KUBE_NODE] = get_node,
		[KUBE_NAMESPACE] = get_plain,
		[KUBE_REPLICASET] = get_plain,
	};

	o->kind = kind;
	return get[kind](a, s, o) ? 0 : kube_broken(a);
}
