// SPDX-License-Identifier: MIT
/* The map as a file: what is shown, folded and focused as it is. */
#include <errno.h>
#include <string.h>

#include "export/map_svg.h"
#include "export/map_write.h"
#include "tui/table.h"
#include "tui/view_map_own.h"

const char *const map_view_formats[] = {"svg", "text", "json", "dot", "mermaid", "csv", NULL};

/* The whole map at the zoom that is shown, nothing selected. */
static int write_text(struct map_view *v, struct text *t)
{
	const struct map_look look = {.selected_node = -1, .selected_link = -1};
	struct map_drawing d;
	struct canvas c = {0};
	int err = map_drawing_make(&v->shown, v->zoom, 0, NULL, &d);

	if (err)
		return err;
	err = canvas_resize(&c, d.layout.width, d.layout.height);
	if (!err) {
		map_draw(&d, &v->shown, &look, &c, canvas_whole(&c));
		canvas_print(&c, false, t);
	}
	canvas_free(&c);
	map_drawing_free(&d);
	return err ? err : t->err;
}

static int write_svg(struct map_view *v, struct text *t)
{
	const struct map_svg_options opt = {.zoom = v->zoom, .legend = true};

	return map_svg_write(t, &v->shown, &opt);
}

int map_view_export(void *arg, const char *format, struct text *t)
{
	struct map_view *v = arg;

	map_view_take(v, true);
	if (!strcmp(format, "svg"))
		return write_svg(v, t);
	if (!strcmp(format, "text"))
		return write_text(v, t);
	if (!strcmp(format, "csv")) {
		map_view_list_fill(v);
		return ui_table_export(v->table, format, t);
	}
	if (!strcmp(format, "json"))
		map_write_json(t, &v->shown);
	else if (!strcmp(format, "dot"))
		map_write_dot(t, &v->shown);
	else if (!strcmp(format, "mermaid"))
		map_write_mermaid(t, &v->shown);
	else
		return -EINVAL;
	return t->err;
}
