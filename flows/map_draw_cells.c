// SPDX-License-Identifier: MIT
/* The map's drawing in cells: rectangles of namespaces, then lines, labels, nodes. */
#include <stdlib.h>
#include <string.h>

#include "flows/map_draw.h"
#include "flows/map_draw_parts.h"

enum { UP = 1, DOWN = 2, LEFT = 4, RIGHT = 8 };

/* What lines do in a cell. */
struct crossing {
	uint8_t arms; /* of lines that bend or end here, or of all where none does */
	uint8_t straight; /* UP | DOWN, LEFT | RIGHT: lines that only pass */
	uint8_t rank; /* of the most important line: higher ones hide the others' arms */
	uint8_t style;
	bool bends;
};

struct drawer {
	const struct map_drawing *d;
	const struct map_snapshot *s;
	const struct map_look *look;
	struct canvas *c;
	struct canvas_area area;
	struct crossing *cells; /* of the area */
};

static int to_x(const struct drawer *w, int x)
{
	return w->area.x + x - w->look->x;
}

static int to_y(const struct drawer *w, int y)
{
	return w->area.y + y - w->look->y;
}

/* -------------------------------------------------------------------- what is strong */

static bool link_selected(const struct drawer *w, size_t i)
{
	const struct map_link *l = &w->d->links[i];

	return w->look->selected_link == (int64_t)i ||
	       (w->look->selected_node >= 0 && (w->look->selected_node == (int64_t)l->from ||
						w->look->selected_node == (int64_t)l->to));
}

static bool node_near(const struct drawer *w, size_t i)
{
	const struct map_look *look = w->look;

	if (look->selected_node == (int64_t)i)
		return true;
	for (size_t k = 0; k < w->d->n_links; k++)
		if ((w->d->links[k].from == i || w->d->links[k].to == i) && link_selected(w, k))
			return true;
	return false;
}

static bool any_selected(const struct drawer *w)
{
	return w->look->selected_node >= 0 || w->look->selected_link >= 0;
}

static uint8_t line_style(const struct drawer *w, size_t i)
{
	uint8_t style = map_link_style(w->s, &w->d->links[i]);

	if (link_selected(w, i))
		return style == STYLE_NORMAL ? STYLE_STRONG : style;
	return w->look->dim_rest && any_selected(w) ? STYLE_DIM : style;
}

static uint8_t line_rank(const struct drawer *w, size_t i)
{
	static const uint8_t ranks[STYLES] = {
		[STYLE_NORMAL] = 2, [STYLE_GOOD] = 3, [STYLE_WARN] = 4, [STYLE_BAD] = 5};
	uint8_t style = map_link_style(w->s, &w->d->links[i]);

	return (uint8_t)((link_selected(w, i) ? 16 : 0) + ranks[style]);
}

/* ---------------------------------------------------------------------------- lines */

static struct crossing *cell(const struct drawer *w, int x, int y)
{
	x -= w->look->x;
	y -= w->look->y;
	if (x < 0 || y < 0 || x >= w->area.width || y >= w->area.height)
		return NULL;
	return &w->cells[(size_t)y * w->area.width + x];
}

static void add_arms(struct drawer *w, size_t link, int x, int y, uint8_t arms)
{
	struct crossing *c = cell(w, x, y);
	uint8_t rank;

	if (!c)
		return;
	rank = line_rank(w, link);
	if (c->arms && (rank & 16) != (c->rank & 16)) {
		if (rank < c->rank)
			return; /* the selected line alone is shown */
		*c = (struct crossing){0};
	}
	if (arms == (UP | DOWN) || arms == (LEFT | RIGHT))
		c->straight |= arms;
	else
		c->bends = true;
	if (!c->arms || rank > c->rank) {
		c->rank = rank;
		c->style = line_style(w, link);
	}
	c->arms |= arms;
}

static uint8_t arm_to(struct layout_point a, struct layout_point b)
{
	if (a.x != b.x)
		return a.x < b.x ? RIGHT : LEFT;
	return a.y < b.y ? DOWN : UP;
}

static uint8_t opposite(uint8_t arm)
{
	return arm & (UP | LEFT) ? (uint8_t)(arm << 1) : (uint8_t)(arm >> 1);
}

