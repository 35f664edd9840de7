// SPDX-License-Identifier: MIT
#include "export/protojson.h"

#include <errno.h>
#include <float.h>
#include <math.h>
#include <protobuf-c/protobuf-c.h>

#include "export/protojson/reader.h"
#include "export/protojson/parts.h"
#include "export/wire.h"

/* ------------------------------------------------------------------- numbers */

struct range {
	uint64_t max, min_magnitude; /* of what is not negative, of what is */
};

static struct range range_of(uint8_t type)
{
	switch (type) {
	case TYPE_INT32:
	case TYPE_SINT32:
	case TYPE_SFIXED32:
	case TYPE_ENUM:
		return (struct range){INT32_MAX, 1ull << 31};
	case TYPE_INT64:
	case TYPE_SINT64:
	case TYPE_SFIXED64:
		return (struct range){INT64_MAX, 1ull << 63};
	case TYPE_UINT64:
	case TYPE_FIXED64:
		return (struct range){UINT64_MAX, 0};
	default:
		return (struct range){UINT32_MAX, 0};
	}
}

/* Digits alone, as nearly all are. False: it is written otherwise, or has too many. */
static bool parse_digits(const struct json_span *number, bool *ret_negative, uint64_t *ret_v)
{
	const char *p = number->s, *end = p + number->n;
	uint64_t v = 0;

	*ret_negative = p < end && *p == '-';
	p += *ret_negative;
	for (; p < end; p++) {
		unsigned int d = (unsigned char)*p - '0';

		if (d > 9 || __builtin_mul_overflow(v, 10, &v) || __builtin_add_overflow(v, d, &v))
			return false;
	}
	*ret_v = v;
	return true;
}

/* 1e3, 2.0: whole numbers in another form. */
static bool parse_whole(const struct json_span *number, bool *ret_negative, uint64_t *ret_v)
{
	double v;

	if (!double_read(number->s, number->n, &v) || v != floor(v) || fabs(v) >= 0x1p64)
		return false;
	*ret_negative = v < 0;
	*ret_v = (uint64_t)fabs(v);
	return true;
}

/* A number, or a string that has one and nothing else. */
static bool read_number(struct json_reader *r, struct json_span *ret)
{
	struct json_reader inner = *r;

	if (json_peek(r) != '"')
		return json_number_span(r, ret);
	if (!json_quoted(r, ret))
		return false;
	inner.begin = inner.p = ret->s;
	inner.end = ret->s + ret->n;
	if (!ret->n || *ret->s <= ' ' || !json_number_span(&inner, ret) || inner.p != inner.end) {
		return json_fail(r, r->p, "a string that is no number", NULL, 0);
	}
	return true;
}

/* *ret_v is widened by its sign, as int32 and int64 are on the wire. */
static bool read_whole(struct json_reader *r, uint8_t type, uint64_t *ret_v)
{
	struct range range = range_of(type);
	const char *at = r->p;
	struct json_span number;
	bool negative;
	uint64_t v;

	if (!read_number(r, &number))
		return false;
	if (!parse_digits(&number, &negative, &v) && !parse_whole(&number, &negative, &v))
		return json_fail(r, at, "no whole number:", number.s, number.n);
	if (v > (negative ? range.min_magnitude : range.max))
		return json_fail(r, at, "a number out of range:", number.s, number.n);
	*ret_v = negative ? -v : v;
	return true;
}

static bool special_double(const struct json_span *s, double *ret_v)
{
	static const struct {
		const char *name;
		double v;
	} rows[] = {{"NaN", NAN}, {"Infinity", INFINITY}, {"-Infinity", -INFINITY}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		if (s->n != strlen(rows[i].name) || memcmp(s->s, rows[i].name, s->n) != 0)
			continue;
		*ret_v = rows[i].v;
		return true;
	}
	return false;
}

static bool read_double(struct json_reader *r, bool is_float, double *ret_v)
{
	const char *at = r->p;
	struct json_span s;

	if (json_peek(r) == '"') {
		struct json_reader before = *r;

		if (!json_quoted(r, &s))
			return false;
		if (special_double(&s, ret_v))
			return true;
		before.scratch = r->scratch;
		*r = before;
	}
	if (!read_number(r, &s))
		return false;
	if (!double_read(s.s, s.n, ret_v) || (is_float && fabs(*ret_v) > FLT_MAX))
		return json_fail(r, at, "a number out of range:", s.s, s.n);
	return true;
}

