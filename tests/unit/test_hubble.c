// SPDX-License-Identifier: MIT
/* struct flow to flow.Flow and back. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "export/field_mask.h"
#include "export/json.h"
#include "export/wire.h"
#include "tests/unit/foreign.h"
#include "tests/unit/printed.h"
#include "tests/unit/rich_flows.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const struct hubble_options pitot = {.extensions = EXTENSIONS_PITOT, .node_name = "node-1"};

static struct text json_of(const struct flow *f)
{
	struct text t = {0};

	json_flow(&t, f, "node-1");
	assert_int_equal(t.err, 0);
	return t;
}

static void assert_same_text(const struct text *a, const struct text *b)
{
	if (a->len != b->len || memcmp(a->data, b->data, a->len))
		fail_msg("\n%.*s\n%.*s", (int)a->len, a->data, (int)b->len, b->data);
}

static struct flow read_back(struct hubble_reader *r, const struct flow *f,
			     const struct hubble_options *opt)
{
	struct text wire = {0};
	struct flow back;

	hubble_write_flow(&wire, f, opt);
	assert_int_equal(wire.err, 0);
	assert_int_equal(hubble_read_flow(r, (uint8_t *)wire.data, wire.len, &back), 0);
	text_free(&wire);
	return back;
}

/* All that is no pointer; pointers are compared by what JSON says of them. */
static struct flow without_pointers(const struct flow *from)
{
	struct flow f = *from;
	struct flow_end *const ends[] = {&f.src, &f.dst};

	for (int i = 0; i < 2; i++) {
		ends[i]->process = NULL;
		ends[i]->endpoint = NULL;
		ends[i]->service = NULL;
		ends[i]->dns = ends[i]->reverse = NULL;
		ends[i]->place = NULL;
	}
	f.l7 = NULL;
	f.hubble = NULL;
	f.drop.reason_name = f.drop.text = f.drop.function = NULL;
	memset(f.drop.stack, 0, sizeof(f.drop.stack));
	return f;
}

static void assert_same_flow(const struct flow *a, const struct flow *b)
{
	struct flow one = without_pointers(a), two = without_pointers(b);
	struct text json_a = json_of(a), json_b = json_of(b);

	assert_same_text(&json_a, &json_b);
	assert_memory_equal(&one, &two, sizeof(one));
	text_free(&json_a);
	text_free(&json_b);
}

static void test_own_flows_come_back(void **state)
{
	struct flow flows[] = RICH_FLOWS;
	struct hubble_reader *r = new_reader(false);

	(void)state;
	for (size_t i = 0; i < COUNT(flows); i++) {
		struct flow back = read_back(r, &flows[i], &pitot);
		struct flow again = read_back(r, &back, &pitot); /* now from what is known */

		assert_true(back.hubble->own);
		assert_same_flow(&flows[i], &back);
		assert_same_flow(&flows[i], &again);
		flow_release(&again);
		flow_release(&back);
		flow_release(&flows[i]);
	}
	hubble_reader_free(r);
}

static void test_own_flows_print_the_same(void **state)
{
	static const char *const formats[] = {"compact", "dict",       "json", "table",
					      "wide",	 "connection", "pb"};
	struct flow flows[] = RICH_FLOWS;
	struct hubble_reader *r = new_reader(false);
	struct print_options opt = {.print_node_name = true, .node_name = "node-1"};

	(void)state;
	for (size_t i = 0; i < COUNT(flows); i++) {
		struct flow back = read_back(r, &flows[i], &pitot);

		for (size_t k = 0; k < COUNT(formats); k++) {
			char *want = strdup(print(formats[k], opt, &flows[i], 1, NULL));

			assert_string_equal(print(formats[k], opt, &back, 1, NULL), want);
			free(want);
		}
		flow_release(&back);
		flow_release(&flows[i]);
	}
	hubble_reader_free(r);
}

