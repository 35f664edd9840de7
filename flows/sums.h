/* SPDX-License-Identifier: MIT */
/* For flows/drop_sums*.c and dns_sums*.c: what both need to tell things apart. */
#ifndef PITOT_FLOWS_SUMS_H
#define PITOT_FLOWS_SUMS_H

#include <string.h>

#include "flows/flow.h"
#include "flows/summary.h"
#include "flows/table.h"
#include "flows/text.h"

/* How many different hashes there were, up to a bound. Zeroed is none. */
#define DIFFERENT_MAX 64
struct different {
	uint64_t v[DIFFERENT_MAX];
	uint32_t n;
};

static inline void different_add(struct different *d, uint64_t hash)
{
	for (uint32_t i = 0; i < d->n; i++)
		if (d->v[i] == hash)
			return;
	if (d->n < DIFFERENT_MAX)
		d->v[d->n++] = hash;
}

static inline uint64_t sums_text_hash(const char *s)
{
	return s && *s ? table_hash(s, strlen(s)) : 0;
}

/*
 * What a row's expression asks for is what makes the row: an end by its name where it has one
 * that is its own; else by its address, for what DNS calls an address changes while flows come.
 * port: that the caller finds telling. scratch: its text is written over.
 */
uint64_t sums_end_hash(struct text *scratch, const struct flow *f, const struct flow_end *e,
		       uint16_t port);

/* The same for a workload, whichever of its pods and addresses it is. */
uint64_t sums_work_hash(struct text *scratch, const struct flow *f, const struct flow_end *e,
			uint16_t port);

/* Appends, with its NUL, an end as rows call it: "shop/cart", a pod's workload, else its name. Returns where. */
size_t sums_put_work(struct text *t, const struct flow *f, const struct flow_end *e);
/* Likewise the workload that is in it, "" where there is none: for sums_end_terms(). */
size_t sums_put_workload(struct text *t, const struct flow_end *e);
/* And the address, "" where it is not what the end is known by. */
size_t sums_put_address(struct text *t, const struct flow *f, const struct flow_end *e);

/*
 * Appends the terms of an expression that ask for an end: end is "src.", "client." and so
 * on; work is "namespace/workload" where workload is not ""; address as sums_put_address()
 * has it; port 0: any.
 */
struct sums_end {
	const char *name, *work, *workload, *address;
	uint16_t port;
};
void sums_end_terms(struct text *t, const char *end, const struct sums_end *e);

#endif
