// SPDX-License-Identifier: MIT
/* -o csv, --sort and the tables of --aggregate, as printed. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "cli/csv.h"
#include "cli/print_aggregate.h"
#include "cli/sort.h"
#include "tests/unit/printed.h"
#include "tests/unit/sample_flows.h"

/* -------------------------------------------------------------------------- CSV */

static const char *cell(const char *s, bool trusted)
{
	static char buf[256];
	struct text t = {0};

	csv_cell(&t, s, strlen(s), trusted);
	memcpy(buf, t.data ? t.data : "", t.len);
	buf[t.len] = '\0';
	text_free(&t);
	return buf;
}

static void test_cells(void **state)
{
	(void)state;
	assert_string_equal(cell("", false), "");
	assert_string_equal(cell("shop/cart", false), "shop/cart");
	assert_string_equal(cell("a,b", false), "\"a,b\"");
	assert_string_equal(cell("say \"hi\"", false), "\"say \"\"hi\"\"\"");
	assert_string_equal(cell(" x", false), "\" x\"");
	assert_string_equal(cell("x ", true), "\"x \"");
	assert_string_equal(cell("=cmd|' /C calc'!A0", false), "\"'=cmd|' /C calc'!A0\"");
	assert_string_equal(cell("+1", false), "\"'+1\"");
	assert_string_equal(cell("-1", false), "\"'-1\"");
	assert_string_equal(cell("@x", false), "\"'@x\"");
	assert_string_equal(cell("-1", true), "-1");
	assert_string_equal(cell("a=b", false), "a=b");
}

static void test_rows(void **state)
{
	struct flow flows[] = {sample_named(sample_syn()), sample_named(sample_drop())};

	(void)state;
	assert_string_equal(
		print("csv",
		      (struct print_options){.columns =
						     "time,src.pod,src.port,verdict,dst.dns,rtt"},
		      flows, 2, NULL),
		"time,src.pod,src.port,verdict,dst.dns,rtt\n"
		"2026-01-15T10:20:30.123456789Z,frontend-7d9c5b6f4-abcde,43210,FORWARDED,,\n"
		"2026-01-15T10:20:31.000000001Z,frontend-7d9c5b6f4-abcde,43211,DROPPED,"
		"\"example.com,www.example.com\",\n");
	assert_string_equal(
		PRINT1("csv", flows[0], .columns = "time,source.ip", .time_format = TIME_RFC3339),
		"time,src.ip\n2026-01-15T10:20:30Z,10.0.1.10\n");
	/* no flow, but a table */
	assert_string_equal(
		print("csv", (struct print_options){.columns = "time,node"}, NULL, 0, NULL),
		"time,node\n");
	assert_non_null(strstr(PRINT1("csv", flows[0], .node_name = "n1"),
			       "\n2026-01-15T10:20:30.123456789Z,n1,FORWARDED,new,to-endpoint,"));
}

/* What a stranger has named himself moves no terminal and no spreadsheet. */
static void test_hostile(void **state)
{
	static const char *const names[] = {"=HYPERLINK(\"http://x\")", "a\033[31m\nb"};
	static struct name_list list = {.refs = 1u << 30, .n = 2, .names = names};
	struct flow f = sample_syn();

	(void)state;
	f.src.dns = &list;
	assert_string_equal(PRINT1("csv", f, .columns = "src.dns"),
			    "src.dns\n\"'=HYPERLINK(\"\"http://x\"\"),a^[[31m\\nb\"\n");
}

static void test_bad_columns(void **state)
{
	struct sink *s;

	(void)state;
	assert_int_equal(print_format_find("csv")->create(
				 &(struct print_options){.fd = -1, .columns = "nope.nope"}, &s),
			 -EINVAL);
}

/* ------------------------------------------------------------------------ --sort */

