// SPDX-License-Identifier: MIT
/* What Hubble's printers do not have: the compact line's tail, wide, connection. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "tests/unit/printed.h"
#include "tests/unit/sample_flows.h"

static struct flow counted(uint8_t event)
{
	struct flow f = sample_synack();

	f.event = event;
	f.forward.packets = 3;
	f.forward.bytes = 180;
	f.reply.packets = 2;
	f.reply.bytes = 1229;
	f.forward.srtt_us = 10;
	f.reply.srtt_us = 200;
	strcpy(f.ifname, "veth0");
	return f;
}

static const char *tail_of(const struct flow *f)
{
	const char *tail = strstr(PRINT1("compact", *f), ") [");

	return tail ? tail + 2 : "";
}

static void test_tail(void **state)
{
	struct process *curl = sample_process("curl", 1234),
		       *evil = sample_process("\033[2J\n", 77);
	struct flow f = counted(FLOW_NEW);

	(void)state;
	f.src.process = evil;
	f.dst.process = curl;
	assert_string_equal(
		tail_of(&f),
		"[curl/1234 -> ^[[2J\\n/77; 3/2 pkts 180 B/1.2 KiB; rtt 0.21 ms; veth0]\n");
	assert_null(strchr(PRINT1("compact", f, .no_tail = true), '['));
	f.src.process = NULL;
	f.initiator_by = INITIATOR_PORT;
	f.event = FLOW_REPORT;
	f.forward.retransmits = 1;
	strcpy(f.ifaces[0], "br0");
	assert_string_equal(
		tail_of(&f),
		"[report; initiator guessed; curl/1234 -> *; 3/2 pkts 180 B/1.2 KiB; rtt 0.21 ms; retransmits 1/0; veth0,br0]\n");
	f = counted(FLOW_END);
	f.closed = true;
	f.handshake_us = 400;
	f.handshake_client_us = 150;
	f.handshake_server_us = 250;
	assert_string_equal(
		tail_of(&f),
		"[end closed; 3/2 pkts 180 B/1.2 KiB; rtt 0.21 ms; handshake 0.40 ms (client 0.15 ms, server 0.25 ms); veth0]\n");
	process_put(curl);
	process_put(evil);
}

static void test_tail_place(void **state)
{
	struct flow f = sample(1, "10.0.0.1", 0, "10.0.0.2", 0);

	(void)state;
	f.icmp_type = 8;
	f.icmp_echo = 1;
	f.icmp_id = 77;
	f.vlan[0] = 10;
	f.vlan[1] = 20;
	f.has_nat = true;
	f.nat_orig.src = f.nat_xlated.src = f.src.addr;
	f.nat_orig.dst = addr("10.96.0.10");
	f.nat_xlated.dst = f.dst.addr;
	f.tunnel.type = TUNNEL_VXLAN;
	f.tunnel.vni = 42;
	f.tunnel.outer = (struct flow_tuple){addr("192.0.2.1"), addr("192.0.2.2"), 5, 4789};
	assert_string_equal(
		tail_of(&f),
		"[dnat 10.96.0.10 to 10.0.0.2; vxlan vni 42 192.0.2.1:5 -> 192.0.2.2:4789; vlan 10.20; id 77]\n");
}

static void test_drops(void **state)
{
	struct flow f = sample_drop();

	(void)state;
	f.drop.reason_name = "NETFILTER_DROP";
	f.drop.function = "nft_do_chain";
	f.drop.offset = 0x12;
	f.drop.text = "netfilter rule";
	f.drop.packets = 17;
	f.drop.bytes = 1024;
	f.drop.stack_depth = 2;
	f.drop.stack[0] = "a+0x1";
	f.drop.stack[1] = "b+0x2";
	strcpy(f.ifname, "veth0");
	assert_string_equal(
		PRINT1("compact", f),
		"Jan 15 10:20:31.000: 10.0.1.10:43211 (ID:12345) <> 93.184.216.34:443 (world) NETFILTER_DROP DROPPED (TCP Flags: SYN) [nft_do_chain+0x12; netfilter rule; 17 pkts 1.0 KiB; stack a+0x1 < b+0x2; veth0]\n");
}

static void test_listen_drop(void **state)
{
	struct flow f = sample(6, "0.0.0.0", 0, "10.0.0.2", 80);

	(void)state;
	f.event = FLOW_LISTEN_DROP;
	f.verdict = VERDICT_DROPPED;
	f.dst.identity = IDENTITY_HOST;
	f.listen = (struct flow_listen){.drops = 12, .backlog = 6, .backlog_max = 5, .requests = 3};
	assert_string_equal(
		PRINT1("compact", f),
		"Jan 15 10:20:30.000: * (unknown) <> 10.0.0.2:80 (host) LISTEN_OVERFLOW DROPPED (TCP) [12 lost; backlog 6/5; 3 half-open]\n");
	f.src.addr = addr("::");
	f.dst.addr = addr("::");
	f.ip_version = 6;
	f.listen.synflood = true;
	assert_non_null(
		strstr(PRINT1("compact", f), ": * (unknown) <> *:80 (host) SYN_FLOOD DROPPED"));
}

static void test_icmp_error(void **state)
{
	struct flow f = sample(6, "10.0.0.2", 40000, "10.9.9.9", 80);

	(void)state;
	f.event = FLOW_ICMP_ERROR;
	f.icmp_type = 3;
	f.icmp_code = 4;
	f.icmp_info = 1400;
	f.icmp_from = addr("10.0.0.1");
	assert_non_null(strstr(
		PRINT1("compact", f),
		"-> 10.9.9.9:80 (unknown) to-endpoint FORWARDED (ICMPv4 DestinationUnreachable(FragmentationNeeded) mtu 1400 from 10.0.0.1)\n"));
}

static void test_not_ip(void **state)
{
	struct flow f = sample_drop();

	(void)state;
	f.ip_version = 0;
	f.protocol = 0;
	f.src.port = f.dst.port = 0;
	f.ethertype = 0x88cc;
	assert_non_null(
		strstr(PRINT1("compact", f),
		       ": - (ID:12345) <> - (world) Policy denied DROPPED (Ethernet 0x88cc)\n"));
	f.ethertype = 0x0806;
	assert_non_null(strstr(PRINT1("compact", f), "DROPPED (ARP)\n"));
}

static void test_wide(void **state)
{
	struct flow flows[3] = {counted(FLOW_NEW), sample_drop(), counted(FLOW_END)};

	(void)state;
	flows[0].src.addr = addr("2001:db8:1:2:3:4:5:6");
	flows[0].dst.addr = addr("fd00::1");
	flows[0].ip_version = 6;
	flows[1].drop.packets = 4;
	flows[1].drop.bytes = 240;
	assert_string_equal(
		print("wide", (struct print_options){.numeric = true}, flows, 3, NULL),
		"TIMESTAMP            SOURCE                     DESTINATION            PROTO   VERDICT    EVENT              SUMMARY             PACKETS    BYTES              RTT      HANDSHAKE  PROCESSES                 INTERFACE  DETAILS\n"
		"Jan 15 10:20:30.124  [fd00::1]:43210        <-  [2001:db8:1:2:3:4:5:6]:8080  TCP  FORWARDED  new             SYN, ACK            3/2        180 B/1.2 KiB      0.21 ms  -          -                         veth0      -\n"
		"Jan 15 10:20:31.000  10.0.1.10:43211        <>  93.184.216.34:443      TCP     DROPPED    Policy denied      SYN                 4          240 B              -        -          -                         -          -\n"
		"Jan 15 10:20:30.124  10.0.1.10:43210        <-  10.0.2.20:8080         TCP     FORWARDED  end                SYN, ACK            3/2        180 B/1.2 KiB      0.21 ms  -          -                         veth0      -\n");
}

static void test_wide_names(void **state)
{
	static const struct place berlin = {
		.country = "DE", .asn = 3320, .as_name = "Deutsche Telekom AG", .city = "Berlin"};
	struct flow flows[2] = {sample_named(sample_drop()), sample_named(sample_dns_request())};

	(void)state;
	flows[0].dst.place = (struct place *)&berlin;
	assert_string_equal(
		print("wide", (struct print_options){0}, flows, 2, NULL),
		"TIMESTAMP            SOURCE                                    DESTINATION                           PROTO   VERDICT    EVENT              SUMMARY             PACKETS    BYTES              RTT      HANDSHAKE  PROCESSES                 INTERFACE  DETAILS\n"
		"Jan 15 10:20:31.000  shop/frontend-7d9c5b6f4-abcde:43211   <>  example.com,www.example.com:443       TCP     DROPPED    Policy denied      SYN                 0          0 B                -        -          -                         -          DE AS3320 Deutsche Telekom AG\n"
		"Jan 15 10:20:32.500  shop/frontend-7d9c5b6f4-abcde:50000   ->  kube-system/coredns-1:53              UDP     FORWARDED  dns-request wire   DNS Query example.com. A  -    -                  -        -          -                         -          -\n");
}

/* ------------------------------------------------------------------- names */

