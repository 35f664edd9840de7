/* SPDX-License-Identifier: MIT */
/* What the benchmarks share: samples, a quiet moment, rows of the table. */
#ifndef PITOT_TESTS_BENCH_H
#define PITOT_TESTS_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SAMPLES_MAX 1024

/* Measured values of one case; further ones than SAMPLES_MAX are left out. */
struct samples {
	size_t n;
	double v[SAMPLES_MAX];
};

void samples_add(struct samples *s, double v);

/* Not a number when there is none. */
double samples_min(const struct samples *s);
double samples_median(struct samples *s); /* sorts */

/* CLOCK_MONOTONIC, nanoseconds. */
uint64_t bench_now_ns(void);

/* Binds the calling thread to a CPU; one that is not there is left out. */
void bench_pin(int cpu);

/* SCHED_FIFO at this priority for the calling thread; 0: ordinary again. */
void bench_realtime(int priority);

/*
 * Waits until less than a fifth of the machine is busy; gives up for good after
 * BENCH_WAIT seconds (environment, default 120) in one process.
 */
void bench_wait_quiet(void);

/* An unsigned number from the environment, or fallback. */
unsigned long bench_env(const char *name, unsigned long fallback);

/*
 * One row for tests/bench/run: figure, measured, floor (both text), the value to
 * judge, and what is required of it ("<= 1.8", ">= 500000", "" for nothing),
 * separated by tabs on standard output.
 */
void bench_row(const char *figure, const char *measured, const char *floor, double value,
	       const char *required);

#endif
