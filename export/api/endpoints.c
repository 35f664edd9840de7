// SPDX-License-Identifier: MIT
#include "export/api/endpoints.h"

#include <errno.h>
#include <stdlib.h>

#include "export/api/agent_events.h"
#include "flows/table.h"

#define BUCKETS 4096u /* a power of two, as RECENT is */
#define RECENT 1024u
#define NAMESPACES_MAX 1024u /* of endpoints that had to make room */
#define KEEP_S 3600u /* Hubble keeps namespaces for an hour */
#define LOOK_EVERY_S 10u
#define LOOK_AT 256u /* rows a tick */

struct row {
	struct row *newer, *older; /* by last flow */
	struct row *chain; /* of its bucket */
	uint64_t hash;
	struct endpoint *endpoint; /* a reference */
	uint64_t last_ns, last_s, flows;
};

struct endpoints {
	struct row *newest, *oldest;
	struct row *buckets[BUCKETS];
	struct row *recent[RECENT]; /* by the endpoint's address: most flows end here */
	struct row *look_next; /* the next one to be looked at, from the oldest on */
	uint64_t look_s;
	size_t n;
	struct namespace_seen left[NAMESPACES_MAX]; /* of rows that went */
	size_t n_left;
};

/* ---------------------------------------------------------------- the table */

static uint64_t hash_text(uint64_t h, const char *s)
{
	uint64_t both[2] = {h, table_hash(s, strlen(s))};

	return table_hash(both, sizeof(both));
}

/* Seeded: a cluster's users choose the names. */
static uint64_t hash_of(const struct endpoint *e)
{
	uint64_t h = e->kind;

	h = hash_text(hash_text(h, e->cluster), e->namespace_name);
	return hash_text(hash_text(h, e->name), e->kind == ENDPOINT_NODE ? e->node : "");
}

static bool same(const struct endpoint *a, const struct endpoint *b)
{
	return a->kind == b->kind && !strcmp(a->name, b->name) &&
	       !strcmp(a->namespace_name, b->namespace_name) && !strcmp(a->cluster, b->cluster) &&
	       (a->kind != ENDPOINT_NODE || !strcmp(a->node, b->node));
}

static struct row **recent_of(struct endpoints *t, const struct endpoint *e)
{
	return &t->recent[((uintptr_t)e >> 5) % RECENT];
}

static void unlink_row(struct endpoints *t, struct row *r)
{
	*(r->newer ? &r->newer->older : &t->newest) = r->older;
	*(r->older ? &r->older->newer : &t->oldest) = r->newer;
}

static void make_newest(struct endpoints *t, struct row *r)
{
	r->newer = NULL;
	r->older = t->newest;
	*(t->newest ? &t->newest->newer : &t->oldest) = r;
	t->newest = r;
}

static void forget_recent(struct endpoints *t, const struct row *r)
{
	struct row **recent = recent_of(t, r->endpoint);

	if (*recent == r)
		*recent = NULL;
}

static void remove_row(struct endpoints *t, struct row *r)
{
	struct row **at = &t->buckets[r->hash % BUCKETS];

	while (*at != r)
		at = &(*at)->chain;
	*at = r->chain;
	if (t->look_next == r)
		t->look_next = r->newer;
	forget_recent(t, r);
	unlink_row(t, r);
	endpoint_put(r->endpoint);
	free(r);
	t->n--;
}

static void note_namespace(struct namespace_seen *rows, size_t *n, size_t max,
			   const struct endpoint *e, uint64_t last_s)
{
	struct namespace_seen *to = rows;

	if (!*e->namespace_name)
		return;
	for (; to < rows + *n; to++)
		if (!strncmp(to->name, e->namespace_name, sizeof(to->name) - 1) &&
		    !strncmp(to->cluster, e->cluster, sizeof(to->cluster) - 1))
			break;
	if (to == rows + *n) {
		if (*n == max)
			return;
		++*n;
		*to = (struct namespace_seen){0};
		strncpy(to->name, e->namespace_name, sizeof(to->name) - 1);
		strncpy(to->cluster, e->cluster, sizeof(to->cluster) - 1);
	}
	if (last_s > to->last_s)
		to->last_s = last_s;
}

static void make_room(struct endpoints *t)
{
	struct row *r = t->oldest;

	note_namespace(t->left, &t->n_left, NAMESPACES_MAX, r->endpoint, r->last_s);
	remove_row(t, r);
}

static struct row *add_row(struct endpoints *t, struct endpoint *e, uint64_t hash)
{
	struct row *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	if (t->n == ENDPOINTS_MAX)
		make_room(t);
	r->endpoint = endpoint_get(e);
	r->hash = hash;
	r->chain = t->buckets[hash % BUCKETS];
	t->buckets[hash % BUCKETS] = r;
	make_newest(t, r);
	t->n++;
	return r;
}

/* Local, and what an event tells of; processes come and go by the second. */
static bool has_events(const struct endpoint *e)
{
	return *e->cgroup && (e->kind == ENDPOINT_POD || e->kind == ENDPOINT_CONTAINER ||
			      e->kind == ENDPOINT_UNIT);
}

