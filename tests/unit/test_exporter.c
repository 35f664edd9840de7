// SPDX-License-Identifier: MIT
/* Exporters on real files: formats, filters, aggregation, rotation, failures, what a crash leaves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "export/config_value.h"
#include "export/export_backups.h"
#include "export/export_torn.h"
#include "export/exporter_config.h"
#include "export/wire.h"
#include "tests/unit/sample_flows.h"

static char folder[64];
static char said[8192]; /* notices, a line each */

static void notice(void *arg, const char *line)
{
	size_t n = strlen(said);

	(void)arg;
	snprintf(said + n, sizeof(said) - n, "%s\n", line);
}

struct set {
	uv_loop_t loop;
	uv_timer_t keeper; /* an agent's loop has other things to wait for */
	struct exporters *e;
};

static void on_keeper(uv_timer_t *timer)
{
	(void)timer;
}

static void set_new(struct set *s)
{
	const struct exporters_options opt = {
		.node_name = "node-1", .notice = notice, .finish = true};

	said[0] = '\0';
	uv_loop_init(&s->loop);
	uv_timer_init(&s->loop, &s->keeper);
	uv_timer_start(&s->keeper, on_keeper, 3600000, 0);
	assert_int_equal(exporters_new(&s->loop, &opt, &s->e), 0);
}

static void set_free(struct set *s)
{
	exporters_free(s->e);
	uv_close((uv_handle_t *)&s->keeper, NULL);
	uv_run(&s->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&s->loop), 0);
}

static const char *path_of(const char *name)
{
	static char paths[4][128];
	static unsigned int i;

	i = (i + 1) % 4;
	snprintf(paths[i], sizeof(paths[i]), "%s/%s", folder, name);
	return paths[i];
}

/* keys: "name=value" words; "$" in a value is the folder's path. */
static struct exporter_config config(const char *file, const char *const *keys)
{
	struct exporter_config c = {0};
	char key[32], err[256];

	assert_int_equal(exporter_config_set(&c, "file", path_of(file), err, sizeof(err)), 0);
	for (; keys && *keys; keys++) {
		const char *value = strchr(*keys, '=');

		snprintf(key, sizeof(key), "%.*s", (int)(value - *keys), *keys);
		if (exporter_config_set(&c, key, value + 1, err, sizeof(err)))
			fail_msg("%s", err);
	}
	return c;
}

static void set_one(struct set *s, const char *file, const char *const *keys)
{
	struct exporter_config c = config(file, keys);
	char *error = NULL;

	if (exporters_set(s->e, &c, 1, &error))
		fail_msg("%s", error);
}

#define KEYS(...) ((const char *const[]){__VA_ARGS__, NULL})

static const char *read_file(const char *name, size_t *ret_n)
{
	static char buf[1 << 20];
	int fd = open(path_of(name), O_RDONLY);
	ssize_t n;

	assert_true(fd >= 0);
	n = read(fd, buf, sizeof(buf) - 1);
	assert_true(n >= 0);
	close(fd);
	buf[n] = '\0';
	if (ret_n)
		*ret_n = n;
	return buf;
}

static void write_file(const char *name, const char *text, size_t n)
{
	int fd = open(path_of(name), O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, n), n);
	close(fd);
}

static size_t lines(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += *text == '\n';
	return n;
}

static size_t lines_of_file(const char *name)
{
	FILE *f = fopen(path_of(name), "r");
	size_t n = 0;
	int c;

	assert_non_null(f);
	while ((c = getc(f)) != EOF)
		n += c == '\n';
	fclose(f);
	return n;
}

static struct exporter_status status(struct set *s)
{
	struct exporter_status row = {0};

	assert_int_equal(exporters_status(s->e, &row, 1), 1);
	return row;
}

/* Until the exporter says so, ten seconds at most. */
static void wait_for(struct set *s, bool (*ok)(const struct exporter_status *r, uint64_t n),
		     uint64_t n)
{
	for (int i = 0; i < 1000; i++) {
		struct exporter_status row = status(s);

		if (ok(&row, n))
			return;
		uv_run(&s->loop, UV_RUN_NOWAIT);
		usleep(10000);
	}
	fail_msg("waited in vain: %s", said);
}

static bool wrote(const struct exporter_status *r, uint64_t n)
{
	return r->flows >= n;
}

static bool failing(const struct exporter_status *r, uint64_t n)
{
	(void)n;
	return !r->up && *r->error;
}

static void feed(struct set *s, size_t n)
{
	struct flow f = sample_named(sample_syn());

	for (size_t i = 0; i < n; i++) {
		f.time_ns++;
		exporters_flow(s->e, &f);
	}
}

static int setup(void **state)
{
	(void)state;
	snprintf(folder, sizeof(folder), "/tmp/pitot-exporter-XXXXXX");
	return mkdtemp(folder) ? 0 : -1;
}

static void empty(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *d;
	char name[512];

	while (dir && (d = readdir(dir)))
		if (d->d_name[0] != '.') {
			snprintf(name, sizeof(name), "%s/%s", path, d->d_name);
			if (unlink(name) && errno == EISDIR) {
				empty(name);
				rmdir(name);
			}
		}
	if (dir)
		closedir(dir);
}

static int teardown(void **state)
{
	(void)state;
	empty(folder);
	rmdir(folder);
	return 0;
}

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

/* Messages of a .pb file; each has to be a flow.Flow whose field 1 is its time. */
static size_t pb_messages(const char *text, size_t n)
{
	struct wire_reader r = wire_reader(text, n);
	size_t count = 0;
	uint64_t len;

	while (r.p < r.end) {
		struct wire_reader flow;
		struct wire_field f;

		assert_true(wire_varint(&r, &len));
		assert_true(len <= (uint64_t)(r.end - r.p));
		flow = wire_reader(r.p, len);
		assert_true(wire_next(&flow, &f));
		assert_int_equal(f.number, 1);
		while (wire_next(&flow, &f))
			;
		assert_false(flow.bad);
		r.p += len;
		count++;
	}
	return count;
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

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

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
		TEST(test_rotate),
		TEST(test_rotate_age),
		TEST(test_names),
		TEST(test_clock_back),
		TEST(test_renamed),
		TEST(test_vanished),
		TEST(test_full),
		TEST(test_enospc),
		TEST(test_shared),
		TEST(test_hung),
		TEST(test_link),
		TEST(test_torn_json),
		TEST(test_torn_pb),
		TEST(test_keys),
		TEST(test_yaml),
		TEST(test_reconfigure),
		TEST(test_end),
		TEST(test_watch),
		TEST(test_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
