// SPDX-License-Identifier: MIT
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "export/map_svg.h"
#include "flows/map_draw.h"

/* ------------------------------------------------------------------------- a shop */

enum { REDIS, SHOP_API, SHOP_CART, SHOP_NGINX, WORLD, N_NODES };

static struct map_node nodes[N_NODES];
static struct map_edge edges[4];
static struct map_snapshot shop;

static struct map_node node(uint64_t key, const char *space, const char *name, uint8_t kind)
{
	return (struct map_node){.key = key,
				 .kind = kind,
				 .namespace_name = space,
				 .name = name,
				 .workload_kind = kind == MAP_NODE_WORLD ? "" : "Deployment",
				 .members = 1,
				 .bytes_in = 2048,
				 .bytes_out = 1024};
}

static struct map_edge edge(uint32_t from, uint32_t to, uint16_t port)
{
	return (struct map_edge){.key = port,
				 .from = from,
				 .to = to,
				 .port = port,
				 .protocol = 6,
				 .app = "",
				 .bytes = port,
				 .bytes_rate = 2048,
				 .packets = 100,
				 .sent = 100,
				 .drop_reason = "",
				 .drop_function = "",
				 .drop_policy = ""};
}

static int make_shop(void **state)
{
	(void)state;
	nodes[REDIS] = node(5, "data", "redis", MAP_NODE_WORKLOAD);
	nodes[SHOP_API] = node(1, "shop", "api", MAP_NODE_WORKLOAD);
	nodes[SHOP_CART] = node(2, "shop", "cart", MAP_NODE_WORKLOAD);
	nodes[SHOP_NGINX] = node(3, "shop", "nginx", MAP_NODE_WORKLOAD);
	nodes[WORLD] = node(4, "", "world", MAP_NODE_WORLD);
	edges[0] = edge(SHOP_API, REDIS, 6379);
	edges[1] = edge(SHOP_NGINX, SHOP_API, 8080);
	edges[2] = edge(SHOP_NGINX, SHOP_CART, 7070);
	edges[3] = edge(WORLD, SHOP_NGINX, 443);
	shop = (struct map_snapshot){
		.nodes = nodes, .n_nodes = N_NODES, .edges = edges, .n_edges = 4};
	return 0;
}

static const struct map_look plain = {.selected_node = -1, .selected_link = -1};

static char *drawn(const struct map_drawing *d, const struct map_look *look, bool ascii)
{
	struct canvas c = {.ascii = ascii};
	struct text t = {0};
	char *ret;

	assert_int_equal(canvas_resize(&c, d->layout.width, d->layout.height), 0);
	map_draw(d, &shop, look, &c, canvas_whole(&c));
	canvas_print(&c, false, &t);
	text_char(&t, '\0');
	assert_int_equal(t.err, 0);
	ret = t.data;
	canvas_free(&c);
	return ret;
}

static void check_drawing(enum map_zoom zoom, bool ascii, const char *expected)
{
	struct map_drawing d;
	char *is;

	assert_int_equal(map_drawing_make(&shop, zoom, 0, NULL, &d), 0);
	is = drawn(&d, &plain, ascii);
	assert_string_equal(is, expected);
	free(is);
	map_drawing_free(&d);
}

static void test_names(void **state)
{
	(void)state;
	check_drawing(MAP_ZOOM_NAMES, false,
		      "        ╭╌ shop ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╮\n"
		      " world ───► nginx ─┬─► api ─────► data/redis\n"
		      "        ╎          ╰─► cart   ╎\n"
		      "        ╰╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╯\n");
}

static void test_ascii(void **state)
{
	(void)state;
	check_drawing(MAP_ZOOM_NAMES, true,
		      "        +- shop --------------+\n"
		      " world ---> nginx -+-> api -----> data/redis\n"
		      "        |          +-> cart   |\n"
		      "        +---------------------+\n");
}

