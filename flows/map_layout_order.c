// SPDX-License-Identifier: MIT
/*
 * The order within the columns: sweeps that put each vertex at the mean of its neighbours,
 * then a local search, from several beginnings. The best is kept: fewest crossings, then
 * the least up and down.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "flows/map_layout_graph.h"

#define SWEEPS 8
#define STARTS_MIN 4
#define LARGE 8000 /* vertices and segments; from here on one start has to do */
#define STARTS_MAX 64
#define START_BUDGET 600000 /* starts times the square of vertices and segments */

/* ------------------------------------------------------------ one column's order */

void graph_number(struct graph *g, int rank)
{
	for (uint32_t i = g->first[rank]; i < g->first[rank + 1]; i++)
		g->v[g->at[i]].order = (int)(i - g->first[rank]);
}

static int by_pull(const struct graph *g, uint32_t a, uint32_t b)
{
	const struct vertex *va = &g->v[a], *vb = &g->v[b];

	if (va->pull != vb->pull)
		return va->pull < vb->pull ? -1 : 1;
	return va->order - vb->order;
}

static int compare_vertices(const void *pa, const void *pb, void *arg)
{
	const struct graph *g = arg;
	uint32_t a = *(const uint32_t *)pa, b = *(const uint32_t *)pb;
	int group_a = g->v[a].group, group_b = g->v[b].group;
	int place_a = group_a < 0 ? -1 : g->group_at[group_a];
	int place_b = group_b < 0 ? -1 : g->group_at[group_b];

	return place_a != place_b ? place_a - place_b : by_pull(g, a, b);
}

/* Where the group that begins at a[0] ends, and the mean pull of its vertices with edges. */
static uint32_t group_end(const struct graph *g, const uint32_t *a, uint32_t n, double *ret_pull)
{
	double sum = 0, all = 0;
	uint32_t end = 0, with = 0;

	for (; end < n && g->v[a[end]].group == g->v[a[0]].group; end++) {
		const struct vertex *v = &g->v[a[end]];

		all += v->pull;
		if (v->n_in || v->n_out) {
			sum += v->pull;
			with++;
		}
	}
	*ret_pull = with ? sum / with : all / end;
	return end;
}

void graph_arrange(struct graph *g, int rank, uint32_t *scratch)
{
	uint32_t *at = g->at + g->first[rank], n = g->first[rank + 1] - g->first[rank];
	uint32_t lone = 0, n_lone = 0, out = 0;

	qsort_r(at, n, sizeof(*at), compare_vertices, g);
	memcpy(scratch, at, n * sizeof(*at));
	while (n_lone < n && g->v[scratch[n_lone]].group < 0)
		n_lone++;
	/* the lone ones are put between the groups, whose own order stays */
	for (uint32_t i = n_lone; i < n;) {
		double pull;
		uint32_t end = i + group_end(g, scratch + i, n - i, &pull);

		while (lone < n_lone && g->v[scratch[lone]].pull < pull)
			at[out++] = scratch[lone++];
		while (i < end)
			at[out++] = scratch[i++];
	}
	while (lone < n_lone)
		at[out++] = scratch[lone++];
	graph_number(g, rank);
}

/* ---------------------------------------------------------------------- crossings */

uint64_t graph_crossings_after(const struct graph *g, int rank, uint32_t *tree)
{
	uint32_t n = g->first[rank + 2] - g->first[rank + 1], seen = 0;
	uint64_t sum = 0;

	memset(tree, 0, (n + 1) * sizeof(*tree));
	for (uint32_t i = g->first[rank]; i < g->first[rank + 1]; i++) {
		const struct vertex *v = &g->v[g->at[i]];

		for (uint32_t k = 0; k < v->n_out; k++) {
			uint32_t to = (uint32_t)g->v[g->s[g->out[v->first_out + k]].right].order;

			sum += seen;
			for (uint32_t b = to + 1; b; b &= b - 1)
				sum -= tree[b];
		}
		for (uint32_t k = 0; k < v->n_out; k++, seen++) {
			uint32_t to = (uint32_t)g->v[g->s[g->out[v->first_out + k]].right].order;

			for (uint32_t b = to + 1; b <= n; b += b & -b)
				tree[b]++;
		}
	}
	return sum;
}

static uint64_t count_crossings(const struct graph *g, uint32_t *scratch)
{
	uint64_t sum = 0;

	for (int r = 0; r + 1 < g->ranks; r++)
		sum += graph_crossings_after(g, r, scratch);
	return sum;
}

