/* SPDX-License-Identifier: MIT */
/*
 * Files out of the screen: `e` writes what is shown (flows that pass the filter up to the
 * time shown, a view's table, the map), `r` records every flow that comes. Flows are
 * written in slices, so that the keyboard never waits. A file has its name only when it is
 * whole: until then it is called "NAME.partial".
 */
#ifndef PITOT_TUI_EXPORT_H
#define PITOT_TUI_EXPORT_H

#include "tui/view.h"

struct ui_export;

struct ui_export *ui_export_new(struct ui *ui); /* NULL without memory */
/*
 * Before the end: a recording gets its name, an export that is under way is given up. 0, or
 * -errno with one line of what has no file of its name, or not all of it, or has stopped by itself, in *ret_why (free() it; may be NULL).
 */
int ui_export_finish(struct ui_export *e, char **ret_why);
/* What was begun is not wanted: nothing is left of it. */
void ui_export_give_up(struct ui_export *e);
/* As ui_export_finish(), and silent. Takes NULL. */
void ui_export_free(struct ui_export *e);

void ui_export_ask(struct ui_export *e); /* ACT_EXPORT: what and where to, by questions */
void ui_export_ask_record(struct ui_export *e); /* ACT_RECORD: begins, or ends what runs */

/*
 * ":export [FORMAT] FILE", ":record [shown] FILE" and ":record stop": as struct view's
 * command. ":export! FILE" and ":record! FILE" write over what is there.
 */
bool ui_export_command(struct ui_export *e, const char *word, const char *rest, char **ret_error);

/* `pitot ui --record FILE`, before anything is drawn: 0, or -errno with one line in *ret_why (free() it; may be NULL). */
int ui_export_record(struct ui_export *e, const char *file, char **ret_why);

/* From the source, each flow: recorded where that is asked. */
void ui_export_flow(struct ui_export *e, const struct flow *f);

/* Writes on for at most budget_ns. True: there is more to do at once. */
bool ui_export_work(struct ui_export *e, uint64_t budget_ns);

/* Once a second: what is recorded is written out, its size is looked at. */
void ui_export_second(struct ui_export *e);

/* "REC 1.2 MiB", "EXPORT 40 %", for the header; appends nothing where nothing runs. */
void ui_export_sign(const struct ui_export *e, struct text *t, enum style *ret_style);

/* ACT_YANK: a page with the command lines that show the same. */
void ui_yank(struct ui *ui);

#endif
