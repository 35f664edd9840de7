// SPDX-License-Identifier: MIT
/* What the table does with keys, the mouse and commands. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <uv.h>

#include "tui/table_internal.h"

#define FIND_NS (150 * 1000000ull) /* then the keyboard is asked again */
#define FIND_CHECK 256 /* rows between looks at the clock */

/* ----------------------------------------------------------------- moving */

static void move(struct ui_table *t, long by)
{
	size_t count = table_sync(t), row = t->row;

	if (!count)
		return;
	if (by < 0)
		row -= row < (size_t)-by ? row : (size_t)-by;
	else
		row = count - row > (size_t)by ? row + (size_t)by : count - 1;
	t->touched = true;
	t->follow = t->follow && by > 0;
	table_select_row(t, row, count);
	table_keep_visible(t, count);
}

static void to_end(struct ui_table *t)
{
	size_t count = table_sync(t);

	t->touched = true;
	t->follow = t->may_follow && t->sorted == SIZE_MAX;
	table_select_row(t, count, count);
	table_keep_visible(t, count);
}

static void move_cursor(struct ui_table *t, int by)
{
	if (by < 0 && t->cursor > 0)
		t->cursor--;
	else if (by > 0 && t->cursor + 1 < t->n_shown)
		t->cursor++;
}

/* ---------------------------------------------------------------- sorting */

static void sort_by_cursor(struct ui_table *t)
{
	size_t column = ui_table_column(t);
	const struct ui_column *c = t->columns + column;

	if (!t->rows.sort || !c->sortable) {
		ui_say(t->ui, STYLE_WARN, "not sorted: nothing can be sorted by \"%s\" here",
		       c->name);
		return;
	}
	/* once more: the other way round; a third time: as they come */
	if (t->sorted != column)
		table_sort(t, column, c->descending);
	else if (t->descending == c->descending)
		table_sort(t, column, !c->descending);
	else
		table_sort(t, SIZE_MAX, false);
}

/* ---------------------------------------------------------------- columns */

static void columns_chosen(void *arg, size_t index)
{
	struct ui_table *t = arg;
	uint8_t shown[TABLE_COLUMNS];
	size_t n = 0;

	(void)index;
	/* those that stay keep their order, new ones come behind them */
	for (size_t i = 0; i < t->n_shown; i++) {
		if (t->marks[t->shown[i]])
			shown[n++] = t->shown[i];
		t->marks[t->shown[i]] = false;
	}
	for (size_t i = 0; i < t->n; i++)
		if (t->marks[i])
			shown[n++] = (uint8_t)i;
	if (!n) {
		ui_say(t->ui, STYLE_WARN, "a table needs a column");
		return;
	}
	memcpy(t->shown, shown, n);
	t->n_shown = n;
	t->left = 0;
	ui_changed(t->ui);
}

static void choose_columns(struct ui_table *t)
{
	const char *words[TABLE_COLUMNS + 1];
	struct text texts[TABLE_COLUMNS] = {0};
	size_t n = t->n, widest = 0;

	memset(t->marks, 0, sizeof(t->marks));
	for (size_t i = 0; i < t->n_shown; i++)
		t->marks[t->shown[i]] = true;
	for (size_t i = 0; i < n; i++)
		widest = strlen(t->columns[i].name) > widest ? strlen(t->columns[i].name) : widest;
	for (size_t i = 0; i < n; i++) {
		text_str(&texts[i], t->columns[i].name);
		text_spaces(&texts[i], widest + 2 - texts[i].len);
		text_str(&texts[i], t->columns[i].help ? t->columns[i].help : "");
		text_char(&texts[i], 0);
		words[i] = texts[i].err ? t->columns[i].name : texts[i].data;
	}
	words[n] = NULL;
	ui_choose(t->ui, "Columns", words, ui_table_column(t), t->marks, columns_chosen, t);
	for (size_t i = 0; i < n; i++)
		text_free(&texts[i]);
}

/* ---------------------------------------------------------------- finding */

static bool row_has(struct ui_table *t, size_t row)
{
	for (size_t i = 0; i < t->n_shown; i++) {
		table_cell(t, row, t->shown[i]);
		text_char(&t->text, 0);
		if (!t->text.err && strcasestr(t->text.data, t->find))
			return true;
	}
	return false;
}

static void find_next(struct ui_table *t)
{
	size_t count = table_sync(t), from = t->row;
	uint64_t until = uv_hrtime() + FIND_NS;

	if (!t->find || !*t->find || !count)
		return;
	for (size_t i = 1; i <= count; i++) {
		size_t row = (from + i) % count;

		if (row_has(t, row)) {
			t->touched = true;
			t->follow = false;
			table_select_row(t, row, count);
			table_keep_visible(t, count);
			return;
		}
		if (i % FIND_CHECK == 0 && uv_hrtime() > until) {
			table_select_row(t, row, count);
			t->touched = true;
			t->follow = false;
			ui_say(t->ui, STYLE_WARN, "not within %zu rows yet; n looks on", i);
			return;
		}
	}
	ui_say(t->ui, STYLE_WARN, "not found in %zu rows", count);
}

static void find_this(void *arg, const char *line)
{
	struct ui_table *t = arg;

	if (!line || !*line)
		return;
	free(t->find);
	t->find = strdup(line);
	ui_changed(t->ui);
	find_next(t);
}

