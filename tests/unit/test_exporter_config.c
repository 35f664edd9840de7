// SPDX-License-Identifier: MIT
/* Exporters as they are configured, at the start and while they run. */
#include <setjmp.h>
#include <stdarg.h>
#include <unistd.h>

#include <cmocka.h>

#include "export/config_value.h"
#include "tests/unit/exporter_set.h"

/* ------------------------------------------------------------------- configuration */

static void test_keys(void **state)
{
	struct exporter_config c = {0};
	char err[256];

	(void)state;
#define SET(key, value) exporter_config_set(&c, key, value, err, sizeof(err))
	assert_int_equal(SET("filePath", "/x"), 0);
	assert_int_equal(SET("fileMaxSizeMb", "7"), 0);
	assert_int_equal(SET("fileMaxBackups", "2"), 0);
	assert_int_equal(SET("fileCompress", "true"), 0);
	assert_int_equal(SET("fieldMask", "time, IP"), 0);
	assert_int_equal(SET("field_mask", "verdict"), 0);
	assert_int_equal(SET("aggregationInterval", "1m30s"), 0);
	assert_int_equal(SET("end", "2026-01-15T12:20:30.5+02:00"), 0);
	assert_int_equal(SET("fsync", "5s"), 0);
	assert_int_equal(c.max_bytes, 7 << 20);
	assert_int_equal(c.max_backups, 2);
	assert_int_equal(c.compression, COMPRESS_GZIP);
	assert_string_equal(c.field_mask[2], "verdict");
	assert_null(c.field_mask[3]);
	assert_int_equal(c.aggregation_interval_ns, 90000000000ull);
	assert_int_equal(c.end_ns, SAMPLE_NS + 500000000);
	assert_int_equal(c.fsync, FSYNC_INTERVAL);
	assert_int_equal(SET("bogus", "1"), -EINVAL);
	assert_int_equal(SET("max-size", "10X"), -EINVAL);
	assert_string_equal(err, "max-size: \"10X\" is not a size such as 512K, 10M or 1G");
	assert_int_equal(SET("end", "tomorrow"), -EINVAL);
	assert_int_equal(SET("fsync", "0"), -EINVAL);
	assert_int_equal(SET("format", "xml"), -EINVAL);
#undef SET
	exporter_config_clear(&c);
}

static const char yaml[] =
	"flowLogs:\n"
	"- name: drops\n"
	"  filePath: /var/log/drops.log\n"
	"  fieldMask: []\n"
	"  includeFilters:\n"
	"  - verdict: [DROPPED]\n"
	"    source_pod: [\"shop/\"]\n"
	"  excludeFilters: ['{\"source_port\":[\"80\"]}']\n"
	"  end: \"2026-10-09T23:59:59-07:00\"\n"
	"other: {x: 1}\n"
	"exporters:\n"
	"- {file: /var/log/all.pb, format: pb, max-size: 1G, compress: zstd, end: null}\n";

static int read_yaml(const char *text, struct exporter_config **ret, size_t *ret_n,
		     char **ret_error)
{
	return exporter_configs_read(text, strlen(text), ret, ret_n, ret_error);
}

static void test_yaml(void **state)
{
	struct exporter_config *c = NULL;
	char *error = NULL;
	size_t n;

	(void)state;
	assert_int_equal(exporter_configs_read(yaml, strlen(yaml), &c, &n, &error), 0);
	assert_int_equal(n, 2);
	assert_string_equal(c[0].target, "/var/log/all.pb");
	assert_int_equal(c[0].compression, COMPRESS_ZSTD);
	assert_string_equal(c[1].name, "drops");
	assert_string_equal(c[1].allow[0],
			    "{\"verdict\":[\"DROPPED\"],\"source_pod\":[\"shop/\"]}");
	assert_string_equal(c[1].deny[0], "{\"source_port\":[\"80\"]}");
	assert_int_not_equal(c[1].end_ns, 0);
	exporter_configs_free(c, n);
	assert_int_equal(read_yaml("x: 1\n", &c, &n, &error), 0);
	assert_int_equal(n, 0);
	exporter_configs_free(c, n);
	assert_int_equal(read_yaml("exporters:\n- name: x\n", &c, &n, &error), -EINVAL);
	assert_string_equal(error, "line 2: an exporter without \"file\": where is it to write?");
	free(error);
	assert_int_equal(read_yaml("exporters:\n- file: x\n  fsync: 1\n", &c, &n, &error), -EINVAL);
	assert_string_equal(error,
			    "line 3: fsync: \"1\" is not never, rotate or a duration such as 5s");
	free(error);
	assert_int_equal(read_yaml("a: [", &c, &n, &error), -EINVAL);
	assert_non_null(strstr(error, "is not YAML"));
	free(error);
}

