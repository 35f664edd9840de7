// SPDX-License-Identifier: MIT
/* Tables, pages, questions and lists of the screen, without a terminal. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/ui_filter.h"
#include "flows/text.h"
#include "tests/unit/sample_flows.h"
#include "tui/page.h"
#include "tui/table.h"
#include "tui/ui_internal.h"

static struct canvas canvas;
static struct ui *ui;

static int parse(void *arg, const char *text, struct ui_filter **ret, struct ui_filter_error *e)
{
	(void)arg;
	return ui_filter_parse(NULL, text, ret, e);
}

static const struct ui_host host = {.filter_parse = parse};
static const struct ui_config config = {
	.from = UI_FROM_KERNEL,
	.from_name = "this machine",
	.why = "no rights",
	.why_err = -1,
	.host = &host,
	.history_bytes = 1 << 20,
};

static int set_up(void **state)
{
	(void)state;
	setenv("XDG_STATE_HOME", "/dev/null", 1);
	assert_int_equal(canvas_resize(&canvas, 80, 24), 0);
	return ui_new(&config, &ui);
}

static int tear_down(void **state)
{
	(void)state;
	ui_free(ui);
	canvas_free(&canvas);
	return 0;
}

/* A line of the canvas; valid until the next call. */
static const char *line(int y)
{
	static struct text t;
	const char *at;

	text_free(&t);
	canvas_print(&canvas, false, &t);
	text_char(&t, '\0');
	at = t.data;
	while (y--)
		at = strchr(at, '\n') + 1;
	*strchrnul(at, '\n') = '\0';
	return at;
}

static void frame(void)
{
	int x, y;

	ui_frame(ui, &canvas, &x, &y);
}

/* ----------------------------------------------------------------- notices */

static void test_notices(void **state)
{
	char text[32];

	(void)state;
	ui_notice(ui, "the first is bad");
	frame();
	assert_string_equal(line(23), " the first is bad");
	ui_notice(ui, "the second is odd");
	ui_notice(ui, "so is the third");
	frame();
	assert_non_null(strstr(line(23), " the first is bad "));
	assert_non_null(strstr(line(23), "  and 2 more: 7 Status"));
	ui_key(ui, 'j');
	frame();
	assert_null(strstr(line(23), "the first"));
	assert_null(strstr(line(23), "more"));
	ui_notice(ui, "the fourth");
	frame();
	assert_string_equal(line(23), " the fourth");
	/* a word of the screen's own hides the count, too */
	ui_notice(ui, "the fifth");
	ui_say(ui, STYLE_GOOD, "done");
	frame();
	assert_string_equal(line(23), " done");
	for (int i = 0; i < 100; i++) {
		snprintf(text, sizeof(text), "number %d", i);
		ui_notice(ui, text);
	}
	assert_int_equal(notices_kept(ui_notices(ui)), NOTICES);
	assert_string_equal(notices_at(ui_notices(ui), 0)->line, "number 84");
	assert_string_equal(notices_last(ui_notices(ui)), "number 99");
}

static void test_unread(void **state)
{
	(void)state;
	ui_unread(ui, 1, "line");
	frame();
	assert_non_null(strstr(line(1), "  1 line not read"));
	ui_unread(ui, 1204, "message");
	frame();
	assert_non_null(strstr(line(1), "  1,204 messages not read"));
}

/* ------------------------------------------------------------------- table */

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

/* -------------------------------------------------------------------- page */

static void test_page_wraps(void **state)
{
	struct ui_page *p = ui_page_new("Title");
	struct canvas_area a = {0, 0, 44, 8};

	(void)state;
	ui_page_field(p, "address", STYLE_INFO, "one two three four five six seven\033");
	ui_page_heading(p, "More");
	for (int i = 0; i < 20; i++)
		ui_page_line(p, STYLE_NORMAL, "a line");
	canvas_clear(&canvas, canvas_whole(&canvas), STYLE_NORMAL);
	ui_page_draw(p, &canvas, a);
	assert_string_equal(line(1), "   address           one two three four");
	assert_string_equal(line(2), "                     five six seven^[");
	assert_string_equal(line(3), "");
	assert_string_equal(line(4), " More");
	assert_true(ui_page_act(p, ACT_END, 1));
	canvas_clear(&canvas, canvas_whole(&canvas), STYLE_NORMAL);
	ui_page_draw(p, &canvas, a);
	assert_string_equal(line(0), " Title             18-24 of 24   Esc: close");
	assert_string_equal(line(7), " a line");
	assert_false(ui_page_act(p, ACT_SORT, 1));
	for (a.width = 0; a.width < 30; a.width++)
		ui_page_draw(p, &canvas, a);
	ui_page_free(p);
}

static void test_page_bound(void **state)
{
	struct ui_page *p = ui_page_new("Much");
	struct text t = {0};
	size_t lines = 0;

	(void)state;
	for (int i = 0; i < 30000; i++)
		ui_page_line(p, STYLE_NORMAL, "x\033");
	ui_page_print(p, &t);
	for (size_t i = 0; i < t.len; i++)
		lines += t.data[i] == '\n';
	assert_int_equal(lines, 20000);
	assert_memory_equal(t.data, "x^[\nx^[\n", 8);
	text_free(&t);
	ui_page_free(p);
}

/* --------------------------------------------------------- questions, lists */

static char answer[64];

