/* SPDX-License-Identifier: MIT */
/*
 * Flows as text: every output format of `pitot observe` is a row of
 * print_formats[] and makes a sink (flows/sink.h).
 */
#ifndef PITOT_CLI_PRINT_H
#define PITOT_CLI_PRINT_H

#include "flows/sink.h"
#include "flows/source.h"

/* Values of --time-format, in the order of time_format_name(). */
enum time_format {
	TIME_STAMP_MILLI, /* "Jan  2 15:04:05.000", the default */
	TIME_YEAR_MONTH_DAY, /* "2006-01-02" */
	TIME_YEAR_MONTH_DAY_HOUR, /* "2006-01-02T15+00:00" */
	TIME_YEAR_MONTH_DAY_HOUR_MINUTE,
	TIME_RFC3339,
	TIME_RFC3339_MILLI,
	TIME_RFC3339_MICRO,
	TIME_RFC3339_NANO,
	TIME_RFC1123Z, /* "Mon, 02 Jan 2006 15:04:05 +0000" */
	TIME_FORMATS_MAX,
};

/*
 * Zero means the default in every field except fd. Strings are the caller's and
 * outlive the sink.
 */
struct print_options {
	int fd; /* written to, not closed */
	/* In place of fd: whole lines or messages; 0 or -errno. NULL: fd */
	int (*put)(void *arg, const void *bytes, size_t n);
	void *put_arg;
	bool color; /* the caller has looked at --color, the TTY and NO_COLOR */
	bool local_time; /* this machine's zone; else UTC */
	bool print_node_name;
	bool numeric, no_ip_translation; /* either: ends by address, whatever their names */
	bool print_policy_names; /* of policy verdicts: the policies' names */
	bool legacy_json; /* JSON: the bare flow, as Hubble 0.x had it */
	bool all_node_states; /* not only those that are bad news */
	int err_fd; /* where node states go; 0: standard error */
	bool no_tail; /* compact: Hubble's line only, without the part in brackets */
	enum time_format time_format;
	const char *node_name; /* NULL: "" (JSON leaves it out) */
	const char *columns; /* csv: fields by comma (cli/columns.h); NULL: a good choice of them */
};

struct print_format {
	const char *name; /* "compact" */
	const char *help; /* one line */
	bool follow_ok; /* false: prints at close only, so it cannot follow */
	/* 0 and a sink that its close() frees, or -errno. */
	int (*create)(const struct print_options *opt, struct sink **ret_sink);
};

/* compact (first: the default), dict, json, ..., pb; ended by a NULL name. */
extern const struct print_format print_formats[];

/* True for what is nothing for a terminal. */
bool print_format_is_binary(const struct print_format *f);

/* NULL: no format has that name. */
const struct print_format *print_format_find(const char *name);

/* The name of --time-format; NULL from TIME_FORMATS_MAX on. */
const char *time_format_name(unsigned int format);

/* An unknown name gives TIME_STAMP_MILLI, as Hubble does. */
enum time_format time_format_find(const char *name);

/* s must be a sink that print_format.create() made. 0 or -errno. */
int print_lost(struct sink *s, const struct lost_events *lost);

/*
 * The same for what a relay says of its nodes; it goes to err_fd, at once. 0 or -errno
 * of the flows before it: what is not told of nodes ends nothing.
 */
int print_node_status(struct sink *s, const struct node_status *status);

#endif