static const char *sorted(const char *by, uint64_t limit, const struct flow *flows, size_t n,
			  uint64_t *ret_missing)
{
	static char printed[65536];
	struct print_options opt = {.fd = memfd_create("sorted", 0), .columns = "src.port"};
	struct sink *csv, *s;
	ssize_t len;

	assert_int_equal(print_format_find("csv")->create(&opt, &csv), 0);
	assert_int_equal(sort_new(csv, by, limit, &s), 0);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(s->flow(s, &flows[i]), 0);
	assert_int_equal(sort_release(s, ret_missing), 0);
	assert_int_equal(s->flow(s, &flows[0]), 0); /* comes too late */
	s->close(s);
	len = pread(opt.fd, printed, sizeof(printed) - 1, 0);
	assert_true(len >= 9);
	printed[len] = '\0';
	close(opt.fd);
	return printed + strlen("src.port\n");
}

static void test_sort(void **state)
{
	static const uint16_t ports[] = {5, 3, 9, 1, 7, 3, 8};
	struct flow flows[7];
	uint64_t missing;

	(void)state;
	for (int i = 0; i < 7; i++) {
		flows[i] = sample_syn();
		flows[i].src.port = ports[i];
		flows[i].dst.port = i < 4 ? 80 : 443;
		flows[i].forward.packets = 1;
		flows[i].forward.bytes = i;
	}
	assert_string_equal(sorted("src.port", 0, flows, 7, &missing), "1\n3\n3\n5\n7\n8\n9\n");
	assert_string_equal(sorted("-src.port", 3, flows, 7, &missing), "9\n8\n7\n");
	assert_int_equal(missing, 0);
	assert_string_equal(sorted("dst.port,-src.port", 5, flows, 7, &missing), "9\n5\n3\n1\n8\n");
	assert_string_equal(sorted("-bytes", 2, flows, 7, &missing), "8\n3\n");
	/* equal ones stay as they came */
	assert_string_equal(sorted("verdict", 4, flows, 7, &missing), "5\n3\n9\n1\n");
	assert_string_equal(sorted("rtt", 0, flows, 7, &missing), "5\n3\n9\n1\n7\n3\n8\n");
	assert_string_equal(sorted("src.port", 1, flows, 0, &missing), "");
}

/* Against a sort of all, with many equal ones. */
static void test_sort_many(void **state)
{
	static struct flow flows[3000];
	static char want[65536];
	uint64_t missing;
	size_t len = 0;

	(void)state;
	for (unsigned int i = 0; i < 3000; i++) {
		flows[i] = sample_syn();
		flows[i].src.port = 1 + i * 7919u % 500;
	}
	for (int port = 500, n = 0; port && n < 100; port--)
		for (int i = 0; i < 3000 && n < 100; i++)
			if (flows[i].src.port == port) {
				len += sprintf(want + len, "%d\n", port);
				n++;
			}
	assert_string_equal(sorted("-src.port", 100, flows, 3000, &missing), want);
}

static void test_sort_bound(void **state)
{
	struct flow f = sample_syn();
	struct print_options opt = {.fd = memfd_create("bound", 0), .columns = "src.port"};
	struct sink *csv, *s;
	uint64_t missing;
	char err[256];

	(void)state;
	assert_int_equal(print_format_find("csv")->create(&opt, &csv), 0);
	assert_int_equal(sort_new(csv, "time", 0, &s), 0);
	for (unsigned int i = 0; i < SORT_MAX + 10; i++)
		assert_int_equal(s->flow(s, &f), 0);
	assert_int_equal(sort_release(s, &missing), 0);
	assert_int_equal(missing, 10);
	s->close(s);
	close(opt.fd);
	assert_int_equal(sort_check("-bytes,src.port", err, sizeof(err)), 0);
	assert_int_equal(sort_check("-bites", err, sizeof(err)), -EINVAL);
	assert_string_equal(err,
			    "--sort: \"bites\" is no field of a flow (did you mean \"bytes\"?)");
	assert_int_equal(sort_check("", err, sizeof(err)), -EINVAL);
	assert_int_equal(sort_check("bytes,", err, sizeof(err)), -EINVAL);
}

/* ------------------------------------------------------------------- --aggregate */

