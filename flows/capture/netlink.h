/* SPDX-License-Identifier: MIT */
/* Netlink messages taken apart, whatever their alignment; and dumps asked for. */
#ifndef PITOT_FLOWS_NETLINK_H
#define PITOT_FLOWS_NETLINK_H

#include <linux/netlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes not yet read. */
struct nl_span {
	const uint8_t *at, *end;
};

struct nl_attr {
	uint16_t type;		/* without the flags */
	struct nl_span value;
};

struct nl_message {
	struct nlmsghdr head;
	struct nl_span body;
};

/* Takes the next one off. 1: there was one; 0: the end; -EBADMSG: cut or malformed. */
int nl_next_message(struct nl_span *s, struct nl_message *ret);

/* Takes the next one off. False at the end, and where what follows is malformed. */
bool nl_next_attr(struct nl_span *s, struct nl_attr *ret);

/* The first n bytes; false (to is unchanged) where there are fewer. */
bool nl_copy(struct nl_span s, void *to, size_t n);

/* At most size - 1 bytes, up to the first NUL. */
void nl_string(struct nl_span s, char *to, size_t size);

/*
 * Sends a dump request (fd: a blocking AF_NETLINK socket without groups) and
 * hands out each message of the answer. 0 or -errno; -EAGAIN: what was dumped
 * changed meanwhile, the answer may be incomplete.
 */
int nl_dump(int fd, const void *request, size_t len,
	    void (*each)(void *arg, const struct nl_message *m), void *arg);

#endif
