/* SPDX-License-Identifier: MIT */
/* A tc program loaded to be measured, by itself and behind the driver. */
#ifndef PITOT_TESTS_BENCH_SUBJECT_H
#define PITOT_TESTS_BENCH_SUBJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BENCH_CONNECTIONS 100000
#define BENCH_ENTRIES 262144	/* in the map of connections: no eviction, no shortage */
#define BENCH_RING_BYTES (16 << 20)

enum driver_kind {
	DRIVER_NONE,	/* the frame as it is */
	DRIVER_SEQ,	/* a sequence number that moves on */
	DRIVER_MANY,	/* BENCH_CONNECTIONS tuples, mixed */
	DRIVER_MAX,
};

struct subject_spec {
	const char *name;
	const char *object;	/* file */
	const char *program;
	const char *map;	/* of connections, NULL: none */
	const char *ring;	/* NULL: none */
	const char *knobs[2];	/* 1-byte const volatiles to set to 1, where they are there; NULL: none */
};

struct subject;

/* Loads it. 0 or -errno (libbpf has told why on standard error). subject_free() takes it. */
int subject_load(const struct subject_spec *spec, struct subject **ret_subject);

/* Stops the reader, unloads. Takes NULL. */
void subject_free(struct subject *s);

/* A thread on that CPU that empties the ring when woken and every 5 ms. 0 or -errno. */
int subject_read_ring(struct subject *s, int cpu);

/* Runs it n times over frame; *ret_ns is the time of one run, the driver's share included. */
int subject_run(struct subject *s, enum driver_kind kind, const uint8_t *frame, size_t bytes,
		unsigned int n, double *ret_ns);

/* Removes every connection; returns how many there were, or -errno. */
long subject_clear(struct subject *s);

/* The ring's descriptor, for a reader of one's own in place of the thread; -1: no ring. */
int subject_ring_fd(const struct subject *s);

/* Records that the reader took since the load. */
uint64_t subject_records(const struct subject *s);

#endif
