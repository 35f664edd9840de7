// SPDX-License-Identifier: MIT
/* Parts of the service map, two of them compared, and what they are written as. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <jansson.h>

#include "export/map_write.h"
#include "tests/unit/map_flows.h"

/* world -> shop/front -> shop/cart -> data/db, shop/front -> shop/pay -> pay.example */
static struct map_snapshot shop(void)
{
	static const struct {
		const char *from, *to;
		uint16_t port;
	} rows[] = {{"93.184.216.1", "10.0.1.1", 80},
		    {"10.0.1.1", "10.0.1.2", 8080},
		    {"10.0.1.2", "10.0.2.1", 5432},
		    {"10.0.1.1", "10.0.1.3", 8080},
		    {"10.0.1.3", "93.184.216.9", 443}};
	static const struct {
		const char *address, *namespace_name, *name;
	} pods[] = {{"10.0.1.1", "shop", "front"},
		    {"10.0.1.2", "shop", "cart"},
		    {"10.0.1.3", "shop", "pay"},
		    {"10.0.2.1", "data", "db"}};
	struct service_map *m = new_map(NULL);
	struct map_snapshot s;

	for (size_t i = 0; i < 5; i++) {
		struct flow f = opening(rows[i].from, 40000 + i, rows[i].to, rows[i].port);

		f.forward.delta_bytes = 1000 * (i + 1);
		f.time_ns += i * SECOND;
		for (size_t k = 0; k < 4; k++) {
			struct endpoint *e = named(ENDPOINT_POD, pods[k].namespace_name,
						   pods[k].name, pods[k].name);

			if (!strcmp(pods[k].address, rows[i].from))
				f.src.endpoint = e;
			if (!strcmp(pods[k].address, rows[i].to))
				f.dst.endpoint = e;
		}
		if (i == 4)
			f.dst.dns = dns_name("pay.example");
		service_map_add(m, &f);
	}
	s = shot(m);
	service_map_free(m);
	return s;
}

static const char whole[] = "world -> shop/front TCP 80 HTTP\n"
			    "shop/cart -> data/db TCP 5432 PostgreSQL\n"
			    "shop/front -> shop/cart TCP 8080 HTTP\n"
			    "shop/front -> shop/pay TCP 8080 HTTP\n"
			    "shop/pay -> pay.example TCP 443 HTTPS\n";

static uint64_t key_of(const struct map_snapshot *s, const char *name)
{
	for (size_t i = 0; i < s->n_nodes; i++)
		if (!strcmp(s->nodes[i].name, name))
			return s->nodes[i].key;
	fail_msg("no node %s", name);
	return 0;
}

static void assert_selected(const struct map_selection *what, const char *expected)
{
	struct map_snapshot s = shop(), part;

	assert_int_equal(map_select(&s, what, &part), 0);
	service_map_snapshot_free(&s); /* what is selected stands alone */
	assert_edges(&part, expected);
	service_map_snapshot_free(&part);
}

static void test_select(void **state)
{
	static const char *const collapsed[] = {"shop", NULL}, *const none[] = {NULL};
	struct map_selection all = {0}, one = {.collapsed = collapsed};
	struct map_selection search = {.search = "CaR"}, nothing = {.search = "xyz"};
	struct map_selection recent = {.since_ns = SAMPLE_NS + 3 * SECOND};
	struct map_selection focus = {.hops = 1};
	struct map_snapshot s = shop();

	(void)state;
	assert_selected(&all, whole);
	all.collapsed = none;
	assert_selected(&all, whole);
	assert_selected(&one, "world -> shop TCP 80 HTTP\n"
			      "shop -> pay.example TCP 443 HTTPS\n"
			      "shop -> shop TCP 8080 HTTP\n"
			      "shop -> data/db TCP 5432 PostgreSQL\n");
	assert_selected(&search, "shop/cart -> data/db TCP 5432 PostgreSQL\n"
				 "shop/front -> shop/cart TCP 8080 HTTP\n");
	assert_selected(&nothing, "");
	assert_selected(&recent, "shop/front -> shop/pay TCP 8080 HTTP\n"
				 "shop/pay -> pay.example TCP 443 HTTPS\n");
	focus.focus = key_of(&s, "db");
	assert_selected(&focus, "shop/cart -> data/db TCP 5432 PostgreSQL\n");
	focus.hops = 2;
	assert_selected(&focus, "shop/cart -> data/db TCP 5432 PostgreSQL\n"
				"shop/front -> shop/cart TCP 8080 HTTP\n");
	focus.hops = 100;
	assert_selected(&focus, whole);
	service_map_snapshot_free(&s);
}

