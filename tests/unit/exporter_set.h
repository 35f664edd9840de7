/* SPDX-License-Identifier: MIT */
/* Exporters in a folder of their own, and what they wrote there. For cmocka tests: include cmocka.h before. */
#ifndef PITOT_TESTS_EXPORTER_SET_H
#define PITOT_TESTS_EXPORTER_SET_H

#include "export/exporter_config.h"
#include "export/wire.h"
#include "tests/unit/sample_flows.h"

static char folder[64];
static char said[8192]; /* notices, a line each */

static inline void notice(void *arg, const char *line)
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

static inline void on_keeper(uv_timer_t *timer)
{
	(void)timer;
}

static inline void set_new(struct set *s)
{
	const struct exporters_options opt = {
		.node_name = "node-1", .notice = notice, .finish = true};

	said[0] = '\0';
	uv_loop_init(&s->loop);
	uv_timer_init(&s->loop, &s->keeper);
	uv_timer_start(&s->keeper, on_keeper, 3600000, 0);
	assert_int_equal(exporters_new(&s->loop, &opt, &s->e), 0);
}

static inline void set_free(struct set *s)
{
	exporters_free(s->e);
	uv_close((uv_handle_t *)&s->keeper, NULL);
	uv_run(&s->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&s->loop), 0);
}

static inline const char *path_of(const char *name)
{
	static char paths[4][128];
	static unsigned int i;

	i = (i + 1) % 4;
	assert_true(snprintf(paths[i], sizeof(paths[i]), "%s/%s", folder, name) <
		    (int)sizeof(paths[i]));
	return paths[i];
}

/* keys: "name=value" words; "$" in a value is the folder's path. */
static inline struct exporter_config config(const char *file, const char *const *keys)
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

static inline void set_one(struct set *s, const char *file, const char *const *keys)
{
	struct exporter_config c = config(file, keys);
	char *error = NULL;

	if (exporters_set(s->e, &c, 1, &error))
		fail_msg("%s", error);
}

#define KEYS(...) ((const char *const[]){__VA_ARGS__, NULL})

static inline const char *read_file(const char *name, size_t *ret_n)
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

static inline void write_file(const char *name, const char *text, size_t n)
{
	int fd = open(path_of(name), O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, n), n);
	close(fd);
}

static inline size_t lines(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += *text == '\n';
	return n;
}

static inline size_t lines_of_file(const char *name)
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

static inline struct exporter_status status(struct set *s)
{
	struct exporter_status row = {0};

	assert_int_equal(exporters_status(s->e, &row, 1), 1);
	return row;
}

/* Until the exporter says so, ten seconds at most. */
static inline void wait_for(struct set *s, bool (*ok)(const struct exporter_status *r, uint64_t n),
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

static inline bool wrote(const struct exporter_status *r, uint64_t n)
{
	return r->flows >= n;
}

static inline void feed(struct set *s, size_t n)
{
	struct flow f = sample_named(sample_syn());

	for (size_t i = 0; i < n; i++) {
		f.time_ns++;
		exporters_flow(s->e, &f);
	}
}

static inline int setup(void **state)
{
	(void)state;
	snprintf(folder, sizeof(folder), "/tmp/pitot-exporter-XXXXXX");
	return mkdtemp(folder) ? 0 : -1;
}

static inline void empty(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *d;
	char name[512];

	while (dir && (d = readdir(dir)))
		if (d->d_name[0] != '.') {
			assert_true(snprintf(name, sizeof(name), "%s/%s", path, d->d_name) <
				    (int)sizeof(name));
			if (unlink(name) && errno == EISDIR) {
				empty(name);
				rmdir(name);
			}
		}
	if (dir)
		closedir(dir);
}

static inline int teardown(void **state)
{
	(void)state;
	empty(folder);
	rmdir(folder);
	return 0;
}

/* Messages of a .pb file; each has to be a flow.Flow whose field 1 is its time. */
static inline size_t pb_messages(const char *text, size_t n)
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

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

#endif
