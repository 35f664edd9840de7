// SPDX-License-Identifier: MIT
#include "export/hubble_intern.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define SETS 2048 /* a power of two */
#define WAYS 4
#define KEY_MAX 16384
#define BYTES_MAX (8u * 1024 * 1024)

#define STRINGS 4096 /* slots, a power of two; three quarters are used */
#define STRING_MAX 256

struct intern {
	uint64_t seed;
	size_t bytes; /* keys and objects */
	uint32_t turn; /* which entry of a full set goes next */
	void (*put[INTERN_KINDS])(void *object);
	struct intern_entry sets[SETS][WAYS];
	size_t n_strings;
	struct {
		uint64_t hash;
		char *s;
	} strings[STRINGS];
};

static uint64_t fold(uint64_t a, uint64_t b)
{
	unsigned __int128 product = (unsigned __int128)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint64_t load(const uint8_t *p, size_t n)
{
	uint64_t v = 0;

	memcpy(&v, p, n);
	return v;
}

/* Two lanes of multiply and fold. The seed is secret and in every factor, so nobody can aim at one set. */
static uint64_t hash_bytes(uint64_t seed, const uint8_t *p, size_t n)
{
	const uint64_t k0 = 0x9e3779b97f4a7c15;
	const uint64_t k1 = seed ^ 0xc2b2ae3d27d4eb4f, k2 = (seed << 32 | seed >> 32) ^ k0;
	uint64_t a = seed + k0, b = seed ^ n * k0;

	for (; n >= 32; n -= 32, p += 32) {
		a = fold(load(p, 8) ^ k1, load(p + 8, 8) ^ a);
		b = fold(load(p + 16, 8) ^ k2, load(p + 24, 8) ^ b);
	}
	for (; n >= 8; n -= 8, p += 8)
		a = fold(load(p, 8) ^ k2, a ^ k1);
	b ^= load(p, n);
	return fold(a ^ k0, b ^ k2) ^ fold(a, k1);
}

struct intern *intern_new(void (*const put[INTERN_KINDS])(void *object))
{
	struct intern *in = calloc(1, sizeof(*in));

	if (!in)
		return NULL;
	if (getrandom(&in->seed, sizeof(in->seed), GRND_NONBLOCK) < 0)
		in->seed = (uintptr_t)in;
	memcpy(in->put, put, sizeof(in->put));
	return in;
}

static void drop(struct intern *in, struct intern_entry *e)
{
	if (!e->key)
		return;
	if (e->object)
		in->put[e->kind](e->object);
	free(e->key);
	e->key = NULL;
}

static void clear(struct intern *in)
{
	for (size_t i = 0; i < SETS; i++)
		for (size_t j = 0; j < WAYS; j++)
			drop(in, &in->sets[i][j]);
	in->bytes = 0;
}

void intern_free(struct intern *in)
{
	if (!in)
		return;
	clear(in);
	for (size_t i = 0; i < STRINGS; i++)
		free(in->strings[i].s);
	free(in);
}

const struct intern_entry *intern_find(struct intern *in, enum intern_kind kind, const uint8_t *key,
				       size_t n, uint64_t *ret_hash)
{
	uint64_t hash = hash_bytes(in->seed + kind, key, n);
	struct intern_entry *set = in->sets[hash & (SETS - 1)];

	for (size_t i = 0; i < WAYS; i++)
		if (set[i].hash == hash && set[i].key && set[i].n_key == n && set[i].kind == kind &&
		    !memcmp(set[i].key, key, n))
			return &set[i];
	*ret_hash = hash;
	return NULL;
}

static struct intern_entry *place(struct intern *in, uint64_t hash)
{
	struct intern_entry *set = in->sets[hash & (SETS - 1)];

	for (size_t i = 0; i < WAYS; i++)
		if (!set[i].key)
			return &set[i];
	return &set[in->turn++ % WAYS];
}

bool intern_add(struct intern *in, enum intern_kind kind, const uint8_t *key, size_t n,
		uint64_t hash, void *object, uint32_t value, size_t bytes)
{
	struct intern_entry *e;
	uint8_t *copy;

	if (n > KEY_MAX)
		return false;
	/* Rare where names come again: then starting over costs less than keeping their order. */
	if (in->bytes + n + bytes > BYTES_MAX)
		clear(in);
	copy = malloc(n ? n : 1);
	if (!copy)
		return false;
	memcpy(copy, key, n);
	e = place(in, hash);
	drop(in, e);
	*e = (struct intern_entry){
		.hash = hash,
		.key = copy,
		.object = object,
		.n_key = n,
		.value = value,
		.kind = kind,
	};
	in->bytes += n + bytes;
	return true;
}

const char *intern_string(struct intern *in, const uint8_t *s, size_t n)
{
	uint64_t hash;
	size_t i;
	char *copy;

	if (n > STRING_MAX)
		n = STRING_MAX;
	n = n ? strnlen((const char *)s, n) : 0;
	if (!n)
		return "";
	hash = hash_bytes(in->seed, s, n);
	for (i = hash & (STRINGS - 1); in->strings[i].s; i = (i + 1) & (STRINGS - 1))
		if (in->strings[i].hash == hash && !strncmp(in->strings[i].s, (const char *)s, n) &&
		    !in->strings[i].s[n])
			return in->strings[i].s;
	if (in->n_strings >= STRINGS / 4 * 3)
		return NULL;
	copy = strndup((const char *)s, n);
	if (!copy)
		return NULL;
	in->strings[i].hash = hash;
	in->strings[i].s = copy;
	in->n_strings++;
	return copy;
}
