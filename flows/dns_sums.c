// SPDX-License-Identifier: MIT
#include "flows/dns_sums_parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "flows/summary.h"
#include "flows/sums.h"

#define NAMED_NS 1000000000ull /* ends' names are looked at again after that */
#define LATENCY_BYTES_MAX (4u << 20)
#define QUERY_MAX 512

const char *dns_outcome_name(enum dns_outcome o)
{
	static const char *const names[DNS_OUTCOMES] = {
		[DNS_FINE] = "NOERROR",	     [DNS_NODATA] = "NODATA",	[DNS_NXDOMAIN] = "NXDOMAIN",
		[DNS_SERVFAIL] = "SERVFAIL", [DNS_REFUSED] = "REFUSED", [DNS_OTHER] = "other",
		[DNS_TIMEOUT] = "timeout",
	};

	return names[o];
}

const char *dns_by_name(enum dns_by by)
{
	static const char *const names[DNS_BYS] = {
		[DNS_BY_NAME] = "name",
		[DNS_BY_CLIENT] = "client",
		[DNS_BY_RESOLVER] = "resolver",
		[DNS_BY_TYPE] = "type",
	};

	return names[by];
}

/* ----------------------------------------------------------------------- life */

static void counts_clear(struct dns_counts *c)
{
	*c = (struct dns_counts){.newest = UINT64_MAX, .newest_failed = UINT64_MAX};
}

static void others_clear(struct dns_sums *s)
{
	quantiles_free(&s->others->latency);
	*s->others = (struct dns_leaf){
		.sum = {.name = "others",
			.type = "",
			.client = "others",
			.resolver = "others",
			.client_workload = "",
			.client_address = "",
			.resolver_address = "",
			.others = true},
	};
	counts_clear(&s->others->sum.counts);
	for (int i = 0; i < DNS_BYS; i++)
		s->others->by[i] = 1;
}

int dns_sums_new(struct dns_sums **ret)
{
	struct dns_sums *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->sorted = calloc(DNS_SUMS_MAX + 1, sizeof(*s->sorted));
	s->rows = calloc(DNS_SUMS_MAX + 1, sizeof(*s->rows));
	s->others = calloc(1, sizeof(*s->others));
	if (!s->sorted || !s->rows || !s->others) {
		dns_sums_free(s);
		return -ENOMEM;
	}
	others_clear(s);
	counts_clear(&s->totals);
	*ret = s;
	return 0;
}

static void forget(void *arg, struct table_node *node)
{
	struct dns_sums *s = arg;
	struct dns_leaf *l = table_entry(node, struct dns_leaf, node);

	table_remove(&s->table, node);
	s->latency_bytes -= quantiles_bytes(&l->latency);
	quantiles_free(&l->latency);
	free(l->query);
	free(l->names);
	free(l);
}

void dns_sums_reset(struct dns_sums *s)
{
	table_each(&s->table, forget, s);
	others_clear(s);
	quantiles_free(&s->latency);
	counts_clear(&s->totals);
	s->latency_bytes = 0;
	s->left_out = 0;
	s->epoch++;
	s->version++;
}

void dns_sums_free(struct dns_sums *s)
{
	if (!s)
		return;
	table_each(&s->table, forget, s);
	table_free(&s->table);
	if (s->others)
		quantiles_free(&s->others->latency);
	quantiles_free(&s->latency);
	free(s->others);
	text_free(&s->scratch);
	free(s->sorted);
	free(s->rows);
	free(s);
}

uint64_t dns_sums_epoch(const struct dns_sums *s)
{
	return s->epoch;
}

uint64_t dns_sums_version(const struct dns_sums *s)
{
	return s->version;
}

/* --------------------------------------------------------------------- counts */

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
	if (!c->first_ns)
		c->first_ns = f->time_ns;
	if (f->time_ns > c->last_ns)
		c->last_ns = f->time_ns;
	c->newest = number;
	if (o < DNS_OUTCOMES && o >= DNS_FAILURES)
		c->newest_failed = number;
}

/* ----------------------------------------------------------------------- room */

static void collect(void *arg, struct table_node *node)
{
	struct dns_leaf ***next = arg;

	*(*next)++ = table_entry(node, struct dns_leaf, node);
}

static uint64_t weight(const struct dns_leaf *l)
{
	return l->sum.counts.queries + dns_counts_failed(&l->sum.counts);
}

static int smallest_first(const void *a, const void *b)
{
	const struct dns_leaf *x = *(struct dns_leaf *const *)a, *y = *(struct dns_leaf *const *)b;
	uint64_t wx = weight(x), wy = weight(y);

	if (wx != wy)
		return wx < wy ? -1 : 1;
	return x->sum.counts.last_ns < y->sum.counts.last_ns
		       ? -1
		       : x->sum.counts.last_ns > y->sum.counts.last_ns;
}

static void make_room(struct dns_sums *s)
{
	struct dns_leaf **end = s->sorted;
	size_t n;

	table_each(&s->table, collect, &end);
	n = end - s->sorted;
	qsort(s->sorted, n, sizeof(*s->sorted), smallest_first);
	for (size_t i = 0; i < n / 4 + 1 && i < n; i++) {
		struct dns_leaf *l = s->sorted[i];

		dns_counts_add(&s->others->sum.counts, &l->sum.counts);
		s->latency_bytes += quantiles_merge(&s->others->latency, &l->latency, true);
		s->left_out++;
		forget(s, &l->node);
	}
	s->epoch++;
}