static void answered(void *arg, const char *text)
{
	(void)arg;
	snprintf(answer, sizeof(answer), "%s", text ? text : "(given up)");
}

static void type(const char *s)
{
	while (*s)
		ui_key(ui, *s++);
}

static void test_question(void **state)
{
	(void)state;
	ui_ask(ui, "name?", "x", answered, NULL);
	frame();
	assert_string_equal(line(23), " name? x");
	type("q7");
	ui_key(ui, KEY_RETURN);
	assert_string_equal(answer, "xq7");
	assert_int_equal(ui_view(ui), VIEW_FLOWS);
	ui_ask(ui, "name?", NULL, answered, NULL);
	ui_key(ui, KEY_ESCAPE);
	assert_string_equal(answer, "(given up)");
	answer[0] = '\0';
	ui_ask(ui, "name?", NULL, answered, NULL);
	ui_show_view(ui, VIEW_TOP);
	assert_string_equal(answer, "(given up)");
}

static size_t chosen;

static void choose(void *arg, size_t index)
{
	(void)arg;
	chosen = index;
}

static void test_list(void **state)
{
	const char *const words[] = {"one", "two", "three", NULL};
	bool marks[3] = {true, false, false};

	(void)state;
	ui_choose(ui, "Which?", words, 0, NULL, choose, NULL);
	frame();
	ui_key(ui, 'j');
	ui_key(ui, KEY_RETURN);
	assert_int_equal(chosen, 1);
	ui_choose(ui, "Which?", words, 0, marks, choose, NULL);
	ui_key(ui, ' ');
	ui_key(ui, KEY_DOWN_);
	ui_key(ui, ' ');
	assert_true(marks[0]); /* not before it is said that this is it */
	ui_key(ui, KEY_RETURN);
	assert_false(marks[0]);
	assert_true(marks[1]);
	chosen = 9;
	ui_choose(ui, "Which?", words, 2, NULL, choose, NULL);
	ui_key(ui, 'q');
	assert_int_equal(chosen, 9);
	assert_false(ui_is_over(ui)); /* q closes the list */
}

/* ------------------------------------------------------------------ screen */

static void test_bars(void **state)
{
	struct ui_mouse click = {.event = MOUSE_CLICK, .x = 12, .y = 0};

	(void)state;
	frame();
	assert_memory_equal(line(0), " 1 Flows 2 Map 3 Top", 20);
	assert_non_null(strstr(line(1), "this machine  no rights"));
	assert_memory_equal(line(23), "? Help  q Quit  / Filter", 24);
	ui_mouse(ui, &click);
	assert_int_equal(ui_view(ui), VIEW_MAP);
	click.x = 10;
	click.y = 23;
	frame();
	ui_mouse(ui, &click);
	assert_true(ui_is_over(ui));
}

static void test_changes(void **state)
{
	(void)state;
	frame();
	assert_false(ui_is_changed(ui)); /* nothing happened: nothing is drawn */
	ui_key(ui, KEY_DOWN_);
	assert_true(ui_is_changed(ui));
}

static void test_drill(void **state)
{
	struct flow f = sample(6, "10.0.0.1", 1000, "10.0.0.2", 80);
	bool changed;

	(void)state;
	ui_flow(ui, &f);
	flow_release(&f);
	store_work(ui->store, 1000000000, &changed);
	ui_show_view(ui, VIEW_TOP);
	ui_drill(ui, "dst.port == 80");
	assert_int_equal(ui_view(ui), VIEW_FLOWS);
	frame();
	assert_non_null(strstr(line(2), "dst.port == 80"));
	ui_key(ui, KEY_ESCAPE);
	assert_int_equal(ui_view(ui), VIEW_TOP);
	frame();
	assert_null(strstr(line(2), "dst.port == 80"));
	for (int i = 0; i < 40; i++)
		ui_drill(ui, i % 2 ? "dst.port == 80" : "src.port == 80");
	for (int i = 0; i < 40; i++)
		ui_key(ui, KEY_ESCAPE);
}

static void test_help(void **state)
{
	(void)state;
	for (int i = 0; i < 20; i++)
		ui_key(ui, '?');
	frame();
	assert_memory_equal(line(2), " Keys", 5);
	ui_key(ui, KEY_ESCAPE);
	assert_int_equal(ui->n_overlays, 0);
}

static void test_pasted(void **state)
{
	(void)state;
	ui_key(ui, 'q' | KEY_PASTED);
	ui_key(ui, '7' | KEY_PASTED);
	assert_false(ui_is_over(ui));
	assert_int_equal(ui_view(ui), VIEW_FLOWS);
}

#define SCREEN_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCREEN_TEST(test_notices),
		SCREEN_TEST(test_unread),
		SCREEN_TEST(test_table_drawn),
		SCREEN_TEST(test_table_follows_the_item),
		SCREEN_TEST(test_table_untouched),
		SCREEN_TEST(test_table_log),
		SCREEN_TEST(test_table_sorts),
		SCREEN_TEST(test_table_columns),
		SCREEN_TEST(test_table_export),
		SCREEN_TEST(test_page_wraps),
		SCREEN_TEST(test_page_bound),
		SCREEN_TEST(test_question),
		SCREEN_TEST(test_list),
		SCREEN_TEST(test_bars),
		SCREEN_TEST(test_changes),
		SCREEN_TEST(test_drill),
		SCREEN_TEST(test_help),
		SCREEN_TEST(test_pasted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
