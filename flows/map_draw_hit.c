// SPDX-License-Identifier: MIT
/* What is at a place of the map, and what is beside it. */
#include <stdlib.h>

#include "flows/map_draw.h"

static bool between(int v, int a, int b)
{
	return a < b ? a <= v && v <= b : b <= v && v <= a;
}

static bool on_label(const struct map_drawing *d, const struct layout_edge *e, int x, int y)
{
	int rows = d->zoom == MAP_ZOOM_FULL ? 2 : 1;

	return e->label && x >= e->label_at.x && x < e->label_at.x + e->label &&
	       y >= e->label_at.y && y < e->label_at.y + rows;
}

static bool on_line(const struct layout_edge *e, int x, int y)
{
	for (size_t i = 1; i < e->n_points; i++)
		if (between(x, e->points[i - 1].x, e->points[i].x) &&
		    between(y, e->points[i - 1].y, e->points[i].y))
			return true;
	return false;
}

/* Where edges share a line the heaviest one is hit. */
static int64_t hit_link(const struct map_drawing *d, int x, int y)
{
	int64_t best = -1;

	for (size_t i = 0; i < d->layout.n_edges; i++)
		if (on_label(d, &d->layout.edges[i], x, y))
			return (int64_t)i;
	for (size_t i = 0; i < d->layout.n_edges; i++) {
		const struct layout_edge *e = &d->layout.edges[i];

		if (on_line(e, x, y) && (best < 0 || e->weight > d->layout.edges[best].weight))
			best = (int64_t)i;
	}
	return best;
}

bool map_hit(const struct map_drawing *d, int x, int y, int64_t *ret_node, int64_t *ret_link)
{
	*ret_node = *ret_link = -1;
	for (size_t i = 0; i < d->layout.n_nodes; i++) {
		const struct layout_node *n = &d->layout.nodes[i];

		if (x >= n->x && x < n->x + n->width && y >= n->y && y < n->y + n->height) {
			*ret_node = (int64_t)i;
			return true;
		}
	}
	*ret_link = hit_link(d, x, y);
	return *ret_link >= 0;
}

/* Twice the middle; a row is as much as two columns. */
static void middle(const struct layout_node *n, int64_t *ret_x, int64_t *ret_y)
{
	*ret_x = 2 * (int64_t)n->x + n->width;
	*ret_y = 2 * (2 * (int64_t)n->y + n->height);
}

int64_t map_neighbour(const struct map_drawing *d, int64_t node, int dx, int dy)
{
	int64_t best = -1, best_far = 0, x, y;

	if (node < 0 || (size_t)node >= d->layout.n_nodes)
		return -1;
	middle(&d->layout.nodes[node], &x, &y);
	for (size_t i = 0; i < d->layout.n_nodes; i++) {
		int64_t nx, ny, along, aside, far;

		middle(&d->layout.nodes[i], &nx, &ny);
		if (dx && d->layout.nodes[i].rank == d->layout.nodes[node].rank)
			continue;
		if (dy && !dx && d->layout.nodes[i].rank != d->layout.nodes[node].rank)
			nx += nx < x ? -1000 : 1000; /* the same column first */
		along = (nx - x) * dx + (ny - y) * dy;
		aside = dx ? llabs(ny - y) : llabs(nx - x);
		if (along <= 0 || (int64_t)i == node)
			continue;
		far = along + (dx && dy ? 0 : 2 * aside);
		if (best < 0 || far < best_far) {
			best = (int64_t)i;
			best_far = far;
		}
	}
	return best;
}
