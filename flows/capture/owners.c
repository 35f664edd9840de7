/* SPDX-License-Identifier: MIT */
#include "flows/capture/owners.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "flows/capture/netns.h"
#include "flows/capture/processes.h"
#include "flows/table.h"

#define SOCKETS_MAX 131072
#define CLOSED_KEEP_NS 10000000000ull

struct socket_entry {
	struct table_node node;		/* by protocol and ports */
	struct socket_entry *closed_next; /* in the order of closing */
	struct process *process;
	uint64_t closed_ns;		/* 0: open */
	struct ip_addr local, remote;
	uint16_t lport, rport;		/* host order */
	uint8_t protocol;
	uint32_t walk;			/* the last one in which it was told of */
	uint32_t netns;
	uint64_t cookie;		/* several sockets share a tuple with SO_REUSEPORT */
};

struct owners {
	struct table sockets;
	struct processes processes;
	struct socket_entry *closed_first, *closed_last;
	struct netns_cache *netns;
	uint32_t own_netns, generation, walk;
	uint64_t lost;
};

int owners_new(uint32_t own_netns, struct owners **ret)
{
	struct owners *o = calloc(1, sizeof(*o));

	if (!o)
		return -ENOMEM;
	o->own_netns = own_netns;
	if (netns_cache_new(&o->netns)) {
		free(o);
		return -ENOMEM;
	}
	*ret = o;
	return 0;
}

static void socket_free(void *arg, struct table_node *node)
{
	struct socket_entry *s = table_entry(node, struct socket_entry, node);

	(void)arg;
	process_put(s->process);
	free(s);
}

void owners_free(struct owners *o)
{
	if (!o)
		return;
	table_each(&o->sockets, socket_free, NULL);
	table_free(&o->sockets);
	processes_free(&o->processes);
	netns_cache_free(o->netns);
	free(o);
}

uint64_t owners_lost(const struct owners *o)
{
	return o->lost + o->processes.lost;
}

void owners_exec(struct owners *o, const struct rec_exec *rec)
{
	processes_exec(&o->processes, rec);
}

struct process *owners_process(struct owners *o, const struct rec_socket *rec)
{
	return processes_of(&o->processes, rec);
}

/* --------------------------------------------------------------- sockets */

static uint64_t socket_hash(uint8_t protocol, uint16_t lport, uint16_t rport)
{
	uint64_t key = (uint64_t)protocol << 32 | (uint32_t)lport << 16 | rport;

	return table_hash(&key, sizeof(key));
}

static bool any_addr(const struct ip_addr *a)
{
	static const struct ip_addr none;

	return !memcmp(a, &none, sizeof(none));
}

static bool same_addr(const struct ip_addr *a, const struct ip_addr *b)
{
	return !memcmp(a, b, sizeof(*a));
}

static struct socket_entry *socket_find(struct owners *o, const struct rec_socket *rec)
{
	uint16_t lport = ntohs(rec->lport), rport = ntohs(rec->rport);
	struct table_node *node = table_find(&o->sockets, socket_hash(rec->protocol, lport, rport));

	for (; node; node = table_next(node)) {
		struct socket_entry *s = table_entry(node, struct socket_entry, node);

		if (s->lport == lport && s->rport == rport && s->protocol == rec->protocol &&
		    s->netns == rec->netns && s->cookie == rec->cookie && !memcmp(s->local.b, rec->local, 16) &&
		    !memcmp(s->remote.b, rec->remote, 16))
			return s;
	}
	return NULL;
}

static struct socket_entry *socket_add(struct owners *o, const struct rec_socket *rec)
{
	struct socket_entry *s;

	if (o->sockets.n >= SOCKETS_MAX)
		goto lost;
	s = calloc(1, sizeof(*s));
	if (!s)
		goto lost;
	s->protocol = rec->protocol;
	s->lport = ntohs(rec->lport);
	s->rport = ntohs(rec->rport);
	s->netns = rec->netns;
	s->cookie = rec->cookie;
	memcpy(s->local.b, rec->local, 16);
	memcpy(s->remote.b, rec->remote, 16);
	if (!table_insert(&o->sockets, &s->node, socket_hash(s->protocol, s->lport, s->rport)))
		return s;
	free(s);
lost:
	o->lost++;
	return NULL;
}

static void socket_close(struct owners *o, struct socket_entry *s, uint64_t now_ns)
{
	if (s->closed_ns)
		return;
	s->closed_ns = now_ns;
	s->closed_next = NULL;
	if (o->closed_last)
		o->closed_last->closed_next = s;
	else
		o->closed_first = s;
	o->closed_last = s;
}

