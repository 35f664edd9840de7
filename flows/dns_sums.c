// SPDX-License-Identifier: MIT
#include "flows/dns_sums_parts.h"

#include <string.h>

#define LATENCY_BYTES_MAX (4u << 20)
#define QUERY_MAX 1024 /* a name of 255 bytes, each as \\DDD */
#define TYPE_MAX 64

const char *dns_outcome_name(enum dns_outcome o)
{
	static const char *const names[DNS_OUTCOMES] = {
		[DNS_FINE] = "NOERROR",	     [DNS_NODATA] = "NODATA",	[DNS_NXDOMAIN] = "NXDOMAIN",
		[DNS_SERVFAIL] = "SERVFAIL", [DNS_REFUSED] = "REFUSED", [DNS_OTHER] = "other",
		[DNS_TIMEOUT] = "timeout",
	};

	return names[o];
}

const char *dns_by_name(unsigned int by)
{
	static const char *const names[DNS_BYS] = {
		[DNS_BY_NAME] = "name",
		[DNS_BY_CLIENT] = "client",
		[DNS_BY_RESOLVER] = "resolver",
		[DNS_BY_TYPE] = "type",
	};

	return names[by];
}

/* --------------------------------------------------------------------- counts */

static void counts_clear(struct dns_counts *c)
{
	*c = (struct dns_counts){.newest = UINT64_MAX, .newest_failed = UINT64_MAX};
}

static void later(uint64_t *to, uint64_t number)
{
	if (number != UINT64_MAX && (*to == UINT64_MAX || number > *to))
		*to = number;
}

void dns_counts_add(struct dns_counts *to, const struct dns_counts *from)
{
	to->queries += from->queries;
	for (int i = 0; i < DNS_OUTCOMES; i++)
		to->outcomes[i] += from->outcomes[i];
	if (from->first_ns && (!to->first_ns || from->first_ns < to->first_ns))
		to->first_ns = from->first_ns;
	if (from->last_ns > to->last_ns)
		to->last_ns = from->last_ns;
	later(&to->newest, from->newest);
	later(&to->newest_failed, from->newest_failed);
}

uint64_t dns_counts_failed(const struct dns_counts *c)
{
	uint64_t n = 0;

	for (int i = DNS_FAILURES; i < DNS_OUTCOMES; i++)
		n += c->outcomes[i];
	return n;
}

/* DNS_OUTCOMES: it is a question. */
static enum dns_outcome outcome_of(const struct l7 *l)
{
	static const uint8_t codes[] = {
		[0] = DNS_FINE,	    [1] = DNS_OTHER, [2] = DNS_SERVFAIL,
		[3] = DNS_NXDOMAIN, [4] = DNS_OTHER, [5] = DNS_REFUSED,
	};
	const struct l7_dns *d = &l->dns;

	if (d->timeout)
		return DNS_TIMEOUT;
	if (l->type != L7_RESPONSE)
		return DNS_OUTCOMES;
	if (!d->rcode && !d->n_ips && !d->n_rrtypes && !d->n_cnames && !d->truncated)
		return DNS_NODATA;
	return d->rcode < sizeof(codes) ? codes[d->rcode] : DNS_OTHER;
}

/* One message: an outcome, or (DNS_OUTCOMES) a question. */
static void count(struct dns_counts *c, const struct flow *f, enum dns_outcome o, uint64_t number)
{
	if (o == DNS_OUTCOMES)
		c->queries++;
	else
		c->outcomes[o]++;
	if (!c->first_ns || f->time_ns < c->first_ns)
		c->first_ns = f->time_ns;
	if (f->time_ns > c->last_ns)
		c->last_ns = f->time_ns;
	c->newest = number;
	if (o < DNS_OUTCOMES && o >= DNS_FAILURES)
		c->newest_failed = number;
}

/* ------------------------------------------------------------------ which sum */

static size_t query_length(const struct l7_dns *d)
{
	size_t n = d->query ? strnlen(d->query, QUERY_MAX) : 0;

	return n > 1 && d->query[n - 1] == '.' ? n - 1 : n;
}

/* Names are equal without case (RFC 4343 3): a resolver may write them as it likes. */
static uint64_t query_hash(const struct l7_dns *d)
{
	char lower[QUERY_MAX];
	size_t n = query_length(d);

	for (size_t i = 0; i < n; i++) {
		char c = d->query[i];

		lower[i] = c >= 'A' && c <= 'Z' ? c | 0x20 : c;
	}
	return sums_mix(table_hash(lower, n), 0);
}

static const char *type_of(const struct l7_dns *d)
{
	return d->n_qtypes && d->qtypes[0] ? d->qtypes[0] : "";
}

/* At most n bytes. */
static void put(struct text *t, const char *s, size_t n)
{
	size_t len = s ? strlen(s) : 0;

	text_mem(t, s ? s : "", len < n ? len : n);
	text_char(t, '\0');
}

