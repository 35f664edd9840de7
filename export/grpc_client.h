/* SPDX-License-Identifier: MIT */
/* gRPC's client side: one connection, any number of calls on it. Called on the loop's thread. */
#ifndef PITOT_EXPORT_GRPC_CLIENT_H
#define PITOT_EXPORT_GRPC_CLIENT_H

#include "export/grpc.h"
#include "export/transport.h"

struct grpc_client;
struct grpc_stream;

struct grpc_client_options {
	struct address server;
	struct tls *tls; /* NULL: plain */
	const char *server_name; /* TLS and :authority; NULL: the host */
	const char *basic_auth; /* "user:password"; NULL. TLS only */
	uint32_t connect_ms; /* 0: 5 s */
};

struct grpc_stream_events {
	void *arg;
	void (*message)(void *arg, const uint8_t *bytes, size_t n);
	/*
	 * The other end is there and speaks HTTP/2, whether it has an answer or not. Makes no call
	 * and ends none. May be NULL.
	 */
	void (*connected)(void *arg);
	/* Response headers, as they come (versions). May be NULL. */
	void (*header)(void *arg, const char *name, const char *value);
	/* The last call. message is untrusted text, "" for none. GRPC_UNAVAILABLE: no connection, it says why. */
	void (*done)(void *arg, enum grpc_status status, const char *message);
};

/* 0 or -errno; it connects at the first call. */
int grpc_client_new(uv_loop_t *loop, const struct grpc_client_options *opt,
		    struct grpc_client **ret);
void grpc_client_free(struct grpc_client *c); /* ends its calls without done(). Takes NULL */

/*
 * Sends one request; metadata is {name, value, name, value, ..., NULL}. timeout_ms 0: none.
 * 0 or -errno; everything else comes to the events.
 */
int grpc_call(struct grpc_client *c, const char *path, const uint8_t *request, size_t n,
	      const char *const *metadata, uint32_t timeout_ms, const struct grpc_stream_events *ev,
	      struct grpc_stream **ret_stream);
void grpc_cancel(struct grpc_stream *s); /* no event any more. Not after done(): s is gone then */

/* One call from beginning to end, for commands: runs the loop. *ret_reply: free() it. */
int grpc_call_wait(uv_loop_t *loop, struct grpc_client *c, const char *path, const uint8_t *request,
		   size_t n, const char *const *metadata, uint32_t timeout_ms, uint8_t **ret_reply,
		   size_t *ret_n, enum grpc_status *ret_status, char *message, size_t message_size);

#endif
