/* SPDX-License-Identifier: MIT */
/*
 * The terminal: the only place that knows ncurses. It is given back as it was after every end:
 * return, a signal, a crash. All else draws on a canvas, so that tests and fuzzers need no terminal.
 */
#ifndef PITOT_TUI_TERMINAL_H
#define PITOT_TUI_TERMINAL_H

#include "flows/canvas.h"
#include "tui/view.h"

enum terminal_color {
	TERMINAL_COLOR_AUTO,
	TERMINAL_COLOR_NEVER,
	TERMINAL_COLOR_8,
	TERMINAL_COLOR_256,
	TERMINAL_COLOR_TRUE
};

struct terminal_options {
	enum terminal_color color; /* AUTO: TERM, COLORTERM and NO_COLOR decide */
	bool ascii; /* no box-drawing characters, whatever the locale */
	bool mouse;
	bool light; /* a light background */
	bool clipboard; /* `y` also puts its text into the terminal's clipboard (OSC 52) */
};

/* 0 or -errno with one line in *ret_error (no terminal, TERM not known). One at a time. */
int terminal_open(const struct terminal_options *opt, char **ret_error);
void terminal_close(void); /* may be called twice, and from a handler of a fatal signal */
bool terminal_is_ascii(void);
int terminal_colors(void); /* 0, 8, 256, 1 << 24 */
void terminal_size(int *ret_width, int *ret_height);

/* Shows the canvas; only what differs from the last one is sent. cursor_x < 0: no cursor. */
void terminal_show(const struct canvas *c, int cursor_x, int cursor_y);
/*
 * Into the clipboard of the terminal (OSC 52), which it may ignore: only where opt.clipboard asks
 * for it. False: it is too long for one (or there is no memory), and none of it is there.
 */
bool terminal_copy(const char *s, size_t n);
void terminal_redraw(void); /* the next show sends everything */

/*
 * The next key (tui/keys.h) without waiting; 0: none. KEY_MOUSE_: *ret_mouse, cells of the
 * screen. late: nothing came for terminal_wait_ms(). -EIO: the terminal has gone.
 */
int terminal_key(bool late, struct ui_mouse *ret_mouse);
/* What to wait for: a descriptor of its own, so that stdin stays as it is (blocking). */
int terminal_fd(void);
/* 0, or for how long to wait for the rest of what may be an Escape or the begin of another key. */
int terminal_wait_ms(void);

void terminal_hover(bool on); /* tell of the mouse's every move, too (MOUSE_MOVE) */

/* Gives the terminal back for as long as the program is stopped, and takes it again. */
void terminal_suspend(void);
void terminal_resume(void);

#endif
