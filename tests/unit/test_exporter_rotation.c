// SPDX-License-Identifier: MIT
/* Export files that are rotated, vanish, fill up, or were cut by a crash. */
#include <setjmp.h>
#include <stdarg.h>
#include <sys/mount.h>

#include <cmocka.h>

#include <zlib.h>

#include "export/export_backups.h"
#include "tests/unit/exporter_set.h"

static bool failing(const struct exporter_status *r, uint64_t n)
{
	(void)n;
	return !r->up && *r->error;
}

/* ----------------------------------------------------------------------- rotation */

static size_t backups(const char *suffix, char *ret_name)
{
	DIR *dir = opendir(folder);
	size_t n = 0, len = strlen(suffix);
	struct dirent *d;

	while ((d = readdir(dir)))
		if (!strncmp(d->d_name, "a-", 2) && strlen(d->d_name) > len &&
		    !strcmp(d->d_name + strlen(d->d_name) - len, suffix)) {
			strcpy(ret_name, d->d_name);
			n++;
		}
	closedir(dir);
	return n;
}

static void test_rotate(void **state)
{
	char name[256] = "", line[8192];
	size_t total = 0, n = 0;
	struct stat st;
	struct set s;
	gzFile gz;

	(void)state;
	set_new(&s);
	set_one(&s, "a.json", KEYS("max-size=20K", "max-backups=3", "compress=gzip"));
	for (int i = 0; i < 20; i++) {
		feed(&s, 20);
		total += 20;
		wait_for(&s, wrote, total);
	}
	set_free(&s);
	assert_int_equal(stat(path_of("a.json"), &st), 0);
	assert_true(st.st_size <= 20 << 10);
	assert_int_equal(backups(".json.gz", name), 3);
	assert_int_equal(backups(".json", name), 0);
	assert_int_equal(backups(".tmp", name), 0);
	backups(".json.gz", name);
	gz = gzopen(path_of(name), "rb");
	assert_non_null(gz);
	while (gzgets(gz, line, sizeof(line))) {
		assert_memory_equal(line, "{\"flow\":{", 9);
		assert_int_equal(line[strlen(line) - 1], '\n');
		n += strlen(line);
	}
	gzclose(gz);
	assert_true(n > 10 << 10 && n <= 20 << 10);
}

static void test_rotate_age(void **state)
{
	char name[256];
	struct set s;

	(void)state;
	set_new(&s);
	set_one(&s, "a.json", KEYS("max-age=300ms"));
	feed(&s, 1);
	wait_for(&s, wrote, 1);
	for (int i = 0; i < 500 && !backups(".json", name); i++)
		usleep(10000);
	assert_int_equal(backups(".json", name), 1);
	set_free(&s);
}

static void test_names(void **state)
{
	struct export_backups b;
	bool plain;

	(void)state;
	assert_int_equal(export_backups_init(&b, "/x/events.log", 5, COMPRESS_NONE), 0);
	assert_string_equal(b.dir, "/x");
	assert_true(export_backups_match(&b, "events-2026-01-15T10-20-30.123.log", &plain) &&
		    plain);
	assert_true(export_backups_match(&b, "events-2026-01-15T10-20-30.123.log.gz", &plain) &&
		    !plain);
	assert_false(export_backups_match(&b, "events-2026-01-15T10-20-30.log", &plain));
	assert_false(export_backups_match(&b, "events.log", &plain));
	assert_false(export_backups_match(&b, "events-2026-01-15T10-20-30.123.log.gz.tmp", &plain));
	assert_false(export_backups_match(&b, "eventsx2026-01-15T10-20-30.123.log", &plain));
	export_backups_clear(&b);
}

/* The clock was set back since the last rotation: the newest file is kept, not the one of the latest name. */
static void test_clock_back(void **state)
{
	const uint64_t day_ns = 86400000000000ull;
	struct export_backups b;

	(void)state;
	assert_int_equal(export_backups_init(&b, path_of("a.json"), 2, COMPRESS_NONE), 0);
	for (unsigned int i = 0; i < 4; i++) {
		char digit = '0' + i;

		write_file("a.json", &digit, 1);
		assert_int_equal(export_backups_take(&b, path_of("a.json"), SAMPLE_NS - i * day_ns),
				 0);
	}
	assert_string_equal(read_file("a-2026-01-15T10-20-30.002.json", NULL), "2");
	assert_string_equal(read_file("a-2026-01-15T10-20-30.003.json", NULL), "3");
	assert_int_equal(access(path_of("a-2026-01-15T10-20-30.000.json"), F_OK), -1);
	export_backups_clear(&b);
}

