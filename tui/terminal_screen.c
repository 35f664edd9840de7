// SPDX-License-Identifier: MIT
#include "tui/terminal_screen.h"

#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include <ncurses.h>

#include "tui/terminal.h"
#include "tui/terminal_palette.h"

#define LOOKS (STYLES * 2) /* each style, plain and selected */

static struct {
	struct {
		attr_t attributes;
		int pair;
	} looks[LOOKS];
	struct canvas shown; /* what ncurses was told last */
	bool whole; /* tell it everything */
} screen = {0};

/* A colour of the palette as this terminal numbers them. */
static int number(int color, int colors)
{
	if (color == LOOK_DEFAULT || color < 16)
		return color;
	/* terminals with direct colour have the RGB value for a number */
	return colors > 256 && COLORS > 256 ? (int)terminal_rgb(color) : color;
}

void terminal_screen_init(int colors, bool light)
{
	int pair = 0;

	for (int i = 0; i < LOOKS; i++) {
		struct look l =
			terminal_look(colors, light, (uint8_t)(i / 2), i % 2 ? CELL_SELECTED : 0);
		attr_t a = A_NORMAL;

		a |= l.flags & LOOK_BOLD ? A_BOLD : 0;
		a |= l.flags & LOOK_DIM ? A_DIM : 0;
		a |= l.flags & LOOK_REVERSE ? A_REVERSE : 0;
		a |= l.flags & LOOK_UNDERLINE ? A_UNDERLINE : 0;
		screen.looks[i].attributes = a;
		screen.looks[i].pair = 0;
		if (l.fg == LOOK_DEFAULT && l.bg == LOOK_DEFAULT)
			continue;
		if (init_extended_pair(++pair, number(l.fg, colors), number(l.bg, colors)) == OK)
			screen.looks[i].pair = pair;
	}
	screen.whole = true;
}

void terminal_screen_free(void)
{
	canvas_free(&screen.shown);
}

static void put(int x, int y, const struct cell *cell, bool ascii)
{
	int look = (cell->style < STYLES ? cell->style : 0) * 2 + !!(cell->flags & CELL_SELECTED);
	int pair = screen.looks[look].pair;
	wchar_t text[2] = {(wchar_t)cell->c, 0};
	cchar_t c;

	if (!cell->c)
		return; /* the right half: drawn with the left one */
	if (cell->c < 0x20 || cell->c == 0x7f || (ascii && cell->c >= 0x80))
		text[0] = '?';
	if (setcchar(&c, text, screen.looks[look].attributes, 0, &pair) == OK)
		mvadd_wch(y, x, &c);
}

static bool same(const struct cell *a, const struct cell *b)
{
	return a->c == b->c && a->style == b->style && a->flags == b->flags;
}

/* Where one half of a wide character changes, both are told. */
static bool differs(const struct cell *now, const struct cell *was, int x, int width)
{
	return !same(now + x, was + x) ||
	       (x + 1 < width && !now[x + 1].c && !same(now + x + 1, was + x + 1));
}

void terminal_show(const struct canvas *c, int cursor_x, int cursor_y)
{
	bool ascii = terminal_is_ascii(), whole = screen.whole;
	int width = c->width < COLS ? c->width : COLS,
	    height = c->height < LINES ? c->height : LINES;

	if (screen.shown.width != c->width || screen.shown.height != c->height) {
		whole = true;
		if (canvas_resize(&screen.shown, c->width, c->height))
			return;
	}
	if (screen.whole)
		clearok(stdscr, TRUE);
	if (whole)
		erase();
	for (int y = 0; y < height; y++) {
		const struct cell *now = c->cells + (size_t)y * c->width;
		const struct cell *was = screen.shown.cells + (size_t)y * c->width;

		for (int x = 0; x < width; x++)
			if (whole || differs(now, was, x, width))
				put(x, y, now + x, ascii);
	}
	memcpy(screen.shown.cells, c->cells, sizeof(*c->cells) * (size_t)c->width * c->height);
	screen.whole = false;
	curs_set(cursor_x >= 0);
	if (cursor_x >= 0)
		move(cursor_y, cursor_x);
	refresh();
}

void terminal_redraw(void)
{
	screen.whole = true;
}
