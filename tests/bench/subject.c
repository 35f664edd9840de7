// SPDX-License-Identifier: MIT
#include "tests/bench/subject.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bench/bench.h"
#include "tests/bench/object.h"

#define DRIVER_OBJECT "build/tests/bench/driver.bpf.o"
#define SEGMENT 1448
#define BATCH 4096

struct subject {
	struct bpf_object *object;
	struct bpf_object *driver[DRIVER_MAX];
	int fd[DRIVER_MAX];
	struct bpf_map *map;
	struct ring_buffer *ring;
	int ring_fd;
	pthread_t reader;
	bool reading;
	int reader_cpu;
	atomic_bool stop;
	atomic_ulong records;
};

static int load_driver(struct subject *s, enum driver_kind kind)
{
	struct bpf_object *o = bpf_object__open_file(DRIVER_OBJECT, NULL);
	uint32_t zero = 0;
	int err;

	if (!o)
		return -errno;
	s->driver[kind] = o;
	err = object_set(o, "connections", kind == DRIVER_MANY ? BENCH_CONNECTIONS : 1);
	if (!err)
		err = object_set(o, "mixed", kind == DRIVER_MANY);
	if (!err)
		err = object_set(o, "seq_step", kind == DRIVER_SEQ ? SEGMENT : 0);
	if (!err)
		err = bpf_object__load(o);
	if (err)
		return err;
	s->fd[kind] = bpf_program__fd(bpf_object__find_program_by_name(o, "driver"));
	if (bpf_map_update_elem(bpf_object__find_map_fd_by_name(o, "measured"), &zero,
				&s->fd[DRIVER_NONE], 0))
		return -errno;
	return 0;
}

static int prepare(struct subject *s, const struct subject_spec *spec)
{
	struct bpf_map *ring;

	if (object_only_program(s->object, spec->program))
		return -ENOENT;
	for (int i = 0; i < 2; i++)
		if (spec->knobs[i])
			object_set(s->object, spec->knobs[i], 1); /* another build may lack it */
	if (spec->map) {
		s->map = bpf_object__find_map_by_name(s->object, spec->map);
		if (!s->map || bpf_map__set_max_entries(s->map, BENCH_ENTRIES))
			return -ENOENT;
	}
	if (spec->ring) {
		ring = bpf_object__find_map_by_name(s->object, spec->ring);
		if (!ring || bpf_map__set_max_entries(ring, BENCH_RING_BYTES))
			return -ENOENT;
	}
	return 0;
}

static int count_record(void *arg, void *data, size_t size)
{
	struct subject *s = arg;

	(void)data;
	(void)size;
	atomic_fetch_add_explicit(&s->records, 1, memory_order_relaxed);
	return 0;
}

int subject_load(const struct subject_spec *spec, struct subject **ret_subject)
{
	struct subject *s = calloc(1, sizeof(*s));
	int err;

	if (!s)
		return -ENOMEM;
	s->ring_fd = -1;
	s->object = bpf_object__open_file(spec->object, NULL);
	err = s->object ? prepare(s, spec) : -errno;
	if (!err)
		err = bpf_object__load(s->object);
	if (err)
		goto out;
	s->fd[DRIVER_NONE] = bpf_program__fd(bpf_object__find_program_by_name(s->object,
									      spec->program));
	for (int kind = DRIVER_NONE + 1; kind < DRIVER_MAX && !err; kind++)
		err = load_driver(s, kind);
	if (!err && spec->ring) {
		s->ring_fd = bpf_object__find_map_fd_by_name(s->object, spec->ring);
		s->ring = ring_buffer__new(s->ring_fd, count_record, s, NULL);
		err = s->ring ? 0 : -errno;
	}
out:
	if (err)
		subject_free(s);
	else
		*ret_subject = s;
	return err;
}

void subject_free(struct subject *s)
{
	if (!s)
		return;
	if (s->reading) {
		atomic_store(&s->stop, true);
		pthread_join(s->reader, NULL);
	}
	ring_buffer__free(s->ring);
	for (int i = 0; i < DRIVER_MAX; i++)
		bpf_object__close(s->driver[i]);
	bpf_object__close(s->object);
	free(s);
}

static void *read_ring(void *arg)
{
	struct subject *s = arg;

	bench_pin(s->reader_cpu);
	bench_realtime(10);
	while (!atomic_load(&s->stop)) {
		ring_buffer__poll(s->ring, 5);
		ring_buffer__consume(s->ring);
	}
	return NULL;
}

int subject_read_ring(struct subject *s, int cpu)
{
	int err;

	if (!s->ring)
		return 0;
	s->reader_cpu = cpu;
	err = pthread_create(&s->reader, NULL, read_ring, s);
	s->reading = !err;
	return -err;
}

int subject_run(struct subject *s, enum driver_kind kind, const uint8_t *frame, size_t bytes,
		unsigned int n, double *ret_ns)
{
	struct __sk_buff ctx = { .ifindex = 1 };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame, .data_size_in = bytes,
		    .ctx_in = &ctx, .ctx_size_in = sizeof(ctx), .repeat = n);
	uint64_t begin_ns;
	int err;

	bench_realtime(50);
	begin_ns = bench_now_ns();
	err = bpf_prog_test_run_opts(s->fd[kind], &opts);
	*ret_ns = (double)(bench_now_ns() - begin_ns) / n;
	bench_realtime(0);
	return err ? -errno : 0;
}

long subject_clear(struct subject *s)
{
	uint32_t n, place = 0;
	long removed = 0;
	uint8_t *keys, *values;
	bool first = true;
	int err = 0;

	if (!s->map)
		return 0;
	keys = calloc(BATCH, bpf_map__key_size(s->map));
	values = calloc(BATCH, bpf_map__value_size(s->map));
	while (keys && values && !err) {
		n = BATCH;
		err = bpf_map_lookup_and_delete_batch(bpf_map__fd(s->map), first ? NULL : &place,
						      &place, keys, values, &n, NULL);
		if (!err || errno == ENOENT)
			removed += n;
		first = false;
	}
	err = errno;
	free(keys);
	free(values);
	return err == ENOENT ? removed : -err;
}

int subject_ring_fd(const struct subject *s)
{
	return s->ring_fd;
}

uint64_t subject_records(const struct subject *s)
{
	return atomic_load(&s->records);
}
