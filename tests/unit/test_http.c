// SPDX-License-Identifier: MIT
/* HTTP against a server in the same loop, which answers with what a test wants, byte for byte. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "flows/names/http.h"

struct server {
	uv_tcp_t tcp;
	uv_pipe_t pipe;
	uv_stream_t *client;
	char request[4096];
	size_t request_len;
	const char *answer;
	size_t answer_size;
	size_t repeat; /* the answer's last 1000 bytes, so many times more */
	bool keep_open;
	uv_write_t write;
};

struct bench {
	uv_loop_t loop;
	struct http *http;
	struct http_request *request;
	struct server server;
	uv_timer_t limit;
	char url[64];
	long status;
	char type[64], body[4096], why[256];
	size_t body_len;
	uint64_t body_bytes;
	uint32_t retry_after;
	int done, err, body_err;
	bool over, cancel_in_body, again_in_done;
};

static void on_close(uv_handle_t *handle)
{
	free(handle);
}

static void on_written(uv_write_t *req, int status)
{
	struct server *s = req->data;
	uv_buf_t buf = uv_buf_init((char *)s->answer + s->answer_size - 1000, 1000);

	if (!status && s->repeat && s->client) {
		s->repeat--;
		uv_write(&s->write, s->client, &buf, 1, on_written);
	} else if (s->client && !s->keep_open) {
		uv_close((uv_handle_t *)s->client, on_close);
		s->client = NULL;
	}
}

static void on_alloc(uv_handle_t *handle, size_t size, uv_buf_t *buf)
{
	struct server *s = handle->data;

	(void)size;
	*buf = uv_buf_init(s->request + s->request_len, sizeof(s->request) - 1 - s->request_len);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
	struct server *s = stream->data;
	uv_buf_t out = uv_buf_init((char *)s->answer, s->answer_size);

	(void)buf;
	if (n < 0) {
		if (s->client) {
			uv_close((uv_handle_t *)s->client, on_close);
			s->client = NULL;
		}
		return;
	}
	s->request_len += n;
	if (strstr(s->request, "\r\n\r\n")) {
		s->write.data = s;
		uv_write(&s->write, stream, &out, 1, on_written);
	}
}

static void on_connection(uv_stream_t *listener, int status)
{
	struct server *s = listener->data;
	bool tcp = listener == (uv_stream_t *)&s->tcp;

	assert_int_equal(status, 0);
	s->client = tcp ? calloc(1, sizeof(uv_tcp_t)) : calloc(1, sizeof(uv_pipe_t));
	if (tcp)
		uv_tcp_init(listener->loop, (uv_tcp_t *)s->client);
	else
		uv_pipe_init(listener->loop, (uv_pipe_t *)s->client, 0);
	s->client->data = s;
	assert_int_equal(uv_accept(listener, s->client), 0);
	uv_read_start(s->client, on_alloc, on_read);
}

static void on_response(void *arg, long status, const char *type)
{
	struct bench *b = arg;

	b->status = status;
	strncpy(b->type, type, sizeof(b->type) - 1);
	b->retry_after = http_retry_after(b->request);
}

static int on_body(void *arg, const void *data, size_t size)
{
	struct bench *b = arg;
	size_t n =
		size < sizeof(b->body) - 1 - b->body_len ? size : sizeof(b->body) - 1 - b->body_len;

	memcpy(b->body + b->body_len, data, n);
	b->body_len += n;
	b->body_bytes += size;
	if (b->cancel_in_body) {
		http_cancel(b->request);
		b->over = true;
	}
	return b->body_err;
}

static void get(struct bench *b, struct http_options opt);

static void on_done(void *arg, int err, const char *why)
{
	struct bench *b = arg;

	b->done++;
	b->err = err;
	strncpy(b->why, why, sizeof(b->why) - 1);
	if (b->again_in_done) {
		b->again_in_done = false;
		b->server.request_len = 0;
		get(b, (struct http_options){.url = b->url});
		return;
	}
	b->over = true;
}

static void get(struct bench *b, struct http_options opt)
{
	const struct http_events ev = {b, on_response, on_body, on_done};

	assert_int_equal(http_get(b->http, &opt, &ev, &b->request), 0);
}

static void on_limit(uv_timer_t *timer)
{
	((struct bench *)timer->data)->over = true;
}

/* Until done(), or 5 s are over. */
static void run(struct bench *b)
{
	uv_timer_start(&b->limit, on_limit, 5000, 0);
	while (!b->over)
		uv_run(&b->loop, UV_RUN_ONCE);
	uv_timer_stop(&b->limit);
	b->over = false;
}

static void answer(struct bench *b, const char *bytes)
{
	b->server.answer = bytes;
	b->server.answer_size = strlen(bytes);
}

