/* SPDX-License-Identifier: MIT */
/* The line behind ":": commands as rows, completed, those of the view that is shown with them. */
#ifndef PITOT_TUI_COMMAND_H
#define PITOT_TUI_COMMAND_H

#include "flows/canvas.h"
#include "tui/view.h"

struct command_line;

struct command_line *command_line_new(struct ui *ui); /* NULL without memory */
void command_line_free(struct command_line *c); /* takes NULL */

void command_line_open(struct command_line *c);
bool command_line_is_open(const struct command_line *c);
/* Every key goes here while it is open. */
void command_line_key(struct command_line *c, int key);
/* A click in what was drawn last; cells of the canvas. False: not within it. */
bool command_line_click(struct command_line *c, int x, int y);
/* As filter_bar_draw(). */
void command_line_draw(struct command_line *c, struct canvas *canvas, struct canvas_area line,
		       struct canvas_area popup, int *ret_x, int *ret_y);

/* Does what a line says; NULL, or one line of what is wrong: free() it. */
char *command_run_line(struct ui *ui, const char *line);

struct ui_page;
/* The commands of the view that is shown, as a part of the help. */
void command_help(struct ui *ui, struct ui_page *p);

#endif
