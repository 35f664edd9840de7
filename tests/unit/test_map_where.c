// SPDX-License-Identifier: MIT
/*
 * From the map back to its flows, with a real recording: the flows that an edge's or a node's expression
 * is true of make a map of that edge alone, with the same sums.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "export/file_source.h"
#include "flows/map_where.h"
#include "flows/where.h"
#include "tests/unit/map_flows.h"

#define FLOWS_MAX 60000

static struct {
	struct flow flows[FLOWS_MAX];
	size_t n;
	uv_loop_t loop;
	struct source *source;
} recording;

static void on_flow(void *arg, struct flow *f)
{
	(void)arg;
	if (recording.n < FLOWS_MAX)
		flow_copy(&recording.flows[recording.n++], f);
}

static void on_notice(void *arg, const char *line)
{
	(void)arg;
	fail_msg("%s", line);
}

static void on_end(void *arg, int err)
{
	(void)arg;
	assert_int_equal(err, 0);
}

/* The source stays: strings of a flow are its own. */
static void read_recording(const char *path)
{
	static const struct source_events events = {
		.flow = on_flow, .notice = on_notice, .end = on_end};
	struct file_source *f;
	char *error = NULL;

	recording.n = 0;
	assert_int_equal(uv_loop_init(&recording.loop), 0);
	assert_int_equal(file_source_new(&(struct file_source_options){.path = path}, &f, &error),
			 0);
	recording.source = file_source_source(f);
	recording.source->start(recording.source, &recording.loop, &events);
	uv_run(&recording.loop, UV_RUN_DEFAULT);
	assert_in_range(recording.n, 50, FLOWS_MAX - 1);
}

static void free_recording(void)
{
	for (size_t i = 0; i < recording.n; i++)
		flow_release(&recording.flows[i]);
	recording.source->stop(recording.source);
	uv_run(&recording.loop, UV_RUN_DEFAULT);
	recording.source->free(recording.source);
	assert_int_equal(uv_loop_close(&recording.loop), 0);
}

/* w NULL: of all flows. */
static struct map_snapshot map_of(const struct service_map_options *opt, const struct where *w)
{
	struct service_map *m;
	struct map_snapshot s;

	assert_int_equal(service_map_new(opt, &m), 0);
	for (size_t i = 0; i < recording.n; i++)
		if (!w || where_pass(w, &recording.flows[i]))
			service_map_add(m, &recording.flows[i]);
	assert_int_equal(service_map_snapshot(m, recording.flows[recording.n - 1].time_ns, 0, &s),
			 0);
	service_map_free(m);
	return s;
}

static struct where *parsed(struct text *t)
{
	struct where_error e;
	struct where *w = NULL;

	text_char(t, '\0');
	assert_int_equal(t->err, 0);
	if (where_parse(t->data, &w, &e))
		fail_msg("%s: %s", t->data, e.message);
	return w;
}

/* What lies outside is called by a name that the first flows may not have had yet. */
static bool is_named_late(const struct map_snapshot *s, const struct map_edge *e)
{
	return s->nodes[e->from].kind == MAP_NODE_WORLD || s->nodes[e->to].kind == MAP_NODE_WORLD;
}

static void same_edge(const struct map_snapshot *s, const struct map_edge *got,
		      const struct map_edge *want, const char *what)
{
	if (got->key == want->key && is_named_late(s, want) && got->flows <= want->flows &&
	    got->bytes <= want->bytes && got->flows * 2 > want->flows)
		return;
	if (got->key != want->key || got->flows != want->flows || got->bytes != want->bytes ||
	    got->drops != want->drops || got->connections != want->connections ||
	    got->requests != want->requests)
		fail_msg("%s: %lu flows and not %lu, %lu drops and not %lu, port %d and not %d",
			 what, got->flows, want->flows, got->drops, want->drops, got->port,
			 want->port);
}

static void check_edges(const struct service_map_options *opt, const struct map_snapshot *s,
			const struct map_edge *e, size_t n)
{
	struct text t = {0};
	struct map_snapshot only;
	struct where *w;

	if (!map_edges_where(&t, opt, s, e, n))
		return; /* others, private addresses as one */
	w = parsed(&t);
	only = map_of(opt, w);
	if (only.n_edges != n)
		fail_msg("%s: %zu edges and not %zu", t.data, only.n_edges, n);
	for (size_t i = 0; i < n; i++)
		same_edge(s, &only.edges[i], &e[i], t.data);
	service_map_snapshot_free(&only);
	where_free(w);
	text_free(&t);
}

