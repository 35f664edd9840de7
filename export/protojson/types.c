// SPDX-License-Identifier: MIT
#include "export/protojson/types.h"

#include <pthread.h>
#include <stdlib.h>

#include "export/protoset.h"
#include "export/wire.h"

/* Field numbers of google/protobuf/descriptor.proto. */
enum {
	SET_FILE = 1,
	FILE_PACKAGE = 2,
	FILE_MESSAGE = 4,
	FILE_ENUM = 5,
	MESSAGE_NAME = 1,
	MESSAGE_FIELD = 2,
	MESSAGE_NESTED = 3,
	MESSAGE_ENUM = 4,
	FIELD_NAME = 1,
	FIELD_NUMBER = 3,
	FIELD_LABEL = 4,
	FIELD_TYPE = 5,
	FIELD_TYPE_NAME = 6,
	FIELD_ONEOF = 9,
	FIELD_JSON_NAME = 10,
	ENUM_NAME = 1,
	ENUM_VALUE = 2,
	VALUE_NAME = 1,
	VALUE_NUMBER = 2,
	LABEL_REPEATED = 3,
};

/* Never freed: one for the process. */
static struct {
	pthread_once_t once;
	struct message *messages;
	struct enum_type *enums;
	size_t n_messages, n_enums;
	struct name_index message_names, enum_names;
	bool ok;
} tables = {.once = PTHREAD_ONCE_INIT};

static uint32_t power_of_two_over(uint32_t n)
{
	uint32_t size = 4;

	while (size < 2 * n)
		size *= 2;
	return size;
}

static bool index_new(struct name_index *x, size_t n)
{
	uint32_t size = power_of_two_over(n + 1);

	x->slots = calloc(size, sizeof(*x->slots));
	x->mask = size - 1;
	return x->slots;
}

static void index_add(struct name_index *x, const char *s, uint32_t n, uint32_t index)
{
	uint32_t i = name_hash(s, n);

	if (name_find(x, s, n) >= 0)
		return;
	while (x->slots[i & x->mask].s)
		i++;
	x->slots[i & x->mask] = (struct name_slot){.s = s, .n = n, .index = index};
}

/* "package.Outer.Inner"; for good, as the tables are. NULL without memory. */
static char *full_name(const char *scope, size_t n_scope, const struct wire_field *name,
		       uint32_t *ret_n)
{
	char *s = malloc(n_scope + 1 + name->n);
	size_t at = 0;

	if (!s)
		return NULL;
	if (n_scope) {
		memcpy(s, scope, n_scope);
		s[n_scope] = '.';
		at = n_scope + 1;
	}
	memcpy(s + at, name->data, name->n);
	*ret_n = at + name->n;
	return s;
}

/* The first field of that number in a message; false: none. */
static bool find_field(const uint8_t *data, size_t n, uint32_t number, struct wire_field *ret)
{
	struct wire_reader r = wire_reader(data, n);

	while (wire_next(&r, ret))
		if (ret->number == number)
			return true;
	return false;
}

static size_t count_fields(const uint8_t *data, size_t n, uint32_t number)
{
	struct wire_reader r = wire_reader(data, n);
	struct wire_field f;
	size_t count = 0;

	while (wire_next(&r, &f))
		count += f.number == number;
	return count;
}

static uint8_t wire_of_type(uint8_t type)
{
	switch (type) {
	case TYPE_DOUBLE:
	case TYPE_FIXED64:
	case TYPE_SFIXED64:
		return WIRE_FIXED64;
	case TYPE_FLOAT:
	case TYPE_FIXED32:
	case TYPE_SFIXED32:
		return WIRE_FIXED32;
	case TYPE_STRING:
	case TYPE_BYTES:
	case TYPE_MESSAGE:
		return WIRE_BYTES;
	default:
		return WIRE_VARINT;
	}
}

