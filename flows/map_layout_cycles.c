// SPDX-License-Identifier: MIT
/*
 * Which end of an edge is the left one. Vertices are taken off both ends of the graph (Eades,
 * Lin, Smyth: "A fast and effective heuristic for the feedback arc set problem", 1993): what nobody
 * calls goes first, what calls nobody goes last, else who calls more than it is called.
 */
#include <errno.h>

#include "flows/map_layout_graph.h"

struct taken {
	uint32_t *first, *edge; /* edges of each node, either direction */
	int *in, *out; /* edges to nodes that are not taken yet */
	int *place; /* 0: not taken */
	uint32_t *ready; /* nodes with no edge in or none out; may hold taken ones */
	uint32_t n_ready;
};

static bool is_loop(const struct layout_edge *e)
{
	return e->from == e->to;
}

static void take(struct graph *g, struct taken *t, uint32_t v, int place)
{
	t->place[v] = place;
	for (uint32_t i = t->first[v]; i < t->first[v + 1]; i++) {
		const struct layout_edge *e = &g->l->edges[t->edge[i]];
		uint32_t w = e->from == v ? e->to : e->from;

		if (t->place[w])
			continue;
		if (!(e->from == v ? --t->in[w] : --t->out[w]))
			t->ready[t->n_ready++] = w;
	}
}

static int make_taken(struct graph *g, struct taken *t)
{
	size_t n = g->l->n_nodes, m = g->l->n_edges;

	t->first = graph_memory(g, n + 2, sizeof(*t->first));
	t->edge = graph_memory(g, 2 * m, sizeof(*t->edge));
	t->in = graph_memory(g, n, sizeof(*t->in));
	t->out = graph_memory(g, n, sizeof(*t->out));
	t->place = graph_memory(g, n, sizeof(*t->place));
	/* each node when it begins without, and once for each of its two counts */
	t->ready = graph_memory(g, 3 * n, sizeof(*t->ready));
	if (!t->first || !t->edge || !t->in || !t->out || !t->place || !t->ready)
		return -ENOMEM;
	for (size_t i = 0; i < m; i++) {
		const struct layout_edge *e = &g->l->edges[i];

		if (is_loop(e))
			continue;
		t->first[e->from + 2]++;
		t->first[e->to + 2]++;
		t->out[e->from]++;
		t->in[e->to]++;
	}
	for (size_t v = 2; v < n + 2; v++)
		t->first[v] += t->first[v - 1];
	for (size_t i = 0; i < m; i++) {
		const struct layout_edge *e = &g->l->edges[i];

		if (is_loop(e))
			continue;
		t->edge[t->first[e->from + 1]++] = (uint32_t)i;
		t->edge[t->first[e->to + 1]++] = (uint32_t)i;
	}
	for (size_t v = n; v-- > 0;)
		if (!t->in[v] || !t->out[v])
			t->ready[t->n_ready++] = (uint32_t)v;
	return 0;
}

static void take_all(struct graph *g, struct taken *t)
{
	uint32_t n = (uint32_t)g->l->n_nodes, left = n;
	int head = 1, tail = -1;

	while (left) {
		uint32_t v = n;

		while (t->n_ready && v == n) {
			v = t->ready[--t->n_ready];
			v = t->place[v] ? n : v;
		}
		if (v == n)
			for (uint32_t w = 0; w < n; w++)
				if (!t->place[w] &&
				    (v == n || t->out[w] - t->in[w] > t->out[v] - t->in[v]))
					v = w;
		if (!t->out[v] && t->in[v])
			take(g, t, v, tail--);
		else
			take(g, t, v, head++);
		left--;
	}
	for (uint32_t v = 0; v < n; v++) /* the last ones were taken from the end on */
		if (t->place[v] < 0)
			t->place[v] += 2 * (int)n + 1;
}

int graph_cycles(struct graph *g)
{
	struct taken t = {0};
	int r = make_taken(g, &t);

	if (r)
		return r;
	take_all(g, &t);
	for (size_t i = 0; i < g->l->n_edges; i++) {
		struct layout_edge *e = &g->l->edges[i];
		struct path *p = &g->paths[i];

		p->back = t.place[e->from] > t.place[e->to];
		p->flat = is_loop(e);
		p->left = p->back ? e->to : e->from;
		p->right = p->back ? e->from : e->to;
	}
	return 0;
}
