// SPDX-License-Identifier: MIT
/* A connection's bytes: reading, writing, its end. */
#include "export/transport.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "export/transport_internal.h"

#define KEEPALIVE_S 30

struct write_request {
	uv_write_t req;
	struct transport *t;
	size_t n;
	uint8_t bytes[];
};

int transport_say(char **ret_error, int err, const char *format, ...)
{
	va_list args;

	if (!ret_error)
		return err;
	va_start(args, format);
	if (vasprintf(ret_error, format, args) < 0)
		*ret_error = NULL;
	va_end(args);
	return err;
}

/* libuv writes with write(2): a peer that has gone would end the process. A handler that is there stays. */
static void ignore_sigpipe(void)
{
	struct sigaction now;

	if (!sigaction(SIGPIPE, NULL, &now) && now.sa_handler == SIG_DFL)
		signal(SIGPIPE, SIG_IGN);
}

struct transport *transport_new(uv_loop_t *loop)
{
	struct transport *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	ignore_sigpipe();
	t->loop = loop;
	uv_timer_init(loop, &t->timer);
	t->timer.data = t;
	t->handles = 1;
	return t;
}

int transport_own_fd(struct transport *t, int fd, bool is_unix)
{
	int r;

	if (is_unix)
		r = uv_pipe_init(t->loop, &t->uv.pipe, 0);
	else
		r = uv_tcp_init(t->loop, &t->uv.tcp);
	if (r) {
		close(fd);
		return r;
	}
	t->uv.handle.data = t;
	t->handles++;
	r = is_unix ? uv_pipe_open(&t->uv.pipe, fd) : uv_tcp_open(&t->uv.tcp, fd);
	if (r)
		close(fd);
	return r;
}

/* ------------------------------------------------------------------ the end */

void transport_fail(struct transport *t, int err, const char *why)
{
	if (t->ended || t->closing)
		return;
	t->ended = true;
	if (uv_is_active(&t->uv.handle))
		uv_read_stop(&t->uv.stream);
	uv_timer_stop(&t->timer);
	if (!t->opened && t->listener)
		listener_failed(t);
	else if (t->ev.closed)
		t->ev.closed(t->ev.arg, err, why);
}

void transport_handle_closed(uv_handle_t *h)
{
	struct transport *t = h->data;

	if (--t->handles)
		return;
	tls_stream_free(t->tls);
	free(t);
}

void transport_close(struct transport *t)
{
	if (!t || t->closing)
		return;
	if (t->tls && t->opened && !t->ended)
		tls_stream_shutdown(t);
	t->closing = true;
	listener_forget(t);
	transport_connect_stop(t);
	/* a stream that is being closed to try the next address counts already */
	if (t->handles == 2 && !uv_is_closing(&t->uv.handle))
		uv_close(&t->uv.handle, transport_handle_closed);
	uv_close((uv_handle_t *)&t->timer, transport_handle_closed);
}

/* -------------------------------------------------------------------- reads */

/*
 * One buffer for all: libuv asks for it just before it reads, and hands it out
 * before it asks again.
 */
static void on_alloc(uv_handle_t *h, size_t wish, uv_buf_t *buf)
{
	static _Thread_local uint8_t bytes[TRANSPORT_READ_BYTES];

	(void)h;
	(void)wish;
	*buf = uv_buf_init((char *)bytes, sizeof(bytes));
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
	struct transport *t = stream->data;

	if (t->closing || t->ended || !n)
		return;
	if (n == UV_EOF && t->tls)
		tls_stream_end(t);
	else if (n == UV_EOF)
		transport_fail(t, 0, "");
	else if (n < 0)
		transport_fail(t, n, uv_strerror(n));
	else if (t->tls)
		tls_stream_feed(t, (const uint8_t *)buf->base, n);
	else if (t->ev.data)
		t->ev.data(t->ev.arg, (const uint8_t *)buf->base, n);
}

static void on_timer(uv_timer_t *timer)
{
	struct transport *t = timer->data;

	if (t->opened)
		tls_stream_go(t);
	else
		transport_fail(t, UV_ETIMEDOUT, "the TLS handshake takes too long");
}

void transport_limit(struct transport *t, uint32_t ms)
{
	uv_timer_start(&t->timer, on_timer, ms, 0);
}

static void read_on(struct transport *t)
{
	int r = uv_read_start(&t->uv.stream, on_alloc, on_read);

	if (r && r != UV_EALREADY)
		transport_fail(t, r, uv_strerror(r));
}

