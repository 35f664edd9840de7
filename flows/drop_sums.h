/* SPDX-License-Identifier: MIT */
/*
 * Drops summed up: one pass over the flows keeps a sum for each reason, function, place
 * and pair of ends; rows by any of these are made of them when they are looked at. Bounded:
 * beyond DROP_SUMS_MAX the smallest go into "others", which is counted and shown. Drops of
 * normal life are kept apart from losses.
 */
#ifndef PITOT_FLOWS_DROP_SUMS_H
#define PITOT_FLOWS_DROP_SUMS_H

#include "flows/flow.h"

#define DROP_SUMS_MAX 4096

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
 * until the next drop_sums_add() or _reset(). Names are escaped.
 */
struct drop_sum {
	const char *reason, *function, *text; /* never NULL, "" where not known */
	const char *interface, *node;
	const char *source, *destination; /* of the packet; "*": anyone */
	const char *source_work,
		*destination_work; /* the same, workloads in place of their pods: rows go by that */
	const char *source_workload, *destination_workload; /* where it is one, else "" */
	const char *source_address,
		*destination_address; /* where nothing else is the end's own, else "" */
	uint16_t source_port, destination_port; /* the server's, wherever it is; 0 else */
	uint8_t protocol, ip_version;
	bool normal, listen; /* listen: connection requests of a listener */
	bool others; /* what had no room */
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
	uint32_t reasons, pairs,
		places; /* how many different (reasons with functions; nodes' interfaces) */
	uint64_t packets, bytes, events, first_ns, last_ns, newest;
	double rate; /* packets a second */
	double share; /* of the packets of losses, or of normal life: 0 to 1 */
};

struct drop_sums;

int drop_sums_new(struct drop_sums **ret); /* 0 or -ENOMEM */
void drop_sums_free(struct drop_sums *s); /* takes NULL */

/* Flows that are no drops cost a comparison. number: comes back as `newest`. */
void drop_sums_add(struct drop_sums *s, const struct flow *f, uint64_t number);
void drop_sums_reset(struct drop_sums *s);

/*
 * Rows, losses first, then those of normal life; each part by packets, most first. Valid until the next
 * call that changes the sums. window: seconds of the rate (1 to 60) before now_ns.
 */
size_t drop_sums_rows(struct drop_sums *s, enum drop_by by, uint64_t now_ns, unsigned int window,
		      struct drop_row **ret);

/* Moves when texts and rows that were given out are gone; and with every drop. */
uint64_t drop_sums_epoch(const struct drop_sums *s);
uint64_t drop_sums_version(const struct drop_sums *s);

/* Packets lost, packets of normal life, sums that had no room. */
void drop_sums_totals(const struct drop_sums *s, uint64_t *ret_lost, uint64_t *ret_normal,
		      uint64_t *ret_left_out);

const char *drop_by_name(enum drop_by by); /* "reason", "function", .. */

/* An expression (flows/where.h) of the flows of a row; false: there is none (others). */
struct text;
bool drop_row_expression(const struct drop_row *r, enum drop_by by, struct text *t);

#endif
