// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "export/json.h"
#include "tests/unit/sample_flows.h"

static struct text out;

static const char *done(void)
{
	text_char(&out, '\0');
	assert_int_equal(out.err, 0);
	out.len = 0;
	return out.data;
}

#define EMITTER "\"emitter\":{\"name\":\"pitot\",\"version\":\"" PITOT_VERSION "\"},"

/* The flow's line without its uuid, its emitter and, unless asked for, without the extensions. */
static const char *line(const struct flow *f, bool extensions)
{
	char *s, *p, *end;

	json_flow(&out, f, "node-1");
	s = (char *)done();
	p = strstr(s, "\"uuid\":\"");
	assert_non_null(p);
	assert_int_equal(p[8 + 14], '4');
	assert_non_null(strchr("89ab", p[8 + 19]));
	memmove(p, p + 8 + 38, strlen(p + 8 + 38) + 1);
	assert_memory_equal(p, EMITTER, strlen(EMITTER));
	memmove(p, p + strlen(EMITTER), strlen(p + strlen(EMITTER)) + 1);
	p = strstr(s, ",\"extensions\":");
	assert_non_null(p);
	if (extensions)
		return p + 1;
	end = strstr(p, "}}},\"node_name\"");
	assert_non_null(end);
	memmove(p, end + 2, strlen(end + 2) + 1);
	return s;
}

/*
 * What hubble wrote of its sample flows, less what ours have no field for
 * (MAC addresses, pods, drop_reason, sub_type of a Cilium drop).
 */
static void test_hubble_lines(void **state)
{
	struct flow f = sample_syn();

	(void)state;
	f.ifindex = 12;
	strcpy(f.ifname, "lxc1234abcd");
	assert_string_equal(
		line(&f, false),
		"{\"flow\":{\"time\":\"2026-01-15T10:20:30.123456789Z\",\"verdict\":\"FORWARDED\",\"IP\":{\"source\":\"10.0.1.10\",\"destination\":\"10.0.2.20\",\"ipVersion\":\"IPv4\"},\"l4\":{\"TCP\":{\"source_port\":43210,\"destination_port\":8080,\"flags\":{\"SYN\":true}}},\"source\":{\"identity\":12345},\"destination\":{\"identity\":23456},\"Type\":\"L3_L4\",\"node_name\":\"node-1\",\"event_type\":{\"type\":4},\"traffic_direction\":\"INGRESS\",\"trace_observation_point\":\"TO_ENDPOINT\",\"trace_reason\":\"NEW\",\"is_reply\":false,\"interface\":{\"index\":12,\"name\":\"lxc1234abcd\"},\"Summary\":\"TCP Flags: SYN\"},\"node_name\":\"node-1\",\"time\":\"2026-01-15T10:20:30.123456789Z\"}");
	f = sample_synack();
	assert_string_equal(
		line(&f, false),
		"{\"flow\":{\"time\":\"2026-01-15T10:20:30.124Z\",\"verdict\":\"FORWARDED\",\"IP\":{\"source\":\"10.0.2.20\",\"destination\":\"10.0.1.10\",\"ipVersion\":\"IPv4\"},\"l4\":{\"TCP\":{\"source_port\":8080,\"destination_port\":43210,\"flags\":{\"SYN\":true,\"ACK\":true}}},\"source\":{\"identity\":23456},\"destination\":{\"identity\":12345},\"Type\":\"L3_L4\",\"node_name\":\"node-1\",\"event_type\":{\"type\":4},\"traffic_direction\":\"EGRESS\",\"trace_observation_point\":\"TO_ENDPOINT\",\"trace_reason\":\"REPLY\",\"is_reply\":true,\"Summary\":\"TCP Flags: SYN, ACK\"},\"node_name\":\"node-1\",\"time\":\"2026-01-15T10:20:30.124Z\"}");
	f = sample_drop();
	assert_string_equal(
		line(&f, false),
		"{\"flow\":{\"time\":\"2026-01-15T10:20:31.000000001Z\",\"verdict\":\"DROPPED\",\"IP\":{\"source\":\"10.0.1.10\",\"destination\":\"93.184.216.34\",\"ipVersion\":\"IPv4\"},\"l4\":{\"TCP\":{\"source_port\":43211,\"destination_port\":443,\"flags\":{\"SYN\":true}}},\"source\":{\"identity\":12345},\"destination\":{\"identity\":2,\"labels\":[\"reserved:world\"]},\"Type\":\"L3_L4\",\"node_name\":\"node-1\",\"event_type\":{\"type\":1,\"sub_type\":255},\"traffic_direction\":\"EGRESS\",\"Summary\":\"TCP Flags: SYN\"},\"node_name\":\"node-1\",\"time\":\"2026-01-15T10:20:31.000000001Z\"}");
	f = sample_icmp6();
	assert_string_equal(
		line(&f, false),
		"{\"flow\":{\"time\":\"2026-01-15T10:20:33Z\",\"verdict\":\"FORWARDED\",\"IP\":{\"source\":\"fd00::a\",\"destination\":\"ff02::2\",\"ipVersion\":\"IPv6\"},\"l4\":{\"ICMPv6\":{\"type\":133}},\"source\":{\"identity\":1,\"labels\":[\"reserved:host\"]},\"destination\":{\"identity\":2,\"labels\":[\"reserved:world\"]},\"Type\":\"L3_L4\",\"node_name\":\"node-1\",\"event_type\":{\"type\":4,\"sub_type\":3},\"trace_observation_point\":\"TO_STACK\",\"Summary\":\"ICMPv6 RouterSolicitation\"},\"node_name\":\"node-1\",\"time\":\"2026-01-15T10:20:33Z\"}");
}

