// SPDX-License-Identifier: MIT
/* Flows from files: lines of JSON, messages, what is broken in them, filters. */
#include <setjmp.h>
#include <stdarg.h>
#include <unistd.h>

#include <cmocka.h>

#include "export/file/sniff.h"
#include "tests/unit/file_sources.h"

#define BARE_C "{\"time\":\"2026-01-15T10:20:30Z\",\"l4\":{\"UDP\":{\"source_port\":3}}}"

/* A notice's text behind the file's name. */
static void expect_notice(size_t i, const char *text)
{
	assert_true(i < got.n_notices);
	assert_memory_equal(got.notices[i], path, strlen(path));
	assert_string_equal(got.notices[i] + strlen(path), text);
}

/* ------------------------------------------------------------------------- lines */

static void test_sample(void **state)
{
	(void)state;
	run(&(struct file_source_options){.path = "tests/data/hubble/sample.jsonl"});
	expect("43210 8080 43211 43211 50000 8080 0 0 43210", 0);
	assert_int_equal(got.lost, 37 + 99);
	assert_int_equal(got.nodes, 4);
	assert_int_equal(got.stats.lines, 14);
	assert_int_equal(got.stats.flows, 9);
	assert_int_equal(got.stats.bytes, 7187);
	assert_int_equal(got.n_notices, 0);
}

static void test_lines(void **state)
{
	(void)state;
	run_text("");
	expect("", 0);
	run_text(FLOW_A "\n" FLOW_B "\n");
	expect("1 2", 0);
	run_text("\xef\xbb\xbf" FLOW_A "\r\n\r\n  \n" FLOW_B " \r\n");
	expect("1 2", 0);
	assert_int_equal(got.stats.lines, 4);
	run_text(FLOW_A FLOW_B "  " FLOW_A "\n" FLOW_B); /* no end of line */
	expect("1 2 1 2", 0);
	run_text(BARE_C "\n" FLOW_A "\n" BARE_C "\n" BARE_C
			"\n{\"node_name\":\"x\",\"flow\":{}}\n");
	expect("3 1 3 3 0", 0);
	run_text(BARE_C "\n");
	assert_int_equal(got.last_ns, 1768472430000000000);
	run_text("{\"time\":\"2026-01-15T10:20:30Z\",\"flow\":{\"uuid\":\"x\"}}\n");
	assert_int_equal(got.last_ns, 1768472430000000000);
	run_text("{\"agent_event\":{\"type\":2}}\n{\"debug_event\":{\"type\":2}}\n" FLOW_A "\n");
	expect("1", 0);
	run_text(
		"{\"flow\":{\"l4\":{\"TCP\":{\"sourcePort\":7,\"new\":[1]}},\"verdict\":\"ODD\"}}\n");
	expect("7", 0);
	assert_int_equal(got.stats.unknown, 2);
	expect_notice(0, ": 2 fields or values are not known here: left out");
}

static void test_bad_lines(void **state)
{
	(void)state;
	run_text(FLOW_A "\nlevel=warn\n" FLOW_B "\n{\"flow\":{\"uuid\":3}}\n"
			"{\"level\":\"info\",\"time\":\"2026-01-15T10:20:30Z\"}\n" FLOW_A);
	expect("1 2 1", 3);
	assert_int_equal(got.stats.first_bad, 2);
	assert_int_equal(got.n_notices, 3);
	expect_notice(0, ":2: not a flow: an object is due, not \"l\" (column 1)");
	expect_notice(1, ":4: not a flow: a string is due, not \"3\" (column 17)");
	expect_notice(2, ":5: not a flow: there is none in it (column 1)");
	run_text(FLOW_A " {\"x\n");
	expect("1", 1);
	expect_notice(0, ":1: not a flow: it ends in a string (column 68)");
	run_text(FLOW_A "\n{\"flow\":{\"verd");
	expect("1", 1);
	expect_notice(0, ":2: the file ends in the middle of a line");
	run_text("{\n  \"flow\": {}\n}\n");
	expect("", 3);
	expect_notice(0, ":1: not a flow: it goes over several lines, `jq -c .` makes one of them");
	run_text("not\n\033[31m\n" FLOW_A "\n");
	expect("1", 2);
	expect_notice(1, ":2: not a flow: an object is due, not \"^[\" (column 1)");
}

static void test_many_bad_lines(void **state)
{
	char text[1000] = "";

	(void)state;
	for (int i = 0; i < 100; i++)
		strcat(text, "bad\n");
	strcat(text, FLOW_A "\n");
	run_text(text);
	expect("1", 100);
	assert_int_equal(got.n_notices, 11);
	expect_notice(9, ":10: not a flow: an object is due, not \"b\" (column 1)");
	expect_notice(10, ": 90 more could not be read");
}

