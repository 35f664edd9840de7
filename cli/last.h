/* SPDX-License-Identifier: MIT */
/* `--last N`: a sink that keeps the last flows for another sink. */
#ifndef PITOT_CLI_LAST_H
#define PITOT_CLI_LAST_H

#include "flows/sink.h"

/*
 * Keeps the last n (> 0) flows and hands them to next in their order when it is
 * closed, or flushed with last_release() before. Memory grows with what comes, up
 * to n flows. Owns next from success on. NULL without memory.
 */
struct sink *last_new(struct sink *next, size_t n);

/*
 * Hands over what is kept: before the source that the flows' strings belong to
 * goes. s must come from last_new(). 0 or -errno.
 */
int last_release(struct sink *s);

#endif
