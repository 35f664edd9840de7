// SPDX-License-Identifier: MIT
#include "export/map_svg.h"

#include <stdlib.h>
#include <string.h>

#include "export/map_svg_text.h"
#include "flows/map_draw_parts.h"

/* Sizes in pixels. */
#define SMALL_SIZE 11
#define LINE 16 /* from one line of a node to the next */
#define PAD 12
#define MARGIN 24
#define TITLE 40
#define LEGEND 44
#define ROUND 6 /* radius of corners */
#define ARROW 8
#define NODE_MAX 260
#define THICKEST 5

struct svg {
	struct text *t;
	const struct map_snapshot *s;
	const struct map_svg_options *opt;
	struct map_drawing d;
	uint64_t heaviest; /* of the links */
	int dx, dy; /* from the layout's corner to the picture's */
};

/* ------------------------------------------------------------------------ styles */

static void write_styles(struct svg *v)
{
	struct text *t = v->t;

	text_str(
		t,
		"<style>text{font-family:Inter,'Segoe UI',Helvetica,Arial,'DejaVu Sans',sans-serif;"
		"font-size:11px}.name{font-size:13px;font-weight:600}"
		".title{font-size:17px;font-weight:600}.line{fill:none;stroke-linejoin:round}"
		".area{fill-opacity:.06;stroke-opacity:.55}.area-name{stroke:none;font-weight:600;"
		"font-size:12px}.gone{stroke-dasharray:4 3;opacity:.6}");
	text_str(t, v->opt->theme == MAP_SVG_DARK ? svg_dark : svg_light);
	if (v->opt->theme == MAP_SVG_AUTO) {
		text_str(t, "@media (prefers-color-scheme:dark){");
		text_str(t, svg_dark);
		text_char(t, '}');
	}
	text_str(t, ".area-name{stroke:none;font-weight:600;font-size:12px}</style>\n");
}

/* "", " bad", ..: the class of a link's line; what: "", "-head", "-text". */
static void link_class(struct svg *v, const struct map_link *l, const char *what)
{
	uint8_t style = map_link_style(v->s, l);
	const char *name = style == STYLE_BAD	 ? " bad"
			   : style == STYLE_WARN ? " warn"
			   : style == STYLE_GOOD ? " new"
						 : "";

	text_str(v->t, name);
	if (*name)
		text_str(v->t, what);
	if (l->mark == MAP_GONE)
		text_str(v->t, " gone");
}

/* ------------------------------------------------------------------------ layout */

static int lines_pixels(const struct map_lines *l, int first_size)
{
	int width = 0;

	for (size_t i = 0; i < l->n; i++) {
		size_t n;
		const char *s = map_line(l, i, &n);
		int w = svg_pixels(s, n, i ? SMALL_SIZE : first_size);

		width = w > width ? w : width;
	}
	return width;
}

static void size_nodes(struct svg *v)
{
	for (size_t i = 0; i < v->s->n_nodes; i++) {
		struct layout_node *n = &v->d.layout.nodes[i];
		struct map_lines lines = {0};
		int width;

		map_node_lines(&lines, &v->s->nodes[i], v->opt->zoom, n->group < 0, false);
		width = lines_pixels(&lines, SVG_NAME_SIZE) + 2 * PAD;
		n->width = width > NODE_MAX ? NODE_MAX : width < 60 ? 60 : width;
		n->height = 2 * PAD + SVG_NAME_SIZE - 5 + ((int)lines.n - 1) * LINE;
		map_lines_free(&lines);
	}
}

static void size_links(struct svg *v)
{
	for (size_t i = 0; i < v->d.n_links; i++) {
		struct layout_edge *e = &v->d.layout.edges[i];
		struct map_lines lines = {0};

		map_link_lines(&lines, v->s, &v->d.links[i], v->opt->zoom, false);
		e->label = lines.n ? lines_pixels(&lines, SMALL_SIZE) + 14 : 0;
		if (e->weight > v->heaviest)
			v->heaviest = e->weight;
		map_lines_free(&lines);
	}
}

