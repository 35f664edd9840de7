// SPDX-License-Identifier: MIT
/* Flows of Hubble's print byte for byte as Hubble's own command line prints them (tests/data/hubble). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "cli/print.h"
#include "tests/unit/foreign.h"
#include "tests/unit/printed.h"
#include "tests/unit/sample_flows.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define DATA "tests/data/hubble/"

static char *read_all(int fd)
{
	char *s = calloc(1, 65536);

	assert_non_null(s);
	assert_true(pread(fd, s, 65535, 0) >= 0);
	return s;
}

static void assert_file(const char *name, const char *printed)
{
	char path[128];
	FILE *f;
	char *want;

	snprintf(path, sizeof(path), DATA "%s", name);
	f = fopen(path, "r");
	if (!f)
		fail_msg("%s: not there", path);
	want = read_all(fileno(f));
	assert_string_equal(printed, want);
	free(want);
	fclose(f);
}

static void print_sample(struct sink *s)
{
	struct hubble_reader *r = new_reader(true);
	FILE *in = fopen(DATA "sample.jsonl", "r");
	struct hubble_response response;

	assert_non_null(in);
	while (next_response(in, r, &response)) {
		if (response.kind == HUBBLE_FLOW)
			assert_int_equal(s->flow(s, &response.flow), 0);
		else if (response.kind == HUBBLE_LOST)
			assert_int_equal(print_lost(s, &response.lost), 0);
		else if (response.kind == HUBBLE_NODE_STATUS)
			assert_int_equal(print_node_status(s, &response.node_status), 0);
		flow_release(&response.flow);
	}
	fclose(in);
	assert_int_equal(s->flush(s), 0);
	s->close(s);
	hubble_reader_free(r);
}

/* err: NULL where it is the same as another's. */
static void check(const char *format, struct print_options opt, const char *out, const char *err)
{
	struct sink *s;
	char *text;

	opt.fd = memfd_create("out", 0);
	opt.err_fd = memfd_create("err", 0);
	assert_int_equal(print_format_find(format)->create(&opt, &s), 0);
	print_sample(s);
	text = read_all(opt.fd);
	assert_file(out, text);
	free(text);
	text = read_all(opt.err_fd);
	if (err)
		assert_file(err, text);
	free(text);
	close(opt.fd);
	close(opt.err_fd);
}

static void test_samples(void **state)
{
	(void)state;
	check("compact", (struct print_options){0}, "sample.compact.out", "sample.compact.err");
	check("compact", (struct print_options){.color = true}, "sample.compact-color.out", NULL);
	check("compact", (struct print_options){.numeric = true, .print_node_name = true},
	      "sample.compact-numeric-node.out", NULL);
	check("compact",
	      (struct print_options){.no_ip_translation = true, .time_format = TIME_RFC3339_NANO},
	      "sample.compact-noxlate-rfc3339nano.out", NULL);
	check("dict", (struct print_options){0}, "sample.dict.out", "sample.dict.err");
	check("table", (struct print_options){0}, "sample.table.out", "sample.table.err");
	check("json", (struct print_options){0}, "sample.json.out", "sample.json.err");
	check("jsonpb", (struct print_options){0}, "sample.json.out", "sample.json.err");
}

/* A flow's members, and its compact line from the ends on. */
struct line {
	const char *json, *want;
};

#define IPS "\"IP\":{\"source\":\"10.0.0.1\",\"destination\":\"10.0.0.2\"}"
#define VERDICT(direction, verdict)                                           \
	IPS ",\"event_type\":{\"type\":5},\"traffic_direction\":\"" direction \
	    "\",\"verdict\":\"" verdict "\""
#define ENDS "10.0.0.1 (unknown) <> 10.0.0.2 (unknown) "

