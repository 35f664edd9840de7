// SPDX-License-Identifier: MIT
/* A call's way in: headers, then messages put together from whatever frames they came in. */
#include "export/grpc_server.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "export/grpc_server_internal.h"

#define GRPC_PREFIX 5 /* compressed flag, length */
#define TIMEOUT_DIGITS 8

struct grpc_call *call_new(struct grpc_connection *c, int32_t id)
{
	struct grpc_call *call = calloc(1, sizeof(*call));

	if (!call)
		return NULL;
	call->connection = c;
	call->id = id;
	call->begun = uv_now(c->server->loop);
	call->next = c->calls;
	call->link = &c->calls;
	if (call->next)
		call->next->link = &call->next;
	c->calls = call;
	c->n_calls++;
	c->server->stats.streams++;
	return call;
}

static void drop_message(struct grpc_call *call)
{
	struct grpc_connection *c = call->connection;

	c->request_bytes -= call->in_size;
	c->server->request_bytes -= call->in_size;
	free(call->in);
	call->in = NULL;
	call->in_len = call->in_size = 0;
}

void call_free(struct grpc_call *call)
{
	if (call->announced && call->method->gone)
		call->method->gone(call->method->arg, call);
	drop_message(call);
	free(call->meta);
	free(call->path);
	free(call->backlog);
	free(call->out);
	free(call->message);
	free(call);
}

/* ------------------------------------------------------------------- headers */

static void keep(struct grpc_call *call, const char *name, size_t n_name, const char *value,
		 size_t n_value)
{
	size_t need = call->meta_len + n_name + n_value + 2;
	char *p;

	if (need > call->meta_size) {
		p = realloc(call->meta, need + 512);
		if (!p) {
			call->too_long = true;
			return;
		}
		call->meta = p;
		call->meta_size = need + 512;
	}
	p = call->meta + call->meta_len;
	memcpy(p, name, n_name);
	p[n_name] = '\0';
	memcpy(p + n_name + 1, value, n_value);
	p[n_name + 1 + n_value] = '\0';
	call->meta_len = need;
}

/* "12S" in ms, rounded up; false where it is not 1 to 8 digits and a unit. */
static bool parse_timeout(const char *s, size_t n, uint64_t *ret_ms)
{
	static const char units[] = "HMSmun";
	static const uint64_t us[] = {3600000000, 60000000, 1000000, 1000, 1, 0};
	const char *unit;
	uint64_t v = 0;

	if (n < 2 || n > TIMEOUT_DIGITS + 1)
		return false;
	for (size_t i = 0; i < n - 1; i++) {
		if (s[i] < '0' || s[i] > '9')
			return false;
		v = 10 * v + (s[i] - '0');
	}
	unit = s[n - 1] ? strchr(units, s[n - 1]) : NULL;
	if (!unit)
		return false;
	*ret_ms = (*unit == 'n' ? v / 1000 + 1 : v * us[unit - units] + 999) / 1000;
	return true;
}

static void take_timeout(struct grpc_call *call, const char *value, size_t n)
{
	uint64_t ms;

	if (!parse_timeout(value, n, &ms))
		call->bad_timeout = true;
	else
		call->deadline = call->begun + (ms ? ms : 1);
}

static bool is(const char *s, size_t n, const char *what)
{
	return n == strlen(what) && !memcmp(s, what, n);
}

static bool begins(const char *s, size_t n, const char *what)
{
	return n >= strlen(what) && !memcmp(s, what, strlen(what));
}

void call_header(struct grpc_call *call, const char *name, size_t n_name, const char *value,
		 size_t n_value)
{
	if (call->headers_done || call->too_long)
		return;
	call->header_bytes += n_name + n_value + 32; /* as SETTINGS_MAX_HEADER_LIST_SIZE counts */
	if (call->header_bytes > call->connection->server->header_bytes) {
		call->too_long = true;
		return;
	}
	if (is(name, n_name, ":method"))
		call->is_post = is(value, n_value, "POST");
	else if (is(name, n_name, ":path"))
		call->path = call->path ? call->path : strndup(value, n_value);
	else if (is(name, n_name, "grpc-timeout"))
		take_timeout(call, value, n_value);
	else if (is(name, n_name, "content-type"))
		call->is_grpc = is(value, n_value, "application/grpc") ||
				begins(value, n_value, "application/grpc+") ||
				begins(value, n_value, "application/grpc;");
	keep(call, name, n_name, value, n_value);
}

