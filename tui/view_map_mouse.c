// SPDX-License-Identifier: MIT
/* The mouse on the map: click, drag, wheel, and what it points at. */
#include "tui/table.h"
#include "tui/view_map_own.h"

/* x, y: of the area. */
static bool hit(const struct map_view *v, int x, int y, int64_t *node, int64_t *link)
{
	const struct map_drawing *d = map_view_drawing(v);
	struct canvas_area a = v->drawn;

	x -= a.x - v->area.x;
	y -= a.y - v->area.y;
	*node = *link = -1;
	return d && x >= 0 && y >= 0 && x < a.width && y < a.height &&
	       map_hit(d, x + v->x, y + v->y, node, link);
}

static void click(struct map_view *v, const struct ui_mouse *m)
{
	int64_t node, link;

	if (map_view_mini_click(v, m->x + v->area.x, m->y + v->area.y) ||
	    map_view_below_click(v, m->x + v->area.x, m->y + v->area.y))
		return;
	hit(v, m->x, m->y, &node, &link);
	if (link >= 0)
		map_view_select_link(v, link);
	else
		map_view_select_node(v, node);
	v->drag_x = m->x;
	v->drag_y = m->y;
}

static void wheel(struct map_view *v, const struct ui_mouse *m)
{
	const struct map_drawing *d = map_view_drawing(v);
	int by = m->event == MOUSE_WHEEL_UP ? -1 : 1;
	bool only_wide = d && d->layout.height <= v->body.height;

	if (m->control)
		map_view_zoom(v, -by);
	else if (m->shift || only_wide)
		map_view_pan(v, by * 8, 0);
	else
		map_view_pan(v, 0, by * 3);
}

static void drag(struct map_view *v, const struct ui_mouse *m)
{
	if (v->drag_x >= 0)
		map_view_pan(v, v->drag_x - m->x, v->drag_y - m->y);
	v->drag_x = m->x;
	v->drag_y = m->y;
}

/* Drawn again only where it points at something else. */
static void hover(struct map_view *v, const struct ui_mouse *m)
{
	int64_t node, link, node_before = -1, link_before = -1;

	if (v->hover_x >= 0)
		hit(v, v->hover_x - v->area.x, v->hover_y - v->area.y, &node_before, &link_before);
	hit(v, m->x, m->y, &node, &link);
	v->hover_x = node >= 0 || link >= 0 ? m->x + v->area.x : -1;
	v->hover_y = m->y + v->area.y;
	v->drag_x = -1;
	if (node != node_before || link != link_before)
		ui_changed(v->ui);
}

bool map_view_mouse(void *arg, const struct ui_mouse *m)
{
	struct map_view *v = arg;

	if (v->list)
		return ui_table_mouse(v->table, m);
	switch (m->event) {
	case MOUSE_CLICK:
		click(v, m);
		return true;
	case MOUSE_DOUBLE:
		click(v, m);
		map_view_details(v);
		return true;
	case MOUSE_WHEEL_UP:
	case MOUSE_WHEEL_DOWN:
		wheel(v, m);
		return true;
	case MOUSE_DRAG:
		drag(v, m);
		return true;
	case MOUSE_MOVE:
		hover(v, m);
		return true;
	}
	return false;
}
