/* SPDX-License-Identifier: MIT */
/*
 * gRPC over HTTP/2: any number of listeners, a table of methods. One loop, no
 * threads; everything is called on the loop's thread. What a client can make the
 * server hold is bounded: connections, streams, headers, messages, what waits to be sent.
 */
#ifndef PITOT_EXPORT_GRPC_SERVER_H
#define PITOT_EXPORT_GRPC_SERVER_H

#include "export/grpc.h"
#include "export/transport.h"

struct grpc_server;
struct grpc_call;

struct grpc_method {
	const char *path; /* "/observer.Observer/GetFlows" */
	/*
	 * A message has come. For a method with one request: called once, after the
	 * client's end of stream. It answers now or later, by grpc_send() and
	 * grpc_finish(). bytes are valid during the call.
	 */
	void (*message)(void *arg, struct grpc_call *c, const uint8_t *bytes, size_t n);
	/* The client has sent its last message (streaming only). May be NULL: the call is finished with OK. */
	void (*end)(void *arg, struct grpc_call *c);
	/* There is room again after grpc_send() said that there is none. May be NULL. */
	void (*writable)(void *arg, struct grpc_call *c);
	/*
	 * The call is gone: finished, cancelled, timed out, connection lost. Frees what
	 * grpc_call_set() put there. Never called from within grpc_send() or grpc_finish();
	 * only for calls that message() or end() has been called for. May be NULL.
	 */
	void (*gone)(void *arg, struct grpc_call *c);
	bool client_streams; /* more than one message may come */
	void *arg;
};

struct grpc_server_options {
	const struct grpc_method *methods; /* ended by a NULL path */
	uint32_t max_streams; /* of a connection; 0: 128 */
	uint32_t idle_ms; /* a connection without a stream; 0: 5 minutes */
	/*
	 * TCP: a ping after so long without a frame; 0: 30 s. No answer in 20 s: closed, if
	 * it has no call: one that has may sit behind a pager. Whether its machine is
	 * there at all is the kernel's to find out.
	 */
	uint32_t keepalive_ms;
	uint32_t header_bytes; /* of a request; 0: 16 KiB */
};

int grpc_server_new(uv_loop_t *loop, const struct grpc_server_options *opt,
		    struct grpc_server **ret); /* 0 or -errno */

/* For listener_new()'s accepted, with the server as arg. */
void grpc_server_accept(void *server, struct transport *t);

/* GOAWAY to everyone: calls that run may go on for grace_ms, then all is closed and done() called. */
void grpc_server_drain(struct grpc_server *s, uint32_t grace_ms, void (*done)(void *arg),
		       void *arg);

/* Closes what is open at once; not from within a method's callback. Takes NULL. */
void grpc_server_free(struct grpc_server *s);

struct grpc_server_stats {
	uint32_t connections, streams; /* now */
	uint64_t accepted, calls, protocol_errors, closed_idle, messages_sent, bytes_sent;
};
void grpc_server_stats(const struct grpc_server *s, struct grpc_server_stats *ret);

/*
 * One message to the client: 0 taken, and more may follow; 1 taken, but the call
 * (or its connection) has more waiting than it should: wait for writable();
 * -EPIPE: the call is gone; -ENOMEM. A call may have about 256 KiB waiting, fewer
 * when its connection has many calls.
 */
int grpc_send(struct grpc_call *c, const uint8_t *bytes, size_t n);

/* The last thing of a call. message is shown to the user, "" for none. */
void grpc_finish(struct grpc_call *c, enum grpc_status status, const char *message);

void grpc_call_set(struct grpc_call *c, void *data);
void *grpc_call_get(const struct grpc_call *c);
const struct grpc_method *grpc_call_method(const struct grpc_call *c);
/* A request's header by its name in lower case; NULL: not there. Untrusted text. */
const char *grpc_call_metadata(const struct grpc_call *c, const char *name);
const char *grpc_call_peer(const struct grpc_call *c); /* escaped */

#endif
