/* SPDX-License-Identifier: MIT */
/*
 * Kernel records -> struct flow. Knows no file descriptor: records are fed to
 * it, from the ring buffer, from the sweeps, or from a benchmark.
 *
 * Within a batch, what names things (sockets, programs begun, NAT, tunnels) is
 * taken at once, and flows wait for the end of the batch: so a flow finds its
 * process even where the kernel told of the socket a moment later.
 */
#ifndef PITOT_FLOWS_COLLECTOR_H
#define PITOT_FLOWS_COLLECTOR_H

#include <stddef.h>
#include <stdint.h>

#include "bpf/record.h"
#include "flows/capture/capture.h"
#include "flows/capture/kernel_names.h"
#include "flows/capture/links.h"
#include "flows/source.h"

struct collector;

struct collector_options {
	uint32_t own_netns;	/* inode number */
	uint32_t hz;		/* jiffies a second */
	size_t max_connections;
	const struct links *links;	/* borrowed; NULL: no names of interfaces */
	struct kernel_names *names;	/* borrowed */
	/* Fills the addresses of stack `id`, innermost first; returns how many. NULL: none. */
	unsigned int (*stack)(void *arg, int32_t id, uint64_t *ret, unsigned int max);
	void *stack_arg;
};

/* 0 or -ENOMEM. *ev is copied. */
int collector_new(const struct collector_options *opt, const struct source_events *ev,
		  struct collector **ret);
void collector_free(struct collector *c); /* takes NULL */

/* Wall clock minus CLOCK_MONOTONIC, and jiffies now; to be called now and then. */
void collector_clock(struct collector *c, uint32_t jiffies);

/* One record. size is checked against its kind; what does not fit is counted. */
void collector_record(struct collector *c, const void *rec, size_t size);

/* The batch is over: flows that waited are delivered. */
void collector_batch_end(struct collector *c);

/*
 * A connection of the kernel's map is over (or the capture is): FLOW_END, once.
 * gone: its entry is no longer in the map.
 */
void collector_end(struct collector *c, const struct conn_key6 *key, const struct conn *conn,
		   bool gone);

/* Its entry left the kernel's map: forget it. */
void collector_forget(struct collector *c, const struct conn_key6 *key);

/* Counts of a drop entry as they stand in the map now. */
void collector_drop_counts(struct collector *c, const struct drop_key *key,
			   const struct drop_value *value);
void collector_drop_forget(struct collector *c, const struct drop_key *key);

/*
 * Socket records were lost: between these two calls a walk over all open sockets is
 * fed, and what it does not name is taken for closed. now_ns: CLOCK_MONOTONIC.
 */
void collector_walk_begin(struct collector *c);
void collector_walk_end(struct collector *c, uint64_t now_ns);

/* All listeners were looked at (SOCK_LISTEN_DROPS): what they lost becomes flows. */
void collector_listeners_end(struct collector *c);

/* Adds to *s what the collector counts: events, drops, tables full. */
void collector_stats(const struct collector *c, struct capture_stats *s);

/* Ages tables; once a second or so. now_ns: CLOCK_MONOTONIC. */
void collector_age(struct collector *c, uint64_t now_ns);

#endif
