// SPDX-License-Identifier: MIT
/* A call's way out: messages wait in one buffer, nghttp2 takes them by the frame. */
#include "export/grpc_server.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "export/grpc_server_internal.h"

#define MESSAGE_CHARS 1024 /* of grpc-message, before it is percent-encoded */

/* ---------------------------------------------------------------- the status */

/* RFC 3986 as gRPC wants it: all but printable ASCII, and '%' itself. */
static void percent(char *to, const char *s)
{
	static const char hex[] = "0123456789ABCDEF";

	for (size_t i = 0; s[i] && i < MESSAGE_CHARS; i++) {
		unsigned char b = s[i];

		if (b >= 0x20 && b < 0x7f && b != '%') {
			*to++ = b;
			continue;
		}
		*to++ = '%';
		*to++ = hex[b >> 4];
		*to++ = hex[b & 15];
	}
	*to = '\0';
}

struct status_text {
	char code[4];
	char message[3 * MESSAGE_CHARS + 1];
};

static void status_text(const struct grpc_call *call, struct status_text *ret)
{
	snprintf(ret->code, sizeof(ret->code), "%u", (unsigned int)call->status % 100);
	percent(ret->message, call->message ? call->message : "");
}

static void submit_trailers_only(struct grpc_call *call)
{
	struct status_text s;
	nghttp2_nv nv[4] = {
		HTTP2_NV(":status", "200"),
		HTTP2_NV("content-type", "application/grpc"),
	};

	status_text(call, &s);
	nv[2] = (nghttp2_nv)HTTP2_NV("grpc-status", s.code);
	nv[3] = (nghttp2_nv)HTTP2_NV("grpc-message", s.message);
	nghttp2_submit_response(call->connection->h2.session, call->id, nv, s.message[0] ? 4 : 3,
				NULL);
	call->responded = call->trailed = true;
}

static void submit_trailer(struct grpc_call *call)
{
	struct status_text s;
	nghttp2_nv nv[2];

	status_text(call, &s);
	nv[0] = (nghttp2_nv)HTTP2_NV("grpc-status", s.code);
	nv[1] = (nghttp2_nv)HTTP2_NV("grpc-message", s.message);
	nghttp2_submit_trailer(call->connection->h2.session, call->id, nv, s.message[0] ? 2 : 1);
	call->trailed = true;
}

/* -------------------------------------------------------------- the messages */

static ssize_t on_read_data(nghttp2_session *session, int32_t id, uint8_t *buf, size_t size,
			    uint32_t *flags, nghttp2_data_source *source, void *user)
{
	struct grpc_call *call = source->ptr;
	size_t n = call_waiting(call);

	(void)session;
	(void)id;
	(void)user;
	if (n > size)
		n = size;
	if (n)
		memcpy(buf, call->out + call->out_head, n);
	call->out_head += n;
	if (call_waiting(call))
		return n;
	call->out_head = call->out_len = 0;
	if (call->finished) {
		*flags |= NGHTTP2_DATA_FLAG_EOF | NGHTTP2_DATA_FLAG_NO_END_STREAM;
		submit_trailer(call);
		return n;
	}
	if (n)
		return n;
	call->deferred = true;
	return NGHTTP2_ERR_DEFERRED;
}

void call_begin_response(struct grpc_call *call)
{
	nghttp2_nv nv[2] = {
		HTTP2_NV(":status", "200"),
		HTTP2_NV("content-type", "application/grpc"),
	};
	nghttp2_data_provider from = {.source.ptr = call, .read_callback = on_read_data};

	if (call->responded || call->closed)
		return;
	nghttp2_submit_response(call->connection->h2.session, call->id, nv, 2, &from);
	call->responded = true;
	connection_touch(call->connection);
}

static void wake(struct grpc_call *call)
{
	if (call->deferred) {
		call->deferred = false;
		nghttp2_session_resume_data(call->connection->h2.session, call->id);
	}
	connection_touch(call->connection);
}

/* Many calls share what a connection may have waiting, so that it does not grow with them. */
size_t call_limit(const struct grpc_call *call)
{
	size_t share = CONNECTION_WAITING_BYTES / (call->connection->n_calls + 1);

	if (share > CALL_WAITING_BYTES)
		return CALL_WAITING_BYTES;
	return share < CALL_WAITING_MIN ? CALL_WAITING_MIN : share;
}

