/* SPDX-License-Identifier: MIT */
/*
 * What Docker and Podman say about containers, as JSON: answers and events of
 * their API (Docker Engine API 1.24 and later, which Podman speaks too) and the
 * files that they keep. Pure: bytes in, callbacks out. Strings are untrusted,
 * never NULL, valid during the callback alone.
 *
 * A text is cut into its objects first, so that no more than one object of
 * RUNTIME_OBJECT_MAX bytes is in memory, however long the text is.
 */
#ifndef PITOT_FLOWS_NAMES_RUNTIME_JSON_H
#define PITOT_FLOWS_NAMES_RUNTIME_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "flows/flow.h"

#define RUNTIME_OBJECT_MAX (1u << 20)
#define RUNTIME_ADDRESSES 8

struct runtime_label {
	const char *key, *value;
};

struct runtime_container {
	const char *id; /* 64 hex digits, checked */
	const char *name, *image;
	const struct runtime_label *labels; /* the first LABELS_MAX */
	size_t n_labels;
	bool running;
	bool has_addresses; /* false: not told here, what was known stays */
	struct ip_addr addresses[RUNTIME_ADDRESSES];
	size_t n_addresses;
};

enum runtime_shape {
	RUNTIME_LIST, /* GET /containers/json */
	RUNTIME_EVENTS, /* GET /events */
	RUNTIME_CONFIG, /* Docker's config.v2.json */
	RUNTIME_STORAGE, /* containers.json of Podman and CRI-O */
};

enum runtime_change {
	RUNTIME_IS, /* as it is now */
	RUNTIME_BEGAN, /* as it is now, and its addresses are worth asking for */
	RUNTIME_ASK, /* something has changed: only the id holds */
	RUNTIME_GONE, /* only the id holds */
};

/* Zeroed is ready. */
struct runtime_reader {
	enum runtime_shape shape;
	void *arg;
	void (*container)(void *arg, enum runtime_change change, const struct runtime_container *c);
	/* its own: */
	char *text;
	size_t len, size;
	unsigned int depth;
	bool in_string, escaped, too_long;
	uint64_t skipped; /* objects that were too long or no container's */
};

/* 0, -EBADMSG: this is no list or sequence of objects, -ENOMEM. */
int runtime_reader_feed(struct runtime_reader *r, const void *data, size_t size);
void runtime_reader_free(struct runtime_reader *r);

/* The answer to GET /version: "podman" or "docker". */
const char *runtime_of_version(const char *text, size_t size);

#endif
