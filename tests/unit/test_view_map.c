// SPDX-License-Identifier: MIT
/*
 * The Map view without a terminal: what changes in place and what moves, folding by itself, the model
 * made anew of what is held, mouse and selection.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "flows/text.h"
#include "tests/unit/sample_flows.h"
#include "tui/screen.h"
#include "tui/view_map_own.h"

#define NS_PER_S 1000000000ull
#define WORK_NS (100 * 1000 * 1000ull)

static struct ui *ui;
static struct canvas canvas;
static char seen[512 * 1024]; /* the screen drawn last */
static uint64_t connection;

static int set_up(void **state)
{
	static const struct ui_host host;
	static const struct ui_config config = {
		.from = UI_FROM_FILE,
		.from_name = "test",
		.host = &host,
		.history_bytes = 64 << 20,
		.report_interval_ns = 5 * NS_PER_S,
		.view = VIEW_MAP,
	};

	(void)state;
	connection = 0;
	return ui_new(&config, &ui) || canvas_resize(&canvas, 120, 40);
}

static int tear_down(void **state)
{
	(void)state;
	ui_free(ui);
	canvas_free(&canvas);
	return 0;
}

static void sleep_ms(unsigned int ms)
{
	nanosleep(&(struct timespec){.tv_nsec = ms * 1000 * 1000}, NULL);
}

static void frame(void)
{
	struct text t = {0};
	bool changed;
	int x, y;

	while (store_work(ui_store(ui), WORK_NS, &changed))
		;
	ui_frame(ui, &canvas, &x, &y);
	canvas_print(&canvas, false, &t);
	text_char(&t, '\0');
	assert_int_equal(t.err, 0);
	assert_in_range(t.len, 1, sizeof(seen));
	memcpy(seen, t.data, t.len);
	text_free(&t);
}

/* Figures change four times a second, and less often where that costs much. */
static void settled_frame(void)
{
	frame();
	for (int i = 0; i < 100 && ui_is_changed(ui); i++) {
		sleep_ms(20);
		frame();
	}
}

static bool shows(const char *what)
{
	return strstr(seen, what);
}

#define assert_shows(what)                                        \
	do {                                                      \
		if (!shows(what))                                 \
			fail_msg("not seen: %s\n%s", what, seen); \
	} while (0)
#define assert_lacks(what)                                          \
	do {                                                        \
		if (shows(what))                                    \
			fail_msg("still seen: %s\n%s", what, seen); \
	} while (0)

static struct endpoint *workload(const char *namespace_name, const char *name)
{
	return endpoint_new(&(struct endpoint){.kind = ENDPOINT_POD,
					       .namespace_name = namespace_name,
					       .name = name,
					       .workload = name,
					       .workload_kind = "Deployment"});
}

/* One finished connection from one workload to another. */
static void call(const char *space, const char *from, const char *to, uint16_t port, uint64_t bytes)
{
	struct flow f = sample(6, "10.0.0.1", 40000 + connection % 20000, "10.0.0.2", port);
	uint32_t a = 0, b = 0;

	for (const char *s = from; *s; s++)
		a = a * 31 + *s;
	for (const char *s = to; *s; s++)
		b = b * 31 + *s;
	memcpy(f.src.addr.b + 13, &a, 3);
	memcpy(f.dst.addr.b + 13, &b, 3);
	f.time_ns += ++connection * 10000000;
	f.connection_id = connection;
	f.event = FLOW_END;
	f.initiator_by = INITIATOR_SYN;
	f.closed = true;
	f.forward = (struct flow_counters){.packets = 5,
					   .bytes = bytes,
					   .delta_packets = 5,
					   .delta_bytes = bytes,
					   .first_ns = f.time_ns,
					   .last_ns = f.time_ns};
	f.src.endpoint = workload(space, from);
	f.dst.endpoint = workload(space, to);
	ui_flow(ui, &f);
	flow_release(&f);
}

