// SPDX-License-Identifier: MIT
/*
 * What dies, where and why: drops by reason, place or end, losses first and what is part
 * of normal life behind them. Below: what the selected row means and what to look at next.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tui/page.h"
#include "tui/sums_text.h"
#include "tui/view_drops_own.h"
#include "tui/views.h"

/* --------------------------------------------------------------------- model */

static void on_reset(void *arg)
{
	drop_sums_reset(((struct drops_view *)arg)->sums);
}

static void on_flow(void *arg, const struct flow *f, uint64_t number)
{
	drop_sums_add(((struct drops_view *)arg)->sums, f, number);
}

/* ------------------------------------------------------------------------ view */

static struct ui_table *table(struct drops_view *v)
{
	return v->tables[v->by];
}

static void drops_close(void *arg)
{
	struct drops_view *v = arg;

	for (int i = 0; i < DROP_BYS; i++)
		ui_table_free(v->tables[i]);
	ui_page_free(v->pane);
	drop_sums_free(v->sums);
	free(v);
}

static int drops_open(struct ui *ui, void **ret)
{
	struct drops_view *v = calloc(1, sizeof(*v));
	const struct store_model model = {.arg = v, .reset = on_reset, .flow = on_flow};
	int err = v ? drop_sums_new(&v->sums) : -ENOMEM;

	if (!v)
		return err;
	v->ui = ui;
	v->window = 10;
	v->sort = SIZE_MAX;
	v->again = true;
	v->pane = ui_page_new("");
	for (int i = 0; !err && i < DROP_BYS; i++)
		err = drops_make_table(v, i);
	if (!err)
		err = v->pane ? store_attach(ui_store(ui), &model) : -ENOMEM;
	if (err)
		drops_close(v);
	else
		*ret = v;
	return err;
}

const struct drop_row *drops_selected(struct drops_view *v)
{
	size_t row = ui_table_row(table(v));

	return row < v->n ? &v->rows[row] : NULL;
}

static void drops_draw(void *arg, struct canvas *c, struct canvas_area a)
{
	struct drops_view *v = arg;
	struct canvas_area below;

	drops_refresh(v);
	if (!v->n) {
		ui_draw_empty(v->ui, c, a, "drops");
		return;
	}
	below = pane_split(&a, v->n);
	ui_table_draw(table(v), c, a);
	if (!below.height || !drops_selected(v))
		return;
	pane_line(c, &below);
	drops_fill_pane(v, drops_selected(v));
	ui_page_draw(v->pane, c, below);
}

/* The cell's own where it says more than the row. */
static bool expression_of(struct drops_view *v, size_t column, struct text *t)
{
	const struct drop_row *r = drops_selected(v);
	struct drop_row pair;

	if (!r)
		return false;
	if (column == DROP_WHO && r->pair) {
		pair = *r;
		pair.top = r->pair;
		return drop_row_expression(&pair, DROP_BY_PAIR, t);
	}
	if (column == DROP_REASON)
		return drop_row_expression(r, DROP_BY_REASON, t);
	if (column == DROP_FUNCTION && *r->top->function)
		return drop_row_expression(r, DROP_BY_FUNCTION, t);
	if (column == DROP_INTERFACE)
		return drop_row_expression(r, DROP_BY_INTERFACE, t);
	return drop_row_expression(r, v->by, t);
}

static bool drops_cell(void *arg, struct text *t)
{
	struct drops_view *v = arg;

	return expression_of(v, ui_table_column(table(v)), t);
}

static void drill(struct drops_view *v)
{
	struct text t = {0};

	if (expression_of(v, DROP_WHAT, &t)) {
		text_char(&t, '\0');
		if (!t.err)
			ui_drill(v->ui, t.data);
	} else if (drops_selected(v)) {
		ui_say(v->ui, STYLE_WARN,
		       "These are many small ones put together: a filter tells them apart");
	}
	text_free(&t);
}

static void set_by(struct drops_view *v, enum drop_by by)
{
	size_t column;
	bool descending;

	v->by = by;
	ui_table_sorted(table(v), &column, &descending);
	v->sort = column;
	v->descending = descending;
	v->again = true;
	ui_changed(v->ui);
}

