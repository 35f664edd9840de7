// SPDX-License-Identifier: MIT
/* The nodes and edges of the service map, what they are found by, and their bounds. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "flows/service_map_parts.h"

#define ALSO_MAX 65536
#define TEXTS_MAX 4096
#define KEY_TRIES 4
#define WAYS_BYTES (MAP_WAYS_KNOWN * sizeof(struct map_way))

/* ------------------------------------------------------------------------- pages */

void *map_pages_new(size_t bytes)
{
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

void map_pages_free(void *p, size_t bytes)
{
	if (p)
		munmap(p, bytes);
}

/* ------------------------------------------------------------------------- texts */

const char *map_text_keep(struct service_map *m, const char *s)
{
	size_t n = strnlen(s, MAP_TEXT_MAX);
	uint64_t hash = table_hash(s, n);
	struct table_node *node = table_find(&m->texts, hash);
	struct map_text *t;

	if (!n)
		return "";
	for (; node; node = table_next(node)) {
		t = table_entry(node, struct map_text, table);
		if (!strncmp(t->s, s, n) && !t->s[n])
			return t->s;
	}
	t = m->texts.n < TEXTS_MAX ? malloc(sizeof(*t) + n + 1) : NULL;
	if (!t || table_insert(&m->texts, &t->table, hash)) {
		free(t);
		return "";
	}
	memcpy(t->s, s, n);
	t->s[n] = '\0';
	m->bytes += sizeof(*t) + n + 1;
	return t->s;
}

/* ------------------------------------------------------------------------ merging */

unsigned int map_reason_add(struct map_arc *to, const struct map_reason *from)
{
	unsigned int i = 0;

	while (i < MAP_REASONS - 1 && to->reasons[i].packets &&
	       (to->reasons[i].reason != from->reason || to->reasons[i].function != from->function))
		i++;
	if (!to->reasons[i].packets || to->reasons[i].packets < from->packets) {
		to->reasons[i].reason = from->reason;
		to->reasons[i].function = from->function;
	}
	to->reasons[i].packets += from->packets;
	return i;
}

size_t map_arc_merge(struct map_arc *to, const struct map_arc *from)
{
	size_t taken = 0;

	map_sums_add(&to->sums, &from->sums);
	for (int i = 0; i < MAP_TIMES; i++)
		taken += quantiles_merge(&to->times[i], &from->times[i], true);
	map_rates_merge(&to->rates, &from->rates);
	for (int i = 0; i < MAP_REASONS; i++)
		if (from->reasons[i].packets)
			map_reason_add(to, &from->reasons[i]);
	if (!*to->policy)
		to->policy = from->policy;
	if (!to->app)
		to->app = from->app;
	return taken;
}

/* ------------------------------------------------------------------- better names */

static struct map_also *also_entry(const struct service_map *m, uint64_t also)
{
	struct table_node *node = also ? table_find(&m->also, also) : NULL;

	return node ? table_entry(node, struct map_also, table) : NULL;
}

static void forget_also(void *arg, struct table_node *node)
{
	struct service_map *m = arg;

	m->bytes -= sizeof(struct map_also);
	table_remove(&m->also, node);
	free(table_entry(node, struct map_also, table));
}

void map_also_learn(struct service_map *m, uint64_t also, struct map_vertex *v, unsigned int rank)
{
	struct map_also *a = also_entry(m, also);

	if (!also || v == m->others || rank <= RANK_ADDRESS)
		return;
	if (!a) {
		if (m->also.n >= ALSO_MAX) { /* what is still there is learned again at once */
			map_ends_forget(m);
			table_each(&m->also, forget_also, m);
		}
		a = calloc(1, sizeof(*a));
		if (!a || table_insert(&m->also, &a->table, also)) {
			free(a);
			return;
		}
		m->bytes += sizeof(*a);
	}
	if (rank > a->rank) {
		a->vertex = v;
		a->rank = rank;
	} else if (rank == a->rank && a->vertex != v) {
		a->vertex = NULL;
	}
}

struct map_vertex *map_also_find(const struct service_map *m, uint64_t also)
{
	struct map_also *a = also_entry(m, also);

	return a ? a->vertex : NULL;
}

/* ------------------------------------------------------------------------- edges */

struct arc_key {
	uint32_t from, to;
	uint16_t port;
	uint8_t protocol;
};

static uint64_t arc_hash(const struct arc_key *k)
{
	uint64_t words[2] = {(uint64_t)k->from << 32 | k->to, (uint64_t)k->port << 8 | k->protocol};

	return table_hash(words, sizeof(words));
}

static struct map_arc *arc_find(const struct service_map *m, const struct arc_key *k)
{
	struct table_node *node = table_find(&m->arcs, arc_hash(k));

	for (; node; node = table_next(node)) {
		struct map_arc *a = table_entry(node, struct map_arc, table);

		if (a->port == k->port && a->protocol == k->protocol &&
		    a->from->number == k->from && a->to->number == k->to)
			return a;
	}
	return NULL;
}

static struct map_arc *arc_new(struct service_map *m, struct map_vertex *from,
			       struct map_vertex *to, const struct arc_key *k)
{
	struct map_arc *a = aligned_alloc(MAP_LINE, sizeof(*a));

	if (a)
		memset(a, 0, sizeof(*a));
	if (!a || table_insert(&m->arcs, &a->table, arc_hash(k))) {
		free(a);
		return NULL;
	}
	a->from = from;
	a->to = to;
	a->port = k->port;
	a->protocol = k->protocol;
	a->policy = "";
	m->bytes += sizeof(*a);
	return a;
}

struct map_arc *map_arc_joined(struct service_map *m, struct map_vertex *from,
			       struct map_vertex *to)
{
	const struct arc_key k = {from->number, to->number, 0, 0};
	struct map_arc *a = arc_find(m, &k);

	return a ? a : arc_new(m, from, to, &k);
}

static struct map_pair *pair_get(struct service_map *m, const struct arc_key *k)
{
	const struct arc_key whole = {k->from, k->to, 0, k->protocol};
	uint64_t hash = arc_hash(&whole);
	struct table_node *node = table_find(&m->pairs, hash);
	struct map_pair *p;

	for (; node; node = table_next(node)) {
		p = table_entry(node, struct map_pair, table);
		if (p->from == k->from && p->to == k->to && p->protocol == k->protocol)
			return p;
	}
	p = calloc(1, sizeof(*p));
	if (!p || table_insert(&m->pairs, &p->table, hash)) {
		free(p);
		return NULL;
	}
	p->from = k->from;
	p->to = k->to;
	p->protocol = k->protocol;
	m->bytes += sizeof(*p);
	return p;
}

/* The arc of that port, else the one of all ports that are too many. */
static struct map_arc *arc_get(struct service_map *m, struct map_vertex *from,
			       struct map_vertex *to, struct arc_key k)
{
	struct map_arc *a = arc_find(m, &k);
	struct map_pair *p;

	if (a)
		return a;
	if (k.port) {
		p = pair_get(m, &k);
		if (!p || p->ports >= MAP_PORTS_MAX) {
			k.port = 0;
			a = arc_find(m, &k);
		} else {
			p->ports++;
		}
	}
	if (a)
		return a;
	if (m->arcs.n >= m->opt.max_edges)
		map_room_for_arcs(m);
	a = arc_new(m, from, to, &k);
	return a ? a : map_arc_joined(m, m->others, m->others);
}

/* A cache line: what is known, and what was asked for last comes first. */
static struct map_way *way_of(const struct service_map *m, const struct map_way *key)
{
	uint64_t h = ((uintptr_t)key->from >> 4) * 0x9e3779b97f4a7c15;

	h = (h ^ (uintptr_t)key->to >> 4 ^ (uint64_t)key->port << 48 ^
	     (uint64_t)key->protocol << 40) *
	    0x9e3779b97f4a7c15;
	return &m->ways[(h >> 32) % (MAP_WAYS_KNOWN / 2) * 2];
}

static bool same_way(const struct map_way *a, const struct map_way *b)
{
	return a->arc && a->from == b->from && a->to == b->to && a->port == b->port &&
	       a->protocol == b->protocol;
}

struct map_arc *map_arc_get(struct service_map *m, struct map_vertex *from, struct map_vertex *to,
			    uint16_t port, uint8_t protocol)
{
	bool rest = from == m->others || to == m->others;
	struct map_way key = {.from = from, .to = to, .port = port, .protocol = protocol};
	struct map_way *line = way_of(m, &key);

	if (same_way(&line[0], &key))
		return line[0].arc;
	if (same_way(&line[1], &key))
		key.arc = line[1].arc;
	else
		key.arc = arc_get(m, from, to,
				  (struct arc_key){from->number, to->number, rest ? 0 : port,
						   rest ? 0 : protocol});
	line[1] = line[0];
	line[0] = key;
	return key.arc;
}

int map_ways_new(struct service_map *m)
{
	m->ways = map_pages_new(WAYS_BYTES);
	return m->ways ? 0 : -ENOMEM;
}

void map_ways_free(struct service_map *m)
{
	map_pages_free(m->ways, WAYS_BYTES);
	m->ways = NULL;
}

void map_ways_forget(struct service_map *m)
{
	if (m->ways)
		memset(m->ways, 0, WAYS_BYTES);
}

void map_arc_free(struct service_map *m, struct map_arc *a)
{
	m->bytes -= sizeof(*a);
	for (int i = 0; i < MAP_TIMES; i++)
		m->bytes -= quantiles_bytes(&a->times[i]);
	map_times_free(a);
	free(a);
}

static void free_pair(void *arg, struct table_node *node)
{
	struct service_map *m = arg;

	m->bytes -= sizeof(struct map_pair);
	table_remove(&m->pairs, node);
	free(table_entry(node, struct map_pair, table));
}

void map_pairs_clear(struct service_map *m)
{
	table_each(&m->pairs, free_pair, m);
}

/* ------------------------------------------------------------------------- nodes */

static bool is_called(const struct map_vertex *v, const struct map_name *name)
{
	return v->kind == name->kind && v->called == name->called &&
	       !strncmp(v->name, name->name, MAP_TEXT_MAX) &&
	       !strncmp(v->namespace_name, name->namespace_name, MAP_TEXT_MAX);
}

static char *put(char **at, const char *s)
{
	size_t n = strnlen(s, MAP_TEXT_MAX);
	char *p = *at;

	memcpy(p, s, n);
	p[n] = '\0';
	*at += n + 1;
	return p;
}

/* Names are chosen by others: with a fixed hash they could make all of them one chain. */
static uint64_t hash_of(const struct map_name *name)
{
	const uint64_t words[3] = {
		(uint64_t)name->kind << 8 | name->called,
		table_hash(name->namespace_name, strnlen(name->namespace_name, MAP_TEXT_MAX)),
		table_hash(name->name, strnlen(name->name, MAP_TEXT_MAX)),
	};

	return table_hash(words, sizeof(words));
}

static uint64_t hash_of_key(uint64_t key)
{
	return table_hash(&key, sizeof(key));
}

static bool has_key(const struct service_map *m, uint64_t key)
{
	struct table_node *node = table_find(&m->keys, hash_of_key(key));

	for (; node; node = table_next(node))
		if (table_entry(node, struct map_vertex, by_key)->key == key)
			return true;
	return false;
}

/* Names made to have one key get others all the same; of many of them they are this run's. */
static uint64_t free_key(const struct service_map *m, const struct map_name *name)
{
	uint64_t key = map_node_key(name->kind, name->namespace_name, name->name);

	for (unsigned int tries = 0; !key || has_key(m, key); tries++)
		key = tries < KEY_TRIES ? map_edge_key(key, key, tries, name->called)
					: hash_of_key(key + m->numbers);
	return key;
}

static bool vertex_insert(struct service_map *m, struct map_vertex *v, uint64_t hash)
{
	if (table_insert(&m->vertices, &v->table, hash))
		return false;
	if (!table_insert(&m->keys, &v->by_key, hash_of_key(v->key)))
		return true;
	table_remove(&m->vertices, &v->table);
	return false;
}

static struct map_vertex *vertex_new(struct service_map *m, const struct map_name *name,
				     uint64_t hash)
{
	size_t bytes = sizeof(struct map_vertex) + strnlen(name->namespace_name, MAP_TEXT_MAX) +
		       strnlen(name->name, MAP_TEXT_MAX) +
		       strnlen(name->workload_kind, MAP_TEXT_MAX) + 3;
	struct map_vertex *v = calloc(1, bytes);
	char *at = v ? (char *)(v + 1) : NULL;

	if (!v)
		return NULL;
	v->key = free_key(m, name);
	if (!vertex_insert(m, v, hash)) {
		free(v);
		return NULL;
	}
	v->namespace_name = put(&at, name->namespace_name);
	v->name = put(&at, name->name);
	v->workload_kind = put(&at, name->workload_kind);
	v->also = name->also;
	v->kind = name->kind;
	v->called = name->called;
	v->rank = name->rank;
	v->number = m->numbers++;
	v->members = 1;
	v->bytes = bytes;
	m->bytes += bytes;
	return v;
}

struct map_vertex *map_vertex_get(struct service_map *m, const struct map_name *name)
{
	uint64_t hash = hash_of(name);
	struct table_node *node = table_find(&m->vertices, hash);
	struct map_vertex *v;

	for (; node; node = table_next(node)) {
		v = table_entry(node, struct map_vertex, table);
		if (is_called(v, name))
			return v;
	}
	v = vertex_new(m, name, hash);
	return v ? v : m->others;
}

void map_vertex_free(struct service_map *m, struct map_vertex *v)
{
	m->bytes -= v->bytes;
	free(v);
}

void map_vertex_remove(struct service_map *m, struct map_vertex *v)
{
	table_remove(&m->vertices, &v->table);
	table_remove(&m->keys, &v->by_key);
	map_vertex_free(m, v);
}

/* -------------------------------------------------------------------------- end */

static void clear_arc(void *arg, struct table_node *node)
{
	map_arc_free(arg, table_entry(node, struct map_arc, table));
}

static void clear_vertex(void *arg, struct table_node *node)
{
	map_vertex_free(arg, table_entry(node, struct map_vertex, table));
}

static void clear_text(void *arg, struct table_node *node)
{
	(void)arg;
	free(table_entry(node, struct map_text, table));
}

void map_store_clear(struct service_map *m)
{
	map_ends_forget(m);
	map_ways_forget(m);
	m->n_done = m->n_added;
	table_each(&m->arcs, clear_arc, m);
	map_pairs_clear(m);
	table_each(&m->vertices, clear_vertex, m);
	table_each(&m->also, forget_also, m);
	table_each(&m->texts, clear_text, NULL);
	table_free(&m->arcs);
	table_free(&m->pairs);
	table_free(&m->vertices);
	table_free(&m->keys);
	table_free(&m->also);
	table_free(&m->texts);
	m->others = NULL;
	m->numbers = 0;
	m->bytes = 0;
}
