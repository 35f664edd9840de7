// SPDX-License-Identifier: MIT
#include "tui/flow_rows.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "tui/clock.h"
#include "tui/sorted.h"

#define SIZE_MIN 1024
#define LOOK_AT_CLOCK 64
#define UNSORT_MAX 4096 /* rows that are taken out of the order one by one */

/* Place n is at n & (size - 1); the places from head to before tail are taken, numbers rise. */
struct flow_rows {
	struct store *store;
	uint64_t *numbers;
	uint64_t *keys; /* of the places below `keyed`; NULL: not sorted */
	size_t size; /* a power of two; 0: nothing came yet */
	uint64_t head, tail;
	uint64_t keyed; /* places below it are in `sorted` */
	struct sorted *sorted;
	flow_key key;
	void *key_arg;
	bool descending;
	unsigned int generation; /* of the keys */
	uint64_t left_out; /* without memory */
};

static uint64_t number_at(const struct flow_rows *r, uint64_t place)
{
	return r->numbers[place & (r->size - 1)];
}

/* The first place whose number is not below this one. */
static uint64_t first_place(const struct flow_rows *r, uint64_t number)
{
	uint64_t low = r->head, high = r->tail;

	while (low < high) {
		uint64_t middle = low + (high - low) / 2;

		if (number_at(r, middle) < number)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static uint64_t *bigger(const struct flow_rows *r, const uint64_t *from, size_t size)
{
	uint64_t *to = malloc(size * sizeof(*to));

	for (uint64_t p = r->head; to && p < r->tail; p++)
		to[p & (size - 1)] = from[p & (r->size - 1)];
	return to;
}

static int grow(struct flow_rows *r)
{
	size_t size = r->size ? 2 * r->size : SIZE_MIN;
	uint64_t *numbers = bigger(r, r->numbers, size);
	uint64_t *keys = r->keys ? bigger(r, r->keys, size) : NULL;

	if (!numbers || (r->keys && !keys)) {
		free(numbers);
		free(keys);
		return -ENOMEM;
	}
	free(r->numbers);
	free(r->keys);
	r->numbers = numbers;
	r->keys = keys;
	r->size = size;
	return 0;
}

/* ---------------------------------------------------------- the store's model */

static void model_reset(void *arg)
{
	struct flow_rows *r = arg;

	r->head = r->tail = r->keyed = 0;
	sorted_clear(r->sorted);
}

static void model_flow(void *arg, const struct flow *f, uint64_t number)
{
	struct flow_rows *r = arg;

	(void)f;
	if (r->tail - r->head == r->size && grow(r)) {
		r->left_out++;
		return;
	}
	r->numbers[r->tail++ & (r->size - 1)] = number;
}

static void unsort(struct flow_rows *r, uint64_t place)
{
	if (r->key && place < r->keyed)
		sorted_remove(r->sorted, (struct sorted_item){r->keys[place & (r->size - 1)],
							      number_at(r, place)});
}

static void model_gone(void *arg, uint64_t first)
{
	struct flow_rows *r = arg;

	while (r->head < r->tail && number_at(r, r->head) < first)
		unsort(r, r->head++);
	if (r->keyed < r->head)
		r->keyed = r->head;
}

static void model_back(void *arg, uint64_t end)
{
	struct flow_rows *r = arg;
	uint64_t tail = first_place(r, end);

	if (r->key && r->tail - tail > UNSORT_MAX) {
		sorted_clear(r->sorted); /* to sort again goes on in slices, this does not */
		r->keyed = r->head;
	}
	while (r->tail > tail)
		unsort(r, --r->tail);
	if (r->keyed > r->tail)
		r->keyed = r->tail;
}

int flow_rows_new(struct store *store, struct flow_rows **ret)
{
	struct flow_rows *r = calloc(1, sizeof(*r));
	const struct store_model model = {
		.arg = r,
		.reset = model_reset,
		.flow = model_flow,
		.gone = model_gone,
		.back = model_back,
	};
	int err;

	if (!r)
		return -ENOMEM;
	r->store = store;
	r->sorted = sorted_new();
	err = r->sorted ? store_attach(store, &model) : -ENOMEM;
	if (err) {
		flow_rows_free(r);
		return err;
	}
	*ret = r;
	return 0;
}

void flow_rows_free(struct flow_rows *r)
{
	if (!r)
		return;
	sorted_free(r->sorted);
	free(r->numbers);
	free(r->keys);
	free(r);
}

/* ------------------------------------------------------------------ sorting */

void flow_rows_sort(struct flow_rows *r, flow_key key, void *key_arg, bool descending)
{
	r->descending = descending;
	if (key == r->key && key_arg == r->key_arg)
		return;
	sorted_clear(r->sorted);
	free(r->keys);
	r->keys = NULL;
	r->keyed = r->head;
	r->key = key;
	r->key_arg = key_arg;
}

/* A flow that is gone by now sorts as 0 until the model hears of it. */
static int key_one(struct flow_rows *r)
{
	uint64_t number = number_at(r, r->keyed);
	const struct flow *f = store_get(r->store, number);
	unsigned int generation = r->generation;
	uint64_t key = f ? r->key(r->key_arg, f, &r->generation) : 0;
	int err;

	if (generation != r->generation) {
		sorted_clear(r->sorted);
		r->keyed = r->head;
		return 0;
	}
	err = sorted_add(r->sorted, (struct sorted_item){key, number});

	if (!err)
		r->keys[r->keyed++ & (r->size - 1)] = key;
	return err;
}

bool flow_rows_work(struct flow_rows *r, uint64_t budget_ns)
{
	uint64_t until = clock_monotonic_ns() + budget_ns;

	if (!r->key || r->keyed == r->tail)
		return false;
	if (!r->keys)
		r->keys = malloc(r->size * sizeof(*r->keys));
	if (!r->keys)
		return false;
	for (unsigned int i = 1; r->keyed < r->tail && !key_one(r); i++)
		if (i % LOOK_AT_CLOCK == 0 && clock_monotonic_ns() >= until)
			break;
	return r->keyed < r->tail;
}

/* --------------------------------------------------------------------- rows */

size_t flow_rows_count(const struct flow_rows *r)
{
	return r->key ? sorted_count(r->sorted) : r->tail - r->head;
}

size_t flow_rows_total(const struct flow_rows *r)
{
	return r->tail - r->head;
}

/* Either way round. */
static size_t turned(const struct flow_rows *r, size_t row)
{
	return r->descending ? flow_rows_count(r) - 1 - row : row;
}

uint64_t flow_rows_number(const struct flow_rows *r, size_t row)
{
	row = turned(r, row);
	return r->key ? sorted_at(r->sorted, row).number : number_at(r, r->head + row);
}

/* Its place; r->tail: it has none. */
static uint64_t place_of(const struct flow_rows *r, uint64_t number)
{
	uint64_t place = first_place(r, number);

	return place < r->tail && number_at(r, place) == number ? place : r->tail;
}

size_t flow_rows_find(const struct flow_rows *r, uint64_t number)
{
	uint64_t place = place_of(r, number);
	size_t row;

	if (place == r->tail)
		return SIZE_MAX;
	if (!r->key)
		return turned(r, place - r->head);
	if (place >= r->keyed)
		return SIZE_MAX;
	row = sorted_find(r->sorted, (struct sorted_item){r->keys[place & (r->size - 1)], number});
	return row == SIZE_MAX ? row : turned(r, row);
}
