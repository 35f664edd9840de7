// SPDX-License-Identifier: MIT
/* How the filter bar looks. */
#include <errno.h>
#include <string.h>

#include "tui/filter_bar_internal.h"

#define PROMPT "/ "
#define HINT "Return: apply  Tab: complete  Up: filters of before  Esc: leave it as it was"

/* What is missing at the end is no fault as long as one types there. */
static bool unfinished(const struct filter_bar *b)
{
	const struct line *l = &b->line;
	size_t n = l->len;
	bool no_word = strstr(b->error.message, "is no field") ||
		       strstr(b->error.message, "unknown option");

	while (n && l->text[n - 1] == ' ')
		n--;
	return !b->asked && l->at == l->len && (n == l->len || !no_word) &&
	       b->error.column + b->error.length >= line_characters(l->text, n);
}

/* "^^^^ what is wrong", with the carets below the place; on its left where no room is right of it. */
static void draw_error(struct filter_bar *b, struct canvas *c, struct canvas_area row, int x,
		       int end, uint8_t style)
{
	const char *message = b->error.message;
	int width = canvas_width_of(message, strlen(message)), left = row.x + row.width - end - 2;

	for (int i = x; i < end && !unfinished(b); i++)
		canvas_put(c, i, row.y, '^', style);
	if (unfinished(b))
		canvas_str(c, row.x, row.y, row.width, style, message);
	else if (width <= left || left >= x - row.x)
		canvas_str(c, end + 1, row.y, left, style, message);
	else if (x - row.x > width)
		canvas_str(c, x - 1 - width, row.y, width, style, message);
	else
		canvas_str(c, row.x, row.y, x - row.x - 1, style, message);
}

static void draw_below(struct filter_bar *b, struct canvas *c, struct canvas_area row,
		       struct canvas_area line)
{
	size_t from = line_byte(b->line.text, b->error.column);
	size_t to = line_byte(b->line.text, b->error.column + b->error.length);
	uint8_t style = unfinished(b) ? STYLE_DIM : STYLE_BAD;
	int x, end;

	canvas_clear(c, row, STYLE_NORMAL);
	if (b->err == -ENOMEM) {
		canvas_str(c, row.x, row.y, row.width, STYLE_BAD, "out of memory");
		return;
	}
	if (!b->err) {
		canvas_str(c, line.x, row.y, row.width, STYLE_DIM, HINT);
		return;
	}
	x = line_x(&b->line, line, from);
	end = line_x(&b->line, line, to);
	draw_error(b, c, row, x, end > x ? end : x + 1, style);
}

/* The row of `popup` that is next to the line, which is cut off it. */
static struct canvas_area next_row(struct canvas_area *popup, bool upward)
{
	struct canvas_area row = *popup;

	row.height = 1;
	popup->height--;
	if (upward)
		row.y = popup->y + popup->height;
	else
		popup->y++;
	return row;
}

void filter_bar_draw(struct filter_bar *b, struct canvas *c, struct canvas_area line,
		     struct canvas_area popup, int *ret_x, int *ret_y)
{
	bool upward = popup.y < line.y, wrong = b->err == -EINVAL && !unfinished(b);
	int n = strlen(PROMPT);

	b->drawn = line;
	canvas_clear(c, line, STYLE_NORMAL);
	canvas_str(c, line.x, line.y, n, STYLE_KEY, PROMPT);
	line.x += n;
	line.width -= n;
	*ret_y = line.y;
	if (line.width <= 0) {
		*ret_x = line.x - n;
		return;
	}
	line_draw(&b->line, c, line, wrong ? b->error.column : SIZE_MAX / 2,
		  wrong ? b->error.length : 0, STYLE_BAD, ret_x);
	if (popup.height <= 0)
		return;
	draw_below(b, c, next_row(&popup, upward), line);
	offers_draw(&b->offers, c, popup, line_x(&b->line, line, b->offers.start), upward);
}
