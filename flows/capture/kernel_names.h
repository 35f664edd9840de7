/* SPDX-License-Identifier: MIT */
/* The running kernel's own names: drop reasons from its BTF, functions from kallsyms. */
#ifndef PITOT_FLOWS_KERNEL_NAMES_H
#define PITOT_FLOWS_KERNEL_NAMES_H

#include <stdint.h>

struct kernel_names;

/* Reads nothing yet: BTF and kallsyms are read at the first question. 0 or -ENOMEM. */
int kernel_names_new(struct kernel_names **ret);

/* Takes NULL. Every string handed out ends with it. */
void kernel_names_free(struct kernel_names *k);

/*
 * Name of a drop reason without its SKB_DROP_REASON_ prefix, "NETFILTER_DROP";
 * subsystem reasons (number >> 16 is the subsystem; enum skb_drop_reason_subsys
 * and the subsystem's own enum, include/net/dropreason.h) with theirs, e.g.
 * "MAC80211_...". On kernels without reasons
 * (before 5.17): "NO_REASON". Unknown: "REASON_123". Never NULL.
 */
const char *kernel_names_reason(struct kernel_names *k, uint32_t reason);

/*
 * Number of a reason by its name, -ENOENT where this kernel has none of it.
 * Lets tables be written by name, since numbers differ between kernels.
 */
int kernel_names_reason_number(struct kernel_names *k, const char *name);

/*
 * The function that address lies in, and the offset in it (may be NULL).
 * "" where /proc/kallsyms does not tell (kptr_restrict). Modules included.
 */
const char *kernel_names_symbol(struct kernel_names *k, uint64_t address, uint32_t *ret_offset);

#endif