static void test_collapsed_sums(void **state)
{
	static const char *const collapsed[] = {"shop", NULL};
	const struct map_selection what = {.collapsed = collapsed};
	struct map_snapshot s = shop(), part;

	(void)state;
	assert_int_equal(map_select(&s, &what, &part), 0);
	for (size_t i = 0; i < part.n_nodes; i++)
		if (part.nodes[i].kind == MAP_NODE_NAMESPACE) {
			assert_string_equal(part.nodes[i].name, "shop");
			assert_int_equal(part.nodes[i].members, 3);
		}
	for (size_t i = 0; i < part.n_edges; i++)
		if (part.edges[i].from == part.edges[i].to) {
			assert_int_equal(part.edges[i].bytes, 2000 + 4000);
			assert_int_equal(part.edges[i].connections, 2);
		}
	service_map_snapshot_free(&s);
	service_map_snapshot_free(&part);
}

static void test_busiest(void **state)
{
	const struct map_selection what = {.max_nodes = 2};
	struct map_snapshot s = shop(), part;

	(void)state;
	assert_int_equal(map_select(&s, &what, &part), 0);
	assert_int_equal(part.n_nodes, 3);
	for (size_t i = 0; i < part.n_nodes; i++)
		if (part.nodes[i].kind == MAP_NODE_OTHERS)
			assert_int_equal(part.nodes[i].members, 4);
	service_map_snapshot_free(&s);
	service_map_snapshot_free(&part);
}

/* A crawler's sites are not a hundred services. */
static void test_outside(void **state)
{
	const struct map_selection what = {.max_outside = 3};
	struct map_selection focus = {.max_outside = 3, .hops = 1};
	struct service_map *m = new_map(NULL);
	struct map_snapshot s, part;
	uint64_t flows = 0;
	char name[32];

	(void)state;
	for (unsigned int i = 0; i < 100; i++) {
		struct flow f = opening("10.0.0.1", 40000, "93.184.216.34", 443);

		snprintf(name, sizeof(name), "93.184.216.%u", i);
		f.dst.addr = addr(name);
		snprintf(name, sizeof(name), "site%u.example.com", i);
		f.dst.dns = dns_name(name);
		f.forward.delta_bytes = i * 10;
		service_map_add(m, &f);
		if (i == 7) {
			f = drop_of(&f, 1, "NETFILTER_DROP", "");
			service_map_add(m, &f);
		}
	}
	s = shot(m);
	assert_int_equal(map_select(&s, &what, &part), 0);
	assert_edges(&part, "10.0.0.1 -> rest of the world TCP 443 HTTPS\n"
			    "10.0.0.1 -> site7.example.com TCP 443 HTTPS\n" /* bad */
			    "10.0.0.1 -> site98.example.com TCP 443 HTTPS\n"
			    "10.0.0.1 -> site99.example.com TCP 443 HTTPS\n");
	assert_int_equal(part.nodes[part.edges[0].to].members, 97);
	for (size_t i = 0; i < part.n_edges; i++)
		flows += part.edges[i].flows;
	assert_int_equal(flows, 101);
	/* what they have become may be looked at, and each of them */
	focus.focus = part.nodes[part.edges[0].to].key;
	service_map_snapshot_free(&part);
	assert_int_equal(map_select(&s, &focus, &part), 0);
	assert_edges(&part, "10.0.0.1 -> rest of the world TCP 443 HTTPS\n");
	service_map_snapshot_free(&part);
	focus.focus = key_of(&s, "site42.example.com");
	assert_int_equal(map_select(&s, &focus, &part), 0);
	assert_edges(&part, "10.0.0.1 -> site42.example.com TCP 443 HTTPS\n");
	service_map_snapshot_free(&part);
	service_map_snapshot_free(&s);
	service_map_free(m);
}

