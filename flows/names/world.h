/* SPDX-License-Identifier: MIT */
/* Which ends of flows are out in the world: those that reverse look-ups and places are for. */
#ifndef PITOT_FLOWS_NAMES_WORLD_H
#define PITOT_FLOWS_NAMES_WORLD_H

#include <stdbool.h>

#include "flows/flow.h"

/*
 * True for what IANA's special-purpose registries leave of global unicast: not
 * private (RFC 1918, RFC 6598, RFC 4193), loopback, link-local, multicast,
 * reserved, unspecified, benchmarking (RFC 2544) or documentation (RFC 5737, RFC
 * 3849, RFC 9637). Of IPv6 that is 2000::/3; 6to4 is as its IPv4 address is.
 */
bool addr_is_world(const struct ip_addr *a);

/* The same of an end that is neither this machine's nor known as a pod, a node, ... */
static inline bool end_is_world(const struct flow_end *e)
{
	return e->identity == IDENTITY_WORLD &&
	       (!e->endpoint || e->endpoint->kind == ENDPOINT_WORLD) && addr_is_world(&e->addr);
}

#endif
