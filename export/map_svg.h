/* SPDX-License-Identifier: MIT */
/*
 * The service map as a picture (SVG 1.1, no script, no outside font): for a document or a web page.
 * It follows the reader's light or dark theme unless told which one.
 */
#ifndef PITOT_EXPORT_MAP_SVG_H
#define PITOT_EXPORT_MAP_SVG_H

#include "flows/map_draw.h"

enum map_svg_theme { MAP_SVG_AUTO, MAP_SVG_LIGHT, MAP_SVG_DARK };

/* Zeroed: names only, no title, follows the theme of whoever shows it. */
struct map_svg_options {
	enum map_zoom zoom; /* how much nodes and edges say */
	enum map_svg_theme theme;
	const char *title; /* a line above the map; untrusted; NULL: none */
	bool legend; /* a line below it: what the colours mean */
};

/*
 * Appends the whole document. The same snapshot gives the same bytes. opt NULL: zeroed ones. 0 or -ENOMEM.
 */
int map_svg_write(struct text *t, const struct map_snapshot *s, const struct map_svg_options *opt);

#endif
