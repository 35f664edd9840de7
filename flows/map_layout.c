// SPDX-License-Identifier: MIT
#include "flows/map_layout.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#include "flows/map_layout_graph.h"

/* For fewer crossings; a million take about 2.5 ms. Beyond FEW nobody follows the lines anyway. */
#define FEW 300 /* nodes */
#define STEPS_FEW 150000000
#define STEPS_MANY 15000000

struct memory {
	struct memory *next;
	max_align_t bytes[];
};

void *graph_memory(struct graph *g, size_t n, size_t size)
{
	struct memory *m;

	if (n > (SIZE_MAX - sizeof(*m) - 1) / size)
		return NULL;
	m = calloc(1, sizeof(*m) + n * size + 1);
	if (!m)
		return NULL;
	m->next = g->memory;
	g->memory = m;
	return m->bytes;
}

static void free_memory(struct graph *g)
{
	while (g->memory) {
		struct memory *m = g->memory;

		g->memory = m->next;
		free(m);
	}
}

static bool is_sound(const struct layout *l, const struct layout_options *opt)
{
	if (l->n_nodes > INT32_MAX / 8 || l->n_edges > INT32_MAX / 8 || opt->port_gap < 1)
		return false;
	for (size_t i = 0; i < l->n_nodes; i++) {
		const struct layout_node *n = &l->nodes[i];

		if (n->width < 1 || n->height < 1 || n->group < -1 ||
		    (n->group >= 0 && (size_t)n->group >= l->n_groups))
			return false;
	}
	for (size_t i = 0; i < l->n_edges; i++)
		if (l->edges[i].from >= l->n_nodes || l->edges[i].to >= l->n_nodes)
			return false;
	return true;
}

struct keyed {
	uint64_t key;
	int index;
};

static int compare_keyed(const void *pa, const void *pb)
{
	const struct keyed *a = pa, *b = pb;

	return a->key < b->key ? -1 : a->key > b->key;
}

/* Each node's place in the previous layout. */
static int find_old(struct graph *g)
{
	size_t n_old = g->previous ? g->previous->n_nodes : 0;
	struct keyed *old = graph_memory(g, n_old, sizeof(*old));

	g->old = graph_memory(g, g->l->n_nodes, sizeof(*g->old));
	if (!old || !g->old)
		return -ENOMEM;
	for (size_t i = 0; i < n_old; i++)
		old[i] = (struct keyed){g->previous->nodes[i].key, (int)i};
	qsort(old, n_old, sizeof(*old), compare_keyed);
	for (size_t i = 0; i < g->l->n_nodes; i++) {
		struct keyed key = {.key = g->l->nodes[i].key}, *found;

		found = n_old ? bsearch(&key, old, n_old, sizeof(*old), compare_keyed) : NULL;
		g->old[i] = found ? found->index : -1;
	}
	return 0;
}

static int begin(struct graph *g)
{
	g->paths = graph_memory(g, g->l->n_edges, sizeof(*g->paths));
	g->v = graph_memory(g, g->l->n_nodes, sizeof(*g->v));
	if (!g->paths || !g->v)
		return -ENOMEM;
	for (size_t i = 0; i < g->l->n_groups; i++)
		g->l->groups[i].width = g->l->groups[i].height = 0;
	return find_old(g);
}

int map_layout(struct layout *l, const struct layout_options *opt, const struct layout *previous)
{
	static int (*const steps[])(struct graph *) = {
		begin,	     graph_cycles, graph_ranks, graph_places,
		graph_order, graph_merge,  graph_rows,	graph_routes,
	};
	struct graph g = {.l = l, .opt = opt, .previous = previous};
	int r = 0;

	if (!is_sound(l, opt))
		return -EINVAL;
	l->width = l->height = 0;
	l->crossings = 0;
	if (!l->n_nodes)
		return 0;
	g.sift_left = l->n_nodes <= FEW ? STEPS_FEW : STEPS_MANY;
	for (size_t i = 0; !r && i < sizeof(steps) / sizeof(*steps); i++)
		r = steps[i](&g);
	free_memory(&g);
	return r;
}

void map_layout_free(struct layout *l)
{
	for (size_t i = 0; l->edges && i < l->n_edges; i++)
		free(l->edges[i].points);
	free(l->edges);
	free(l->nodes);
	free(l->groups);
	*l = (struct layout){0};
}

int map_layout_find(const struct layout *l, uint64_t key)
{
	for (size_t i = 0; i < l->n_nodes; i++)
		if (l->nodes[i].key == key)
			return (int)i;
	return -1;
}
