// SPDX-License-Identifier: MIT
/* Tables of the screen, without a terminal. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/screen_shown.h"
#include "tui/table.h"

struct items {
	uint64_t keys[32];
	size_t n;
	size_t sorted;
	bool descending;
};

static size_t item_count(void *arg)
{
	return ((struct items *)arg)->n;
}

static uint64_t item_key(void *arg, size_t row)
{
	return ((struct items *)arg)->keys[row];
}

static size_t item_find(void *arg, uint64_t key, size_t near)
{
	struct items *it = arg;

	(void)near;
	for (size_t i = 0; i < it->n; i++)
		if (it->keys[i] == key)
			return i;
	return SIZE_MAX;
}

static void item_cell(void *arg, size_t row, size_t column, struct text *t, enum style *style)
{
	struct items *it = arg;

	*style = STYLE_NORMAL;
	text_str(t, column == 0 ? "item-" : column == 1 ? "" : "=x,\"y\"\033");
	if (column < 2)
		text_u64(t, it->keys[row]);
}

static void item_sort(void *arg, size_t column, bool descending)
{
	struct items *it = arg;

	it->sorted = column;
	it->descending = descending;
}

static const struct ui_column columns[] = {
	{.name = "name", .title = "NAME", .width = 10, .min = 6, .stretch = true, .sortable = true},
	{.name = "size",
	 .title = "SIZE",
	 .width = 6,
	 .min = 4,
	 .right = true,
	 .sortable = true,
	 .descending = true},
	{.name = "note", .title = "NOTE", .width = 12, .min = 4},
	{.name = "other", .title = "OTHER", .width = 8, .min = 4, .hidden = true},
};

static struct items items;
static struct ui_table *table;

static void table_begin(size_t n)
{
	const struct ui_table_rows rows = {.arg = &items,
					   .count = item_count,
					   .key = item_key,
					   .find = item_find,
					   .cell = item_cell,
					   .sort = item_sort};

	memset(&items, 0, sizeof(items));
	for (items.n = 0; items.n < n; items.n++)
		items.keys[items.n] = 100 + items.n;
	table = ui_table_new(ui, columns, 4, &rows);
	assert_non_null(table);
}

static void table_draw(int width, int height)
{
	canvas_clear(&canvas, canvas_whole(&canvas), STYLE_NORMAL);
	ui_table_draw(table, &canvas, (struct canvas_area){0, 0, width, height});
}

static void test_table_drawn(void **state)
{
	(void)state;
	table_begin(3);
	table_draw(40, 5);
	assert_string_equal(line(0), "NAME                   SIZE NOTE");
	assert_string_equal(line(1), "item-100                100 =x,\"y\"^[");
	assert_string_equal(line(4), "");
	/* too narrow: the last column goes before the others are cut */
	table_draw(20, 5);
	assert_string_equal(line(1), "item-100       100");
	/* and comes when the cursor goes there */
	ui_table_act(table, ACT_RIGHT, 1);
	ui_table_act(table, ACT_RIGHT, 1);
	table_draw(20, 5);
	assert_non_null(strstr(line(1), "=x"));
	for (int width = 0; width < 40; width++)
		for (int height = 0; height < 6; height++)
			table_draw(width, height);
	ui_table_free(table);
}

static void test_table_follows_the_item(void **state)
{
	(void)state;
	table_begin(10);
	table_draw(40, 6);
	ui_table_act(table, ACT_DOWN, 1);
	ui_table_act(table, ACT_DOWN, 1);
	assert_int_equal(ui_table_key(table), 102);
	items.keys[2] = 109; /* they change places */
	items.keys[9] = 102;
	assert_int_equal(ui_table_row(table), 9);
	assert_int_equal(ui_table_key(table), 102);
	/* the item goes: its neighbour is selected, and where nothing is left, nothing */
	items.n = 5;
	table_draw(40, 6);
	assert_int_equal(ui_table_row(table), 4);
	items.n = 0;
	assert_true(ui_table_row(table) == SIZE_MAX);
	table_draw(40, 6);
	ui_table_act(table, ACT_DOWN, 1);
	ui_table_act(table, ACT_END, 1);
	assert_true(ui_table_row(table) == SIZE_MAX);
	ui_table_free(table);
}

/* Nobody has chosen anything: it is the first row, whatever it is. */
static void test_table_untouched(void **state)
{
	(void)state;
	table_begin(3);
	assert_int_equal(ui_table_key(table), 0);
	table_draw(40, 6);
	assert_int_equal(ui_table_key(table), 100);
	items.keys[0] = 7;
	table_draw(40, 6);
	assert_int_equal(ui_table_key(table), 7);
	ui_table_free(table);
}

static void test_table_log(void **state)
{
	(void)state;
	table_begin(10);
	ui_table_follow(table, true);
	table_draw(40, 6);
	assert_int_equal(ui_table_row(table), 9);
	items.keys[items.n++] = 110;
	table_draw(40, 6);
	assert_int_equal(ui_table_key(table), 110);
	assert_string_equal(line(5), "item-110                110 =x,\"y\"^[");
	ui_table_act(table, ACT_UP, 1);
	assert_false(ui_table_follows(table));
	items.keys[items.n++] = 111;
	table_draw(40, 6);
	assert_int_equal(ui_table_key(table), 109);
	/* the oldest go: what is selected stays where it is on the screen */
	memmove(items.keys, items.keys + 3, sizeof(*items.keys) * (items.n -= 3));
	table_draw(40, 6);
	assert_int_equal(ui_table_key(table), 109);
	assert_string_equal(line(4), "item-109                109 =x,\"y\"^[");
	ui_table_act(table, ACT_END, 1);
	assert_true(ui_table_follows(table));
	ui_table_free(table);
}

