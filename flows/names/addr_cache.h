/* SPDX-License-Identifier: MIT */
/*
 * What was found out about addresses, bounded: the one that was not asked for the
 * longest makes room. 16,384 entries take 1.2 MiB and what the values take.
 */
#ifndef PITOT_FLOWS_NAMES_ADDR_CACHE_H
#define PITOT_FLOWS_NAMES_ADDR_CACHE_H

#include <stddef.h>
#include <stdint.h>

#include "flows/flow.h"

#define ADDR_CACHE_MAX 16384

struct addr_entry {
	struct ip_addr addr;
	void *value; /* the owner's; NULL in a new one */
	uint64_t until_ns; /* the owner's: when it has to be asked again */
	uint32_t state; /* the owner's */
	uint32_t next; /* in its bucket */
	uint32_t older, newer; /* in the order of use */
};

struct addr_cache;

/* release() takes back a value that is not NULL. max from 2 to 2^24. 0 or -ENOMEM. */
int addr_cache_new(size_t max, void (*release)(void *value), struct addr_cache **ret);
void addr_cache_free(struct addr_cache *c); /* takes NULL */

/* NULL: not there. Counts as a use. Pointers to entries hold until the next add, clear or free. */
struct addr_entry *addr_cache_find(struct addr_cache *c, const struct ip_addr *a);

/* A new entry for an address that is not there. */
struct addr_entry *addr_cache_add(struct addr_cache *c, const struct ip_addr *a);

void addr_cache_clear(struct addr_cache *c); /* does not count as eviction */

size_t addr_cache_count(const struct addr_cache *c);
uint64_t addr_cache_evicted(const struct addr_cache *c);

#endif