static void test_rates(void **state)
{
	(void)state;
	check_drawing(
		MAP_ZOOM_RATES, false,
		"                          ╭╌ shop ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╮\n"
		"┌───────┐                 ╎  ┌───────┐                     ┌──────┐  ╎                   ┌────────────┐\n"
		"│ world │─ 443 2.0 KiB/s ───►│ nginx │─┬─ 8080 2.0 KiB/s ─►│ api  │──── 6379 2.0 KiB/s ─►│ data/redis │\n"
		"└───────┘                 ╎  └───────┘ │                   └──────┘  ╎                   └────────────┘\n"
		"                          ╎            │                   ┌──────┐  ╎\n"
		"                          ╎            ╰─ 7070 2.0 KiB/s ─►│ cart │  ╎\n"
		"                          ╎                                └──────┘  ╎\n"
		"                          ╰╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╯\n");
}

static void assert_rates_text(struct map_edge *e, size_t n, const char *expected)
{
	struct map_node pair[2] = {node(1, "", "a", MAP_NODE_WORKLOAD),
				   node(2, "", "b", MAP_NODE_WORKLOAD)};
	const struct map_snapshot s = {.nodes = pair, .n_nodes = 2, .edges = e, .n_edges = n};
	struct map_drawing d;
	struct text t = {0};

	assert_int_equal(map_drawing_make(&s, MAP_ZOOM_RATES, 0, NULL, &d), 0);
	map_link_text(&t, &s, &d.links[0], MAP_ZOOM_RATES);
	text_char(&t, '\0');
	assert_string_equal(t.data, expected);
	assert_int_equal(d.links[0].bad, strchr(expected, '%') != NULL);
	text_free(&t);
	map_drawing_free(&d);
}

/* Whatever makes a link bad is in its mark: calls that failed as well as drops, of any of its ports. */
static void test_worst(void **state)
{
	struct map_edge e[2] = {edge(0, 1, 53), edge(0, 1, 80)};

	(void)state;
	e[0].connections = e[1].connections = 1000;
	assert_rates_text(e, 1, "53 2.0 KiB/s");
	e[0].errors = 1; /* one of a thousand is not bad */
	assert_rates_text(e, 1, "53 2.0 KiB/s");
	e[0].drops = 50;
	assert_rates_text(e, 1, "53 2.0 KiB/s 50% dropped");
	e[0].errors = 1000;
	assert_rates_text(e, 1, "53 2.0 KiB/s 100% failed");
	e[0].drops = e[0].errors = 0;
	e[1].requests = 200;
	e[1].errors = 100;
	assert_rates_text(e, 2, "53 +1 4.0 KiB/s 50% failed");
}

static void test_full(void **state)
{
	(void)state;
	edges[2].drops = 5;
	edges[2].errors = 1;
	edges[2].connections = 4;
	nodes[SHOP_CART].drops = 5;
	check_drawing(
		MAP_ZOOM_FULL, false,
		"                                                      ╭╌ shop ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╮\n"
		"┌───────────────────────────────┐                     ╎  ┌───────────────────────────────┐                           ┌───────────────────────────────┐  ╎                       ┌───────────────────────────────┐\n"
		"│ world                         │                     ╎  │ nginx                         │                           │ api                           │  ╎                       │ data/redis                    │\n"
		"│ world                         │─ TCP 443 2.0 KiB/s ───►│ Deployment                    │─┬─ TCP 8080 2.0 KiB/s ───►│ Deployment                    │──── TCP 6379 2.0 KiB/s ─►│ Deployment                    │\n"
		"│ in 2.0 KiB/s, out 1.0 KiB/s   │                     ╎  │ in 2.0 KiB/s, out 1.0 KiB/s   │ │                         │ in 2.0 KiB/s, out 1.0 KiB/s   │  ╎                       │ in 2.0 KiB/s, out 1.0 KiB/s   │\n"
		"└───────────────────────────────┘                     ╎  └───────────────────────────────┘ │                         └───────────────────────────────┘  ╎                       └───────────────────────────────┘\n"
		"                                                      ╎                                    │                                                            ╎\n"
		"                                                      ╎                                    │                         ┌───────────────────────────────┐  ╎\n"
		"                                                      ╎                                    │                         │ cart                          │  ╎\n"
		"                                                      ╎                                    ╰─ TCP 7070 2.0 KiB/s ───►│ Deployment                    │  ╎\n"
		"                                                      ╎                                       25% errors 5% dropped  │ in 2.0 KiB/s, out 1.0 KiB/s   │  ╎\n"
		"                                                      ╎                                                              │ 5 drops                       │  ╎\n"
		"                                                      ╎                                                              └───────────────────────────────┘  ╎\n"
		"                                                      ╰╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╯\n");
}

