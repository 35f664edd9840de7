/* SPDX-License-Identifier: MIT */
/* The list of words that can stand at a line's cursor: chosen by Tab or by a click. */
#ifndef PITOT_TUI_OFFERS_H
#define PITOT_TUI_OFFERS_H

#include "tui/line.h"
#include "tui/ui.h"

#define OFFERS_ROWS 8 /* shown at a time */
#define OFFERS_NONE SIZE_MAX

struct offers {
	struct ui_words words; /* a TAB parts a word from what it is; owned */
	size_t start, end; /* what of the line a word replaces */
	size_t selected; /* stands in the line now; OFFERS_NONE */
	char *typed; /* what stood there before one was selected; owned */
	size_t top; /* first row shown */
	struct canvas_area drawn; /* where, for clicks */
};

void offers_clear(struct offers *o);
/* Takes the words; they replace the bytes from..to of a line. */
void offers_set(struct offers *o, struct ui_words words, size_t from, size_t to);

/*
 * Tab: what all words have in common is put in, and where that is nothing new the next one
 * is (step 1) or the one before (-1). True: the line has changed.
 */
bool offers_step(struct offers *o, struct line *l, int step);
/* What was typed before stands there again. False: nothing was selected. */
bool offers_give_up(struct offers *o, struct line *l);

/* At column x; upward: its last row is the last one of area. Returns the rows it took. */
int offers_draw(struct offers *o, struct canvas *c, struct canvas_area area, int x, bool upward);
/* OFFERS_NONE: not within it. */
size_t offers_at(const struct offers *o, int x, int y);
void offers_pick(struct offers *o, struct line *l, size_t i);

#endif
