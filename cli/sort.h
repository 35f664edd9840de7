/* SPDX-License-Identifier: MIT */
/* `--sort FIELDS [--limit N]`: a sink that hands flows on in order, at the end. */
#ifndef PITOT_CLI_SORT_H
#define PITOT_CLI_SORT_H

#include "flows/sink.h"

/* Flows that are kept where --limit does not say; some 64 MiB with their names. */
#define SORT_MAX 32768u

/* 0, or -EINVAL with one line in err that quotes what is no field. */
int sort_check(const char *by, char *err, size_t err_size);

/*
 * Keeps the first n flows in the order of the fields `by` (by comma, "-" before one turns it
 * round; equal flows in the order they came), n 0 or over SORT_MAX: SORT_MAX of them,
 * and hands them to next when it is released or closed; what comes after that is ignored.
 * Owns next from success on. 0 or -errno.
 */
int sort_new(struct sink *next, const char *by, uint64_t n, struct sink **ret_sink);

/*
 * Hands over what is kept, before the source that the flows' strings belong to goes. s
 * must come from sort_new(). *ret_missing: how many there was no room for, but for
 * those that the caller's n left out. 0 or -errno.
 */
int sort_release(struct sink *s, uint64_t *ret_missing);

#endif
