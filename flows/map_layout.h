/* SPDX-License-Identifier: MIT */
/*
 * A layered layout of a directed graph: rank, order, place, route. Ranks are columns from left to
 * right, initiators left of responders; nodes of one group stay together in a rectangle
 * of their own that holds no other node. Edges run in straight horizontal and vertical pieces
 * between the columns. Units are whatever the caller measures nodes in: character cells for a
 * screen, pixels for a picture.
 *
 * Deterministic: the same graph in the same order has the same layout. Stable: with `previous` what
 * was there keeps its rank, and its order and place as far as the rest allows.
 */
#ifndef PITOT_FLOWS_MAP_LAYOUT_H
#define PITOT_FLOWS_MAP_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct layout_node {
	uint64_t key; /* tells nodes of two layouts to be the same; unique, not 0 */
	int width,
		height; /* at least 1; out: higher where its edges need that, wider with even_columns */
	int group; /* index into groups; -1: none */
	int x, y; /* out: top left corner */
	int rank, order; /* out: column, place in it from the top */
};

struct layout_group {
	uint64_t key;
	int title; /* least width: its name has to fit on its border */
	int x, y, width, height; /* out: border included; width 0: it has no nodes */
};

struct layout_point {
	int x, y;
};

/* From a node to another or itself; at most one edge for a pair of nodes. */
struct layout_edge {
	uint64_t key;
	uint32_t from, to;
	int label; /* width to keep free for a text on its first or last horizontal piece; 0: none */
	uint64_t weight; /* of two edges the heavier one is the straighter */
	bool reversed; /* out: it runs from right to left, against the ranks */
	struct layout_point *
		points; /* out: corners from `from` to `to`, beside them; only x or y changes from one to the next */
	size_t n_points;
	struct layout_point label_at; /* out: its first character; label 0: not set */
};

struct layout_options {
	int column_gap; /* least between columns */
	int row_gap; /* least between nodes of a column */
	int group_pad_x, group_pad_y; /* between a group's border and its nodes */
	int group_head; /* besides group_pad_y, above its nodes */
	int track; /* from one vertical line to the next */
	int port_margin; /* least from a node's top and bottom to where an edge may meet it */
	int port_gap; /* from one such place, or horizontal line, to the next; at least 1 */
	int arrow; /* width of an arrow's head */
	bool even_columns; /* the nodes of a column get the same width */
	int max_width; /* 0: any; else columns are folded so that it is about kept */
};

struct layout {
	struct layout_node *nodes;
	size_t n_nodes;
	struct layout_edge *edges;
	size_t n_edges;
	struct layout_group *groups;
	size_t n_groups;
	int width, height; /* of the whole drawing; the top left corner is 0, 0 */
	unsigned int
		crossings; /* of edges' routes, where there are very many about so many; pieces that two edges of one node share are none */
};

/*
 * Fills in what is "out" in *l, whose nodes, edges and groups the caller made (with malloc; all
 * else zeroed). previous: the last layout, or NULL. Bounded: the search for
 * few crossings by steps that are counted, the rest by n^2 of the widest rank: 1,000 nodes and 4,000 edges take less
 * than 0.3 s. 0 or -ENOMEM, -EINVAL.
 */
int map_layout(struct layout *l, const struct layout_options *opt, const struct layout *previous);

/* Frees nodes, edges with their points, groups. Takes a zeroed one. */
void map_layout_free(struct layout *l);

/* Index of the node with that key; -1: none. */
int map_layout_find(const struct layout *l, uint64_t key);

#endif