static bool make_room(struct grpc_call *call, size_t n)
{
	size_t size = call->out_size ? call->out_size : 1024;
	uint8_t *p;

	if (call->out_size - call->out_len >= n)
		return true;
	if (call->out_head) {
		memmove(call->out, call->out + call->out_head, call_waiting(call));
		call->out_len -= call->out_head;
		call->out_head = 0;
	}
	/* not above half full afterwards: what has been moved is not moved again soon */
	while (size / 2 < call->out_len + n && size < 2 * (size_t)CALL_WAITING_BYTES)
		size *= 2;
	if (size < call->out_len + n)
		size = call->out_len + n;
	if (size <= call->out_size)
		return true;
	p = realloc(call->out, size);
	if (!p)
		return false;
	call->out = p;
	call->out_size = size;
	return true;
}

static void append(struct grpc_call *call, const uint8_t *bytes, size_t n)
{
	uint8_t *p = call->out + call->out_len;

	p[0] = 0; /* not compressed */
	p[1] = n >> 24;
	p[2] = n >> 16;
	p[3] = n >> 8;
	p[4] = n;
	if (n)
		memcpy(p + 5, bytes, n);
	call->out_len += n + 5;
}

void call_set_blocked(struct grpc_call *call, bool blocked)
{
	if (call->blocked == blocked)
		return;
	call->blocked = blocked;
	call->connection->n_blocked += blocked ? 1 : -1;
}

int grpc_send(struct grpc_call *call, const uint8_t *bytes, size_t n)
{
	struct grpc_connection *c = call->connection;

	if (call->closed || call->finished || call->reset || c->doomed)
		return -EPIPE;
	if (n > UINT32_MAX - 5)
		return -EMSGSIZE;
	if (!make_room(call, n + 5))
		return -ENOMEM;
	append(call, bytes, n);
	c->server->stats.messages_sent++;
	c->server->stats.bytes_sent += n + 5;
	if (!call->responded)
		call_begin_response(call);
	else if (call->deferred || !c->dirty)
		wake(call);
	if (call_waiting(call) < call_limit(call))
		return 0;
	/* the kernel may well take it now; errors are seen by who frees the connection */
	if (!call->blocked && http2_flush(&c->h2) < 0)
		c->doomed = true;
	if (call->closed || c->doomed)
		return -EPIPE;
	if (call_waiting(call) < call_limit(call) / 2)
		return 0;
	call_set_blocked(call, true);
	return 1;
}

/* ------------------------------------------------------------------- the end */

void grpc_finish(struct grpc_call *call, enum grpc_status status, const char *message)
{
	if (call->closed || call->finished || call->reset)
		return;
	call->finished = true;
	call->status = status;
	call->message = message && *message ? strndup(message, MESSAGE_CHARS) : NULL;
	call_set_blocked(call, false);
	if (!call->responded) {
		submit_trailers_only(call);
		connection_touch(call->connection);
	} else {
		wake(call);
	}
}

/* For who speaks HTTP but not gRPC. */
void call_refuse_http(struct grpc_call *call, const char *http_status)
{
	nghttp2_nv nv[1] = {HTTP2_NV(":status", http_status)};

	if (call->responded || call->closed)
		return;
	call->finished = call->responded = call->trailed = true;
	nghttp2_submit_response(call->connection->h2.session, call->id, nv, 1, NULL);
	connection_touch(call->connection);
}

/*
 * What waits is dropped. Trailers cannot overtake a closed window (nghttp2 asks for
 * data before it sends them): the stream is reset then, which gRPC reads as cancelled.
 */
void call_timed_out(struct grpc_call *call, const char *message)
{
	nghttp2_session *s = call->connection->h2.session;

	if (call->closed || call->reset || call->trailed)
		return;
	call->out_head = call->out_len = 0;
	if (call->responded && (nghttp2_session_get_stream_remote_window_size(s, call->id) <= 0 ||
				nghttp2_session_get_remote_window_size(s) <= 0)) {
		call->reset = true;
		call_set_blocked(call, false);
		nghttp2_submit_rst_stream(s, NGHTTP2_FLAG_NONE, call->id, NGHTTP2_CANCEL);
		connection_touch(call->connection);
		return;
	}
	if (call->finished) { /* with something else, that did not get out in time */
		call->status = GRPC_DEADLINE_EXCEEDED;
		wake(call);
		return;
	}
	grpc_finish(call, GRPC_DEADLINE_EXCEEDED, message);
}