/* How far up and down all segments run, in rows, were the columns packed and centred. */
static double stretch(struct graph *g)
{
	double sum = 0;

	for (int r = 0; r < g->ranks; r++) {
		double y = 0;

		for (uint32_t i = g->first[r]; i < g->first[r + 1]; i++) {
			struct vertex *v = &g->v[g->at[i]];
			double height = v->node < 0 ? v->height
						    : g->l->nodes[v->node].height + g->opt->row_gap;

			v->pull = y + height / 2;
			y += height;
		}
		for (uint32_t i = g->first[r]; i < g->first[r + 1]; i++)
			g->v[g->at[i]].pull -= y / 2;
	}
	for (uint32_t i = 0; i < g->n_s; i++) {
		double d = g->v[g->s[i].left].pull - g->v[g->s[i].right].pull;

		sum += d < 0 ? -d : d;
	}
	return sum;
}

/* -------------------------------------------------------------------------- sweeps */

static double mean_of(const struct graph *g, const struct vertex *v, bool of_left)
{
	uint32_t n = of_left ? v->n_in : v->n_out;
	const uint32_t *s = of_left ? g->in + v->first_in : g->out + v->first_out;
	double sum = 0;

	for (uint32_t i = 0; i < n; i++)
		sum += g->v[of_left ? g->s[s[i]].left : g->s[s[i]].right].order;
	return sum / n;
}

static void pull_rank(struct graph *g, int rank, bool of_left)
{
	int other = of_left ? rank - 1 : rank + 1;
	double there = g->first[other + 1] - g->first[other];
	double here = g->first[rank + 1] - g->first[rank];

	for (uint32_t i = g->first[rank]; i < g->first[rank + 1]; i++) {
		struct vertex *v = &g->v[g->at[i]];

		v->pull = (of_left ? v->n_in : v->n_out) ? mean_of(g, v, of_left)
							 : v->order * there / here;
	}
}

static void sweep(struct graph *g, bool to_right, uint32_t *scratch)
{
	for (int i = 1; i < g->ranks; i++) {
		int r = to_right ? i : g->ranks - 1 - i;

		pull_rank(g, r, to_right);
		graph_arrange(g, r, scratch);
	}
}

/* -------------------------------------------------------------------------- starts */

struct starts {
	uint32_t *scratch, *best;
	int *best_groups;
	uint64_t crossings;
	double stretch;
	bool found;
	uint64_t random;
};

static uint32_t random_below(struct starts *s, uint32_t n)
{
	s->random ^= s->random << 13;
	s->random ^= s->random >> 7;
	s->random ^= s->random << 17;
	return (uint32_t)((s->random >> 32) * n >> 32);
}

static void keep_best(struct graph *g, struct starts *s)
{
	uint64_t crossings = count_crossings(g, s->scratch);
	double length;

	if (s->found && crossings > s->crossings)
		return;
	length = stretch(g);
	if (s->found && crossings == s->crossings && length >= s->stretch)
		return;
	s->found = true;
	s->crossings = crossings;
	s->stretch = length;
	memcpy(s->best, g->at, g->n_v * sizeof(*s->best));
	memcpy(s->best_groups, g->group_at, g->l->n_groups * sizeof(*s->best_groups));
}

/* Vertices in the order in which a walk along the edges comes to them. */
static void walk(struct graph *g, uint32_t from, uint32_t *stack, double *next)
{
	uint32_t n = 0;

	stack[n++] = from;
	while (n) {
		uint32_t v = stack[--n];
		const struct vertex *a = &g->v[v];

		if (a->pull >= 0)
			continue;
		g->v[v].pull = (*next)++;
		for (uint32_t i = a->n_in; i-- > 0;)
			if (g->v[g->s[g->in[a->first_in + i]].left].pull < 0)
				stack[n++] = g->s[g->in[a->first_in + i]].left;
		for (uint32_t i = a->n_out; i-- > 0;)
			if (g->v[g->s[g->out[a->first_out + i]].right].pull < 0)
				stack[n++] = g->s[g->out[a->first_out + i]].right;
	}
}

static int compare_groups(const void *pa, const void *pb, void *arg)
{
	const struct graph *g = arg;
	uint32_t a = *(const uint32_t *)pa, b = *(const uint32_t *)pb;

	if (g->group_pull[a] != g->group_pull[b])
		return g->group_pull[a] < g->group_pull[b] ? -1 : 1;
	return a < b ? -1 : 1;
}

void graph_order_groups(struct graph *g, uint32_t *scratch)
{
	uint32_t n = (uint32_t)g->l->n_groups, *count = scratch, *order = scratch + n;

	for (uint32_t i = 0; i < n; i++) {
		g->group_pull[i] = 0;
		count[i] = 0;
		order[i] = i;
	}
	for (uint32_t v = 0; v < g->l->n_nodes; v++) {
		if (g->v[v].group < 0)
			continue;
		g->group_pull[g->v[v].group] += g->v[v].pull;
		count[g->v[v].group]++;
	}
	for (uint32_t i = 0; i < n; i++)
		if (count[i])
			g->group_pull[i] /= count[i];
	qsort_r(order, n, sizeof(*order), compare_groups, g);
	for (uint32_t i = 0; i < n; i++)
		g->group_at[order[i]] = (int)i;
}

