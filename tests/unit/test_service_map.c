// SPDX-License-Identifier: MIT
/* The service map's model: who is a node, who began, what an edge sums up, its bounds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/foreign.h"
#include "tests/unit/map_flows.h"

/* --------------------------------------------------------------------- sums */

static void test_sums(void **state)
{
	struct flow syn = opening("10.0.0.1", 40000, "10.0.0.2", 5432), synack, report, end;
	struct service_map *m = new_map(NULL);
	const struct map_edge *e;
	struct map_snapshot s;

	(void)state;
	syn.src.endpoint = named(ENDPOINT_POD, "shop", "cart", "cart-1");
	syn.dst.endpoint = named(ENDPOINT_POD, "data", "db", "db-0");
	syn.connection_id = 7;
	synack = answer_of(&syn);
	report = syn;
	report.event = FLOW_REPORT;
	report.time_ns += SECOND;
	report.handshake_us = 300;
	report.forward.srtt_us = 200;
	report.forward.retransmits = 2;
	report.forward.delta_packets = 9;
	report.forward.delta_bytes = 900;
	end = ending_of(&syn, 4, 400);
	end.time_ns += SECOND;
	end.forward.retransmits = 3;
	end.reply.resets = 1;
	end.reply.tcp_flags = TCPF_SYN;
	service_map_add(m, &syn);
	service_map_add(m, &synack);
	service_map_add(m, &report);
	service_map_add(m, &end);
	s = shot(m);
	assert_edges(&s, "shop/cart -> data/db TCP 5432 PostgreSQL\n");
	e = &s.edges[0];
	assert_int_equal(e->flows, 4);
	assert_int_equal(e->connections, 1);
	assert_int_equal(e->packets, 1 + 9 + 4);
	assert_int_equal(e->bytes, 100 + 900 + 400);
	assert_int_equal(e->reply_packets, 1);
	assert_int_equal(e->reply_bytes, 60);
	assert_int_equal(e->retransmits, 3);
	assert_int_equal(e->errors, 1);
	assert_int_equal(e->handshake_p50_ns / 10000, 30);
	assert_int_equal(e->rtt_p99_ns / 10000, 20);
	assert_int_equal(e->latency_p50_ns, 0);
	assert_int_equal(e->drops, 0);
	assert_int_equal(s.last_ns - s.first_ns, 2 * SECOND);
	assert_true(e->bytes_rate > 729.9 && e->bytes_rate < 730.1); /* 1460 bytes in 2 s */
	assert_true(e->reply_bytes_rate > 29.9 && e->reply_bytes_rate < 30.1);
	assert_int_equal(s.nodes[e->from].edges_out, 1);
	assert_int_equal(s.nodes[e->to].edges_in, 1);
	assert_true(s.nodes[e->to].bytes_in > 699.9 && s.nodes[e->to].bytes_in < 700.1);
	assert_string_equal(s.nodes[e->to].workload_kind, "Deployment");
	service_map_snapshot_free(&s);
	service_map_free(m);
	service_map_free(NULL);
}

/* How long the service thought about a connection's first request. */
static void test_answer(void **state)
{
	struct flow syn = opening("10.0.0.1", 40000, "10.0.0.2", 8080), ask = syn, answer, banner;
	struct service_map *m = new_map(NULL);
	struct map_snapshot s;

	(void)state;
	ask.event = FLOW_FLAGS;
	ask.tcp_flags = TCPF_ACK | TCPF_PSH;
	ask.time_ns += SECOND;
	service_map_add(m, &syn);
	service_map_add(m, &ask);
	ask.dst.endpoint = named(ENDPOINT_POD, "shop", "web", "web-1");
	answer = answer_of(&ask);
	answer.tcp_flags = TCPF_ACK | TCPF_PSH;
	answer.time_ns = ask.time_ns + SECOND / 5;
	service_map_add(m, &answer);
	answer.time_ns += SECOND; /* the first alone counts */
	service_map_add(m, &answer);
	/* who speaks first was not asked */
	banner = answer;
	banner.dst.port = 40001;
	service_map_add(m, &banner);
	s = shot(m);
	assert_edges(&s, "10.0.0.1 -> shop/web TCP 8080 HTTP\n");
	assert_in_range(s.edges[0].latency_p99_ns, SECOND / 5 / 100 * 98, SECOND / 5 / 100 * 102);
	assert_int_equal(s.edges[0].requests, 0);
	service_map_snapshot_free(&s);
	service_map_free(m);
}

