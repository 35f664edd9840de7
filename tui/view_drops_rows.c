// SPDX-License-Identifier: MIT
/* The table of the Drops view: its columns, its rows in their order, its cells. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tui/sums_text.h"
#include "tui/view_drops_own.h"

#define REGROUP_PART 30 /* of the time at most this part is spent on making rows */

static const struct ui_column columns[DROP_COLUMNS] = {
	[DROP_WHAT] = {"what", "", 16, 14, .stretch = true, .sortable = true,
		       .help = "what the row is about"},
	[DROP_FUNCTION] = {"function", "FUNCTION", 14, 12, .sortable = true,
			   .help = "function of the kernel that dropped"},
	[DROP_PACKETS] = {"packets", "PACKETS", 8, 7, .right = true, .sortable = true,
			  .descending = true, .help = "packets dropped; of listeners: requests"},
	[DROP_SHARE] = {"share", "SHARE", 6, 6, .right = true, .sortable = true, .descending = true,
			.help = "part of all packets lost"},
	[DROP_RATE] = {"rate", "/S", 6, 5, .right = true, .sortable = true, .descending = true,
		       .help = "packets a second, of the window (w)"},
	[DROP_LAST] = {"last", "LAST", 7, 6, .right = true, .sortable = true, .descending = true,
		       .help = "how long ago the last one was"},
	[DROP_REASON] = {"reason", "REASON", 16, 14, .sortable = true,
			 .help = "the most frequent reason"},
	[DROP_WHO] = {"who", "WHO", 26, 18, .stretch = true, .sortable = true,
		      .help = "the pair of ends with the most of them, and how many more"},
	[DROP_BYTES] = {"bytes", "BYTES", 10, 9, .right = true, .sortable = true,
			.descending = true, .help = "bytes dropped, as far as they are known"},
	[DROP_INTERFACE] = {"interface", "INTERFACE", 12, 9, .sortable = true,
			    .help = "interface of the packet, and how many more"},
	[DROP_NODE] = {"node", "NODE", 14, 8, .hidden = true, .sortable = true,
		       .help = "node where it was dropped"},
	[DROP_FIRST] = {"first", "FIRST", 8, 8, .right = true, .hidden = true, .sortable = true,
			.help = "when the first one was"},
	[DROP_MEANING] = {"meaning", "MEANING", 60, 30, .stretch = true, .help = "what it means"},
};

static const char *const titles[DROP_BYS] = {
	[DROP_BY_REASON] = "REASON",	       [DROP_BY_FUNCTION] = "FUNCTION",
	[DROP_BY_INTERFACE] = "INTERFACE",     [DROP_BY_NODE] = "NODE",
	[DROP_BY_PAIR] = "FROM -> TO",	       [DROP_BY_SOURCE] = "SOURCE",
	[DROP_BY_DESTINATION] = "DESTINATION",
};

/* ---------------------------------------------------------------------- rows */

static int compare_text(const char *a, const char *b)
{
	return strcmp(a, b);
}

