// SPDX-License-Identifier: MIT
/* Filters that look at what an application said, and at what flows of Hubble's carry. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "flows/filter.h"
#include "flows/flow_facts.h"
#include "flows/summary.h"
#include "flows/text.h"
#include "tests/unit/sample_flows.h"

static const char *const node_labels[] = {"disk=ssd", "zone=a"};
static const struct l7_header headers[] = {{"Host", "cart"}, {"X-Id", "7"}};

struct fixture {
	struct filter filter;
	struct flow flow;
	struct hubble hubble;
	struct l7 l7;
	char err[256];
};

/* A SYN as a Cilium agent tells it. */
static int set_up(void **state)
{
	struct fixture *x = calloc(1, sizeof(*x));

	x->hubble = (struct hubble){
		.has_event_type = true,
		.event_type = 4,
		.sub_type = 3,
		.node_name = "prod/node-1",
		.uuid = "6f1f8c8e-0000",
		.source_xlated = "192.0.2.7",
		.trace_id = "4bf92f35",
		.ip_trace_id = 77,
		.summary = "",
		.source_mac = "",
		.destination_mac = "",
		.l4_name = "",
		.node_labels = node_labels,
		.n_node_labels = 2,
	};
	x->l7 = (struct l7){
		.type = L7_RESPONSE,
		.protocol = L7_HTTP,
		.http = {.code = 404,
			 .method = "GET",
			 .url = "http://cart:8080/api/a%20b?id=1",
			 .protocol = "HTTP/1.1",
			 .headers = headers,
			 .n_headers = 2},
	};
	x->flow = sample_syn();
	x->flow.hubble = &x->hubble;
	*state = x;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *x = *state;

	filter_clear(&x->filter);
	free(x);
	return 0;
}

static bool passes(struct fixture *x, enum filter_field field, const char *value)
{
	bool pass;

	if (filter_add(&x->filter, false, field, FILTER_EITHER, value, x->err, sizeof(x->err)))
		fail_msg("\"%s\" was refused: %s", value, x->err);
	pass = filter_pass(&x->filter, &x->flow);
	filter_clear(&x->filter);
	return pass;
}

static void test_http(void **state)
{
	struct fixture *x = *state;

	assert_false(passes(x, FILTER_HTTP_STATUS, "404"));
	assert_false(passes(x, FILTER_PROTOCOL, "http"));
	x->flow.event = FLOW_L7;
	x->flow.l7 = &x->l7;
	assert_true(passes(x, FILTER_PROTOCOL, "HTTP"));
	assert_false(passes(x, FILTER_PROTOCOL, "dns"));
	assert_true(passes(x, FILTER_HTTP_STATUS, "404"));
	assert_true(passes(x, FILTER_HTTP_STATUS, "40+"));
	assert_true(passes(x, FILTER_HTTP_STATUS, "4+"));
	assert_false(passes(x, FILTER_HTTP_STATUS, "5+"));
	assert_false(passes(x, FILTER_HTTP_STATUS, "41+"));
	assert_true(passes(x, FILTER_HTTP_METHOD, "get"));
	assert_false(passes(x, FILTER_HTTP_METHOD, "ge"));
	assert_true(passes(x, FILTER_HTTP_URL, "cart:\\d+/api"));
	assert_false(passes(x, FILTER_HTTP_URL, "^/api"));
	assert_true(passes(x, FILTER_HTTP_PATH, "^/api/a b$"));
	assert_false(passes(x, FILTER_HTTP_PATH, "id="));
	assert_true(passes(x, FILTER_HTTP_HEADER, "Host:cart"));
	assert_true(passes(x, FILTER_HTTP_HEADER, "X-Id:"));
	assert_true(passes(x, FILTER_HTTP_HEADER, ":7"));
	assert_false(passes(x, FILTER_HTTP_HEADER, "host:cart"));
	assert_false(passes(x, FILTER_HTTP_HEADER, "Host:7"));
	x->l7.http.code = 0;
	assert_false(passes(x, FILTER_HTTP_STATUS, "1+"));
}

static void test_paths(void **state)
{
	static const struct {
		const char *url, *path;
	} rows[] = {
		{"/x?y", "^/x$"},
		{"/x", "^/x$"},
		{"https://h", "^$"},
		{"https://h?a=/b", "^$"},
		{"https://h/a/b", "^/a/b$"},
		{"/a://b/c", "^/a://b/c$"},
		{"/%2Fx", "^//x$"},
		{"*", "^[*]$"},
		{"http:/x", "^/x$"},
		{"mailto:x", "^$"},
	};
	struct fixture *x = *state;

	x->flow.l7 = &x->l7;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		x->l7.http.url = rows[i].url;
		if (!passes(x, FILTER_HTTP_PATH, rows[i].path))
			fail_msg("%s", rows[i].url);
	}
	x->l7.http.url = "/a%2";
	assert_false(passes(x, FILTER_HTTP_PATH, ".*"));
	x->l7.http.url = "x/y";
	assert_false(passes(x, FILTER_HTTP_PATH, ".*"));
	assert_true(passes(x, FILTER_HTTP_URL, ".*"));
	for (int i = 0; i < 2; i++) { /* an answer without its request */
		x->l7.http.url = i ? "" : NULL;
		assert_false(passes(x, FILTER_HTTP_PATH, ".*"));
		assert_false(passes(x, FILTER_HTTP_URL, ".*"));
	}
}

