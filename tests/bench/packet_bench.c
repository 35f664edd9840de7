// SPDX-License-Identifier: MIT
/*
 * What a packet costs in the tc programs, beside an empty program and beside
 * one look-up, all measured in turns so that a neighbour disturbs each alike.
 *
 *   packet_bench            rows for tests/bench/run
 *   packet_bench -v         and minima and medians on standard error
 *   BENCH_FLOW=FILE         another build of the programs, to compare two of them
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bench/bench.h"
#include "tests/bench/frames.h"
#include "tests/bench/subject.h"

#define CPU_MEASURE 0
#define CPU_READER 1
#define HOT_PACKETS 50000
#define HOT_TURNS 8
#define MANY_TURNS 2
#define WALK_TURNS 3

#define BASE "build/tests/bench/base.bpf.o"
#define FLOW "build/bpf/flow.bpf.o"

enum { EMPTY, HASH, PITOT, EMPTY6, HASH6, PITOT6, SUBJECTS };

static struct subject_spec specs[SUBJECTS] = {
	[EMPTY] = { "empty", BASE, "base_empty", NULL, NULL, {0} },
	[HASH] = { "one look-up", BASE, "base_hash", "base4", NULL, {0} },
	[PITOT] = { "pitot", FLOW, "flow_ingress", "conn4", "events", { "cfg_nat", "cfg_dns" } },
	[EMPTY6] = { "empty", BASE, "base_empty", NULL, NULL, {0} },
	[HASH6] = { "one look-up", BASE, "base_hash6", "base6", NULL, {0} },
	[PITOT6] = { "pitot", FLOW, "flow_ingress", "conn6", "events", { "cfg_nat", "cfg_dns" } },
};

enum mode { HOT, HOT_SEQ, HOT6, NEW, WALK, MODES };

static const struct {
	const char *figure;
	const char *required;
	int subject;	/* the empty one; look-up and pitot follow */
} modes[MODES] = {
	[HOT] = { "known connection, same packet", "<= 1.8", EMPTY },
	[HOT_SEQ] = { "known connection, new data", "<= 1.8", EMPTY },
	[HOT6] = { "known connection, IPv6", "", EMPTY6 },
	[NEW] = { "new connection, with its event", "<= 2.2", EMPTY },
	[WALK] = { "100,000 connections in mixed order", "<= 1.6", EMPTY },
};

static struct subject *subjects[SUBJECTS];
static struct samples samples[MODES][3], ratios[MODES];
static uint8_t data4[FRAME_MAX], data6[FRAME_MAX], syn4[FRAME_MAX];
static size_t data4_bytes, data6_bytes, syn4_bytes;

/* One turn's time of each subject; the machine's clock rate changes between turns. */
struct turn {
	double ns[3];
};

static int measure(enum mode mode, int which, enum driver_kind kind, const uint8_t *frame,
		   size_t bytes, unsigned int n, double *ret_ns)
{
	return subject_run(subjects[modes[mode].subject + which], kind, frame, bytes, n, ret_ns);
}

static void keep_turn(enum mode mode, const struct turn *t)
{
	for (int which = 0; which < 3; which++)
		samples_add(&samples[mode][which], t->ns[which] - (which ? t->ns[0] : 0));
	samples_add(&ratios[mode], (t->ns[2] - t->ns[0]) / (t->ns[1] - t->ns[0]));
}

/* A short run first brings the case back into the caches. */
static int hot_turn(enum mode mode, enum driver_kind kind, const uint8_t *frame, size_t bytes,
		    bool keep)
{
	struct turn t;
	int err = 0;

	for (int which = 0; which < 3 && !err; which++) {
		err = measure(mode, which, kind, frame, bytes, 1000, &t.ns[which]);
		if (!err)
			err = measure(mode, which, kind, frame, bytes, HOT_PACKETS, &t.ns[which]);
	}
	if (!err && keep)
		keep_turn(mode, &t);
	return err;
}

static int many(enum mode mode, int which, double *ret_ns)
{
	const bool begin = mode == NEW;

	return measure(mode, which, DRIVER_MANY, begin ? syn4 : data4,
		       begin ? syn4_bytes : data4_bytes, BENCH_CONNECTIONS, ret_ns);
}

