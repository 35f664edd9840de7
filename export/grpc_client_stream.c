// SPDX-License-Identifier: MIT
/* One call of gRPC's client: its request, its headers, its messages, its end. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "export/grpc_client_impl.h"

#define HEADERS_MAX (64u << 10) /* bytes of names and values of an answer */
#define MESSAGE_TEXT_MAX 4096 /* bytes of grpc-message */
#define METADATA_MAX 16

/* ------------------------------------------------------------------ texts */

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

char *grpc_percent_decode(char *s)
{
	char *to = s;

	for (const char *from = s; *from; from++) {
		if (*from == '%' && hex(from[1]) >= 0 && hex(from[2]) >= 0) {
			int c = hex(from[1]) << 4 | hex(from[2]);

			/* a NUL would end the text for whoever reads it */
			*to++ = c ? c : ' ';
			from += 2;
		} else {
			*to++ = *from;
		}
	}
	*to = '\0';
	return s;
}

char *grpc_base64(const char *text)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t n = strlen(text), at = 0;
	char *out = malloc((n + 2) / 3 * 4 + 1);

	if (!out)
		return NULL;
	for (size_t i = 0; i < n; i += 3) {
		uint32_t v = (uint8_t)text[i] << 16;

		if (i + 1 < n)
			v |= (uint8_t)text[i + 1] << 8;
		if (i + 2 < n)
			v |= (uint8_t)text[i + 2];
		out[at++] = digits[v >> 18];
		out[at++] = digits[v >> 12 & 63];
		out[at++] = i + 1 < n ? digits[v >> 6 & 63] : '=';
		out[at++] = i + 2 < n ? digits[v & 63] : '=';
	}
	out[at] = '\0';
	return out;
}

/* ------------------------------------------------------------------- ends */

static void stream_free(struct grpc_stream *s)
{
	free(s->request);
	free(s->message);
	free(s->part);
	free(s);
}

void grpc_stream_drop(struct grpc_stream *s)
{
	struct grpc_client *c = s->client;
	struct grpc_stream **at = &c->streams;

	while (*at && *at != s)
		at = &(*at)->next;
	if (*at)
		*at = s->next;
	if (s->id > 0 && c->h2.session)
		nghttp2_session_set_stream_user_data(c->h2.session, s->id, NULL);
	s->gone = true;
	if (!s->busy)
		stream_free(s);
}

void grpc_stream_done(struct grpc_stream *s, enum grpc_status status, const char *message)
{
	struct grpc_stream_events ev = s->ev;
	char *text = strdup(message ? message : "");

	grpc_stream_drop(s);
	ev.done(ev.arg, status, text ? text : "");
	free(text);
}

/* What is wrong with the answer, found here; the first finding counts. */
static void refuse(struct grpc_stream *s, enum grpc_status status, const char *message)
{
	if (s->refused)
		return;
	s->refused = true;
	s->status = status;
	free(s->message);
	s->message = strdup(message);
}

/* A refused call's server is told to stop. */
static int refuse_and_reset(struct grpc_stream *s, enum grpc_status status, const char *message)
{
	refuse(s, status, message);
	nghttp2_submit_rst_stream(s->client->h2.session, NGHTTP2_FLAG_NONE, s->id, NGHTTP2_CANCEL);
	return 0;
}

/* grpc/doc/http-grpc-status-mapping.md */
static enum grpc_status of_http(unsigned int http_status)
{
	switch (http_status) {
	case 400:
		return GRPC_INTERNAL;
	case 401:
		return GRPC_UNAUTHENTICATED;
	case 403:
		return GRPC_PERMISSION_DENIED;
	case 404:
		return GRPC_UNIMPLEMENTED;
	case 429:
	case 502:
	case 503:
	case 504:
		return GRPC_UNAVAILABLE;
	default:
		return GRPC_UNKNOWN;
	}
}

/* PROTOCOL-HTTP2.md, "HTTP2 Transport Mapping", Errors */
static enum grpc_status of_reset(uint32_t code)
{
	switch (code) {
	case NGHTTP2_REFUSED_STREAM:
		return GRPC_UNAVAILABLE;
	case NGHTTP2_CANCEL:
		return GRPC_CANCELLED;
	case NGHTTP2_ENHANCE_YOUR_CALM:
		return GRPC_RESOURCE_EXHAUSTED;
	case NGHTTP2_INADEQUATE_SECURITY:
		return GRPC_PERMISSION_DENIED;
	default:
		return GRPC_INTERNAL;
	}
}

static void end_without_status(struct grpc_stream *s, uint32_t code)
{
	char text[160];

	if (s->http_status && s->http_status != 200) {
		snprintf(text, sizeof(text), "the server answers with HTTP status %u",
			 s->http_status);
		refuse(s, of_http(s->http_status), text);
	} else if (s->http_status && !s->is_grpc) {
		refuse(s, GRPC_UNKNOWN, "the server's answer is not gRPC");
	} else if (code) {
		snprintf(text, sizeof(text), "the server ended the call (HTTP/2 %s)",
			 nghttp2_http2_strerror(code));
		refuse(s, of_reset(code), text);
	} else {
		refuse(s, GRPC_INTERNAL, "the server ended the call without a status");
	}
}

