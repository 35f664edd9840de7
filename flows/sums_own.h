/* SPDX-License-Identifier: MIT */
/* For the kinds of flows/sums.h only. */
#ifndef PITOT_FLOWS_SUMS_OWN_H
#define PITOT_FLOWS_SUMS_OWN_H

#include <stdbool.h>
#include <string.h>

#include "flows/rate.h"
#include "flows/sums.h"
#include "flows/sums_end.h"
#include "flows/table.h"
#include "flows/text.h"

#define SUMS_BYS 7 /* ways to make rows, at most */

/*
 * A sum, in front of a kind's own. It is known by a hash of what makes it one, seeded per
 * process and of 64 bits, so that nobody can make two of them meet.
 */
struct sums_leaf {
	struct table_node node;
	uint64_t weight, last_ns; /* the smallest go first, of them the oldest */
	uint64_t named_ns; /* flow's time when its names were written or found to be the same */
	uint64_t named_as; /* what they were made of: a hash */
	uint8_t part; /* rows are of one part: drops' losses and normal life */
	bool counted; /* it has something */
	uint64_t by[SUMS_BYS]; /* hashes: which row it belongs to; 1 + part of the others */
	char *names; /* texts, each with its NUL */
	size_t n_names, names_size;
	struct rate rate;
};

/* What is asked of rows. */
struct sums_asked {
	unsigned int by;
	uint64_t now_ns;
	unsigned int window;
};

struct sums_kind {
	size_t size; /* of what has struct sums in front */
	size_t leaf_size, row_size;
	uint8_t parts; /* 1 or 2 */
	uint8_t within; /* in a row the sums come ordered by that one of by[] */
	void (*add)(struct sums *s, const struct flow *f, uint64_t number);
	void (*clear)(struct sums *s); /* totals */
	/* A sum begins, zeroed but for part; others: the one for what has no room. And it ends. */
	void (*begin)(struct sums_leaf *l, bool others);
	void (*end)(struct sums *s, struct sums_leaf *l); /* NULL: nothing to give up */
	void (*merge)(struct sums *s, struct sums_leaf *to, const struct sums_leaf *from);
	/* A row, zeroed but for its key, of v[0..n); and the order of rows. */
	void (*fill)(struct sums *s, void *row, struct sums_leaf **v, size_t n,
		     const struct sums_asked *asked);
	int (*compare)(const void *row_a, const void *row_b);
	size_t (*bytes)(const struct sums *s); /* of its own beside the sums; NULL: none */
};

/* How a pod is told apart, which takes long to find out. Holds a reference. */
struct sums_known {
	struct endpoint *endpoint;
	struct sums_end_id id;
};
#define SUMS_KNOWN 1024 /* a power of two */

struct sums {
	const struct sums_kind *kind;
	struct sums_known *known; /* SUMS_KNOWN, by the pointer */
	struct table table;
	char *leaves; /* the others, one a part, and SUMS_MAX */
	size_t n_leaves; /* of these so many were in use some time */
	struct table_node *unused; /* nodes of leaves */
	struct sums_leaf **sorted; /* room for all */
	char *rows;
	struct text scratch;
	uint64_t epoch, version, left_out;
};

/* The sum of that hash. *ret_new: its by[] and names are still to be written. */
struct sums_leaf *sums_leaf(struct sums *s, uint64_t hash, unsigned int part, bool *ret_new);

/* Rates are far from the rest of it: to be there by the time they are needed. */
static inline void sums_fetch(const struct sums_leaf *l, uint64_t time_ns)
{
	__builtin_prefetch(&l->rate.newest, 1);
	__builtin_prefetch(&l->rate.v[time_ns / 1000000000 % RATE_SECONDS], 1);
}

/* Its worth grows. */
static inline void sums_count(struct sums_leaf *l, uint64_t weight, uint64_t time_ns)
{
	l->weight += weight;
	l->counted = true;
	if (time_ns > l->last_ns)
		l->last_ns = time_ns;
}

/* Names may become known, or better ones, while a sum goes on: is it time to write them? */
bool sums_names_due(struct sums_leaf *l, const struct flow *f);
/* The texts in s->scratch become the sum's names. NULL: they are already, or there is no memory. */
const char *sums_set_names(struct sums *s, struct sums_leaf *l);

/* Those of one row in s->sorted, those that have the same of by[within] together. How many. */
size_t sums_of_row(struct sums *s, unsigned int by, uint64_t key, unsigned int within);

/* The next of texts that follow each other, each with its NUL. */
static inline const char *sums_take(const char **texts)
{
	const char *s = *texts;

	*texts += strlen(s) + 1;
	return s;
}

static inline uint64_t sums_text_hash(const char *s)
{
	return s && *s ? table_hash(s, strlen(s)) : 0;
}

/* Of two hashes, which are seeded. Never 1 nor 2, which are the others' rows. */
static inline uint64_t sums_mix(uint64_t a, uint64_t b)
{
	uint64_t hash = (a ^ (b + 0x9e3779b97f4a7c15) * 0xbf58476d1ce4e5b9) * 0x94d049bb133111eb;

	hash ^= hash >> 32;
	return hash > 2 ? hash : 3;
}

/* How many different hashes there were. Zeroed is none. */
struct different {
	uint64_t v[SUMS_DIFFERENT_MAX];
	uint32_t n;
};

static inline void different_add(struct different *d, uint64_t hash)
{
	for (uint32_t i = 0; i < d->n; i++)
		if (d->v[i] == hash)
			return;
	if (d->n < SUMS_DIFFERENT_MAX)
		d->v[d->n++] = hash;
}

#endif