static const struct grpc_method *find_method(const struct grpc_server *s, const char *path)
{
	for (const struct grpc_method *m = s->methods; path && m->path; m++)
		if (!strcmp(m->path, path))
			return m;
	return NULL;
}

static void refuse_path(struct grpc_call *call)
{
	char line[300];

	snprintf(line, sizeof(line), "unknown method %s", call->path ? call->path : "");
	grpc_finish(call, GRPC_UNIMPLEMENTED, line);
}

void call_headers_done(struct grpc_call *call)
{
	struct grpc_connection *c = call->connection;

	if (call->headers_done)
		return;
	call->headers_done = true;
	c->server->stats.calls++;
	if (call->too_long) {
		grpc_finish(call, GRPC_RESOURCE_EXHAUSTED, "the request's headers are too long");
		return;
	}
	if (!call->is_post) {
		call_refuse_http(call, "405");
		return;
	}
	if (!call->is_grpc) {
		call_refuse_http(call, "415");
		return;
	}
	if (call->bad_timeout) {
		grpc_finish(call, GRPC_INTERNAL, "malformed grpc-timeout");
		return;
	}
	call->method = find_method(c->server, call->path);
	if (!call->method) {
		refuse_path(call);
		return;
	}
	if (call->deadline)
		connection_timer(c, call->deadline);
	if (!call->method->client_streams)
		connection_timer(c, call->begun + REQUEST_MS);
}

const char *grpc_call_metadata(const struct grpc_call *call, const char *name)
{
	const char *p = call->meta, *end = call->meta + call->meta_len;

	while (p < end) {
		const char *value = p + strlen(p) + 1;

		if (!strcmp(p, name))
			return value;
		/* nghttp2 lets no NUL through in either */
		p = value + strlen(value) + 1;
	}
	return NULL;
}

/* ------------------------------------------------------------------ messages */

static void hand_out(struct grpc_call *call)
{
	call->announced = true;
	call->method->message(call->method->arg, call, call->in ? call->in : (const uint8_t *)"",
			      call->in_len);
	drop_message(call);
	call->have_prefix = 0;
}

static bool begin_message(struct grpc_call *call)
{
	const uint8_t *p = call->prefix;

	call->in_want = (size_t)p[1] << 24 | p[2] << 16 | p[3] << 8 | p[4];
	if (p[0]) {
		grpc_finish(call, GRPC_UNIMPLEMENTED, "compressed messages are not taken");
		return false;
	}
	if (call->in_want > GRPC_MESSAGE_MAX) {
		grpc_finish(call, GRPC_RESOURCE_EXHAUSTED, "the request's message is too long");
		return false;
	}
	call->messages++;
	return true;
}

/* Grows with what really came, not with the length that was claimed. */
static bool make_room(struct grpc_call *call, size_t n)
{
	struct grpc_connection *c = call->connection;
	size_t size = call->in_size ? call->in_size : 512, more;
	uint8_t *p;

	while (size < call->in_len + n)
		size *= 2;
	more = size - call->in_size;
	if (!more)
		return true;
	if (c->request_bytes + more > CONNECTION_REQUEST_BYTES ||
	    c->server->request_bytes + more > SERVER_REQUEST_BYTES)
		return false;
	p = realloc(call->in, size);
	if (!p)
		return false;
	call->in = p;
	call->in_size = size;
	c->request_bytes += more;
	c->server->request_bytes += more;
	return true;
}

static bool is_whole(const struct grpc_call *call)
{
	return call->have_prefix == GRPC_PREFIX && call->in_len == call->in_want;
}

