// SPDX-License-Identifier: MIT
/* The table's state and drawing; keys, mouse and commands are in table_act.c. */
#include "tui/table_internal.h"

#include <stdlib.h>
#include <string.h>

#define MORE_WIDTH 2

struct ui_table *ui_table_new(struct ui *ui, const struct ui_column *columns, size_t n,
			      const struct ui_table_rows *rows)
{
	struct ui_table *t;

	if (n > TABLE_COLUMNS)
		return NULL;
	t = calloc(1, sizeof(*t));
	if (!t)
		return NULL;
	t->ui = ui;
	t->columns = columns;
	t->n = n;
	t->rows = *rows;
	t->row = t->sorted = SIZE_MAX;
	for (size_t i = 0; i < n; i++)
		if (!columns[i].hidden)
			t->shown[t->n_shown++] = (uint8_t)i;
	return t;
}

void ui_table_free(struct ui_table *t)
{
	if (!t)
		return;
	free(t->find);
	text_free(&t->text);
	free(t);
}

/* -------------------------------------------------------------- selection */

void table_select_row(struct ui_table *t, size_t row, size_t count)
{
	if (!count) {
		t->row = SIZE_MAX;
		return;
	}
	t->row = row < count ? row : count - 1;
	t->key = t->rows.key(t->rows.arg, t->row);
}

/* A log keeps the selected line where it is on the screen; a ranking stands still around it. */
static void moved(struct ui_table *t, size_t was)
{
	if (t->sorted != SIZE_MAX || was == SIZE_MAX || t->row == was)
		return;
	if (t->row > was)
		t->top += t->row - was;
	else
		t->top -= t->top < was - t->row ? t->top : was - t->row;
}

size_t table_sync(struct ui_table *t)
{
	size_t count = t->rows.count(t->rows.arg), was = t->row;

	if (!count) {
		t->row = SIZE_MAX;
		t->top = 0;
		return 0;
	}
	if (t->follow) {
		table_select_row(t, count - 1, count);
		return count;
	}
	if (!t->touched || !t->key) {
		table_select_row(t, 0, count);
		return count;
	}
	t->row = t->rows.find(t->rows.arg, t->key, was == SIZE_MAX ? 0 : was);
	if (t->row >= count)
		table_select_row(t, was == SIZE_MAX ? 0 : was, count);
	else
		moved(t, was);
	return count;
}

void table_keep_visible(struct ui_table *t, size_t count)
{
	size_t height = t->height > 0 ? (size_t)t->height : 1;

	if (t->row == SIZE_MAX)
		return;
	if (t->row < t->top)
		t->top = t->row;
	if (t->row >= t->top + height)
		t->top = t->row - height + 1;
	if (t->top + height > count)
		t->top = count > height ? count - height : 0;
}

size_t ui_table_row(struct ui_table *t)
{
	table_sync(t);
	return t->row;
}

size_t ui_table_column(const struct ui_table *t)
{
	return t->n_shown ? t->shown[t->cursor] : 0;
}

uint64_t ui_table_key(const struct ui_table *t)
{
	return t->key;
}

void ui_table_select(struct ui_table *t, uint64_t key)
{
	t->key = key;
	t->touched = key != 0;
	t->follow = false;
	ui_changed(t->ui);
}

void ui_table_follow(struct ui_table *t, bool follow)
{
	t->may_follow |= follow;
	t->follow = follow;
	if (!follow)
		t->touched = true;
	ui_changed(t->ui);
}

bool ui_table_follows(const struct ui_table *t)
{
	return t->follow;
}

size_t ui_table_shown(const struct ui_table *t, size_t *ret)
{
	for (size_t i = 0; i < t->n_shown; i++)
		ret[i] = t->shown[i];
	return t->n_shown;
}

void ui_table_sorted(const struct ui_table *t, size_t *ret_column, bool *ret_descending)
{
	*ret_column = t->sorted;
	*ret_descending = t->descending;
}

void table_sort(struct ui_table *t, size_t column, bool descending)
{
	if (!t->rows.sort)
		return;
	t->sorted = column;
	t->descending = descending;
	t->rows.sort(t->rows.arg, column, descending);
	ui_changed(t->ui);
}

enum style table_cell(struct ui_table *t, size_t row, size_t column)
{
	enum style style = STYLE_NORMAL;

