/* SPDX-License-Identifier: MIT */
/* A hash table whose nodes lie in the things it holds. Grows; never shrinks. */
#ifndef PITOT_FLOWS_TABLE_H
#define PITOT_FLOWS_TABLE_H

#include <stddef.h>
#include <stdint.h>

struct table_node {
	struct table_node *next;
	uint64_t hash;
};

struct table {
	struct table_node **buckets;
	size_t n_buckets; /* a power of two; 0 before the first insertion */
	size_t n;
};

#define table_entry(node, type, member) ((type *)((char *)(node)-offsetof(type, member)))

/* A hash of size bytes (wyhash-like mixing, seeded per process against crafted keys). */
uint64_t table_hash(const void *data, size_t size);

/* First node of that hash, or NULL; go on with table_next(). */
struct table_node *table_find(const struct table *t, uint64_t hash);
struct table_node *table_next(const struct table_node *node);

/* At least n buckets: where more than are filled, less is gone past to find one. 0 or -ENOMEM. */
int table_reserve(struct table *t, size_t n);

/* 0 or -ENOMEM. */
int table_insert(struct table *t, struct table_node *node, uint64_t hash);
void table_remove(struct table *t, struct table_node *node);

/* Calls f for every node; f may remove or free it. */
void table_each(struct table *t, void (*f)(void *arg, struct table_node *node), void *arg);

/* The same for one of `parts` parts of the table: a sweep in small steps. */
void table_part(struct table *t, size_t part, size_t parts,
		void (*f)(void *arg, struct table_node *node), void *arg);

/* Frees the buckets, not the nodes. */
void table_free(struct table *t);

#endif
