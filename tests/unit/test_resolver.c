// SPDX-License-Identifier: MIT
/* Reverse look-ups: which addresses, messages byte for byte, the cache. */
#include <setjmp.h>
#include <stdarg.h>
#include <unistd.h>

#include <cmocka.h>

#include "flows/names/addr_cache.h"
#include "flows/names/resolver.h"
#include "flows/names/reverse.h"
#include "flows/names/world.h"
#include "tests/unit/resolver_end.h"

/* ------------------------------------------------------------- world or not */

static void which_addresses_are_world(void **state)
{
	static const struct {
		const char *text;
		bool world;
	} rows[] = {
		{"93.184.216.34", true},
		{"1.1.1.1", true},
		{"223.255.255.255", true},
		{"0.0.0.0", false},
		{"0.1.2.3", false},
		{"10.255.0.1", false},
		{"9.255.255.255", true},
		{"11.0.0.0", true},
		{"127.0.0.1", false},
		{"100.63.255.255", true},
		{"100.64.0.0", false},
		{"100.127.255.255", false},
		{"100.128.0.0", true},
		{"169.254.1.1", false},
		{"169.253.1.1", true},
		{"172.15.255.255", true},
		{"172.16.0.0", false},
		{"172.31.255.255", false},
		{"172.32.0.0", true},
		{"192.168.0.1", false},
		{"192.167.255.255", true},
		{"192.0.0.8", false},
		{"192.0.1.1", true},
		{"192.0.2.1", false},
		{"198.17.255.255", true},
		{"198.18.0.0", false},
		{"198.19.255.255", false},
		{"198.20.0.0", true},
		{"198.51.100.7", false},
		{"198.51.101.7", true},
		{"203.0.113.9", false},
		{"203.0.112.9", true},
		{"224.0.0.1", false},
		{"239.1.1.1", false},
		{"240.0.0.1", false},
		{"255.255.255.255", false},
		{"2606:4700::1111", true},
		{"2a00:1450::1", true},
		{"3ffe::1", true},
		{"::", false},
		{"::1", false},
		{"fe80::1", false},
		{"fd00::1", false},
		{"fc00::1", false},
		{"ff02::1", false},
		{"2001:db8::1", false},
		{"3fff:1123::1", true},
		{"3fff:0:1::1", false},
		{"2001:2::1", false},
		{"2001:2:1::1", true},
		{"2001:10::1", false},
		{"2001:20::1", false},
		{"2001:30::1", true},
		{"64:ff9b::101:101", false},
		{"2002:a00:1::1", false},
		{"2002:101:101::1", true},
		{"4000::1", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ip_addr a = addr(rows[i].text);

		if (addr_is_world(&a) != rows[i].world)
			fail_msg("%s is %sworld", rows[i].text, rows[i].world ? "" : "not ");
	}
}

/* ----------------------------------------------------------------- messages */

static void what_is_asked_for(void **state)
{
	struct ip_addr v4 = addr("93.184.216.34"), v6 = addr("2001:db8::567:89ab");
	char buf[REVERSE_QUERY_MAX];

	(void)state;
	assert_string_equal(reverse_query(&v4, buf), "34.216.184.93.in-addr.arpa");
	assert_string_equal(
		reverse_query(&v6, buf),
		"b.a.9.8.7.6.5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa");
}

#define HEAD(answers) "\x12\x34\x81\x80\x00\x01\x00" answers "\x00\x00\x00\x00"
#define QUESTION      \
	"\x01"        \
	"1\x01"       \
	"2\x01"       \
	"3\x01"       \
	"4\x07"       \
	"in-addr\x04" \
	"arpa\x00\x00\x0c\x00\x01"
#define SELF "\xc0\x0c"
#define ANSWER(type, ttl, len) "\x00" type "\x00\x01" ttl "\x00" len
#define QUERY "1.2.3.4.in-addr.arpa"

/* Exactly as large as its content: a sanitizer sees a byte read too many. */
static int read_message(const void *bytes, size_t size, struct reverse_names *ret)
{
	uint8_t *copy = malloc(size ? size : 1);
	int err;

	memcpy(copy, bytes, size);
	err = reverse_names(copy, size, QUERY, ret);
	free(copy);
	return err;
}

static void answers_are_read(void **state)
{
	static const char two[] = HEAD("\x02") QUESTION SELF ANSWER(
		"\x0c", "\x00\x00\x0e\x10",
		"\x0b") "\x03"
			"WWW\x01"
			"a\x03"
			"net\x00" SELF ANSWER("\x0c", "\x00\x00\x00\x3c", "\x07") "\x01"
										  "b\x03"
										  "org\x00";
	static const char delegated[] = HEAD("\x02") QUESTION SELF ANSWER(
		"\x05", "\x00\x00\x01\x00",
		"\x07") "\x04"
			"0/25\xc0\x0c"
			"\x04"
			"0/25\xc0\x0c" ANSWER("\x0c", "\x00\x00\x02\x00", "\x05") "\x03"
										  "x.y\x00";
	struct reverse_names n;

	(void)state;
	assert_int_equal(read_message(two, sizeof(two) - 1, &n), 0);
	assert_int_equal(n.n, 2);
	assert_string_equal(n.names[0], "www.a.net");
	assert_string_equal(n.names[1], "b.org");
	assert_int_equal(n.ttl_s, 60);
	/* a dot within a label is no host's name */
	assert_int_equal(read_message(delegated, sizeof(delegated) - 1, &n), 0);
	assert_int_equal(n.n, 0);
}

static void delegated_answers_are_followed(void **state)
{
	static const char m[] = HEAD("\x03") QUESTION SELF ANSWER(
		"\x05", "\x00\x00\x01\x00",
		"\x07") "\x04"
			"0/25\xc0\x0c"
			/* of another owner: somebody's attempt */
			"\x01"
			"9\xc0\x0c" ANSWER("\x0c", "\x00\x00\x00\x05",
					   "\x06") "\x04"
						   "evil\x00"
						   "\x04"
						   "0/25\xc0\x0c" ANSWER("\x0c", "\x00\x00\x02\x00",
									 "\x06") "\x04"
										 "good\x00";
	struct reverse_names n;

	(void)state;
	assert_int_equal(read_message(m, sizeof(m) - 1, &n), 0);
	assert_int_equal(n.n, 1);
	assert_string_equal(n.names[0], "good");
	assert_int_equal(n.ttl_s, 256);
}

static void hostile_answers_are_refused(void **state)
{
	static const char control[] =
		HEAD("\x01") QUESTION SELF ANSWER("\x0c", "\x00\x00\x0e\x10", "\x06") "\x04"
										      "a\x1b[m\x00";
	static const char loop[] =
		HEAD("\x01") QUESTION SELF ANSWER("\x0c", "\x00\x00\x0e\x10", "\x02") "\xc0\x32";
	static const char beyond[] =
		HEAD("\x01") QUESTION SELF ANSWER("\x0c", "\x00\x00\x0e\x10", "\xff") "\x01"
										      "a\x00";
	static const char counts[] = "\x12\x34\x81\x80\xff\xff\xff\xff\x00\x00\x00\x00";
	struct reverse_names n;

	(void)state;
	assert_int_equal(read_message(control, sizeof(control) - 1, &n), 0);
	assert_int_equal(n.n, 0);
	assert_int_equal(read_message(loop, sizeof(loop) - 1, &n), -EBADMSG);
	assert_int_equal(read_message(beyond, sizeof(beyond) - 1, &n), -EBADMSG);
	assert_int_equal(read_message(counts, sizeof(counts) - 1, &n), -EBADMSG);
	for (size_t size = 0; size < sizeof(control) - 1; size++) {
		read_message(control, size, &n);
		assert_int_equal(n.n, 0);
	}
}

/* --------------------------------------------------------------- the cache */

static int released;

static void count_release(void *value)
{
	(void)value;
	released++;
}

static void the_least_used_makes_room(void **state)
{
	struct addr_cache *c;
	struct ip_addr a;

	(void)state;
	released = 0;
	assert_int_equal(addr_cache_new(100, count_release, &c), 0);
	for (unsigned int i = 0; i < 1000; i++) {
		a = numbered(0);
		if (i) /* used all the time */
			assert_ptr_equal(addr_cache_find(c, &a)->value, &released);
		a = numbered(i);
		assert_null(addr_cache_find(c, &a));
		addr_cache_add(c, &a)->value = &released;
	}
	assert_int_equal(addr_cache_count(c), 100);
	assert_int_equal(addr_cache_evicted(c), 900);
	assert_int_equal(released, 900);
	for (unsigned int i = 0; i < 1000; i++) {
		a = numbered(i);
		assert_int_equal(!!addr_cache_find(c, &a), !i || i > 900);
	}
	addr_cache_free(c);
	assert_int_equal(released, 1000);
}

/* CPU time of as many finds as there is room for; the addresses differ in these two bytes. */
static clock_t time_of_finds(unsigned int at)
{
	struct ip_addr a = {.b = {0x20, 0x01, 0x0d, 0xb8, [15] = 1}};
	struct addr_cache *c;
	clock_t from;

	assert_int_equal(addr_cache_new(ADDR_CACHE_MAX, count_release, &c), 0);
	from = clock();
	for (int round = 0; round < 2; round++)
		for (unsigned int i = 0; i < ADDR_CACHE_MAX; i++) {
			a.b[at] = i >> 8;
			a.b[at + 1] = i;
			if (!addr_cache_find(c, &a))
				addr_cache_add(c, &a);
		}
	from = clock() - from;
	assert_int_equal(addr_cache_count(c), ADDR_CACHE_MAX);
	addr_cache_free(c);
	return from;
}

/* The networks of a site, the hosts of a network: none of these are all in one bucket. */
static void addresses_that_are_alike_spread(void **state)
{
	(void)state;
	for (unsigned int at = 4; at < 14; at++)
		assert_true(time_of_finds(at) < CLOCKS_PER_SEC / 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(which_addresses_are_world),
		cmocka_unit_test(what_is_asked_for),
		cmocka_unit_test(answers_are_read),
		cmocka_unit_test(delegated_answers_are_followed),
		cmocka_unit_test(hostile_answers_are_refused),
		cmocka_unit_test(the_least_used_makes_room),
		cmocka_unit_test(addresses_that_are_alike_spread),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
