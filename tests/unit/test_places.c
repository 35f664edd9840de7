// SPDX-License-Identifier: MIT
/* Places from small databases made here: their layouts, their replacement, and broken ones. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "flows/names/geo_db.h"
#include "flows/names/mmdb_value.h"
#include "flows/names/places.h"
#include "tests/unit/mmdb_maker.h"
#include "tests/unit/sample_flows.h"

#define NS_PER_S 1000000000ull

/* ---------------------------------------------------------------- databases */

static void nested_country(struct mmdb_maker *m, const char *code, const char *name)
{
	mm_text(m, "country");
	mm_map(m, 2);
	mm_text(m, "iso_code");
	mm_text(m, code);
	mm_text(m, "names");
	mm_map(m, 2);
	mm_text(m, "de");
	mm_text(m, "anders");
	mm_text(m, "en");
	mm_text(m, name);
}

/* As MaxMind's and DB-IP's: 93.184.216.0/24 and 8.8.0.0/16. */
static void make_city(struct mmdb_maker *m, const char *city)
{
	memset(m, 0, sizeof(*m));
	mm_network(m, 0x5db8d800, 24);
	mm_map(m, 2);
	mm_text(m, "city");
	mm_map(m, 1);
	mm_text(m, "names");
	mm_map(m, 1);
	mm_text(m, "en");
	mm_text(m, city);
	nested_country(m, "US", "United States");
	mm_network(m, 0x08080000, 16);
	mm_map(m, 1);
	nested_country(m, "US", "United States");
	mm_finish(m, "GeoLite2-City");
}

static void make_asn(struct mmdb_maker *m)
{
	memset(m, 0, sizeof(*m));
	mm_network(m, 0x5db8d800, 22);
	mm_map(m, 2);
	mm_text(m, "autonomous_system_number");
	mm_number(m, 6, 15133);
	mm_text(m, "autonomous_system_organization");
	mm_text(m, "EDGECAST");
	mm_finish(m, "GeoLite2-ASN");
}

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

/* -------------------------------------------------------------- the namer */

struct bench {
	uv_loop_t loop;
	struct namer *namer;
	char root[32], notice[512], rows[2048];
	int notices, failed;
	uint64_t now;
	struct mmdb_maker m;
};

static struct bench b;

static void on_notice(void *arg, const char *line)
{
	(void)arg;
	b.notices++;
	snprintf(b.notice, sizeof(b.notice), "%s", line);
}

/* "places city: GeoLite2-City of 2023-11-14, 1 KiB" */
static void on_row(void *arg, const struct names_row *row)
{
	size_t n = strlen(b.rows);

	(void)arg;
	b.failed += row->failed;
	snprintf(b.rows + n, sizeof(b.rows) - n, "%s: %s\n", row->what,
		 row->state ? row->state : "");
}

static const char *rows(void)
{
	const struct names_rows r = {.row = on_row};

	b.failed = 0;
	b.rows[0] = 0;
	b.namer->status(b.namer, &r);
	return b.rows;
}

static int set_up(void **state)
{
	(void)state;
	memset(&b, 0, sizeof(b));
	snprintf(b.root, sizeof(b.root), "/tmp/test_places.XXXXXX");
	return !mkdtemp(b.root);
}

static int tear_down(void **state)
{
	char command[64];

	(void)state;
	snprintf(command, sizeof(command), "rm -r %s", b.root);
	return system(command);
}

static const char *path_of(const char *name)
{
	static char paths[8][128];
	static unsigned int next;
	char *path = paths[next++ % 8];

	snprintf(path, sizeof(paths[0]), "%s/%s", b.root, name);
	return path;
}

static void begin(const char *const *dbs)
{
	const struct names_options opt = {.geoip_dbs = dbs, .root = b.root};
	const struct namer_events ev = {.notice = on_notice};

	uv_loop_init(&b.loop);
	assert_int_equal(places_new(&opt, &b.namer), 0);
	assert_int_equal(b.namer->start(b.namer, &b.loop, &ev), 0);
}

static void finish(void)
{
	b.namer->stop(b.namer);
	uv_run(&b.loop, UV_RUN_DEFAULT);
	b.namer->free(b.namer);
	assert_int_equal(uv_loop_close(&b.loop), 0);
}

/* What a flow to that address is given; NULL: nothing. The reference is the caller's. */
static struct place *place_of(const char *text, uint32_t identity)
{
	struct flow f;
	struct place *p;

	flow_init(&f);
	f.ip_version = 4;
	f.dst.addr = addr(text);
	f.dst.identity = identity;
	b.namer->end(b.namer, &f, &f.dst, &f.src);
	p = place_get(f.dst.place);
	flow_release(&f);
	return p;
}

/* "US|United States|Los Angeles|AS15133 EDGECAST" */
static const char *where(const char *text)
{
	static char buf[512];
	struct place *p = place_of(text, IDENTITY_WORLD);

	if (!p)
		return "";
	snprintf(buf, sizeof(buf), "%s|%s|%s|AS%u %s", p->country, p->country_name, p->city, p->asn,
		 p->as_name);
	place_put(p);
	return buf;
}