static void add_site(struct service_map *m, unsigned int site, uint64_t bytes)
{
	struct flow f = opening("10.0.0.1", (uint16_t)(40000 + site), "93.184.216.34", 443);
	char name[32];

	snprintf(name, sizeof(name), "93.184.216.%u", site);
	f.dst.addr = addr(name);
	snprintf(name, sizeof(name), "site%u.example.com", site);
	f.dst.dns = dns_name(name);
	f.forward.delta_bytes = bytes;
	service_map_add(m, &f);
}

static bool shows(struct service_map *m, const struct map_snapshot *before, const char *name)
{
	const struct map_selection what = {.max_outside = 2, .before = before};
	struct map_snapshot s = shot(m), part;
	bool found = false;

	assert_int_equal(map_select(&s, &what, &part), 0);
	for (size_t i = 0; i < part.n_nodes; i++)
		found |= !strcmp(part.nodes[i].name, name);
	service_map_snapshot_free(&part);
	service_map_snapshot_free(&s);
	return found;
}

/* Of many that are about as busy the map does not show others at each look. */
static void test_outside_stays(void **state)
{
	const struct map_selection what = {.max_outside = 2};
	struct service_map *m = new_map(NULL);
	struct map_snapshot s, before;

	(void)state;
	for (unsigned int i = 1; i <= 6; i++)
		add_site(m, i, 10000 + i);
	s = shot(m);
	assert_int_equal(map_select(&s, &what, &before), 0);
	add_site(m, 1, 2000);
	assert_true(shows(m, NULL, "site1.example.com"));
	assert_false(shows(m, &before, "site1.example.com"));
	assert_true(shows(m, &before, "site5.example.com"));
	add_site(m, 1, 4000); /* more than half as busy again as that one */
	assert_true(shows(m, &before, "site1.example.com"));
	assert_false(shows(m, &before, "site5.example.com"));
	assert_true(shows(m, &before, "site6.example.com"));
	service_map_snapshot_free(&before);
	service_map_snapshot_free(&s);
	service_map_free(m);
}

static void test_diff(void **state)
{
	struct map_snapshot a = shop(), b, d;
	struct map_selection what = {.search = "cart"};
	size_t gone = 0, same = 0;

	(void)state;
	assert_int_equal(map_select(&a, &what, &b), 0);
	assert_int_equal(map_diff(&a, &b, &d), 0);
	assert_edges(&d, whole);
	for (size_t i = 0; i < d.n_edges; i++) {
		gone += d.edges[i].mark == MAP_GONE;
		same += d.edges[i].mark == MAP_SAME;
	}
	assert_int_equal(gone, 3);
	assert_int_equal(same, 2);
	/* what is gone is in no figure of what is still there */
	for (size_t i = 0; i < d.n_nodes; i++)
		for (size_t k = 0; k < b.n_nodes; k++)
			if (d.nodes[i].key == b.nodes[k].key) {
				assert_int_equal(d.nodes[i].edges_in, b.nodes[k].edges_in);
				assert_int_equal(d.nodes[i].edges_out, b.nodes[k].edges_out);
				assert_true(d.nodes[i].bytes_in == b.nodes[k].bytes_in);
				assert_true(d.nodes[i].bytes_out == b.nodes[k].bytes_out);
			}
	service_map_snapshot_free(&d);
	assert_int_equal(map_diff(&b, &a, &d), 0);
	gone = 0;
	for (size_t i = 0; i < d.n_nodes; i++)
		gone += d.nodes[i].mark == MAP_NEW;
	assert_int_equal(gone, 3);
	service_map_snapshot_free(&d);
	assert_int_equal(map_diff(&a, &a, &d), 0);
	for (size_t i = 0; i < d.n_edges; i++)
		assert_int_equal(d.edges[i].mark, MAP_SAME);
	service_map_snapshot_free(&d);
	service_map_snapshot_free(&a);
	service_map_snapshot_free(&b);
}

/* ------------------------------------------------------------------------ written */

