// SPDX-License-Identifier: MIT
#include "tui/sorted.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define RUN 512 /* pairs in a run; a full one becomes two halves */

struct run {
	size_t n; /* at least 1 */
	struct sorted_item items[RUN];
};

struct sorted {
	struct run **runs;
	size_t n_runs, size;
	size_t count;
};

struct sorted *sorted_new(void)
{
	return calloc(1, sizeof(struct sorted));
}

void sorted_clear(struct sorted *s)
{
	for (size_t i = 0; i < s->n_runs; i++)
		free(s->runs[i]);
	s->n_runs = s->count = 0;
}

void sorted_free(struct sorted *s)
{
	if (!s)
		return;
	sorted_clear(s);
	free(s->runs);
	free(s);
}

size_t sorted_count(const struct sorted *s)
{
	return s->count;
}

static bool before(struct sorted_item a, struct sorted_item b)
{
	return a.key != b.key ? a.key < b.key : a.number < b.number;
}

/* The last run that begins at or before the item, else the first. There is one at least. */
static size_t run_of(const struct sorted *s, struct sorted_item item)
{
	size_t low = 0, high = s->n_runs;

	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (before(item, s->runs[middle]->items[0]))
			high = middle;
		else
			low = middle;
	}
	return low;
}

/* The first place in the run that is not before the item. */
static size_t place_of(const struct run *r, struct sorted_item item)
{
	size_t low = 0, high = r->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (before(r->items[middle], item))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct run *run_insert(struct sorted *s, size_t at)
{
	struct run *r = malloc(sizeof(*r));

	if (r && s->n_runs == s->size) {
		size_t size = s->size ? 2 * s->size : 16;
		struct run **bigger = realloc(s->runs, size * sizeof(*bigger));

		if (!bigger) {
			free(r);
			return NULL;
		}
		s->runs = bigger;
		s->size = size;
	}
	if (!r)
		return NULL;
	memmove(s->runs + at + 1, s->runs + at, (s->n_runs - at) * sizeof(*s->runs));
	s->runs[at] = r;
	s->n_runs++;
	r->n = 0;
	return r;
}

static int split(struct sorted *s, size_t at)
{
	struct run *upper = run_insert(s, at + 1), *lower = s->runs[at];

	if (!upper)
		return -ENOMEM;
	upper->n = RUN / 2;
	lower->n -= RUN / 2;
	memcpy(upper->items, lower->items + lower->n, upper->n * sizeof(*upper->items));
	return 0;
}

int sorted_add(struct sorted *s, struct sorted_item item)
{
	size_t at, place;
	struct run *r;

	if (!s->n_runs && !run_insert(s, 0))
		return -ENOMEM;
	at = s->count ? run_of(s, item) : 0;
	if (s->runs[at]->n == RUN) {
		if (split(s, at))
			return -ENOMEM;
		at = run_of(s, item);
	}
	r = s->runs[at];
	place = place_of(r, item);
	memmove(r->items + place + 1, r->items + place, (r->n - place) * sizeof(*r->items));
	r->items[place] = item;
	r->n++;
	s->count++;
	return 0;
}

/* False: it is not there. */
static bool locate(const struct sorted *s, struct sorted_item item, size_t *ret_run,
		   size_t *ret_place)
{
	const struct run *r;

	if (!s->count)
		return false;
	*ret_run = run_of(s, item);
	r = s->runs[*ret_run];
	*ret_place = place_of(r, item);
	return *ret_place < r->n && r->items[*ret_place].key == item.key &&
	       r->items[*ret_place].number == item.number;
}

int sorted_remove(struct sorted *s, struct sorted_item item)
{
	size_t at, place;
	struct run *r;

	if (!locate(s, item, &at, &place))
		return -ENOENT;
	r = s->runs[at];
	r->n--;
	s->count--;
	memmove(r->items + place, r->items + place + 1, (r->n - place) * sizeof(*r->items));
	if (r->n)
		return 0;
	free(r);
	s->n_runs--;
	memmove(s->runs + at, s->runs + at + 1, (s->n_runs - at) * sizeof(*s->runs));
	return 0;
}

struct sorted_item sorted_at(const struct sorted *s, size_t index)
{
	size_t at = 0;

	for (; index >= s->runs[at]->n; at++)
		index -= s->runs[at]->n;
	return s->runs[at]->items[index];
}

size_t sorted_find(const struct sorted *s, struct sorted_item item)
{
	size_t at, place;

	if (!locate(s, item, &at, &place))
		return SIZE_MAX;
	for (size_t i = 0; i < at; i++)
		place += s->runs[i]->n;
	return place;
}
