// SPDX-License-Identifier: MIT
#include "export/protojson.h"

#include <errno.h>
#include <math.h>
#include <protobuf-c/protobuf-c.h>

#include "export/json.h"
#include "export/protojson/parts.h"
#include "export/protojson/writer.h"

/* Bytes of messages that came in parts, put together: so many times what was given at most. */
#define MERGE_FACTOR 4

/* Where a field's values are: from the first one's tag to the last one's end. */
struct seen {
	const uint8_t *first, *last, *end; /* last: its tag */
};

static void put_quoted_u64(struct text *t, uint64_t v)
{
	text_char(t, '"');
	text_u64(t, v);
	text_char(t, '"');
}

static void put_signed(struct text *t, int64_t v)
{
	if (v < 0)
		text_char(t, '-');
	text_u64(t, v < 0 ? -(uint64_t)v : (uint64_t)v);
}

static void put_quoted_i64(struct text *t, int64_t v)
{
	text_char(t, '"');
	put_signed(t, v);
	text_char(t, '"');
}

static int64_t zigzag(uint64_t v)
{
	return (int64_t)(v >> 1) ^ -(int64_t)(v & 1);
}

static void put_double(struct text *t, double v, bool is_float)
{
	if (isnan(v))
		text_str(t, "\"NaN\"");
	else if (isinf(v))
		text_str(t, v < 0 ? "\"-Infinity\"" : "\"Infinity\"");
	else
		double_write(t, v, is_float);
}

static double as_double(uint64_t bits)
{
	double v;

	memcpy(&v, &bits, sizeof(v));
	return v;
}

static float as_float(uint32_t bits)
{
	float v;

	memcpy(&v, &bits, sizeof(v));
	return v;
}

static void put_enum(struct text *t, const struct enum_type *e, int32_t number)
{
	const struct enum_value *v = enum_by_number(e, number);

	if (!v) {
		put_signed(t, number);
		return;
	}
	text_char(t, '"');
	text_mem(t, v->name, v->n);
	text_char(t, '"');
}

/* A number, a bool or an enum: v as the wire has it. */
static void put_scalar(struct text *t, const struct field *f, uint64_t v)
{
	switch (f->type) {
	case TYPE_DOUBLE:
		put_double(t, as_double(v), false);
		break;
	case TYPE_FLOAT:
		put_double(t, as_float((uint32_t)v), true);
		break;
	case TYPE_INT64:
	case TYPE_SFIXED64:
		put_quoted_i64(t, (int64_t)v);
		break;
	case TYPE_SINT64:
		put_quoted_i64(t, zigzag(v));
		break;
	case TYPE_UINT64:
	case TYPE_FIXED64:
		put_quoted_u64(t, v);
		break;
	case TYPE_INT32:
	case TYPE_SFIXED32:
		put_signed(t, (int32_t)v);
		break;
	case TYPE_SINT32:
		put_signed(t, (int32_t)zigzag((uint32_t)v));
		break;
	case TYPE_BOOL:
		text_str(t, v ? "true" : "false");
		break;
	case TYPE_ENUM:
		put_enum(t, f->enumeration, (int32_t)v);
		break;
	default:
		text_u64(t, (uint32_t)v);
	}
}

int protojson_write_value(struct json_writer *w, const struct field *f, const struct wire_field *v)
{
	struct text *t = w->t;

	switch (f->type) {
	case TYPE_MESSAGE:
		return protojson_write_message(w, f->message, v->data, v->n);
	case TYPE_STRING:
		json_quote_bytes(t, (const char *)v->data, v->n);
		return 0;
	case TYPE_BYTES:
		text_char(t, '"');
		base64_write(t, v->data, v->n);
		text_char(t, '"');
		return 0;
	default:
		put_scalar(t, f, v->v);
		return 0;
	}
}

/* ------------------------------------------------------------- plain messages */

static bool is_packed(const struct field *f, const struct wire_field *v)
{
	return f->repeated && v->type == WIRE_BYTES && f->wire != WIRE_BYTES;
}

static bool fits(const struct field *f, const struct wire_field *v)
{
	return f->wire == v->type || is_packed(f, v);
}

/* The numbers of a packed field. */
static int write_packed(struct text *t, const struct field *f, const struct wire_field *packed)
{
	struct wire_reader r = wire_reader(packed->data, packed->n);
	struct wire_field v = {.type = f->wire};

	while (r.p < r.end) {
		if (f->wire == WIRE_VARINT ? !wire_varint(&r, &v.v) : !wire_fixed(&r, &v))
			return -EBADMSG;
		protojson_next_element(t);
		put_scalar(t, f, v.v);
	}
	return 0;
}

static int write_repeated(struct json_writer *w, const struct field *f, const struct seen *seen)
{
	struct wire_reader r = wire_reader(seen->first, seen->end - seen->first);
	struct wire_field v;
	size_t begin = w->t->len, first;
	int err = 0;

	protojson_put_key(w->t, f->name, f->n_name);
	text_char(w->t, '[');
	first = w->t->len;
	while (!err && wire_next(&r, &v)) {
		if (v.number != f->number || !fits(f, &v))
			continue;
		if (is_packed(f, &v)) {
			err = write_packed(w->t, f, &v);
			continue;
		}
		protojson_next_element(w->t);
		err = protojson_write_value(w, f, &v);
	}
	if (w->t->len == first)
		w->t->len = begin; /* packed, and nothing in it */
	else
		text_char(w->t, ']');
	return err;
}

