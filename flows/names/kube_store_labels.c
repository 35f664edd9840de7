// SPDX-License-Identifier: MIT
/* Labels as Cilium writes them, and the print that tells whether an object says anything new. */
#include <stdlib.h>
#include <string.h>

#include "flows/names/kube_store_parts.h"

/* ------------------------------------------------------------------ labels */

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static bool begins(const char *s, const char *with)
{
	return !strncmp(s, with, strlen(with));
}

static bool begins_any(const char *s, const char *const *with, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (begins(s, with[i]))
			return true;
	return false;
}

/*
 * Cilium's choice by default: what differs between the pods of one workload, or
 * tells where they run, makes no identity.
 */
static bool is_relevant(const char *key)
{
	static const char *const always[] = {
		"app.kubernetes.io",
		"io.cilium.k8s.namespace.labels",
		"io.kubernetes.pod.namespace",
	};
	static const char *const never[] = {
		"annotation.",
		"apps.kubernetes.io/pod-index",
		"batch.kubernetes.io/",
		"controller-revision-hash",
		"controller-uid",
		"etcd_node",
		"io.kubernetes",
		"job-name=",
		"k8s.io",
		"kubernetes.io",
		"pod-template-generation",
		"pod-template-hash",
		"statefulset.kubernetes.io/pod-name",
		"topology.kubernetes.io/",
	};

	if (begins_any(key, always, COUNT(always)))
		return true;
	return !begins_any(key, never, COUNT(never)) && !strstr(key, "beta.kubernetes.io");
}

static void append(char *to, size_t *used, const char *s)
{
	size_t n = strnlen(s, LABEL_MAX - *used);

	memcpy(to + *used, s, n);
	*used += n;
	to[*used] = 0;
}

static void add(struct kube_labels *l, const char *key, const char *value)
{
	char *to = l->text[l->n];
	size_t used = 0;

	append(to, &used, "k8s:");
	append(to, &used, key);
	if (*value) {
		append(to, &used, "=");
		append(to, &used, value);
	}
	l->sorted[l->n++] = to;
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

void kube_labels_fill(struct kube_labels *l, const struct kube_meta *m)
{
	l->n = 0;
	l->n_relevant = 0;
	add(l, "io.kubernetes.pod.namespace", m->namespace_name);
	for (size_t i = 0; i < m->n_labels && l->n < LABELS_MAX; i++)
		add(l, m->labels[i].key, m->labels[i].value);
	qsort(l->sorted, l->n, sizeof(l->sorted[0]), compare);
	for (size_t i = 0; i < l->n; i++)
		if (is_relevant(l->sorted[i] + strlen("k8s:")))
			l->relevant[l->n_relevant++] = l->sorted[i];
}

/* ------------------------------------------------------------------ prints */

static uint64_t mix(uint64_t h, uint64_t v)
{
	h = (h ^ v) * 0x9fb21c651e98df25;
	return h ^ h >> 32;
}

static uint64_t mix_bytes(uint64_t h, const void *data, size_t size)
{
	return mix(h, table_hash(data, size));
}

static uint64_t mix_text(uint64_t h, const char *s)
{
	return mix_bytes(h, s, strlen(s));
}

static uint64_t mix_ips(uint64_t h, const struct ip_addr *ips, size_t n)
{
	return n ? mix_bytes(h, ips, n * sizeof(*ips)) : mix(h, 0);
}

static uint64_t mix_ports(uint64_t h, const struct kube_port *ports, size_t n)
{
	h = mix(h, n);
	for (size_t i = 0; i < n; i++)
		h = mix(h, (uint64_t)ports[i].protocol << 32 | (uint64_t)ports[i].port << 16 |
				   ports[i].node_port);
	return h;
}

static bool has_finished(const struct kube_pod *p)
{
	return !strcmp(p->phase, "Succeeded") || !strcmp(p->phase, "Failed");
}

static uint64_t print_pod(uint64_t h, const struct kube_object *o)
{
	const struct kube_pod *p = &o->pod;

	h = mix_text(h, p->node);
	h = mix(h, (uint64_t)p->host_network << 2 | (uint64_t)has_finished(p) << 1 |
			   !strcmp(p->phase, "Running"));
	h = mix_ips(h, p->ips, p->n_ips);
	for (size_t i = 0; i < o->meta.n_labels; i++) {
		h = mix_text(h, o->meta.labels[i].key);
		h = mix_text(h, o->meta.labels[i].value);
	}
	for (size_t i = 0; i < p->n_containers; i++) {
		h = mix_text(h, p->containers[i].name);
		h = mix_text(h, p->containers[i].image);
		h = mix_text(h, p->containers[i].id);
	}
	return h;
}

/* Not its readiness: a backend that is not ready serves the connections that it has. */
static uint64_t print_slice(uint64_t h, const struct kube_slice *s)
{
	h = mix_text(h, s->service);
	h = mix_ports(h, s->ports, s->n_ports);
	for (size_t i = 0; i < s->n_backends; i++)
		h = mix_ips(h, s->backends[i].ips, s->backends[i].n_ips);
	return h;
}

uint64_t kube_object_print(const struct kube_object *o)
{
	uint64_t h = mix_text(o->kind, o->meta.name);

	h = mix_text(h, o->meta.namespace_name);
	h = mix_text(h, o->meta.owner_kind);
	h = mix_text(h, o->meta.owner_name);
	h = mix_text(h, o->meta.owner_uid);
	switch (o->kind) {
	case KUBE_POD:
		return print_pod(h, o);
	case KUBE_SERVICE:
		h = mix(h, o->service.headless);
		h = mix_text(h, o->service.type);
		h = mix_ports(h, o->service.ports, o->service.n_ports);
		return mix_ips(h, o->service.ips, o->service.n_ips);
	case KUBE_ENDPOINTSLICE:
		return print_slice(h, &o->slice);
	case KUBE_NODE:
		return mix_ips(h, o->node.ips, o->node.n_ips);
	default:
		return h;
	}
}
