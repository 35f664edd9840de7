// SPDX-License-Identifier: MIT
/* Flows from compressed files, pipes and named pipes. */
#include <setjmp.h>
#include <stdarg.h>
#include <unistd.h>

#include <cmocka.h>

#include <zlib.h>
#include <zstd.h>

#include "tests/unit/file_sources.h"

/* -------------------------------------------------------------------- compressed */

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_compressed), cmocka_unit_test(test_pipe),
		cmocka_unit_test(test_fifo),	   cmocka_unit_test(test_stop),
		cmocka_unit_test(test_errors),
	};

	return cmocka_run_group_tests(tests, begin_files, end_files);
}
