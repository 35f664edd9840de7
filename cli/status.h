/* SPDX-License-Identifier: MIT */
/* What `pitot status` is asked. */
#ifndef PITOT_CLI_STATUS_H
#define PITOT_CLI_STATUS_H

#include "cli/observe_options.h"
#include "flows/names/namer.h"

struct status_options {
	struct observe_options o; /* first: the options of the names stage are its */
	bool names;
	bool agent; /* only what pitot's agent says of itself */
	int output; /* enum status_output */
};

enum status_output {
	STATUS_COMPACT,
	STATUS_DICT,
	STATUS_TABLE,
	STATUS_TAB,
	STATUS_JSON,
	STATUS_JSONPB
};

extern const struct opt status_option_table[];

/* NULL without memory; observe_options_free() takes it back. */
void *status_options_new(void);

/* True when a row that failed is about something that was asked for by name. */
bool status_asked_for(const struct status_options *opt, const struct names_row *row);

/* Rows as text. Strings of the rows are untrusted. */
struct text;
void status_table(struct text *t, const struct names_row *rows, size_t n, bool color);
void status_json(struct text *t, const struct names_row *rows, size_t n);

#endif
