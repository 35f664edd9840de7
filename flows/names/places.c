// SPDX-License-Identifier: MIT
#include "flows/names/places.h"

#include <errno.h>
#include <glob.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "flows/names/addr_cache.h"
#include "flows/names/geo_db.h"
#include "flows/names/world.h"
#include "flows/table.h"

#define DBS_MAX 16
#define CHECK_NS 5000000000ull
#define SHARED 4096 /* places that many addresses have in common; a power of two */
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* What a database is for, where none was named: the first file that is there is taken. */
enum role { ROLE_CITY, ROLE_COUNTRY, ROLE_ASN, ROLES };

static const char *const role_names[ROLES] = {"city", "country", "asn"};
static const char *const role_files[ROLES][5] = {
	{"GeoIP2-City.mmdb", "GeoLite2-City.mmdb", "dbip-city*.mmdb"},
	{"GeoIP2-Country.mmdb", "GeoLite2-Country.mmdb", "dbip-country*.mmdb"},
	{"GeoIP2-ISP.mmdb", "GeoLite2-ASN.mmdb", "dbip-asn*.mmdb"},
};
static const char *const folders[] = {"/usr/share/GeoIP", "/var/lib/GeoIP",
				      "/usr/local/share/GeoIP"};

struct slot {
	char *path; /* NULL: nothing was found for that role */
	struct geo_db *db;
	struct geo_file tried, seen; /* when it was last loaded; a check ago */
	char why[160]; /* "": loaded well */
};

/* A database that is being loaded again, beside the loop. */
struct reload {
	uv_work_t work;
	struct places *places;
	struct slot *slot;
	char *path;
	struct geo_db *db;
	struct geo_file file;
	char why[160];
	int err;
};

struct places {
	struct namer namer;
	uv_loop_t *loop;
	struct namer_events ev;
	char *root;
	struct slot slots[DBS_MAX];
	unsigned int n, left_out;
	bool named; /* by --geoip-db: the slots are no roles */
	bool stopped;
	struct reload *reload; /* one at a time; NULL: none */
	uint64_t checked_ns;
	struct addr_cache *cache;
	struct place *shared[SHARED];
};

static void release_place(void *value)
{
	place_put(value);
}

/* --------------------------------------------------------------- look-ups */

static bool same(const struct place *a, const struct place *b)
{
	return a->asn == b->asn && !strcmp(a->country, b->country) && !strcmp(a->city, b->city) &&
	       !strcmp(a->as_name, b->as_name) && !strcmp(a->country_name, b->country_name);
}

/* Addresses of one city and network share its place. A reference of the caller's; NULL without memory. */
static struct place *shared_place(struct places *p, const struct place *found)
{
	const uint64_t parts[] = {
		table_hash(found->country, strlen(found->country)),
		table_hash(found->city, strlen(found->city)),
		found->asn,
	};
	struct place **at = &p->shared[table_hash(parts, sizeof(parts)) & (SHARED - 1)];

	if (!*at || !same(*at, found)) {
		place_put(*at);
		*at = place_new(found);
	}
	return place_get(*at);
}

/* NULL: nowhere, as far as the databases know. */
static struct place *look_up(struct places *p, const struct ip_addr *a)
{
	struct geo_place g = {0};
	struct place found;

	for (unsigned int i = 0; i < p->n; i++)
		if (p->slots[i].db)
			geo_db_find(p->slots[i].db, a, &g);
	if (!g.asn && !*g.country && !*g.country_name && !*g.city && !*g.as_name)
		return NULL;
	found = (struct place){
		.asn = g.asn,
		.country_name = g.country_name,
		.city = g.city,
		.as_name = g.as_name,
	};
	memcpy(found.country, g.country, sizeof(found.country));
	return shared_place(p, &found);
}

static void places_end(struct namer *n, const struct flow *f, struct flow_end *e,
		       const struct flow_end *other)
{
	struct places *p = (struct places *)n;
	struct addr_entry *known;

	(void)f;
	(void)other;
	if (e->place || !end_is_world(e))
		return;
	known = addr_cache_find(p->cache, &e->addr);
	if (!known) {
		known = addr_cache_add(p->cache, &e->addr);
		known->value = look_up(p, &e->addr);
	}
	e->place = place_get(known->value);
}

static void forget(struct places *p)
{
	addr_cache_clear(p->cache);
	for (size_t i = 0; i < SHARED; i++) {
		place_put(p->shared[i]);
		p->shared[i] = NULL;
	}
}

/* --------------------------------------------------------------- the files */