/* ------------------------------------------------------------------- lines that meet */

/* Two lines that cross are not drawn as a junction. */
static void test_crossing(void **state)
{
	struct map_drawing d;
	char *is;

	(void)state;
	shop.n_nodes = 4;
	for (int i = 0; i < 4; i++)
		nodes[i] = node((uint64_t)i + 1, "",
				i == 0	 ? "a"
				: i == 1 ? "b"
				: i == 2 ? "c"
					 : "d",
				MAP_NODE_WORLD);
	edges[0] = edge(0, 2, 80);
	edges[1] = edge(0, 3, 80);
	edges[2] = edge(1, 2, 81);
	edges[3] = edge(1, 3, 81);
	assert_int_equal(map_drawing_make(&shop, MAP_ZOOM_NAMES, 0, NULL, &d), 0);
	is = drawn(&d, &plain, false);
	assert_int_equal(d.layout.crossings, 1);
	assert_string_equal(is, "┌a┐───╮\n"
				"└─┘─╮ │\n"
				"┌b┐─│─┴─► c\n"
				"└─┘─┴───► d\n");
	free(is);
	map_drawing_free(&d);
}

/* ----------------------------------------------------------------------- selection */

static void test_selected(void **state)
{
	struct map_look look = plain;
	struct map_drawing d;
	struct canvas c = {0};
	const struct layout_node *n;
	const struct cell *cell;

	(void)state;
	assert_int_equal(map_drawing_make(&shop, MAP_ZOOM_NAMES, 0, NULL, &d), 0);
	look.selected_node = SHOP_NGINX;
	look.dim_rest = true;
	assert_int_equal(canvas_resize(&c, d.layout.width, d.layout.height), 0);
	map_draw(&d, &shop, &look, &c, canvas_whole(&c));
	n = &d.layout.nodes[SHOP_NGINX];
	cell = &c.cells[n->y * c.width + n->x + 1];
	assert_int_equal(cell->c, 'n');
	assert_true(cell->flags & CELL_SELECTED);
	/* its lines are heavy, those of others dim */
	assert_int_equal(cell[6].c, 0x2501);
	n = &d.layout.nodes[REDIS];
	assert_int_equal(c.cells[n->y * c.width + n->x - 2].c, 0x2500);
	assert_int_equal(c.cells[n->y * c.width + n->x - 2].style, STYLE_DIM);
	assert_int_equal(c.cells[n->y * c.width + n->x + 1].style, STYLE_DIM);
	canvas_free(&c);
	map_drawing_free(&d);
}

static void test_search(void **state)
{
	struct map_look look = plain;
	struct map_drawing d;
	struct canvas c = {0};
	const struct layout_node *n;

	(void)state;
	assert_int_equal(map_drawing_make(&shop, MAP_ZOOM_NAMES, 0, NULL, &d), 0);
	look.search = "CAR";
	assert_int_equal(canvas_resize(&c, d.layout.width, d.layout.height), 0);
	map_draw(&d, &shop, &look, &c, canvas_whole(&c));
	n = &d.layout.nodes[SHOP_CART];
	assert_int_equal(c.cells[n->y * c.width + n->x + 1].style, STYLE_MATCH);
	n = &d.layout.nodes[SHOP_API];
	assert_int_not_equal(c.cells[n->y * c.width + n->x + 1].style, STYLE_MATCH);
	canvas_free(&c);
	map_drawing_free(&d);
}