static void test_table_sorts(void **state)
{
	struct ui_mouse click = {.event = MOUSE_CLICK, .x = 24, .y = 0};
	size_t column;
	bool descending;
	char *error;

	(void)state;
	table_begin(3);
	table_draw(40, 6);
	assert_true(ui_table_mouse(table, &click));
	ui_table_sorted(table, &column, &descending);
	assert_int_equal(column, 1);
	assert_true(descending);
	ui_table_act(table, ACT_SORT, 1);
	assert_false(items.descending);
	ui_table_act(table, ACT_SORT, 1);
	assert_true(items.sorted == SIZE_MAX); /* as they come */
	assert_true(ui_table_command(table, "sort", "name desc", &error));
	assert_null(error);
	assert_true(items.sorted == 0 && items.descending);
	assert_true(ui_table_command(table, "sort", "note", &error));
	assert_non_null(strstr(error, "\"note\""));
	free(error);
	assert_true(ui_table_command(table, "sort", "name up", &error));
	assert_non_null(strstr(error, "\"up\""));
	free(error);
	assert_false(ui_table_command(table, "fly", "", &error));
	click = (struct ui_mouse){.event = MOUSE_CLICK, .x = 2, .y = 2};
	assert_true(ui_table_mouse(table, &click));
	assert_int_equal(ui_table_key(table), 101);
	click.event = MOUSE_DOUBLE;
	assert_false(ui_table_mouse(table, &click)); /* the view opens it */
	ui_table_free(table);
}

static void sort_by(const char *how)
{
	char *error;

	assert_true(ui_table_command(table, "sort", how, &error));
	assert_null(error);
}

/* Which way is not cut off. */
static void test_table_sort_sign(void **state)
{
	static const struct ui_column narrow[] = {
		{.name = "a",
		 .title = "DROPS",
		 .width = 5,
		 .min = 5,
		 .right = true,
		 .sortable = true},
		{.name = "b", .title = "WHAT", .width = 4, .min = 4, .sortable = true},
		{.name = "c", .title = "END", .width = 4, .min = 4, .sortable = true},
	};
	const struct ui_table_rows rows = {.arg = &items,
					   .count = item_count,
					   .key = item_key,
					   .find = item_find,
					   .cell = item_cell,
					   .sort = item_sort};

	(void)state;
	table = ui_table_new(ui, narrow, 3, &rows);
	sort_by("a desc");
	table_draw(15, 5);
	assert_string_equal(line(0), "DROP▾ WHAT END");
	sort_by("b asc");
	table_draw(15, 5);
	assert_string_equal(line(0), "DROPS WHA▴ END");
	sort_by("c asc");
	table_draw(15, 5);
	assert_string_equal(line(0), "DROPS WHAT END▴");
	ui_table_free(table);
}

static void test_table_columns(void **state)
{
	size_t shown[4];
	char *error;

	(void)state;
	table_begin(2);
	assert_true(ui_table_command(table, "columns", "other, name,name", &error));
	assert_null(error);
	assert_int_equal(ui_table_shown(table, shown), 2);
	assert_int_equal(shown[0], 3);
	assert_int_equal(shown[1], 0);
	assert_true(ui_table_command(table, "columns", "name,nme", &error));
	assert_non_null(strstr(error, "\"nme\""));
	free(error);
	assert_int_equal(ui_table_shown(table, shown), 2);
	assert_true(ui_table_command(table, "columns", " , ", &error));
	assert_non_null(error);
	free(error);
	ui_table_free(table);
}

static void test_table_export(void **state)
{
	struct text t = {0};

	(void)state;
	table_begin(2);
	assert_int_equal(ui_table_export(table, "json", &t), 0);
	text_char(&t, '\0');
	assert_string_equal(
		t.data,
		"[\n{\"name\":\"item-100\",\"size\":\"100\",\"note\":\"=x,\\\"y\\\"\\u001b\"},\n"
		"{\"name\":\"item-101\",\"size\":\"101\",\"note\":\"=x,\\\"y\\\"\\u001b\"}\n]\n");
	t.len = 0;
	assert_int_equal(ui_table_export(table, "csv", &t), 0);
	text_char(&t, '\0');
	assert_string_equal(t.data, "name,size,note\r\nitem-100,100,\"'=x,\"\"y\"\"?\"\r\n"
				    "item-101,101,\"'=x,\"\"y\"\"?\"\r\n");
	assert_int_equal(ui_table_export(table, "svg", &t), -22);
	text_free(&t);
	ui_table_free(table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCREEN_TEST(test_table_drawn),	   SCREEN_TEST(test_table_follows_the_item),
		SCREEN_TEST(test_table_untouched), SCREEN_TEST(test_table_log),
		SCREEN_TEST(test_table_sorts),	   SCREEN_TEST(test_table_columns),
		SCREEN_TEST(test_table_export),	   SCREEN_TEST(test_table_sort_sign),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
