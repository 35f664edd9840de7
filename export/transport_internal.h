/* SPDX-License-Identifier: MIT */
/* What the transport's files share, and nobody else sees. */
#ifndef PITOT_EXPORT_TRANSPORT_INTERNAL_H
#define PITOT_EXPORT_TRANSPORT_INTERNAL_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "export/transport.h"

#define TRANSPORT_READ_BYTES (64u << 10) /* what one read takes at most */

struct connecting;
struct tls_stream;

struct transport {
	uv_loop_t *loop;
	union {
		uv_handle_t handle;
		uv_stream_t stream;
		uv_tcp_t tcp;
		uv_pipe_t pipe;
	} uv;
	uv_timer_t timer; /* until the handshake is done its limit, later what waits decrypted */
	unsigned int handles; /* of the two, those not closed yet */
	struct transport_events ev;
	struct connecting *connecting; /* client, until it is connected */
	struct tls_stream *tls; /* NULL: plain */
	struct listener *listener; /* who accepted it, while that is there */
	struct transport *next, **link; /* of the listener's */
	size_t queued; /* bytes in write requests */
	bool opened; /* the user has it: connected, handshake done */
	bool paused, ended, closing;
	char peer[300];
};

/* An allocated line in *ret_error (NULL is taken); returns err. */
__attribute__((format(printf, 3, 4))) int transport_say(char **ret_error, int err,
							const char *format, ...);
void transport_escape(char *ret, size_t size, const char *s);

/* transport.c: the stream is there, begin (TLS or plain). */
struct transport *transport_new(uv_loop_t *loop);
int transport_own_fd(struct transport *t, int fd,
		     bool is_unix); /* fd is its own then, on errors too */
void transport_begin(struct transport *t);
void transport_handle_closed(uv_handle_t *h); /* of the stream, of the timer */
void transport_limit(struct transport *t, uint32_t ms); /* for the handshake */
void transport_opened(struct transport *t); /* open() or accepted(), then reads */
void transport_fail(struct transport *t, int err, const char *why);
int transport_write_raw(struct transport *t, const uint8_t *bytes, size_t n);
void transport_take_peer(struct transport *t);

/* transport_connect.c */
void transport_connect_stop(struct transport *t);

/* transport_listen.c: its part of a transport's life. */
void listener_opened(struct transport *t);
void listener_failed(struct transport *t); /* before it was opened */
void listener_forget(struct transport *t);

/* transport_unix.c: a bound socket, mode and group set. -errno with a line. */
struct unix_name {
	char path[108];
	uint64_t device, inode;
};
int unix_bind(const struct listener_options *opt, int *ret_fd, struct unix_name *ret_name,
	      char **ret_error);
void unix_unlink(const struct unix_name *name); /* where it is still the same */

const char *tls_server_name(const struct tls *t); /* tls.c: of its options; NULL */

/* transport_tls.c */
int tls_stream_new(struct transport *t, struct tls *tls, const char *server_name, bool client);
void tls_stream_free(struct tls_stream *s);
void tls_stream_go(struct transport *t); /* the handshake, or what waits to be handed out */
void tls_stream_feed(struct transport *t, const uint8_t *bytes, size_t n);
void tls_stream_end(struct transport *t); /* the peer's end of the stream */
int tls_stream_write(struct transport *t, const uint8_t *bytes, size_t n);
void tls_stream_shutdown(struct transport *t); /* close_notify */
bool tls_stream_waiting(const struct transport *t); /* is there more to hand out? */

#endif
