/* SPDX-License-Identifier: MIT */
/* Pieces of struct flow made from what the kernel programs record. */
#ifndef PITOT_FLOWS_FLOW_BUILD_H
#define PITOT_FLOWS_FLOW_BUILD_H

#include "bpf/record.h"
#include "flows/capture/connections.h"
#include "flows/capture/links.h"
#include "flows/flow.h"

/* Turns the kernel's times into wall clock. */
struct kernel_clock {
	int64_t offset_ns;	/* wall clock minus CLOCK_MONOTONIC */
	uint64_t wall_ns;	/* when `jiffies` was read */
	uint32_t jiffies, hz;
};

uint64_t clock_wall(const struct kernel_clock *clock, uint64_t mono_ns);
uint64_t clock_wall_jiffies(const struct kernel_clock *clock, uint32_t jiffies);

/*
 * Everything that key and conn tell: ends, counters (deltas against conn_known,
 * which is brought up to date), handshake, interfaces, NAT, tunnel. dir is the
 * packet's direction, point where it was seen. links may be NULL.
 */
void flow_from_conn(struct flow *f, const struct conn_key6 *key, const struct conn *conn,
		    unsigned int dir, uint32_t point, struct connection *known,
		    const struct links *links, const struct kernel_clock *clock);

/* Interface, trace point and direction of travel for one observation point. */
void flow_set_point(struct flow *f, uint32_t point, bool reply, const struct links *links);

/* IPv4 where both are mapped. */
uint8_t addr_version(const struct ip_addr *a);

#endif
