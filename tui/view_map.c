// SPDX-License-Identifier: MIT
/* The Map view: who talks to whom, drawn. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "tui/sums_text.h"
#include "tui/table.h"
#include "tui/ui.h"
#include "tui/view_map_own.h"
#include "tui/views.h"

#define STRIP_TALL 24 /* rows from which the lines below the map are three */
#define STRIP_LEAST 8 /* rows below which there are none */

/* ------------------------------------------------------------------ life */

static void view_close(void *arg)
{
	struct map_view *v = arg;

	if (!v)
		return;
	ui_table_free(v->table);
	map_view_layouts_free(v);
	map_view_model_free(v);
	free(v->rows);
	free(v->search);
	free(v);
}

static int view_open(struct ui *ui, void **ret)
{
	struct map_view *v = calloc(1, sizeof(*v));
	int err;

	if (!v)
		return -ENOMEM;
	v->ui = ui;
	v->hover_x = v->drag_x = -1;
	/* a recording stands at its end: of the last seconds there would be little to see */
	v->window = ui_config(ui)->from == UI_FROM_FILE ? WHOLE_TIME : 10;
	err = map_view_model_new(v);
	v->table = err ? NULL : map_view_table_new(v);
	if (!v->table) {
		view_close(v);
		return err ? err : -ENOMEM;
	}
	*ret = v;
	return 0;
}

/* --------------------------------------------------------------- drawing */

static void draw_map(struct map_view *v, const struct map_drawing *d, struct canvas *c)
{
	int64_t node = map_view_node(v), link = map_view_link(v);
	struct map_look look = {
		.x = v->x,
		.y = v->y,
		.selected_node = node,
		.selected_link = link,
		.search = v->search && *v->search ? v->search : NULL,
		.dim_rest = node >= 0 || link >= 0,
		.silent_ns = SILENT_NS,
	};

	map_draw(d, &v->shown, &look, c, v->drawn);
	map_view_hints(v, c);
}

/* There are flows, but what was chosen leaves none of them. */
static void draw_nothing_left(const struct map_view *v, struct canvas *c)
{
	struct canvas_area a = v->area;
	const char *why = v->focus ? "What was focused on is gone. Esc: the whole map"
				   : "All links have gone silent. z: show them";
	int width = canvas_width_of(why, strlen(why));

	canvas_str(c, a.x + (a.width > width ? (a.width - width) / 2 : 0), a.y + a.height / 2,
		   a.width, STYLE_DIM, why);
}

static void view_draw(void *arg, struct canvas *c, struct canvas_area a)
{
	struct map_view *v = arg;
	int strip = a.height < STRIP_LEAST ? 0 : a.height < STRIP_TALL ? 2 : 3;
	const struct map_drawing *d;
	uint64_t begin;
	int rows;

	v->area = a;
	v->body = a;
	v->body.height -= strip;
	map_view_take(v, false);
	if (!v->all.n_nodes) {
		ui_draw_empty(v->ui, c, a, "flows");
		return;
	}
	if (v->list) {
		map_view_list_draw(v, c, a);
		return;
	}
	if (!v->shown.n_nodes) {
		draw_nothing_left(v, c);
		return;
	}
	begin = uv_hrtime();
	d = map_view_fit(v, v->body.width, v->body.height);
	v->took_ns += uv_hrtime() - begin; /* so that a large map is laid out less often */
	if (!d)
		return;
	rows = strip ? map_view_below_rows(v, d) : 0;
	v->body.height -= rows;
	map_view_place(v, d);
	draw_map(v, d, c);
	if (rows)
		map_view_below(v, d, c,
			       (struct canvas_area){a.x, a.y + v->body.height, a.width, rows});
	if (strip)
		map_view_strip(v, c,
			       (struct canvas_area){a.x, a.y + a.height - strip, a.width, strip});
}

static void view_caption(void *arg, struct text *t)
{
	static const char *const zooms[] = {"names", "rates", "all figures"};
	static const char *const worlds[] = {"", ", world by network", ", world by country",
					     ", world as one"};
	struct map_view *v = arg;

	text_str(t, map_group_word(v));
	text_str(t, worlds[v->opt.world]);
	if (!v->list) {
		text_str(t, ", ");
		text_str(t, zooms[v->zoom]);
	}
	text_str(t, ", rates ");
	if (v->window) {
		text_str(t, "of ");
		text_u64(t, v->window);
		text_str(t, " s");
	} else {
		text_str(t, "of all the time");
	}
	if (v->hide_silent)
		text_str(t, ", silent hidden");
	put_missed(t, store_missed(ui_store(v->ui), v));
	if (v->focus) {
		text_str(t, ", focus +");
		text_u64(t, v->hops);
	}
}

/* ------------------------------------------------------------------- keys */

