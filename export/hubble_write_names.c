// SPDX-License-Identifier: MIT
/* Names of the ends and messages of applications; agrees with export/json_names.c. */
#include "export/flow_facts.h"
#include "export/hubble_write.h"
#include "flows/summary.h"

static void put_labels(struct text *t, const struct flow_end *e)
{
	if (e->endpoint && e->endpoint->n_labels)
		wire_strings(t, 4, e->endpoint->labels, e->endpoint->n_labels, LABEL_MAX);
	else
		wire_str(t, 4, identity_label(e->identity));
}

static void put_workload(struct text *t, const struct endpoint *e)
{
	size_t mark;

	if (!*e->workload)
		return;
	mark = wire_open(t, 6);
	wire_untrusted(t, 1, e->workload, NAME_MAX_KEPT);
	wire_untrusted(t, 2, e->workload_kind, NAME_MAX_KEPT);
	wire_close(t, mark);
}

void write_endpoint(struct text *t, uint32_t number, const struct flow_end *e)
{
	const struct endpoint *ep = e->endpoint;
	bool pod = endpoint_is_pod(ep);
	size_t mark = wire_open(t, number);

	if (ep)
		wire_u64(t, 1, ep->id);
	wire_u64(t, 2, e->identity);
	if (ep)
		wire_untrusted(t, 7, ep->cluster, NAME_MAX_KEPT);
	if (pod)
		wire_untrusted(t, 3, ep->namespace_name, NAME_MAX_KEPT);
	put_labels(t, e);
	if (pod) {
		wire_untrusted(t, 5, ep->name, NAME_MAX_KEPT);
		put_workload(t, ep);
	}
	wire_close(t, mark);
}

void write_dns_names(struct text *t, const struct flow *f)
{
	if (f->src.dns)
		wire_strings(t, 13, f->src.dns->names, f->src.dns->n, NAME_MAX_KEPT);
	if (f->dst.dns)
		wire_strings(t, 14, f->dst.dns->names, f->dst.dns->n, NAME_MAX_KEPT);
}

void write_service(struct text *t, uint32_t number, const struct service *s)
{
	size_t mark;

	if (!s)
		return;
	mark = wire_open(t, number);
	wire_untrusted(t, 1, s->name, NAME_MAX_KEPT);
	wire_untrusted(t, 2, s->namespace_name, NAME_MAX_KEPT);
	wire_close(t, mark);
}

/* A query has no TTL; an answer without records has one in Hubble's, 4294967295. */
static void put_dns(struct text *t, const struct l7 *l)
{
	const struct l7_dns *d = &l->dns;
	size_t mark = wire_open(t, 100);

	wire_untrusted(t, 1, d->query, NAME_MAX_KEPT);
	for (size_t i = 0; i < d->n_ips; i++)
		wire_addr(t, 2, &d->ips[i]);
	if (l->type == L7_RESPONSE)
		wire_u64(t, 3, d->ttl);
	wire_strings(t, 4, d->cnames, d->n_cnames, NAME_MAX_KEPT);
	wire_untrusted(t, 5, d->source ? d->source : DNS_SOURCE, NAME_MAX_KEPT);
	wire_u64(t, 6, d->rcode);
	wire_strings(t, 7, d->qtypes, d->n_qtypes, NAME_MAX_KEPT);
	wire_strings(t, 8, d->rrtypes, d->n_rrtypes, NAME_MAX_KEPT);
	wire_close(t, mark);
}

static void put_http(struct text *t, const struct l7_http *h)
{
	size_t mark = wire_open(t, 101), header;

	wire_u64(t, 1, h->code);
	wire_untrusted(t, 2, h->method, NAME_MAX_KEPT);
	wire_untrusted(t, 3, h->url, SIZE_MAX);
	wire_untrusted(t, 4, h->protocol, NAME_MAX_KEPT);
	for (size_t i = 0; i < h->n_headers; i++) {
		header = wire_open(t, 5);
		wire_untrusted(t, 1, h->headers[i].key, NAME_MAX_KEPT);
		wire_untrusted(t, 2, h->headers[i].value, SIZE_MAX);
		wire_close(t, header);
	}
	wire_close(t, mark);
}

void write_l7(struct text *t, const struct l7 *l)
{
	size_t mark;

	if (!l)
		return;
	mark = wire_open(t, 15);
	wire_u64(t, 1, l->type);
	wire_u64(t, 2, l->latency_ns);
	if (l->protocol == L7_DNS)
		put_dns(t, l);
	else if (l->protocol == L7_HTTP)
		put_http(t, &l->http);
	else if (l->protocol == L7_KAFKA)
		wire_close(t, wire_open(t, 102));
	wire_close(t, mark);
}

static void put_policies(struct text *t, uint32_t number, const struct hubble_policies *p)
{
	for (size_t i = 0; i < p->n; i++) {
		size_t mark = wire_open(t, number);

		wire_untrusted(t, 1, p->v[i].name, NAME_MAX_KEPT);
		wire_untrusted(t, 2, p->v[i].namespace_name, NAME_MAX_KEPT);
		wire_untrusted(t, 5, p->v[i].kind, NAME_MAX_KEPT);
		wire_close(t, mark);
	}
}

void write_policies(struct text *t, const struct hubble *h)
{
	put_policies(t, 21001, &h->egress_allowed_by);
	put_policies(t, 21002, &h->ingress_allowed_by);
	put_policies(t, 21004, &h->egress_denied_by);
	put_policies(t, 21005, &h->ingress_denied_by);
}
