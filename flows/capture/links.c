// SPDX-License-Identifier: MIT
#include "flows/capture/links.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include "flows/capture/link_message.h"

#define RECEIVE_BYTES 65536	/* the kernel's largest part of a dump has 32 KiB */
#define QUEUE_BYTES (4 << 20)	/* of notifications that wait in the socket */
#define LISTS_MAX 32		/* in a row, while the overruns go on */
#define REPLY_SECONDS 5
#define GONE 64

/* round: the list in which it was last seen; the older ones are gone after a list. */
struct link_entry {
	struct link link;
	uint32_t round;
};

struct address_entry {
	struct link_address a;
	uint32_t round;
};

struct links {
	struct link_events ev;
	int fd;
	bool stale;		/* messages were lost: list again */
	uint32_t seq, round;
	struct link_entry *links;	/* by ifindex */
	size_t n_links, room_links;
	struct address_entry *addrs;	/* by address, then the rest */
	size_t n_addrs, room_addrs;
	struct link_address *nets;	/* local as a whole: IPv4 networks on loopback interfaces */
	size_t n_nets;
	struct link gone[GONE];		/* the last ones removed: events of theirs are still to come */
	unsigned int next_gone;
	_Alignas(struct nlmsghdr) uint8_t buf[RECEIVE_BYTES];
};

/* ----------------------------------------------------------------- tables */

/* Opens a gap of one element at `at`. n grows. */
static void *make_room(void *array, size_t *n, size_t *room, size_t at, size_t size)
{
	size_t more = *room ? *room * 2 : 16;

	if (*n == *room) {
		array = reallocarray(array, more, size);
		if (!array)
			return NULL;
		*room = more;
	}
	memmove((char *)array + (at + 1) * size, (char *)array + at * size, (*n - at) * size);
	(*n)++;
	return array;
}

