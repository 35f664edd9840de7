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
	const struct dns_sum *first = NULL;
	struct dns_row *r = row;

	(void)s;
	r->counts.newest = r->counts.newest_failed = UINT64_MAX;
	for (size_t i = 0; i < n; i++) {
		struct dns_leaf *l = (struct dns_leaf *)v[i];

		if (!r->top || is_larger(&l->sum, r->top))
			r->top = &l->sum;
		if (!first || l->sum.counts.first_ns < first->counts.first_ns)
			first = &l->sum;
		r->multicast |= l->sum.multicast;
		dns_counts_add(&r->counts, &l->sum.counts);
		for (int k = 0; k < DNS_BYS; k++)
			different_add(&d[k], v[i]->by[k]);
		r->rate += rate_per_second(&v[i]->rate, asked->now_ns, asked->window);
		if (n > 1)
			quantiles_merge(&latency, &l->latency, true);
		else
			all = &l->latency;
	}
	/* a row of other things tells its largest */
	r->name = d[DNS_BY_NAME].n == 1 ? first->name : r->top->name;
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

/* Of multicast it is not known who began: the message tells. */
static void whoever_began(struct text *t, const struct sums_end *e, bool client)
{
	struct text in_question = {0}, in_answer = {0};

	sums_end_terms(&in_question, client ? "src." : "dst.", e);
	sums_end_terms(&in_answer, client ? "dst." : "src.", e);
	text_str(t, "(l7.type != RESPONSE && ");
	text_mem(t, in_question.data ? in_question.data : "", in_question.len);
	text_str(t, " || l7.type == RESPONSE && ");
	text_mem(t, in_answer.data ? in_answer.data : "", in_answer.len);
	text_char(t, ')');
	t->err |= in_question.err | in_answer.err;
	text_free(&in_question);
	text_free(&in_answer);
}

/* Questions have the client in front, answers behind. */
static void end_is(struct text *t, const struct dns_row *r, enum dns_by by)
{
	struct sums_end e = by == DNS_BY_CLIENT ? r->top->client : r->top->resolver;

	if (by == DNS_BY_RESOLVER)
		e.workload = NULL; /* one of several pods may be ill */
	if (r->multicast)
		whoever_began(t, &e, by == DNS_BY_CLIENT);
	else
		sums_end_terms(t, by == DNS_BY_CLIENT ? "client." : "server.", &e);
	text_str(t, " && l7.protocol == DNS");
	if (by == DNS_BY_RESOLVER)
		text_str(t, " && !dns.multicast");
}

static void text_is(struct text *t, const char *field, const char *value)
{
	text_str(t, field);
	where_quote(t, value);
	if (!*value)
		text_str(t, " && l7.protocol == DNS");
}

bool dns_row_expression(const struct dns_row *r, enum dns_by by, struct text *t)
{
	const struct dns_sum *s = r->top;
	struct text e = {0};

	if (!s || s->others)
		return false;
	if (by == DNS_BY_NAME)
		text_is(&e, "dns.query == ", r->name);
	else if (by == DNS_BY_TYPE)
		text_is(&e, "dns.qtypes == ", s->type);
	else if (by == DNS_BY_RESOLVER && s->multicast)
		text_str(&e, "dns.multicast");
	else
		end_is(&e, r, by);
	text_mem(t, e.data ? e.data : "", e.len);
	t->err |= e.err;
	text_free(&e);
	return !t->err;
}