static void tell(struct places *p, const struct slot *s)
{
	char line[512];

	snprintf(line, sizeof(line), "places: cannot use \"%s\": %s%s", s->path, s->why,
		 s->db ? "; the one of before stays" : "");
	p->ev.notice(p->ev.arg, line);
}

static void set_path(struct slot *s, char *path)
{
	free(s->path);
	s->path = path;
	s->seen = s->tried = (struct geo_file){0};
	*s->why = 0;
}

/* The outcome of a load: on failure what was there stays. */
static void take(struct places *p, struct slot *s, int err, struct geo_db *db,
		 const struct geo_file *file, const char *why)
{
	bool news = strcmp(s->why, err ? why : "") != 0;

	s->tried = *file;
	snprintf(s->why, sizeof(s->why), "%s", err ? why : "");
	if (!err) {
		geo_db_free(s->db);
		s->db = db;
		forget(p);
	} else if (news) {
		tell(p, s);
	}
}

static void load_now(struct places *p, struct slot *s)
{
	struct geo_db *db = NULL;
	struct geo_file file;
	char why[160] = "";
	int err = geo_db_load(s->path, &db, &file, why, sizeof(why));

	s->seen = file;
	take(p, s, err, db, &file, why);
}

static void work(uv_work_t *w)
{
	struct reload *r = w->data;

	r->err = geo_db_load(r->path, &r->db, &r->file, r->why, sizeof(r->why));
}

static void worked(uv_work_t *w, int status)
{
	struct reload *r = w->data;
	struct places *p = r->places;

	p->reload = NULL;
	/* status: cancelled. The slot may have become another file's meanwhile. */
	if (!status && !p->stopped && r->slot->path && !strcmp(r->slot->path, r->path))
		take(p, r->slot, r->err, r->db, &r->file, r->why);
	else if (!status && !r->err)
		geo_db_free(r->db);
	free(r->path);
	free(r);
}

static void begin_reload(struct places *p, struct slot *s)
{
	struct reload *r = calloc(1, sizeof(*r));

	if (r)
		r->path = strdup(s->path);
	if (!r || !r->path) {
		free(r);
		return; /* next time */
	}
	r->places = p;
	r->slot = s;
	r->work.data = r;
	if (uv_queue_work(p->loop, &r->work, work, worked)) {
		free(r->path);
		free(r);
		return;
	}
	p->reload = r;
}

/* A file that was replaced is read when it has stopped to change. */
static void check_slot(struct places *p, struct slot *s)
{
	struct geo_file now;
	bool there, quiet;

	if (!s->path)
		return;
	there = geo_file_of(s->path, &now);
	quiet = geo_file_same(&now, &s->seen);
	s->seen = now;
	if (there && quiet && !p->reload && !geo_file_same(&now, &s->tried))
		begin_reload(p, s);
}

/* The last of the files that match: DB-IP has the month in the name. NULL: there is none. */
static char *find_file(const struct places *p, enum role role)
{
	char pattern[4096], *path = NULL;
	glob_t g;

	for (size_t i = 0; i < COUNT(folders) * COUNT(role_files[0]) && !path; i++) {
		const char *name = role_files[role][i % COUNT(role_files[0])];

		if (!name ||
		    snprintf(pattern, sizeof(pattern), "%s%s/%s", p->root,
			     folders[i / COUNT(role_files[0])], name) >= (int)sizeof(pattern))
			continue;
		if (!glob(pattern, 0, NULL, &g) && g.gl_pathc)
			path = strdup(g.gl_pathv[g.gl_pathc - 1]);
		globfree(&g);
	}
	return path;
}

/* A city's database has the countries as well. */
static char *file_for(const struct places *p, enum role role)
{
	if (role == ROLE_COUNTRY && p->slots[ROLE_CITY].db)
		return NULL;
	return find_file(p, role);
}

/* True: the slot has another file than before. What was loaded stays until the new one is. */
static bool look_around(struct places *p, enum role role)
{
	struct slot *s = &p->slots[role];
	char *path = file_for(p, role);

	if (!path && role == ROLE_COUNTRY && s->db && p->slots[ROLE_CITY].db) {
		geo_db_free(s->db);
		s->db = NULL;
		forget(p);
		set_path(s, NULL);
	}
	if (!path || (s->path && !strcmp(path, s->path))) {
		free(path);
		return false;
	}
	set_path(s, path);
	return true;
}

static void places_tick(struct namer *n, uint64_t now_ns)
{
	struct places *p = (struct places *)n;

	if (p->checked_ns && now_ns - p->checked_ns < CHECK_NS)
		return;
	p->checked_ns = now_ns;
	for (unsigned int i = 0; i < p->n; i++) {
		if (!p->named)
			look_around(p, i);
		check_slot(p, &p->slots[i]);
	}
}

