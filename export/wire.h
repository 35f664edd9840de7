/* SPDX-License-Identifier: MIT */
/*
 * The protobuf wire format (protobuf.dev, "Encoding"): a writer that appends to a
 * struct text, and a reader that checks every bound. For export/ only.
 *
 *	size_t m = wire_open(t, 6);		// a message in field 6
 *	wire_u64(t, 1, 443);
 *	wire_close(t, m);
 *
 *	struct wire_reader r = wire_reader(data, n);
 *	struct wire_field f;
 *	while (wire_next(&r, &f))
 *		if (f.number == 6 && f.type == WIRE_BYTES)
 *			read_message(f.data, f.n);
 *	return r.bad ? -EBADMSG : 0;
 */
#ifndef PITOT_EXPORT_WIRE_H
#define PITOT_EXPORT_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "flows/text.h"

enum wire_type { WIRE_VARINT = 0, WIRE_FIXED64 = 1, WIRE_BYTES = 2, WIRE_FIXED32 = 5 };

#define WIRE_VARINT_MAX 10
#define WIRE_FIELD_MAX 0x1fffffff

/* ------------------------------------------------------------------- writing */

static inline size_t wire_varint_size(uint64_t v)
{
	return (70 - __builtin_clzll(v | 1)) / 7;
}

/* p has room for WIRE_VARINT_MAX; returns the place behind. */
static inline char *wire_put_varint(char *p, uint64_t v)
{
	while (v >= 0x80) {
		*p++ = (char)(v | 0x80);
		v >>= 7;
	}
	*p++ = (char)v;
	return p;
}

static inline char *wire_put_tag(char *p, uint32_t number, enum wire_type type)
{
	return wire_put_varint(p, (uint64_t)number << 3 | type);
}

/* Varints, bools and enums; an int32 is widened by its sign. Written even where it is 0. */
static inline void wire_u64_always(struct text *t, uint32_t number, uint64_t v)
{
	char *p = text_reserve(t, 2 * WIRE_VARINT_MAX);

	if (!p)
		return;
	p = wire_put_tag(p, number, WIRE_VARINT);
	t->len = wire_put_varint(p, v) - t->data;
}

/* The same; 0 is left out, as proto3 does. */
static inline void wire_u64(struct text *t, uint32_t number, uint64_t v)
{
	if (v)
		wire_u64_always(t, number, v);
}

static inline void wire_fixed64(struct text *t, uint32_t number, uint64_t v)
{
	char *p = v ? text_reserve(t, WIRE_VARINT_MAX + 8) : NULL;

	if (!p)
		return;
	p = wire_put_tag(p, number, WIRE_FIXED64);
	for (int i = 0; i < 8; i++)
		*p++ = (char)(v >> 8 * i);
	t->len = p - t->data;
}

/* Written even where n is 0. */
static inline void wire_bytes_always(struct text *t, uint32_t number, const void *data, size_t n)
{
	char *p = text_reserve(t, 2 * WIRE_VARINT_MAX + n);

	if (!p)
		return;
	p = wire_put_tag(p, number, WIRE_BYTES);
	p = wire_put_varint(p, n);
	if (n)
		memcpy(p, data, n);
	t->len = p + n - t->data;
}

/* bytes, a ready message; left out where n is 0. */
static inline void wire_bytes(struct text *t, uint32_t number, const void *data, size_t n)
{
	if (n)
		wire_bytes_always(t, number, data, n);
}

/* Text that is known to be UTF-8 (a constant, an address); NULL and "" are left out. */
static inline void wire_str(struct text *t, uint32_t number, const char *s)
{
	if (s && *s)
		wire_bytes_always(t, number, s, strlen(s));
}

/*
 * Untrusted text of up to max bytes: a proto3 string must be UTF-8, or the receiver
 * throws the message away; what is not becomes U+FFFD. NULL and "" are left out.
 */
void wire_untrusted(struct text *t, uint32_t number, const char *s, size_t max);

/* The same, also where it is "": an element of a repeated field. */
void wire_untrusted_always(struct text *t, uint32_t number, const char *s, size_t max);