static int clear(int which)
{
	long entries = subject_clear(subjects[which]);

	if (!specs[which].map || entries == BENCH_CONNECTIONS)
		return 0;
	fprintf(stderr, "packet_bench: %s kept %ld of %u connections\n", specs[which].name,
		entries, BENCH_CONNECTIONS);
	return -EIO;
}

/*
 * Connections appear, then carry data. The first data packet of each has new TCP
 * flags and so an event; that pass is not what the figure is about.
 */
static int many_turn(bool keep)
{
	struct turn begin, walk[WALK_TURNS];
	int err = 0;

	for (int which = 0; which < 3 && !err; which++)
		err = many(NEW, which, &begin.ns[which]);
	for (int which = 0; which < 3 && !err; which++)
		err = many(WALK, which, &walk[0].ns[which]);
	for (int i = 0; i < WALK_TURNS && !err; i++)
		for (int which = 0; which < 3 && !err; which++)
			err = many(WALK, which, &walk[i].ns[which]);
	for (int which = 0; which < 3 && !err; which++)
		err = clear(which);
	if (err || !keep)
		return err;
	keep_turn(NEW, &begin);
	for (int i = 0; i < WALK_TURNS; i++)
		keep_turn(WALK, &walk[i]);
	return 0;
}

static int round_of_all(bool keep)
{
	int err = 0;

	bench_wait_quiet();
	for (int i = 0; i < HOT_TURNS && !err; i++) {
		err = hot_turn(HOT, DRIVER_NONE, data4, data4_bytes, keep);
		if (!err)
			err = hot_turn(HOT_SEQ, DRIVER_SEQ, data4, data4_bytes, keep);
		if (!err)
			err = hot_turn(HOT6, DRIVER_NONE, data6, data6_bytes, keep);
	}
	for (int which = 0; which < 3 && !err; which++)
		subject_clear(subjects[which]);
	for (int i = 0; i < MANY_TURNS && !err; i++)
		err = many_turn(keep);
	return err;
}

static void report(enum mode mode, bool verbose)
{
	char measured[32], floor[32];

	snprintf(measured, sizeof(measured), "%.1f ns", samples_median(&samples[mode][2]));
	snprintf(floor, sizeof(floor), "%.1f ns", samples_median(&samples[mode][1]));
	bench_row(modes[mode].figure, measured, floor, samples_median(&ratios[mode]),
		  modes[mode].required);
	if (!verbose)
		return;
	for (int i = 0; i < 3; i++)
		fprintf(stderr, "%-36s %-12s min %8.1f median %8.1f%s\n", modes[mode].figure,
			specs[i].name, samples_min(&samples[mode][i]),
			samples_median(&samples[mode][i]), i ? " net" : "");
	fprintf(stderr, "%-36s %-12s min %8.2f median %8.2f of %zu turns\n", modes[mode].figure,
		"ratio", samples_min(&ratios[mode]), samples_median(&ratios[mode]),
		ratios[mode].n);
}

static int load_all(void)
{
	const char *other = getenv("BENCH_FLOW");
	int err = 0;

	for (int i = 0; i < SUBJECTS && !err; i++) {
		if (other && !strcmp(specs[i].object, FLOW))
			specs[i].object = other;
		err = subject_load(&specs[i], &subjects[i]);
		if (!err)
			err = subject_read_ring(subjects[i], CPU_READER);
		if (err)
			fprintf(stderr, "packet_bench: %s in %s: %s\n", specs[i].program,
				specs[i].object, strerror(-err));
	}
	return err;
}

int main(int argc, char **argv)
{
	bool verbose = argc > 1 && !strcmp(argv[1], "-v");
	unsigned long rounds = bench_env("BENCH_ROUNDS", 7);
	int err;

	data4_bytes = frame_data4(data4);
	data6_bytes = frame_data6(data6);
	syn4_bytes = frame_syn4(syn4);
	bench_pin(CPU_MEASURE);
	err = load_all();
	if (!err)
		err = round_of_all(false);
	for (unsigned long i = 0; i < rounds && !err; i++)
		err = round_of_all(true);
	for (int mode = 0; mode < MODES && !err; mode++)
		report(mode, verbose);
	if (err)
		fprintf(stderr, "packet_bench: %s\n", strerror(-err));
	for (int i = 0; i < SUBJECTS; i++)
		subject_free(subjects[i]);
	return err ? 1 : 0;
}
