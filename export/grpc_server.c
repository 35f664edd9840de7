// SPDX-License-Identifier: MIT
/* The server: its connections from accept to goodbye. */
#include "export/grpc_server.h"

#include <errno.h>
#include <stdlib.h>

#include "export/grpc_server_internal.h"

#define ROUNDS 8 /* of sending and asking for more, before the others have their turn */
#define DRAIN_TICK_MS 10
#define DRAIN_LAST_MS 500 /* after the grace: for the last trailers to leave */

/* ------------------------------------------------------------------- the end */

void call_closed(struct grpc_call *call)
{
	struct grpc_connection *c = call->connection;

	if (call->closed)
		return;
	call_set_blocked(call, false);
	call->closed = true;
	*call->link = call->next;
	if (call->next)
		call->next->link = call->link;
	call->next = c->closed;
	c->closed = call;
	c->server->stats.streams--;
	if (!--c->n_calls) {
		c->idle_since = uv_now(c->server->loop);
		if (!c->going)
			connection_timer(c, c->idle_since + c->server->idle_ms);
	}
	connection_touch(c);
}

static void reap(struct grpc_connection *c)
{
	while (c->closed) {
		struct grpc_call *call = c->closed;

		c->closed = call->next;
		call_free(call);
	}
}

static void server_put(struct grpc_server *s)
{
	if (--s->handles)
		return;
	nghttp2_session_callbacks_del(s->callbacks);
	nghttp2_option_del(s->option);
	free(s);
}

static void server_handle_closed(uv_handle_t *h)
{
	server_put(h->data);
}

/* A connection's timer outlives it until the loop has let go of it, and holds the server. */
static void on_timer_closed(uv_handle_t *h)
{
	struct grpc_connection *c = h->data;
	uv_handle_t of = {.data = c->server};

	free(c);
	server_handle_closed(&of);
}

static void forget_dirty(struct grpc_connection *c)
{
	struct grpc_connection **p = &c->server->dirty;

	while (*p && *p != c)
		p = &(*p)->next_dirty;
	if (*p)
		*p = c->next_dirty;
	c->dirty = false;
}

void connection_free(struct grpc_connection *c)
{
	c->doomed = true;
	while (c->calls)
		call_closed(c->calls);
	reap(c);
	forget_dirty(c);
	*c->link = c->next;
	if (c->next)
		c->next->link = c->link;
	c->server->stats.connections--;
	nghttp2_session_del(c->h2.session);
	transport_close(c->h2.transport);
	uv_close((uv_handle_t *)&c->timer, on_timer_closed);
}

void connection_goodbye(struct grpc_connection *c, uint32_t error_code)
{
	if (c->going)
		return;
	c->going = true;
	nghttp2_session_terminate_session(c->h2.session, error_code);
	c->close_at = uv_now(c->server->loop) + GOODBYE_MS;
	connection_timer(c, c->close_at);
	connection_touch(c);
}

/* ------------------------------------------------------------------- sending */

void connection_touch(struct grpc_connection *c)
{
	if (c->dirty)
		return;
	c->dirty = true;
	c->next_dirty = c->server->dirty;
	c->server->dirty = c;
}

/* Those that wait for room and have it now. True when there was one. */
static bool serve_writers(struct grpc_connection *c)
{
	struct grpc_call *call, *next;
	bool any = false;

	for (call = c->n_blocked ? c->calls : NULL; call; call = next) {
		next = call->next;
		if (!call->blocked || call_waiting(call) > call_limit(call) / 2)
			continue;
		call_unblocked(call);
		any = true;
	}
	return any;
}

/* Goodbye was said, and the last bytes have gone, or get a moment to. */
static bool is_over(struct grpc_connection *c)
{
	if (!http2_over(&c->h2))
		return false;
	if (!transport_pending(c->h2.transport))
		return true;
	if (!c->close_at) {
		c->going = true;
		c->close_at = uv_now(c->server->loop) + GOODBYE_MS;
		connection_timer(c, c->close_at);
	}
	return false;
}

