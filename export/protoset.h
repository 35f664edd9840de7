/* SPDX-License-Identifier: MIT */
/*
 * The descriptors of the API as protoc makes them: a serialized
 * google.protobuf.FileDescriptorSet of export/proto/ and all that it imports, each
 * file behind those that it needs. For reflection, and for the names and the order
 * of JSON's fields.
 */
#ifndef PITOT_EXPORT_PROTOSET_H
#define PITOT_EXPORT_PROTOSET_H

#include <stddef.h>
#include <stdint.h>

extern const uint8_t protoset_begin[], protoset_end[];

static inline size_t protoset_size(void)
{
	return (uintptr_t)protoset_end - (uintptr_t)protoset_begin;
}

#endif
