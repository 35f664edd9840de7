/* SPDX-License-Identifier: MIT */
/* For tui/view_drops*.c only. */
#ifndef PITOT_TUI_VIEW_DROPS_OWN_H
#define PITOT_TUI_VIEW_DROPS_OWN_H

#include "flows/drop_advice.h"
#include "flows/drop_sums.h"
#include "tui/table.h"

struct ui_page;

enum drop_column {
	DROP_WHAT,
	DROP_FUNCTION,
	DROP_PACKETS,
	DROP_SHARE,
	DROP_RATE,
	DROP_REASON,
	DROP_WHO,
	DROP_LAST,
	DROP_BYTES,
	DROP_INTERFACE,
	DROP_NODE,
	DROP_FIRST,
	DROP_MEANING,
	DROP_COLUMNS
};

struct drops_view {
	struct ui *ui;
	struct drop_sums *sums;
	struct ui_table *tables[DROP_BYS];
	struct ui_column columns[DROP_BYS][DROP_COLUMNS];
	struct ui_page *pane; /* what the selected row means */
	enum drop_by by;
	unsigned int window; /* seconds of the rate */
	size_t metric; /* which one m chose last */
	size_t sort; /* enum drop_column; SIZE_MAX: the model's order */
	bool descending;
	bool again; /* rows have to be made anew */
	struct drop_row *rows; /* the model's */
	size_t n;
	uint64_t version, epoch; /* of the model, when rows were made */
	uint64_t now_ns; /* time shown then */
	uint64_t grouped_ns, took_ns; /* when that was, CLOCK_MONOTONIC, and how long it took */
};

/* 0 or -ENOMEM. */
int drops_make_table(struct drops_view *v, enum drop_by by);

/* Rows as they are now, or were a moment ago. */
void drops_refresh(struct drops_view *v);

/* NULL: none. */
const struct drop_row *drops_selected(struct drops_view *v);

/* Meaning, usual causes, commands, place and stack of a row. */
void drops_fill_pane(struct drops_view *v, const struct drop_row *r);

#endif