/* Rates of the last seconds, not of all the time. */
static void test_rates(void **state)
{
	struct flow syn = opening("10.0.0.1", 40000, "10.0.0.2", 80), later;
	struct service_map *m = new_map(NULL);
	struct map_snapshot s;

	(void)state;
	syn.connection_id = 9;
	later = syn;
	later.event = FLOW_REPORT;
	later.time_ns += 30 * SECOND;
	later.forward.delta_packets = 50;
	later.forward.delta_bytes = 5000; /* in the 5 s before: 1000 a second */
	service_map_add(m, &syn);
	service_map_add(m, &later);
	assert_int_equal(service_map_snapshot(m, later.time_ns, 1, &s), 0);
	assert_true(s.edges[0].bytes_rate > 990 && s.edges[0].bytes_rate < 1010);
	assert_true(s.edges[0].packets_rate > 9.9 && s.edges[0].packets_rate < 10.1);
	service_map_snapshot_free(&s);
	assert_int_equal(service_map_snapshot(m, later.time_ns + 59 * SECOND, 10, &s), 0);
	assert_true(s.edges[0].bytes_rate < 1);
	service_map_snapshot_free(&s);
	service_map_reset(m);
	s = shot(m);
	assert_int_equal(s.n_nodes + s.n_edges, 0);
	service_map_snapshot_free(&s);
	service_map_free(m);
}

/* -------------------------------------------------------------------- names */

static void test_kinds(void **state)
{
	struct flow f[7];
	struct service service = {.refs = 1u << 30, .namespace_name = "shop", .name = "pay"};
	const struct service_map_options numeric = {.numeric = true};

	(void)state;
	f[0] = opening("10.0.0.1", 40000, "10.0.0.2", 80);
	f[0].src.endpoint = named(ENDPOINT_UNIT, "host", "cron.service", "cron.service");
	f[0].dst.endpoint = named(ENDPOINT_CONTAINER, "shop", "web", "shop-web-1");
	f[1] = opening("192.168.1.2", 40001, "93.184.216.34", 443);
	f[1].src.endpoint = named(ENDPOINT_PROCESS, "host", "curl", "curl");
	f[1].dst.dns = dns_name("example.com");
	f[2] = opening("93.184.216.99", 40002, "10.0.0.2", 80); /* a client out there */
	f[2].src.reverse = dns_name("p5dc0.dip.example.net");
	f[2].dst.endpoint = f[0].dst.endpoint;
	f[3] = opening("192.168.1.2", 40003, "10.96.0.9", 8080);
	f[3].src.identity = IDENTITY_HOST;
	f[3].dst.service = &service;
	f[4] = opening("10.9.9.9", 40004, "10.0.0.2", 80); /* nobody's */
	f[4].dst.endpoint = f[0].dst.endpoint;
	f[5] = opening("127.0.0.1", 40005, "127.0.0.1", 6379);
	f[6] = opening("192.168.1.2", 40006, "93.184.216.7", 443);
	f[6].src.endpoint = f[1].src.endpoint;
	f[6].dst.reverse = dns_name("edge7.example.net");
	assert_map(NULL, f, 7,
		   "host -> host TCP 6379 Redis\n"
		   "host -> shop/pay TCP 8080 HTTP\n"
		   "world -> shop/web TCP 80 HTTP\n"
		   "10.9.9.9 -> shop/web TCP 80 HTTP\n"
		   "host/cron.service -> shop/web TCP 80 HTTP\n"
		   "host/curl -> edge7.example.net TCP 443 HTTPS\n"
		   "host/curl -> example.com TCP 443 HTTPS\n");
	assert_map(&numeric, f, 3,
		   "93.184.216.99 -> 10.0.0.2 TCP 80 HTTP\n"
		   "10.0.0.1 -> 10.0.0.2 TCP 80 HTTP\n"
		   "192.168.1.2 -> 93.184.216.34 TCP 443 HTTPS\n");
	/* loopback of another network namespace */
	f[5].dst.identity = IDENTITY_UNMANAGED;
	assert_map(NULL, f + 5, 1, "host -> 127.0.0.1 TCP 6379 Redis\n");
}