/* What `-o json` wrote is as good as what came from an agent, but for what JSON leaves out. */
static void test_own_json_comes_back(void **state)
{
	static const char *const formats[] = {"compact", "dict", "json", "wide"};
	const struct hubble_options stranger = {.extensions = EXTENSIONS_STRUCT,
						.node_name = "node-1"};
	struct flow flows[] = RICH_FLOWS;
	struct hubble_reader *r = new_reader(false);
	struct print_options opt = {.print_node_name = true, .node_name = "node-1"};

	(void)state;
	for (size_t i = 0; i < COUNT(flows); i++) {
		struct flow back = read_back(r, &flows[i], &stranger);

		assert_true(back.hubble->own);
		for (size_t k = 0; k < COUNT(formats); k++) {
			char *want = strdup(print(formats[k], opt, &flows[i], 1, NULL));

			assert_string_equal(print(formats[k], opt, &back, 1, NULL), want);
			free(want);
		}
		flow_release(&back);
		flow_release(&flows[i]);
	}
	hubble_reader_free(r);
}

/* What the process and the endpoint have beyond what JSON shows. */
static void test_what_json_does_not_show(void **state)
{
	struct flow f = rich_end_of_connection();
	struct hubble_reader *r = new_reader(false);
	struct flow back = read_back(r, &f, &pitot);

	(void)state;
	assert_int_equal(back.src.process->start_ns, 123456789);
	assert_int_equal(back.src.process->cgroup_id, 7777);
	assert_int_equal(back.src.endpoint->identity, 4711);
	assert_int_equal(back.src.identity, 4712);
	assert_int_equal(back.src.endpoint->kind, ENDPOINT_POD);
	assert_int_equal(back.dst.endpoint->kind, ENDPOINT_NODE);
	assert_string_equal(back.dst.endpoint->name, "cart-1");
	assert_string_equal(back.hubble->node_name, "node-1");
	flow_release(&back);
	flow_release(&f);
	hubble_reader_free(r);
}

/* JSON and wire are written by two writers: the wire in JSON is the JSON. */
static void test_wire_is_json(void **state)
{
	const struct hubble_options stranger = {.extensions = EXTENSIONS_STRUCT,
						.node_name = "node-1"};
	struct flow flows[] = RICH_FLOWS;

	(void)state;
	for (size_t i = 0; i < COUNT(flows); i++) {
		struct text wire = {0}, json = {0}, want = json_of(&flows[i]);

		hubble_write_response(&wire, &flows[i], &stranger);
		assert_int_equal(wire.err, 0);
		assert_int_equal(protojson_write(&json, &observer__get_flows_response__descriptor,
						 (uint8_t *)wire.data, wire.len),
				 0);
		assert_same_text(&json, &want);
		text_free(&wire);
		text_free(&json);
		text_free(&want);
		flow_release(&flows[i]);
	}
}

static void test_control_bytes_and_bad_utf8(void **state)
{
	struct flow f = sample_syn(), back;
	struct hubble_reader *r = new_reader(false);
	const char *const names[] = {"a\xff\x1b[31m.example"};
	Flow__Flow *parsed;
	struct text wire = {0};

	(void)state;
	f.src.dns = name_list_new(names, 1);
	hubble_write_flow(&wire, &f, &pitot);
	parsed = flow__flow__unpack(NULL, wire.len, (uint8_t *)wire.data);
	assert_non_null(parsed);
	assert_string_equal(parsed->source_names[0], "a\xef\xbf\xbd\x1b[31m.example");
	flow__flow__free_unpacked(parsed, NULL);
	assert_int_equal(hubble_read_flow(r, (uint8_t *)wire.data, wire.len, &back), 0);
	assert_null(strchr(PRINT1("compact", back), 0x1b));
	text_free(&wire);
	flow_release(&back);
	flow_release(&f);
	hubble_reader_free(r);
}

/* ------------------------------------------------------------------- the reader */