/* Far longer than what is read at once; and too long. */
static void test_long_lines(void **state)
{
	size_t n = 3 << 20, at;
	char *text = malloc(n + 1000);

	(void)state;
	at = sprintf(text, "%s\n{\"flow\":{\"Summary\":\"", FLOW_A);
	memset(text + at, 'x', n);
	at += n;
	at += sprintf(text + at, "\",\"l4\":{\"TCP\":{\"source_port\":9}}}}\n%s\n", FLOW_B);
	run_bytes(text, at, 0);
	expect("1 9 2", 0);
	run_bytes(text, at, 1 << 20);
	expect("1 2", 1);
	expect_notice(0, ":2: the line is too long (past byte 1048576)");
	run_bytes(text, at - 200, 1 << 20);
	expect("1", 1);
	free(text);
}

/* ---------------------------------------------------------------------- messages */

static void test_messages(void **state)
{
	(void)state;
	put_three();
	run_bytes(pb.data, pb.len, 0);
	expect("1 2 3", 0);
	assert_int_equal(got.stats.lines, 3);
	run_bytes(pb.data, pb.len - 1, 0); /* torn */
	expect("1 2", 1);
	expect_notice(0, ":3: the file ends in the middle of a message (byte 15)");
	text_mem(&pb, "\0\x02\xff\xff", 4);
	put("{\"l4\":{\"TCP\":{\"source_port\":4}}}");
	run_bytes(pb.data, pb.len, 0);
	expect("1 2 3 4", 2);
	expect_notice(0, ":4: not a flow: it is empty");
	expect_notice(1, ":5: not a flow: its values are none's");
	put_three();
	text_mem(&pb, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 11);
	run_bytes(pb.data, pb.len, 0);
	expect("1 2 3", 1);
	expect_notice(0, ":4: its length is none: the rest is not read (byte 22)");
	put_three();
	text_mem(&pb, "\x80\x80\x04xxxx", 7);
	run_bytes(pb.data, pb.len, 1000);
	expect("1 2 3", 1);
}

/* What a file is must show whatever its first message's length: that is its first byte. */
static void test_sniff(void **state)
{
	char json[600], note[400];

	(void)state;
	for (size_t n = 0; n < 300; n++) {
		memset(note, 'n', n);
		note[n] = '\0';
		for (int kind = 0; kind < 3; kind++) {
			pb.len = 0;
			snprintf(json, sizeof(json), "{%s\"node_name\":\"%s\",\"uuid\":\"u\"}",
				 kind == 1   ? "\"ethernet\":{\"source\":\"0a:58:0a:00:01:0a\"},"
				 : kind == 2 ? "\"time\":\"2026-01-15T10:20:30Z\","
					     : "",
				 note);
			put(json);
			assert_int_equal(file_sniff(pb.data, pb.len, true, 1 << 20), FORMAT_PB);
			assert_int_not_equal(file_sniff(pb.data, 1, false, 1 << 20), FORMAT_JSON);
			assert_int_equal(file_sniff(json, strlen(json), true, 1 << 20),
					 FORMAT_JSON);
		}
	}
	assert_int_equal(file_sniff(" \n{ \"a\" :", 9, false, 1 << 20), FORMAT_JSON);
	assert_int_equal(file_sniff("{}", 2, false, 1 << 20), FORMAT_JSON);
	assert_int_equal(file_sniff("level=warn msg=x\n", 17, true, 1 << 20), FORMAT_JSON);
	assert_int_equal(file_sniff("error: no such thing\n", 21, true, 1 << 20), FORMAT_JSON);
	assert_int_equal(file_sniff("", 0, true, 1 << 20), FORMAT_JSON);
}

/* ------------------------------------------------------------------------- filter */

/* form, with the port for # and the name for @. */
static size_t fill_in(char *s, size_t size, const char *form, unsigned int port, const char *name)
{
	size_t n = 0;

	for (; *form; form++) {
		if (*form == '#')
			n += snprintf(s + n, size - n, "%u", port);
		else if (*form == '@')
			n += snprintf(s + n, size - n, "%s", name);
		else
			s[n++] = *form;
	}
	return n;
}

