/* SPDX-License-Identifier: MIT */
/* Kubernetes' objects as text, to compare them. For cmocka tests: include cmocka.h before. */
#ifndef PITOT_TESTS_KUBE_TEXTS_H
#define PITOT_TESTS_KUBE_TEXTS_H

#include "tests/unit/kube_data.h"

struct sheet {
	char *text;
	size_t size;
	FILE *out;
	size_t n; /* objects */
	bool masked; /* without what differs between two recordings */
};

static inline void sheet_open(struct sheet *s)
{
	*s = (struct sheet){0};
	s->out = open_memstream(&s->text, &s->size);
	assert_non_null(s->out);
}

/* Service addresses and node ports are given by chance. */
static inline void write_service(const struct sheet *s, const struct kube_service *o)
{
	char text[64];

	fprintf(s->out, " %s %d %zu", o->type, o->headless, o->n_ips);
	for (size_t i = 0; i < o->n_ips && !s->masked; i++)
		fprintf(s->out, " %s", ip_addr_text(&o->ips[i], text));
	for (size_t i = 0; i < o->n_ports; i++)
		fprintf(s->out, " %s/%u/%u/%u", o->ports[i].name, o->ports[i].protocol,
			o->ports[i].port,
			s->masked ? o->ports[i].node_port != 0 : o->ports[i].node_port);
}

static inline void write_ips(FILE *out, const struct ip_addr *ips, size_t n)
{
	char text[64];

	for (size_t i = 0; i < n; i++)
		fprintf(out, " %s", ip_addr_text(&ips[i], text));
}

static inline void write_slice(FILE *out, const struct kube_slice *o)
{
	fprintf(out, " of %s", o->service);
	for (size_t i = 0; i < o->n_backends; i++) {
		fprintf(out, " (%d", o->backends[i].ready);
		write_ips(out, o->backends[i].ips, o->backends[i].n_ips);
		fprintf(out, ")");
	}
	for (size_t i = 0; i < o->n_ports; i++)
		fprintf(out, " %s/%u/%u", o->ports[i].name, o->ports[i].protocol, o->ports[i].port);
}

static inline void write_pod(const struct sheet *s, const struct kube_pod *o)
{
	fprintf(s->out, " on %s %s %d", o->node, o->phase, o->host_network);
	write_ips(s->out, o->ips, o->n_ips);
	for (size_t i = 0; i < o->n_containers; i++)
		fprintf(s->out, " [%s %s %s]", o->containers[i].name, o->containers[i].image,
			s->masked ? "" : o->containers[i].id);
}

static inline void write_rest(const struct sheet *s, const struct kube_object *o)
{
	switch (o->kind) {
	case KUBE_POD:
		write_pod(s, &o->pod);
		break;
	case KUBE_SERVICE:
		write_service(s, &o->service);
		break;
	case KUBE_ENDPOINTSLICE:
		write_slice(s->out, &o->slice);
		break;
	case KUBE_NODE:
		write_ips(s->out, o->node.ips, o->node.n_ips);
		break;
	default:
		break;
	}
}

static inline void write_object(void *arg, const struct kube_object *o)
{
	struct sheet *s = arg;
	const struct kube_meta *m = &o->meta;

	s->n++;
	fprintf(s->out, "%s/%s %s %s <%s %s %s>", m->namespace_name, m->name,
		s->masked ? "" : m->uid, s->masked ? "" : m->resource_version, m->owner_kind,
		m->owner_name, s->masked ? "" : m->owner_uid);
	for (size_t i = 0; i < m->n_labels; i++)
		fprintf(s->out, " %s=%s", m->labels[i].key, m->labels[i].value);
	write_rest(s, o);
	fprintf(s->out, "\n");
}

static inline char *sheet_close(struct sheet *s)
{
	fclose(s->out);
	return s->text;
}

#endif
