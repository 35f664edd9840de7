// SPDX-License-Identifier: MIT
/* Names from DNS answers: how many are kept, and what goes first. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "tests/unit/dns_names_fed.h"

static void learn(const char *asker, const char *address, const char *name, uint32_t ttl,
		  uint64_t now_s)
{
	const struct ip_addr from = addr(asker), a = addr(address);
	struct dns_asker k;

	dns_asker_of(NULL, &from, &k);
	dns_cache_learn(cache, &k, &a, name, ttl, now_s * SECOND_NS);
}

static bool known(const char *asker, const char *address, uint64_t connection)
{
	struct flow f = sample(6, asker, 40000, address, 443);
	struct name_list *l;

	f.connection_id = connection;
	f.event = FLOW_NEW;
	l = dns_cache_find(cache, &f, &f.dst, &f.src);
	name_list_put(l);
	return l != NULL;
}

static void test_names_bound(void **state)
{
	struct dns_cache_stats st;

	(void)state;
	learn("10.0.0.1", "192.0.2.1", "a", 600, 100);
	learn("10.0.0.1", "192.0.2.2", "b", 50, 100);
	learn("10.0.0.1", "192.0.2.3", "c", 600, 100);
	learn("10.0.0.1", "192.0.2.4", "d", 600, 100);
	learn("10.0.0.1", "192.0.2.5", "e", 600, 200); /* for b, which has expired */
	dns_cache_stats(cache, &st);
	assert_int_equal(st.names, 4);
	assert_int_equal(st.names_evicted, 0);
	assert_true(known("10.0.0.1", "192.0.2.1", 0));
	assert_false(known("10.0.0.1", "192.0.2.2", 0));
	learn("10.0.0.1", "192.0.2.1", "a", 600, 200); /* asked again: no longer the oldest */
	learn("10.0.0.2", "192.0.2.1", "f", 600, 200); /* for c */
	dns_cache_stats(cache, &st);
	assert_int_equal(st.names, 4);
	assert_int_equal(st.names_evicted, 1);
	assert_true(known("10.0.0.1", "192.0.2.1", 0));
	assert_false(known("10.0.0.1", "192.0.2.3", 0));
	for (int i = 0; i < 3 * 16; i++) /* a sweep takes 16 ticks */
		dns_cache_tick(cache, (900 + i) * SECOND_NS);
	dns_cache_stats(cache, &st);
	assert_int_equal(st.names, 0);
}

/* Many long names for many addresses, each of them in a connection. */
static void test_bytes_bound(void **state)
{
	struct ip_addr a = addr("192.0.2.1"), from = addr("10.0.0.1");
	struct flow f = sample(6, "10.0.0.1", 40000, "192.0.2.1", 443);
	struct dns_cache_stats st;
	struct dns_cache *c;
	struct dns_asker k;
	char name[501];

	(void)state;
	assert_int_equal(dns_cache_new(0, 0, &c), 0);
	dns_asker_of(NULL, &from, &k);
	memset(name, 'a', 500);
	name[500] = 0;
	for (uint32_t i = 0; i < 16 * 8192; i++) {
		a.b[14] = i >> 12;
		a.b[15] = i >> 4;
		a.b[13] = i >> 20;
		name[0] = 'a' + i % 16;
		dns_cache_learn(c, &k, &a, name, 600, 100 * SECOND_NS);
		if (i % 16 != 15)
			continue;
		f.dst.addr = a;
		f.connection_id = i + 1;
		name_list_put(dns_cache_find(c, &f, &f.dst, &f.src));
	}
	dns_cache_stats(c, &st);
	assert_in_range(st.bytes, DNS_CACHE_BYTES / 2, DNS_CACHE_BYTES);
	assert_in_range(st.connection_bytes, DNS_CACHE_BYTES / 2, DNS_CACHE_BYTES + 16384);
	assert_true(st.names < 8192 && st.names_evicted == 8192 - st.names);
	assert_int_equal(st.connections_evicted, 8192 - st.connections);
	for (int i = 0; i < 16; i++)
		dns_cache_tick(c, (9000 + i) * SECOND_NS);
	dns_cache_stats(c, &st);
	assert_int_equal(st.names + st.connections + st.bytes + st.connection_bytes, 0);
	dns_cache_free(c);
}

static void test_connections_bound(void **state)
{
	struct dns_cache_stats st;

	(void)state;
	learn("10.0.0.1", "192.0.2.1", "a", 600, 100);
	for (uint64_t id = 1; id <= 4; id++)
		assert_true(known("10.0.0.1", "192.0.2.1", id));
	dns_cache_tick(cache, 110 * SECOND_NS);
	for (uint64_t id = 1; id <= 4; id++)
		if (id != 3)
			known("10.0.0.1", "192.0.2.1", id);
	assert_true(known("10.0.0.1", "192.0.2.1", 5)); /* for the one that is idle */
	dns_cache_stats(cache, &st);
	assert_int_equal(st.connections, 4);
	assert_int_equal(st.connections_evicted, 1);
	for (int i = 0; i < 16; i++)
		dns_cache_tick(cache, (1000 + i) * SECOND_NS);
	assert_true(known("10.0.0.1", "192.0.2.1", 1)); /* the name itself is gone */
	assert_false(known("10.0.0.1", "192.0.2.1", 3));
	for (int i = 0; i < 16; i++)
		dns_cache_tick(cache, (9000 + i) * SECOND_NS);
	dns_cache_stats(cache, &st);
	assert_int_equal(st.connections, 0);
}

static unsigned int rows;
static char states[256];

static void on_row(void *arg, const struct names_row *r)
{
	(void)arg;
	assert_true(!strncmp(r->what, "dns ", 4));
	assert_true(r->max > 0);
	rows++;
	if (r->state)
		snprintf(states + strlen(states), sizeof(states) - strlen(states), "%s; ",
			 r->state);
}

static void test_status(void **state)
{
	const struct names_rows to = {.row = on_row};
	static struct wire w;

	(void)state;
	dns->status(dns, &to);
	assert_int_equal(rows, 4);
	assert_string_equal(states, "");
	wire_header(&w, 7, 0x8180, 1, 70, 0, 0);
	wire_question(&w, "many.test", 1);
	for (int i = 0; i < 70; i++)
		wire_a(&w, "many.test", 5, 0xc0000201 + i);
	say(RESOLVER, 53, "10.0.0.1", 3000, &w, true, &shop);
	w.n = 20;
	say(RESOLVER, 53, "10.0.0.1", 3000, &w, true, &shop);
	dns->status(dns, &to);
	assert_string_equal(states, "6 records of long messages left out; "
				    "1 messages could not be read; ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_names_bound, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_bytes_bound, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_connections_bound, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_status, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
