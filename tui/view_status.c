// SPDX-License-Identifier: MIT
#include "tui/views.h"

static void draw(void *v, struct canvas *c, struct canvas_area a)
{
	(void)v;
	canvas_str(c, a.x + 2, a.y + 1, a.width - 2, STYLE_DIM, "The Status view is not there yet.");
}

const struct view view_status = {.name = "Status", .draw = draw};
