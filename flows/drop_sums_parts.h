/* SPDX-License-Identifier: MIT */
/* For flows/drop_sums*.c only. */
#ifndef PITOT_FLOWS_DROP_SUMS_PARTS_H
#define PITOT_FLOWS_DROP_SUMS_PARTS_H

#include "flows/drop_sums.h"
#include "flows/sums_own.h"

struct drop_leaf {
	struct sums_leaf leaf; /* first. Its part: normal */
	struct drop_sum sum;
	char interface[16];
};

struct drop_sums {
	struct sums sums; /* first */
	uint64_t packets[2]; /* [normal] */
};

/* The row functions of the kind. */
void drop_row_fill(struct sums *s, void *row, struct sums_leaf **v, size_t n,
		   const struct sums_asked *asked);
int drop_row_compare(const void *a, const void *b);

#endif
