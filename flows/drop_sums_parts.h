/* SPDX-License-Identifier: MIT */
/* For flows/drop_sums*.c only: the sums, from which rows are made. */
#ifndef PITOT_FLOWS_DROP_SUMS_PARTS_H
#define PITOT_FLOWS_DROP_SUMS_PARTS_H

#include "flows/drop_sums.h"
#include "flows/rate.h"
#include "flows/table.h"
#include "flows/text.h"

/*
 * A sum is known by a hash of what makes it one. It is seeded per process and has 64
 * bits, so that nobody can make two of them meet.
 */
struct leaf {
	struct table_node node;
	struct drop_sum sum;
	struct rate rate;
	uint64_t named_ns; /* flow's time when its names were written */
	uint64_t by[DROP_BYS]; /* hashes: which row it belongs to */
	char interface[16];
	char *names; /* of ends and node, each with its NUL */
	size_t n_names;
};

struct drop_sums {
	struct table table;
	struct leaf *others[2]; /* [normal] */
	struct text scratch;
	struct leaf **sorted; /* DROP_SUMS_MAX + 2 */
	struct drop_row *rows;
	uint64_t epoch, version, left_out;
	uint64_t packets[2]; /* [normal] */
};

#endif
