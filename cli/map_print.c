// SPDX-License-Identifier: MIT
/* What `pitot map` prints. */
#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/map.h"
#include "export/map_svg.h"
#include "export/map_write.h"

/* ------------------------------------------------------------------------- text */

/* A file gets UTF-8, whoever writes it; a terminal what it can show. */
static bool is_ascii(const struct map_options *opt)
{
	if (opt->ascii || !isatty(STDOUT_FILENO))
		return opt->ascii;
	setlocale(LC_CTYPE, "");
	return strcmp(nl_langinfo(CODESET), "UTF-8") != 0;
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

static int draw(const struct map_options *opt, const struct map_snapshot *s, struct text *t)
{
	const struct map_look look = {.selected_node = -1, .selected_link = -1};
	struct map_drawing d = {0};
	struct canvas c = {0};
	int err = map_drawing_make(s, opt->zoom, width_of(opt), NULL, &d);

	if (!err)
		err = canvas_resize(&c, d.layout.width, d.layout.height);
	if (!err) {
		c.ascii = is_ascii(opt);
		map_draw(&d, s, &look, &c, canvas_whole(&c));
		canvas_print(&c, opt->o.print.color, t);
	}
	canvas_free(&c);
	map_drawing_free(&d);
	return err ? err : t->err;
}

static void put_edge(struct text *t, const struct map_snapshot *s, const struct map_edge *e)
{
	map_node_text(t, &s->nodes[e->from]);
	text_str(t, " -> ");
	map_node_text(t, &s->nodes[e->to]);
	text_str(t, "  ");
	map_edge_text(t, e);
}

static void put_drops(struct text *t, const struct map_edge *e)
{
	text_u64(t, e->drops);
	text_str(t, " of ");
	text_u64(t, e->sent);
	text_str(t, " dropped");
	if (*e->drop_reason) {
		text_str(t, ": ");
		text_escape(t, e->drop_reason, 255);
	}
	if (*e->drop_function) {
		text_str(t, " in ");
		text_escape(t, e->drop_function, 255);
	}
	if (*e->drop_policy) {
		text_str(t, " by ");
		text_escape(t, e->drop_policy, 255);
	}
}

/* Below the drawing, in words: what a person has to see. */
static void put_trouble(struct text *t, const struct map_snapshot *s)
{
	for (size_t i = 0; i < s->n_edges; i++) {
		const struct map_edge *e = &s->edges[i];

		if (!map_edge_is_bad(e))
			continue;
		put_edge(t, s, e);
		text_str(t, ": ");
		if (e->drops)
			put_drops(t, e);
		if (e->errors) {
			text_str(t, e->drops ? ", " : "");
			text_u64(t, e->errors);
			text_str(t, e->errors == 1 ? " error" : " errors");
		}
		text_char(t, '\n');
	}
	for (size_t i = 0; i < s->n_nodes; i++) {
		const struct map_node *n = &s->nodes[i];

		if (!n->listen_drops)
			continue;
		map_node_text(t, n);
		text_str(t, ": ");
		text_u64(t, n->listen_drops);
		text_str(t, " connection requests lost by a full listen queue\n");
	}
}

static void put_marks(struct text *t, const struct map_snapshot *s)
{
	for (size_t i = 0; i < s->n_edges; i++) {
		if (s->edges[i].mark == MAP_SAME)
			continue;
		text_str(t, s->edges[i].mark == MAP_NEW ? "+ " : "- ");
		put_edge(t, s, &s->edges[i]);
		text_char(t, '\n');
	}
}

static int put_text(const struct map_options *opt, const struct map_snapshot *s, struct text *t)
{
	int err = s->n_nodes ? draw(opt, s, t) : 0;

	if (err || !s->n_nodes)
		return err;
	text_char(t, '\n');
	if (opt->diff)
		put_marks(t, s);
	put_trouble(t, s);
	if (s->left_out) {
		text_u64(t, s->left_out);
		text_str(t, s->left_out == 1 ? " flow is" : " flows are");
		text_str(t, " in \"others\": ask for less with a filter\n");
	}
	while (t->len > 1 && t->data[t->len - 1] == '\n' && t->data[t->len - 2] == '\n')
		t->len--;
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

static int select_part(const struct map_options *opt, const struct map_snapshot *all,
		       struct map_snapshot *ret)
{
	struct map_selection what = {
		.collapsed = opt->n_collapsed ? opt->collapsed : NULL,
		.hops = opt->hops ? opt->hops : 1,
		.search = opt->search,
		.max_nodes = opt->limit,
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
	return map_select(all, &what, ret) ? say(EXIT_FAILED, "out of memory") : EXIT_FINE;
}

/* ------------------------------------------------------------------------ output */

static int put(const struct map_options *opt, const struct map_snapshot *s, struct text *t)
{
	const struct map_svg_options svg = {.zoom = opt->zoom, .legend = true};

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
		return map_svg_write(t, s, &svg);
	default:
		return put_text(opt, s, t);
	}
}

static void say_empty(const struct map_options *opt, const struct map_snapshot *all)
{
	if (!all->flows)
		say(0, "no flows, so there is no map: does a filter leave them out, or was there "
		       "no traffic?");
	else if (all->ignored == all->flows && !opt->housekeeping)
		say(0, "no service's flows, so there is no map: --housekeeping shows the rest");
	else
		say(0, "nothing of the map is asked for: --search \"%s\" is in no name",
		    opt->search ? opt->search : "");
}

int map_print(const struct map_options *opt, const struct map_snapshot *all)
{
	struct map_snapshot s = {0};
	struct text t = {0};
	int code = select_part(opt, all, &s), err;

	if (code)
		return code;
	if (!s.n_nodes)
		say_empty(opt, all);
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
