/* SPDX-License-Identifier: MIT */
/* A bounded queue of finished messages and the thread that brings them to a target. */
#ifndef PITOT_EXPORT_EXPORT_QUEUE_H
#define PITOT_EXPORT_EXPORT_QUEUE_H

#include "export/exporter.h"

#define EXPORT_QUEUE_BYTES (8u << 20)

struct export_queue;

struct export_queue_state {
	uint64_t messages, bytes; /* written */
	uint64_t lost; /* there was no room, or it could not be written before the end */
	int err; /* 0, or the -errno of the last try */
};

/* Takes the target over, but for an error (-ENOMEM, -EAGAIN). wait: see exporters_options. */
int export_queue_new(struct export_target *target, bool wait, struct export_queue **ret);

/* One message. Copied; never blocks, but with `wait`. */
void export_queue_put(struct export_queue *q, const void *bytes, size_t n);
void export_queue_state(struct export_queue *q, struct export_queue_state *ret);

/* The end begins; export_queue_free() is still to come. For several that are to end at once. */
void export_queue_end(struct export_queue *q);

/*
 * What is queued is tried once more, then the target is freed. Fills in *ret. A target
 * that has not come to its end two seconds after export_queue_end() (or this) is left
 * to its thread: what it had is lost, err is -ETIMEDOUT. With `wait`, or a target that is
 * to finish, there is no bound. Takes NULL.
 */
void export_queue_free(struct export_queue *q, struct export_queue_state *ret);

#endif