/* logrotate renames the file, somebody removes it: the next flows are in a new one. */
static void test_renamed(void **state)
{
	struct set s;

	(void)state;
	set_new(&s);
	set_one(&s, "a.json", NULL);
	feed(&s, 1);
	wait_for(&s, wrote, 1);
	assert_int_equal(rename(path_of("a.json"), path_of("b.json")), 0);
	feed(&s, 2);
	wait_for(&s, wrote, 3);
	assert_int_equal(lines(read_file("b.json", NULL)), 1);
	assert_int_equal(lines(read_file("a.json", NULL)), 2);
	assert_int_equal(unlink(path_of("a.json")), 0);
	feed(&s, 3);
	wait_for(&s, wrote, 6);
	assert_int_equal(lines(read_file("a.json", NULL)), 3);
	/* copytruncate */
	assert_int_equal(truncate(path_of("a.json"), 0), 0);
	feed(&s, 1);
	wait_for(&s, wrote, 7);
	assert_int_equal(lines(read_file("a.json", NULL)), 1);
	set_free(&s);
	assert_string_equal(said, "");
}

/* ----------------------------------------------------------------------- failures */

static void test_vanished(void **state)
{
	struct set s;

	(void)state;
	set_new(&s);
	mkdir(path_of("d"), 0755);
	set_one(&s, "d/a.json", KEYS("name=x"));
	feed(&s, 1);
	wait_for(&s, wrote, 1);
	empty(path_of("d"));
	rmdir(path_of("d"));
	feed(&s, 2);
	wait_for(&s, failing, 0);
	feed(&s, 3);
	mkdir(path_of("d"), 0755);
	wait_for(&s, wrote, 6);
	assert_int_equal(status(&s).lost, 0);
	assert_true(status(&s).up);
	set_free(&s);
	assert_int_equal(lines(read_file("d/a.json", NULL)), 5);
	assert_non_null(strstr(said, "exporter \"x\": cannot write "));
	assert_non_null(strstr(said, "No such file or directory"));
	assert_non_null(strstr(said, " again, 0 flows were lost\n"));
	assert_int_equal(lines(said), 2);
}

/* Nothing is written at all: the queue's bound holds, what is lost is counted. */
static void test_full(void **state)
{
	struct set s;

	(void)state;
	set_new(&s);
	set_one(&s, "nowhere/a.json", NULL);
	wait_for(&s, failing, 0);
	feed(&s, 20000);
	assert_true(status(&s).lost > 1000 && status(&s).lost < 20000);
	mkdir(path_of("nowhere"), 0755);
	wait_for(&s, wrote, 1000);
	set_free(&s);
	assert_non_null(strstr(said, " flows were lost\n"));
	assert_null(strstr(said, " 0 flows were lost\n"));
}

/* A small file system that fills up: no torn line, and it goes on when there is room. */
static void test_enospc(void **state)
{
	const char *text;
	struct set s;
	size_t n = 0;

	(void)state;
	mkdir(path_of("small"), 0755);
	if (mount("tmpfs", path_of("small"), "tmpfs", 0, "size=128k"))
		skip();
	set_new(&s);
	set_one(&s, "small/a.json", NULL);
	write_file("small/ballast", said, sizeof(said));
	for (int i = 0; i < 200 && status(&s).up; i++) {
		feed(&s, 20);
		usleep(5000);
		n += 20;
	}
	wait_for(&s, failing, 0);
	text = read_file("small/a.json", NULL);
	assert_int_equal(text[strlen(text) - 1], '\n');
	assert_non_null(strstr(said, "No space left on device"));
	assert_int_equal(truncate(path_of("small/a.json"), 0), 0);
	wait_for(&s, wrote, n);
	set_free(&s);
	text = read_file("small/a.json", NULL);
	assert_int_equal(text[strlen(text) - 1], '\n');
	assert_memory_equal(text, "{\"flow\":{", 9);
	umount(path_of("small"));
}

/* One file by two names: the second exporter says so, and has it when the first is gone. */
static void test_shared(void **state)
{
	struct exporter_config c[2] = {config("a.json", NULL), config("./a.json", NULL)};
	struct exporter_status rows[2];
	char *error = NULL;
	struct set s;

	(void)state;
	set_new(&s);
	assert_int_equal(exporters_set(s.e, c, 1, &error), 0);
	wait_for(&s, wrote, 0);
	feed(&s, 1);
	wait_for(&s, wrote, 1);
	c[0] = config("a.json", NULL);
	assert_int_equal(exporters_set(s.e, c, 2, &error), 0);
	feed(&s, 1);
	for (int i = 0; i < 500 && !strstr(said, "another process"); i++) {
		usleep(10000);
		assert_int_equal(exporters_status(s.e, rows, 2), 2);
	}
	assert_true(rows[0].up && !rows[1].up);
	assert_non_null(
		strstr(said, "./a.json\": another exporter, or another process, writes it"));
	c[0] = config("./a.json", NULL);
	assert_int_equal(exporters_set(s.e, c, 1, &error), 0);
	wait_for(&s, wrote, 1);
	set_free(&s);
	assert_int_equal(lines_of_file("a.json"), 3);
}

