// SPDX-License-Identifier: MIT
/* The lines above and below the view. */
#include <stdio.h>
#include <string.h>

#include "flows/text.h"
#include "tui/clock.h"
#include "tui/command.h"
#include "tui/export.h"
#include "tui/filter_bar.h"
#include "tui/sums_text.h"
#include "tui/ui_internal.h"

#define GAP 2
#define SOME 12 /* columns that say anything of a longer text */

void ui_put_count(struct text *t, uint64_t n)
{
	char digits[24];
	int len = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)n);

	for (int i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0)
			text_char(t, ',');
		text_char(t, digits[i]);
	}
}

static void add_hit(struct ui *ui, int x, int y, int width, enum action a, int count)
{
	if (ui->n_hits < HITS && width > 0)
		ui->hits[ui->n_hits++] = (struct ui_hit){x, y, width, a, count};
}

/* Text at the right end of a line, at most max columns; returns where it begins. */
static int draw_right(struct canvas *c, int end, int y, int max, uint8_t style,
		      const struct text *t)
{
	int width = canvas_width_of(t->data, t->len);

	if (!t->len || max <= 0)
		return end;
	if (width > max)
		width = max;
	canvas_text(c, end - width, y, width, style, t->data, t->len);
	return end - width;
}

/* ------------------------------------------------------------------- tabs */

/* How long the names of the tabs are: whole, at most that many letters, or none but the one shown. */
enum { TABS_WHOLE = 99, TABS_SHORT = 4, TABS_DIGITS = 0 };

static int tab_letters(const struct ui *ui, int view, int letters)
{
	int length = (int)strlen(views[view]->name);

	if (view == (int)ui->view && letters == TABS_DIGITS)
		return length;
	return length < letters ? length : letters;
}

static int tabs_width(const struct ui *ui, int letters)
{
	int width = 1;

	for (int i = 0; i < VIEWS; i++) {
		int n = tab_letters(ui, i, letters);

		width += n ? 3 + n : 2;
	}
	return width;
}

static int draw_tabs(struct ui *ui, struct canvas *c, int letters)
{
	char label[48];
	int x = 0;

	for (int i = 0; i < VIEWS; i++) {
		int n = tab_letters(ui, i, letters), width;

		if (n)
			snprintf(label, sizeof(label), " %d %.*s ", i + 1, n, views[i]->name);
		else
			snprintf(label, sizeof(label), " %d ", i + 1);
		width = canvas_str(c, x, 0, c->width - x, STYLE_BAR, label);
		if (i == (int)ui->view)
			canvas_flag(c, (struct canvas_area){x, 0, width, 1}, CELL_SELECTED);
		add_hit(ui, x, 0, width - 1, ACT_VIEW, i + 1);
		x += width - 1;
	}
	return x + 1;
}

static void draw_first_line(struct ui *ui, struct canvas *c)
{
	struct text t = {0};
	enum style style = STYLE_BAR;
	int end = c->width - 1, letters = TABS_WHOLE, x, taken;

	clock_caption(ui, &t, &style);
	taken = canvas_width_of(t.data, t.len) + GAP;
	if (tabs_width(ui, letters) + taken > end)
		letters = TABS_SHORT;
	if (tabs_width(ui, letters) + taken > end)
		letters = TABS_DIGITS;
	canvas_clear(c, (struct canvas_area){0, 0, c->width, 1}, STYLE_BAR);
	taken = draw_tabs(ui, c, letters);
	x = draw_right(c, end, 0, end - taken - 1, STYLE_BAR, &t) - GAP;
	text_free(&t);
	ui_export_sign(ui->export, &t, &style);
	draw_right(c, x, 0, x - taken - 1, STYLE_BAR, &t);
	text_free(&t);
}

/* -------------------------------------------------------------- second line */

/* Words one after the other, each with a style, as long as there is room. */
struct words {
	struct canvas *c;
	int x, y, end;
};

static void word(struct words *w, enum style style, const struct text *t)
{
	int width = canvas_width_of(t->data, t->len);

	/* what is wrong is said as far as there is room for some of it */
	if (style == STYLE_BAD && width > w->end - w->x && w->end - w->x >= SOME)
		width = w->end - w->x;
	if (!t->len || width <= 0 || w->x + width > w->end)
		return;
	canvas_text(w->c, w->x, w->y, width, style, t->data, t->len);
	w->x += width + GAP;
}

static void count_word(struct words *w, enum style style, const char *before, uint64_t n,
		       const char *after)
{
	struct text t = {0};

	text_str(&t, before);
	ui_put_count(&t, n);
	text_str(&t, after);
	word(w, style, &t);
	text_free(&t);
}

/* The reason without the name of the server, which stands before it. */
static const char *short_reason(const struct ui *ui)
{
	const char *name = ui->config->from_name, *why = ui->away.why, *at;

	at = name && *name ? strstr(why, name) : NULL;
	at = at ? strstr(at + strlen(name), ": ") : NULL;
	return at ? at + 2 : why;
}

/* Where no flows come from just now, and why; the first things first. */
static void bad_words(const struct ui *ui, struct words *w)
{
	const struct ui_config *config = ui->config;
	struct text t = {0};

	if (ui_source(ui) == SOURCE_NONE) {
		text_str(&t, config->source ? ui_end_reason(ui)
			     : config->why  ? config->why
					    : "no source of flows");
		word(w, STYLE_BAD, &t);
	} else {
		text_str(&t, ui->away.was_there ? "not connected, " : "not reachable, ");
		ui_put_next_attempt(ui, &t);
		if (canvas_width_of(t.data, t.len) > w->end - w->x) {
			/* when is what changes: it is not cut off */
			t.len = 0;
			text_str(&t, "down, ");
			ui_put_again(ui, &t);
		}
		word(w, STYLE_BAD, &t);
		text_free(&t);
		ui_put_away_since(ui, &t);
		text_str(&t, ": ");
		text_str(&t, short_reason(ui));
		word(w, STYLE_BAD, &t);
	}
	text_free(&t);
}

