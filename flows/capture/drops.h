/* SPDX-License-Identifier: MIT */
/* The drops that were told: one entry per flow, reason and place, as in the kernel's map. */
#ifndef PITOT_FLOWS_DROPS_H
#define PITOT_FLOWS_DROPS_H

#include "bpf/record.h"
#include "flows/capture/kernel_names.h"
#include "flows/table.h"
#include "flows/flow.h"

struct drop_entry {
	struct table_node node;
	struct drop_key key;
	uint64_t told_packets, told_bytes;
	const char *reason_name, *text, *function;
	uint32_t offset;
	bool normal, no_device;
	uint8_t stack_depth;
	const char *stack[FLOW_STACK];
};

struct drops {
	struct table table;
	size_t max;
	uint64_t lost; /* entries not kept: counts are told without deltas */
	struct kernel_names *names; /* borrowed */
	unsigned int (*stack)(void *arg, int32_t id, uint64_t *ret, unsigned int max);
	void *stack_arg;
};

void drops_free(struct drops *d);

/* Finds or makes (names looked up). NULL: no room. */
struct drop_entry *drops_get(struct drops *d, const struct drop_key *key, int32_t stack_id);
void drops_forget(struct drops *d, const struct drop_key *key);

/* The parts of a flow that the drop itself tells; brings the entry's told counts up to date. */
void drop_fill(struct flow *f, struct drop_entry *e, const struct drop_key *key,
	       const struct drop_value *value);

#endif
