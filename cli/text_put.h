/* SPDX-License-Identifier: MIT */
/* Formatted output into a text, for what is printed once: flows/text.h has none, on purpose. */
#ifndef PITOT_CLI_TEXT_PUT_H
#define PITOT_CLI_TEXT_PUT_H

#include "flows/text.h"

/* At most 255 bytes of it. Untrusted text goes through text_escape() instead. */
void text_put(struct text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
