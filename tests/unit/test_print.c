// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "cli/print.h"
#include "tests/unit/sample_flows.h"

static char printed[65536];

/* What `format` prints of n flows, and of an EVENTS LOST after them. */
static const char *print(const char *format, struct print_options opt, const struct flow *flows,
			 size_t n, const struct lost_events *lost)
{
	const struct print_format *f = print_format_find(format);
	struct sink *s;
	ssize_t len;

	opt.fd = memfd_create("printed", 0);
	assert_non_null(f);
	assert_int_equal(f->create(&opt, &s), 0);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(s->flow(s, &flows[i]), 0);
	if (lost)
		assert_int_equal(print_lost(s, lost), 0);
	assert_int_equal(s->flush(s), 0);
	s->close(s);
	len = pread(opt.fd, printed, sizeof(printed) - 1, 0);
	assert_true(len >= 0);
	printed[len] = '\0';
	close(opt.fd);
	return printed;
}

#define PRINT1(format, flow, ...) \
	print(format, (struct print_options){__VA_ARGS__}, &(flow), 1, NULL)

static void samples(struct flow *flows)
{
	flows[0] = sample_syn();
	flows[1] = sample_synack();
	flows[2] = sample_drop();
	flows[3] = sample_icmp6();
}

static const struct lost_events lost_ring = {
	.time_ns = SAMPLE_NS + 4000000000ull,
	.source = "PERF_EVENT_RING_BUFFER",
	.count = 37,
	.cpu = 3,
};

static const struct lost_events lost_history = {
	.time_ns = SAMPLE_NS + 4500000000ull,
	.source = "HUBBLE_RING_BUFFER",
	.count = 99,
	.cpu = -1,
	.first_ns = SAMPLE_NS + 3000000000ull,
	.last_ns = SAMPLE_NS + 4000000000ull,
};

/* Byte for byte what the hubble client printed with --numeric --print-node-name. */
static void test_compact(void **state)
{
	struct flow flows[4];

	(void)state;
	samples(flows);
	assert_string_equal(
		print("compact",
		      (struct print_options){.print_node_name = true, .node_name = "node-1"}, flows,
		      4, &lost_ring),
		"Jan 15 10:20:30.123 [node-1]: 10.0.1.10:43210 (ID:12345) -> 10.0.2.20:8080 (ID:23456) to-endpoint FORWARDED (TCP Flags: SYN)\n"
		"Jan 15 10:20:30.124 [node-1]: 10.0.1.10:43210 (ID:12345) <- 10.0.2.20:8080 (ID:23456) to-endpoint FORWARDED (TCP Flags: SYN, ACK)\n"
		"Jan 15 10:20:31.000 [node-1]: 10.0.1.10:43211 (ID:12345) <> 93.184.216.34:443 (world) Policy denied DROPPED (TCP Flags: SYN)\n"
		"Jan 15 10:20:33.000 [node-1]: fd00::a (host) <> ff02::2 (world) to-stack FORWARDED (ICMPv6 RouterSolicitation)\n"
		"Jan 15 10:20:34.000 EVENTS LOST: PERF_EVENT_RING_BUFFER CPU(3) 37\n");
	assert_string_equal(
		print("compact", (struct print_options){.time_format = TIME_RFC3339_NANO}, flows, 3,
		      &lost_history),
		"2026-01-15T10:20:30.123456789Z: 10.0.1.10:43210 (ID:12345) -> 10.0.2.20:8080 (ID:23456) to-endpoint FORWARDED (TCP Flags: SYN)\n"
		"2026-01-15T10:20:30.124Z: 10.0.1.10:43210 (ID:12345) <- 10.0.2.20:8080 (ID:23456) to-endpoint FORWARDED (TCP Flags: SYN, ACK)\n"
		"2026-01-15T10:20:31.000000001Z: 10.0.1.10:43211 (ID:12345) <> 93.184.216.34:443 (world) Policy denied DROPPED (TCP Flags: SYN)\n"
		"2026-01-15T10:20:34.5Z EVENTS LOST: HUBBLE_RING_BUFFER CPU(0) 99 (first: 2026-01-15T10:20:33Z, last: 2026-01-15T10:20:34Z)\n");
}

#define C "\033[36m"
#define Y "\033[33m"
#define M "\033[35m"
#define G "\033[32m"
#define R "\033[31m"
#define O "\033[0m"

