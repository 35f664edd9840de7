// SPDX-License-Identifier: MIT
#include "flows/near.h"

#include <stdint.h>
#include <string.h>

#define WORD_MAX 32

static size_t min3(size_t a, size_t b, size_t c)
{
	size_t m = a < b ? a : b;

	return m < c ? m : c;
}

/* Levenshtein's distance, where two letters that changed places are one mistake. */
static size_t distance(const char *a, const char *b)
{
	size_t rows[3][WORD_MAX], n = strlen(b), m = strlen(a);

	if (n >= WORD_MAX || m >= WORD_MAX)
		return SIZE_MAX;
	for (size_t j = 0; j <= n; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= m; i++) {
		size_t *row = rows[i % 3], *above = rows[(i + 2) % 3], *two = rows[(i + 1) % 3];

		row[0] = i;
		for (size_t j = 1; j <= n; j++) {
			row[j] = min3(above[j] + 1, row[j - 1] + 1,
				      above[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    two[j - 2] + 1 < row[j])
				row[j] = two[j - 2] + 1;
		}
	}
	return rows[m % 3][n];
}

const char *near_word(const char *word, const char *const *words)
{
	size_t len = strlen(word), best = len <= 4 ? 1 : 2;
	const char *found = NULL;

	for (; *words; words++) {
		size_t n = strlen(*words), d;

		if (len >= 3 && !strncmp(word, *words, len))
			return *words;
		if (n > len + best || len > n + best)
			continue;
		d = distance(word, *words);
		if (d <= best && d < n) {
			best = d - (d > 0);
			found = *words;
		}
	}
	return found;
}
