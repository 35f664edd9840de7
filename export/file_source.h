/* SPDX-License-Identifier: MIT */
/*
 * Flows from a file: JSON lines as Hubble or pitot write them (GetFlowsResponse,
 * ExportEvent or a bare flow), or length-delimited flow.Flow (".pb"); what it is shows
 * in its first bytes. Plain, gzip or zstd. Lines and messages have no bound but memory_max.
 */
#ifndef PITOT_EXPORT_FILE_SOURCE_H
#define PITOT_EXPORT_FILE_SOURCE_H

#include "flows/filter.h"
#include "flows/source.h"

struct file_source_options {
	const char *path; /* "-": standard input */
	size_t message_max; /* bytes of one line or message; 0: 64 MiB */
	bool keep_wire; /* see export/hubble.h */
	/*
	 * A flow that cannot pass it need not be read to its end; what is delivered is
	 * filtered again by whoever gets it. NULL: none.
	 */
	const struct filter *filter;
};

struct file_source_stats {
	uint64_t bytes, lines, flows; /* read so far; flows: those that the file had */
	uint64_t skipped; /* of them passed over early: they cannot pass the filter */
	uint64_t bad; /* lines or messages that could not be read */
	uint64_t unknown; /* names and enum values that are not known */
	uint64_t first_bad; /* line or message number from 1; 0: none */
	const char *first_why; /* "NAME:17: what: why", as long as the source; NULL: none */
	int err; /* that ended the reading, -errno; 0: none has */
};

struct file_source;

/*
 * As source: end(0) at the end of the file. A bad line is told by notice() (the first
 * ten, then their number) and passed over; a torn or truncated end likewise. How much was
 * not known is told at the end. 0 or
 * -errno with one line in *ret_error.
 */
int file_source_new(const struct file_source_options *opt, struct file_source **ret_file,
		    char **ret_error);
struct source *file_source_source(struct file_source *f);
void file_source_stats(const struct file_source *f, struct file_source_stats *ret);

#endif
