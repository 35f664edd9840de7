/* SPDX-License-Identifier: MIT */
/*
 * A quantity over the last minute in buckets of a second: rates over 1, 10 and 60 s.
 * Time is the flows' (wall clock, ns), so that a recording has the rates that it had.
 */
#ifndef PITOT_FLOWS_RATE_H
#define PITOT_FLOWS_RATE_H

#include <stdint.h>

#define RATE_SECONDS 64 /* a power of two; 60 of them are looked at */

struct rate {
	uint64_t newest; /* second since the epoch of the newest bucket; 0: nothing was added */
	unsigned int too_old; /* amounts in a row that came for seconds before all of these */
	float v[RATE_SECONDS]; /* of second s at v[s % RATE_SECONDS] */
};

/*
 * Adds `amount` that came between from_ns and to_ns (from 0 or not below to: at to), spread
 * evenly over those seconds. What lies more than a minute before the newest is left out, but
 * where nothing else comes: then the clock went back, or was wrong before.
 */
void rate_add(struct rate *r, uint64_t from_ns, uint64_t to_ns, double amount);

/* Adds what another one has. */
void rate_merge(struct rate *to, const struct rate *from);

/* A second's mean over the `seconds` (1 to 60) full seconds before the one that now_ns is in. */
double rate_per_second(const struct rate *r, uint64_t now_ns, unsigned int seconds);

#endif