/* Where it is, or where it belongs. */
static size_t link_position(const struct links *l, uint32_t ifindex)
{
	size_t low = 0, high = l->n_links, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (l->links[mid].link.ifindex < ifindex)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static struct link_entry *link_at(const struct links *l, size_t at, uint32_t ifindex)
{
	return at < l->n_links && l->links[at].link.ifindex == ifindex ? &l->links[at] : NULL;
}

static int address_compare(const struct link_address *a, const struct link_address *b)
{
	int order = memcmp(&a->addr, &b->addr, sizeof(a->addr));

	if (order)
		return order;
	if (a->ifindex != b->ifindex)
		return a->ifindex < b->ifindex ? -1 : 1;
	return a->bits - b->bits;
}

static size_t address_position(const struct links *l, const struct link_address *a)
{
	size_t low = 0, high = l->n_addrs, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (address_compare(&l->addrs[mid].a, a) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static void address_remove_at(struct links *l, size_t at)
{
	l->n_addrs--;
	memmove(&l->addrs[at], &l->addrs[at + 1], (l->n_addrs - at) * sizeof(*l->addrs));
}

/* ---------------------------------------------------------------- changes */

static int link_add(struct links *l, const struct link *link, size_t at)
{
	struct link_entry *links =
		make_room(l->links, &l->n_links, &l->room_links, at, sizeof(*links));

	if (!links)
		return -ENOMEM;
	l->links = links;
	links[at] = (struct link_entry){.link = *link, .round = l->round};
	if (l->ev.added)
		l->ev.added(l->ev.arg, &links[at].link);
	return 0;
}

static void link_remove_at(struct links *l, size_t at)
{
	struct link gone = l->links[at].link;

	l->n_links--;
	memmove(&l->links[at], &l->links[at + 1], (l->n_links - at) * sizeof(*l->links));
	l->gone[l->next_gone++ % GONE] = gone;
	if (l->ev.removed)
		l->ev.removed(l->ev.arg, &gone);
}

static int link_seen(struct links *l, const struct link *now)
{
	size_t at = link_position(l, now->ifindex);
	struct link_entry *e = link_at(l, at, now->ifindex);
	char old_name[sizeof(now->name)];

	if (!e)
		return link_add(l, now, at);
	e->round = l->round;
	/* what it is has changed: a port of a bond by now, or another device under that number */
	if (e->link.place != now->place || e->link.layer3 != now->layer3 ||
	    e->link.member != now->member) {
		link_remove_at(l, at);
		return link_add(l, now, at);
	}
	if (!strcmp(e->link.name, now->name))
		return 0;
	memcpy(old_name, e->link.name, sizeof(old_name));
	e->link = *now;
	if (l->ev.renamed)
		l->ev.renamed(l->ev.arg, &e->link, old_name);
	return 0;
}

static void link_gone(struct links *l, uint32_t ifindex)
{
	size_t at = link_position(l, ifindex);

	if (link_at(l, at, ifindex))
		link_remove_at(l, at);
	for (at = l->n_addrs; at-- > 0;)
		if (l->addrs[at].a.ifindex == ifindex)
			address_remove_at(l, at);
}

static int address_seen(struct links *l, const struct link_address *a)
{
	size_t at = address_position(l, a);
	struct address_entry *addrs;

	if (at == l->n_addrs || address_compare(&l->addrs[at].a, a)) {
		addrs = make_room(l->addrs, &l->n_addrs, &l->room_addrs, at, sizeof(*addrs));
		if (!addrs)
			return -ENOMEM;
		l->addrs = addrs;
		addrs[at].a = *a;
	}
	l->addrs[at].round = l->round;
	return 0;
}

static void address_gone(struct links *l, const struct link_address *a)
{
	size_t at = address_position(l, a);

	if (at < l->n_addrs && !address_compare(&l->addrs[at].a, a))
		address_remove_at(l, at);
}

/* What the list did not show is there no more. */
static void forget_unseen(struct links *l)
{
	size_t i;

	for (i = l->n_links; i-- > 0;)
		if (l->links[i].round != l->round)
			link_remove_at(l, i);
	for (i = l->n_addrs; i-- > 0;)
		if (l->addrs[i].round != l->round)
			address_remove_at(l, i);
}

static bool is_ipv4(const struct ip_addr *a)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

	return !memcmp(a->b, mapped, sizeof(mapped));
}

/* As fib_add_ifaddr() has it. Found once for all the questions until the next change. */
static int find_local_nets(struct links *l)
{
	struct link_address *nets = calloc(l->n_addrs + 1, sizeof(*nets));
	const struct link_address *a;
	const struct link *link;
	size_t i, n = 0;

	if (!nets)
		return -ENOMEM;
	for (i = 0; i < l->n_addrs; i++) {
		a = &l->addrs[i].a;
		link = links_find(l, a->ifindex);
		if (a->bits < 128 && is_ipv4(&a->addr) && link && link->place == LINK_LOOPBACK)
			nets[n++] = *a;
	}
	free(l->nets);
	l->nets = nets;
	l->n_nets = n;
	return 0;
}

/* --------------------------------------------------------------- messages */

static int apply(struct links *l, const struct link_message *m)
{
	if (m->interrupted)
		l->stale = true;
	switch (m->kind) {
	case LINK_MESSAGE_LINK:
		return link_seen(l, &m->link);
	case LINK_MESSAGE_LINK_GONE:
		link_gone(l, m->link.ifindex);
		return 0;
	case LINK_MESSAGE_ADDR:
		return address_seen(l, &m->addr);
	case LINK_MESSAGE_ADDR_GONE:
		address_gone(l, &m->addr);
		return 0;
	default:
		return 0;
	}
}

/* *done: the answer to request seq has ended. seq 0: none is waited for. */
static int apply_all(struct links *l, size_t len, uint32_t seq, bool *done)
{
	struct link_message m;
	size_t offset = 0;
	int err, r;

	while ((r = link_message_next(l->buf, len, &offset, &m)) > 0) {
		err = apply(l, &m);
		if (err)
			return err;
		if (!seq || m.seq != seq)
			continue;
		if (m.kind == LINK_MESSAGE_ERROR || m.kind == LINK_MESSAGE_DONE) {
			*done = true;
			return m.error;
		}
	}
	return r;
}

/* Bytes received, 0 where they are not to be used, -EAGAIN at the end, or -errno. */
static ssize_t receive(struct links *l, int flags)
{
	struct iovec iov = {.iov_base = l->buf, .iov_len = sizeof(l->buf)};
	struct sockaddr_nl from;
	struct msghdr msg = {.msg_name = &from, .msg_namelen = sizeof(from), .msg_iov = &iov,
			     .msg_iovlen = 1};
	ssize_t n = recvmsg(l->fd, &msg, flags);

	if (n < 0 && errno == EINTR)
		return 0;
	if (n < 0 && errno == ENOBUFS) {
		l->stale = true;
		return 0;
	}
	if (n < 0)
		return -errno;
	if (msg.msg_namelen != sizeof(from) || from.nl_pid)
		return 0; /* not from the kernel */
	if (msg.msg_flags & MSG_TRUNC) {
		l->stale = true;
		return 0;
	}
	return n;
}

/* ------------------------------------------------------------------ lists */

static int ask(struct links *l, uint16_t type)
{
	struct {
		struct nlmsghdr head;
		struct ifinfomsg body;	/* RTM_GETADDR asks for the family alone, its first byte */
		struct rtattr mask;
		uint32_t mask_value;
	} request = {
		.head = {.nlmsg_len = sizeof(request), .nlmsg_type = type,
			 .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP, .nlmsg_seq = ++l->seq},
		.mask = {.rta_len = RTA_LENGTH(4), .rta_type = IFLA_EXT_MASK},
		.mask_value = RTEXT_FILTER_SKIP_STATS,
	};

	if (type == RTM_GETADDR)
		request.head.nlmsg_len = NLMSG_LENGTH(sizeof(struct ifaddrmsg));
	return send(l->fd, &request, request.head.nlmsg_len, 0) < 0 ? -errno : 0;
}

static int dump(struct links *l, uint16_t type)
{
	bool done = false;
	ssize_t n;
	int err;

	err = ask(l, type);
	while (!err && !done) {
		n = receive(l, 0);
		err = n < 0 ? (int)n : apply_all(l, n, l->seq, &done);
	}
	return err;
}

/*
 * Notifications come in between and are in order with what the dumps show; so
 * both may change the tables. Messages lost meanwhile: once more.
 */
static int list(struct links *l)
{
	unsigned int i;
	int err;

	for (i = 0; i < LISTS_MAX; i++) {
		l->stale = false;
		l->round++;
		err = dump(l, RTM_GETLINK);
		if (!err)
			err = dump(l, RTM_GETADDR);
		if (err)
			return err;
		if (!l->stale) {
			forget_unseen(l);
			return find_local_nets(l);
		}
	}
	return -ENOBUFS;
}

int links_process(struct links *l)
{
	bool done;
	ssize_t n;
	int err;

	while ((n = receive(l, MSG_DONTWAIT)) >= 0) {
		err = apply_all(l, n, 0, &done);
		if (err)
			return err;
	}
	if (n != -EAGAIN)
		return n;
	return l->stale ? list(l) : find_local_nets(l);
}

/* ------------------------------------------------------------------- ends */

static int open_socket(struct links *l)
{
	struct sockaddr_nl addr = {.nl_family = AF_NETLINK,
				   .nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR |
						RTMGRP_IPV6_IFADDR};
	struct timeval timeout = {.tv_sec = REPLY_SECONDS};
	int bytes = QUEUE_BYTES;

	l->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (l->fd < 0)
		return -errno;
	/* a short queue costs lists, nothing else */
	if (setsockopt(l->fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)))
		setsockopt(l->fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
	if (setsockopt(l->fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)) ||
	    bind(l->fd, (struct sockaddr *)&addr, sizeof(addr)))
		return -errno;
	return 0;
}

int links_new(const struct link_events *ev, struct links **ret)
{
	struct links *l = calloc(1, sizeof(*l));
	int err;

	if (!l)
		return -ENOMEM;
	l->ev = *ev;
	err = open_socket(l);
	if (!err)
		err = list(l);
	if (err) {
		links_free(l);
		return err;
	}
	*ret = l;
	return 0;
}

void links_free(struct links *l)
{
	if (!l)
		return;
	if (l->fd >= 0)
		close(l->fd);
	free(l->links);
	free(l->addrs);
	free(l->nets);
	free(l);
}

int links_fd(const struct links *l)
{
	return l->fd;
}

const struct link *links_find(const struct links *l, uint32_t ifindex)
{
	struct link_entry *e = link_at(l, link_position(l, ifindex), ifindex);

	if (e)
		return &e->link;
	for (int i = 0; i < GONE; i++)
		if (l->gone[i].ifindex == ifindex && ifindex)
			return &l->gone[i];
	return NULL;
}

const struct link *links_at(const struct links *l, size_t n)
{
	return n < l->n_links ? &l->links[n].link : NULL;
}

static bool in_prefix(const struct ip_addr *a, const struct link_address *net)
{
	unsigned int bytes = net->bits / 8, rest = net->bits % 8;

	return !memcmp(a->b, net->addr.b, bytes) &&
	       (!rest || !((a->b[bytes] ^ net->addr.b[bytes]) >> (8 - rest)));
}

bool links_is_local(const struct links *l, const struct ip_addr *a)
{
	struct link_address first = {.addr = *a};
	size_t i = address_position(l, &first);

	if (i < l->n_addrs && !memcmp(&l->addrs[i].a.addr, a, sizeof(*a)))
		return true;
	for (i = 0; i < l->n_nets; i++)
		if (in_prefix(a, &l->nets[i]))
			return true;
	return false;
}
