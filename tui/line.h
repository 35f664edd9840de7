/* SPDX-License-Identifier: MIT */
/*
 * A line that is being typed: UTF-8, a cursor, the keys that shells have taught
 * (^A ^E ^W ^U ^K ^Y, words by Shift-arrows). It draws itself, scrolled so that the
 * cursor is seen. The filter bar, the command line and every question use it.
 */
#ifndef PITOT_TUI_LINE_H
#define PITOT_TUI_LINE_H

#include "flows/canvas.h"
#include "tui/keys.h"

#define LINE_MAX_BYTES 16384

struct line {
	char *text; /* NUL-terminated, never NULL after line_init() */
	size_t len, size;
	size_t at; /* cursor, in bytes */
	size_t scroll; /* first byte that is drawn */
	char *cut; /* what ^K, ^U, ^W took, for ^Y; may be NULL */
};

enum line_result {
	LINE_IGNORED, /* no key of a line: Return, Escape, Tab, Up, .. */
	LINE_MOVED, /* the cursor at most */
	LINE_CHANGED, /* the text */
};

/* text may be NULL. 0 or -ENOMEM. */
int line_init(struct line *l, const char *text);
void line_free(struct line *l); /* takes a zeroed one */

enum line_result line_key(struct line *l, int key);

/* All of the text, cursor behind it; what is longer than LINE_MAX_BYTES is cut. */
void line_set(struct line *l, const char *text);
/* The bytes from..to become s, the cursor stands behind it. False: no room, nothing happened. */
bool line_replace(struct line *l, size_t from, size_t to, const char *s);

/* Characters of text before byte n; what is no UTF-8 counts a byte each (as struct where_error). */
size_t line_characters(const char *text, size_t n);
/* The byte of a character, at most strlen(text). */
size_t line_byte(const char *text, size_t character);

/*
 * Draws into area's first row; characters from `bad` on (bad_len of them) with bad_style.
 * *ret_x: where the cursor is.
 */
void line_draw(struct line *l, struct canvas *c, struct canvas_area area, size_t bad,
	       size_t bad_len, uint8_t bad_style, int *ret_x);

/* Where line_draw() has put a byte, clipped to the area. */
int line_x(const struct line *l, struct canvas_area area, size_t byte);

#endif
