// SPDX-License-Identifier: MIT
#include "tui/top_table.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "tui/top_internal.h"
#include "tui/ui.h"

#define NS_PER_SEC 1000000000ull
#define REPLAY_NS (NS_PER_SEC / 5) /* while flows are read again the order is made so often */

const unsigned int top_windows[] = {1, 10, 60, 0};
const char *const top_table_formats[] = {"json", "csv", NULL};
const char *const top_table_commands[] = {"sort", "columns", "by", "metric", "window", NULL};

static struct ui_table *table(const struct top_table *t)
{
	return t->each[t->at].table;
}

/* ------------------------------------------------------------------------ the order */

static _Thread_local const struct top_table *ordering;

static int by_column(const void *a, const void *b)
{
	const struct top_table *t = ordering;
	const struct top_row *x = &t->snapshot.rows[*(const uint32_t *)a];
	const struct top_row *y = &t->snapshot.rows[*(const uint32_t *)b];
	int order;

	if (x->others != y->others) /* is no row to compare with */
		return x->others ? 1 : -1;
	order = top_compare(t, t->each[t->at].sorted, x, y);
	if (t->each[t->at].descending)
		order = -order;
	if (order)
		return order;
	return *(const uint32_t *)a < *(const uint32_t *)b ? -1 : 1;
}

static void make_order(struct top_table *t)
{
	size_t n = t->snapshot.n;

	if (n > t->n_order) {
		uint32_t *order = reallocarray(t->order, n, sizeof(*order));

		if (!order) {
			t->snapshot.n = 0;
			return;
		}
		t->order = order;
		t->n_order = n;
	}
	for (size_t i = 0; i < n; i++)
		t->order[i] = (uint32_t)i;
	/* by the metric they come */
	if (!n || (t->each[t->at].sorted == TOP_COL_VALUE && t->each[t->at].descending))
		return;
	ordering = t;
	qsort(t->order, n, sizeof(*t->order), by_column);
}

struct top_query top_query_of(const struct top_table *t)
{
	return (struct top_query){
		.dimension = t->kind->by[t->at].dimension,
		.metric = t->metric,
		.seconds = top_windows[t->window],
		.now_ns = t->now_ns,
		.peers = t->kind->processes,
	};
}

static void make(struct top_table *t)
{
	struct top_query q;

	t->now_ns = store_now_ns(ui_store(t->ui));
	q = top_query_of(t);
	t->due = t->touched = false;
	t->made_ns = uv_hrtime();
	if (top_snapshot(t->top, &q, &t->snapshot))
		ui_say(t->ui, STYLE_BAD, "no memory for the rows");
	make_order(t);
}

/*
 * Once a second while time goes on, so that rows do not jump while somebody reads. While it
 * stands still there is nothing to wait for, but for the end of reading again.
 */
static void refresh(struct top_table *t)
{
	const struct store *store = ui_store(t->ui);
	uint64_t since = uv_hrtime() - t->made_ns;
	struct store_stats stats;

	if (t->due || since >= NS_PER_SEC) {
		make(t);
		return;
	}
	if (!t->touched)
		return;
	store_stats(store, &stats);
	if (!t->snapshot.n ||
	    (store_time(store) == STORE_PAUSED && (!stats.behind || since >= REPLAY_NS)))
		make(t);
}

static void again(struct top_table *t)
{
	t->due = true;
	ui_changed(t->ui);
}

void top_table_touch(struct top_table *t)
{
	t->touched = true;
}

void top_table_shown(struct top_table *t)
{
	again(t);
}

/* ----------------------------------------------------------------------------- rows */

static const struct top_row *row_at(const struct top_table *t, size_t row)
{
	return row < t->snapshot.n ? &t->snapshot.rows[t->order[row]] : NULL;
}

/* A key may come before what the one in front of it asked for was drawn. */
static size_t row_count(void *arg)
{
	struct top_table *t = arg;

	if (t->due)
		make(t);
	return t->snapshot.n;
}

static uint64_t row_key(void *arg, size_t row)
{
	const struct top_row *r = row_at(arg, row);

	return r ? r->key : 0;
}

static size_t row_find(void *arg, uint64_t key, size_t near)
{
	const struct top_table *t = arg;

	if (near < t->snapshot.n && row_at(t, near)->key == key)
		return near;
	for (size_t i = 0; i < t->snapshot.n; i++)
		if (row_at(t, i)->key == key)
			return i;
	return SIZE_MAX;
}

