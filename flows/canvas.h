/* SPDX-License-Identifier: MIT */
/*
 * A rectangle of character cells: what the service map is drawn on for a text file,
 * and every view for the terminal. It knows no terminal: colours are roles.
 */
#ifndef PITOT_FLOWS_CANVAS_H
#define PITOT_FLOWS_CANVAS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text;

/* What a cell means; what that looks like is the terminal's affair (tui/terminal.c). */
enum style {
	STYLE_NORMAL,
	STYLE_DIM, /* less important: units, separators, hints */
	STYLE_STRONG, /* titles, names that matter */
	STYLE_GOOD, /* forwarded */
	STYLE_BAD, /* dropped, errors */
	STYLE_WARN, /* slow, retransmits, lost events */
	STYLE_INFO, /* addresses, links, what is neither good nor bad */
	STYLE_HEADER, /* the line of column titles */
	STYLE_BAR, /* the top and bottom lines */
	STYLE_KEY, /* a key in the footer or help */
	STYLE_MATCH, /* what a search found */
	STYLE_NAMESPACE, /* the first of STYLE_NAMESPACES colours that tell namespaces apart */
	STYLES = STYLE_NAMESPACE + 6,
};
#define STYLE_NAMESPACES 6

enum cell_flags {
	CELL_SELECTED = 1, /* the selected line or node */
	CELL_WIDE = 2, /* takes two columns; the cell behind it has c 0 */
};

struct cell {
	uint32_t c; /* the character; 0: the right half of the one before it */
	uint8_t style; /* enum style */
	uint8_t flags; /* enum cell_flags */
	uint16_t pad;
};

/* The part of the canvas that may be drawn on: all functions clip to it. */
struct canvas_area {
	int x, y, width, height;
};

struct canvas {
	int width, height; /* cells */
	struct cell *cells; /* row by row */
	bool ascii; /* canvas_put() draws line and arrow characters with their ASCII likeness */
	struct canvas_area clip;
};

#define CANVAS_MAX (16u << 20) /* cells */

/* All blank, clip is the whole. 0, -ENOMEM, or -E2BIG above CANVAS_MAX. Zeroed first, or made by it. */
int canvas_resize(struct canvas *c, int width, int height);
void canvas_free(struct canvas *c); /* takes a zeroed one */
void canvas_clear(struct canvas *c, struct canvas_area a, uint8_t style);

/* Draws only within *a from here on; returns what held before, to be set again. */
struct canvas_area canvas_clip(struct canvas *c, struct canvas_area a);
struct canvas_area canvas_whole(const struct canvas *c);

/* A character of one column that needs no escaping: borders, bars, arrows. */
void canvas_put(struct canvas *c, int x, int y, uint32_t character, uint8_t style);

/*
 * Untrusted text of n bytes at x, y, in at most max columns (< 0: all there is): escaped as
 * text_escape() does, where it does not fit its last column is an ellipsis. Returns the
 * columns that it took.
 */
int canvas_text(struct canvas *c, int x, int y, int max, uint8_t style, const char *s, size_t n);
int canvas_str(struct canvas *c, int x, int y, int max, uint8_t style, const char *s);

/* Sets flags on cells, or another style; the characters stay. */
void canvas_flag(struct canvas *c, struct canvas_area a, uint8_t flags);
void canvas_restyle(struct canvas *c, struct canvas_area a, uint8_t style);

/* Columns of one character: 0 (joins the one before), 1 or 2. Locale-independent. */
int character_width(uint32_t c);

/*
 * Takes the character set that the environment asks for. True: UTF-8; also where the locale
 * is one of UTF-8 that this machine does not have (ssh hands on what the other side has).
 */
bool canvas_locale(void);

/* Columns that canvas_text() would take without a limit. */
int canvas_width_of(const char *s, size_t n);

/*
 * Appends all rows as UTF-8 lines, without blanks at their ends; color: with the terminal's
 * sequences (SGR, 8 colours) for the styles.
 */
void canvas_print(const struct canvas *c, bool color, struct text *t);

#endif