static const struct line lines[] = {
	{"", " (unknown) <>  (unknown) UNKNOWN VERDICT_UNKNOWN ()"},
	{IPS, ENDS "UNKNOWN VERDICT_UNKNOWN ()"},
	{IPS ",\"event_type\":{\"type\":4,\"sub_type\":13}", ENDS "to-crypto VERDICT_UNKNOWN ()"},
	{IPS ",\"event_type\":{\"type\":4,\"sub_type\":77}", ENDS "77 VERDICT_UNKNOWN ()"},
	{IPS ",\"verdict\":\"DROPPED\",\"event_type\":{\"type\":1,\"sub_type\":181},"
	     "\"is_reply\":false",
	 "10.0.0.1 (unknown) -> 10.0.0.2 (unknown) Policy denied by denylist DROPPED ()"},
	{IPS ",\"verdict\":\"DROPPED\",\"event_type\":{\"type\":1,\"sub_type\":250},"
	     "\"is_reply\":true",
	 "10.0.0.2 (unknown) <- 10.0.0.1 (unknown) 250, 0 DROPPED ()"},
	{IPS ",\"verdict\":\"ERROR\",\"event_type\":{\"type\":1,\"sub_type\":155}",
	 ENDS "CT: Map insertion failed ERROR ()"},
	{VERDICT("INGRESS", "FORWARDED") ",\"policy_match_type\":1,\"ingress_allowed_by\":["
					 "{\"name\":\"a\",\"kind\":\"CiliumNetworkPolicy\"},"
					 "{\"name\":\"b\",\"namespace\":\"n\",\"kind\":"
					 "\"CiliumClusterwideNetworkPolicy\"}]",
	 ENDS "policy-verdict:L3-Only INGRESS ALLOWED BY a (CiliumNetworkPolicy), b "
	      "(CiliumClusterwideNetworkPolicy) ()"},
	{VERDICT("EGRESS", "AUDIT") ",\"policy_match_type\":6,\"egress_denied_by\":["
				    "{\"name\":\"a\",\"kind\":\"CiliumNetworkPolicy\"}]",
	 ENDS "policy-verdict:Proto-Only EGRESS AUDITED BY a (CiliumNetworkPolicy) ()"},
	{VERDICT("EGRESS", "REDIRECTED") ",\"policy_match_type\":9",
	 ENDS "policy-verdict:unknown EGRESS ALLOWED ()"},
	{VERDICT("TRAFFIC_DIRECTION_UNKNOWN", "ERROR"),
	 ENDS "policy-verdict:none TRAFFIC_DIRECTION_UNKNOWN DENIED ()"},
	{IPS ",\"event_type\":{\"type\":3},\"debug_capture_point\":\"DBG_CAPTURE_SNAT_POST\"",
	 ENDS "DBG_CAPTURE_SNAT_POST VERDICT_UNKNOWN ()"},
	{IPS ",\"event_type\":{\"type\":7},\"verdict\":\"TRACED\",\"sock_xlate_point\":3",
	 ENDS "pre-xlate-rev TRACED ()"},
	{IPS ",\"event_type\":{\"type\":7}", ENDS "SOCK_XLATE_POINT_UNKNOWN VERDICT_UNKNOWN ()"},
	{IPS ",\"l7\":{\"type\":\"SAMPLE\",\"kafka\":{}},\"event_type\":{\"type\":129}",
	 ENDS "kafka-sample VERDICT_UNKNOWN ()"},
	{IPS ",\"l7\":{}", ENDS "l7-unknown_l7_type VERDICT_UNKNOWN ()"},
	{IPS ",\"l7\":{\"type\":\"RESPONSE\",\"dns\":{\"rcode\":3}},\"Summary\":\"x\"",
	 ENDS "dns-response  VERDICT_UNKNOWN (x)"},
	{IPS ",\"ip_trace_id\":{\"trace_id\":\"1234\"},\"auth_type\":\"SPIRE\",\"Summary\":\"UDP\"",
	 ENDS "UNKNOWN VERDICT_UNKNOWN (IP Trace ID: 1234; UDP; Auth: SPIRE)"},
	{IPS ",\"Summary\":\"a\\u001b[31mb\\rc\"", ENDS "UNKNOWN VERDICT_UNKNOWN (a^[[31mb\\rc)"},
	{"\"IP\":{\"source\":\"fd00::a\",\"destination\":\"fd00::b\"},"
	 "\"l4\":{\"SCTP\":{\"source_port\":1,\"destination_port\":2}}",
	 "[fd00::a]:1 (unknown) <> [fd00::b]:2 (unknown) UNKNOWN VERDICT_UNKNOWN ()"},
	{IPS ",\"l4\":{\"VRRP\":{\"vrid\":7}},\"source\":{\"identity\":9},"
	     "\"destination\":{\"identity\":11}",
	 "10.0.0.1 (world-ipv4) <> 10.0.0.2 (ID:11) UNKNOWN VERDICT_UNKNOWN ()"},
	{IPS ",\"source\":{\"namespace\":\"n\",\"pod_name\":\"p\"},\"source_service\":{\"name\":"
	     "\"s\",\"namespace\":\"m\"},\"destination\":{\"namespace\":\"n\"},"
	     "\"destination_service\":{\"name\":\"t\"},\"destination_names\":[\"x.org\"]",
	 "m/p (unknown) <> t (unknown) UNKNOWN VERDICT_UNKNOWN ()"},
	{"\"ethernet\":{\"source\":\"a:b\"},\"l4\":{\"TCP\":{\"source_port\":9}}",
	 "a:b (unknown) <>  (unknown) UNKNOWN VERDICT_UNKNOWN ()"},
};

