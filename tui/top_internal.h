/* SPDX-License-Identifier: MIT */
/* What struct top_table is, for tui/top_*.c alone. */
#ifndef PITOT_TUI_TOP_INTERNAL_H
#define PITOT_TUI_TOP_INTERNAL_H

#include "tui/top_table.h"
#include "tui/users.h"

struct top_table {
	struct ui *ui;
	struct top *top;
	const struct top_table_kind *kind;
	size_t at; /* index of kind->by */
	enum top_metric metric;
	size_t window; /* index of top_windows */
	struct top_snapshot snapshot;
	uint32_t *order; /* of the snapshot's rows */
	size_t n_order; /* room */
	bool touched, due; /* due: at once, else when a second is over */
	uint64_t made_ns; /* monotonic clock of the snapshot */
	uint64_t now_ns; /* its time shown */
	bool ascii, exporting, narrow;
	unsigned int bar, minute; /* columns of shapes */
	int top_lines; /* above the table */
	struct {
		int x, width;
	} tabs[TOP_TABLE_DIMENSIONS];
	struct {
		struct ui_table *table;
		struct ui_column columns[TOP_COLUMNS];
		uint8_t ids[TOP_COLUMNS]; /* enum top_column of each */
		size_t n;
		enum top_column sorted; /* TOP_COL_VALUE: by the metric */
		bool descending;
	} each[TOP_TABLE_DIMENSIONS];
	struct users *users; /* NULL: not this machine's */
};

extern const unsigned int top_windows[];
#define TOP_WINDOWS 4

/* The columns of kind->by[at]. */
void top_columns_make(struct top_table *t, size_t at);
/* Titles and widths as the metric, the window and the width want them. */
void top_columns_fit(struct top_table *t, int width);
void top_cell(struct top_table *t, const struct top_row *r, enum top_column id, struct text *out,
	      enum style *style);
/* The order of two rows by a column, ascending. */
int top_compare(const struct top_table *t, enum top_column id, const struct top_row *a,
		const struct top_row *b);
bool top_only_events(const struct top_table *t);
void top_header(struct top_table *t, struct canvas *c, struct canvas_area a);
struct top_query top_query_of(const struct top_table *t);

#endif
