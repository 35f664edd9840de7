// SPDX-License-Identifier: MIT
#include "tests/bench/bench.h"

#include <math.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

void samples_add(struct samples *s, double v)
{
	if (s->n < SAMPLES_MAX)
		s->v[s->n++] = v;
}

double samples_min(const struct samples *s)
{
	double min = NAN;

	for (size_t i = 0; i < s->n; i++)
		if (i == 0 || s->v[i] < min)
			min = s->v[i];
	return min;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double samples_median(struct samples *s)
{
	if (!s->n)
		return NAN;
	qsort(s->v, s->n, sizeof(s->v[0]), compare);
	return (s->v[(s->n - 1) / 2] + s->v[s->n / 2]) / 2;
}

uint64_t bench_now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

void bench_pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

void bench_realtime(int priority)
{
	struct sched_param p = { .sched_priority = priority };

	sched_setscheduler(0, priority ? SCHED_FIFO : SCHED_OTHER, &p);
}

/* Busy and total ticks of all CPUs since boot. */
static bool cpu_ticks(unsigned long long *ret_busy, unsigned long long *ret_all)
{
	unsigned long long v[8];
	FILE *f = fopen("/proc/stat", "r");
	int n;

	if (!f)
		return false;
	n = fscanf(f, "cpu %llu %llu %llu %llu %llu %llu %llu %llu", &v[0], &v[1], &v[2], &v[3],
		   &v[4], &v[5], &v[6], &v[7]);
	fclose(f);
	if (n != 8)
		return false;
	*ret_busy = v[0] + v[1] + v[2] + v[5] + v[6] + v[7];
	*ret_all = *ret_busy + v[3] + v[4];
	return true;
}

static bool quiet_now(void)
{
	unsigned long long busy[2], all[2];

	if (!cpu_ticks(&busy[0], &all[0]))
		return true;
	usleep(100000);
	return !cpu_ticks(&busy[1], &all[1]) || 5 * (busy[1] - busy[0]) <= all[1] - all[0];
}

void bench_wait_quiet(void)
{
	static uint64_t waited_ns;
	uint64_t limit_ns = bench_env("BENCH_WAIT", 120) * 1000000000ull;
	uint64_t begin_ns = bench_now_ns();

	while (waited_ns + (bench_now_ns() - begin_ns) < limit_ns && !quiet_now())
		usleep(200000);
	waited_ns += bench_now_ns() - begin_ns;
}

unsigned long bench_env(const char *name, unsigned long fallback)
{
	const char *text = getenv(name);
	unsigned long v;
	char *end;

	if (!text || !*text)
		return fallback;
	v = strtoul(text, &end, 10);
	return *end ? fallback : v;
}

void bench_row(const char *figure, const char *measured, const char *floor, double value,
	       const char *required)
{
	printf("%s\t%s\t%s\t%.3f\t%s\n", figure, measured, floor, value, required);
	fflush(stdout);
}
