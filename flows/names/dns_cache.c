// SPDX-License-Identifier: MIT
/*
 * Most ends of flows have no name: that costs one look-up, by address. Where the
 * address is known, the connection is looked up, and then who asks. An address
 * stays as long as an asker or a connection refers to it.
 */
#include "flows/names/dns_cache.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "flows/names/name_set.h"
#include "flows/table.h"

#define SECOND_NS 1000000000ull
#define CGROUP_ROOT 1 /* kernfs: the root's inode; no group of anybody's */
#define PARTS 16 /* ticks that a sweep takes */
#define IDLE_S 3600 /* a connection whose end was lost */
#define CHANCES 8 /* connections compared to find one that is idle */
#define GUESSES 4 /* events after which a guess is what a connection is called */

struct address {
	struct table_node node;
	struct ip_addr addr;
	uint32_t askers, connections; /* who refers to it */
	struct name_set any;
};

struct asked {
	struct table_node node;
	struct asked *prev, *next; /* oldest answer first */
	struct address *address;
	struct dns_asker asker;
	struct name_set names;
};

struct connection {
	struct table_node node;
	struct connection *prev, *next; /* oldest first */
	uint64_t id;
	struct address *address;
	struct name_list *list;
	uint32_t seen_s;
	uint16_t port;
	uint16_t guesses; /* events left in which somebody better may turn up as the asker */
};

struct dns_cache {
	struct table addresses, askers, connections;
	struct asked *first_asked, *last_asked;
	struct connection *first_connection, *last_connection;
	size_t max_names, max_connections;
	size_t bytes,
		connection_bytes; /* many long names for each of many addresses: full sooner */
	uint32_t now_s, swept_s, part;
	struct dns_cache_stats stats;
};

/* --------------------------------------------------------------- addresses */

static struct address *find_address(const struct dns_cache *c, const struct ip_addr *addr)
{
	struct table_node *node;

	if (!c->addresses.n)
		return NULL;
	node = table_find(&c->addresses, table_hash(addr, sizeof(*addr)));
	for (; node; node = table_next(node)) {
		struct address *a = table_entry(node, struct address, node);

		if (!memcmp(&a->addr, addr, sizeof(*addr)))
			return a;
	}
	return NULL;
}

static struct address *get_address(struct dns_cache *c, const struct ip_addr *addr)
{
	struct address *a = find_address(c, addr);

	if (a)
		return a;
	a = calloc(1, sizeof(*a));
	if (!a)
		return NULL;
	a->addr = *addr;
	if (table_insert(&c->addresses, &a->node, table_hash(addr, sizeof(*addr)))) {
		free(a);
		return NULL;
	}
	return a;
}

static void put_address(struct dns_cache *c, struct address *a)
{
	if (!a->askers)
		name_set_clear(&a->any, &c->bytes);
	if (a->askers || a->connections)
		return;
	table_remove(&c->addresses, &a->node);
	free(a);
}

/* ------------------------------------------------------------------ askers */

void dns_asker_of(const struct process *process, const struct ip_addr *addr, struct dns_asker *ret)
{
	memset(ret, 0, sizeof(*ret));
	if (process && process->cgroup_id > CGROUP_ROOT)
		ret->cgroup_id = process->cgroup_id;
	else
		ret->addr = *addr;
}

static uint64_t asker_hash(const struct dns_asker *asker, const struct address *a)
{
	struct {
		struct dns_asker asker;
		const struct address *address;
	} key = {*asker, a};

	return table_hash(&key, sizeof(key));
}

static struct asked *find_asked(const struct dns_cache *c, const struct dns_asker *asker,
				const struct address *a)
{
	struct table_node *node = table_find(&c->askers, asker_hash(asker, a));

	for (; node; node = table_next(node)) {
		struct asked *k = table_entry(node, struct asked, node);

		if (k->address == a && !memcmp(&k->asker, asker, sizeof(*asker)))
			return k;
	}
	return NULL;
}

static void unlink_asked(struct dns_cache *c, struct asked *k)
{
	*(k->prev ? &k->prev->next : &c->first_asked) = k->next;
	*(k->next ? &k->next->prev : &c->last_asked) = k->prev;
}

static void link_asked(struct dns_cache *c, struct asked *k)
{
	k->next = NULL;
	k->prev = c->last_asked;
	*(c->last_asked ? &c->last_asked->next : &c->first_asked) = k;
	c->last_asked = k;
}

static void drop_asked(struct dns_cache *c, struct asked *k)
{
	struct address *a = k->address;

	unlink_asked(c, k);
	table_remove(&c->askers, &k->node);
	name_set_clear(&k->names, &c->bytes);
	free(k);
	a->askers--;
	put_address(c, a);
}

