/* SPDX-License-Identifier: MIT */
/* The flow programs in the kernel: loaded, run on packets. Included by one .c file of each test program. */
#ifndef PITOT_TESTS_RUN_H
#define PITOT_TESTS_RUN_H

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <linux/pkt_cls.h>

#include "bpf/flow.skel.h"
#include "bpf/flow_compat.skel.h"
#include "bpf/packet.bpf.h"

static struct bpf_object *object;
static struct bpf_map *conn4, *conn6, *fragments_map, *counters;
static struct bpf_program *ingress, *egress;
static struct ring_buffer *ring;

/* The program's own: what it does before the load, and with each record. */
static void configure(void);
static int on_record(void *ctx, void *data, size_t size);

static struct bpf_map *map(const char *name)
{
	return bpf_object__find_map_by_name(object, name);
}

/* The object files, as they are in the binary. */
static const struct object_file {
	const char *name;
	const void *(*bytes)(size_t *ret_size);
	size_t dns, dns_ports; /* where these knobs are in .rodata */
} files[] = {
	{ "flow", flow_bpf__elf_bytes, offsetof(struct flow_bpf__rodata, cfg_dns),
	  offsetof(struct flow_bpf__rodata, cfg_dns_ports) },
	{ "flow_compat", flow_compat_bpf__elf_bytes,
	  offsetof(struct flow_compat_bpf__rodata, cfg_dns),
	  offsetof(struct flow_compat_bpf__rodata, cfg_dns_ports) },
};
static const struct object_file *file;

static int load(void **state)
{
	const void *bytes;
	size_t size;

	(void)state;
	bytes = file->bytes(&size);
	object = bpf_object__open_mem(bytes, size, NULL);
	if (!object)
		return -1;
	configure();
	if (bpf_object__load(object))
		return -1;
	conn4 = map("conn4");
	conn6 = map("conn6");
	fragments_map = map("fragments");
	counters = map("counters");
	ingress = bpf_object__find_program_by_name(object, "flow_ingress");
	egress = bpf_object__find_program_by_name(object, "flow_egress");
	ring = ring_buffer__new(bpf_map__fd(map("events")), on_record, NULL, NULL);
	return conn4 && conn6 && fragments_map && counters && ingress && egress && ring ? 0 : -1;
}

static int unload(void **state)
{
	(void)state;
	ring_buffer__free(ring);
	bpf_object__close(object);
	return 0;
}

static void clear_map(struct bpf_map *m)
{
	uint8_t key[64];

	while (!bpf_map__get_next_key(m, NULL, key, bpf_map__key_size(m)))
		assert_int_equal(bpf_map__delete_elem(m, key, bpf_map__key_size(m), 0), 0);
}

static void clear_maps(void **state)
{
	(void)state;
	clear_map(conn4);
	clear_map(conn6);
	clear_map(fragments_map);
	ring_buffer__consume(ring);
}

/*
 * Runs the program on the packet; it has to pass, byte for byte as it was. Newer
 * kernels do not make a test packet that ends before its IP header does.
 */
static void pass(struct bpf_program *prog, const uint8_t *bytes, size_t n, struct __sk_buff *ctx)
{
	uint8_t out[4096];
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = bytes, .data_size_in = n, .data_out = out,
		    .data_size_out = sizeof(out), .ctx_in = ctx,
		    .ctx_size_in = ctx ? sizeof(*ctx) : 0, .repeat = 1);

	int err = bpf_prog_test_run_opts(bpf_program__fd(prog), &opts);

	if (err == -EINVAL && n < 14 + sizeof(struct wire_ipv6))
		return;
	assert_int_equal(err, 0);
	assert_int_equal((int)opts.retval, TC_ACT_UNSPEC);
	assert_int_equal(opts.data_size_out, n);
	assert_memory_equal(out, bytes, n);
}

static inline uint64_t counter(enum counter which)
{
	int cpus = libbpf_num_possible_cpus(), i;
	uint64_t *values = calloc(cpus, sizeof(*values)), sum = 0;
	uint32_t key = which;

	assert_non_null(values);
	assert_int_equal(bpf_map__lookup_elem(counters, &key, sizeof(key), values,
					      cpus * sizeof(*values), 0), 0);
	for (i = 0; i < cpus; i++)
		sum += values[i];
	free(values);
	return sum;
}

#endif
