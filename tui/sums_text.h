/* SPDX-License-Identifier: MIT */
/* How sums are written, and the pane below the rows of the views that have them. */
#ifndef PITOT_TUI_SUMS_TEXT_H
#define PITOT_TUI_SUMS_TEXT_H

#include <stdbool.h>

#include "flows/canvas.h"
#include "flows/text.h"

void put_missed(struct text *t,
		uint64_t flows); /* ", without 4,095 flows of before"; nothing for 0 */
void put_rate(struct text *t, double per_second); /* "12", "0.3", ""; nothing for 0 */
void put_share(struct text *t, double part); /* of 1: "42 %", "<1 %" */
void put_ago(struct text *t, uint64_t now_ns,
	     uint64_t then_ns); /* "now", "12 s", "3 min", "2 h", "5 d" */
void put_clock(struct text *t, uint64_t time_ns); /* "14:03:02" of this machine's zone */
void put_ms(struct text *t, uint64_t ns); /* "0.21 ms", "1.5 s"; "" for 0 */

/* "shop/cart -> shop/db:5432"; ports 0 are left out. */
void put_pair(struct text *t, const char *source, uint16_t source_port, const char *destination,
	      uint16_t destination_port);

/* " +3" for the others of n things of which one is told; nothing for one. */
void put_more(struct text *t, uint32_t n);

/* "1 pair", "3 pairs". */
void put_some(struct text *t, uint64_t n, const char *one, const char *many);

/*
 * Parts a view's area: *area keeps what the table of `rows` rows gets, what is returned is the
 * pane's, with a line on top; height 0: there is no room for one.
 */
struct canvas_area pane_split(struct canvas_area *area, size_t rows);
void pane_line(struct canvas *c,
	       struct canvas_area *pane); /* draws the line, which the pane loses */

#endif
