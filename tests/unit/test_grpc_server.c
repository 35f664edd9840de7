/* SPDX-License-Identifier: MIT */
/* The gRPC server as a bare HTTP/2 client sees it: frames that no library sends as such. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>
#include <nghttp2/nghttp2.h>

#include "export/grpc_server.h"
#include "export/http2.h"
#include "export/transport_internal.h"

static uv_loop_t loop;
static struct grpc_server *server;

/* ------------------------------------------------------------------- methods */

static unsigned int begun, gone_calls, ended, most_waiting;
static char seen[100]; /* the last message */
static struct grpc_call *kept;

static void echo(void *arg, struct grpc_call *c, const uint8_t *bytes, size_t n)
{
	(void)arg;
	begun++;
	snprintf(seen, sizeof(seen), "%.*s", (int)n, (const char *)bytes);
	grpc_send(c, bytes, n);
	grpc_finish(c, GRPC_OK, "");
	/* all that comes after the end is refused, and does no harm */
	assert_int_equal(grpc_send(c, bytes, n), -EPIPE);
	grpc_finish(c, GRPC_INTERNAL, "twice");
}

static void keep(void *arg, struct grpc_call *c, const uint8_t *bytes, size_t n)
{
	(void)arg;
	(void)bytes;
	(void)n;
	begun++;
	kept = c;
}

static void not_found(void *arg, struct grpc_call *c, const uint8_t *bytes, size_t n)
{
	(void)arg;
	(void)bytes;
	(void)n;
	begun++;
	grpc_finish(c, GRPC_NOT_FOUND, "100 % \xc3\xbc\n");
}

static void flood(void *arg, struct grpc_call *c)
{
	static const uint8_t bytes[1000];
	unsigned int n = 0;

	(void)arg;
	while (!grpc_send(c, bytes, sizeof(bytes)))
		n++;
	if (n > most_waiting)
		most_waiting = n;
}

static void begin_flood(void *arg, struct grpc_call *c, const uint8_t *bytes, size_t n)
{
	(void)bytes;
	(void)n;
	begun++;
	flood(arg, c);
}

static void collect(void *arg, struct grpc_call *c, const uint8_t *bytes, size_t n)
{
	(void)arg;
	(void)c;
	begun += !grpc_call_get(c);
	grpc_call_set(c, seen);
	snprintf(seen + strlen(seen), sizeof(seen) - strlen(seen), "[%.*s]", (int)n,
		 (const char *)bytes);
}

static void end(void *arg, struct grpc_call *c)
{
	(void)arg;
	begun += !grpc_call_get(c);
	ended++;
	grpc_finish(c, GRPC_OK, "");
}

static void gone(void *arg, struct grpc_call *c)
{
	(void)arg;
	gone_calls++;
	if (c == kept)
		kept = NULL;
}

static const struct grpc_method methods[] = {
	{.path = "/t/Echo", .message = echo, .gone = gone},
	{.path = "/t/Keep", .message = keep, .gone = gone},
	{.path = "/t/Fail", .message = not_found, .gone = gone},
	{.path = "/t/Flood", .message = begin_flood, .writable = flood, .gone = gone},
	{.path = "/t/Collect",
	 .message = collect,
	 .end = end,
	 .gone = gone,
	 .client_streams = true},
	{0},
};

/* -------------------------------------------------------------------- client */

struct answer {
	char http[8], status[8], message[200], type[40];
	size_t data, headers; /* bytes; HEADERS frames */
	uint8_t body[4096];
	bool closed;
	uint32_t error;
};

static struct {
	int fd;
	nghttp2_session *session;
	struct answer answers[64]; /* by stream id / 2 */
	bool goaway, over;
	uint32_t goaway_error;
} cl;

static struct answer *answer(int32_t id)
{
	return &cl.answers[id / 2 % 64];
}

static int on_header(nghttp2_session *s, const nghttp2_frame *frame, const uint8_t *name,
		     size_t n_name, const uint8_t *value, size_t n, uint8_t flags, void *user)
{
	struct answer *a = answer(frame->hd.stream_id);
	static const char *const names[] = {":status", "grpc-status", "grpc-message",
					    "content-type"};
	char *const to[] = {a->http, a->status, a->message, a->type};
	const size_t size[] = {8, 8, 200, 40};

	(void)s;
	(void)n_name;
	(void)flags;
	(void)user;
	for (int i = 0; i < 4; i++)
		if (!strcmp((const char *)name, names[i]))
			snprintf(to[i], size[i], "%.*s", (int)n, (const char *)value);
	return 0;
}

static int on_frame(nghttp2_session *s, const nghttp2_frame *frame, void *user)
{
	(void)s;
	(void)user;
	if (frame->hd.type == NGHTTP2_HEADERS)
		answer(frame->hd.stream_id)->headers++;
	if (frame->hd.type == NGHTTP2_GOAWAY) {
		cl.goaway = true;
		cl.goaway_error = frame->goaway.error_code;
	}
	return 0;
}

static int on_chunk(nghttp2_session *s, uint8_t flags, int32_t id, const uint8_t *bytes, size_t n,
		    void *user)
{
	struct answer *a = answer(id);

	(void)s;
	(void)flags;
	(void)user;
	if (a->data + n <= sizeof(a->body))
		memcpy(a->body + a->data, bytes, n);
	a->data += n;
	return 0;
}

static int on_close(nghttp2_session *s, int32_t id, uint32_t error, void *user)
{
	(void)s;
	(void)user;
	answer(id)->closed = true;
	answer(id)->error = error;
	return 0;
}