static int clamp(int v, int low, int high)
{
	return v < low ? low : v > high ? high : v;
}

/* The cells between two corners, without these; only those on the screen are walked. */
static void draw_piece(struct drawer *w, size_t link, struct layout_point a, struct layout_point b)
{
	const struct map_look *look = w->look;
	bool across = a.y == b.y;
	int low = across ? (a.x < b.x ? a.x : b.x) : (a.y < b.y ? a.y : b.y);
	int high = across ? (a.x < b.x ? b.x : a.x) : (a.y < b.y ? b.y : a.y);
	int from = across ? look->x : look->y;
	int to = from + (across ? w->area.width : w->area.height);

	low = clamp(low + 1, from, to);
	high = clamp(high, from, to);
	for (int i = low; i < high; i++)
		add_arms(w, link, across ? i : a.x, across ? a.y : i,
			 across ? LEFT | RIGHT : UP | DOWN);
}

static void draw_line(struct drawer *w, size_t i)
{
	const struct layout_edge *e = &w->d->layout.edges[i];
	size_t last = e->n_points - 1;

	if (e->n_points < 2)
		return;
	for (size_t k = 0; k <= last; k++) {
		/* the ends go on into their nodes */
		uint8_t back = k ? arm_to(e->points[k], e->points[k - 1])
				 : opposite(arm_to(e->points[0], e->points[1]));
		uint8_t on = k < last ? arm_to(e->points[k], e->points[k + 1])
				      : opposite(arm_to(e->points[last], e->points[last - 1]));

		add_arms(w, i, e->points[k].x, e->points[k].y, back | on);
		if (k < last)
			draw_piece(w, i, e->points[k], e->points[k + 1]);
	}
}

/* By arms: light with round corners, and heavy for what is selected. */
static uint32_t line_character(uint8_t arms, bool heavy)
{
	static const uint16_t light[16] = {[UP] = 0x2502,
					   [DOWN] = 0x2502,
					   [UP | DOWN] = 0x2502,
					   [LEFT] = 0x2500,
					   [RIGHT] = 0x2500,
					   [LEFT | RIGHT] = 0x2500,
					   [UP | LEFT] = 0x256f,
					   [UP | RIGHT] = 0x2570,
					   [DOWN | LEFT] = 0x256e,
					   [DOWN | RIGHT] = 0x256d,
					   [UP | DOWN | LEFT] = 0x2524,
					   [UP | DOWN | RIGHT] = 0x251c,
					   [LEFT | RIGHT | UP] = 0x2534,
					   [LEFT | RIGHT | DOWN] = 0x252c,
					   [15] = 0x253c};
	static const uint16_t bold[16] = {[UP] = 0x2503,
					  [DOWN] = 0x2503,
					  [UP | DOWN] = 0x2503,
					  [LEFT] = 0x2501,
					  [RIGHT] = 0x2501,
					  [LEFT | RIGHT] = 0x2501,
					  [UP | LEFT] = 0x251b,
					  [UP | RIGHT] = 0x2517,
					  [DOWN | LEFT] = 0x2513,
					  [DOWN | RIGHT] = 0x250f,
					  [UP | DOWN | LEFT] = 0x252b,
					  [UP | DOWN | RIGHT] = 0x2523,
					  [LEFT | RIGHT | UP] = 0x253b,
					  [LEFT | RIGHT | DOWN] = 0x2533,
					  [15] = 0x254b};

	return heavy ? bold[arms & 15] : light[arms & 15];
}

static void put_lines(struct drawer *w)
{
	for (int y = 0; y < w->area.height; y++)
		for (int x = 0; x < w->area.width; x++) {
			const struct crossing *c = &w->cells[(size_t)y * w->area.width + x];
			uint8_t arms = c->arms;

			if (!arms)
				continue;
			/* lines that only cross: the one going down passes over the other */
			if (!c->bends && c->straight == 15)
				arms = UP | DOWN;
			canvas_put(w->c, w->area.x + x, w->area.y + y,
				   line_character(arms, c->rank & 16), c->style);
		}
}