/* ------------------------------------------------------------------- scalars */

/* *ret_known false: a name that is not known, and lenient. */
static bool read_enum(struct json_reader *r, const struct enum_type *e, uint64_t *ret_v,
		      bool *ret_known)
{
	const char *at = r->p;
	struct json_span s;
	int i;

	if (json_peek(r) != '"')
		return read_whole(r, TYPE_ENUM, ret_v);
	if (!json_quoted(r, &s))
		return false;
	i = name_find(&e->names, s.s, s.n);
	*ret_known = i >= 0;
	if (i >= 0) {
		*ret_v = (uint64_t)(int64_t)e->values[i].number;
		return true;
	}
	r->unknown++;
	return r->lenient ? true : json_fail(r, at, "unknown value", s.s, s.n);
}

static uint64_t zigzag(uint64_t v)
{
	return v << 1 ^ -(v >> 63);
}

static uint64_t bits_of(double v, bool is_float)
{
	float narrow = is_float ? (float)v : 0;
	uint32_t few;
	uint64_t bits;

	memcpy(&few, &narrow, sizeof(few));
	memcpy(&bits, &v, sizeof(bits));
	return is_float ? few : bits;
}

/* *ret_v as wire_put_scalar() takes it. */
static bool read_scalar(struct json_reader *r, const struct field *f, uint64_t *ret_v,
			bool *ret_known)
{
	bool b = false;
	double d = 0;

	switch (f->type) {
	case TYPE_BOOL:
		if (!json_bool(r, &b))
			return false;
		*ret_v = b;
		return true;
	case TYPE_ENUM:
		return read_enum(r, f->enumeration, ret_v, ret_known);
	case TYPE_DOUBLE:
	case TYPE_FLOAT:
		if (!read_double(r, f->type == TYPE_FLOAT, &d))
			return false;
		*ret_v = bits_of(d, f->type == TYPE_FLOAT);
		return true;
	case TYPE_SINT32:
	case TYPE_SINT64:
		if (!read_whole(r, f->type, ret_v))
			return false;
		*ret_v = zigzag(*ret_v);
		return true;
	default:
		return read_whole(r, f->type, ret_v);
	}
}

/* A value without its tag. */
static void put_scalar(struct text *t, const struct field *f, uint64_t v)
{
	char *p = text_reserve(t, WIRE_VARINT_MAX);
	size_t n = f->wire == WIRE_FIXED64 ? 8 : 4;

	if (!p)
		return;
	if (f->wire == WIRE_VARINT) {
		t->len = wire_put_varint(p, v) - t->data;
		return;
	}
	for (size_t i = 0; i < n; i++)
		*p++ = (char)(v >> 8 * i);
	t->len = p - t->data;
}

static bool read_one_scalar(struct json_reader *r, const struct field *f)
{
	bool known = true;
	uint64_t v;
	char *p;

	if (!read_scalar(r, f, &v, &known))
		return false;
	if (!known || (!v && !f->presence))
		return true;
	p = text_reserve(r->wire, WIRE_VARINT_MAX);
	if (!p)
		return true;
	r->wire->len = wire_put_tag(p, f->number, f->wire) - r->wire->data;
	put_scalar(r->wire, f, v);
	return true;
}

/* ------------------------------------------------------------- strings, bytes */

bool protojson_read_string(struct json_reader *r, uint32_t number, bool even_empty)
{
	struct json_span s;
	size_t mark;
	bool plain;

	if (!json_string_raw(r, &s, &plain))
		return false;
	if (!s.n && !even_empty)
		return true;
	if (plain) {
		wire_bytes_always(r->wire, number, s.s, s.n);
		return true;
	}
	mark = wire_open(r->wire, number);
	if (!json_unescape(r, r->wire, &s))
		return false;
	wire_close(r->wire, mark);
	return true;
}

bool protojson_read_bytes(struct json_reader *r, uint32_t number, bool even_empty)
{
	const char *at = r->p;
	struct json_span s;
	size_t mark;

	if (!json_quoted(r, &s))
		return false;
	if (!s.n && !even_empty)
		return true;
	mark = wire_open(r->wire, number);
	if (!base64_read(r->wire, s.s, s.n))
		return json_fail(r, at, "no base64:", s.s, s.n);
	wire_close(r->wire, mark);
	return true;
}

