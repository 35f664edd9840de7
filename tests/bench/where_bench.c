// SPDX-License-Identifier: MIT
/*
 * Expressions of --where over mixed flows, beside the same conditions written in C, in
 * turns. Usage: where_bench [FLOWS]
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flows/where.h"
#include "tests/bench/bench.h"

#define FLOWS 1024
#define ROUNDS 15

static struct flow flows[FLOWS];
static struct endpoint pods[4];

static void fill(struct flow *f, uint32_t i)
{
	flow_init(f);
	f->event = FLOW_REPORT;
	f->verdict = i % 3 ? VERDICT_FORWARDED : VERDICT_DROPPED;
	f->ip_version = 4;
	f->protocol = 6;
	f->src.endpoint = &pods[i % 4];
	f->dst.endpoint = &pods[i / 4 % 4];
	memcpy(f->src.addr.b, "\0\0\0\0\0\0\0\0\0\0\xff\xff\x0a\0\1\2", 16);
	f->src.addr.b[12] = i % 5 ? 10 : 192;
	f->src.port = 40000 + i;
	f->dst.port = i % 2 ? 443 : 80;
	f->forward.packets = 1;
	f->forward.bytes = i * 4000ull;
	f->forward.srtt_us = i * 97 % 100000;
}

static void fill_pods(void)
{
	static const char *const names[] = {"shop", "kube-system", "shop", "monitoring"};

	for (int i = 0; i < 4; i++)
		pods[i] = (struct endpoint){.refs = 1u << 30,
					    .kind = ENDPOINT_POD,
					    .namespace_name = names[i],
					    .name = "frontend-7d9c5b6f4-abcde",
					    .workload = "frontend",
					    .workload_kind = "Deployment"};
}

/* ------------------------------------------------------- the same, by hand */

static bool slow_in_shop(const struct flow *f)
{
	return f->src.endpoint && !strcmp(f->src.endpoint->namespace_name, "shop") &&
	       f->forward.bytes + f->reply.bytes > 1000000 &&
	       ((uint64_t)f->forward.srtt_us + f->reply.srtt_us) * 1000 > 50000000;
}

static bool dropped_to_443(const struct flow *f)
{
	return f->verdict == VERDICT_DROPPED && f->ip_version && f->src.addr.b[12] == 10 &&
	       f->dst.port == 443;
}

static bool either_of_two(const struct flow *f)
{
	return (f->src.endpoint && !strncmp(f->src.endpoint->name, "cart", 4)) ||
	       (f->dst.endpoint && !strncmp(f->dst.endpoint->name, "front", 5)) ||
	       f->src.port > 50000;
}

struct bench_case {
	const char *name, *expression;
	bool (*by_hand)(const struct flow *f);
};

static const struct bench_case cases[] = {
	{"where, 3 terms", "src.namespace == \"shop\" && bytes > 1e6 && rtt > 50ms", slow_in_shop},
	{"where, verdict, network, port",
	 "verdict == DROPPED && src.ip in 10.0.0.0/8 && dst.port == 443", dropped_to_443},
	{"where, names with ||",
	 "src.pod startswith \"cart\" || dst.pod startswith \"front\" || src.port > 50000",
	 either_of_two},
};

static double ns_a_flow(uint64_t began, long n)
{
	return (double)(bench_now_ns() - began) / n;
}

static int bench(const struct bench_case *c, long n)
{
	struct samples ours = {0}, hand = {0};
	struct where_error e;
	struct where *w;

	if (where_parse(c->expression, &w, &e)) {
		fprintf(stderr, "where_bench: %s: %s\n", c->expression, e.message);
		return 1;
	}
	for (int round = 0; round < ROUNDS; round++) {
		volatile long passed[2] = {0, 0};
		uint64_t began = bench_now_ns();

		for (long i = 0; i < n; i++)
			passed[0] += where_pass(w, &flows[i % FLOWS]);
		samples_add(&ours, ns_a_flow(began, n));
		began = bench_now_ns();
		for (long i = 0; i < n; i++)
			passed[1] += c->by_hand(&flows[i % FLOWS]);
		samples_add(&hand, ns_a_flow(began, n));
		if (passed[0] != passed[1] || !passed[0]) {
			fprintf(stderr, "where_bench: %s: %ld pass, %ld by hand\n", c->expression,
				passed[0], passed[1]);
			return 1;
		}
	}
	where_free(w);
	printf("%s\t%.1f ns\t%.1f ns in C\t%.1f\t< 100\n", c->name, samples_median(&ours),
	       samples_median(&hand), samples_median(&ours));
	return 0;
}

int main(int argc, char **argv)
{
	long n = argc > 1 ? strtol(argv[1], NULL, 10) : 200000;
	int failed = 0;

	if (n < FLOWS) {
		fprintf(stderr, "usage: where_bench [FLOWS], from %d\n", FLOWS);
		return 2;
	}
	fill_pods();
	for (uint32_t i = 0; i < FLOWS; i++)
		fill(&flows[i], i);
	bench_pin(0);
	bench_wait_quiet();
	bench_realtime(1);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		failed |= bench(&cases[i], n);
	return failed;
}