static void test_groups(void **state)
{
	const struct service_map_options by_namespace = {.group = MAP_NAMESPACE,
							 .world = MAP_WORLD_ONE},
					 by_endpoint = {.group = MAP_ENDPOINT};
	struct service_map *m = new_map(&by_namespace);
	struct map_snapshot s;
	struct flow f[4];

	(void)state;
	f[0] = opening("10.0.0.1", 40000, "10.0.0.2", 5432);
	f[0].src.endpoint = named(ENDPOINT_POD, "shop", "cart", "cart-1");
	f[0].dst.endpoint = named(ENDPOINT_POD, "data", "db", "db-0");
	f[1] = opening("10.0.0.3", 40001, "10.0.0.2", 5432);
	f[1].src.endpoint = named(ENDPOINT_POD, "shop", "cart", "cart-2");
	f[1].dst.endpoint = f[0].dst.endpoint;
	f[2] = opening("10.0.0.1", 40002, "93.184.216.34", 443);
	f[2].src.endpoint = f[0].src.endpoint;
	f[2].dst.dns = dns_name("example.com");
	f[3] = opening("10.0.0.1", 40003, "10.0.0.3", 8080);
	f[3].src.endpoint = named(ENDPOINT_POD, "shop", "front", "front-1");
	f[3].dst.endpoint = f[1].src.endpoint;
	assert_map(&by_endpoint, f, 4,
		   "shop/cart-1 -> example.com TCP 443 HTTPS\n"
		   "shop/cart-1 -> data/db-0 TCP 5432 PostgreSQL\n"
		   "shop/cart-2 -> data/db-0 TCP 5432 PostgreSQL\n"
		   "shop/front-1 -> shop/cart-2 TCP 8080 HTTP\n");
	for (int i = 0; i < 4; i++)
		service_map_add(m, &f[i]);
	s = shot(m);
	assert_edges(&s, "shop -> world TCP 443 HTTPS\n"
			 "shop -> data TCP 5432 PostgreSQL\n"
			 "shop -> shop TCP 8080 HTTP\n");
	assert_int_equal(s.n_nodes, 3);
	assert_int_equal(s.nodes[2].kind, MAP_NODE_NAMESPACE);
	assert_string_equal(s.nodes[2].name, "shop");
	assert_int_equal(s.nodes[2].members, 2);
	assert_int_equal(s.edges[1].connections, 2);
	service_map_snapshot_free(&s);
	service_map_free(m);
}

static void test_world(void **state)
{
	struct place place = {.refs = 1u << 30,
			      .asn = 3320,
			      .country = "DE",
			      .country_name = "Germany",
			      .city = "",
			      .as_name = "Deutsche Telekom AG"};
	const struct service_map_options asn = {.world = MAP_WORLD_ASN},
					 country = {.world = MAP_WORLD_COUNTRY};
	struct flow f[2];

	(void)state;
	f[0] = opening("10.0.0.1", 40000, "93.184.216.34", 443);
	f[0].dst.place = &place;
	f[1] = opening("10.0.0.1", 40001, "93.184.216.35", 443);
	f[1].dst.dns = dns_name("example.com");
	assert_map(&asn, f, 2,
		   "10.0.0.1 -> AS3320 Deutsche Telekom AG TCP 443 HTTPS\n"
		   "10.0.0.1 -> world TCP 443 HTTPS\n");
	assert_map(&country, f, 2,
		   "10.0.0.1 -> Germany TCP 443 HTTPS\n"
		   "10.0.0.1 -> world TCP 443 HTTPS\n");
}

/* The first packet comes before anybody knows whose it is: the connection moves as a whole. */
static void test_better_name(void **state)
{
	struct flow syn = opening("10.0.0.1", 40000, "10.0.0.2", 80), end;
	struct service_map *m = new_map(NULL);
	struct map_snapshot s;

	(void)state;
	syn.connection_id = 3;
	service_map_add(m, &syn);
	end = ending_of(&syn, 3, 300);
	end.src.endpoint = named(ENDPOINT_POD, "shop", "cart", "cart-1");
	end.dst.endpoint = named(ENDPOINT_POD, "shop", "web", "web-1");
	service_map_add(m, &end);
	s = shot(m);
	assert_edges(&s, "shop/cart -> shop/web TCP 80 HTTP\n");
	assert_int_equal(s.edges[0].connections, 1);
	assert_int_equal(s.edges[0].packets, 4);
	assert_int_equal(s.edges[0].bytes, 400);
	assert_int_equal(s.n_nodes, 2);
	service_map_snapshot_free(&s);

	/* and what comes without names again stays where it was */
	end.src.endpoint = end.dst.endpoint = NULL;
	service_map_add(m, &end);
	s = shot(m);
	assert_edges(&s, "shop/cart -> shop/web TCP 80 HTTP\n");
	service_map_snapshot_free(&s);
	service_map_free(m);
}