/* A part of the drawing is just that part of the whole one. */
static void test_part(void **state)
{
	struct canvas whole = {0}, part = {0};
	struct map_look look = plain;
	struct map_drawing d;

	(void)state;
	assert_int_equal(map_drawing_make(&shop, MAP_ZOOM_RATES, 0, NULL, &d), 0);
	assert_int_equal(canvas_resize(&whole, d.layout.width, d.layout.height), 0);
	assert_int_equal(canvas_resize(&part, 30, 8), 0);
	map_draw(&d, &shop, &look, &whole, canvas_whole(&whole));
	look.x = 17;
	look.y = 1;
	map_draw(&d, &shop, &look, &part, (struct canvas_area){3, 2, 20, 5});
	for (int y = 0; y < 8; y++)
		for (int x = 0; x < 30; x++) {
			bool in = x >= 3 && x < 23 && y >= 2 && y < 7;
			uint32_t is = part.cells[y * 30 + x].c;
			int wx = x - 3 + look.x, wy = y - 2 + look.y;
			uint32_t wants = ' ';

			if (in && wx < whole.width && wy < whole.height)
				wants = whole.cells[wy * whole.width + wx].c;
			/* a text that is cut there ends with an ellipsis */
			if (is != 0x2026)
				assert_int_equal(is, wants);
		}
	canvas_free(&whole);
	canvas_free(&part);
	map_drawing_free(&d);
}

/* ----------------------------------------------------------------- hits, neighbours */

static void test_hit(void **state)
{
	struct map_drawing d;
	int64_t n, link;

	(void)state;
	assert_int_equal(map_drawing_make(&shop, MAP_ZOOM_RATES, 0, NULL, &d), 0);
	for (size_t i = 0; i < N_NODES; i++) {
		const struct layout_node *at = &d.layout.nodes[i];

		assert_true(map_hit(&d, at->x + 1, at->y + 1, &n, &link));
		assert_int_equal(n, i);
		assert_int_equal(link, -1);
	}
	for (size_t i = 0; i < d.n_links; i++) {
		const struct layout_edge *e = &d.layout.edges[i];
		const struct layout_point *end = &e->points[e->n_points - 1];

		assert_true(map_hit(&d, end->x, end->y, &n, &link));
		assert_int_equal(n, -1);
		assert_int_equal(link, i);
		assert_true(map_hit(&d, e->label_at.x, e->label_at.y, &n, &link));
		assert_int_equal(link, i);
	}
	assert_false(map_hit(&d, -1, -1, &n, &link));
	assert_false(map_hit(&d, 100000, 0, &n, &link));
	map_drawing_free(&d);
}

static void test_neighbours(void **state)
{
	struct map_drawing d;

	(void)state;
	assert_int_equal(map_drawing_make(&shop, MAP_ZOOM_NAMES, 0, NULL, &d), 0);
	assert_int_equal(map_neighbour(&d, WORLD, 1, 0), SHOP_NGINX);
	assert_int_equal(map_neighbour(&d, SHOP_NGINX, 1, 0), SHOP_API);
	assert_int_equal(map_neighbour(&d, SHOP_API, 0, 1), SHOP_CART);
	assert_int_equal(map_neighbour(&d, SHOP_CART, 0, -1), SHOP_API);
	assert_int_equal(map_neighbour(&d, SHOP_API, 1, 0), REDIS);
	assert_int_equal(map_neighbour(&d, SHOP_CART, -1, 0), SHOP_NGINX);
	assert_int_equal(map_neighbour(&d, WORLD, -1, 0), -1);
	assert_int_equal(map_neighbour(&d, 99, 1, 0), -1);
	map_drawing_free(&d);
}

/* --------------------------------------------------------------------------- width */

static void test_narrow(void **state)
{
	static const char *const names[] = {"n0", "n1", "n2", "n3", "n4", "n5", "n6", "n7"};
	struct map_drawing d;
	struct map_node chain[8];
	struct map_edge links[7];

	(void)state;
	for (int i = 0; i < 8; i++)
		chain[i] = node((uint64_t)i + 1, "", names[i], MAP_NODE_WORLD);
	for (uint32_t i = 0; i < 7; i++)
		links[i] = edge(i, i + 1, 80);
	shop = (struct map_snapshot){.nodes = chain, .n_nodes = 8, .edges = links, .n_edges = 7};
	assert_int_equal(map_drawing_make(&shop, MAP_ZOOM_NAMES, 0, NULL, &d), 0);
	assert_true(d.layout.width > 50);
	map_drawing_free(&d);
	/* a chain is folded */
	assert_int_equal(map_drawing_make(&shop, MAP_ZOOM_NAMES, 45, NULL, &d), 0);
	assert_true(d.layout.width <= 45);
	assert_true(d.layout.height > 1);
	map_drawing_free(&d);
	/* what cannot be so narrow is drawn all the same */
	assert_int_equal(map_drawing_make(&shop, MAP_ZOOM_FULL, 9, NULL, &d), 0);
	assert_true(d.layout.width > 9);
	map_drawing_free(&d);
}

