// SPDX-License-Identifier: MIT
/*
 * CSV for spreadsheets and data frames: a header of fields' names, a row a flow. Quotes
 * are RFC 4180's, lines end with LF. Control bytes are escaped, and a cell of text that a
 * spreadsheet would take for a formula gets an apostrophe: names come from strangers.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "cli/columns.h"
#include "cli/command.h"
#include "cli/csv.h"
#include "cli/printer.h"

/* As flows/endpoint.c and flows/l7.c keep texts, with some room. */
#define CELL_MAX 65536

static const char default_columns[] =
	"time,node,verdict,event,subtype,direction,reply,protocol,src.ip,src.port,src.name,"
	"src.namespace,src.pod,src.process,dst.ip,dst.port,dst.name,dst.namespace,dst.pod,"
	"dst.process,forward.packets,forward.bytes,reply.packets,reply.bytes,rtt,latency,"
	"drop.reason,drop.function,interface,summary";

struct csv {
	struct printer printer;
	struct columns columns;
	struct text scratch, cell;
	bool header_done;
};

/* ----------------------------------------------------------------------- cells */

void csv_cell(struct text *t, const char *s, size_t n, bool trusted)
{
	bool formula = n && !trusted && strchr("=+-@", *s);
	bool quote = formula || (n && (*s == ' ' || s[n - 1] == ' '));

	for (size_t i = 0; i < n && !quote; i++)
		quote = s[i] == '"' || s[i] == ',';
	if (!quote) {
		text_mem(t, s, n);
		return;
	}
	text_char(t, '"');
	if (formula)
		text_char(t, '\'');
	for (size_t i = 0; i < n; i++) {
		if (s[i] == '"')
			text_char(t, '"');
		text_char(t, s[i]);
	}
	text_char(t, '"');
}

/* What field_text() makes; texts are escaped one by one, so that no list hides a control byte. */
static void cell(struct csv *c, const struct field *field, const struct flow *f)
{
	struct printer *p = &c->printer;
	struct field_value v;
	bool trusted;

	c->scratch.len = c->scratch.err = 0;
	c->cell.len = c->cell.err = 0;
	field->get(f, &v, &c->scratch);
	if (!v.known)
		return;
	trusted = field->type != FIELD_TEXT && field->type != FIELD_TEXTS;
	if (field->type == FIELD_TIME) {
		printer_time(p, &c->cell, v.number);
	} else if (field->type == FIELD_TEXT) {
		text_escape(&c->cell, v.text, CELL_MAX);
	} else if (field->type == FIELD_TEXTS) {
		for (size_t i = 0; i < v.texts.n; i++) {
			if (i)
				text_char(&c->cell, ',');
			text_escape(&c->cell, v.texts.v[i], CELL_MAX);
		}
	} else {
		field_value_text(&c->cell, field, &v);
	}
	csv_cell(&p->out, c->cell.data ? c->cell.data : "", c->cell.len, trusted);
}

/* ------------------------------------------------------------------------ rows */

static int csv_row(struct csv *c, const struct flow *f)
{
	struct text *t = &c->printer.out;

	for (unsigned int i = 0; i < c->columns.n; i++) {
		if (i)
			text_char(t, ',');
		if (f)
			cell(c, c->columns.field[i], f);
		else
			text_str(t, c->columns.field[i]->name);
	}
	text_char(t, '\n');
	return printer_line(&c->printer);
}

static int csv_header(struct csv *c)
{
	int err = c->header_done ? 0 : csv_row(c, NULL);

	c->header_done = true;
	return err;
}

static int csv_flow(struct sink *s, const struct flow *f)
{
	struct csv *c = (struct csv *)s;
	int err = csv_header(c);

	return err ? err : csv_row(c, f);
}

/* A row of its own kind would be none of the table's. */
static int csv_lost(struct printer *p, const struct lost_events *l)
{
	(void)p;
	say(0, "EVENTS LOST: %s %" PRIu64, l->source, l->count);
	return 0;
}

/* No flow at all: a table without rows is a table. */
static int csv_close(struct sink *s)
{
	struct csv *c = (struct csv *)s;
	int err = csv_header(c), close_err;

	text_free(&c->scratch);
	text_free(&c->cell);
	close_err = printer_close(s);
	return err ? err : close_err;
}

int print_csv_create(const struct print_options *opt, struct sink **ret_sink)
{
	struct printer *p = printer_new(sizeof(struct csv), opt, csv_flow, csv_lost);
	struct csv *c = (struct csv *)p;
	char err[160];

	if (!p)
		return -ENOMEM;
	p->sink.close = csv_close;
	if (columns_parse(opt->columns ? opt->columns : default_columns, false, &c->columns, err,
			  sizeof(err))) {
		printer_close(&p->sink);
		return -EINVAL;
	}
	if (opt->node_name)
		fields_set_node(opt->node_name);
	/* "Jan 15 10:20:30.123" has no year and is no time to a program */
	if (p->opt.time_format == TIME_STAMP_MILLI)
		p->opt.time_format = TIME_RFC3339_NANO;
	*ret_sink = &p->sink;
	return 0;
}
