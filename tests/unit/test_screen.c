// SPDX-License-Identifier: MIT
/* Notices, pages, questions and lists of the screen, without a terminal. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/screen_shown.h"
#include "tui/page.h"

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

/* What a relay tells of its nodes, once. */
static void test_node_status(void **state)
{
	const char *nodes[] = {"node-b", "node-c\033", "d", "e", "f"};
	struct node_status s = {
		.state = NODE_UNAVAILABLE, .nodes = nodes, .n_nodes = 1, .message = ""};

	(void)state;
	ui_node_status(ui, &s);
	ui_node_status(ui, &s);
	assert_int_equal(notices_kept(ui_notices(ui)), 1);
	assert_string_equal(notices_last(ui_notices(ui)), "1 node is unavailable: node-b");
	s = (struct node_status){
		.state = NODE_ERROR, .nodes = nodes, .n_nodes = 5, .message = "refused"};
	ui_node_status(ui, &s);
	assert_string_equal(notices_last(ui_notices(ui)),
			    "5 nodes have an error: node-b, node-c^[, d, e and 1 more: refused");
	s.state = NODE_CONNECTED;
	ui_node_status(ui, &s);
	assert_int_equal(notices_kept(ui_notices(ui)), 2);
}

/* The seconds are seen, whatever else has no room. */
static void test_away(void **state)
{
	const struct source_away away = {.why = "refused", .next_ms = 5000};
	struct ui_config server = config;
	const struct ui_config *was = ui->config;
	struct source none = {0};

	(void)state;
	server.source = &none;
	server.from = UI_FROM_SERVER;
	server.from_name = "unix:///run/pitot/pitot.sock";
	ui->config = &server;
	ui_away(ui, &away);
	frame();
	assert_non_null(strstr(line(1), "not reachable, trying again in 5 s"));
	server.from_name = "unix:///run/pitot/quite/another/pitot.socket";
	frame();
	assert_non_null(strstr(line(1), "down, again in 5 s"));
	ui->config = was;
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

static void test_page_wraps_spans(void **state)
{
	struct ui_page *p = ui_page_new("");
	struct canvas_area a = {0, 0, 22, 8};

	(void)state;
	ui_page_span(p, STYLE_NORMAL, "104 answers; ", 13);
	ui_page_span(p, STYLE_BAD, "REFUSED 104", 11);
	ui_page_end(p);
	ui_page_span(p, STYLE_NORMAL, "one ", 4);
	ui_page_span(p, STYLE_NORMAL, "0123456789012345678901234", 25);
	ui_page_end(p);
	canvas_clear(&canvas, canvas_whole(&canvas), STYLE_NORMAL);
	ui_page_draw(p, &canvas, a);
	assert_string_equal(line(0), " 104 answers;");
	assert_string_equal(line(1), " REFUSED 104");
	assert_string_equal(line(2), " one");
	assert_string_equal(line(3), " 01234567890123456789");
	assert_string_equal(line(4), " 01234");
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
	assert_string_equal(line(3), " Tables");
	ui_key(ui, KEY_ESCAPE);
	assert_int_equal(ui->n_overlays, 0);
}

/* The keys of the view behind a page are off, and are not offered. */
static void test_page_hides_keys(void **state)
{
	struct ui_page *p = ui_page_new("Page");

	(void)state;
	frame();
	assert_non_null(strstr(line(23), "s Sort"));
	ui_page_show(ui, p);
	frame();
	assert_null(strstr(line(23), "s Sort"));
	assert_null(strstr(line(23), "f Only"));
	assert_non_null(strstr(line(23), "Space Pause"));
	ui_key(ui, 's');
	frame();
	assert_string_equal(line(23), " s: not on this page; Esc closes it");
	assert_int_equal(ui->n_overlays, 1);
	ui_key(ui, KEY_ESCAPE);
	frame();
	assert_non_null(strstr(line(23), "s Sort"));
}

static bool cell(void *arg, struct text *t)
{
	text_str(t, arg);
	return true;
}

static void test_page_cell(void **state)
{
	char expression[] = "any.port == 80";
	struct ui_page *p = ui_page_new("Page");

	(void)state;
	ui_page_live(p, NULL, NULL, expression);
	ui_page_keys(p, ACT_BIT(ACT_SORT), cell);
	ui_page_show(ui, p);
	frame();
	assert_non_null(strstr(line(23), "f Only"));
	assert_non_null(strstr(line(23), "s Sort"));
	ui_key(ui, 'f');
	frame();
	assert_int_equal(ui->n_overlays, 0);
	assert_non_null(strstr(line(2), "any.port == 80"));
}

static void test_keys_of_other_views(void **state)
{
	(void)state;
	ui_key(ui, 'm');
	frame();
	assert_string_equal(line(23), " m: not in Flows; Top, Drops, DNS, Processes have it");
	ui_key(ui, 'z');
	frame();
	assert_string_equal(line(23), " z: not in Flows; Map has it");
	ui_key(ui, 'Q');
	frame();
	assert_non_null(strstr(line(23), "q Quit"));
}

static void test_pasted(void **state)
{
	(void)state;
	ui_key(ui, 'q' | KEY_PASTED);
	ui_key(ui, '7' | KEY_PASTED);
	assert_false(ui_is_over(ui));
	assert_int_equal(ui_view(ui), VIEW_FLOWS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCREEN_TEST(test_node_status),
		SCREEN_TEST(test_away),
		SCREEN_TEST(test_notices),
		SCREEN_TEST(test_unread),
		SCREEN_TEST(test_page_wraps),
		SCREEN_TEST(test_page_bound),
		SCREEN_TEST(test_page_wraps_spans),
		SCREEN_TEST(test_question),
		SCREEN_TEST(test_list),
		SCREEN_TEST(test_bars),
		SCREEN_TEST(test_changes),
		SCREEN_TEST(test_drill),
		SCREEN_TEST(test_help),
		SCREEN_TEST(test_pasted),
		SCREEN_TEST(test_page_hides_keys),
		SCREEN_TEST(test_page_cell),
		SCREEN_TEST(test_keys_of_other_views),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
