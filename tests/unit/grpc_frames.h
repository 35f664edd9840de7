/* SPDX-License-Identifier: MIT */
/* A gRPC server, and a bare HTTP/2 client that sends it frames. For cmocka tests: include cmocka.h before. */
#ifndef PITOT_TESTS_GRPC_FRAMES_H
#define PITOT_TESTS_GRPC_FRAMES_H

#include "export/grpc_server.h"
#include "export/http2.h"
#include "export/transport_internal.h"

static uv_loop_t loop;
static struct grpc_server *server;
static unsigned int begun, gone_calls, ended, most_waiting;
static char seen[100]; /* the last message */
static struct grpc_call *kept;

static inline void echo(void *arg, struct grpc_call *c, const uint8_t *bytes, size_t n)
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

static inline void keep(void *arg, struct grpc_call *c, const uint8_t *bytes, size_t n)
{
	(void)arg;
	(void)bytes;
	(void)n;
	begun++;
	kept = c;
}

static inline void not_found(void *arg, struct grpc_call *c, const uint8_t *bytes, size_t n)
{
	(void)arg;
	(void)bytes;
	(void)n;
	begun++;
	grpc_finish(c, GRPC_NOT_FOUND, "100 % \xc3\xbc\n");
}

static inline void flood(void *arg, struct grpc_call *c)
{
	static const uint8_t bytes[1000];
	unsigned int n = 0;

	(void)arg;
	while (!grpc_send(c, bytes, sizeof(bytes)))
		n++;
	if (n > most_waiting)
		most_waiting = n;
}

static inline void begin_flood(void *arg, struct grpc_call *c, const uint8_t *bytes, size_t n)
{
	(void)bytes;
	(void)n;
	begun++;
	flood(arg, c);
}

static inline void collect(void *arg, struct grpc_call *c, const uint8_t *bytes, size_t n)
{
	(void)arg;
	(void)c;
	begun += !grpc_call_get(c);
	grpc_call_set(c, seen);
	snprintf(seen + strlen(seen), sizeof(seen) - strlen(seen), "[%.*s]", (int)n,
		 (const char *)bytes);
}

static inline void end(void *arg, struct grpc_call *c)
{
	(void)arg;
	begun += !grpc_call_get(c);
	ended++;
	grpc_finish(c, GRPC_OK, "");
}

static inline void gone(void *arg, struct grpc_call *c)
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

static inline struct answer *answer(int32_t id)
{
	return &cl.answers[id / 2 % 64];
}

static inline int on_header(nghttp2_session *s, const nghttp2_frame *frame, const uint8_t *name,
			    size_t n_name, const uint8_t *value, size_t n, uint8_t flags,
			    void *user)
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

static inline int on_frame(nghttp2_session *s, const nghttp2_frame *frame, void *user)
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

static inline int on_chunk(nghttp2_session *s, uint8_t flags, int32_t id, const uint8_t *bytes,
			   size_t n, void *user)
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

static inline int on_close(nghttp2_session *s, int32_t id, uint32_t error, void *user)
{
	(void)s;
	(void)user;
	answer(id)->closed = true;
	answer(id)->error = error;
	return 0;
}

static inline void turn(void)
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

static inline void turns(int n)
{
	while (n--)
		turn();
}

/* A server of its own for each client; window 0: HTTP/2's 65,535. */
static inline void open_client(const struct grpc_server_options *opt, uint32_t window)
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

static inline void close_client(void)
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

static inline ssize_t read_body(nghttp2_session *s, int32_t id, uint8_t *buf, size_t size,
				uint32_t *flags, nghttp2_data_source *source, void *user)
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

static inline int32_t ask_with(const char *method, const char *path, const char *type,
			       const char *name, const char *value, struct body *body)
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

static inline int32_t ask(const char *path, struct body *body)
{
	return ask_with("POST", path, "application/grpc", NULL, NULL, body);
}

#define BODY(text, ...)                                                              \
	{                                                                            \
		.bytes = (const uint8_t *)(text), .n = sizeof(text) - 1, __VA_ARGS__ \
	}

static inline void expect(int32_t id, const char *status, const char *message)
{
	const struct answer *a = answer(id);

	assert_true(a->closed);
	assert_string_equal(a->http, "200");
	assert_string_equal(a->type, "application/grpc");
	assert_string_equal(a->status, status);
	assert_string_equal(a->message, message);
}

#endif
