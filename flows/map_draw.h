/* SPDX-License-Identifier: MIT */
/*
 * The service map in character cells: `pitot map -o text` and the screen show the same drawing.
 * Made in two steps, so that a screen can pan, select and hit without laying out anew.
 */
#ifndef PITOT_FLOWS_MAP_DRAW_H
#define PITOT_FLOWS_MAP_DRAW_H

#include "flows/canvas.h"
#include "flows/map_layout.h"
#include "flows/service_map.h"

/*
 * NAMES: a node is a line, edges without a label. RATES: boxes with names, edges with their port and
 * rate. FULL: boxes with kind and rates in and out, drops and errors; edges with port, rate, latency, share of errors and drops.
 */
enum map_zoom { MAP_ZOOM_NAMES, MAP_ZOOM_RATES, MAP_ZOOM_FULL, MAP_ZOOMS };

/* One drawn edge: all map edges between two nodes. */
struct map_link {
	uint32_t from, to; /* indices into the snapshot's nodes */
	size_t first,
		n; /* of the snapshot's edges; with from > to of the same pair in another link */
	bool bad;
	uint8_t mark; /* enum map_mark: of the edges all the same, else MAP_SAME */
};

struct map_drawing {
	struct layout layout; /* node i and edge i are the snapshot's node i and links[i] */
	struct map_link *links;
	size_t n_links;
	enum map_zoom zoom;
	/* what was done for the sake of width; internal */
	unsigned int brief; /* labels are shortened */
	int name_max, fold, max_width;
};

/*
 * previous: the drawing before it of the same zoom, or NULL. max_width 0: any; else labels and names
 * are shortened, and a chain is folded, where it can be kept by that. 0 or -ENOMEM.
 */
int map_drawing_make(const struct map_snapshot *s, enum map_zoom zoom, int max_width,
		     const struct map_drawing *previous, struct map_drawing *ret);
void map_drawing_free(struct map_drawing *d); /* takes a zeroed one */

struct map_look {
	int x, y; /* the drawing's cell that is at the area's top left corner */
	int64_t selected_node,
		selected_link; /* indices; -1: none. A node's links are shown strong with it */
	const char *search; /* names with it are marked; NULL: none */
	bool dim_rest; /* what is neither selected nor its neighbour is dim */
	uint64_t
		silent_ns; /* links without a flow for so long before the snapshot's now_ns are dim; 0: none */
};

/* Draws the part that look says into the area. The snapshot is that of map_drawing_make(), or one with the same nodes and edges. */
void map_draw(const struct map_drawing *d, const struct map_snapshot *s,
	      const struct map_look *look, struct canvas *c, struct canvas_area area);

/* What is at a cell of the drawing: a node or a link, or neither (false). -1 for the one that it is not. */
bool map_hit(const struct map_drawing *d, int x, int y, int64_t *ret_node, int64_t *ret_link);

/* The node that is nearest to another one in a direction (dx, dy of -1, 0, 1); -1: none there. */
int64_t map_neighbour(const struct map_drawing *d, int64_t node, int dx, int dy);

/* What a link's label says at a zoom; escaped. */
void map_link_text(struct text *t, const struct map_snapshot *s, const struct map_link *l,
		   enum map_zoom zoom);

#endif
