// SPDX-License-Identifier: MIT
/* Places from small databases made here: their layouts, and their replacement. */
#include <setjmp.h>
#include <stdarg.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/place_databases.h"

/* ---------------------------------------------------------------- databases */

/* As @ip-location-db's and IPinfo's. */
static void make_flat(struct mmdb_maker *m, const char *country)
{
	memset(m, 0, sizeof(*m));
	mm_network(m, 0x5db8d800, 24);
	mm_map(m, 4);
	mm_text(m, "country_code");
	mm_text(m, country);
	mm_text(m, "city");
	mm_text(m, "Los Angeles");
	mm_text(m, "asn");
	mm_text(m, "AS64496");
	mm_text(m, "as_name");
	mm_text(m, "Example, Inc.");
	mm_finish(m, "city ipv4");
}

/* ----------------------------------------------------------------- look-ups */

static void databases_add_up(void **state)
{
	const char *const dbs[] = {path_of("city.mmdb"), path_of("asn.mmdb"), NULL};
	struct place *one, *other;

	(void)state;
	make_city(&b.m, "Los Angeles");
	mm_write(&b.m, dbs[0]);
	make_asn(&b.m);
	mm_write(&b.m, dbs[1]);
	begin(dbs);
	assert_int_equal(b.notices, 0);
	assert_string_equal(where("93.184.216.34"),
			    "US|United States|Los Angeles|AS15133 EDGECAST");
	assert_string_equal(where("93.184.217.1"), "|||AS15133 EDGECAST");
	assert_string_equal(where("8.8.8.8"), "US|United States||AS0 ");
	assert_string_equal(where("9.9.9.9"), "");
	assert_string_equal(where("9.9.9.9"), ""); /* what is nowhere is remembered as well */
	assert_string_equal(where("2606:4700::1"), ""); /* IPv4 only */
	one = place_of("93.184.216.1", IDENTITY_WORLD);
	other = place_of("93.184.216.2", IDENTITY_WORLD);
	assert_ptr_equal(one, other);
	place_put(one);
	place_put(other);
	assert_null(place_of("93.184.216.1", IDENTITY_HOST));
	assert_null(place_of("10.0.0.1", IDENTITY_WORLD));
	assert_non_null(strstr(rows(), "places city.mmdb: GeoLite2-City of 2023-11-14, "));
	assert_non_null(strstr(b.rows, "places asn.mmdb: GeoLite2-ASN of 2023-11-14, "));
	assert_int_equal(b.failed, 0);
	finish();
}

static void flat_databases(void **state)
{
	const char *const dbs[] = {path_of("flat.mmdb"), NULL};

	(void)state;
	make_flat(&b.m, "us");
	mm_write(&b.m, dbs[0]);
	begin(dbs);
	assert_string_equal(where("93.184.216.34"), "US||Los Angeles|AS64496 Example, Inc.");
	finish();
	make_flat(&b.m, "U\x1b");
	mm_write(&b.m, dbs[0]);
	begin(dbs);
	assert_string_equal(where("93.184.216.34"), "||Los Angeles|AS64496 Example, Inc.");
	finish();
}

static void the_usual_places(void **state)
{
	(void)state;
	mkdir(path_of("usr"), 0700);
	mkdir(path_of("usr/share"), 0700);
	mkdir(path_of("usr/share/GeoIP"), 0700);
	mkdir(path_of("var"), 0700);
	mkdir(path_of("var/lib"), 0700);
	mkdir(path_of("var/lib/GeoIP"), 0700);
	begin(NULL);
	assert_string_equal(where("93.184.216.34"), "");
	assert_non_null(strstr(rows(), "places: no database in the usual places"));
	assert_int_equal(b.notices, 0);
	make_flat(&b.m, "DE");
	mm_write(&b.m, path_of("usr/share/GeoIP/dbip-country-lite-2023-11.mmdb"));
	make_flat(&b.m, "FR");
	mm_write(&b.m, path_of("usr/share/GeoIP/dbip-country-lite-2023-12.mmdb"));
	make_asn(&b.m);
	mm_write(&b.m, path_of("var/lib/GeoIP/GeoLite2-ASN.mmdb"));
	let_look();
	/* each slot adds what the ones before it do not have */
	assert_string_equal(where("93.184.216.34"), "FR||Los Angeles|AS64496 Example, Inc.");
	assert_string_equal(where("93.184.217.1"), "|||AS15133 EDGECAST");
	/* a city's database makes the country's superfluous */
	make_city(&b.m, "Los Angeles");
	mm_write(&b.m, path_of("var/lib/GeoIP/GeoLite2-City.mmdb"));
	let_look();
	assert_string_equal(where("93.184.216.34"),
			    "US|United States|Los Angeles|AS15133 EDGECAST");
	assert_null(strstr(rows(), "places country"));
	assert_int_equal(b.notices, 0);
	finish();
}

