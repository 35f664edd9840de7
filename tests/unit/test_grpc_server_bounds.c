// SPDX-License-Identifier: MIT
/* The gRPC server with clients that are slow, silent, or gone. */
#include <setjmp.h>
#include <stdarg.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/grpc_frames.h"

/* -------------------------------------------------------------------- client */

static void turns_ms(unsigned int ms)
{
	uint64_t until = uv_hrtime() + ms * 1000000ull;

	while (uv_hrtime() < until) {
		turn();
		usleep(1000);
	}
}

/* --------------------------------------------------------------------- tests */

static void test_deadlines(void **state)
{
	static const struct {
		const char *timeout, *status;
	} rows[] = {
		{"30m", "4"},  {"30000u", "4"}, {"1000000n", "4"}, {"0S", "4"},
		{"1n", "4"},   {"1", "13"},	{"m", "13"},	   {"123456789m", "13"},
		{"-1m", "13"}, {"1x", "13"},	{"", "13"},
	};

	(void)state;
	open_client(NULL, 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct body b = BODY("\0\0\0\0\0");
		int32_t id = ask_with("POST", "/t/Keep", "application/grpc", "grpc-timeout",
				      rows[i].timeout, &b);

		for (int n = 0; n < 100 && !answer(id)->closed; n++)
			turns_ms(2);
		assert_string_equal(answer(id)->status, rows[i].status);
		assert_null(kept);
	}
	close_client();
}

/* Its window is closed when the time is over: the stream is reset, and nothing waits for ever. */
static void test_deadline_behind_a_closed_window(void **state)
{
	struct body b = BODY("\0\0\0\0\0");
	int32_t id;

	(void)state;
	open_client(NULL, 100);
	/* this client opens its windows for what it reads: it is not to read */
	id = ask_with("POST", "/t/Flood", "application/grpc", "grpc-timeout", "40m", &b);
	nghttp2_session_set_local_window_size(cl.session, 0, id, 100);
	for (int n = 0; n < 100 && !answer(id)->closed; n++)
		turns_ms(2);
	assert_true(answer(id)->closed);
	assert_true(answer(id)->error == NGHTTP2_CANCEL || !strcmp(answer(id)->status, "4"));
	close_client();
}

/* What a client does not take is not made: some 256 KiB wait, then the method waits. */
static void test_bounded_when_not_read(void **state)
{
	struct body b = BODY("\0\0\0\0\0");
	const uint8_t *out;
	ssize_t n;

	(void)state;
	open_client(NULL, 0);
	ask("/t/Flood", &b);
	while ((n = nghttp2_session_mem_send(cl.session, &out)) > 0)
		assert_int_equal(send(cl.fd, out, n, MSG_NOSIGNAL), n);
	for (int i = 0; i < 50; i++)
		uv_run(&loop, UV_RUN_NOWAIT);
	assert_in_range(most_waiting, 200, 400);
	/* whoever cancels then is let go */
	nghttp2_submit_rst_stream(cl.session, 0, 1, NGHTTP2_CANCEL);
	turns(20);
	assert_int_equal(gone_calls, 1);
	close_client();
}

/* One stream's closed window holds up nobody else. */
static void test_others_go_on(void **state)
{
	struct body b = BODY("\0\0\0\0\0"), c = BODY("\0\0\0\0\2ok");
	nghttp2_settings_entry none = {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 0};
	int32_t id;

	(void)state;
	open_client(NULL, 0);
	nghttp2_submit_settings(cl.session, 0, &none, 1);
	turns(3);
	ask("/t/Flood", &b);
	turns(10);
	assert_int_equal(answer(1)->data, 0);
	id = ask("/t/Echo", &c);
	turns(3);
	nghttp2_submit_window_update(cl.session, 0, id, 1000);
	turns(5);
	expect(id, "0", "");
	assert_int_equal(answer(1)->data, 0);
	nghttp2_submit_window_update(cl.session, 0, 1, 3000);
	turns(5);
	/* and more as this client opens the window again */
	assert_true(answer(1)->data >= 3000);
	close_client();
}

static void test_idle(void **state)
{
	struct grpc_server_options opt = {.idle_ms = 40};
	struct body b = BODY("\0\0\0\0\0");
	struct grpc_server_stats st;

	(void)state;
	open_client(&opt, 0);
	ask("/t/Keep", &b);
	turns_ms(120);
	assert_false(cl.goaway);
	assert_non_null(kept);
	grpc_finish(kept, GRPC_OK, "");
	for (int i = 0; i < 100 && !cl.over; i++)
		turns_ms(5);
	assert_true(cl.goaway && cl.over);
	assert_int_equal(cl.goaway_error, NGHTTP2_NO_ERROR);
	grpc_server_stats(server, &st);
	assert_int_equal(st.closed_idle, 1);
	close_client();
}

static bool drained;

static void on_drained(void *arg)
{
	(void)arg;
	drained = true;
}

static void test_drain(void **state)
{
	struct body b = BODY("\0\0\0\0\0"), c = BODY("\0\0\0\0\0");

	(void)state;
	drained = false;
	open_client(NULL, 0);
	ask("/t/Keep", &b);
	turns(5);
	grpc_server_drain(server, 100, on_drained, NULL);
	turns_ms(40);
	assert_true(cl.goaway);
	assert_false(drained);
	/* no new ones */
	assert_int_equal(cl.goaway_error, NGHTTP2_NO_ERROR);
	ask("/t/Echo", &c);
	for (int i = 0; i < 200 && !drained; i++)
		turns_ms(5);
	assert_true(drained && cl.over);
	expect(1, "14", "the server is shutting down");
	assert_string_equal(seen, "");
	close_client();
}

static void test_server_freed_under_calls(void **state)
{
	struct body b = BODY("\0\0\0\0\0"), c = BODY("\0\0\0\0\0");

	(void)state;
	open_client(NULL, 0);
	ask("/t/Keep", &b);
	ask("/t/Flood", &c);
	turns(5);
	assert_int_equal(begun, 2);
	grpc_server_free(server);
	assert_int_equal(gone_calls, 2);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_alive(&loop), 0);
	nghttp2_session_del(cl.session);
	close(cl.fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_deadlines),
		cmocka_unit_test(test_deadline_behind_a_closed_window),
		cmocka_unit_test(test_bounded_when_not_read),
		cmocka_unit_test(test_others_go_on),
		cmocka_unit_test(test_idle),
		cmocka_unit_test(test_drain),
		cmocka_unit_test(test_server_freed_under_calls),
	};

	alarm(60); /* after a test that failed the loop may not come to its end */
	uv_loop_init(&loop);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