static void draw_heads(struct drawer *w)
{
	for (size_t i = 0; i < w->d->n_links; i++) {
		const struct layout_edge *e = &w->d->layout.edges[i];
		const struct layout_point *p;
		bool left;

		if (e->n_points < 2)
			continue;
		p = &e->points[e->n_points - 1];
		left = p->x < p[-1].x;
		canvas_put(w->c, to_x(w, p->x), to_y(w, p->y), left ? 0x25c4 : 0x25ba,
			   line_style(w, i));
	}
}

static void draw_label(struct drawer *w, size_t i)
{
	const struct layout_edge *e = &w->d->layout.edges[i];
	struct map_lines lines = {0};
	uint8_t style = line_style(w, i);

	if (!e->label)
		return;
	map_link_lines(&lines, w->s, &w->d->links[i], w->d->zoom, w->d->brief);
	for (size_t k = 0; k < lines.n; k++) {
		int y = to_y(w, e->label_at.y + (int)k), x = to_x(w, e->label_at.x) + 1;
		size_t n;
		const char *s = map_line(&lines, k, &n);
		int room = e->label - 2, width = canvas_width_of(s, n);

		width = width < room ? width : room;
		if (!k) {
			canvas_put(w->c, x - 1, y, ' ', style);
			canvas_put(w->c, x + width, y, ' ', style);
		}
		canvas_text(w->c, x, y, room, k && style == STYLE_NORMAL ? STYLE_DIM : style, s, n);
	}
	map_lines_free(&lines);
}

/* ------------------------------------------------------------------ nodes and groups */

static void draw_frame(struct drawer *w, int x, int y, int width, int height, const uint16_t *c,
		       uint8_t style)
{
	int right = x + width - 1, bottom = y + height - 1;
	int from = clamp(x + 1, w->area.x, w->area.x + w->area.width);
	int to = clamp(right, w->area.x, w->area.x + w->area.width);

	for (int i = from; i < to; i++) {
		canvas_put(w->c, i, y, c[0], style);
		canvas_put(w->c, i, bottom, c[0], style);
	}
	from = clamp(y + 1, w->area.y, w->area.y + w->area.height);
	to = clamp(bottom, w->area.y, w->area.y + w->area.height);
	for (int i = from; i < to; i++) {
		canvas_put(w->c, x, i, c[1], style);
		canvas_put(w->c, right, i, c[1], style);
	}
	canvas_put(w->c, x, y, c[2], style);
	canvas_put(w->c, right, y, c[3], style);
	canvas_put(w->c, x, bottom, c[4], style);
	canvas_put(w->c, right, bottom, c[5], style);
}

static bool has_text(const char *text, size_t n, const char *part)
{
	size_t k = part ? strlen(part) : 0;

	if (!k)
		return false;
	for (size_t i = 0; i + k <= n; i++)
		if (!strncasecmp(text + i, part, k))
			return true;
	return false;
}

static uint8_t node_style(const struct drawer *w, size_t i, uint8_t style, bool name,
			  const char *text, size_t n)
{
	if (name && has_text(text, n, w->look->search))
		return STYLE_MATCH;
	if (w->look->dim_rest && any_selected(w) && !node_near(w, i))
		return STYLE_DIM;
	return style;
}

static void draw_node(struct drawer *w, size_t i)
{
	static const uint16_t box[] = {0x2500, 0x2502, 0x250c, 0x2510, 0x2514, 0x2518};
	static const uint16_t thick[] = {0x2501, 0x2503, 0x250f, 0x2513, 0x2517, 0x251b};
	const struct layout_node *n = &w->d->layout.nodes[i];
	const struct map_node *node = &w->s->nodes[i];
	int x = to_x(w, n->x), y = to_y(w, n->y), pad = w->d->zoom == MAP_ZOOM_NAMES ? 1 : 2;
	bool selected = w->look->selected_node == (int64_t)i;
	struct map_lines lines = {0};
	uint8_t style;
	int top;

	if (x >= w->area.x + w->area.width || y >= w->area.y + w->area.height ||
	    x + n->width <= w->area.x || y + n->height <= w->area.y)
		return;
	map_node_lines(&lines, node, w->d->zoom, n->group < 0, w->d->brief);
	style = node_style(w, i, node->drops || node->errors ? STYLE_BAD : STYLE_NORMAL, false, "",
			   0);
	canvas_clear(w->c, (struct canvas_area){x, y, n->width, n->height}, STYLE_NORMAL);
	if (w->d->zoom != MAP_ZOOM_NAMES || n->height > 1)
		draw_frame(w, x, y, n->width, n->height, selected ? thick : box, style);
	top = y + (n->height - (int)lines.n) / 2;
	for (size_t k = 0; k < lines.n; k++) {
		size_t len;
		const char *s = map_line(&lines, k, &len);

		canvas_text(w->c, x + pad, top + (int)k, n->width - 2 * pad,
			    node_style(w, i, lines.style[k], !k, s, len), s, len);
	}
	if (selected)
		canvas_flag(w->c, (struct canvas_area){x, y, n->width, n->height}, CELL_SELECTED);
	map_lines_free(&lines);
}

