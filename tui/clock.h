/* SPDX-License-Identifier: MIT */
/* The time that is shown: the keys and commands that move it, and how the header tells it. */
#ifndef PITOT_TUI_CLOCK_H
#define PITOT_TUI_CLOCK_H

#include "tui/view.h"

/* ACT_PAUSE .. ACT_LIVE. False: none of them. */
bool clock_act(struct ui *ui, enum action a, int count);

/* ":jump TIME", ":speed N", ":live", ":pause": as struct view's command. */
bool clock_command(struct ui *ui, const char *word, const char *rest, char **ret_error);

/* "LIVE 14:03:22", "PAUSED 14:03:22 +1,204", "x4 14:03:22": for the right end of the first line. */
void clock_caption(struct ui *ui, struct text *t, enum style *ret_style);

#endif
