// SPDX-License-Identifier: MIT
#include "export/file/sniff.h"

#include "export/proto/flow.pb-c.h"
#include "export/wire.h"

#define ENOUGH 4096 /* bytes that have to do */
#define FIRST_KEY_MAX 256

enum answer { NO, YES, MAYBE };

size_t file_mark_size(const char *data, size_t n)
{
	return n >= 3 && !memcmp(data, "\xef\xbb\xbf", 3) ? 3 : 0;
}

size_t file_spaces(const char *s, size_t n)
{
	size_t i = 0;

	while (i < n && (s[i] == ' ' || s[i] == '\t' || s[i] == '\r' || s[i] == '\n'))
		i++;
	return i;
}

static size_t pass_spaces(const char *s, size_t n, size_t i)
{
	return i + file_spaces(s + i, n - i);
}

/*
 * {"name": or {}. A message of 123 bytes begins with a brace, too, but what follows
 * (a tag, a length, a tag below 0x20) is no name with its quotes and its colon.
 */
static enum answer is_json(const char *s, size_t n)
{
	size_t i = pass_spaces(s, n, file_mark_size(s, n)), from;

	if (i == n)
		return MAYBE;
	if (s[i] != '{')
		return NO;
	i = pass_spaces(s, n, i + 1);
	if (i == n)
		return MAYBE;
	if (s[i] == '}')
		return YES;
	if (s[i] != '"')
		return NO;
	for (from = ++i; i < n && i - from < FIRST_KEY_MAX && s[i] != '"'; i++)
		if ((unsigned char)s[i] < 0x20)
			return NO;
	if (i == n)
		return MAYBE;
	i = pass_spaces(s, n, i + 1);
	if (i == n)
		return MAYBE;
	return s[i] == ':' ? YES : NO;
}

static int wire_type_of(const ProtobufCFieldDescriptor *f)
{
	switch (f->type) {
	case PROTOBUF_C_TYPE_STRING:
	case PROTOBUF_C_TYPE_BYTES:
	case PROTOBUF_C_TYPE_MESSAGE:
		return WIRE_BYTES;
	default:
		return WIRE_VARINT; /* a Flow has no others */
	}
}

/* A length, and fields that a Flow has with the types that it gives them, as far as they are here. */
static enum answer is_pb(const char *s, size_t n, size_t message_max)
{
	struct wire_reader r = wire_reader(s, n);
	struct wire_field f;
	unsigned int fields = 0;
	bool whole;
	uint64_t len;

	if (!wire_varint(&r, &len))
		return n < WIRE_VARINT_MAX ? MAYBE : NO;
	if (!len || len > message_max)
		return NO;
	whole = len <= (uint64_t)(r.end - r.p);
	if (whole)
		r.end = r.p + len;
	for (; wire_next(&r, &f); fields++) {
		const ProtobufCFieldDescriptor *d =
			protobuf_c_message_descriptor_get_field(&flow__flow__descriptor, f.number);

		if (!d || wire_type_of(d) != f.type)
			return NO;
	}
	if (whole)
		return r.bad ? NO : YES;
	return fields ? YES : MAYBE;
}

enum file_format file_sniff(const char *data, size_t n, bool at_end, size_t message_max)
{
	enum answer json = is_json(data, n), pb = is_pb(data, n, message_max);

	if (json == YES || (at_end && pb != YES))
		return FORMAT_JSON;
	if (pb == YES && json == NO)
		return FORMAT_PB;
	if (n < ENOUGH && !at_end && (json == MAYBE || pb == MAYBE))
		return FORMAT_UNKNOWN;
	return pb == YES ? FORMAT_PB : FORMAT_JSON;
}
