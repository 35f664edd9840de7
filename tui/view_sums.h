/* SPDX-License-Identifier: MIT */
/*
 * A view over a table of sums (flows/sums.h): rows by one thing or another, below them what the
 * selected one means. Drops and DNS are such; what differs is a struct sums_view_kind.
 */
#ifndef PITOT_TUI_VIEW_SUMS_H
#define PITOT_TUI_VIEW_SUMS_H

#include "flows/sums.h"
#include "tui/page.h"
#include "tui/table.h"

#define SUMS_VIEW_BYS 8
#define SUMS_VIEW_COLUMNS 16
#define SUMS_WHAT 0 /* the column that tells what the row is about */

struct sums_view;

struct sums_view_kind {
	const struct sums_kind *sums;
	const char *empty; /* "drops": what there is none of */
	size_t row_size, n_by, n_columns;
	const char *(*by_name)(unsigned int by); /* "reason" */
	const char *const *titles; /* of the first column, for each by */
	const struct ui_column *columns;
	const char *const sorts[4]; /* what m ranks by: "packets desc" */
	/* Columns as they are for one by: those that say again what the row is about are hidden. */
	void (*set_columns)(unsigned int by, struct ui_column *columns);
	/* Of two rows, by v->sort and v->descending. */
	int (*compare)(const struct sums_view *v, const void *a, const void *b);
	void (*cell)(const struct sums_view *v, const void *row, size_t column, struct text *t,
		     enum style *style);
	/* Of a cell's flows, its own where it says more than the row; false: there is none. */
	bool (*expression)(const struct sums_view *v, const void *row, size_t column,
			   struct text *t);
	/* Fills v->pane, of so many lines; false: the row is the others', of which nothing can be said. */
	bool (*pane)(struct sums_view *v, const void *row, int height, struct text *scratch);
	void (*caption)(const struct sums_view *v, struct text *t);
};

struct sums_view {
	const struct sums_view_kind *kind;
	struct ui *ui;
	struct sums *sums;
	struct ui_table *tables[SUMS_VIEW_BYS];
	struct ui_column columns[SUMS_VIEW_BYS][SUMS_VIEW_COLUMNS];
	struct ui_page *pane; /* about the selected row */
	uint64_t pane_key, pane_ns; /* which one it was filled for, of rows that were made when */
	int pane_height;
	unsigned int by;
	unsigned int window; /* seconds of the rate */
	size_t metric; /* which one m chose last */
	size_t sort; /* a column; SIZE_MAX: the model's order */
	bool descending;
	bool again; /* rows have to be made anew */
	void *rows; /* the model's */
	size_t n;
	uint64_t version, epoch; /* of the model, when rows were made */
	uint64_t now_ns; /* time shown then */
	uint64_t grouped_ns, took_ns; /* when that was, CLOCK_MONOTONIC, and how long it took */
};

/* struct view's functions. Open is the kind's own, by sums_view_open(). */
int sums_view_open(const struct sums_view_kind *kind, struct ui *ui, void **ret);
void sums_view_close(void *arg);
void sums_view_draw(void *arg, struct canvas *c, struct canvas_area a);
bool sums_view_act(void *arg, enum action a, int count);
bool sums_view_mouse(void *arg, const struct ui_mouse *m);
bool sums_view_cell(void *arg, struct text *t);
int sums_view_export(void *arg, const char *format, struct text *t);
void sums_view_caption(void *arg, struct text *t);
bool sums_view_command(void *arg, const char *word, const char *rest, char **ret_error);
extern const char *const sums_view_formats[];
#define SUMS_VIEW_FUNCTIONS                                                             \
	.close = sums_view_close, .draw = sums_view_draw, .act = sums_view_act,         \
	.mouse = sums_view_mouse, .cell = sums_view_cell, .formats = sums_view_formats, \
	.export = sums_view_export, .caption = sums_view_caption, .command = sums_view_command

/* For the table. Rows are as they are now, or were a moment ago. */
int sums_view_make_table(struct sums_view *v, unsigned int by); /* 0 or -ENOMEM */
void sums_view_refresh(struct sums_view *v);
const void *sums_view_selected(struct sums_view *v); /* NULL: none */

/* Spans of the pane: a text, what was written (which is emptied), what begins a line. */
void pane_words(struct ui_page *p, enum style style, const char *s);
void pane_span(struct ui_page *p, enum style style, struct text *t);
void pane_label(struct ui_page *p, const char *s);

static inline int compare_number(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

#endif
