// SPDX-License-Identifier: MIT
/* Rows of the DNS view: sums that have the same of what is asked, in one row. */
#include <stdlib.h>
#include <string.h>

#include "flows/dns_sums_parts.h"
#include "flows/sums.h"
#include "flows/where.h"

static void collect(void *arg, struct table_node *node)
{
	struct dns_leaf ***next = arg;

	*(*next)++ = table_entry(node, struct dns_leaf, node);
}

static int by_row(const void *a, const void *b, void *arg)
{
	const struct dns_leaf *x = *(struct dns_leaf *const *)a, *y = *(struct dns_leaf *const *)b;
	enum dns_by by = *(const enum dns_by *)arg;

	return x->by[by] < y->by[by] ? -1 : x->by[by] > y->by[by];
}

/* The hashes differ from process to process: where all is equal the texts decide. */
static int compare_texts(const struct dns_sum *a, const struct dns_sum *b)
{
	int c = strcmp(a->name, b->name);

	if (!c)
		c = strcmp(a->type, b->type);
	if (!c)
		c = strcmp(a->client, b->client);
	return c ? c : strcmp(a->resolver, b->resolver);
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

static void fill_row(struct dns_row *r, struct dns_leaf **v, size_t n, enum dns_by by,
		     uint64_t now_ns, unsigned int window)
{
	struct different d[DNS_BYS] = {{.n = 0}};
	struct quantiles latency = {0};

	*r = (struct dns_row){.key = v[0]->by[by], .top = &v[0]->sum};
	r->counts.newest = r->counts.newest_failed = UINT64_MAX;
	for (size_t i = 0; i < n; i++) {
		const struct dns_counts *c = &v[i]->sum.counts;

		if (is_larger(&v[i]->sum, r->top))
			r->top = &v[i]->sum;
		dns_counts_add(&r->counts, c);
		for (int k = 0; k < DNS_BYS; k++)
			different_add(&d[k], v[i]->by[k]);
		r->rate += rate_per_second(&v[i]->rate, now_ns, window);
		if (n > 1)
			quantiles_merge(&latency, &v[i]->latency, true);
	}
	r->names = d[DNS_BY_NAME].n;
	r->types = d[DNS_BY_TYPE].n;
	r->clients = d[DNS_BY_CLIENT].n;
	r->resolvers = d[DNS_BY_RESOLVER].n;
	r->failed = dns_counts_failed(&r->counts);
	for (int i = 0; i < DNS_TIMEOUT; i++)
		r->answers += r->counts.outcomes[i];
	r->p50_ns = quantiles_at(n > 1 ? &latency : &v[0]->latency, 0.5);
	r->p99_ns = quantiles_at(n > 1 ? &latency : &v[0]->latency, 0.99);
	quantiles_free(&latency);
}

static int worst_first(const void *a, const void *b)
{
	const struct dns_row *x = a, *y = b;
	int c = worst(&x->counts, &y->counts);

	if (!c)
		c = compare_texts(x->top, y->top);
	return c ? c : x->key < y->key ? -1 : x->key > y->key;
}

/* All sums in s->sorted, those of a row together. */
static size_t sort(struct dns_sums *s, enum dns_by by)
{
	struct dns_leaf **end = s->sorted;

	table_each(&s->table, collect, &end);
	if (s->left_out || s->others->sum.counts.newest != UINT64_MAX)
		*end++ = s->others;
	qsort_r(s->sorted, end - s->sorted, sizeof(*s->sorted), by_row, &by);
	return end - s->sorted;
}

size_t dns_sums_rows(struct dns_sums *s, enum dns_by by, uint64_t now_ns, unsigned int window,
		     struct dns_row **ret)
{
	size_t n = sort(s, by), rows = 0;

	for (size_t i = 0, same; i < n; i += same) {
		for (same = 1; i + same < n; same++)
			if (s->sorted[i + same]->by[by] != s->sorted[i]->by[by])
				break;
		fill_row(&s->rows[rows++], &s->sorted[i], same, by, now_ns, window);
	}
	qsort(s->rows, rows, sizeof(*s->rows), worst_first);
	*ret = s->rows;
	return rows;
}

static int sum_worst_first(const void *a, const void *b)
{
	const struct dns_sum *x = &(*(struct dns_leaf *const *)a)->sum;
	const struct dns_sum *y = &(*(struct dns_leaf *const *)b)->sum;
	int c = worst(&x->counts, &y->counts);

	return c ? c : compare_texts(x, y);
}

size_t dns_sums_of_row(struct dns_sums *s, enum dns_by by, uint64_t key, const struct dns_sum **ret,
		       size_t max)
{
	size_t n = sort(s, by), found = 0;

	for (size_t i = 0; i < n; i++)
		if (s->sorted[i]->by[by] == key)
			s->sorted[found++] = s->sorted[i];
	qsort(s->sorted, found, sizeof(*s->sorted), sum_worst_first);
	if (found > max)
		found = max;
	for (size_t i = 0; i < found; i++)
		ret[i] = &s->sorted[i]->sum;
	return found;
}

void dns_sums_totals(struct dns_sums *s, struct dns_row *ret, uint64_t *ret_left_out)
{
	*ret = (struct dns_row){.key = 1, .counts = s->totals};
	ret->failed = dns_counts_failed(&s->totals);
	for (int i = 0; i < DNS_TIMEOUT; i++)
		ret->answers += s->totals.outcomes[i];
	ret->p50_ns = quantiles_at(&s->latency, 0.5);
	ret->p99_ns = quantiles_at(&s->latency, 0.99);
	*ret_left_out = s->left_out;
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
		sums_end_terms(&e, "client.",
			       &(struct sums_end){s->client, s->client, s->client_workload,
						  s->client_address, 0});
	else if (by == DNS_BY_RESOLVER)
		sums_end_terms(
			&e, "server.",
			&(struct sums_end){s->resolver, s->resolver, "", s->resolver_address, 0});
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
