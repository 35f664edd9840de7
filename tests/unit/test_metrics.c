// SPDX-License-Identifier: MIT
/* Series as Hubble names them, the page's two formats, bounds, pods that go, the HTTP server. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "export/metrics_http.h"
#include "export/metrics_parts.h"
#include "tests/unit/sample_flows.h"

static struct metrics *make(const char *spec, uint32_t max)
{
	struct metrics *m = NULL;
	char *error = NULL;

	assert_int_equal(metrics_new(spec, max, &m, &error), 0);
	assert_null(error);
	return m;
}

/* The page, valid until the next call. */
static const char *page(struct metrics *m, bool open)
{
	static struct text t;
	struct metrics_page p;
	int ret;

	t.len = 0;
	metrics_page_begin(&p, m, open);
	do
		ret = metrics_page_next(&p, &t);
	while (ret > 0);
	assert_int_equal(ret, 0);
	text_char(&t, '\0');
	return t.data;
}

static void assert_line(const char *text, const char *line)
{
	const char *at = strstr(text, line);

	while (at && ((at != text && at[-1] != '\n') || at[strlen(line)] != '\n'))
		at = strstr(at + 1, line);
	if (!at)
		fail_msg("no line \"%s\" in\n%s", line, text);
}

static void assert_no(const char *text, const char *part)
{
	if (strstr(text, part))
		fail_msg("\"%s\" is in\n%s", part, text);
}

static void feed(struct metrics *m, struct flow f)
{
	metrics_flow(m, &f);
}

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

/* ----------------------------------------------------------------- the page */

static void extra(void *arg, struct text *t)
{
	(void)arg;
	text_str(t, "# HELP pitot_x_total Things.\n# TYPE pitot_x_total counter\npitot_x_total 4\n"
		    "# TYPE pitot_y gauge\npitot_y 1");
}

static void test_extra(void **state)
{
	struct metrics *m = make("", 0);
	const char *text;

	(void)state;
	metrics_extra(m, NULL, extra);
	text = page(m, true);
	assert_line(text, "# HELP pitot_x Things.");
	assert_line(text, "# TYPE pitot_x counter");
	assert_line(text, "pitot_x_total 4");
	assert_line(text, "pitot_y 1");
	text = page(m, false);
	assert_line(text, "# TYPE pitot_x_total counter");
	assert_no(text, "# EOF");
	metrics_free(m);
}

static void test_hostile(void **state)
{
	struct metrics *m = make("kernel-drops", 0);
	struct flow f = sample_drop();
	const char *text;

	(void)state;
	f.drop.reason_name = "A";
	f.drop.delta_packets = 1;
	f.drop.function = "a\"b\\c\nd\x1b[2J\xff";
	feed(m, f);
	f.drop.function = "a\"b\\c\nd\x1b[2J\xfe"; /* looks the same on the page */
	feed(m, f);
	text = page(m, false);
	assert_line(text, "pitot_dropped_packets_total{reason=\"A\",function=\"a\\\"b\\\\c"
			  "\xef\xbf\xbd"
			  "d\xef\xbf\xbd[2J\xef\xbf\xbd\",kind=\"loss\"} 2");
	metrics_free(m);
}

static void test_bound(void **state)
{
	struct metrics *m = make("port-distribution", 100);
	struct flow f = sample_syn();
	const char *text;

	(void)state;
	for (int i = 1; i <= 1000; i++) {
		f.dst.port = i;
		feed(m, f);
	}
	text = page(m, false);
	assert_line(text, "hubble_port_distribution_total{protocol=\"TCP\",port=\"100\"} 1");
	assert_no(text, "port=\"101\"");
	assert_line(text, "hubble_port_distribution_total{protocol=\"other\",port=\"other\"} 900");
	assert_line(text, "pitot_metrics_overflow_total{metric=\"hubble_port_distribution\"} 900");
	assert_line(text, "pitot_metrics_series{metric=\"hubble_port_distribution\"} 101");
	metrics_free(m);
}

#define S 1000000000ull

