// SPDX-License-Identifier: MIT
/* Flows: every event as it comes, or in the order of a column. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tui/clock.h"
#include "tui/flow_cells.h"
#include "tui/flow_page.h"
#include "tui/flow_rows.h"
#include "tui/ui.h"
#include "tui/views.h"

/* A frame waits no longer than this for the sorting. */
#define SORT_BUDGET_NS 12000000ull

struct flows {
	struct ui *ui;
	struct ui_table *table;
	struct flow_rows *rows;
	struct flow_cell_options cells;
	struct flow_cell_order order;
	flow_key key; /* of the order */
	bool sorting; /* there are rows that are not in order yet */
	enum store_time time; /* at the last frame */
};

/* ----------------------------------------------------------------- the table */

static const struct flow *flow_of(struct flows *v, size_t row)
{
	return store_get(ui_store(v->ui), flow_rows_number(v->rows, row));
}

static size_t row_count(void *arg)
{
	struct flows *v = arg;

	return flow_rows_count(v->rows);
}

/* 0 is no key, but a flow's number. */
static uint64_t row_key(void *arg, size_t row)
{
	struct flows *v = arg;

	return flow_rows_number(v->rows, row) + 1;
}

static size_t row_find(void *arg, uint64_t key, size_t near)
{
	struct flows *v = arg;

	(void)near;
	return flow_rows_find(v->rows, key - 1);
}

static void row_cell(void *arg, size_t row, size_t column, struct text *t, enum style *style)
{
	struct flows *v = arg;
	const struct flow *f = flow_of(v, row);

	if (f)
		flow_cell(f, column, &v->cells, t, style);
}

/* Names have numbers of their own for as long as they are sorted by. */
static flow_key order_by(struct flows *v, size_t column)
{
	flow_key key = column < FLOW_COLUMNS ? flow_cell_key(column) : NULL;

	flow_rows_sort(v->rows, NULL, NULL, false);
	text_labels_free(v->order.labels);
	v->order.labels = NULL;
	v->order.column = column;
	v->order.opt = v->cells;
	if (!key || !flow_cell_is_text(column))
		return key;
	v->order.labels = text_labels_new();
	return v->order.labels ? key : NULL;
}

static void row_sort(void *arg, size_t column, bool descending)
{
	struct flows *v = arg;
	flow_key key = column == v->order.column ? v->key : order_by(v, column);

	v->key = key;
	flow_rows_sort(v->rows, key, key ? &v->order : NULL, descending);
	flow_rows_work(v->rows, SORT_BUDGET_NS);
	ui_table_select(v->table, 0); /* the first of them is what was asked for */
}

/* ------------------------------------------------------------------ the view */

static void view_close(void *arg)
{
	struct flows *v = arg;

	if (!v)
		return;
	ui_table_free(v->table);
	flow_rows_free(v->rows);
	text_labels_free(v->order.labels);
	text_free(&v->order.scratch);
	free(v);
}

static int view_open(struct ui *ui, void **ret)
{
	struct flows *v = calloc(1, sizeof(*v));
	const struct ui_table_rows rows = {
		.arg = v,
		.count = row_count,
		.key = row_key,
		.find = row_find,
		.cell = row_cell,
		.sort = row_sort,
	};
	int err;

	if (!v)
		return -ENOMEM;
	v->ui = ui;
	v->order.column = SIZE_MAX;
	v->cells.local_time = ui_config(ui)->local_time;
	flow_cells_init();
	err = flow_rows_new(ui_store(ui), &v->rows);
	if (err) {
		free(v);
		return err;
	}
	v->table = ui_table_new(ui, flow_columns, FLOW_COLUMNS, &rows);
	if (!v->table) {
		view_close(v);
		return -ENOMEM;
	}
	ui_table_follow(v->table, true);
	*ret = v;
	return 0;
}

/* Time that goes on again takes the selection along; a ranking is looked at from its top. */
static void follow_time(struct flows *v)
{
	enum store_time time = store_time(ui_store(v->ui));
	size_t column;
	bool descending;

	ui_table_sorted(v->table, &column, &descending);
	if (time != v->time && time != STORE_PAUSED &&
	    (column >= FLOW_COLUMNS || (flow_cell_is_time(column) && !descending)))
		ui_table_follow(v->table, true);
	v->time = time;
}