/* A message that came in several parts is all of them, one behind the other. */
static int write_merged(struct json_writer *w, const struct field *f, const struct seen *seen)
{
	struct wire_reader r = wire_reader(seen->first, seen->end - seen->first);
	struct text whole = {0};
	struct wire_field v;
	int err;

	while (wire_next(&r, &v))
		if (v.number == f->number && fits(f, &v) && v.n)
			text_mem(&whole, (const char *)v.data, v.n);
	err = whole.len > w->merge_left ? -EBADMSG : whole.err;
	if (!err) {
		w->merge_left -= whole.len;
		err = protojson_write_message(w, f->message, (const uint8_t *)whole.data,
					      whole.len);
	}
	text_free(&whole);
	return err;
}

static bool is_zero(const struct field *f, const struct wire_field *v)
{
	if (f->wire == WIRE_BYTES)
		return !v->n;
	if (f->wire == WIRE_VARINT && f->type != TYPE_BOOL && f->type != TYPE_UINT64 &&
	    f->type != TYPE_INT64 && f->type != TYPE_SINT64)
		return !(uint32_t)v->v;
	return !v->v;
}

static int write_single(struct json_writer *w, const struct field *f, const struct seen *seen)
{
	struct wire_reader r = wire_reader(seen->last, seen->end - seen->last);
	struct wire_field v;

	if (!wire_next(&r, &v))
		return -EBADMSG;
	if (!f->presence && is_zero(f, &v))
		return 0;
	protojson_put_key(w->t, f->name, f->n_name);
	if (f->type == TYPE_MESSAGE && seen->first != seen->last)
		return write_merged(w, f, seen);
	return protojson_write_value(w, f, &v);
}

/* Notes the fields' places; of a oneof the member that came last. */
static int note_fields(const struct message *m, const uint8_t *data, size_t n, struct seen *seen)
{
	struct wire_reader r = wire_reader(data, n);
	int8_t chosen[MESSAGE_ONEOFS_MAX];
	struct wire_field v;

	memset(seen, 0, m->n_fields * sizeof(*seen));
	memset(chosen, -1, sizeof(chosen));
	for (const uint8_t *at = r.p; wire_next(&r, &v); at = r.p) {
		const struct field *f = field_by_number(m, v.number);
		size_t i;

		if (!f || !fits(f, &v))
			continue;
		i = f - m->fields;
		if (f->oneof >= 0) {
			int8_t before = chosen[f->oneof];

			if (before >= 0 && before != (int8_t)i)
				seen[before].first = NULL;
			chosen[f->oneof] = (int8_t)i;
		}
		if (!seen[i].first)
			seen[i].first = at;
		seen[i].last = at;
		seen[i].end = r.p;
	}
	return r.bad ? -EBADMSG : 0;
}

/* The members; the caller has written the brace. */
int protojson_write_members(struct json_writer *w, const struct message *m, const uint8_t *data,
			    size_t n)
{
	struct seen seen[MESSAGE_FIELDS_MAX];
	int err = note_fields(m, data, n, seen);

	for (size_t i = 0; !err && i < m->n_fields; i++) {
		if (!seen[i].first)
			continue;
		if (m->fields[i].repeated)
			err = write_repeated(w, &m->fields[i], &seen[i]);
		else
			err = write_single(w, &m->fields[i], &seen[i]);
	}
	return err;
}

static int write_plain(struct json_writer *w, const struct message *m, const uint8_t *data,
		       size_t n)
{
	int err;

	text_char(w->t, '{');
	err = protojson_write_members(w, m, data, n);
	text_char(w->t, '}');
	return err;
}

/* A Value is no level of its own: the text has none for it. */
int protojson_write_message(struct json_writer *w, const struct message *m, const uint8_t *data,
			    size_t n)
{
	unsigned int levels = m->kind != MESSAGE_VALUE;
	int err;

	w->depth += levels;
	if (w->depth > PROTOJSON_DEPTH_MAX)
		err = -EBADMSG;
	else if (m->kind == MESSAGE_PLAIN)
		err = write_plain(w, m, data, n);
	else
		err = protojson_write_known(w, m, data, n);
	w->depth -= levels;
	return err;
}

int protojson_write(struct text *t, const ProtobufCMessageDescriptor *type, const uint8_t *wire,
		    size_t n)
{
	const struct message *m = message_find(type->name, strlen(type->name));
	struct json_writer w = {.t = t};
	int err;

	if (!m)
		return -ENOMEM; /* the types of the API are all known */
	w.merge_left =
		__builtin_mul_overflow(n, MERGE_FACTOR, &w.merge_left) ? SIZE_MAX : w.merge_left;
	err = protojson_write_message(&w, m, wire, n);
	return t->err ? t->err : err;
}