static struct service sample_cart = {.namespace_name = "shop", .name = "cart"};

/* Hubble's lines with their names, whole but for MAC addresses, drop_reason and the like. */
static void test_hubble_names(void **state)
{
	struct flow f = sample_named(sample_syn());

	(void)state;
	f.dst.service = &sample_cart;
	assert_string_equal(
		line(&f, false),
		"{\"flow\":{\"time\":\"2026-01-15T10:20:30.123456789Z\",\"verdict\":\"FORWARDED\",\"IP\":{\"source\":\"10.0.1.10\",\"destination\":\"10.0.2.20\",\"ipVersion\":\"IPv4\"},\"l4\":{\"TCP\":{\"source_port\":43210,\"destination_port\":8080,\"flags\":{\"SYN\":true}}},\"source\":{\"ID\":101,\"identity\":12345,\"cluster_name\":\"default\",\"namespace\":\"shop\",\"labels\":[\"k8s:app=frontend\",\"k8s:io.kubernetes.pod.namespace=shop\"],\"pod_name\":\"frontend-7d9c5b6f4-abcde\",\"workloads\":[{\"name\":\"frontend\",\"kind\":\"Deployment\"}]},\"destination\":{\"ID\":202,\"identity\":23456,\"cluster_name\":\"default\",\"namespace\":\"shop\",\"labels\":[\"k8s:app=cart\",\"k8s:io.kubernetes.pod.namespace=shop\"],\"pod_name\":\"cart-58f6c9d7b-xyz12\",\"workloads\":[{\"name\":\"cart\",\"kind\":\"Deployment\"}]},\"Type\":\"L3_L4\",\"node_name\":\"node-1\",\"event_type\":{\"type\":4},\"destination_service\":{\"name\":\"cart\",\"namespace\":\"shop\"},\"traffic_direction\":\"INGRESS\",\"trace_observation_point\":\"TO_ENDPOINT\",\"trace_reason\":\"NEW\",\"is_reply\":false,\"Summary\":\"TCP Flags: SYN\"},\"node_name\":\"node-1\",\"time\":\"2026-01-15T10:20:30.123456789Z\"}");
	f = sample_named(sample_drop());
	f.src.endpoint = NULL;
	assert_string_equal(
		line(&f, false),
		"{\"flow\":{\"time\":\"2026-01-15T10:20:31.000000001Z\",\"verdict\":\"DROPPED\",\"IP\":{\"source\":\"10.0.1.10\",\"destination\":\"93.184.216.34\",\"ipVersion\":\"IPv4\"},\"l4\":{\"TCP\":{\"source_port\":43211,\"destination_port\":443,\"flags\":{\"SYN\":true}}},\"source\":{\"identity\":12345},\"destination\":{\"identity\":2,\"labels\":[\"reserved:world\"]},\"Type\":\"L3_L4\",\"node_name\":\"node-1\",\"destination_names\":[\"example.com\",\"www.example.com\"],\"event_type\":{\"type\":1,\"sub_type\":255},\"traffic_direction\":\"EGRESS\",\"Summary\":\"TCP Flags: SYN\"},\"node_name\":\"node-1\",\"time\":\"2026-01-15T10:20:31.000000001Z\"}");
	f = sample_dns_request();
	assert_string_equal(
		line(&f, false),
		"{\"flow\":{\"time\":\"2026-01-15T10:20:32.500Z\",\"verdict\":\"FORWARDED\",\"IP\":{\"source\":\"10.0.1.10\",\"destination\":\"10.0.0.53\",\"ipVersion\":\"IPv4\"},\"l4\":{\"UDP\":{\"source_port\":50000,\"destination_port\":53}},\"source\":{\"identity\":12345},\"destination\":{\"identity\":34567},\"Type\":\"L7\",\"node_name\":\"node-1\",\"l7\":{\"type\":\"REQUEST\",\"dns\":{\"query\":\"example.com.\",\"observation_source\":\"wire\",\"qtypes\":[\"A\"]}},\"event_type\":{\"type\":129},\"traffic_direction\":\"EGRESS\",\"is_reply\":false,\"Summary\":\"DNS Query example.com. A\"},\"node_name\":\"node-1\",\"time\":\"2026-01-15T10:20:32.500Z\"}");
}

