/* SPDX-License-Identifier: MIT */
/*
 * Drops summed up (flows/sums.h): one pass over the flows keeps a sum for each reason, function,
 * place and pair of ends. Rows by any of these (enum drop_by) are struct drop_row: losses first,
 * then those of normal life, which are kept apart; each part by packets, most first.
 */
#ifndef PITOT_FLOWS_DROP_SUMS_H
#define PITOT_FLOWS_DROP_SUMS_H

#include "flows/flow.h"
#include "flows/sums.h"
#include "flows/sums_end.h"

extern const struct sums_kind drop_sums_kind;

/* What a row is about. Names: drop_by_name(). */
enum drop_by {
	DROP_BY_REASON, /* and function, which says what a reason hides */
	DROP_BY_FUNCTION,
	DROP_BY_INTERFACE, /* of a node */
	DROP_BY_NODE,
	DROP_BY_PAIR, /* of workloads or other ends, with the server's port */
	DROP_BY_SOURCE,
	DROP_BY_DESTINATION,
	DROP_BYS
};

/*
 * One sum. Texts of the source (reason, function, stack) live as long as it does, the others
 * until sums_epoch() moves. The ends' names are escaped, the node's is not.
 */
struct drop_sum {
	const char *reason, *function, *text; /* never NULL, "" where not known */
	const char *interface, *node;
	struct sums_end source,
		destination; /* of the packet; with the server's port, wherever it is */
	uint8_t protocol, ip_version;
	bool normal, listen; /* listen: connection requests of a listener */
	bool others; /* what had no room */
	bool here; /* captured here: no node is told */
	uint32_t netns; /* of the newest; 0: not known */
	uint64_t packets, bytes, events;
	uint64_t first_ns, last_ns;
	uint64_t newest; /* number of the newest flow, as given */
	uint8_t stack_depth;
	const char *stack[FLOW_STACK]; /* of the newest that had one */
};

/* A row: sums that have the same of what was asked. */
struct drop_row {
	uint64_t key; /* the same as long as the process runs; never 0 */
	const struct drop_sum *top; /* the largest sum in it: its texts are the row's */
	const struct drop_sum *pair; /* a sum of the largest pair of ends */
	/* how many different (reasons with functions; nodes' interfaces), all but pairs up to SUMS_DIFFERENT_MAX */
	uint32_t reasons, places, sources, destinations, pairs;
	uint64_t packets, bytes, events, first_ns, last_ns, newest;
	double rate; /* packets a second */
	double share; /* of the packets of losses, or of normal life: 0 to 1 */
};

/* Packets lost, and packets of normal life. */
void drop_sums_totals(const struct sums *s, uint64_t *ret_lost, uint64_t *ret_normal);

/* Sums of a row that have the same two ends, or one of them, workloads in place of their pods. */
struct drop_pair {
	const struct drop_sum *top; /* the largest sum in it */
	bool one_source, one_destination; /* top's names are those of all in it */
	uint64_t packets;
};

/*
 * A row's, those with the most packets first. within: DROP_BY_PAIR, or DROP_BY_SOURCE or
 * _DESTINATION for that end alone. At most max. Returns how many.
 */
size_t drop_sums_pairs(struct sums *s, enum drop_by by, uint64_t key, enum drop_by within,
		       struct drop_pair *ret, size_t max);

const char *drop_by_name(unsigned int by); /* "reason", "function", .. */

/* An expression (flows/where.h) of the flows of a row; false: there is none (others). */
struct text;
bool drop_row_expression(const struct drop_row *r, enum drop_by by, struct text *t);

#endif
