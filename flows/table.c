/* SPDX-License-Identifier: MIT */
#include "flows/table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

static uint64_t seed;

static uint64_t mix(uint64_t a, uint64_t b)
{
	__uint128_t product = (__uint128_t)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

uint64_t table_hash(const void *data, size_t size)
{
	const unsigned char *p = data;
	uint64_t word, hash;

	if (!seed && (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) != sizeof(seed) || !seed))
		seed = 0x9e3779b97f4a7c15;
	hash = seed ^ size;
	for (; size >= 8; size -= 8, p += 8) {
		memcpy(&word, p, 8);
		hash = mix(hash ^ word, 0xa0761d6478bd642f);
	}
	word = 0;
	memcpy(&word, p, size);
	return mix(hash ^ word, 0xe7037ed1a0b428db);
}

static struct table_node *same_hash(struct table_node *node, uint64_t hash)
{
	while (node && node->hash != hash)
		node = node->next;
	return node;
}

struct table_node *table_find(const struct table *t, uint64_t hash)
{
	return t->n_buckets ? same_hash(t->buckets[hash & (t->n_buckets - 1)], hash) : NULL;
}

struct table_node *table_next(const struct table_node *node)
{
	return same_hash(node->next, node->hash);
}

/* n: a power of two. */
static int resize(struct table *t, size_t n)
{
	struct table_node **buckets = calloc(n, sizeof(*buckets)), *node, *next;

	if (!buckets)
		return -ENOMEM;
	for (size_t i = 0; i < t->n_buckets; i++)
		for (node = t->buckets[i]; node; node = next) {
			next = node->next;
			node->next = buckets[node->hash & (n - 1)];
			buckets[node->hash & (n - 1)] = node;
		}
	free(t->buckets);
	t->buckets = buckets;
	t->n_buckets = n;
	return 0;
}

int table_reserve(struct table *t, size_t n)
{
	size_t buckets = t->n_buckets ? t->n_buckets : 64;

	while (buckets < n)
		buckets *= 2;
	return buckets > t->n_buckets ? resize(t, buckets) : 0;
}

int table_insert(struct table *t, struct table_node *node, uint64_t hash)
{
	if (t->n >= t->n_buckets && table_reserve(t, t->n_buckets * 2))
		return -ENOMEM;
	node->hash = hash;
	node->next = t->buckets[hash & (t->n_buckets - 1)];
	t->buckets[hash & (t->n_buckets - 1)] = node;
	t->n++;
	return 0;
}

void table_remove(struct table *t, struct table_node *node)
{
	struct table_node **p = &t->buckets[node->hash & (t->n_buckets - 1)];

	while (*p != node)
		p = &(*p)->next;
	*p = node->next;
	t->n--;
}

void table_part(struct table *t, size_t part, size_t parts,
		void (*f)(void *arg, struct table_node *node), void *arg)
{
	size_t end = t->n_buckets * (part + 1) / parts;
	struct table_node *node, *next;

	for (size_t i = t->n_buckets * part / parts; i < end; i++)
		for (node = t->buckets[i]; node; node = next) {
			next = node->next;
			f(arg, node);
		}
}

void table_each(struct table *t, void (*f)(void *arg, struct table_node *node), void *arg)
{
	table_part(t, 0, 1, f, arg);
}

void table_free(struct table *t)
{
	free(t->buckets);
	memset(t, 0, sizeof(*t));
}
