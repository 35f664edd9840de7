// SPDX-License-Identifier: MIT
/*
 * Listening sockets. They are polled and accepted from here and not by libuv, which
 * goes round in circles when descriptors run out.
 */
#include "export/transport.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "export/transport_internal.h"

#define SOCKETS_MAX 4 /* a name may have several addresses */
#define ACCEPTS_MAX 64 /* in one turn of the loop */
#define PAUSE_MS 100 /* without descriptors */
#define BACKLOG 511

struct listener {
	uv_loop_t *loop;
	struct tls *tls;
	void *arg;
	void (*accepted)(void *arg, struct transport *t);
	uint32_t max_connections, handshake_ms;
	uint64_t refused;
	uint32_t connections;
	struct transport *transports;
	uv_timer_t pause;
	struct door {
		uv_poll_t poll;
		int fd;
	} doors[SOCKETS_MAX];
	unsigned int n_sockets, handles;
	bool is_unix, closing;
	struct unix_name name;
};

/* ------------------------------------------------------- a connection's life */

static void listener_add(struct listener *l, struct transport *t)
{
	t->listener = l;
	t->next = l->transports;
	t->link = &l->transports;
	if (t->next)
		t->next->link = &t->next;
	l->transports = t;
	l->connections++;
}

void listener_forget(struct transport *t)
{
	if (!t->listener)
		return;
	t->listener->connections--;
	*t->link = t->next;
	if (t->next)
		t->next->link = t->link;
	t->listener = NULL;
}

void listener_opened(struct transport *t)
{
	t->listener->accepted(t->listener->arg, t);
}

void listener_failed(struct transport *t)
{
	t->listener->refused++;
	transport_close(t);
}

/* -------------------------------------------------------------------- accept */

static void take(struct listener *l, int fd)
{
	struct transport *t;
	int r;

	if (l->connections >= l->max_connections) {
		l->refused++;
		close(fd);
		return;
	}
	t = transport_new(l->loop);
	if (!t) {
		l->refused++;
		close(fd);
		return;
	}
	listener_add(l, t);
	r = transport_own_fd(t, fd, l->is_unix);
	if (!r && l->tls)
		r = tls_stream_new(t, l->tls, NULL, false);
	if (r) {
		listener_failed(t);
		return;
	}
	if (t->tls)
		transport_limit(t, l->handshake_ms);
	transport_begin(t);
}

static void on_connection(uv_poll_t *poll, int status, int events);

static void on_pause_over(uv_timer_t *timer)
{
	struct listener *l = timer->data;

	for (unsigned int i = 0; i < l->n_sockets; i++)
		uv_poll_start(&l->doors[i].poll, UV_READABLE, on_connection);
}

/* No descriptor or no memory for another one: those who knock wait in the queue for a while. */
static void pause_all(struct listener *l)
{
	l->refused++;
	for (unsigned int i = 0; i < l->n_sockets; i++)
		uv_poll_stop(&l->doors[i].poll);
	uv_timer_start(&l->pause, on_pause_over, PAUSE_MS, 0);
}

static void on_connection(uv_poll_t *poll, int status, int events)
{
	struct listener *l = poll->data;
	struct door *s = (struct door *)poll;

	(void)events;
	if (status < 0) {
		pause_all(l);
		return;
	}
	for (int i = 0; i < ACCEPTS_MAX && !l->closing; i++) {
		int fd = accept4(s->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd >= 0) {
			take(l, fd);
		} else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
			   errno == ENOMEM) {
			pause_all(l);
			return;
		} else if (errno != EINTR && errno != ECONNABORTED) {
			return;
		}
	}
}

/* ------------------------------------------------------------------- sockets */

