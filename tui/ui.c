// SPDX-License-Identifier: MIT
/* The screen without a terminal: what it is made of, and where a key goes. */
#include <errno.h>
#include <malloc.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "tui/clock.h"
#include "tui/command.h"
#include "tui/export.h"
#include "tui/filter_bar.h"
#include "tui/ui_internal.h"

/* ------------------------------------------------------------ open and close */

static int open_parts(struct ui *ui)
{
	int err =
		store_new(ui->config->history_bytes, ui->config->from == UI_FROM_FILE, &ui->store);

	if (err)
		return err;
	ui->known = known_new();
	if (!ui->known)
		return -ENOMEM;
	err = ui_filtering_open(ui);
	if (err)
		return err;
	ui->command_line = command_line_new(ui);
	ui->export = ui_export_new(ui);
	return ui->command_line && ui->export ? 0 : -ENOMEM;
}

static int open_views(struct ui *ui)
{
	for (int i = 0; i < VIEWS; i++) {
		int err = views[i]->open ? views[i]->open(ui, &ui->objects[i]) : 0;

		if (err)
			return err;
		ui->opened[i] = true;
	}
	return 0;
}

int ui_new(const struct ui_config *config, struct ui **ret)
{
	struct ui *ui = calloc(1, sizeof(*ui));
	int err;

	if (!ui)
		return -ENOMEM;
	ui->config = config;
	ui->view = config->view < VIEWS ? config->view : VIEW_FLOWS;
	err = open_parts(ui);
	if (!err)
		err = open_views(ui);
	if (err) {
		ui_free(ui);
		return err;
	}
	if (config->filter && *config->filter)
		ui_filter_set(ui, config->filter, NULL);
	if (views[ui->view]->shown)
		views[ui->view]->shown(ui->objects[ui->view], true);
	ui->changed = true;
	*ret = ui;
	return 0;
}

void ui_free(struct ui *ui)
{
	if (!ui)
		return;
	ui_overlay_pop_all(ui);
	ui_drill_forget(ui);
	for (int i = 0; i < VIEWS; i++)
		if (ui->opened[i] && views[i]->close)
			views[i]->close(ui->objects[i]);
	ui_export_free(ui->export);
	command_line_free(ui->command_line);
	filter_bar_free(ui->filter_bar);
	known_free(ui->known);
	store_free(ui->store);
	free(ui);
}

/* ---------------------------------------------------------------- getters */

struct store *ui_store(struct ui *ui)
{
	return ui->store;
}

const struct ui_config *ui_config(const struct ui *ui)
{
	return ui->config;
}

struct filter_bar *ui_filter_bar(struct ui *ui)
{
	return ui->filter_bar;
}

struct command_line *ui_command_line(struct ui *ui)
{
	return ui->command_line;
}

struct ui_export *ui_export(struct ui *ui)
{
	return ui->export;
}

struct known *ui_known(struct ui *ui)
{
	return ui->known;
}

enum view_id ui_view(const struct ui *ui)
{
	return ui->view;
}

void *ui_view_object(struct ui *ui, enum view_id view)
{
	return ui->objects[view];
}

void ui_changed(struct ui *ui)
{
	ui->changed = true;
}

bool ui_is_changed(const struct ui *ui)
{
	return ui->changed;
}

void ui_quit(struct ui *ui)
{
	ui->over = true;
}

bool ui_is_over(const struct ui *ui)
{
	return ui->over;
}

void ui_say(struct ui *ui, enum style style, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(ui->message, sizeof(ui->message), format, ap);
	va_end(ap);
	ui->message_style = style;
	ui->message_more[0] = 0;
	ui->changed = true;
}

/* A person is there. */
static void message_seen(struct ui *ui)
{
	ui->message[0] = ui->message_more[0] = 0;
	notices_seen(&ui->notices);
}

void ui_show_view(struct ui *ui, enum view_id view)
{
	if (view >= VIEWS)
		return;
	ui_overlay_pop_all(ui);
	ui->changed = true;
	if (view == ui->view)
		return;
	if (views[ui->view]->shown)
		views[ui->view]->shown(ui->objects[ui->view], false);
	ui->view = view;
	if (views[view]->shown)
		views[view]->shown(ui->objects[view], true);
}

/* ------------------------------------------------------------ what comes in */

void ui_flow(struct ui *ui, const struct flow *f)
{
	ui->come++;
	known_flow(ui->known, f);
	ui_export_flow(ui->export, f);
	store_add(ui->store, f);
}

void ui_second(struct ui *ui)
{
	uint64_t per_second = ui->come - ui->come_before;

	ui->come_before = ui->come;
	ui_export_second(ui->export);
	/* what shows a time or a rate is out of date; what stands still is not */
	if (store_time(ui->store) == STORE_LIVE || per_second != ui->per_second ||
	    ui->away.since_ns)
		ui->changed = true;
	ui->per_second = per_second;
	if (per_second > MUCH || per_second < MUCH / 2)
		store_much(ui->store, per_second > MUCH);
	/* rows of all sizes come and go: what lies free between them is given back now and then */
	if (++ui->seconds % TRIM_SECONDS == 0 && ui->come - ui->come_trimmed > TRIM_FLOWS) {
		ui->come_trimmed = ui->come;
		malloc_trim(0);
	}
}

/* --------------------------------------------------------------- dispatch */

