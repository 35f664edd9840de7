// SPDX-License-Identifier: MIT
/* A vertex wherever an edge passes a column, and where a group has to keep its rectangle free. */
#include <errno.h>

#include "flows/map_layout_graph.h"

static int group_of(const struct graph *g, uint32_t node)
{
	return g->l->nodes[node].group;
}

static int set_groups(struct graph *g)
{
	size_t n = g->l->n_groups;

	g->first_rank = graph_memory(g, n, sizeof(*g->first_rank));
	g->last_rank = graph_memory(g, n, sizeof(*g->last_rank));
	if (!g->first_rank || !g->last_rank)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		g->first_rank[i] = g->ranks;
		g->last_rank[i] = -1;
	}
	for (uint32_t v = 0; v < g->l->n_nodes; v++) {
		int group = group_of(g, v);

		if (group < 0)
			continue;
		g->first_rank[group] = min_of(g->first_rank[group], g->v[v].rank);
		g->last_rank[group] = max_of(g->last_rank[group], g->v[v].rank);
	}
	return 0;
}

static bool spans(const struct graph *g, int group, int rank)
{
	return group >= 0 && g->first_rank[group] <= rank && rank <= g->last_rank[group];
}

/* An edge stays in the rectangles of its ends as long as it can. */
static int passing_group(const struct graph *g, const struct path *p, int rank)
{
	int left = group_of(g, p->left), right = group_of(g, p->right);

	if (spans(g, left, rank))
		return left;
	return spans(g, right, rank) ? right : -1;
}

static size_t count_hollow(const struct graph *g)
{
	size_t n = 0;

	for (size_t i = 0; i < g->l->n_groups; i++)
		if (g->last_rank[i] >= 0)
			n += (size_t)(g->last_rank[i] - g->first_rank[i]) + 1;
	return n;
}

static int add_vertex(struct graph *g, int edge, int group, int rank)
{
	g->v[g->n_v] = (struct vertex){.node = -1,
				       .edge = edge,
				       .group = group,
				       .rank = rank,
				       .height = edge >= 0,
				       .same = (int)g->n_v};
	return (int)g->n_v++;
}

static void add_path(struct graph *g, uint32_t edge)
{
	struct path *p = &g->paths[edge];
	int last = g->v[p->right].rank;
	uint32_t v = p->left;

	p->first = g->n_s;
	p->bundle = -1;
	for (int r = g->v[v].rank + 1; r < last; r++) {
		uint32_t w = (uint32_t)add_vertex(g, (int)edge, passing_group(g, p, r), r);

		g->s[g->n_s++] = (struct segment){.left = v, .right = w, .edge = edge};
		v = w;
	}
	g->s[g->n_s++] =
		(struct segment){.left = v, .right = p->right, .edge = edge, .flat = p->flat};
	p->n = g->n_s - p->first;
}

static int add_hollow(struct graph *g)
{
	size_t n = g->l->n_groups;
	bool *there = graph_memory(g, n * (size_t)g->ranks, sizeof(*there));

	if (!there)
		return -ENOMEM;
	for (uint32_t v = 0; v < g->n_v; v++)
		if (g->v[v].group >= 0)
			there[(size_t)g->v[v].group * g->ranks + g->v[v].rank] = true;
	for (size_t i = 0; i < n; i++)
		for (int r = g->first_rank[i]; r <= g->last_rank[i]; r++)
			if (!there[i * g->ranks + r])
				add_vertex(g, -1, (int)i, r);
	return 0;
}

static int connect(struct graph *g)
{
	uint32_t in = 0, out = 0;

	g->in = graph_memory(g, g->n_s, sizeof(*g->in));
	g->out = graph_memory(g, g->n_s, sizeof(*g->out));
	if (!g->in || !g->out)
		return -ENOMEM;
	for (uint32_t i = 0; i < g->n_s; i++) {
		if (g->s[i].flat)
			continue;
		g->v[g->s[i].left].n_out++;
		g->v[g->s[i].right].n_in++;
	}
	for (uint32_t v = 0; v < g->n_v; v++) {
		g->v[v].first_in = in;
		g->v[v].first_out = out;
		in += g->v[v].n_in;
		out += g->v[v].n_out;
		g->v[v].n_in = g->v[v].n_out = 0;
	}
	for (uint32_t i = 0; i < g->n_s; i++) {
		struct vertex *a = &g->v[g->s[i].left], *b = &g->v[g->s[i].right];

		if (g->s[i].flat)
			continue;
		g->out[a->first_out + a->n_out++] = i;
		g->in[b->first_in + b->n_in++] = i;
	}
	return 0;
}

/* With room for the vertices to come: graph.v has held the nodes alone. */
static int make_room(struct graph *g)
{
	size_t n_s = 0, n_v = g->l->n_nodes + count_hollow(g);
	struct vertex *nodes = g->v;

	for (size_t i = 0; i < g->l->n_edges; i++) {
		const struct path *p = &g->paths[i];
		int length = g->v[p->right].rank - g->v[p->left].rank;

		n_s += (size_t)max_of(length, 1);
		n_v += (size_t)max_of(length, 1) - 1;
	}
	g->s = graph_memory(g, n_s, sizeof(*g->s));
	g->v = graph_memory(g, n_v, sizeof(*g->v));
	if (!g->s || !g->v)
		return -ENOMEM;
	for (uint32_t v = 0; v < g->l->n_nodes; v++) {
		add_vertex(g, -1, group_of(g, v), nodes[v].rank);
		g->v[v].node = (int)v;
	}
	return 0;
}

int graph_places(struct graph *g)
{
	int r = set_groups(g);

	if (!r)
		r = make_room(g);
	for (uint32_t i = 0; !r && i < g->l->n_edges; i++)
		add_path(g, i);
	if (!r)
		r = add_hollow(g);
	return r ? r : connect(g);
}
