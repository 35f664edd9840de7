// SPDX-License-Identifier: MIT
/*
 * A vertex wherever an edge passes a column, and where a group has to keep its rectangle free.
 *
 * Which edges share lines: an edge may do so with others that leave the same node, or with others
 * that come to the same node, never both, so each line can be followed to its own end.
 */
#include <errno.h>

#include "flows/map_layout_graph.h"

#define HUB \
	12 /* edges of a bundle from which on they are one line from the start, outside all groups */

/* --------------------------------------------------------------------- bundles */

/* hubs: of each bundle its number of edges. */
static int set_bundles(struct graph *g, uint32_t **ret_size)
{
	size_t n = g->l->n_nodes;
	uint32_t *at_left = graph_memory(g, 4 * n, sizeof(*at_left)), *at_right = at_left + 2 * n;
	uint32_t *size = graph_memory(g, 4 * n, sizeof(*size));

	if (!at_left || !size)
		return -ENOMEM;
	for (size_t i = 0; i < g->l->n_edges; i++) {
		const struct path *p = &g->paths[i];

		if (p->flat)
			continue;
		at_left[2 * p->left + p->back]++;
		at_right[2 * p->right + p->back]++;
	}
	for (size_t i = 0; i < g->l->n_edges; i++) {
		struct path *p = &g->paths[i];
		uint32_t left = at_left[2 * p->left + p->back];
		uint32_t right = at_right[2 * p->right + p->back];

		p->bundle = -1;
		if (p->flat || (left < 2 && right < 2))
			continue;
		p->at_left = left > right;
		p->bundle =
			(int)(p->at_left ? 2 * p->left + p->back : 2 * (n + p->right) + p->back);
		size[p->bundle]++;
	}
	*ret_size = size;
	return 0;
}

/* ---------------------------------------------------------------------- vertices */

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
				       .old_row = -1,
				       .same = (int)g->n_v};
	return (int)g->n_v++;
}

struct hubs {
	const uint32_t *size; /* of each bundle */
	int *start; /* where a hub's vertices begin in vertex; -1: none yet */
	int *vertex; /* of each column; -1: none yet */
	uint32_t n;
};

/* The place of edge's path in a column: its own, or the one that its hub has there. */
static uint32_t passing(struct graph *g, struct hubs *h, uint32_t edge, int rank, bool *ret_shared)
{
	const struct path *p = &g->paths[edge];
	int *vertex;

	*ret_shared = false;
	if (p->bundle < 0 || h->size[p->bundle] < HUB)
		return (uint32_t)add_vertex(g, (int)edge, passing_group(g, p, rank), rank);
	if (h->start[p->bundle] < 0)
		h->start[p->bundle] = (int)h->n++;
	vertex = &h->vertex[(size_t)h->start[p->bundle] * g->ranks + rank];
	*ret_shared = *vertex > 0;
	if (!*vertex) /* vertex 0 is a node */
		*vertex = add_vertex(g, (int)edge, -1, rank);
	return (uint32_t)*vertex;
}

static void add_path(struct graph *g, struct hubs *h, uint32_t edge)
{
	struct path *p = &g->paths[edge];
	int last = g->v[p->right].rank;
	uint32_t v = p->left;
	bool shared = false, before = false; /* at this column, at the one to its left */

	p->first = g->n_s;
	for (int r = g->v[v].rank + 1; r < last; r++) {
		uint32_t w = passing(g, h, edge, r, &shared);

		/* shared on both sides, or at the hub's own end: that piece is there */
		g->s[g->n_s++] = (struct segment){
			.left = v,
			.right = w,
			.edge = edge,
			.twin = shared && (before || (p->at_left && v == p->left)),
		};
		v = w;
		before = shared;
	}
	g->s[g->n_s++] = (struct segment){
		.left = v,
		.right = p->right,
		.edge = edge,
		.flat = p->flat,
		.twin = before && !p->at_left,
	};
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
		if (g->s[i].flat || g->s[i].twin)
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

		if (g->s[i].flat || g->s[i].twin)
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

static int make_hubs(struct graph *g, struct hubs *h)
{
	size_t n = 4 * g->l->n_nodes, hubs = 0;
	uint32_t *size;
	int r = set_bundles(g, &size);

	if (r)
		return r;
	for (size_t i = 0; i < n; i++)
		hubs += size[i] >= HUB;
	h->size = size;
	h->start = graph_memory(g, n, sizeof(*h->start));
	h->vertex = graph_memory(g, hubs * (size_t)g->ranks, sizeof(*h->vertex));
	if (!h->start || !h->vertex)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		h->start[i] = -1;
	return 0;
}

int graph_places(struct graph *g)
{
	struct hubs h = {0};
	int r = set_groups(g);

	if (!r)
		r = make_room(g);
	if (!r)
		r = make_hubs(g, &h);
	for (uint32_t i = 0; !r && i < g->l->n_edges; i++)
		add_path(g, &h, i);
	if (!r)
		r = add_hollow(g);
	return r ? r : connect(g);
}