static void test_lines(void **state)
{
	struct hubble_reader *r = new_reader(true);
	char json[1024], want[512];

	(void)state;
	for (size_t i = 0; i < COUNT(lines); i++) {
		struct flow f;

		snprintf(json, sizeof(json), "{%s}", lines[i].json);
		snprintf(want, sizeof(want), "N/A: %s\n", lines[i].want);
		f = flow_of_json(r, json);
		assert_string_equal(PRINT1("compact", f, .print_policy_names = true), want);
		flow_release(&f);
	}
	hubble_reader_free(r);
}

static void test_colour_of_authentication(void **state)
{
	struct hubble_reader *r = new_reader(true);
	struct flow f = flow_of_json(r, "{\"auth_type\":\"TEST_ALWAYS_FAIL\",\"Summary\":\"UDP\"}");

	(void)state;
	assert_non_null(strstr(PRINT1("compact", f, .color = true),
			       "(UDP; Auth: \033[31mTEST_ALWAYS_FAIL\033[0m)"));
	flow_release(&f);
	f = flow_of_json(r, "{\"auth_type\":\"SPIRE\"}");
	assert_non_null(strstr(PRINT1("compact", f, .color = true), "\033[32mSPIRE\033[0m"));
	flow_release(&f);
	hubble_reader_free(r);
}

static void test_wide_has_no_counters(void **state)
{
	struct hubble_reader *r = new_reader(true);
	struct flow f = flow_of_json(r, "{" IPS ",\"event_type\":{\"type\":1,\"sub_type\":133},"
					"\"verdict\":\"DROPPED\",\"Summary\":\"UDP\"}");
	const char *printed = PRINT1("wide", f, .numeric = true);

	(void)state;
	assert_non_null(strstr(printed, "DROPPED    Policy denied      UDP                 -"));
	flow_release(&f);
	hubble_reader_free(r);
}

static void test_legacy_json(void **state)
{
	struct hubble_reader *r = new_reader(true);
	struct flow f = flow_of_json(r, "{" IPS ",\"node_name\":\"n\"}"), own = sample_syn();

	(void)state;
	assert_string_equal(PRINT1("json", f, .legacy_json = true),
			    "{" IPS ",\"node_name\":\"n\"}\n");
	assert_string_equal(PRINT1("json", f), "{\"flow\":{" IPS ",\"node_name\":\"n\"},"
					       "\"node_name\":\"n\"}\n");
	assert_memory_equal(PRINT1("json", own, .legacy_json = true), "{\"time\":", 8);
	flow_release(&f);
	hubble_reader_free(r);
}

