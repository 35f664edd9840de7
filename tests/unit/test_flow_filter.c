// SPDX-License-Identifier: MIT
/* Filters that went over the wire, or through JSON, decide as those that they were made of. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "export/flow_filter.h"
#include "export/proto/flow.pb-c.h"
#include "export/protojson.h"
#include "export/wire.h"
#include "tests/unit/sample_flows.h"

#define ROUNDS 3000
#define FLOWS 40

static uint32_t seed;

static uint32_t any(uint32_t n)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 16) % n;
}

/* Few values, so that filters and flows meet. */
static const char *const values[FILTER_FLAGS][6] = {
	[FILTER_IP] = {"10.0.1.10", "10.0.0.0/16", "fd00::/8", "::/0"},
	[FILTER_PORT] = {"8080", "43210", "443", "0"},
	[FILTER_PROCESS] = {"curl", "7", "*"},
	[FILTER_IDENTITY] = {"world", "12345", "4294967295"},
	[FILTER_POD] = {"shop/", "/cart", "frontend", "shop/cart-58"},
	[FILTER_SERVICE] = {"shop/web", "/", "web"},
	[FILTER_WORKLOAD] = {"cart", "Deployment/", "Deployment/frontend", "/cart"},
	[FILTER_CLUSTER] = {"default", "prod"},
	[FILTER_FQDN] = {"*.example.com", "Example.com.", "*"},
	[FILTER_LABEL] = {"app=cart", "reserved:world", "app in (cart, x),!y"},
	[FILTER_EVENT] = {"new", "drop,l7", "end"},
	[FILTER_VERDICT] = {"FORWARDED", "dropped", "VERDICT_UNKNOWN"},
	[FILTER_IP_VERSION] = {"v4", "v6", "none"},
	[FILTER_PROTOCOL] = {"TCP", "icmp", "dns", "http", "58"},
	[FILTER_DIRECTION] = {"ingress", "EGRESS"},
	[FILTER_TCP_FLAGS] = {"SYN", "syn,ack", "FIN,NS,CWR"},
	[FILTER_REPLY] = {"true", "false"},
	[FILTER_ENCRYPTED] = {"true", "false"},
	[FILTER_TYPE] = {"trace", "4:3", "l7", "drop", "trace:to-endpoint"},
	[FILTER_DROP_REASON] = {"POLICY_DENIED", "Policy*", "DROP_REASON_UNKNOWN", "134"},
	[FILTER_INTERFACE] = {"eth0", "veth*"},
	[FILTER_SNAT_IP] = {"192.0.2.7", "10.0.0.0/8"},
	[FILTER_NODE_NAME] = {"node-1", "default/*", "prod/"},
	[FILTER_NODE_LABEL] = {"zone=a", "!zone"},
	[FILTER_UUID] = {"u-1", "u-2"},
	[FILTER_TRACE_ID] = {"t-1"},
	[FILTER_IP_TRACE_ID] = {"1", "18446744073709551615"},
	[FILTER_DNS_QUERY] = {"example", "^x"},
	[FILTER_HTTP_STATUS] = {"404", "40+", "5+"},
	[FILTER_HTTP_METHOD] = {"get", "PUT"},
	[FILTER_HTTP_PATH] = {"^/api", "b$"},
	[FILTER_HTTP_URL] = {"cart", "^http:"},
	[FILTER_HTTP_HEADER] = {"Host:cart", ":7", "Host:"},
	[FILTER_NAMESPACE] = {"shop", "default"},
	[FILTER_ALL_NAMESPACES] = {""},
	[FILTER_UNENCRYPTED] = {""},
};

static const char *value_of(enum filter_field field)
{
	uint32_t n = 0;

	while (n < 6 && values[field][n])
		n++;
	return values[field][any(n)];
}

/* What clashes is left out. */
static void make_filter(struct filter *f)
{
	char err[256];
	int ret = 0;

	memset(f, 0, sizeof(*f));
	for (uint32_t i = 0, n = 1 + any(4); i < n && !ret; i++) {
		enum filter_field field = any(FILTER_FLAGS);

		ret = filter_add(f, !any(4), field, any(3), value_of(field), err, sizeof(err));
	}
	if (ret || filter_check(f, err, sizeof(err)))
		filter_clear(f);
}

static struct process curl = {.refs = 1u << 30, .pid = 7, .comm = "curl"};
static struct service web = {.refs = 1u << 30, .namespace_name = "shop", .name = "web"};
static const char *const node_labels[] = {"zone=a"};
static const struct l7_header headers[] = {{"Host", "cart"}, {"X", "7"}};
static struct l7 http = {.type = L7_RESPONSE,
			 .protocol = L7_HTTP,
			 .http = {.code = 404,
				  .method = "GET",
				  .url = "http://cart/api/b",
				  .protocol = "HTTP/1.1",
				  .headers = headers,
				  .n_headers = 2}};
