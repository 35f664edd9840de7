/* SPDX-License-Identifier: MIT */
/* What struct ui_table is, for tui/table*.c alone. */
#ifndef PITOT_TUI_TABLE_INTERNAL_H
#define PITOT_TUI_TABLE_INTERNAL_H

#include "flows/text.h"
#include "tui/table.h"

#define TABLE_COLUMNS 64

struct ui_table {
	struct ui *ui;
	const struct ui_column *columns;
	size_t n;
	struct ui_table_rows rows;
	uint8_t shown[TABLE_COLUMNS]; /* columns in their order */
	size_t n_shown;
	uint64_t key; /* of the selected item; 0: none */
	size_t row; /* where it was last; SIZE_MAX: there is no row */
	bool touched; /* somebody chose it: until then it is the first one */
	size_t cursor; /* the cell's column, an index of shown */
	size_t left; /* first column drawn, an index of shown */
	size_t top; /* first row drawn */
	size_t sorted; /* SIZE_MAX: as they come */
	bool descending;
	bool may_follow, follow;
	struct canvas_area area; /* drawn last */
	int height; /* lines for rows in it */
	struct {
		int x, width; /* within the area; width 0: not drawn */
	} place[TABLE_COLUMNS]; /* by index of shown */
	char *find;
	bool marks[TABLE_COLUMNS]; /* of the chooser */
	struct text text; /* of a cell */
};

/* Where the selected item is by now; returns how many rows there are. */
size_t table_sync(struct ui_table *t);
void table_select_row(struct ui_table *t, size_t row, size_t count);
void table_keep_visible(struct ui_table *t, size_t count);
void table_sort(struct ui_table *t, size_t column, bool descending);
/* Text of a cell in t->text; returns its style. */
enum style table_cell(struct ui_table *t, size_t row, size_t column);
/* The column of that name; SIZE_MAX: none. */
size_t table_column(const struct ui_table *t, const char *name, size_t len);

#endif
