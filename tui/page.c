// SPDX-License-Identifier: MIT
#include "tui/page.h"

#include <stdlib.h>
#include <string.h>

#include "flows/text.h"

#define LINES_MAX 20000
#define SPANS_MAX 16
#define FIELD_NAME 18 /* columns of a field's name */
#define FIELD_INDENT 2

struct span {
	size_t from, len; /* in the page's text */
	uint8_t style;
};

struct line_of_page {
	uint32_t span, n; /* in the page's spans */
	uint16_t indent; /* of the lines that it is wrapped into, from the second on */
};

struct ui_page {
	char *title;
	struct text text;
	struct span *spans;
	size_t n_spans, spans_size;
	struct line_of_page *lines;
	size_t n_lines, lines_size;
	bool open; /* the last line is not ended yet */
	size_t dropped; /* lines beyond the bound */
	bool failed;
	size_t top; /* first row shown, of the wrapped ones */
	size_t rows; /* wrapped rows at the width drawn last */
	int height;
	void (*fill)(void *arg, struct ui_page *p);
	void (*close)(void *arg);
	bool (*cell)(void *arg, struct text *ret_expression);
	uint64_t actions; /* of the view behind it */
	void *arg;
};

_Static_assert(ACTIONS <= 64, "ui_page_keys(): a bit for each");

struct ui_page *ui_page_new(const char *title)
{
	struct ui_page *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->title = strdup(title);
	if (p->title)
		return p;
	free(p);
	return NULL;
}

void ui_page_free(struct ui_page *p)
{
	if (!p)
		return;
	if (p->close)
		p->close(p->arg);
	text_free(&p->text);
	free(p->spans);
	free(p->lines);
	free(p->title);
	free(p);
}

void ui_page_clear(struct ui_page *p)
{
	if (!p)
		return;
	p->text.len = 0;
	p->n_spans = p->n_lines = p->dropped = 0;
	p->open = p->failed = false;
}

/* Room for one more of an array's elements of `size` bytes. */
static bool room(void **array, size_t n, size_t *allocated, size_t size)
{
	size_t more = *allocated ? *allocated * 2 : 64;
	void *bigger;

	if (n < *allocated)
		return true;
	bigger = realloc(*array, more * size);
	if (!bigger)
		return false;
	*array = bigger;
	*allocated = more;
	return true;
}

static bool line_begin(struct ui_page *p, uint16_t indent)
{
	if (p->n_lines >= LINES_MAX) {
		p->dropped++;
		return false;
	}
	if (!room((void **)&p->lines, p->n_lines, &p->lines_size, sizeof(*p->lines))) {
		p->failed = true;
		return false;
	}
	p->lines[p->n_lines++] =
		(struct line_of_page){.span = (uint32_t)p->n_spans, .indent = indent};
	p->open = true;
	return true;
}

void ui_page_span(struct ui_page *p, enum style style, const char *s, size_t n)
{
	struct line_of_page *l;

	if (!p || (!p->open && !line_begin(p, 0)))
		return;
	l = p->lines + p->n_lines - 1;
	if (l->n == SPANS_MAX ||
	    !room((void **)&p->spans, p->n_spans, &p->spans_size, sizeof(*p->spans))) {
		p->failed |= l->n != SPANS_MAX;
		return;
	}
	p->spans[p->n_spans++] = (struct span){p->text.len, n, (uint8_t)style};
	l->n++;
	text_mem(&p->text, s, n);
	text_char(&p->text, 0);
	p->failed |= p->text.err != 0;
}

void ui_page_indent(struct ui_page *p, unsigned int columns)
{
	if (p && (p->open || line_begin(p, 0)))
		p->lines[p->n_lines - 1].indent = (uint16_t)columns;
}

void ui_page_end(struct ui_page *p)
{
	if (p && !p->open)
		line_begin(p, 0);
	if (p)
		p->open = false;
}

void ui_page_line(struct ui_page *p, enum style style, const char *s)
{
	ui_page_span(p, style, s, strlen(s));
	ui_page_end(p);
}

void ui_page_heading(struct ui_page *p, const char *s)
{
	if (!p)
		return;
	if (p->n_lines)
		ui_page_end(p);
	ui_page_line(p, STYLE_HEADER, s);
}

void ui_page_field(struct ui_page *p, const char *name, enum style style, const char *value)
{
	char pad[FIELD_INDENT + FIELD_NAME + 2];
	size_t n = strlen(name);
	size_t width = n < FIELD_NAME ? FIELD_NAME - n : 1;

	if (!p)
		return;
	memset(pad, ' ', sizeof(pad));
	if (p->open)
		ui_page_end(p);
	if (!line_begin(p, FIELD_INDENT + FIELD_NAME))
		return;
	ui_page_span(p, STYLE_NORMAL, pad, FIELD_INDENT);
	ui_page_span(p, STYLE_DIM, name, n);
	ui_page_span(p, STYLE_NORMAL, pad, width);
	ui_page_span(p, style, value, strlen(value));
	ui_page_end(p);
}

void ui_page_text(struct ui_page *p, enum style style, const char *s)
{
	ui_page_line(p, style, s);
}

void ui_page_live(struct ui_page *p, void (*fill)(void *arg, struct ui_page *p),
		  void (*close)(void *arg), void *arg)
{
	if (!p) {
		if (close)
			close(arg);
		return;
	}
	p->fill = fill;
	p->close = close;
	p->arg = arg;
}

void ui_page_keys(struct ui_page *p, uint64_t actions,
		  bool (*cell)(void *arg, struct text *ret_expression))
{
	if (!p)
		return;
	p->actions = actions;
	p->cell = cell;
}

static bool is_of_cell(enum action a)
{
	return a == ACT_FILTER_CELL || a == ACT_EXCLUDE_CELL;
}