static int set_up(void **state)
{
	struct bench *b = calloc(1, sizeof(*b));
	struct sockaddr_in addr;
	int len = sizeof(addr);

	uv_loop_init(&b->loop);
	uv_timer_init(&b->loop, &b->limit);
	uv_tcp_init(&b->loop, &b->server.tcp);
	uv_pipe_init(&b->loop, &b->server.pipe, 0);
	b->limit.data = b;
	b->server.tcp.data = b->server.pipe.data = &b->server;
	uv_ip4_addr("127.0.0.1", 0, &addr);
	uv_tcp_bind(&b->server.tcp, (struct sockaddr *)&addr, 0);
	assert_int_equal(uv_listen((uv_stream_t *)&b->server.tcp, 4, on_connection), 0);
	uv_tcp_getsockname(&b->server.tcp, (struct sockaddr *)&addr, &len);
	snprintf(b->url, sizeof(b->url), "http://127.0.0.1:%d/x?limit=5", ntohs(addr.sin_port));
	assert_int_equal(http_new(&b->loop, &b->http), 0);
	*state = b;
	return 0;
}

static int tear_down(void **state)
{
	struct bench *b = *state;

	http_stop(b->http);
	http_stop(NULL);
	uv_close((uv_handle_t *)&b->server.tcp, NULL);
	uv_close((uv_handle_t *)&b->server.pipe, NULL);
	uv_close((uv_handle_t *)&b->limit, NULL);
	if (b->server.client)
		uv_close((uv_handle_t *)b->server.client, on_close);
	uv_run(&b->loop, UV_RUN_DEFAULT);
	http_free(b->http);
	http_free(NULL);
	assert_int_equal(uv_loop_close(&b->loop), 0);
	free(b);
	return 0;
}

static void test_get(void **state)
{
	struct bench *b = *state;

	answer(b,
	       "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 5\r\n\r\nhello");
	get(b,
	    (struct http_options){.url = b->url, .accept = "text/x", .authorization = "Bearer t"});
	run(b);
	assert_int_equal(b->done, 1);
	assert_int_equal(b->err, 0);
	assert_int_equal(b->status, 200);
	assert_string_equal(b->type, "application/json");
	assert_string_equal(b->body, "hello");
	assert_non_null(strstr(b->server.request, "GET /x?limit=5 HTTP/1.1\r\n"));
	assert_non_null(strstr(b->server.request, "\r\nAccept: text/x\r\n"));
	assert_non_null(strstr(b->server.request, "\r\nAuthorization: Bearer t\r\n"));
}

static void test_status_without_body(void **state)
{
	struct bench *b = *state;

	answer(b, "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 17\r\nContent-Length: 0\r\n\r\n");
	get(b, (struct http_options){.url = b->url});
	run(b);
	assert_int_equal(b->err, 0);
	assert_int_equal(b->status, 429);
	assert_string_equal(b->type, "");
	assert_int_equal(b->retry_after, 17);
}

static void test_unix_socket(void **state)
{
	struct bench *b = *state;
	char path[] = "/tmp/pitot-http-XXXXXX";

	assert_non_null(mkdtemp(path));
	assert_int_equal(chdir(path), 0);
	assert_int_equal(uv_pipe_bind(&b->server.pipe, "s"), 0);
	assert_int_equal(uv_listen((uv_stream_t *)&b->server.pipe, 4, on_connection), 0);
	answer(b,
	       "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n3\r\ncde\r\n0\r\n\r\n");
	get(b, (struct http_options){.url = "http://docker/v1/containers", .unix_socket = "s"});
	run(b);
	assert_int_equal(b->err, 0);
	assert_string_equal(b->body, "abcde");
	unlink("s");
	assert_int_equal(chdir("/"), 0);
	rmdir(path);
}

static void test_too_long(void **state)
{
	struct bench *b = *state;
	static char bytes[2000];

	snprintf(bytes, sizeof(bytes), "HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n");
	b->server.answer = bytes;
	b->server.answer_size = strlen(bytes) + 1000;
	memset(bytes + strlen(bytes), 'x', 1000);
	b->server.answer_size = 1000 + strcspn(bytes, "x");
	b->server.repeat = 1000000;
	get(b, (struct http_options){.url = b->url, .max_bytes = 100000});
	run(b);
	assert_int_equal(b->done, 1);
	assert_int_equal(b->err, -EFBIG);
	assert_in_range(b->body_bytes, 1, 100000);
}

static void test_endless_headers(void **state)
{
	struct bench *b = *state;
	static char bytes[2000];

	snprintf(bytes, sizeof(bytes), "HTTP/1.1 200 OK\r\n");
	for (size_t i = 0; i < 40; i++)
		strncat(bytes, "X-Header: aaaaaaaaaaaaa\r\n", 26);
	answer(b, bytes);
	b->server.repeat = 1000000;
	get(b, (struct http_options){.url = b->url});
	run(b);
	assert_int_equal(b->err, -EFBIG);
	assert_int_equal(b->status, 0);
}

