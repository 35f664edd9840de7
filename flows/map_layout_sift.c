// SPDX-License-Identifier: MIT
/*
 * Local search for fewer crossings: a vertex, or a group's part of a column, is moved to the best
 * place in its column (sifting: Matuszewski, Schönfeld, Molitor, 1999), and two groups
 * change places in all columns.
 */
#include <errno.h>
#include <string.h>

#include "flows/map_layout_graph.h"

#define STEP 8 /* ends of segments, besides those two: what it costs to compare two vertices */
#define REACH 40 /* places that a move goes at most, so that wide columns cost n and not n^2 */

/* ---------------------------------------------------------------- crossings of two */

static int order_at(const struct graph *g, uint32_t segment, bool left)
{
	return g->v[left ? g->s[segment].left : g->s[segment].right].order;
}

static void sort_ends(const struct graph *g, uint32_t *s, uint32_t n, bool left)
{
	for (uint32_t i = 1; i < n; i++) {
		uint32_t x = s[i], k = i;

		for (; k && order_at(g, s[k - 1], left) > order_at(g, x, left); k--)
			s[k] = s[k - 1];
		s[k] = x;
	}
}

void graph_sort_ends(struct graph *g, int rank)
{
	for (uint32_t i = g->first[rank]; i < g->first[rank + 1]; i++) {
		const struct vertex *v = &g->v[g->at[i]];

		sort_ends(g, g->in + v->first_in, v->n_in, true);
		sort_ends(g, g->out + v->first_out, v->n_out, false);
	}
}

static uint32_t cross_side(const struct graph *g, const uint32_t *a, uint32_t n_a,
			   const uint32_t *b, uint32_t n_b, bool left)
{
	uint32_t sum = 0, k = 0;

	for (uint32_t i = 0; i < n_a; i++) {
		while (k < n_b && order_at(g, b[k], left) < order_at(g, a[i], left))
			k++;
		sum += k;
	}
	return sum;
}

uint32_t graph_cross(const struct graph *g, uint32_t a, uint32_t b)
{
	const struct vertex *va = &g->v[a], *vb = &g->v[b];

	return cross_side(g, g->in + va->first_in, va->n_in, g->in + vb->first_in, vb->n_in, true) +
	       cross_side(g, g->out + va->first_out, va->n_out, g->out + vb->first_out, vb->n_out,
			  false);
}

static uint64_t ends_of(const struct vertex *v)
{
	return (uint64_t)v->n_in + v->n_out;
}

/* Steps, and not time: the same graph has the same layout on any machine. */
static bool spend(struct graph *g, uint64_t steps)
{
	if (g->sift_left < steps)
		g->sift_left = 0;
	else
		g->sift_left -= steps;
	return g->sift_left;
}

/*
 * What it gains that the n_a vertices of a, which are above those of b, go below them; 0 where
 * there is no time left to find out.
 */
static int64_t gain(struct graph *g, const uint32_t *a, uint32_t n_a, const uint32_t *b,
		    uint32_t n_b)
{
	int64_t sum = 0;

	for (uint32_t i = 0; i < n_a; i++)
		for (uint32_t k = 0; k < n_b; k++) {
			if (!spend(g, ends_of(&g->v[a[i]]) + ends_of(&g->v[b[k]]) + STEP))
				return 0;
			sum += (int64_t)graph_cross(g, a[i], b[k]) - graph_cross(g, b[k], a[i]);
		}
	return sum;
}

/* ------------------------------------------------------------------- one column */

/* A group's part of a column, or a vertex without a group; within a group: a vertex. */
struct block {
	uint32_t first, n;
	int group;
	bool fixed;
};

struct sift {
	struct graph *g;
	struct block *b;
	uint32_t n;
	uint32_t *scratch;
	bool settled;
};

static bool is_old(const struct graph *g, uint32_t v)
{
	return g->v[v].node >= 0 && g->old[g->v[v].node] >= 0;
}

