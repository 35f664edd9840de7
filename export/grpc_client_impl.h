/* SPDX-License-Identifier: MIT */
/* For export/grpc_client*.c only. */
#ifndef PITOT_EXPORT_GRPC_CLIENT_IMPL_H
#define PITOT_EXPORT_GRPC_CLIENT_IMPL_H

#include "export/grpc_client.h"
#include "export/http2.h"

#define GRPC_PREFIX 5 /* compressed flag, length */

/* A call. In its client's list from grpc_call() to done() or grpc_cancel(). */
struct grpc_stream {
	struct grpc_stream *next;
	struct grpc_client *client;
	struct grpc_stream_events ev;
	int32_t id; /* HTTP/2's; 0: not submitted yet */
	uint32_t epoch; /* of the client's connection that it belongs to */
	uint64_t deadline_ms; /* the loop's clock; 0: none */
	uint8_t *request; /* with its prefix */
	size_t n_request, sent;

	/* the answer */
	unsigned int http_status;
	bool is_grpc; /* by its content type */
	int status; /* grpc-status; < 0: not seen */
	char *message; /* grpc-message; NULL: none. Or what was found wrong here */
	bool refused; /* status and message are ours: what follows does not matter */
	size_t header_bytes;
	uint8_t *part; /* a message that came in pieces */
	size_t n_part, part_size;

	bool busy; /* an event of it is being delivered */
	bool gone; /* cancelled meanwhile: no events, freed by whom busy belongs to */
};

enum grpc_client_state { CLIENT_IDLE, CLIENT_CONNECTING, CLIENT_OPEN };

struct grpc_client {
	uv_loop_t *loop;
	struct grpc_client_options opt;
	char authority[320];
	char *server_name, *authorization; /* "Basic .."; NULL */
	enum grpc_client_state state;
	struct http2 h2;
	struct grpc_stream *streams; /* oldest first */
	uint32_t epoch;
	bool settled; /* the server has said something in HTTP/2 */
	bool going_away; /* GOAWAY has come */
	uint64_t connect_until_ms, read_ms,
		ping_ms; /* the loop's clock; ping_ms 0: none under way */
	uv_timer_t timer;
	unsigned int depth; /* calls of ours on the stack */
	bool dead; /* grpc_client_free() was called */
	bool lost; /* told while the session was at work: lost_err, lost_why */
	int lost_err;
	char lost_why[256];
};

/* ---- grpc_client_stream.c: what a call hears. The session's callbacks. */

/* Fills the callbacks in. 0 or -ENOMEM. */
int grpc_stream_callbacks(nghttp2_session_callbacks **ret);

/* The last event; unlinks and frees. */
void grpc_stream_done(struct grpc_stream *s, enum grpc_status status, const char *message);

/* Unlinks; frees, or leaves that to whom it is busy with. */
void grpc_stream_drop(struct grpc_stream *s);

/* Hands the request to the session. 0 or -errno. */
int grpc_stream_submit(struct grpc_stream *s, const char *path, const char *const *metadata,
		       uint32_t timeout_ms);

/* "a%20b" -> "a b" in place; what is no escape stays as it is. Returns s. */
char *grpc_percent_decode(char *s);

/* Text in a new string; NULL without memory. */
char *grpc_base64(const char *text);

#endif
