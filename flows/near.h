/* SPDX-License-Identifier: MIT */
/* "Did you mean": the word that was probably meant. */
#ifndef PITOT_FLOWS_NEAR_H
#define PITOT_FLOWS_NEAR_H

#include <stddef.h>

/*
 * The one of the NULL-terminated words that begins as word does, or has at most two mistakes in it
 * (one in a word of up to four letters); NULL: none does.
 */
const char *near_word(const char *word, const char *const *words);

#endif