static void test_colors(void **state)
{
	struct flow flows[4], six = sample(6, "fd00::a", 1, "fd00::b", 80);

	(void)state;
	samples(flows);
	assert_string_equal(
		print("compact", (struct print_options){.color = true}, flows, 4, &lost_ring),
		"Jan 15 10:20:30.123: " C "10.0.1.10:" Y "43210" O O " " M "(ID:12345)" O " -> " C
		"10.0.2.20:" Y "8080" O O " " M "(ID:23456)" O " to-endpoint " G "FORWARDED" O
		" (TCP Flags: SYN)\n"
		"Jan 15 10:20:30.124: " C "10.0.1.10:" Y "43210" O O " " M "(ID:12345)" O " <- " C
		"10.0.2.20:" Y "8080" O O " " M "(ID:23456)" O " to-endpoint " G "FORWARDED" O
		" (TCP Flags: SYN, ACK)\n"
		"Jan 15 10:20:31.000: " C "10.0.1.10:" Y "43211" O O " " M "(ID:12345)" O " <> " C
		"93.184.216.34:" Y "443" O O " " M "(world)" O " Policy denied " R "DROPPED" O
		" (TCP Flags: SYN)\n"
		"Jan 15 10:20:33.000: " C "fd00::a" O " " M "(host)" O " <> " C "ff02::2" O " " M
		"(world)" O " to-stack " G "FORWARDED" O " (ICMPv6 RouterSolicitation)\n"
		"Jan 15 10:20:34.000 EVENTS LOST: PERF_EVENT_RING_BUFFER CPU(3) 37\n");
	assert_non_null(
		strstr(PRINT1("compact", six, .color = true), C "[fd00::a]:" Y "1" O O " "));
	assert_null(strchr(PRINT1("table", six, .color = true), '\033'));
}

static void test_dict(void **state)
{
	struct flow flows[4];

	(void)state;
	samples(flows);
	assert_string_equal(print("dict", (struct print_options){0}, flows + 1, 2, &lost_ring),
			    "  TIMESTAMP: Jan 15 10:20:30.124\n"
			    "     SOURCE: 10.0.2.20:8080\n"
			    "DESTINATION: 10.0.1.10:43210\n"
			    "       TYPE: to-endpoint\n"
			    "    VERDICT: FORWARDED\n"
			    "    SUMMARY: TCP Flags: SYN, ACK\n"
			    "------------\n"
			    "  TIMESTAMP: Jan 15 10:20:31.000\n"
			    "     SOURCE: 10.0.1.10:43211\n"
			    "DESTINATION: 93.184.216.34:443\n"
			    "       TYPE: Policy denied\n"
			    "    VERDICT: DROPPED\n"
			    "    SUMMARY: TCP Flags: SYN\n"
			    "------------\n"
			    "  TIMESTAMP: Jan 15 10:20:34.000\n"
			    "     SOURCE: PERF_EVENT_RING_BUFFER\n"
			    "       TYPE: EVENTS LOST\n"
			    "    VERDICT: -\n"
			    "    SUMMARY: CPU(3) - 37\n");
	assert_string_equal(PRINT1("dict", flows[0], .print_node_name = true, .node_name = "n\033"),
			    "  TIMESTAMP: Jan 15 10:20:30.123\n"
			    "       NODE: n^[\n"
			    "     SOURCE: 10.0.1.10:43210\n"
			    "DESTINATION: 10.0.2.20:8080\n"
			    "       TYPE: to-endpoint\n"
			    "    VERDICT: FORWARDED\n"
			    "    SUMMARY: TCP Flags: SYN\n");
}

static void test_table(void **state)
{
	struct flow flows[4];

	(void)state;
	samples(flows);
	assert_string_equal(
		print("table", (struct print_options){0}, flows, 4, &lost_ring),
		"TIMESTAMP             SOURCE                   DESTINATION         TYPE            VERDICT     SUMMARY\n"
		"Jan 15 10:20:30.123   10.0.1.10:43210          10.0.2.20:8080      to-endpoint     FORWARDED   TCP Flags: SYN\n"
		"Jan 15 10:20:30.124   10.0.2.20:8080           10.0.1.10:43210     to-endpoint     FORWARDED   TCP Flags: SYN, ACK\n"
		"Jan 15 10:20:31.000   10.0.1.10:43211          93.184.216.34:443   Policy denied   DROPPED     TCP Flags: SYN\n"
		"Jan 15 10:20:33.000   fd00::a                  ff02::2             to-stack        FORWARDED   ICMPv6 RouterSolicitation\n"
		"Jan 15 10:20:34.000   PERF_EVENT_RING_BUFFER   -                   EVENTS LOST     -           CPU(3) - 37\n");
	assert_string_equal(
		print("tab", (struct print_options){.print_node_name = true, .node_name = "node-1"},
		      flows, 1, NULL),
		"TIMESTAMP             NODE     SOURCE            DESTINATION      TYPE          VERDICT     SUMMARY\n"
		"Jan 15 10:20:30.123   node-1   10.0.1.10:43210   10.0.2.20:8080   to-endpoint   FORWARDED   TCP Flags: SYN\n");
	assert_false(print_format_find("table")->follow_ok);
	assert_true(print_format_find("wide")->follow_ok);
	assert_null(print_format_find("xml"));
}

