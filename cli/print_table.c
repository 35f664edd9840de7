// SPDX-License-Identifier: MIT
#include <errno.h>

#include "cli/printer.h"
#include "flows/summary.h"

#define PADDING 3
/* What is held back at most before it is printed with the widths known by then. */
#define TABLE_BYTES (16u * 1024 * 1024)

enum column { TIMESTAMP, NODE, SOURCE, DESTINATION, TYPE, VERDICT, SUMMARY, COLUMNS };

struct table {
	struct printer printer;
	struct text cells; /* each ended by a NUL, COLUMNS a row, NODE is there always */
	size_t width[COLUMNS];
	size_t cell_start;
	unsigned int column;
};

static void cell_end(struct table *b)
{
	size_t width = text_width(&b->cells, b->cell_start);

	if (width > b->width[b->column])
		b->width[b->column] = width;
	text_char(&b->cells, '\0');
	b->cell_start = b->cells.len;
	b->column = (b->column + 1) % COLUMNS;
}

static void cell_str(struct table *b, const char *s)
{
	text_str(&b->cells, s);
	cell_end(b);
}

static void cell_time(struct table *b, uint64_t time_ns, const char *node_name)
{
	printer_time(&b->printer, &b->cells, time_ns);
	cell_end(b);
	text_escape(&b->cells, node_name, 256);
	cell_end(b);
}

static void header(struct table *b)
{
	static const char *const names[COLUMNS] = {
		[TIMESTAMP] = "TIMESTAMP",     [NODE] = "NODE", [SOURCE] = "SOURCE",
		[DESTINATION] = "DESTINATION", [TYPE] = "TYPE", [VERDICT] = "VERDICT",
		[SUMMARY] = "SUMMARY",
	};

	for (int i = 0; i < COLUMNS; i++)
		cell_str(b, names[i]);
}

static int print_row(struct table *b, const char **cell)
{
	struct text *t = &b->printer.out;

	for (int i = 0; i < COLUMNS; i++) {
		size_t from = t->len, n = strlen(*cell);

		if (i != NODE || b->printer.opt.print_node_name) {
			text_mem(t, *cell, n);
			if (i != COLUMNS - 1)
				text_spaces(t, b->width[i] + PADDING - text_width(t, from));
		}
		*cell += n + 1;
	}
	text_char(t, '\n');
	return printer_line(&b->printer);
}

static int print_rows(struct table *b)
{
	const char *cell = b->cells.data;
	const char *end = cell + b->cells.len;
	int err = b->cells.err;

	while (!err && cell < end)
		err = print_row(b, &cell);
	b->cells.len = 0;
	b->cells.err = 0;
	b->cell_start = 0;
	return err;
}

static int row_end(struct table *b)
{
	if (b->cells.err)
		return b->cells.err;
	return b->cells.len < TABLE_BYTES ? 0 : print_rows(b);
}

static void verdict(struct table *b, const struct flow *f)
{
	const struct hubble_policies *policies =
		b->printer.opt.print_policy_names ? flow_policies(f) : NULL;

	text_str(&b->cells, flow_verdict_name(f));
	if (policies)
		policies_text(&b->cells, policies);
	cell_end(b);
}

static int table_flow(struct sink *s, const struct flow *f)
{
	struct table *b = (struct table *)s;
	struct text *t = &b->cells;

	cell_time(b, f->time_ns, printer_node_name(&b->printer, f));
	flow_end_text(t, f, &f->src, b->printer.opt.numeric);
	cell_end(b);
	flow_end_text(t, f, &f->dst, b->printer.opt.numeric);
	cell_end(b);
	flow_type_text(t, f);
	cell_end(b);
	verdict(b, f);
	flow_summary(t, f);
	cell_end(b);
	return row_end(b);
}

static int table_lost(struct printer *p, const struct lost_events *l)
{
	struct table *b = (struct table *)p;

	cell_time(b, l->time_ns, printer_lost_node(p, l));
	cell_str(b, l->source);
	cell_str(b, "-");
	cell_str(b, "EVENTS LOST");
	cell_str(b, "-");
	printer_lost_detail(p, &b->cells, l, ") - ");
	cell_end(b);
	return row_end(b);
}

static int table_close(struct sink *s)
{
	struct table *b = (struct table *)s;
	int err = print_rows(b), close_err;

	text_free(&b->cells);
	close_err = printer_close(s);
	return err ? err : close_err;
}

int print_table_create(const struct print_options *opt, struct sink **ret_sink)
{
	struct printer *p = printer_new(sizeof(struct table), opt, table_flow, table_lost);

	if (!p)
		return -ENOMEM;
	p->sink.close = table_close;
	header((struct table *)p);
	*ret_sink = &p->sink;
	return 0;
}
