/* SPDX-License-Identifier: MIT */
/*
 * What addresses are called by those who asked for them. An answer is kept for who
 * asked (a control group, or an address where that is not known) and, as a guess,
 * for everybody: a stub resolver asks for others. A connection keeps the names that
 * it began with until it ends, whatever becomes of the answer.
 */
#ifndef PITOT_FLOWS_NAMES_DNS_CACHE_H
#define PITOT_FLOWS_NAMES_DNS_CACHE_H

#include <stdint.h>

#include "flows/flow.h"

#define DNS_CACHE_NAMES 65536 /* pairs of asker and address */
#define DNS_CACHE_CONNECTIONS 65536
#define DNS_CACHE_BYTES (48u << 20) /* of names, and again of those that connections keep */
/* A name lives at least that long, whatever its TTL: who asks connects a moment later. */
#define DNS_CACHE_TTL_MIN 30
#define DNS_CACHE_TTL_MAX 86400

struct dns_cache;

/* Who asked: a control group, else an address; all zero: nobody in particular (multicast). */
struct dns_asker {
	uint64_t cgroup_id;
	struct ip_addr addr; /* not looked at where there is a cgroup_id */
};

struct dns_cache_stats {
	uint64_t names, names_evicted; /* evicted: before their time was over */
	uint64_t connections, connections_evicted;
	uint64_t bytes, connection_bytes; /* of the names' text */
};

/* 0: the sizes above. 0 or -ENOMEM. */
int dns_cache_new(size_t max_names, size_t max_connections, struct dns_cache **ret);
void dns_cache_free(struct dns_cache *c); /* takes NULL */

/* The asker of f's messages and connections: what a client is known by. */
void dns_asker_of(const struct process *process, const struct ip_addr *addr, struct dns_asker *ret);

/* name: lower case, no dot at the end. ttl in seconds. now_ns: CLOCK_MONOTONIC. */
void dns_cache_learn(struct dns_cache *c, const struct dns_asker *asker, const struct ip_addr *addr,
		     const char *name, uint32_t ttl, uint64_t now_ns);

/*
 * What the end `e` of f was called when `other` asked for it. A reference of the
 * caller's; NULL: not known. FLOW_END forgets the connection.
 */
struct name_list *dns_cache_find(struct dns_cache *c, const struct flow *f,
				 const struct flow_end *e, const struct flow_end *other);

/* Once a second: drops what has expired, a part of the tables at a time. */
void dns_cache_tick(struct dns_cache *c, uint64_t now_ns);

void dns_cache_stats(const struct dns_cache *c, struct dns_cache_stats *ret);

#endif
