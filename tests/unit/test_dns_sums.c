/* SPDX-License-Identifier: MIT */
/* DNS summed up: questions and what became of them, by name, client, resolver and type. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "flows/dns_sums.h"
#include "flows/text.h"
#include "flows/where.h"
#include "tests/unit/sample_flows.h"

#define MS 1000000ull

static size_t dns_rows(struct sums *s, enum dns_by by, uint64_t now_ns, struct dns_row **ret)
{
	void *rows;
	size_t n = sums_rows(s, by, now_ns, 10, &rows);

	*ret = rows;
	return n;
}

struct message {
	const char *client, *resolver, *name, *type;
	bool answer, timeout;
	uint16_t rcode;
	uint64_t ms;
};

static struct flow flow_of(const struct message *m)
{
	const char *types[] = {m->type};
	struct ip_addr ip = addr("192.0.2.1");
	struct l7 l = {.type = m->answer ? L7_RESPONSE : L7_REQUEST,
		       .protocol = L7_DNS,
		       .latency_ns = m->ms * MS,
		       .dns = {.query = m->name,
			       .qtypes = types,
			       .n_qtypes = 1,
			       .rcode = m->rcode,
			       .timeout = m->timeout,
			       .ttl = UINT32_MAX}};
	struct flow f = m->answer ? sample(17, m->resolver, 53, m->client, 40000)
				  : sample(17, m->client, 40000, m->resolver, 53);

	if (m->answer && !m->rcode && m->type[0] != 'M') {
		l.dns.ips = &ip;
		l.dns.n_ips = 1;
	}
	f.event = FLOW_L7;
	f.is_reply = m->answer;
	f.l7 = l7_new(&l);
	assert_non_null(f.l7);
	return f;
}

static void add(struct sums *s, uint64_t number, struct message m)
{
	struct flow f = flow_of(&m);

	sums_add(s, &f, number);
	flow_release(&f);
}

#define A "10.0.0.1"
#define B "10.0.0.2"
#define R "10.0.0.53"

static struct sums *filled(void)
{
	struct sums *s;

	assert_int_equal(sums_new(&dns_sums_kind, &s), 0);
	for (int i = 0; i < 10; i++) {
		add(s, 0, (struct message){A, R, "db.shop.", "A", .answer = false});
		add(s, 1, (struct message){A, R, "db.shop.", "A", .answer = true, .ms = i + 1});
	}
	add(s, 2, (struct message){B, R, "db.shop.", "MX", .answer = false});
	add(s, 3, (struct message){B, R, "db.shop.", "MX", .answer = true, .ms = 1});
	add(s, 4, (struct message){B, R, "nope.shop.", "A", .answer = false});
	add(s, 5, (struct message){B, R, "nope.shop.", "A", .answer = true, .rcode = 3, .ms = 2});
	add(s, 6, (struct message){B, "10.0.0.54", "slow.shop.", "A", .answer = false});
	add(s, 7, (struct message){B, "10.0.0.54", "slow.shop.", "A", .timeout = true});
	add(s, 8, (struct message){B, R, "bad.shop.", "A", .answer = true, .rcode = 2, .ms = 3});
	return s;
}

static void test_by_name(void **state)
{
	struct sums *s = filled();
	struct dns_row *rows;
	size_t n = dns_rows(s, DNS_BY_NAME, SAMPLE_NS + 1000 * MS, &rows);
	const struct dns_row *db = &rows[n - 1];

	(void)state;
	assert_int_equal(n, 4);
	assert_int_equal(rows[0].failed, 1); /* failures first */
	assert_string_equal(db->top->name, "db.shop");
	assert_string_equal(db->top->type, "A");
	assert_int_equal(db->types, 2);
	assert_int_equal(db->clients, 2);
	assert_int_equal(db->resolvers, 1);
	assert_int_equal(db->counts.queries, 11);
	assert_int_equal(db->answers, 11);
	assert_int_equal(db->failed, 0);
	assert_int_equal(db->counts.outcomes[DNS_FINE], 10);
	assert_int_equal(db->counts.outcomes[DNS_NODATA], 1);
	assert_in_range(db->p50_ns, 4900000, 5100000);
	assert_in_range(db->p99_ns, 9800000, 10200000);
	assert_true(db->rate > 1.0 && db->rate < 1.2);
	sums_free(s);
}

static void test_outcomes(void **state)
{
	struct sums *s = filled();
	struct dns_row total;

	(void)state;
	dns_sums_totals(s, &total);
	assert_int_equal(total.counts.queries, 13);
	assert_int_equal(total.counts.outcomes[DNS_NXDOMAIN], 1);
	assert_int_equal(total.counts.outcomes[DNS_SERVFAIL], 1);
	assert_int_equal(total.counts.outcomes[DNS_TIMEOUT], 1);
	assert_int_equal(total.failed, 3);
	assert_int_equal(total.counts.newest_failed, 8);
	assert_int_equal(sums_left_out(s), 0);
	sums_free(s);
}