static void test_dns_query(void **state)
{
	struct fixture *x = *state;

	assert_false(passes(x, FILTER_DNS_QUERY, ".*"));
	x->flow = sample_dns_request();
	assert_true(passes(x, FILTER_DNS_QUERY, "\\.com\\.$"));
	assert_true(passes(x, FILTER_DNS_QUERY, "ample"));
	assert_false(passes(x, FILTER_DNS_QUERY, "^ample"));
}

static void test_reply(void **state)
{
	struct fixture *x = *state;

	assert_true(passes(x, FILTER_REPLY, "false"));
	assert_false(passes(x, FILTER_REPLY, "true"));
	x->flow.is_reply = REPLY_YES;
	assert_true(passes(x, FILTER_REPLY, "true"));
	x->flow.is_reply = REPLY_UNKNOWN;
	assert_false(passes(x, FILTER_REPLY, "true"));
	assert_false(passes(x, FILTER_REPLY, "false"));
	x->flow.verdict = VERDICT_DROPPED;
	assert_true(passes(x, FILTER_REPLY, "false"));
	assert_false(passes(x, FILTER_REPLY, "true"));
	x->flow = sample_drop(); /* seen here */
	assert_true(passes(x, FILTER_REPLY, "false"));
}

static void test_encrypted(void **state)
{
	struct fixture *x = *state;

	assert_false(passes(x, FILTER_ENCRYPTED, ""));
	assert_true(passes(x, FILTER_UNENCRYPTED, ""));
	x->hubble.encrypted = true;
	assert_true(passes(x, FILTER_ENCRYPTED, ""));
	assert_false(passes(x, FILTER_UNENCRYPTED, ""));
	x->flow.hubble = NULL;
	assert_true(passes(x, FILTER_UNENCRYPTED, ""));
}

static void test_ids(void **state)
{
	struct fixture *x = *state;

	assert_true(passes(x, FILTER_UUID, "6f1f8c8e-0000"));
	assert_false(passes(x, FILTER_UUID, "6f1f8c8e"));
	assert_true(passes(x, FILTER_TRACE_ID, "4bf92f35"));
	assert_true(passes(x, FILTER_IP_TRACE_ID, "77"));
	assert_false(passes(x, FILTER_IP_TRACE_ID, "78"));
	x->flow.hubble = NULL;
	assert_false(passes(x, FILTER_UUID, "6f1f8c8e-0000"));
	assert_false(passes(x, FILTER_IP_TRACE_ID, "77"));
}

/* A uuid that was printed finds its flow again, whichever way the node was called. */
static void test_own_uuid(void **state)
{
	static const char *const nodes[] = {"node-1", "prod/node-1"};
	struct fixture *x = *state;

	x->flow.hubble = NULL;
	for (size_t i = 0; i < 2; i++) {
		char uuid[UUID_TEXT + 1];

		flow_uuid(&x->flow, nodes[i], uuid);
		assert_int_equal(
			filter_add(&x->filter, false, FILTER_UUID, 0, uuid, x->err, sizeof(x->err)),
			0);
		assert_false(filter_pass(&x->filter, &x->flow));
		filter_set_node(&x->filter, "prod", "node-1");
		assert_true(filter_pass(&x->filter, &x->flow));
		x->flow.time_ns++;
		assert_false(filter_pass(&x->filter, &x->flow));
		filter_clear(&x->filter);
	}
}

static void test_nodes(void **state)
{
	struct fixture *x = *state;

	assert_true(passes(x, FILTER_NODE_NAME, "node-1"));
	assert_true(passes(x, FILTER_NODE_NAME, "Prod/NODE-*"));
	assert_true(passes(x, FILTER_NODE_NAME, "prod/"));
	assert_false(passes(x, FILTER_NODE_NAME, "pro/node-1"));
	assert_false(passes(x, FILTER_NODE_NAME, "default/node-1"));
	assert_true(passes(x, FILTER_NODE_LABEL, "disk=ssd,zone in (a, b)"));
	assert_false(passes(x, FILTER_NODE_LABEL, "disk!=ssd"));
	x->hubble.node_name = "node-1";
	assert_true(passes(x, FILTER_NODE_NAME, "default/node-1"));
	x->hubble.node_name = "";
	assert_false(passes(x, FILTER_NODE_NAME, "/"));
	filter_clear(&x->filter);
	assert_int_equal(
		filter_add(&x->filter, false, FILTER_NODE_NAME, 0, "here", x->err, sizeof(x->err)),
		0);
	filter_set_node(&x->filter, "default", "here");
	assert_false(filter_pass(&x->filter, &x->flow)); /* came from who knows where */
	x->flow.hubble = NULL;
	assert_true(filter_pass(&x->filter, &x->flow));
}

