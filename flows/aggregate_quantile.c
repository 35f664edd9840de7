// SPDX-License-Identifier: MIT
#include "flows/aggregate_quantile.h"

#include <stdlib.h>
#include <string.h>

#define NS_PER_US 1000u
#define CELLS_BITS 5 /* cells to a doubling: 32 */
#define CELLS (1u << CELLS_BITS)
#define PART 8u /* cells that there is room for together: a quarter of a doubling */
#define US_MAX 0xffffffffull /* more than an hour */

/* Below 2 * CELLS us the value itself, then CELLS to each doubling. */
uint16_t quantiles_cell(uint64_t ns)
{
	uint64_t us = (ns + NS_PER_US / 2) / NS_PER_US;
	unsigned int shift;

	if (us > US_MAX)
		us = US_MAX;
	if (us < 2 * CELLS)
		return (uint16_t)us;
	shift = 63 - __builtin_clzll(us) - CELLS_BITS;
	return (uint16_t)(shift * CELLS + (us >> shift));
}

/* The middle of a cell. */
static uint64_t cell_ns(unsigned int cell)
{
	unsigned int shift;

	if (cell < 2 * CELLS)
		return (uint64_t)cell * NS_PER_US;
	shift = cell / CELLS - 1;
	return (((uint64_t)(cell % CELLS + CELLS) << shift) * NS_PER_US) +
	       ((uint64_t)NS_PER_US << shift) / 2;
}

size_t quantiles_bytes(const struct quantiles *q)
{
	return q->n * sizeof(*q->counts);
}

/* Makes room for a cell, a PART at a time. Returns the bytes taken. */
static size_t reach(struct quantiles *q, unsigned int cell)
{
	unsigned int low = cell & ~(PART - 1), high = low + PART, old_end = q->first + q->n;
	size_t before = quantiles_bytes(q);
	uint32_t *counts;

	if (q->n && cell >= q->first && cell < old_end)
		return 0;
	if (q->n && q->first < low)
		low = q->first;
	if (q->n && old_end > high)
		high = old_end;
	counts = calloc(high - low, sizeof(*counts));
	if (!counts)
		return 0;
	if (q->n)
		memcpy(counts + (q->first - low), q->counts, before);
	free(q->counts);
	q->counts = counts;
	q->first = low;
	q->n = high - low;
	return quantiles_bytes(q) - before;
}

static size_t add(struct quantiles *q, unsigned int cell, uint32_t count, bool grow)
{
	size_t taken = grow ? reach(q, cell) : 0;

	if (!q->n)
		return taken;
	if (cell < q->first)
		cell = q->first;
	if (cell >= (unsigned int)q->first + q->n)
		cell = q->first + q->n - 1;
	if (q->counts[cell - q->first] > UINT32_MAX - count)
		return taken;
	q->counts[cell - q->first] += count;
	q->total += count;
	return taken;
}

size_t quantiles_add(struct quantiles *q, uint64_t ns, bool grow)
{
	return add(q, quantiles_cell(ns), 1, grow);
}

size_t quantiles_add_cells(struct quantiles *q, const uint16_t *cells, size_t n, bool grow)
{
	size_t taken = 0;

	for (size_t i = 0; i < n; i++)
		taken += add(q, cells[i], 1, grow);
	return taken;
}

size_t quantiles_merge(struct quantiles *q, const struct quantiles *b, bool grow)
{
	size_t taken = 0;

	for (unsigned int i = 0; i < b->n; i++)
		if (b->counts[i])
			taken += add(q, b->first + i, b->counts[i], grow);
	return taken;
}

/* Of the cells before the end, so many values lie in those above the one that is wanted. */
static unsigned int find_from_above(const struct quantiles *q, uint64_t above)
{
	unsigned int i = q->n;
	uint64_t seen = 0;

	while (--i && seen + q->counts[i] <= above)
		seen += q->counts[i];
	return i;
}

static unsigned int find_from_below(const struct quantiles *q, uint64_t wanted)
{
	uint64_t seen = 0;

	/* there are whole PARTs of cells */
	for (unsigned int i = 0; i < q->n; i += PART) {
		uint64_t before = seen;

		for (unsigned int k = 0; k < PART; k++)
			seen += q->counts[i + k];
		if (seen < wanted)
			continue;
		while (before + q->counts[i] < wanted)
			before += q->counts[i++];
		return i;
	}
	return 0;
}

/* The value that at least this part of the values does not exceed; the way there is the shorter one. */
uint64_t quantiles_at(const struct quantiles *q, double part)
{
	uint64_t wanted = (uint64_t)(part * q->total);

	if (wanted < part * q->total || !wanted)
		wanted++;
	if (wanted > q->total)
		return 0;
	return cell_ns(q->first + (part > 0.75 ? find_from_above(q, q->total - wanted)
					       : find_from_below(q, wanted)));
}

void quantiles_free(struct quantiles *q)
{
	free(q->counts);
	*q = (struct quantiles){0};
}
