/* SPDX-License-Identifier: MIT */
/* Styled lines that scroll: help, the details of a flow, the status. */
#ifndef PITOT_TUI_PAGE_H
#define PITOT_TUI_PAGE_H

#include "flows/canvas.h"
#include "tui/keys.h"
#include "tui/view.h"

/*
 * NULL without memory; the other functions take NULL and remember a failure. Lines: at most
 * 20,000. title "": no title line, as for a page that is a view of its own.
 */
struct ui_page *ui_page_new(const char *title);
void ui_page_free(struct ui_page *p);

void ui_page_clear(struct ui_page *p); /* the scroll position stays */
/* Untrusted text; spans of one line follow each other until ui_page_end(). */
void ui_page_span(struct ui_page *p, enum style style, const char *s, size_t n);
void ui_page_end(struct ui_page *p);
/* The line that is being written, or begins now: what it wraps into is indented so far. */
void ui_page_indent(struct ui_page *p, unsigned int columns);
void ui_page_line(struct ui_page *p, enum style style, const char *s);
void ui_page_heading(struct ui_page *p, const char *s);
/* "  name            value"; the value is wrapped at the width of the screen. */
void ui_page_field(struct ui_page *p, const char *name, enum style style, const char *value);
/* Running text, wrapped. */
void ui_page_text(struct ui_page *p, enum style style, const char *s);

/* Called before each frame to fill it anew; NULL: it stays as it is. close: the page goes. */
void ui_page_live(struct ui_page *p, void (*fill)(void *arg, struct ui_page *p),
		  void (*close)(void *arg), void *arg);

/*
 * Over a page the keys of the whole screen work, those of the view behind it do not, but for
 * `actions` (ACT_BIT()s). cell: what `f` makes a filter of (false: it stands for none), called
 * with the arg of ui_page_live(); NULL: as any other key.
 */
#define ACT_BIT(action) (1ull << (action))
void ui_page_keys(struct ui_page *p, uint64_t actions,
		  bool (*cell)(void *arg, struct text *ret_expression));
bool ui_page_hears(const struct ui_page *p, enum action a);
bool ui_page_cell(struct ui_page *p, struct text *ret_expression); /* false: it has none */

/* Lines wrap at the area's width; ascii as the canvas. */
void ui_page_draw(struct ui_page *p, struct canvas *c, struct canvas_area area);
bool ui_page_act(struct ui_page *p, enum action a, int count); /* scrolls */
void ui_page_print(const struct ui_page *p, struct text *t); /* plain lines */

#endif