/* ------------------------------------------------------------------ which sum */

static size_t query_length(const struct l7_dns *d)
{
	size_t n = d->query ? strnlen(d->query, QUERY_MAX) : 0;

	return n > 1 && d->query[n - 1] == '.' ? n - 1 : n;
}

static const char *type_of(const struct l7_dns *d)
{
	return d->n_qtypes && d->qtypes[0] ? d->qtypes[0] : "";
}

static void write_names(struct dns_sums *s, struct dns_leaf *l, const struct flow *f, bool answer)
{
	struct text *t = &s->scratch;
	const struct flow_end *client = answer ? &f->dst : &f->src;
	const struct flow_end *server = answer ? &f->src : &f->dst;
	size_t resolver, client_workload, client_address, resolver_address;
	char *names;

	t->len = t->err = 0;
	sums_put_work(t, f, client);
	client_workload = sums_put_workload(t, client);
	client_address = sums_put_address(t, f, client);
	resolver_address = sums_put_address(t, f, server);
	resolver = t->len;
	if (l->sum.multicast)
		text_str(t, "multicast");
	else
		flow_host_text(t, f, server, false);
	text_char(t, '\0');
	l->named_ns = f->time_ns;
	if (t->err || (l->names && l->n_names == t->len && !memcmp(l->names, t->data, t->len)))
		return;
	names = malloc(t->len);
	if (!names)
		return;
	memcpy(names, t->data, t->len);
	if (l->names)
		s->epoch++;
	free(l->names);
	l->names = names;
	l->n_names = t->len;
	l->sum.client = names;
	l->sum.resolver = names + resolver;
	l->sum.client_workload = names + client_workload;
	l->sum.client_address = names + client_address;
	l->sum.resolver_address = names + resolver_address;
}

static bool describe(struct dns_sums *s, struct dns_leaf *l, const struct flow *f, bool answer)
{
	const struct l7_dns *d = &f->l7->dns;
	size_t n = query_length(d), type = strnlen(type_of(d), 64);

	l->query = malloc(n + type + 2);
	if (!l->query)
		return false;
	memcpy(l->query, d->query ? d->query : "", n);
	l->query[n] = '\0';
	memcpy(l->query + n + 1, type_of(d), type);
	l->query[n + 1 + type] = '\0';
	l->sum.name = l->query;
	l->sum.type = l->query + n + 1;
	l->sum.client = l->sum.resolver = "";
	l->sum.client_workload = l->sum.client_address = l->sum.resolver_address = "";
	l->sum.multicast = d->multicast;
	counts_clear(&l->sum.counts);
	write_names(s, l, f, answer);
	return true;
}

static struct dns_leaf *leaf_add(struct dns_sums *s, const struct flow *f, const uint64_t *by,
				 uint64_t hash, bool answer)
{
	struct dns_leaf *l;

	if (s->table.n >= DNS_SUMS_MAX)
		make_room(s);
	l = calloc(1, sizeof(*l));
	if (!l || !describe(s, l, f, answer) || table_insert(&s->table, &l->node, hash)) {
		if (l) {
			free(l->query);
			free(l->names);
		}
		free(l);
		return s->others;
	}
	memcpy(l->by, by, sizeof(l->by));
	return l;
}

static struct dns_leaf *leaf_of(struct dns_sums *s, const struct flow *f, bool answer)
{
	const struct l7_dns *d = &f->l7->dns;
	const struct flow_end *client = answer ? &f->dst : &f->src;
	const struct flow_end *resolver = answer ? &f->src : &f->dst;
	uint64_t by[DNS_BYS] = {
		[DNS_BY_NAME] = table_hash(d->query ? d->query : "", query_length(d)),
		[DNS_BY_CLIENT] = sums_work_hash(&s->scratch, f, client, 0),
		[DNS_BY_RESOLVER] = d->multicast ? 2 : sums_end_hash(&s->scratch, f, resolver, 0),
		[DNS_BY_TYPE] = sums_text_hash(type_of(d)),
	};
	struct dns_leaf *l;
	uint64_t hash;
	struct table_node *node;

	for (int i = 0; i < DNS_BYS; i++)
		by[i] = by[i] > 1 ? by[i] : 2; /* 1 is the others' */
	hash = table_hash(by, sizeof(by));
	node = table_find(&s->table, hash);
	if (!node)
		return leaf_add(s, f, by, hash, answer);
	l = table_entry(node, struct dns_leaf, node);
	if (f->time_ns > l->named_ns + NAMED_NS)
		write_names(s, l, f, answer);
	return l;
}

void dns_sums_add(struct dns_sums *s, const struct flow *f, uint64_t number)
{
	enum dns_outcome o;
	struct dns_leaf *l;
	bool grow;

	if (f->event != FLOW_L7 || !f->l7 || f->l7->protocol != L7_DNS)
		return;
	o = outcome_of(f->l7);
	l = leaf_of(s, f, f->l7->type == L7_RESPONSE);
	count(&l->sum.counts, f, o, number);
	count(&s->totals, f, o, number);
	s->version++;
	if (o == DNS_OUTCOMES) {
		rate_add(&l->rate, 0, f->time_ns, 1);
		return;
	}
	if (!f->l7->latency_ns || o == DNS_TIMEOUT)
		return;
	grow = s->latency_bytes < LATENCY_BYTES_MAX;
	s->latency_bytes += quantiles_add(&l->latency, f->l7->latency_ns, grow);
	quantiles_add(&s->latency, f->l7->latency_ns, true);
}
