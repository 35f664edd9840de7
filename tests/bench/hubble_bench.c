// SPDX-License-Identifier: MIT
/*
 * What a flow costs on the wire: read (with a namespace filter, and kept whole), and
 * written with pitot's extension, for strangers, through a mask. Flows as a cluster's
 * relay sends them: 40 namespaces with 50 pods each, five labels at both ends. The floor is
 * protobuf-c's unpack and pack of the same messages in the same run; rounds are
 * interleaved and the best counts. Usage: hubble_bench
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "export/field_mask.h"
#include "export/hubble.h"
#include "export/proto/flow.pb-c.h"
#include "export/protojson.h"
#include "flows/filter.h"
#include "tests/bench/bench.h"

#define FLOWS 4096
#define NAMESPACES 40
#define PODS 50
#define ROUNDS 15

static struct text stream; /* one after the other, as they come from a file or a server */
static struct span {
	size_t at, len;
} wires[FLOWS];
static struct flow flows[FLOWS]; /* the same as pitot's own */
static Flow__Flow *unpacked[FLOWS];
static struct filter filter;
static struct field_mask *mask;
static struct text out;

static uint32_t random_below(uint32_t n)
{
	static uint64_t state = 7;

	state = state * 6364136223846793005 + 1442695040888963407;
	return (state >> 33) % n;
}

static void put_endpoint(char *s, size_t size, uint32_t ns, uint32_t pod)
{
	snprintf(
		s, size,
		"{\"ID\":%u,\"identity\":%u,\"cluster_name\":\"default\",\"namespace\":\"team-%02u\","
		"\"labels\":[\"k8s:app=cart\",\"k8s:io.cilium.k8s.namespace.labels.kubernetes.io/"
		"metadata.name=team-%02u\",\"k8s:io.cilium.k8s.policy.cluster=default\","
		"\"k8s:io.cilium.k8s.policy.serviceaccount=cart\","
		"\"k8s:io.kubernetes.pod.namespace=team-%02u\"],\"pod_name\":\"cart-%u-x2b9c\","
		"\"workloads\":[{\"name\":\"cart\",\"kind\":\"Deployment\"}]}",
		ns * PODS + pod, 10000 + ns * 100 + pod, ns, ns, ns, ns * PODS + pod);
}

static void make_json(char *s, size_t size, uint32_t i)
{
	uint32_t ns = random_below(NAMESPACES), pod = random_below(PODS),
		 other = random_below(PODS);
	char source[1024], destination[1024];

	put_endpoint(source, sizeof(source), ns, pod);
	put_endpoint(destination, sizeof(destination),
		     random_below(10) < 7 ? ns : other % NAMESPACES, other);
	snprintf(
		s, size,
		"{\"time\":\"2026-01-15T10:00:%02u.%09uZ\",\"uuid\":\"6f1f8c8e-8f6c-4a86-a9d5-%012x\","
		"\"emitter\":{\"name\":\"Hubble\",\"version\":\"1.19.4\"},\"verdict\":\"FORWARDED\","
		"\"ethernet\":{\"source\":\"0a:58:0a:00:01:0a\",\"destination\":\"0a:58:0a:00:02:14\"},"
		"\"IP\":{\"source\":\"10.%u.0.%u\",\"destination\":\"10.%u.1.%u\",\"ipVersion\":\"IPv4\"},"
		"\"l4\":{\"TCP\":{\"source_port\":%u,\"destination_port\":8080,\"flags\":{\"SYN\":true,"
		"\"ACK\":true}}},\"source\":%s,\"destination\":%s,\"Type\":\"L3_L4\",\"node_name\":"
		"\"node-%02u\",\"node_labels\":[\"kubernetes.io/arch=amd64\",\"kubernetes.io/hostname="
		"node-%02u\",\"kubernetes.io/os=linux\"],\"event_type\":{\"type\":4,\"sub_type\":3},"
		"\"traffic_direction\":\"EGRESS\",\"trace_observation_point\":\"TO_STACK\","
		"\"trace_reason\":\"ESTABLISHED\",\"is_reply\":%s,\"interface\":{\"index\":12,\"name\":"
		"\"lxc1234abcd\"},\"Summary\":\"TCP Flags: SYN, ACK\"}",
		i % 60, i, i, ns, pod, ns, other, 32768 + i % 20000, source, destination, i % 20,
		i % 20, i % 2 ? "true" : "false");
}

/* As this machine's capture would have it: no struct hubble, counters and so on. */
static void make_own(struct flow *f, uint32_t i)
{
	hubble_put(f->hubble);
	f->hubble = NULL;
	f->event = FLOW_REPORT;
	f->connection_id = 0x9e3779b97f4a7c15ull * (i + 1);
	f->initiator_by = INITIATOR_SYN;
	f->forward = (struct flow_counters){.packets = i,
					    .bytes = i * 700ull,
					    .delta_packets = 10,
					    .delta_bytes = 7000,
					    .first_ns = f->time_ns - 5000000000,
					    .last_ns = f->time_ns,
					    .srtt_us = 20,
					    .tcp_flags = 0x12};
	f->reply = f->forward;
	f->handshake_us = 420;
}

static void fail(const char *what)
{
	fprintf(stderr, "hubble_bench: %s\n", what);
	exit(1);
}