/* A connection that ended before its address had a name is found under it all the same. */
static void test_address_named_later(void **state)
{
	struct flow f[4];
	char *text;
	struct service_map *m = new_map(NULL);
	struct map_snapshot s;

	(void)state;
	f[0] = opening("10.0.0.1", 40000, "93.184.216.34", 443);
	f[1] = opening("10.0.0.1", 40001, "93.184.216.34", 443);
	f[1].src.endpoint = named(ENDPOINT_POD, "shop", "cart", "cart-1");
	f[1].dst.dns = dns_name("example.com");
	assert_map(NULL, f, 2, "shop/cart -> example.com TCP 443 HTTPS\n");

	/* two names for one address: nobody knows which it was */
	f[2] = opening("10.0.0.1", 40002, "93.184.216.34", 443);
	f[2].src.endpoint = f[1].src.endpoint;
	f[2].dst.dns = dns_name("cdn.example.com");
	for (int i = 0; i < 3; i++)
		service_map_add(m, &f[i]);
	s = shot(m);
	text = edges_text(&s);
	assert_non_null(strstr(text, "shop/cart -> 93.184.216.34 TCP"));
	assert_int_equal(s.n_edges, 3);
	free(text);
	service_map_snapshot_free(&s);
	service_map_free(m);
}

/* A Service whose backend was seen is that backend. */
static void test_service_is_workload(void **state)
{
	struct service cart = {.refs = 1u << 30, .namespace_name = "shop", .name = "cart"};
	struct flow f[3];

	(void)state;
	f[0] = opening("10.0.0.1", 40000, "10.96.0.10", 80);
	f[0].src.endpoint = named(ENDPOINT_POD, "shop", "front", "front-1");
	f[0].dst.service = &cart;
	f[1] = opening("10.0.0.7", 40001, "10.0.0.2", 80);
	f[1].src.endpoint = named(ENDPOINT_POD, "test", "probe", "probe-1");
	f[1].dst.endpoint = named(ENDPOINT_POD, "shop", "cart", "cart-1");
	f[1].dst.service = &cart;
	assert_map(NULL, f, 1, "shop/front -> shop/cart TCP 80 HTTP\n");
	assert_map(NULL, f, 2,
		   "shop/front -> shop/cart TCP 80 HTTP\n"
		   "test/probe -> shop/cart TCP 80 HTTP\n");
	/* by the address after translation, too */
	f[2] = opening("10.0.0.1", 40002, "10.96.0.11", 80);
	f[2].src.endpoint = f[0].src.endpoint;
	f[2].has_nat = true;
	f[2].nat_orig = (struct flow_tuple){addr("10.0.0.1"), addr("10.96.0.11"), 40002, 80};
	f[2].nat_xlated = (struct flow_tuple){addr("10.0.0.1"), addr("10.0.0.2"), 40002, 8080};
	f[0] = f[2];
	assert_map(NULL, f + 1, 2,
		   "shop/front -> shop/cart TCP 80 HTTP\n"
		   "test/probe -> shop/cart TCP 80 HTTP\n");
}

/* A pod whose workload is told now and then is in it always. */
static void test_workload_now_and_then(void **state)
{
	struct flow f[3];

	(void)state;
	f[0] = opening("10.0.0.1", 40000, "10.0.0.9", 80);
	f[0].src.endpoint = named(ENDPOINT_POD, "shop", "", "cart-7d9c5b6f4-abcde");
	f[1] = opening("10.0.0.1", 40001, "10.0.0.9", 81);
	f[1].src.endpoint = named(ENDPOINT_POD, "shop", "cart", "cart-7d9c5b6f4-abcde");
	f[2] = sample_dns_request();
	f[2].dst.endpoint = sample_endpoint(&f[2].dst.addr);
	f[2].src.endpoint = sample_endpoint(&f[2].src.addr);
	assert_map(NULL, f, 1, "shop/cart-7d9c5b6f4-abcde -> 10.0.0.9 TCP 80 HTTP\n");
	assert_map(NULL, f, 3,
		   "shop/cart -> 10.0.0.9 TCP 80 HTTP\n"
		   "shop/cart -> 10.0.0.9 TCP 81\n"
		   "shop/frontend -> kube-system/coredns-1 UDP 53 DNS\n");
}

/* -------------------------------------------------------------- who began */