/* ------------------------------------------------------------------- keys */

static bool act_on_table(struct ui_table *t, enum action a)
{
	switch (a) {
	case ACT_SORT:
		sort_by_cursor(t);
		return true;
	case ACT_SORT_REVERSE:
		if (t->sorted != SIZE_MAX)
			table_sort(t, t->sorted, !t->descending);
		return true;
	case ACT_COLUMNS:
		choose_columns(t);
		return true;
	case ACT_FIND:
		ui_ask(t->ui, "find", t->find, find_this, t);
		return true;
	case ACT_FIND_NEXT:
		find_next(t);
		return true;
	default:
		return false;
	}
}

bool ui_table_act(struct ui_table *t, enum action a, int count)
{
	long by = count > 0 ? count : 1, page = t->height > 1 ? t->height - 1 : 1;

	switch (a) {
	case ACT_UP:
		move(t, -by);
		break;
	case ACT_DOWN:
		move(t, by);
		break;
	case ACT_PAGE_UP:
		move(t, -page);
		break;
	case ACT_PAGE_DOWN:
		move(t, page);
		break;
	case ACT_HOME:
		move(t, -(long)(SIZE_MAX >> 2));
		break;
	case ACT_END:
		to_end(t);
		break;
	case ACT_LEFT:
		move_cursor(t, -1);
		break;
	case ACT_RIGHT:
		move_cursor(t, 1);
		break;
	default:
		return act_on_table(t, a);
	}
	ui_changed(t->ui);
	return true;
}

/* ------------------------------------------------------------------ mouse */

static bool column_at(const struct ui_table *t, int x, size_t *ret)
{
	for (size_t i = t->left; i < t->n_shown; i++) {
		if (!t->place[i].width || x < t->place[i].x ||
		    x > t->place[i].x + t->place[i].width)
			continue;
		*ret = i;
		return true;
	}
	return false;
}

bool ui_table_mouse(struct ui_table *t, const struct ui_mouse *m)
{
	size_t count, row, column;

	if (m->event == MOUSE_WHEEL_UP || m->event == MOUSE_WHEEL_DOWN)
		return ui_table_act(t, m->event == MOUSE_WHEEL_UP ? ACT_UP : ACT_DOWN, 3);
	if (m->event != MOUSE_CLICK && m->event != MOUSE_DOUBLE)
		return false;
	if (m->y < 0 || m->y > t->height)
		return false;
	if (column_at(t, m->x, &column))
		t->cursor = column;
	ui_changed(t->ui);
	if (m->y == 0) {
		sort_by_cursor(t);
		return true;
	}
	count = table_sync(t);
	row = t->top + (size_t)m->y - 1;
	if (row >= count)
		return true;
	t->touched = true;
	t->follow = false;
	table_select_row(t, row, count);
	/* the view opens what was clicked twice */
	return m->event != MOUSE_DOUBLE;
}

/* --------------------------------------------------------------- commands */

static void __attribute__((format(printf, 2, 3))) wrong(char **ret_error, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	if (vasprintf(ret_error, format, ap) < 0)
		*ret_error = NULL;
	va_end(ap);
}

static void sort_command(struct ui_table *t, const char *rest, char **ret_error)
{
	size_t len = strcspn(rest, " "), column = table_column(t, rest, len);
	const char *way = rest + len + strspn(rest + len, " ");
	bool descending;

	if (column == SIZE_MAX || !t->columns[column].sortable || !t->rows.sort) {
		wrong(ret_error, "nothing is sorted by \"%.*s\" here: \":sort COLUMN [asc|desc]\"",
		      (int)(len < 64 ? len : 64), rest);
		return;
	}
	descending = t->columns[column].descending;
	if (!strcmp(way, "asc"))
		descending = false;
	else if (!strcmp(way, "desc"))
		descending = true;
	else if (*way) {
		wrong(ret_error, "\"%.64s\" is no way to sort: asc or desc", way);
		return;
	}
	table_sort(t, column, descending);
}

static void columns_command(struct ui_table *t, const char *rest, char **ret_error)
{
	uint8_t shown[TABLE_COLUMNS];
	bool taken[TABLE_COLUMNS] = {0};
	size_t n = 0;

	while (*rest) {
		size_t len = strcspn(rest, ", "), column = table_column(t, rest, len);

		if (len && column == SIZE_MAX) {
			wrong(ret_error, "no column is called \"%.*s\" here: c lists them",
			      (int)(len < 64 ? len : 64), rest);
			return;
		}
		if (len && !taken[column]) {
			shown[n++] = (uint8_t)column;
			taken[column] = true;
		}
		rest += len;
		rest += strspn(rest, ", ");
	}
	if (!n) {
		wrong(ret_error, "which columns? \":columns NAME,NAME\"; c lists them");
		return;
	}
	memcpy(t->shown, shown, n);
	t->n_shown = n;
	t->left = 0;
	ui_changed(t->ui);
}

bool ui_table_command(struct ui_table *t, const char *word, const char *rest, char **ret_error)
{
	*ret_error = NULL;
	if (!strcmp(word, "sort"))
		sort_command(t, rest, ret_error);
	else if (!strcmp(word, "columns"))
		columns_command(t, rest, ret_error);
	else
		return false;
	return true;
}