/* Sends, and asks for more to send. Frees c when it is over. */
static void service(struct grpc_connection *c)
{
	bool more = true;
	int r = 0;

	for (int i = 0; i < ROUNDS && more && !c->doomed; i++) {
		r = http2_flush(&c->h2);
		if (r < 0)
			break;
		more = serve_writers(c);
	}
	if (r == -ENOBUFS || r == -EPROTO)
		c->server->stats.protocol_errors++;
	if (r < 0 || c->doomed || is_over(c)) {
		connection_free(c);
		return;
	}
	/* all touches so far are served; those of gone() are not */
	forget_dirty(c);
	reap(c);
	if (more)
		connection_touch(c);
}

static void on_busy(uv_idle_t *idle)
{
	(void)idle; /* that it is active is all: the loop does not wait */
}

/*
 * Before the loop waits. A connection is dirty until its turn: one that another's
 * callback touches meanwhile is in the list already.
 */
static void on_flush(uv_prepare_t *prepare)
{
	struct grpc_server *s = prepare->data;
	struct grpc_connection *list = s->dirty, *c;

	s->dirty = NULL;
	while (list) {
		c = list;
		list = c->next_dirty;
		c->dirty = false;
		service(c);
	}
	if (s->dirty)
		uv_idle_start(&s->busy, on_busy);
	else
		uv_idle_stop(&s->busy);
}

/* -------------------------------------------------------- the transport's events */

static void on_data(void *arg, const uint8_t *bytes, size_t n)
{
	struct grpc_connection *c = arg;
	const char *why;

	if (http2_receive(&c->h2, bytes, n, &why)) {
		c->server->stats.protocol_errors++;
		connection_free(c);
		return;
	}
	connection_touch(c);
}

static void on_drained(void *arg)
{
	connection_touch(arg);
}

static void on_transport_closed(void *arg, int err, const char *why)
{
	(void)err;
	(void)why;
	connection_free(arg);
}

