// SPDX-License-Identifier: MIT
/* Hubble's metrics and pitot's own, from flows. */
#include <setjmp.h>
#include <stdarg.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/metrics_pages.h"
#include "tests/unit/sample_flows.h"

/* ------------------------------------------------------------------- Hubble's */

static void test_flow(void **state)
{
	struct metrics *m = make("flow", 0);
	struct flow drop = sample_drop();
	const char *text;

	(void)state;
	drop.drop.reason_name = "NETFILTER_DROP";
	feed(m, sample_syn());
	feed(m, sample_syn());
	feed(m, sample_synack());
	feed(m, drop);
	feed(m, sample_icmp6());
	feed(m, sample_dns_request());
	text = page(m, false);
	assert_line(text, "# TYPE hubble_flows_processed_total counter");
	assert_line(text,
		    "hubble_flows_processed_total{protocol=\"TCP\",type=\"Trace\",subtype=\"to-"
		    "endpoint\",verdict=\"FORWARDED\"} 3");
	assert_line(text,
		    "hubble_flows_processed_total{protocol=\"TCP\",type=\"Drop\",subtype=\"\","
		    "verdict=\"DROPPED\"} 1");
	assert_line(text, "hubble_flows_processed_total{protocol=\"ICMPv6\",type=\"Trace\",subtype="
			  "\"to-stack\",verdict=\"FORWARDED\"} 1");
	assert_line(text,
		    "hubble_flows_processed_total{protocol=\"DNS\",type=\"L7\",subtype=\"DNS\","
		    "verdict=\"FORWARDED\"} 1");
	metrics_free(m);
}

static void test_drop(void **state)
{
	struct metrics *m = make("drop kernel-drops", 0);
	struct flow f = sample_drop();
	const char *text;

	(void)state;
	f.drop.reason_name = "NETFILTER_DROP";
	f.drop.function = "nft_do_chain";
	f.drop.delta_packets = 3;
	f.drop.delta_bytes = 180;
	feed(m, f);
	f.drop.normal = true;
	feed(m, f);
	text = page(m, false);
	assert_line(text, "hubble_drop_total{reason=\"NETFILTER_DROP\",protocol=\"TCP\"} 3");
	assert_line(text, "pitot_dropped_packets_total{reason=\"NETFILTER_DROP\",function=\"nft_do_"
			  "chain\",kind=\"loss\"} 3");
	assert_line(text, "pitot_dropped_packets_total{reason=\"NETFILTER_DROP\",function=\"nft_do_"
			  "chain\",kind=\"normal\"} 3");
	assert_line(text, "pitot_dropped_bytes_total{reason=\"NETFILTER_DROP\",function=\"nft_do_"
			  "chain\",kind=\"loss\"} 180");
	metrics_free(m);
}

/* A flow of Cilium's: its own reason, its own event type. */
static void test_foreign(void **state)
{
	const struct hubble from = {.has_event_type = true,
				    .event_type = 5,
				    .policy_match_type = 2,
				    .drop_reason_desc = 133,
				    .flow_type = 1};
	struct metrics *m = make("drop policy flow flows-to-world", 0);
	struct flow f = sample_drop();
	const char *text;

	(void)state;
	f.hubble = hubble_new(&from);
	assert_non_null(f.hubble);
	feed(m, f);
	text = page(m, false);
	assert_line(text, "hubble_drop_total{reason=\"POLICY_DENIED\",protocol=\"TCP\"} 1");
	assert_line(text,
		    "hubble_policy_verdicts_total{direction=\"egress\",match=\"l3-l4\",action="
		    "\"dropped\"} 1");
	assert_line(text, "hubble_flows_processed_total{protocol=\"TCP\",type=\"PolicyVerdict\","
			  "subtype=\"\",verdict=\"DROPPED\"} 1");
	assert_line(text, "hubble_flows_to_world_total{protocol=\"TCP\",verdict=\"DROPPED\"} 1");
	metrics_free(m);
	hubble_put(f.hubble);
}

static void test_tcp_and_ports(void **state)
{
	struct metrics *m = make("tcp port-distribution icmp", 0);
	struct flow f = sample_syn();
	const char *text;

	(void)state;
	feed(m, f);
	feed(m, sample_synack());
	feed(m, sample_drop());
	feed(m, sample_icmp6());
	/* A report's flags were counted when they came. */
	f.event = FLOW_REPORT;
	f.tcp_flags = TCPF_SYN | TCPF_ACK | TCPF_FIN;
	feed(m, f);
	text = page(m, false);
	assert_line(text, "hubble_tcp_flags_total{flag=\"SYN\",family=\"IPv4\"} 1");
	assert_line(text, "hubble_tcp_flags_total{flag=\"SYN-ACK\",family=\"IPv4\"} 1");
	assert_no(text, "FIN");
	assert_line(text, "hubble_port_distribution_total{protocol=\"TCP\",port=\"8080\"} 2");
	assert_no(text, "43210");
	assert_line(text, "hubble_icmp_total{family=\"IPv6\",type=\"RouterSolicitation\"} 1");
	metrics_free(m);
}