static void test_cut_short(void **state)
{
	struct bench *b = *state;

	answer(b, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello");
	get(b, (struct http_options){.url = b->url});
	run(b);
	assert_int_equal(b->err, -ECONNRESET);
	assert_string_not_equal(b->why, "");
}

static void test_idle(void **state)
{
	struct bench *b = *state;

	answer(b, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
	b->server.keep_open = true;
	get(b, (struct http_options){.url = b->url, .idle_ms = 300});
	run(b);
	assert_int_equal(b->done, 1);
	assert_int_equal(b->err, -ETIMEDOUT);
	assert_int_equal(b->status, 200); /* told as soon as the headers were in */
}

static void test_timeout(void **state)
{
	struct bench *b = *state;

	answer(b, "");
	b->server.keep_open = true;
	get(b, (struct http_options){.url = b->url, .timeout_ms = 200});
	run(b);
	assert_int_equal(b->err, -ETIMEDOUT);
}

static void test_refused(void **state)
{
	struct bench *b = *state;

	get(b, (struct http_options){.url = "http://127.0.0.1:1/"});
	run(b);
	assert_int_equal(b->err, -ECONNREFUSED);
	assert_non_null(strstr(b->why, "127.0.0.1"));
}

static void test_body_fails(void **state)
{
	struct bench *b = *state;

	answer(b, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
	b->body_err = -EBADMSG;
	get(b, (struct http_options){.url = b->url});
	run(b);
	assert_int_equal(b->done, 1);
	assert_int_equal(b->err, -EBADMSG);
}

/* From within a callback, before it began, twice, and NULL. */
static void test_cancel(void **state)
{
	struct bench *b = *state;

	answer(b, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
	get(b, (struct http_options){.url = b->url});
	http_cancel(b->request);
	http_cancel(NULL);
	for (int i = 0; i < 3; i++)
		uv_run(&b->loop, UV_RUN_NOWAIT);
	b->cancel_in_body = true;
	get(b, (struct http_options){.url = b->url});
	run(b);
	for (int i = 0; i < 3; i++)
		uv_run(&b->loop, UV_RUN_NOWAIT);
	assert_int_equal(b->done, 0);
	assert_int_equal(b->body_len, 5);
}

static void test_again_in_done(void **state)
{
	struct bench *b = *state;

	answer(b, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx");
	b->again_in_done = true;
	get(b, (struct http_options){.url = b->url});
	run(b);
	assert_int_equal(b->done, 2);
	assert_string_equal(b->body, "xx");
}

static void test_stopped_under_way(void **state)
{
	struct bench *b = *state;

	answer(b, "");
	b->server.keep_open = true;
	get(b, (struct http_options){.url = b->url});
	for (int i = 0; i < 10; i++)
		uv_run(&b->loop, UV_RUN_NOWAIT);
}

static void test_bad_options(void **state)
{
	struct bench *b = *state;
	const struct http_events ev = {b, on_response, on_body, on_done};
	struct http_request *r;

	assert_int_equal(
		http_get(b->http, &(struct http_options){.url = "file:///etc/passwd"}, &ev, &r),
		-EINVAL);
	assert_int_equal(http_get(b->http,
				  &(struct http_options){.url = b->url, .authorization = "a\r\nb"},
				  &ev, &r),
			 -EINVAL);
}

/* As it is for TLS: the name in the URL changes, the place and the Host header do not. */
static void test_server_name(void **state)
{
	struct bench *b = *state;

	answer(b, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
	get(b, (struct http_options){.url = b->url, .tls_server_name = "api.example"});
	run(b);
	assert_int_equal(b->err, 0);
	assert_non_null(strstr(b->server.request, "\r\nHost: 127.0.0.1:"));
}

static void test_proxy(void **state)
{
	struct bench *b = *state;
	char proxy[64];

	answer(b, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
	snprintf(proxy, sizeof(proxy), "%.*s", (int)strcspn(b->url + 7, "/") + 7, b->url);
	get(b, (struct http_options){.url = "http://api.example/x", .proxy = proxy});
	run(b);
	assert_int_equal(b->err, 0);
	assert_non_null(strstr(b->server.request, "GET http://api.example/x HTTP/1.1\r\n"));
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_get),
		T(test_status_without_body),
		T(test_unix_socket),
		T(test_too_long),
		T(test_endless_headers),
		T(test_cut_short),
		T(test_idle),
		T(test_timeout),
		T(test_refused),
		T(test_body_fails),
		T(test_cancel),
		T(test_again_in_done),
		T(test_stopped_under_way),
		T(test_bad_options),
		T(test_server_name),
		T(test_proxy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