static void turn(void)
{
	const uint8_t *out;
	uint8_t in[65536];
	ssize_t n;

	while ((n = nghttp2_session_mem_send(cl.session, &out)) > 0)
		assert_int_equal(send(cl.fd, out, n, MSG_NOSIGNAL), n);
	uv_run(&loop, UV_RUN_NOWAIT);
	while ((n = recv(cl.fd, in, sizeof(in), MSG_DONTWAIT)) > 0)
		assert_int_equal(nghttp2_session_mem_recv(cl.session, in, n), n);
	if (!n)
		cl.over = true;
}

static void turns(int n)
{
	while (n--)
		turn();
}

static void turns_ms(unsigned int ms)
{
	uint64_t until = uv_hrtime() + ms * 1000000ull;

	while (uv_hrtime() < until) {
		turn();
		usleep(1000);
	}
}

/* A server of its own for each client; window 0: HTTP/2's 65,535. */
static void open_client(const struct grpc_server_options *opt, uint32_t window)
{
	nghttp2_settings_entry set = {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, window};
	struct grpc_server_options o = opt ? *opt : (struct grpc_server_options){0};
	struct transport *t = transport_new(&loop);
	nghttp2_session_callbacks *cb;
	nghttp2_option *option;
	int fds[2];

	memset(&cl, 0, sizeof(cl));
	begun = gone_calls = ended = most_waiting = 0;
	seen[0] = '\0';
	o.methods = methods;
	assert_int_equal(grpc_server_new(&loop, &o, &server), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
	assert_int_equal(transport_own_fd(t, fds[0], true), 0);
	transport_take_peer(t);
	grpc_server_accept(server, t);
	transport_begin(t);
	cl.fd = fds[1];
	nghttp2_session_callbacks_new(&cb);
	nghttp2_session_callbacks_set_on_header_callback(cb, on_header);
	nghttp2_session_callbacks_set_on_frame_recv_callback(cb, on_frame);
	nghttp2_session_callbacks_set_on_data_chunk_recv_callback(cb, on_chunk);
	nghttp2_session_callbacks_set_on_stream_close_callback(cb, on_close);
	nghttp2_option_new(&option);
	nghttp2_option_set_no_http_messaging(option, 1); /* it may send nonsense */
	nghttp2_session_client_new2(&cl.session, cb, NULL, option);
	nghttp2_option_del(option);
	nghttp2_session_callbacks_del(cb);
	nghttp2_submit_settings(cl.session, 0, &set, window ? 1 : 0);
	turns(3);
}

static void close_client(void)
{
	struct grpc_server_stats st;

	nghttp2_session_del(cl.session);
	close(cl.fd);
	for (int i = 0; i < 20; i++)
		uv_run(&loop, UV_RUN_NOWAIT);
	grpc_server_stats(server, &st);
	assert_int_equal(st.connections, 0);
	assert_int_equal(st.streams, 0);
	assert_int_equal(begun, gone_calls);
	grpc_server_free(server);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_alive(&loop), 0);
}

/* The bytes of a request's body, sent in steps of so many bytes. */
struct body {
	const uint8_t *bytes;
	size_t n, at, step; /* step 0: at once */
	bool open; /* no end of stream */
};

static ssize_t read_body(nghttp2_session *s, int32_t id, uint8_t *buf, size_t size, uint32_t *flags,
			 nghttp2_data_source *source, void *user)
{
	struct body *b = source->ptr;
	size_t n = b->n - b->at;

	(void)s;
	(void)id;
	(void)user;
	if (b->step && n > b->step)
		n = b->step;
	if (n > size)
		n = size;
	memcpy(buf, b->bytes + b->at, n);
	b->at += n;
	if (b->at == b->n && b->open && !n)
		return NGHTTP2_ERR_DEFERRED;
	if (b->at == b->n && !b->open)
		*flags |= NGHTTP2_DATA_FLAG_EOF;
	return n;
}

static int32_t ask_with(const char *method, const char *path, const char *type, const char *name,
			const char *value, struct body *body)
{
	const nghttp2_nv nv[] = {
		HTTP2_NV(":method", method),
		HTTP2_NV(":scheme", "http"),
		HTTP2_NV(":path", path),
		HTTP2_NV(":authority", "t"),
		HTTP2_NV("te", "trailers"),
		HTTP2_NV("content-type", type),
		HTTP2_NV(name ? name : "x", name ? value : "y"),
	};
	nghttp2_data_provider from = {.source.ptr = body, .read_callback = read_body};

	return nghttp2_submit_request(cl.session, NULL, nv, 7, body ? &from : NULL, NULL);
}

static int32_t ask(const char *path, struct body *body)
{
	return ask_with("POST", path, "application/grpc", NULL, NULL, body);
}

#define BODY(text, ...)                                                              \
	{                                                                            \
		.bytes = (const uint8_t *)(text), .n = sizeof(text) - 1, __VA_ARGS__ \
	}

static void expect(int32_t id, const char *status, const char *message)
{
	const struct answer *a = answer(id);

	assert_true(a->closed);
	assert_string_equal(a->http, "200");
	assert_string_equal(a->type, "application/grpc");
	assert_string_equal(a->status, status);
	assert_string_equal(a->message, message);
}

/* --------------------------------------------------------------------- tests */

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
		cmocka_unit_test(test_unary),
		cmocka_unit_test(test_cut_anywhere),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_not_grpc),
		cmocka_unit_test(test_deadlines),
		cmocka_unit_test(test_deadline_behind_a_closed_window),
		cmocka_unit_test(test_bounded_when_not_read),
		cmocka_unit_test(test_others_go_on),
		cmocka_unit_test(test_long_headers),
		cmocka_unit_test(test_idle),
		cmocka_unit_test(test_drain),
		cmocka_unit_test(test_server_freed_under_calls),
		cmocka_unit_test(test_status_names),
	};

	alarm(60); /* after a test that failed the loop may not come to its end */
	uv_loop_init(&loop);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