static void shuffle_groups(struct graph *g, struct starts *s)
{
	for (uint32_t i = (uint32_t)g->l->n_groups; i > 1; i--) {
		uint32_t k = random_below(s, i);
		int place = g->group_at[k];

		g->group_at[k] = g->group_at[i - 1];
		g->group_at[i - 1] = place;
	}
}

/* The first start walks the graph in its own order, others begin anywhere. */
static void begin(struct graph *g, struct starts *s, uint32_t number)
{
	double next = 0;

	for (uint32_t v = 0; v < g->n_v; v++)
		g->v[v].pull = number % 2 ? (double)random_below(s, 1 << 20) : -1;
	for (uint32_t i = 0; number && number % 2 == 0 && i < g->n_v; i++)
		walk(g, random_below(s, g->n_v), s->scratch, &next);
	for (uint32_t v = 0; v < g->n_v; v++)
		if (g->v[v].rank == 0 || g->v[v].n_in == 0)
			walk(g, v, s->scratch, &next);
	for (uint32_t v = 0; v < g->n_v; v++)
		walk(g, v, s->scratch, &next);
	graph_order_groups(g, s->scratch);
	if (number > 2)
		shuffle_groups(g, s);
	for (int r = 0; r < g->ranks; r++)
		graph_arrange(g, r, s->scratch);
}

static int one_start(struct graph *g, struct starts *s, uint32_t number, unsigned int rounds)
{
	begin(g, s, number);
	/* sweeps lead different starts to the same end: not all of them are swept much */
	for (int i = 0; i < (number < 4 ? SWEEPS : (int)(number % 3)); i++) {
		sweep(g, i % 2 == (int)(number % 2), s->scratch);
		if (i >= 2 && rounds < 8)
			keep_best(g, s);
	}
	if (graph_sift(g, false, rounds))
		return -ENOMEM;
	keep_best(g, s);
	return 0;
}

static int make_columns(struct graph *g, struct starts *s)
{
	size_t groups = g->l->n_groups;

	g->at = graph_memory(g, g->n_v, sizeof(*g->at));
	g->first = graph_memory(g, (size_t)g->ranks + 2, sizeof(*g->first));
	g->group_at = graph_memory(g, groups, sizeof(*g->group_at));
	g->group_pull = graph_memory(g, groups, sizeof(*g->group_pull));
	s->best = graph_memory(g, g->n_v, sizeof(*s->best));
	s->best_groups = graph_memory(g, groups, sizeof(*s->best_groups));
	s->scratch =
		graph_memory(g, 2 * (size_t)g->n_s + g->n_v + 2 * groups + 2, sizeof(*s->scratch));
	if (!g->at || !g->first || !g->group_at || !g->group_pull || !s->best || !s->best_groups ||
	    !s->scratch)
		return -ENOMEM;
	for (uint32_t v = 0; v < g->n_v; v++)
		g->first[g->v[v].rank + 2]++;
	for (int r = 2; r <= g->ranks + 1; r++)
		g->first[r] += g->first[r - 1];
	for (uint32_t v = 0; v < g->n_v; v++)
		g->at[g->first[g->v[v].rank + 1]++] = v;
	for (int r = 0; r < g->ranks; r++)
		graph_number(g, r);
	return 0;
}

static bool any_old(const struct graph *g)
{
	for (size_t i = 0; i < g->l->n_nodes; i++)
		if (g->old[i] >= 0)
			return true;
	return false;
}

static int settle(struct graph *g, struct starts *s)
{
	int r = graph_old_order(g);

	if (r)
		return r;
	graph_order_groups(g, s->scratch);
	for (uint32_t v = 0; v < g->n_v; v++)
		if (g->v[v].node < 0 && g->v[v].edge < 0)
			g->v[v].pull = g->group_pull[g->v[v].group];
	for (int i = 0; i < g->ranks; i++)
		graph_arrange(g, i, s->scratch);
	return graph_sift(g, true, 4);
}

int graph_order(struct graph *g)
{
	struct starts s = {.random = 0x9e3779b97f4a7c15};
	uint64_t size = g->n_v + g->n_s + 1, starts = START_BUDGET / (size * size);
	unsigned int rounds = 4;
	int r = make_columns(g, &s);

	if (r)
		return r;
	if (any_old(g))
		return settle(g, &s);
	if (size > LARGE)
		starts = rounds = 1;
	else if (starts < STARTS_MIN)
		starts = STARTS_MIN;
	else if (starts > STARTS_MIN)
		rounds = 12;
	starts = starts > STARTS_MAX ? STARTS_MAX : starts;
	for (uint32_t i = 0; !r && i < starts; i++)
		r = one_start(g, &s, i, rounds);
	if (r)
		return r;
	memcpy(g->at, s.best, g->n_v * sizeof(*g->at));
	memcpy(g->group_at, s.best_groups, g->l->n_groups * sizeof(*g->group_at));
	for (int i = 0; i < g->ranks; i++)
		graph_number(g, i);
	return 0;
}
