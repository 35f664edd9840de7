/* SPDX-License-Identifier: MIT */
/* Figures as shapes within a line of text: a course of time, a share; and as short numbers. */
#ifndef PITOT_TUI_SPARKLINE_H
#define PITOT_TUI_SPARKLINE_H

#include <stdbool.h>
#include <stdint.h>

#include "flows/text.h"

/*
 * n values in `width` (at most n) columns, the largest of those that share one; the height is
 * relative to the largest of all. 0 is a blank, all else can be seen. ascii: " .:-=+*#".
 */
void sparkline_text(struct text *t, const float *v, unsigned int n, unsigned int width, bool ascii);

/* A bar of `part` (0 to 1) of `width` columns, with blanks behind it. More than 0 can be seen. */
void bar_text(struct text *t, double part, unsigned int width, bool ascii);

/* At most 4 digits and a unit: "0", "0.2", "12", "1.2k"; with a unit behind: "B/s", binary, gives "1.2 KiB/s". */
void figure_text(struct text *t, double v, const char *unit, bool binary);

/* " 45%", " <1%" */
void percent_text(struct text *t, double part);

/* "45 us", "1.2 ms", "3.4 s" */
void duration_text(struct text *t, uint64_t ns);

#endif
