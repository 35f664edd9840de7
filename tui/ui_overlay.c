// SPDX-License-Identifier: MIT
/* What lies over a view: pages, boxes, lines that are typed. */
#include <errno.h>
#include <string.h>

#include "tui/command.h"
#include "tui/filter_bar.h"
#include "tui/page.h"
#include "tui/ui_internal.h"

/* ------------------------------------------------------------------ stack */

int ui_overlay_push(struct ui *ui, const struct overlay *kind, void *o)
{
	if (ui->n_overlays == OVERLAYS) {
		kind->close(o);
		return -ENOSPC;
	}
	ui->overlays[ui->n_overlays].kind = kind;
	ui->overlays[ui->n_overlays].area = (struct canvas_area){0};
	ui->overlays[ui->n_overlays++].o = o;
	ui->changed = true;
	return 0;
}

static void pop(struct ui *ui)
{
	size_t top = --ui->n_overlays;

	ui->changed = true;
	ui->overlays[top].kind->close(ui->overlays[top].o);
}

void ui_overlay_pop(struct ui *ui, const void *o)
{
	size_t i = 0;

	while (i < ui->n_overlays && ui->overlays[i].o != o)
		i++;
	while (ui->n_overlays > i)
		pop(ui);
}

void ui_overlay_pop_all(struct ui *ui)
{
	while (ui->n_overlays)
		pop(ui);
}

void *ui_overlay_top(struct ui *ui, const struct overlay *kind)
{
	size_t n = ui->n_overlays;

	return n && ui->overlays[n - 1].kind == kind ? ui->overlays[n - 1].o : NULL;
}

bool ui_overlay_hides_view(const struct ui *ui)
{
	for (size_t i = 0; i < ui->n_overlays; i++)
		if (ui->overlays[i].kind->place == OVERLAY_PAGE)
			return true;
	return false;
}

/* ------------------------------------------------------------------- input */

bool ui_overlay_key(struct ui *ui, int key)
{
	size_t n = ui->n_overlays;

	return n && ui->overlays[n - 1].kind->key &&
	       ui->overlays[n - 1].kind->key(ui->overlays[n - 1].o, key);
}

/* Only what a page has said of itself, and the whole screen's keys; a box and a line wait for an answer. */
bool ui_overlay_hears(const struct ui *ui, enum action a)
{
	size_t n = ui->n_overlays;

	return !n || ui->overlays[n - 1].kind->place != OVERLAY_PAGE ||
	       ui_page_hears(ui->overlays[n - 1].o, a);
}

/* What the page is about becomes the filter: its flows are what is looked at next. */
static bool page_filter(struct ui *ui, struct ui_page *p, enum action a)
{
	struct text t = {0};
	bool found = (a == ACT_FILTER_CELL || a == ACT_EXCLUDE_CELL) && ui_page_cell(p, &t);

	if (found) {
		text_char(&t, 0);
		ui_overlay_pop(ui, p);
		if (!t.err)
			ui_filter_add(ui, t.data, a == ACT_EXCLUDE_CELL);
	}
	text_free(&t);
	return found;
}

bool ui_overlay_act(struct ui *ui, enum action a, int count)
{
	size_t n = ui->n_overlays;
	const struct overlay *kind;

	if (!n)
		return false;
	kind = ui->overlays[n - 1].kind;
	if (kind->act && kind->act(ui->overlays[n - 1].o, a, count))
		return true;
	if (a == ACT_BACK || a == ACT_QUIT) {
		pop(ui);
		return true;
	}
	if (kind->place == OVERLAY_PAGE &&
	    (!ui_overlay_hears(ui, a) || page_filter(ui, ui->overlays[n - 1].o, a)))
		return true;
	/* one help is enough */
	return kind->place != OVERLAY_PAGE || (a == ACT_HELP && ui->overlays[n - 1].o == ui->help);
}

bool ui_overlay_mouse(struct ui *ui, const struct ui_mouse *m)
{
	size_t n = ui->n_overlays;
	struct ui_mouse within = *m;
	struct canvas_area a;

	if (!n)
		return false;
	a = ui->overlays[n - 1].area;
	within.x -= a.x;
	within.y -= a.y;
	if (within.x < 0 || within.y < 0 || within.x >= a.width || within.y >= a.height)
		return ui->overlays[n - 1].kind->place != OVERLAY_PAGE;
	if (ui->overlays[n - 1].kind->mouse)
		ui->overlays[n - 1].kind->mouse(ui->overlays[n - 1].o, &within);
	return true;
}

/* ----------------------------------------------------------------- drawing */

