/* SPDX-License-Identifier: MIT */
/*
 * The expressions of --where: src.namespace == "shop" && bytes > 1e6 && rtt > 50ms.
 * The grammar is in pitot-filter(7). Parsed and type-checked once, then a flat
 * program is run for each flow; no recursion on the flow's side, no allocation.
 */
#ifndef PITOT_FLOWS_WHERE_H
#define PITOT_FLOWS_WHERE_H

#include "flows/flow.h"

struct where;

/* Where it is wrong: column counts characters from 0, length what to underline. */
struct where_error {
	size_t column, length;
	char message[256]; /* one line, escaped: what is wrong, what is wanted */
};

#define WHERE_MAX 65536 /* bytes of an expression */

/* 0, -ENOMEM, or -EINVAL with *ret_error filled in. */
int where_parse(const char *expression, struct where **ret_where, struct where_error *ret_error);

bool where_pass(const struct where *w, const struct flow *f);

const char *where_text(const struct where *w); /* as it was given */

/* Takes NULL. */
void where_free(struct where *w);

/* Two or three lines for a person: the message, the expression (its part around it), a caret. */
struct text;
void where_error_text(struct text *t, const char *expression, const struct where_error *e);

/* Appends s as a text of an expression, in double quotes: "a \"b\"". */
void where_quote(struct text *t, const char *s);
void where_quote_mem(struct text *t, const char *s, size_t n);

#endif