/* A map whose names are out for trouble. */
static struct map_snapshot hostile(void)
{
	struct flow f = opening("10.0.0.1", 40000, "10.0.0.2", 80), d;
	struct service_map *m = new_map(NULL);
	struct map_snapshot s;

	f.src.endpoint = named(ENDPOINT_POD, "a\"]b", "x\\\"; }<script>\x1b[31m\n", "p");
	f.dst.endpoint = named(ENDPOINT_CONTAINER, "", "\xff end\n subgraph #59; `", "q");
	service_map_add(m, &f);
	d = drop_of(&f, 1, "A\"B\n", "f\\");
	d.ifindex = 2; /* it has counted the packet */
	service_map_add(m, &d);
	s = shot(m);
	service_map_free(m);
	return s;
}

static void assert_no_control(const struct text *t)
{
	for (size_t i = 0; i < t->len; i++)
		assert_true((unsigned char)t->data[i] >= ' ' || t->data[i] == '\n' ||
			    t->data[i] == '\t');
}

static void test_json(void **state)
{
	struct map_snapshot s = shop();
	struct text t = {0};
	json_t *map, *edge;

	(void)state;
	map_write_json(&t, &s);
	assert_no_control(&t);
	map = json_loadb(t.data, t.len, 0, NULL);
	assert_non_null(map);
	assert_int_equal(json_array_size(json_object_get(map, "nodes")), 6);
	edge = json_array_get(json_object_get(map, "edges"), 1);
	assert_string_equal(json_string_value(json_object_get(edge, "from_name")), "shop/cart");
	assert_string_equal(json_string_value(json_object_get(edge, "to_name")), "data/db");
	assert_int_equal(json_integer_value(json_object_get(edge, "port")), 5432);
	assert_string_equal(json_string_value(json_object_get(edge, "protocol")), "TCP");
	json_decref(map);
	service_map_snapshot_free(&s);

	s = hostile();
	t.len = 0;
	map_write_json(&t, &s);
	assert_no_control(&t);
	map = json_loadb(t.data, t.len, 0, NULL);
	assert_non_null(map);
	json_decref(map);
	text_free(&t);
	service_map_snapshot_free(&s);
}

static void test_dot(void **state)
{
	struct map_snapshot s = hostile();
	struct text t = {0};
	unsigned int quotes = 0;

	(void)state;
	map_write_dot(&t, &s);
	assert_no_control(&t);
	for (size_t i = 0; i < t.len; i++)
		if (t.data[i] == '\\')
			i++;
		else if (t.data[i] == '\n')
			assert_int_equal(quotes % 2, 0); /* no text runs over its line */
		else
			quotes += t.data[i] == '"';
	text_char(&t, '\0');
	assert_non_null(strstr(t.data, "100 % dropped"));
	assert_non_null(strstr(t.data, "#cf222e"));
	text_free(&t);
	service_map_snapshot_free(&s);
}

static void test_mermaid(void **state)
{
	struct map_snapshot s = shop();
	struct text t = {0};

	(void)state;
	map_write_mermaid(&t, &s);
	text_char(&t, '\0');
	assert_non_null(strstr(t.data, "flowchart LR\n"));
	assert_non_null(strstr(t.data, "[\"shop\"]\n"));
	assert_non_null(strstr(t.data, "([\"pay.example\"])\n"));
	assert_non_null(strstr(t.data, "TCP 5432 PostgreSQL<br/>"));
	service_map_snapshot_free(&s);

	s = hostile();
	t.len = 0;
	map_write_mermaid(&t, &s);
	assert_no_control(&t);
	text_char(&t, '\0');
	assert_null(strstr(t.data, "<script"));
	assert_null(strstr(t.data, "`"));
	assert_null(strstr(t.data, "\\\"")); /* no quote of a name's own */
	text_free(&t);
	service_map_snapshot_free(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_select),	cmocka_unit_test(test_collapsed_sums),
		cmocka_unit_test(test_busiest), cmocka_unit_test(test_outside),
		cmocka_unit_test(test_outside_stays),
		cmocka_unit_test(test_diff),	cmocka_unit_test(test_json),
		cmocka_unit_test(test_dot),	cmocka_unit_test(test_mermaid),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
