// SPDX-License-Identifier: MIT
#include "cli/print_aggregate.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

#include "cli/aggregate_columns.h"
#include "cli/command.h"
#include "cli/csv.h"
#include "cli/printer.h"
#include "export/json.h"
#include "flows/fields.h"

#define GAP 2
#define COLUMNS 32
#define NAME_MAX_KEPT 4096
#define NS_PER_US 1000
#define NS_PER_SEC 1000000000ull

struct summing {
	struct printer printer;
	struct print_aggregate_options how;
	struct aggregate *aggregate;
	struct aggregate_sort sort;
	uint64_t began_ns; /* monotonic: of the interval */
	uint64_t first_ns, last_ns; /* of the flows in it */
	uint64_t lost; /* events that the source told as lost, in it */
	bool header_done; /* CSV's */
	bool shown[COLUMNS]; /* columns of an earlier table: tables below each other look alike */
	struct text scratch;
};

/* One table: its rows in order. */
struct block {
	const struct aggregate_row **rows;
	size_t n, shown;
	uint64_t span_ns;
};

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * NS_PER_SEC + t.tv_nsec;
}

/* ------------------------------------------------------------------------ cells */

/* Constants and numbers of the machine formats; texts are escaped already. */
static const char *row_text(const struct aggregate_column *c, const struct aggregate_row *r)
{
	if (c->kind == COLUMN_SOURCE)
		return r->source;
	return c->kind == COLUMN_DESTINATION ? r->destination : NULL;
}

static void protocol_text(struct text *t, uint64_t protocol)
{
	const char *name = protocol_name(protocol);

	if (name)
		text_str(t, name);
	else if (protocol)
		text_u64(t, protocol);
}

/* Nothing for 0, but where a column counts what is looked for. */
static void table_cell(struct text *t, const struct aggregate_column *c,
		       const struct aggregate_row *r, uint64_t span_ns)
{
	uint64_t n = c->number ? c->number(r, span_ns) : 0;

	if (row_text(c, r)) {
		text_str(t, row_text(c, r));
		return;
	}
	if (!n && !c->always)
		return;
	switch (c->kind) {
	case COLUMN_PROTOCOL:
		protocol_text(t, n);
		break;
	case COLUMN_BYTES:
		text_bytes(t, n);
		break;
	case COLUMN_RATE:
		text_bytes(t, n);
		text_mem(t, "/s", 2);
		break;
	case COLUMN_DURATION:
		text_us(t, n / NS_PER_US);
		break;
	default:
		text_u64(t, n);
	}
}

/* ------------------------------------------------------------------------ table */

static bool is_left(const struct aggregate_column *c)
{
	return c->kind == COLUMN_SOURCE || c->kind == COLUMN_DESTINATION ||
	       c->kind == COLUMN_PROTOCOL;
}

/* Columns that say nothing in any row are left out; flows from Hubble have no bytes. */
static bool says_something(const struct aggregate_column *c, const struct block *b)
{
	if (c->always)
		return true;
	for (size_t i = 0; i < b->shown; i++)
		if (c->number(b->rows[i], b->span_ns))
			return true;
	return false;
}

static unsigned int widths(struct summing *s, const struct block *b,
			   const struct aggregate_column **ret_columns, size_t *ret_widths)
{
	unsigned int n = 0;

	for (const struct aggregate_column *c = aggregate_columns; c->name && n < COLUMNS; c++) {
		bool *shown = &s->shown[c - aggregate_columns];

		*shown = c->title && (*shown || says_something(c, b));
		if (!*shown)
			continue;
		ret_columns[n] = c;
		ret_widths[n] = strlen(c->title);
		for (size_t i = 0; i < b->shown; i++) {
			size_t width;

			s->scratch.len = s->scratch.err = 0;
			table_cell(&s->scratch, c, b->rows[i], b->span_ns);
			width = s->scratch.len ? text_width(&s->scratch, 0) : 1;
			if (width > ret_widths[n])
				ret_widths[n] = width;
		}
		n++;
	}
	return n;
}

static void table_row(struct summing *s, const struct aggregate_column *const *columns,
		      const size_t *width, unsigned int n, const struct aggregate_row *r,
		      uint64_t span_ns)
{
	struct text *t = &s->printer.out;

	for (unsigned int i = 0; i < n; i++) {
		struct text *cell = &s->scratch;
		size_t used;

		cell->len = cell->err = 0;
		if (r)
			table_cell(cell, columns[i], r, span_ns);
		else
			text_str(cell, columns[i]->title);
		if (!cell->len)
			text_char(cell, '-');
		used = text_width(cell, 0);
		if (!is_left(columns[i]))
			text_spaces(t, width[i] - used);
		text_mem(t, cell->data, cell->len);
		if (is_left(columns[i]) && i + 1 < n)
			text_spaces(t, width[i] - used);
		if (i + 1 < n)
			text_spaces(t, GAP);
	}
	text_char(t, '\n');
}