static void test_pod_gone(void **state)
{
	struct metrics *m =
		make("flow:sourceContext=pod tcp:labelsContext=source_pod,source_namespace "
		     "port-distribution",
		     0);
	struct flow f = sample_named(sample_syn());
	const char *text;

	(void)state;
	feed(m, f);
	feed(m, sample_named(sample_synack()));
	metrics_pod_gone(m, "shop", "frontend-7d9c5b6f4-abcde");
	metrics_pod_gone(m, "other", "cart-58f6c9d7b-xyz12");
	metrics_tick(m, 10 * S);
	metrics_tick(m, 69 * S);
	text = page(m, false);
	assert_non_null(strstr(text, "source=\"shop/frontend-7d9c5b6f4-abcde\"} 1"));
	metrics_tick(m, 70 * S);
	text = page(m, false);
	assert_no(text, "frontend");
	assert_non_null(strstr(text, "source=\"shop/cart-58f6c9d7b-xyz12\"} 1"));
	assert_non_null(strstr(text, "port=\"8080\"} 1"));
	/* What remains is still found; what is gone begins anew. */
	feed(m, f);
	feed(m, sample_named(sample_synack()));
	text = page(m, false);
	assert_non_null(strstr(text, "source=\"shop/frontend-7d9c5b6f4-abcde\"} 1"));
	assert_non_null(strstr(text, "source=\"shop/cart-58f6c9d7b-xyz12\"} 2"));
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

/* --------------------------------------------------------------------- requests */

static struct metrics_request parsed(const char *s)
{
	struct metrics_request r = {.status = -1};

	assert_int_equal(metrics_http_parse(s, strlen(s), &r), strlen(s));
	return r;
}

static void test_requests(void **state)
{
	struct metrics_request r;
	static char big[METRICS_HTTP_MAX];

	(void)state;
	r = parsed(
		"GET /metrics HTTP/1.1\r\nHost: x\r\nAccept: application/openmetrics-text;version="
		"1.0.0,text/plain;q=0.5\r\n\r\n");
	assert_int_equal(r.status, 200);
	assert_true(r.openmetrics && r.keep_alive && r.chunked && !r.head);
	r = parsed("HEAD /metrics?x=1 HTTP/1.0\n\n");
	assert_int_equal(r.status, 200);
	assert_true(r.head && !r.keep_alive && !r.openmetrics);
	assert_int_equal(parsed("GET /x HTTP/1.1\r\n\r\n").status, 404);
	assert_int_equal(parsed("POST /metrics HTTP/1.1\r\n\r\n").status, 405);
	assert_int_equal(parsed("GET /metrics HTTP/1.1\r\nContent-Length: 5\r\n\r\n").status, 413);
	assert_int_equal(parsed("GET /metrics\r\n\r\n").status, 400);
	assert_int_equal(parsed("GET /metrics HTTP/2.0\r\n\r\n").status, 505);
	assert_int_equal(metrics_http_parse("GET /metrics HTTP/1.1\r\n", 23, &r), 0);
	memset(big, 'a', sizeof(big));
	assert_int_equal(metrics_http_parse(big, sizeof(big), &r), sizeof(big));
	assert_int_equal(r.status, 431);
}

/* ----------------------------------------------------------------------- server */

struct served {
	uv_loop_t loop;
	struct metrics *m;
	struct metrics_server *server;
};

static void serve(struct served *s, const char *spec)
{
	char *error = NULL;

	uv_loop_init(&s->loop);
	s->m = make(spec, 0);
	assert_int_equal(metrics_server_new(&s->loop, "0", s->m, &s->server, &error), 0);
}

static void serve_end(struct served *s)
{
	metrics_server_free(s->server);
	uv_run(&s->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&s->loop), 0);
	metrics_free(s->m);
}