static int lay_out(struct svg *v)
{
	static const int gap[MAP_ZOOMS] = {12, 18, 32};
	struct layout_options opt = {
		.column_gap = 56,
		.row_gap = 14,
		.group_pad_x = 26,
		.group_pad_y = 14,
		.group_head = 14,
		.track = 12,
		.port_margin = v->opt->zoom == MAP_ZOOM_NAMES ? 10 : 15,
		.port_gap = gap[v->opt->zoom],
		.arrow = ARROW + 8,
		.even_columns = true,
	};
	int r;

	r = map_drawing_begin(v->s, &v->d);
	if (r)
		return r;
	size_nodes(v);
	size_links(v);
	for (size_t i = 0; i < v->d.layout.n_groups; i++) {
		const char *name = map_group_name(&v->d, v->s, i);

		v->d.layout.groups[i].title = svg_pixels(name, strlen(name), 12) + 2 * PAD;
	}
	return map_layout(&v->d.layout, &opt, NULL);
}

/* -------------------------------------------------------------------------- links */

static int step(int from, int to, int most)
{
	int d = abs(to - from);

	d = d < most ? d : most;
	return to < from ? -d : d;
}

static void point(struct svg *v, const char *command, int x, int y)
{
	text_str(v->t, command);
	svg_number(v->t, x + v->dx);
	text_char(v->t, ' ');
	svg_number(v->t, y + v->dy);
}

/* A corner, cut short on both sides by half of the shorter piece, rounded. */
static void rounded(struct svg *v, const struct layout_point *p)
{
	int before = (abs(p[0].x - p[-1].x) + abs(p[0].y - p[-1].y)) / 2;
	int after = (abs(p[1].x - p[0].x) + abs(p[1].y - p[0].y)) / 2;
	int r = before < after ? before : after;

	r = r < ROUND ? r : ROUND;
	point(v, "L", p->x + step(p->x, p[-1].x, r), p->y + step(p->y, p[-1].y, r));
	point(v, "Q", p->x, p->y);
	point(v, " ", p->x + step(p->x, p[1].x, r), p->y + step(p->y, p[1].y, r));
}

/* 10 for the lightest, with a digit behind the point. */
static unsigned int thickness(const struct svg *v, uint64_t weight)
{
	unsigned int thick = THICKEST * 10;

	for (uint64_t w = v->heaviest; thick > 13 && weight < w; w /= 4)
		thick -= 7;
	return thick > 30 ? 30 : thick;
}

static void link_path(struct svg *v, const struct layout_edge *e)
{
	const struct layout_point *last = &e->points[e->n_points - 1];
	bool to_left = last->x < last[-1].x;

	point(v, "M", e->points[0].x, e->points[0].y);
	for (size_t i = 1; i + 1 < e->n_points; i++)
		rounded(v, &e->points[i]);
	point(v, "L", last->x + (to_left ? ARROW : -ARROW), last->y);
}

static void write_link(struct svg *v, size_t i)
{
	const struct layout_edge *e = &v->d.layout.edges[i];
	const struct map_link *l = &v->d.links[i];
	unsigned int thick = thickness(v, e->weight);
	struct text says = {0};

	if (e->n_points < 2)
		return;
	text_str(v->t, "<g><title>");
	map_node_text(&says, &v->s->nodes[l->from]);
	text_str(&says, " \xe2\x86\x92 ");
	map_node_text(&says, &v->s->nodes[l->to]);
	text_str(&says, ": ");
	map_link_text(&says, v->s, l, MAP_ZOOM_FULL);
	if (says.data)
		svg_text(v->t, says.data, says.len);
	text_free(&says);
	text_str(v->t, "</title><path class=\"line");
	link_class(v, l, "");
	text_str(v->t, "\" stroke-width=\"");
	text_u64(v->t, thick / 10);
	text_char(v->t, '.');
	text_u64(v->t, thick % 10);
	text_str(v->t, "\" d=\"");
	link_path(v, e);
	text_str(v->t, "\"/></g>\n");
}