static bool act_on_screen(struct ui *ui, enum action a, int count)
{
	switch (a) {
	case ACT_QUIT:
		ui_quit(ui);
		return true;
	case ACT_HELP:
		ui_help(ui);
		return true;
	case ACT_NEXT_VIEW:
		ui_show_view(ui, (ui->view + 1) % VIEWS);
		return true;
	case ACT_PREVIOUS_VIEW:
		ui_show_view(ui, (ui->view + VIEWS - 1) % VIEWS);
		return true;
	case ACT_VIEW:
		if (count >= 1 && count <= VIEWS)
			ui_show_view(ui, (enum view_id)(count - 1));
		return true;
	case ACT_REDRAW:
		ui->redraw = true;
		return true;
	case ACT_COMMAND:
		command_line_open(ui->command_line);
		return true;
	case ACT_EXPORT:
		ui_export_ask(ui->export);
		return true;
	case ACT_RECORD:
		ui_export_ask_record(ui->export);
		return true;
	case ACT_YANK:
		ui_yank(ui);
		return true;
	default:
		return ui_filtering_act(ui, a);
	}
}

void ui_act(struct ui *ui, enum action a, int count)
{
	const struct view *v = views[ui->view];

	ui->changed = true;
	if (ui_overlay_act(ui, a, count))
		return;
	if (act_on_screen(ui, a, count))
		return;
	if (v->act && v->act(ui->objects[ui->view], a, count))
		return;
	if (clock_act(ui, a, count))
		return;
	if (a == ACT_BACK)
		ui_drill_back(ui);
}

/* A line that is typed in takes every key; ^C gives it up as Escape does. */
static bool typed(struct ui *ui, int key)
{
	int k = key == CONTROL('c') ? KEY_ESCAPE : key;

	if (filter_bar_is_open(ui->filter_bar))
		filter_bar_key(ui->filter_bar, k);
	else if (command_line_is_open(ui->command_line))
		command_line_key(ui->command_line, k);
	else
		return false;
	return true;
}

/* A key that does nothing here tells where it does: "m: not in Flows; Top, Drops have it". */
static void say_where(struct ui *ui, int key)
{
	uint32_t in = keys_views(key);
	const char *before = "";
	struct text t = {0};
	char name[16];

	for (int i = 0; i < VIEWS; i++) {
		if (!(in & IN(i)))
			continue;
		text_str(&t, before);
		text_str(&t, views[i]->name);
		before = ", ";
	}
	if (t.len && !t.err)
		ui_say(ui, STYLE_DIM, "%s: not in %s; %.*s %s it", key_text(key, name),
		       views[ui->view]->name, (int)t.len, t.data, in & (in - 1) ? "have" : "has");
	text_free(&t);
}

static void say_page(struct ui *ui, int key)
{
	char name[16];

	ui_say(ui, STYLE_DIM, "%s: not on this page; Esc closes it", key_text(key, name));
}

void ui_key(struct ui *ui, int key)
{
	const struct key_row *row;

	ui->changed = true;
	message_seen(ui);
	if (typed(ui, key) || ui_overlay_key(ui, key))
		return;
	row = key & KEY_PASTED ? NULL : key_find(ui->view, key);
	if (key == CONTROL('c'))
		ui_quit(ui);
	else if (key == CONTROL('z'))
		ui->suspend = true;
	else if (row && !ui_overlay_hears(ui, row->action))
		say_page(ui, key);
	else if (row)
		ui_act(ui, row->action, row->count ? row->count : 1);
	else if (!ui->n_overlays && !(key & KEY_PASTED))
		say_where(ui, key);
}

static bool hit(struct ui *ui, const struct ui_mouse *m)
{
	if (m->event != MOUSE_CLICK && m->event != MOUSE_DOUBLE)
		return false;
	for (size_t i = 0; i < ui->n_hits; i++) {
		const struct ui_hit *h = ui->hits + i;

		if (m->y != h->y || m->x < h->x || m->x >= h->x + h->width)
			continue;
		ui_act(ui, h->action, h->count);
		return true;
	}
	return false;
}

void ui_mouse(struct ui *ui, const struct ui_mouse *m)
{
	const struct view *v = views[ui->view];
	struct ui_mouse within = *m;

	if (m->event != MOUSE_MOVE)
		message_seen(ui);
	if (filter_bar_is_open(ui->filter_bar) || command_line_is_open(ui->command_line)) {
		if (m->event == MOUSE_CLICK && filter_bar_is_open(ui->filter_bar))
			filter_bar_click(ui->filter_bar, m->x, m->y);
		else if (m->event == MOUSE_CLICK)
			command_line_click(ui->command_line, m->x, m->y);
		ui->changed = true;
		return;
	}
	if (m->event != MOUSE_MOVE)
		ui->changed = true;
	if (ui_overlay_mouse(ui, m) || hit(ui, m))
		return;
	within.x -= ui->body.x;
	within.y -= ui->body.y;
	if (v->mouse && within.x >= 0 && within.y >= 0 && within.x < ui->body.width &&
	    within.y < ui->body.height && !ui->n_overlays)
		v->mouse(ui->objects[ui->view], &within);
}

/* ----------------------------------------------------------------- drawing */

void ui_frame(struct ui *ui, struct canvas *c, int *ret_cursor_x, int *ret_cursor_y)
{
	struct canvas_area whole = canvas_whole(c);

	*ret_cursor_x = *ret_cursor_y = -1;
	canvas_clear(c, whole, STYLE_NORMAL);
	ui->n_hits = 0;
	ui->changed = false;
	ui->body = ui_draw_header(ui, c);
	if (!ui_overlay_hides_view(ui) && ui->body.height > 0) {
		canvas_clip(c, ui->body);
		views[ui->view]->draw(ui->objects[ui->view], c, ui->body);
		canvas_clip(c, whole);
	}
	ui_draw_footer(ui, c);
	ui_draw_overlays(ui, c, ui->body, ret_cursor_x, ret_cursor_y);
}