static void add_block(struct sift *s, uint32_t first, uint32_t n, int group)
{
	bool fixed = false;

	for (uint32_t i = first; s->settled && i < first + n; i++)
		fixed |= is_old(s->g, s->g->at[i]);
	s->b[s->n++] = (struct block){first, n, group, fixed};
}

/* a's vertices are moved to where the blocks between it and `to` are, which close up. */
static void move(struct sift *s, uint32_t from, uint32_t to)
{
	struct graph *g = s->g;
	struct block moved = s->b[from];
	uint32_t at = s->b[min_of((int)from, (int)to)].first;

	memcpy(s->scratch, g->at + moved.first, moved.n * sizeof(*s->scratch));
	if (to > from) {
		uint32_t end = s->b[to].first + s->b[to].n, n = end - moved.first - moved.n;

		memmove(g->at + at, g->at + moved.first + moved.n, n * sizeof(*g->at));
		memcpy(g->at + at + n, s->scratch, moved.n * sizeof(*g->at));
		memmove(s->b + from, s->b + from + 1, (to - from) * sizeof(*s->b));
	} else {
		memmove(g->at + at + moved.n, g->at + at, (moved.first - at) * sizeof(*g->at));
		memcpy(g->at + at, s->scratch, moved.n * sizeof(*g->at));
		memmove(s->b + to + 1, s->b + to, (from - to) * sizeof(*s->b));
	}
	s->b[to] = moved;
	for (uint32_t i = min_of((int)from, (int)to); i <= (uint32_t)max_of((int)from, (int)to);
	     i++) {
		s->b[i].first = at;
		at += s->b[i].n;
	}
}

/* The best place for block i, and what it gains. */
static int64_t best_place(const struct sift *s, uint32_t i, uint32_t *ret)
{
	struct graph *g = s->g;
	const struct block *b = &s->b[i], *o;
	int64_t best = 0, sum = 0;

	for (uint32_t k = i + 1; k < s->n && k - i <= REACH && g->sift_left; k++) {
		o = &s->b[k];
		if (b->group >= 0 && o->group >= 0 && o->group != b->group)
			break; /* groups have their own order */
		sum += gain(g, g->at + b->first, b->n, g->at + o->first, o->n);
		if (sum > best) {
			best = sum;
			*ret = k;
		}
	}
	sum = 0;
	for (uint32_t k = i; k-- > 0 && i - k <= REACH && g->sift_left;) {
		o = &s->b[k];
		if (b->group >= 0 && o->group >= 0 && o->group != b->group)
			break;
		sum += gain(g, g->at + o->first, o->n, g->at + b->first, b->n);
		if (sum > best) {
			best = sum;
			*ret = k;
		}
	}
	return best;
}

static int64_t sift_blocks(struct sift *s)
{
	int64_t sum = 0;

	for (uint32_t i = 0; i < s->n && s->g->sift_left; i++) {
		uint32_t to = i;
		int64_t better = s->b[i].fixed ? 0 : best_place(s, i, &to);

		if (better > 0) {
			move(s, i, to);
			sum += better;
		}
	}
	return sum;
}

static int64_t sift_rank(struct sift *s, int rank)
{
	struct graph *g = s->g;
	uint32_t from = g->first[rank], end = g->first[rank + 1];
	int64_t sum = 0;

	graph_sort_ends(g, rank);
	s->n = 0;
	for (uint32_t i = from, k; i < end; i = k) {
		int group = g->v[g->at[i]].group;

		for (k = i + 1; k < end && group >= 0 && g->v[g->at[k]].group == group;)
			k++;
		add_block(s, i, k - i, group);
	}
	sum += sift_blocks(s);
	for (uint32_t i = from, k; i < end; i = k) {
		int group = g->v[g->at[i]].group;

		s->n = 0;
		for (k = i; k < end && (k == i || group >= 0) && g->v[g->at[k]].group == group; k++)
			add_block(s, k, 1, group);
		if (k - i > 1)
			sum += sift_blocks(s);
	}
	graph_number(g, rank);
	return sum;
}

