// SPDX-License-Identifier: MIT
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "export/file/sniff.h"
#include "export/file_source.h"
#include "export/proto/flow.pb-c.h"
#include "export/protojson.h"
#include "export/wire.h"

#define FLOWS_MAX 4096
#define NOTICES_MAX 16
#define FLOW_A "{\"flow\":{\"verdict\":\"FORWARDED\",\"l4\":{\"TCP\":{\"source_port\":1}}}}"
#define FLOW_B "{\"flow\":{\"verdict\":\"DROPPED\",\"l4\":{\"TCP\":{\"source_port\":2}}}}"
#define BARE_C "{\"time\":\"2026-01-15T10:20:30Z\",\"l4\":{\"UDP\":{\"source_port\":3}}}"

static char dir[] = "/tmp/pitot-files.XXXXXX", path[100];

/* What a file gave. */
static struct {
	uv_loop_t loop;
	struct source *source;
	const struct filter *filter;
	uint16_t ports[FLOWS_MAX]; /* of the sources, one for each flow */
	size_t n, stop_after;
	uint64_t last_ns, lost;
	size_t nodes;
	char *notices[NOTICES_MAX];
	size_t n_notices;
	int err;
	bool ended;
	struct file_source_stats stats;
} got;

static void on_flow(void *arg, struct flow *f)
{
	(void)arg;
	assert_false(got.ended);
	if (got.filter && !filter_pass(got.filter, f))
		return;
	assert_true(got.n < FLOWS_MAX);
	got.ports[got.n++] = f->src.port;
	got.last_ns = f->time_ns;
	if (got.n == got.stop_after)
		got.source->stop(got.source);
}

static void on_lost(void *arg, const struct lost_events *l)
{
	(void)arg;
	got.lost += l->count;
}

static void on_node_status(void *arg, const struct node_status *s)
{
	(void)arg;
	got.nodes += s->n_nodes;
}

static void on_notice(void *arg, const char *line)
{
	(void)arg;
	assert_true(got.n_notices < NOTICES_MAX);
	got.notices[got.n_notices++] = strdup(line);
}

static void on_end(void *arg, int err)
{
	(void)arg;
	assert_false(got.ended);
	got.ended = true;
	got.err = err;
	got.source->stop(got.source);
}

static const struct source_events events = {.flow = on_flow,
					    .lost = on_lost,
					    .node_status = on_node_status,
					    .notice = on_notice,
					    .end = on_end};

static void forget(void)
{
	for (size_t i = 0; i < got.n_notices; i++)
		free(got.notices[i]);
	memset(&got, 0, sizeof(got));
}

static struct file_source *begin(const struct file_source_options *opt)
{
	struct file_source *f;
	char *error;

	uv_loop_init(&got.loop);
	if (file_source_new(opt, &f, &error))
		fail_msg("%s", error);
	got.source = file_source_source(f);
	assert_int_equal(got.source->start(got.source, &got.loop, &events), 0);
	return f;
}

static void finish(struct file_source *f)
{
	uv_run(&got.loop, UV_RUN_DEFAULT);
	file_source_stats(f, &got.stats);
	got.source->free(got.source);
	assert_int_equal(uv_loop_close(&got.loop), 0);
}

/* Reads a file to its end; `got` says what came. */
static void run(const struct file_source_options *opt)
{
	size_t stop_after = got.stop_after;
	const struct filter *filter = got.filter;

	forget();
	got.stop_after = stop_after;
	got.filter = filter;
	finish(begin(opt));
}

static void make(const void *data, size_t n)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, n, f), n);
	fclose(f);
}

static void run_bytes(const void *data, size_t n, size_t message_max)
{
	make(data, n);
	run(&(struct file_source_options){.path = path, .message_max = message_max});
}

static void run_text(const char *text)
{
	run_bytes(text, strlen(text), 0);
}

static void expect(const char *ports, size_t bad)
{
	char have[200] = "";
	size_t n = 0;

	for (size_t i = 0; i < got.n; i++)
		n += snprintf(have + n, sizeof(have) - n, "%s%u", i ? " " : "", got.ports[i]);
	assert_string_equal(have, ports);
	assert_int_equal(got.stats.bad, bad);
	assert_int_equal(got.err, 0);
	assert_true(got.ended);
}

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

static struct text pb;

/* Appends a flow with its length. */
static void put(const char *json)
{
	struct text wire = {0};
	struct protojson_error error;
	size_t used;
	char *p;

	if (protojson_read(&wire, &flow__flow__descriptor, json, strlen(json), false, &used, NULL,
			   &error))
		fail_msg("%s", error.message);
	p = text_reserve(&pb, 10);
	pb.len = wire_put_varint(p, wire.len) - pb.data;
	text_mem(&pb, wire.data, wire.len);
	text_free(&wire);
}

static void put_three(void)
{
	pb.len = 0;
	put("{\"l4\":{\"TCP\":{\"source_port\":1}}}");
	put("{\"l4\":{\"TCP\":{\"source_port\":2}}}");
	put("{\"l4\":{\"TCP\":{\"source_port\":3}}}");
}

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

/* -------------------------------------------------------------------- compressed */

static struct text packed;

static void gzip(const char *data, size_t n)
{
	z_stream z = {0};
	char *p = text_reserve(&packed, n + 1000);

	assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
	z.next_in = (Bytef *)data;
	z.avail_in = n;
	z.next_out = (Bytef *)p;
	z.avail_out = n + 1000;
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	packed.len += z.total_out;
	deflateEnd(&z);
}

