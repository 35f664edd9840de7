// SPDX-License-Identifier: MIT
/* Rows of the Drops view: sums that have the same of what is asked, in one row. */
#include <stdlib.h>
#include <string.h>

#include "flows/aggregate_names.h"
#include "flows/drop_sums_parts.h"
#include "flows/fields.h"
#include "flows/where.h"

/* The hashes differ from process to process: where all is equal the texts decide. */
static int compare_texts(const struct drop_sum *a, const struct drop_sum *b)
{
	int c = strcmp(a->reason, b->reason);

	if (!c)
		c = strcmp(a->function, b->function);
	if (!c)
		c = strcmp(a->source.name, b->source.name);
	if (!c)
		c = strcmp(a->destination.name, b->destination.name);
	return c ? c : strcmp(a->interface, b->interface);
}

static bool is_larger(const struct drop_sum *a, const struct drop_sum *b)
{
	return a->packets != b->packets ? a->packets > b->packets : compare_texts(a, b) < 0;
}

static void add_sum(struct drop_row *r, const struct drop_sum *s)
{
	if (!r->top || is_larger(s, r->top))
		r->top = s;
	r->packets += s->packets;
	r->bytes += s->bytes;
	r->events += s->events;
	if (!r->first_ns || s->first_ns < r->first_ns)
		r->first_ns = s->first_ns;
	if (s->last_ns > r->last_ns || (s->last_ns == r->last_ns && s->newest > r->newest)) {
		r->last_ns = s->last_ns;
		r->newest = s->newest;
	}
}

static const struct drop_sum *sum_of(const struct sums_leaf *l)
{
	return &((const struct drop_leaf *)l)->sum;
}

void drop_row_fill(struct sums *s, void *row, struct sums_leaf **v, size_t n,
		   const struct sums_asked *asked)
{
	static const uint8_t counted[] = {DROP_BY_REASON, DROP_BY_INTERFACE, DROP_BY_SOURCE,
					  DROP_BY_DESTINATION};
	struct different d[DROP_BYS] = {{.n = 0}};
	uint64_t largest = 0, pair = 0, all = ((struct drop_sums *)s)->packets[v[0]->part];
	struct drop_row *r = row;

	for (size_t i = 0; i < n; i++) {
		const struct drop_sum *sum = sum_of(v[i]);

		if (!i || v[i]->by[DROP_BY_PAIR] != v[i - 1]->by[DROP_BY_PAIR]) {
			r->pairs++;
			pair = 0;
		}
		pair += sum->packets;
		if (pair > largest || !r->pair ||
		    (pair == largest && compare_texts(sum, r->pair) < 0)) {
			largest = pair;
			r->pair = sum;
		}
		for (size_t k = 0; k < sizeof(counted); k++)
			different_add(&d[counted[k]], v[i]->by[counted[k]]);
		add_sum(r, sum);
		r->rate += rate_per_second(&v[i]->rate, asked->now_ns, asked->window);
	}
	r->reasons = d[DROP_BY_REASON].n;
	r->places = d[DROP_BY_INTERFACE].n;
	r->sources = d[DROP_BY_SOURCE].n;
	r->destinations = d[DROP_BY_DESTINATION].n;
	r->share = all ? (double)r->packets / all : 0;
}

int drop_row_compare(const void *a, const void *b)
{
	const struct drop_row *x = a, *y = b;

	if (x->top->normal != y->top->normal)
		return x->top->normal - y->top->normal;
	if (x->packets != y->packets)
		return x->packets > y->packets ? -1 : 1;
	if (x->last_ns != y->last_ns)
		return x->last_ns > y->last_ns ? -1 : 1;
	return compare_texts(x->top, y->top);
}

static void add_to_pair(struct drop_pair *p, const struct drop_sum *s)
{
	if (!p->top) {
		*p = (struct drop_pair){.top = s, .one_source = true, .one_destination = true};
	} else {
		p->one_source &= !strcmp(p->top->source.name, s->source.name);
		p->one_destination &= !strcmp(p->top->destination.name, s->destination.name);
		if (is_larger(s, p->top))
			p->top = s;
	}
	p->packets += s->packets;
}