/* google.protobuf.Timestamp; left out where it is 0. */
void wire_time(struct text *t, uint32_t number, uint64_t time_ns);

/*
 * A message whose length is not known yet: one byte is kept for it, and what follows
 * is moved where it takes more. Returns the mark for wire_close().
 */
static inline size_t wire_open(struct text *t, uint32_t number)
{
	char *p = text_reserve(t, WIRE_VARINT_MAX + 1);

	if (!p)
		return t->len;
	p = wire_put_tag(p, number, WIRE_BYTES);
	*p++ = 0;
	t->len = p - t->data;
	return t->len;
}

static inline void wire_close(struct text *t, size_t mark)
{
	size_t n = t->len - mark, more;

	if (t->err || !mark)
		return;
	more = wire_varint_size(n) - 1;
	if (more) {
		if (!text_reserve(t, more))
			return;
		memmove(t->data + mark + more, t->data + mark, n);
		t->len += more;
	}
	wire_put_varint(t->data + mark - 1, n);
}

/* Takes back a message in which nothing was written: the mark's tag and length go, too. */
static inline void wire_close_or_drop(struct text *t, size_t mark, size_t before_open)
{
	if (t->len == mark)
		t->len = before_open;
	else
		wire_close(t, mark);
}

/* ------------------------------------------------------------------- reading */

struct wire_reader {
	const uint8_t *p, *end;
	bool bad; /* what follows is no wire format */
};

struct wire_field {
	uint32_t number;
	uint8_t type; /* enum wire_type */
	uint64_t v; /* WIRE_VARINT, WIRE_FIXED64, WIRE_FIXED32 */
	const uint8_t *data; /* WIRE_BYTES: in the reader's bytes; else NULL and 0 */
	size_t n;
};

static inline struct wire_reader wire_reader(const void *data, size_t n)
{
	const uint8_t *p = data;

	return (struct wire_reader){.p = p, .end = n ? p + n : p};
}

/* A varint of more than one byte, or none: false. */
bool wire_long_varint(struct wire_reader *r, uint64_t *ret_v);

static inline bool wire_varint(struct wire_reader *r, uint64_t *ret_v)
{
	if (r->p < r->end && *r->p < 0x80) {
		*ret_v = *r->p++;
		return true;
	}
	return wire_long_varint(r, ret_v);
}

/* WIRE_FIXED64, WIRE_FIXED32, and what is not allowed. */
bool wire_fixed(struct wire_reader *r, struct wire_field *f);

/*
 * The next field; false at the end, or with r->bad. Groups (wire types 3 and 4), which
 * proto3 does not have, are bad.
 */
static inline bool wire_next(struct wire_reader *r, struct wire_field *f)
{
	uint64_t tag, v;

	if (r->p >= r->end || r->bad)
		return false;
	if (!wire_varint(r, &tag) || !(tag >> 3) || tag >> 3 > WIRE_FIELD_MAX)
		goto bad;
	f->number = tag >> 3;
	f->type = tag & 7;
	f->data = NULL;
	f->n = 0;
	if (f->type == WIRE_VARINT) {
		if (!wire_varint(r, &f->v))
			goto bad;
		return true;
	}
	if (f->type != WIRE_BYTES)
		return wire_fixed(r, f);
	if (!wire_varint(r, &v) || v > (uint64_t)(r->end - r->p))
		goto bad;
	f->data = r->p;
	f->n = v;
	r->p += v;
	return true;
bad:
	r->bad = true;
	return false;
}

/*
 * For strings, enums and numbers of a known kind: f's value where it has the type that
 * the .proto says, else nothing (a field of another type is an unknown field).
 */
static inline uint64_t wire_as_u64(const struct wire_field *f)
{
	return f->type == WIRE_BYTES ? 0 : f->v;
}

/* google.protobuf.Timestamp in nanoseconds; 0 where it is before 1970, after 2554, or malformed. */
uint64_t wire_read_time(const struct wire_field *f);

#endif