static void shop(void)
{
	for (int i = 0; i < 5; i++) {
		call("shop", "front", "cart", 8080, 1000);
		call("shop", "front", "catalog", 8080, 1000);
		call("shop", "cart", "cache", 6379, 1000);
		call("shop", "catalog", "cache", 6379, 1000);
		call("shop", "catalog", "db", 5432, 1000);
	}
	store_live(ui_store(ui));
	settled_frame();
}

/* Column of a name on its row, SIZE_MAX where it is not; *row. */
static int column_of(const char *name, int *row)
{
	uint32_t wanted[64];
	int n = (int)strlen(name);

	for (int i = 0; i < n; i++)
		wanted[i] = (unsigned char)name[i];
	for (int y = 3; y < canvas.height - 4; y++)
		for (int x = 0; x + n <= canvas.width; x++) {
			int i = 0;

			while (i < n && canvas.cells[y * canvas.width + x + i].c == wanted[i])
				i++;
			if (i < n)
				continue;
			*row = y;
			return x;
		}
	fail_msg("not on the map: %s\n%s", name, seen);
	return -1;
}

/* What goes wrong later has room to be said: the map is laid out for it. */
static void test_later_drops(void **state)
{
	struct flow f = sample(6, "10.0.0.1", 40000, "10.0.0.2", 8080);

	(void)state;
	shop();
	assert_shows("5 nodes, 5 links");
	f.time_ns += ++connection * 10000000;
	f.event = FLOW_DROP;
	f.verdict = VERDICT_DROPPED;
	f.drop = (struct flow_drop){.reason_name = "NETFILTER_DROP",
				    .text = "",
				    .function = "nft_do_chain",
				    .packets = 3,
				    .delta_packets = 3};
	f.src.endpoint = workload("shop", "front");
	f.dst.endpoint = workload("shop", "cart");
	ui_flow(ui, &f);
	flow_release(&f);
	sleep_ms(1000); /* it becomes another one at most once a second */
	settled_frame();
	assert_shows("% dropped");
	assert_lacks("\u2026 \u25ba"); /* a label that is cut */
	assert_lacks("\u250c\u2500front"); /* no line left for the name in its box */
}

static void test_in_place(void **state)
{
	static const char *const names[] = {"front", "cart", "catalog", "cache", "db"};
	int x[5], y[5], row;

	(void)state;
	shop();
	assert_shows("5 nodes, 5 links");
	for (int i = 0; i < 5; i++)
		x[i] = column_of(names[i], &y[i]);
	for (int i = 0; i < 50; i++)
		call("shop", "front", "cart", 8080, 1000000);
	store_live(ui_store(ui));
	settled_frame();
	assert_shows("MiB/s");
	for (int i = 0; i < 5; i++) {
		assert_int_equal(column_of(names[i], &row), x[i]);
		assert_int_equal(row, y[i]);
	}
}

/* A new one: those that were there keep their order. */
static void test_new_edge(void **state)
{
	int cart, catalog, cart2, catalog2, front, front2, x;

	(void)state;
	shop();
	column_of("front", &front);
	column_of("cart", &cart);
	column_of("catalog", &catalog);
	call("shop", "front", "checkout", 8080, 1000);
	call("shop", "checkout", "db", 5432, 1000);
	store_live(ui_store(ui));
	settled_frame();
	assert_shows("6 nodes, 7 links");
	x = column_of("front", &front2);
	assert_in_range(x, 0, 119);
	column_of("cart", &cart2);
	column_of("catalog", &catalog2);
	assert_int_equal(cart < catalog, cart2 < catalog2);
}

static void many(void)
{
	char space[32], a[32], b[32];

	for (int i = 0; i < 30; i++)
		for (int j = 0; j < 9; j++) {
			snprintf(space, sizeof(space), "team%d", i);
			snprintf(a, sizeof(a), "w%d", j);
			snprintf(b, sizeof(b), "w%d", j + 1);
			call(space, a, b, 80, 100);
		}
	store_live(ui_store(ui));
	settled_frame();
}

static void test_folds_by_itself(void **state)
{
	(void)state;
	many();
	assert_shows("30 nodes of 300: many, namespaces folded");
	ui_key(ui, 'X');
	settled_frame();
	assert_shows("300 nodes, 270 links");
	ui_key(ui, 'X');
	settled_frame();
	assert_shows("30 nodes of 300: namespaces folded");
}

