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
	FIELD_ENUM, /* one of `names`, whatever the case */
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
	};
};

struct field {
	const char *name; /* "src.namespace", "bytes", "rtt", "drop.reason" */
	enum field_type type;
	const char *help; /* one line */
	const char *const *names; /* FIELD_ENUM: NULL-terminated, by value; NULL entries have none */
	/* scratch is for texts that have to be made; emptied by the caller before */
	void (*get)(const struct flow *f, struct field_value *ret, struct text *scratch);
};

/* Ended by a NULL name; sorted by where they belong, not by name. */
extern const struct field fields[];

/* NULL: none is called that. Aliases ("source.ip", "from.pod") are resolved. */
const struct field *field_find(const char *name);

/* The value as text, "" where it is not known: for CSV and tables. Not escaped. */
void field_text(struct text *t, const struct field *field, const struct flow *f);

#endif
