/* SPDX-License-Identifier: MIT */
/*
 * --aggregate: flows summed up by connection, pair, service or namespace, with totals,
 * rates, drops and latency. Bounded: beyond `max_groups` what is smallest goes into a
 * group "others", which is counted and shown.
 */
#ifndef PITOT_FLOWS_AGGREGATE_H
#define PITOT_FLOWS_AGGREGATE_H

#include "flows/flow.h"

enum aggregate_by { BY_CONNECTION, BY_PAIR, BY_SERVICE, BY_NAMESPACE };

/* One group; source is the initiator's side. Texts are escaped (text_escape()). */
struct aggregate_row {
	const char *source, *destination; /* "shop/cart", "10.0.0.1", "example.com" */
	uint16_t port; /* the responder's; 0: several or none */
	uint8_t protocol; /* 0: several */
	uint64_t flows, connections; /* events; connections begun or seen */
	uint64_t packets, bytes, reply_packets, reply_bytes; /* within what was looked at */
	uint64_t drops; /* dropped packets; of Hubble's flows: DROPPED events */
	uint64_t errors; /* resets, failed DNS, HTTP 5xx */
	uint64_t retransmits;
	uint64_t first_ns, last_ns;
	uint64_t rtt_p50_ns, rtt_p99_ns; /* 0: not known */
	uint64_t latency_p50_ns, latency_p99_ns; /* of L7 answers; 0: none */
	bool others; /* the group of what had no room */
};

struct aggregate;

/* max_groups 0: 65536. 0 or -ENOMEM. */
int aggregate_new(enum aggregate_by by, size_t max_groups, struct aggregate **ret);
void aggregate_add(struct aggregate *a, const struct flow *f);

/* Rows, unsorted; valid until the next aggregate_add(). */
size_t aggregate_rows(struct aggregate *a, const struct aggregate_row **ret_rows);
void aggregate_free(struct aggregate *a); /* takes NULL */

#endif
