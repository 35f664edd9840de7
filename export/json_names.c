// SPDX-License-Identifier: MIT
/* Names of the ends and messages of applications. */
#include "export/flow_facts.h"
#include "export/json_write.h"
#include "flows/summary.h"

static void put_labels(struct text *t, const struct flow_end *e)
{
	const char *reserved = identity_label(e->identity);

	if (e->endpoint && e->endpoint->n_labels)
		json_strings(t, "labels", e->endpoint->labels, e->endpoint->n_labels, LABEL_MAX);
	else if (reserved)
		json_strings(t, "labels", &reserved, 1, LABEL_MAX);
}

static void put_workload(struct text *t, const struct endpoint *e)
{
	if (!*e->workload)
		return;
	json_key(t, "workloads");
	text_mem(t, "[{", 2);
	json_untrusted(t, "name", e->workload, NAME_MAX_KEPT);
	json_untrusted(t, "kind", e->workload_kind, NAME_MAX_KEPT);
	text_mem(t, "}]", 2);
}

void json_endpoint(struct text *t, const char *name, const struct flow_end *e)
{
	const struct endpoint *ep = e->endpoint;
	bool pod = endpoint_is_pod(ep);

	json_open(t, name);
	if (ep)
		json_number(t, "ID", ep->id);
	json_number(t, "identity", e->identity);
	if (ep)
		json_untrusted(t, "cluster_name", ep->cluster, NAME_MAX_KEPT);
	if (pod)
		json_untrusted(t, "namespace", ep->namespace_name, NAME_MAX_KEPT);
	put_labels(t, e);
	if (pod) {
		json_untrusted(t, "pod_name", ep->name, NAME_MAX_KEPT);
		put_workload(t, ep);
	}
	json_close(t);
}

void json_dns_names(struct text *t, const struct flow *f)
{
	if (f->src.dns)
		json_strings(t, "source_names", f->src.dns->names, f->src.dns->n, NAME_MAX_KEPT);
	if (f->dst.dns)
		json_strings(t, "destination_names", f->dst.dns->names, f->dst.dns->n,
			     NAME_MAX_KEPT);
}

void json_service(struct text *t, const char *name, const struct service *s)
{
	if (!s)
		return;
	json_open(t, name);
	json_untrusted(t, "name", s->name, NAME_MAX_KEPT);
	json_untrusted(t, "namespace", s->namespace_name, NAME_MAX_KEPT);
	json_close(t);
}

static void put_addresses(struct text *t, const struct l7_dns *d)
{
	if (!d->n_ips)
		return;
	json_key(t, "ips");
	text_char(t, '[');
	for (size_t i = 0; i < d->n_ips; i++) {
		if (i)
			text_char(t, ',');
		text_char(t, '"');
		text_addr(t, &d->ips[i]);
		text_char(t, '"');
	}
	text_char(t, ']');
}

/* A query has no TTL; an answer without records has one in Hubble's, 4294967295. */
static void put_dns(struct text *t, const struct l7 *l)
{
	const struct l7_dns *d = &l->dns;

	json_open(t, "dns");
	json_untrusted(t, "query", d->query, NAME_MAX_KEPT);
	put_addresses(t, d);
	if (l->type == L7_RESPONSE)
		json_number(t, "ttl", d->ttl);
	json_strings(t, "cnames", d->cnames, d->n_cnames, NAME_MAX_KEPT);
	json_untrusted(t, "observation_source", d->source ? d->source : DNS_SOURCE, NAME_MAX_KEPT);
	json_number(t, "rcode", d->rcode);
	json_strings(t, "qtypes", d->qtypes, d->n_qtypes, NAME_MAX_KEPT);
	json_strings(t, "rrtypes", d->rrtypes, d->n_rrtypes, NAME_MAX_KEPT);
	json_close(t);
}

void json_l7(struct text *t, const struct l7 *l)
{
	static const char *const types[] = {NULL, "REQUEST", "RESPONSE", "SAMPLE"};

	if (!l)
		return;
	json_open(t, "l7");
	if (l->type && l->type < sizeof(types) / sizeof(types[0]))
		json_plain(t, "type", types[l->type]);
	if (l->latency_ns) {
		json_key(t, "latency_ns");
		text_char(t, '"');
		text_u64(t, l->latency_ns);
		text_char(t, '"');
	}
	if (l->protocol == L7_DNS)
		put_dns(t, l);
	json_close(t);
}

/* ---------------------------------------------------------------- extensions */

static void put_endpoint_extras(struct text *t, const struct endpoint *e)
{
	json_plain(t, "kind", endpoint_kind_name(e->kind));
	if (!endpoint_is_pod(e))
		json_untrusted(t, "name", e->name, NAME_MAX_KEPT);
	json_untrusted(t, "node", e->node, NAME_MAX_KEPT);
	json_untrusted(t, "container", e->container, NAME_MAX_KEPT);
	json_untrusted(t, "image", e->image, NAME_MAX_KEPT);
	json_untrusted(t, "container_id", e->container_id, NAME_MAX_KEPT);
	json_untrusted(t, "cgroup", e->cgroup, PATH_MAX_KEPT);
}

static void put_place(struct text *t, const struct place *p)
{
	json_untrusted(t, "country", p->country, sizeof(p->country));
	json_untrusted(t, "country_name", p->country_name, NAME_MAX_KEPT);
	json_untrusted(t, "city", p->city, NAME_MAX_KEPT);
	json_number(t, "asn", p->asn);
	json_untrusted(t, "as_name", p->as_name, NAME_MAX_KEPT);
}

void json_end_extras(struct text *t, const char *name, const struct flow_end *e)
{
	if (!e->endpoint && !e->reverse && !e->place)
		return;
	json_open(t, name);
	if (e->endpoint)
		put_endpoint_extras(t, e->endpoint);
	if (e->reverse)
		json_strings(t, "reverse_names", e->reverse->names, e->reverse->n, NAME_MAX_KEPT);
	if (e->place)
		put_place(t, e->place);
	json_close(t);
}

void json_l7_extras(struct text *t, const struct l7 *l)
{
	const char *rcode;

	if (!l || l->protocol != L7_DNS)
		return;
	rcode = l->type == L7_RESPONSE ? dns_rcode_mnemonic(l->dns.rcode) : NULL;
	if (!rcode && !l->latency_ns && !l->dns.timeout && !l->dns.multicast && !l->dns.truncated)
		return;
	json_open(t, "dns");
	if (rcode)
		json_plain(t, "rcode", rcode);
	json_number(t, "latency_us", l->latency_ns / 1000);
	json_true(t, "timeout", l->dns.timeout);
	json_true(t, "multicast", l->dns.multicast);
	json_true(t, "truncated", l->dns.truncated);
	json_close(t);
}