static const uint8_t *wire(size_t i)
{
	return (const uint8_t *)stream.data + wires[i].at;
}

static void make(struct hubble_reader *r)
{
	struct protojson_error error;
	char json[8192];
	size_t used;

	for (uint32_t i = 0; i < FLOWS; i++) {
		make_json(json, sizeof(json), i);
		wires[i].at = stream.len;
		if (protojson_read(&stream, &flow__flow__descriptor, json, strlen(json), false,
				   &used, NULL, &error))
			fail(error.message);
		wires[i].len = stream.len - wires[i].at;
		if (hubble_read_flow(r, wire(i), wires[i].len, &flows[i]))
			fail("a flow of its own cannot be read");
		make_own(&flows[i], i);
		unpacked[i] = flow__flow__unpack(NULL, wires[i].len, wire(i));
	}
}

/* How many passed, so that nothing is left out by the compiler. */
static size_t run_read(struct hubble_reader *r, bool filtered)
{
	size_t passed = 0;
	struct flow f;

	for (size_t i = 0; i < FLOWS; i++) {
		if (hubble_read_flow(r, wire(i), wires[i].len, &f))
			fail("a flow cannot be read");
		passed += filtered ? filter_pass(&filter, &f) : f.ip_version != 0;
		flow_release(&f);
	}
	return passed;
}

static size_t run_write(const struct hubble_options *opt)
{
	size_t bytes = 0;

	for (size_t i = 0; i < FLOWS; i++) {
		out.len = 0;
		hubble_write_flow(&out, &flows[i], opt);
		bytes += out.len;
	}
	return bytes;
}

static size_t run_unpack(void)
{
	size_t n = 0;

	for (size_t i = 0; i < FLOWS; i++) {
		Flow__Flow *f = flow__flow__unpack(NULL, wires[i].len, wire(i));

		n += f->verdict;
		flow__flow__free_unpacked(f, NULL);
	}
	return n;
}

static size_t run_pack(void)
{
	static uint8_t buf[8192];
	size_t bytes = 0;

	for (size_t i = 0; i < FLOWS; i++)
		bytes += flow__flow__pack(unpacked[i], buf);
	return bytes;
}

enum { READ_FILTERED, READ_KEPT, UNPACK, WRITE_PITOT, WRITE_STRUCT, WRITE_MASKED, PACK, CASES };

static size_t run(int what, struct hubble_reader *plain, struct hubble_reader *keeping)
{
	const struct hubble_options pitot = {.extensions = EXTENSIONS_PITOT, .node_name = "node-1"};
	const struct hubble_options stranger = {.extensions = EXTENSIONS_STRUCT,
						.node_name = "node-1"};
	const struct hubble_options masked = {
		.extensions = EXTENSIONS_STRUCT, .node_name = "node-1", .mask = mask};

	switch (what) {
	case READ_FILTERED:
		return run_read(plain, true);
	case READ_KEPT:
		return run_read(keeping, false);
	case UNPACK:
		return run_unpack();
	case WRITE_PITOT:
		return run_write(&pitot);
	case WRITE_STRUCT:
		return run_write(&stranger);
	case WRITE_MASKED:
		return run_write(&masked);
	default:
		return run_pack();
	}
}

static void row(const char *figure, double ns, double floor_ns, const char *floor,
		const char *required)
{
	char measured[64], beside[64];

	snprintf(measured, sizeof(measured), "%.0f/s (%.0f ns)", 1e9 / ns, ns);
	snprintf(beside, sizeof(beside), "%.0f/s %s", 1e9 / floor_ns, floor);
	bench_row(figure, measured, beside, 1e9 / ns, required);
}

int main(void)
{
	static const char *const paths[] = {
		"time", "verdict", "IP", "l4", "source.pod_name", "source.namespace", "Summary"};
	struct hubble_reader_options keep = {.keep_wire = true};
	struct hubble_reader *plain, *keeping;
	static struct samples samples[CASES];
	double best[CASES];
	char err[256];

	if (hubble_reader_new(NULL, &plain) || hubble_reader_new(&keep, &keeping))
		fail("no memory");
	if (filter_add(&filter, false, FILTER_NAMESPACE, FILTER_EITHER, "team-07", err,
		       sizeof(err)) ||
	    field_mask_new(paths, sizeof(paths) / sizeof(paths[0]), &mask, err, sizeof(err)))
		fail(err);
	make(plain);
	bench_pin(1);
	bench_wait_quiet();
	for (int round = 0; round < ROUNDS; round++)
		for (int what = 0; what < CASES; what++) {
			uint64_t start = bench_now_ns();

			if (!run(what, plain, keeping))
				fail("nothing was done");
			samples_add(&samples[what], (double)(bench_now_ns() - start) / FLOWS);
		}
	for (int what = 0; what < CASES; what++)
		best[what] = samples_min(&samples[what]);
	row("flows read, -n team-07", best[READ_FILTERED], best[UNPACK], "unpack", ">= 1500000");
	row("flows read, bytes kept", best[READ_KEPT], best[UNPACK], "unpack", "");
	row("flows written for pitot", best[WRITE_PITOT], best[PACK], "pack", ">= 800000");
	row("flows written for others", best[WRITE_STRUCT], best[PACK], "pack", "");
	row("flows written, 7 fields", best[WRITE_MASKED], best[PACK], "pack", "");
	return 0;
}