static int tcp_socket(const struct addrinfo *ai, uint16_t port, bool any, int *ret_fd)
{
	struct sockaddr_storage ss;
	int on = 1, v6only = !any, r;
	int fd = socket(ai->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -errno;
	memcpy(&ss, ai->ai_addr, ai->ai_addrlen);
	if (ai->ai_family == AF_INET6)
		((struct sockaddr_in6 *)&ss)->sin6_port = htons(port);
	else
		((struct sockaddr_in *)&ss)->sin_port = htons(port);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (ai->ai_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &v6only, sizeof(v6only));
	if (bind(fd, (struct sockaddr *)&ss, ai->ai_addrlen) || listen(fd, BACKLOG)) {
		r = -errno;
		close(fd);
		return r;
	}
	*ret_fd = fd;
	return 0;
}

static uint16_t port_of(int fd)
{
	struct sockaddr_storage ss = {0};
	socklen_t len = sizeof(ss);

	if (getsockname(fd, (struct sockaddr *)&ss, &len))
		return 0;
	if (ss.ss_family == AF_INET6)
		return ntohs(((struct sockaddr_in6 *)&ss)->sin6_port);
	return ss.ss_family == AF_INET ? ntohs(((struct sockaddr_in *)&ss)->sin_port) : 0;
}

static void add_socket(struct listener *l, int fd)
{
	l->doors[l->n_sockets++].fd = fd;
}

/* "" listens on [::] for both families, on 0.0.0.0 where there is no IPv6. */
static int bind_any(struct listener *l, uint16_t port)
{
	struct sockaddr_in6 a6 = {.sin6_family = AF_INET6};
	struct sockaddr_in a4 = {.sin_family = AF_INET};
	struct addrinfo ai = {
		.ai_family = AF_INET6, .ai_addr = (struct sockaddr *)&a6, .ai_addrlen = sizeof(a6)};
	int fd, r = tcp_socket(&ai, port, true, &fd);

	if (r == -EAFNOSUPPORT || r == -EADDRNOTAVAIL) {
		ai.ai_family = AF_INET;
		ai.ai_addr = (struct sockaddr *)&a4;
		ai.ai_addrlen = sizeof(a4);
		r = tcp_socket(&ai, port, true, &fd);
	}
	if (!r)
		add_socket(l, fd);
	return r;
}

/* All addresses of the name; those of a family that is not there are left out. */
static int bind_list(struct listener *l, const struct addrinfo *list, uint16_t port)
{
	int fd, r, err = -EADDRNOTAVAIL;

	for (const struct addrinfo *ai = list; ai && l->n_sockets < SOCKETS_MAX; ai = ai->ai_next) {
		r = tcp_socket(ai, port, false, &fd);
		if (r == -EAFNOSUPPORT || r == -EADDRNOTAVAIL)
			continue;
		if (r)
			return r;
		add_socket(l, fd);
		err = 0;
		if (!port)
			port = port_of(fd);
	}
	return err;
}

static int bind_tcp(struct listener *l, const struct address *at, char **ret_error)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
				 .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
	struct addrinfo *list;
	int r;

	if (!at->host[0]) {
		r = bind_any(l, at->port);
	} else {
		r = getaddrinfo(at->host, NULL, &hints, &list);
		if (r)
			return transport_say(ret_error, -EADDRNOTAVAIL, "cannot listen on '%s': %s",
					     at->text, gai_strerror(r));
		r = bind_list(l, list, at->port);
		freeaddrinfo(list);
	}
	if (r == -EADDRINUSE)
		return transport_say(
			ret_error, r,
			"cannot listen on '%s': another process listens there; stop it or choose another port",
			at->text);
	if (r)
		return transport_say(ret_error, r, "cannot listen on '%s': %s", at->text,
				     strerror(-r));
	return 0;
}

/* ------------------------------------------------------------------ new, close */

static int watch(struct listener *l)
{
	for (unsigned int i = 0; i < l->n_sockets; i++) {
		struct door *s = &l->doors[i];
		int r = uv_poll_init(l->loop, &s->poll, s->fd);

		if (r)
			return r;
		s->poll.data = l;
		l->handles++;
		r = uv_poll_start(&s->poll, UV_READABLE, on_connection);
		if (r)
			return r;
	}
	return 0;
}

static struct listener *listener_alloc(uv_loop_t *loop, const struct listener_options *opt)
{
	struct listener *l = calloc(1, sizeof(*l));

	if (!l)
		return NULL;
	l->loop = loop;
	l->is_unix = opt->at.is_unix;
	l->tls = opt->tls ? tls_get(opt->tls) : NULL;
	l->max_connections = opt->max_connections ? opt->max_connections : UINT32_MAX;
	l->handshake_ms = opt->handshake_ms ? opt->handshake_ms : 10000;
	uv_timer_init(loop, &l->pause);
	l->pause.data = l;
	l->handles = 1;
	return l;
}

int listener_new(uv_loop_t *loop, const struct listener_options *opt, void *arg,
		 void (*accepted)(void *arg, struct transport *t), struct listener **ret,
		 char **ret_error)
{
	struct listener *l = listener_alloc(loop, opt);
	int fd, r;

	if (!l)
		return transport_say(ret_error, -ENOMEM, "out of memory");
	l->arg = arg;
	l->accepted = accepted;
	if (l->is_unix) {
		r = unix_bind(opt, &fd, &l->name, ret_error);
		if (!r)
			add_socket(l, fd);
	} else {
		r = bind_tcp(l, &opt->at, ret_error);
	}
	if (!r) {
		r = watch(l);
		if (r)
			transport_say(ret_error, r, "cannot listen on '%s': %s", opt->at.text,
				      uv_strerror(r));
	}
	if (r) {
		listener_close(l);
		return r;
	}
	*ret = l;
	return 0;
}

static void on_closed(uv_handle_t *h)
{
	struct listener *l = h->data;

	if (!--l->handles)
		free(l);
}

/* Those that are being greeted go, those that were handed out stay their owner's. */
static void let_go(struct listener *l)
{
	struct transport *t, *next;

	for (t = l->transports; t; t = next) {
		next = t->next;
		if (t->opened)
			listener_forget(t);
		else
			transport_close(t);
	}
}

void listener_close(struct listener *l)
{
	if (!l || l->closing)
		return;
	l->closing = true;
	if (l->is_unix && l->n_sockets)
		unix_unlink(&l->name);
	let_go(l);
	for (unsigned int i = 0; i < l->n_sockets; i++) {
		/* a handle is counted as soon as it is one */
		if (i + 1 < l->handles)
			uv_close((uv_handle_t *)&l->doors[i].poll, on_closed);
		close(l->doors[i].fd);
	}
	tls_put(l->tls);
	uv_close((uv_handle_t *)&l->pause, on_closed);
}

void listener_set_tls(struct listener *l, struct tls *tls)
{
	struct tls *before = l->tls;

	l->tls = tls ? tls_get(tls) : NULL;
	tls_put(before);
}

uint64_t listener_refused(const struct listener *l)
{
	return l->refused;
}

uint16_t listener_port(const struct listener *l)
{
	return l->n_sockets && !l->is_unix ? port_of(l->doors[0].fd) : 0;
}
