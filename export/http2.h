/* SPDX-License-Identifier: MIT */
/*
 * An nghttp2 session on a transport: what gRPC's server and client share. The owner
 * makes the session (with http2_options()), hands data() to http2_receive(), and calls
 * http2_flush() after anything that may have queued a frame: at the end of data(), in
 * drained(), after a submit. nghttp2's callbacks must not flush; http2_flush() sees
 * that it is called from within one and does nothing, the call around it flushes then.
 */
#ifndef PITOT_EXPORT_HTTP2_H
#define PITOT_EXPORT_HTTP2_H

#include <nghttp2/nghttp2.h>
#include <string.h>

#include "export/transport.h"

#define HTTP2_PENDING_MAX (64u << 10) /* bytes that the kernel refused: no more is made then */
#define HTTP2_QUEUE_MAX 4000 /* frames that a peer may make us queue while it does not read */

struct http2 {
	nghttp2_session *session;
	struct transport *transport;
	bool inside; /* nghttp2 runs: its callbacks may be on the stack */
};

/* Bounds on what a peer can cause (acks, resets, settings, continuations). NULL: no memory. nghttp2_option_del() it. */
nghttp2_option *http2_options(void);

/* 0, or -EPROTO (-ENOMEM) with a constant line: close the transport. n bytes are taken whole. */
int http2_receive(struct http2 *h, const uint8_t *bytes, size_t n, const char **ret_why);

/*
 * Sends what the session has while the transport takes it: 0 all gone, 1 the rest when
 * it has drained(), -errno: close the transport (-ENOBUFS: the peer does not read its answers).
 */
int http2_flush(struct http2 *h);

/* True when both sides have said goodbye (or a protocol error has): close the transport once it is drained. */
bool http2_over(const struct http2 *h);

#define HTTP2_NV(name_, value_)                                           \
	{                                                                 \
		.name = (uint8_t *)(name_), .value = (uint8_t *)(value_), \
		.namelen = strlen(name_), .valuelen = strlen(value_),     \
		.flags = NGHTTP2_NV_FLAG_NONE                             \
	}

#endif
