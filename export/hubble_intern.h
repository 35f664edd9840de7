/* SPDX-License-Identifier: MIT */
/*
 * What comes again and again in a stream of flows, kept once under the bytes that it
 * was read from. Bounded: what does not fit any more pushes out what was there.
 */
#ifndef PITOT_EXPORT_HUBBLE_INTERN_H
#define PITOT_EXPORT_HUBBLE_INTERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The same bytes mean different things in different places. */
enum intern_kind {
	INTERN_ENDPOINT,
	INTERN_OWN_ENDPOINT,
	INTERN_SERVICE,
	INTERN_NAMES,
	INTERN_PROCESS,
	INTERN_PLACE,
	INTERN_KINDS,
};

struct intern_entry {
	uint64_t hash;
	uint8_t *key; /* NULL: free */
	void *object; /* a reference, NULL too */
	uint32_t n_key;
	uint32_t value; /* the caller's */
	uint8_t kind; /* enum intern_kind */
};

struct intern;

/* put[kind] drops a reference to an object of that kind. NULL without memory. */
struct intern *intern_new(void (*const put[INTERN_KINDS])(void *object));
void intern_free(struct intern *in); /* takes NULL */

/*
 * The entry of these bytes, or NULL with *ret_hash for intern_add(). It holds until
 * the next intern_add().
 */
const struct intern_entry *intern_find(struct intern *in, enum intern_kind kind, const uint8_t *key,
				       size_t n, uint64_t *ret_hash);

/*
 * Takes over the reference. bytes: the object's size. false: it is not kept (too big, or
 * no memory), the reference is still the caller's.
 */
bool intern_add(struct intern *in, enum intern_kind kind, const uint8_t *key, size_t n,
		uint64_t hash, void *object, uint32_t value, size_t bytes);

/*
 * A copy of a text (no NUL in it, cut at 256 bytes) that lives as long as the table; NULL
 * when there are too many.
 */
const char *intern_string(struct intern *in, const uint8_t *s, size_t n);

#endif