	t->text.len = 0;
	t->text.err = 0;
	t->rows.cell(t->rows.arg, row, column, &t->text, &style);
	return style;
}

size_t table_column(const struct ui_table *t, const char *name, size_t len)
{
	for (size_t i = 0; i < t->n; i++)
		if (strlen(t->columns[i].name) == len && !strncmp(t->columns[i].name, name, len))
			return i;
	return SIZE_MAX;
}

/* ----------------------------------------------------------------- drawing */

static int width_of(const struct ui_column *c)
{
	return c->width > c->min ? c->width : c->min;
}

/*
 * What a column has at least before one behind it is shown: words that are cut help
 * nobody, so only those that stretch give something.
 */
static int needed(const struct ui_column *c)
{
	int two_thirds = width_of(c) * 2 / 3;

	if (!c->stretch)
		return width_of(c);
	return c->min > two_thirds ? c->min : two_thirds;
}

/* How many columns from `left` on have room, at least one, and what is over. */
static size_t fit(struct ui_table *t, int width, int *ret_left_over)
{
	size_t n = 0;
	int used = 0;

	for (size_t i = 0; i < TABLE_COLUMNS; i++)
		t->place[i].width = 0;
	for (size_t i = t->left; i < t->n_shown; i++) {
		int least = needed(t->columns + t->shown[i]);

		if (used + least + (n ? 1 : 0) > width && n)
			break;
		t->place[i].width = least < width ? least : width;
		used += t->place[i].width + (n ? 1 : 0);
		n++;
	}
	*ret_left_over = width > used ? width - used : 0;
	return n;
}

/* To the widths wanted, a column each in turn; then to those that stretch. */
static void widen(struct ui_table *t, size_t n, int over)
{
	size_t end = t->left + n;
	bool grew = true;
	int shares = 0;

	while (over > 0 && grew) {
		grew = false;
		for (size_t i = t->left; i < end && over > 0; i++) {
			if (t->place[i].width >= width_of(t->columns + t->shown[i]))
				continue;
			t->place[i].width++;
			over--;
			grew = true;
		}
	}
	for (size_t i = t->left; i < end; i++)
		shares += t->columns[t->shown[i]].stretch;
	for (size_t i = t->left; i < end && shares; i++) {
		int own = t->columns[t->shown[i]].stretch, part = over * own / shares;

		t->place[i].width += part;
		over -= part;
		shares -= own;
	}
	/* nobody stretches: text at the end may as well have the rest */
	if (over > 0 && n && !t->columns[t->shown[end - 1]].right)
		t->place[end - 1].width += over;
}

static size_t lay_out(struct ui_table *t, int width)
{
	size_t n;
	int over, x = 0;

	n = fit(t, width, &over);
	if (t->left + n < t->n_shown) /* room for the sign that there are more */
		n = fit(t, width - MORE_WIDTH, &over);
	widen(t, n, over);
	for (size_t i = t->left; i < t->left + n; i++) {
		t->place[i].x = x;
		x += t->place[i].width + 1;
	}
	return n;
}

/* Columns so that the cell cursor is among them. */
static size_t lay_out_cursor(struct ui_table *t, int width)
{
	size_t n;

	if (t->cursor >= t->n_shown)
		t->cursor = t->n_shown ? t->n_shown - 1 : 0;
	if (t->left > t->cursor)
		t->left = t->cursor;
	n = lay_out(t, width);
	while (t->cursor >= t->left + n && t->left < t->cursor) {
		t->left++;
		n = lay_out(t, width);
	}
	/* what is to the left comes back where there is room */
	while (t->left > 0 && t->left + n == t->n_shown) {
		size_t before = n;

		t->left--;
		n = lay_out(t, width);
		if (t->left + n == t->n_shown && n > before)
			continue;
		t->left++;
		n = lay_out(t, width);
		break;
	}
	return n;
}

/* The last half of a cell at most: of something cut its begin is read first. */
static bool fits_behind(const char *s, size_t n, int width)
{
	return canvas_width_of(s, n) * 2 <= width;
}