static void read_field(const struct wire_field *body, struct field *ret)
{
	struct wire_reader r = wire_reader(body->data, body->n);
	struct wire_field f;

	ret->oneof = -1;
	while (wire_next(&r, &f)) {
		switch (f.number) {
		case FIELD_NAME:
			ret->name = (const char *)f.data;
			ret->n_name = f.n;
			break;
		case FIELD_JSON_NAME:
			ret->camel = (const char *)f.data;
			ret->n_camel = f.n;
			break;
		case FIELD_NUMBER:
			ret->number = f.v;
			break;
		case FIELD_LABEL:
			ret->repeated = f.v == LABEL_REPEATED;
			break;
		case FIELD_TYPE:
			ret->type = f.v;
			break;
		case FIELD_ONEOF:
			ret->presence = true;
			ret->oneof = f.v < MESSAGE_ONEOFS_MAX ? (int8_t)f.v : -1;
			break;
		case FIELD_TYPE_NAME: /* ".flow.Flow" */
			ret->type_name = (const char *)f.data + 1;
			ret->n_type_name = f.n - 1;
			break;
		default:;
		}
	}
	ret->presence |= ret->type == TYPE_MESSAGE;
	ret->wire = wire_of_type(ret->type);
}

static uint8_t kind_of(const char *name, size_t n)
{
	static const struct {
		const char *name;
		uint8_t kind;
	} kinds[] = {
		{"Timestamp", MESSAGE_TIMESTAMP}, {"FieldMask", MESSAGE_FIELD_MASK},
		{"Struct", MESSAGE_STRUCT},	  {"Value", MESSAGE_VALUE},
		{"ListValue", MESSAGE_LIST},	  {"Any", MESSAGE_ANY},
		{"DoubleValue", MESSAGE_WRAPPER}, {"FloatValue", MESSAGE_WRAPPER},
		{"Int64Value", MESSAGE_WRAPPER},  {"UInt64Value", MESSAGE_WRAPPER},
		{"Int32Value", MESSAGE_WRAPPER},  {"UInt32Value", MESSAGE_WRAPPER},
		{"BoolValue", MESSAGE_WRAPPER},	  {"StringValue", MESSAGE_WRAPPER},
		{"BytesValue", MESSAGE_WRAPPER},
	};
	static const char package[] = "google.protobuf.";
	size_t skip = sizeof(package) - 1;

	if (n <= skip || memcmp(name, package, skip))
		return MESSAGE_PLAIN;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (strlen(kinds[i].name) == n - skip &&
		    !memcmp(kinds[i].name, name + skip, n - skip))
			return kinds[i].kind;
	return MESSAGE_PLAIN;
}

static bool index_fields(struct message *m)
{
	m->number_mask = power_of_two_over(m->n_fields + 1) - 1;
	m->numbers = calloc(m->number_mask + 1, sizeof(*m->numbers));
	if (!m->numbers || !index_new(&m->names, 2 * m->n_fields))
		return false;
	for (uint32_t i = 0; i < m->n_fields; i++) {
		uint32_t at = m->fields[i].number;

		index_add(&m->names, m->fields[i].name, m->fields[i].n_name, i);
		while (m->numbers[at & m->number_mask].n)
			at++;
		m->numbers[at & m->number_mask] =
			(struct name_slot){.n = m->fields[i].number, .index = i};
	}
	for (uint32_t i = 0; i < m->n_fields; i++)
		index_add(&m->names, m->fields[i].camel, m->fields[i].n_camel, i);
	return true;
}

static bool read_enum(const struct wire_field *body, const char *scope, size_t n_scope)
{
	struct enum_type *e = &tables.enums[tables.n_enums];
	struct wire_reader r = wire_reader(body->data, body->n);
	struct wire_field f, part;

	e->n_values = count_fields(body->data, body->n, ENUM_VALUE);
	e->values = calloc(e->n_values + 1, sizeof(*e->values));
	if (!e->values || !index_new(&e->names, e->n_values) ||
	    !find_field(body->data, body->n, ENUM_NAME, &f))
		return false;
	e->name = full_name(scope, n_scope, &f, &e->n);
	if (!e->name)
		return false;
	memset(e->by_number, 0xff, sizeof(e->by_number));
	for (uint32_t i = 0; wire_next(&r, &f);) {
		struct enum_value *v = &e->values[i];

		if (f.number != ENUM_VALUE || !find_field(f.data, f.n, VALUE_NAME, &part))
			continue;
		v->name = (const char *)part.data;
		v->n = part.n;
		if (find_field(f.data, f.n, VALUE_NUMBER, &part))
			v->number = (int32_t)part.v;
		if (v->number >= 0 && v->number < 256 && e->by_number[v->number] < 0)
			e->by_number[v->number] = (int16_t)i;
		index_add(&e->names, v->name, v->n, i++);
	}
	index_add(&tables.enum_names, e->name, e->n, tables.n_enums++);
	return true;
}

static bool read_message(const struct wire_field *body, const char *scope, size_t n_scope);

