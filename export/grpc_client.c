// SPDX-License-Identifier: MIT
/* gRPC's client: the connection, its clocks, what is said when it fails. */
#include "export/grpc_client.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "export/grpc_client_impl.h"

#define STREAM_WINDOW (1u << 20)
#define CONNECTION_WINDOW (4u << 20)
#define KEEPALIVE_MS 30000u
#define KEEPALIVE_ANSWER_MS 20000u
#define CONNECT_MS 5000u

static void lost(struct grpc_client *c, int err, const char *why);
static void arm(struct grpc_client *c);

/* ---------------------------------------------------------------- its life */

static void on_timer_closed(uv_handle_t *handle)
{
	free(handle->data);
}

static void disconnect(struct grpc_client *c)
{
	nghttp2_session_del(c->h2.session);
	transport_close(c->h2.transport);
	c->h2 = (struct http2){0};
	c->state = CLIENT_IDLE;
	c->settled = c->going_away = false;
	c->ping_ms = 0;
	c->epoch++;
}

static void destroy(struct grpc_client *c)
{
	disconnect(c);
	tls_put(c->opt.tls);
	free(c->server_name);
	free(c->authorization);
	uv_close((uv_handle_t *)&c->timer, on_timer_closed);
}

static void enter(struct grpc_client *c)
{
	c->depth++;
}

/* The last thing on the way out: *c may be gone afterwards. */
static void leave(struct grpc_client *c)
{
	if (--c->depth)
		return;
	if (c->dead)
		destroy(c);
	else
		arm(c);
}

void grpc_client_free(struct grpc_client *c)
{
	if (!c || c->dead)
		return;
	c->dead = true;
	enter(c);
	while (c->streams)
		grpc_stream_drop(c->streams);
	leave(c);
}

/* ----------------------------------------------------------------- failing */

static const char *cure(const struct grpc_client *c, int err)
{
	if (c->opt.server.is_unix && err == -ENOENT)
		return "no such file: is the agent running?";
	if (c->opt.server.is_unix && err == -ECONNREFUSED)
		return "nobody answers there: is the agent running?";
	if (c->opt.server.is_unix && err == -EACCES)
		return "permission denied: be root, or in the group that owns it";
	if (err == -ECONNREFUSED)
		return "connection refused: does a server listen there?";
	return NULL;
}

static void explain(const struct grpc_client *c, int err, const char *why, char *text, size_t size)
{
	const char *server = c->opt.server.text, *known = cure(c, err);

	if (c->state == CLIENT_OPEN && c->settled)
		snprintf(text, size, "connection to %s lost: %s", server,
			 why && *why ? why
			 : err	     ? strerror(-err)
				     : "the server ended it");
	else if (c->state == CLIENT_OPEN)
		snprintf(text, size, "%s ended the connection at once: %s", server,
			 why && *why  ? why
			 : c->opt.tls ? "does it speak gRPC, and take this client's certificate?"
				      : "does it speak gRPC, and without TLS (--tls)?");
	else
		snprintf(text, size, "cannot reach %s: %s", server,
			 known	       ? known
			 : why && *why ? why
			 : err	       ? strerror(-err)
				       : "the server ended the connection");
}

/* The connection is gone, and with it the calls that were on it. */
static void lost(struct grpc_client *c, int err, const char *why)
{
	uint32_t epoch = c->epoch;
	char text[640];

	explain(c, err, why, text, sizeof(text));
	enter(c);
	disconnect(c);
	c->lost = false;
	while (!c->dead && c->streams && c->streams->epoch == epoch)
		grpc_stream_done(c->streams, GRPC_UNAVAILABLE, text);
	leave(c);
}

/* The same from where the session may be at work. */
static void lose_soon(struct grpc_client *c, int err, const char *why)
{
	if (c->lost)
		return;
	c->lost = true;
	c->lost_err = err;
	snprintf(c->lost_why, sizeof(c->lost_why), "%s", why ? why : "");
}

/* ------------------------------------------------------------ the transport */

static void flush(struct grpc_client *c)
{
	int ret;

	if (c->state != CLIENT_OPEN || c->lost || c->dead)
		return;
	ret = http2_flush(&c->h2);
	if (ret < 0)
		lose_soon(c, ret, NULL);
	else if (!ret && http2_over(&c->h2))
		lose_soon(c, 0, "");
}

static void on_drained(void *arg)
{
	struct grpc_client *c = arg;

	enter(c);
	flush(c);
	leave(c);
}

static void on_open(void *arg)
{
	struct grpc_client *c = arg;

	enter(c);
	c->state = CLIENT_OPEN;
	c->read_ms = uv_now(c->loop);
	flush(c);
	leave(c);
}