static void test_time_formats(void **state)
{
	static const char *const want[TIME_FORMATS_MAX] = {
		"Jan 15 10:20:30.120",
		"2026-01-15",
		"2026-01-15T10+00:00",
		"2026-01-15T10:20+00:00",
		"2026-01-15T10:20:30Z",
		"2026-01-15T10:20:30.12Z",
		"2026-01-15T10:20:30.12Z",
		"2026-01-15T10:20:30.12Z",
		"Thu, 15 Jan 2026 10:20:30 +0000",
	};
	struct flow f = sample_syn();

	(void)state;
	f.time_ns = SAMPLE_NS + 120000000;
	for (unsigned int i = 0; i < TIME_FORMATS_MAX; i++) {
		const char *line = PRINT1("compact", f, .time_format = i);

		assert_memory_equal(line, want[i], strlen(want[i]));
		assert_memory_equal(line + strlen(want[i]), ": 10.", 5);
		assert_int_equal(time_format_find(time_format_name(i)), i);
	}
	assert_int_equal(time_format_find("nonsense"), TIME_STAMP_MILLI);
	assert_null(time_format_name(TIME_FORMATS_MAX));
	f.time_ns = (SAMPLE_SECOND - 11 * 86400) * 1000000000;
	assert_memory_equal(PRINT1("compact", f), "Jan  4 10:20:30.000: ", 21);
	f.time_ns = 0;
	assert_memory_equal(PRINT1("compact", f), "N/A: ", 5);
}

static void test_local_time(void **state)
{
	struct flow f = sample_syn();

	(void)state;
	setenv("TZ", "XST-5:30", 1);
	tzset();
	assert_memory_equal(PRINT1("compact", f, .local_time = true), "Jan 15 15:50:30.123: ", 21);
	assert_memory_equal(PRINT1("compact", f, .local_time = true, .time_format = TIME_RFC3339),
			    "2026-01-15T15:50:30+05:30: ", 27);
	assert_memory_equal(PRINT1("compact", f), "Jan 15 10:20:30.123: ", 21);
	unsetenv("TZ");
	tzset();
}

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
		print("wide", (struct print_options){0}, flows, 3, NULL),
		"TIMESTAMP            SOURCE                     DESTINATION            PROTO   VERDICT    EVENT           SUMMARY             PACKETS    BYTES              RTT      HANDSHAKE  PROCESSES                 INTERFACE\n"
		"Jan 15 10:20:30.124  [fd00::1]:43210        <-  [2001:db8:1:2:3:4:5:6]:8080  TCP  FORWARDED  new          SYN, ACK            3/2        180 B/1.2 KiB      0.21 ms  -          -                         veth0\n"
		"Jan 15 10:20:31.000  10.0.1.10:43211        <>  93.184.216.34:443      TCP     DROPPED    Policy denied   SYN                 4          240 B              -        -          -                         -\n"
		"Jan 15 10:20:30.124  10.0.1.10:43210        <-  10.0.2.20:8080         TCP     FORWARDED  end             SYN, ACK            3/2        180 B/1.2 KiB      0.21 ms  -          -                         veth0\n");
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

static void test_reader_gone(void **state)
{
	const struct print_format *formats = print_formats;
	struct flow f = sample_syn();
	int fds[2];

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(pipe(fds), 0);
	close(fds[0]);
	for (; formats->name; formats++) {
		struct print_options opt = {.fd = fds[1]};
		struct sink *s;

		assert_int_equal(formats->create(&opt, &s), 0);
		f.event = FLOW_END;
		assert_int_equal(s->flow(s, &f), 0);
		assert_int_equal(s->flush(s), formats->follow_ok ? -EPIPE : 0);
		s->close(s);
	}
	close(fds[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_compact),
		cmocka_unit_test(test_colors),
		cmocka_unit_test(test_dict),
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_time_formats),
		cmocka_unit_test(test_local_time),
		cmocka_unit_test(test_tail),
		cmocka_unit_test(test_tail_place),
		cmocka_unit_test(test_drops),
		cmocka_unit_test(test_listen_drop),
		cmocka_unit_test(test_icmp_error),
		cmocka_unit_test(test_not_ip),
		cmocka_unit_test(test_wide),
		cmocka_unit_test(test_connection),
		cmocka_unit_test(test_connection_drops),
		cmocka_unit_test(test_reader_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
