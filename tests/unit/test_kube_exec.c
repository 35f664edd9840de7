// SPDX-License-Identifier: MIT
/* Programs that are run for credentials: what they print, how long they may take. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "flows/names/kube_exec.h"

static struct {
	int n, err;
	char why[256], out[256];
	size_t size;
} got;

static void on_done(void *arg, int err, const char *why, const char *out, size_t size)
{
	(void)arg;
	got.n++;
	got.err = err;
	got.size = size;
	strncpy(got.why, why, sizeof(got.why) - 1);
	strncpy(got.out, out, sizeof(got.out) - 1);
}

/* No child is left behind, dead or alive. */
static void assert_reaped(void)
{
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

/* script is sh's; the milliseconds that it took. */
static uint64_t run(const char *script, uint32_t timeout_ms)
{
	char *args[] = {(char *)"-c", (char *)script, NULL};
	char *env[] = {(char *)"WORD=w", (char *)"HOME=/h", NULL};
	const struct kube_run_options opt = {
		.command = "sh",
		.args = args,
		.env = env,
		.info = "INFO=i",
		.max_bytes = 100000,
		.timeout_ms = timeout_ms,
	};
	uint64_t begin = uv_hrtime();
	struct kube_run *r;
	uv_loop_t loop;

	memset(&got, 0, sizeof(got));
	uv_loop_init(&loop);
	assert_int_equal(kube_run(&loop, &opt, on_done, NULL, &r), 0);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&loop), 0);
	assert_int_equal(got.n, 1);
	assert_reaped();
	return (uv_hrtime() - begin) / 1000000;
}

static void test_output(void **state)
{
	(void)state;
	run("echo $WORD $HOME $INFO; echo noise >&2", 5000);
	assert_int_equal(got.err, 0);
	assert_string_equal(got.out, "w /h i\n");
	assert_int_equal(got.size, 7);
}

static void test_failure(void **state)
{
	(void)state;
	run("echo first >&2; printf 'log\\033[2Jin\\n\\n' >&2; exit 3", 5000);
	assert_int_equal(got.err, -EIO);
	assert_string_equal(got.why, "it ended with status 3: log^[[2Jin");
	run("kill -9 $$", 5000);
	assert_int_equal(got.err, -EIO);
	assert_string_equal(got.why, "it ended with status 137: ");
	run("i=0; while [ $i -lt 3000 ]; do echo complaint $i >&2; i=$((i+1)); done; exit 1", 5000);
	assert_string_equal(got.why, "it ended with status 1: complaint 2999");
}

static void test_hangs(void **state)
{
	(void)state;
	/* with a child, which ends too: it would hold the pipes */
	assert_true(run("sleep 30 & sleep 30", 300) < 3000);
	assert_int_equal(got.err, -ETIMEDOUT);
}

static void test_leaves_a_child(void **state)
{
	(void)state;
	assert_true(run("echo x; sleep 20 & exit 0", 10000) < 5000);
	assert_int_equal(got.err, 0);
	assert_string_equal(got.out, "x\n");
}

static void test_too_much(void **state)
{
	(void)state;
	run("yes", 5000);
	assert_int_equal(got.err, -EFBIG);
	assert_string_equal(got.why, "it printed too much");
}

static void test_no_such_program(void **state)
{
	const struct kube_run_options opt = {
		.command = "pitot-no-such-program", .max_bytes = 10, .timeout_ms = 100};
	struct kube_run *r;
	uv_loop_t loop;

	(void)state;
	uv_loop_init(&loop);
	assert_int_equal(kube_run(&loop, &opt, on_done, NULL, &r), -ENOENT);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&loop), 0);
}

static void test_cancel(void **state)
{
	char *args[] = {(char *)"30", NULL};
	const struct kube_run_options opt = {
		.command = "sleep", .args = args, .max_bytes = 10, .timeout_ms = 30000};
	uint64_t begin = uv_hrtime();
	struct kube_run *r;
	uv_loop_t loop;

	(void)state;
	memset(&got, 0, sizeof(got));
	uv_loop_init(&loop);
	assert_int_equal(kube_run(&loop, &opt, on_done, NULL, &r), 0);
	uv_run(&loop, UV_RUN_NOWAIT);
	kube_run_cancel(r);
	kube_run_cancel(NULL);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&loop), 0);
	assert_int_equal(got.n, 0);
	assert_reaped();
	assert_true(uv_hrtime() - begin < 5000000000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_output),	 cmocka_unit_test(test_failure),
		cmocka_unit_test(test_hangs),	 cmocka_unit_test(test_leaves_a_child),
		cmocka_unit_test(test_too_much), cmocka_unit_test(test_no_such_program),
		cmocka_unit_test(test_cancel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
