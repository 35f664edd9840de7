// SPDX-License-Identifier: MIT
/* What `pitot map` prints. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/map.h"
#include "export/map_svg.h"
#include "export/map_write.h"

#define OUTSIDE 12

/* ------------------------------------------------------------------------- text */

/* A file gets UTF-8, whoever writes it; a terminal what it can show. */
static bool is_ascii(const struct map_options *opt)
{
	if (opt->ascii || !isatty(STDOUT_FILENO))
		return opt->ascii;
	return !canvas_locale();
}

static int width_of(const struct map_options *opt)
{
	struct winsize size;

	if (opt->width)
		return opt->width < 10000 ? (int)opt->width : 10000;
	if (isatty(STDOUT_FILENO) && !ioctl(STDOUT_FILENO, TIOCGWINSZ, &size))
		return size.ws_col;
	return 0;
}

/*
 * The drawing that says the most of those that fit, on a terminal; in a file names and rates.
 * What is too wide at any zoom is laid out anew, in about so many columns.
 */
static int make(const struct map_options *opt, const struct map_snapshot *s, int width,
		struct map_drawing *ret)
{
	int zoom = opt->zoom ? opt->zoom - 1 : width ? MAP_ZOOM_FULL : MAP_ZOOM_RATES;
	int err;

	for (;; zoom--) {
		err = map_drawing_make(s, zoom, 0, NULL, ret);
		if (err || !width || ret->layout.width <= width)
			return err;
		map_drawing_free(ret);
		if (opt->zoom || zoom == MAP_ZOOM_NAMES)
			return map_drawing_make(s, zoom, width, NULL, ret);
	}
}

/* Talk within a namespace that is one node is no news, unless it goes wrong: the table has it. */
static int without_loops(const struct map_snapshot *s, struct map_snapshot *ret)
{
	struct map_edge *edges = calloc(s->n_edges + 1, sizeof(*edges));

	if (!edges)
		return -ENOMEM;
	*ret = *s;
	ret->edges = edges;
	ret->n_edges = 0;
	for (size_t i = 0; i < s->n_edges; i++)
		if (s->edges[i].from != s->edges[i].to || s->edges[i].mark ||
		    s->nodes[s->edges[i].from].kind != MAP_NODE_NAMESPACE ||
		    map_edge_is_bad(&s->edges[i]))
			edges[ret->n_edges++] = s->edges[i];
	return 0;
}

static void say_what_helps(const struct map_options *opt, const struct map_drawing *d, int width)
{
	if (!isatty(STDOUT_FILENO))
		return;
	if (d->layout.width > width)
		say(0,
		    "the map is %d columns wide: --group namespace, --focus NAME, --collapse "
		    "NAMESPACE and --limit N make it smaller, -o svg a picture",
		    d->layout.width);
	else if (!opt->zoom && d->zoom != MAP_ZOOM_FULL)
		say(0, "drawn so that it fits: --zoom full says more, -o svg makes a picture");
}

static int draw(const struct map_options *opt, const struct map_snapshot *all, struct text *t,
		enum map_zoom *ret_zoom)
{
	const struct map_look look = {.selected_node = -1, .selected_link = -1};
	struct map_drawing d = {0};
	struct canvas c = {0};
	struct map_snapshot s;
	int width = width_of(opt), err = without_loops(all, &s);

	if (err)
		return err;
	err = make(opt, &s, width, &d);
	if (!err)
		err = canvas_resize(&c, d.layout.width, d.layout.height);
	if (!err) {
		c.ascii = is_ascii(opt);
		map_draw(&d, &s, &look, &c, canvas_whole(&c));
		canvas_print(&c, opt->o.print.color, t);
		say_what_helps(opt, &d, width);
	}
	*ret_zoom = d.zoom;
	canvas_free(&c);
	map_drawing_free(&d);
	free(s.edges);
	return err ? err : t->err;
}

/* Paragraphs, an empty line between them. */
static void put_paragraph(struct text *t, const struct map_snapshot *s,
			  void (*put)(struct text *t, const struct map_snapshot *s))
{
	size_t from;

	text_char(t, '\n');
	from = t->len;
	put(t, s);
	if (t->len == from && from)
		t->len--;
}

static void put_left_out(struct text *t, const struct map_snapshot *s)
{
	if (!s->left_out)
		return;
	text_u64(t, s->left_out);
	text_str(t, s->left_out == 1 ? " flow is" : " flows are");
	text_str(t, " in \"others\": ask for less with a filter\n");
}

static void put_strays(struct text *t, const struct map_snapshot *s)
{
	if (!s->strays)
		return;
	text_u64(t, s->strays);
	text_str(t, s->strays == 1 ? " flow's time is" : " flows' times are");
	text_str(t, " more than a day from all others: rates are over the time of those\n");
}

