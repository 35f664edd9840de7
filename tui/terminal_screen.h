/* SPDX-License-Identifier: MIT */
/* The canvas on ncurses' screen: for tui/terminal.c alone. */
#ifndef PITOT_TUI_TERMINAL_SCREEN_H
#define PITOT_TUI_TERMINAL_SCREEN_H

#include <stdbool.h>

/* After start_color(). colors: as terminal_colors(). */
void terminal_screen_init(int colors, bool light);
void terminal_screen_free(void);

#endif
