/* SPDX-License-Identifier: MIT */
/*
 * A bounded number of sums of what flows have in common, and rows that are made of them when
 * they are looked at. Beyond SUMS_MAX the smallest go into "others", which is counted and shown.
 * What is summed up is a kind's affair: flows/dns_sums.h, flows/drop_sums.h.
 */
#ifndef PITOT_FLOWS_SUMS_H
#define PITOT_FLOWS_SUMS_H

#include <stddef.h>
#include <stdint.h>

#define SUMS_MAX 4096
#define SUMS_DIFFERENT_MAX 64 /* how many different things of a kind a row counts at most */

struct flow;
struct sums;
struct sums_kind;

int sums_new(const struct sums_kind *kind, struct sums **ret); /* 0 or -ENOMEM */
void sums_free(struct sums *s); /* takes NULL */

/* Flows that are not the kind's cost a comparison. number: comes back as `newest`. */
void sums_add(struct sums *s, const struct flow *f, uint64_t number);
void sums_reset(struct sums *s);

/*
 * Rows of the kind (*ret: an array of struct dns_row, ..), each begins with its uint64_t key: the
 * same as long as the process runs, never 0. by: what they are about. window: seconds of the rate
 * (1 to 60) before now_ns. Valid until the next call that changes the sums.
 */
size_t sums_rows(struct sums *s, unsigned int by, uint64_t now_ns, unsigned int window, void **ret);

uint64_t sums_epoch(const struct sums *s); /* moves when what was given out is gone */
uint64_t sums_version(const struct sums *s); /* and with every flow that counts */
uint64_t sums_left_out(const struct sums *s); /* sums that had no room */
size_t sums_bytes(const struct sums *s); /* for whoever shows memory */

#endif
