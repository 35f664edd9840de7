/* SPDX-License-Identifier: MIT */
/* Values seen in flows: the newest of each kind stay, and nobody can make them slow. */
#include <setjmp.h>
#include <stdarg.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "tests/unit/sample_flows.h"
#include "tui/known.h"

/* A question a second: none is left out for there being many. */
static void ask(struct known *k, const char *name, uint64_t second)
{
	struct l7 l = {.protocol = L7_DNS, .type = L7_REQUEST, .dns = {.query = name}};
	struct flow f = sample(17, "10.0.0.1", 5353, "10.0.0.2", 53);

	f.event = FLOW_L7;
	f.l7 = &l;
	f.time_ns = SAMPLE_NS + (second << 30);
	known_flow(k, &f);
}

static void test_newest_stay(void **state)
{
	const size_t n = KNOWN_MAX + 100;
	struct known *k = known_new();
	const struct ui_words *w;
	char name[64];

	(void)state;
	for (size_t i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "h%zu.example.", i);
		ask(k, name, i);
		ask(k, name, i);
	}
	w = known_words(k, KNOWN_DNS);
	assert_int_equal(w->n, KNOWN_MAX);
	for (size_t i = 1; i < w->n; i++)
		assert_true(strcmp(w->v[i - 1], w->v[i]) < 0);
	for (size_t i = 0; i < w->n; i++) {
		size_t number = strtoul(w->v[i] + 1, NULL, 10);

		snprintf(name, sizeof(name), "h%zu.example", number);
		assert_string_equal(w->v[i], name);
		assert_in_range(number, 100, n - 1);
	}
	known_free(k);
}

static uint64_t cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* What everybody can compute: names for neighbouring places of a table. */
static uint64_t fnv(const char *s)
{
	uint64_t h = 14695981039346656037ull;

	while (*s)
		h = (h ^ (unsigned char)*s++) * 1099511628211ull;
	return h ^ h >> 29;
}

static uint64_t time_of(bool crafted)
{
	struct known *k = known_new();
	uint64_t ns = 0;
	char name[64];

	for (uint64_t i = 0, n = 0; n < 2 * KNOWN_MAX; i++) {
		uint64_t begin;

		snprintf(name, sizeof(name), "h%" PRIu64 ".example", i);
		if (crafted && fnv(name) % (2 * KNOWN_MAX) >= 64)
			continue;
		begin = cpu_ns();
		ask(k, name, n++);
		ns += cpu_ns() - begin;
	}
	known_free(k);
	return ns;
}

/* A client that asks for names that meet: 500 times as slow before they were hashed with a seed. */
static void test_crafted(void **state)
{
	(void)state;
	assert_true(time_of(true) < 30 * time_of(false));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_newest_stay),
		cmocka_unit_test(test_crafted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