static void test_dns(void **state)
{
	static const char *const types[] = {"A"}, *const rr[] = {"CNAME", "A"};
	static const struct ip_addr ips[2];
	struct l7 answer = {.refs = 1u << 30,
			    .type = L7_RESPONSE,
			    .protocol = L7_DNS,
			    .dns = {.query = "example.com.",
				    .qtypes = types,
				    .n_qtypes = 1,
				    .ips = ips,
				    .n_ips = 2,
				    .rrtypes = rr,
				    .n_rrtypes = 2}};
	struct metrics *m = make("dns:query", 0);
	struct flow f = sample_dns_request();
	const char *text;

	(void)state;
	feed(m, f);
	f.l7 = &answer;
	f.is_reply = REPLY_YES;
	feed(m, f);
	answer.dns.rcode = 3;
	answer.dns.n_ips = answer.dns.n_rrtypes = 0;
	feed(m, f);
	text = page(m, false);
	assert_line(text,
		    "hubble_dns_queries_total{rcode=\"\",qtypes=\"A\",ips_returned=\"0\",query="
		    "\"example.com.\"} 1");
	assert_line(text, "hubble_dns_responses_total{rcode=\"No Error\",qtypes=\"A\",ips_returned="
			  "\"2\",query=\"example.com.\"} 1");
	assert_line(text,
		    "hubble_dns_responses_total{rcode=\"Non-Existent Domain\",qtypes=\"A\",ips_"
		    "returned=\"0\",query=\"example.com.\"} 1");
	assert_line(text, "hubble_dns_response_types_total{type=\"CNAME\",qtypes=\"A\",query="
			  "\"example.com.\"} 1");
	metrics_free(m);
}

static void test_http(void **state)
{
	struct l7 answer = {
		.refs = 1u << 30,
		.type = L7_RESPONSE,
		.protocol = L7_HTTP,
		.latency_ns = 30000000,
		.http = {.code = 200, .method = "GET", .url = "/", .protocol = "HTTP/1.1"}};
	const struct hubble from = {
		.has_event_type = true, .event_type = 129, .trace_id = "abc123"};
	struct metrics *m =
		make("httpV2:exemplars=true;sourceContext=pod;destinationContext=workload-name", 0);
	struct flow f = sample_named(sample_synack());
	const char *text;

	(void)state;
	f.event = FLOW_L7;
	f.l7 = &answer;
	f.direction = DIRECTION_INGRESS;
	f.hubble = hubble_new(&from);
	feed(m, f);
	text = page(m, true);
	/* The answer's source is the server: the ends change places. */
	assert_line(text, "hubble_http_requests_total{method=\"GET\",protocol=\"HTTP/1.1\",status="
			  "\"200\",reporter=\"server\",source=\"shop/frontend-7d9c5b6f4-abcde\","
			  "destination=\"cart\"} 1");
	assert_line(text,
		    "hubble_http_request_duration_seconds_bucket{method=\"GET\",reporter="
		    "\"server\",source=\"shop/frontend-7d9c5b6f4-abcde\",destination=\"cart\",le="
		    "\"0.05\"} 1 # {traceID=\"abc123\"} 0.03");
	assert_line(text,
		    "hubble_http_request_duration_seconds_bucket{method=\"GET\",reporter="
		    "\"server\",source=\"shop/frontend-7d9c5b6f4-abcde\",destination=\"cart\",le="
		    "\"1.0\"} 1");
	assert_line(text,
		    "hubble_http_request_duration_seconds_sum{method=\"GET\",reporter=\"server\""
		    ",source=\"shop/frontend-7d9c5b6f4-abcde\",destination=\"cart\"} 0.03");
	metrics_free(m);
	hubble_put(f.hubble);
}

/* ---------------------------------------------------------------------- context */

static const char *one_label(const char *spec, struct flow f)
{
	static char value[512];
	struct metrics *m = make(spec, 0);
	const char *text, *at, *end;

	feed(m, f);
	text = page(m, false);
	at = strstr(text, "verdict=\"FORWARDED\"");
	assert_non_null(at);
	end = strstr(at, "} 1");
	snprintf(value, sizeof(value), "%.*s", (int)(end - at - 19), at + 19);
	metrics_free(m);
	return value;
}

