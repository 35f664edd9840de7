// SPDX-License-Identifier: MIT
/* DNS: what is asked, by whom, what fails and what is slow; by name, client, resolver or type. */
#include <string.h>

#include "tui/clock.h"
#include "tui/sums_text.h"
#include "tui/view_dns_own.h"
#include "tui/views.h"

static const struct ui_column columns[DNS_COLUMNS] = {
	[DNS_WHAT] = {"what", "", 26, 18, .stretch = true, .sortable = true,
		      .help = "what the row is about"},
	[DNS_TYPES] = {"types", "TYPE", 7, 5, .sortable = true,
		       .help = "record type that was asked for, and how many more"},
	[DNS_ASKED] = {"asked", "ASKED", 7, 6, .right = true, .sortable = true, .descending = true,
		       .help = "questions"},
	[DNS_FAILED] = {"failed", "FAILED", 6, 6, .right = true, .sortable = true,
			.descending = true,
			.help = "answers that are errors, and questions without an answer"},
	[DNS_OUTCOME] = {"outcome", "OUTCOME", 16, 14, .help = "what came of them"},
	[DNS_P50] = {"p50", "P50", 8, 8, .right = true, .sortable = true, .descending = true,
		     .help = "half of the answers came within"},
	[DNS_P99] = {"p99", "P99", 8, 8, .right = true, .sortable = true, .descending = true,
		     .help = "99 of 100 answers came within"},
	[DNS_CLIENT] = {"client", "ASKED BY", 22, 14, .stretch = true, .sortable = true,
			.help = "who asks most, and how many more do"},
	[DNS_RESOLVER] = {"resolver", "RESOLVER", 20, 12, .sortable = true,
			  .help = "who is asked, and how many more"},
	[DNS_RATE] = {"rate", "/S", 6, 5, .right = true, .sortable = true, .descending = true,
		      .help = "questions a second, of the window (w)"},
	[DNS_NAMES] = {"names", "NAMES", 6, 5, .right = true, .hidden = true, .sortable = true,
		       .descending = true, .help = "how many names; 64 is 64 or more"},
	[DNS_LAST] = {"last", "LAST", 7, 6, .right = true, .sortable = true, .descending = true,
		      .help = "how long ago the last message was"},
};

static const char *const titles[DNS_BYS] = {
	[DNS_BY_NAME] = "NAME",
	[DNS_BY_CLIENT] = "ASKED BY",
	[DNS_BY_RESOLVER] = "RESOLVER",
	[DNS_BY_TYPE] = "TYPE",
};

/* ---------------------------------------------------------------------- rows */

static const char *what(const struct dns_row *r, enum dns_by by)
{
	const char *const texts[DNS_BYS] = {
		[DNS_BY_NAME] = r->name,
		[DNS_BY_CLIENT] = r->top->client.work,
		[DNS_BY_RESOLVER] = r->top->resolver.name,
		[DNS_BY_TYPE] = r->top->type,
	};

	return r->top->others ? "others" : texts[by];
}

static int compare_cells(const struct dns_row *a, const struct dns_row *b, size_t column,
			 enum dns_by by)
{
	switch (column) {
	case DNS_WHAT:
		return strcmp(what(a, by), what(b, by));
	case DNS_TYPES:
		return strcmp(a->top->type, b->top->type);
	case DNS_CLIENT:
		return strcmp(a->top->client.work, b->top->client.work);
	case DNS_RESOLVER:
		return strcmp(a->top->resolver.name, b->top->resolver.name);
	case DNS_FAILED:
		return compare_number(a->failed, b->failed);
	case DNS_P50:
		return compare_number(a->p50_ns, b->p50_ns);
	case DNS_P99:
		return compare_number(a->p99_ns, b->p99_ns);
	case DNS_RATE:
		return a->rate < b->rate ? -1 : a->rate > b->rate;
	case DNS_NAMES:
		return compare_number(a->names, b->names);
	case DNS_LAST:
		return compare_number(a->counts.last_ns, b->counts.last_ns);
	default:
		return compare_number(a->counts.queries, b->counts.queries);
	}
}

static int compare_rows(const struct sums_view *v, const void *x, const void *y)
{
	const struct dns_row *a = x, *b = y;
	int c = compare_cells(a, b, v->sort, v->by);

	if (v->descending)
		c = -c;
	return c ? c : strcmp(what(a, v->by), what(b, v->by));
}

/* --------------------------------------------------------------------- cells */

void dns_put_outcomes(struct text *t, const struct dns_counts *c)
{
	size_t from = t->len;

	for (int i = DNS_OUTCOMES - 1; i >= DNS_NODATA; i--) {
		if (!c->outcomes[i])
			continue;
		text_str(t, t->len > from ? ", " : "");
		text_str(t, dns_outcome_name(i));
		text_char(t, ' ');
		clock_count(t, c->outcomes[i]);
	}
	if (t->len == from && c->outcomes[DNS_FINE])
		text_str(t, "ok");
	else if (t->len == from && c->queries)
		text_str(t, "no answer yet");
}

