// SPDX-License-Identifier: MIT
/*
 * What a dropped packet costs: the drop program, attached while one thread sends
 * UDP to a closed port of a network namespace of its own. The kernel's run-time
 * statistics tell the time; what they add themselves is in the empty program's
 * figure, measured in turns with the others, and is taken off.
 *
 *   drop_bench [-v]
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/bench/bench.h"
#include "tests/bench/flood.h"
#include "tests/bench/object.h"

#define CPU_MEASURE 0
#define CLOSED_PORT 9
#define TURN_NS 200000000ull
#define STACKS 1024
#define BASE "build/tests/bench/base.bpf.o"
#define DROP "build/bpf/drop.bpf.o"

enum { EMPTY, PLAIN, STACK, SUBJECTS };

struct drop_subject {
	const char *object, *program;
	bool stack;
	struct bpf_object *o;
	struct bpf_program *p;
	struct samples samples;
};

static struct drop_subject subjects[SUBJECTS] = {
	[EMPTY] = { .object = BASE, .program = "base_drop" },
	[PLAIN] = { .object = DROP, .program = "drop_reason" },
	[STACK] = { .object = DROP, .program = "drop_reason", .stack = true },
};

static int load(struct drop_subject *s)
{
	struct bpf_map *stacks;
	int err;

	s->o = bpf_object__open_file(s->object, NULL);
	if (!s->o)
		return -errno;
	err = object_only_program(s->o, s->program);
	if (!err && s->stack) {
		stacks = bpf_object__find_map_by_name(s->o, "drop_stacks");
		err = stacks ? bpf_map__set_max_entries(stacks, STACKS) : -ENOENT;
		if (!err)
			err = object_set(s->o, "cfg_drop_stack", 1);
	}
	if (!err)
		err = bpf_object__load(s->o);
	if (!err)
		s->p = bpf_object__find_program_by_name(s->o, s->program);
	return err;
}

static int stats(const struct drop_subject *s, struct bpf_prog_info *ret_info)
{
	__u32 bytes = sizeof(*ret_info);

	memset(ret_info, 0, sizeof(*ret_info));
	return bpf_obj_get_info_by_fd(bpf_program__fd(s->p), ret_info, &bytes) ? -errno : 0;
}

static int turn(struct drop_subject *s, bool keep)
{
	struct bpf_prog_info before, after;
	struct bpf_link *link = bpf_program__attach(s->p);
	uint64_t runs;
	long sent;
	int err;

	if (!link)
		return -errno;
	err = stats(s, &before);
	bench_realtime(50);
	sent = flood_loopback(CLOSED_PORT, TURN_NS);
	bench_realtime(0);
	if (!err)
		err = stats(s, &after);
	bpf_link__destroy(link);
	if (err || sent < 0)
		return err ? err : (int)sent;
	runs = after.run_cnt - before.run_cnt;
	if (runs < (uint64_t)sent / 2)
		return -EIO;	/* the packets are not dropped where they should be */
	if (keep)
		samples_add(&s->samples, (double)(after.run_time_ns - before.run_time_ns) / runs);
	return 0;
}

static int loopback_up(void)
{
	struct ifreq r = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), err = 0;

	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &r))
		err = -errno;
	if (fd >= 0)
		close(fd);
	return err;
}

static void row(const char *figure, const struct drop_subject *s, const char *required)
{
	double floor = samples_min(&subjects[EMPTY].samples);
	double own = samples_min(&s->samples) - floor;
	char measured[32], floor_text[32];

	snprintf(measured, sizeof(measured), "%.0f ns", own);
	snprintf(floor_text, sizeof(floor_text), "%.0f ns off", floor);
	bench_row(figure, measured, floor_text, own, required);
}

static int round_of_all(bool keep)
{
	int err = 0;

	bench_wait_quiet();
	for (int i = 0; i < SUBJECTS && !err; i++)
		err = turn(&subjects[i], keep);
	return err;
}

int main(int argc, char **argv)
{
	bool verbose = argc > 1 && !strcmp(argv[1], "-v");
	unsigned long rounds = bench_env("BENCH_ROUNDS", 7);
	int stats_fd, err = 0;

	bench_pin(CPU_MEASURE);
	stats_fd = bpf_enable_stats(BPF_STATS_RUN_TIME); /* until it is closed */
	if (stats_fd < 0 || unshare(CLONE_NEWNET))
		err = -errno;
	if (!err)
		err = loopback_up();
	for (int i = 0; i < SUBJECTS && !err; i++)
		err = load(&subjects[i]);
	if (!err)
		err = round_of_all(false);
	for (unsigned long i = 0; i < rounds && !err; i++)
		err = round_of_all(true);
	if (!err) {
		row("dropped packet: reason, place, tuple", &subjects[PLAIN], "<= 250");
		row("dropped packet, with its stack", &subjects[STACK], "");
	}
	for (int i = 0; i < SUBJECTS && verbose && !err; i++)
		fprintf(stderr, "%s%s: min %.1f median %.1f ns a run, statistics included\n",
			subjects[i].program, subjects[i].stack ? " with stacks" : "",
			samples_min(&subjects[i].samples), samples_median(&subjects[i].samples));
	if (err)
		fprintf(stderr, "drop_bench: %s\n", strerror(-err));
	for (int i = 0; i < SUBJECTS; i++)
		bpf_object__close(subjects[i].o);
	if (stats_fd >= 0)
		close(stats_fd);
	return err ? 1 : 0;
}
