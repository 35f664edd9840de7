// SPDX-License-Identifier: MIT
#include "flows/capture/netlink.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#define RECEIVE_BYTES 32768 /* the largest part of a dump */

static void advance(struct nl_span *s, size_t step)
{
	size_t left = s->end - s->at;

	s->at += step < left ? step : left;
}

bool nl_copy(struct nl_span s, void *to, size_t n)
{
	if ((size_t)(s.end - s.at) < n)
		return false;
	memcpy(to, s.at, n);
	return true;
}

void nl_string(struct nl_span s, char *to, size_t size)
{
	size_t n = strnlen((const char *)s.at, s.end - s.at);

	if (n >= size)
		n = size - 1;
	memcpy(to, s.at, n);
	to[n] = 0;
}

int nl_next_message(struct nl_span *s, struct nl_message *ret)
{
	struct nlmsghdr head;

	if (s->at == s->end)
		return 0;
	if (!nl_copy(*s, &head, sizeof(head)))
		return -EBADMSG;
	if (head.nlmsg_len < sizeof(head) || head.nlmsg_len > (size_t)(s->end - s->at))
		return -EBADMSG;
	ret->head = head;
	ret->body = (struct nl_span){s->at + sizeof(head), s->at + head.nlmsg_len};
	advance(s, NLMSG_ALIGN((size_t)head.nlmsg_len));
	return 1;
}

bool nl_next_attr(struct nl_span *s, struct nl_attr *ret)
{
	struct rtattr head;

	if (!nl_copy(*s, &head, sizeof(head)))
		return false;
	if (head.rta_len < sizeof(head) || head.rta_len > s->end - s->at)
		return false;
	ret->type = head.rta_type & NLA_TYPE_MASK;
	ret->value = (struct nl_span){s->at + sizeof(head), s->at + head.rta_len};
	advance(s, RTA_ALIGN((size_t)head.rta_len));
	return true;
}

/* 1: the answer goes on; 0: it has ended well; else -errno. */
static int take(struct nl_span s, uint32_t seq,
		void (*each)(void *arg, const struct nl_message *m), void *arg)
{
	struct nl_message m;
	int error, r;

	while ((r = nl_next_message(&s, &m)) > 0) {
		if (m.head.nlmsg_seq != seq)
			continue;
		if (m.head.nlmsg_flags & NLM_F_DUMP_INTR)
			return -EAGAIN;
		if (m.head.nlmsg_type == NLMSG_DONE || m.head.nlmsg_type == NLMSG_ERROR)
			return nl_copy(m.body, &error, sizeof(error)) ? error : 0;
		each(arg, &m);
	}
	return r ? r : 1;
}

int nl_dump(int fd, const void *request, size_t len,
	    void (*each)(void *arg, const struct nl_message *m), void *arg)
{
	uint8_t buf[RECEIVE_BYTES];
	struct nlmsghdr head;
	ssize_t n;
	int r = 1;

	memcpy(&head, request, sizeof(head));
	if (send(fd, request, len, 0) < 0)
		return -errno;
	while (r > 0) {
		n = recv(fd, buf, sizeof(buf), MSG_TRUNC);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if ((size_t)n > sizeof(buf))
			return -EMSGSIZE;
		r = take((struct nl_span){buf, buf + n}, head.nlmsg_seq, each, arg);
	}
	return r;
}