static void source_words(const struct ui *ui, struct words *w)
{
	const struct ui_config *config = ui->config;
	struct text t = {0};

	if (config->from_name)
		text_str(&t, config->from_name);
	word(w, STYLE_STRONG, &t);
	text_free(&t);
	if (ui_source(ui) == SOURCE_NONE || ui_source(ui) == SOURCE_AWAY) {
		bad_words(ui, w);
	} else if (ui->ended && config->from != UI_FROM_FILE) {
		text_str(&t, "ended");
		word(w, STYLE_WARN, &t);
	} else if (!ui->ended) {
		count_word(w, STYLE_NORMAL, "", ui->per_second, " flows/s");
	}
	text_free(&t);
	if (!ui->unread)
		return;
	ui_put_count(&t, ui->unread);
	text_char(&t, ' ');
	text_str(&t, ui->unread_what);
	text_str(&t, ui->unread == 1 ? " not read" : "s not read");
	word(w, STYLE_BAD, &t);
	text_free(&t);
}

static void draw_second_line(struct ui *ui, struct canvas *c)
{
	const struct view *v = views[ui->view];
	struct words w = {c, 1, 1, c->width - 1};
	struct store_stats s;
	struct text t = {0};

	if (v->caption && !ui_overlay_hides_view(ui))
		v->caption(ui->objects[ui->view], &t);
	w.end = draw_right(c, c->width - 1, 1, c->width * 2 / 3, STYLE_INFO, &t) - GAP;
	text_free(&t);
	store_stats(ui->store, &s);
	source_words(ui, &w);
	if (store_skipped_ns(ui->store)) {
		text_str(&t, "gap of ");
		put_ago(&t, store_skipped_ns(ui->store) + 500000000, 0); /* in whole seconds */
		text_str(&t, " skipped");
		word(&w, STYLE_INFO, &t);
		text_free(&t);
	}
	if (s.lost + s.unread)
		count_word(&w, STYLE_WARN, "lost ", s.lost + s.unread, "");
	if (s.behind > 1000)
		count_word(&w, STYLE_WARN, "reading ", s.behind, "");
	if (ui->config->source)
		count_word(&w, STYLE_DIM, "kept ", s.history.flows, "");
	if (s.history.evicted) {
		text_str(&t, "of the last ");
		text_us(&t, (s.history.newest_ns - s.history.oldest_ns) / 1000);
		word(&w, STYLE_DIM, &t);
		text_free(&t);
	}
}

/* ------------------------------------------------------------------ header */

static bool filter_line(struct ui *ui, struct canvas *c)
{
	const char *text = filter_bar_text(ui->filter_bar);
	int x = 1;

	if (!*text)
		return false;
	x += canvas_str(c, x, 2, c->width - x, STYLE_DIM, "filter ");
	x += canvas_str(c, x, 2, c->width - x - 1, STYLE_INFO, text);
	add_hit(ui, 0, 2, c->width, ACT_FILTER, 1);
	return true;
}

struct canvas_area ui_draw_header(struct ui *ui, struct canvas *c)
{
	int top = 2, bottom = c->height > 3 ? 1 : 0;

	draw_first_line(ui, c);
	if (c->height > 1)
		draw_second_line(ui, c);
	if (c->height > 4 && (filter_bar_is_open(ui->filter_bar) || filter_line(ui, c)))
		top = 3;
	if (top + bottom > c->height)
		top = c->height;
	return (struct canvas_area){0, top, c->width, c->height - top - bottom};
}

/* ------------------------------------------------------------------ footer */

static void draw_keys(struct ui *ui, struct canvas *c, int y)
{
	char name[16];
	int x = 0;

	for (const struct key_row *r = key_rows; r->action != ACT_NONE; r++) {
		int begin = x, width;

		if (!r->footer || !(r->views & IN(ui->view)) || !ui_overlay_hears(ui, r->action))
			continue;
		key_text(r->keys[0], name);
		width = (int)strlen(name) + (int)strlen(r->footer) + 3;
		if (x + width > c->width)
			continue;
		x += canvas_str(c, x, y, c->width - x, STYLE_KEY, name);
		canvas_put(c, x, y, ' ', STYLE_BAR);
		x += 1 + canvas_str(c, x + 1, y, c->width - x, STYLE_BAR, r->footer);
		canvas_put(c, x++, y, ' ', STYLE_BAR);
		add_hit(ui, begin, y, x - begin, r->action, r->count ? r->count : 1);
		x++;
	}
}

static void draw_message(const struct ui *ui, struct canvas *c, int y)
{
	struct text more = {0};
	int end = c->width - 1, x;

	text_str(&more, ui->message_more);
	x = draw_right(c, end, y, end - 1, STYLE_INFO, &more);
	if (more.len)
		x -= GAP;
	canvas_str(c, 1, y, x - 1, (uint8_t)ui->message_style, ui->message);
	text_free(&more);
}

void ui_draw_footer(struct ui *ui, struct canvas *c)
{
	int y = c->height - 1;

	/* of three lines the view has the last, of two the header, but for what has to be said */
	if (y < 1 || (c->height <= 3 && !ui->message[0]))
		return;
	canvas_clear(c, (struct canvas_area){0, y, c->width, 1}, STYLE_NORMAL);
	if (ui->message[0])
		draw_message(ui, c, y);
	else
		draw_keys(ui, c, y);
}