static void test_direction(void **state)
{
	struct flow syn = opening("10.0.0.1", 40000, "10.0.0.2", 50051), f[3];

	(void)state;
	/* an answer alone */
	f[0] = answer_of(&syn);
	assert_map(NULL, f, 1, "10.0.0.1 -> 10.0.0.2 TCP 50051\n");
	/* of an answer that is dropped nobody says whose it was: a server that was seen is one */
	f[0] = syn;
	f[1] = answer_of(&syn);
	f[1].dst.port = 40001;
	f[1] = drop_of(&f[1], 1, "NETFILTER_DROP", "nft_do_chain");
	assert_map(NULL, f, 2, "10.0.0.1 -> 10.0.0.2 TCP 50051\n");
	/* else the port */
	f[0] = drop_of(&syn, 1, "NETFILTER_DROP", "");
	f[0].src.port = 53;
	f[0].tcp_flags = TCPF_ACK;
	assert_map(NULL, f, 1, "10.0.0.2 -> 10.0.0.1 TCP 53 DNS\n");
	/* also where ephemeral ports begin earlier */
	f[0].dst.port = 20000;
	assert_map(NULL, f, 1, "10.0.0.2 -> 10.0.0.1 TCP 53 DNS\n");
	/* a SYN says who began, also when it is dropped later than what was guessed of */
	f[0].src.port = 20000;
	f[0].dst.port = 50051;
	f[1] = f[0];
	f[1].src = f[0].dst;
	f[1].dst = f[0].src;
	f[1].tcp_flags = TCPF_SYN;
	assert_map(NULL, f, 2, "10.0.0.2 -> 10.0.0.1 TCP 20000\n");
	f[0].tcp_flags = TCPF_SYN;
	assert_map(NULL, f, 1, "10.0.0.1 -> 10.0.0.2 TCP 50051\n");
	/* what was guessed is set right by who knows */
	f[0] = answer_of(&syn);
	f[0].is_reply = REPLY_UNKNOWN;
	f[0].initiator_by = INITIATOR_UNKNOWN;
	f[1] = syn;
	f[1].event = FLOW_REPORT;
	assert_map(NULL, f, 2, "10.0.0.1 -> 10.0.0.2 TCP 50051\n");
}

static void test_flipped_sums(void **state)
{
	struct flow guessed = opening("10.0.0.2", 50051, "10.0.0.1", 40000), known;
	struct service_map *m = new_map(NULL);
	struct map_snapshot s;

	(void)state;
	guessed.is_reply = REPLY_NO; /* the one who was seen first */
	guessed.initiator_by = INITIATOR_FIRST;
	guessed.forward.delta_bytes = 1000;
	known = opening("10.0.0.1", 40000, "10.0.0.2", 50051);
	service_map_add(m, &guessed);
	service_map_add(m, &known);
	s = shot(m);
	assert_edges(&s, "10.0.0.1 -> 10.0.0.2 TCP 50051\n");
	assert_int_equal(s.edges[0].bytes, 100);
	assert_int_equal(s.edges[0].reply_bytes, 1000);
	assert_int_equal(s.edges[0].connections, 1);
	service_map_snapshot_free(&s);
	service_map_free(m);
}

/* Two agents see one connection: it is counted once, by the first of them. */
static void test_two_tellers(void **state)
{
	struct hubble a = {.refs = 1u << 30, .own = true, .node_name = "node-a", .uuid = ""},
		      b = {.refs = 1u << 30, .own = true, .node_name = "node-b", .uuid = ""};
	struct flow client = opening("10.0.0.1", 40000, "10.1.0.2", 80), server = client;
	struct service_map *m = new_map(NULL);
	struct map_snapshot s;

	(void)state;
	client.hubble = &a;
	client.connection_id = 1;
	client.has_nat = true; /* asked for a Service */
	client.dst.addr = addr("10.96.0.10");
	client.nat_orig = (struct flow_tuple){addr("10.0.0.1"), addr("10.96.0.10"), 40000, 80};
	client.nat_xlated = (struct flow_tuple){addr("10.0.0.1"), addr("10.1.0.2"), 40000, 80};
	client.dst.endpoint = named(ENDPOINT_POD, "shop", "cart", "cart-1");
	server.hubble = &b;
	server.connection_id = 900;
	server.dst.endpoint = client.dst.endpoint;
	service_map_add(m, &client);
	service_map_add(m, &server);
	s = shot(m);
	assert_edges(&s, "10.0.0.1 -> shop/cart TCP 80 HTTP\n");
	assert_int_equal(s.edges[0].connections, 1);
	assert_int_equal(s.edges[0].bytes, 100);
	assert_int_equal(s.edges[0].flows, 2);
	service_map_snapshot_free(&s);
	service_map_free(m);
}

/* --------------------------------------------------------- drops, errors, noise */

