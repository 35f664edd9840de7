// SPDX-License-Identifier: MIT
/*
 * What a flow takes in the metrics, with the default set and with labels by pod, and
 * how long a page of 10,000 series is to write. Flows in mixed order: 500 pods, a
 * twentieth drops, a twentieth DNS, the rest TCP events with counters. The floor is
 * the same walk over the flows with a copy and a release of each.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/record.h"
#include "export/metrics_parts.h"
#include "tests/bench/bench.h"

#define FLOWS 4096
#define PODS 500
#define ROUNDS 15
#define PASSES 8

static struct flow flows[FLOWS];
static struct endpoint *pods[PODS];

static void make_pods(void)
{
	for (int i = 0; i < PODS; i++) {
		char name[64], app[64];
		const char *labels[] = {app};
		struct endpoint e = {.kind = ENDPOINT_POD,
				     .namespace_name = "shop",
				     .name = name,
				     .workload = "cart",
				     .labels = labels,
				     .n_labels = 1};

		snprintf(name, sizeof(name), "cart-5d9c7b-%d", i);
		snprintf(app, sizeof(app), "k8s:app=app-%d", i % 20);
		pods[i] = endpoint_new(&e);
	}
}

static void make_counters(struct flow *f, uint32_t i)
{
	f->connection_id = 1 + i / 4;
	f->forward.delta_packets = 1 + i % 7;
	f->forward.delta_bytes = 60 + i;
	f->reply.delta_packets = i % 5;
	f->reply.delta_bytes = i;
	f->forward.srtt_us = 100 + i;
	f->reply.srtt_us = 50;
	f->event = i % 4; /* new, flags, report, end */
	f->tcp_flags = i % 4 == 0 ? TCPF_SYN : TCPF_ACK;
}

static void make_flow(struct flow *f, uint32_t i)
{
	static const char *const types[] = {"A"};
	const struct l7 dns = {.type = L7_REQUEST,
			       .protocol = L7_DNS,
			       .dns = {.query = "example.com.", .qtypes = types, .n_qtypes = 1}};

	flow_init(f);
	f->ip_version = 4;
	f->verdict = VERDICT_FORWARDED;
	f->trace_point = i % 2 ? TO_ENDPOINT : TO_STACK;
	f->direction = 1 + i % 2;
	f->is_reply = i % 3 ? REPLY_NO : REPLY_YES;
	f->protocol = 6;
	f->src.endpoint = endpoint_get(pods[i * 7919 % PODS]);
	f->dst.endpoint = endpoint_get(pods[i * 104729 % PODS]);
	f->src.port = 32768 + i % 28000;
	f->dst.port = 1 + i * 31 % 300;
	if (i % 20 == 1) {
		f->event = FLOW_DROP;
		f->verdict = VERDICT_DROPPED;
		f->drop.reason_name = "NETFILTER_DROP";
		f->drop.function = "nft_do_chain";
		f->drop.delta_packets = 1;
	} else if (i % 20 == 2) {
		f->event = FLOW_L7;
		f->protocol = 17;
		f->l7 = l7_new(&dns);
	} else {
		make_counters(f, i);
	}
}

static struct metrics *make(const char *spec, uint32_t max)
{
	struct metrics *m = NULL;
	char *error = NULL;

	if (metrics_new(spec, max, &m, &error)) {
		fprintf(stderr, "metrics_bench: %s\n", error ? error : "no memory");
		exit(1);
	}
	return m;
}

/* Nanoseconds a flow; m NULL: the floor. */
static double once(struct metrics *m)
{
	uint64_t start = bench_now_ns();

	for (int k = 0; k < PASSES; k++)
		for (size_t i = 0; i < FLOWS; i++) {
			struct flow f;

			if (m) {
				metrics_flow(m, &flows[i]);
				continue;
			}
			flow_copy(&f, &flows[i]);
			flow_release(&f);
		}
	return (double)(bench_now_ns() - start) / FLOWS / PASSES;
}

static void flows_row(const char *figure, const char *spec, const char *required)
{
	struct metrics *m = make(spec, 100000);
	struct samples cost = {0}, floor = {0};
	char measured[64], base[64];

	once(m);
	for (int k = 0; k < ROUNDS; k++) {
		samples_add(&floor, once(NULL));
		samples_add(&cost, once(m));
	}
	snprintf(measured, sizeof(measured), "%.0f ns a flow", samples_median(&cost));
	snprintf(base, sizeof(base), "%.0f ns copied", samples_median(&floor));
	bench_row(figure, measured, base, samples_median(&cost), required);
	metrics_free(m);
}

/* Milliseconds for the page, and for its longest piece: that is how long the loop stands. */
static void page_row(void)
{
	struct metrics *m = make("flow:sourceContext=pod;destinationContext=pod", 10000);
	struct samples whole = {0}, piece = {0};
	struct metrics_page p;
	struct text t = {0};
	char measured[64], longest[64];
	struct flow f = flows[0];

	for (int i = 0; i < 10000; i++) {
		f.src.endpoint = pods[i % PODS];
		f.dst.endpoint = pods[i / PODS];
		metrics_flow(m, &f);
	}
	for (int k = 0; k < ROUNDS; k++) {
		uint64_t start = bench_now_ns(), last = start, max = 0;
		int ret;

		metrics_page_begin(&p, m, true);
		do {
			uint64_t now;

			t.len = 0;
			ret = metrics_page_next(&p, &t);
			now = bench_now_ns();
			max = now - last > max ? now - last : max;
			last = now;
		} while (ret > 0);
		samples_add(&whole, (last - start) / 1e6);
		samples_add(&piece, max / 1e6);
	}
	snprintf(measured, sizeof(measured), "%.2f ms", samples_median(&whole));
	snprintf(longest, sizeof(longest), "%.3f ms a piece", samples_median(&piece));
	bench_row("page of 10,000 series", measured, longest, samples_median(&whole), "<= 5");
	text_free(&t);
	metrics_free(m);
}

int main(void)
{
	bench_pin(0);
	make_pods();
	for (uint32_t i = 0; i < FLOWS; i++)
		make_flow(&flows[i], i);
	bench_wait_quiet();
	flows_row("metrics, default set", NULL, "<= 1000");
	flows_row("metrics by pod", "flow:sourceContext=pod;destinationContext=pod", "");
	page_row();
	return 0;
}
