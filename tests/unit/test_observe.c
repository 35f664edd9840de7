// SPDX-License-Identifier: MIT
/* What observe has around source, filter and sink: the totals' line, and --last. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "cli/last.h"
#include "cli/totals.h"

/* ----------------------------------------------------------------- totals */

static void says(const struct capture_stats *s, uint64_t shown, const char *line)
{
	char *got = totals_line(s, shown);

	assert_string_equal(got, line);
	free(got);
}

static void test_totals(void **state)
{
	struct capture_stats s = {
		.events = 812, .connections = 1, .drops = 3, .not_ip = 9, .filtered = 9};

	(void)state;
	says(&s, 40, "812 events, 40 flows shown, 1 connection, 3 drops, no losses");
	s.lost_ring = 12;
	s.conn_full = 1;
	says(&s, 1,
	     "812 events, 1 flow shown, 1 connection, 3 drops, "
	     "12 events lost, ring buffer full (raise --ring-size; counters stay exact), "
	     "1 packets not counted, connection table full (raise --max-connections)");
}

/* Each counter of a loss shows; what is none does not. */
static void test_every_loss_is_named(void **state)
{
	static const size_t losses[] = {
#define AT(field) offsetof(struct capture_stats, field)
		AT(lost_ring),	  AT(lost_ring_drop), AT(lost_ring_socket),
		AT(conn_full),	  AT(conn_busy),      AT(drop_full),
		AT(frag_orphans), AT(truncated),      AT(table_full),
#undef AT
	};

	(void)state;
	for (size_t i = 0; i < sizeof(losses) / sizeof(losses[0]); i++) {
		struct capture_stats s = {0};
		char *line;

		*(uint64_t *)((char *)&s + losses[i]) = 4711;
		line = totals_line(&s, 0);
		assert_non_null(strstr(line, ", 4711 "));
		assert_null(strstr(line, "no losses"));
		free(line);
	}
}

/* ------------------------------------------------------------------- last */

struct recorder {
	struct sink sink;
	uint64_t ids[64];
	size_t n, flushes;
	bool closed;
	int err;
};

static int record(struct sink *s, const struct flow *f)
{
	struct recorder *r = (struct recorder *)s;

	assert_true(!f->src.process || f->src.process->refs > 0);
	if (r->err)
		return r->err;
	r->ids[r->n++] = f->connection_id;
	return 0;
}

static int record_flush(struct sink *s)
{
	((struct recorder *)s)->flushes++;
	return 0;
}

static int record_close(struct sink *s)
{
	((struct recorder *)s)->closed = true;
	return 0;
}

static const struct sink recording = {record, record_flush, record_close};

/* Flows 1 to n through --last max; what comes out must be the last of them, in order. */
static void last_of(size_t n, size_t max)
{
	struct recorder r = {.sink = recording};
	struct process process = {.refs = 1};
	struct flow f = {.src.process = &process};
	size_t want = n < max ? n : max;
	uint64_t missing;
	struct sink *s;

	assert_int_equal(last_new(&r.sink, max, LAST_BYTES_MAX, &s), 0);
	for (f.connection_id = 1; f.connection_id <= n; f.connection_id++)
		assert_int_equal(s->flow(s, &f), 0);
	assert_int_equal(r.n, 0);
	assert_int_equal(last_release(s, &missing), 0);
	assert_int_equal(missing, 0);
	assert_int_equal(r.flushes, 1);
	assert_int_equal(r.n, want);
	for (size_t i = 0; i < want; i++)
		assert_int_equal(r.ids[i], n - want + 1 + i);
	assert_int_equal(process.refs, 1);
	assert_int_equal(s->flow(s, &f), 0); /* too late */
	s->close(s);
	assert_int_equal(r.n, want);
	assert_true(r.closed);
}

static void test_last(void **state)
{
	(void)state;
	last_of(0, 3);
	last_of(2, 3);
	last_of(3, 3);
	last_of(4, 3);
	last_of(5000, 1);
	last_of(5000, 64);
	last_of(65, 64);
	last_of(63, 64);
}