static void view_draw(void *arg, struct canvas *c, struct canvas_area area)
{
	struct flows *v = arg;

	bool sorting = v->sorting;

	follow_time(v);
	v->sorting = flow_rows_work(v->rows, SORT_BUDGET_NS);
	if (sorting || v->sorting)
		ui_changed(
			v->ui); /* the caption is above this: it has the state of the frame before */
	flow_columns_fit(area.width);
	if (!flow_rows_count(v->rows))
		ui_draw_empty(v->ui, c, area, "flows");
	else
		ui_table_draw(v->table, c, area);
}

static void open_flow(struct flows *v)
{
	size_t row = ui_table_row(v->table);

	if (row != SIZE_MAX)
		flow_page_show(v->ui, flow_rows_number(v->rows, row), &v->cells);
}

/* Names become addresses, or back; what is sorted by them is sorted anew. */
static void turn_names(struct flows *v)
{
	size_t column;
	bool descending;

	v->cells.numeric = !v->cells.numeric;
	ui_table_sorted(v->table, &column, &descending);
	if (column < FLOW_COLUMNS && flow_cell_is_text(column)) {
		v->order.column = SIZE_MAX;
		row_sort(v, column, descending);
	}
	ui_changed(v->ui);
}

static bool view_act(void *arg, enum action a, int count)
{
	struct flows *v = arg;

	if (a == ACT_OPEN) {
		open_flow(v);
		return true;
	}
	if (a == ACT_NUMERIC) {
		turn_names(v);
		return true;
	}
	return ui_table_act(v->table, a, count);
}

static bool view_mouse(void *arg, const struct ui_mouse *m)
{
	struct flows *v = arg;
	bool taken = ui_table_mouse(v->table, m);

	if (m->event == MOUSE_DOUBLE && m->y > 0)
		open_flow(v);
	return taken;
}

static bool view_cell(void *arg, struct text *ret_expression)
{
	struct flows *v = arg;
	size_t row = ui_table_row(v->table);
	const struct flow *f = row == SIZE_MAX ? NULL : flow_of(v, row);

	return f &&
	       flow_cell_expression(f, ui_table_column(v->table), v->cells.numeric, ret_expression);
}

static int view_export(void *arg, const char *format, struct text *t)
{
	struct flows *v = arg;

	while (flow_rows_work(v->rows, SORT_BUDGET_NS))
		;
	return ui_table_export(v->table, format, t);
}

/* "row 120, 1,204 flows of 50,000, by bytes" */
static void view_caption(void *arg, struct text *t)
{
	struct flows *v = arg;
	size_t row = ui_table_row(v->table), column, count = flow_rows_total(v->rows);
	struct store_stats s;
	bool descending;

	store_stats(ui_store(v->ui), &s);
	ui_table_sorted(v->table, &column, &descending);
	if (row != SIZE_MAX && !ui_table_follows(v->table)) {
		text_str(t, "row ");
		clock_count(t, row + 1);
		text_str(t, ", ");
	}
	clock_count(t, count);
	text_str(t, count == 1 ? " flow" : " flows");
	if (s.read > count) {
		text_str(t, " of ");
		clock_count(t, s.read);
	}
	if (column < FLOW_COLUMNS) {
		text_str(t, ", by ");
		text_str(t, flow_columns[column].name);
	}
	if (v->sorting)
		text_str(t, ", sorting");
	if (s.behind) {
		text_str(t, ", reading ");
		clock_count(t, s.behind);
	}
}

static bool view_command(void *arg, const char *word, const char *rest, char **ret_error)
{
	struct flows *v = arg;

	return ui_table_command(v->table, word, rest, ret_error);
}

static const char *const commands[] = {"sort", "columns", NULL};
static const char *const formats[] = {"json", "pb", "csv", NULL};

const struct view view_flows = {
	.name = "Flows",
	.open = view_open,
	.close = view_close,
	.draw = view_draw,
	.act = view_act,
	.mouse = view_mouse,
	.cell = view_cell,
	.formats = formats,
	.export = view_export,
	.caption = view_caption,
	.command = view_command,
	.commands = commands,
};
