/* SPDX-License-Identifier: MIT */
/*
 * What the flows of a history keep alive: processes, names, messages. Many flows
 * share one, and it is charged for once. flows/history.c's own.
 */
#ifndef PITOT_FLOWS_HISTORY_HELD_H
#define PITOT_FLOWS_HISTORY_HELD_H

#include "flows/flow.h"

/* What malloc() adds to a block, and how it rounds (glibc, 64 bit). */
#define MALLOC_BYTES(n) (((n) + 8 + 15) & ~(size_t)15)

/* Zeroed is empty. */
struct held {
	struct held_slot *slots; /* open addressing */
	size_t size, count;
	size_t bytes; /* of all that is held, without the table */
};

/* All that the flow points to has one more record. 0, or -ENOMEM: nothing was changed. */
int held_add(struct held *h, const struct flow *f);

/* One record less; what was added before. */
void held_remove(struct held *h, const struct flow *f);

/* The table's own bytes. */
size_t held_table_bytes(const struct held *h);

void held_free(struct held *h);

#endif
