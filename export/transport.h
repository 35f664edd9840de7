/* SPDX-License-Identifier: MIT */
/*
 * A byte stream on the loop: unix socket or TCP, plain or TLS 1.3 with ALPN h2. The
 * only place that knows OpenSSL and uv_stream_t. The first one makes the process
 * ignore SIGPIPE where nothing else was set.
 */
#ifndef PITOT_EXPORT_TRANSPORT_H
#define PITOT_EXPORT_TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

/* "localhost:4245", "[::1]:4245", "tls://host:port", "unix:///path", "unix:path", "/path" */
struct address {
	bool is_unix, tls; /* tls: the prefix said so */
	char host[256]; /* without brackets; "" listens on all */
	uint16_t port;
	char path[108]; /* is_unix */
	char text[300]; /* as it is shown, escaped */
};

/* default_port: where none is given. 0, or -EINVAL with one line in err. */
int address_parse(const char *text, uint16_t default_port, struct address *ret, char *err,
		  size_t err_size);
bool address_is_loopback(const struct address *a); /* unix sockets, 127/8, ::1, localhost */

/* Files are PEM. Strings stay the caller's. */
struct tls_options {
	const char *cert_file, *key_file; /* server: needed; client: its certificate, or NULL */
	/* NULL-terminated. server: who may come (NULL: anyone); client: NULL: the system's */
	const char *const *ca_files;
	const char *server_name; /* client: instead of the host's name */
	bool insecure; /* client: anyone's certificate will do */
};

struct tls; /* counted: connections keep theirs when the files are read anew */

/* 0, or -errno with one line in *ret_error (free() it): file, what is wrong, since when expired. */
int tls_server_new(const struct tls_options *opt, struct tls **ret_tls, char **ret_error);
int tls_client_new(const struct tls_options *opt, struct tls **ret_tls, char **ret_error);
struct tls *tls_get(struct tls *t);
void tls_put(struct tls *t); /* takes NULL */

struct transport;

struct transport_events {
	void *arg;
	void (*open)(void *arg); /* client: connected, handshake done */
	void (*data)(void *arg, const uint8_t *bytes, size_t n);
	void (*drained)(void *arg); /* what was to be written has gone to the kernel */
	/*
	 * It is over: err 0 at an orderly end, -errno, and one line ("certificate has
	 * expired") that may be "". The last call; transport_close() is still to be called.
	 */
	void (*closed)(void *arg, int err, const char *why);
};

/* Client: begins to connect. tls NULL: plain. 0 or -errno; failures later come to closed(). */
int transport_connect(uv_loop_t *loop, const struct address *to, struct tls *tls,
		      const char *server_name, const struct transport_events *ev,
		      struct transport **ret);

/* Server: a connection that a listener accepted. Call transport_events_set() at once. */
void transport_events_set(struct transport *t, const struct transport_events *ev);

/* Copies; 0 or -errno. transport_pending(): bytes that the kernel has not taken yet. */
int transport_write(struct transport *t, const uint8_t *bytes, size_t n);
size_t transport_pending(const struct transport *t);
void transport_pause(struct transport *t, bool paused); /* no data() meanwhile */

/* Who is there: "10.0.0.1:34567", "unix", of TLS the certificate's subject behind it. Escaped. */
const char *transport_peer(const struct transport *t);

/* Closes and frees; no event any more. Takes NULL. */
void transport_close(struct transport *t);

struct listener;

struct listener_options {
	struct address at;
	struct tls *tls; /* NULL: plain; listener_set_tls() */
	/* unix: who owns the socket beside root, where there is such a group; NULL */
	const char *group;
	unsigned int mode; /* unix: 0660 */
	uint32_t max_connections; /* beyond these: accepted, closed, counted */
	uint32_t handshake_ms; /* TLS; 0: 10 s */
};

/*
 * Listens. A unix socket that nobody answers on is replaced, one that somebody answers
 * on is -EADDRINUSE. 0 or -errno with one line in *ret_error.
 */
int listener_new(uv_loop_t *loop, const struct listener_options *opt, void *arg,
		 void (*accepted)(void *arg, struct transport *t), struct listener **ret,
		 char **ret_error);
void listener_set_tls(struct listener *l, struct tls *tls); /* for connections to come */
uint64_t listener_refused(const struct listener *l); /* too many, failed handshakes */
uint16_t listener_port(const struct listener *l); /* the one that port 0 became */
void listener_close(struct listener *l); /* unlinks its unix socket. Takes NULL */

#endif