static void row_cell(void *arg, size_t row, size_t column, struct text *text, enum style *style)
{
	struct top_table *t = arg;
	const struct top_row *r = row_at(t, row);

	if (r && column < t->each[t->at].n)
		top_cell(t, r, t->each[t->at].ids[column], text, style);
}

static void row_sort(void *arg, size_t column, bool descending)
{
	struct top_table *t = arg;

	/* as they come: by the metric */
	t->each[t->at].sorted =
		column < t->each[t->at].n ? t->each[t->at].ids[column] : TOP_COL_VALUE;
	t->each[t->at].descending = column < t->each[t->at].n ? descending : true;
	again(t);
}

/* --------------------------------------------------------------------------- object */

int top_table_new(struct ui *ui, struct top *top, const struct top_table_kind *kind,
		  struct top_table **ret)
{
	struct top_table *t = calloc(1, sizeof(*t));
	struct ui_table_rows rows = {.arg = t,
				     .count = row_count,
				     .key = row_key,
				     .find = row_find,
				     .cell = row_cell,
				     .sort = row_sort};

	if (!t)
		return -ENOMEM;
	t->ui = ui;
	t->top = top;
	t->kind = kind;
	t->window = 1;
	t->due = true;
	if (ui_config(ui)->from == UI_FROM_KERNEL)
		t->users = users_new();
	for (size_t i = 0; i < kind->n; i++) {
		top_columns_make(t, i);
		t->each[i].table = ui_table_new(ui, t->each[i].columns, t->each[i].n, &rows);
		if (!t->each[i].table) {
			top_table_free(t);
			return -ENOMEM;
		}
	}
	*ret = t;
	return 0;
}

void top_table_free(struct top_table *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->kind->n; i++)
		ui_table_free(t->each[i].table);
	top_snapshot_free(&t->snapshot);
	users_free(t->users);
	free(t->order);
	free(t);
}

struct top *top_table_model(const struct top_table *t)
{
	return t->top;
}

/* -------------------------------------------------------------------------- drawing */

void top_table_draw(struct top_table *t, struct canvas *c, struct canvas_area area)
{
	t->ascii = c->ascii;
	refresh(t);
	top_columns_fit(t, area.width);
	t->top_lines = area.height > 6 ? 2 : 0;
	if (t->top_lines)
		top_header(t, c, (struct canvas_area){area.x, area.y, area.width, t->top_lines});
	area.y += t->top_lines;
	area.height -= t->top_lines;
	if (t->snapshot.n) {
		ui_table_draw(table(t), c, area);
		return;
	}
	ui_draw_empty(t->ui, c, area, t->kind->empty);
}

/* ----------------------------------------------------------------------------- keys */

static void step(struct top_table *t, size_t *what, size_t n)
{
	*what = (*what + 1) % n;
	again(t);
}

/* Connections have begun once: that is no order. */
static bool metric_fits(const struct top_table *t)
{
	return t->metric != TOP_BEGUN || t->kind->by[t->at].dimension != TOP_CONNECTIONS;
}

static void by_metric(struct top_table *t)
{
	t->each[t->at].sorted = TOP_COL_VALUE;
	t->each[t->at].descending = true;
	again(t);
}

static void next_metric(struct top_table *t)
{
	do
		t->metric = (t->metric + 1) % TOP_METRICS;
	while (!metric_fits(t));
	by_metric(t);
}

static void set_dimension(struct top_table *t, size_t at)
{
	t->at = at;
	if (!metric_fits(t))
		t->metric = TOP_BYTES;
	again(t);
}

bool top_table_act(struct top_table *t, enum action a, int count)
{
	switch (a) {
	case ACT_DIMENSION:
		set_dimension(t, (t->at + 1) % t->kind->n);
		return true;
	case ACT_METRIC:
		next_metric(t);
		return true;
	case ACT_WINDOW:
		step(t, &t->window, TOP_WINDOWS);
		return true;
	case ACT_FLOWS:
		top_table_drill(t);
		return true;
	default:
		return ui_table_act(table(t), a, count);
	}
}

bool top_table_mouse(struct top_table *t, const struct ui_mouse *m, bool *ret_open)
{
	struct ui_mouse within = *m;

	*ret_open = false;
	within.y -= t->top_lines;
	if (m->event == MOUSE_CLICK && m->y == 0 && t->top_lines) {
		for (size_t i = 0; i < t->kind->n; i++)
			if (m->x >= t->tabs[i].x && m->x < t->tabs[i].x + t->tabs[i].width)
				set_dimension(t, i);
		return true;
	}
	if (ui_table_mouse(table(t), &within))
		return true;
	*ret_open = m->event == MOUSE_DOUBLE && within.y > 0;
	return *ret_open;
}

