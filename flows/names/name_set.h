/* SPDX-License-Identifier: MIT */
/* The names of something, newest first, each with its time. Seconds of CLOCK_MONOTONIC. */
#ifndef PITOT_FLOWS_NAMES_NAME_SET_H
#define PITOT_FLOWS_NAMES_NAME_SET_H

#include <stdint.h>

#include "flows/endpoint.h"

/* Zeroed is an empty set. *bytes, below, is what the lists of all sets of an owner take. */
struct name_set {
	struct name_list *list; /* NULL: none */
	uint32_t first_expiry; /* of those in the list */
	uint32_t expires[NAMES_MAX];
};

/* Comes first from now on. The oldest gives way; without memory nothing changes. */
void name_set_add(struct name_set *s, const char *name, uint32_t expires_s, uint32_t now_s,
		  size_t *bytes);

/* Without those that have expired; borrowed, NULL: none. */
struct name_list *name_set_now(struct name_set *s, uint32_t now_s, size_t *bytes);

void name_set_clear(struct name_set *s, size_t *bytes);

#endif
