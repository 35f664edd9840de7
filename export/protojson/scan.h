/* SPDX-License-Identifier: MIT */
/*
 * JSON's tokens, read where they are: for export/protojson/ only. What returns bool
 * returns false after json_fail(), which keeps the first error.
 */
#ifndef PITOT_EXPORT_PROTOJSON_SCAN_H
#define PITOT_EXPORT_PROTOJSON_SCAN_H

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "export/protojson.h"

struct json_reader {
	const char *begin, *p, *end;
	struct text *wire; /* what is made of it */
	unsigned int depth; /* of objects and lists */
	bool lenient;
	uint64_t unknown;
	struct protojson_error *error;
	int err;
	struct text scratch; /* a text without its escapes */
};

/* Bytes of the input, or of the reader's scratch until the next one. */
struct json_span {
	const char *s;
	size_t n;
};

/* Always false. what: a constant; name: untrusted, quoted behind it, or NULL. */
bool json_fail(struct json_reader *r, const char *at, const char *what, const char *name, size_t n);

/* The next byte that is not white space, without taking it; 0 at the end. */
static inline char json_peek(struct json_reader *r)
{
	while (r->p < r->end && (unsigned char)*r->p <= ' ') {
		if (*r->p != ' ' && *r->p != '\n' && *r->p != '\r' && *r->p != '\t')
			return 1; /* no token begins with it */
		r->p++;
	}
	return r->p < r->end ? *r->p : 0;
}

/* Takes c; false: something else is there. wanted: what it was to be, "an object". */
bool json_take_slow(struct json_reader *r, char c, const char *wanted);

static inline bool json_take(struct json_reader *r, char c, const char *wanted)
{
	if (__builtin_expect(r->p < r->end && *r->p == c, 1)) {
		r->p++;
		return true;
	}
	return json_take_slow(r, c, wanted);
}

/* First byte that is not plain inside of a string: a quote, a backslash, a control, not ASCII. */
static inline const char *json_scan_plain(const char *p, const char *end)
{
#ifdef __SSE2__
	while (end - p >= 16) {
		__m128i v = _mm_loadu_si128((const __m128i *)p);
		__m128i odd = _mm_or_si128(_mm_cmplt_epi8(v, _mm_set1_epi8(0x20)),
					   _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('"')),
							_mm_cmpeq_epi8(v, _mm_set1_epi8('\\'))));
		int mask = _mm_movemask_epi8(odd);

		if (mask)
			return p + __builtin_ctz(mask);
		p += 16;
	}
#endif
	while (p < end && (signed char)*p >= 0x20 && *p != '"' && *p != '\\')
		p++;
	return p;
}

bool json_string_slow(struct json_reader *r, struct json_span *ret, bool *ret_plain);

/* A string with its quotes. *ret_plain: *ret is its text; else json_unescape() it. */
static inline bool json_string_raw(struct json_reader *r, struct json_span *ret, bool *ret_plain)
{
	const char *p = r->p, *quote;

	if (__builtin_expect(p < r->end && *p == '"', 1)) {
		quote = json_scan_plain(p + 1, r->end);
		if (__builtin_expect(quote < r->end && *quote == '"', 1)) {
			*ret = (struct json_span){.s = p + 1, .n = quote - p - 1};
			*ret_plain = true;
			r->p = quote + 1;
			return true;
		}
	}
	return json_string_slow(r, ret, ret_plain);
}

/* Appends the text of a string that is not plain. */
bool json_unescape(struct json_reader *r, struct text *t, const struct json_span *raw);

/* A string's text. */
bool json_quoted(struct json_reader *r, struct json_span *ret);

/* A number's bytes, checked to be one. */
bool json_number_span(struct json_reader *r, struct json_span *ret);

/* "true", "null". */
bool json_literal(struct json_reader *r, const char *word);
bool json_bool(struct json_reader *r, bool *ret_v);

/*
 * Begins an object or a list and counts the level; the _next() functions end it. 1:
 * a member or an element follows, 0: it has ended, -1: failed. *first: true before
 * the first call.
 */
bool json_begin(struct json_reader *r, char brace, const char *wanted);
int json_next_slow(struct json_reader *r, char close, bool *first);

static inline int json_next_element(struct json_reader *r, char close, bool *first)
{
	if (r->p < r->end && *r->p == ',' && !*first) {
		r->p++;
		return 1;
	}
	return json_next_slow(r, close, first);
}

int json_next_member_slow(struct json_reader *r, bool *first, struct json_span *ret_name);

/* The same in an object: *ret_name is the member's name, its value follows. */
static inline int json_next_member(struct json_reader *r, bool *first, struct json_span *ret_name)
{
	const char *p = r->p, *quote;

	/* ,"name": as nearly all are */
	if (__builtin_expect(r->end - p > 1 && *p == (*first ? '"' : ',') && p[!*first] == '"',
			     1)) {
		p += 1 + !*first;
		quote = json_scan_plain(p, r->end);
		if (__builtin_expect(r->end - quote > 1 && *quote == '"' && quote[1] == ':', 1)) {
			*ret_name = (struct json_span){.s = p, .n = quote - p};
			*first = false;
			r->p = quote + 2;
			return 1;
		}
	}
	return json_next_member_slow(r, first, ret_name);
}

/* Passes over a value. */
bool json_skip(struct json_reader *r);

#endif
