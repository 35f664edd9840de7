// SPDX-License-Identifier: MIT
/* What an exporter writes: formats, filters, aggregation. */
#include <setjmp.h>
#include <stdarg.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/exporter_set.h"

/* ------------------------------------------------------------------- what is written */

static void test_json(void **state)
{
	const struct lost_events lost = {.source = "HUBBLE_RING_BUFFER", .count = 9, .cpu = -1};
	struct stat st;
	struct set s;
	const char *text;

	(void)state;
	set_new(&s);
	set_one(&s, "a.json", NULL);
	feed(&s, 3);
	exporters_lost(s.e, &lost);
	set_free(&s);
	text = read_file("a.json", NULL);
	assert_int_equal(lines(text), 4);
	assert_memory_equal(text, "{\"flow\":{\"time\":\"2026-01-15T10:20:30.123456790Z\"", 48);
	assert_non_null(strstr(
		text, ",\"node_name\":\"node-1\",\"time\":\"2026-01-15T10:20:30.123456790Z\"}\n"));
	assert_non_null(strstr(
		text,
		"{\"lost_events\":{\"source\":\"HUBBLE_RING_BUFFER\",\"num_events_lost\":\"9\""));
	assert_int_equal(stat(path_of("a.json"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
}

static void test_pb_and_mask(void **state)
{
	struct exporter_config c[2] = {
		config("a.pb", KEYS("format=pb")),
		config("masked.json", KEYS("field-mask=time,source.pod_name,IP", "name=masked"))};
	char *error = NULL;
	struct set s;
	const char *text;
	size_t n;

	(void)state;
	set_new(&s);
	assert_int_equal(exporters_set(s.e, c, 2, &error), 0);
	feed(&s, 100);
	set_free(&s);
	text = read_file("a.pb", &n);
	assert_int_equal(pb_messages(text, n), 100);
	text = read_file("masked.json", NULL);
	assert_int_equal(lines(text), 100);
	assert_memory_equal(
		text,
		"{\"flow\":{\"time\":\"2026-01-15T10:20:30.123456790Z\",\"IP\":{\"source\":"
		"\"10.0.1.10\",\"destination\":\"10.0.2.20\",\"ipVersion\":\"IPv4\"},\"source\":"
		"{\"pod_name\":\"frontend-7d9c5b6f4-abcde\"}},\"node_name\":\"node-1\"",
		187);
}

static void test_filters(void **state)
{
	struct flow f = sample_drop();
	struct set s;
	const char *text;

	(void)state;
	f.drop.reason_name = "NETFILTER_DROP";
	set_new(&s);
	set_one(&s, "a.json",
		KEYS("allowlist={\"verdict\":[\"DROPPED\"]} {\"destination_port\":[\"9999\"]}",
		     "where=dst.port == 443"));
	feed(&s, 5);
	exporters_flow(s.e, &f);
	assert_int_equal(status(&s).filtered, 5);
	f.dst.port = 9999;
	exporters_flow(s.e, &f);
	set_free(&s);
	text = read_file("a.json", NULL);
	assert_int_equal(lines(text), 1);
	assert_non_null(strstr(text, "\"verdict\":\"DROPPED\""));
}

static void assert_refused(const char *const *keys, const char *part)
{
	struct exporter_config c = config("x", keys);
	char *error = NULL;
	struct set s;

	set_new(&s);
	assert_int_equal(exporters_set(s.e, &c, 1, &error), -EINVAL);
	assert_non_null(error);
	if (!strstr(error, part))
		fail_msg("no \"%s\" in \"%s\"", part, error);
	free(error);
	exporter_config_clear(&c);
	set_free(&s);
}

static void test_refused(void **state)
{
	struct exporter_config c[2];
	char *error = NULL;
	struct set s;

	(void)state;
	assert_refused(KEYS("allowlist={\"bogus\":1}"), "exporter \"exporter-1\": allowlist: ");
	assert_refused(KEYS("name=q", "where=dst.port =="), "exporter \"q\": where: column ");
	assert_refused(KEYS("field-mask=source.bogus"), "bogus");
	assert_refused(KEYS("aggregate-fields=nope", "interval=1s"), "nope");
	assert_refused(KEYS("file=/tmp/"), "names no file");
	set_new(&s);
	c[0] = config("x", KEYS("name=a"));
	c[1] = config("y", KEYS("name=a"));
	assert_int_equal(exporters_set(s.e, c, 2, &error), -EINVAL);
	assert_non_null(strstr(error, "two exporters are called \"a\""));
	free(error);
	exporter_config_clear(&c[1]);
	c[1] = config("x", KEYS("name=b"));
	assert_int_equal(exporters_set(s.e, c, 2, &error), -EINVAL);
	assert_non_null(strstr(error, "two exporters write to "));
	free(error);
	exporter_config_clear(&c[0]);
	exporter_config_clear(&c[1]);
	set_free(&s);
	assert_int_equal(access(path_of("x"), F_OK), -1);
}

/* -------------------------------------------------------------------- aggregation */

static void test_aggregate(void **state)
{
	struct flow f = sample_named(sample_syn());
	struct set s;
	const char *text;

	(void)state;
	set_new(&s);
	set_one(&s, "a.json",
		KEYS("aggregate-fields=source.pod_name,destination.pod_name,verdict",
		     "interval=1h"));
	f.forward.delta_packets = 2;
	f.forward.delta_bytes = 100;
	f.reply.delta_packets = 1;
	f.reply.delta_bytes = 50;
	for (int i = 0; i < 4; i++)
		exporters_flow(s.e, &f);
	f.direction = DIRECTION_EGRESS;
	f.time_ns += 5;
	exporters_flow(s.e, &f);
	f = sample_named(sample_synack());
	exporters_flow(s.e, &f);
	set_free(&s);
	text = read_file("a.json", NULL);
	assert_int_equal(lines(text), 2);
	assert_non_null(
		strstr(text, "{\"flow\":{\"time\":\"2026-01-15T10:20:30.123456789Z\",\"verdict\":"
			     "\"FORWARDED\",\"source\":{\"pod_name\":\"frontend-7d9c5b6f4-abcde\"},"
			     "\"destination\":{\"pod_name\":\"cart-58f6c9d7b-xyz12\"}"));
	assert_non_null(
		strstr(text, "\"aggregate\":{\"ingress_flow_count\":4,\"egress_flow_count\":1}"));
	assert_non_null(strstr(text, "\"aggregate\":{\"bytes\":750,\"packets\":15}"));
	assert_non_null(strstr(text, "\"aggregate\":{\"egress_flow_count\":1}"));
}

static void test_aggregate_interval(void **state)
{
	struct set s;

	(void)state;
	set_new(&s);
	set_one(&s, "a.json", KEYS("aggregate-fields=verdict", "interval=50ms"));
	feed(&s, 10);
	wait_for(&s, wrote, 1);
	feed(&s, 10);
	wait_for(&s, wrote, 2);
	set_free(&s);
	assert_int_equal(lines(read_file("a.json", NULL)), 2);
}

/* More groups than there is room for: they leave early, none is lost. */
static void test_aggregate_bound(void **state)
{
	struct flow f = sample_syn();
	struct set s;

	(void)state;
	set_new(&s);
	set_one(&s, "a.json", KEYS("aggregate-fields=l4", "interval=1h", "max-size=1G"));
	for (uint32_t i = 0; i < 70000; i++) {
		f.src.port = i;
		f.dst.port = 1 + (i >> 16);
		exporters_flow(s.e, &f);
	}
	wait_for(&s, wrote, 65536);
	set_free(&s);
	assert_int_equal(lines_of_file("a.json"), 70000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_json),
		TEST(test_pb_and_mask),
		TEST(test_filters),
		TEST(test_refused),
		TEST(test_aggregate),
		TEST(test_aggregate_interval),
		TEST(test_aggregate_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
