/* SPDX-License-Identifier: MIT */
/* What a style looks like. Colours are picked so that they can be read on black and on white. */
#ifndef PITOT_TUI_TERMINAL_PALETTE_H
#define PITOT_TUI_TERMINAL_PALETTE_H

#include "flows/canvas.h"

enum look_flags { LOOK_BOLD = 1, LOOK_DIM = 2, LOOK_REVERSE = 4, LOOK_UNDERLINE = 8 };

#define LOOK_DEFAULT -1 /* the terminal's own colour */

struct look {
	short fg, bg; /* of 256 or of 8 colours, or LOOK_DEFAULT */
	unsigned int flags;
};

/* colors: 0, 8 or 256; any other style is as STYLE_NORMAL. light: the background is. */
struct look terminal_look(int colors, bool light, uint8_t style, uint8_t cell_flags);

/* 0xRRGGBB of one of xterm's 256 colours from 16 on. */
uint32_t terminal_rgb(int color);

#endif