static const char *end_of(struct flow f)
{
	static char end[512];
	const char *line = PRINT1("compact", f), *arrow = strstr(line, " (");

	assert_non_null(arrow);
	snprintf(end, sizeof(end), "%.*s", (int)(arrow - line - 21), line + 21);
	return end;
}

/* Best first: pod, Service, DNS, reverse, node, address. */
static void test_name_choice(void **state)
{
	static const char *const evil[] = {"a\033]0;x\a.example", "\xff"};
	static const char *const ptr[] = {"dns.google"};
	struct endpoint node = {
		.kind = ENDPOINT_NODE, .namespace_name = "", .name = "node-2", .node = ""};
	struct service cart = {.namespace_name = "shop", .name = "cart"};
	struct name_list names = {.n = 2, .names = evil}, reverse = {.n = 1, .names = ptr};
	struct endpoint kworker = {
		.kind = ENDPOINT_PROCESS, .namespace_name = "host", .name = "kworker/u8:1\n"};
	struct flow f = sample(6, "fd00::8", 5, "10.0.0.1", 80);

	(void)state;
	assert_string_equal(end_of(f), "[fd00::8]:5");
	f.src.endpoint = &node;
	assert_string_equal(end_of(f), "node-2:5");
	f.src.reverse = &reverse;
	assert_string_equal(end_of(f), "dns.google:5");
	f.src.dns = &names;
	assert_string_equal(end_of(f), "a^[]0;x\\x07.example,\\xff:5");
	f.src.service = &cart;
	assert_string_equal(end_of(f), "shop/cart:5");
	kworker.container = "";
	f.src.endpoint = &kworker;
	assert_string_equal(end_of(f), "[host/kworker/u8:1\\n]:5");
	kworker.name = "x (world) to-stack ";
	assert_string_equal(end_of(f), "host/x\\x20(world)\\x20to-stack\\x20:5");
	kworker.namespace_name = "";
	kworker.name = "x";
	assert_string_equal(end_of(f), "x:5");
	f.src.port = 0;
	assert_string_equal(end_of(f), "x");
	f.ip_version = 0;
	assert_string_equal(end_of(f), "-");
}

