// SPDX-License-Identifier: MIT
#include "tui/text_labels.h"

#include <stdlib.h>
#include <string.h>

/* Between texts that come in order; half of it, forty times, is left for those in between. */
#define STEP (1ull << 40)

struct label {
	uint64_t number;
	char *text; /* its length in front, two bytes */
};

struct text_labels {
	struct label *v; /* in order */
	size_t n, size;
	unsigned int generation;
};

struct text_labels *text_labels_new(void)
{
	return calloc(1, sizeof(struct text_labels));
}

void text_labels_free(struct text_labels *l)
{
	if (!l)
		return;
	for (size_t i = 0; i < l->n; i++)
		free(l->v[i].text);
	free(l->v);
	free(l);
}

unsigned int text_labels_generation(const struct text_labels *l)
{
	return l->generation;
}

static int compare(const struct label *a, const char *s, size_t n)
{
	uint16_t len;
	int order;

	memcpy(&len, a->text, sizeof(len));
	order = memcmp(a->text + sizeof(len), s, len < n ? len : n);
	return order ? order : (len > n) - (len < n);
}

/* The first one that is not before s. */
static size_t place_of(const struct text_labels *l, const char *s, size_t n)
{
	size_t low = 0, high = l->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare(&l->v[middle], s, n) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* All anew, with as much room between them as there is. */
static void number_again(struct text_labels *l)
{
	uint64_t step = UINT64_MAX / (l->n + 2);

	for (size_t i = 0; i < l->n; i++)
		l->v[i].number = (i + 1) * step;
	l->generation++;
}

/* Strictly between its neighbours; 0: there is none. */
static uint64_t number_at(const struct text_labels *l, size_t at)
{
	uint64_t before = at ? l->v[at - 1].number : 0;
	uint64_t after = at < l->n ? l->v[at].number : UINT64_MAX;

	if (after - before < 2)
		return 0;
	if (!l->n)
		return UINT64_MAX / 2;
	if (at == l->n && after - before > STEP)
		return before + STEP;
	if (!at && after > STEP)
		return after - STEP;
	return before + (after - before) / 2;
}

static int insert(struct text_labels *l, size_t at, const char *s, size_t n)
{
	uint16_t len = n;
	char *text;

	if (l->n == l->size) {
		size_t size = l->size ? 2 * l->size : 64;
		struct label *v = realloc(l->v, size * sizeof(*v));

		if (!v)
			return -1;
		l->v = v;
		l->size = size;
	}
	text = malloc(sizeof(len) + n);
	if (!text)
		return -1;
	memcpy(text, &len, sizeof(len));
	memcpy(text + sizeof(len), s, n);
	memmove(l->v + at + 1, l->v + at, (l->n - at) * sizeof(*l->v));
	l->v[at] = (struct label){0, text};
	l->n++;
	return 0;
}

uint64_t text_label(struct text_labels *l, const char *s, size_t n)
{
	uint64_t number;
	size_t at;

	if (!n)
		return 0;
	if (n > TEXT_LABEL_BYTES)
		n = TEXT_LABEL_BYTES;
	at = place_of(l, s, n);
	if (at < l->n && !compare(&l->v[at], s, n))
		return l->v[at].number;
	number = number_at(l, at);
	if (l->n == TEXT_LABELS_MAX || insert(l, at, s, n))
		return at ? l->v[at - 1].number : 1;
	l->v[at].number = number;
	if (!number)
		number_again(l);
	return l->v[at].number;
}