/* Into its place among the n largest; the last one falls out where all places are taken. */
static size_t keep_pair(struct drop_pair *v, size_t n, size_t max, const struct drop_pair *p)
{
	size_t at = n;

	while (at && (p->packets > v[at - 1].packets || (p->packets == v[at - 1].packets &&
							 compare_texts(p->top, v[at - 1].top) < 0)))
		at--;
	if (at == max)
		return n;
	n += n < max;
	memmove(v + at + 1, v + at, (n - at - 1) * sizeof(*v));
	v[at] = *p;
	return n;
}

size_t drop_sums_pairs(struct sums *s, enum drop_by by, uint64_t key, enum drop_by within,
		       struct drop_pair *ret, size_t max)
{
	size_t n = sums_of_row(s, by, key, within), found = 0;
	struct drop_pair pair = {0};

	for (size_t i = 0; i < n; i++) {
		add_to_pair(&pair, sum_of(s->sorted[i]));
		if (i + 1 < n && s->sorted[i]->by[within] == s->sorted[i + 1]->by[within])
			continue;
		found = keep_pair(ret, found, max, &pair);
		pair.top = NULL;
	}
	return found;
}

/* ---------------------------------------------------------------- expressions */

static void term(struct text *t, const char *field, const char *value)
{
	if (t->len)
		text_str(t, " && ");
	text_str(t, field);
	text_str(t, " == ");
	where_quote(t, value);
}

static void port_is(struct text *t, const char *field, uint16_t port)
{
	text_str(t, " && ");
	text_str(t, field);
	text_str(t, " == ");
	text_u64(t, port);
}

/* As aggregate_is_swapped() tells whose the port is. */
static void pair_terms(struct text *t, const struct drop_sum *s)
{
	uint16_t from = s->source.port, to = s->destination.port;

	sums_end_terms(t, "src.", &s->source);
	sums_end_terms(t, "dst.", &s->destination);
	if (from) {
		port_is(t, "src.port", from);
		text_str(t,
			 from < AGGREGATE_EPHEMERAL ? " && (reply || dst.port >= " : " && reply");
		if (from < AGGREGATE_EPHEMERAL) {
			text_u64(t, AGGREGATE_EPHEMERAL);
			text_char(t, ')');
		}
	} else if (to) {
		port_is(t, "dst.port", to);
		text_str(t, " && !reply");
		if (to >= AGGREGATE_EPHEMERAL) {
			text_str(t, " && !(src.port < ");
			text_u64(t, AGGREGATE_EPHEMERAL);
			text_char(t, ')');
		}
	} else {
		text_str(t, " && !has(dst.port)");
	}
}

/* "" equals what is not known, as in an expression. */
bool drop_row_expression(const struct drop_row *r, enum drop_by by, struct text *t)
{
	const struct drop_sum *s = r->top;
	struct text e = {0};

	if (s->others)
		return false;
	if (by == DROP_BY_REASON)
		term(&e, "drop.reason", s->reason);
	if (by == DROP_BY_FUNCTION || by == DROP_BY_REASON)
		term(&e, "drop.function", s->function);
	if (by == DROP_BY_INTERFACE)
		term(&e, "interface", s->interface);
	if (by == DROP_BY_INTERFACE || by == DROP_BY_NODE)
		term(&e, "node", s->here ? field_own_node() : s->node);
	if (by == DROP_BY_PAIR)
		pair_terms(&e, s);
	if (by == DROP_BY_SOURCE)
		sums_end_terms(&e, "src.", &s->source);
	if (by == DROP_BY_DESTINATION)
		sums_end_terms(&e, "dst.", &s->destination);
	if (s->normal)
		text_str(&e, " && drop.normal");
	else /* a reason tells that it is a drop */
		text_str(&e, by == DROP_BY_REASON ? " && !drop.normal"
						  : " && has(drop.reason) && !drop.normal");
	text_mem(t, e.data ? e.data : "", e.len);
	text_free(&e);
	return !t->err;
}