static void test_drops(void **state)
{
	struct flow syn = opening("10.0.0.1", 40000, "10.0.0.2", 80), d;
	struct flow listen = sample(6, "0.0.0.0", 0, "10.0.0.2", 80);
	struct service_map *m = new_map(NULL);
	struct map_snapshot s;

	(void)state;
	syn.dst.endpoint = named(ENDPOINT_POD, "shop", "web", "web-1");
	syn.forward.delta_packets = 4;
	service_map_add(m, &syn);
	/* on its way out, no device has counted it */
	d = drop_of(&syn, 2, "NETFILTER_DROP", "nft_do_chain");
	service_map_add(m, &d);
	d = drop_of(&syn, 1, "NO_SOCKET", "tcp_v4_rcv");
	d.ifindex = 2;
	service_map_add(m, &d);
	d.drop.normal = true;
	service_map_add(m, &d); /* of normal life */
	listen.event = FLOW_LISTEN_DROP;
	listen.is_reply = REPLY_UNKNOWN;
	listen.listen.delta_drops = 7;
	listen.dst.endpoint = syn.dst.endpoint;
	service_map_add(m, &listen);
	s = shot(m);
	assert_edges(&s, "10.0.0.1 -> shop/web TCP 80 HTTP\n");
	assert_int_equal(s.edges[0].drops, 3);
	assert_int_equal(s.edges[0].sent, 4 + 2);
	assert_int_equal(s.edges[0].connections, 1);
	assert_string_equal(s.edges[0].drop_reason, "NETFILTER_DROP");
	assert_string_equal(s.edges[0].drop_function, "nft_do_chain");
	assert_true(map_edge_is_bad(&s.edges[0]));
	assert_string_equal(s.nodes[1].name, "web");
	assert_int_equal(s.nodes[1].listen_drops, 7);
	assert_int_equal(s.nodes[1].drops, 10);
	assert_int_equal(s.ignored, 1);
	service_map_snapshot_free(&s);
	service_map_free(m);
}

static void test_unanswered(void **state)
{
	struct flow syn = opening("10.0.0.1", 40000, "10.0.0.2", 80), end = syn;
	struct service_map *m = new_map(NULL);
	struct map_snapshot s;

	(void)state;
	end.event = FLOW_END;
	end.forward.delta_packets = end.forward.delta_bytes = 0;
	service_map_add(m, &syn);
	service_map_add(m, &end);
	service_map_add(m, &end);
	s = shot(m);
	assert_int_equal(s.edges[0].errors, 1);
	assert_true(map_edge_is_bad(&s.edges[0]));
	s.edges[0].connections = 1000; /* one in a thousand is no alarm */
	assert_false(map_edge_is_bad(&s.edges[0]));
	service_map_snapshot_free(&s);
	service_map_free(m);
}

static void test_dns(void **state)
{
	static const struct l7 nxdomain = {.type = L7_RESPONSE,
					   .protocol = L7_DNS,
					   .latency_ns = 5000000,
					   .dns = {.query = "cart.shop.", .rcode = 3}},
			       servfail = {.type = L7_RESPONSE,
					   .protocol = L7_DNS,
					   .dns = {.query = "cart.shop.", .rcode = 2}};
	struct flow ask = sample_dns_request(), answer = answer_of(&ask);
	struct service_map *m = new_map(NULL);
	struct map_snapshot s;

	(void)state;
	answer.protocol = 17;
	memset(&answer.reply, 0, sizeof(answer.reply));
	answer.l7 = (struct l7 *)&nxdomain;
	service_map_add(m, &ask);
	service_map_add(m, &answer);
	s = shot(m);
	assert_int_equal(s.edges[0].requests, 1);
	assert_int_equal(s.edges[0].connections, 0); /* the packets' own flow tells that */
	assert_int_equal(s.edges[0].errors, 0); /* it is an answer */
	assert_int_equal(s.edges[0].latency_p50_ns / 100000, 50);
	assert_string_equal(s.edges[0].app, "DNS");
	service_map_snapshot_free(&s);
	/* a request and its answer are one */
	assert_int_equal(service_map_snapshot(m, answer.time_ns + SECOND, 10, &s), 0);
	assert_true(s.edges[0].requests_rate > 0.09 && s.edges[0].requests_rate < 0.11);
	service_map_snapshot_free(&s);
	answer.l7 = (struct l7 *)&servfail;
	service_map_add(m, &answer);
	s = shot(m);
	assert_int_equal(s.edges[0].errors, 1);
	service_map_snapshot_free(&s);
	service_map_free(m);
}

static void test_housekeeping(void **state)
{
	const struct service_map_options shown = {.housekeeping = true};
	struct flow f[6];

	(void)state;
	f[0] = sample_icmp6(); /* router solicitation */
	f[1] = sample(17, "10.0.0.1", 5353, "224.0.0.251", 5353);
	f[2] = sample(17, "10.0.0.1", 68, "255.255.255.255", 67);
	f[3] = sample(2, "10.0.0.1", 0, "224.0.0.22", 0);
	f[4] = sample(1, "10.0.0.1", 0, "10.0.0.2", 0);
	f[4].icmp_type = 3; /* about something else */
	f[5] = sample(1, "10.0.0.1", 0, "10.0.0.2", 0);
	f[5].icmp_type = 8;
	f[5].icmp_echo = 1;
	assert_map(NULL, f, 6, "10.0.0.1 -> 10.0.0.2 ICMPv4\n");
	assert_map(&shown, f + 1, 1, "10.0.0.1 -> 224.0.0.251 UDP 5353 mDNS\n");
}

