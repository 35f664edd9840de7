/* SPDX-License-Identifier: MIT */
/* Which addresses a network namespace has, and what it counts, by /proc/PID/net of a process in it. */
#ifndef PITOT_FLOWS_NETNS_H
#define PITOT_FLOWS_NETNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "flows/flow.h"

struct netns_cache;

int netns_cache_new(struct netns_cache **ret); /* 0 or -ENOMEM */
void netns_cache_free(struct netns_cache *c);  /* takes NULL */

/* A process that lives in the namespace with this inode number. */
void netns_cache_pid(struct netns_cache *c, uint32_t netns, uint32_t pid);

/* Has the namespace this address? Read at most once a second a namespace; false when nobody told. */
bool netns_cache_has(struct netns_cache *c, uint32_t netns, const struct ip_addr *a);

/* What /proc/net/NAME says there, size bytes of it at most. 0: nobody who lives there is known. */
size_t netns_cache_read(struct netns_cache *c, uint32_t netns, const char *name, char *buf,
			size_t size);

/* Inode number of the calling process' network namespace; 0: /proc does not tell. */
uint32_t netns_own(void);

/*
 * Parsers: addresses of a /proc/net/fib_trie ("/32 host LOCAL") and of a
 * /proc/net/if_inet6. At most max are written to ret; returns how many.
 */
size_t netns_parse_fib_trie(const char *text, size_t size, struct ip_addr *ret, size_t max);
size_t netns_parse_if_inet6(const char *text, size_t size, struct ip_addr *ret, size_t max);

#endif
