/* SPDX-License-Identifier: MIT */
/*
 * What drawings of the service map have in common, on a screen or in a picture.
 * Internal to flows/map_draw*.c and export/map_svg*.c.
 */
#ifndef PITOT_FLOWS_MAP_DRAW_PARTS_H
#define PITOT_FLOWS_MAP_DRAW_PARTS_H

#include "flows/canvas.h"
#include "flows/map_draw.h"

#define MAP_NODE_LINES 4
#define MAP_LINK_LINES 2

/*
 * The links, and the layout's nodes, edges and groups with all but their sizes (width, height, label,
 * title). ret: zeroed. 0 or -ENOMEM; to be freed all the same.
 */
int map_drawing_begin(const struct map_snapshot *s, struct map_drawing *ret);

/* A group's name; untrusted. */
const char *map_group_name(const struct map_drawing *d, const struct map_snapshot *s, size_t group);

/* Lines of text, escaped, each with its style. */
struct map_lines {
	struct text text; /* all of them, one behind the other */
	size_t n, end[MAP_NODE_LINES]; /* where each one ends in it */
	uint8_t style[MAP_NODE_LINES];
	int least; /* columns that its figures may need when they grow */
};

/* What is in the box of a node: its name first. with_namespace: that is part of it. brief: in a shorter way. */
void map_node_lines(struct map_lines *l, const struct map_node *n, enum map_zoom zoom,
		    bool with_namespace, bool brief);
/* What is written at a link: nothing with MAP_ZOOM_NAMES, brief: in a shorter way. */
void map_link_lines(struct map_lines *l, const struct map_snapshot *s, const struct map_link *link,
		    enum map_zoom zoom, bool brief);
void map_lines_free(struct map_lines *l);

const char *map_line(const struct map_lines *l, size_t i, size_t *ret_n);
/* Columns of the longest line, or least. */
int map_lines_width(const struct map_lines *l);

/* The colour that tells a namespace: an enum style; STYLE_NORMAL without one. */
uint8_t map_namespace_style(const char *namespace_name);
uint8_t map_link_style(const struct map_snapshot *s, const struct map_link *link);
uint8_t map_node_style(const struct map_node *n);

#endif
