/* SPDX-License-Identifier: MIT */
/* rtnetlink messages about interfaces and addresses, read out of a received buffer. */
#ifndef PITOT_FLOWS_LINK_MESSAGE_H
#define PITOT_FLOWS_LINK_MESSAGE_H

#include "flows/capture/links.h"

enum link_message_kind {
	LINK_MESSAGE_OTHER,	/* nothing for us */
	LINK_MESSAGE_LINK,	/* link: there, new or changed */
	LINK_MESSAGE_LINK_GONE,	/* link.ifindex only */
	LINK_MESSAGE_ADDR,	/* addr */
	LINK_MESSAGE_ADDR_GONE,
	LINK_MESSAGE_DONE,	/* end of a dump; error as below */
	LINK_MESSAGE_ERROR,	/* a request failed (error, -errno) or was done (0) */
};

struct link_address {
	struct ip_addr addr;
	uint32_t ifindex;
	uint8_t bits;		/* prefix length of the mapped form: an IPv4 /24 is 120 */
	uint8_t pad[3];
};

struct link_message {
	enum link_message_kind kind;
	uint32_t seq;		/* of the request that this answers; 0: a notification */
	int error;
	bool interrupted;	/* the dump changed while it was made: ask again */
	struct link link;
	struct link_address addr;
};

/*
 * Reads the message at *offset of buf (as recv() left it, any alignment), moves
 * *offset behind it. 1: there was one; 0: end of the buffer; -EBADMSG: what
 * follows is cut or malformed, the rest of the buffer cannot be read.
 */
int link_message_next(const void *buf, size_t len, size_t *offset, struct link_message *ret);

#endif