static void write_head(struct svg *v, size_t i)
{
	const struct layout_edge *e = &v->d.layout.edges[i];
	const struct layout_point *p;
	int back;

	if (e->n_points < 2)
		return;
	p = &e->points[e->n_points - 1];
	back = p->x < p[-1].x ? ARROW + 1 : -ARROW - 1;
	text_str(v->t, "<path class=\"head");
	link_class(v, &v->d.links[i], "-head");
	text_str(v->t, "\" d=\"");
	point(v, "M", p->x, p->y);
	point(v, "L", p->x + back, p->y - 4);
	point(v, "L", p->x + back, p->y + 4);
	text_str(v->t, "Z\"/>\n");
}

static void write_text(struct svg *v, const char *class, int x, int y)
{
	text_str(v->t, "<text class=\"");
	text_str(v->t, class);
	text_char(v->t, '"');
	svg_attribute(v->t, "x", x + v->dx);
	svg_attribute(v->t, "y", y + v->dy);
	text_char(v->t, '>');
}

static void write_label(struct svg *v, size_t i)
{
	const struct layout_edge *e = &v->d.layout.edges[i];
	struct map_lines lines = {0};

	if (!e->label)
		return;
	map_link_lines(&lines, v->s, &v->d.links[i], v->opt->zoom, false);
	for (size_t k = 0; k < lines.n; k++) {
		size_t n;
		const char *s = map_line(&lines, k, &n);

		text_str(v->t, "<text class=\"label");
		link_class(v, &v->d.links[i], "-text");
		text_char(v->t, '"');
		svg_attribute(v->t, "x", e->label_at.x + 7 + v->dx);
		svg_attribute(v->t, "y", e->label_at.y + v->dy + (k ? 13 : -5));
		text_char(v->t, '>');
		svg_text(v->t, s, n);
		text_str(v->t, "</text>\n");
	}
	map_lines_free(&lines);
}

/* --------------------------------------------------------------- nodes and groups */

static void rectangle(struct svg *v, int x, int y, int width, int height, int round)
{
	svg_attribute(v->t, "x", x + v->dx);
	svg_attribute(v->t, "y", y + v->dy);
	svg_attribute(v->t, "width", width);
	svg_attribute(v->t, "height", height);
	svg_attribute(v->t, "rx", round);
	text_str(v->t, "/>");
}

static void namespace_class(struct svg *v, const char *name)
{
	uint8_t style = map_namespace_style(name);

	if (style < STYLE_NAMESPACE)
		return;
	text_str(v->t, " n");
	text_u64(v->t, style - STYLE_NAMESPACE);
}

static void write_group(struct svg *v, size_t i)
{
	const struct layout_group *g = &v->d.layout.groups[i];
	const char *name = map_group_name(&v->d, v->s, i);

	if (!g->width)
		return;
	text_str(v->t, "<rect class=\"area");
	namespace_class(v, name);
	text_char(v->t, '"');
	rectangle(v, g->x, g->y, g->width, g->height, 10);
	text_str(v->t, "<text class=\"area-name");
	namespace_class(v, name);
	text_char(v->t, '"');
	svg_attribute(v->t, "x", g->x + PAD + v->dx);
	svg_attribute(v->t, "y", g->y + 18 + v->dy);
	text_char(v->t, '>');
	svg_untrusted(v->t, name, 256);
	text_str(v->t, "</text>\n");
}

