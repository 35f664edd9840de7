// SPDX-License-Identifier: MIT
/* The edges of `pitot map -o text` in words: a table of figures, what is wrong, what is new or gone. */
#include <errno.h>
#include <stdlib.h>

#include "cli/map.h"

#define NS_PER_US 1000
#define COLUMNS 6
#define NUMBERS 4 /* columns from here on are right-aligned */
#define GAP 2

struct cell_of {
	size_t from, len; /* in the text of all cells */
	size_t width;
};

/* ------------------------------------------------------------------------- table */

static void put_ends(struct text *t, const struct map_snapshot *s, const struct map_edge *e)
{
	map_node_text(t, &s->nodes[e->from]);
	text_str(t, " -> ");
	map_node_text(t, &s->nodes[e->to]);
}

static void put_rate(struct text *t, const struct map_edge *e)
{
	if (e->bytes || e->reply_bytes) {
		text_bytes(t, (uint64_t)(e->bytes_rate + 0.5));
		text_str(t, "/s");
		return;
	}
	text_u64(t, e->flows); /* Hubble's have no counters */
	text_str(t, e->flows == 1 ? " flow" : " flows");
}

/* What says the most: answers, else round trips, else handshakes; median and 99th percentile. */
static void put_latency(struct text *t, const struct map_edge *e)
{
	const uint64_t times[][2] = {{e->latency_p50_ns, e->latency_p99_ns},
				     {e->rtt_p50_ns, e->rtt_p99_ns},
				     {e->handshake_p50_ns, e->handshake_p99_ns}};
	static const char *const names[] = {"", " rtt", " handshake"};
	int i = 0;

	while (i < 2 && !times[i][0])
		i++;
	if (!times[i][0]) {
		text_char(t, '-');
		return;
	}
	text_us(t, times[i][0] / NS_PER_US);
	text_str(t, ", ");
	text_us(t, times[i][1] / NS_PER_US);
	text_str(t, names[i]);
}

static void put_count(struct text *t, uint64_t n)
{
	if (n)
		text_u64(t, n);
	else
		text_char(t, '-');
}

static void put_cell(struct text *t, const struct map_snapshot *s, const struct map_edge *e,
		     int column)
{
	switch (column) {
	case 0:
		put_ends(t, s, e);
		break;
	case 1:
		map_edge_text(t, e);
		break;
	case 2:
		put_rate(t, e);
		break;
	case 3:
		put_latency(t, e);
		break;
	case 4:
		put_count(t, e->errors);
		break;
	default:
		put_count(t, e->drops);
	}
}

/* Cells are made once, row by row; e NULL: the head. */
static void make_row(struct text *cells, const struct map_snapshot *s, const struct map_edge *e,
		     struct cell_of *row, size_t *widths)
{
	static const char *const head[COLUMNS] = {"WHO TO WHOM",  "PORT",   "RATE",
						  "LATENCY, p99", "ERRORS", "DROPS"};

	for (int i = 0; i < COLUMNS; i++) {
		row[i].from = cells->len;
		if (e)
			put_cell(cells, s, e, i);
		else
			text_str(cells, head[i]);
		row[i].len = cells->len - row[i].from;
		row[i].width = text_width(cells, row[i].from);
		if (row[i].width > widths[i])
			widths[i] = row[i].width;
	}
}

/*
 * What is least missed goes first where the line is too long; errors and drops stand below in
 * words. Width 0: any.
 */
static void leave_out(size_t *widths, size_t width)
{
	static const int less_important[] = {2, 4, 5, 3};
	size_t all = 0;

	for (int i = 0; i < COLUMNS; i++)
		all += widths[i] + (i ? GAP : 0);
	for (size_t i = 0; width && all > width && i < 4; i++) {
		all -= widths[less_important[i]] + GAP;
		widths[less_important[i]] = 0;
	}
}

static void put_row(struct text *t, const struct text *cells, const struct cell_of *row,
		    const size_t *widths)
{
	size_t due = 0; /* blanks, which none at the end of the line are */

	for (int i = 0; i < COLUMNS; i++) {
		size_t fill = widths[i] - row[i].width;

		if (!widths[i])
			continue;
		text_spaces(t, due + (i >= NUMBERS ? fill : 0));
		text_mem(t, cells->data + row[i].from, row[i].len);
		due = GAP + (i >= NUMBERS ? 0 : fill);
	}
	text_char(t, '\n');
}

void map_edges_put_table(struct text *t, const struct map_snapshot *s, size_t width)
{
	struct cell_of *rows = calloc((s->n_edges + 1) * COLUMNS, sizeof(*rows));
	size_t widths[COLUMNS] = {0};
	struct text cells = {0};

	if (!rows) {
		t->err = -ENOMEM;
		return;
	}
	make_row(&cells, s, NULL, rows, widths);
	for (size_t i = 0; i < s->n_edges; i++)
		make_row(&cells, s, &s->edges[i], &rows[(i + 1) * COLUMNS], widths);
	leave_out(widths, width);
	for (size_t i = 0; i <= s->n_edges && !cells.err; i++)
		put_row(t, &cells, &rows[i * COLUMNS], widths);
	if (cells.err)
		t->err = cells.err;
	text_free(&cells);
	free(rows);
}

/* ----------------------------------------------------------------------- trouble */

static void put_edge(struct text *t, const struct map_snapshot *s, const struct map_edge *e)
{
	put_ends(t, s, e);
	text_str(t, "  ");
	map_edge_text(t, e);
}

static void put_drops(struct text *t, const struct map_edge *e)
{
	text_u64(t, e->drops);
	text_str(t, " of ");
	text_u64(t, e->sent);
	text_str(t, " dropped");
	if (*e->drop_reason) {
		text_str(t, ": ");
		text_escape(t, e->drop_reason, 255);
	}
	if (*e->drop_function) {
		text_str(t, " in ");
		text_escape(t, e->drop_function, 255);
	}
	if (*e->drop_policy) {
		text_str(t, " by ");
		text_escape(t, e->drop_policy, 255);
	}
}

static void put_bad_edge(struct text *t, const struct map_snapshot *s, const struct map_edge *e)
{
	put_edge(t, s, e);
	text_str(t, ": ");
	if (e->drops)
		put_drops(t, e);
	if (e->errors) {
		text_str(t, e->drops ? ", " : "");
		text_u64(t, e->errors);
		text_str(t, e->errors == 1 ? " error" : " errors");
	}
	text_char(t, '\n');
}

void map_edges_put_trouble(struct text *t, const struct map_snapshot *s)
{
	for (size_t i = 0; i < s->n_edges; i++)
		if (map_edge_is_bad(&s->edges[i]))
			put_bad_edge(t, s, &s->edges[i]);
	for (size_t i = 0; i < s->n_nodes; i++) {
		const struct map_node *n = &s->nodes[i];

		if (!n->listen_drops)
			continue;
		map_node_text(t, n);
		text_str(t, ": ");
		text_u64(t, n->listen_drops);
		text_str(t, n->listen_drops == 1 ? " connection request" : " connection requests");
		text_str(t, " lost by a full listen queue\n");
	}
}

void map_edges_put_marks(struct text *t, const struct map_snapshot *s)
{
	for (size_t i = 0; i < s->n_edges; i++) {
		if (s->edges[i].mark == MAP_SAME)
			continue;
		text_str(t, s->edges[i].mark == MAP_NEW ? "+ " : "- ");
		put_edge(t, s, &s->edges[i]);
		text_char(t, '\n');
	}
}