/* Bytes before what has to stay where s is too long for width columns; n: all may be cut. */
static size_t head_of(const char *s, size_t n, const struct ui_column *col, int width)
{
	size_t at = n, tail;

	if (canvas_width_of(s, n) <= width)
		return n;
	while (col->keep_from && at > 0 && s[at - 1] != col->keep_from)
		at--;
	at = at < 2 || !col->keep_from ? n : at - 1;
	if (!fits_behind(s + at, n - at, width))
		return n;
	tail = at > col->keep_tail ? at - col->keep_tail : 0;
	while (tail > 0 && tail < n && ((unsigned char)s[tail] & 0xc0) == 0x80)
		tail--;
	return tail > 0 && fits_behind(s + tail, n - tail, width) ? tail : at;
}

static void draw_at(struct ui_table *t, struct canvas *c, size_t i, int y, uint8_t style,
		    const char *s, size_t n)
{
	int x = t->area.x + t->place[i].x, width = t->place[i].width, tail;
	size_t head;

	if (t->columns[t->shown[i]].right) {
		int w = canvas_width_of(s, n);

		if (w < width) {
			x += width - w;
			width = w;
		}
	}
	head = head_of(s, n, &t->columns[t->shown[i]], width);
	tail = canvas_width_of(s + head, n - head);
	x += canvas_text(c, x, y, width - tail, style, s, head);
	if (tail)
		canvas_text(c, x, y, tail, style, s + head, n - head);
}

static const char *sort_sign(bool descending, bool ascii)
{
	if (ascii)
		return descending ? "v" : "^";
	return descending ? "▾" : "▴";
}

/* Of a title that has no room letters go, the sign behind it does not. */
static void draw_title(struct ui_table *t, struct canvas *c, size_t i)
{
	const struct ui_column *col = t->columns + t->shown[i];
	int width = t->place[i].width;
	size_t n = strlen(col->title);

	t->text.len = 0;
	if (t->shown[i] == t->sorted)
		while (n && canvas_width_of(col->title, n) >= width)
			n--;
	text_mem(&t->text, col->title, n);
	if (t->shown[i] == t->sorted)
		text_str(&t->text, sort_sign(t->descending, c->ascii));
	draw_at(t, c, i, t->area.y, STYLE_HEADER, t->text.data, t->text.len);
}

static void draw_titles(struct ui_table *t, struct canvas *c, size_t n)
{
	canvas_clear(c, (struct canvas_area){t->area.x, t->area.y, t->area.width, 1}, STYLE_HEADER);
	for (size_t i = t->left; i < t->left + n; i++) {
		draw_title(t, c, i);
		if (i == t->cursor)
			canvas_flag(c,
				    (struct canvas_area){t->area.x + t->place[i].x, t->area.y,
							 t->place[i].width, 1},
				    CELL_SELECTED);
	}
	if (t->left > 0)
		canvas_put(c, t->area.x, t->area.y, c->ascii ? '<' : 0x2039, STYLE_KEY);
	if (t->left + n < t->n_shown)
		canvas_put(c, t->area.x + t->area.width - 1, t->area.y, c->ascii ? '>' : 0x203a,
			   STYLE_KEY);
}

static void draw_row(struct ui_table *t, struct canvas *c, size_t row, int y, size_t n)
{
	struct canvas_area line = {t->area.x, y, t->area.width, 1};
	int x;

	for (size_t i = t->left; i < t->left + n; i++) {
		enum style style = table_cell(t, row, t->shown[i]);

		draw_at(t, c, i, y, (uint8_t)style, t->text.data, t->text.len);
	}
	if (row != t->row)
		return;
	/* the band, and the cell under the cursor out of it */
	x = t->area.x + t->place[t->cursor].x;
	line.width = x - t->area.x;
	canvas_flag(c, line, CELL_SELECTED);
	line.x = x;
	line.width = t->place[t->cursor].width;
	canvas_restyle(c, line, STYLE_BAR);
	line.x += line.width;
	line.width = t->area.x + t->area.width - line.x;
	canvas_flag(c, line, CELL_SELECTED);
}

void ui_table_draw(struct ui_table *t, struct canvas *c, struct canvas_area area)
{
	size_t count, n;

	t->area = area;
	t->height = area.height - 1;
	if (area.width < 1 || area.height < 1 || !t->n_shown)
		return;
	count = table_sync(t);
	table_keep_visible(t, count);
	n = lay_out_cursor(t, area.width);
	draw_titles(t, c, n);
	for (int i = 0; i < t->height && t->top + (size_t)i < count; i++)
		draw_row(t, c, t->top + (size_t)i, area.y + 1 + i, n);
}