static void zstd(const char *data, size_t n)
{
	char *p = text_reserve(&packed, ZSTD_compressBound(n));
	size_t size = ZSTD_compress(p, ZSTD_compressBound(n), data, n, 3);

	assert_false(ZSTD_isError(size));
	packed.len += size;
}

static void test_compressed(void **state)
{
	static const char text[] = FLOW_A "\n" FLOW_B "\n";
	size_t one;

	(void)state;
	for (int kind = 0; kind < 2; kind++) {
		packed.len = 0;
		(kind ? zstd : gzip)(text, strlen(text));
		one = packed.len;
		run_bytes(packed.data, packed.len, 0);
		expect("1 2", 0);
		assert_int_equal(got.stats.bytes, one);
		(kind ? zstd : gzip)(text, strlen(text) - 1); /* a second part */
		run_bytes(packed.data, packed.len, 0);
		expect("1 2 1 2", 0);
		run_bytes(packed.data, packed.len - 5, 0);
		assert_int_equal(got.stats.bad, 1);
		assert_non_null(strstr(got.notices[0], "end early"));
		packed.data[one + 20] ^= 0x55;
		run_bytes(packed.data, packed.len, 0);
		assert_true(got.n >= 2);
		assert_true(got.stats.bad >= 1);
	}
	packed.len = 0;
	put_three();
	gzip(pb.data, pb.len);
	text_mem(&packed, "\0\0\0\0", 4); /* padding */
	run_bytes(packed.data, packed.len, 0);
	expect("1 2 3", 0);
}

/* -------------------------------------------------------------------------- pipes */

static void put_in(int fd, const char *s)
{
	assert_int_equal(write(fd, s, strlen(s)), strlen(s));
	for (int i = 0; i < 3; i++)
		uv_run(&got.loop, UV_RUN_NOWAIT);
}

/* Standard input, whose flags others rely on. */
static void test_pipe(void **state)
{
	int fds[2], flags, before = dup(STDIN_FILENO);
	struct file_source *f;

	(void)state;
	forget();
	assert_int_equal(pipe(fds), 0);
	flags = fcntl(fds[0], F_GETFL);
	dup2(fds[0], STDIN_FILENO);
	f = begin(&(struct file_source_options){.path = "-"});
	put_in(fds[1], "{\"flow\":{\"l4\":{\"TCP\":{\"sour");
	assert_int_equal(got.n, 0);
	put_in(fds[1], "ce_port\":5}}}}\n{\"fl");
	assert_int_equal(got.n, 1);
	put_in(fds[1], "ow\":{}}");
	assert_int_equal(got.n, 1);
	put_in(fds[1], "\n");
	assert_int_equal(got.n, 2);
	put_in(fds[1], "bad\n" FLOW_B);
	assert_int_equal(got.n, 2);
	assert_false(got.ended);
	assert_string_equal(got.notices[0],
			    "standard input:3: not a flow: an object is due, not \"b\" (column 1)");
	close(fds[1]);
	finish(f);
	expect("5 0 2", 1);
	assert_int_equal(fcntl(fds[0], F_GETFL), flags);
	close(fds[0]);
	dup2(before, STDIN_FILENO);
	close(before);
}

/* A FIFO without a writer as yet is waited for, and nobody is kept waiting. */
static void test_fifo(void **state)
{
	struct file_source *f;
	int fd;

	(void)state;
	forget();
	unlink(path);
	assert_int_equal(mkfifo(path, 0600), 0);
	f = begin(&(struct file_source_options){.path = path});
	uv_run(&got.loop, UV_RUN_NOWAIT);
	assert_false(got.ended);
	fd = open(path, O_WRONLY);
	assert_true(fd >= 0);
	put_in(fd, FLOW_A "\n");
	assert_int_equal(got.n, 1);
	close(fd);
	finish(f);
	expect("1", 0);
	unlink(path);
}

static void test_stop(void **state)
{
	(void)state;
	got.stop_after = 2;
	run_text(FLOW_A "\n" FLOW_B FLOW_A "\n" FLOW_B "\n");
	got.stop_after = 0;
	assert_int_equal(got.n, 2);
	assert_false(got.ended);
}

static void expect_error(const char *name, int err, const char *text)
{
	struct file_source *f;
	char *error;

	assert_int_equal(file_source_new(&(struct file_source_options){.path = name}, &f, &error),
			 err);
	assert_string_equal(error, text);
	free(error);
}

static void test_errors(void **state)
{
	(void)state;
	expect_error("/nope/\033x", -ENOENT,
		     "cannot read \"/nope/^[x\": No such file or directory");
	expect_error("/tmp", -EISDIR, "cannot read \"/tmp\": Is a directory");
	forget();
	finish(begin(&(struct file_source_options){.path = "/dev/null"}));
	expect("", 0);
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

static int begin_files(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/flows", dir);
	return 0;
}

static int end_files(void **state)
{
	(void)state;
	forget();
	unlink(path);
	rmdir(dir);
	text_free(&pb);
	text_free(&packed);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sample),	   cmocka_unit_test(test_lines),
		cmocka_unit_test(test_bad_lines),  cmocka_unit_test(test_many_bad_lines),
		cmocka_unit_test(test_long_lines), cmocka_unit_test(test_messages),
		cmocka_unit_test(test_sniff),	   cmocka_unit_test(test_compressed),
		cmocka_unit_test(test_pipe),	   cmocka_unit_test(test_fifo),
		cmocka_unit_test(test_stop),	   cmocka_unit_test(test_errors),
		cmocka_unit_test(test_filter),	   cmocka_unit_test(test_filter_messages),
	};

	return cmocka_run_group_tests(tests, begin_files, end_files);
}