static void draw_frame(struct canvas *c, struct canvas_area a, const char *title)
{
	int right = a.x + a.width - 1, bottom = a.y + a.height - 1;

	canvas_clear(c, a, STYLE_NORMAL);
	for (int x = a.x + 1; x < right; x++) {
		canvas_put(c, x, a.y, 0x2500, STYLE_DIM);
		canvas_put(c, x, bottom, 0x2500, STYLE_DIM);
	}
	for (int y = a.y + 1; y < bottom; y++) {
		canvas_put(c, a.x, y, 0x2502, STYLE_DIM);
		canvas_put(c, right, y, 0x2502, STYLE_DIM);
	}
	canvas_put(c, a.x, a.y, 0x250c, STYLE_DIM);
	canvas_put(c, right, a.y, 0x2510, STYLE_DIM);
	canvas_put(c, a.x, bottom, 0x2514, STYLE_DIM);
	canvas_put(c, right, bottom, 0x2518, STYLE_DIM);
	if (title && a.width > 6) {
		int width = canvas_str(c, a.x + 3, a.y, a.width - 6, STYLE_STRONG, title);

		canvas_put(c, a.x + 2, a.y, ' ', STYLE_DIM);
		canvas_put(c, a.x + 3 + width, a.y, ' ', STYLE_DIM);
	}
}

static int smaller(int a, int b)
{
	return a < b ? a : b;
}

/* The area of a kind; a box's frame is drawn. */
static struct canvas_area place(const struct overlay *kind, void *o, struct canvas *c,
				struct canvas_area body)
{
	int width = 0, height = 1;
	struct canvas_area a;

	if (kind->place == OVERLAY_PAGE)
		return body;
	if (kind->size)
		kind->size(o, c->width, c->height, &width, &height);
	if (kind->place == OVERLAY_LINE) {
		height = smaller(height, c->height);
		a = (struct canvas_area){0, c->height - height, c->width, height};
		canvas_clear(c, a, STYLE_NORMAL);
		return a;
	}
	width = smaller(width + 4, c->width);
	height = smaller(height + 2, c->height);
	a = (struct canvas_area){(c->width - width) / 2, (c->height - height) / 2, width, height};
	draw_frame(c, a, kind->title);
	return (struct canvas_area){a.x + 2, a.y + 1, a.width > 4 ? a.width - 4 : 0,
				    a.height > 2 ? a.height - 2 : 0};
}

static void draw_typed(struct ui *ui, struct canvas *c, int *cursor_x, int *cursor_y)
{
	int y = c->height > 4 ? 2 : c->height - 1;
	struct canvas_area line = {0, y, c->width, 1};
	struct canvas_area popup = {0, y + 1, c->width, c->height - y - 1};

	if (filter_bar_is_open(ui->filter_bar)) {
		filter_bar_draw(ui->filter_bar, c, line, popup, cursor_x, cursor_y);
	} else if (command_line_is_open(ui->command_line)) {
		line.y = c->height - 1;
		popup = (struct canvas_area){0, 0, c->width, c->height - 1};
		canvas_clear(c, line, STYLE_NORMAL);
		command_line_draw(ui->command_line, c, line, popup, cursor_x, cursor_y);
	}
}

void ui_draw_overlays(struct ui *ui, struct canvas *c, struct canvas_area body, int *cursor_x,
		      int *cursor_y)
{
	size_t first = 0;

	for (size_t i = 0; i < ui->n_overlays; i++)
		if (ui->overlays[i].kind->place == OVERLAY_PAGE)
			first = i; /* it covers what lies below it */
	for (size_t i = first; i < ui->n_overlays; i++) {
		const struct overlay *kind = ui->overlays[i].kind;
		struct canvas_area a = place(kind, ui->overlays[i].o, c, body);
		struct canvas_area before = canvas_clip(c, a);

		ui->overlays[i].area = a;
		if (a.width > 0 && a.height > 0)
			kind->draw(ui->overlays[i].o, c, a, cursor_x, cursor_y);
		canvas_clip(c, before);
	}
	draw_typed(ui, c, cursor_x, cursor_y);
}

/* ------------------------------------------------------------------- pages */

static void page_draw(void *o, struct canvas *c, struct canvas_area area, int *cursor_x,
		      int *cursor_y)
{
	(void)cursor_x, (void)cursor_y;
	ui_page_draw(o, c, area);
}

static bool page_act(void *o, enum action a, int count)
{
	return ui_page_act(o, a, count);
}

static bool page_mouse(void *o, const struct ui_mouse *m)
{
	if (m->event == MOUSE_WHEEL_UP)
		return ui_page_act(o, ACT_UP, 3);
	return m->event == MOUSE_WHEEL_DOWN && ui_page_act(o, ACT_DOWN, 3);
}

static void page_close(void *o)
{
	ui_page_free(o);
}

static const struct overlay page_overlay = {
	.place = OVERLAY_PAGE,
	.draw = page_draw,
	.act = page_act,
	.mouse = page_mouse,
	.close = page_close,
};

void ui_page_show(struct ui *ui, struct ui_page *page)
{
	if (!page)
		ui_say(ui, STYLE_BAD, "out of memory");
	else if (ui_overlay_push(ui, &page_overlay, page))
		ui_say(ui, STYLE_WARN, "too much lies open: Esc closes it");
}