/* "Jan 15 10:20:30.123: 10.0 s, 42 groups, 12345 events" */
static void table_title(struct summing *s, const struct block *b)
{
	struct text *t = &s->printer.out;
	uint64_t flows = 0;

	for (size_t i = 0; i < b->n; i++)
		flows += b->rows[i]->flows;
	printer_time(&s->printer, t, s->last_ns);
	text_mem(t, ": ", 2);
	text_us(t, b->span_ns / NS_PER_US);
	text_mem(t, ", ", 2);
	text_u64(t, b->n);
	text_str(t, b->n == 1 ? " group, " : " groups, ");
	text_u64(t, flows);
	text_str(t, flows == 1 ? " event\n" : " events\n");
}

static void table_foot(struct summing *s, const struct block *b)
{
	struct text *t = &s->printer.out;

	if (b->shown < b->n) {
		text_u64(t, b->n - b->shown);
		text_str(t, " more are not shown (--limit ");
		text_u64(t, s->how.limit);
		text_str(t, ")\n");
	}
	if (s->lost) {
		text_str(t, "EVENTS LOST: ");
		text_u64(t, s->lost);
		text_char(t, '\n');
	}
}

static int print_table(struct summing *s, const struct block *b)
{
	const struct aggregate_column *columns[COLUMNS];
	size_t width[COLUMNS];
	unsigned int n = widths(s, b, columns, width);
	int err = 0;

	if (s->how.interval_ns)
		table_title(s, b);
	table_row(s, columns, width, n, NULL, 0);
	for (size_t i = 0; i < b->shown && !err; i++) {
		table_row(s, columns, width, n, b->rows[i], b->span_ns);
		err = printer_line(&s->printer);
	}
	table_foot(s, b);
	if (s->how.interval_ns)
		text_char(&s->printer.out, '\n');
	return err;
}

/* ------------------------------------------------------------- for programs */

static void csv_value(struct summing *s, const struct aggregate_column *c,
		      const struct aggregate_row *r, uint64_t span_ns)
{
	struct text *t = &s->printer.out;
	const char *text = row_text(c, r);
	uint64_t n = c->number ? c->number(r, span_ns) : 0;

	if (text) {
		csv_cell(t, text, strlen(text), false);
	} else if (c->kind == COLUMN_PROTOCOL) {
		protocol_text(t, n);
	} else if (c->kind == COLUMN_TIME) {
		if (n)
			printer_time(&s->printer, t, n);
	} else if (c->kind == COLUMN_DURATION) {
		if (n)
			field_seconds_text(t, n);
	} else {
		text_u64(t, n);
	}
}

static int print_csv(struct summing *s, const struct block *b)
{
	struct text *t = &s->printer.out;
	int err = 0;

	for (const struct aggregate_column *c = aggregate_columns; c->name && !s->header_done;
	     c++) {
		text_str(t, c->name);
		text_char(t, c[1].name ? ',' : '\n');
	}
	s->header_done = true;
	for (size_t i = 0; i < b->shown && !err; i++) {
		for (const struct aggregate_column *c = aggregate_columns; c->name; c++) {
			csv_value(s, c, b->rows[i], b->span_ns);
			text_char(t, c[1].name ? ',' : '\n');
		}
		err = printer_line(&s->printer);
	}
	return err;
}

static void json_value(struct text *t, const struct aggregate_column *c,
		       const struct aggregate_row *r, uint64_t span_ns)
{
	const char *text = row_text(c, r);
	uint64_t n = c->number ? c->number(r, span_ns) : 0;

	text_char(t, '"');
	text_str(t, c->key);
	text_mem(t, "\":", 2);
	if (text) {
		json_quote(t, text, NAME_MAX_KEPT);
	} else if (c->kind == COLUMN_PROTOCOL) {
		text_char(t, '"');
		protocol_text(t, n);
		text_char(t, '"');
	} else {
		text_u64(t, n);
	}
}

