// SPDX-License-Identifier: MIT
/* How the filter bar looks. */
#include <errno.h>
#include <string.h>

#include "tui/filter_bar_internal.h"

#define PROMPT "/ "
#define HINT "Enter: apply  Tab: complete  Up: filters of before  Esc: leave it as it was"

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

/* Return would take it for another filter: nothing is underlined. */
static bool means_another(const struct filter_bar *b)
{
	return b->err == -EINVAL && *b->error.meant;
}

static void clear_row(struct canvas *c, struct canvas_area row)
{
	canvas_clear(c, row, STYLE_NORMAL);
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

/*
 * "^^^^ what is wrong", the carets below the place, from x to end: left of them, or in a row
 * of its own where it has no room beside them.
 */
static void draw_wrong(const char *message, struct canvas *c, struct canvas_area *popup,
		       bool upward, int x, int end)
{
	struct canvas_area row = next_row(popup, upward);
	int width = canvas_width_of(message, strlen(message)), left = row.x + row.width - end - 1;

	clear_row(c, row);
	for (int i = x; i < end; i++)
		canvas_put(c, i, row.y, '^', STYLE_BAD);
	if (width <= left) {
		canvas_str(c, end + 1, row.y, left, STYLE_BAD, message);
	} else if (x - row.x > width) {
		canvas_str(c, x - 1 - width, row.y, width, STYLE_BAD, message);
	} else if (popup->height > 0) {
		row = next_row(popup, upward);
		clear_row(c, row);
		canvas_str(c, row.x, row.y, row.width, STYLE_BAD, message);
	}
}

/* What there is to say about the line, in the rows of popup next to it. */
static void draw_below(struct filter_bar *b, struct canvas *c, struct canvas_area *popup,
		       bool upward, struct canvas_area line)
{
	size_t from = line_byte(b->line.text, b->error.column);
	size_t to = line_byte(b->line.text, b->error.column + b->error.length);
	struct canvas_area row;
	int x, end;

	if (means_another(b)) {
		row = next_row(popup, upward);
		clear_row(c, row);
		x = line.x + canvas_str(c, line.x, row.y, row.width - (line.x - row.x), STYLE_KEY,
					"Enter: ");
		canvas_str(c, x, row.y, row.x + row.width - x, STYLE_INFO, b->error.meant);
		return;
	}
	if (b->err == -EINVAL && !unfinished(b)) {
		x = line_x(&b->line, line, from);
		end = line_x(&b->line, line, to);
		draw_wrong(b->error.message, c, popup, upward, x, end > x ? end : x + 1);
		return;
	}
	row = next_row(popup, upward);
	clear_row(c, row);
	if (b->err == -ENOMEM)
		canvas_str(c, row.x, row.y, row.width, STYLE_BAD, "out of memory");
	else
		canvas_str(c, line.x, row.y, row.width - (line.x - row.x), STYLE_DIM,
			   b->err ? b->error.message : HINT);
}

void filter_bar_draw(struct filter_bar *b, struct canvas *c, struct canvas_area line,
		     struct canvas_area popup, int *ret_x, int *ret_y)
{
	bool upward = popup.y < line.y, wrong;
	int n = strlen(PROMPT);

	filter_bar_look(b);
	wrong = b->err == -EINVAL && !means_another(b) && !unfinished(b);
	b->drawn = line;
	if (line.width <= 0 || line.height <= 0 || line.y < 0)
		return;
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
	draw_below(b, c, &popup, upward, line);
	offers_draw(&b->offers, c, popup, line_x(&b->line, line, b->offers.start), upward);
}