/* Twice the time in which files are looked at, and what is loaded then. */
static void let_look(void)
{
	for (int i = 0; i < 3; i++) {
		b.now += 6 * NS_PER_S;
		b.namer->tick(b.namer, b.now);
		uv_run(&b.loop, UV_RUN_DEFAULT);
	}
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

/* ------------------------------------------------------------- broken files */

static void write_text(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void foreign_files_are_told_and_left_out(void **state)
{
	const char *const dbs[] = {path_of("missing"), path_of("text"),	     path_of("empty"),
				   path_of("."),       path_of("city.mmdb"), NULL};

	(void)state;
	write_text(dbs[1], "this is no database\n");
	write_text(dbs[2], "");
	make_city(&b.m, "Los Angeles");
	mm_write(&b.m, dbs[4]);
	begin(dbs);
	let_look();
	assert_int_equal(b.notices, 4);
	assert_string_equal(where("93.184.216.34"), "US|United States|Los Angeles|AS0 ");
	rows();
	assert_int_equal(b.failed, 4);
	assert_non_null(strstr(b.rows, "No such file or directory"));
	assert_non_null(strstr(b.rows, "it is no file"));
	assert_non_null(strstr(b.rows, "it is empty"));
	make_asn(&b.m);
	mm_write(&b.m, dbs[0]); /* it comes later */
	let_look();
	assert_string_equal(where("93.184.216.34"),
			    "US|United States|Los Angeles|AS15133 EDGECAST");
	assert_int_equal(b.notices, 4);
	finish();
}

/* Every length, and a byte changed at every place: refused or looked up in, nothing else. */
static void no_damage_does_harm(void **state)
{
	const char *path = path_of("city.mmdb");
	struct geo_place p;
	struct geo_db *db;
	char why[160];
	struct ip_addr a = addr("93.184.216.34");
	size_t size;

	(void)state;
	make_city(&b.m, "Los Angeles");
	size = b.m.out_len;
	for (size_t i = 0; i < size; i++) {
		b.m.out_len = i;
		mm_write(&b.m, path);
		assert_int_not_equal(geo_db_load(path, &db, NULL, why, sizeof(why)), 0);
	}
	b.m.out_len = size;
	for (size_t i = 0; i < size; i++) {
		b.m.out[i] ^= 0xff;
		mm_write(&b.m, path);
		if (!geo_db_load(path, &db, NULL, why, sizeof(why))) {
			p = (struct geo_place){0};
			geo_db_find(db, &a, &p);
			geo_db_free(db);
		}
		b.m.out[i] ^= 0xff;
	}
}

static void deep_and_growing_values(void **state)
{
	static uint8_t v[200000];
	size_t n = 0;

	(void)state;
	/* an array of an array of ... */
	for (n = 0; n < sizeof(v); n += 2)
		v[n] = 1, v[n + 1] = 4;
	assert_false(mmdb_value_ok(v, sizeof(v), 0));
	/* the deepest that is decoded, and one more */
	for (n = 0; n < 26; n += 2)
		v[n] = 1, v[n + 1] = 4;
	v[22] = 0x40; /* a text in 11 arrays */
	assert_true(mmdb_value_ok(v, 23, 0));
	v[22] = 1;
	v[24] = 0x40;
	assert_false(mmdb_value_ok(v, 25, 0));
	/* ten arrays, each of ten pointers to the next: 10^10 values */
	memset(v, 0, sizeof(v));
	n = 0;
	for (int i = 0; i < 10; i++) {
		v[n++] = 10, v[n++] = 4;
		for (int k = 0; k < 10; k++)
			v[n++] = 0x20, v[n++] = (i + 1) * 22;
	}
	v[n++] = 0x41, v[n++] = 'x';
	assert_false(mmdb_value_ok(v, n, 0));
	assert_true(mmdb_value_ok(v, n, 9 * 22));
	assert_true(mmdb_value_ok(v, n, 8 * 22)); /* 111 values */
	/* a pointer to itself, to a pointer, to beyond */
	assert_false(mmdb_value_ok((const uint8_t *)"\x20\x00", 2, 0));
	assert_false(mmdb_value_ok((const uint8_t *)"\x20\x02\x20\x04\x40", 5, 0));
	assert_false(mmdb_value_ok((const uint8_t *)"\x20\x02", 2, 0));
	assert_true(mmdb_value_ok((const uint8_t *)"\x20\x02\x40", 3, 0));
	/* a text longer than the file, a map of 16 million pairs */
	assert_false(mmdb_value_ok((const uint8_t *)"\x42x", 2, 0));
	assert_false(mmdb_value_ok((const uint8_t *)"\xff\xff\xff\xff", 4, 0));
	assert_false(mmdb_value_ok(v, 0, 0));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(databases_add_up),
		TEST(flat_databases),
		TEST(the_usual_places),
		TEST(a_replaced_file_is_read),
		TEST(a_broken_successor_is_not_taken),
		TEST(a_stop_while_loading),
		TEST(foreign_files_are_told_and_left_out),
		TEST(no_damage_does_harm),
		cmocka_unit_test(deep_and_growing_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