static void test_no_address(void **state)
{
	struct fixture *x = *state;
	struct text t = {0};

	memset(&x->flow.dst.addr, 0, sizeof(x->flow.dst.addr));
	x->flow.dst.endpoint = NULL;
	assert_false(passes(x, FILTER_IP, "::/0"));
	assert_false(passes(x, FILTER_IP, "::"));
	flow_host_text(&t, &x->flow, &x->flow.dst, true);
	assert_int_equal(t.len, 0);
	flow_end_text(&t, &x->flow, &x->flow.dst, true);
	assert_int_equal(t.data[0], ':'); /* the port alone, as Hubble's client has it */
	text_free(&t);
	x->flow.ip_version = 6;
	assert_true(passes(x, FILTER_IP, "::"));
}

static void test_types(void **state)
{
	struct fixture *x = *state;

	assert_true(passes(x, FILTER_TYPE, "trace:to-stack"));
	x->hubble.event_type = 5;
	x->hubble.sub_type = 0;
	assert_true(passes(x, FILTER_TYPE, "policy-verdict"));
	assert_true(passes(x, FILTER_TYPE, "5:0"));
	assert_false(passes(x, FILTER_TYPE, "trace"));
	x->hubble.event_type = 7;
	assert_true(passes(x, FILTER_TYPE, "trace-sock"));
	x->hubble.has_event_type = false;
	assert_false(passes(x, FILTER_TYPE, "0"));
}

static void test_drop_reasons(void **state)
{
	struct fixture *x = *state;

	x->hubble.drop_reason_desc = 133;
	assert_false(passes(x, FILTER_DROP_REASON, "POLICY_DENIED"));
	x->flow.verdict = VERDICT_DROPPED;
	assert_true(passes(x, FILTER_DROP_REASON, "POLICY_DENIED"));
	assert_true(passes(x, FILTER_DROP_REASON, "133"));
	assert_false(passes(x, FILTER_DROP_REASON, "POLICY_DENY"));
	assert_false(passes(x, FILTER_DROP_REASON, "DROP_REASON_UNKNOWN"));
	x->hubble.drop_reason_desc = 0;
	assert_true(passes(x, FILTER_DROP_REASON, "DROP_REASON_UNKNOWN"));
	assert_false(passes(x, FILTER_DROP_REASON, "NO_SOCKET"));
}

static void test_snat(void **state)
{
	struct fixture *x = *state;

	assert_true(passes(x, FILTER_SNAT_IP, "192.0.2.7"));
	assert_true(passes(x, FILTER_SNAT_IP, "192.0.2.0/24"));
	assert_false(passes(x, FILTER_SNAT_IP, "10.0.1.10"));
	x->hubble.source_xlated = "";
	assert_false(passes(x, FILTER_SNAT_IP, "0.0.0.0/0"));
	x->flow.hubble = NULL;
	assert_false(passes(x, FILTER_SNAT_IP, "0.0.0.0/0"));
	x->flow.has_nat = true;
	x->flow.nat_orig = (struct flow_tuple){addr("10.0.1.10"), addr("1.1.1.1"), 1, 2};
	x->flow.nat_xlated = (struct flow_tuple){addr("10.0.1.10"), addr("2.2.2.2"), 1, 2};
	assert_false(passes(x, FILTER_SNAT_IP, "0.0.0.0/0")); /* the destination's only */
	x->flow.nat_xlated.src = addr("203.0.113.1");
	assert_true(passes(x, FILTER_SNAT_IP, "203.0.113.1"));
}

static void test_foreign_protocols(void **state)
{
	struct fixture *x = *state;

	x->flow.protocol = 112;
	assert_true(passes(x, FILTER_PROTOCOL, "vrrp"));
	assert_false(passes(x, FILTER_PROTOCOL, "igmp"));
	x->l7.protocol = L7_KAFKA;
	x->flow.l7 = &x->l7;
	assert_true(passes(x, FILTER_PROTOCOL, "kafka"));
	assert_true(passes(x, FILTER_VERDICT, "FORWARDED"));
	x->flow.verdict = VERDICT_UNKNOWN;
	assert_true(passes(x, FILTER_VERDICT, "VERDICT_UNKNOWN"));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_http),
		TEST(test_paths),
		TEST(test_dns_query),
		TEST(test_reply),
		TEST(test_encrypted),
		TEST(test_ids),
		TEST(test_own_uuid),
		TEST(test_nodes),
		TEST(test_no_address),
		TEST(test_types),
		TEST(test_drop_reasons),
		TEST(test_snat),
		TEST(test_foreign_protocols),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