static void test_names_tail(void **state)
{
	static const char *const ptr[] = {"93-184-216-34.example.net"};
	static const struct place us = {
		.country = "US", .asn = 15133, .as_name = "EDGE\033CAST", .city = ""};
	static const struct place place_de = {.country = "DE", .as_name = "", .city = ""};
	struct endpoint frontend = *sample_endpoint(
		&(struct ip_addr){.b = {[10] = 0xff, [11] = 0xff, [12] = 10, [14] = 1, [15] = 10}});
	struct name_list reverse = {.n = 1, .names = ptr};
	struct flow f = sample_named(sample_drop());

	(void)state;
	assert_string_equal(tail_of(&f), "");
	f.src.endpoint = &frontend;
	frontend.container = "app";
	f.dst.place = (struct place *)&us;
	f.dst.reverse = &reverse;
	assert_string_equal(
		tail_of(&f),
		"[container app -> *; ptr 93-184-216-34.example.net; US AS15133 EDGE^[CAST]\n");
	assert_null(strstr(PRINT1("compact", f, .numeric = true), "example"));
	f.dst.dns = NULL; /* it is the end's name now */
	f.src.place = (struct place *)&place_de;
	assert_string_equal(tail_of(&f), "[container app -> *; DE -> US AS15133 EDGE^[CAST]\n");
	assert_null(strstr(PRINT1("compact", f, .numeric = true), "example"));
}

