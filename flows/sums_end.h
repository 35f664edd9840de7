/* SPDX-License-Identifier: MIT */
/* The ends of what is summed up: what makes two of them the same, what they are called, how one asks for them. */
#ifndef PITOT_FLOWS_SUMS_END_H
#define PITOT_FLOWS_SUMS_END_H

#include "flows/flow.h"
#include "flows/text.h"

/* Texts are escaped and never NULL. */
struct sums_end {
	const char *name; /* "shop/cart-0", "*": anyone */
	const char *
		work; /* a workload in place of its pods, "shop/cart"; else the name: rows go by that */
	const char *workload; /* "cart"; "": it is none. As it came, as the namespace: untrusted */
	const char *namespace_name; /* of the workload */
	const char *address; /* where nothing else is the end's own, else "" */
	const char *kind; /* what the name is of: "pod", "service", "node", else "" */
	uint16_t port; /* where it is told apart by it; 0: any */
};

/*
 * What a row's expression asks for is what makes the row: an end by its name where it has one
 * that is its own; else by its address, for what DNS calls an address changes while flows come.
 * Hashes; work: the same for a workload, whichever of its pods and addresses it is.
 */
struct sums_end_id {
	uint64_t own, work;
};

struct sums;
void sums_end_id(struct sums *s, const struct flow *f, const struct flow_end *e,
		 struct sums_end_id *ret);

/* A hash of those names of it that come and go while it stays the same. */
uint64_t sums_end_names(const struct flow *f, const struct flow_end *e);

/* Appends the texts of an end, each with its NUL; and reads them back. Returns what is behind them. */
void sums_put_end(struct text *t, const struct flow *f, const struct flow_end *e);
const char *sums_take_end(const char *texts, struct sums_end *ret);

/*
 * Appends the terms of an expression that ask for an end, whatever its port; prefix is "src.",
 * "client." and so on. e->workload NULL: for the pod itself, whatever it belongs to.
 */
void sums_end_terms(struct text *t, const char *prefix, const struct sums_end *e);

#endif
