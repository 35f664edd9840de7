// SPDX-License-Identifier: MIT
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "export/field_mask.h"
#include "tests/unit/foreign.h"

#define FLOW                                                                                         \
	"{\"time\":\"2026-01-15T10:20:30Z\",\"verdict\":\"DROPPED\",\"IP\":{\"source\":\"1.2.3.4\"," \
	"\"destination\":\"5.6.7.8\"},\"l4\":{\"TCP\":{\"source_port\":1,\"destination_port\":2}},"  \
	"\"source\":{\"identity\":7,\"labels\":[\"a\",\"b\"],\"pod_name\":\"p\",\"workloads\":"      \
	"[{\"name\":\"w\"}]},\"destination\":{\"identity\":8},\"l7\":{\"type\":\"REQUEST\","         \
	"\"http\":{\"method\":\"GET\"}},\"Summary\":\"s\"}"

static char err[256];

static const char *masked(const char *const *paths, size_t n)
{
	static struct text json;
	struct text wire = wire_of_json(&flow__flow__descriptor, FLOW), out = {0};
	struct field_mask *m = NULL;

	assert_int_equal(field_mask_new(paths, n, &m, err, sizeof(err)), 0);
	assert_non_null(m);
	assert_int_equal(field_mask_apply(m, (uint8_t *)wire.data, wire.len, &out), 0);
	json.len = 0;
	assert_int_equal(
		protojson_write(&json, &flow__flow__descriptor, (uint8_t *)out.data, out.len), 0);
	text_char(&json, '\0');
	text_free(&wire);
	text_free(&out);
	field_mask_free(m);
	return json.data;
}

#define MASKED(...)                                \
	masked((const char *const[]){__VA_ARGS__}, \
	       sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

static void test_what_passes(void **state)
{
	(void)state;
	assert_string_equal(MASKED("verdict", "Summary"),
			    "{\"verdict\":\"DROPPED\",\"Summary\":\"s\"}");
	assert_string_equal(MASKED("IP.source"), "{\"IP\":{\"source\":\"1.2.3.4\"}}");
	assert_string_equal(MASKED("l4.TCP.source_port"), "{\"l4\":{\"TCP\":{\"source_port\":1}}}");
	assert_string_equal(
		MASKED("source.labels", "source.workloads"),
		"{\"source\":{\"labels\":[\"a\",\"b\"],\"workloads\":[{\"name\":\"w\"}]}}");
	assert_string_equal(MASKED("l7.http"), "{\"l7\":{\"http\":{\"method\":\"GET\"}}}");
	assert_string_equal(MASKED("is_reply"), "{}");
	/* the message is there, with nothing of what was asked for */
	assert_string_equal(MASKED("destination.pod_name"), "{\"destination\":{}}");
}

static void test_all_of_a_field_wins(void **state)
{
	const char *const all = "{\"destination\":{\"identity\":8}}";

	(void)state;
	assert_string_equal(MASKED("destination", "destination.pod_name"), all);
	assert_string_equal(MASKED("destination.pod_name", "destination"), all);
	assert_string_equal(MASKED("destination", "destination"), all);
}

static void test_no_paths_pass_everything(void **state)
{
	struct field_mask *m = (struct field_mask *)err;

	(void)state;
	assert_int_equal(field_mask_new(NULL, 0, &m, err, sizeof(err)), 0);
	assert_null(m);
	assert_true(field_mask_passes(m, 150000));
	field_mask_free(m);
}

static void test_passes(void **state)
{
	static const char *const paths[] = {"source.pod_name", "Summary"};
	struct field_mask *m;

	(void)state;
	assert_int_equal(field_mask_new(paths, 2, &m, err, sizeof(err)), 0);
	assert_true(field_mask_passes(m, 8));
	assert_true(field_mask_passes(m, 100000));
	assert_false(field_mask_passes(m, 150000));
	field_mask_free(m);
}

static void test_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"nope",
		"source.",
		"source.nope",
		".source",
		"Verdict",
		"verdict.x",
		"time.seconds.x",
		"source.workloads.name",
		"source..ID",
		"source_names.x",
	};
	struct field_mask *m = NULL;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		const char *two[] = {"verdict", bad[i]};
		char want[64];

		assert_int_equal(field_mask_new(two, 2, &m, err, sizeof(err)), -EINVAL);
		snprintf(want, sizeof(want), "\"%s\"", bad[i]);
		assert_non_null(strstr(err, want));
		assert_null(m);
	}
	assert_int_equal(field_mask_new((const char *[]){"a\033b"}, 1, &m, err, sizeof(err)),
			 -EINVAL);
	assert_string_equal(err, "invalid field mask: flow has no field \"a^[b\"");
}

static void test_no_flow(void **state)
{
	const char *path = "IP.source";
	struct field_mask *m;
	struct text out = {0};

	(void)state;
	assert_int_equal(field_mask_new(&path, 1, &m, err, sizeof(err)), 0);
	assert_int_equal(field_mask_apply(m, (const uint8_t *)"\x2a\x05", 2, &out), -EBADMSG);
	assert_int_equal(field_mask_apply(m, (const uint8_t *)"\x2a\x02\x0a\x05", 4, &out),
			 -EBADMSG);
	text_free(&out);
	field_mask_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_passes),
		cmocka_unit_test(test_all_of_a_field_wins),
		cmocka_unit_test(test_no_paths_pass_everything),
		cmocka_unit_test(test_passes),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_no_flow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
