/* SPDX-License-Identifier: MIT */
/*
 * Bytes of a terminal -> keys: UTF-8, the sequences of xterm, the VTs, the Linux console,
 * rxvt, SGR and X10 mouse reports, bracketed paste. Pure: no terminal, no clock.
 */
#ifndef PITOT_TUI_TERMINAL_INPUT_H
#define PITOT_TUI_TERMINAL_INPUT_H

#include "tui/view.h"

#define INPUT_BYTES 1024
#define INPUT_LEARNED 24
#define INPUT_DOUBLE_MS 400

struct terminal_input {
	uint8_t buf[INPUT_BYTES];
	size_t n;
	bool pasting;
	struct {
		char bytes[16];
		int key;
	} learned[INPUT_LEARNED]; /* what terminfo says of this terminal */
	size_t n_learned;
	int click_x, click_y; /* the last click, for double ones */
	uint64_t click_ms;
};

/* Sequences (beginning with ESC, 2 to 15 bytes) that a terminal has for a key; others are left out. */
void terminal_input_learn(struct terminal_input *in, const char *bytes, int key);

/* Takes as many bytes as there is room for; returns how many. */
size_t terminal_input_add(struct terminal_input *in, const void *bytes, size_t n);

/*
 * The next key; 0: none yet. late: no more bytes come that belong to what is there, so
 * that a lone ESC is the Escape key. KEY_MOUSE_: *ret_mouse is filled in.
 */
int terminal_input_next(struct terminal_input *in, bool late, uint64_t now_ms,
			struct ui_mouse *ret_mouse);

#endif