/* Three times to another grouping: the model is made of what is held, and no flow is lost or counted twice. */
static void test_made_again(void **state)
{
	char before[sizeof(seen)];

	(void)state;
	shop();
	for (int i = 0; i < 3; i++) {
		memcpy(before, seen, sizeof(seen));
		ui_key(ui, 'b');
		settled_frame();
	}
	ui_key(ui, KEY_HOME_);
	ui_key(ui, KEY_HOME_);
	settled_frame();
	memcpy(before, seen, sizeof(seen));
	ui_key(ui, 'b');
	settled_frame();
	assert_string_not_equal(before, seen);
	/* flows that come meanwhile are read behind the others */
	ui_key(ui, 'b');
	call("shop", "front", "late", 8080, 1000);
	ui_key(ui, 'b');
	store_live(ui_store(ui));
	settled_frame();
	assert_shows("late");
	assert_shows("6 nodes, 6 links");
}

static void test_selection(void **state)
{
	int x, y;

	(void)state;
	shop();
	x = column_of("catalog", &y);
	ui_mouse(ui, &(struct ui_mouse){.event = MOUSE_MOVE, .x = x + 1, .y = y});
	settled_frame();
	assert_shows("shop/catalog  Deployment");
	ui_mouse(ui, &(struct ui_mouse){.event = MOUSE_MOVE, .x = 0, .y = 4});
	settled_frame();
	assert_lacks("shop/catalog  Deployment");
	ui_mouse(ui, &(struct ui_mouse){.event = MOUSE_CLICK, .x = x + 1, .y = y});
	settled_frame();
	assert_shows("shop/catalog  Deployment");
	assert_shows("1 link in");
	ui_key(ui, KEY_LEFT_);
	settled_frame();
	assert_shows("shop/front  Deployment");
	ui_key(ui, 'a');
	settled_frame();
	assert_shows("shop/front \u2192 shop/");
	ui_key(ui, 'o');
	settled_frame();
	assert_shows("shop/front \u2192 shop/"); /* a link is nothing to focus on */
	ui_key(ui, KEY_ESCAPE);
	settled_frame();
	assert_shows("5 nodes, 5 links");
}

/* The selected one stays selected when the map becomes another. */
static void test_follows(void **state)
{
	int x, y;

	(void)state;
	shop();
	x = column_of("db", &y);
	ui_mouse(ui, &(struct ui_mouse){.event = MOUSE_CLICK, .x = x, .y = y});
	for (int i = 0; i < 8; i++) {
		char name[16];

		snprintf(name, sizeof(name), "new%d", i);
		call("shop", name, "db", 5432, 10);
	}
	store_live(ui_store(ui));
	settled_frame();
	assert_shows("shop/db  Deployment");
	assert_shows("9 links in");
	ui_key(ui, 'o');
	settled_frame();
	assert_lacks("cache");
	ui_key(ui, KEY_ESCAPE);
	ui_key(ui, KEY_ESCAPE);
	settled_frame();
	assert_shows("13 nodes");
}

/* A layout that has to wait keeps no figure that it has room for. */
static void test_renewed(void **state)
{
	struct map_node nodes[] = {{.key = 1, .name = "a"}, {.key = 2, .name = "b"}};
	struct map_node newer[] = {{.key = 3, .name = "new"},
				   {.key = 1, .name = "gone with its snapshot", .bytes_out = 7}};
	struct map_edge edges[] = {{.key = 10, .from = 0, .to = 1, .drop_reason = "r", .flows = 1},
				   {.key = 11, .from = 1, .to = 0, .flows = 1},
				   {.key = 12, .from = 1, .to = 1, .flows = 1}};
	struct map_edge now[] = {{.key = 12, .from = 5, .to = 5, .flows = 9, .drops = 1},
				 {.key = 9, .flows = 5},
				 {.key = 10, .from = 1, .to = 7, .drop_reason = "x", .flows = 3}};
	struct map_snapshot shown = {.nodes = nodes, .n_nodes = 2, .edges = edges, .n_edges = 3};
	const struct map_snapshot later = {
		.nodes = newer, .n_nodes = 2, .edges = now, .n_edges = 3, .now_ns = 42};

	(void)state;
	map_view_renew(&shown, &later);
	assert_int_equal(edges[0].flows, 3);
	assert_int_equal(edges[0].from, 0);
	assert_int_equal(edges[0].to, 1);
	assert_string_equal(edges[0].drop_reason, "r");
	assert_int_equal(edges[1].flows, 1); /* silent, gone, or elsewhere now */
	assert_int_equal(edges[2].flows, 1); /* drops have no room yet */
	assert_true(nodes[0].bytes_out > 6);
	assert_string_equal(nodes[0].name, "a");
	assert_int_equal(nodes[1].key, 2);
	assert_int_equal(shown.now_ns, 42);
}

