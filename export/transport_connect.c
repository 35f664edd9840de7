// SPDX-License-Identifier: MIT
/* The client's way to a connected stream: resolve, try one address after the other. */
#include "export/transport.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "export/transport_internal.h"

/* While there are further addresses, one that does not answer gets no longer than this. */
#define TRY_NEXT_MS 2000

struct connecting {
	struct transport *t; /* NULL: closed meanwhile; the last callback frees this */
	uv_getaddrinfo_t resolve;
	uv_connect_t connect;
	bool resolving, trying; /* a callback is to come */
	struct addrinfo *list, *next; /* the resolver's */
	struct sockaddr_storage one; /* given as a number */
	bool has_one;
	int err; /* of the address tried last */
	char path[108]; /* unix */
};

static void try_next(struct transport *t);

static void connecting_free(struct connecting *c)
{
	uv_freeaddrinfo(c->list);
	free(c);
}

void transport_connect_stop(struct transport *t)
{
	struct connecting *c = t->connecting;

	t->connecting = NULL;
	if (!c)
		return;
	c->t = NULL;
	if (c->resolving)
		uv_cancel((uv_req_t *)&c->resolve);
	if (!c->resolving && !c->trying)
		connecting_free(c);
}

static void on_try_closed(uv_handle_t *h)
{
	struct transport *t = h->data;

	if (t->closing) {
		transport_handle_closed(h);
		return;
	}
	t->handles--;
	memset(&t->uv, 0, sizeof(t->uv));
	try_next(t);
}

static void on_connected(uv_connect_t *req, int status)
{
	struct connecting *c = req->data;
	struct transport *t = c->t;

	c->trying = false;
	if (!t) {
		connecting_free(c);
		return;
	}
	uv_timer_stop(&t->timer);
	if (!status) {
		t->connecting = NULL;
		connecting_free(c);
		transport_begin(t);
		return;
	}
	c->err = status == UV_ECANCELED ? UV_ETIMEDOUT : status;
	if (!uv_is_closing(&t->uv.handle))
		uv_close(&t->uv.handle, on_try_closed);
}

static void on_try_timeout(uv_timer_t *timer)
{
	struct transport *t = timer->data;

	if (t->connecting && !uv_is_closing(&t->uv.handle))
		uv_close(&t->uv.handle, on_try_closed);
}

static int try_address(struct transport *t, const struct sockaddr *to)
{
	struct connecting *c = t->connecting;
	int r = uv_tcp_init(t->loop, &t->uv.tcp);

	if (r)
		return r;
	t->handles++;
	t->uv.handle.data = t;
	c->connect.data = c;
	r = uv_tcp_connect(&c->connect, &t->uv.tcp, to, on_connected);
	if (r) {
		c->err = r;
		uv_close(&t->uv.handle, on_try_closed);
		return 0;
	}
	c->trying = true;
	if (c->next)
		uv_timer_start(&t->timer, on_try_timeout, TRY_NEXT_MS, 0);
	return 0;
}

static int try_path(struct transport *t)
{
	struct connecting *c = t->connecting;
	int r = uv_pipe_init(t->loop, &t->uv.pipe, 0);

	if (r)
		return r;
	t->handles++;
	t->uv.handle.data = t;
	c->connect.data = c;
	c->trying = true;
	uv_pipe_connect(&c->connect, &t->uv.pipe, c->path, on_connected);
	c->path[0] = '\0';
	return 0;
}

static void try_next(struct transport *t)
{
	struct connecting *c = t->connecting;
	const struct addrinfo *ai = c->next;
	int r;

	if (c->path[0]) {
		r = try_path(t);
	} else if (c->has_one) {
		c->has_one = false;
		r = try_address(t, (struct sockaddr *)&c->one);
	} else if (ai) {
		c->next = ai->ai_next;
		r = try_address(t, ai->ai_addr);
	} else {
		r = c->err ? c->err : UV_EADDRNOTAVAIL;
	}
	if (r)
		transport_fail(t, r, uv_strerror(r));
}

static void on_resolved(uv_getaddrinfo_t *req, int status, struct addrinfo *list)
{
	struct connecting *c = req->data;
	struct transport *t = c->t;

	c->resolving = false;
	c->list = c->next = list;
	if (!t) {
		connecting_free(c);
		return;
	}
	if (status)
		transport_fail(t, -EHOSTUNREACH,
			       status == UV_EAI_NONAME ? "no such host" : uv_strerror(status));
	else
		try_next(t);
}

static int resolve(struct connecting *c, const struct address *to)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
	const char *host = to->host[0] ? to->host : "localhost";
	char port[8];
	int r;

	snprintf(port, sizeof(port), "%u", to->port);
	c->resolve.data = c;
	r = uv_getaddrinfo(c->t->loop, &c->resolve, on_resolved, host, port, &hints);
	c->resolving = !r;
	return r;
}

static bool is_number(const struct address *to, struct sockaddr_storage *ret)
{
	return !uv_ip4_addr(to->host, to->port, (struct sockaddr_in *)ret) ||
	       !uv_ip6_addr(to->host, to->port, (struct sockaddr_in6 *)ret);
}

static int begin(struct transport *t, const struct address *to)
{
	struct connecting *c = t->connecting;

	c->t = t;
	if (to->is_unix) {
		memcpy(c->path, to->path, sizeof(c->path));
		return try_path(t);
	}
	if (!is_number(to, &c->one))
		return resolve(c, to);
	c->has_one = true;
	/* by way of the loop where it fails at once: closed() is not called from here */
	try_next(t);
	return 0;
}

int transport_connect(uv_loop_t *loop, const struct address *to, struct tls *tls,
		      const char *server_name, const struct transport_events *ev,
		      struct transport **ret)
{
	struct transport *t = transport_new(loop);
	int r = -ENOMEM;

	if (!t)
		return r;
	t->ev = *ev;
	if (tls) {
		if (!server_name)
			server_name = tls_server_name(tls);
		if (!server_name)
			server_name = to->is_unix || !to->host[0] ? "localhost" : to->host;
		r = tls_stream_new(t, tls, server_name, true);
	}
	if (!tls || !r) {
		t->connecting = calloc(1, sizeof(*t->connecting));
		r = t->connecting ? begin(t, to) : -ENOMEM;
	}
	if (r) {
		transport_close(t);
		return r;
	}
	*ret = t;
	return 0;
}