/* Without the wire it came in, what was understood of it is written. */
static void test_without_wire(void **state)
{
	struct hubble_reader *with = new_reader(true), *without = new_reader(false);
	FILE *in = fopen(DATA "sample.jsonl", "r"), *again = fopen(DATA "sample.jsonl", "r");
	struct hubble_response a, b;

	(void)state;
	while (next_response(in, with, &a) && next_response(again, without, &b)) {
		struct text wire = {0};
		struct flow back;
		char *want;

		if (a.kind != HUBBLE_FLOW)
			continue;
		assert_int_equal(b.flow.hubble->n_wire, 0);
		hubble_write_flow(&wire, &b.flow, &(struct hubble_options){0});
		assert_int_equal(hubble_read_flow(with, (uint8_t *)wire.data, wire.len, &back), 0);
		want = strdup(PRINT1("compact", a.flow, .print_policy_names = true));
		assert_string_equal(PRINT1("compact", back, .print_policy_names = true), want);
		free(want);
		text_free(&wire);
		flow_release(&back);
		flow_release(&a.flow);
		flow_release(&b.flow);
	}
	fclose(in);
	fclose(again);
	hubble_reader_free(with);
	hubble_reader_free(without);
}

/* What filters, aggregations and expressions see of a flow of Hubble's. */
static void test_fields(void **state)
{
	struct hubble_reader *r = new_reader(false);
	struct flow f = flow_of_json(
		r, "{" IPS ",\"verdict\":\"DROPPED\",\"event_type\":{\"type\":1,\"sub_type\":133},"
		   "\"l4\":{\"TCP\":{\"source_port\":1,\"flags\":{\"SYN\":true,\"NS\":true}}},"
		   "\"drop_reason_desc\":\"POLICY_DENIED\"}");

	(void)state;
	assert_int_equal(f.event, FLOW_DROP);
	assert_string_equal(f.drop.reason_name, "POLICY_DENIED");
	assert_string_equal(f.drop.text, "Policy denied");
	assert_int_equal(f.drop.delta_packets, 1);
	assert_int_equal(f.tcp_flags, TCPF_SYN | 0x100);
	assert_int_equal(f.ip_version, 4);
	assert_int_equal(f.is_reply, REPLY_UNKNOWN);
	flow_release(&f);
	f = flow_of_json(r, "{\"event_type\":{\"type\":1,\"sub_type\":9999}}");
	assert_string_equal(f.drop.reason_name, "DROP_REASON_UNKNOWN");
	flow_release(&f);
	f = flow_of_json(r,
			 "{\"event_type\":{\"type\":4,\"sub_type\":0},\"trace_reason\":\"NEW\"}");
	assert_int_equal(f.event, FLOW_NEW);
	assert_int_equal(f.trace_point, TO_ENDPOINT);
	flow_release(&f);
	f = flow_of_json(r, "{\"l7\":{\"http\":{\"code\":404,\"method\":\"GET\",\"headers\":"
			    "[{\"key\":\"A\",\"value\":\"b\"},{}]}}}");
	assert_int_equal(f.event, FLOW_L7);
	assert_int_equal(f.l7->http.code, 404);
	assert_int_equal(f.l7->http.n_headers, 2);
	assert_string_equal(f.l7->http.headers[0].value, "b");
	assert_string_equal(f.l7->http.headers[1].key, "");
	flow_release(&f);
	hubble_reader_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_samples),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_colour_of_authentication),
		cmocka_unit_test(test_wide_has_no_counters),
		cmocka_unit_test(test_legacy_json),
		cmocka_unit_test(test_without_wire),
		cmocka_unit_test(test_fields),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