static struct row *find(struct api *a, struct endpoint *e)
{
	struct endpoints *t = a->endpoints;
	uint64_t hash = hash_of(e);
	struct row *r = t->buckets[hash % BUCKETS];

	while (r && (r->hash != hash || !same(r->endpoint, e)))
		r = r->chain;
	if (!r) {
		r = add_row(t, e, hash);
		if (r && has_events(e))
			agent_events_endpoint(a, e, true);
	} else if (*e->cgroup || !*r->endpoint->cgroup) { /* one by address alone says less */
		forget_recent(t, r);
		endpoint_get(e);
		endpoint_put(r->endpoint);
		r->endpoint = e;
	}
	return r;
}

static void note_end(struct api *a, struct endpoint *e, const struct flow *f)
{
	struct endpoints *t = a->endpoints;
	struct row *r;

	if (!e || e->kind == ENDPOINT_UNKNOWN || e->kind == ENDPOINT_SERVICE ||
	    e->kind == ENDPOINT_WORLD)
		return;
	r = *recent_of(t, e);
	if (!r || r->endpoint != e) {
		r = find(a, e);
		if (!r)
			return;
		if (r->endpoint == e)
			*recent_of(t, e) = r;
	}
	r->flows++;
	r->last_ns = f->time_ns;
	r->last_s = uv_now(a->opt.loop) / 1000;
	if (t->newest != r) {
		unlink_row(t, r);
		make_newest(t, r);
	}
}

void endpoints_flow(struct api *a, const struct flow *f)
{
	note_end(a, f->src.endpoint, f);
	note_end(a, f->dst.endpoint, f);
}

/* ------------------------------------------------------------------ who is gone */

static void look_at(struct api *a, struct row *r, uint64_t now_s)
{
	const struct api_agent *agent = &a->opt.agent;
	bool told = has_events(r->endpoint);

	if (told && agent->alive && !agent->alive(agent->arg, r->endpoint)) {
		agent_events_endpoint(a, r->endpoint, false);
		if (agent->gone)
			agent->gone(agent->arg, r->endpoint);
		note_namespace(a->endpoints->left, &a->endpoints->n_left, NAMESPACES_MAX,
			       r->endpoint, r->last_s);
		remove_row(a->endpoints, r);
	} else if (!told && now_s > r->last_s + KEEP_S) {
		remove_row(a->endpoints, r);
	}
}

static void forget_namespaces(struct endpoints *t, uint64_t now_s)
{
	size_t kept = 0;

	for (size_t i = 0; i < t->n_left; i++)
		if (now_s <= t->left[i].last_s + KEEP_S)
			t->left[kept++] = t->left[i];
	t->n_left = kept;
}

void endpoints_tick(struct api *a)
{
	struct endpoints *t = a->endpoints;
	uint64_t now_s = uv_now(a->opt.loop) / 1000;

	if (!t->look_next && now_s >= t->look_s) {
		t->look_next = t->oldest;
		t->look_s = now_s + LOOK_EVERY_S;
		forget_namespaces(t, now_s);
	}
	for (unsigned int i = 0; i < LOOK_AT && t->look_next; i++) {
		struct row *r = t->look_next;

		t->look_next = r->newer;
		look_at(a, r, now_s);
	}
}

/* ------------------------------------------------------------------- reading */

void endpoints_each(struct api *a, void *arg, void (*fn)(void *arg, const struct endpoint_seen *e))
{
	for (const struct row *r = a->endpoints->newest; r; r = r->older)
		fn(arg, &(struct endpoint_seen){r->endpoint, r->last_ns, r->flows});
}

static int by_name(const void *a, const void *b)
{
	const struct namespace_seen *x = a, *y = b;
	int order = strcmp(x->cluster, y->cluster);

	return order ? order : strcmp(x->name, y->name);
}

ssize_t endpoints_namespaces(struct api *a, struct namespace_seen **ret)
{
	uint64_t now_s = uv_now(a->opt.loop) / 1000;
	const struct endpoints *t = a->endpoints;
	struct namespace_seen *rows = malloc((2 * NAMESPACES_MAX) * sizeof(*rows));
	size_t n = t->n_left, kept = 0;

	if (!rows)
		return -ENOMEM;
	memcpy(rows, t->left, n * sizeof(*rows));
	for (const struct row *r = t->newest; r; r = r->older)
		note_namespace(rows, &n, 2 * NAMESPACES_MAX, r->endpoint, r->last_s);
	for (size_t i = 0; i < n; i++)
		if (now_s <= rows[i].last_s + KEEP_S)
			rows[kept++] = rows[i];
	qsort(rows, kept, sizeof(*rows), by_name);
	*ret = rows;
	return kept;
}

int endpoints_new(struct api *a)
{
	a->endpoints = calloc(1, sizeof(*a->endpoints));
	return a->endpoints ? 0 : -ENOMEM;
}

void endpoints_free(struct api *a)
{
	while (a->endpoints && a->endpoints->oldest)
		remove_row(a->endpoints, a->endpoints->oldest);
	free(a->endpoints);
	a->endpoints = NULL;
}
