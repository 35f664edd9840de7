/* SPDX-License-Identifier: MIT */
/* What user space remembers of each connection: what was told, who is at its ends, NAT, tunnel. */
#ifndef PITOT_FLOWS_CONNECTIONS_H
#define PITOT_FLOWS_CONNECTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "bpf/record.h"
#include "flows/table.h"
#include "flows/flow.h"

/* Seldom there, so kept apart. */
struct connection_extra {
	bool has_nat;
	struct rec_nat nat;
	bool has_tunnel;
	struct rec_tunnel tunnel;
};

struct connection {
	struct table_node node;
	struct conn_key6 key;
	bool ended;		/* FLOW_END has been sent; its counters are in told_* */
	bool alias;		/* a NAT twin: `main_key` is the one that counts */
	bool looked;		/* local and generation hold */
	bool local[2];		/* by end: an address of this machine */
	uint32_t generation;	/* of the owners when its processes were looked for */
	uint64_t id;
	uint64_t told_packets[2], told_bytes[2];
	struct process *process[2]; /* by end */
	struct endpoint *endpoint[2]; /* what it was called in its last event; NULL: not known */
	union {
		struct connection_extra *extra; /* not an alias; NULL: none */
		struct conn_key6 *main_key;	/* an alias */
	};
};

struct connections {
	struct table table;
	size_t max;
	uint64_t lost; /* not kept: table full */
};

/* max: entries at most. */
void connections_init(struct connections *c, size_t max);
void connections_free(struct connections *c);

/* NULL: not there. An alias is followed to the one that counts. */
struct connection *connections_find(struct connections *c, const struct conn_key6 *key);

/*
 * Finds or makes. first_ns (CLOCK_MONOTONIC) goes into the id of a new one.
 * NULL: no room (counted).
 */
struct connection *connections_get(struct connections *c, const struct conn_key6 *key,
				   uint64_t first_ns);

/* The tuple begins a new connection: counters and id anew, NAT and tunnel stay. */
void connections_renew(struct connection *conn, uint64_t first_ns);

void connections_remove(struct connections *c, struct connection *conn);

/* Notes NAT, and the other tuple as an alias. */
void connections_nat(struct connections *c, const struct rec_nat *rec);
void connections_tunnel(struct connections *c, const struct rec_tunnel *rec);

#endif
