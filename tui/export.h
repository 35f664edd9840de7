/* SPDX-License-Identifier: MIT */
/*
 * Files out of the screen: `e` writes what is shown (flows that pass the filter up to the
 * time shown, a view's table, the map), `r` records every flow that comes. Flows are
 * written in slices, so that the keyboard never waits. A file has its name only when it is
 * whole: until then it is called ".NAME.partial" beside it.
 */
#ifndef PITOT_TUI_EXPORT_H
#define PITOT_TUI_EXPORT_H

#include "tui/view.h"

struct ui_export;

/* It is export_part (tui/screen.h): ui_part(ui, PART_EXPORT). */

void ui_export_ask(struct ui_export *e); /* ACT_EXPORT: what and where to, by questions */
void ui_export_ask_record(struct ui_export *e); /* ACT_RECORD: begins, or ends what runs */

/* ":export [FORMAT] FILE" and ":record [shown] FILE|stop", `pitot ui --record`: as struct view's command. */
bool ui_export_command(struct ui_export *e, const char *word, const char *rest, char **ret_error);

/* ACT_YANK: a page with the command lines that show the same. */
void ui_yank(struct ui *ui);

#endif