static void found(void *arg, const char *line)
{
	struct map_view *v = arg;

	if (!line)
		return;
	free(v->search);
	v->search = *line ? strdup(line) : NULL;
	ui_changed(v->ui);
	if (v->search)
		map_view_find(v, false);
}

static void focus(struct map_view *v)
{
	int64_t node = map_view_node(v);
	uint64_t key = node >= 0 ? v->shown.nodes[node].key : 0;

	if (!key && !v->focus) {
		ui_say(v->ui, STYLE_DIM, "select a node first: arrows, a click, or \\ to find one");
		return;
	}
	if (!key || (key == v->focus && v->hops >= 3)) {
		v->focus = 0;
	} else {
		v->hops = key == v->focus ? v->hops + 1 : 1;
		v->focus = key;
	}
	v->stale = true;
	v->zoom_chosen = v->placed = v->centered = false;
	v->width = 0; /* fit anew */
	map_view_take(v, true);
	ui_changed(v->ui);
}

static void fit_anew(struct map_view *v)
{
	v->zoom_chosen = v->placed = v->centered = false;
	v->width = 0;
	ui_changed(v->ui);
}

/* The node that a namespace has become, or the first that it was made of. */
static void select_folded(struct map_view *v, const char *name, bool fold)
{
	for (size_t i = 0; i < v->shown.n_nodes; i++) {
		const struct map_node *n = &v->shown.nodes[i];

		if ((n->kind == MAP_NODE_NAMESPACE) != fold || strcmp(map_node_namespace(n), name))
			continue;
		map_view_select_node(v, (int64_t)i);
		return;
	}
}

static bool is_outside(const struct map_node *n)
{
	return n->kind == MAP_NODE_WORLD || n->kind == MAP_NODE_ADDRESS;
}

static void fold_outside(struct map_view *v)
{
	v->all_outside = !v->all_outside;
	v->stale = true;
	ui_say(v->ui, STYLE_DIM,
	       v->all_outside ? "every name and address outside is shown"
			      : "outside the %d busiest are shown, the rest is one node",
	       OUTSIDE);
	ui_changed(v->ui);
}

static void collapse(struct map_view *v)
{
	int64_t node = map_view_node(v);
	const char *of = node >= 0 ? map_node_namespace(&v->shown.nodes[node]) : "";
	char *name;
	bool fold;

	if (node >= 0 && is_outside(&v->shown.nodes[node])) {
		fold_outside(v);
		return;
	}
	if (v->opt.group == MAP_NAMESPACE) {
		ui_say(v->ui, STYLE_DIM, "nodes are namespaces already: b groups by workload");
		return;
	}
	if (!*of) {
		ui_say(v->ui, STYLE_DIM,
		       node < 0 ? "select a node of the namespace first" : "it is in no namespace");
		return;
	}
	name = strdup(of); /* of a snapshot that goes */
	if (!name)
		return;
	fold = !map_view_is_folded(v, name);
	map_view_fold(v, name, fold);
	v->focus = 0;
	map_view_take(v, true);
	select_folded(v, name, fold);
	free(name);
	map_view_fit(v, v->body.width, v->body.height);
	map_view_uncover(v);
}

static void collapse_all(struct map_view *v)
{
	map_view_fold_all(v, !v->fold_all);
	v->focus = 0;
	fit_anew(v);
	ui_say(v->ui, STYLE_DIM,
	       v->fold_all ? "every namespace is one node; x unfolds one"
			   : "no namespace is folded");
}

static void group_next(struct map_view *v)
{
	map_view_set_group(v, (v->opt.group + 1) % 3);
	ui_say(v->ui, STYLE_DIM, "nodes are %s", map_group_word(v));
}

static void world_next(struct map_view *v)
{
	static const char *const words[] = {"DNS name", "network (AS)", "country", "one node"};

	map_view_set_world(v, (v->opt.world + 1) % 4);
	ui_say(v->ui, STYLE_DIM, "the world by %s", words[v->opt.world]);
}

static void window_next(struct map_view *v)
{
	static const unsigned int windows[] = {1, 10, 60, WHOLE_TIME};

	for (int i = 0; i < 4; i++)
		if (windows[i] == v->window) {
			map_view_set_window(v, windows[(i + 1) % 4]);
			return;
		}
}

static void flows_of(struct map_view *v)
{
	struct text t = {0};

	if (map_view_expression(v, &t)) {
		text_char(&t, '\0');
		if (!t.err)
			ui_drill(v->ui, t.data);
	} else {
		ui_say(v->ui, STYLE_DIM,
		       map_view_node(v) >= 0 || map_view_link(v) >= 0
			       ? "no filter says what is in it"
			       : "select a node or a link first");
	}
	text_free(&t);
}