#define EXTENSIONS \
	"\"extensions\":{\"@type\":\"type.googleapis.com/google.protobuf.Struct\",\"value\":{"
#define END "}}},\"node_name\":\"node-1\",\"time\":"

static void assert_extensions(const struct flow *f, const char *want)
{
	const char *got = line(f, true);
	char *end = strstr(got, END);

	assert_non_null(end);
	*end = '\0';
	assert_memory_equal(got, EXTENSIONS, strlen(EXTENSIONS));
	assert_string_equal(got + strlen(EXTENSIONS), want);
}

static void test_connection(void **state)
{
	struct flow f = sample_synack();

	(void)state;
	assert_extensions(&f, "\"event\":\"new\",\"initiator\":\"unknown\"");
	f.event = FLOW_END;
	f.closed = true;
	f.connection_id = 0xabc;
	f.initiator_by = INITIATOR_SYN;
	f.forward = (struct flow_counters){.packets = 3,
					   .bytes = 1ull << 40,
					   .delta_packets = 1,
					   .delta_bytes = 60,
					   .tcp_flags = TCPF_SYN | TCPF_ACK,
					   .retransmits = 4,
					   .zero_windows = 5,
					   .resets = 6,
					   .srtt_us = 7,
					   .first_ns = SAMPLE_NS + 100000000,
					   .last_ns = SAMPLE_NS + 1};
	f.reply.packets = 9;
	f.handshake_us = 10;
	f.handshake_client_us = 4;
	f.handshake_server_us = 6;
	f.icmp_errors = 2;
	assert_extensions(
		&f,
		"\"event\":\"end\",\"connection_id\":\"0000000000000abc\",\"closed\":true,\"initiator\":\"syn\",\"forward\":{\"packets\":3,\"bytes\":1099511627776,\"delta_packets\":1,\"delta_bytes\":60,\"tcp_flags\":\"SYN, ACK\",\"retransmits\":4,\"zero_windows\":5,\"resets\":6,\"srtt_us\":7,\"first\":\"2026-01-15T10:20:30.1Z\",\"last\":\"2026-01-15T10:20:30.000000001Z\"},\"reply\":{\"packets\":9},\"handshake_us\":10,\"handshake_client_us\":4,\"handshake_server_us\":6,\"icmp_errors\":2");
}