/* ------------------------------------------------------------------- two groups */

static uint32_t find_group(const struct graph *g, int rank, int group, uint32_t *ret_n)
{
	uint32_t i = g->first[rank], end = g->first[rank + 1];

	while (i < end && g->v[g->at[i]].group != group)
		i++;
	for (*ret_n = 0; i + *ret_n < end && g->v[g->at[i + *ret_n]].group == group;)
		++*ret_n;
	return i;
}

/* Exchanges the upper group's part with the lower one's; what lies between them stays there. */
static void exchange(struct sift *s, int rank, int upper, int lower)
{
	struct graph *g = s->g;
	uint32_t n_a, n_b, a = find_group(g, rank, upper, &n_a),
			   b = find_group(g, rank, lower, &n_b);
	uint32_t n = b - a - n_a, *to = g->at + a;

	memcpy(s->scratch, g->at + a, (b + n_b - a) * sizeof(*s->scratch));
	memcpy(to, s->scratch + n_a + n, n_b * sizeof(*to));
	memcpy(to + n_b, s->scratch + n_a, n * sizeof(*to));
	memcpy(to + n_b + n, s->scratch, n_a * sizeof(*to));
	graph_number(g, rank);
}

/* Crossings of all segments with an end in the columns first to last. */
static int64_t crossings_of(struct sift *s, int first, int last)
{
	int64_t sum = 0;

	for (int r = max_of(first - 1, 0); r <= last && r + 1 < s->g->ranks; r++)
		sum += (int64_t)graph_crossings_after(s->g, r, s->scratch);
	return sum;
}

static int64_t try_groups(struct sift *s, int upper, int lower)
{
	struct graph *g = s->g;
	int first = max_of(g->first_rank[upper], g->first_rank[lower]);
	int last = min_of(g->last_rank[upper], g->last_rank[lower]);
	int64_t before, after;

	if (first > last)
		return 0;
	before = crossings_of(s, first, last);
	for (int r = first; r <= last; r++)
		exchange(s, r, upper, lower);
	after = crossings_of(s, first, last);
	if (after < before) {
		g->group_at[upper]++;
		g->group_at[lower]--;
		return before - after;
	}
	for (int r = first; r <= last; r++)
		exchange(s, r, lower, upper);
	return 0;
}

static int64_t sift_groups(struct sift *s, int *of_place)
{
	struct graph *g = s->g;
	int n = (int)g->l->n_groups;
	int64_t sum = 0;

	for (int i = 0; i < n; i++)
		of_place[g->group_at[i]] = i;
	for (int i = 0; i + 1 < n && spend(s->g, s->g->n_s); i++) {
		int upper = of_place[i], lower = of_place[i + 1];
		int64_t better = try_groups(s, upper, lower);

		if (better > 0) {
			of_place[i] = lower;
			of_place[i + 1] = upper;
			sum += better;
		}
	}
	return sum;
}

int graph_sift(struct graph *g, bool settled, unsigned int rounds)
{
	struct sift s = {.g = g, .settled = settled};
	int64_t better = 1;

	if (!g->sift_room)
		g->sift_room = graph_memory(g, g->n_v + g->l->n_groups + 2,
					    sizeof(*s.b) + sizeof(*s.scratch) + sizeof(int));
	if (!g->sift_room)
		return -ENOMEM;
	s.b = g->sift_room;
	s.scratch = (uint32_t *)(s.b + g->n_v + g->l->n_groups + 2);
	while (better > 0 && rounds-- && g->sift_left) {
		better = 0;
		for (int r = 0; r < g->ranks; r++)
			better += sift_rank(&s, r);
		for (int r = g->ranks; r-- > 0;)
			better += sift_rank(&s, r);
		if (!settled)
			better += sift_groups(&s, (int *)(s.scratch + g->n_v + g->l->n_groups + 2));
	}
	return 0;
}
