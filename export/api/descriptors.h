/* SPDX-License-Identifier: MIT */
/* What is in a google.protobuf.FileDescriptorSet, found by file name and by symbol. */
#ifndef PITOT_EXPORT_API_DESCRIPTORS_H
#define PITOT_EXPORT_API_DESCRIPTORS_H

#include <stddef.h>
#include <stdint.h>

#include "flows/text.h"

#define DESCRIPTOR_FILES_MAX 64

/* Pointers are into the set that was read. */
struct descriptor_file {
	const uint8_t *data; /* FileDescriptorProto */
	size_t n;
};

struct descriptors {
	struct descriptor_file files[DESCRIPTOR_FILES_MAX];
	size_t n;
};

/* 0 or -EBADMSG. */
int descriptors_read(const uint8_t *set, size_t n, struct descriptors *ret);

/* Index of the file, or -1. */
int descriptors_find_file(const struct descriptors *d, const char *name, size_t n);

/* Messages, enums, services, methods, fields: "observer.Observer.GetFlows". Index of the file, or -1. */
int descriptors_find_symbol(const struct descriptors *d, const char *name, size_t n);

/* Bit i: file i, and all that it needs. */
uint64_t descriptors_needed(const struct descriptors *d, int file);

/* Calls fn with each service's full name, "observer.Observer". */
void descriptors_services(const struct descriptors *d, void *arg,
			  void (*fn)(void *arg, const char *name, size_t n));

#endif