static int print_json(struct summing *s, const struct block *b)
{
	struct text *t = &s->printer.out;
	int err = 0;

	for (size_t i = 0; i < b->shown && !err; i++) {
		text_char(t, '{');
		for (const struct aggregate_column *c = aggregate_columns; c->name; c++) {
			json_value(t, c, b->rows[i], b->span_ns);
			text_char(t, ',');
		}
		text_str(t, "\"span_ns\":");
		text_u64(t, b->span_ns);
		if (b->rows[i]->others)
			text_str(t, ",\"others\":true");
		text_mem(t, "}\n", 2);
		err = printer_line(&s->printer);
	}
	return err;
}

/* ----------------------------------------------------------------------- blocks */

/* An interval is as long as its clock says, a look at what was is as long as its flows. */
static uint64_t span_ns(const struct summing *s)
{
	if (s->how.interval_ns)
		return now_ns() - s->began_ns;
	return s->last_ns - s->first_ns;
}

static int print_block(struct summing *s)
{
	static int (*const printers[])(struct summing *, const struct block *) = {
		[AGGREGATE_TABLE] = print_table,
		[AGGREGATE_JSON] = print_json,
		[AGGREGATE_CSV] = print_csv,
	};
	const struct aggregate_row *rows = NULL;
	struct block b = {.n = aggregate_rows(s->aggregate, &rows), .span_ns = span_ns(s)};
	int err;

	b.rows = calloc(b.n + 1, sizeof(*b.rows));
	if (!b.rows)
		return -ENOMEM;
	for (size_t i = 0; i < b.n; i++)
		b.rows[i] = &rows[i];
	s->sort.span_ns = b.span_ns;
	aggregate_sort_rows(&s->sort, b.rows, b.n);
	b.shown = s->how.limit && s->how.limit < b.n ? s->how.limit : b.n;
	err = printers[s->how.format](s, &b);
	if (s->how.format != AGGREGATE_TABLE && s->lost)
		say(0, "EVENTS LOST: %" PRIu64, s->lost);
	if (s->how.format != AGGREGATE_TABLE && b.shown < b.n)
		say(0, "--limit %" PRIu32 ": %zu more groups are not shown", s->how.limit,
		    b.n - b.shown);
	free(b.rows);
	return err;
}

/* The next interval begins with nothing. */
static int begin(struct summing *s)
{
	struct aggregate *fresh;
	int err = aggregate_new(s->how.by, 0, &fresh);

	if (err)
		return err;
	aggregate_free(s->aggregate);
	s->aggregate = fresh;
	s->began_ns = now_ns();
	s->first_ns = s->last_ns = s->lost = 0;
	return 0;
}

static int interval_over(struct summing *s)
{
	int err = 0;

	if (!s->how.interval_ns || now_ns() - s->began_ns < s->how.interval_ns)
		return 0;
	if (s->last_ns || s->lost)
		err = print_block(s);
	if (!err)
		err = begin(s);
	return err ? err : text_write(&s->printer.out, s->printer.opt.fd);
}

static int summing_flow(struct sink *sink, const struct flow *f)
{
	struct summing *s = (struct summing *)sink;

	aggregate_add(s->aggregate, f);
	if (f->time_ns && (!s->first_ns || f->time_ns < s->first_ns))
		s->first_ns = f->time_ns;
	if (f->time_ns > s->last_ns)
		s->last_ns = f->time_ns;
	return 0;
}

static int summing_flush(struct sink *sink)
{
	return interval_over((struct summing *)sink);
}

static int summing_lost(struct printer *p, const struct lost_events *l)
{
	struct summing *s = (struct summing *)p;

	s->lost += l->count;
	return 0;
}

static int summing_close(struct sink *sink)
{
	struct summing *s = (struct summing *)sink;
	int err = 0, close_err;

	if (s->aggregate && (!s->how.interval_ns || s->last_ns))
		err = print_block(s);
	aggregate_free(s->aggregate);
	text_free(&s->scratch);
	close_err = printer_close(sink);
	return err ? err : close_err;
}

int print_aggregate_create(const struct print_options *opt,
			   const struct print_aggregate_options *how, struct sink **ret_sink)
{
	struct printer *p = printer_new(sizeof(struct summing), opt, summing_flow, summing_lost);
	struct summing *s = (struct summing *)p;
	char ignored[160];
	int err;

	if (!p)
		return -ENOMEM;
	p->sink.flush = summing_flush;
	p->sink.close = summing_close;
	if (how->format == AGGREGATE_CSV && p->opt.time_format == TIME_STAMP_MILLI)
		p->opt.time_format = TIME_RFC3339_NANO;
	s->how = *how;
	err = aggregate_sort_parse(how->sort, &s->sort, ignored, sizeof(ignored));
	if (!err)
		err = begin(s);
	if (err)
		printer_close(&p->sink);
	else
		*ret_sink = &p->sink;
	return err;
}
