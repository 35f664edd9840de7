/* SPDX-License-Identifier: MIT */
/* Small databases of places, and a namer that reads them. For cmocka tests: include cmocka.h before. */
#ifndef PITOT_TESTS_PLACE_DATABASES_H
#define PITOT_TESTS_PLACE_DATABASES_H

#include "flows/names/places.h"
#include "tests/unit/mmdb_maker.h"
#include "tests/unit/sample_flows.h"

#define NS_PER_S 1000000000ull

static inline void nested_country(struct mmdb_maker *m, const char *code, const char *name)
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
static inline void make_city(struct mmdb_maker *m, const char *city)
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

static inline void make_asn(struct mmdb_maker *m)
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

struct bench {
	uv_loop_t loop;
	struct namer *namer;
	char root[32], notice[512], rows[2048];
	int notices, failed;
	uint64_t now;
	struct mmdb_maker m;
};

static struct bench b;

static inline void on_notice(void *arg, const char *line)
{
	(void)arg;
	b.notices++;
	snprintf(b.notice, sizeof(b.notice), "%s", line);
}

/* "places city: GeoLite2-City of 2023-11-14, 1 KiB" */
static inline void on_row(void *arg, const struct names_row *row)
{
	size_t n = strlen(b.rows);

	(void)arg;
	b.failed += row->failed;
	snprintf(b.rows + n, sizeof(b.rows) - n, "%s: %s\n", row->what,
		 row->state ? row->state : "");
}

static inline const char *rows(void)
{
	const struct names_rows r = {.row = on_row};

	b.failed = 0;
	b.rows[0] = 0;
	b.namer->status(b.namer, &r);
	return b.rows;
}

static inline int set_up(void **state)
{
	(void)state;
	memset(&b, 0, sizeof(b));
	snprintf(b.root, sizeof(b.root), "/tmp/test_places.XXXXXX");
	return !mkdtemp(b.root);
}

static inline int tear_down(void **state)
{
	char command[64];

	(void)state;
	snprintf(command, sizeof(command), "rm -r %s", b.root);
	return system(command);
}

static inline const char *path_of(const char *name)
{
	static char paths[8][128];
	static unsigned int next;
	char *path = paths[next++ % 8];

	snprintf(path, sizeof(paths[0]), "%s/%s", b.root, name);
	return path;
}

static inline void begin(const char *const *dbs)
{
	const struct names_options opt = {.geoip_dbs = dbs, .root = b.root};
	const struct namer_events ev = {.notice = on_notice};

	uv_loop_init(&b.loop);
	assert_int_equal(places_new(&opt, &b.namer), 0);
	assert_int_equal(b.namer->start(b.namer, &b.loop, &ev), 0);
}

static inline void finish(void)
{
	b.namer->stop(b.namer);
	uv_run(&b.loop, UV_RUN_DEFAULT);
	b.namer->free(b.namer);
	assert_int_equal(uv_loop_close(&b.loop), 0);
}

/* What a flow to that address is given; NULL: nothing. The reference is the caller's. */
static inline struct place *place_of(const char *text, uint32_t identity)
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
static inline const char *where(const char *text)
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
static inline void let_look(void)
{
	for (int i = 0; i < 3; i++) {
		b.now += 6 * NS_PER_S;
		b.namer->tick(b.namer, b.now);
		uv_run(&b.loop, UV_RUN_DEFAULT);
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

#endif
