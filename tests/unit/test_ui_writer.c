// SPDX-License-Identifier: MIT
/* A recording's way to a disk that is slow, full, or does not answer: pipes and /dev/full are such. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "cli/ui_writer.h"

#define QUEUE (1u << 20)

static uint64_t ms(void)
{
	return uv_hrtime() / 1000000;
}

/* Reads all of a pipe that numbers are written to. */
struct reader {
	int fd;
	uint64_t n;
	bool wrong;
};

static void read_numbers(void *arg)
{
	struct reader *r = arg;
	uint64_t v;

	while (read(r->fd, &v, sizeof(v)) == sizeof(v)) {
		r->wrong |= v != r->n++;
		if (r->n % 4096 == 0)
			usleep(1000);
	}
	close(r->fd);
}

static void test_all_in_order(void **state)
{
	struct reader r = {0};
	struct ui_writer_state now;
	struct ui_writer *w;
	uv_thread_t thread;
	uint64_t refused = 0;
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	r.fd = fds[0];
	assert_int_equal(ui_writer_new(fds[1], QUEUE, &w), 0);
	assert_int_equal(uv_thread_create(&thread, read_numbers, &r), 0);
	for (uint64_t i = 0; i < 1000000;) {
		int err = ui_writer_put(w, &i, sizeof(i));

		assert_true(!err || err == -ENOBUFS);
		i += !err;
		refused += err != 0;
		if (err)
			usleep(1000);
	}
	assert_true(refused > 0); /* the reader is slower */
	ui_writer_state(w, &now);
	assert_in_range(now.bytes, 1, 8000000);
	assert_int_equal(ui_writer_close(w, 10000), 0);
	uv_thread_join(&thread);
	assert_int_equal(r.n, 1000000);
	assert_false(r.wrong);
}

static void test_nobody_waits(void **state)
{
	static const char block[4096];
	struct ui_writer *w;
	uint64_t began = ms(), put = 0;
	int fds[2], err = 0;

	(void)state;
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(ui_writer_new(fds[1], QUEUE, &w), 0);
	while (!(err = ui_writer_put(w, block, sizeof(block))))
		put += sizeof(block);
	assert_int_equal(err, -ENOBUFS);
	assert_in_range(put, QUEUE - sizeof(block),
			QUEUE + (1 << 17)); /* and what the pipe holds */
	assert_int_equal(ui_writer_put(w, block, sizeof(block)), -ENOBUFS);
	assert_int_equal(ui_writer_close(w, 100), -ETIMEDOUT);
	assert_true(ms() - began < 3000);
	/* its thread goes on, and ends with what it had */
	for (uint64_t n = 0; n < put;) {
		char some[65536];
		ssize_t got = read(fds[0], some, sizeof(some));

		assert_true(got > 0);
		n += got;
	}
	assert_int_equal(read(fds[0], (char[1]){0}, 1), 0);
	close(fds[0]);
}

static void test_full(void **state)
{
	uint64_t until = ms() + 5000;
	struct ui_writer_state now;
	struct ui_writer *w;
	int err = 0;

	(void)state;
	assert_int_equal(ui_writer_new(open("/dev/full", O_WRONLY | O_CLOEXEC), QUEUE, &w), 0);
	while (!err && ms() < until)
		err = ui_writer_put(w, "x", 1);
	assert_int_equal(err, -ENOSPC);
	ui_writer_state(w, &now);
	assert_int_equal(now.err, -ENOSPC);
	assert_int_equal(now.bytes, 0);
	assert_int_equal(ui_writer_close(w, 5000), -ENOSPC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_in_order),
		cmocka_unit_test(test_nobody_waits),
		cmocka_unit_test(test_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