/* -------------------------------------------------------------------- DNS */

static const char *dns_line(const struct l7 *l7)
{
	struct flow f = sample(17, "10.0.0.53", 53, "10.0.1.10", 50000);

	f.event = FLOW_L7;
	f.is_reply = REPLY_YES;
	f.l7 = (struct l7 *)l7;
	return strstr(PRINT1("compact", f), "dns-");
}

static void test_dns(void **state)
{
	static const char *const both[] = {"A", "AAAA"};
	static const char *const chain[] = {"a.example.", "b\".\033example."};
	const struct ip_addr ips[] = {addr("1.2.3.4"), addr("2001:db8::1")};
	struct l7 l7 = {
		.type = L7_RESPONSE,
		.protocol = L7_DNS,
		.latency_ns = 3200000,
		.dns = {.query = "example.com.",
			.qtypes = both,
			.n_qtypes = 1,
			.ttl = 30,
			.ips = ips,
			.n_ips = 1},
	};

	(void)state;
	assert_string_equal(
		dns_line(&l7),
		"dns-response wire FORWARDED (DNS Answer \"1.2.3.4\" TTL: 30 (Query example.com. A)) [latency 3.2 ms]\n");
	l7.dns.n_ips = l7.dns.n_qtypes = l7.dns.n_cnames = 2;
	l7.dns.cnames = chain;
	l7.dns.multicast = l7.dns.truncated = true;
	l7.latency_ns = 0;
	assert_string_equal(
		dns_line(&l7),
		"dns-response wire FORWARDED (DNS Answer \"1.2.3.4,2001:db8::1\" CNAMEs: \"a.example.,b\\\".^[example.\" TTL: 30 (Query example.com. A,AAAA)) [multicast; truncated]\n");
	l7.dns = (struct l7_dns){
		.query = "x\033.", .qtypes = both, .n_qtypes = 1, .rcode = 3, .ttl = UINT32_MAX};
	assert_string_equal(
		dns_line(&l7),
		"dns-response wire FORWARDED (DNS Answer RCode: Non-Existent Domain TTL: 4294967295 (Query x^[. A)) [NXDOMAIN]\n");
	l7.dns.cnames = chain; /* a chain that ends in nothing */
	l7.dns.n_cnames = 1;
	assert_non_null(strstr(dns_line(&l7), "RCode: Non-Existent Domain TTL: "));
	l7.dns.n_cnames = 0;
	l7.dns.rcode = 4711;
	assert_non_null(strstr(dns_line(&l7), "(DNS Answer RCode: 4711 TTL: "));
	l7.dns.rcode = 0;
	assert_non_null(strstr(dns_line(&l7), "(DNS Answer  TTL: 4294967295 (Query x^[. A))\n"));
}

