// SPDX-License-Identifier: MIT
/* The map's links as a table: for whoever wants them sorted, or hears the screen read. */
#include <stdlib.h>
#include <string.h>

#include "tui/table.h"
#include "tui/view_map_own.h"

enum column {
	COL_FROM,
	COL_TO,
	COL_PORT,
	COL_RATE,
	COL_CALLS,
	COL_P50,
	COL_P99,
	COL_RTT,
	COL_ERRORS,
	COL_DROPS,
	COL_AGAIN,
	COL_LAST,
	COL_REASON,
	COLUMNS,
};

static const struct ui_column columns[COLUMNS] = {
	[COL_FROM] = {.name = "from",
		      .title = "FROM",
		      .width = 24,
		      .min = 14,
		      .stretch = true,
		      .sortable = true,
		      .help = "who calls"},
	[COL_TO] = {.name = "to",
		    .title = "TO",
		    .width = 24,
		    .min = 14,
		    .stretch = true,
		    .sortable = true,
		    .help = "who is called"},
	[COL_PORT] = {.name = "port",
		      .title = "PORT",
		      .width = 20,
		      .min = 10,
		      .sortable = true,
		      .help = "protocol, port and application"},
	[COL_RATE] = {.name = "rate",
		      .title = "BYTES/S",
		      .width = 12,
		      .min = 10,
		      .right = true,
		      .sortable = true,
		      .descending = true,
		      .help = "bytes a second, both ways"},
	[COL_CALLS] = {.name = "calls",
		       .title = "CALLS/S",
		       .width = 8,
		       .min = 7,
		       .right = true,
		       .sortable = true,
		       .descending = true,
		       .help = "requests a second, else connections"},
	[COL_P50] = {.name = "p50",
		     .title = "P50",
		     .width = 8,
		     .min = 7,
		     .right = true,
		     .sortable = true,
		     .descending = true,
		     .help = "half of the answers took no longer"},
	[COL_P99] = {.name = "p99",
		     .title = "P99",
		     .width = 8,
		     .min = 7,
		     .right = true,
		     .sortable = true,
		     .descending = true,
		     .help = "99 of 100 answers took no longer"},
	[COL_RTT] = {.name = "rtt",
		     .title = "RTT",
		     .width = 8,
		     .min = 7,
		     .right = true,
		     .sortable = true,
		     .descending = true,
		     .help = "round trip, the median"},
	[COL_ERRORS] = {.name = "errors",
			.title = "ERRORS",
			.width = 7,
			.min = 6,
			.right = true,
			.sortable = true,
			.descending = true,
			.help = "calls that failed"},
	[COL_DROPS] = {.name = "drops",
		       .title = "DROPS",
		       .width = 7,
		       .min = 6,
		       .right = true,
		       .sortable = true,
		       .descending = true,
		       .help = "packets dropped"},
	[COL_AGAIN] = {.name = "retransmits",
		       .title = "RETRANS",
		       .width = 8,
		       .min = 7,
		       .right = true,
		       .hidden = true,
		       .sortable = true,
		       .descending = true,
		       .help = "TCP segments sent again"},
	[COL_LAST] = {.name = "last",
		      .title = "LAST SEEN",
		      .width = 14,
		      .min = 9,
		      .right = true,
		      .hidden = true,
		      .sortable = true,
		      .descending = true,
		      .help = "its last flow"},
	[COL_REASON] = {.name = "reason",
			.title = "REASON",
			.width = 28,
			.min = 10,
			.sortable = true,
			.help = "why most of its drops were dropped"},
};

/* ---------------------------------------------------------------------- sorting */

static int by_number(double a, double b)
{
	return (a > b) - (a < b);
}

static double calls(const struct map_edge *e)
{
	return e->requests ? e->requests_rate : e->connections_rate;
}

static int by_name(const struct map_node *a, const struct map_node *b)
{
	int c = strcmp(a->namespace_name, b->namespace_name);

	return c ? c : strcmp(a->name, b->name);
}

static int compare_by(const struct map_snapshot *s, const struct map_edge *a,
		      const struct map_edge *b, size_t column)
{
	switch (column) {
	case COL_FROM:
		return by_name(&s->nodes[a->from], &s->nodes[b->from]);
	case COL_TO:
		return by_name(&s->nodes[a->to], &s->nodes[b->to]);
	case COL_PORT:
		return by_number(a->port, b->port);
	case COL_RATE:
		return by_number(a->bytes_rate, b->bytes_rate);
	case COL_CALLS:
		return by_number(calls(a), calls(b));
	case COL_P50:
		return by_number(a->latency_p50_ns, b->latency_p50_ns);
	case COL_P99:
		return by_number(a->latency_p99_ns, b->latency_p99_ns);
	case COL_RTT:
		return by_number(a->rtt_p50_ns, b->rtt_p50_ns);
	case COL_ERRORS:
		return by_number(a->errors, b->errors);
	case COL_DROPS:
		return by_number(a->drops, b->drops);
	case COL_AGAIN:
		return by_number(a->retransmits, b->retransmits);
	case COL_LAST:
		return by_number(a->last_ns, b->last_ns);
	case COL_REASON:
		return strcmp(a->drop_reason, b->drop_reason);
	}
	return 0;
}

