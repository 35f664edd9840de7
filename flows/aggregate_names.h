/* SPDX-License-Identifier: MIT */
/* For flows/aggregate*.c and flows/drop_sums*.c: which group a flow belongs to. */
#ifndef PITOT_FLOWS_AGGREGATE_NAMES_H
#define PITOT_FLOWS_AGGREGATE_NAMES_H

#include "flows/aggregate.h"
#include "flows/text.h"

#define AGGREGATE_EPHEMERAL 32768 /* Linux' and IANA's ephemeral ports lie above */

struct aggregate_key {
	size_t destination; /* where it begins in the text; the source is in front */
	uint16_t port;
	uint8_t protocol;
};

/* True where the packet ran from the responder to the initiator, as far as that can be told. */
bool aggregate_is_swapped(const struct flow *f);

/* t becomes source, NUL, destination, NUL, port, protocol; t->err: no memory. */
void aggregate_key(struct text *t, enum aggregate_by by, const struct flow *f,
		   struct aggregate_key *ret);

#endif
