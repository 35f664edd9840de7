// SPDX-License-Identifier: MIT
#include "export/protojson/writer.h"

#include <errno.h>

#include "export/json.h"
#include "export/protojson/parts.h"

#define ANY_TYPE_URL 1
#define ANY_VALUE 2
#define VALUE_NULL 1

/* The last value of a field of a small message; false: not there. */
static bool last_value(const struct message *m, const uint8_t *data, size_t n, uint32_t number,
		       struct wire_field *ret)
{
	const struct field *f = field_by_number(m, number);
	struct wire_reader r = wire_reader(data, n);
	struct wire_field v;
	bool found = false;

	while (wire_next(&r, &v)) {
		if (!f || v.number != number || v.type != f->wire)
			continue;
		*ret = v;
		found = true;
	}
	return found && !r.bad;
}

static int write_timestamp(struct json_writer *w, const struct message *m, const uint8_t *data,
			   size_t n)
{
	struct wire_field seconds = {0}, nanos = {0};

	last_value(m, data, n, 1, &seconds);
	last_value(m, data, n, 2, &nanos);
	if ((int64_t)seconds.v < TIMESTAMP_MIN || (int64_t)seconds.v > TIMESTAMP_MAX ||
	    (uint32_t)nanos.v > 999999999)
		return -EBADMSG;
	json_timestamp(w->t, (int64_t)seconds.v, (uint32_t)nanos.v);
	return 0;
}

static int write_wrapper(struct json_writer *w, const struct message *m, const uint8_t *data,
			 size_t n)
{
	struct wire_field v = {0};

	last_value(m, data, n, 1, &v);
	return protojson_write_value(w, &m->fields[0], &v);
}

static int write_field_mask(struct json_writer *w, const uint8_t *data, size_t n)
{
	struct wire_reader r = wire_reader(data, n);
	struct text paths = {0};
	struct wire_field v;
	bool any = false;

	while (wire_next(&r, &v)) {
		if (v.number != 1 || v.type != WIRE_BYTES)
			continue;
		if (any)
			text_char(&paths, ',');
		any = true;
		camel_write(&paths, (const char *)v.data, v.n);
	}
	json_quote_bytes(w->t, paths.data, paths.len);
	if (paths.err)
		w->t->err = paths.err;
	text_free(&paths);
	return 0;
}

/* An entry of Struct.fields: key 1, value 2. */
static int write_entry(struct json_writer *w, const struct message *value,
		       const struct wire_field *entry)
{
	struct wire_reader r = wire_reader(entry->data, entry->n);
	struct wire_field v, key = {0}, val = {0};

	while (wire_next(&r, &v)) {
		if (v.type == WIRE_BYTES && v.number == 1)
			key = v;
		else if (v.type == WIRE_BYTES && v.number == 2)
			val = v;
	}
	if (r.bad)
		return -EBADMSG;
	if (w->t->len && w->t->data[w->t->len - 1] != '{')
		text_char(w->t, ',');
	json_quote_bytes(w->t, (const char *)key.data, key.n);
	text_char(w->t, ':');
	return protojson_write_message(w, value, val.data, val.n);
}

static int write_struct(struct json_writer *w, const struct message *m, const uint8_t *data,
			size_t n)
{
	/* of the entry, field 2 */
	const struct message *value = m->fields[0].message->fields[1].message;
	struct wire_reader r = wire_reader(data, n);
	struct wire_field v;
	int err = 0;

	text_char(w->t, '{');
	while (!err && wire_next(&r, &v))
		if (v.number == 1 && v.type == WIRE_BYTES)
			err = write_entry(w, value, &v);
	text_char(w->t, '}');
	return err;
}

static int write_list(struct json_writer *w, const struct message *m, const uint8_t *data, size_t n)
{
	struct wire_reader r = wire_reader(data, n);
	struct wire_field v;
	int err = 0;

	text_char(w->t, '[');
	while (!err && wire_next(&r, &v)) {
		if (v.number != 1 || v.type != WIRE_BYTES)
			continue;
		protojson_next_element(w->t);
		err = protojson_write_message(w, m->fields[0].message, v.data, v.n);
	}
	text_char(w->t, ']');
	return err;
}

/* The kind that came last; none is null, as an unset one has no other text. */
static int write_any_value(struct json_writer *w, const struct message *m, const uint8_t *data,
			   size_t n)
{
	struct wire_reader r = wire_reader(data, n);
	const struct field *kind = NULL;
	struct wire_field v, chosen = {0};

	while (wire_next(&r, &v)) {
		const struct field *f = field_by_number(m, v.number);

		if (!f || f->wire != v.type)
			continue;
		kind = f;
		chosen = v;
	}
	if (!kind || kind->number == VALUE_NULL) {
		text_mem(w->t, "null", 4);
		return 0;
	}
	return protojson_write_value(w, kind, &chosen);
}

/* What a type URL names; NULL: not known here. */
static const struct message *any_type(const struct wire_field *url)
{
	const char *s = (const char *)url->data;
	size_t from = url->n;

	while (from && s[from - 1] != '/')
		from--;
	return from ? message_find(s + from, url->n - from) : NULL;
}

/* -EBADMSG: the value is no message of the type. */
static int write_any_known(struct json_writer *w, const struct message *m,
			   const struct wire_field *v)
{
	if (m->kind == MESSAGE_PLAIN)
		return protojson_write_members(w, m, v->data, v->n);
	protojson_put_key(w->t, "value", 5);
	return protojson_write_message(w, m, v->data, v->n);
}

static int write_any(struct json_writer *w, const struct message *any, const uint8_t *data,
		     size_t n)
{
	struct wire_field url = {0}, value = {0};
	const struct message *m;
	size_t begin;
	int err = -EBADMSG;

	last_value(any, data, n, ANY_TYPE_URL, &url);
	last_value(any, data, n, ANY_VALUE, &value);
	text_char(w->t, '{');
	if (url.n || value.n) {
		protojson_put_key(w->t, "@type", 5);
		json_quote_bytes(w->t, (const char *)url.data, url.n);
		begin = w->t->len;
		m = any_type(&url);
		if (m)
			err = write_any_known(w, m, &value);
		if (m && err && !message_may_be_opaque(m))
			return err;
		if (err) {
			w->t->len = begin;
			protojson_put_key(w->t, "value", 5);
			text_char(w->t, '"');
			base64_write(w->t, value.data, value.n);
			text_char(w->t, '"');
		}
	}
	text_char(w->t, '}');
	return 0;
}

static int check_wire(const uint8_t *data, size_t n)
{
	struct wire_reader r = wire_reader(data, n);
	struct wire_field v;

	while (wire_next(&r, &v))
		;
	return r.bad ? -EBADMSG : 0;
}

int protojson_write_known(struct json_writer *w, const struct message *m, const uint8_t *data,
			  size_t n)
{
	int err = check_wire(data, n);

	if (err)
		return err;
	switch (m->kind) {
	case MESSAGE_TIMESTAMP:
		return write_timestamp(w, m, data, n);
	case MESSAGE_WRAPPER:
		return write_wrapper(w, m, data, n);
	case MESSAGE_FIELD_MASK:
		return write_field_mask(w, data, n);
	case MESSAGE_STRUCT:
		return write_struct(w, m, data, n);
	case MESSAGE_LIST:
		return write_list(w, m, data, n);
	case MESSAGE_VALUE:
		return write_any_value(w, m, data, n);
	default:
		return write_any(w, m, data, n);
	}
}
