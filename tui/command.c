// SPDX-License-Identifier: MIT
#include "tui/command.h"

#include <stdlib.h>
#include <string.h>

struct command_line {
	struct ui *ui;
};

struct command_line *command_line_new(struct ui *ui)
{
	struct command_line *c = calloc(1, sizeof(*c));

	if (c)
		c->ui = ui;
	return c;
}

void command_line_free(struct command_line *c)
{
	free(c);
}

void command_line_open(struct command_line *c)
{
	(void)c;
}

bool command_line_is_open(const struct command_line *c)
{
	(void)c;
	return false;
}

void command_line_key(struct command_line *c, int key)
{
	(void)c, (void)key;
}

bool command_line_click(struct command_line *c, int x, int y)
{
	(void)c, (void)x, (void)y;
	return false;
}

void command_line_draw(struct command_line *c, struct canvas *canvas, struct canvas_area line,
		       struct canvas_area popup, int *ret_x, int *ret_y)
{
	(void)c, (void)canvas, (void)line, (void)popup, (void)ret_x, (void)ret_y;
}

char *command_run_line(struct ui *ui, const char *line)
{
	(void)ui, (void)line;
	return strdup("commands are not there yet");
}
