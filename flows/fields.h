/* SPDX-License-Identifier: MIT */
/*
 * Every field of a flow by name, once: expressions (flows/where.h), CSV columns,
 * sorting, aggregation's columns and the manual read the same rows.
 */
#ifndef PITOT_FLOWS_FIELDS_H
#define PITOT_FLOWS_FIELDS_H

#include "flows/flow.h"
#include "flows/text.h"

enum field_type {
	FIELD_TEXT, /* untrusted */
	FIELD_TEXTS, /* a list: labels, names */
	FIELD_NUMBER, /* uint64_t */
	FIELD_BYTES, /* number; 1e6, 10MB, 4KiB */
	FIELD_DURATION, /* number, nanoseconds; 50ms, 1.5s */
	FIELD_TIME, /* number, nanoseconds since the epoch */
	FIELD_BOOL,
	FIELD_ADDR, /* address; compared with addresses and CIDRs */
	FIELD_ADDRS, /* a list of them */
	FIELD_ENUM, /* a number with a name, whatever the case of that */
};

struct field_value {
	bool known; /* false: the flow does not say; compares false with everything */
	union {
		uint64_t number; /* and bool, enum, duration, time */
		const char *text; /* valid as long as the flow, or the scratch handed in */
		struct ip_addr addr;
		struct {
			const char *const *v;
			size_t n;
		} texts;
		struct {
			const struct ip_addr *v;
			size_t n;
		} addrs;
	};
};

struct field {
	const char *name; /* "src.namespace", "bytes", "rtt", "drop.reason" */
	enum field_type type;
	const char *help; /* one line */
	/*
	 * FIELD_ENUM, and FIELD_TEXTS whose words are known beforehand: their names, NULL
	 * for a number that has none; asked for numbers below n_names.
	 */
	const char *(*value_name)(unsigned int value);
	unsigned int n_names;
	/* scratch is for texts that have to be made; emptied by the caller before */
	void (*get)(const struct flow *f, struct field_value *ret, struct text *scratch);
};

/* Ended by a NULL name; sorted by where they belong, not by name. */
extern const struct field fields[];

/* NULL: none is called that. Aliases ("source.ip", "from.pod") are resolved. */
const struct field *field_find(const char *name);

/* A name that was probably meant; NULL: none is near. */
const char *field_near(const char *name);

/* "text", "bytes", "duration": what kind of value it has, for messages and the manual. */
const char *field_type_name(enum field_type type);

/*
 * The value as text, "" where it is not known: for CSV and tables. Not escaped.
 * Durations in seconds ("0.00025"), bytes as a number, times as RFC 3339 in UTC,
 * lists with commas.
 */
void field_text(struct text *t, const struct field *field, const struct flow *f);

/* The same of a value that was got before. */
void field_value_text(struct text *t, const struct field *field, const struct field_value *v);

/* Nanoseconds as seconds: "0.00025", "2". */
void field_seconds_text(struct text *t, uint64_t ns);

/*
 * Values of the same field in order, < 0, 0, > 0: numbers by size, texts by byte;
 * what is not known comes first.
 */
int field_compare(const struct field *field, const struct field_value *a,
		  const struct field_value *b);

/* What `node` is of flows that were captured here; the caller's text, NULL: not known. */
void fields_set_node(const char *name);
const char *field_own_node(void); /* "": not known */

#endif