static void test_place(void **state)
{
	struct flow f = sample(1, "10.0.0.1", 0, "10.0.0.2", 0);

	(void)state;
	strcpy(f.ifaces[0], "br0");
	strcpy(f.ifaces[1], "eth0");
	f.has_nat = true;
	f.nat_orig = (struct flow_tuple){f.src.addr, addr("10.96.0.10"), 5, 80};
	f.nat_xlated = (struct flow_tuple){addr("fd00::1"), f.dst.addr, 6, 8080};
	f.tunnel.type = TUNNEL_VXLAN;
	f.tunnel.vni = 42;
	f.tunnel.outer = (struct flow_tuple){addr("192.0.2.1"), addr("192.0.2.2"), 5, 4789};
	f.vlan[0] = 10;
	f.vlan[1] = 20;
	f.icmp_echo = 1;
	f.icmp_id = 99;
	assert_extensions(
		&f,
		"\"event\":\"new\",\"initiator\":\"unknown\",\"interfaces\":[\"br0\",\"eth0\"],\"nat\":{\"original\":{\"source\":\"10.0.0.1:5\",\"destination\":\"10.96.0.10:80\"},\"translated\":{\"source\":\"[fd00::1]:6\",\"destination\":\"10.0.0.2:8080\"}},\"tunnel\":{\"protocol\":\"vxlan\",\"vni\":42,\"source\":\"192.0.2.1:5\",\"destination\":\"192.0.2.2:4789\"},\"vlan\":[10,20],\"icmp_id\":99");
	assert_non_null(strstr(
		line(&f, false),
		"\"source_xlated\":\"fd00::1\",\"destination\":\"10.0.0.2\",\"ipVersion\":\"IPv4\"},\"l4\":{\"ICMPv4\":{}},\"tunnel\":{\"protocol\":\"VXLAN\",\"IP\":{\"source\":\"192.0.2.1\",\"destination\":\"192.0.2.2\",\"ipVersion\":\"IPv4\"},\"l4\":{\"UDP\":{\"source_port\":5,\"destination_port\":4789}},\"vni\":42},\"source\":{}"));
}

static void test_processes(void **state)
{
	struct process *a = sample_process("curl", 12), *b = sample_process("\033\xff<", 13);
	struct flow f = sample_syn();

	(void)state;
	f.src.process = a;
	f.dst.process = b;
	assert_extensions(
		&f,
		"\"event\":\"new\",\"initiator\":\"unknown\",\"source_process\":{\"pid\":12,\"ppid\":1,\"comm\":\"curl\",\"executable\":\"/usr/bin/x\",\"command\":\"x --flag\",\"uid\":0,\"cgroup_id\":\"7777\",\"netns\":4026531840},\"destination_process\":{\"pid\":13,\"ppid\":1,\"comm\":\"\\u001b\xef\xbf\xbd\\u003c\",\"executable\":\"/usr/bin/x\",\"command\":\"x --flag\",\"uid\":0,\"cgroup_id\":\"7777\",\"netns\":4026531840}");
	process_put(a);
	process_put(b);
}

