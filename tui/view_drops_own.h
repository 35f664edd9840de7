/* SPDX-License-Identifier: MIT */
/* For tui/view_drops*.c only. */
#ifndef PITOT_TUI_VIEW_DROPS_OWN_H
#define PITOT_TUI_VIEW_DROPS_OWN_H

#include "flows/drop_advice.h"
#include "flows/drop_sums.h"
#include "tui/view_sums.h"

#define NODE_MAX 256 /* bytes of a node's name that are shown */

enum drop_column {
	DROP_WHAT = SUMS_WHAT,
	DROP_FUNCTION,
	DROP_PACKETS,
	DROP_SHARE,
	DROP_RATE,
	DROP_REASON,
	DROP_WHO,
	DROP_LAST,
	DROP_BYTES,
	DROP_INTERFACE,
	DROP_NODE,
	DROP_FIRST,
	DROP_MEANING,
	DROP_COLUMNS
};

/* Meaning, usual causes, commands, place and stack of a row. */
bool drops_fill_pane(struct sums_view *v, const void *row, int height, struct text *t);

#endif