static void write_node(struct svg *v, size_t i)
{
	const struct layout_node *n = &v->d.layout.nodes[i];
	const struct map_node *node = &v->s->nodes[i];
	struct map_lines lines = {0};
	int top;

	map_node_lines(&lines, node, v->opt->zoom, n->group < 0, false);
	text_str(v->t, "<rect class=\"node");
	if (node->drops || node->errors)
		text_str(v->t, " troubled");
	else if (node->kind == MAP_NODE_WORLD || node->kind == MAP_NODE_OTHERS)
		text_str(v->t, " world");
	if (node->mark == MAP_NEW)
		text_str(v->t, " new");
	if (node->mark == MAP_GONE)
		text_str(v->t, " gone");
	text_char(v->t, '"');
	rectangle(v, n->x, n->y, n->width, n->height, ROUND);
	top = n->y + (n->height - ((int)lines.n - 1) * LINE) / 2 + SVG_NAME_SIZE / 2 - 2;
	for (size_t k = 0; k < lines.n; k++) {
		size_t len;
		const char *s = map_line(&lines, k, &len);
		const char *class = lines.style[k] == STYLE_BAD ? "bad-text" : k ? "small" : "name";

		write_text(v, class, n->x + PAD, top + (int)k * LINE);
		svg_fit(v->t, s, len, k ? SMALL_SIZE : SVG_NAME_SIZE, n->width - 2 * PAD + 2);
		text_str(v->t, "</text>");
	}
	text_char(v->t, '\n');
	map_lines_free(&lines);
}

/* ------------------------------------------------------------------------ the whole */

static void write_legend(struct svg *v, int y)
{
	static const struct {
		const char *line, *says;
	} rows[] = {
		{"line", "a connection's initiator to its responder; the thicker, the more bytes"},
		{"line bad", "drops or errors"},
		{"line warn", "many retransmits"},
	};
	int x = 0;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		text_str(v->t, "<path stroke-width=\"2\" class=\"");
		text_str(v->t, rows[i].line);
		text_str(v->t, "\" d=\"");
		point(v, "M", x, y);
		point(v, "L", x + 24, y);
		text_str(v->t, "\"/>");
		write_text(v, "small", x + 31, y + 4);
		text_str(v->t, rows[i].says);
		text_str(v->t, "</text>\n");
		x += 31 + svg_pixels(rows[i].says, strlen(rows[i].says), SMALL_SIZE) + 16;
	}
}

static void write_all(struct svg *v)
{
	const struct layout *l = &v->d.layout;
	int title = v->opt->title ? TITLE : 0;
	int width = l->width + 2 * MARGIN, height = l->height + 2 * MARGIN + title;

	if (v->opt->legend) {
		width = width < 640 ? 640 : width;
		height += LEGEND;
	}
	v->dx = MARGIN;
	v->dy = MARGIN + title;
	text_str(v->t, "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\"");
	svg_attribute(v->t, "width", width);
	svg_attribute(v->t, "height", height);
	text_str(v->t, " viewBox=\"0 0 ");
	svg_number(v->t, width);
	text_char(v->t, ' ');
	svg_number(v->t, height);
	text_str(v->t, "\">\n<title>");
	svg_untrusted(v->t, v->opt->title ? v->opt->title : "Service map", 1024);
	text_str(v->t, "</title>\n");
	write_styles(v);
	text_str(v->t, "<rect class=\"back\" width=\"100%\" height=\"100%\"/>\n");
	if (v->opt->title) {
		write_text(v, "title", 0, 4 - title);
		svg_untrusted(v->t, v->opt->title, 1024);
		text_str(v->t, "</text>\n");
	}
	for (size_t i = 0; i < l->n_groups; i++)
		write_group(v, i);
	for (size_t i = 0; i < v->d.n_links; i++)
		if (!v->d.links[i].bad)
			write_link(v, i);
	for (size_t i = 0; i < v->d.n_links; i++) /* on top, where they share a line */
		if (v->d.links[i].bad)
			write_link(v, i);
	for (size_t i = 0; i < v->d.n_links; i++)
		write_head(v, i);
	for (size_t i = 0; i < l->n_nodes; i++)
		write_node(v, i);
	for (size_t i = 0; i < v->d.n_links; i++)
		write_label(v, i);
	if (v->opt->legend)
		write_legend(v, l->height + LEGEND - 8);
	text_str(v->t, "</svg>\n");
}

int map_svg_write(struct text *t, const struct map_snapshot *s, const struct map_svg_options *opt)
{
	static const struct map_svg_options none;
	struct svg v = {.t = t, .s = s, .opt = opt ? opt : &none};
	int r = lay_out(&v);

	if (!r)
		write_all(&v);
	map_drawing_free(&v.d);
	return r ? r : t->err;
}
