// SPDX-License-Identifier: MIT
/* The gRPC server as a bare HTTP/2 client sees it: frames that no library sends as such. */
#include <setjmp.h>
#include <stdarg.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/grpc_frames.h"

static void test_unary(void **state)
{
	struct body b = BODY("\0\0\0\0\5hello");
	int32_t id;

	(void)state;
	open_client(NULL, 0);
	id = ask("/t/Echo", &b);
	turns(5);
	expect(id, "0", "");
	assert_int_equal(answer(id)->headers, 2);
	assert_int_equal(answer(id)->data, 10);
	assert_memory_equal(answer(id)->body, "\0\0\0\0\5hello", 10);
	assert_int_equal(gone_calls, 1);
	close_client();
}

/* A message is the same, however it is cut into frames. */
static void test_cut_anywhere(void **state)
{
	(void)state;
	for (size_t step = 1; step < 24; step++) {
		struct body b = BODY("\0\0\0\0\5hello", .step = step);
		struct body c = BODY("\0\0\0\0\1a\0\0\0\0\0\0\0\0\0\3bcd", .step = step);
		int32_t id;

		open_client(NULL, 0);
		id = ask("/t/Echo", &b);
		turns(5);
		expect(id, "0", "");
		assert_string_equal(seen, "hello");
		seen[0] = '\0';
		id = ask("/t/Collect", &c);
		turns(5);
		expect(id, "0", "");
		assert_string_equal(seen, "[a][][bcd]");
		assert_int_equal(ended, 1);
		close_client();
	}
}

static void test_refusals(void **state)
{
	struct {
		struct body body;
		const char *path, *status, *message;
	} rows[] = {
		{BODY("\0\0\0\0\1a"), "/t/None", "12", "unknown method /t/None"},
		{BODY("\1\0\0\0\1a"), "/t/Echo", "12", "compressed messages are not taken"},
		{BODY("\0\0\0\0\1a\0\0\0\0\1b"), "/t/Echo", "12",
		 "more than one message to a method that takes one"},
		{BODY("\0\0\0\0\1a\0"), "/t/Echo", "12",
		 "more than one message to a method that takes one"},
		{BODY(""), "/t/Echo", "12", "no message to a method that takes one"},
		{BODY("\0\0\0\0\3ab"), "/t/Echo", "13", "the request ends within a message"},
		{BODY("\0\0\0"), "/t/Echo", "13", "the request ends within a message"},
		{BODY("\0\0\0\0\3ab"), "/t/Collect", "13", "the request ends within a message"},
		{BODY("\0\377\377\377\377ab"), "/t/Echo", "8", "the request's message is too long"},
		{BODY("\0\0\100\0\1ab", .open = true), "/t/Echo", "8",
		 "the request's message is too long"},
		{BODY("\0\0\0\0\0"), "/t/Fail", "5", "100 %25 %C3%BC%0A"},
	};

	(void)state;
	open_client(NULL, 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		int32_t id = ask(rows[i].path, &rows[i].body);

		turns(5);
		expect(id, rows[i].status, rows[i].message);
		/* trailers alone, as there was no message */
		assert_int_equal(answer(id)->headers, 1);
		assert_int_equal(answer(id)->data, 0);
	}
	assert_false(cl.goaway);
	close_client();
}

static void test_not_grpc(void **state)
{
	struct body b = BODY("\0\0\0\0\1a"), c = BODY("\0\0\0\0\1a"), d = BODY("\0\0\0\0\1a");
	int32_t id;

	(void)state;
	open_client(NULL, 0);
	id = ask_with("GET", "/t/Echo", "application/grpc", NULL, NULL, &b);
	turns(5);
	assert_string_equal(answer(id)->http, "405");
	id = ask_with("POST", "/t/Echo", "application/json", NULL, NULL, &c);
	turns(5);
	assert_string_equal(answer(id)->http, "415");
	id = ask_with("POST", "/t/Echo", "application/grpc+proto", NULL, NULL, &d);
	turns(5);
	expect(id, "0", "");
	close_client();
}

static void test_long_headers(void **state)
{
	static char value[9000];
	struct grpc_server_options opt = {.header_bytes = 4096};
	struct body b = BODY("\0\0\0\0\1a"), c = BODY("\0\0\0\0\1a");
	int32_t id;

	(void)state;
	memset(value, 'v', sizeof(value) - 1);
	open_client(&opt, 0);
	id = ask_with("POST", "/t/Echo", "application/grpc", "x-long", value, &b);
	turns(5);
	expect(id, "8", "the request's headers are too long");
	id = ask("/t/Echo", &c);
	turns(5);
	expect(id, "0", "");
	close_client();
}

static void test_status_names(void **state)
{
	(void)state;
	assert_string_equal(grpc_status_name(GRPC_OK), "OK");
	assert_string_equal(grpc_status_name(GRPC_CANCELLED), "Canceled");
	assert_string_equal(grpc_status_name(GRPC_UNIMPLEMENTED), "Unimplemented");
	assert_string_equal(grpc_status_name(GRPC_UNAUTHENTICATED), "Unauthenticated");
	assert_string_equal(grpc_status_name(17), "Unknown");
	assert_string_equal(grpc_status_name(~0u), "Unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_unary),	     cmocka_unit_test(test_cut_anywhere),
		cmocka_unit_test(test_refusals),     cmocka_unit_test(test_not_grpc),
		cmocka_unit_test(test_long_headers), cmocka_unit_test(test_status_names),
	};

	alarm(60); /* after a test that failed the loop may not come to its end */
	uv_loop_init(&loop);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
