// SPDX-License-Identifier: MIT
/*
 * What dies, where and why: drops by reason, place or end, losses first and what is part
 * of normal life behind them. Below: what the selected row means and what to look at next.
 */
#include <string.h>

#include "tui/clock.h"
#include "tui/sums_text.h"
#include "tui/view_drops_own.h"
#include "tui/views.h"

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

static int compare_cells(const struct drop_row *a, const struct drop_row *b, size_t column)
{
	switch (column) {
	case DROP_FUNCTION:
		return strcmp(a->top->function, b->top->function);
	case DROP_REASON:
		return strcmp(a->top->reason, b->top->reason);
	case DROP_WHO:
		return strcmp(a->pair->source.work, b->pair->source.work);
	case DROP_INTERFACE:
		return strcmp(a->top->interface, b->top->interface);
	case DROP_NODE:
		return strcmp(a->top->node, b->top->node);
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
		return strcmp(a->top->destination.work, b->top->destination.work);
	return compare_cells(a, b, column[by]);
}

/* Losses stay in front, whatever the order. */
static int compare_rows(const struct sums_view *v, const void *x, const void *y)
{
	const struct drop_row *a = x, *b = y;
	int c;

	if (a->top->normal != b->top->normal)
		return a->top->normal - b->top->normal;
	c = v->sort == DROP_WHAT ? compare_what(a, b, v->by) : compare_cells(a, b, v->sort);
	if (v->descending)
		c = -c;
	return c ? c : compare_what(a, b, v->by);
}

/* --------------------------------------------------------------------- cells */

static void put_what(struct text *t, const struct drop_row *r, enum drop_by by)
{
	const struct drop_sum *s = r->top;

	if (s->others)
		text_str(t, "others");
	else if (by == DROP_BY_PAIR)
		put_pair(t, s->source.work, s->source.port, s->destination.work,
			 s->destination.port);
	else if (by == DROP_BY_SOURCE)
		text_str(t, s->source.work);
	else if (by == DROP_BY_DESTINATION)
		text_str(t, s->destination.work);
	else if (by == DROP_BY_REASON)
		text_str(t, s->reason);
	else if (by == DROP_BY_FUNCTION)
		text_str(t, *s->function ? s->function : "(not known)");
	else if (by == DROP_BY_INTERFACE)
		text_str(t, *s->interface ? s->interface : "(none)");
	else
		text_escape(t, *s->node ? s->node : "(this one)", NODE_MAX);
	if (s->normal && by != DROP_BY_REASON)
		text_str(t, " (normal life)");
}

static void put_meaning(struct text *t, const struct drop_row *r)
{
	if (!r->top->others)
		drop_meaning(t, &(struct drop_case){r->top->reason, r->top->function, NULL});
}

static void put_cell(const struct sums_view *v, const struct drop_row *r, size_t column,
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
		clock_count(t, r->packets);
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
		put_pair(t, r->pair->source.work, r->pair->source.port, r->pair->destination.work,
			 r->pair->destination.port);
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
		text_escape(t, s->node, NODE_MAX);
		break;
	case DROP_FIRST:
		put_clock(t, r->first_ns);
		break;
	default:
		put_meaning(t, r);
	}
}

static void cell(const struct sums_view *v, const void *row, size_t column, struct text *t,
		 enum style *style)
{
	const struct drop_row *r = row;

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

static void set_columns(unsigned int by, struct ui_column *c)
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

	if (same[by] < DROP_COLUMNS)
		c[same[by]].hidden = true;
	if (by == DROP_BY_PAIR) { /* two names and a port at 80 columns */
		c[DROP_WHAT].width = 40;
		c[DROP_SHARE].hidden = true;
	}
	if (by != DROP_BY_REASON)
		c[DROP_FUNCTION].hidden = c[DROP_MEANING].hidden = true;
}

/* ------------------------------------------------------------------------ view */

static bool expression(const struct sums_view *v, const void *row, size_t column, struct text *t)
{
	const struct drop_row *r = row;
	struct drop_row pair;

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

static void caption(const struct sums_view *v, struct text *t)
{
	uint64_t lost, normal;

	drop_sums_totals(v->sums, &lost, &normal);
	clock_count(t, lost);
	text_str(t, " lost");
	if (normal) {
		text_str(t, ", ");
		clock_count(t, normal);
		text_str(t, " of normal life");
	}
}

_Static_assert(DROP_COLUMNS <= SUMS_VIEW_COLUMNS && DROP_BYS <= SUMS_VIEW_BYS, "room");

static const struct sums_view_kind kind = {
	.sums = &drop_sums_kind,
	.empty = "drops",
	.row_size = sizeof(struct drop_row),
	.n_by = DROP_BYS,
	.n_columns = DROP_COLUMNS,
	.by_name = drop_by_name,
	.titles = titles,
	.columns = columns,
	.sorts = {"packets desc", "rate desc", "bytes desc", "last desc"},
	.set_columns = set_columns,
	.compare = compare_rows,
	.cell = cell,
	.expression = expression,
	.pane = drops_fill_pane,
	.caption = caption,
};

static int drops_open(struct ui *ui, void **ret)
{
	return sums_view_open(&kind, ui, ret);
}

static const char *const commands[] = {
	"by reason",	  "by function", "by interface", "by node", "by pair", "by source",
	"by destination", "metric",	 "window",	 "sort",    "columns", NULL,
};

const struct view view_drops = {
	.name = "Drops",
	.open = drops_open,
	.commands = commands,
	SUMS_VIEW_FUNCTIONS,
};
