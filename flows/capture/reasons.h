/* SPDX-License-Identifier: MIT */
/* What a drop reason means, and whether it is a loss or normal life. One table, by name. */
#ifndef PITOT_FLOWS_REASONS_H
#define PITOT_FLOWS_REASONS_H

#include <stdbool.h>
#include <stddef.h>

struct drop_reason {
	const char *name;	/* kernel's, without SKB_DROP_REASON_ */
	const char *function;	/* row holds only for drops in this function; NULL: for any */
	bool normal;		/* part of normal life, not a loss */
	const char *text;	/* "a netfilter rule (nftables or iptables) dropped it" */
	const char *check;	/* what to look at next: "nft list ruleset; iptables-save -c" */
};

/*
 * The best row for a reason in a function (a row that names the function goes
 * before one that does not). NULL: not in the table.
 */
const struct drop_reason *drop_reason_find(const char *name, const char *function);

/* The whole table, for manuals and tests. */
const struct drop_reason *drop_reason_table(size_t *ret_n);

#endif
