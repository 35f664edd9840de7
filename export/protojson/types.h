/* SPDX-License-Identifier: MIT */
/*
 * What export/protojson/ need to know of the API's messages, read once from their
 * descriptors (export/protoset.h): fields in the order of their declarations, and
 * look-ups by number and by either spelling of a name. For those files only.
 */
#ifndef PITOT_EXPORT_PROTOJSON_TYPES_H
#define PITOT_EXPORT_PROTOJSON_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* google.protobuf.FieldDescriptorProto.Type */
enum field_type {
	TYPE_DOUBLE = 1,
	TYPE_FLOAT,
	TYPE_INT64,
	TYPE_UINT64,
	TYPE_INT32,
	TYPE_FIXED64,
	TYPE_FIXED32,
	TYPE_BOOL,
	TYPE_STRING,
	TYPE_GROUP,
	TYPE_MESSAGE,
	TYPE_BYTES,
	TYPE_UINT32,
	TYPE_ENUM,
	TYPE_SFIXED32,
	TYPE_SFIXED64,
	TYPE_SINT32,
	TYPE_SINT64,
};

/* Messages whose JSON is not an object of their fields. */
enum message_kind {
	MESSAGE_PLAIN,
	MESSAGE_TIMESTAMP,
	MESSAGE_WRAPPER,
	MESSAGE_FIELD_MASK,
	MESSAGE_STRUCT,
	MESSAGE_VALUE,
	MESSAGE_LIST,
	MESSAGE_ANY,
};

#define MESSAGE_FIELDS_MAX 64
#define MESSAGE_ONEOFS_MAX 4

/* Texts are the descriptors' own, without a NUL. */
struct name_slot {
	const char *s; /* NULL: empty */
	uint32_t n, index;
};

struct name_index {
	struct name_slot *slots;
	uint32_t mask;
};

struct enum_value {
	const char *name;
	uint32_t n;
	int32_t number;
};

struct enum_type {
	const char *name; /* "flow.Verdict" */
	uint32_t n;
	struct enum_value *values; /* as declared */
	uint32_t n_values;
	int16_t by_number[256]; /* index of the value; -1: none */
	struct name_index names;
};

struct field {
	const char *name, *camel;
	uint32_t n_name, n_camel;
	uint32_t number;
	uint8_t type; /* enum field_type */
	uint8_t wire; /* enum wire_type of one value */
	int8_t oneof; /* which of its message's; -1: in none */
	bool repeated;
	bool presence; /* zero is written, too: member of a oneof, optional, or a message */
	const struct message *message; /* TYPE_MESSAGE */
	const struct enum_type *enumeration; /* TYPE_ENUM */
	const char *type_name; /* of either, while the tables are made */
	uint32_t n_type_name;
};

struct message {
	const char *name; /* "flow.Flow" */
	uint32_t n;
	uint8_t kind; /* enum message_kind */
	uint8_t n_fields;
	struct field *fields; /* as declared */
	struct name_index names; /* of either spelling */
	struct name_slot *numbers; /* by number, n_numbers a power of 2; `n` is the number */
	uint32_t number_mask;
};

/*
 * In an Any, what is no such message is kept as base64, as is what is of no known type:
 * where the message's own JSON is no string.
 */
static inline bool message_may_be_opaque(const struct message *m)
{
	return m->kind == MESSAGE_PLAIN || m->kind == MESSAGE_STRUCT || m->kind == MESSAGE_LIST ||
	       m->kind == MESSAGE_ANY;
}

/* A message of the API or one that it imports; NULL: not known, or no memory for the tables. */
const struct message *message_find(const char *name, size_t n);

/* memcmp() of a few bytes, without the call. */
static inline bool same_bytes(const char *a, const char *b, size_t n)
{
	uint64_t x, y;

	for (; n >= 8; a += 8, b += 8, n -= 8) {
		memcpy(&x, a, 8);
		memcpy(&y, b, 8);
		if (x != y)
			return false;
	}
	for (; n; n--)
		if (*a++ != *b++)
			return false;
	return true;
}

static inline uint32_t name_hash(const char *s, size_t n)
{
	uint32_t head = 0, tail = 0;

	if (n >= 4) {
		memcpy(&head, s, 4);
		memcpy(&tail, s + n - 4, 4);
	} else {
		for (size_t i = 0; i < n; i++)
			head = head << 8 | (unsigned char)s[i];
	}
	head = (head * 0x9e3779b1u) ^ (tail * 0x85ebca6bu) ^ (uint32_t)n;
	return head ^ head >> 15;
}

/* The index that was kept for the name; -1: none. */
static inline int name_find(const struct name_index *x, const char *s, size_t n)
{
	for (uint32_t i = name_hash(s, n);; i++) {
		const struct name_slot *slot = &x->slots[i & x->mask];

		if (!slot->s)
			return -1;
		if (slot->n == n && same_bytes(slot->s, s, n))
			return (int)slot->index;
	}
}

static inline const struct field *field_by_name(const struct message *m, const char *s, size_t n)
{
	int i = name_find(&m->names, s, n);

	return i < 0 ? NULL : &m->fields[i];
}

static inline const struct field *field_by_number(const struct message *m, uint32_t number)
{
	for (uint32_t i = number;; i++) {
		const struct name_slot *slot = &m->numbers[i & m->number_mask];

		if (!slot->n)
			return NULL;
		if (slot->n == number)
			return &m->fields[slot->index];
	}
}

/* NULL: no name for the number. Of several the first that was declared. */
const struct enum_value *enum_by_number(const struct enum_type *e, int32_t number);

#endif