/* ------------------------------------------------------------------- Hubble's */

#define HUBBLE_END(ns, pod, w)                                                      \
	"{\"ID\":1,\"identity\":12345,\"namespace\":\"" ns "\",\"pod_name\":\"" pod \
	"\",\"workloads\":[{\"name\":\"" w "\",\"kind\":\"Deployment\"}]}"
#define HUBBLE_IP \
	"\"IP\":{\"source\":\"10.0.0.1\",\"destination\":\"10.0.0.2\",\"ipVersion\":\"IPv4\"}"

static void test_foreign(void **state)
{
	static const char *const flows[] = {
		"{\"time\":\"2026-01-15T10:20:30Z\",\"verdict\":\"FORWARDED\"," HUBBLE_IP
		",\"l4\":{\"TCP\":{\"source_port\":40000,\"destination_port\":8080,"
		"\"flags\":{\"SYN\":true}}},\"source\":" HUBBLE_END(
			"shop", "front-1",
			"front") ",\"destination\":" HUBBLE_END("shop", "cart-1",
								"cart") ",\"is_reply\":false,\"event_type\":{\"type\":4}}",
		"{\"time\":\"2026-01-15T10:20:31Z\",\"verdict\":\"DROPPED\"," HUBBLE_IP
		",\"l4\":{\"TCP\":{\"source_port\":40001,\"destination_port\":8080,"
		"\"flags\":{\"SYN\":true}}},\"source\":" HUBBLE_END("shop", "front-1", "front") ",\"destination\":" HUBBLE_END(
			"shop", "cart-1",
			"cart") ",\"event_type\":{\"type\":5},\"egress_denied_by\":[{\"name\":\"deny-cart\","
				"\"namespace\":\"shop\",\"kind\":\"CiliumNetworkPolicy\"}],"
				"\"traffic_direction\":\"EGRESS\"}",
		"{\"time\":\"2026-01-15T10:20:31Z\",\"verdict\":\"DROPPED\"," HUBBLE_IP
		",\"l4\":{\"TCP\":{\"source_port\":40001,\"destination_port\":8080,"
		"\"flags\":{\"SYN\":true}}},\"source\":" HUBBLE_END(
			"shop", "front-1",
			"front") ",\"destination\":" HUBBLE_END("shop", "cart-1",
								"cart") ",\"event_type\":{\"type\":1,\"sub_type\":133},\"drop_reason\":133,"
									"\"drop_reason_desc\":\"POLICY_DENIED\"}",
		"{\"time\":\"2026-01-15T10:20:32Z\",\"verdict\":\"FORWARDED\","
		"\"IP\":{\"source\":\"10.0.0.1\",\"destination\":\"93.184.216.34\","
		"\"ipVersion\":\"IPv4\"},\"l4\":{\"TCP\":{\"source_port\":40002,"
		"\"destination_port\":443,\"flags\":{\"SYN\":true}}},\"source\":" HUBBLE_END(
			"shop", "front-1",
			"front") ",\"destination\":{\"identity\":2},"
				 "\"destination_names\":[\"example.com\"],"
				 "\"is_reply\":false,\"event_type\":{\"type\":4}}",
	};
	struct hubble_reader *r = new_reader(false);
	struct service_map *m = new_map(NULL);
	struct map_snapshot s;
	struct flow f;

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		f = flow_of_json(r, flows[i]);
		service_map_add(m, &f);
		flow_release(&f);
	}
	s = shot(m);
	assert_edges(&s, "shop/front -> example.com TCP 443 HTTPS\n"
			 "shop/front -> shop/cart TCP 8080 HTTP\n");
	assert_int_equal(s.edges[1].flows, 3);
	assert_int_equal(s.edges[1].connections, 2);
	assert_int_equal(s.edges[1].drops, 1);
	assert_int_equal(s.edges[1].sent, 2);
	assert_string_equal(s.edges[1].drop_reason, "POLICY_DENIED");
	assert_string_equal(s.edges[1].drop_policy, "deny-cart (CiliumNetworkPolicy)");
	service_map_snapshot_free(&s);
	service_map_free(m);
	hubble_reader_free(r);
}

/* --------------------------------------------------------------------- bounds */

static void add_stranger(struct service_map *m, unsigned int i)
{
	char name[32];
	struct flow f;

	snprintf(name, sizeof(name), "10.%u.%u.%u", 1 + i / 62500, i / 250 % 250, i % 250);
	f = opening(name, 40000, "10.0.0.2", 80);
	service_map_add(m, &f);
}

