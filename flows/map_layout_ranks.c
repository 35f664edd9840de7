// SPDX-License-Identifier: MIT
/* In which column a node is: edges short and from left to right, kept nodes where they were. */
#include <errno.h>
#include <limits.h>

#include "flows/map_layout_graph.h"

#define PLACES_MAX 100000 /* that long edges and groups may make; beyond it columns are folded */
#define ROUNDS(n) (20000000u / ((n) + 100u))

static int count_ranks(const struct graph *g)
{
	int ranks = 0;

	for (size_t i = 0; i < g->l->n_nodes; i++)
		ranks = max_of(ranks, g->v[i].rank + 1);
	return ranks;
}

static int fresh_ranks(struct graph *g)
{
	uint32_t n = (uint32_t)g->l->n_nodes, n_pulls = 0;
	struct pull *pulls = graph_memory(g, n + g->l->n_edges, sizeof(*pulls));
	int *y = graph_memory(g, n + 1, sizeof(*y));
	int r;

	if (!pulls || !y)
		return -ENOMEM;
	for (size_t i = 0; i < g->l->n_edges; i++)
		if (!g->paths[i].flat)
			pulls[n_pulls++] = (struct pull){g->paths[i].left, g->paths[i].right, 1, 1};
	for (uint32_t v = 0; v < n; v++) /* the root, which holds it all together */
		pulls[n_pulls++] = (struct pull){n, v, 0, 0};
	r = graph_simplex(g, n + 1, pulls, n_pulls, ROUNDS(n), y);
	if (r)
		return r;
	for (uint32_t v = 0; v < n; v++)
		g->v[v].rank = y[v];
	return 0;
}

/* Left and right again, by the columns that the nodes now have. */
static void set_paths(struct graph *g)
{
	for (size_t i = 0; i < g->l->n_edges; i++) {
		const struct layout_edge *e = &g->l->edges[i];
		struct path *p = &g->paths[i];
		int from = g->v[e->from].rank, to = g->v[e->to].rank;

		p->flat = from == to;
		p->back = from > to;
		p->left = p->back ? e->to : e->from;
		p->right = p->back ? e->from : e->to;
	}
}

/* The first column is 0 and none is empty. */
static int close_ranks(struct graph *g)
{
	int least = INT_MAX, most = INT_MIN, next = 0;
	int *used;

	for (size_t i = 0; i < g->l->n_nodes; i++) {
		least = min_of(least, g->v[i].rank);
		most = max_of(most, g->v[i].rank);
	}
	used = graph_memory(g, (size_t)(most - least) + 1, sizeof(*used));
	if (!used)
		return -ENOMEM;
	for (size_t i = 0; i < g->l->n_nodes; i++)
		used[g->v[i].rank - least] = 1;
	for (int r = 0; r <= most - least; r++)
		used[r] = used[r] ? next++ : 0;
	for (size_t i = 0; i < g->l->n_nodes; i++)
		g->v[i].rank = used[g->v[i].rank - least];
	return 0;
}

/* ------------------------------------------------------------------- stability */

#define NO_RANK INT_MIN

/* Right of all that call it, else left of all that it calls; of nodes that have a rank. */
static int rank_beside(const struct graph *g, uint32_t v)
{
	int after = NO_RANK, before = NO_RANK;

	for (size_t i = 0; i < g->l->n_edges; i++) {
		const struct layout_edge *e = &g->l->edges[i];
		uint32_t w = e->from == v ? e->to : e->from;

		if ((e->from != v && e->to != v) || w == v || g->v[w].rank == NO_RANK)
			continue;
		if (e->to == v)
			after = max_of(after, g->v[w].rank + 1);
		else
			before = before == NO_RANK ? g->v[w].rank - 1
						   : min_of(before, g->v[w].rank - 1);
	}
	return after != NO_RANK ? after : before;
}

static void kept_ranks(struct graph *g)
{
	uint32_t n = (uint32_t)g->l->n_nodes;
	bool found = true;

	for (uint32_t v = 0; v < n; v++)
		g->v[v].rank = g->old[v] < 0 ? NO_RANK : g->previous->nodes[g->old[v]].rank;
	while (found) {
		found = false;
		for (uint32_t v = 0; v < n; v++)
			if (g->v[v].rank == NO_RANK)
				found |= (g->v[v].rank = rank_beside(g, v)) != NO_RANK;
	}
	for (uint32_t v = 0; v < n; v++)
		if (g->v[v].rank == NO_RANK)
			g->v[v].rank = 0;
}

/* Edges that do not run from left to right. */
static size_t count_odd(const struct graph *g)
{
	size_t n = 0;

	for (size_t i = 0; i < g->l->n_edges; i++)
		n += g->v[g->l->edges[i].from].rank >= g->v[g->l->edges[i].to].rank;
	return n;
}

/* The old columns, unless the graph has become another one. */
static int keep_ranks(struct graph *g)
{
	size_t n = g->l->n_nodes, kept = 0, odd = count_odd(g);
	int *fresh = graph_memory(g, n, sizeof(*fresh));

	if (!fresh)
		return -ENOMEM;
	for (size_t v = 0; v < n; v++) {
		kept += g->old[v] >= 0;
		fresh[v] = g->v[v].rank;
	}
	if (kept * 3 >= n * 2) {
		kept_ranks(g);
		if (count_odd(g) <= odd + 1 + g->l->n_edges / 8)
			return close_ranks(g);
	}
	for (size_t v = 0; v < n; v++) {
		g->v[v].rank = fresh[v];
		g->old[v] = -1;
	}
	return 0;
}

/* --------------------------------------------------------------------- folding */

/* How many columns there may be; the widths are guessed. */
static int columns_max(struct graph *g, int ranks)
{
	int *width = graph_memory(g, (size_t)ranks, sizeof(*width));
	int64_t sum = 0;

	if (!width)
		return -ENOMEM;
	for (size_t i = 0; i < g->l->n_nodes; i++)
		width[g->v[i].rank] = max_of(width[g->v[i].rank], g->l->nodes[i].width);
	for (int r = 0; r < ranks; r++)
		sum += width[r] + g->opt->column_gap;
	sum = g->opt->max_width * (int64_t)ranks / (sum ? sum : 1);
	return sum < 2 ? 2 : sum > ranks ? ranks : (int)sum;
}

static int fold(struct graph *g)
{
	int ranks = count_ranks(g), most = ranks;
	size_t places = 0;

	if (g->opt->max_width > 0 && ranks > 2)
		most = columns_max(g, ranks);
	if (most < 0)
		return most;
	for (size_t i = 0; i < g->l->n_edges; i++)
		places += (size_t)(g->v[g->paths[i].right].rank - g->v[g->paths[i].left].rank);
	if (places + (size_t)ranks * g->l->n_groups > PLACES_MAX)
		most = min_of(most,
			      max_of(2, (int)(PLACES_MAX / (g->l->n_edges + g->l->n_groups))));
	if (most < ranks)
		for (size_t i = 0; i < g->l->n_nodes; i++)
			g->v[i].rank %= most;
	return 0;
}

int graph_ranks(struct graph *g)
{
	int r = fresh_ranks(g);

	if (!r && g->previous)
		r = keep_ranks(g);
	set_paths(g);
	if (!r)
		r = fold(g);
	set_paths(g);
	g->ranks = count_ranks(g);
	return r;
}
