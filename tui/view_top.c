// SPDX-License-Identifier: MIT
/* Who talks most: connections, endpoints, pairs, namespaces, processes. */
#include "tui/view_top.h"

#include <errno.h>
#include <stdlib.h>

#include "tui/sums_text.h"
#include "tui/top_table.h"
#include "tui/ui.h"
#include "tui/views.h"

static const struct top_table_kind kind = {
	.n = 5,
	.by = {{TOP_PAIRS, "Pairs", "SOURCE", "DESTINATION"},
	       {TOP_ENDPOINTS, "Endpoints", "ENDPOINT", NULL},
	       {TOP_CONNECTIONS, "Connections", "SOURCE", "DESTINATION"},
	       {TOP_NAMESPACES, "Namespaces", "NAMESPACE", NULL},
	       {TOP_EXECUTABLES, "Processes", "PROCESS", NULL}},
	.empty = "flows",
};

struct top_view {
	struct ui *ui;
	struct top *top;
	struct top_table *table, *listener;
};

static void on_reset(void *arg)
{
	struct top_view *v = arg;

	top_reset(v->top);
	top_table_touch(v->table);
	if (v->listener)
		top_table_touch(v->listener);
}

static void on_flow(void *arg, const struct flow *f, uint64_t number)
{
	struct top_view *v = arg;

	(void)number;
	top_add(v->top, f);
	top_table_touch(v->table);
	if (v->listener)
		top_table_touch(v->listener);
}

static size_t bytes(const void *arg)
{
	const struct top_view *v = arg;

	return top_bytes(v->top);
}

static void top_close(void *arg)
{
	struct top_view *v = arg;

	top_table_free(v->table);
	top_free(v->top);
	free(v);
}

static int top_open(struct ui *ui, void **ret)
{
	struct top_options opt = {.report_interval_ns = ui_config(ui)->report_interval_ns};
	struct top_view *v = calloc(1, sizeof(*v));
	int err = v ? top_new(&opt, &v->top) : -ENOMEM;

	if (v)
		v->ui = ui;
	if (!err)
		err = top_table_new(ui, v->top, &kind, &v->table);
	if (!err)
		err = store_attach(ui_store(ui), &(struct store_model){.arg = v,
								       .reset = on_reset,
								       .flow = on_flow,
								       .lazy = true,
								       .bytes = bytes});
	if (err && v)
		top_close(v);
	else
		*ret = v;
	return err;
}

struct top *view_top_share(void *arg)
{
	struct top_view *v = arg;

	return v->top;
}

void view_top_listen(void *arg, struct top_table *t)
{
	struct top_view *v = arg;

	v->listener = t;
}

/* ---------------------------------------------------------------------------- view */

static void draw(void *arg, struct canvas *c, struct canvas_area a)
{
	struct top_view *v = arg;

	top_table_draw(v->table, c, a);
}

static bool act(void *arg, enum action a, int count)
{
	struct top_view *v = arg;

	if (a != ACT_OPEN)
		return top_table_act(v->table, a, count);
	top_table_drill(v->table);
	return true;
}

static bool mouse(void *arg, const struct ui_mouse *m)
{
	struct top_view *v = arg;
	bool open, mine = top_table_mouse(v->table, m, &open);

	if (open)
		top_table_drill(v->table);
	return mine;
}

static bool cell(void *arg, struct text *ret)
{
	struct top_view *v = arg;

	return top_table_cell(v->table, ret);
}

static int export(void *arg, const char *format, struct text *t)
{
	struct top_view *v = arg;

	return top_table_export(v->table, format, t);
}

static void caption(void *arg, struct text *t)
{
	struct top_view *v = arg;

	top_table_caption(v->table, t);
	put_missed(t, store_missed(ui_store(v->ui), v));
}

static bool command(void *arg, const char *word, const char *rest, char **ret_error)
{
	struct top_view *v = arg;

	return top_table_command(v->table, word, rest, ret_error);
}

static void shown(void *arg, bool is_shown)
{
	struct top_view *v = arg;

	store_look(ui_store(v->ui), v, is_shown);
	if (is_shown)
		top_table_shown(v->table);
}

const struct view view_top = {
	.name = "Top",
	.open = top_open,
	.close = top_close,
	.draw = draw,
	.act = act,
	.mouse = mouse,
	.cell = cell,
	.formats = top_table_formats,
	.export = export,
	.caption = caption,
	.command = command,
	.commands = top_table_commands,
	.shown = shown,
};
