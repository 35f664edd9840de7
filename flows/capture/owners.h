/* SPDX-License-Identifier: MIT */
/* Which process is at an end of a connection: what the socket programs told, and /proc for the rest. */
#ifndef PITOT_FLOWS_OWNERS_H
#define PITOT_FLOWS_OWNERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf/record.h"
#include "flows/flow.h"

struct owners;

/* own_netns: inode number of the namespace whose interfaces are watched. 0 or -ENOMEM. */
int owners_new(uint32_t own_netns, struct owners **ret);
void owners_free(struct owners *o); /* takes NULL */

/* A socket was opened, used, closed. */
void owners_socket(struct owners *o, const struct rec_socket *rec);

/* A process began a program: its path and arguments, known even if it ends at once. */
void owners_exec(struct owners *o, const struct rec_exec *rec);

/* An address and a port of this protocol, and who is at the other end; ports in host order. */
struct owners_query {
	uint8_t protocol;
	bool local;	/* addr is one of the own namespace's */
	struct ip_addr addr, peer;
	uint16_t port, peer_port;
	uint32_t netns; /* of a namespace that is not the own one: addr is there; 0: by the address */
};

/*
 * The process whose connected socket has exactly this tuple, and the one whose
 * socket is bound to (addr, port) or to the port alone: a listener, or unconnected
 * UDP. NULL: not known. A borrowed reference, valid until the next call into owners:
 * process_get() it.
 */
struct process *owners_connected(struct owners *o, const struct owners_query *q);
struct process *owners_bound(struct owners *o, const struct owners_query *q);

/* The process of the socket that a record is about. Borrowed likewise; NULL: not known. */
struct process *owners_of_record(struct owners *o, const struct rec_socket *rec);

/* The process that a record names (its pid, start, name, ...), made where it is new. Borrowed likewise. */
struct process *owners_process(struct owners *o, const struct rec_socket *rec);

/* See netns_cache_read(). */
size_t owners_netns_read(struct owners *o, uint32_t netns, const char *name, char *buf,
			 size_t size);

/* See netns_cache_has(). */
bool owners_netns_has(struct owners *o, uint32_t netns, const struct ip_addr *addr);

/* Moves whenever a later look-up may answer otherwise. */
uint32_t owners_generation(const struct owners *o);

/*
 * Records were lost, perhaps of sockets that were closed: what is not told of again
 * between these two calls (by a walk over all sockets) is taken for closed.
 */
void owners_walk_begin(struct owners *o);
void owners_walk_end(struct owners *o, uint64_t now_ns);

/* Forgets sockets closed for more than ten seconds. now_ns: CLOCK_MONOTONIC. */
void owners_age(struct owners *o, uint64_t now_ns);

/* Sockets and processes not kept because the tables were full. */
uint64_t owners_lost(const struct owners *o);

#endif
