/* SPDX-License-Identifier: MIT */
/* "Did you mean": the word that was probably meant. */
#ifndef PITOT_FLOWS_NEAR_H
#define PITOT_FLOWS_NEAR_H

#include <stddef.h>

/* The one of the NULL-terminated words that is near to word (or begins with it); NULL: none is. */
const char *near_word(const char *word, const char *const *words);

#endif