#define FRONTEND                                                                                  \
	"\"IP\":{\"source\":\"10.0.1.10\",\"destination\":\"10.0.2.20\",\"ipVersion\":\"IPv4\"}," \
	"\"source\":{\"ID\":1,\"identity\":300,\"namespace\":\"shop\",\"pod_name\":\"front-1\","  \
	"\"labels\":[\"k8s:app=front\"],\"workloads\":[{\"name\":\"front\",\"kind\":"             \
	"\"Deployment\"}]},\"destination\":{\"identity\":2,\"labels\":[\"reserved:world\"]}"

static void test_what_nobody_keeps_is_used_again(void **state)
{
	struct hubble_reader *r = new_reader(true);
	struct flow f = flow_of_json(r, "{" FRONTEND ",\"Summary\":\"one\"}"), kept, g;
	struct hubble *first = f.hubble;
	struct endpoint *endpoint = f.src.endpoint;

	(void)state;
	flow_release(&f);
	f = flow_of_json(r, "{" FRONTEND ",\"Summary\":\"two\"}");
	assert_ptr_equal(f.hubble, first);
	assert_ptr_equal(f.src.endpoint, endpoint);
	flow_copy(&kept, &f);
	flow_release(&f);
	g = flow_of_json(r, "{" FRONTEND ",\"Summary\":\"three\"}");
	assert_ptr_not_equal(g.hubble, kept.hubble);
	assert_string_equal(kept.hubble->summary, "two");
	assert_string_equal(g.hubble->summary, "three");
	flow_release(&g);
	hubble_reader_free(r);
	assert_string_equal(kept.hubble->summary, "two");
	assert_string_equal(kept.src.endpoint->name, "front-1");
	assert_string_equal(kept.src.endpoint->workload, "front");
	assert_int_equal(kept.dst.identity, IDENTITY_WORLD);
	assert_int_equal(kept.dst.endpoint->kind, ENDPOINT_WORLD);
	flow_release(&kept);
}

/* More names than are kept: each flow still has its own. */
static void test_more_names_than_are_kept(void **state)
{
	struct hubble_reader *r = new_reader(false);
	char json[256], want[32];

	(void)state;
	for (int i = 0; i < 40000; i++) {
		struct flow f;

		snprintf(want, sizeof(want), "pod-%d", i % 20000);
		snprintf(json, sizeof(json),
			 "{\"source\":{\"namespace\":\"n\",\"pod_name\":\"%s\"},"
			 "\"destination_service\":{\"name\":\"%s\"},\"source_names\":[\"%s\"]}",
			 want, want, want);
		f = flow_of_json(r, json);
		assert_string_equal(f.src.endpoint->name, want);
		assert_string_equal(f.dst.service->name, want);
		assert_string_equal(f.src.dns->names[0], want);
		flow_release(&f);
	}
	hubble_reader_free(r);
}

static void test_cut_anywhere(void **state)
{
	struct flow f = rich_end_of_connection(), back;
	struct hubble_reader *r = new_reader(true);
	struct text wire = {0};
	int bad = 0;

	(void)state;
	hubble_write_flow(&wire, &f, &pitot);
	for (size_t n = 0; n < wire.len; n++) {
		uint8_t *copy = malloc(n + 1); /* so that a sanitizer sees a byte too far */
		int err;

		memcpy(copy, wire.data, n);
		copy = realloc(copy, n ? n : 1);
		err = hubble_read_flow(r, copy, n, &back);
		assert_true(!err || err == -EBADMSG);
		bad += err != 0;
		if (!err)
			flow_release(&back);
		free(copy);
	}
	assert_true(bad > (int)wire.len / 2);
	text_free(&wire);
	flow_release(&f);
	hubble_reader_free(r);
}

