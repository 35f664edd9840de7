/* SPDX-License-Identifier: MIT */
/* For flows/dns_sums*.c only. */
#ifndef PITOT_FLOWS_DNS_SUMS_PARTS_H
#define PITOT_FLOWS_DNS_SUMS_PARTS_H

#include "flows/aggregate_quantile.h"
#include "flows/dns_sums.h"
#include "flows/sums_own.h"

struct dns_leaf {
	struct sums_leaf leaf; /* first */
	struct dns_sum sum;
	struct quantiles latency;
};

struct dns_sums {
	struct sums sums; /* first */
	struct quantiles latency; /* of all */
	struct dns_counts totals;
	size_t latency_bytes; /* of all quantiles */
};

void dns_counts_add(struct dns_counts *to, const struct dns_counts *from);
uint64_t dns_counts_failed(const struct dns_counts *c);

/* The row functions of the kind. */
void dns_row_fill(struct sums *s, void *row, struct sums_leaf **v, size_t n,
		  const struct sums_asked *asked);
int dns_row_compare(const void *a, const void *b);

#endif