static void write_names(struct sums *s, struct dns_leaf *l, const struct flow *f, bool answer)
{
	const struct l7_dns *d = &f->l7->dns;
	struct text *t = &s->scratch;
	const char *texts;

	t->len = t->err = 0;
	/* as it was first asked */
	if (l->leaf.n_names)
		put(t, l->sum.name, QUERY_MAX);
	else
		put(t, d->query, query_length(d));
	put(t, type_of(d), TYPE_MAX);
	sums_put_end(t, f, answer ? &f->dst : &f->src);
	sums_put_end(t, f, answer ? &f->src : &f->dst);
	texts = sums_set_names(s, &l->leaf);
	if (!texts)
		return;
	l->sum.name = sums_take(&texts);
	l->sum.type = sums_take(&texts);
	texts = sums_take_end(texts, &l->sum.client);
	sums_take_end(texts, &l->sum.resolver);
	l->sum.multicast = d->multicast;
	if (d->multicast)
		l->sum.resolver.name = "multicast";
}

static struct dns_leaf *leaf_of(struct sums *s, const struct flow *f, bool answer)
{
	const struct l7_dns *d = &f->l7->dns;
	struct sums_end_id client, resolver;
	uint64_t by[DNS_BYS];
	struct dns_leaf *l;
	bool new;

	sums_end_id(s, f, answer ? &f->dst : &f->src, &client);
	sums_end_id(s, f, answer ? &f->src : &f->dst, &resolver);
	by[DNS_BY_NAME] = query_hash(d);
	by[DNS_BY_CLIENT] = sums_mix(client.work, 0);
	by[DNS_BY_RESOLVER] = sums_mix(d->multicast ? 0 : resolver.own, 0);
	by[DNS_BY_TYPE] = sums_mix(sums_text_hash(type_of(d)), 0);
	l = (struct dns_leaf *)sums_leaf(s, table_hash(by, sizeof(by)), 0, &new);
	sums_fetch(&l->leaf, f->time_ns);
	__builtin_prefetch(&l->sum.counts, 1);
	__builtin_prefetch(&l->latency, 1);
	if (new)
		memcpy(l->leaf.by, by, sizeof(by));
	if (!l->sum.others && sums_names_due(&l->leaf, f))
		write_names(s, l, f, answer);
	return l;
}

/* ----------------------------------------------------------------------- kind */

static void add(struct sums *sums, const struct flow *f, uint64_t number)
{
	struct dns_sums *s = (struct dns_sums *)sums;
	enum dns_outcome o;
	struct dns_leaf *l;
	uint16_t cell;
	bool grow;

	if (f->event != FLOW_L7 || !f->l7 || f->l7->protocol != L7_DNS)
		return;
	o = outcome_of(f->l7);
	l = leaf_of(sums, f, f->l7->type == L7_RESPONSE);
	/* questions make it worth its place, and what failed */
	sums_count(&l->leaf, o >= DNS_FAILURES, f->time_ns);
	count(&l->sum.counts, f, o, number);
	count(&s->totals, f, o, number);
	sums->version++;
	if (o == DNS_OUTCOMES) {
		rate_add(&l->leaf.rate, 0, f->time_ns, 1);
		return;
	}
	if (!f->l7->latency_ns || o == DNS_TIMEOUT)
		return;
	grow = s->latency_bytes < LATENCY_BYTES_MAX;
	cell = quantiles_cell(f->l7->latency_ns);
	s->latency_bytes += quantiles_add_cells(&l->latency, &cell, 1, grow);
	quantiles_add_cells(&s->latency, &cell, 1, true);
}

static void clear(struct sums *sums)
{
	struct dns_sums *s = (struct dns_sums *)sums;

	quantiles_free(&s->latency);
	counts_clear(&s->totals);
}

static void begin(struct sums_leaf *leaf, bool others)
{
	static const struct sums_end end = {"others", "others", "", "", "", "", 0},
				     none = {"", "", "", "", "", "", 0};
	struct dns_leaf *l = (struct dns_leaf *)leaf;

	l->sum = (struct dns_sum){
		.name = others ? "others" : "",
		.type = "",
		.client = others ? end : none,
		.resolver = others ? end : none,
		.others = others,
	};
	counts_clear(&l->sum.counts);
}

static void end(struct sums *sums, struct sums_leaf *leaf)
{
	struct dns_sums *s = (struct dns_sums *)sums;
	struct dns_leaf *l = (struct dns_leaf *)leaf;

	s->latency_bytes -= quantiles_bytes(&l->latency);
	quantiles_free(&l->latency);
}

static void merge(struct sums *sums, struct sums_leaf *to, const struct sums_leaf *from)
{
	struct dns_sums *s = (struct dns_sums *)sums;
	struct dns_leaf *t = (struct dns_leaf *)to;
	const struct dns_leaf *f = (const struct dns_leaf *)from;

	dns_counts_add(&t->sum.counts, &f->sum.counts);
	s->latency_bytes += quantiles_merge(&t->latency, &f->latency, true);
}

static size_t bytes(const struct sums *s)
{
	return ((const struct dns_sums *)s)->latency_bytes;
}

_Static_assert(DNS_BYS <= SUMS_BYS, "room");

const struct sums_kind dns_sums_kind = {
	.size = sizeof(struct dns_sums),
	.leaf_size = sizeof(struct dns_leaf),
	.row_size = sizeof(struct dns_row),
	.parts = 1,
	.within = DNS_BY_NAME,
	.add = add,
	.clear = clear,
	.begin = begin,
	.end = end,
	.merge = merge,
	.fill = dns_row_fill,
	.compare = dns_row_compare,
	.bytes = bytes,
};
