/* SPDX-License-Identifier: MIT */
/* For tui/filter_bar*.c only. */
#ifndef PITOT_TUI_FILTER_BAR_INTERNAL_H
#define PITOT_TUI_FILTER_BAR_INTERNAL_H

#include "tui/filter_bar.h"
#include "tui/filter_history.h"
#include "tui/line.h"
#include "tui/offers.h"

#define FILTER_STEPS 100 /* of undo */

struct filter_steps {
	char *v[FILTER_STEPS];
	size_t n;
};

struct filter_bar {
	struct filter_bar_options opt;
	char *text; /* in force */
	struct filter_steps undo, redo;
	struct filter_history history;
	/* while it is open */
	bool open;
	struct line line;
	struct offers offers;
	bool stale; /* the line has changed since offers, err and error were found */
	int err; /* of the line */
	struct ui_filter_error error; /* -EINVAL */
	bool asked; /* Return was pressed on what is wrong */
	bool edited; /* since it was opened */
	size_t history_at; /* history.n: the line is none of it */
	char *draft; /* what was typed before it was left for the filters of before */
	struct canvas_area drawn;
};

/* offers, err and error are those of the line as it stands. */
void filter_bar_look(struct filter_bar *b);

#endif
