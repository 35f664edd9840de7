// SPDX-License-Identifier: MIT
#include "flows/sums_own.h"

#include <errno.h>
#include <stdlib.h>

#include "flows/select.h"

#define NAMED_NS 1000000000ull /* names of a sum are looked at again after that */

/* The i-th of all, the others' first. */
static struct sums_leaf *leaf_at(const struct sums *s, size_t i)
{
	return (struct sums_leaf *)(s->leaves + i * s->kind->leaf_size);
}

/* ----------------------------------------------------------------------- life */

static void end(struct sums *s, struct sums_leaf *l)
{
	if (s->kind->end)
		s->kind->end(s, l);
	l->counted = false;
}

/* The room for the names of the one before is kept. */
static void begin(struct sums *s, struct sums_leaf *l, unsigned int part, bool others)
{
	struct table_node node = l->node;
	char *names = l->names;
	size_t size = l->names_size;

	memset(l, 0, s->kind->leaf_size);
	l->node = node;
	l->part = part;
	l->names = names;
	l->names_size = size;
	s->kind->begin(l, others);
}

static void begin_others(struct sums *s)
{
	for (size_t i = 0; i < s->kind->parts; i++) {
		struct sums_leaf *l = leaf_at(s, i);

		begin(s, l, i, true);
		for (size_t k = 0; k < SUMS_BYS; k++)
			l->by[k] = 1 + i;
	}
}

int sums_new(const struct sums_kind *kind, struct sums **ret)
{
	struct sums *s = calloc(1, kind->size);
	size_t n = SUMS_MAX + kind->parts;

	if (!s)
		return -ENOMEM;
	s->kind = kind;
	s->known = calloc(SUMS_KNOWN, sizeof(*s->known));
	s->leaves = calloc(n, kind->leaf_size);
	s->sorted = calloc(n, sizeof(struct sums_leaf *));
	s->rows = calloc(n, kind->row_size);
	if (!s->known || !s->leaves || !s->sorted || !s->rows ||
	    table_reserve(&s->table, 4 * SUMS_MAX)) {
		sums_free(s);
		return -ENOMEM;
	}
	s->n_leaves = kind->parts;
	begin_others(s);
	kind->clear(s);
	*ret = s;
	return 0;
}

static void forget(struct sums *s, struct sums_leaf *l)
{
	table_remove(&s->table, &l->node);
	end(s, l);
	l->node.next = s->unused;
	s->unused = &l->node;
}

static void forget_node(void *arg, struct table_node *node)
{
	forget(arg, table_entry(node, struct sums_leaf, node));
}

void sums_reset(struct sums *s)
{
	for (size_t i = 0; i < SUMS_KNOWN; i++) {
		endpoint_put(s->known[i].endpoint);
		s->known[i].endpoint = NULL;
	}
	table_each(&s->table, forget_node, s);
	for (size_t i = 0; i < s->kind->parts; i++)
		end(s, leaf_at(s, i));
	begin_others(s);
	s->kind->clear(s);
	s->left_out = 0;
	s->epoch++;
	s->version++;
}

void sums_free(struct sums *s)
{
	if (!s)
		return;
	if (s->n_leaves) /* it began */
		sums_reset(s);
	for (size_t i = 0; i < s->n_leaves; i++)
		free(leaf_at(s, i)->names);
	table_free(&s->table);
	text_free(&s->scratch);
	free(s->known);
	free(s->leaves);
	free(s->sorted);
	free(s->rows);
	free(s);
}

void sums_add(struct sums *s, const struct flow *f, uint64_t number)
{
	s->kind->add(s, f, number);
}

uint64_t sums_epoch(const struct sums *s)
{
	return s->epoch;
}

uint64_t sums_version(const struct sums *s)
{
	return s->version;
}

uint64_t sums_left_out(const struct sums *s)
{
	return s->left_out;
}

size_t sums_bytes(const struct sums *s)
{
	size_t each = s->kind->leaf_size + s->kind->row_size + sizeof(struct sums_leaf *);
	size_t n = s->kind->size + (SUMS_MAX + s->kind->parts) * each + s->scratch.size;

	n += SUMS_KNOWN * sizeof(*s->known) + s->table.n_buckets * sizeof(*s->table.buckets);
	for (size_t i = 0; i < s->n_leaves; i++)
		n += leaf_at(s, i)->names_size;
	return n + (s->kind->bytes ? s->kind->bytes(s) : 0);
}

/* ----------------------------------------------------------------------- room */

static bool is_smaller(const void *a, const void *b)
{
	const struct sums_leaf *x = *(struct sums_leaf *const *)a;
	const struct sums_leaf *y = *(struct sums_leaf *const *)b;

	return x->weight != y->weight ? x->weight < y->weight : x->last_ns < y->last_ns;
}