static int compare_number(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

static int compare_cells(const struct drop_row *a, const struct drop_row *b, size_t column)
{
	switch (column) {
	case DROP_FUNCTION:
		return compare_text(a->top->function, b->top->function);
	case DROP_REASON:
		return compare_text(a->top->reason, b->top->reason);
	case DROP_WHO:
		return compare_text(a->pair->source_work, b->pair->source_work);
	case DROP_INTERFACE:
		return compare_text(a->top->interface, b->top->interface);
	case DROP_NODE:
		return compare_text(a->top->node, b->top->node);
	case DROP_BYTES:
		return compare_number(a->bytes, b->bytes);
	case DROP_RATE:
		return a->rate < b->rate ? -1 : a->rate > b->rate;
	case DROP_LAST: /* the newest is "largest": it is what is looked for */
		return compare_number(a->last_ns, b->last_ns);
	case DROP_FIRST:
		return compare_number(a->first_ns, b->first_ns);
	default:
		return compare_number(a->packets, b->packets);
	}
}

static int compare_what(const struct drop_row *a, const struct drop_row *b, enum drop_by by)
{
	static const size_t column[DROP_BYS] = {
		[DROP_BY_REASON] = DROP_REASON,
		[DROP_BY_FUNCTION] = DROP_FUNCTION,
		[DROP_BY_INTERFACE] = DROP_INTERFACE,
		[DROP_BY_NODE] = DROP_NODE,
		[DROP_BY_PAIR] = DROP_WHO,
		[DROP_BY_SOURCE] = DROP_WHO,
	};

	if (by == DROP_BY_DESTINATION)
		return compare_text(a->top->destination_work, b->top->destination_work);
	return compare_cells(a, b, column[by]);
}

/* Losses stay in front, whatever the order. */
static int compare_rows(const void *x, const void *y, void *arg)
{
	const struct drop_row *a = x, *b = y;
	const struct drops_view *v = arg;
	int c;

	if (a->top->normal != b->top->normal)
		return a->top->normal - b->top->normal;
	c = v->sort == DROP_WHAT ? compare_what(a, b, v->by) : compare_cells(a, b, v->sort);
	if (v->descending)
		c = -c;
	if (!c)
		c = compare_what(a, b, v->by);
	return c ? c : compare_number(a->key, b->key);
}

static uint64_t monotonic_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

static void regroup(struct drops_view *v)
{
	uint64_t begin = monotonic_ns();

	v->n = drop_sums_rows(v->sums, v->by, v->now_ns, v->window, &v->rows);
	if (v->sort != SIZE_MAX)
		qsort_r(v->rows, v->n, sizeof(*v->rows), compare_rows, v);
	v->version = drop_sums_version(v->sums);
	v->epoch = drop_sums_epoch(v->sums);
	v->grouped_ns = monotonic_ns();
	v->took_ns = v->grouped_ns - begin;
	v->again = false;
}

/* Many rows are made not at every frame, but at once where those before are gone. */
void drops_refresh(struct drops_view *v)
{
	uint64_t now = store_now_ns(ui_store(v->ui));
	bool old = v->version != drop_sums_version(v->sums) ||
		   now / 1000000000 != v->now_ns / 1000000000;

	if (v->again || v->epoch != drop_sums_epoch(v->sums) ||
	    (old && monotonic_ns() - v->grouped_ns >= v->took_ns * REGROUP_PART)) {
		v->now_ns = now;
		regroup(v);
	} else if (old) {
		ui_changed(v->ui);
	}
}

static size_t row_count(void *arg)
{
	struct drops_view *v = arg;

	drops_refresh(v);
	return v->n;
}

static uint64_t row_key(void *arg, size_t row)
{
	struct drops_view *v = arg;

	return row < v->n ? v->rows[row].key : 0;
}

static size_t row_find(void *arg, uint64_t key, size_t near)
{
	struct drops_view *v = arg;

	if (near < v->n && v->rows[near].key == key)
		return near;
	for (size_t i = 0; i < v->n; i++)
		if (v->rows[i].key == key)
			return i;
	return SIZE_MAX;
}

static void row_sort(void *arg, size_t column, bool descending)
{
	struct drops_view *v = arg;

	v->sort = column;
	v->descending = descending;
	v->again = true;
}

/* --------------------------------------------------------------------- cells */

static void put_what(struct text *t, const struct drop_row *r, enum drop_by by)
{
	const struct drop_sum *s = r->top;

	if (s->others)
		text_str(t, "others");
	else if (by == DROP_BY_PAIR)
		put_pair(t, s->source_work, s->source_port, s->destination_work,
			 s->destination_port);
	else if (by == DROP_BY_SOURCE)
		text_str(t, s->source_work);
	else if (by == DROP_BY_DESTINATION)
		text_str(t, s->destination_work);
	else if (by == DROP_BY_REASON)
		text_str(t, s->reason);
	else if (by == DROP_BY_FUNCTION)
		text_str(t, *s->function ? s->function : "(not known)");
	else if (by == DROP_BY_INTERFACE)
		text_str(t, *s->interface ? s->interface : "(none)");
	else
		text_str(t, *s->node ? s->node : "(this one)");
	if (s->normal && by != DROP_BY_REASON)
		text_str(t, " (normal life)");
}

static void put_meaning(struct text *t, const struct drop_row *r)
{
	if (!r->top->others)
		drop_meaning(t, &(struct drop_case){r->top->reason, r->top->function, NULL});
}

static void put_cell(const struct drops_view *v, const struct drop_row *r, size_t column,
		     struct text *t)
{
	const struct drop_sum *s = r->top;

	switch (column) {
	case DROP_WHAT:
		put_what(t, r, v->by);
		break;
	case DROP_FUNCTION:
		text_str(t, s->function);
		break;
	case DROP_PACKETS:
		put_number(t, r->packets);
		break;
	case DROP_SHARE:
		put_share(t, r->share);
		break;
	case DROP_RATE:
		put_rate(t, r->rate);
		break;
	case DROP_LAST:
		put_ago(t, v->now_ns, r->last_ns);
		break;
	case DROP_REASON:
		text_str(t, s->reason);
		put_more(t, r->reasons);
		break;
	case DROP_WHO:
		put_pair(t, r->pair->source_work, r->pair->source_port, r->pair->destination_work,
			 r->pair->destination_port);
		put_more(t, r->pairs);
		break;
	case DROP_BYTES:
		if (r->bytes)
			text_bytes(t, r->bytes);
		break;
	case DROP_INTERFACE:
		text_str(t, s->interface);
		put_more(t, r->places);
		break;
	case DROP_NODE:
		text_str(t, s->node);
		break;
	case DROP_FIRST:
		put_clock(t, r->first_ns);
		break;
	default:
		put_meaning(t, r);
	}
}

static void row_cell(void *arg, size_t row, size_t column, struct text *t, enum style *style)
{
	struct drops_view *v = arg;
	const struct drop_row *r;

	if (row >= v->n)
		return;
	r = &v->rows[row];
	put_cell(v, r, column, t);
	if (r->top->normal)
		*style = STYLE_DIM;
	else if (column == DROP_WHAT || column == DROP_REASON)
		*style =
			v->by == DROP_BY_REASON || column == DROP_REASON ? STYLE_BAD : STYLE_STRONG;
	else if (column == DROP_RATE && r->rate > 0)
		*style = STYLE_WARN;
	else if (column == DROP_FUNCTION || column == DROP_MEANING || column == DROP_BYTES)
		*style = STYLE_DIM;
}

/* Columns that say again what the row is about are not there. */
int drops_make_table(struct drops_view *v, enum drop_by by)
{
	static const size_t same[DROP_BYS] = {
		[DROP_BY_REASON] = DROP_REASON,
		[DROP_BY_FUNCTION] = DROP_FUNCTION,
		[DROP_BY_INTERFACE] = DROP_INTERFACE,
		[DROP_BY_NODE] = DROP_NODE,
		[DROP_BY_PAIR] = DROP_WHO,
		[DROP_BY_SOURCE] = DROP_COLUMNS,
		[DROP_BY_DESTINATION] = DROP_COLUMNS,
	};
	const struct ui_table_rows rows = {.arg = v,
					   .count = row_count,
					   .key = row_key,
					   .find = row_find,
					   .cell = row_cell,
					   .sort = row_sort};
	struct ui_column *c = v->columns[by];

	memcpy(c, columns, sizeof(columns));
	c[DROP_WHAT].title = titles[by];
	if (same[by] < DROP_COLUMNS)
		c[same[by]].hidden = true;
	if (by == DROP_BY_PAIR) { /* two names and a port at 80 columns */
		c[DROP_WHAT].width = 40;
		c[DROP_SHARE].hidden = true;
	}
	if (by != DROP_BY_REASON)
		c[DROP_FUNCTION].hidden = c[DROP_MEANING].hidden = true;
	v->tables[by] = ui_table_new(v->ui, c, DROP_COLUMNS, &rows);
	return v->tables[by] ? 0 : -ENOMEM;
}
