/* SPDX-License-Identifier: MIT */
/* The network interfaces and addresses of this network namespace, followed by rtnetlink. */
#ifndef PITOT_FLOWS_LINKS_H
#define PITOT_FLOWS_LINKS_H

#include <stdbool.h>
#include <stdint.h>

#include "flows/flow.h"

enum link_place {	/* what lies behind an interface: decides the trace point */
	LINK_NETWORK,	/* a NIC, a bond, macvlan, ...: the network */
	LINK_LOOPBACK,
	LINK_ENDPOINT,	/* veth, tun, tap: a container or a guest */
	LINK_OVERLAY,	/* vxlan, geneve, gre, ipip, sit, wireguard */
	LINK_BRIDGE,
};

struct link {
	uint32_t ifindex;
	char name[16];
	char kind[16];	/* "veth", "bridge"; "" of hardware */
	enum link_place place;
	bool layer3;	/* no Ethernet header: tun, ipip, wireguard, ppp, ... (ARPHRD_*) */
	bool member;	/* a port of a bond or team: its master sees the same packets */
};

struct links;

struct link_events {
	void *arg;
	void (*added)(void *arg, const struct link *l);	/* also for each that is there at the start */
	void (*removed)(void *arg, const struct link *l);
	void (*renamed)(void *arg, const struct link *l, const char *old_name);
};

/*
 * Opens a netlink socket (RTMGRP_LINK and both IFADDR groups), lists what is
 * there (added() is called for each, from here), then follows. 0 or -errno.
 */
int links_new(const struct link_events *ev, struct links **ret);

/* Takes NULL. */
void links_free(struct links *l);

/* For poll: readable when links_process() has something to do. */
int links_fd(const struct links *l);

/*
 * Handles what the kernel has sent. An overrun (ENOBUFS) relists, so that
 * nothing is missed. 0 or -errno.
 */
int links_process(struct links *l);

/*
 * NULL where there is no such interface and was none lately: the last few that
 * were removed are still known. Valid until the next links_process().
 */
const struct link *links_find(const struct links *l, uint32_t ifindex);

/* The n-th by ifindex; NULL at the end. Valid until the next links_process(). */
const struct link *links_at(const struct links *l, size_t n);

/* Is it an address of this machine (this network namespace; loopback networks included)? */
bool links_is_local(const struct links *l, const struct ip_addr *a);

#endif