static void test_many_nodes(void **state)
{
	const struct service_map_options opt = {.max_nodes = 100, .max_edges = 300};
	struct service_map *m = new_map(&opt), *again = new_map(&opt);
	char *text, *second;
	uint64_t flows = 0;
	struct map_snapshot s;
	size_t bytes = 0;

	(void)state;
	for (unsigned int i = 0; i < 20000; i++) {
		add_stranger(m, i);
		add_stranger(again, i);
		if (i == 10000)
			bytes = service_map_bytes(m);
	}
	assert_true(service_map_bytes(m) < bytes + bytes / 10 + (6u << 20));
	s = shot(m);
	assert_true(s.n_nodes <= 100);
	assert_true(s.n_edges <= 300);
	for (size_t i = 0; i < s.n_edges; i++)
		flows += s.edges[i].flows;
	assert_int_equal(flows, 20000); /* nothing is lost */
	assert_true(s.left_out > 19000 && s.left_out < 20000);
	text = edges_text(&s);
	service_map_snapshot_free(&s);
	s = shot(again);
	second = edges_text(&s);
	assert_string_equal(text, second);
	free(text);
	free(second);
	service_map_snapshot_free(&s);
	service_map_free(m);
	service_map_free(again);
}

/* A scan of ports is one edge, not sixty thousand. */
static void test_many_ports(void **state)
{
	struct service_map *m = new_map(NULL);
	uint64_t flows = 0;
	struct map_snapshot s;

	(void)state;
	for (unsigned int i = 1; i < 60000; i++) {
		struct flow f = opening("10.0.0.1", 40000, "10.0.0.2", i);

		service_map_add(m, &f);
	}
	s = shot(m);
	assert_int_equal(s.n_nodes, 2);
	assert_true(s.n_edges <= 17);
	for (size_t i = 0; i < s.n_edges; i++)
		flows += s.edges[i].flows;
	assert_int_equal(flows, 59999);
	assert_int_equal(s.edges[0].port, 0);
	assert_int_equal(s.edges[0].flows, 59999 - 16);
	service_map_snapshot_free(&s);
	service_map_free(m);
}

static void test_many_edges(void **state)
{
	const struct service_map_options opt = {.max_nodes = 400, .max_edges = 500};
	struct service_map *m = new_map(&opt);
	uint64_t flows = 0;
	struct map_snapshot s;
	char a[32], b[32];

	(void)state;
	for (unsigned int i = 0; i < 100; i++)
		for (unsigned int j = 0; j < 100; j++) {
			struct flow f;

			snprintf(a, sizeof(a), "10.0.1.%u", i);
			snprintf(b, sizeof(b), "10.0.2.%u", j);
			f = opening(a, 40000, b, 80);
			service_map_add(m, &f);
		}
	s = shot(m);
	assert_true(s.n_edges <= 500);
	for (size_t i = 0; i < s.n_edges; i++)
		flows += s.edges[i].flows;
	assert_int_equal(flows, 10000);
	service_map_snapshot_free(&s);
	service_map_free(m);
}

static void test_keys(void **state)
{
	struct flow f = opening("10.0.0.1", 40000, "10.0.0.2", 80);
	struct service_map *m = new_map(NULL);
	struct map_snapshot s;

	(void)state;
	f.src.endpoint = named(ENDPOINT_POD, "shop", "cart", "cart-1");
	service_map_add(m, &f);
	s = shot(m);
	assert_string_equal(s.nodes[1].name, "cart");
	/* the same in every run, on every machine */
	assert_true(s.nodes[1].key == 0xf6acae0f1aeee517);
	assert_true(s.edges[0].key == 0x5306c69687a01866);

	service_map_snapshot_free(&s);
	service_map_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sums),
		cmocka_unit_test(test_answer),
		cmocka_unit_test(test_rates),
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_groups),
		cmocka_unit_test(test_world),
		cmocka_unit_test(test_better_name),
		cmocka_unit_test(test_address_named_later),
		cmocka_unit_test(test_service_is_workload),
		cmocka_unit_test(test_workload_now_and_then),
		cmocka_unit_test(test_direction),
		cmocka_unit_test(test_flipped_sums),
		cmocka_unit_test(test_two_tellers),
		cmocka_unit_test(test_drops),
		cmocka_unit_test(test_unanswered),
		cmocka_unit_test(test_dns),
		cmocka_unit_test(test_housekeeping),
		cmocka_unit_test(test_foreign),
		cmocka_unit_test(test_many_nodes),
		cmocka_unit_test(test_many_ports),
		cmocka_unit_test(test_many_edges),
		cmocka_unit_test(test_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
