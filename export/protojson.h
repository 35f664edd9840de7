/* SPDX-License-Identifier: MIT */
/*
 * protobuf's JSON mapping (protobuf.dev, "ProtoJSON format") between the wire form of
 * any message of the API and text, without a tree in between. Fields are written
 * with proto names in the order of the .proto's declarations, zero values left out,
 * 64-bit numbers as strings, enums by name, as Hubble does; both spellings, strings
 * and numbers are read. Well-known types: Timestamp, wrappers, FieldMask, Struct,
 * Value, ListValue, Any (of a Struct or a message of the API).
 */
#ifndef PITOT_EXPORT_PROTOJSON_H
#define PITOT_EXPORT_PROTOJSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "flows/text.h"

struct ProtobufCMessageDescriptor;

struct protojson_error {
	size_t at; /* byte in the input */
	char message[160]; /* one line, escaped */
};

#define PROTOJSON_DEPTH_MAX 64

/*
 * Appends the JSON object of a message. 0, or -EBADMSG: the bytes are no such
 * message (what was appended is undefined), -ENOMEM.
 */
int protojson_write(struct text *t, const struct ProtobufCMessageDescriptor *type,
		    const uint8_t *wire, size_t n);

/*
 * Appends the wire form of the JSON object at text (n bytes). *ret_used: how many
 * bytes the object took, so that several may follow one another. lenient: names
 * and enum values that are not known are passed over and counted in *ret_unknown
 * (may be NULL), else they are errors.
 * 0, -EBADMSG with *ret_error filled in, -ENOMEM.
 */
int protojson_read(struct text *wire, const struct ProtobufCMessageDescriptor *type,
		   const char *text, size_t n, bool lenient, size_t *ret_used,
		   uint64_t *ret_unknown, struct protojson_error *ret_error);

#endif
