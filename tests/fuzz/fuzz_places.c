/* SPDX-License-Identifier: MIT */
/*
 * A database of places of any bytes, through the loader: refused, or looked up in.
 * libmaxminddb has no coverage here; what it is spared (mmdb_value.c) has. Its
 * leaks of a few hundred bytes after a refused file are known: a file is read when it
 * changes. Leaks of ours are for test_places to find.
 */
#include <arpa/inet.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <stdio.h>

#include "flows/names/geo_db.h"
#include "flows/names/mmdb_value.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__asan_default_options(void);

const char *__asan_default_options(void)
{
	return "detect_leaks=0";
}

static void check(int holds)
{
	if (!holds)
		abort();
}

static void look_up(const struct geo_db *db, const struct ip_addr *a)
{
	struct geo_place p = {0};

	geo_db_find(db, a, &p);
	check(memchr(p.country, 0, sizeof(p.country)) && memchr(p.city, 0, sizeof(p.city)));
	check(memchr(p.country_name, 0, sizeof(p.country_name)) &&
	      memchr(p.as_name, 0, sizeof(p.as_name)));
	check(!*p.country || (p.country[0] >= 'A' && p.country[1] <= 'Z' && !p.country[2]));
}

/* Also addresses that the input chooses. */
static void look_up_some(const struct geo_db *db, const uint8_t *data, size_t size)
{
	struct ip_addr a = {
		.b = {[10] = 0xff, [11] = 0xff, [12] = 1, [13] = 1, [14] = 1, [15] = 1}};

	look_up(db, &a);
	for (size_t at = 0; at + 16 <= size && at < 256; at += 16) {
		memcpy(a.b + 12, data + at, 4);
		look_up(db, &a);
		memcpy(&a, data + at, 16);
		look_up(db, &a);
		memset(&a, 0, 12);
		a.b[10] = a.b[11] = 0xff;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int fd = -1;
	char path[40], why[160] = "";
	struct geo_db *db;

	for (size_t at = 0; at < size && at < 64; at++)
		mmdb_value_ok(data, size, at);
	if (fd < 0)
		fd = memfd_create("fuzz", 0);
	if (ftruncate(fd, 0) || pwrite(fd, data, size, 0) != (ssize_t)size)
		return 0;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (geo_db_load(path, &db, NULL, why, sizeof(why))) {
		check(*why);
		return 0;
	}
	check(memchr(geo_db_info(db)->type, 0, sizeof(geo_db_info(db)->type)) != NULL);
	look_up_some(db, data, size);
	geo_db_free(db);
	return 0;
}