/* What went wrong is red, the rest is not. */
static void test_dns_failures(void **state)
{
	static const char *const types[] = {"A"};
	struct l7 l7 = {
		.type = L7_REQUEST,
		.protocol = L7_DNS,
		.dns = {.query = "example.com.", .qtypes = types, .n_qtypes = 1, .timeout = true},
	};
	struct flow f = sample_dns_request();

	(void)state;
	f.l7 = &l7;
	f.verdict = VERDICT_ERROR;
	assert_non_null(
		strstr(PRINT1("compact", f),
		       "dns-request wire ERROR (DNS Timeout example.com. A (no answer in 5s))\n"));
	assert_non_null(strstr(PRINT1("compact", f, .color = true),
			       "(\033[31mDNS Timeout example.com. A (no answer in 5s)\033[0m)\n"));
	assert_non_null(strstr(PRINT1("dict", f, .color = true), "SUMMARY: \033[31mDNS Timeout"));
	l7.dns.timeout = false;
	assert_null(strstr(PRINT1("compact", f, .color = true), "\033[31mDNS"));
	l7.type = L7_RESPONSE;
	assert_null(strstr(PRINT1("compact", f, .color = true), "\033[31mDNS"));
	l7.dns.rcode = 2;
	assert_non_null(strstr(PRINT1("compact", f, .color = true), "\033[31mDNS Answer RCode: "));
	assert_non_null(strstr(PRINT1("compact", f), "[SERVFAIL]"));
}

static void test_connection(void **state)
{
	struct flow flows[4] = {counted(FLOW_NEW), counted(FLOW_REPORT), counted(FLOW_END),
				sample_icmp6()};

	(void)state;
	flows[2].closed = true;
	flows[2].forward.first_ns = SAMPLE_NS;
	flows[2].reply.first_ns = SAMPLE_NS + 1000;
	flows[2].forward.last_ns = SAMPLE_NS + 2310000000ull;
	assert_string_equal(
		print("connection", (struct print_options){0}, flows, 4, NULL),
		"Jan 15 10:20:30.124: 10.0.1.10:43210 (ID:12345) -> 10.0.2.20:8080 (ID:23456) TCP 2.3 s [end closed; 3/2 pkts 180 B/1.2 KiB; rtt 0.21 ms; veth0]\n");
}

static unsigned int lines(const char *s)
{
	unsigned int n = 0;

	while ((s = strchr(s, '\n'))) {
		n++;
		s++;
	}
	return n;
}

/* 1,000 events of one drop within 10 s: the first line, and what it came to. */
static void test_connection_drops(void **state)
{
	struct flow *flows = calloc(1001, sizeof(*flows));
	const char *out;

	(void)state;
	assert_non_null(flows);
	for (int i = 0; i < 1000; i++) {
		flows[i] = sample_drop();
		flows[i].time_ns += i * 1000000;
		flows[i].connection_id = 5;
		flows[i].drop.packets = i + 1;
	}
	out = print("connection", (struct print_options){0}, flows, 1000, NULL);
	assert_int_equal(lines(out), 2);
	assert_non_null(strstr(out, "[1 pkts"));
	assert_non_null(strstr(out, "[1000 pkts"));
	flows[1000] = counted(FLOW_END);
	flows[1000].connection_id = 5;
	out = print("connection", (struct print_options){0}, flows, 1001, NULL);
	assert_int_equal(lines(out), 3);
	assert_true(strstr(out, "[1000 pkts") < strstr(out, "[end"));
	for (int i = 0; i < 1000; i++)
		flows[i].src.port = i;
	assert_int_equal(lines(print("connection", (struct print_options){0}, flows, 400, NULL)),
			 400);
	flows[1].time_ns = flows[0].time_ns + 10000000000ull;
	flows[1].src.port = flows[0].src.port;
	assert_int_equal(lines(print("connection", (struct print_options){0}, flows, 2, NULL)), 2);
	free(flows);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tail),	    cmocka_unit_test(test_tail_place),
		cmocka_unit_test(test_drops),	    cmocka_unit_test(test_listen_drop),
		cmocka_unit_test(test_icmp_error),  cmocka_unit_test(test_not_ip),
		cmocka_unit_test(test_wide),	    cmocka_unit_test(test_wide_names),
		cmocka_unit_test(test_name_choice), cmocka_unit_test(test_names_tail),
		cmocka_unit_test(test_dns),	    cmocka_unit_test(test_dns_failures),
		cmocka_unit_test(test_connection),  cmocka_unit_test(test_connection_drops),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
