/* SPDX-License-Identifier: MIT */
/*
 * Numbers for texts that are in order as the texts are (by byte), given as the texts come: what
 * sorts by number can sort by name. Where there is no number left between two neighbours all get
 * new ones: the generation tells. Bounded; beyond that a text has its neighbour's number.
 */
#ifndef PITOT_TUI_TEXT_LABELS_H
#define PITOT_TUI_TEXT_LABELS_H

#include <stddef.h>
#include <stdint.h>

#define TEXT_LABELS_MAX 65536
#define TEXT_LABEL_BYTES 96 /* of a text that count */

struct text_labels;

struct text_labels *text_labels_new(void); /* NULL without memory */
void text_labels_free(struct text_labels *l); /* takes NULL */

/* Never 0, but for an empty text. Numbers of an older generation say nothing any more. */
uint64_t text_label(struct text_labels *l, const char *s, size_t n);
unsigned int text_labels_generation(const struct text_labels *l);

#endif