static struct hubble hubble = {.has_event_type = true,
			       .event_type = 4,
			       .sub_type = 3,
			       .encrypted = true,
			       .node_name = "prod/node-1",
			       .uuid = "u-1",
			       .source_xlated = "192.0.2.7",
			       .trace_id = "t-1",
			       .ip_trace_id = 1,
			       .drop_reason_desc = 133,
			       .summary = "",
			       .node_labels = node_labels,
			       .n_node_labels = 1};

static struct flow make_flow(void)
{
	struct flow f;

	switch (any(6)) {
	case 0:
		f = sample_named(sample_drop());
		break;
	case 1:
		f = sample_named(sample_synack());
		break;
	case 2:
		f = sample_icmp6();
		break;
	case 3:
		f = sample_dns_request();
		break;
	default:
		f = sample_named(sample_syn());
		break;
	}
	if (!any(3))
		f.src.process = &curl;
	if (!any(3))
		f.dst.service = &web;
	if (!any(3))
		f.hubble = &hubble;
	if (!any(4)) {
		f.l7 = &http;
		f.event = FLOW_L7;
	}
	if (!any(3))
		strcpy(f.ifname, any(2) ? "eth0" : "veth1");
	return f;
}

static void over_the_wire(const struct filter *from, struct filter *to)
{
	struct text wire = {0};
	char err[256] = "";

	memset(to, 0, sizeof(*to));
	for (int deny = 0; deny < 2; deny++)
		for (size_t i = 0; i < filter_count(from, deny); i++) {
			wire.len = 0;
			flow_filter_write(&wire, from, deny, i);
			if (flow_filter_read(to, deny, (const uint8_t *)wire.data, wire.len, err,
					     sizeof(err)))
				fail_msg("%s", err);
		}
	text_free(&wire);
}

static void through_json(const struct filter *from, struct filter *to)
{
	char err[512] = "";

	memset(to, 0, sizeof(*to));
	for (int deny = 0; deny < 2; deny++) {
		struct text json = {0}, wire = {0};

		for (size_t i = 0; i < filter_count(from, deny); i++) {
			wire.len = 0;
			flow_filter_write(&wire, from, deny, i);
			assert_int_equal(protojson_write(&json, &flow__flow_filter__descriptor,
							 (const uint8_t *)wire.data, wire.len),
					 0);
			text_char(&json, ' ');
		}
		text_char(&json, '\0');
		if (flow_filter_read_json(to, deny, json.data, err, sizeof(err)))
			fail_msg("%s: %s", json.data, err);
		text_free(&wire);
		text_free(&json);
	}
}

static void same(struct filter *a, struct filter *b)
{
	struct text first = {0}, second = {0};

	filter_set_node(a, "default", "node-1");
	filter_set_node(b, "default", "node-1");
	for (int i = 0; i < FLOWS; i++) {
		struct flow f = make_flow();

		assert_int_equal(filter_pass(a, &f), filter_pass(b, &f));
	}
	flow_filter_print_raw(&first, a);
	flow_filter_print_raw(&second, b);
	assert_int_equal(first.len, second.len);
	assert_memory_equal(first.data, second.data, first.len);
	text_free(&first);
	text_free(&second);
}

static void test_back_again(void **state)
{
	size_t asked = 0;

	(void)state;
	for (seed = 1; seed < ROUNDS; seed++) {
		uint32_t was = seed;
		struct filter f, wire, json;

		make_filter(&f);
		over_the_wire(&f, &wire);
		through_json(&f, &json);
		same(&f, &wire);
		same(&f, &json);
		asked += filter_count(&f, false) + filter_count(&f, true);
		filter_clear(&f);
		filter_clear(&wire);
		filter_clear(&json);
		seed = was;
	}
	assert_true(asked > ROUNDS);
}

static int read_wire(const struct text *wire, char *err, size_t size)
{
	struct filter f = {0};
	int ret = flow_filter_read(&f, false, (const uint8_t *)wire->data, wire->len, err, size);

	filter_clear(&f);
	return ret;
}

/* proto3's other way to write repeated numbers. */
static void test_packed(void **state)
{
	static const uint8_t identities[] = {0x02, 0xb9, 0x60};
	struct text wire = {0}, raw = {0};
	struct filter f = {0};
	char err[256];

	(void)state;
	wire_bytes(&wire, 19, identities, sizeof(identities));
	wire_bytes(&wire, 5, "\x01\x02", 2);
	assert_int_equal(
		flow_filter_read(&f, false, (const uint8_t *)wire.data, wire.len, err, sizeof(err)),
		0);
	flow_filter_print_raw(&raw, &f);
	text_char(&raw, '\0');
	assert_string_equal(raw.data, "allowlist:\n    - '{\"verdict\":[\"FORWARDED\",\"DROPPED\"],"
				      "\"source_identity\":[2,12345]}'\n");
	text_free(&raw);
	text_free(&wire);
	filter_clear(&f);
}

