/* SPDX-License-Identifier: MIT */
/* For flows/dns_sums*.c only: the sums, from which rows are made. */
#ifndef PITOT_FLOWS_DNS_SUMS_PARTS_H
#define PITOT_FLOWS_DNS_SUMS_PARTS_H

#include "flows/aggregate_quantile.h"
#include "flows/dns_sums.h"
#include "flows/rate.h"
#include "flows/table.h"
#include "flows/text.h"

/* Known by a hash of what makes it one, as drops' sums are. */
struct dns_leaf {
	struct table_node node;
	struct dns_sum sum;
	struct rate rate;
	struct quantiles latency;
	uint64_t by[DNS_BYS]; /* hashes: which row it belongs to */
	uint64_t named_ns; /* flow's time when its ends' names were written */
	char *query, *names; /* name NUL type NUL; of the ends, each with its NUL */
	size_t n_names;
};

struct dns_sums {
	struct table table;
	struct dns_leaf *others;
	struct quantiles latency; /* of all */
	struct dns_counts totals;
	struct text scratch;
	struct dns_leaf **sorted; /* DNS_SUMS_MAX + 1 */
	struct dns_row *rows;
	size_t latency_bytes; /* of all quantiles */
	uint64_t epoch, version, left_out;
};

void dns_counts_add(struct dns_counts *to, const struct dns_counts *from);
uint64_t dns_counts_failed(const struct dns_counts *c);

#endif