static void on_data(void *arg, const uint8_t *bytes, size_t n)
{
	struct grpc_client *c = arg;
	const char *why = NULL;
	int err;

	if (c->lost || c->dead)
		return;
	enter(c);
	c->read_ms = uv_now(c->loop);
	c->ping_ms = 0;
	err = http2_receive(&c->h2, bytes, n, &why);
	if (err && !c->dead)
		lose_soon(c, err, why);
	else
		flush(c);
	leave(c);
}

static void on_closed(void *arg, int err, const char *why)
{
	struct grpc_client *c = arg;

	if (c->depth) {
		lose_soon(c, err, why);
		return;
	}
	lost(c, err, why);
}

static int session_new(struct grpc_client *c)
{
	static const nghttp2_settings_entry settings[] = {
		{NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
		{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, STREAM_WINDOW},
		{NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, 64u << 10},
	};
	nghttp2_session_callbacks *callbacks;
	nghttp2_option *options;
	int err = grpc_stream_callbacks(&callbacks);

	if (err)
		return err;
	options = http2_options();
	err = options ? nghttp2_session_client_new2(&c->h2.session, callbacks, c, options)
		      : -ENOMEM;
	nghttp2_option_del(options);
	nghttp2_session_callbacks_del(callbacks);
	if (err) {
		c->h2.session = NULL;
		return -ENOMEM;
	}
	nghttp2_submit_settings(c->h2.session, NGHTTP2_FLAG_NONE, settings,
				sizeof(settings) / sizeof(settings[0]));
	nghttp2_session_set_local_window_size(c->h2.session, NGHTTP2_FLAG_NONE, 0,
					      CONNECTION_WINDOW);
	return 0;
}

static int connect_now(struct grpc_client *c)
{
	const struct transport_events events = {
		.arg = c,
		.open = on_open,
		.data = on_data,
		.drained = on_drained,
		.closed = on_closed,
	};
	int err = session_new(c);

	if (err)
		return err;
	uv_update_time(c->loop);
	c->state = CLIENT_CONNECTING;
	c->connect_until_ms =
		uv_now(c->loop) + (c->opt.connect_ms ? c->opt.connect_ms : CONNECT_MS);
	err = transport_connect(c->loop, &c->opt.server, c->opt.tls, c->server_name, &events,
				&c->h2.transport);
	if (err) {
		c->h2.transport = NULL;
		lose_soon(c, err, NULL);
	}
	return 0;
}

/* ------------------------------------------------------------------ clocks */

static void sooner(uint64_t *at, uint64_t when)
{
	if (when && (!*at || when < *at))
		*at = when;
}

static void on_timer(uv_timer_t *timer);

static void arm(struct grpc_client *c)
{
	uint64_t now = uv_now(c->loop), at = 0;

	for (const struct grpc_stream *s = c->streams; s; s = s->next)
		sooner(&at, s->deadline_ms);
	if (c->state == CLIENT_CONNECTING)
		sooner(&at, c->connect_until_ms);
	if (c->state == CLIENT_OPEN && c->streams)
		sooner(&at,
		       c->ping_ms ? c->ping_ms + KEEPALIVE_ANSWER_MS : c->read_ms + KEEPALIVE_MS);
	if (c->lost)
		at = now;
	if (at)
		uv_timer_start(&c->timer, on_timer, at > now ? at - now : 0, 0);
	else
		uv_timer_stop(&c->timer);
}

static void expire(struct grpc_client *c, uint64_t now)
{
	struct grpc_stream *s = c->streams;

	while (s && !(s->deadline_ms && s->deadline_ms <= now))
		s = s->next;
	if (!s)
		return;
	if (s->id > 0 && c->h2.session)
		nghttp2_submit_rst_stream(c->h2.session, NGHTTP2_FLAG_NONE, s->id, NGHTTP2_CANCEL);
	grpc_stream_done(s, GRPC_DEADLINE_EXCEEDED, "no answer in time (--request-timeout)");
	if (!c->dead)
		expire(c, now);
}

static void keep_alive(struct grpc_client *c, uint64_t now)
{
	if (c->state != CLIENT_OPEN || now < c->read_ms + KEEPALIVE_MS)
		return;
	if (!c->ping_ms) {
		c->ping_ms = now;
		nghttp2_submit_ping(c->h2.session, NGHTTP2_FLAG_NONE, NULL);
	} else if (now >= c->ping_ms + KEEPALIVE_ANSWER_MS) {
		lose_soon(c, -ETIMEDOUT, "it does not answer any more");
	}
}

static void on_timer(uv_timer_t *timer)
{
	struct grpc_client *c = timer->data;
	uint64_t now = uv_now(c->loop);
	char why[64];

	if (c->lost) {
		lost(c, c->lost_err, c->lost_why);
		return;
	}
	enter(c);
	expire(c, now);
	if (!c->dead && c->state == CLIENT_CONNECTING && now >= c->connect_until_ms) {
		snprintf(why, sizeof(why), "no answer in %u ms (--timeout)",
			 c->opt.connect_ms ? c->opt.connect_ms : CONNECT_MS);
		lose_soon(c, -ETIMEDOUT, why);
	}
	if (!c->dead) {
		keep_alive(c, now);
		flush(c);
	}
	leave(c);
}

/* ------------------------------------------------------------------- calls */

static int credentials(struct grpc_client *c, const char *basic_auth)
{
	char *text;

	if (!basic_auth)
		return 0;
	text = grpc_base64(basic_auth);
	if (!text || asprintf(&c->authorization, "Basic %s", text) < 0)
		c->authorization = NULL;
	free(text);
	return c->authorization ? 0 : -ENOMEM;
}

static void set_authority(struct grpc_client *c)
{
	const struct address *a = &c->opt.server;

	if (c->server_name)
		snprintf(c->authority, sizeof(c->authority), "%s", c->server_name);
	else if (a->is_unix)
		snprintf(c->authority, sizeof(c->authority), "localhost");
	else
		snprintf(c->authority, sizeof(c->authority),
			 strchr(a->host, ':') ? "[%s]:%u" : "%s:%u", a->host, a->port);
}

int grpc_client_new(uv_loop_t *loop, const struct grpc_client_options *opt,
		    struct grpc_client **ret)
{
	struct grpc_client *c = calloc(1, sizeof(*c));

	if (!c)
		return -ENOMEM;
	c->loop = loop;
	c->opt = *opt;
	c->server_name = opt->server_name ? strdup(opt->server_name) : NULL;
	if ((opt->server_name && !c->server_name) ||
	    (opt->tls && credentials(c, opt->basic_auth)) || uv_timer_init(loop, &c->timer)) {
		free(c->server_name);
		free(c->authorization);
		free(c);
		return -ENOMEM;
	}
	c->opt.tls = opt->tls ? tls_get(opt->tls) : NULL;
	c->timer.data = c;
	set_authority(c);
	*ret = c;
	return 0;
}

static struct grpc_stream *stream_new(struct grpc_client *c, const uint8_t *request, size_t n,
				      const struct grpc_stream_events *ev)
{
	struct grpc_stream *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->request = malloc(GRPC_PREFIX + n);
	if (!s->request) {
		free(s);
		return NULL;
	}
	s->request[0] = 0;
	for (int i = 0; i < 4; i++)
		s->request[1 + i] = n >> (24 - 8 * i);
	if (n)
		memcpy(s->request + GRPC_PREFIX, request, n);
	s->n_request = GRPC_PREFIX + n;
	s->client = c;
	s->ev = *ev;
	s->status = -1;
	s->epoch = c->epoch;
	return s;
}

static void append(struct grpc_client *c, struct grpc_stream *s)
{
	struct grpc_stream **at = &c->streams;

	while (*at)
		at = &(*at)->next;
	*at = s;
}

int grpc_call(struct grpc_client *c, const char *path, const uint8_t *request, size_t n,
	      const char *const *metadata, uint32_t timeout_ms, const struct grpc_stream_events *ev,
	      struct grpc_stream **ret_stream)
{
	struct grpc_stream *s;
	int err = 0;

	if (n > GRPC_MESSAGE_MAX)
		return -EMSGSIZE;
	/* A connection that takes no new calls, and has none left, makes room for the next. */
	if (c->going_away && !c->streams && !c->depth)
		disconnect(c);
	s = stream_new(c, request, n, ev);
	if (!s)
		return -ENOMEM;
	enter(c);
	if (c->state == CLIENT_IDLE) {
		err = connect_now(c);
		s->epoch = c->epoch;
	}
	append(c, s);
	if (!err)
		err = grpc_stream_submit(s, path, metadata, timeout_ms);
	if (err) {
		grpc_stream_drop(s);
	} else {
		s->deadline_ms = timeout_ms ? uv_now(c->loop) + timeout_ms : 0;
		*ret_stream = s;
		if (c->settled && s->ev.connected)
			s->ev.connected(s->ev.arg);
		flush(c);
	}
	leave(c);
	return err;
}

void grpc_cancel(struct grpc_stream *s)
{
	struct grpc_client *c = s->client;

	if (s->gone)
		return;
	enter(c);
	if (s->id > 0 && c->h2.session)
		nghttp2_submit_rst_stream(c->h2.session, NGHTTP2_FLAG_NONE, s->id, NGHTTP2_CANCEL);
	grpc_stream_drop(s);
	flush(c);
	leave(c);
}
