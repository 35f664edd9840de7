/* SPDX-License-Identifier: MIT */
/*
 * Pairs of numbers in order, however many: to add, to remove, and the n-th of them in a
 * microsecond or two. Runs of pairs, so that what is moved stays small.
 */
#ifndef PITOT_TUI_SORTED_H
#define PITOT_TUI_SORTED_H

#include <stddef.h>
#include <stdint.h>

struct sorted_item {
	uint64_t key, number; /* ordered by key, then by number */
};

struct sorted;

struct sorted *sorted_new(void); /* NULL without memory */
void sorted_free(struct sorted *s); /* takes NULL */
void sorted_clear(struct sorted *s);

size_t sorted_count(const struct sorted *s);

/* 0 or -ENOMEM. What is there already is there twice then. */
int sorted_add(struct sorted *s, struct sorted_item item);

/* -ENOENT: it is not there. */
int sorted_remove(struct sorted *s, struct sorted_item item);

/* index below the count. */
struct sorted_item sorted_at(const struct sorted *s, size_t index);

/* SIZE_MAX: it is not there. */
size_t sorted_find(const struct sorted *s, struct sorted_item item);

#endif