static void test_context(void **state)
{
	struct flow f = sample_named(sample_syn()), world = sample_syn();

	(void)state;
	world.dst.identity = IDENTITY_WORLD;
	world.dst.dns = sample_dns();
	assert_string_equal(one_label("flow:sourceContext=namespace", f), ",source=\"shop\"");
	assert_string_equal(one_label("flow:sourceContext=pod-name", f),
			    ",source=\"frontend-7d9c5b6f4-abcde\"");
	assert_string_equal(one_label("flow:sourceContext=app;destinationContext=workload", f),
			    ",source=\"frontend\",destination=\"shop/cart\"");
	assert_string_equal(one_label("flow:sourceContext=ip;destinationContext=pod|dns|ip", world),
			    ",source=\"10.0.1.10\",destination=\"example.com,www.example.com\"");
	assert_string_equal(one_label("flow:destinationContext=reserved-identity", world),
			    ",destination=\"reserved:world\"");
	assert_string_equal(one_label("flow:destinationContext=identity", f),
			    ",destination=\"k8s:app=cart,k8s:io.kubernetes.pod.namespace=shop\"");
	/* The flow is ingress. */
	assert_string_equal(
		one_label("flow:sourceContext=ip;sourceIngressContext=app;sourceEgressContext=pod",
			  f),
		",source=\"frontend\"");
	assert_string_equal(
		one_label("flow:labelsContext=traffic_direction,source_workload_kind,"
			  "destination_namespace,source_pod,destination_ip",
			  f),
		",source_pod=\"frontend-7d9c5b6f4-abcde\",source_workload_kind=\"Deployment\","
		"destination_ip=\"10.0.2.20\",destination_namespace=\"shop\",traffic_direction="
		"\"ingress\"");
}

static void assert_refused(const char *spec, const char *part)
{
	struct metrics *m = NULL;
	char *error = NULL;

	assert_int_equal(metrics_new(spec, 0, &m, &error), -EINVAL);
	assert_non_null(error);
	if (!strstr(error, part))
		fail_msg("no \"%s\" in \"%s\"", part, error);
	free(error);
}

static void test_refused(void **state)
{
	(void)state;
	assert_refused("flow bogus", "\"bogus\" is no metric; there are dns http httpV2 drop");
	assert_refused("flow:nope", "flow: \"nope\" is no option");
	assert_refused("flow:sourceContext=nope", "sourceContext: \"nope\" is not one of identity");
	assert_refused("flow:labelsContext=source_x", "\"source_x\"");
	assert_refused("http httpV2", "both make hubble_http_requests");
	assert_refused("dns dns", "both make");
}

/* ------------------------------------------------------------------------- own */

static void test_own(void **state)
{
	struct metrics *m = make("traffic connections rtt retransmits listen-drops", 0);
	struct flow f = sample_syn();
	const char *text;

	(void)state;
	f.connection_id = 7;
	f.forward.delta_packets = 1;
	f.forward.delta_bytes = 60;
	feed(m, f);
	f.event = FLOW_REPORT;
	f.forward.delta_packets = 10;
	f.forward.delta_bytes = 1000;
	f.forward.retransmits = 2;
	f.reply.delta_packets = 5;
	f.reply.delta_bytes = 300;
	f.forward.srtt_us = 400;
	f.reply.srtt_us = 300;
	feed(m, f);
	f.forward.retransmits = 5;
	f.forward.delta_packets = f.reply.delta_packets = 0;
	feed(m, f);
	f.event = FLOW_END;
	f.closed = true;
	f.handshake_us = 900;
	feed(m, f);
	f.event = FLOW_LISTEN_DROP;
	f.verdict = VERDICT_DROPPED;
	f.listen.delta_drops = 4;
	feed(m, f);
	text = page(m, true);
	assert_line(text, "# TYPE pitot_bytes counter");
	assert_line(text, "# UNIT pitot_bytes bytes");
	assert_line(text, "pitot_bytes_total{protocol=\"TCP\",sender=\"initiator\"} 1060");
	assert_line(text, "pitot_packets_total{protocol=\"TCP\",sender=\"initiator\"} 11");
	assert_line(text, "pitot_packets_total{protocol=\"TCP\",sender=\"responder\"} 5");
	assert_line(text, "pitot_connections_opened_total{protocol=\"TCP\"} 1");
	assert_line(text, "pitot_connections_closed_total{protocol=\"TCP\",how=\"closed\"} 1");
	assert_line(text, "pitot_tcp_retransmits_total{sender=\"initiator\"} 5");
	assert_line(text, "pitot_rtt_seconds_bucket{le=\"0.0005\"} 0");
	assert_line(text, "pitot_rtt_seconds_bucket{le=\"0.001\"} 3");
	assert_line(text, "pitot_rtt_seconds_bucket{le=\"+Inf\"} 3");
	assert_line(text, "pitot_rtt_seconds_sum 0.0021");
	assert_line(text, "pitot_tcp_handshake_seconds_count 1");
	assert_line(text, "pitot_listen_drops_total{port=\"8080\"} 4");
	metrics_free(m);
}