static void test_dns(void **state)
{
	static const char *const types[] = {"A"}, *const chain[] = {"a\".example.", "\x1b."};
	const struct ip_addr ips[] = {addr("1.2.3.4"), addr("2001:db8::1")};
	struct l7 l7 = {
		.type = L7_RESPONSE,
		.protocol = L7_DNS,
		.latency_ns = 2500000,
		.dns = {.query = "<\x1b>.",
			.qtypes = types,
			.n_qtypes = 1,
			.rrtypes = types,
			.n_rrtypes = 1,
			.cnames = chain,
			.n_cnames = 2,
			.ips = ips,
			.n_ips = 2,
			.ttl = 30},
	};
	struct flow f = sample_dns_request();

	(void)state;
	assert_extensions(&f, "\"event\":\"l7\",\"initiator\":\"unknown\"");
	f.l7 = &l7;
	f.is_reply = REPLY_YES;
	assert_non_null(strstr(
		line(&f, false),
		"\"l7\":{\"type\":\"RESPONSE\",\"latency_ns\":\"2500000\",\"dns\":{\"query\":\"\\u003c\\u001b\\u003e.\",\"ips\":[\"1.2.3.4\",\"2001:db8::1\"],\"ttl\":30,\"cnames\":[\"a\\\".example.\",\"\\u001b.\"],\"observation_source\":\"wire\",\"qtypes\":[\"A\"],\"rrtypes\":[\"A\"]}},\"event_type\""));
	assert_non_null(strstr(
		line(&f, false),
		"\"Summary\":\"DNS Answer \\\"1.2.3.4,2001:db8::1\\\" CNAMEs: \\\"a\\\\\\\".example.,^[.\\\" TTL: 30 (Query \\u003c^[\\u003e. A)\"}"));
	assert_extensions(
		&f,
		"\"event\":\"l7\",\"initiator\":\"unknown\",\"dns\":{\"rcode\":\"NOERROR\",\"latency_us\":2500}");
	l7.dns.rcode = 3;
	l7.dns.ttl = UINT32_MAX;
	l7.dns.n_ips = l7.dns.n_cnames = l7.dns.n_rrtypes = 0;
	l7.dns.multicast = l7.dns.truncated = true;
	l7.latency_ns = 0;
	assert_non_null(strstr(
		line(&f, false),
		"\"l7\":{\"type\":\"RESPONSE\",\"dns\":{\"query\":\"\\u003c\\u001b\\u003e.\",\"ttl\":4294967295,\"observation_source\":\"wire\",\"rcode\":3,\"qtypes\":[\"A\"]}}"));
	assert_extensions(
		&f,
		"\"event\":\"l7\",\"initiator\":\"unknown\",\"dns\":{\"rcode\":\"NXDOMAIN\",\"multicast\":true,\"truncated\":true}");
	l7.type = L7_REQUEST;
	l7.dns = (struct l7_dns){.query = "x.", .timeout = true};
	assert_extensions(&f,
			  "\"event\":\"l7\",\"initiator\":\"unknown\",\"dns\":{\"timeout\":true}");
}

static void test_names_in_extensions(void **state)
{
	static const char *const ptr[] = {"a.example", "b<.example"};
	struct endpoint pod = *sample_endpoint(
		&(struct ip_addr){.b = {[10] = 0xff, [11] = 0xff, [12] = 10, [14] = 1, [15] = 10}});
	struct endpoint node = {.kind = ENDPOINT_NODE,
				.name = "node-2",
				.cluster = "c",
				.namespace_name = "never",
				.node = "",
				.container = "",
				.image = "",
				.container_id = "",
				.cgroup = "",
				.workload = "never",
				.workload_kind = ""};
	const struct place place = {.country = "DE",
				    .country_name = "Germany",
				    .city = "Berlin",
				    .asn = 3320,
				    .as_name = "Telekom\x1b"};
	struct name_list reverse = {.n = 2, .names = ptr};
	struct flow f = sample_syn();

	(void)state;
	pod.container = "app";
	pod.image = "registry/app:1";
	pod.container_id = "0123abcd";
	pod.cgroup = "/kubepods/x";
	f.src.endpoint = &pod;
	f.dst.place = (struct place *)&place;
	f.dst.reverse = &reverse;
	assert_extensions(
		&f,
		"\"event\":\"new\",\"initiator\":\"unknown\",\"source\":{\"kind\":\"pod\",\"node\":\"node-1\",\"container\":\"app\",\"image\":\"registry/app:1\",\"container_id\":\"0123abcd\",\"cgroup\":\"/kubepods/x\"},\"destination\":{\"reverse_names\":[\"a.example\",\"b\\u003c.example\"],\"country\":\"DE\",\"country_name\":\"Germany\",\"city\":\"Berlin\",\"asn\":3320,\"as_name\":\"Telekom\\u001b\"}");
	f = sample_syn();
	f.src.identity = IDENTITY_REMOTE_NODE;
	f.src.endpoint = &node;
	assert_extensions(
		&f,
		"\"event\":\"new\",\"initiator\":\"unknown\",\"source\":{\"kind\":\"node\",\"name\":\"node-2\"}");
	assert_non_null(strstr(
		line(&f, false),
		"\"source\":{\"identity\":6,\"cluster_name\":\"c\",\"labels\":[\"reserved:remote-node\"]},"));
}

