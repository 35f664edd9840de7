/* SPDX-License-Identifier: MIT */
/* For cli/list*.c only: what can be listed, and how a row of it reads. */
#ifndef PITOT_CLI_LIST_ROWS_H
#define PITOT_CLI_LIST_ROWS_H

#include "export/answers.h"

struct list_column {
	const char *title;
	void (*cell)(struct text *t, const void *row);
	bool wide;
};

/* A member of the JSON object; what is zero or empty is left out, as Go does. */
enum list_json { JSON_TEXT, JSON_NUMBER, JSON_BOOL, JSON_TEXTS, JSON_TLS, JSON_KIND };
struct list_member {
	const char *name;
	enum list_json kind;
	size_t at;
};

struct list_kind {
	const char *name, *alias, *path;
	enum answer_type type;
	size_t size; /* of a row */
	bool by_name; /* the first member is the name that is sorted by */
	const struct list_column *columns;
	const struct list_member *members;
};

/* Ended by a NULL name. */
extern const struct list_kind list_kinds[];

/* The word for a value of pitot.v1.EndpointKind. */
const char *list_endpoint_kind(uint64_t kind);

#endif