/* Unchanged ones go on: their file stays open, their counters stand. */
static void test_reconfigure(void **state)
{
	struct exporter_config c[2];
	struct exporter_status rows[4];
	char *error = NULL;
	struct set s;

	(void)state;
	set_new(&s);
	set_one(&s, "a.json", KEYS("name=a"));
	feed(&s, 5);
	wait_for(&s, wrote, 5);
	c[0] = config("b.json", KEYS("name=b"));
	c[1] = config("a.json", KEYS("name=a"));
	assert_int_equal(exporters_set(s.e, c, 2, &error), 0);
	assert_null(c[0].target);
	assert_null(c[1].target);
	assert_int_equal(exporters_status(s.e, rows, 4), 2);
	assert_string_equal(rows[0].name, "a");
	assert_int_equal(rows[0].flows, 5);
	feed(&s, 1);
	c[0] = config("b.json", KEYS("name=b", "format=pb"));
	assert_int_equal(exporters_set(s.e, c, 1, &error), 0);
	assert_int_equal(exporters_status(s.e, rows, 4), 1);
	assert_int_equal(lines(read_file("a.json", NULL)), 6);
	set_free(&s);
}

static void test_end(void **state)
{
	struct set s;

	(void)state;
	set_new(&s);
	set_one(&s, "a.json", KEYS("name=x", "end=2020-01-01T00:00:00Z"));
	for (int i = 0; i < 300 && !strstr(said, "its end has come"); i++) {
		uv_run(&s.loop, UV_RUN_NOWAIT);
		usleep(10000);
	}
	feed(&s, 1);
	assert_string_equal(said, "exporter \"x\": its end has come\n");
	assert_false(status(&s).up);
	set_free(&s);
	assert_string_equal(read_file("a.json", NULL), "");
}

static void test_watch(void **state)
{
	struct exporter_status rows[4];
	char *error = NULL, text[256];
	struct set s;

	(void)state;
	set_new(&s);
	set_one(&s, "a.json", KEYS("name=a"));
	assert_int_equal(exporters_watch(s.e, path_of("none"), &error), -ENOENT);
	free(error);
	snprintf(text, sizeof(text), "exporters: [{name: w, file: %s}]", path_of("w.json"));
	write_file("conf", text, strlen(text));
	assert_int_equal(exporters_watch(s.e, path_of("conf"), &error), 0);
	assert_int_equal(exporters_status(s.e, rows, 4), 2);
	snprintf(text, sizeof(text), "exporters: [{name: w2, file: %s}]", path_of("w2.json"));
	write_file("conf", text, strlen(text));
	for (int i = 0; i < 800 && !strstr(said, "is read again"); i++) {
		uv_run(&s.loop, UV_RUN_NOWAIT);
		usleep(10000);
	}
	assert_int_equal(exporters_status(s.e, rows, 4), 2);
	assert_string_equal(rows[0].name, "a");
	assert_string_equal(rows[1].name, "w2");
	set_free(&s);
}

/* ----------------------------------------------------------------------- values */

static void test_values(void **state)
{
	uint64_t v;

	(void)state;
	assert_int_equal(config_duration("1h30m", &v), 0);
	assert_int_equal(v, 5400000000000ull);
	assert_int_equal(config_duration("1.5s", &v), 0);
	assert_int_equal(v, 1500000000);
	assert_int_equal(config_duration("5", &v), -EINVAL);
	assert_int_equal(config_duration("-5s", &v), -EINVAL);
	assert_int_equal(config_duration("5sx", &v), -EINVAL);
	assert_int_equal(config_duration("99999999999d", &v), -EINVAL);
	assert_int_equal(config_size("10MiB", &v), 0);
	assert_int_equal(v, 10 << 20);
	assert_int_equal(config_size("99999999999999G", &v), -EINVAL);
	assert_int_equal(config_time("2026-01-15", &v), 0);
	assert_int_equal(v, SAMPLE_NS - (10 * 3600 + 20 * 60 + 30) * 1000000000ull);
	assert_int_equal(config_time("2026-01-15T10:20:30Z", &v), 0);
	assert_int_equal(v, SAMPLE_NS);
	assert_int_equal(config_time("2026-01-15T10:20:30", &v), -EINVAL);
	assert_int_equal(config_time("2026-01-15T10:20:30+2:00", &v), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_keys), TEST(test_yaml),  TEST(test_reconfigure),
		TEST(test_end),	 TEST(test_watch), TEST(test_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
