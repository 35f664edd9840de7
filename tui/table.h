/* SPDX-License-Identifier: MIT */
/*
 * A table on the screen: columns that can be chosen and sorted by, a selection that
 * follows its row's item and not its line, a cell cursor, scrolling both ways, mouse.
 * The rows are the view's; this asks for the cells it draws.
 */
#ifndef PITOT_TUI_TABLE_H
#define PITOT_TUI_TABLE_H

#include "tui/view.h"

struct ui_column {
	const char *name; /* for :columns, exports: "source" */
	const char *title; /* "SOURCE" */
	uint16_t width,
		min; /* columns wanted and needed; a table that is too narrow leaves the last ones out */
	uint8_t stretch; /* gets what is left over, so many shares of it; 0, 1: true */
	bool right; /* numbers */
	bool hidden; /* not shown by default */
	bool sortable;
	bool descending; /* sorted: the largest first by default */
	char keep_from; /* what is too long is cut before the last such character: ':' keeps a port; 0: at its end */
	uint8_t keep_tail; /* and so many before that stay where there is room: what tells a Deployment's pods apart */
	const char *help; /* one line, in the chooser */
};

/* What a view lends: rows in the order of the sort, indices from 0. */
struct ui_table_rows {
	void *arg;
	size_t (*count)(void *arg);
	/* Tells the item of a row, unique; 0 is none. */
	uint64_t (*key)(void *arg, size_t row);
	/* Its row now; SIZE_MAX: no more there. near: where it was last. */
	size_t (*find)(void *arg, uint64_t key, size_t near);
	/* Text (untrusted) and style of a cell. The text is emptied before. */
	void (*cell)(void *arg, size_t row, size_t column, struct text *t, enum style *style);
	/* sort: index of a column, and its way; the view sorts. NULL: not sortable. */
	void (*sort)(void *arg, size_t column, bool descending);
};

struct ui_table;

/* columns: n of them, at most 64, that outlive the table. NULL without memory. */
struct ui_table *ui_table_new(struct ui *ui, const struct ui_column *columns, size_t n,
			      const struct ui_table_rows *rows);
void ui_table_free(struct ui_table *t); /* takes NULL */

void ui_table_draw(struct ui_table *t, struct canvas *c, struct canvas_area area);
/* Moving, sorting, the column chooser, finding. True: it was for the table. */
bool ui_table_act(struct ui_table *t, enum action a, int count);
bool ui_table_mouse(
	struct ui_table *t,
	const struct ui_mouse *m); /* x, y of the area drawn last; double click: see opened */
/* ":sort NAME [asc|desc]" and ":columns NAME,NAME,.."; as struct view's command. */
bool ui_table_command(struct ui_table *t, const char *word, const char *rest, char **ret_error);

/* SIZE_MAX: nothing is selected (no rows). The column is where the cell cursor is. */
size_t ui_table_row(struct ui_table *t);
size_t ui_table_column(const struct ui_table *t);
uint64_t ui_table_key(
	const struct ui_table *t); /* of the selected item, also where its row is gone; 0: none */
void ui_table_select(struct ui_table *t, uint64_t key);
/* At the end: the selection stays at the last row as rows come (a log that follows). */
void ui_table_follow(struct ui_table *t, bool follow);
bool ui_table_follows(const struct ui_table *t);
/* Shown columns in their order; returns how many. ret of at least n places. */
size_t ui_table_shown(const struct ui_table *t, size_t *ret);
void ui_table_sorted(const struct ui_table *t, size_t *ret_column,
		     bool *ret_descending); /* column SIZE_MAX: as they come */

/* "json" (an array of objects by column name) or "csv" of all rows and shown columns. 0 or -errno. */
int ui_table_export(struct ui_table *t, const char *format, struct text *out);

#endif