static void test_drop_and_errors(void **state)
{
	struct flow f = sample_drop();

	(void)state;
	f.drop = (struct flow_drop){.normal = true,
				    .reason_name = "NETFILTER_DROP",
				    .text = "netfilter rule",
				    .function = "nft_do_chain",
				    .offset = 18,
				    .netns = 4026531840,
				    .packets = 5,
				    .bytes = 300,
				    .delta_packets = 2,
				    .delta_bytes = 120,
				    .stack_depth = 2,
				    .stack = {"a+0x1", "b+0x2"}};
	assert_extensions(
		&f,
		"\"event\":\"drop\",\"drop\":{\"reason\":\"NETFILTER_DROP\",\"text\":\"netfilter rule\",\"function\":\"nft_do_chain\",\"offset\":18,\"normal\":true,\"netns\":4026531840,\"packets\":5,\"bytes\":300,\"delta_packets\":2,\"delta_bytes\":120,\"stack\":[\"a+0x1\",\"b+0x2\"]}");
	f = sample(17, "10.0.0.1", 5, "10.0.0.2", 53);
	f.event = FLOW_ICMP_ERROR;
	f.icmp_type = 3;
	f.icmp_code = 4;
	f.icmp_info = 1400;
	f.icmp_from = addr("10.0.0.2");
	assert_extensions(
		&f,
		"\"event\":\"icmp_error\",\"initiator\":\"unknown\",\"icmp_error\":{\"from\":\"10.0.0.2\",\"type\":3,\"code\":4,\"text\":\"ICMPv4 DestinationUnreachable(FragmentationNeeded)\",\"mtu\":1400}");
	f.event = FLOW_LISTEN_DROP;
	f.listen = (struct flow_listen){12, 2, 6, 5, 3, true};
	assert_extensions(
		&f,
		"\"event\":\"listen_drop\",\"listen\":{\"drops\":12,\"delta_drops\":2,\"backlog\":6,\"backlog_max\":5,\"half_open\":3,\"synflood\":true}");
}

static void test_strings(void **state)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
		{"", "\"\""},
		{"a\"b\\c/", "\"a\\\"b\\\\c/\""},
		{"<&>", "\"\\u003c\\u0026\\u003e\""},
		{"\b\f\n\r\t\v", "\"\\b\\f\\n\\r\\t\\u000b\""},
		{"\x7f\xc2\x9b", "\"\\u007f\\u009b\""},
		{"\xff"
		 "a\xc3",
		 "\"\xef\xbf\xbd"
		 "a\xef\xbf\xbd\""},
		{"\xe2\x80\xa8\xe2\x80\xae", "\"\\u2028\\u202e\""},
		{"\xf0\x9f\x98\x80", "\"\xf0\x9f\x98\x80\""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		json_quote(&out, rows[i].in, 4096);
		assert_string_equal(done(), rows[i].out);
	}
	json_quote(&out, "abcdef", 3);
	assert_string_equal(done(), "\"abc\"");
}

