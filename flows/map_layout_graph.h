/* SPDX-License-Identifier: MIT */
/*
 * What the steps of map_layout() hand on to each other: the graph with a place on every column that
 * an edge passes. The steps, in their order: cycles, ranks, places, order, merge, rows, routes.
 * Internal to flows/map_layout*.c.
 */
#ifndef PITOT_FLOWS_MAP_LAYOUT_GRAPH_H
#define PITOT_FLOWS_MAP_LAYOUT_GRAPH_H

#include "flows/map_layout.h"

/* A place in a column: a node; where an edge passes; or where a group has neither (hollow). */
struct vertex {
	int node, edge; /* index, or -1 */
	int group; /* whose rectangle it lies in; -1: none */
	int rank, order;
	int height, y;
	int same; /* the vertex that it was merged into; itself: none */
	uint32_t first_in, n_in, first_out, n_out; /* in graph.in, graph.out */
	int old_row; /* where an edge's place was; -1: it is new, or a node */
	double pull; /* where the order step would like it */
};

/* A piece of an edge from one column to the next; of a flat edge: from a node to one of the same column. */
struct segment {
	uint32_t left, right; /* vertices; flat: both are left */
	uint32_t edge;
	int left_port, right_port; /* rows below the vertex' top */
	int net; /* of its channel */
	int left_net; /* scratch, while nets are made */
	bool flat;
	bool twin; /* another one runs just there */
};

struct path {
	uint32_t left, right; /* nodes: of the edge's ends the one in the lower column first */
	uint32_t first, n; /* its segments */
	int bundle; /* edges of one bundle may share a line; -1: none */
	bool at_left; /* the bundle shares the end at `left`, else that at `right` */
	bool back; /* the arrow's head is at `left` */
	bool flat;
};

/* Wants right's row below left's, or (above) above it: else two lines could not get round each other. */
struct apart {
	uint32_t left, right; /* segments: the left end of one, the right end of another */
	bool above;
};
#define APART_MAX 256

struct memory;

struct graph {
	struct layout *l;
	const struct layout_options *opt;
	const struct layout *previous;
	struct memory *memory;
	struct path *paths; /* of each edge */
	struct vertex *v; /* the nodes come first, with their own indices */
	uint32_t n_v;
	struct segment *s;
	uint32_t n_s;
	uint32_t *in, *out; /* segments of each vertex, flat ones and twins left out */
	int ranks;
	uint32_t *at; /* vertices of column r in their order: at[first[r]..first[r + 1]] */
	uint32_t *first;
	int *group_at; /* place of each group: those of less are above, in all columns */
	double *group_pull;
	void *sift_room; /* of graph_sift(), for its next call */
	uint64_t sift_left; /* steps of graph_sift() that there is time for */
	int *first_rank, *last_rank; /* of each group; first > last: it has no nodes */
	struct apart apart[APART_MAX]; /* found while routing */
	uint32_t n_apart;
	int *old; /* each node's index in previous; -1: it is new */
};

/* Zeroed, freed with the graph; NULL: none left. n 0 is fine. */
void *graph_memory(struct graph *g, size_t n, size_t size);

/* All: 0 or -ENOMEM. */
int graph_cycles(struct graph *g); /* left and right of each path */
int graph_ranks(struct graph *g); /* node's ranks; flat paths */
int graph_places(struct graph *g); /* vertices and segments */
int graph_order(struct graph *g); /* at, order */
int graph_merge(struct graph *g); /* bundles, ports, heights */
int graph_rows(struct graph *g); /* y; -ELOOP: apart cannot be held */
int graph_routes(struct graph *g); /* x, points, labels, groups */

/* Puts the vertices of a column into an order near their pulls, groups whole and by group_at. */
void graph_arrange(struct graph *g, int rank, uint32_t *scratch);
/* Puts the order in at[] into the vertices of a column. */
void graph_number(struct graph *g, int rank);
/* Sorts each vertex' in and out by where they lead to; of the vertices in a column. */
void graph_sort_ends(struct graph *g, int rank);
/* Crossings between a's segments and b's, where a is above b. Both of one column, ends sorted. */
uint32_t graph_cross(const struct graph *g, uint32_t a, uint32_t b);
/* Crossings between the segments from a column to the next one; tree: room for that one's vertices + 1. */
uint64_t graph_crossings_after(const struct graph *g, int rank, uint32_t *tree);
/* Groups by the mean pull of their nodes. */
void graph_order_groups(struct graph *g, uint32_t *scratch);
/* Pulls out of the previous layout. 0 or -ENOMEM. */
int graph_old_order(struct graph *g);
/* Moves vertices within their columns for fewer crossings; settled: nodes that were there stay. */
int graph_sift(struct graph *g, bool settled, unsigned int rounds); /* 0 or -ENOMEM */

/* Wants y[to] - y[from] >= length, and the sum of weight * (y[to] - y[from]) small. */
struct pull {
	uint32_t from, to;
	int length;
	int weight;
};

/*
 * The network simplex method. y[0..n): result, the least is 0. rounds: steps at most; what is
 * then there holds all lengths. 0, -ENOMEM, or -ELOOP where the pulls form a cycle.
 */
int graph_simplex(struct graph *g, uint32_t n, const struct pull *pulls, uint32_t n_pulls,
		  uint32_t rounds, int *y);

static inline int max_of(int a, int b)
{
	return a > b ? a : b;
}

static inline int min_of(int a, int b)
{
	return a < b ? a : b;
}

#endif