enum style dns_style(const struct dns_counts *c, uint64_t failed)
{
	if (c->outcomes[DNS_TIMEOUT] || c->outcomes[DNS_SERVFAIL] || c->outcomes[DNS_REFUSED])
		return STYLE_BAD;
	return failed ? STYLE_WARN : c->outcomes[DNS_FINE] ? STYLE_GOOD : STYLE_DIM;
}

static void put_cell(const struct sums_view *v, const struct dns_row *r, size_t column,
		     struct text *t)
{
	switch (column) {
	case DNS_WHAT:
		text_str(t, what(r, v->by));
		break;
	case DNS_TYPES:
		text_str(t, r->top->type);
		put_more(t, r->types);
		break;
	case DNS_ASKED:
		clock_count(t, r->counts.queries);
		break;
	case DNS_RATE:
		put_rate(t, r->rate);
		break;
	case DNS_FAILED:
		if (r->failed)
			clock_count(t, r->failed);
		break;
	case DNS_OUTCOME:
		dns_put_outcomes(t, &r->counts);
		break;
	case DNS_P50:
		put_ms(t, r->p50_ns);
		break;
	case DNS_P99:
		put_ms(t, r->p99_ns);
		break;
	case DNS_CLIENT:
		text_str(t, r->top->client.work);
		put_more(t, r->clients);
		break;
	case DNS_RESOLVER:
		text_str(t, r->top->resolver.name);
		put_more(t, r->resolvers);
		break;
	case DNS_NAMES:
		clock_count(t, r->names);
		break;
	default:
		put_ago(t, v->now_ns, r->counts.last_ns);
	}
}

static void cell(const struct sums_view *v, const void *row, size_t column, struct text *t,
		 enum style *style)
{
	const struct dns_row *r = row;

	put_cell(v, r, column, t);
	if (column == DNS_OUTCOME || column == DNS_FAILED)
		*style = dns_style(&r->counts, r->failed);
	else if (column == DNS_WHAT)
		*style = r->top->others ? STYLE_DIM : STYLE_STRONG;
	else if ((column == DNS_P50 && r->p50_ns >= DNS_SLOW_NS) ||
		 (column == DNS_P99 && r->p99_ns >= DNS_SLOW_NS))
		*style = STYLE_WARN;
	else if (column == DNS_LAST || column == DNS_TYPES)
		*style = STYLE_DIM;
}

static void set_columns(unsigned int by, struct ui_column *c)
{
	static const size_t same[DNS_BYS] = {
		[DNS_BY_NAME] = DNS_NAMES,
		[DNS_BY_CLIENT] = DNS_CLIENT,
		[DNS_BY_RESOLVER] = DNS_RESOLVER,
		[DNS_BY_TYPE] = DNS_TYPES,
	};

	c[DNS_NAMES].hidden = false;
	c[same[by]].hidden = true;
}

/* ------------------------------------------------------------------------ view */

static bool expression(const struct sums_view *v, const void *row, size_t column, struct text *t)
{
	const struct dns_row *r = row;

	if (column == DNS_CLIENT)
		return dns_row_expression(r, DNS_BY_CLIENT, t);
	if (column == DNS_RESOLVER)
		return dns_row_expression(r, DNS_BY_RESOLVER, t);
	if (column == DNS_TYPES && *r->top->type)
		return dns_row_expression(r, DNS_BY_TYPE, t);
	return dns_row_expression(r, v->by, t);
}

static void caption(const struct sums_view *v, struct text *t)
{
	struct dns_row all;

	dns_sums_totals(v->sums, &all);
	clock_count(t, all.counts.queries);
	text_str(t, " asked, ");
	clock_count(t, all.failed);
	text_str(t, " failed");
}

_Static_assert(DNS_COLUMNS <= SUMS_VIEW_COLUMNS && DNS_BYS <= SUMS_VIEW_BYS, "room");

static const struct sums_view_kind kind = {
	.sums = &dns_sums_kind,
	.empty = "DNS messages",
	.row_size = sizeof(struct dns_row),
	.n_by = DNS_BYS,
	.n_columns = DNS_COLUMNS,
	.by_name = dns_by_name,
	.titles = titles,
	.columns = columns,
	.sorts = {"failed desc", "asked desc", "p99 desc", "last desc"},
	.set_columns = set_columns,
	.compare = compare_rows,
	.cell = cell,
	.expression = expression,
	.pane = dns_fill_pane,
	.caption = caption,
};

static int dns_open(struct ui *ui, void **ret)
{
	return sums_view_open(&kind, ui, ret);
}

static const char *const commands[] = {
	"by name", "by client", "by resolver", "by type", "metric",
	"window",  "sort",	"columns",     NULL,
};

const struct view view_dns = {
	.name = "DNS",
	.open = dns_open,
	.commands = commands,
	SUMS_VIEW_FUNCTIONS,
};
