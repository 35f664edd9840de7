/* SPDX-License-Identifier: MIT */
/* The least ones of many (Hoare's selection): a sort takes ten times as long. */
#ifndef PITOT_FLOWS_SELECT_H
#define PITOT_FLOWS_SELECT_H

#include <stdbool.h>
#include <string.h>

#include "flows/table.h"

#define SELECT_SIZE_MAX 32

static inline void select_swap(char *a, char *b, size_t size)
{
	char t[SELECT_SIZE_MAX];

	memcpy(t, a, size);
	memcpy(a, b, size);
	memcpy(b, t, size);
}

/*
 * The k least of n things at v, each of `size` bytes (at most SELECT_SIZE_MAX), come in front, in
 * whatever order. The pivots are by a seeded hash, so that no traffic can make it slow. Inline:
 * with its size and its order known it is as fast as one that is written for them.
 */
static inline void select_least(void *v, size_t n, size_t size, size_t k,
				bool (*less)(const void *a, const void *b))
{
	char pivot[SELECT_SIZE_MAX], *at = v;
	long low = 0, high = (long)n - 1;

	while (low < high) {
		long i = low, j = high;

		memcpy(pivot,
		       at + size * (low + table_hash(&j, sizeof(j)) % (size_t)(high - low + 1)),
		       size);
		while (i <= j) {
			while (less(at + size * i, pivot))
				i++;
			while (less(pivot, at + size * j))
				j--;
			if (i <= j)
				select_swap(at + size * i++, at + size * j--, size);
		}
		if ((long)k <= j)
			high = j;
		else if ((long)k >= i)
			low = i;
		else
			return;
	}
}

#endif