/* Lines with names here and there, in all spellings; the port (#) is the line's number. */
static size_t make_lines(char *text, size_t size)
{
	static const char *const forms[] = {
		"{\"flow\":{\"l4\":{\"TCP\":{\"source_port\":#}},\"source\":{\"namespace\":\"@\",\"pod_name\":\"a\"}}}",
		"{\"flow\":{\"l4\":{\"TCP\":{\"source_port\":#}},\"destination\":{\"namespace\":\"@\",\"pod_name\":\"@\"}}}",
		"{\"flow\":{\"l4\":{\"TCP\":{\"source_port\":#}},\"Summary\":\"@\"}}",
		"{\"flow\":{\"l4\":{\"TCP\":{\"source_port\":#}},\"destination_service\":{\"name\":\"@\",\"namespace\":\"@\"}}}",
		"{\"l4\":{\"TCP\":{\"source_port\":#}},\"source\":{\"namespace\":\"@\",\"pod_name\":\"a\"}}",
		"{\"flow\":{\"l4\":{\"TCP\":{\"source_port\":#}},\"source\":{\"workloads\":[{\"name\":\"@\"}],\"pod_name\":\"a\"}}}",
		"{\"flow\":{}} {\"flow\":{\"l4\":{\"TCP\":{\"source_port\":#}},\"source\":{\"namespace\":\"@\",\"pod_name\":\"a\"}}}",
	};
	static const char *const names[] = {"shop",	  "shop2",     "default", "\\u0073hop",
					    "sho\\u0070", "x\\\"shop", "sh"};
	size_t n = 0;
	unsigned int port = 0;

	for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++)
		for (size_t k = 0; k < sizeof(names) / sizeof(*names); k++) {
			n += fill_in(text + n, size - n, forms[i], ++port, names[k]);
			n += snprintf(text + n, size - n, k % 2 ? "\n" : "\r\n");
		}
	return n;
}

/* The same flows pass whether or not lines are passed over early. */
static void same_with_needles(enum filter_field field, const char *value, bool skips)
{
	static char text[20000];
	struct filter filter = {0};
	uint16_t ports[FLOWS_MAX];
	char err[200];
	size_t n;

	if (filter_add(&filter, false, field, FILTER_EITHER, value, err, sizeof(err)))
		fail_msg("%s", err);
	got.filter = &filter;
	run_bytes(text, make_lines(text, sizeof(text)), 0);
	n = got.n;
	memcpy(ports, got.ports, sizeof(ports));
	assert_int_equal(got.stats.bad, 0);
	assert_int_equal(got.stats.skipped, 0);
	run(&(struct file_source_options){.path = path, .filter = &filter});
	assert_int_equal(got.n, n);
	assert_memory_equal(got.ports, ports, n * sizeof(*ports));
	assert_int_equal(got.stats.skipped > 10, skips);
	assert_int_equal(got.stats.flows, 7 * 8);
	got.filter = NULL;
	filter_clear(&filter);
}

static void test_filter(void **state)
{
	(void)state;
	same_with_needles(FILTER_NAMESPACE, "shop", true);
	assert_true(got.n >= 9);
	same_with_needles(FILTER_NAMESPACE, "shop2", true);
	same_with_needles(FILTER_POD, "shop/sh", true);
	same_with_needles(FILTER_POD, "a", true);
	same_with_needles(FILTER_POD, "/sh", false);
	same_with_needles(FILTER_SERVICE, "shop/", true);
	same_with_needles(FILTER_WORKLOAD, "shop", true);
	same_with_needles(FILTER_VERDICT, "DROPPED", false);
	same_with_needles(FILTER_NAMESPACE, "nowhere", true);
}

static void test_filter_messages(void **state)
{
	struct filter filter = {0};
	char err[200];

	(void)state;
	pb.len = 0;
	put("{\"l4\":{\"TCP\":{\"source_port\":1}},\"source\":{\"namespace\":\"shop\",\"pod_name\":\"a\"}}");
	put("{\"l4\":{\"TCP\":{\"source_port\":2}},\"source\":{\"namespace\":\"sho\",\"pod_name\":\"a\"}}");
	put("{\"l4\":{\"TCP\":{\"source_port\":3}},\"Summary\":\"shop\"}");
	filter_add(&filter, false, FILTER_NAMESPACE, FILTER_EITHER, "shop", err, sizeof(err));
	make(pb.data, pb.len);
	got.filter = &filter;
	run(&(struct file_source_options){.path = path, .filter = &filter});
	got.filter = NULL;
	expect("1", 0);
	assert_int_equal(got.stats.skipped, 1);
	assert_int_equal(got.stats.flows, 3);
	filter_clear(&filter);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sample),		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_bad_lines),	cmocka_unit_test(test_many_bad_lines),
		cmocka_unit_test(test_long_lines),	cmocka_unit_test(test_messages),
		cmocka_unit_test(test_sniff),		cmocka_unit_test(test_filter),
		cmocka_unit_test(test_filter_messages),
	};

	return cmocka_run_group_tests(tests, begin_files, end_files);
}