/* ------------------------------------------------------------------ the run */

/* At the start it is waited for (2 ms for a country, 100 ms for a city database): no flow without its place. */
static int places_start(struct namer *n, uv_loop_t *loop, const struct namer_events *ev)
{
	struct places *p = (struct places *)n;

	p->loop = loop;
	p->ev = *ev;
	for (unsigned int i = 0; i < p->n; i++)
		if (p->named || look_around(p, i))
			load_now(p, &p->slots[i]);
	if (p->left_out)
		p->ev.notice(p->ev.arg, "places: 16 databases are used, the further ones are not");
	return 0;
}

static void status_db(const struct places *p, unsigned int i, const struct names_rows *rows)
{
	const struct slot *s = &p->slots[i];
	const struct geo_info *info = s->db ? geo_db_info(s->db) : NULL;
	uint64_t now_s = time(NULL);
	const char *slash = s->path ? strrchr(s->path, '/') : NULL;
	char what[280], state[640], date[16] = "?";
	struct names_row row = {.what = what, .state = state, .failed = *s->why};
	time_t built = info ? info->built_s : 0;
	struct tm tm;
	int len = 0;

	if (!s->path)
		return;
	snprintf(what, sizeof(what), "places %.255s",
		 !p->named ? role_names[i]
		 : slash   ? slash + 1
			   : s->path);
	if (info) {
		if (gmtime_r(&built, &tm))
			strftime(date, sizeof(date), "%Y-%m-%d", &tm);
		if (info->built_s < now_s)
			row.age_ns = (now_s - info->built_s) * 1000000000ull;
		len = snprintf(state, sizeof(state), "%s of %s, %" PRIu64 " KiB%s", info->type,
			       date, info->bytes >> 10, *s->why ? "; " : "");
	}
	if (*s->why)
		snprintf(state + len, sizeof(state) - len, "%s: %s", s->path, s->why);
	rows->row(rows->arg, &row);
}

static void places_status(struct namer *n, const struct names_rows *rows)
{
	const struct names_row none = {
		.what = "places",
		.state = "no database in the usual places (see --geoip-db)",
		.none = true,
	};
	struct places *p = (struct places *)n;
	struct names_row cache = {
		.what = "place cache",
		.entries = addr_cache_count(p->cache),
		.max = ADDR_CACHE_MAX,
		.evicted = addr_cache_evicted(p->cache),
	};
	bool any = false;

	for (unsigned int i = 0; i < p->n; i++) {
		any = any || p->slots[i].path;
		status_db(p, i, rows);
	}
	if (!any)
		rows->row(rows->arg, &none);
	rows->row(rows->arg, &cache);
}

static void places_stop(struct namer *n)
{
	struct places *p = (struct places *)n;

	p->stopped = true;
	if (p->reload)
		uv_cancel((uv_req_t *)&p->reload->work); /* or the loop's last run waits for it */
}

static void places_free(struct namer *n)
{
	struct places *p = (struct places *)n;

	if (p->cache)
		forget(p);
	addr_cache_free(p->cache);
	for (unsigned int i = 0; i < DBS_MAX; i++) {
		geo_db_free(p->slots[i].db);
		free(p->slots[i].path);
	}
	free(p->root);
	free(p);
}

static int add_named(struct places *p, const char *const *paths)
{
	p->named = true;
	for (; *paths; paths++) {
		if (p->n == DBS_MAX) {
			p->left_out++;
			continue;
		}
		p->slots[p->n].path = strdup(*paths);
		if (!p->slots[p->n++].path)
			return -ENOMEM;
	}
	return 0;
}

int places_new(const struct names_options *opt, struct namer **ret)
{
	struct places *p = calloc(1, sizeof(*p));
	int err;

	if (!p)
		return -ENOMEM;
	p->namer = (struct namer){
		.start = places_start,
		.end = places_end,
		.tick = places_tick,
		.status = places_status,
		.stop = places_stop,
		.free = places_free,
	};
	p->n = ROLES;
	p->root = strdup(opt->root ? opt->root : "");
	err = p->root ? addr_cache_new(ADDR_CACHE_MAX, release_place, &p->cache) : -ENOMEM;
	if (!err && opt->geoip_dbs && opt->geoip_dbs[0]) {
		p->n = 0;
		err = add_named(p, opt->geoip_dbs);
	}
	if (err)
		places_free(&p->namer);
	else
		*ret = &p->namer;
	return err;
}
