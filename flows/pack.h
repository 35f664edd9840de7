/* SPDX-License-Identifier: MIT */
/*
 * Deep copies in one allocation: a structure, then the arrays and strings that it
 * points to. The copying function runs twice: once to measure (base NULL), once
 * to copy.
 *
 *	struct pack p = {.used = sizeof(*to)};
 *	fill(&p, &measured, from);
 *	to = pack_begin(&p);
 *	fill(&p, to, from);
 */
#ifndef PITOT_FLOWS_PACK_H
#define PITOT_FLOWS_PACK_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct pack {
	char *base; /* NULL while measuring */
	size_t used; /* begins after the structure itself */
	size_t head; /* size of the structure */
};

/* What was measured, allocated and zeroed; NULL without memory. free() it. */
static inline void *pack_begin(struct pack *p)
{
	p->base = calloc(1, p->used);
	p->used = p->head;
	return p->base;
}

/* Room for an array of pointers or addresses; NULL while measuring and where size is 0. */
static inline void *pack_room(struct pack *p, size_t size)
{
	void *at;

	p->used = (p->used + 7) & ~(size_t)7;
	at = p->base && size ? p->base + p->used : NULL;
	p->used += size;
	return at;
}

/* s (NULL counts as ""), cut at max bytes. */
static inline const char *pack_str(struct pack *p, const char *s, size_t max)
{
	size_t n = s ? strnlen(s, max) : 0;
	char *at = p->base ? p->base + p->used : NULL;

	if (!n)
		return "";
	p->used += n + 1;
	if (!at)
		return "";
	memcpy(at, s, n);
	at[n] = 0;
	return at;
}

/* An array of strings. */
static inline const char *const *pack_strs(struct pack *p, const char *const *v, size_t n,
					   size_t max)
{
	const char **at = pack_room(p, n * sizeof(*v));

	for (size_t i = 0; i < n; i++) {
		const char *s = pack_str(p, v[i], max);

		if (at)
			at[i] = s;
	}
	return at;
}

#endif
