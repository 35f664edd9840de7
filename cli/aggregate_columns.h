/* SPDX-License-Identifier: MIT */
/* The columns of --aggregate, once for the table, CSV, JSON and --sort. */
#ifndef PITOT_CLI_AGGREGATE_COLUMNS_H
#define PITOT_CLI_AGGREGATE_COLUMNS_H

#include "flows/aggregate.h"

enum column_kind {
	COLUMN_SOURCE,
	COLUMN_DESTINATION,
	COLUMN_PROTOCOL,
	COLUMN_NUMBER,
	COLUMN_BYTES,
	COLUMN_RATE, /* bytes a second */
	COLUMN_DURATION,
	COLUMN_TIME,
};

struct aggregate_column {
	const char *name; /* in CSV and --sort: "sent.bytes" */
	const char *key; /* in JSON: "sent_bytes" */
	const char *title; /* in the table: "SENT"; NULL: not there */
	enum column_kind kind;
	bool always; /* in the table even where every row has 0 there */
	const char *help;
	/* span_ns: how long was looked; 0: not known. Not of texts */
	uint64_t (*number)(const struct aggregate_row *r, uint64_t span_ns);
};

/* Ended by a NULL name. */
extern const struct aggregate_column aggregate_columns[];

#define AGGREGATE_SORT_MAX 8

struct aggregate_sort {
	unsigned int n;
	const struct aggregate_column *column[AGGREGATE_SORT_MAX];
	bool descending[AGGREGATE_SORT_MAX];
	uint64_t span_ns;
};

/* NULL: most bytes first, then most events. 0, or -EINVAL with one line in err. */
int aggregate_sort_parse(const char *sort, struct aggregate_sort *ret, char *err, size_t err_size);

/* Puts pointers to the rows in order; equal rows by source, destination, port, protocol. */
void aggregate_sort_rows(const struct aggregate_sort *sort, const struct aggregate_row **rows,
			 size_t n);

#endif