static int compare(const void *x, const void *y, void *arg)
{
	const struct map_view *v = arg;
	uint32_t a = *(const uint32_t *)x, b = *(const uint32_t *)y;
	int c = compare_by(&v->shown, &v->shown.edges[a], &v->shown.edges[b], v->sort_column);

	if (v->sort_descending)
		c = -c;
	return c ? c : (a > b) - (a < b); /* as the snapshot has them */
}

void map_view_list_fill(struct map_view *v)
{
	uint32_t *rows;

	if (v->listed == v->taken_at && v->listed)
		return;
	rows = realloc(v->rows, (v->shown.n_edges + 1) * sizeof(*rows));
	if (!rows)
		return;
	v->rows = rows;
	v->n_rows = v->shown.n_edges;
	for (size_t i = 0; i < v->n_rows; i++)
		rows[i] = (uint32_t)i;
	if (v->sort_column < COLUMNS)
		qsort_r(rows, v->n_rows, sizeof(*rows), compare, v);
	v->listed = v->taken_at;
}

/* The table asks whenever it likes, and `shown` may have become another one since it was drawn. */
static const struct map_edge *edge_of(struct map_view *v, size_t row)
{
	map_view_list_fill(v);
	return row < v->n_rows ? &v->shown.edges[v->rows[row]] : NULL;
}

/* -------------------------------------------------------------------- the rows */

static size_t rows_count(void *arg)
{
	struct map_view *v = arg;

	map_view_list_fill(v);
	return v->n_rows;
}

static uint64_t rows_key(void *arg, size_t row)
{
	const struct map_edge *e = edge_of(arg, row);

	return e ? e->key : 0;
}

static size_t rows_find(void *arg, uint64_t key, size_t near)
{
	struct map_view *v = arg;

	if (rows_key(v, near) == key)
		return near;
	for (size_t i = 0; i < v->n_rows; i++)
		if (rows_key(v, i) == key)
			return i;
	return SIZE_MAX;
}

static void number(struct text *t, uint64_t n)
{
	if (n)
		map_count_text(t, n);
	else
		text_char(t, '-');
}

static void duration(struct text *t, uint64_t ns)
{
	if (ns)
		text_us(t, ns / 1000);
	else
		text_char(t, '-');
}

static void figures(const struct map_view *v, const struct map_edge *e, size_t column,
		    struct text *t, enum style *style)
{
	switch (column) {
	case COL_RATE:
		map_edge_rate_text(t, e);
		break;
	case COL_CALLS:
		map_rate_text(t, calls(e), "");
		t->len -= t->len > 3 ? 3 : 0; /* " /s" is in the title */
		break;
	case COL_P50:
		duration(t, e->latency_p50_ns);
		break;
	case COL_P99:
		duration(t, e->latency_p99_ns);
		break;
	case COL_RTT:
		duration(t, e->rtt_p50_ns);
		break;
	case COL_ERRORS:
		number(t, e->errors);
		*style = e->errors ? STYLE_BAD : STYLE_DIM;
		break;
	case COL_DROPS:
		number(t, e->drops);
		*style = e->drops ? STYLE_BAD : STYLE_DIM;
		break;
	case COL_AGAIN:
		number(t, e->retransmits);
		*style = e->retransmits ? STYLE_WARN : STYLE_DIM;
		break;
	case COL_LAST:
		map_ago_text(t, v->shown.now_ns, e->last_ns);
		*style = STYLE_DIM;
		break;
	}
}

static void rows_cell(void *arg, size_t row, size_t column, struct text *t, enum style *style)
{
	struct map_view *v = arg;
	const struct map_edge *e = edge_of(v, row);

	if (!e)
		return;
	*style = STYLE_NORMAL;
	if (column == COL_FROM || column == COL_TO) {
		map_node_text(t, &v->shown.nodes[column == COL_FROM ? e->from : e->to]);
		*style = map_edge_is_bad(e) ? STYLE_BAD : STYLE_STRONG;
	} else if (column == COL_PORT) {
		map_edge_text(t, e);
		*style = STYLE_INFO;
	} else if (column == COL_REASON) {
		text_escape(t, e->drop_reason, 128);
		*style = STYLE_BAD;
	} else {
		figures(v, e, column, t, style);
	}
}

static void rows_sort(void *arg, size_t column, bool descending)
{
	struct map_view *v = arg;

	v->sort_column = column;
	v->sort_descending = descending;
	v->listed = 0;
	map_view_list_fill(v);
}

/* ----------------------------------------------------------------- as a view has it */

struct ui_table *map_view_table_new(struct map_view *v)
{
	const struct ui_table_rows rows = {
		.arg = v,
		.count = rows_count,
		.key = rows_key,
		.find = rows_find,
		.cell = rows_cell,
		.sort = rows_sort,
	};

	v->sort_column = SIZE_MAX;
	return ui_table_new(v->ui, columns, COLUMNS, &rows);
}

void map_view_list_draw(struct map_view *v, struct canvas *c, struct canvas_area area)
{
	map_view_list_fill(v);
	ui_table_draw(v->table, c, area);
}

/* The table's row is what is selected on the map, too. */
bool map_view_list_act(struct map_view *v, enum action a, int count)
{
	bool was = ui_table_act(v->table, a, count);
	const struct map_edge *e;

	e = edge_of(v, ui_table_row(v->table));
	if (e) {
		v->node = 0;
		v->link_from = v->shown.nodes[e->from].key;
		v->link_to = v->shown.nodes[e->to].key;
	}
	if (!was && a == ACT_BACK) {
		v->list = false;
		ui_changed(v->ui);
		return true;
	}
	return was;
}
