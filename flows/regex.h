/* SPDX-License-Identifier: MIT */
/*
 * Regular expressions in RE2's syntax (github.com/google/re2/wiki/Syntax), found
 * anywhere in the text, as Go's MatchString does. What RE2 refuses is refused: back
 * references, look-around, possessive and atomic groups. One that takes too many steps
 * (REGEX_STEPS_MAX) does not match. Not for several threads at a time.
 */
#ifndef PITOT_FLOWS_REGEX_H
#define PITOT_FLOWS_REGEX_H

#include <stdbool.h>
#include <stddef.h>

#define REGEX_MAX 4096 /* bytes of a pattern */
#define REGEX_STEPS_MAX 200000
#define REGEX_COMPILED_MAX (16u << 10) /* bytes; repetitions of repetitions multiply */

struct regex;

/* 0, -ENOMEM, or -EINVAL with one line in err: what is wrong, and where. */
int regex_new(const char *pattern, struct regex **ret, char *err, size_t err_size);
void regex_free(struct regex *r); /* takes NULL */

/* What all that are there take, for who makes them of what strangers ask. */
size_t regex_bytes(void);

/* text need not be UTF-8: what is not matches nothing. */
bool regex_matches(const struct regex *r, const char *text, size_t n);

#endif
