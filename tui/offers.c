// SPDX-License-Identifier: MIT
#include "tui/offers.h"

#include <stdlib.h>
#include <string.h>

#include "flows/text.h"

#define WORD_WIDTH 40 /* of a word where something stands behind it */

static size_t word_length(const char *s)
{
	return strcspn(s, "\t");
}

void offers_clear(struct offers *o)
{
	for (size_t i = 0; i < o->words.n; i++)
		free(o->words.v[i]);
	free(o->words.v);
	free(o->typed);
	*o = (struct offers){.selected = OFFERS_NONE};
}

void offers_set(struct offers *o, struct ui_words words, size_t from, size_t to)
{
	offers_clear(o);
	o->words = words;
	o->start = from;
	o->end = to;
}

/* ---------------------------------------------------------------------- choosing */

static bool put(struct offers *o, struct line *l, const char *s, size_t n)
{
	char *word = strndup(s, n);
	bool ok = word && line_replace(l, o->start, o->end, word);

	if (ok)
		o->end = o->start + n;
	free(word);
	return ok;
}

static size_t in_common(const struct offers *o)
{
	const char *first = o->words.v[0];
	size_t n = word_length(first);
	uint32_t c;

	for (size_t i = 1; i < o->words.n; i++) {
		size_t k = 0;

		while (k < n && o->words.v[i][k] == first[k])
			k++;
		n = k;
	}
	/* no part of a character */
	for (size_t k = 0, len; k < n; k += len) {
		len = utf8_next(first + k, word_length(first) - k, &c);
		if (!len || k + len > n)
			return k;
	}
	return n;
}

/* What all of them begin with, where that is more than what is typed. */
static bool extend(struct offers *o, struct line *l)
{
	size_t typed = o->end - o->start, n = in_common(o);

	if (n <= typed || strncmp(l->text + o->start, o->words.v[0], typed))
		return false;
	return put(o, l, o->words.v[0], n);
}

static bool selected_is_typed(const struct offers *o, const struct line *l)
{
	size_t n = word_length(o->words.v[0]);

	return o->words.n == 1 && o->end - o->start == n &&
	       !memcmp(l->text + o->start, o->words.v[0], n);
}

void offers_pick(struct offers *o, struct line *l, size_t i)
{
	if (i >= o->words.n || o->end > l->len)
		return;
	if (o->selected == OFFERS_NONE) {
		free(o->typed);
		o->typed = strndup(l->text + o->start, o->end - o->start);
	}
	if (put(o, l, o->words.v[i], word_length(o->words.v[i])))
		o->selected = i;
}

bool offers_step(struct offers *o, struct line *l, int step)
{
	size_t n = o->words.n, i = o->selected;

	if (!n || o->end > l->len || selected_is_typed(o, l))
		return false;
	if (i == OFFERS_NONE && step > 0 && extend(o, l))
		return true;
	if (i == OFFERS_NONE)
		i = step > 0 ? 0 : n - 1;
	else
		i = (i + n + step) % n;
	offers_pick(o, l, i);
	return true;
}

bool offers_give_up(struct offers *o, struct line *l)
{
	if (o->selected == OFFERS_NONE)
		return false;
	put(o, l, o->typed ? o->typed : "", o->typed ? strlen(o->typed) : 0);
	o->selected = OFFERS_NONE;
	return true;
}

/* ----------------------------------------------------------------------- drawing */

/* Columns of the words, and with what stands behind them. */
static void widths(const struct offers *o, int *ret_word, int *ret_all)
{
	int word = 0, rest = 0;

	for (size_t i = 0; i < o->words.n; i++) {
		const char *s = o->words.v[i];
		size_t n = word_length(s);
		int w = canvas_width_of(s, n);
		int r = s[n] ? canvas_width_of(s + n + 1, strlen(s + n + 1)) : 0;

		word = w > word ? w : word;
		rest = r > rest ? r : rest;
	}
	if (rest && word > WORD_WIDTH)
		word = WORD_WIDTH;
	*ret_word = word;
	*ret_all = word + (rest ? 2 + rest : 0);
}

static void draw_row(const struct offers *o, struct canvas *c, struct canvas_area row, int width,
		     size_t i)
{
	const char *s = o->words.v[i];
	size_t n = word_length(s);
	int left = row.width - 2;

	canvas_clear(c, row, STYLE_BAR);
	canvas_text(c, row.x + 1, row.y, left < width ? left : width, STYLE_BAR, s, n);
	if (s[n] && left > width + 2)
		canvas_str(c, row.x + 1 + width + 2, row.y, left - width - 2, STYLE_BAR, s + n + 1);
	if (i == o->selected)
		canvas_flag(c, row, CELL_SELECTED);
}

/* "3-9 of 45" in a row of its own, where not all are seen. */
static void draw_count(const struct offers *o, struct canvas *c, struct canvas_area row,
		       size_t rows)
{
	struct text t = {0};

	canvas_clear(c, row, STYLE_BAR);
	text_u64(&t, o->top + 1);
	text_char(&t, '-');
	text_u64(&t, o->top + rows);
	text_str(&t, " of ");
	text_u64(&t, o->words.n);
	if (!t.err)
		canvas_text(c, row.x + 1, row.y, row.width - 2, STYLE_DIM, t.data, t.len);
	text_free(&t);
}

static void follow(struct offers *o, size_t rows)
{
	size_t i = o->selected;

	if (i != OFFERS_NONE && i < o->top)
		o->top = i;
	if (i != OFFERS_NONE && i >= o->top + rows)
		o->top = i - rows + 1;
	if (o->top + rows > o->words.n)
		o->top = o->words.n - rows;
}

/* Where the list stands: below (or above) x, moved to the left where there is no room. */
static struct canvas_area place_of(struct canvas_area area, int x, int width, int rows, bool upward)
{
	if (width > area.width)
		width = area.width;
	x--;
	if (x + width > area.x + area.width)
		x = area.x + area.width - width;
	if (x < area.x)
		x = area.x;
	return (struct canvas_area){x, upward ? area.y + area.height - rows : area.y, width, rows};
}

int offers_draw(struct offers *o, struct canvas *c, struct canvas_area area, int x, bool upward)
{
	int word, width, rows = o->words.n < OFFERS_ROWS ? o->words.n : OFFERS_ROWS;
	struct canvas_area row;
	bool count;

	o->drawn = (struct canvas_area){0};
	rows = rows < area.height ? rows : area.height;
	if (rows <= 0 || area.width < 8)
		return 0;
	widths(o, &word, &width);
	count = (size_t)rows < o->words.n && rows > 2;
	row = place_of(area, x, width + 2 < 16 && count ? 16 : width + 2, rows, upward);
	o->drawn = row;
	o->drawn.height -= count;
	follow(o, o->drawn.height);
	row.height = 1;
	for (int i = 0; i < o->drawn.height; i++, row.y++)
		draw_row(o, c, row, word, o->top + i);
	if (count)
		draw_count(o, c, row, o->drawn.height);
	return rows;
}

size_t offers_at(const struct offers *o, int x, int y)
{
	const struct canvas_area *a = &o->drawn;

	if (x < a->x || x >= a->x + a->width || y < a->y || y >= a->y + a->height)
		return OFFERS_NONE;
	return o->top + (y - a->y);
}