/* A pipe that nobody reads holds a write for ever, but not the end. */
static void test_hung(void **state)
{
	const struct exporters_options opt = {.node_name = "node-1", .notice = notice};
	struct exporter_config c = {0};
	char err[256], *error = NULL;
	uint64_t began;
	struct set s;
	int ends[2], out;

	(void)state;
	set_new(&s);
	exporters_free(s.e);
	assert_int_equal(exporters_new(&s.loop, &opt, &s.e), 0);
	assert_int_equal(exporter_config_set(&c, "file", "stdout", err, sizeof(err)), 0);
	assert_int_equal(exporters_set(s.e, &c, 1, &error), 0);
	fflush(stdout);
	out = dup(STDOUT_FILENO);
	assert_int_equal(pipe(ends), 0);
	dup2(ends[1], STDOUT_FILENO);
	close(ends[1]);
	feed(&s, 2000);
	for (int i = 0, n = 0; i < 1000 && n < 65536; i++) {
		usleep(10000);
		ioctl(ends[0], FIONREAD, &n);
	}
	began = uv_hrtime();
	exporters_drain(s.e);
	dup2(out, STDOUT_FILENO);
	close(out);
	assert_true(uv_hrtime() - began < 5000000000ull);
	assert_true(status(&s).lost > 100);
	assert_non_null(strstr(said, "in time; what was left is lost"));
	set_free(&s);
	close(ends[0]); /* its thread comes to its end */
	usleep(100000);
}

static void test_link(void **state)
{
	struct set s;

	(void)state;
	write_file("target", "", 0);
	assert_int_equal(symlink(path_of("target"), path_of("a.json")), 0);
	set_new(&s);
	set_one(&s, "a.json", NULL);
	feed(&s, 1);
	wait_for(&s, failing, 0);
	assert_non_null(strstr(said, "symbolic link"));
	set_free(&s);
	assert_string_equal(read_file("target", NULL), "");
}

/* ---------------------------------------------------------------- what a crash left */

static void after(const char *before, size_t n, const char *name, const char *format)
{
	struct set s;

	write_file(name, before, n);
	set_new(&s);
	set_one(&s, name, KEYS(format));
	feed(&s, 1);
	set_free(&s);
}

static void test_torn_json(void **state)
{
	const char *text;
	char name[256];

	(void)state;
	after("{\"flow\":{}}\n{\"flow\":{\"ti", 24, "a.json", "format=json");
	text = read_file("a.json", NULL);
	assert_memory_equal(text, "{\"flow\":{}}\n{\"flow\":{\"time\":", 28);
	assert_int_equal(lines(text), 2);
	after("{\"flow\":{}}", 11, "b.json", "format=json");
	text = read_file("b.json", NULL);
	assert_memory_equal(text, "{\"flow\":{}}\n{\"flow\":{\"time\":", 28);
	/* No JSON: it is put aside, not written into. */
	after("abc\n", 4, "a.txt", "format=json");
	assert_int_equal(backups(".txt", name), 1);
	assert_string_equal(read_file(name, NULL), "abc\n");
	assert_int_equal(lines(read_file("a.txt", NULL)), 1);
}

static void test_torn_pb(void **state)
{
	static char copy[1 << 20];
	const char *text;
	size_t n, more;
	char name[256];
	struct set s;

	(void)state;
	set_new(&s);
	set_one(&s, "a.pb", KEYS("format=pb"));
	feed(&s, 300);
	set_free(&s);
	text = read_file("a.pb", &n);
	assert_int_equal(pb_messages(text, n), 300);
	memcpy(copy, text, n);
	for (size_t cut = 1; cut <= 300; cut += 37) {
		after(copy, n - cut, "b.pb", "format=pb");
		text = read_file("b.pb", &more);
		assert_true(pb_messages(text, more) >= 299);
	}
	/* Neither a text nor the begin of a message is destroyed. */
	after("hello", 5, "a.pb2", "format=pb");
	assert_int_equal(backups(".pb2", name), 1);
	assert_string_equal(read_file(name, NULL), "hello");
	after("\x03\xff\xff\xff", 4, "a.pb3", "format=pb");
	assert_int_equal(backups(".pb3", name), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_rotate),  TEST(test_rotate_age), TEST(test_names), TEST(test_clock_back),
		TEST(test_renamed), TEST(test_vanished),   TEST(test_full),  TEST(test_enospc),
		TEST(test_shared),  TEST(test_hung),	   TEST(test_link),  TEST(test_torn_json),
		TEST(test_torn_pb),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