static void test_bad_wire(void **state)
{
	struct text wire = {0};
	char err[256] = "";

	(void)state;
	wire_str(&wire, 13, "99999");
	assert_int_equal(read_wire(&wire, err, sizeof(err)), -EINVAL);
	assert_string_equal(err,
			    "invalid source port filter: \"99999\" is not a port (0 to 65535)");
	wire.len = 0;
	wire_bytes(&wire, 2, "a\0b", 3);
	assert_int_equal(read_wire(&wire, err, sizeof(err)), -EINVAL);
	wire.len = 0;
	wire_u64(&wire, 2, 7);
	assert_int_equal(read_wire(&wire, err, sizeof(err)), -EINVAL);
	wire.len = 0;
	wire_u64(&wire, 5, 42);
	assert_int_equal(read_wire(&wire, err, sizeof(err)), -EINVAL);
	wire.len = 0;
	wire_bytes(&wire, 19, "\xff", 1);
	assert_int_equal(read_wire(&wire, err, sizeof(err)), -EINVAL);
	wire.len = 0;
	wire_bytes(&wire, 6, "\xff", 1);
	assert_int_equal(read_wire(&wire, err, sizeof(err)), -EINVAL);
	wire.len = 0;
	wire_str(&wire, 12, "x");
	wire.len--;
	assert_int_equal(read_wire(&wire, err, sizeof(err)), -EINVAL);
	wire.len = 0;
	wire_u64(&wire, 77777, 1); /* of a later version */
	assert_int_equal(read_wire(&wire, err, sizeof(err)), 0);
	text_free(&wire);
}

/* By what is left of them for Hubble's server, these would deny too much. */
static void test_ours(void **state)
{
	static const struct {
		enum filter_field field;
		const char *value;
		bool ours;
	} rows[] = {
		{FILTER_POD, "a", false},
		{FILTER_PROCESS, "a", true},
		{FILTER_EVENT, "new", true},
		{FILTER_DROP_REASON, "POLICY_DENIED", false},
		{FILTER_DROP_REASON, "NO_SOCKET", true},
		{FILTER_INTERFACE, "lo", false},
		{FILTER_INTERFACE, "l?", true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct filter f = {0};
		char err[128];

		assert_int_equal(filter_add(&f, true, rows[i].field, FILTER_SOURCE, rows[i].value,
					    err, sizeof(err)),
				 0);
		assert_int_equal(flow_filter_is_ours(&f, true, 0), rows[i].ours);
		filter_clear(&f);
	}
}

static void test_bounds(void **state)
{
	struct filter f = {0};
	struct text wire = {0};
	char err[256] = "";
	int ret = 0;

	(void)state;
	for (int i = 0; i <= FILTER_LIST_MAX && !ret; i++)
		ret = flow_filter_read(&f, true, NULL, 0, err, sizeof(err));
	assert_int_equal(ret, -EINVAL);
	assert_int_equal(filter_count(&f, true), FILTER_LIST_MAX);
	filter_clear(&f);
	for (int i = 0; i <= FILTER_VALUES_MAX; i++)
		wire_u64_always(&wire, 19, 5);
	assert_int_equal(read_wire(&wire, err, sizeof(err)), -EINVAL);
	assert_non_null(strstr(err, "more than 16384 values"));
	wire.len = 0;
	for (int i = 0; i < FILTER_VALUES_MAX; i++)
		wire_u64_always(&wire, 19, 5);
	memset(&f, 0, sizeof(f));
	ret = flow_filter_read(&f, false, (const uint8_t *)wire.data, wire.len, err, sizeof(err));
	assert_int_equal(ret, 0);
	ret = flow_filter_read(&f, false, (const uint8_t *)wire.data, 3, err, sizeof(err));
	assert_int_equal(ret, -EINVAL);
	filter_clear(&f);
	wire.len = 0;
	for (int i = 0; i <= FILTER_VALUES_MAX / REGEX_VALUES; i++)
		wire_str(&wire, 22, "x");
	assert_int_equal(read_wire(&wire, err, sizeof(err)), -EINVAL);
	wire.len = 0;
	for (int i = 0; i <= FILTER_VALUES_MAX / 4; i++) /* two requirements, two values */
		wire_str(&wire, 10, "!a,b in (c,d)");
	assert_int_equal(read_wire(&wire, err, sizeof(err)), -EINVAL);
	assert_non_null(strstr(err, "more than 16384 values"));
	text_free(&wire);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_back_again), cmocka_unit_test(test_packed),
		cmocka_unit_test(test_bad_wire),   cmocka_unit_test(test_ours),
		cmocka_unit_test(test_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