/* What was done last goes first. */
static bool back(struct map_view *v)
{
	if (v->search) {
		free(v->search);
		v->search = NULL;
	} else if (map_view_node(v) >= 0 || map_view_link(v) >= 0) {
		map_view_select_node(v, -1);
	} else if (v->focus) {
		v->focus = 0;
		v->stale = true;
		fit_anew(v);
	} else {
		return false;
	}
	ui_changed(v->ui);
	return true;
}

static bool act_move(struct map_view *v, enum action a, int n)
{
	int wide = v->body.width / 2, high = v->body.height / 2;

	switch (a) {
	case ACT_UP:
	case ACT_DOWN:
		map_view_move(v, 0, a == ACT_UP ? -1 : 1);
		return true;
	case ACT_LEFT:
	case ACT_RIGHT:
		map_view_move(v, a == ACT_LEFT ? -1 : 1, 0);
		return true;
	case ACT_PAGE_UP:
	case ACT_PAGE_DOWN:
		map_view_pan(v, 0, a == ACT_PAGE_UP ? -high : high);
		return true;
	case ACT_PAN_LEFT:
	case ACT_PAN_RIGHT:
		map_view_pan(v, a == ACT_PAN_LEFT ? -wide / 3 * n : wide / 3 * n, 0);
		return true;
	case ACT_PAN_UP:
	case ACT_PAN_DOWN:
		map_view_pan(v, 0, a == ACT_PAN_UP ? -high / 2 * n : high / 2 * n);
		return true;
	case ACT_HOME:
		fit_anew(v);
		return true;
	case ACT_END:
		map_view_pan(v, 1 << 20, 1 << 20);
		return true;
	case ACT_CENTER:
		v->placed = true;
		map_view_center(v);
		ui_changed(v->ui);
		return true;
	default:
		return false;
	}
}

static bool act_choose(struct map_view *v, enum action a)
{
	switch (a) {
	case ACT_COLLAPSE:
		collapse(v);
		return true;
	case ACT_COLLAPSE_ALL:
		collapse_all(v);
		return true;
	case ACT_GROUP:
		group_next(v);
		return true;
	case ACT_WORLD:
		world_next(v);
		return true;
	case ACT_WINDOW:
		window_next(v);
		return true;
	case ACT_NUMERIC:
		v->opt.numeric = !v->opt.numeric;
		map_view_again(v);
		return true;
	case ACT_SILENT:
		v->hide_silent = !v->hide_silent;
		v->stale = true;
		ui_say(v->ui, STYLE_DIM,
		       v->hide_silent ? "links without a flow in the last minute are hidden"
				      : "all links are shown");
		ui_changed(v->ui);
		return true;
	default:
		return false;
	}
}

static bool act_select(struct map_view *v, enum action a)
{
	switch (a) {
	case ACT_OPEN:
		map_view_details(v);
		return true;
	case ACT_FLOWS:
		flows_of(v);
		return true;
	case ACT_BACK:
		return back(v);
	case ACT_FOCUS:
		focus(v);
		return true;
	case ACT_NEXT_LINK:
		map_view_next_link(v);
		return true;
	case ACT_NEXT_BAD:
		map_view_next_bad(v);
		return true;
	case ACT_FIND:
		ui_ask(v->ui, "Find: ", v->search, found, v);
		return true;
	case ACT_FIND_NEXT:
		map_view_find(v, true);
		return true;
	default:
		return false;
	}
}

static bool view_act(void *arg, enum action a, int count)
{
	struct map_view *v = arg;

	if (a == ACT_LIST) {
		v->list = !v->list;
		v->listed = 0;
		ui_changed(v->ui);
		return true;
	}
	if (v->list && map_view_list_act(v, a, count))
		return true;
	if (v->list)
		map_view_fit(v, v->body.width,
			     v->body.height); /* what is selected is a link of it */
	if (a == ACT_ZOOM_IN || a == ACT_ZOOM_OUT) {
		map_view_zoom(v, a == ACT_ZOOM_IN ? 1 : -1);
		return true;
	}
	return act_move(v, a, count > 0 ? count : 1) || act_choose(v, a) || act_select(v, a);
}

/* ------------------------------------------------------------------- more */

static bool view_cell(void *arg, struct text *t)
{
	struct map_view *v = arg;

	if (v->list)
		map_view_fit(v, v->body.width, v->body.height);
	return map_view_expression(arg, t);
}

static void view_shown(void *arg, bool shown)
{
	struct map_view *v = arg;

	v->hover_x = -1;
	v->stale |= shown;
	store_look(ui_store(v->ui), v, shown);
}

const struct view view_map = {
	.name = "Map",
	.open = view_open,
	.close = view_close,
	.draw = view_draw,
	.act = view_act,
	.mouse = map_view_mouse,
	.cell = view_cell,
	.formats = map_view_formats,
	.export = map_view_export,
	.caption = view_caption,
	.command = map_view_command,
	.commands = map_view_commands,
	.shown = view_shown,
};