static void test_foreign_flow_passes_on_as_it_came(void **state)
{
	const struct hubble_options opt = {.extensions = EXTENSIONS_PITOT};
	struct text wire =
		wire_of_json(&flow__flow__descriptor,
			     "{" FRONTEND ",\"proxy_port\":15001,\"policy_log\":[\"x\"]}");
	struct hubble_reader *r = new_reader(true);
	struct text out = {0}, masked = {0};
	struct field_mask *mask;
	const char *path = "proxy_port";
	char err[128];
	struct flow f;

	(void)state;
	assert_int_equal(hubble_read_flow(r, (uint8_t *)wire.data, wire.len, &f), 0);
	hubble_write_flow(&out, &f, &opt);
	assert_same_text(&wire, &out);
	assert_int_equal(field_mask_new(&path, 1, &mask, err, sizeof(err)), 0);
	hubble_write_flow(&masked, &f, &(struct hubble_options){.mask = mask});
	out.len = 0;
	assert_int_equal(
		protojson_write(&out, &flow__flow__descriptor, (uint8_t *)masked.data, masked.len),
		0);
	assert_int_equal(out.len, strlen("{\"proxy_port\":15001}"));
	assert_memory_equal(out.data, "{\"proxy_port\":15001}", out.len);
	field_mask_free(mask);
	text_free(&out);
	text_free(&masked);
	text_free(&wire);
	flow_release(&f);
	hubble_reader_free(r);
}

/* A field mask is about the flow: where and when the response says is kept, and nothing added. */
static void test_response_passes_on_as_it_came(void **state)
{
	static const char *const rows[] = {
		"{\"flow\":{\"uuid\":\"u\"},\"node_name\":\"n\",\"time\":\"2026-01-15T10:20:30Z\"}",
		"{\"flow\":{\"node_name\":\"m\"},\"node_name\":\"n\"}",
		"{\"flow\":{\"time\":\"2026-01-15T10:20:30Z\",\"node_name\":\"n\"}}",
	};
	const struct hubble_options opt = {.extensions = EXTENSIONS_PITOT};
	struct hubble_reader *r = new_reader(true);

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct text wire = wire_of_json(&observer__get_flows_response__descriptor, rows[i]),
			    out = {0};
		struct hubble_response back;
		struct hubble *copy;

		assert_int_equal(hubble_read_response(r, (uint8_t *)wire.data, wire.len, &back), 0);
		hubble_write_response(&out, &back.flow, &opt);
		assert_same_text(&wire, &out);
		copy = hubble_new(back.flow.hubble);
		assert_string_equal(copy->response_node, back.node_name);
		hubble_put(copy);
		flow_release(&back.flow);
		text_free(&out);
		text_free(&wire);
	}
	hubble_reader_free(r);
}

static void test_ports_that_are_none(void **state)
{
	struct text wire = wire_of_json(
		&flow__flow__descriptor,
		"{\"IP\":{\"source\":\"10.0.0.1\",\"destination\":\"10.0.0.2\"},"
		"\"l4\":{\"UDP\":{\"source_port\":65535,\"destination_port\":65616}}}");
	struct hubble_reader *r = new_reader(false);
	struct flow f;

	(void)state;
	assert_int_equal(hubble_read_flow(r, (uint8_t *)wire.data, wire.len, &f), 0);
	assert_int_equal(f.src.port, 65535);
	assert_int_equal(f.dst.port, 0); /* not 80 */
	flow_release(&f);
	text_free(&wire);
	hubble_reader_free(r);
}