static void sweep_asked(void *arg, struct table_node *node)
{
	struct asked *k = table_entry(node, struct asked, node);
	struct dns_cache *c = arg;

	if (!name_set_now(&k->names, c->now_s, &c->bytes))
		drop_asked(c, k);
}

static void evict_asked(struct dns_cache *c)
{
	c->stats.names_evicted++;
	drop_asked(c, c->first_asked);
}

/* Expired ones give way first, then the oldest answer. */
static void make_room(struct dns_cache *c)
{
	if (c->askers.n < c->max_names)
		return;
	if (c->swept_s != c->now_s) {
		c->swept_s = c->now_s;
		table_each(&c->askers, sweep_asked, c);
	}
	if (c->askers.n >= c->max_names)
		evict_asked(c);
}

static struct asked *add_asked(struct dns_cache *c, const struct dns_asker *asker,
			       struct address *a)
{
	struct asked *k = calloc(1, sizeof(*k));

	if (!k)
		return NULL;
	if (table_insert(&c->askers, &k->node, asker_hash(asker, a))) {
		free(k);
		return NULL;
	}
	k->asker = *asker;
	k->address = a;
	a->askers++;
	link_asked(c, k);
	return k;
}

static void set_now(struct dns_cache *c, uint64_t now_ns)
{
	uint32_t now_s = now_ns / SECOND_NS;

	if (now_s > c->now_s)
		c->now_s = now_s;
}

void dns_cache_learn(struct dns_cache *c, const struct dns_asker *asker, const struct ip_addr *addr,
		     const char *name, uint32_t ttl, uint64_t now_ns)
{
	struct address *a;
	struct asked *k;
	uint32_t expires;

	set_now(c, now_ns);
	if (ttl < DNS_CACHE_TTL_MIN)
		ttl = DNS_CACHE_TTL_MIN;
	if (ttl > DNS_CACHE_TTL_MAX)
		ttl = DNS_CACHE_TTL_MAX;
	expires = c->now_s + ttl + 1; /* the clock's second may just be over */
	a = find_address(c, addr);
	k = a ? find_asked(c, asker, a) : NULL;
	if (k) {
		unlink_asked(c, k);
		link_asked(c, k);
	} else {
		make_room(c); /* may take the address away: looked up again */
		a = get_address(c, addr);
		k = a ? add_asked(c, asker, a) : NULL;
	}
	if (k) {
		name_set_add(&k->names, name, expires, c->now_s, &c->bytes);
		name_set_add(&a->any, name, expires, c->now_s, &c->bytes);
		while (c->bytes > DNS_CACHE_BYTES && c->first_asked != k)
			evict_asked(c);
	} else if (a) {
		put_address(c, a);
	}
}

/* ------------------------------------------------------------- connections */

static uint64_t connection_hash(uint64_t id, uint16_t port)
{
	const uint64_t key[2] = {id, port};

	return table_hash(key, sizeof(key));
}

static struct connection *find_connection(const struct dns_cache *c, uint64_t id,
					  const struct address *a, uint16_t port)
{
	struct table_node *node = table_find(&c->connections, connection_hash(id, port));

	for (; node; node = table_next(node)) {
		struct connection *n = table_entry(node, struct connection, node);

		if (n->id == id && n->address == a && n->port == port)
			return n;
	}
	return NULL;
}

static void unlink_connection(struct dns_cache *c, struct connection *n)
{
	*(n->prev ? &n->prev->next : &c->first_connection) = n->next;
	*(n->next ? &n->next->prev : &c->last_connection) = n->prev;
}

static void link_connection(struct dns_cache *c, struct connection *n)
{
	n->next = NULL;
	n->prev = c->last_connection;
	*(c->last_connection ? &c->last_connection->next : &c->first_connection) = n;
	c->last_connection = n;
}

/* Lists are shared, and counted for each connection: that errs to the safe side. */
static void set_list(struct dns_cache *c, struct connection *n, struct name_list *list)
{
	c->connection_bytes -= n->list ? n->list->bytes : 0;
	name_list_put(n->list);
	n->list = name_list_get(list);
	c->connection_bytes += list ? list->bytes : 0;
}

static void drop_connection(struct dns_cache *c, struct connection *n)
{
	struct address *a = n->address;

	unlink_connection(c, n);
	table_remove(&c->connections, &n->node);
	set_list(c, n, NULL);
	free(n);
	a->connections--;
	put_address(c, a);
}

/* Of the oldest few the one that was idle the longest; the others go to the end. */
static void evict_connection(struct dns_cache *c)
{
	struct connection *idle = c->first_connection;

	for (int i = 1; i < CHANCES && c->first_connection->next; i++) {
		struct connection *n = c->first_connection;

		unlink_connection(c, n);
		link_connection(c, n);
		if (c->first_connection->seen_s < idle->seen_s)
			idle = c->first_connection;
	}
	c->stats.connections_evicted++;
	drop_connection(c, idle);
}

