/* SPDX-License-Identifier: MIT */
/* For cli/ui_filter_complete*.c only. */
#ifndef PITOT_CLI_UI_FILTER_COMPLETE_H
#define PITOT_CLI_UI_FILTER_COMPLETE_H

#include "cli/ui_filter.h"
#include "flows/fields.h"

#define OFFERED_MAX 600

/* What is gathered: words that begin as what is typed, behind them those that have it within. */
struct completion {
	const struct ui_words *(*known)(void *known_arg, enum ui_known kind);
	void *known_arg;
	const char *typed; /* without quotes */
	struct ui_words begin, within;
	uint64_t there[64]; /* bits: hashes of what may be among them already */
};

/*
 * word replaces what is typed, `as` (NULL: word) is what that is compared with, whatever the
 * case; what: a few words on it, NULL: none.
 */
void completion_add(struct completion *c, const char *word, const char *as, const char *what);

/* Would it be added? For what takes time to put together. */
bool completion_wants(const struct completion *c, const char *as);

/* Every value seen of that kind, put as it has to be typed. */
void completion_add_known(struct completion *c, enum ui_known kind,
			  void (*put)(struct text *t, const char *value));

/* NULL-terminated words. */
void completion_add_list(struct completion *c, const char *const *words);

/* The end of an expression that begins at `from` of text (up to the cursor); *ret_start in text. */
void completion_of_expression(struct completion *c, const char *text, size_t from,
			      size_t *ret_start);

/* What is wanted at a place. */
enum want { WANT_FIELD, WANT_KEY, WANT_OP, WANT_IN, WANT_VALUE, WANT_JOIN };

struct scan {
	enum want want;
	const struct field *field; /* what is compared; NULL: not known */
	char key[80]; /* of a label: ["app"] */
	bool list; /* between the brackets of a list */
	bool any; /* the field was "any." */
};

void completion_add_fields(struct completion *c);
void completion_add_operators(struct completion *c, const struct scan *s);
void completion_add_behind_not(struct completion *c);
void completion_add_values(struct completion *c, const struct scan *s);
void completion_add_label_keys(struct completion *c);
void completion_add_joins(struct completion *c);

/* What stands behind "any." or "either."; NULL: neither does. */
const char *completion_behind_any(const char *name);

#endif