/* Some of a message's bytes: how many were used; 0 ends the reading. */
static size_t take_some(struct grpc_call *call, const uint8_t *bytes, size_t n)
{
	size_t used = 0;

	if (is_whole(call)) {
		grpc_finish(call, GRPC_UNIMPLEMENTED,
			    "more than one message to a method that takes one");
		return 0;
	}
	while (call->have_prefix < GRPC_PREFIX && used < n)
		call->prefix[call->have_prefix++] = bytes[used++];
	if (call->have_prefix < GRPC_PREFIX)
		return used;
	if (used && !begin_message(call))
		return 0;
	n -= used;
	if (n > call->in_want - call->in_len)
		n = call->in_want - call->in_len;
	if (n) {
		if (!make_room(call, n)) {
			grpc_finish(call, GRPC_RESOURCE_EXHAUSTED,
				    "too much of requests is being held already");
			return 0;
		}
		memcpy(call->in + call->in_len, bytes + used, n);
		call->in_len += n;
	}
	/* the one message of an ordinary method waits for the end of the request */
	if (is_whole(call) && call->method->client_streams)
		hand_out(call);
	return used + n;
}

static bool deaf(const struct grpc_call *call)
{
	return !call->method || call->finished || call->reset || call->closed;
}

/* What was not used because too much waits to go out is kept: the stream's window bounds it. */
static void keep_backlog(struct grpc_call *call, const uint8_t *bytes, size_t n)
{
	uint8_t *p;

	if (call->backlog_size - call->backlog_len < n) {
		p = realloc(call->backlog, call->backlog_len + n);
		if (!p) {
			grpc_finish(call, GRPC_RESOURCE_EXHAUSTED, "out of memory");
			return;
		}
		call->backlog = p;
		call->backlog_size = call->backlog_len + n;
	}
	memcpy(call->backlog + call->backlog_len, bytes, n);
	call->backlog_len += n;
}

static size_t take(struct grpc_call *call, const uint8_t *bytes, size_t n)
{
	size_t done = 0, used;

	while (done < n && !deaf(call) && !call->blocked) {
		used = take_some(call, bytes + done, n - done);
		if (!used)
			break;
		done += used;
	}
	return deaf(call) ? n : done;
}

/* The stream's window opens for what was used, so that a peer cannot make us keep more than a window. */
static void consumed(struct grpc_call *call, size_t n)
{
	if (n && !call->closed)
		nghttp2_session_consume_stream(call->connection->h2.session, call->id, n);
}

void call_data(struct grpc_call *call, const uint8_t *bytes, size_t n)
{
	size_t used;

	nghttp2_session_consume_connection(call->connection->h2.session, n);
	used = call->backlog_len ? 0 : take(call, bytes, n);
	consumed(call, used);
	if (used < n)
		keep_backlog(call, bytes + used, n - used);
}

static void complete(struct grpc_call *call)
{
	const struct grpc_method *m = call->method;

	if (call->complete || deaf(call))
		return;
	call->complete = true;
	if (call->have_prefix && !is_whole(call)) {
		grpc_finish(call, GRPC_INTERNAL, "the request ends within a message");
		return;
	}
	if (!m->client_streams && !call->messages) {
		grpc_finish(call, GRPC_UNIMPLEMENTED, "no message to a method that takes one");
		return;
	}
	call->announced = true;
	if (!m->client_streams) {
		hand_out(call);
		/* it goes on: headers at once, so that the client knows it was heard */
		if (!call->finished)
			call_begin_response(call);
	} else if (m->end) {
		m->end(m->arg, call);
	} else {
		grpc_finish(call, GRPC_OK, "");
	}
}

void call_request_ended(struct grpc_call *call)
{
	call->request_ended = true;
	if (!call->backlog_len)
		complete(call);
}

void call_unblocked(struct grpc_call *call)
{
	size_t used;

	call_set_blocked(call, false);
	if (call->backlog_len) {
		used = take(call, call->backlog, call->backlog_len);
		consumed(call, used);
		call->backlog_len -= used;
		memmove(call->backlog, call->backlog + used, call->backlog_len);
		connection_touch(call->connection);
	}
	if (!call->backlog_len && call->request_ended)
		complete(call);
	if (!call->blocked && !deaf(call) && call->method->writable)
		call->method->writable(call->method->arg, call);
}

/* --------------------------------------------------------------------- users */

void grpc_call_set(struct grpc_call *call, void *data)
{
	call->data = data;
}

void *grpc_call_get(const struct grpc_call *call)
{
	return call->data;
}

const struct grpc_method *grpc_call_method(const struct grpc_call *call)
{
	return call->method;
}

const char *grpc_call_peer(const struct grpc_call *call)
{
	return transport_peer(call->connection->h2.transport);
}
