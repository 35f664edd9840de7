/* SPDX-License-Identifier: MIT */
/* The line behind ":": commands as rows, completed, those of the view that is shown with them. */
#ifndef PITOT_TUI_COMMAND_H
#define PITOT_TUI_COMMAND_H

#include "flows/canvas.h"
#include "tui/view.h"

/* command_part and its line are in tui/screen.h. */

/* Does what the line says; NULL, or one line of what is wrong: free() it. */
char *command_run_line(struct ui *ui, const char *line);

#endif