/* What the rows are ranked by. */
static const char *const sorts[] = {"packets desc", "rate desc", "bytes desc", "last desc"};
#define SORTS (sizeof(sorts) / sizeof(sorts[0]))

static void set_metric(struct drops_view *v, size_t metric)
{
	char *error = NULL;

	v->metric = metric;
	ui_table_command(table(v), "sort", sorts[metric], &error);
	free(error);
	ui_say(v->ui, STYLE_NORMAL, "Sorted by %.*s", (int)strcspn(sorts[metric], " "),
	       sorts[metric]);
}

static void set_window(struct drops_view *v, unsigned int seconds)
{
	v->window = seconds;
	v->again = true;
	ui_changed(v->ui);
}

static bool drops_act(void *arg, enum action a, int count)
{
	struct drops_view *v = arg;

	drops_refresh(v);
	if (a == ACT_OPEN) {
		drill(v);
		return true;
	}
	if (a == ACT_DIMENSION) {
		set_by(v, (v->by + 1) % DROP_BYS);
		return true;
	}
	if (a == ACT_METRIC) {
		set_metric(v, (v->metric + 1) % SORTS);
		return true;
	}
	if (a == ACT_WINDOW) {
		set_window(v, v->window == 1 ? 10 : v->window == 10 ? 60 : 1);
		return true;
	}
	return ui_table_act(table(v), a, count);
}

static bool drops_mouse(void *arg, const struct ui_mouse *m)
{
	struct drops_view *v = arg;

	drops_refresh(v);
	if (ui_table_mouse(table(v), m))
		return true;
	if (m->event == MOUSE_DOUBLE)
		drill(v);
	return m->event == MOUSE_DOUBLE;
}

static void drops_caption(void *arg, struct text *t)
{
	struct drops_view *v = arg;
	uint64_t lost, normal, left_out;

	drop_sums_totals(v->sums, &lost, &normal, &left_out);
	put_number(t, lost);
	text_str(t, " lost");
	if (normal) {
		text_str(t, ", ");
		put_number(t, normal);
		text_str(t, " of normal life");
	}
	text_str(t, ", by ");
	text_str(t, drop_by_name(v->by));
	text_str(t, ", ");
	text_u64(t, v->window);
	text_str(t, " s");
	if (left_out) {
		text_str(t, ", ");
		put_number(t, left_out);
		text_str(t, " in others");
	}
}

static bool drops_command(void *arg, const char *word, const char *rest, char **ret_error)
{
	struct drops_view *v = arg;
	unsigned int seconds;
	size_t metric;

	*ret_error = NULL;
	if (!strcmp(word, "window")) {
		if (sums_window(rest, &seconds, ret_error))
			set_window(v, seconds);
		return true;
	}
	if (!strcmp(word, "metric")) {
		metric = sums_metric(sorts, SORTS, rest, ret_error);
		if (metric < SORTS)
			set_metric(v, metric);
		return true;
	}
	if (strcmp(word, "by") != 0)
		return ui_table_command(table(v), word, rest, ret_error);
	for (int i = 0; i < DROP_BYS; i++) {
		if (strcmp(rest, drop_by_name(i)) != 0)
			continue;
		set_by(v, i);
		return true;
	}
	if (asprintf(
		    ret_error,
		    "\"%s\" is not one of reason, function, interface, node, pair, source, destination",
		    rest) < 0)
		*ret_error = NULL;
	return true;
}

static int drops_export(void *arg, const char *format, struct text *t)
{
	struct drops_view *v = arg;

	return ui_table_export(table(v), format, t);
}

static const char *const formats[] = {"json", "csv", NULL};
static const char *const commands[] = {
	"by reason",	  "by function", "by interface", "by node", "by pair", "by source",
	"by destination", "metric",	 "window",	 "sort",    "columns", NULL,
};

const struct view view_drops = {
	.name = "Drops",
	.open = drops_open,
	.close = drops_close,
	.draw = drops_draw,
	.act = drops_act,
	.mouse = drops_mouse,
	.cell = drops_cell,
	.formats = formats,
	.export = drops_export,
	.caption = drops_caption,
	.command = drops_command,
	.commands = commands,
};