static int dial(struct served *s)
{
	struct sockaddr_in a = {.sin_family = AF_INET,
				.sin_port = htons(metrics_server_port(s->server)),
				.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	assert_true(fd >= 0);
	assert_true(!connect(fd, (struct sockaddr *)&a, sizeof(a)) || errno == EINPROGRESS);
	return fd;
}

/* Runs the loop until `end` has come, or the server has closed. */
static size_t receive(struct served *s, int fd, char *buf, size_t size, const char *end)
{
	uint64_t stop = uv_hrtime() + 5000000000ull;
	size_t n = 0;

	while (uv_hrtime() < stop && n < size - 1) {
		ssize_t got;

		uv_run(&s->loop, UV_RUN_NOWAIT);
		got = recv(fd, buf + n, size - 1 - n, 0);
		if (got == 0 || (got < 0 && errno != EAGAIN && errno != ENOTCONN))
			break;
		if (got > 0)
			n += got;
		buf[n] = '\0';
		if (n && strstr(buf, end))
			break;
	}
	buf[n] = '\0';
	return n;
}

static void ask(struct served *s, int fd, const char *request)
{
	for (int i = 0; i < 20; i++)
		uv_run(&s->loop, UV_RUN_NOWAIT);
	assert_int_equal(send(fd, request, strlen(request), MSG_NOSIGNAL), strlen(request));
}

static void test_server(void **state)
{
	static char buf[4 << 20];
	struct served s;
	int fd;

	(void)state;
	serve(&s, "flow port-distribution");
	for (int i = 1; i < 5000; i++) {
		struct flow f = sample_syn();

		f.dst.port = i;
		feed(s.m, f);
	}
	fd = dial(&s);
	/* Two at once: the second waits for the first. */
	ask(&s, fd,
	    "GET / HTTP/1.1\r\n\r\nGET /metrics HTTP/1.1\r\nAccept: application/openmetrics-text\r\n\r\n");
	receive(&s, fd, buf, sizeof(buf), "\r\n0\r\n\r\n");
	assert_memory_equal(buf, "HTTP/1.1 200 OK\r\n", 17);
	assert_non_null(strstr(buf, "the metrics are at /metrics\nHTTP/1.1 200 OK\r\n"));
	assert_non_null(strstr(buf, "Transfer-Encoding: chunked"));
	assert_non_null(strstr(buf, "port=\"4999\"} 1\n"));
	assert_non_null(strstr(buf, "# EOF\n\r\n0\r\n\r\n"));
	/* The connection is kept. */
	ask(&s, fd, "PUT /metrics HTTP/1.1\r\n\r\n");
	receive(&s, fd, buf, sizeof(buf), "Allowed\n");
	assert_memory_equal(buf, "HTTP/1.1 405 ", 13);
	ask(&s, fd, "GET /metrics HTTP/1.0\r\n\r\n");
	receive(&s, fd, buf, sizeof(buf), "never");
	assert_non_null(strstr(buf, "version=0.0.4"));
	assert_non_null(
		strstr(buf, "hubble_metrics_http_handler_requests_total{code=\"405\"} 1\n"));
	assert_null(strstr(buf, "chunked"));
	close(fd);
	serve_end(&s);
}

/* Those that say nothing, half a request, or too much, do not keep the others out. */
static void test_bad_clients(void **state)
{
	static char buf[1 << 16];
	struct served s;
	int idle[80], fd;

	(void)state;
	serve(&s, "flow");
	for (int i = 0; i < 80; i++) {
		idle[i] = dial(&s);
		uv_run(&s.loop, UV_RUN_NOWAIT);
		if (i % 2)
			ask(&s, idle[i], "GET /metrics HTTP/1.1\r\nX: ");
	}
	fd = dial(&s);
	ask(&s, fd, "GET /metrics HTTP/1.1\r\nConnection: close\r\n\r\n");
	receive(&s, fd, buf, sizeof(buf), "never");
	assert_memory_equal(buf, "HTTP/1.1 200 OK\r\n", 17);
	close(fd);
	fd = dial(&s);
	memset(buf, 'x', 9000);
	buf[9000] = '\0';
	ask(&s, fd, buf);
	receive(&s, fd, buf, sizeof(buf), "Large\n");
	assert_memory_equal(buf, "HTTP/1.1 431 ", 13);
	close(fd);
	for (int i = 0; i < 80; i++)
		close(idle[i]);
	serve_end(&s);
}

/* As many as there may be that ask and do not read: after a while they make room. */
static void test_who_does_not_read(void **state)
{
	static char buf[8 << 20];
	struct flow f = sample_syn();
	struct served s;
	int stalled[64], fd, small = 1024;
	uint64_t until;

	(void)state;
	serve(&s, "port-distribution");
	for (unsigned int i = 1; i <= 4000; i++) {
		f.dst.port = i;
		metrics_flow(s.m, &f);
	}
	for (size_t i = 0; i < 64; i++) {
		stalled[i] = dial(&s);
		setsockopt(stalled[i], SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
		for (int k = 0; k < 20; k++)
			ask(&s, stalled[i], "GET /metrics HTTP/1.1\r\n\r\n");
	}
	for (until = uv_hrtime() + 1200000000ull; uv_hrtime() < until;) {
		uv_run(&s.loop, UV_RUN_NOWAIT);
		usleep(1000);
	}
	fd = dial(&s);
	ask(&s, fd, "GET /metrics HTTP/1.1\r\nConnection: close\r\n\r\n");
	receive(&s, fd, buf, sizeof(buf), "never");
	assert_memory_equal(buf, "HTTP/1.1 200 OK\r\n", 17);
	close(fd);
	for (int i = 0; i < 64; i++)
		close(stalled[i]);
	serve_end(&s);
}

static void test_listen(void **state)
{
	static const char *const bad[] = {
		"", ":", "x", "1.2.3:80", "70000", "[::1]", "127.0.0.1:-1", "[]:1"};
	struct served s;
	struct metrics_server *other = NULL;
	char *error = NULL, taken[32];

	(void)state;
	serve(&s, "flow");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(metrics_server_new(&s.loop, bad[i], s.m, &other, &error), -EINVAL);
		assert_non_null(error);
		free(error);
	}
	snprintf(taken, sizeof(taken), "127.0.0.1:%u", metrics_server_port(s.server));
	assert_int_equal(metrics_server_new(&s.loop, taken, s.m, &other, &error), -EADDRINUSE);
	free(error);
	serve_end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_flow),
		cmocka_unit_test(test_drop),
		cmocka_unit_test(test_foreign),
		cmocka_unit_test(test_tcp_and_ports),
		cmocka_unit_test(test_dns),
		cmocka_unit_test(test_http),
		cmocka_unit_test(test_context),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_own),
		cmocka_unit_test(test_retransmits),
		cmocka_unit_test(test_lost),
		cmocka_unit_test(test_extra),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_bound),
		cmocka_unit_test(test_pod_gone),
		cmocka_unit_test(test_yaml),
		cmocka_unit_test(test_requests),
		cmocka_unit_test(test_server),
		cmocka_unit_test(test_bad_clients),
		cmocka_unit_test(test_listen),
		cmocka_unit_test(test_who_does_not_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
