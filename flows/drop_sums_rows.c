// SPDX-License-Identifier: MIT
/* Rows of the Drops view: sums that have the same of what is asked, in one row. */
#include <stdlib.h>
#include <string.h>

#include "flows/drop_sums_parts.h"
#include "flows/sums.h"
#include "flows/where.h"

static void collect(void *arg, struct table_node *node)
{
	struct leaf ***next = arg;

	*(*next)++ = table_entry(node, struct leaf, node);
}

/* Of one row together, in it those of one pair; so that both can be counted in one walk. */
static int by_row(const void *a, const void *b, void *arg)
{
	const struct leaf *x = *(struct leaf *const *)a, *y = *(struct leaf *const *)b;
	enum drop_by by = *(const enum drop_by *)arg;

	if (x->sum.normal != y->sum.normal)
		return x->sum.normal - y->sum.normal;
	if (x->by[by] != y->by[by])
		return x->by[by] < y->by[by] ? -1 : 1;
	if (x->by[DROP_BY_PAIR] != y->by[DROP_BY_PAIR])
		return x->by[DROP_BY_PAIR] < y->by[DROP_BY_PAIR] ? -1 : 1;
	return 0;
}

/* The hashes differ from process to process: where all is equal the texts decide. */
static int compare_texts(const struct drop_sum *a, const struct drop_sum *b)
{
	int c = strcmp(a->reason, b->reason);

	if (!c)
		c = strcmp(a->function, b->function);
	if (!c)
		c = strcmp(a->source, b->source);
	if (!c)
		c = strcmp(a->destination, b->destination);
	return c ? c : strcmp(a->interface, b->interface);
}

static bool is_larger(const struct drop_sum *a, const struct drop_sum *b)
{
	return a->packets != b->packets ? a->packets > b->packets : compare_texts(a, b) < 0;
}

static void add_leaf(struct drop_row *r, const struct leaf *l, uint64_t now_ns, unsigned int window)
{
	const struct drop_sum *s = &l->sum;

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
	r->rate += rate_per_second(&l->rate, now_ns, window);
}

/* A row of v[0..n), which belong to it. */
static void fill_row(struct drop_row *r, struct leaf **v, size_t n, enum drop_by by,
		     uint64_t now_ns, unsigned int window)
{
	struct different reasons = {.n = 0}, places = {.n = 0};
	uint64_t largest = 0, pair = 0;

	/* a row of losses and one of normal life may share a hash: an interface, a pair */
	*r = (struct drop_row){.key = v[0]->by[by] ^ (v[0]->sum.normal ? 1ull << 63 : 0)};
	r->key = r->key ? r->key : 1;
	for (size_t i = 0; i < n; i++) {
		if (!i || v[i]->by[DROP_BY_PAIR] != v[i - 1]->by[DROP_BY_PAIR]) {
			r->pairs++;
			pair = 0;
		}
		pair += v[i]->sum.packets;
		if (pair > largest || !r->pair ||
		    (pair == largest && compare_texts(&v[i]->sum, r->pair) < 0)) {
			largest = pair;
			r->pair = &v[i]->sum;
		}
		different_add(&reasons, v[i]->by[DROP_BY_REASON]);
		different_add(&places, v[i]->by[DROP_BY_INTERFACE]);
		add_leaf(r, v[i], now_ns, window);
	}
	r->reasons = reasons.n;
	r->places = places.n;
}

static int most_first(const void *a, const void *b)
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

size_t drop_sums_rows(struct drop_sums *s, enum drop_by by, uint64_t now_ns, unsigned int window,
		      struct drop_row **ret)
{
	struct leaf **end = s->sorted;
	size_t n, rows = 0;

	table_each(&s->table, collect, &end);
	for (int i = 0; i < 2; i++)
		if (s->others[i]->sum.events)
			*end++ = s->others[i];
	n = end - s->sorted;
	qsort_r(s->sorted, n, sizeof(*s->sorted), by_row, &by);
	for (size_t i = 0, same; i < n; i += same) {
		const struct leaf *first = s->sorted[i];

		for (same = 1; i + same < n; same++)
			if (s->sorted[i + same]->by[by] != first->by[by] ||
			    s->sorted[i + same]->sum.normal != first->sum.normal)
				break;
		fill_row(&s->rows[rows], &s->sorted[i], same, by, now_ns, window);
		if (s->packets[first->sum.normal])
			s->rows[rows].share =
				(double)s->rows[rows].packets / s->packets[first->sum.normal];
		rows++;
	}
	qsort(s->rows, rows, sizeof(*s->rows), most_first);
	*ret = s->rows;
	return rows;
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

static void source_terms(struct text *t, const struct drop_sum *s, uint16_t port)
{
	sums_end_terms(t, "src.",
		       &(struct sums_end){s->source, s->source_work, s->source_workload,
					  s->source_address, port});
}

static void destination_terms(struct text *t, const struct drop_sum *s, uint16_t port)
{
	sums_end_terms(t, "dst.",
		       &(struct sums_end){s->destination, s->destination_work,
					  s->destination_workload, s->destination_address, port});
}

static void pair_terms(struct text *t, const struct drop_sum *s)
{
	source_terms(t, s, s->source_port);
	destination_terms(t, s, s->destination_port);
	if (!s->source_port && !s->destination_port)
		text_str(t, " && !has(dst.port)");
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
	if (by == DROP_BY_FUNCTION || (by == DROP_BY_REASON && *s->function))
		term(&e, "drop.function", s->function);
	if (by == DROP_BY_INTERFACE)
		term(&e, "interface", s->interface);
	if ((by == DROP_BY_INTERFACE || by == DROP_BY_NODE) && *s->node)
		term(&e, "node", s->node);
	if (by == DROP_BY_PAIR)
		pair_terms(&e, s);
	if (by == DROP_BY_SOURCE)
		source_terms(&e, s, 0);
	if (by == DROP_BY_DESTINATION)
		destination_terms(&e, s, 0);
	if (by != DROP_BY_REASON) {
		text_str(&e, e.len ? " && " : "");
		text_str(&e, s->normal ? "drop.normal" : "has(drop.reason)");
	}
	text_mem(t, e.data ? e.data : "", e.len);
	text_free(&e);
	return !t->err;
}
