/* SPDX-License-Identifier: MIT */
/* `--aggregate pair|service|namespace`: a table of what flows come to. */
#ifndef PITOT_CLI_PRINT_AGGREGATE_H
#define PITOT_CLI_PRINT_AGGREGATE_H

#include "cli/print.h"
#include "flows/aggregate.h"

enum aggregate_format { AGGREGATE_TABLE, AGGREGATE_JSON, AGGREGATE_CSV };

struct print_aggregate_options {
	enum aggregate_by by;
	enum aggregate_format format;
	const char *sort; /* columns by comma, "-" for the largest first; NULL: most bytes first */
	uint32_t limit; /* rows of a table; 0: all */
	/*
	 * A table of what came since the last one, each time that this has passed; 0: one
	 * table of everything, at the end.
	 */
	uint64_t interval_ns;
};

/* 0, or -EINVAL with one line in err that quotes what is no column. */
int aggregate_sort_check(const char *sort, char *err, size_t err_size);

/*
 * A sink that prints when it is closed, or by interval in flow() and flush(). sort is the
 * caller's and outlives it. print_lost() takes it. 0 or -errno.
 */
int print_aggregate_create(const struct print_options *opt,
			   const struct print_aggregate_options *how, struct sink **ret_sink);

#endif