void transport_pause(struct transport *t, bool paused)
{
	if (t->closing || t->ended || t->paused == paused)
		return;
	t->paused = paused;
	if (!t->opened)
		return;
	if (paused) {
		uv_read_stop(&t->uv.stream);
		return;
	}
	read_on(t);
	/* later: nobody expects data() from within this call */
	if (t->tls && tls_stream_waiting(t))
		transport_limit(t, 0);
}

void transport_opened(struct transport *t)
{
	t->opened = true;
	uv_timer_stop(&t->timer);
	if (t->listener)
		listener_opened(t);
	else if (t->ev.open)
		t->ev.open(t->ev.arg);
}

void transport_begin(struct transport *t)
{
	if (t->uv.handle.type == UV_TCP) {
		uv_tcp_nodelay(&t->uv.tcp, 1);
		/* no TCP_USER_TIMEOUT: it ends those that only do not read for a while */
		uv_tcp_keepalive(&t->uv.tcp, 1, KEEPALIVE_S);
	}
	transport_take_peer(t);
	if (t->tls) {
		read_on(t);
		tls_stream_go(t);
		return;
	}
	transport_opened(t);
	if (!t->closing && !t->ended && !t->paused)
		read_on(t);
}

/* -------------------------------------------------------------------- writes */

static void on_written(uv_write_t *req, int status)
{
	struct write_request *w = (struct write_request *)req;
	struct transport *t = w->t;

	t->queued -= w->n;
	free(w);
	if (t->closing || t->ended)
		return;
	/* what the other side said before it went is still to be read, and then its end */
	if ((status == UV_EPIPE || status == UV_ECONNRESET) && !t->paused)
		return;
	if (status < 0)
		transport_fail(t, status, uv_strerror(status));
	else if (!t->queued && t->opened && t->ev.drained)
		t->ev.drained(t->ev.arg);
}

/*
 * What the kernel takes at once is not copied. Its errors are told by the request's
 * callback, so that closed() never comes from within a write.
 */
int transport_write_raw(struct transport *t, const uint8_t *bytes, size_t n)
{
	uv_buf_t buf = uv_buf_init((char *)bytes, n);
	struct write_request *w;
	int r = t->queued ? 0 : uv_try_write(&t->uv.stream, &buf, 1);

	if (r > 0) {
		bytes += r;
		n -= r;
	}
	if (!n)
		return 0;
	w = malloc(sizeof(*w) + n);
	if (!w)
		return -ENOMEM;
	w->t = t;
	w->n = n;
	memcpy(w->bytes, bytes, n);
	buf = uv_buf_init((char *)w->bytes, n);
	r = uv_write(&w->req, &t->uv.stream, &buf, 1, on_written);
	if (r) {
		free(w);
		return r;
	}
	t->queued += n;
	return 0;
}

int transport_write(struct transport *t, const uint8_t *bytes, size_t n)
{
	if (t->closing || t->ended || !t->opened)
		return -ENOTCONN;
	if (!n)
		return 0;
	return t->tls ? tls_stream_write(t, bytes, n) : transport_write_raw(t, bytes, n);
}

size_t transport_pending(const struct transport *t)
{
	return t->queued;
}

/* ------------------------------------------------------------------- the peer */

void transport_events_set(struct transport *t, const struct transport_events *ev)
{
	t->ev = *ev;
}

static void tcp_peer(struct transport *t)
{
	struct sockaddr_storage ss;
	int len = sizeof(ss);
	char host[INET6_ADDRSTRLEN] = "?";
	const struct sockaddr_in6 *a6 = (const void *)&ss;
	const struct sockaddr_in *a4 = (const void *)&ss;

	if (uv_tcp_getpeername(&t->uv.tcp, (struct sockaddr *)&ss, &len))
		return;
	if (ss.ss_family == AF_INET) {
		uv_ip4_name(a4, host, sizeof(host));
		snprintf(t->peer, sizeof(t->peer), "%s:%u", host, ntohs(a4->sin_port));
	} else if (IN6_IS_ADDR_V4MAPPED(&a6->sin6_addr)) {
		inet_ntop(AF_INET, a6->sin6_addr.s6_addr + 12, host, sizeof(host));
		snprintf(t->peer, sizeof(t->peer), "%s:%u", host, ntohs(a6->sin6_port));
	} else {
		uv_ip6_name(a6, host, sizeof(host));
		snprintf(t->peer, sizeof(t->peer), "[%s]:%u", host, ntohs(a6->sin6_port));
	}
}

void transport_take_peer(struct transport *t)
{
	if (t->uv.handle.type == UV_NAMED_PIPE)
		snprintf(t->peer, sizeof(t->peer), "unix");
	else
		tcp_peer(t);
}

const char *transport_peer(const struct transport *t)
{
	return t->peer;
}