/* A quarter at a time: one look at all of them for many new ones. */
static void make_room(struct sums *s)
{
	size_t n = 0, few;

	for (size_t i = s->kind->parts; i < s->n_leaves; i++)
		if (leaf_at(s, i)->counted)
			s->sorted[n++] = leaf_at(s, i);
	few = n / 4 + 1 < n ? n / 4 + 1 : n;
	select_least(s->sorted, n, sizeof(*s->sorted), few, is_smaller);
	for (size_t i = 0; i < few; i++) {
		struct sums_leaf *l = s->sorted[i], *others = leaf_at(s, l->part);

		sums_count(others, l->weight, l->last_ns);
		rate_merge(&others->rate, &l->rate);
		s->kind->merge(s, others, l);
		s->left_out++;
		forget(s, l);
	}
	s->epoch++;
}

struct sums_leaf *sums_leaf(struct sums *s, uint64_t hash, unsigned int part, bool *ret_new)
{
	struct table_node *node = table_find(&s->table, hash), *next;
	struct sums_leaf *l;

	*ret_new = false;
	if (node)
		return table_entry(node, struct sums_leaf, node);
	if (s->table.n >= SUMS_MAX)
		make_room(s);
	l = s->unused ? table_entry(s->unused, struct sums_leaf, node) : leaf_at(s, s->n_leaves);
	next = s->unused ? l->node.next : NULL;
	if (table_insert(&s->table, &l->node, hash))
		return leaf_at(s, part);
	s->n_leaves += !s->unused;
	s->unused = next;
	begin(s, l, part, false);
	*ret_new = true;
	return l;
}

bool sums_names_due(struct sums_leaf *l, const struct flow *f)
{
	/* the same for both directions */
	uint64_t made_of;

	if (l->n_names && f->time_ns <= l->named_ns + NAMED_NS)
		return false;
	made_of = sums_end_names(f, &f->src) + sums_end_names(f, &f->dst);
	l->named_ns = f->time_ns;
	if (l->n_names && made_of == l->named_as)
		return false;
	l->named_as = made_of;
	return true;
}

const char *sums_set_names(struct sums *s, struct sums_leaf *l)
{
	const struct text *t = &s->scratch;
	char *names = l->names;

	if (t->err || (l->n_names == t->len && !memcmp(names, t->data, t->len)))
		return NULL;
	if (t->len > l->names_size) {
		names = realloc(names, t->len);
		if (!names)
			return NULL;
		l->names = names;
		l->names_size = t->len;
	}
	if (l->n_names)
		s->epoch++;
	memcpy(names, t->data, t->len);
	l->n_names = t->len;
	return names;
}

/* ----------------------------------------------------------------------- rows */

/* A row of each part may share a hash: an interface, a pair. */
static uint64_t key_of(const struct sums_leaf *l, unsigned int by)
{
	uint64_t key = l->by[by] ^ (l->part ? 1ull << 63 : 0);

	return key ? key : 1;
}

struct order {
	unsigned int by, within;
};

static int by_row(const void *a, const void *b, void *arg)
{
	const struct sums_leaf *x = *(struct sums_leaf *const *)a;
	const struct sums_leaf *y = *(struct sums_leaf *const *)b;
	const struct order *o = arg;

	if (x->part != y->part)
		return x->part - y->part;
	if (x->by[o->by] != y->by[o->by])
		return x->by[o->by] < y->by[o->by] ? -1 : 1;
	if (x->by[o->within] != y->by[o->within])
		return x->by[o->within] < y->by[o->within] ? -1 : 1;
	return 0;
}

/* Those of one row, or (key 0) of all. */
static size_t sort(struct sums *s, unsigned int by, uint64_t key, unsigned int within)
{
	struct order o = {by, within};
	size_t n = 0;

	for (size_t i = 0; i < s->n_leaves; i++) {
		struct sums_leaf *l = leaf_at(s, i);

		if (l->counted && (!key || key_of(l, by) == key))
			s->sorted[n++] = l;
	}
	qsort_r(s->sorted, n, sizeof(*s->sorted), by_row, &o);
	return n;
}

size_t sums_of_row(struct sums *s, unsigned int by, uint64_t key, unsigned int within)
{
	return key ? sort(s, by, key, within) : 0;
}

size_t sums_rows(struct sums *s, unsigned int by, uint64_t now_ns, unsigned int window, void **ret)
{
	const struct sums_asked asked = {by, now_ns, window};
	size_t n = sort(s, by, 0, s->kind->within), rows = 0, size = s->kind->row_size;

	for (size_t i = 0, same; i < n; i += same) {
		uint64_t key = key_of(s->sorted[i], by);
		char *row = s->rows + rows++ * size;

		for (same = 1; i + same < n && key_of(s->sorted[i + same], by) == key;)
			same++;
		memset(row, 0, size);
		memcpy(row, &key, sizeof(key));
		s->kind->fill(s, row, s->sorted + i, same, &asked);
	}
	qsort(s->rows, rows, size, s->kind->compare);
	*ret = s->rows;
	return rows;
}
