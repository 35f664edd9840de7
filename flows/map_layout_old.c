// SPDX-License-Identifier: MIT
/* Where the previous layout had things: an order to begin with that moves little. */
#include <errno.h>
#include <stdlib.h>

#include "flows/map_layout_graph.h"

struct old_edges {
	const struct layout_edge **by_key;
	size_t n;
};

static int compare_keys(const void *pa, const void *pb)
{
	const struct layout_edge *a = *(const struct layout_edge *const *)pa;
	const struct layout_edge *b = *(const struct layout_edge *const *)pb;

	return a->key < b->key ? -1 : a->key > b->key;
}

static const struct layout_edge *find_edge(const struct old_edges *o, uint64_t key)
{
	size_t low = 0, high = o->n;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (o->by_key[middle]->key < key)
			low = middle + 1;
		else
			high = middle;
	}
	return low < o->n && o->by_key[low]->key == key ? o->by_key[low] : NULL;
}

/* The row in which an old edge passes x; false: it does not. */
static bool row_at(const struct layout_edge *e, int x, double *ret)
{
	for (size_t i = 1; i < e->n_points; i++) {
		const struct layout_point *a = &e->points[i - 1], *b = &e->points[i];

		if (a->y == b->y && min_of(a->x, b->x) <= x && x <= max_of(a->x, b->x)) {
			*ret = a->y;
			return true;
		}
	}
	return false;
}

/* The mean row of the neighbours that have one. */
static bool row_beside(const struct graph *g, uint32_t node, const bool *known, double *ret)
{
	const struct vertex *v = &g->v[node];
	double sum = 0;
	uint32_t n = 0;

	for (size_t i = 0; i < g->l->n_edges; i++) {
		const struct layout_edge *e = &g->l->edges[i];
		uint32_t other = e->from == node ? e->to : e->from;

		if ((e->from != node && e->to != node) || !known[other])
			continue;
		sum += g->v[other].pull;
		n++;
	}
	if (n)
		*ret = sum / n;
	return n && v;
}

static int pull_nodes(struct graph *g, int *column_x)
{
	uint32_t n = (uint32_t)g->l->n_nodes;
	bool *known = graph_memory(g, n, sizeof(*known));

	if (!known)
		return -ENOMEM;
	for (uint32_t v = 0; v < n; v++) {
		const struct layout_node *old;

		if (g->old[v] < 0)
			continue;
		old = &g->previous->nodes[g->old[v]];
		known[v] = true;
		g->v[v].pull = old->y + old->height / 2.0;
		column_x[g->v[v].rank] = old->x + old->width / 2;
	}
	for (uint32_t v = 0; v < n; v++)
		if (!known[v] && !row_beside(g, v, known, &g->v[v].pull))
			g->v[v].pull = g->previous->height;
	return 0;
}

static void pull_places(struct graph *g, const struct old_edges *o, const int *column_x)
{
	for (uint32_t i = (uint32_t)g->l->n_nodes; i < g->n_v; i++) {
		struct vertex *v = &g->v[i];
		const struct path *p;
		const struct layout_edge *old;
		double left, right;

		if (v->edge < 0)
			continue;
		p = &g->paths[v->edge];
		old = find_edge(o, g->l->edges[v->edge].key);
		if (old && column_x[v->rank] >= 0 && row_at(old, column_x[v->rank], &v->pull)) {
			v->old_row = (int)v->pull;
			continue;
		}
		left = g->v[p->left].pull;
		right = g->v[p->right].pull;
		v->pull =
			left + (right - left) * (v->rank - g->v[p->left].rank) / (p->n ? p->n : 1);
	}
}

int graph_old_order(struct graph *g)
{
	struct old_edges o = {.n = g->previous->n_edges};
	int *column_x = graph_memory(g, (size_t)g->ranks, sizeof(*column_x));
	int r;

	o.by_key = graph_memory(g, o.n, sizeof(*o.by_key));
	if (!column_x || !o.by_key)
		return -ENOMEM;
	for (size_t i = 0; i < o.n; i++)
		o.by_key[i] = &g->previous->edges[i];
	qsort(o.by_key, o.n, sizeof(*o.by_key), compare_keys);
	for (int i = 0; i < g->ranks; i++)
		column_x[i] = -1;
	r = pull_nodes(g, column_x);
	if (!r)
		pull_places(g, &o, column_x);
	return r;
}
