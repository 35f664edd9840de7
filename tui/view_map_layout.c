// SPDX-License-Identifier: MIT
/* Which drawing of the map is shown, and which part of it. */
#include <stdlib.h>
#include <uv.h>

#include "tui/view_map_own.h"

const struct map_drawing *map_view_drawing(const struct map_view *v)
{
	const struct zoomed *z = &v->zooms[v->zoom];

	return z->made && z->shape == v->shape ? &z->drawing : NULL;
}

void map_view_layouts_free(struct map_view *v)
{
	for (int i = 0; i < MAP_ZOOMS; i++)
		if (v->zooms[i].made)
			map_drawing_free(&v->zooms[i].drawing);
}

/* Made where it is not there; with the one before, so that as little as possible moves. */
static const struct map_drawing *make(struct map_view *v, enum map_zoom zoom, int max_width)
{
	struct zoomed *z = &v->zooms[zoom];
	struct map_drawing made = {0};
	bool keep = z->made && z->max_width == max_width && !v->fresh;
	uint64_t began = uv_hrtime();

	if (keep && z->shape == v->shape)
		return &z->drawing;
	if (map_drawing_make(&v->shown, zoom, max_width, keep ? &z->drawing : NULL, &made))
		return NULL;
	v->laid_ns = uv_hrtime() - began;
	if (z->made)
		map_drawing_free(&z->drawing);
	*z = (struct zoomed){
		.drawing = made, .made = true, .shape = v->shape, .max_width = max_width};
	return &z->drawing;
}

static bool fits(const struct map_drawing *d, int width, int height)
{
	return d && d->layout.width <= width && d->layout.height <= height;
}

/* Far too large: no fewer words will make it fit. */
static bool hopeless(const struct map_drawing *d, int width, int height)
{
	return !d || d->layout.width > 2 * width || d->layout.height > 2 * height;
}

static bool fits_at(struct map_view *v, enum map_zoom zoom, int width, int height)
{
	const struct map_drawing *d = make(v, zoom, 0);

	v->zoom = zoom;
	v->fold_width = 0;
	if (fits(d, width, height))
		return true;
	if (hopeless(d, width, height))
		return false;
	v->fold_width = width;
	return fits(make(v, zoom, width), width, height);
}

/*
 * The zoom that says most with the whole map on the screen; else names alone. The smallest is
 * tried first: laying out what is large takes a while.
 */
static void choose(struct map_view *v, int width, int height)
{
	int fold = 0, best = -1;

	v->centered = false;
	for (int zoom = MAP_ZOOM_NAMES; zoom < MAP_ZOOMS && v->shown.n_nodes <= FOLD_ABOVE;
	     zoom++) {
		if (!fits_at(v, zoom, width, height))
			break;
		best = zoom;
		fold = v->fold_width;
	}
	v->unfit = best < 0 ? v->shown.n_nodes : 0;
	v->zoom = best < 0 ? MAP_ZOOM_NAMES : best;
	v->fold_width = fold;
}

static int clamp(int x, int least, int most)
{
	if (x > most)
		x = most;
	return x < least ? least : x;
}

/* The map's edge is the body's, where it is larger; else it stands in the middle. */
void map_view_place(struct map_view *v, const struct map_drawing *d)
{
	struct canvas_area b = v->body;
	int width = d->layout.width, height = d->layout.height;

	v->x = clamp(v->x, 0, width > b.width ? width - b.width : 0);
	v->y = clamp(v->y, 0, height > b.height ? height - b.height : 0);
	v->drawn = b;
	if (width < b.width) {
		v->drawn.x += (b.width - width) / 2;
		v->drawn.width = width;
	}
	if (height < b.height) {
		v->drawn.y += (b.height - height) / 2;
		v->drawn.height = height;
	}
}

/* The node that a person's eye rests on, and where: it stays there when the map is laid out anew. */
static uint64_t anchor(const struct map_view *v, struct layout_point *ret)
{
	const struct layout *l = &v->zooms[v->zoom].drawing.layout;
	int x = v->x + v->body.width / 2, y = v->y + v->body.height / 2;
	const struct layout_node *best = NULL;
	long least = 0;

	for (size_t i = 0; i < l->n_nodes; i++) {
		const struct layout_node *n = &l->nodes[i];
		long dx = n->x + n->width / 2 - x, dy = 2 * (n->y + n->height / 2 - y);
		long far = n->key == v->node ? -1 : dx * dx + dy * dy;

		if (best && far >= least)
			continue;
		best = n;
		least = far;
	}
	if (!best)
		return 0;
	*ret = (struct layout_point){best->x - v->x, best->y - v->y};
	return best->key;
}

