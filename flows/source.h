/* SPDX-License-Identifier: MIT */
/* Where flows come from: the live kernel, a server, a file. */
#ifndef PITOT_FLOWS_SOURCE_H
#define PITOT_FLOWS_SOURCE_H

#include <uv.h>

#include "flows/flow.h"

struct source;

/* What a source hands over; all are called on the loop's thread. */
struct source_events {
	void *arg;
	void (*flow)(void *arg, const struct flow *f);
	void (*batch_end)(void *arg);		/* after a run of flows; may be NULL */
	void (*lost)(void *arg, uint64_t time_ns, uint64_t n); /* n events never came; at most once a second; may be NULL */
	void (*notice)(void *arg, const char *line); /* one line for a person, e.g. a feature that is missing */
	void (*end)(void *arg, int err);	/* no more flows: 0, or -errno */
};

struct source {
	/* Begins to deliver on loop. 0 or -errno. */
	int (*start)(struct source *s, uv_loop_t *loop, const struct source_events *ev);
	/*
	 * Delivers what is still there (final counters of every connection) and closes
	 * every handle on the loop. No delivery after it returns.
	 */
	void (*stop)(struct source *s);
	void (*stats)(struct source *s, struct capture_stats *ret_stats);
	void (*free)(struct source *s); /* after stop(); takes the loop's handles being closed for granted */
};

#endif
