/* SPDX-License-Identifier: MIT */
/* The time that is shown: the keys and commands that move it, and how the header tells it. */
#ifndef PITOT_TUI_CLOCK_H
#define PITOT_TUI_CLOCK_H

#include "tui/view.h"

/* ACT_PAUSE .. ACT_LIVE; count: so many steps. False: none of them. */
bool clock_act(struct ui *ui, enum action a, int count);

/* ":jump TIME", ":play [SPEED]", ":speed N", ":live", ":pause": as struct view's command. */
bool clock_command(struct ui *ui, const char *word, const char *rest, char **ret_error);
extern const char *const clock_commands[]; /* NULL-terminated */

/* "LIVE 14:03:22", "PAUSED 14:03:22.104 +1,204", "x4 14:03:22.1", "NO SOURCE": for the right end of the first line. */
void clock_caption(struct ui *ui, struct text *t, enum style *ret_style);

/*
 * A moment as it is typed, in ns since the epoch: "+5s" and "-1m" from `shown`, "12:03",
 * "12:03:04.5" on its day (of the zone that is shown), else as time_arg_parse() has it: a duration
 * back from `now`, a date. 0 or -EINVAL.
 */
int clock_parse(const char *text, uint64_t shown_ns, uint64_t now_ns, bool local, uint64_t *ret_ns);

/* "14:03:22" with `digits` (0 to 9) of a second's fraction; date: "2026-11-22 " before it. "-" for 0. */
void clock_text(struct text *t, uint64_t time_ns, bool local, bool date, unsigned int digits);

uint64_t clock_monotonic_ns(void);

/* 1204 as "1,204". */
void clock_count(struct text *t, uint64_t n);

#endif