/* -------------------------------------------------------------------- fields */

static bool read_message_field(struct json_reader *r, const struct field *f)
{
	size_t mark = wire_open(r->wire, f->number);

	if (!protojson_read_message(r, f->message))
		return false;
	wire_close(r->wire, mark);
	return true;
}

/* even_empty: an element of a list, or a member of a oneof. */
static bool read_single(struct json_reader *r, const struct field *f, bool even_empty)
{
	switch (f->type) {
	case TYPE_MESSAGE:
		return read_message_field(r, f);
	case TYPE_STRING:
		return protojson_read_string(r, f->number, even_empty);
	case TYPE_BYTES:
		return protojson_read_bytes(r, f->number, even_empty);
	default:
		return read_one_scalar(r, f);
	}
}

/* proto3 packs what can be packed. */
static bool read_packed(struct json_reader *r, const struct field *f)
{
	size_t before = r->wire->len, mark = wire_open(r->wire, f->number);
	bool first = true;
	int more;

	while ((more = json_next_element(r, ']', &first)) > 0) {
		bool known = true;
		uint64_t v;

		if (!read_scalar(r, f, &v, &known))
			return false;
		if (known)
			put_scalar(r->wire, f, v);
	}
	wire_close_or_drop(r->wire, mark, before);
	return more == 0;
}

static bool read_repeated(struct json_reader *r, const struct field *f)
{
	bool first = true;
	int more;

	if (!json_take(r, '[', "a list"))
		return false;
	r->depth++; /* the list's end counts it down; no level of its own */
	if (f->wire != WIRE_BYTES)
		return read_packed(r, f);
	while ((more = json_next_element(r, ']', &first)) > 0)
		if (!read_single(r, f, true))
			return false;
	return more == 0;
}

static bool is_value(const struct field *f)
{
	return f->type == TYPE_MESSAGE && f->message->kind == MESSAGE_VALUE;
}

bool protojson_read_field(struct json_reader *r, const struct field *f)
{
	if (json_peek(r) == 'n' && (f->repeated || !is_value(f)))
		return json_literal(r, "null");
	if (f->repeated)
		return read_repeated(r, f);
	return read_single(r, f, f->presence);
}

bool protojson_read_unknown(struct json_reader *r, const struct json_span *name)
{
	bool in_place = name->s != r->scratch.data;

	r->unknown++;
	if (!r->lenient)
		return json_fail(r, in_place ? name->s - 1 : r->p, "unknown field", name->s,
				 name->n);
	return json_skip(r);
}

static bool read_plain(struct json_reader *r, const struct message *m)
{
	struct json_span name;
	bool first = true;
	int more;

	if (!json_begin(r, '{', "an object"))
		return false;
	while ((more = json_next_member(r, &first, &name)) > 0) {
		const struct field *f = field_by_name(m, name.s, name.n);

		if (!(f ? protojson_read_field(r, f) : protojson_read_unknown(r, &name)))
			return false;
	}
	return more == 0;
}

bool protojson_read_message(struct json_reader *r, const struct message *m)
{
	return m->kind == MESSAGE_PLAIN ? read_plain(r, m) : protojson_read_known(r, m);
}

int protojson_read(struct text *wire, const ProtobufCMessageDescriptor *type, const char *text,
		   size_t n, bool lenient, size_t *ret_used, uint64_t *ret_unknown,
		   struct protojson_error *ret_error)
{
	const struct message *m = message_find(type->name, strlen(type->name));
	struct json_reader r = {.begin = text,
				.p = text,
				.end = text + n,
				.wire = wire,
				.lenient = lenient,
				.error = ret_error};

	*ret_error = (struct protojson_error){0};
	if (!m)
		return -ENOMEM; /* the types of the API are all known */
	protojson_read_message(&r, m);
	if (r.scratch.err)
		r.err = r.scratch.err;
	text_free(&r.scratch);
	*ret_used = r.p - text;
	if (ret_unknown)
		*ret_unknown = r.unknown;
	return wire->err ? wire->err : r.err;
}
