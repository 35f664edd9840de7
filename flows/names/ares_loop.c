// SPDX-License-Identifier: MIT
#include "flows/names/ares_loop.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#define TIMEOUT_MS 2000
#define TRIES 2
#define CLASS_IN 1
#define TYPE_PTR 12

/* A socket of c-ares. */
struct watch {
	uv_poll_t poll;
	struct ares_loop *owner;
	struct watch *next;
	ares_socket_t fd;
};

struct ares_loop {
	uv_loop_t *loop;
	ares_channel channel;
	uv_timer_t timer;
	struct watch *watches;
};

static void on_timer(uv_timer_t *timer);

/* As long as there are questions c-ares is woken when the next one of them is over. */
static void set_timer(struct ares_loop *l)
{
	struct timeval tv, *next = ares_timeout(l->channel, NULL, &tv);

	if (next)
		uv_timer_start(&l->timer, on_timer, next->tv_sec * 1000 + next->tv_usec / 1000 + 1,
			       0);
	else
		uv_timer_stop(&l->timer);
}

static void on_timer(uv_timer_t *timer)
{
	struct ares_loop *l = timer->data;

	ares_process_fd(l->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
	set_timer(l);
}

/* ------------------------------------------------------------------ sockets */

static void on_poll(uv_poll_t *poll, int status, int events)
{
	struct watch *w = poll->data;
	struct ares_loop *l = w->owner;
	ares_socket_t fd = w->fd;
	bool in = status < 0 || events & UV_READABLE, out = status < 0 || events & UV_WRITABLE;

	ares_process_fd(l->channel, in ? fd : ARES_SOCKET_BAD, out ? fd : ARES_SOCKET_BAD);
	set_timer(l); /* w may be gone */
}

static void free_handle(uv_handle_t *handle)
{
	free(handle->data);
}

static struct watch *new_watch(struct ares_loop *l, ares_socket_t fd)
{
	struct watch *w = calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	if (uv_poll_init_socket(l->loop, &w->poll, fd)) {
		free(w);
		return NULL; /* its questions end when their time is over */
	}
	w->poll.data = w;
	w->owner = l;
	w->fd = fd;
	w->next = l->watches;
	l->watches = w;
	return w;
}

/* Which events c-ares waits for; none: it is about to close the socket. */
static void on_socket(void *arg, ares_socket_t fd, int readable, int writable)
{
	struct ares_loop *l = arg;
	struct watch **at = &l->watches, *w;

	while (*at && (*at)->fd != fd)
		at = &(*at)->next;
	w = *at;
	if (!readable && !writable) {
		if (!w)
			return;
		*at = w->next;
		uv_poll_stop(&w->poll);
		uv_close((uv_handle_t *)&w->poll, free_handle);
		return;
	}
	if (!w)
		w = new_watch(l, fd);
	if (w)
		uv_poll_start(&w->poll, (readable ? UV_READABLE : 0) | (writable ? UV_WRITABLE : 0),
			      on_poll);
}

/* ------------------------------------------------------------------ public */

/* DNS alone: no hosts file, which would be read at each question. */
static int open_channel(struct ares_loop *l, const char *resolv_conf, const char *server)
{
	struct ares_options o = {
		.timeout = TIMEOUT_MS,
		.tries = TRIES,
		.lookups = (char[]){"b"},
		.sock_state_cb = on_socket,
		.sock_state_cb_data = l,
		.resolvconf_path = (char *)resolv_conf, /* copied */
	};
	int status = ares_init_options(&l->channel, &o,
				       ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_LOOKUPS |
					       ARES_OPT_SOCK_STATE_CB | ARES_OPT_RESOLVCONF);

	if (status != ARES_SUCCESS || !server)
		return status;
	status = ares_set_servers_ports_csv(l->channel, server);
	if (status != ARES_SUCCESS)
		ares_destroy(l->channel);
	return status;
}

int ares_loop_open(uv_loop_t *loop, const char *resolv_conf, const char *server,
		   struct ares_loop **ret, const char **ret_why)
{
	struct ares_loop *l = calloc(1, sizeof(*l));
	int status = l ? ARES_SUCCESS : ARES_ENOMEM;

	if (l) {
		l->loop = loop;
		status = open_channel(l, resolv_conf, server);
	}
	if (status != ARES_SUCCESS) {
		free(l);
		*ret_why = ares_strerror(status);
		return status == ARES_ENOMEM ? -ENOMEM : -EINVAL;
	}
	uv_timer_init(loop, &l->timer);
	l->timer.data = l;
	*ret = l;
	return 0;
}

void ares_loop_ptr(struct ares_loop *l, const char *name, ares_callback done, void *arg)
{
	ares_query(l->channel, name, CLASS_IN, TYPE_PTR, done, arg);
	set_timer(l);
}

void ares_loop_servers(struct ares_loop *l, char *buf, size_t size)
{
	struct ares_addr_port_node *servers = NULL;
	char text[64];
	size_t n = 0;

	buf[0] = 0;
	if (ares_get_servers_ports(l->channel, &servers) != ARES_SUCCESS)
		return;
	for (struct ares_addr_port_node *s = servers; s && n < size; s = s->next)
		if (ares_inet_ntop(s->family, &s->addr, text, sizeof(text)))
			n += snprintf(buf + n, size - n, "%s%s", n ? ", " : "", text);
	ares_free_data(servers);
}

void ares_loop_close(struct ares_loop *l)
{
	if (!l)
		return;
	ares_destroy(l->channel);
	uv_close((uv_handle_t *)&l->timer, free_handle);
}
