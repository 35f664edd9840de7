/* SPDX-License-Identifier: MIT */
/*
 * One database of places, a MaxMind DB file (libmaxminddb): MaxMind's own, DB-IP's,
 * and those with flat fields (country_code, city). It is read into memory as a
 * whole, so that the file may be written over, cut or removed at any time. No state
 * is shared: one thread may load while another one looks up.
 */
#ifndef PITOT_FLOWS_NAMES_GEO_DB_H
#define PITOT_FLOWS_NAMES_GEO_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "flows/flow.h"

#define GEO_DB_BYTES_MAX (512u << 20)

struct geo_db;

/* Tells a file from the one that replaced it. Zeroed: there is none. */
struct geo_file {
	dev_t dev;
	ino_t ino;
	off_t size;
	int64_t mtime_ns;
};

/* Strings are cut; untrusted text. */
struct geo_place {
	char country[4];
	uint32_t asn;
	char country_name[128], city[128], as_name[128];
};

struct geo_info {
	char type[64]; /* "GeoLite2-City" */
	uint64_t built_s; /* since the epoch */
	uint64_t bytes; /* of memory */
	uint32_t nodes; /* of the search tree */
};

bool geo_file_of(const char *path, struct geo_file *ret); /* false: no such file */
bool geo_file_same(const struct geo_file *a, const struct geo_file *b);

/*
 * 0, or -errno and one line of why. *ret_file (may be NULL): what it was read from,
 * also where it could be opened but is no database.
 */
int geo_db_load(const char *path, struct geo_db **ret, struct geo_file *ret_file, char *why,
		size_t why_size);
void geo_db_free(struct geo_db *db); /* takes NULL */

const struct geo_info *geo_db_info(const struct geo_db *db);

/* Adds what it knows and *p has not yet. */
void geo_db_find(const struct geo_db *db, const struct ip_addr *a, struct geo_place *p);

#endif