/* The address is held by its askers: where nobody asked, there is nothing to remember. */
static struct connection *add_connection(struct dns_cache *c, const struct flow *f,
					 const struct flow_end *e, struct address *a)
{
	struct connection *n;

	a->connections++; /* or the eviction could take it */
	while (c->connections.n >= c->max_connections ||
	       (c->connections.n && c->connection_bytes > DNS_CACHE_BYTES))
		evict_connection(c);
	n = calloc(1, sizeof(*n));
	if (n &&
	    table_insert(&c->connections, &n->node, connection_hash(f->connection_id, e->port))) {
		free(n);
		n = NULL;
	}
	if (!n) {
		a->connections--;
		return NULL;
	}
	n->id = f->connection_id;
	n->port = e->port;
	n->address = a;
	n->guesses = GUESSES;
	link_connection(c, n);
	return n;
}

/* ---------------------------------------------------------------- look-ups */

static struct name_list *by_asker(struct dns_cache *c, const struct dns_asker *asker,
				  const struct address *a)
{
	struct asked *k = find_asked(c, asker, a);

	return k ? name_set_now(&k->names, c->now_s, &c->bytes) : NULL;
}

/* *ret_guess: nobody knows whether it was this one who asked. */
static struct name_list *look_up(struct dns_cache *c, struct address *a,
				 const struct flow_end *other, bool *ret_guess)
{
	struct name_list *list;
	struct dns_asker asker;

	*ret_guess = false;
	if (!a->askers)
		return NULL;
	dns_asker_of(other->process, &other->addr, &asker);
	list = by_asker(c, &asker, a);
	if (!list && asker.cgroup_id) {
		dns_asker_of(NULL, &other->addr, &asker);
		list = by_asker(c, &asker, a);
	}
	if (list)
		return list;
	*ret_guess = true;
	return name_set_now(&a->any, c->now_s, &c->bytes);
}

static void remember(struct dns_cache *c, const struct flow *f, const struct flow_end *e,
		     struct address *a, struct connection *n, struct name_list *list, bool guess)
{
	if (!n && f->event != FLOW_END)
		n = add_connection(c, f, e, a);
	if (!n)
		return;
	n->seen_s = c->now_s;
	n->guesses = guess ? n->guesses - 1 : 0;
	if (n->list == list || (n->list && guess))
		return;
	set_list(c, n, list);
}

struct name_list *dns_cache_find(struct dns_cache *c, const struct flow *f,
				 const struct flow_end *e, const struct flow_end *other)
{
	struct address *a = find_address(c, &e->addr);
	struct connection *n = NULL;
	struct name_list *list;
	bool guess;

	if (!a)
		return NULL;
	if (f->connection_id)
		n = find_connection(c, f->connection_id, a, e->port);
	if (n && !n->guesses) {
		n->seen_s = c->now_s;
		list = n->list;
	} else {
		list = look_up(c, a, other, &guess);
		if (f->connection_id && (list || n))
			remember(c, f, e, a, n, list ? list : n->list, guess);
		if (n && n->list)
			list = n->list;
	}
	name_list_get(list);
	if (n && f->event == FLOW_END)
		drop_connection(c, n);
	return list;
}

/* -------------------------------------------------------------------- time */

static void sweep_connection(void *arg, struct table_node *node)
{
	struct connection *n = table_entry(node, struct connection, node);
	struct dns_cache *c = arg;

	if (n->seen_s + IDLE_S <= c->now_s)
		drop_connection(c, n);
}

void dns_cache_tick(struct dns_cache *c, uint64_t now_ns)
{
	set_now(c, now_ns);
	table_part(&c->askers, c->part, PARTS, sweep_asked, c);
	table_part(&c->connections, c->part, PARTS, sweep_connection, c);
	c->part = (c->part + 1) % PARTS;
}

void dns_cache_stats(const struct dns_cache *c, struct dns_cache_stats *ret)
{
	*ret = c->stats;
	ret->names = c->askers.n;
	ret->connections = c->connections.n;
	ret->bytes = c->bytes;
	ret->connection_bytes = c->connection_bytes;
}

int dns_cache_new(size_t max_names, size_t max_connections, struct dns_cache **ret)
{
	struct dns_cache *c = calloc(1, sizeof(*c));

	if (!c)
		return -ENOMEM;
	c->max_names = max_names ? max_names : DNS_CACHE_NAMES;
	c->max_connections = max_connections ? max_connections : DNS_CACHE_CONNECTIONS;
	*ret = c;
	return 0;
}

void dns_cache_free(struct dns_cache *c)
{
	if (!c)
		return;
	while (c->first_connection)
		drop_connection(c, c->first_connection);
	while (c->first_asked)
		drop_asked(c, c->first_asked);
	table_free(&c->addresses);
	table_free(&c->askers);
	table_free(&c->connections);
	free(c);
}