/* -------------------------------------------------------------- replacement */

static void a_replaced_file_is_read(void **state)
{
	const char *const dbs[] = {path_of("city.mmdb"), NULL};

	(void)state;
	make_city(&b.m, "Old Town");
	mm_write(&b.m, dbs[0]);
	begin(dbs);
	let_look();
	assert_string_equal(where("93.184.216.34"), "US|United States|Old Town|AS0 ");
	make_city(&b.m, "New Town");
	mm_write(&b.m, path_of("city.new"));
	assert_int_equal(rename(path_of("city.new"), dbs[0]), 0);
	b.now += 6 * NS_PER_S;
	b.namer->tick(b.namer, b.now);
	uv_run(&b.loop, UV_RUN_DEFAULT);
	/* it may still be written to */
	assert_string_equal(where("93.184.216.34"), "US|United States|Old Town|AS0 ");
	let_look();
	assert_string_equal(where("93.184.216.34"), "US|United States|New Town|AS0 ");
	assert_int_equal(b.notices, 0);
	finish();
}

static void a_broken_successor_is_not_taken(void **state)
{
	const char *const dbs[] = {path_of("city.mmdb"), NULL};

	(void)state;
	make_city(&b.m, "Old Town");
	mm_write(&b.m, dbs[0]);
	begin(dbs);
	/* cut while it is in use: a mapped file would end the program here */
	assert_int_equal(truncate(dbs[0], 100), 0);
	assert_string_equal(where("93.184.216.34"), "US|United States|Old Town|AS0 ");
	let_look();
	let_look();
	assert_int_equal(b.notices, 1);
	assert_non_null(strstr(b.notice,
			       "city.mmdb\": it is no MaxMind database, or was cut short; "
			       "the one of before stays"));
	assert_string_equal(where("93.184.216.35"), "US|United States|Old Town|AS0 ");
	assert_non_null(strstr(rows(), "GeoLite2-City of 2023-11-14"));
	assert_int_equal(b.failed, 1);
	assert_int_equal(unlink(dbs[0]), 0);
	let_look();
	assert_string_equal(where("93.184.216.36"), "US|United States|Old Town|AS0 ");
	make_city(&b.m, "New Town");
	mm_write(&b.m, dbs[0]);
	let_look();
	assert_string_equal(where("93.184.216.34"), "US|United States|New Town|AS0 ");
	rows();
	assert_int_equal(b.failed, 0);
	assert_int_equal(b.notices, 1);
	finish();
}

/* The loop ends although a database is being loaded. */
static void a_stop_while_loading(void **state)
{
	const char *const dbs[] = {path_of("city.mmdb"), NULL};

	(void)state;
	make_city(&b.m, "Old Town");
	mm_write(&b.m, dbs[0]);
	begin(dbs);
	b.now += 6 * NS_PER_S;
	b.namer->tick(b.namer, b.now);
	make_city(&b.m, "New Town!");
	mm_write(&b.m, dbs[0]);
	for (int i = 0; i < 2; i++) {
		b.now += 6 * NS_PER_S;
		b.namer->tick(b.namer, b.now);
	}
	assert_true(uv_loop_alive(&b.loop));
	finish();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(databases_add_up),
		TEST(flat_databases),
		TEST(the_usual_places),
		TEST(a_replaced_file_is_read),
		TEST(a_broken_successor_is_not_taken),
		TEST(a_stop_while_loading),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
