// SPDX-License-Identifier: MIT
/*
 * How many records a second one core takes from the ring buffer, makes flows of
 * and hands to a sink that counts them. The records are the kernel program's own:
 * connections that begin, then carry data (new flags), in mixed order.
 */
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "flows/capture/collector.h"
#include "tests/bench/bench.h"
#include "tests/bench/frames.h"
#include "tests/bench/subject.h"

#define CPU_MEASURE 0
#define PORTION (BENCH_CONNECTIONS / 2) /* its records fit the ring */
#define TICKS_A_SECOND 250

static const struct subject_spec spec = {
	"pitot", "build/bpf/flow.bpf.o", "flow_ingress", "conn4", "events", {0},
};

struct replay {
	struct subject *subject;
	struct ring_buffer *ring;
	struct links *links;
	struct kernel_names *names;
	struct collector *collector;
	uint64_t flows, records;
};

static void count_flow(void *arg, struct flow *f)
{
	struct replay *r = arg;

	(void)f;
	r->flows++;
}

static int on_record(void *arg, void *data, size_t size)
{
	struct replay *r = arg;

	collector_record(r->collector, data, size);
	r->records++;
	return 0;
}

/* Fills the ring by a portion of packets, then takes its records within *spent_ns. */
static int portion(struct replay *r, const uint8_t *frame, size_t bytes, uint64_t *spent_ns)
{
	uint64_t begin_ns;
	double unused;
	int err = subject_run(r->subject, DRIVER_MANY, frame, bytes, PORTION, &unused);

	if (err)
		return err;
	bench_realtime(50);
	begin_ns = bench_now_ns();
	err = ring_buffer__consume(r->ring);
	collector_batch_end(r->collector);
	*spent_ns += bench_now_ns() - begin_ns;
	bench_realtime(0);
	return err < 0 ? err : 0;
}

static int once(struct replay *r, double *ret_per_second)
{
	const struct collector_options opt = {
		.hz = TICKS_A_SECOND,
		.max_connections = BENCH_CONNECTIONS,
		.links = r->links,
		.names = r->names,
	};
	const struct source_events ev = {.arg = r, .flow = count_flow};
	uint8_t syn[FRAME_MAX], data[FRAME_MAX];
	size_t syn_bytes = frame_syn4(syn), data_bytes = frame_data4(data);
	uint64_t spent_ns = 0;
	int err = collector_new(&opt, &ev, &r->collector);

	if (err)
		return err;
	collector_clock(r->collector, 0);
	r->flows = r->records = 0;
	for (int i = 0; i < 4 && !err; i++)
		err = portion(r, i < 2 ? syn : data, i < 2 ? syn_bytes : data_bytes, &spent_ns);
	collector_free(r->collector);
	subject_clear(r->subject);
	if (!err && (r->records != 4 * PORTION || r->flows != r->records)) {
		fprintf(stderr, "collector_bench: %lu records became %lu flows of %u\n",
			(unsigned long)r->records, (unsigned long)r->flows, 4 * PORTION);
		err = -EIO;
	}
	*ret_per_second = r->flows * 1e9 / spent_ns;
	return err;
}

static void report(struct samples *s)
{
	char measured[32];

	snprintf(measured, sizeof(measured), "%.0f/s", samples_median(s));
	bench_row("collector: ring buffer to a sink", measured, "-", samples_median(s), ">= 1000000");
}

int main(void)
{
	unsigned long rounds = bench_env("BENCH_ROUNDS", 7);
	const struct link_events no_events = {0};
	struct samples samples = {0};
	struct replay r = {0};
	double per_second;
	int err;

	bench_pin(CPU_MEASURE);
	err = subject_load(&spec, &r.subject);
	if (!err)
		err = links_new(&no_events, &r.links);
	if (!err)
		err = kernel_names_new(&r.names);
	if (!err) {
		r.ring = ring_buffer__new(subject_ring_fd(r.subject), on_record, &r, NULL);
		err = r.ring ? 0 : -errno;
	}
	for (unsigned long i = 0; i <= rounds && !err; i++) {
		bench_wait_quiet();
		err = once(&r, &per_second);
		if (i) /* the first one warms up */
			samples_add(&samples, per_second);
	}
	if (err)
		fprintf(stderr, "collector_bench: %s\n", strerror(-err));
	else
		report(&samples);
	ring_buffer__free(r.ring);
	kernel_names_free(r.names);
	links_free(r.links);
	subject_free(r.subject);
	return err ? 1 : 0;
}
