/* SPDX-License-Identifier: MIT */
/*
 * How durations are spread, in little memory: counts in cells that grow with the value,
 * 32 to each doubling. A quantile is off by 1.6 % at most, from 1 us to an hour;
 * what is shorter or longer counts as that.
 */
#ifndef PITOT_FLOWS_AGGREGATE_QUANTILE_H
#define PITOT_FLOWS_AGGREGATE_QUANTILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Zeroed is empty. */
struct quantiles {
	uint32_t *counts; /* of the cells first .. first + n */
	uint16_t first, n;
	uint64_t total;
};

/* The cell of a duration, for whoever adds the same one to several. */
uint16_t quantiles_cell(uint64_t ns);
size_t quantiles_add_cells(struct quantiles *q, const uint16_t *cells, size_t n, bool grow);

/* grow false: no more memory, a value outside goes to the nearest cell. Returns the bytes taken. */
size_t quantiles_add(struct quantiles *q, uint64_t ns, bool grow);

/* part: 0.5, 0.99. 0 where there is nothing. */
uint64_t quantiles_at(const struct quantiles *q, double part);

/* Adds what b has. Returns the bytes taken. */
size_t quantiles_merge(struct quantiles *q, const struct quantiles *b, bool grow);

size_t quantiles_bytes(const struct quantiles *q);
void quantiles_free(struct quantiles *q);

#endif