static const char *summed(struct print_aggregate_options how, const struct flow *flows, size_t n,
			  uint64_t lost)
{
	static char printed[65536];
	struct print_options opt = {.fd = memfd_create("summed", 0)};
	struct lost_events l = {.source = "HUBBLE_RING_BUFFER", .count = lost};
	struct sink *s;
	ssize_t len;

	assert_int_equal(print_aggregate_create(&opt, &how, &s), 0);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(s->flow(s, &flows[i]), 0);
	if (lost)
		print_lost(s, &l);
	assert_int_equal(s->flush(s), 0);
	s->close(s);
	len = pread(opt.fd, printed, sizeof(printed) - 1, 0);
	assert_true(len >= 0);
	printed[len] = '\0';
	close(opt.fd);
	return printed;
}

static void fill(struct flow *flows)
{
	flows[0] = sample_named(sample_syn());
	flows[0].event = FLOW_END;
	flows[0].connection_id = 1;
	flows[0].forward = (struct flow_counters){.packets = 10,
						  .bytes = 3000,
						  .delta_packets = 10,
						  .delta_bytes = 3000,
						  .retransmits = 2,
						  .srtt_us = 250};
	flows[0].reply = (struct flow_counters){
		.packets = 8, .bytes = 2097152, .delta_packets = 8, .delta_bytes = 2097152};
	flows[1] = sample_named(sample_drop());
	flows[1].drop.delta_packets = 7;
	flows[1].time_ns = flows[0].time_ns + 2000000000;
	flows[2] = sample_icmp6();
	flows[2].time_ns = flows[0].time_ns + 1000000000;
}

static void test_table(void **state)
{
	struct flow flows[3];

	(void)state;
	fill(flows);
	assert_string_equal(
		summed((struct print_aggregate_options){.by = BY_SERVICE}, flows, 3, 0),
		"SOURCE         DESTINATION  PORT  PROTO   CONNS  EVENTS  PACKETS     SENT  RECEIVED"
		"       RATE  DROPS  ERRORS  RETRANS  RTT-P50  RTT-P99\n"
		"shop/frontend  shop/cart    8080  TCP         1       1       18  2.9 KiB   2.0 MiB"
		"  1.0 MiB/s      0       0        2  0.25 ms  0.25 ms\n"
		"fd00::a        ff02::2         -  ICMPv6      1       1        -        -         -"
		"          -      0       0        -        -        -\n"
		"shop/frontend  example.com   443  TCP         0       1        -        -         -"
		"          -      7       0        -        -        -\n");
	assert_string_equal(summed((struct print_aggregate_options){.by = BY_NAMESPACE,
								    .sort = "-drops",
								    .limit = 1},
				   flows, 3, 12),
			    "SOURCE  DESTINATION  CONNS  EVENTS  DROPS  ERRORS\n"
			    "shop    world            0       1      7       0\n"
			    "2 more are not shown (--limit 1)\n"
			    "EVENTS LOST: 12\n");
	assert_string_equal(summed((struct print_aggregate_options){.by = BY_PAIR}, flows, 0, 0),
			    "SOURCE  DESTINATION  CONNS  EVENTS  DROPS  ERRORS\n");
}