/* What is above the map is about the map that is drawn, not about the one before. */
static void test_caption(void **state)
{
	static const int widths[] = {120, 60, 140};
	static char before[sizeof(seen)];

	(void)state;
	shop();
	for (int i = 0; i < 3; i++) {
		assert_int_equal(canvas_resize(&canvas, widths[i], 40), 0);
		settled_frame();
		memcpy(before, seen, sizeof(seen));
		frame();
		assert_string_equal(before, seen);
	}
}

/* Nothing gets through: calls have failed, too, though none has given up. A round trip is no answer. */
static void test_cut(void **state)
{
	struct flow f = sample(6, "10.0.0.1", 40000, "10.0.0.2", 8080);

	(void)state;
	f.event = FLOW_DROP;
	f.verdict = VERDICT_DROPPED;
	f.drop = (struct flow_drop){.reason_name = "NETFILTER_DROP",
				    .text = "",
				    .function = "nft_do_chain",
				    .packets = 3,
				    .delta_packets = 3};
	f.src.endpoint = workload("shop", "front");
	f.dst.endpoint = workload("shop", "cart");
	ui_flow(ui, &f);
	endpoint_put(f.dst.endpoint);
	f.dst.endpoint = workload("shop", "db");
	f.dst.port = 5432;
	f.event = FLOW_REPORT;
	f.verdict = VERDICT_FORWARDED;
	f.forward = (struct flow_counters){
		.packets = 1, .bytes = 100, .delta_packets = 1, .delta_bytes = 100, .srtt_us = 79};
	ui_flow(ui, &f);
	flow_release(&f);
	store_live(ui_store(ui));
	settled_frame();
	assert_shows("LINK");
	assert_shows("     all       3");
	assert_shows("79 us rtt");
}

static void type(const char *keys)
{
	for (; *keys; keys++)
		ui_key(ui, *keys == '\r' ? KEY_RETURN : (unsigned char)*keys);
}

/* Writes what is shown to a file: it is brought up to date before. */
static void export_to(const char *path)
{
	type(":export! json ");
	type(path);
	type("\r");
}

/* Keys that come together: the list is not drawn between the map's becoming another one and the next key. */
static void test_list_of_less(void **state)
{
	char path[] = "/tmp/pitot-view-map.XXXXXX";
	int fd = mkstemp(path);

	(void)state;
	assert_int_not_equal(fd, -1);
	close(fd);
	shop();
	ui_key(ui, 'E');
	settled_frame();
	ui_key(ui, KEY_END_);
	settled_frame();
	assert_shows("catalog");
	type(":fold all\r");
	export_to(path);
	type("kj");
	ui_mouse(ui, &(struct ui_mouse){.event = MOUSE_CLICK, .x = 3, .y = 7});
	settled_frame();
	assert_shows("FROM");
	assert_lacks("catalog");
	type(":fold none\r");
	export_to(path);
	type("kj");
	settled_frame();
	assert_shows("catalog");
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_later_drops, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_in_place, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_new_edge, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_folds_by_itself, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_made_again, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_selection, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_follows, set_up, tear_down),
		cmocka_unit_test(test_renewed),
		cmocka_unit_test_setup_teardown(test_caption, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_cut, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_list_of_less, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