static const struct map_drawing *make_steady(struct map_view *v)
{
	struct zoomed *z = &v->zooms[v->zoom];
	struct layout_point at = {0};
	uint64_t key = z->made && z->shape != v->shape && !v->fresh ? anchor(v, &at) : 0;
	const struct map_drawing *d = make(v, v->zoom, v->fold_width);
	int i = d && key ? map_layout_find(&d->layout, key) : -1;

	if (i >= 0) {
		v->x = d->layout.nodes[i].x - at.x;
		v->y = d->layout.nodes[i].y - at.y;
	}
	return d;
}

const struct map_drawing *map_view_fit(struct map_view *v, int width, int height)
{
	bool resized = width != v->width || height != v->height;
	enum map_zoom zoom = v->zoom;
	const struct map_drawing *d;

	v->width = width;
	v->height = height;
	if (!v->zoom_chosen && (v->fresh || resized))
		choose(v, width, height);
	d = make_steady(v);
	if (!v->zoom_chosen && !v->placed && !fits(d, width, height) &&
	    (!v->unfit || v->shown.n_nodes < v->unfit)) { /* it has grown, or shrunk a lot */
		choose(v, width, height);
		d = make(v, v->zoom, v->fold_width);
	}
	v->fresh = false;
	if (v->zoom != zoom) /* the caption above has said the other one */
		ui_changed(v->ui);
	if (!d)
		return NULL;
	if (!v->placed && !v->centered)
		map_view_center(v);
	v->centered = true;
	map_view_place(v, d);
	return d;
}

/* ---------------------------------------------------------------------- moving */

static struct layout_point middle_of(const struct layout_node *n)
{
	return (struct layout_point){n->x + n->width / 2, n->y + n->height / 2};
}

/* What a person looks at: the selection, else what is wrong, else what is busy. */
static struct layout_point interesting(const struct map_view *v, const struct map_drawing *d)
{
	int64_t node = map_view_node(v), link = map_view_link(v);
	struct layout_point from, to;

	if (node >= 0)
		return middle_of(&d->layout.nodes[node]);
	if (link < 0)
		link = map_view_busiest(v, true);
	if (link < 0)
		link = map_view_busiest(v, false);
	if (link < 0)
		return (struct layout_point){d->layout.width / 2, d->layout.height / 2};
	from = middle_of(&d->layout.nodes[d->links[link].from]);
	to = middle_of(&d->layout.nodes[d->links[link].to]);
	return (struct layout_point){(from.x + to.x) / 2, (from.y + to.y) / 2};
}

void map_view_center(struct map_view *v)
{
	const struct map_drawing *d = map_view_drawing(v);
	struct layout_point p;

	if (!d)
		return;
	p = interesting(v, d);
	v->x = p.x - v->body.width / 2;
	v->y = p.y - v->body.height / 2;
	map_view_place(v, d);
}

void map_view_pan(struct map_view *v, int dx, int dy)
{
	const struct map_drawing *d = map_view_drawing(v);

	if (!d)
		return;
	v->placed = true;
	v->x += dx;
	v->y += dy;
	map_view_place(v, d);
	ui_changed(v->ui);
}

/* So far that the piece from..to (of length) is in what begins at `at`. */
static int uncovered(int at, int length, int from, int to, int margin)
{
	if (to - from + 2 * margin > length)
		margin = 0;
	if (to + margin > at + length)
		at = to + margin - length;
	return from - margin < at ? from - margin : at;
}

void map_view_uncover(struct map_view *v)
{
	const struct map_drawing *d = map_view_drawing(v);
	int64_t node = map_view_node(v), link = map_view_link(v);

	ui_changed(v->ui);
	if (!d || (node < 0 && link < 0))
		return;
	v->placed = true;
	for (int end = 0; end < 2; end++) {
		int64_t at = node >= 0 ? node : end ? d->links[link].from : d->links[link].to;
		const struct layout_node *n = &d->layout.nodes[at];

		v->x = uncovered(v->x, v->body.width, n->x, n->x + n->width, 2);
		v->y = uncovered(v->y, v->body.height, n->y, n->y + n->height, 1);
	}
	map_view_place(v, d);
}

/* The same thing stays in the middle. */
void map_view_zoom(struct map_view *v, int by)
{
	int zoom = (int)v->zoom + by;

	if (zoom < 0 || zoom >= MAP_ZOOMS) {
		ui_say(v->ui, STYLE_DIM,
		       by > 0 ? "this is all there is to be seen of it"
			      : "names alone: x folds namespaces, o focuses");
		return;
	}
	v->zoom = zoom;
	v->zoom_chosen = true;
	v->fold_width = v->body.width; /* said in fewer words where there is less room */
	if (!make(v, v->zoom, v->fold_width))
		return;
	v->placed = true;
	map_view_center(v);
	ui_changed(v->ui);
}
