/* SPDX-License-Identifier: MIT */
/* For flows/drop_advice*.c and their test only: what the table of the kernel's reasons does not have. */
#ifndef PITOT_FLOWS_DROP_ADVICE_TABLE_H
#define PITOT_FLOWS_DROP_ADVICE_TABLE_H

#include <stddef.h>

/*
 * Reasons that are not the kernel's own, and families: `reason` and `function` end in '*'
 * where only their beginning counts; NULL: any. The first row that fits holds.
 * text and check as in struct drop_reason (flows/capture/reasons.h).
 */
struct drop_family {
	const char *reason, *function;
	const char *text, *check;
};

/* Usual causes and their cure. As a family's row; sentences. */
struct drop_usual {
	const char *reason, *function;
	const char *cause;
};

/* Both are ended by a row without a text. */
extern const struct drop_family drop_families[];
extern const struct drop_usual drop_usuals[];

#endif