/* Many connections: what is forgotten at their ends leaves the others alone. */
static void test_retransmits(void **state)
{
	struct metrics *m = make("retransmits", 0);
	struct flow f = sample_syn();
	const char *text;

	(void)state;
	for (uint64_t round = 1; round <= 3; round++)
		for (uint64_t id = 1; id <= 5000; id++) {
			f.connection_id = id * 0x10001;
			f.event = round == 3 || id % 3 == 0 ? FLOW_END : FLOW_REPORT;
			f.forward.retransmits = round;
			if (round == 1 || id % 3)
				feed(m, f);
		}
	text = page(m, false);
	/* 1,666 of them ended in the first round with 1, the others with 3. */
	assert_line(text, "pitot_tcp_retransmits_total{sender=\"initiator\"} 11668");
	metrics_free(m);
}

static void test_lost(void **state)
{
	const struct lost_events lost = {.source = "HUBBLE_RING_BUFFER", .count = 12};
	struct metrics *m = make("", 0);
	const char *text;

	(void)state;
	metrics_lost(m, &lost);
	metrics_lost(m, &lost);
	text = page(m, true);
	assert_line(text, "# TYPE hubble_lost_events counter");
	assert_line(text, "hubble_lost_events_total{source=\"hubble_ring_buffer\"} 24");
	assert_string_equal(text + strlen(text) - 6, "# EOF\n");
	metrics_free(m);
}

/* --------------------------------------------------------------- dynamic metrics */

static const char yaml[] = "metrics:\n"
			   "- name: flow\n"
			   "  contextOptions:\n"
			   "  - name: sourceContext\n"
			   "    values: [pod, ip]\n"
			   "  includeFilters:\n"
			   "  - verdict: [DROPPED]\n"
			   "- name: tcp\n";

static void test_yaml(void **state)
{
	struct metrics *m = make("drop", 0);
	struct metric *list = NULL;
	const char *text;
	char *error = NULL, err[256];

	(void)state;
	assert_int_equal(metrics_parse_yaml(yaml, strlen(yaml), 100, &list, &error), 0);
	assert_int_equal(metrics_replace(m, true, list, err, sizeof(err)), 0);
	feed(m, sample_named(sample_syn()));
	feed(m, sample_named(sample_drop()));
	text = page(m, false);
	assert_line(text,
		    "hubble_flows_processed_total{protocol=\"TCP\",type=\"Drop\",subtype=\"\","
		    "verdict=\"DROPPED\",source=\"shop/frontend-7d9c5b6f4-abcde\"} 1");
	assert_no(text, "verdict=\"FORWARDED\"");
	/* Read again, without tcp: flow goes on counting. */
	assert_int_equal(
		metrics_parse_yaml(yaml, strstr(yaml, "- name: tcp") - yaml, 100, &list, &error),
		0);
	assert_int_equal(metrics_replace(m, true, list, err, sizeof(err)), 0);
	feed(m, sample_named(sample_drop()));
	text = page(m, false);
	assert_line(text,
		    "hubble_flows_processed_total{protocol=\"TCP\",type=\"Drop\",subtype=\"\","
		    "verdict=\"DROPPED\",source=\"shop/frontend-7d9c5b6f4-abcde\"} 2");
	assert_no(text, "hubble_tcp_flags");
	/* One of the name is there. */
	assert_int_equal(metrics_parse_yaml("metrics: [{name: drop}]", 23, 100, &list, &error), 0);
	assert_int_equal(metrics_replace(m, true, list, err, sizeof(err)), -EINVAL);
	metrics_free_list(list);
	metrics_free(m);
	assert_int_equal(metrics_parse_yaml("metrics:\n- name: x\n", 19, 100, &list, &error),
			 -EINVAL);
	assert_non_null(strstr(error, "line 2: \"x\" is no metric"));
	free(error);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_flow),	cmocka_unit_test(test_drop),
		cmocka_unit_test(test_foreign), cmocka_unit_test(test_tcp_and_ports),
		cmocka_unit_test(test_dns),	cmocka_unit_test(test_http),
		cmocka_unit_test(test_context), cmocka_unit_test(test_refused),
		cmocka_unit_test(test_own),	cmocka_unit_test(test_retransmits),
		cmocka_unit_test(test_lost),	cmocka_unit_test(test_yaml),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
