// SPDX-License-Identifier: MIT
/* The table of a view over sums: its rows, made anew at times, in their order. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tui/clock.h"
#include "tui/view_sums.h"

#define REGROUP_PART 30 /* of the time at most this part is spent on making rows */

static const void *row_at(const struct sums_view *v, size_t i)
{
	return (const char *)v->rows + i * v->kind->row_size;
}

static uint64_t key_at(const struct sums_view *v, size_t i)
{
	return *(const uint64_t *)row_at(v, i);
}

const void *sums_view_selected(struct sums_view *v)
{
	size_t row = ui_table_row(v->tables[v->by]);

	return row < v->n ? row_at(v, row) : NULL;
}

static int compare(const void *a, const void *b, void *arg)
{
	const struct sums_view *v = arg;
	int c = v->kind->compare(v, a, b);

	return c ? c : compare_number(*(const uint64_t *)a, *(const uint64_t *)b);
}

static void regroup(struct sums_view *v)
{
	uint64_t begin = clock_monotonic_ns();

	v->n = sums_rows(v->sums, v->by, v->now_ns, v->window, &v->rows);
	if (v->sort != SIZE_MAX)
		qsort_r(v->rows, v->n, v->kind->row_size, compare, v);
	v->version = sums_version(v->sums);
	v->epoch = sums_epoch(v->sums);
	v->grouped_ns = clock_monotonic_ns();
	v->took_ns = v->grouped_ns - begin;
	v->again = false;
}

/* Many rows are made not at every frame, but at once where those before are gone. */
void sums_view_refresh(struct sums_view *v)
{
	uint64_t now = store_now_ns(ui_store(v->ui));
	bool old =
		v->version != sums_version(v->sums) || now / 1000000000 != v->now_ns / 1000000000;

	if (v->again || v->epoch != sums_epoch(v->sums) ||
	    (old && clock_monotonic_ns() - v->grouped_ns >= v->took_ns * REGROUP_PART)) {
		v->now_ns = now;
		regroup(v);
	} else if (old) {
		ui_changed(v->ui);
	}
}

static size_t row_count(void *arg)
{
	struct sums_view *v = arg;

	sums_view_refresh(v);
	return v->n;
}

static uint64_t row_key(void *arg, size_t row)
{
	struct sums_view *v = arg;

	return row < v->n ? key_at(v, row) : 0;
}

static size_t row_find(void *arg, uint64_t key, size_t near)
{
	struct sums_view *v = arg;

	if (near < v->n && key_at(v, near) == key)
		return near;
	for (size_t i = 0; i < v->n; i++)
		if (key_at(v, i) == key)
			return i;
	return SIZE_MAX;
}

static void row_sort(void *arg, size_t column, bool descending)
{
	struct sums_view *v = arg;

	v->sort = column;
	v->descending = descending;
	v->again = true;
}

static void row_cell(void *arg, size_t row, size_t column, struct text *t, enum style *style)
{
	struct sums_view *v = arg;

	if (row < v->n)
		v->kind->cell(v, row_at(v, row), column, t, style);
}

int sums_view_make_table(struct sums_view *v, unsigned int by)
{
	const struct ui_table_rows rows = {.arg = v,
					   .count = row_count,
					   .key = row_key,
					   .find = row_find,
					   .cell = row_cell,
					   .sort = row_sort};
	struct ui_column *c = v->columns[by];

	memcpy(c, v->kind->columns, v->kind->n_columns * sizeof(*c));
	c[SUMS_WHAT].title = v->kind->titles[by];
	v->kind->set_columns(by, c);
	v->tables[by] = ui_table_new(v->ui, c, v->kind->n_columns, &rows);
	return v->tables[by] ? 0 : -ENOMEM;
}