/* How far from x the next line is that runs down through row y, at most n. */
static int clear_of_lines(const struct layout *l, int x, int y, int n)
{
	for (size_t i = 0; i < l->n_edges; i++)
		for (size_t k = 1; k < l->edges[i].n_points; k++) {
			const struct layout_point *a = &l->edges[i].points[k - 1], *b = a + 1;
			bool through =
				a->y < b->y ? a->y <= y && y <= b->y : b->y <= y && y <= a->y;

			if (a->x == b->x && through && a->x >= x && a->x - x < n)
				n = a->x - x;
		}
	return n;
}

/* Where a group's name is on its upper border: the first place that no line runs through. */
static int title_at(const struct layout *l, const struct layout_group *g, int width)
{
	for (int x = g->x + 2; x + width + 2 < g->x + g->width;) {
		int clear = clear_of_lines(l, x, g->y, width + 2);

		if (clear == width + 2)
			return x;
		x += clear + 1;
	}
	return g->x + 2;
}

static void draw_group(struct drawer *w, size_t i)
{
	static const uint16_t frame[] = {0x254c, 0x254e, 0x256d, 0x256e, 0x2570, 0x256f};
	const struct layout_group *g = &w->d->layout.groups[i];
	int x = to_x(w, g->x), y = to_y(w, g->y);

	if (g->width && x < w->area.x + w->area.width && y < w->area.y + w->area.height &&
	    x + g->width > w->area.x && y + g->height > w->area.y)
		draw_frame(w, x, y, g->width, g->height, frame,
			   map_namespace_style(map_group_name(w->d, w->s, i)));
}

static void draw_title(struct drawer *w, size_t i)
{
	const struct layout_group *g = &w->d->layout.groups[i];
	const char *name;
	int width, x, y = to_y(w, g->y);
	uint8_t style;

	if (!g->width || y < w->area.y || y >= w->area.y + w->area.height)
		return;
	name = map_group_name(w->d, w->s, i);
	style = map_namespace_style(name);
	width = canvas_width_of(name, strlen(name));
	width = width < g->width - 6 ? width : g->width - 6;
	x = to_x(w, title_at(&w->d->layout, g, width));
	canvas_put(w->c, x, y, ' ', style);
	canvas_text(w->c, x + 1, y, width, style, name, strlen(name));
	canvas_put(w->c, x + 1 + width, y, ' ', style);
}

void map_draw(const struct map_drawing *d, const struct map_snapshot *s,
	      const struct map_look *look, struct canvas *c, struct canvas_area area)
{
	struct drawer w = {.d = d, .s = s, .look = look, .c = c, .area = area};
	struct canvas_area before;

	if (area.width <= 0 || area.height <= 0)
		return;
	before = canvas_clip(c, area);
	canvas_clear(c, area, STYLE_NORMAL);
	w.cells = calloc((size_t)area.width * area.height, sizeof(*w.cells));
	for (size_t i = 0; i < d->layout.n_groups; i++)
		draw_group(&w, i);
	if (w.cells) {
		for (size_t i = 0; i < d->n_links; i++)
			draw_line(&w, i);
		put_lines(&w);
	}
	draw_heads(&w);
	for (size_t i = 0; i < d->layout.n_groups; i++)
		draw_title(&w, i);
	for (size_t i = 0; i < d->n_links; i++)
		draw_label(&w, i);
	for (size_t i = 0; i < d->layout.n_nodes; i++)
		draw_node(&w, i);
	free(w.cells);
	canvas_clip(c, before);
}
