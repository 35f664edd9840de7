/* SPDX-License-Identifier: MIT */
/* The Top view's model is the Processes view's, too: each flow is summed up once. */
#ifndef PITOT_TUI_VIEW_TOP_H
#define PITOT_TUI_VIEW_TOP_H

#include "flows/top.h"

struct top_table;

/* view: ui_view_object() of VIEW_TOP. Lives as long as that. */
struct top *view_top_share(void *view);

/* t is touched, too, when flows come, until the view closes. */
void view_top_listen(void *view, struct top_table *t);

#endif