/* The longest texts there are: they must not push out what was asked for. */
static void test_last_of_long_processes(void **state)
{
	struct recorder r = {.sink = recording};
	struct sink *s;
	uint64_t missing;

	(void)state;
	assert_int_equal(last_new(&r.sink, 20, LAST_BYTES_MAX, &s), 0);
	for (uint64_t i = 1; i <= 50; i++) {
		struct process *p[2];
		struct flow f = {.connection_id = i};

		for (int end = 0; end < 2; end++) {
			p[end] = calloc(1, sizeof(*p[end]));
			p[end]->refs = 1;
			p[end]->exe = calloc(1, 4096);
			p[end]->command = calloc(1, 4096);
			memset(p[end]->exe, 'e', 4095);
			memset(p[end]->command, 'c', 4095);
		}
		f.src.process = p[0];
		f.dst.process = p[1];
		s->flow(s, &f);
		process_put(p[0]);
		process_put(p[1]);
	}
	assert_int_equal(last_release(s, &missing), 0);
	assert_int_equal(missing, 0);
	assert_int_equal(r.n, 20);
	assert_int_equal(r.ids[0], 31);
	s->close(s);
}

struct counter {
	struct sink sink;
	uint64_t n, last;
};

static int count(struct sink *s, const struct flow *f)
{
	struct counter *c = (struct counter *)s;

	assert_true(!c->n || f->connection_id == c->last + 1);
	c->last = f->connection_id;
	c->n++;
	return 0;
}

static int count_close(struct sink *s)
{
	(void)s;
	return 0;
}

/* More than the memory holds: the newest are kept, and it is told how many are not. */
static void test_last_is_bounded(void **state)
{
	struct counter c = {.sink = {.flow = count, .close = count_close}};
	const uint64_t n = LAST_BYTES_MAX / sizeof(struct flow) + 1000;
	struct flow f = {.event = FLOW_DROP}; /* the largest copies */
	uint64_t missing;
	struct sink *s;

	(void)state;
	assert_int_equal(last_new(&c.sink, UINT32_MAX, LAST_BYTES_MAX, &s), 0);
	for (f.connection_id = 1; f.connection_id <= n; f.connection_id++)
		s->flow(s, &f);
	assert_int_equal(last_release(s, &missing), 0);
	assert_true(missing >= 1000);
	assert_int_equal(c.n + missing, n);
	assert_int_equal(c.last, n);
	s->close(s);
}

static void test_last_prints_when_closed(void **state)
{
	struct recorder r = {.sink = recording};
	struct flow f = {.connection_id = 9};
	struct sink *s;

	(void)state;
	assert_int_equal(last_new(&r.sink, 5, LAST_BYTES_MAX, &s), 0);
	s->flow(s, &f);
	s->close(s);
	assert_int_equal(r.n, 1);
	assert_true(r.closed);
}

/* The reader has gone: that is said once, and every reference is given back. */
static void test_last_gives_the_error(void **state)
{
	struct recorder r = {.sink = recording, .err = -EPIPE};
	struct process process = {.refs = 1};
	struct flow f = {.dst.process = &process};
	uint64_t missing;
	struct sink *s;

	(void)state;
	assert_int_equal(last_new(&r.sink, 5, LAST_BYTES_MAX, &s), 0);
	for (int i = 0; i < 7; i++)
		s->flow(s, &f);
	assert_int_equal(last_release(s, &missing), -EPIPE);
	assert_int_equal(process.refs, 1);
	assert_int_equal(r.flushes, 0);
	s->close(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_totals),
		cmocka_unit_test(test_every_loss_is_named),
		cmocka_unit_test(test_last),
		cmocka_unit_test(test_last_of_long_processes),
		cmocka_unit_test(test_last_is_bounded),
		cmocka_unit_test(test_last_prints_when_closed),
		cmocka_unit_test(test_last_gives_the_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
