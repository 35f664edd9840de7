// SPDX-License-Identifier: MIT
/* Of a map that is larger than the screen: where there is more, and where one is. */
#include <stdio.h>

#include "tui/view_map_own.h"

#define MINI_LEAST_WIDTH 60 /* of a body that has room for an overview */
#define MINI_LEAST_HEIGHT 14

/* ------------------------------------------------------------- arrows at the borders */

struct beyond {
	unsigned int left, right, above, below;
};

static struct beyond count_beyond(const struct map_view *v, const struct map_drawing *d)
{
	struct beyond b = {0};

	for (size_t i = 0; i < d->layout.n_nodes; i++) {
		const struct layout_node *n = &d->layout.nodes[i];

		b.left += n->x + n->width <= v->x;
		b.right += n->x >= v->x + v->drawn.width;
		b.above += n->y + n->height <= v->y;
		b.below += n->y >= v->y + v->drawn.height;
	}
	return b;
}

static void label(struct canvas *c, int x, int y, const char *s)
{
	canvas_str(c, x, y, -1, STYLE_KEY, s);
}

static void arrows(const struct map_view *v, struct canvas *c, struct beyond b)
{
	struct canvas_area a = v->drawn;
	int middle_x = a.x + a.width / 2, middle_y = a.y + a.height / 2;
	char s[48];

	if (b.left) {
		snprintf(s, sizeof(s), "\u25c2%u ", b.left);
		label(c, a.x, middle_y, s);
	}
	if (b.right) {
		int width = snprintf(s, sizeof(s), " %u\u25b8", b.right) - 2;

		label(c, a.x + a.width - width, middle_y, s);
	}
	if (b.above) {
		snprintf(s, sizeof(s), " \u25b4 %u more ", b.above);
		label(c, middle_x - 5, a.y, s);
	}
	if (b.below) {
		snprintf(s, sizeof(s), " \u25be %u more ", b.below);
		label(c, middle_x - 5, a.y + a.height - 1, s);
	}
}

/* ------------------------------------------------------------------- the overview */

/* Cells of the overview's inside for a cell of the drawing. */
static int scaled(int at, int of, int to)
{
	return of > 0 ? (int)((long)at * to / of) : 0;
}

/* Nodes that would lie below a rectangle on the screen. */
static unsigned int covers(const struct map_view *v, const struct map_drawing *d,
			   struct canvas_area r)
{
	unsigned int n = 0;
	int x = r.x - v->drawn.x + v->x, y = r.y - v->drawn.y + v->y;

	for (size_t i = 0; i < d->layout.n_nodes; i++) {
		const struct layout_node *o = &d->layout.nodes[i];

		n += o->x < x + r.width && o->x + o->width > x && o->y < y + r.height &&
		     o->y + o->height > y;
	}
	return n;
}

/* In the corner where it hides least. */
static struct canvas_area corner(const struct map_view *v, const struct map_drawing *d, int width,
				 int height)
{
	struct canvas_area b = v->body, best = {0};
	unsigned int least = 0;

	for (int i = 0; i < 4; i++) {
		struct canvas_area r = {
			.x = i & 1 ? b.x : b.x + b.width - width,
			.y = i & 2 ? b.y : b.y + b.height - height,
			.width = width,
			.height = height,
		};
		unsigned int n = covers(v, d, r);

		if (i && n >= least)
			continue;
		best = r;
		least = n;
	}
	return best;
}

static void frame(struct canvas *c, struct canvas_area r)
{
	canvas_clear(c, r, STYLE_NORMAL);
	for (int x = 1; x < r.width - 1; x++) {
		canvas_put(c, r.x + x, r.y, 0x2500, STYLE_DIM);
		canvas_put(c, r.x + x, r.y + r.height - 1, 0x2500, STYLE_DIM);
	}
	for (int y = 1; y < r.height - 1; y++) {
		canvas_put(c, r.x, r.y + y, 0x2502, STYLE_DIM);
		canvas_put(c, r.x + r.width - 1, r.y + y, 0x2502, STYLE_DIM);
	}
	canvas_put(c, r.x, r.y, 0x250c, STYLE_DIM);
	canvas_put(c, r.x + r.width - 1, r.y, 0x2510, STYLE_DIM);
	canvas_put(c, r.x, r.y + r.height - 1, 0x2514, STYLE_DIM);
	canvas_put(c, r.x + r.width - 1, r.y + r.height - 1, 0x2518, STYLE_DIM);
}

static void dots(const struct map_view *v, const struct map_drawing *d, struct canvas *c,
		 struct canvas_area in)
{
	for (int bad = 0; bad < 2; bad++)
		for (size_t i = 0; i < d->layout.n_nodes; i++) {
			const struct layout_node *n = &d->layout.nodes[i];
			const struct map_node *m = &v->shown.nodes[i];
			bool is_bad = m->drops || m->errors, selected = m->key == v->node;

			if (is_bad != (bad == 1))
				continue;
			canvas_put(c, in.x + scaled(n->x + n->width / 2, d->layout.width, in.width),
				   in.y + scaled(n->y + n->height / 2, d->layout.height, in.height),
				   selected ? 0x25cf : 0xb7, is_bad ? STYLE_BAD : STYLE_INFO);
		}
}

static void mini(struct map_view *v, const struct map_drawing *d, struct canvas *c)
{
	int width = v->body.width / 5 < 40 ? v->body.width / 5 : 40;
	int height = v->body.height / 4 < 12 ? v->body.height / 4 : 12;
	struct canvas_area in, part;

	v->mini.width = 0;
	if (v->body.width < MINI_LEAST_WIDTH || v->body.height < MINI_LEAST_HEIGHT)
		return;
	v->mini = corner(v, d, width, height);
	frame(c, v->mini);
	in = (struct canvas_area){v->mini.x + 1, v->mini.y + 1, width - 2, height - 2};
	dots(v, d, c, in);
	part = (struct canvas_area){
		.x = in.x + scaled(v->x, d->layout.width, in.width),
		.y = in.y + scaled(v->y, d->layout.height, in.height),
		.width = scaled(v->drawn.width, d->layout.width, in.width),
		.height = scaled(v->drawn.height, d->layout.height, in.height),
	};
	part.width += !part.width;
	part.height += !part.height;
	canvas_flag(c, part, CELL_SELECTED);
}

void map_view_hints(struct map_view *v, struct canvas *c)
{
	const struct map_drawing *d = map_view_drawing(v);

	v->mini.width = 0;
	if (!d || (d->layout.width <= v->body.width && d->layout.height <= v->body.height))
		return;
	mini(v, d, c);
	arrows(v, c, count_beyond(v, d));
}

bool map_view_mini_click(struct map_view *v, int x, int y)
{
	const struct map_drawing *d = map_view_drawing(v);
	struct canvas_area m = v->mini;

	if (!d || !m.width || x < m.x || y < m.y || x >= m.x + m.width || y >= m.y + m.height)
		return false;
	map_view_pan(
		v, scaled(x - m.x - 1, m.width - 2, d->layout.width) - v->body.width / 2 - v->x,
		scaled(y - m.y - 1, m.height - 2, d->layout.height) - v->body.height / 2 - v->y);
	return true;
}