static void test_times(void **state)
{
	static const struct {
		uint64_t ns;
		const char *out, *nano;
	} rows[] = {
		{0, "\"1970-01-01T00:00:00Z\"", "\"1970-01-01T00:00:00Z\""},
		{SAMPLE_NS + 500000000, "\"2026-01-15T10:20:30.500Z\"",
		 "\"2026-01-15T10:20:30.5Z\""},
		{SAMPLE_NS + 1000, "\"2026-01-15T10:20:30.000001Z\"",
		 "\"2026-01-15T10:20:30.000001Z\""},
		{SAMPLE_NS + 10, "\"2026-01-15T10:20:30.000000010Z\"",
		 "\"2026-01-15T10:20:30.00000001Z\""},
		{1709164800000000000, "\"2024-02-29T00:00:00Z\"", "\"2024-02-29T00:00:00Z\""},
		{4107542399000000000, "\"2100-02-28T23:59:59Z\"", "\"2100-02-28T23:59:59Z\""},
		{4107542400000000000, "\"2100-03-01T00:00:00Z\"", "\"2100-03-01T00:00:00Z\""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		json_time(&out, rows[i].ns);
		assert_string_equal(done(), rows[i].out);
		json_time_nano(&out, rows[i].ns);
		assert_string_equal(done(), rows[i].nano);
	}
}

/* hubble's own lines. */
static void test_lost(void **state)
{
	(void)state;
	json_lost(&out, "PERF_EVENT_RING_BUFFER", 37, 3, 0, 0, "node-1", SAMPLE_NS + 4000000000ull);
	assert_string_equal(
		done(),
		"{\"lost_events\":{\"source\":\"PERF_EVENT_RING_BUFFER\",\"num_events_lost\":\"37\",\"cpu\":3},\"node_name\":\"node-1\",\"time\":\"2026-01-15T10:20:34Z\"}");
	json_lost(&out, "HUBBLE_RING_BUFFER", 99, -1, SAMPLE_NS + 3000000000ull,
		  SAMPLE_NS + 4000000000ull, "node-1", SAMPLE_NS + 4500000000ull);
	assert_string_equal(
		done(),
		"{\"lost_events\":{\"source\":\"HUBBLE_RING_BUFFER\",\"num_events_lost\":\"99\",\"first\":\"2026-01-15T10:20:33Z\",\"last\":\"2026-01-15T10:20:34Z\"},\"node_name\":\"node-1\",\"time\":\"2026-01-15T10:20:34.500Z\"}");
}

/* One event has one uuid; others have others. */
static void test_uuid(void **state)
{
	struct l7 other = {.type = L7_REQUEST, .protocol = L7_DNS, .dns.query = "example.org."};
	struct flow a = sample_syn(), b = sample_syn();
	char first[64];

	(void)state;
	json_flow(&out, &a, "node-1");
	memcpy(first, strstr(done(), "\"uuid\""), 46);
	json_flow(&out, &b, "node-1");
	assert_memory_equal(strstr(done(), "\"uuid\""), first, 46);
	b.time_ns++;
	json_flow(&out, &b, "node-1");
	assert_memory_not_equal(strstr(done(), "\"uuid\""), first, 46);
	json_flow(&out, &a, "node-2");
	assert_memory_not_equal(strstr(done(), "\"uuid\""), first, 46);
	a = sample_dns_request();
	json_flow(&out, &a, "node-1");
	memcpy(first, strstr(done(), "\"uuid\""), 46);
	a.l7 = &other;
	json_flow(&out, &a, "node-1");
	assert_memory_not_equal(strstr(done(), "\"uuid\""), first, 46);
}

static int free_out(void **state)
{
	(void)state;
	text_free(&out);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hubble_lines), cmocka_unit_test(test_hubble_names),
		cmocka_unit_test(test_dns),	     cmocka_unit_test(test_names_in_extensions),
		cmocka_unit_test(test_connection),   cmocka_unit_test(test_place),
		cmocka_unit_test(test_processes),    cmocka_unit_test(test_drop_and_errors),
		cmocka_unit_test(test_strings),	     cmocka_unit_test(test_times),
		cmocka_unit_test(test_lost),	     cmocka_unit_test(test_uuid),
	};

	return cmocka_run_group_tests(tests, NULL, free_out);
}