static void test_programs(void **state)
{
	struct flow flows[3];
	const char *out;

	(void)state;
	fill(flows);
	out = summed((struct print_aggregate_options){.by = BY_SERVICE,
						      .format = AGGREGATE_JSON,
						      .sort = "-drops,source"},
		     flows, 3, 0);
	assert_non_null(strstr(out,
			       "{\"source\":\"shop/frontend\",\"destination\":\"example.com\","
			       "\"port\":443,\"protocol\":\"TCP\",\"connections\":0,\"flows\":1,"));
	assert_ptr_equal(out,
			 strstr(out, "{\"source\":\"shop/frontend\",\"destination\":\"example"));
	assert_non_null(strstr(out, "\"received_bytes\":2097152,"));
	assert_non_null(strstr(out, "\"span_ns\":2000000000}\n"));
	out = summed((struct print_aggregate_options){.by = BY_SERVICE,
						      .format = AGGREGATE_CSV,
						      .sort = "port"},
		     flows, 3, 0);
	assert_string_equal(
		out,
		"source,destination,port,protocol,connections,flows,packets,sent.packets,"
		"received.packets,bytes,sent.bytes,received.bytes,rate,drops,errors,retransmits,"
		"rtt.p50,rtt.p99,latency.p50,latency.p99,first,last\n"
		"fd00::a,ff02::2,0,ICMPv6,1,1,0,0,0,0,0,0,0,0,0,0,,,,,"
		"2026-01-15T10:20:31.123456789Z,2026-01-15T10:20:31.123456789Z\n"
		"shop/frontend,example.com,443,TCP,0,1,0,0,0,0,0,0,0,7,0,0,,,,,"
		"2026-01-15T10:20:32.123456789Z,2026-01-15T10:20:32.123456789Z\n"
		"shop/frontend,shop/cart,8080,TCP,1,1,18,10,8,2100152,3000,2097152,1050076,0,0,2,"
		"0.00025,0.00025,,,2026-01-15T10:20:30.123456789Z,2026-01-15T10:20:30.123456789Z\n");
	flows[2].time_ns = 0; /* a cell for a time is a time or empty */
	out = summed((struct print_aggregate_options){.by = BY_PAIR, .format = AGGREGATE_CSV},
		     flows + 2, 1, 0);
	assert_non_null(strstr(out, "\nfd00::a,ff02::2,0,ICMPv6,1,1,0,0,0,0,0,0,0,0,0,0,,,,,,\n"));
}

/* Each interval has a table of its own; one without events has none. */
static void test_intervals(void **state)
{
	struct print_aggregate_options how = {.by = BY_NAMESPACE, .interval_ns = 30000000};
	struct print_options opt = {.fd = memfd_create("intervals", 0)};
	char printed[4096];
	struct flow flows[3];
	struct sink *s;
	ssize_t len;

	(void)state;
	fill(flows);
	assert_int_equal(print_aggregate_create(&opt, &how, &s), 0);
	for (int i = 0; i < 3; i++) {
		if (i != 1)
			s->flow(s, &flows[i]);
		usleep(40000);
		assert_int_equal(s->flush(s), 0);
	}
	s->close(s);
	len = pread(opt.fd, printed, sizeof(printed) - 1, 0);
	assert_true(len > 0);
	printed[len] = '\0';
	assert_non_null(strstr(printed, "Jan 15 10:20:30.123: "));
	assert_non_null(strstr(printed, ", 1 group, 1 event\nSOURCE"));
	/* the columns of the first one stay */
	assert_non_null(strstr(printed, "\nhost    world            1       1        -     -"));
	assert_non_null(strstr(strstr(printed, "shop"), "EVENTS  PACKETS  SENT  RECEIVED"));
	assert_null(strstr(strstr(printed, "host"), "shop"));
	close(opt.fd);
}

static void test_sort_columns(void **state)
{
	char err[256];

	(void)state;
	assert_int_equal(aggregate_sort_check("-drops,source,RTT-P99", err, sizeof(err)), 0);
	assert_int_equal(aggregate_sort_check("drop", err, sizeof(err)), -EINVAL);
	assert_string_equal(
		err, "--sort: \"drop\" is no column of --aggregate (did you mean \"drops\"?)");
	assert_int_equal(aggregate_sort_check("", err, sizeof(err)), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cells),	     cmocka_unit_test(test_rows),
		cmocka_unit_test(test_hostile),	     cmocka_unit_test(test_bad_columns),
		cmocka_unit_test(test_sort),	     cmocka_unit_test(test_sort_many),
		cmocka_unit_test(test_sort_bound),   cmocka_unit_test(test_table),
		cmocka_unit_test(test_programs),     cmocka_unit_test(test_intervals),
		cmocka_unit_test(test_sort_columns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