static bool read_nested(const struct wire_field *body, uint32_t message, uint32_t enumeration,
			const char *scope, size_t n_scope)
{
	struct wire_reader r = wire_reader(body->data, body->n);
	struct wire_field f;

	while (wire_next(&r, &f)) {
		if (f.number == message && !read_message(&f, scope, n_scope))
			return false;
		if (f.number == enumeration && !read_enum(&f, scope, n_scope))
			return false;
	}
	return true;
}

static bool read_message(const struct wire_field *body, const char *scope, size_t n_scope)
{
	struct message *m = &tables.messages[tables.n_messages];
	size_t n = count_fields(body->data, body->n, MESSAGE_FIELD);
	struct wire_reader r = wire_reader(body->data, body->n);
	struct wire_field f;

	if (n > MESSAGE_FIELDS_MAX || !find_field(body->data, body->n, MESSAGE_NAME, &f))
		return false;
	m->fields = calloc(n + 1, sizeof(*m->fields));
	m->name = full_name(scope, n_scope, &f, &m->n);
	if (!m->fields || !m->name)
		return false;
	m->kind = kind_of(m->name, m->n);
	while (wire_next(&r, &f))
		if (f.number == MESSAGE_FIELD)
			read_field(&f, &m->fields[m->n_fields++]);
	if (!index_fields(m))
		return false;
	index_add(&tables.message_names, m->name, m->n, tables.n_messages++);
	return read_nested(body, MESSAGE_NESTED, MESSAGE_ENUM, m->name, m->n);
}

/* What the fields' types are, when all are known. */
static bool link_types(void)
{
	for (size_t i = 0; i < tables.n_messages; i++) {
		for (size_t k = 0; k < tables.messages[i].n_fields; k++) {
			struct field *f = &tables.messages[i].fields[k];
			int at;

			if (f->type != TYPE_MESSAGE && f->type != TYPE_ENUM)
				continue;
			at = name_find(f->type == TYPE_ENUM ? &tables.enum_names
							    : &tables.message_names,
				       f->type_name, f->n_type_name);
			if (at < 0)
				return false;
			if (f->type == TYPE_ENUM)
				f->enumeration = &tables.enums[at];
			else
				f->message = &tables.messages[at];
		}
	}
	return true;
}

/* How many messages and enums there are, nested ones too. */
static void count_types(const struct wire_field *body, uint32_t message, uint32_t enumeration,
			size_t *messages, size_t *enums)
{
	struct wire_reader r = wire_reader(body->data, body->n);
	struct wire_field f;

	while (wire_next(&r, &f)) {
		*enums += f.number == enumeration;
		if (f.number != message)
			continue;
		++*messages;
		count_types(&f, MESSAGE_NESTED, MESSAGE_ENUM, messages, enums);
	}
}

static bool make_tables(void)
{
	struct wire_reader r = wire_reader(protoset_begin, protoset_size());
	struct wire_field file, package;
	size_t messages = 0, enums = 0;

	while (wire_next(&r, &file))
		count_types(&file, FILE_MESSAGE, FILE_ENUM, &messages, &enums);
	tables.messages = calloc(messages + 1, sizeof(*tables.messages));
	tables.enums = calloc(enums + 1, sizeof(*tables.enums));
	if (r.bad || !tables.messages || !tables.enums ||
	    !index_new(&tables.message_names, messages) || !index_new(&tables.enum_names, enums))
		return false;
	r = wire_reader(protoset_begin, protoset_size());
	while (wire_next(&r, &file)) {
		if (!find_field(file.data, file.n, FILE_PACKAGE, &package))
			package.n = 0;
		if (!read_nested(&file, FILE_MESSAGE, FILE_ENUM, (const char *)package.data,
				 package.n))
			return false;
	}
	return link_types();
}

static void make_tables_once(void)
{
	tables.ok = make_tables();
}

const struct message *message_find(const char *name, size_t n)
{
	int i;

	pthread_once(&tables.once, make_tables_once);
	i = tables.ok ? name_find(&tables.message_names, name, n) : -1;
	return i < 0 ? NULL : &tables.messages[i];
}

const struct enum_value *enum_by_number(const struct enum_type *e, int32_t number)
{
	if (number >= 0 && number < 256)
		return e->by_number[number] < 0 ? NULL : &e->values[e->by_number[number]];
	for (size_t i = 0; i < e->n_values; i++)
		if (e->values[i].number == number)
			return &e->values[i];
	return NULL;
}
