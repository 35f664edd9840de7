// SPDX-License-Identifier: MIT
#include "export/protojson/reader.h"

#include "export/protojson/parts.h"
#include "export/wire.h"

#define ANY_TYPE_URL 1
#define ANY_VALUE 2

static bool read_timestamp(struct json_reader *r)
{
	const char *at = r->p;
	struct json_span s;
	int64_t seconds;
	uint32_t nanos;

	if (!json_quoted(r, &s))
		return false;
	if (!time_parse(s.s, s.n, &seconds, &nanos))
		return json_fail(r, at, "no RFC 3339 time:", s.s, s.n);
	wire_u64(r->wire, 1, (uint64_t)seconds);
	wire_u64(r->wire, 2, nanos);
	return true;
}

/* Behind the last comma is a path, too: what refuses an empty one sees it. */
static bool read_field_mask(struct json_reader *r)
{
	struct json_span s;

	if (!json_quoted(r, &s))
		return false;
	for (const char *p = s.s, *end = s.s + s.n; s.n && p <= end;) {
		const char *comma = memchr(p, ',', end - p);
		size_t n = (comma ? comma : end) - p, mark = wire_open(r->wire, 1);

		snake_write(r->wire, p, n);
		wire_close(r->wire, mark);
		p += n + 1;
	}
	return true;
}

static bool read_entry(struct json_reader *r, const struct message *value,
		       const struct json_span *name)
{
	size_t mark;

	wire_bytes_always(r->wire, 1, name->s, name->n);
	mark = wire_open(r->wire, 2);
	if (!protojson_read_message(r, value))
		return false;
	wire_close(r->wire, mark);
	return true;
}

static bool read_struct(struct json_reader *r, const struct message *m)
{
	/* of the entry, field 2 */
	const struct message *value = m->fields[0].message->fields[1].message;
	struct json_span name;
	bool first = true;
	int more;

	if (!json_begin(r, '{', "an object"))
		return false;
	while ((more = json_next_member(r, &first, &name)) > 0) {
		size_t mark = wire_open(r->wire, 1);

		if (!read_entry(r, value, &name))
			return false;
		wire_close(r->wire, mark);
	}
	return more == 0;
}

static bool read_list(struct json_reader *r, const struct message *m)
{
	bool first = true;
	int more;

	if (!json_begin(r, '[', "a list"))
		return false;
	while ((more = json_next_element(r, ']', &first)) > 0) {
		size_t mark = wire_open(r->wire, 1);

		if (!protojson_read_message(r, m->fields[0].message))
			return false;
		wire_close(r->wire, mark);
	}
	return more == 0;
}

static bool read_value(struct json_reader *r, const struct message *m)
{
	const char *field;

	switch (json_peek(r)) {
	case '{':
		field = "struct_value";
		break;
	case '[':
		field = "list_value";
		break;
	case '"':
		field = "string_value";
		break;
	case 't':
	case 'f':
		field = "bool_value";
		break;
	case 'n':
		wire_u64_always(r->wire, 1, 0); /* null_value */
		return json_literal(r, "null");
	default:
		field = "number_value";
	}
	return protojson_read_field(r, field_by_name(m, field, strlen(field)));
}

/* ----------------------------------------------------------------------- Any */

static bool is_name(const struct json_span *s, const char *name)
{
	return s->n == strlen(name) && !memcmp(s->s, name, s->n);
}

/* Looks for "@type", which may be anywhere, and writes it. *ret_m NULL: not known here. */
static bool read_any_type(struct json_reader *r, const struct message **ret_m, bool *ret_found)
{
	struct json_span name, url;
	bool first = true;
	int more;

	*ret_found = false;
	if (!json_begin(r, '{', "an object"))
		return false;
	while ((more = json_next_member(r, &first, &name)) > 0) {
		size_t from;

		if (!is_name(&name, "@type")) {
			if (!json_skip(r))
				return false;
			continue;
		}
		if (!json_quoted(r, &url))
			return false;
		wire_bytes(r->wire, ANY_TYPE_URL, url.s, url.n);
		for (from = url.n; from && url.s[from - 1] != '/'; from--)
			;
		*ret_m = from ? message_find(url.s + from, url.n - from) : NULL;
		*ret_found = true;
		r->depth--;
		return true;
	}
	return more == 0;
}

/* The value of a type that is not known, or could not be read when this was written: base64. */
static bool is_opaque(struct json_reader *r, const struct message *m)
{
	return !m || (message_may_be_opaque(m) && json_peek(r) == '"');
}

static bool read_any_value(struct json_reader *r, const struct message *m)
{
	size_t mark;

	if (is_opaque(r, m))
		return protojson_read_bytes(r, ANY_VALUE, false);
	mark = wire_open(r->wire, ANY_VALUE);
	if (!protojson_read_message(r, m))
		return false;
	wire_close(r->wire, mark);
	return true;
}

/* A member beside "@type". plain: the fields of a plain message are here, in a value that is open. */
static bool read_any_member(struct json_reader *r, const struct message *m,
			    const struct json_span *name, bool plain)
{
	const struct field *f = plain ? field_by_name(m, name->s, name->n) : NULL;
	struct json_span raw;

	if (is_name(name, "@type"))
		return json_skip(r);
	if (f)
		return protojson_read_field(r, f);
	if (!is_name(name, "value"))
		return protojson_read_unknown(r, name);
	if (!plain)
		return read_any_value(r, m);
	if (!is_opaque(r, m))
		return protojson_read_unknown(r, name);
	if (!json_quoted(r, &raw))
		return false;
	return base64_read(r->wire, raw.s, raw.n) || json_fail(r, r->p, "no base64:", raw.s, raw.n);
}

static bool read_any(struct json_reader *r)
{
	const char *begin = (json_peek(r), r->p);
	const struct message *m = NULL;
	size_t before, mark = 0;
	struct json_span name;
	bool first = true, found, plain;
	int more;

	if (!read_any_type(r, &m, &found))
		return false;
	r->p = begin;
	before = r->wire->len;
	plain = m && m->kind == MESSAGE_PLAIN;
	if (plain)
		mark = wire_open(r->wire, ANY_VALUE);
	if (!json_begin(r, '{', "an object"))
		return false;
	while ((more = json_next_member(r, &first, &name)) > 0) {
		if (!found && !r->lenient)
			return json_fail(r, begin, "an Any without \"@type\"", NULL, 0);
		if (!read_any_member(r, m, &name, plain))
			return false;
	}
	if (plain)
		wire_close_or_drop(r->wire, mark, before);
	return more == 0;
}

bool protojson_read_known(struct json_reader *r, const struct message *m)
{
	switch (m->kind) {
	case MESSAGE_TIMESTAMP:
		return read_timestamp(r);
	case MESSAGE_WRAPPER:
		return protojson_read_field(r, &m->fields[0]);
	case MESSAGE_FIELD_MASK:
		return read_field_mask(r);
	case MESSAGE_STRUCT:
		return read_struct(r, m);
	case MESSAGE_LIST:
		return read_list(r, m);
	case MESSAGE_VALUE:
		return read_value(r, m);
	default:
		return read_any(r);
	}
}