/* ------------------------------------------------------------------------ selection */

const struct top_row *top_table_row(struct top_table *t, enum top_dimension *ret_dimension)
{
	size_t row = ui_table_row(table(t));

	*ret_dimension = t->kind->by[t->at].dimension;
	return row == SIZE_MAX ? NULL : row_at(t, row);
}

static bool expression_of(struct top_table *t, const struct top_row *r, struct text *out)
{
	if (r->others) {
		ui_say(t->ui, STYLE_WARN, "no filter says \"others\": these are %llu small rows",
		       (unsigned long long)t->snapshot.put_together);
		return false;
	}
	if (top_expression(t->top, t->kind->by[t->at].dimension, r->key, out))
		return true;
	ui_say(t->ui, STYLE_WARN, "this row has no room any more: it is part of \"others\"");
	return false;
}

void top_table_drill(struct top_table *t)
{
	enum top_dimension d;
	const struct top_row *r = top_table_row(t, &d);
	struct text e = {0};

	if (r && expression_of(t, r, &e)) {
		text_char(&e, '\0');
		if (!e.err)
			ui_drill(t->ui, e.data);
	}
	text_free(&e);
}

/* An end by itself, a row's drops, or the row. */
bool top_table_cell(struct top_table *t, struct text *ret)
{
	enum top_dimension d;
	const struct top_row *r = top_table_row(t, &d);
	enum top_column id = t->each[t->at].ids[ui_table_column(table(t))];
	bool drops = id == TOP_COL_DROPS && r && r->total.drops > 0;

	if (!r)
		return false;
	if (id <= TOP_COL_PEER && !r->others &&
	    top_end_expression(t->top, d, r->key, id == TOP_COL_PEER, ret))
		return true;
	if (id == TOP_COL_PORTS && r->ports[0]) {
		text_str(ret, "any.port == ");
		text_u64(ret, r->ports[0]);
		return true;
	}
	if (drops)
		text_str(ret, "verdict == DROPPED && (");
	if (!expression_of(t, r, ret))
		return false;
	if (drops)
		text_char(ret, ')');
	return true;
}

/* ------------------------------------------------------------------------- commands */

static bool wrong(char **ret_error, const char *what, const char *given, const char *wanted)
{
	if (asprintf(ret_error, "\"%.40s\" is no %s: %s", given, what, wanted) < 0)
		*ret_error = NULL;
	return true;
}

static bool set_by(struct top_table *t, const char *rest, char **ret_error)
{
	for (size_t i = 0; i < t->kind->n; i++)
		if (!strcmp(rest, top_dimension_name(t->kind->by[i].dimension))) {
			set_dimension(t, i);
			return true;
		}
	return wrong(ret_error, "way to sum up here", rest,
		     t->kind->processes ? "processes, containers, units"
					: "connections, endpoints, pairs, namespaces, processes");
}

static bool set_metric(struct top_table *t, const char *rest, char **ret_error)
{
	enum top_metric before = t->metric;

	for (enum top_metric m = 0; m < TOP_METRICS; m++) {
		t->metric = m;
		if (!strcmp(rest, top_metric_name(m)) && metric_fits(t)) {
			by_metric(t);
			return true;
		}
	}
	t->metric = before;
	return wrong(ret_error, "metric here", rest,
		     "bytes, packets, connections, drops, retransmits, rtt, latency");
}

static bool set_window(struct top_table *t, const char *rest, char **ret_error)
{
	static const char *const words[TOP_WINDOWS][2] = {
		{"1", "1s"}, {"10", "10s"}, {"60", "60s"}, {"all", "all"}};

	for (size_t i = 0; i < TOP_WINDOWS; i++)
		if (!strcmp(rest, words[i][0]) || !strcmp(rest, words[i][1])) {
			t->window = i;
			again(t);
			return true;
		}
	return wrong(ret_error, "window", rest, "1, 10, 60 (seconds), all");
}

bool top_table_command(struct top_table *t, const char *word, const char *rest, char **ret_error)
{
	*ret_error = NULL;
	if (!strcmp(word, "by"))
		return set_by(t, rest, ret_error);
	if (!strcmp(word, "metric"))
		return set_metric(t, rest, ret_error);
	if (!strcmp(word, "window"))
		return set_window(t, rest, ret_error);
	return ui_table_command(table(t), word, rest, ret_error);
}

int top_table_export(struct top_table *t, const char *format, struct text *out)
{
	int err;

	refresh(t);
	t->exporting = true;
	err = ui_table_export(table(t), format, out);
	t->exporting = false;
	return err;
}
