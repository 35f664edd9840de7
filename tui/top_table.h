/* SPDX-License-Identifier: MIT */
/*
 * Sums of flows (flows/top.h) as tables on the screen, one a dimension: what the views Top and
 * Processes share. The order is made once a second, so that rows stand still while they are read.
 */
#ifndef PITOT_TUI_TOP_TABLE_H
#define PITOT_TUI_TOP_TABLE_H

#include "flows/top.h"
#include "tui/table.h"
#include "tui/view.h"

/* Columns; each dimension has some of them. */
enum top_column {
	TOP_COL_NAME,
	TOP_COL_PEER,
	TOP_COL_PORTS,
	TOP_COL_PID,
	TOP_COL_USER,
	TOP_COL_VALUE,
	TOP_COL_MINUTE,
	TOP_COL_PEERS,
	TOP_COL_DROPS,
	TOP_COL_RETRANSMITS,
	TOP_COL_RTT,
	TOP_COL_SHARE,
	TOP_COL_OUT,
	TOP_COL_IN,
	TOP_COL_LATENCY,
	TOP_COL_BEGUN,
	TOP_COL_TOTAL,
	TOP_COL_PACKETS,
	TOP_COL_RTT_MEDIAN,
	TOP_COL_LATENCY_MEDIAN,
	TOP_COL_EVENTS,
	TOP_COL_LAST,
	TOP_COLUMNS,
};

#define TOP_TABLE_DIMENSIONS 5

struct top_table_kind {
	size_t n; /* dimensions */
	struct {
		enum top_dimension dimension;
		const char *title; /* of the switch: "Pairs" */
		const char *name, *peer; /* titles of the first columns; peer NULL: there is none */
	} by[TOP_TABLE_DIMENSIONS];
	bool processes; /* with PIDs, users, peers */
	const char *empty; /* what is not there: "flows" */
};

struct top_table;

/* top: the view's, or another's; it has to outlive the table. 0 or -ENOMEM. */
int top_table_new(struct ui *ui, struct top *top, const struct top_table_kind *kind,
		  struct top_table **ret);
void top_table_free(struct top_table *t); /* takes NULL */

/* The model got flows, or was emptied. */
void top_table_touch(struct top_table *t);
void top_table_shown(struct top_table *t);

void top_table_draw(struct top_table *t, struct canvas *c, struct canvas_area area);
/* All but ACT_OPEN. */
bool top_table_act(struct top_table *t, enum action a, int count);
/* *ret_open: a row was clicked twice. */
bool top_table_mouse(struct top_table *t, const struct ui_mouse *m, bool *ret_open);
bool top_table_cell(struct top_table *t, struct text *ret_expression);
bool top_table_command(struct top_table *t, const char *word, const char *rest, char **ret_error);
int top_table_export(struct top_table *t, const char *format, struct text *out);
void top_table_caption(struct top_table *t, struct text *out);

/* The selected row and its dimension; NULL: there is none. Valid until the next call. */
const struct top_row *top_table_row(struct top_table *t, enum top_dimension *ret_dimension);

/* To the flows of the selected row. */
void top_table_drill(struct top_table *t);

struct top *top_table_model(const struct top_table *t);

extern const char *const top_table_formats[], *const top_table_commands[];

#endif
