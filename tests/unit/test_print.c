// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "tests/unit/printed.h"
#include "tests/unit/sample_flows.h"

static void samples(struct flow *flows)
{
	flows[0] = sample_syn();
	flows[1] = sample_synack();
	flows[2] = sample_drop();
	flows[3] = sample_icmp6();
}

/* The same with the names that Hubble's have, and a DNS request. */
static void named_samples(struct flow *flows)
{
	samples(flows);
	flows[4] = flows[3];
	flows[3] = sample_dns_request();
	for (int i = 0; i < 5; i++)
		flows[i] = sample_named(flows[i]);
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

/*
 * Byte for byte what the hubble client printed of these, but for the source of the
 * DNS message: Hubble's samples come from a proxy, ours from the wire.
 */
static void test_compact_names(void **state)
{
	struct flow flows[5];

	(void)state;
	named_samples(flows);
	assert_string_equal(
		print("compact", (struct print_options){0}, flows, 5, &lost_ring),
		"Jan 15 10:20:30.123: shop/frontend-7d9c5b6f4-abcde:43210 (ID:12345) -> shop/cart-58f6c9d7b-xyz12:8080 (ID:23456) to-endpoint FORWARDED (TCP Flags: SYN)\n"
		"Jan 15 10:20:30.124: shop/frontend-7d9c5b6f4-abcde:43210 (ID:12345) <- shop/cart-58f6c9d7b-xyz12:8080 (ID:23456) to-endpoint FORWARDED (TCP Flags: SYN, ACK)\n"
		"Jan 15 10:20:31.000: shop/frontend-7d9c5b6f4-abcde:43211 (ID:12345) <> example.com,www.example.com:443 (world) Policy denied DROPPED (TCP Flags: SYN)\n"
		"Jan 15 10:20:32.500: shop/frontend-7d9c5b6f4-abcde:50000 (ID:12345) -> kube-system/coredns-1:53 (ID:34567) dns-request wire FORWARDED (DNS Query example.com. A)\n"
		"Jan 15 10:20:33.000: fd00::a (host) <> ff02::2 (world) to-stack FORWARDED (ICMPv6 RouterSolicitation)\n"
		"Jan 15 10:20:34.000 EVENTS LOST: PERF_EVENT_RING_BUFFER CPU(3) 37\n");
}

static void test_no_translation(void **state)
{
	static const char want[] =
		"2026-01-15T10:20:30.123456789Z: 10.0.1.10:43210 (ID:12345) -> 10.0.2.20:8080 (ID:23456) to-endpoint FORWARDED (TCP Flags: SYN)\n"
		"2026-01-15T10:20:30.124Z: 10.0.1.10:43210 (ID:12345) <- 10.0.2.20:8080 (ID:23456) to-endpoint FORWARDED (TCP Flags: SYN, ACK)\n"
		"2026-01-15T10:20:31.000000001Z: 10.0.1.10:43211 (ID:12345) <> 93.184.216.34:443 (world) Policy denied DROPPED (TCP Flags: SYN)\n"
		"2026-01-15T10:20:32.5Z: 10.0.1.10:50000 (ID:12345) -> 10.0.0.53:53 (ID:34567) dns-request wire FORWARDED (DNS Query example.com. A)\n"
		"2026-01-15T10:20:33Z: fd00::a (host) <> ff02::2 (world) to-stack FORWARDED (ICMPv6 RouterSolicitation)\n";
	struct print_options opt = {.time_format = TIME_RFC3339_NANO, .numeric = true};
	struct flow flows[5];

	(void)state;
	named_samples(flows);
	assert_string_equal(print("compact", opt, flows, 5, NULL), want);
	opt.numeric = false;
	opt.no_ip_translation = true;
	assert_string_equal(print("compact", opt, flows, 5, NULL), want);
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

static void test_colors_of_names(void **state)
{
	struct flow flows[5];

	(void)state;
	named_samples(flows);
	assert_string_equal(
		print("compact", (struct print_options){.color = true}, flows + 2, 2, NULL),
		"Jan 15 10:20:31.000: " C "shop/frontend-7d9c5b6f4-abcde:" Y "43211" O O " " M
		"(ID:12345)" O " <> " C "example.com,www.example.com:" Y "443" O O " " M "(world)" O
		" Policy denied " R "DROPPED" O " (TCP Flags: SYN)\n"
		"Jan 15 10:20:32.500: " C "shop/frontend-7d9c5b6f4-abcde:" Y "50000" O O " " M
		"(ID:12345)" O " -> " C "kube-system/coredns-1:" Y "53" O O " " M "(ID:34567)" O
		" dns-request wire " G "FORWARDED" O " (DNS Query example.com. A)\n");
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
	flows[0] = sample_named(sample_dns_request());
	assert_string_equal(PRINT1("dict", flows[0]),
			    "  TIMESTAMP: Jan 15 10:20:32.500\n"
			    "     SOURCE: shop/frontend-7d9c5b6f4-abcde:50000\n"
			    "DESTINATION: kube-system/coredns-1:53\n"
			    "       TYPE: dns-request wire\n"
			    "    VERDICT: FORWARDED\n"
			    "    SUMMARY: DNS Query example.com. A\n");
}

static void test_table(void **state)
{
	struct flow flows[5];

	(void)state;
	named_samples(flows);
	assert_string_equal(
		print("table", (struct print_options){0}, flows, 3, NULL),
		"TIMESTAMP             SOURCE                                DESTINATION                           TYPE            VERDICT     SUMMARY\n"
		"Jan 15 10:20:30.123   shop/frontend-7d9c5b6f4-abcde:43210   shop/cart-58f6c9d7b-xyz12:8080        to-endpoint     FORWARDED   TCP Flags: SYN\n"
		"Jan 15 10:20:30.124   shop/cart-58f6c9d7b-xyz12:8080        shop/frontend-7d9c5b6f4-abcde:43210   to-endpoint     FORWARDED   TCP Flags: SYN, ACK\n"
		"Jan 15 10:20:31.000   shop/frontend-7d9c5b6f4-abcde:43211   example.com,www.example.com:443       Policy denied   DROPPED     TCP Flags: SYN\n");
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
		cmocka_unit_test(test_compact_names),	cmocka_unit_test(test_no_translation),
		cmocka_unit_test(test_colors_of_names), cmocka_unit_test(test_compact),
		cmocka_unit_test(test_colors),		cmocka_unit_test(test_dict),
		cmocka_unit_test(test_table),		cmocka_unit_test(test_time_formats),
		cmocka_unit_test(test_local_time),	cmocka_unit_test(test_reader_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