static int on_stream_close(nghttp2_session *session, int32_t id, uint32_t code, void *user_data)
{
	struct grpc_stream *s = nghttp2_session_get_stream_user_data(session, id);
	char *message;

	(void)user_data;
	if (!s)
		return 0;
	if (s->status < 0)
		end_without_status(s, code);
	else if (!s->refused && s->status == GRPC_OK && s->n_part)
		refuse(s, GRPC_INTERNAL, "the server ended the call within a message");
	message = s->message;
	s->message = NULL;
	grpc_stream_done(s, s->status, message);
	free(message);
	return 0;
}

/* ---------------------------------------------------------------- headers */

static bool is(const uint8_t *name, size_t n, const char *word)
{
	return n == strlen(word) && !memcmp(name, word, n);
}

static unsigned int number(const uint8_t *s, size_t n)
{
	unsigned int v = 0;

	for (size_t i = 0; i < n && i < 5; i++) {
		if (s[i] < '0' || s[i] > '9')
			return 0;
		v = v * 10 + (s[i] - '0');
	}
	return v;
}

static void take_header(struct grpc_stream *s, const uint8_t *name, size_t n_name,
			const uint8_t *value, size_t n)
{
	if (s->refused)
		return;
	if (is(name, n_name, ":status")) {
		s->http_status = number(value, n);
	} else if (is(name, n_name, "content-type")) {
		s->is_grpc = n >= 16 && !memcmp(value, "application/grpc", 16);
	} else if (is(name, n_name, "grpc-status")) {
		s->status =
			n && value[0] >= '0' && value[0] <= '9' ? number(value, n) : GRPC_UNKNOWN;
	} else if (is(name, n_name, "grpc-message")) {
		free(s->message);
		s->message =
			strndup((const char *)value, n < MESSAGE_TEXT_MAX ? n : MESSAGE_TEXT_MAX);
		if (s->message)
			grpc_percent_decode(s->message);
	}
}

/* nghttp2 ends both name and value with a NUL. */
static void tell_header(struct grpc_stream *s, const uint8_t *name, const uint8_t *value)
{
	if (!s->ev.header || name[0] == ':')
		return;
	s->busy = true;
	s->ev.header(s->ev.arg, (const char *)name, (const char *)value);
	s->busy = false;
	if (s->gone)
		stream_free(s);
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
		     size_t n_name, const uint8_t *value, size_t n_value, uint8_t flags,
		     void *user_data)
{
	struct grpc_stream *s = nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);

	(void)flags, (void)user_data;
	if (!s)
		return 0;
	s->header_bytes += n_name + n_value + 32;
	if (s->header_bytes > HEADERS_MAX)
		return refuse_and_reset(s, GRPC_RESOURCE_EXHAUSTED,
					"the server's headers are too long");
	take_header(s, name, n_name, value, n_value);
	tell_header(s, name, value);
	return 0;
}

/* --------------------------------------------------------------- messages */

static size_t message_size(const uint8_t *prefix)
{
	return (size_t)prefix[1] << 24 | prefix[2] << 16 | prefix[3] << 8 | prefix[4];
}

/* 0: fine; else the call is refused. */
static int check_prefix(struct grpc_stream *s, const uint8_t *prefix)
{
	char text[96];

	if (prefix[0]) {
		refuse_and_reset(s, GRPC_UNIMPLEMENTED, "the server compresses its messages");
		return -1;
	}
	if (message_size(prefix) > GRPC_MESSAGE_MAX) {
		snprintf(text, sizeof(text), "a message of %zu bytes: at most %u are taken",
			 message_size(prefix), GRPC_MESSAGE_MAX);
		refuse_and_reset(s, GRPC_RESOURCE_EXHAUSTED, text);
		return -1;
	}
	return 0;
}

/* 0 or -ENOMEM. */
static int keep(struct grpc_stream *s, const uint8_t *data, size_t n)
{
	if (s->n_part + n > s->part_size) {
		size_t size = (s->n_part + n) * 2;
		uint8_t *part = realloc(s->part, size);

		if (!part)
			return -ENOMEM;
		s->part = part;
		s->part_size = size;
	}
	memcpy(s->part + s->n_part, data, n);
	s->n_part += n;
	return 0;
}

/* How many bytes of data go to the message that has begun; 0: refused. */
static size_t complete(struct grpc_stream *s, const uint8_t *data, size_t n)
{
	size_t want = s->n_part < GRPC_PREFIX ? GRPC_PREFIX - s->n_part : 0, whole;

	if (want) {
		want = want < n ? want : n;
	} else {
		whole = GRPC_PREFIX + message_size(s->part);
		want = whole - s->n_part < n ? whole - s->n_part : n;
	}
	if (keep(s, data, want)) {
		refuse_and_reset(s, GRPC_RESOURCE_EXHAUSTED, "out of memory");
		return 0;
	}
	if (s->n_part == GRPC_PREFIX && check_prefix(s, s->part))
		return 0;
	if (s->n_part >= GRPC_PREFIX && s->n_part == GRPC_PREFIX + message_size(s->part)) {
		s->n_part = 0;
		s->ev.message(s->ev.arg, s->part + GRPC_PREFIX, message_size(s->part));
	}
	return want;
}