static int open_session(struct grpc_connection *c)
{
	struct grpc_server *s = c->server;
	nghttp2_settings_entry settings[] = {
		{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, s->max_streams},
		{NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, s->header_bytes},
		{NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
	};

	if (nghttp2_session_server_new2(&c->h2.session, s->callbacks, c, s->option))
		return -ENOMEM;
	if (nghttp2_submit_settings(c->h2.session, NGHTTP2_FLAG_NONE, settings, 2))
		return -ENOMEM;
	/* requests are small, but many streams share the connection's window */
	return nghttp2_session_set_local_window_size(c->h2.session, NGHTTP2_FLAG_NONE, 0, 1 << 20)
		       ? -ENOMEM
		       : 0;
}

static struct grpc_connection *connection_new(struct grpc_server *s, struct transport *t)
{
	struct grpc_connection *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->server = s;
	c->h2.transport = t;
	c->is_unix = !strncmp(transport_peer(t), "unix", 4);
	c->born = c->last_frame = c->idle_since = c->control_at = uv_now(s->loop);
	c->control_frames = CONTROL_FRAMES;
	if (open_session(c)) {
		nghttp2_session_del(c->h2.session);
		free(c);
		return NULL;
	}
	uv_timer_init(s->loop, &c->timer);
	c->timer.data = c;
	s->handles++;
	c->next = s->connections;
	c->link = &s->connections;
	if (c->next)
		c->next->link = &c->next;
	s->connections = c;
	s->stats.connections++;
	s->stats.accepted++;
	return c;
}

void grpc_server_accept(void *server, struct transport *t)
{
	struct grpc_server *s = server;
	struct grpc_connection *c = s->draining ? NULL : connection_new(s, t);
	struct transport_events ev = {
		.arg = c,
		.data = on_data,
		.drained = on_drained,
		.closed = on_transport_closed,
	};

	if (!c) {
		transport_close(t);
		return;
	}
	transport_events_set(t, &ev);
	connection_arm(c);
	connection_touch(c);
}

/* --------------------------------------------------------------------- drain */

static void end_drain(struct grpc_server *s)
{
	void (*done)(void *) = s->drained;

	uv_timer_stop(&s->drain_timer);
	s->drained = NULL;
	while (s->connections)
		connection_free(s->connections);
	if (done)
		done(s->drained_arg);
}

static void finish_calls(struct grpc_connection *c)
{
	for (struct grpc_call *call = c->calls; call; call = call->next)
		grpc_finish(call, GRPC_UNAVAILABLE, "the server is shutting down");
}

/* Those without a call go; when the grace is over, calls are ended and get a moment to leave. */
static void on_drain_tick(uv_timer_t *timer)
{
	struct grpc_server *s = timer->data;
	uint64_t now = uv_now(s->loop);

	if (!s->connections || (s->drain_over && now >= s->drain_end + DRAIN_LAST_MS)) {
		end_drain(s);
		return;
	}
	for (struct grpc_connection *c = s->connections; c; c = c->next) {
		if (!s->drain_over && now >= s->drain_end)
			finish_calls(c);
		if (!c->n_calls)
			connection_goodbye(c, NGHTTP2_NO_ERROR);
	}
	s->drain_over = now >= s->drain_end;
}

void grpc_server_drain(struct grpc_server *s, uint32_t grace_ms, void (*done)(void *arg), void *arg)
{
	if (s->draining)
		return;
	s->draining = true;
	s->drained = done;
	s->drained_arg = arg;
	s->drain_end = uv_now(s->loop) + grace_ms;
	for (struct grpc_connection *c = s->connections; c; c = c->next) {
		nghttp2_submit_goaway(c->h2.session, NGHTTP2_FLAG_NONE,
				      nghttp2_session_get_last_proc_stream_id(c->h2.session),
				      NGHTTP2_NO_ERROR, NULL, 0);
		connection_touch(c);
	}
	uv_timer_start(&s->drain_timer, on_drain_tick, 0, DRAIN_TICK_MS);
}

/* ----------------------------------------------------------------- new, free */

static uint32_t or_else(uint32_t v, uint32_t otherwise)
{
	return v ? v : otherwise;
}

static void open_handles(struct grpc_server *s)
{
	uv_prepare_init(s->loop, &s->flush);
	uv_idle_init(s->loop, &s->busy);
	uv_timer_init(s->loop, &s->drain_timer);
	s->flush.data = s->busy.data = s->drain_timer.data = s;
	s->handles = 3;
	uv_prepare_start(&s->flush, on_flush);
	/* a server without a listener or a connection keeps no loop running */
	uv_unref((uv_handle_t *)&s->flush);
}

int grpc_server_new(uv_loop_t *loop, const struct grpc_server_options *opt,
		    struct grpc_server **ret)
{
	struct grpc_server *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->loop = loop;
	s->methods = opt->methods;
	s->max_streams = or_else(opt->max_streams, 128);
	s->idle_ms = or_else(opt->idle_ms, 5 * 60 * 1000);
	s->keepalive_ms = or_else(opt->keepalive_ms, 30 * 1000);
	s->header_bytes = or_else(opt->header_bytes, 16 << 10);
	s->option = http2_options();
	if (!s->option || frames_callbacks(&s->callbacks)) {
		nghttp2_option_del(s->option);
		free(s);
		return -ENOMEM;
	}
	nghttp2_option_set_no_auto_window_update(s->option, 1);
	open_handles(s);
	*ret = s;
	return 0;
}

void grpc_server_free(struct grpc_server *s)
{
	if (!s || s->closing)
		return;
	s->closing = s->draining = true;
	while (s->connections)
		connection_free(s->connections);
	uv_close((uv_handle_t *)&s->flush, server_handle_closed);
	uv_close((uv_handle_t *)&s->busy, server_handle_closed);
	uv_close((uv_handle_t *)&s->drain_timer, server_handle_closed);
}

void grpc_server_stats(const struct grpc_server *s, struct grpc_server_stats *ret)
{
	*ret = s->stats;
}
