/* SPDX-License-Identifier: MIT */
/* What the source has told in words: the last ones, for Status, and those that nobody has seen yet. */
#ifndef PITOT_TUI_NOTICES_H
#define PITOT_TUI_NOTICES_H

#include <stddef.h>
#include <stdint.h>

#define NOTICES 16
#define NOTICE_MAX 512

struct notice {
	uint64_t time_ns; /* wall clock */
	char line[NOTICE_MAX];
};

/* Zeroed is empty. */
struct notices {
	struct notice v[NOTICES]; /* a ring */
	struct notice first; /* of those that nobody has seen: the later ones do not hide it */
	uint64_t come, unseen;
};

void notices_add(struct notices *n, uint64_t time_ns, const char *line);

/* A person has seen what is there, or it holds no more. */
void notices_seen(struct notices *n);

/* How many are kept; i counts from the oldest of them. */
size_t notices_kept(const struct notices *n);
const struct notice *notices_at(const struct notices *n, size_t i);

/* The newest one's line, "": there is none. */
const char *notices_last(const struct notices *n);

#endif
