// SPDX-License-Identifier: MIT
/* Databases of places that are foreign, damaged, or without an end. */
#include <setjmp.h>
#include <stdarg.h>
#include <unistd.h>

#include <cmocka.h>

#include "flows/names/geo_db.h"
#include "flows/names/mmdb_value.h"
#include "tests/unit/place_databases.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(foreign_files_are_told_and_left_out),
		TEST(no_damage_does_harm),
		cmocka_unit_test(deep_and_growing_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
