/* SPDX-License-Identifier: MIT */
/*
 * The bounded memory of past flows: copies, oldest out first. The bound
 * is bytes: the copies, the processes and the names that they keep alive. Strings
 * of a flow (struct flow_drop) stay the source's: free the history before it.
 */
#ifndef PITOT_FLOWS_HISTORY_H
#define PITOT_FLOWS_HISTORY_H

#include "flows/flow.h"

struct history;

struct history_stats {
	uint64_t flows; /* held now */
	uint64_t bytes, max_bytes;
	uint64_t seen; /* appended so far */
	uint64_t evicted; /* gone to make room */
	uint64_t oldest_ns, newest_ns; /* the span held (flow times, wall clock); 0: empty */
};

/* What to go over; zeroed: everything. Bounds are inclusive, 0 is none. */
struct history_range {
	uint64_t since_ns, until_ns;
	uint64_t first, last; /* of those that match, at most this many; 0: all. Not both */
	bool (*match)(void *arg, const struct flow *f); /* NULL: every flow */
	void *match_arg;
};

/* 0 or -errno. */
int history_new(size_t max_bytes, struct history **ret_history);

/* Takes NULL. */
void history_free(struct history *h);

/* Keeps a copy, evicts what has no room any more. A flow that never fits counts as evicted. */
void history_append(struct history *h, const struct flow *f);

/*
 * Hands over what is in range, oldest first. fn returns 0 to go on; its first
 * other value ends the walk and is returned. fn must not append; the flow is
 * valid during the call (flow_copy() to keep it).
 */
int history_each(const struct history *h, const struct history_range *range,
		 int (*fn)(void *arg, const struct flow *f), void *arg);

/*
 * A reader of its own pace: where it stands is a sequence number (flows are numbered
 * from 0 as they are appended), so that it holds nothing. What was evicted before it
 * came there is told as lost.
 */
struct history_cursor {
	uint64_t next; /* number of the flow to be read next */
};

/* At the oldest flow held; behind the newest: only what is to come. */
void history_seek_oldest(const struct history *h, struct history_cursor *ret);
void history_seek_end(const struct history *h, struct history_cursor *ret);

/* At the oldest of the last n flows that match (range's since, until and match); n 0: of all that match. */
void history_seek_last(const struct history *h, const struct history_range *range, uint64_t n,
		       struct history_cursor *ret);

/*
 * The flow at the cursor, which then stands behind it. NULL: nothing more as yet.
 * *ret_lost: how many were evicted before they could be read. The flow is valid until
 * the next call of any function of this history.
 */
const struct flow *history_next(struct history *h, struct history_cursor *c, uint64_t *ret_lost);

/*
 * The flow before the cursor, which then stands at it: to look for a place to begin in
 * steps of one's own. NULL: nothing older is held. Valid as long as history_next()'s.
 */
const struct flow *history_previous(struct history *h, struct history_cursor *c);

void history_stats(const struct history *h, struct history_stats *ret_stats);

#endif
