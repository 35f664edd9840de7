/* SPDX-License-Identifier: MIT */
/* Each view's row: tui/view_NAME.c has it. */
#ifndef PITOT_TUI_VIEWS_H
#define PITOT_TUI_VIEWS_H

#include "tui/view.h"

extern const struct view view_flows, view_map, view_top, view_drops, view_dns, view_processes,
	view_status;

#endif