/* Messages that lie whole in data are not copied. */
static size_t direct(struct grpc_stream *s, const uint8_t *data, size_t n)
{
	size_t size;

	if (n < GRPC_PREFIX)
		return complete(s, data, n);
	if (check_prefix(s, data))
		return 0;
	size = message_size(data);
	if (n - GRPC_PREFIX < size)
		return complete(s, data, n < GRPC_PREFIX ? n : GRPC_PREFIX);
	s->ev.message(s->ev.arg, data + GRPC_PREFIX, size);
	return GRPC_PREFIX + size;
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t id, const uint8_t *data,
		   size_t n, void *user_data)
{
	struct grpc_stream *s = nghttp2_session_get_stream_user_data(session, id);

	(void)flags, (void)user_data;
	if (!s || s->refused)
		return 0;
	if (s->http_status != 200 || !s->is_grpc)
		return 0; /* a page of a web server; the end tells */
	s->busy = true;
	while (n && !s->gone && !s->refused) {
		size_t used = s->n_part ? complete(s, data, n) : direct(s, data, n);

		if (!used)
			break;
		data += used;
		n -= used;
	}
	s->busy = false;
	if (s->gone)
		stream_free(s);
	return 0;
}

static void settled(struct grpc_client *c)
{
	if (c->settled)
		return;
	c->settled = true;
	for (struct grpc_stream *s = c->streams; s; s = s->next)
		if (s->ev.connected)
			s->ev.connected(s->ev.arg);
}

static int on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *user_data)
{
	struct grpc_client *c = user_data;

	(void)session;
	if (frame->hd.type == NGHTTP2_SETTINGS)
		settled(c);
	else if (frame->hd.type == NGHTTP2_GOAWAY)
		c->going_away = true;
	else if (frame->hd.type == NGHTTP2_PING && frame->hd.flags & NGHTTP2_FLAG_ACK)
		c->ping_ms = 0;
	return 0;
}

int grpc_stream_callbacks(nghttp2_session_callbacks **ret)
{
	if (nghttp2_session_callbacks_new(ret))
		return -ENOMEM;
	nghttp2_session_callbacks_set_on_header_callback(*ret, on_header);
	nghttp2_session_callbacks_set_on_data_chunk_recv_callback(*ret, on_data);
	nghttp2_session_callbacks_set_on_frame_recv_callback(*ret, on_frame);
	nghttp2_session_callbacks_set_on_stream_close_callback(*ret, on_stream_close);
	return 0;
}

/* ---------------------------------------------------------------- request */

static ssize_t read_request(nghttp2_session *session, int32_t id, uint8_t *buf, size_t size,
			    uint32_t *flags, nghttp2_data_source *source, void *user_data)
{
	struct grpc_stream *s = nghttp2_session_get_stream_user_data(session, id);
	size_t n;

	(void)source, (void)user_data;
	if (!s)
		return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
	n = s->n_request - s->sent < size ? s->n_request - s->sent : size;
	memcpy(buf, s->request + s->sent, n);
	s->sent += n;
	if (s->sent == s->n_request)
		*flags |= NGHTTP2_DATA_FLAG_EOF;
	return n;
}

static void add(nghttp2_nv *nv, size_t *n, const char *name, const char *value)
{
	nv[(*n)++] = (nghttp2_nv)HTTP2_NV(name, value);
}

int grpc_stream_submit(struct grpc_stream *s, const char *path, const char *const *metadata,
		       uint32_t timeout_ms)
{
	const struct grpc_client *c = s->client;
	nghttp2_data_provider body = {.read_callback = read_request};
	nghttp2_nv nv[9 + METADATA_MAX];
	char timeout[16];
	size_t n = 0;

	add(nv, &n, ":method", "POST");
	add(nv, &n, ":scheme", c->opt.tls ? "https" : "http");
	add(nv, &n, ":path", path);
	add(nv, &n, ":authority", c->authority);
	add(nv, &n, "te", "trailers");
	add(nv, &n, "content-type", "application/grpc");
	add(nv, &n, "user-agent", "pitot/" PITOT_VERSION);
	if (timeout_ms) {
		/* eight digits are all that the unit may have */
		snprintf(timeout, sizeof(timeout), "%um",
			 timeout_ms < 99999999 ? timeout_ms : 99999999);
		add(nv, &n, "grpc-timeout", timeout);
	}
	if (c->authorization)
		add(nv, &n, "authorization", c->authorization);
	for (size_t i = 0; metadata && metadata[i] && i / 2 < METADATA_MAX; i += 2)
		add(nv, &n, metadata[i], metadata[i + 1]);
	s->id = nghttp2_submit_request(c->h2.session, NULL, nv, n, &body, s);
	if (s->id < 0) {
		s->id = 0;
		return -ENOMEM;
	}
	return 0;
}