void owners_socket(struct owners *o, const struct rec_socket *rec)
{
	struct process *p;
	struct socket_entry *s;

	if (!rec->lport)
		return;
	o->generation++;
	p = owners_process(o, rec);
	if (p && rec->netns)
		netns_cache_pid(o->netns, rec->netns, rec->pid);
	s = socket_find(o, rec);
	if (s && s->closed_ns && rec->event != SOCK_CLOSE) {
		/* the tuple is used again; the old entry ends in its turn */
		s->lport = 0;
		s = NULL;
	}
	if (!s)
		s = socket_add(o, rec);
	if (!s)
		return;
	s->walk = o->walk;
	/* a walk names any process that holds it; what its use has told is better */
	if (p && p != s->process && !(s->process && o->walk && rec->event == SOCK_EXISTING)) {
		process_put(s->process);
		s->process = process_get(p);
	}
	if (rec->event == SOCK_CLOSE)
		socket_close(o, s, rec->head.time_ns);
}

struct process *owners_of_record(struct owners *o, const struct rec_socket *rec)
{
	struct socket_entry *s = socket_find(o, rec);

	return s ? s->process : NULL;
}

size_t owners_netns_read(struct owners *o, uint32_t netns, const char *name, char *buf, size_t size)
{
	return netns_cache_read(o->netns, netns, name, buf, size);
}

bool owners_netns_has(struct owners *o, uint32_t netns, const struct ip_addr *addr)
{
	return netns_cache_has(o->netns, netns, addr);
}

uint32_t owners_generation(const struct owners *o)
{
	return o->generation;
}

void owners_walk_begin(struct owners *o)
{
	o->walk++;
}

struct unseen {
	struct owners *owners;
	uint64_t now_ns;
};

static void close_unseen(void *arg, struct table_node *node)
{
	struct socket_entry *s = table_entry(node, struct socket_entry, node);
	struct unseen *u = arg;

	if (s->walk != u->owners->walk)
		socket_close(u->owners, s, u->now_ns);
}

void owners_walk_end(struct owners *o, uint64_t now_ns)
{
	struct unseen u = {o, now_ns};

	table_each(&o->sockets, close_unseen, &u);
}

void owners_age(struct owners *o, uint64_t now_ns)
{
	struct socket_entry *s;

	while ((s = o->closed_first) && s->closed_ns + CLOSED_KEEP_NS < now_ns) {
		o->closed_first = s->closed_next;
		if (!o->closed_first)
			o->closed_last = NULL;
		table_remove(&o->sockets, &s->node);
		socket_free(NULL, &s->node);
	}
}

/* --------------------------------------------------------------- look-up */

/* May a socket of namespace netns have the address that is asked for? */
static bool addr_fits(struct owners *o, uint32_t netns, const struct owners_query *q)
{
	if (q->netns)
		return netns == q->netns;
	if (ip_addr_is_loopback(&q->addr))
		return netns == o->own_netns;
	if (netns == o->own_netns)
		return q->local;
	return netns_cache_has(o->netns, netns, &q->addr);
}

/* A tuple is one connection's, but on loopback, and where the namespace is known. */
static bool tuple_fits(const struct owners *o, uint32_t netns, const struct owners_query *q)
{
	if (q->netns)
		return netns == q->netns;
	return !ip_addr_is_loopback(&q->addr) || netns == o->own_netns;
}

struct process *owners_connected(struct owners *o, const struct owners_query *q)
{
	struct table_node *node = table_find(&o->sockets,
					     socket_hash(q->protocol, q->port, q->peer_port));
	struct socket_entry *closed = NULL;

	for (; node; node = table_next(node)) {
		struct socket_entry *s = table_entry(node, struct socket_entry, node);

		if (s->lport != q->port || s->rport != q->peer_port || s->protocol != q->protocol ||
		    !same_addr(&s->local, &q->addr) || !same_addr(&s->remote, &q->peer))
			continue;
		if (!tuple_fits(o, s->netns, q))
			continue;
		if (!s->closed_ns)
			return s->process;
		if (!closed || s->closed_ns > closed->closed_ns)
			closed = s;
	}
	return closed ? closed->process : NULL;
}

struct process *owners_bound(struct owners *o, const struct owners_query *q)
{
	struct table_node *node = table_find(&o->sockets, socket_hash(q->protocol, q->port, 0));
	struct socket_entry *wild = NULL;

	for (; node; node = table_next(node)) {
		struct socket_entry *s = table_entry(node, struct socket_entry, node);
		bool any = any_addr(&s->local);

		if (s->lport != q->port || s->rport || s->protocol != q->protocol ||
		    (!any && !same_addr(&s->local, &q->addr)) ||
		    !addr_fits(o, s->netns, q))
			continue;
		if (!any && !s->closed_ns)
			return s->process;
		if (!wild || !s->closed_ns)
			wild = s;
	}
	return wild ? wild->process : NULL;
}
