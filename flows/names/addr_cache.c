// SPDX-License-Identifier: MIT
#include "flows/names/addr_cache.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "flows/table.h"

#define NONE UINT32_MAX

struct addr_cache {
	struct addr_entry *entries;
	uint32_t *buckets;
	void (*release)(void *value);
	uint64_t evicted;
	uint32_t mask, n, max;
	uint32_t oldest, newest;
};

static uint32_t *bucket(const struct addr_cache *c, const struct ip_addr *a)
{
	return &c->buckets[table_hash(a, sizeof(*a)) & c->mask];
}

static void forget_all(struct addr_cache *c)
{
	memset(c->buckets, 0xff, (c->mask + 1ul) * sizeof(*c->buckets));
	c->n = 0;
	c->oldest = c->newest = NONE;
}

int addr_cache_new(size_t max, void (*release)(void *value), struct addr_cache **ret)
{
	struct addr_cache *c = calloc(1, sizeof(*c));

	if (!c)
		return -ENOMEM;
	c->max = max;
	c->mask = 1;
	while (c->mask + 1 < 2 * max)
		c->mask = c->mask << 1 | 1;
	c->release = release;
	c->entries = calloc(max, sizeof(*c->entries));
	c->buckets = malloc((c->mask + 1ul) * sizeof(*c->buckets));
	if (!c->entries || !c->buckets) {
		free(c->entries);
		free(c->buckets);
		free(c);
		return -ENOMEM;
	}
	forget_all(c);
	*ret = c;
	return 0;
}

void addr_cache_clear(struct addr_cache *c)
{
	for (uint32_t i = 0; i < c->n; i++)
		if (c->entries[i].value)
			c->release(c->entries[i].value);
	forget_all(c);
}

void addr_cache_free(struct addr_cache *c)
{
	if (!c)
		return;
	addr_cache_clear(c);
	free(c->entries);
	free(c->buckets);
	free(c);
}

/* ------------------------------------------------------------ order of use */

static void unlink_entry(struct addr_cache *c, struct addr_entry *e)
{
	if (e->older == NONE)
		c->oldest = e->newer;
	else
		c->entries[e->older].newer = e->newer;
	if (e->newer == NONE)
		c->newest = e->older;
	else
		c->entries[e->newer].older = e->older;
}

static void make_newest(struct addr_cache *c, struct addr_entry *e)
{
	uint32_t at = e - c->entries;

	e->newer = NONE;
	e->older = c->newest;
	if (c->newest == NONE)
		c->oldest = at;
	else
		c->entries[c->newest].newer = at;
	c->newest = at;
}

struct addr_entry *addr_cache_find(struct addr_cache *c, const struct ip_addr *a)
{
	uint32_t at = *bucket(c, a);

	while (at != NONE && memcmp(&c->entries[at].addr, a, sizeof(*a)))
		at = c->entries[at].next;
	if (at == NONE)
		return NULL;
	if (at != c->newest) {
		unlink_entry(c, &c->entries[at]);
		make_newest(c, &c->entries[at]);
	}
	return &c->entries[at];
}

static struct addr_entry *evict(struct addr_cache *c)
{
	uint32_t at = c->oldest, *link;
	struct addr_entry *e = &c->entries[at];

	for (link = bucket(c, &e->addr); *link != at;)
		link = &c->entries[*link].next;
	*link = e->next;
	unlink_entry(c, e);
	if (e->value)
		c->release(e->value);
	c->evicted++;
	return e;
}

struct addr_entry *addr_cache_add(struct addr_cache *c, const struct ip_addr *a)
{
	struct addr_entry *e = c->n < c->max ? &c->entries[c->n++] : evict(c);
	uint32_t *link = bucket(c, a);

	*e = (struct addr_entry){.addr = *a, .next = *link};
	*link = e - c->entries;
	make_newest(c, e);
	return e;
}

size_t addr_cache_count(const struct addr_cache *c)
{
	return c->n;
}

uint64_t addr_cache_evicted(const struct addr_cache *c)
{
	return c->evicted;
}
