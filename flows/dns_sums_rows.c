// SPDX-License-Identifier: MIT
/* Rows of the DNS view: sums that have the same of what is asked, in one row. */
#include <stdlib.h>
#include <string.h>

#include "flows/dns_sums_parts.h"
#include "flows/where.h"

/* The hashes differ from process to process: where all is equal the texts decide. */
static int compare_texts(const struct dns_sum *a, const struct dns_sum *b)
{
	int c = strcmp(a->name, b->name);

	if (!c)
		c = strcmp(a->type, b->type);
	if (!c)
		c = strcmp(a->client.work, b->client.work);
	return c ? c : strcmp(a->resolver.name, b->resolver.name);
}

/* Failures first, those without an answer before others; then by questions. */
static int worst(const struct dns_counts *a, const struct dns_counts *b)
{
	uint64_t fa = dns_counts_failed(a), fb = dns_counts_failed(b);
	uint64_t ta = a->outcomes[DNS_TIMEOUT], tb = b->outcomes[DNS_TIMEOUT];

	if (fa != fb)
		return fa > fb ? -1 : 1;
	if (ta != tb)
		return ta > tb ? -1 : 1;
	return a->queries > b->queries ? -1 : a->queries < b->queries;
}

static bool is_larger(const struct dns_sum *a, const struct dns_sum *b)
{
	if (a->counts.queries != b->counts.queries)
		return a->counts.queries > b->counts.queries;
	return compare_texts(a, b) < 0;
}

static void add_failed(struct dns_row *r)
{
	r->failed = dns_counts_failed(&r->counts);
	for (int i = 0; i < DNS_TIMEOUT; i++)
		r->answers += r->counts.outcomes[i];
}

void dns_row_fill(struct sums *s, void *row, struct sums_leaf **v, size_t n,
		  const struct sums_asked *asked)
{
	struct different d[DNS_BYS] = {{.n = 0}};
	struct quantiles latency = {0}, *all = &latency;
	struct dns_row *r = row;

	(void)s;
	r->counts.newest = r->counts.newest_failed = UINT64_MAX;
	for (size_t i = 0; i < n; i++) {
		struct dns_leaf *l = (struct dns_leaf *)v[i];

		if (!r->top || is_larger(&l->sum, r->top))
			r->top = &l->sum;
		dns_counts_add(&r->counts, &l->sum.counts);
		for (int k = 0; k < DNS_BYS; k++)
			different_add(&d[k], v[i]->by[k]);
		r->rate += rate_per_second(&v[i]->rate, asked->now_ns, asked->window);
		if (n > 1)
			quantiles_merge(&latency, &l->latency, true);
		else
			all = &l->latency;
	}
	r->names = d[DNS_BY_NAME].n;
	r->types = d[DNS_BY_TYPE].n;
	r->clients = d[DNS_BY_CLIENT].n;
	r->resolvers = d[DNS_BY_RESOLVER].n;
	add_failed(r);
	r->p50_ns = quantiles_at(all, 0.5);
	r->p99_ns = quantiles_at(all, 0.99);
	quantiles_free(&latency);
}

int dns_row_compare(const void *a, const void *b)
{
	const struct dns_row *x = a, *y = b;
	int c = worst(&x->counts, &y->counts);

	if (!c)
		c = compare_texts(x->top, y->top);
	return c ? c : x->key < y->key ? -1 : x->key > y->key;
}

static int sum_worst_first(const void *a, const void *b)
{
	const struct dns_sum *x = &(*(struct dns_leaf *const *)a)->sum;
	const struct dns_sum *y = &(*(struct dns_leaf *const *)b)->sum;
	int c = worst(&x->counts, &y->counts);

	return c ? c : compare_texts(x, y);
}

size_t dns_sums_of_row(struct sums *s, enum dns_by by, uint64_t key, const struct dns_sum **ret,
		       size_t max)
{
	size_t n = sums_of_row(s, by, key, by);

	qsort(s->sorted, n, sizeof(*s->sorted), sum_worst_first);
	if (n > max)
		n = max;
	for (size_t i = 0; i < n; i++)
		ret[i] = &((struct dns_leaf *)s->sorted[i])->sum;
	return n;
}

void dns_sums_totals(const struct sums *sums, struct dns_row *ret)
{
	const struct dns_sums *s = (const struct dns_sums *)sums;

	*ret = (struct dns_row){.key = 1, .counts = s->totals};
	add_failed(ret);
	ret->p50_ns = quantiles_at(&s->latency, 0.5);
	ret->p99_ns = quantiles_at(&s->latency, 0.99);
}

/* ---------------------------------------------------------------- expressions */

/* Questions have the client in front, answers behind. */
bool dns_row_expression(const struct dns_row *r, enum dns_by by, struct text *t)
{
	const struct dns_sum *s = r->top;
	bool end = by == DNS_BY_CLIENT || by == DNS_BY_RESOLVER;
	struct text e = {0};

	if (!s || s->others)
		return false;
	if (end && by == DNS_BY_RESOLVER && s->multicast) {
		text_str(t, "dns.multicast");
		return !t->err;
	}
	if (by == DNS_BY_CLIENT)
		sums_end_terms(&e, "client.", &s->client);
	if (by == DNS_BY_RESOLVER) {
		struct sums_end pod = s->resolver;

		pod.workload = "";
		sums_end_terms(&e, "server.", &pod);
	}
	if (end) {
		text_str(&e, " && l7.protocol == DNS");
		text_mem(t, e.data ? e.data : "", e.len);
	} else {
		text_str(t, by == DNS_BY_NAME ? "dns.query == " : "dns.qtypes == ");
		where_quote(t, by == DNS_BY_NAME ? s->name : s->type);
	}
	text_free(&e);
	return !t->err;
}
