/* SPDX-License-Identifier: MIT */
/* What the server's files share, and nobody else sees. */
#ifndef PITOT_EXPORT_GRPC_SERVER_INTERNAL_H
#define PITOT_EXPORT_GRPC_SERVER_INTERNAL_H

#include "export/grpc_server.h"
#include "export/http2.h"

#define CALL_WAITING_BYTES \
	(256u << 10) /* a call's messages that wait; fewer when there are many calls */
#define CALL_WAITING_MIN (16u << 10)
#define CONNECTION_WAITING_BYTES (1u << 20) /* shared among its calls */
#define CONNECTION_REQUEST_BYTES (8u << 20) /* of messages not complete yet */
#define SERVER_REQUEST_BYTES (32u << 20)
#define FIRST_FRAME_MS 10000 /* from accept to the client's SETTINGS */
#define REQUEST_MS 30000 /* from a call's headers to the end of its one message */
#define PING_ANSWER_MS 20000
#define GOODBYE_MS 5000 /* for the last bytes to be taken */
#define CONTROL_FRAMES 10000 /* in a burst: pings, settings, empty data; then as many a second: */
#define CONTROL_FRAMES_A_SECOND 1000

struct grpc_connection;

struct grpc_call {
	struct grpc_connection *connection;
	struct grpc_call *next, **link;
	const struct grpc_method *method; /* NULL: unknown path, or not read yet */
	void *data;
	int32_t id;

	/* the request's headers */
	char *meta; /* name NUL value NUL ... */
	size_t meta_len, meta_size;
	uint32_t header_bytes;
	bool headers_done, is_post, is_grpc, too_long, bad_timeout, announced;
	char *path;
	uint64_t begun, deadline; /* uv_now(); 0: none */

	/* the request's messages */
	uint8_t prefix[5];
	unsigned int have_prefix;
	uint8_t *in;
	size_t in_len, in_size, in_want;
	uint8_t *
		backlog; /* arrived while too much waits to go out; the stream's window bounds it */
	size_t backlog_len, backlog_size;
	bool request_ended, complete; /* END_STREAM came; and what came before was handed out */
	unsigned int messages;

	/* the response */
	uint8_t *out;
	size_t out_head, out_len, out_size;
	bool responded, deferred, finished, trailed, blocked, reset, closed;
	enum grpc_status status;
	char *message;
};

struct grpc_connection {
	struct grpc_server *server;
	struct http2 h2;
	struct grpc_connection *next, **link;
	struct grpc_connection *next_dirty;
	bool dirty;
	struct grpc_call *calls, *closed; /* closed: their gone() is still to come */
	uint32_t n_calls, n_blocked;
	size_t request_bytes;
	uv_timer_t timer;
	uint64_t timer_due; /* 0: not armed */
	uint64_t born, last_frame, idle_since, ping_sent, close_at;
	double control_frames; /* that it may still send */
	uint64_t control_at;
	bool settled, is_unix, doomed, going; /* its SETTINGS came; to be freed; GOAWAY said */
};

struct grpc_server {
	uv_loop_t *loop;
	const struct grpc_method *methods;
	uint32_t max_streams, idle_ms, keepalive_ms, header_bytes;
	nghttp2_session_callbacks *callbacks;
	nghttp2_option *option;
	uv_prepare_t flush; /* before the loop waits: what was queued goes out */
	uv_idle_t busy; /* active: the loop does not wait, there is more */
	uv_timer_t drain_timer;
	unsigned int handles;
	struct grpc_connection *connections, *dirty;
	size_t request_bytes;
	bool draining, closing;
	uint64_t drain_end;
	bool drain_over;
	void (*drained)(void *arg);
	void *drained_arg;
	struct grpc_server_stats stats;
};

/* grpc_server.c */
void connection_touch(struct grpc_connection *c); /* it has something to send */
void connection_goodbye(struct grpc_connection *c, uint32_t error_code); /* GOAWAY, then the end */
void connection_free(struct grpc_connection *c);
void call_closed(struct grpc_call *call); /* its stream is: gone() comes later */

/* grpc_server_frames.c: nghttp2's callbacks. */
int frames_callbacks(nghttp2_session_callbacks **ret);

/* grpc_server_request.c */
struct grpc_call *call_new(struct grpc_connection *c, int32_t id);
void call_free(struct grpc_call *call);
void call_header(struct grpc_call *call, const char *name, size_t n_name, const char *value,
		 size_t n_value);
void call_headers_done(struct grpc_call *call);
void call_data(struct grpc_call *call, const uint8_t *bytes, size_t n);
void call_request_ended(struct grpc_call *call);
void call_unblocked(struct grpc_call *call); /* there is room: the backlog, then writable() */

/* grpc_server_response.c */
void call_refuse_http(struct grpc_call *call, const char *http_status);
void call_begin_response(struct grpc_call *call);
void call_timed_out(struct grpc_call *call, const char *message);
void call_set_blocked(struct grpc_call *call, bool blocked);
size_t call_limit(const struct grpc_call *call);
static inline size_t call_waiting(const struct grpc_call *call)
{
	return call->out_len - call->out_head;
}

/* grpc_server_time.c */
void connection_timer(struct grpc_connection *c, uint64_t due); /* not later than then */
void connection_arm(struct grpc_connection *c); /* for whatever is due first */
bool connection_control_frame(struct grpc_connection *c); /* false: too many of them */

#endif
