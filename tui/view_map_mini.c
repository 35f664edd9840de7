// SPDX-License-Identifier: MIT
/* Of a map that is larger than the screen: where there is more, and where one is. */
#include <stdio.h>
#include <string.h>

#include "tui/view_map_own.h"

#define MINI_LEAST_WIDTH 60 /* of a body that has room for an overview */
#define MINI_LEAST_HEIGHT 14
#define MINI_SEEN 75 /* percent of the map; where more is seen there is no need of it */

/* ------------------------------------------------------------- arrows at the borders */

/* Nodes that lie wholly outside; more: there is something, if no whole node. */
struct beyond {
	unsigned int left, right, above, below;
	bool more_left, more_right, more_above, more_below;
};

static struct beyond count_beyond(const struct map_view *v, const struct map_drawing *d)
{
	struct beyond b = {
		.more_left = v->x > 0,
		.more_right = v->x + v->drawn.width<d->layout.width, .more_above = v->y> 0,
		.more_below = v->y + v->drawn.height < d->layout.height,
	};

	for (size_t i = 0; i < d->layout.n_nodes; i++) {
		const struct layout_node *n = &d->layout.nodes[i];

		b.left += n->x + n->width <= v->x;
		b.right += n->x >= v->x + v->drawn.width;
		b.above += n->y + n->height <= v->y;
		b.below += n->y >= v->y + v->drawn.height;
	}
	return b;
}

/* What a text of that width would hide: lines are less than names. */
static int hides(const struct canvas *c, int x, int y, int width)
{
	int n = 0;

	for (int i = x; i < x + width; i++) {
		const struct cell *cell;

		if (i < 0 || i >= c->width || y < 0 || y >= c->height)
			return 1 << 16;
		cell = &c->cells[(size_t)y * c->width + i];
		if (cell->c != ' ')
			n += cell->c >= 0x2500 && cell->c < 0x2580 ? 1 : 8;
	}
	return n;
}

/* Along a border, from its middle, where least is hidden. step: 1 along a row, else down a column. */
static void label(struct canvas *c, struct canvas_area along, bool down, const char *s)
{
	int width = canvas_width_of(s, strlen(s)),
	    length = down ? along.height : along.width - width;
	int best = 0, least = 1 << 20;

	for (int i = 0; i < length; i++) {
		int at = length / 2 + (i & 1 ? -(i + 1) / 2 : i / 2), n;

		if (at < 0 || at >= length)
			continue;
		n = hides(c, along.x + (down ? 0 : at), along.y + (down ? at : 0), width) * 4 + i;
		if (n >= least)
			continue;
		least = n;
		best = at;
	}
	canvas_str(c, along.x + (down ? 0 : best), along.y + (down ? best : 0), width, STYLE_KEY,
		   s);
}

/* "◂ 3 " or "◂ " */
static const char *arrow(char *s, size_t size, const char *before, unsigned int n,
			 const char *after)
{
	if (n)
		snprintf(s, size, "%s%u%s", before, n, after);
	else
		snprintf(s, size, "%s%s", before, after);
	return s;
}

static void arrows(const struct map_view *v, struct canvas *c, struct beyond b)
{
	struct canvas_area a = v->drawn;
	struct canvas_area top = {a.x, a.y, a.width, 1};
	struct canvas_area bottom = {a.x, a.y + a.height - 1, a.width, 1};
	char s[48];

	if (b.more_left)
		label(c, a, true, arrow(s, sizeof(s), "\u25c2 ", b.left, b.left ? " " : ""));
	if (b.more_right) {
		arrow(s, sizeof(s), b.right ? " " : "", b.right, " \u25b8");
		int width = canvas_width_of(s, strlen(s));

		label(c, (struct canvas_area){a.x + a.width - width, a.y, width, a.height}, true,
		      s);
	}
	if (b.more_above)
		label(c, top, false,
		      arrow(s, sizeof(s), " \u25b4 ", b.above, b.above ? " more " : ""));
	if (b.more_below)
		label(c, bottom, false,
		      arrow(s, sizeof(s), " \u25be ", b.below, b.below ? " more " : ""));
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
	if ((double)v->drawn.width * v->drawn.height * 100 >
	    (double)d->layout.width * d->layout.height * MINI_SEEN)
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
