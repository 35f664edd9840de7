// SPDX-License-Identifier: MIT
/* The table of the DNS view: its columns, its rows in their order, its cells. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tui/sums_text.h"
#include "tui/view_dns_own.h"

#define REGROUP_PART 30 /* of the time at most this part is spent on making rows */
#define SLOW_NS 100000000ull

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

static int compare_number(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

static const char *what(const struct dns_row *r, enum dns_by by)
{
	const char *const texts[DNS_BYS] = {
		[DNS_BY_NAME] = r->top->name,
		[DNS_BY_CLIENT] = r->top->client,
		[DNS_BY_RESOLVER] = r->top->resolver,
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
		return strcmp(a->top->client, b->top->client);
	case DNS_RESOLVER:
		return strcmp(a->top->resolver, b->top->resolver);
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

static int compare_rows(const void *x, const void *y, void *arg)
{
	const struct dns_row *a = x, *b = y;
	const struct dns_view *v = arg;
	int c = compare_cells(a, b, v->sort, v->by);

	if (v->descending)
		c = -c;
	if (!c)
		c = strcmp(what(a, v->by), what(b, v->by));
	return c ? c : compare_number(a->key, b->key);
}

static uint64_t monotonic_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

static void regroup(struct dns_view *v)
{
	uint64_t begin = monotonic_ns();

	v->n = dns_sums_rows(v->sums, v->by, v->now_ns, v->window, &v->rows);
	if (v->sort != SIZE_MAX)
		qsort_r(v->rows, v->n, sizeof(*v->rows), compare_rows, v);
	v->version = dns_sums_version(v->sums);
	v->epoch = dns_sums_epoch(v->sums);
	v->grouped_ns = monotonic_ns();
	v->took_ns = v->grouped_ns - begin;
	v->again = false;
}

/* Many rows are made not at every frame, but at once where those before are gone. */
void dns_refresh(struct dns_view *v)
{
	uint64_t now = store_now_ns(ui_store(v->ui));
	bool old = v->version != dns_sums_version(v->sums) ||
		   now / 1000000000 != v->now_ns / 1000000000;

	if (v->again || v->epoch != dns_sums_epoch(v->sums) ||
	    (old && monotonic_ns() - v->grouped_ns >= v->took_ns * REGROUP_PART)) {
		v->now_ns = now;
		regroup(v);
	} else if (old) {
		ui_changed(v->ui);
	}
}

static size_t row_count(void *arg)
{
	struct dns_view *v = arg;

	dns_refresh(v);
	return v->n;
}

static uint64_t row_key(void *arg, size_t row)
{
	struct dns_view *v = arg;

	return row < v->n ? v->rows[row].key : 0;
}

static size_t row_find(void *arg, uint64_t key, size_t near)
{
	struct dns_view *v = arg;

	if (near < v->n && v->rows[near].key == key)
		return near;
	for (size_t i = 0; i < v->n; i++)
		if (v->rows[i].key == key)
			return i;
	return SIZE_MAX;
}

static void row_sort(void *arg, size_t column, bool descending)
{
	struct dns_view *v = arg;

	v->sort = column;
	v->descending = descending;
	v->again = true;
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
		put_number(t, c->outcomes[i]);
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

static void put_cell(const struct dns_view *v, const struct dns_row *r, size_t column,
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
		put_number(t, r->counts.queries);
		break;
	case DNS_RATE:
		put_rate(t, r->rate);
		break;
	case DNS_FAILED:
		if (r->failed)
			put_number(t, r->failed);
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
		text_str(t, r->top->client);
		put_more(t, r->clients);
		break;
	case DNS_RESOLVER:
		text_str(t, r->top->resolver);
		put_more(t, r->resolvers);
		break;
	case DNS_NAMES:
		put_number(t, r->names);
		break;
	default:
		put_ago(t, v->now_ns, r->counts.last_ns);
	}
}

static void row_cell(void *arg, size_t row, size_t column, struct text *t, enum style *style)
{
	struct dns_view *v = arg;
	const struct dns_row *r;

	if (row >= v->n)
		return;
	r = &v->rows[row];
	put_cell(v, r, column, t);
	if (column == DNS_OUTCOME || column == DNS_FAILED)
		*style = dns_style(&r->counts, r->failed);
	else if (column == DNS_WHAT)
		*style = r->top->others ? STYLE_DIM : STYLE_STRONG;
	else if ((column == DNS_P50 && r->p50_ns >= SLOW_NS) ||
		 (column == DNS_P99 && r->p99_ns >= SLOW_NS))
		*style = STYLE_WARN;
	else if (column == DNS_LAST || column == DNS_TYPES)
		*style = STYLE_DIM;
}

int dns_make_table(struct dns_view *v, enum dns_by by)
{
	static const size_t same[DNS_BYS] = {
		[DNS_BY_NAME] = DNS_NAMES,
		[DNS_BY_CLIENT] = DNS_CLIENT,
		[DNS_BY_RESOLVER] = DNS_RESOLVER,
		[DNS_BY_TYPE] = DNS_TYPES,
	};
	const struct ui_table_rows rows = {.arg = v,
					   .count = row_count,
					   .key = row_key,
					   .find = row_find,
					   .cell = row_cell,
					   .sort = row_sort};
	struct ui_column *c = v->columns[by];

	memcpy(c, columns, sizeof(columns));
	c[DNS_WHAT].title = titles[by];
	c[DNS_NAMES].hidden = false;
	c[same[by]].hidden = true;
	v->tables[by] = ui_table_new(v->ui, c, DNS_COLUMNS, &rows);
	return v->tables[by] ? 0 : -ENOMEM;
}
