/* SPDX-License-Identifier: MIT */
/*
 * The filter bar: the line that is typed, with what is wrong in it while it is typed, what
 * can stand there, the filters of before; and the filter in force with undo and redo. It
 * knows no screen: ui gives it keys and draws it, tests and fuzzers do the same.
 */
#ifndef PITOT_TUI_FILTER_BAR_H
#define PITOT_TUI_FILTER_BAR_H

#include "flows/canvas.h"
#include "tui/known.h"
#include "tui/ui.h"

struct filter_bar;

struct filter_bar_options {
	const struct ui_host *host;
	struct known *known; /* NULL: no real values are offered */
	const char *
		history_path; /* NULL: the filters of before are not kept. See filter_history_path() */
	/* A filter is in force from here on (NULL: none); whoever is called takes it. */
	void (*apply)(void *arg, struct ui_filter *f);
	void *arg;
};

/* 0 or -ENOMEM. A history file that cannot be read is an empty one. */
int filter_bar_new(const struct filter_bar_options *opt, struct filter_bar **ret);
void filter_bar_free(struct filter_bar *b); /* takes NULL */

/* ------------------------------------------------------- the filter in force */

/* As typed; "": none. Valid until the next change. */
const char *filter_bar_text(const struct filter_bar *b);

/* 0 and it is in force; -EINVAL with *ret_error (may be NULL), or -ENOMEM: nothing has changed. */
int filter_bar_set(struct filter_bar *b, const char *text, struct ui_filter_error *ret_error);

/* As filter_bar_set() of what somebody typed: what is no filter is taken for the one it means. */
int filter_bar_set_meant(struct filter_bar *b, const char *text, struct ui_filter_error *ret_error);

/*
 * The filter in force and `expression` (exclude: and not). As filter_bar_set(). *ret_instead: the
 * term that made room, see ui_filter_and(); NULL: none did.
 */
int filter_bar_add(struct filter_bar *b, const char *expression, bool exclude, char **ret_instead,
		   struct ui_filter_error *ret_error);

/* The filter in force is one of the filters of before: it was typed elsewhere. */
void filter_bar_remember(struct filter_bar *b);

/* The filter before the last change, and back. False: there is none. */
bool filter_bar_undo(struct filter_bar *b);
bool filter_bar_redo(struct filter_bar *b);

/* ------------------------------------------------------------ while it is open */

void filter_bar_open(struct filter_bar *b); /* with the filter in force as text */
bool filter_bar_is_open(const struct filter_bar *b);

/* Every key goes here while it is open: Return applies what is right or can only mean one thing, Escape leaves all as it was. */
void filter_bar_key(struct filter_bar *b, int key);

/* A click in what was drawn last; cells of the canvas. False: not within it. */
bool filter_bar_click(struct filter_bar *b, int x, int y);

/*
 * Draws the line into `line` (one row) and, over what is drawn in `popup`, what is wrong
 * and what can stand at the cursor: downward where popup begins below the line, else upward.
 * *ret_x, *ret_y: the cursor; untouched where there is no room at all.
 */
void filter_bar_draw(struct filter_bar *b, struct canvas *c, struct canvas_area line,
		     struct canvas_area popup, int *ret_x, int *ret_y);

/* ---------------------------------------------------------------------- the file */

/* $XDG_STATE_HOME/pitot/filters, else ~/.local/state/pitot/filters; free() it. NULL: no home. */
char *filter_history_path(void);

#endif
