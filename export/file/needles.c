// SPDX-License-Identifier: MIT
#include "export/file/needles.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* What a longer name is cut to, and whether, is the reader's; Kubernetes has none. */
#define NEEDLE_MAX 63

/* The same byte for byte in JSON, in whatever way it is written without \u. */
static bool is_plain(const char *s)
{
	size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._");

	return n && n <= NEEDLE_MAX && !s[n];
}

/* 0, -ENOMEM, or -ENOSPC: too many. */
static int add(struct file_needles *x, const char *s)
{
	size_t n = strlen(s);
	char *text;

	for (size_t i = 0; i < x->n; i++)
		if (x->v[i].n == n + 2 && !memcmp(x->v[i].text + 1, s, n))
			return 0;
	if (x->n == NEEDLES_MAX)
		return -ENOSPC;
	text = malloc(n + 2);
	if (!text)
		return -ENOMEM;
	text[0] = text[n + 1] = '"';
	memcpy(text + 1, s, n);
	x->v[x->n++] = (struct file_needle){.text = text, .n = n + 2};
	return 0;
}

/* The text that a value asks for; NULL: none that could be looked for. */
static const char *text_of(enum filter_field field, const struct filter_value *v)
{
	/* no namespace is the one that is called so: flows/filter_match_names.c */
	const char *s = field == FILTER_WORKLOAD ? v->name : v->dir ? v->dir : "default";

	return s && is_plain(s) ? s : NULL;
}

static bool can_be_looked_for(enum filter_field field, const struct filter_term *t)
{
	for (size_t i = 0; i < t->n; i++)
		if (!text_of(field, &t->v[i]))
			return false;
	return t->n;
}

/* A term of a filter, all of whose values are texts: one of them has to be there. NULL: it has none. */
static const struct filter_term *usable_term(const struct flow_filter *q,
					     enum filter_field *ret_field)
{
	static const enum filter_field fields[] = {FILTER_WORKLOAD, FILTER_POD, FILTER_SERVICE};

	for (size_t i = 0; i < 2 * sizeof(fields) / sizeof(*fields); i++) {
		const struct filter_term *t = &q->terms[filter_term_of(fields[i / 2], i % 2)];

		if (!can_be_looked_for(fields[i / 2], t))
			continue;
		*ret_field = fields[i / 2];
		return t;
	}
	return NULL;
}

/* Of every filter of the allow list, for a flow passes by any of them. */
static int add_all(struct file_needles *x, const struct filter *f)
{
	for (size_t i = 0; i < filter_count(f, false); i++) {
		enum filter_field field;
		const struct filter_term *t = usable_term(filter_at(f, false, i), &field);

		if (!t)
			return -ENOSPC;
		for (size_t k = 0; k < t->n; k++) {
			int err = add(x, text_of(field, &t->v[k]));

			if (err)
				return err;
		}
	}
	return 0;
}

int file_needles_init(struct file_needles *x, const struct filter *f)
{
	int err = f ? add_all(x, f) : 0;

	if (err)
		file_needles_clear(x);
	return err == -ENOSPC ? 0 : err;
}

void file_needles_clear(struct file_needles *x)
{
	for (size_t i = 0; i < x->n; i++)
		free(x->v[i].text);
	x->n = 0;
}

/*
 * memmem() by the needle's last two letters, sixteen places at a time: a namespace is too
 * short for the library's to leap.
 */
static bool contains(const char *s, size_t n, const char *needle, size_t m)
{
	size_t i = 0;

#ifdef __SSE2__
	size_t at = m < 4 ? 0 : m - 2 - (needle[m - 1] == '"');
	__m128i a = _mm_set1_epi8(needle[at]), b = _mm_set1_epi8(needle[m < 2 ? 0 : at + 1]);

	for (; m >= 2 && i + m + 16 <= n; i += 16) {
		const char *p = s + i + at;
		__m128i x = _mm_cmpeq_epi8(_mm_loadu_si128((const __m128i *)p), a);
		__m128i y = _mm_cmpeq_epi8(_mm_loadu_si128((const __m128i *)(p + 1)), b);
		unsigned int mask = _mm_movemask_epi8(_mm_and_si128(x, y));

		for (; mask; mask &= mask - 1)
			if (!memcmp(s + i + __builtin_ctz(mask), needle, m))
				return true;
	}
#endif
	return memmem(s + i, n - i, needle, m);
}

/* \u may stand for any character; the other escapes for none that a needle has. */
static bool has_unicode_escape(const char *s, const char *end)
{
	while ((s = memchr(s, '\\', end - s)) && s + 1 < end) {
		if (s[1] == 'u')
			return true;
		s += 2;
	}
	return false;
}

/* A second object may be no flow. Braces in a text only make a line be read that need not. */
static bool may_have_second_object(const char *s, const char *end)
{
	while ((s = memchr(s, '}', end - s))) {
		s++;
		while (s < end && (*s == ' ' || *s == '\t' || *s == '\r'))
			s++;
		if (s < end && *s == '{')
			return true;
	}
	return false;
}

bool file_needles_in_line(const struct file_needles *x, const char *s, size_t n)
{
	static const char begin[] = "{\"flow\":{";

	if (!x->n || n < sizeof(begin) || memcmp(s, begin, sizeof(begin) - 1) != 0)
		return true;
	while (n && (s[n - 1] == '\r' || s[n - 1] == ' '))
		n--;
	if (s[n - 1] != '}')
		return true; /* torn, or worse: it has to be told */
	for (size_t i = 0; i < x->n; i++)
		if (contains(s, n, x->v[i].text, x->v[i].n))
			return true;
	return has_unicode_escape(s, s + n) || may_have_second_object(s, s + n);
}

bool file_needles_in_message(const struct file_needles *x, const char *s, size_t n)
{
	if (!x->n || !n)
		return true;
	for (size_t i = 0; i < x->n; i++)
		if (contains(s, n, x->v[i].text + 1, x->v[i].n - 2))
			return true;
	return false;
}
