/* SPDX-License-Identifier: MIT */
/* `--last N`: a sink that keeps the last flows for another sink. */
#ifndef PITOT_CLI_LAST_H
#define PITOT_CLI_LAST_H

#include "flows/sink.h"

/* Bounds of what is kept, however many flows are asked for; a file's were all there to be had. */
#define LAST_BYTES_MAX (64u << 20)
#define LAST_FILE_BYTES_MAX (1u << 30)

/*
 * Keeps the last n (> 0) flows, or as many of them as max_bytes hold, and
 * hands them to next in their order when it is released or closed; what comes
 * after that is ignored. Owns next from success on. 0 or -errno.
 */
int last_new(struct sink *next, uint64_t n, size_t max_bytes, struct sink **ret_sink);

/*
 * Hands over what is kept, before the source that the flows' strings belong to
 * goes. s must come from last_new(). *ret_missing: how many of the last n there
 * was no room for. 0 or -errno.
 */
int last_release(struct sink *s, uint64_t *ret_missing);

#endif