static void test_own_flow_masked(void **state)
{
	static const char *const paths[] = {"IP.source", "source.pod_name", "Summary"};
	struct flow f = rich_end_of_connection();
	struct text wire = {0}, json = {0};
	struct field_mask *mask;
	char err[128];

	(void)state;
	assert_int_equal(field_mask_new(paths, 3, &mask, err, sizeof(err)), 0);
	hubble_write_flow(&wire, &f,
			  &(struct hubble_options){.mask = mask, .extensions = EXTENSIONS_PITOT});
	assert_int_equal(
		protojson_write(&json, &flow__flow__descriptor, (uint8_t *)wire.data, wire.len), 0);
	text_char(&json, '\0');
	assert_string_equal(json.data,
			    "{\"IP\":{\"source\":\"10.0.2.20\"},\"source\":{\"pod_name\":"
			    "\"cart-1\"},\"Summary\":\"TCP Flags: SYN, ACK, RST, FIN, "
			    "PSH, URG, ECE, CWR, NS\"}");
	field_mask_free(mask);
	text_free(&wire);
	text_free(&json);
	flow_release(&f);
}

/* ------------------------------------------------------- what else a stream tells */

static void test_lost(void **state)
{
	const struct lost_events lost = {.time_ns = SAMPLE_NS,
					 .source = "HUBBLE_RING_BUFFER",
					 .count = 99,
					 .cpu = 0,
					 .first_ns = SAMPLE_NS - 5,
					 .last_ns = SAMPLE_NS};
	struct hubble_reader *r = new_reader(false);
	struct hubble_response back;
	struct text wire = {0};

	(void)state;
	hubble_write_lost(&wire, &lost, "node-1");
	assert_int_equal(hubble_read_response(r, (uint8_t *)wire.data, wire.len, &back), 0);
	assert_int_equal(back.kind, HUBBLE_LOST);
	assert_string_equal(back.lost.source, "HUBBLE_RING_BUFFER");
	assert_string_equal(back.lost.node_name, "node-1");
	assert_int_equal(back.lost.count, 99);
	assert_int_equal(back.lost.cpu, 0);
	assert_int_equal(back.lost.first_ns, SAMPLE_NS - 5);
	assert_int_equal(back.lost.time_ns, SAMPLE_NS);
	text_free(&wire);
	hubble_reader_free(r);
}

static void test_node_status(void **state)
{
	static const char *const nodes[] = {"a", "", "c"};
	const struct node_status status = {.time_ns = SAMPLE_NS,
					   .state = NODE_ERROR,
					   .nodes = nodes,
					   .n_nodes = 3,
					   .message = "boom",
					   .node_name = "relay-1"};
	struct hubble_reader *r = new_reader(false);
	struct hubble_response back;
	struct text wire = {0};

	(void)state;
	hubble_write_node_status(&wire, &status);
	assert_int_equal(hubble_read_response(r, (uint8_t *)wire.data, wire.len, &back), 0);
	assert_int_equal(back.kind, HUBBLE_NODE_STATUS);
	assert_int_equal(back.node_status.state, NODE_ERROR);
	assert_int_equal(back.node_status.n_nodes, 3);
	assert_string_equal(back.node_status.nodes[0], "a");
	assert_string_equal(back.node_status.nodes[1], "");
	assert_string_equal(back.node_status.nodes[2], "c");
	assert_string_equal(back.node_status.message, "boom");
	assert_string_equal(back.node_status.node_name, "relay-1");
	text_free(&wire);
	hubble_reader_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_own_flows_come_back),
		cmocka_unit_test(test_own_flows_print_the_same),
		cmocka_unit_test(test_own_json_comes_back),
		cmocka_unit_test(test_what_json_does_not_show),
		cmocka_unit_test(test_wire_is_json),
		cmocka_unit_test(test_control_bytes_and_bad_utf8),
		cmocka_unit_test(test_what_nobody_keeps_is_used_again),
		cmocka_unit_test(test_more_names_than_are_kept),
		cmocka_unit_test(test_cut_anywhere),
		cmocka_unit_test(test_foreign_flow_passes_on_as_it_came),
		cmocka_unit_test(test_response_passes_on_as_it_came),
		cmocka_unit_test(test_ports_that_are_none),
		cmocka_unit_test(test_own_flow_masked),
		cmocka_unit_test(test_lost),
		cmocka_unit_test(test_node_status),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