/* All of a node's edges, and no others. */
static void check_node(const struct service_map_options *opt, const struct map_snapshot *s,
		       size_t node)
{
	struct text t = {0};
	struct map_snapshot only;
	struct where *w;
	size_t at = 0;

	if (!map_node_where(&t, opt, &s->nodes[node])) {
		assert_in_range(opt->group, MAP_NAMESPACE, MAP_NAMESPACE);
		return;
	}
	w = parsed(&t);
	only = map_of(opt, w);
	for (size_t i = 0; i < s->n_edges; i++) {
		if (s->edges[i].from != node && s->edges[i].to != node)
			continue;
		if (at == only.n_edges)
			fail_msg("%s: only %zu edges", t.data, at);
		same_edge(s, &only.edges[at++], &s->edges[i], t.data);
	}
	if (at != only.n_edges)
		fail_msg("%s: %zu edges and not %zu", t.data, only.n_edges, at);
	service_map_snapshot_free(&only);
	where_free(w);
	text_free(&t);
}

static void check_map(const struct service_map_options *opt)
{
	struct map_snapshot s = map_of(opt, NULL);

	assert_in_range(s.n_edges, 2, 4000);
	for (size_t i = 0; i < s.n_edges; i++)
		check_edges(opt, &s, &s.edges[i], 1);
	/* a link: all edges from one to another */
	for (size_t i = 0, n; i < s.n_edges; i += n) {
		for (n = 1; i + n < s.n_edges && s.edges[i + n].from == s.edges[i].from &&
			    s.edges[i + n].to == s.edges[i].to;
		     n++)
			;
		check_edges(opt, &s, &s.edges[i], n);
	}
	for (size_t i = 0; i < s.n_nodes; i++)
		check_node(opt, &s, i);
	service_map_snapshot_free(&s);
}

static void check_recording(const char *path)
{
	read_recording(path);
	for (int group = MAP_WORKLOAD; group <= MAP_ENDPOINT; group++)
		check_map(&(struct service_map_options){.group = group});
	for (int world = MAP_WORLD_ASN; world <= MAP_WORLD_ONE; world++)
		check_map(&(struct service_map_options){.world = world});
	check_map(&(struct service_map_options){.numeric = true});
	free_recording();
}

static void test_recorded(void **state)
{
	(void)state;
	check_recording("tests/data/ui/shop.jsonl");
}

static void test_hostile(void **state)
{
	static const char *const names[] = {"a\"b",  "back\\slash", "\033[31m", "\xff\xfe",
					    "x\ny",  "\u202e",	    "",		"10.0.0.1",
					    "world", "AS1 \"x\""};
	const struct service_map_options opt = {0};
	struct text t = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		for (int kind = 0; kind < 4 * MAP_NODE_KINDS; kind++) {
			struct map_node n = {.kind = kind / 4,
					     .called = kind % 4 == MAP_BY_ADDRESS ? MAP_BY_NAME
										  : kind % 4,
					     .name = names[i],
					     .namespace_name = names[i],
					     .workload_kind = ""};
			const struct map_edge e = {.protocol = 6, .port = 80};
			const struct map_snapshot s = {.nodes = &n, .n_nodes = 1};

			if (map_node_where(&t, &opt, &n)) {
				where_free(parsed(&t));
				t.len = 0;
			}
			assert_int_equal(t.len, 0);
			if (map_edges_where(&t, &opt, &s, &e, 1))
				where_free(parsed(&t));
			t.len = 0;
		}
	text_free(&t);
}

static size_t passing(const struct where *w, const struct flow *flows, size_t n)
{
	size_t passed = 0;

	for (size_t i = 0; i < n; i++)
		passed += where_pass(w, &flows[i]);
	return passed;
}

/* Names of the DNS that look like something else. */
static void test_names(void **state)
{
	static const char *const names[] = {"world", "1.2.3", "8.8.4.7", "AS15169", "a\"b\\c\xff"};
	const struct service_map_options opt = {0};
	struct flow flows[6];
	struct service_map *m = new_map(&opt);
	struct map_snapshot s;
	struct text t = {0};

	(void)state;
	for (size_t i = 0; i < 6; i++) {
		char to[16];

		snprintf(to, sizeof(to), "8.8.4.%zu", i + 2);
		flows[i] = opening("10.0.0.1", (uint16_t)(1000 + i), to, 443);
		flows[i].dst.identity = IDENTITY_WORLD;
		if (i < 5)
			flows[i].dst.dns = dns_name(names[i]);
		service_map_add(m, &flows[i]);
	}
	s = shot(m);
	assert_int_equal(s.n_edges, 6);
	for (size_t i = 0; i < s.n_edges; i++) {
		struct where *w;

		assert_true(map_edges_where(&t, &opt, &s, &s.edges[i], 1));
		w = parsed(&t);
		if (passing(w, flows, 6) != 1)
			fail_msg("%zu flows pass %s", passing(w, flows, 6), t.data);
		where_free(w);
		t.len = 0;
	}
	text_free(&t);
	service_map_snapshot_free(&s);
	service_map_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_recorded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
