/* SPDX-License-Identifier: MIT */
/* Everything about a flow and its connection, with the timeline of the events that are held. */
#ifndef PITOT_TUI_FLOW_PAGE_H
#define PITOT_TUI_FLOW_PAGE_H

#include "flows/flow.h"
#include "tui/flow_cells.h"
#include "tui/page.h"

/* A page over the view that goes on with the connection. number: as store_get()'s. */
void flow_page_show(struct ui *ui, uint64_t number, const struct flow_cell_options *opt);

/* ------------------------------------------------------------ parts of the page */

/* What happened: event, verdict, message, drop with its place, meaning and what to do next. */
void flow_page_event(struct ui_page *p, const struct flow *f, const struct flow_cell_options *opt);

/* Who is at both ends. */
void flow_page_ends(struct ui_page *p, const struct flow *f);

/* Counters and the way through the machine, of the connection's newest event. */
void flow_page_connection(struct ui_page *p, const struct flow *f,
			  const struct flow_cell_options *opt);

/* The message of an application, Hubble's own words. */
void flow_page_message(struct ui_page *p, const struct flow *f);

/* "  name   value" of a text, nothing where it is empty; empties it. */
void flow_page_put(struct ui_page *p, const char *name, enum style style, struct text *value);

#endif