static int put_text(const struct map_options *opt, const struct map_snapshot *s, struct text *t)
{
	enum map_zoom zoom = MAP_ZOOM_FULL;
	int err = s->n_nodes ? draw(opt, s, t, &zoom) : 0;

	if (err == -E2BIG) { /* all but the drawing */
		say(0, "the map is too large to draw, so here are its links: --limit, --focus or "
		       "--collapse make it smaller");
		zoom = MAP_ZOOM_NAMES;
		err = 0;
	}
	if (err || !s->n_nodes)
		return err;
	if (opt->diff)
		put_paragraph(t, s, map_edges_put_marks);
	if (zoom != MAP_ZOOM_FULL) {
		if (t->len)
			text_char(t, '\n');
		map_edges_put_table(t, s, width_of(opt));
	}
	put_paragraph(t, s, map_edges_put_trouble);
	put_paragraph(t, s, put_left_out);
	put_paragraph(t, s, put_strays);
	return t->err;
}

/* -------------------------------------------------------------------- selection */

/* By its name, with its namespace or without; *ret_n: how many there are. */
static uint64_t find_node(const struct map_snapshot *s, const char *name, size_t *ret_n)
{
	const char *slash = strchr(name, '/');
	uint64_t key = 0;

	*ret_n = 0;
	for (size_t i = 0; i < s->n_nodes; i++) {
		const struct map_node *n = &s->nodes[i];
		size_t len = strlen(n->namespace_name);
		bool both = len && slash && (size_t)(slash - name) == len &&
			    !strncmp(n->namespace_name, name, len) && !strcmp(n->name, slash + 1);

		if (!both && strcmp(n->name, name))
			continue;
		key = n->key;
		++*ret_n;
	}
	return key;
}

/* Pictures stay readable; who reads JSON, or asks for addresses, wants each. */
static size_t max_outside(const struct map_options *opt)
{
	if (opt->outside != OUTSIDE_NOT_ASKED)
		return opt->outside;
	return opt->output == MAP_JSON || opt->numeric || opt->limit ? 0 : OUTSIDE;
}

static int select_part(const struct map_options *opt, const struct map_snapshot *all,
		       struct map_snapshot *ret)
{
	struct map_selection what = {
		.collapsed = opt->n_collapsed ? opt->collapsed : NULL,
		.hops = opt->hops ? opt->hops : 1,
		.search = opt->search,
		.max_nodes = opt->limit,
		.max_outside = max_outside(opt),
	};
	size_t n = 1;

	if (opt->focus)
		what.focus = find_node(all, opt->focus, &n);
	if (!n)
		return say(EXIT_FAILED, "--focus \"%s\": the map has no node of that name",
			   opt->focus);
	if (n > 1)
		return say(EXIT_FAILED,
			   "--focus \"%s\": %zu nodes are called so, give NAMESPACE/NAME",
			   opt->focus, n);
	for (size_t i = 0; i < opt->n_collapsed; i++)
		if (!map_has_namespace(all, opt->collapsed[i]))
			return say(EXIT_FAILED,
				   "--collapse \"%s\": the map has no namespace of that name",
				   opt->collapsed[i]);
	return map_select(all, &what, ret) ? say(EXIT_FAILED, "out of memory") : EXIT_FINE;
}

/* ------------------------------------------------------------------------ output */

static int put_picture(const struct map_options *opt, const struct map_snapshot *all,
		       struct text *t)
{
	const struct map_svg_options svg = {.zoom = opt->zoom ? opt->zoom - 1 : MAP_ZOOM_FULL,
					    .legend = true};
	struct map_snapshot s;
	int err = without_loops(all, &s);

	if (err)
		return err;
	err = map_svg_write(t, &s, &svg);
	free(s.edges);
	return err;
}

static int put(const struct map_options *opt, const struct map_snapshot *s, struct text *t)
{
	switch (opt->output) {
	case MAP_DOT:
		map_write_dot(t, s);
		return t->err;
	case MAP_MERMAID:
		map_write_mermaid(t, s);
		return t->err;
	case MAP_JSON:
		map_write_json(t, s);
		return t->err;
	case MAP_SVG:
		return put_picture(opt, s, t);
	default:
		return put_text(opt, s, t);
	}
}

static void say_empty(const struct map_snapshot *all)
{
	if (!all->flows)
		say(0, "no flows, so there is no map: does a filter leave them out, or was there "
		       "no traffic?");
	else
		say(0, "no service's flows, so there is no map: --housekeeping shows the rest");
}

int map_print(const struct map_options *opt, const struct map_snapshot *all)
{
	struct map_snapshot s = {0};
	struct text t = {0};
	int code = select_part(opt, all, &s), err;

	if (code)
		return code;
	if (!s.n_nodes && all->n_nodes) {
		service_map_snapshot_free(&s);
		return say(EXIT_FAILED, "--search \"%s\": the map has that in no name",
			   opt->search ? opt->search : "");
	}
	if (!s.n_nodes)
		say_empty(all);
	err = put(opt, &s, &t);
	if (!err)
		err = text_write(&t, STDOUT_FILENO);
	text_free(&t);
	service_map_snapshot_free(&s);
	if (err == -E2BIG)
		code = say(EXIT_FAILED, "the map is too large to draw: --limit, --focus or "
					"--collapse make it smaller");
	else if (err && err != -EPIPE)
		code = say(EXIT_FAILED, "cannot write the map: %s", strerror(-err));
	return code;
}