static void test_by_the_others(void **state)
{
	static const size_t n[DNS_BYS] = {4, 2, 2, 2};
	struct sums *s = filled();
	struct dns_row *rows;
	const struct dns_sum *sums[8];

	(void)state;
	for (int by = 0; by < DNS_BYS; by++) {
		size_t got = dns_rows(s, by, SAMPLE_NS, &rows);
		uint64_t queries = 0;

		assert_int_equal(got, n[by]);
		for (size_t i = 0; i < got; i++)
			queries += rows[i].counts.queries;
		assert_int_equal(queries, 13);
	}
	dns_rows(s, DNS_BY_CLIENT, SAMPLE_NS, &rows);
	assert_string_equal(rows[0].top->client.work, B);
	assert_int_equal(rows[0].names, 4);
	assert_int_equal(dns_sums_of_row(s, DNS_BY_CLIENT, rows[0].key, sums, 8), 4);
	assert_int_equal(sums[3]->counts.outcomes[DNS_NODATA], 1); /* what did not fail is last */
	assert_int_equal(dns_sums_of_row(s, DNS_BY_CLIENT, rows[0].key, sums, 2), 2);
	sums_free(s);
}

static void test_expressions_hold(void **state)
{
	struct message m = {B, "10.0.0.54", "slow.shop.", "A", .timeout = true};
	struct message reply = {B, "10.0.0.54", "slow.shop.", "A", .answer = true};
	struct flow f = flow_of(&m), g = flow_of(&reply);
	struct sums *s = filled();
	struct dns_row *rows;

	(void)state;
	for (int by = 0; by < DNS_BYS; by++) {
		size_t n = dns_rows(s, by, SAMPLE_NS, &rows), hits = 0;

		for (size_t i = 0; i < n; i++) {
			struct where_error error;
			struct text t = {0};
			struct where *w;

			assert_true(dns_row_expression(&rows[i], by, &t));
			text_char(&t, '\0');
			if (where_parse(t.data, &w, &error))
				fail_msg("%s: %s", t.data, error.message);
			assert_int_equal(where_pass(w, &f), where_pass(w, &g));
			hits += where_pass(w, &f);
			where_free(w);
			text_free(&t);
		}
		assert_int_equal(hits, 1);
	}
	flow_release(&f);
	flow_release(&g);
	sums_free(s);
}

/* A client's address gets a name while it asks: it stays one row, whose expression finds all. */
static void test_names_that_come(void **state)
{
	static const char *const names[] = {"client.example"};
	struct message m = {B, "10.0.0.54", "slow.shop.", "A", .answer = false};
	struct flow f[] = {flow_of(&m), flow_of(&m)};
	struct where_error error;
	struct sums *s;
	struct dns_row *rows;
	struct text t = {0};
	struct where *w;
	uint64_t epoch;

	(void)state;
	f[1].src.dns = name_list_new(names, 1);
	f[1].time_ns += 2000 * MS;
	assert_int_equal(sums_new(&dns_sums_kind, &s), 0);
	sums_add(s, &f[0], 0);
	epoch = sums_epoch(s);
	sums_add(s, &f[1], 1);
	assert_true(sums_epoch(s) > epoch); /* texts of before are gone */
	assert_int_equal(dns_rows(s, DNS_BY_CLIENT, SAMPLE_NS, &rows), 1);
	assert_int_equal(rows->counts.queries, 2);
	assert_string_equal(rows->top->client.work, "client.example");
	assert_true(dns_row_expression(rows, DNS_BY_CLIENT, &t));
	text_char(&t, '\0');
	if (where_parse(t.data, &w, &error))
		fail_msg("%s: %s", t.data, error.message);
	for (int i = 0; i < 2; i++) {
		assert_true(where_pass(w, &f[i]));
		flow_release(&f[i]);
	}
	where_free(w);
	text_free(&t);
	sums_free(s);
}

/* Names that a client makes up by the thousand. */
static void test_bounded(void **state)
{
	struct sums *s;
	struct dns_row *rows, total;
	uint64_t queries = 0;
	char name[300];
	double rate = 0;
	size_t n;

	(void)state;
	assert_int_equal(sums_new(&dns_sums_kind, &s), 0);
	for (int i = 0; i < 20000; i++) {
		snprintf(name, sizeof(name), "x%d.\033[2J.example.", i);
		add(s, i, (struct message){A, R, name, "A", .answer = false});
		add(s, i, (struct message){A, R, name, "A", .answer = true, .ms = i % 3000});
	}
	n = dns_rows(s, DNS_BY_NAME, SAMPLE_NS + 1000 * MS, &rows);
	assert_in_range(n, SUMS_MAX / 2, SUMS_MAX + 1);
	for (size_t i = 0; i < n; i++) {
		queries += rows[i].counts.queries;
		rate += rows[i].rate;
	}
	assert_int_equal(queries, 20000);
	assert_true(rate > 1999 && rate < 2001);
	dns_sums_totals(s, &total);
	assert_int_equal(sums_left_out(s), 20000 - (n - 1));
	assert_in_range(total.p50_ns, 1400 * MS, 1600 * MS);
	sums_reset(s);
	assert_int_equal(dns_rows(s, DNS_BY_NAME, SAMPLE_NS, &rows), 0);
	add(s, 0, (struct message){A, R, NULL, "", .answer = false});
	add(s, 0, (struct message){A, R, ".", "NS", .answer = false});
	assert_int_equal(dns_rows(s, DNS_BY_NAME, SAMPLE_NS, &rows), 2);
	sums_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_by_name),		cmocka_unit_test(test_outcomes),
		cmocka_unit_test(test_by_the_others),	cmocka_unit_test(test_expressions_hold),
		cmocka_unit_test(test_names_that_come), cmocka_unit_test(test_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