/* ------------------------------------------------------------------------- labels */

static void check_label(const struct map_edge *e, size_t n, const char *expected)
{
	const struct map_link link = {.from = SHOP_NGINX, .to = SHOP_API, .n = n};
	const struct map_snapshot s = {
		.nodes = nodes, .n_nodes = N_NODES, .edges = (struct map_edge *)e, .n_edges = n};
	struct text t = {0};

	map_link_text(&t, &s, &link, MAP_ZOOM_RATES);
	text_char(&t, '\0');
	assert_string_equal(t.data, expected);
	text_free(&t);
}

static void test_labels(void **state)
{
	struct map_edge two[2] = {edge(SHOP_NGINX, SHOP_API, 53), edge(SHOP_NGINX, SHOP_API, 80)};

	(void)state;
	two[0].requests_rate = 0.5;
	check_label(two, 1, "53 0.5 req/s");
	check_label(two, 2, "53 +1 4.0 KiB/s"); /* a few requests are not all of it */
	two[0].requests_rate = 0;
	two[0].bytes = two[0].reply_bytes = 0;
	two[0].bytes_rate = 0;
	two[0].flows = 7;
	check_label(two, 1, "53 7 flows"); /* nobody counted bytes */
	two[0].bytes = 100;
	check_label(two, 1, "53 0 B/s"); /* silent now */
}

/* ------------------------------------------------------------------------- picture */

static void test_picture(void **state)
{
	const struct map_svg_options opt = {
		.zoom = MAP_ZOOM_RATES, .title = "a < b\033[31m & \"c\"", .legend = true};
	struct text a = {0}, b = {0};

	(void)state;
	nodes[SHOP_CART].name = "<cart>";
	nodes[SHOP_API].name = "a\xef\xbf\xbe"
			       "b\xef\xbf\xbf"; /* in UTF-8, but not in XML */
	assert_int_equal(map_svg_write(&a, &shop, &opt), 0);
	assert_int_equal(map_svg_write(&b, &shop, &opt), 0);
	assert_int_equal(a.len, b.len);
	assert_memory_equal(a.data, b.data, a.len);
	text_char(&a, '\0');
	assert_non_null(strstr(a.data, "<svg xmlns=\"http://www.w3.org/2000/svg\""));
	assert_non_null(strstr(a.data, "a &lt; b^[[31m &amp; &quot;c&quot;"));
	assert_non_null(strstr(a.data, "&lt;cart&gt;"));
	assert_null(strchr(a.data, '\033'));
	assert_non_null(strstr(a.data, "a\xef\xbf\xbd"
				       "b\xef\xbf\xbd<"));
	assert_null(strstr(a.data, "\xef\xbf\xbe"));
	assert_null(strstr(a.data, "\xef\xbf\xbf"));
	assert_non_null(strstr(a.data, "prefers-color-scheme:dark"));
	assert_string_equal(a.data + a.len - 8, "</svg>\n");
	text_free(&a);
	text_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_names, make_shop),
		cmocka_unit_test_setup(test_ascii, make_shop),
		cmocka_unit_test_setup(test_rates, make_shop),
		cmocka_unit_test(test_worst),
		cmocka_unit_test_setup(test_full, make_shop),
		cmocka_unit_test_setup(test_crossing, make_shop),
		cmocka_unit_test_setup(test_selected, make_shop),
		cmocka_unit_test_setup(test_search, make_shop),
		cmocka_unit_test_setup(test_part, make_shop),
		cmocka_unit_test_setup(test_hit, make_shop),
		cmocka_unit_test_setup(test_neighbours, make_shop),
		cmocka_unit_test_setup(test_narrow, make_shop),
		cmocka_unit_test_setup(test_labels, make_shop),
		cmocka_unit_test_setup(test_picture, make_shop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