bool ui_page_hears(const struct ui_page *p, enum action a)
{
	if (p->actions & ACT_BIT(a))
		return true;
	if (is_of_cell(a))
		return p->cell;
	return a <= ACT_LIVE && a != ACT_OPEN && a != ACT_LEFT && a != ACT_RIGHT;
}

bool ui_page_cell(struct ui_page *p, struct text *ret_expression)
{
	return p->cell && p->cell(p->arg, ret_expression);
}

/* ----------------------------------------------------------------- drawing */

/*
 * Bytes of s that fit into width columns, broken behind a blank where there is one;
 * at least one character. *ret_width: the columns that they take.
 */
static size_t fitting(const char *s, size_t n, int width, int *ret_width)
{
	size_t at = 0, blank = 0;
	int x = 0, blank_x = 0;

	while (at < n) {
		uint32_t ch = 0;
		size_t len = utf8_next(s + at, n - at, &ch);
		int w = canvas_width_of(s + at, len ? len : 1);

		if (x + w > width && at)
			break;
		at += len ? len : 1;
		x += w;
		if (ch == ' ') {
			blank = at;
			blank_x = x;
		}
	}
	*ret_width = x;
	if (at == n || !blank)
		return at;
	*ret_width = blank_x;
	return blank;
}

/* Draws a line's rows that lie at or below row `row`, from y on; c NULL: counts only. Returns its rows. */
static int draw_line(const struct ui_page *p, const struct line_of_page *l, struct canvas *c,
		     struct canvas_area a, long row)
{
	int x = 0, rows = 1;
	int indent = l->indent < a.width / 2 ? l->indent : 0;

	for (uint32_t i = 0; i < l->n; i++) {
		const struct span *s = p->spans + l->span + i;
		const char *at = p->text.data + s->from;
		size_t left = s->len;

		while (left) {
			int width;
			size_t n = fitting(at, left, a.width - x, &width);

			bool cut = n < left && at[n - 1] != ' ';

			if (x > indent && (x + width > a.width || cut)) {
				x = indent;
				rows++;
				continue;
			}
			if (c && row + rows - 1 >= 0 && row + rows - 1 < a.height)
				canvas_text(c, a.x + x, a.y + (int)(row + rows - 1), a.width - x,
					    s->style, at, n);
			x += width;
			at += n;
			left -= n;
			if (left) {
				x = indent;
				rows++;
			}
		}
	}
	return rows;
}

static void keep_in(struct ui_page *p)
{
	size_t height = p->height > 0 ? (size_t)p->height : 1;

	if (p->rows <= height)
		p->top = 0;
	else if (p->top > p->rows - height)
		p->top = p->rows - height;
}

/* "12-34 of 80" at the right end of the title. */
static void draw_title(const struct ui_page *p, struct canvas *c, struct canvas_area a)
{
	struct text t = {0};
	int width;

	canvas_str(c, a.x + 1, a.y, a.width - 2, STYLE_STRONG, p->title);
	if (p->rows > (size_t)p->height) {
		text_u64(&t, p->top + 1);
		text_char(&t, '-');
		text_u64(&t, p->top + (size_t)p->height);
		text_str(&t, " of ");
		text_u64(&t, p->rows);
	}
	text_str(&t, t.len ? "   Esc: close" : "Esc: close");
	width = canvas_width_of(t.data, t.len);
	if (width + canvas_width_of(p->title, strlen(p->title)) + 4 < a.width)
		canvas_text(c, a.x + a.width - width - 1, a.y, width, STYLE_DIM, t.data, t.len);
	text_free(&t);
}

void ui_page_draw(struct ui_page *p, struct canvas *c, struct canvas_area area)
{
	int title = *p->title ? 1 : 0;
	struct canvas_area a = {area.x + 1, area.y + title, area.width - 2, area.height - title};
	long row = 0;

	if (p->fill)
		p->fill(p->arg, p);
	p->rows = 0;
	p->height = a.height;
	if (a.width < 4 || a.height < 1)
		return;
	for (size_t i = 0; i < p->n_lines; i++)
		p->rows += (size_t)draw_line(p, p->lines + i, NULL, a, 0);
	keep_in(p);
	if (title)
		draw_title(p, c, area);
	row = -(long)p->top;
	for (size_t i = 0; i < p->n_lines && row < a.height; i++)
		row += draw_line(p, p->lines + i, c, a, row);
	if (row < a.height && (p->failed || p->dropped))
		canvas_str(c, a.x, a.y + (int)row, a.width, STYLE_WARN,
			   p->failed ? "(out of memory: this is not all)"
				     : "(more lines than are kept)");
}

bool ui_page_act(struct ui_page *p, enum action a, int count)
{
	size_t page = p->height > 2 ? (size_t)p->height - 1 : 1;
	size_t by = count > 0 ? (size_t)count : 1;

	switch (a) {
	case ACT_UP:
		p->top -= p->top < by ? p->top : by;
		break;
	case ACT_DOWN:
		p->top += by;
		break;
	case ACT_PAGE_UP:
		p->top -= p->top < page ? p->top : page;
		break;
	case ACT_PAGE_DOWN:
		p->top += page;
		break;
	case ACT_HOME:
		p->top = 0;
		break;
	case ACT_END:
		p->top = p->rows;
		break;
	default:
		return false;
	}
	keep_in(p);
	return true;
}

void ui_page_print(const struct ui_page *p, struct text *t)
{
	for (size_t i = 0; i < p->n_lines; i++) {
		for (uint32_t k = 0; k < p->lines[i].n; k++) {
			const struct span *s = p->spans + p->lines[i].span + k;

			text_escape(t, p->text.data + s->from, s->len + 1);
		}
		text_char(t, '\n');
	}
}
