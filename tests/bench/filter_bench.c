// SPDX-License-Identifier: MIT
/*
 * What a filter takes for a flow. Flows of 20 teams with 50 pods each, named at both
 * ends, in mixed order; a tenth are HTTP messages. Usage: filter_bench [-v]
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flows/filter.h"
#include "tests/bench/bench.h"

#define FLOWS 4096
#define TEAMS 20
#define PODS 50
#define ROUNDS 15
#define LABELS 8

struct asked {
	enum filter_field field;
	enum filter_side side;
	const char *value;
};

static const struct row {
	const char *name;
	struct asked asked[6];
} rows[] = {
	{"nothing", {{0}}},
	{"--verdict DROPPED", {{FILTER_VERDICT, 0, "DROPPED"}}},
	{"-n team-07", {{FILTER_NAMESPACE, FILTER_EITHER, "team-07"}}},
	{"--pod team-07/pod-1", {{FILTER_POD, FILTER_EITHER, "team-07/pod-1"}}},
	{"--ip 10.7.0.0/16", {{FILTER_IP, FILTER_EITHER, "10.7.0.0/16"}}},
	{"--to-port 80 --protocol tcp",
	 {{FILTER_PORT, FILTER_DESTINATION, "80"}, {FILTER_PROTOCOL, 0, "tcp"}}},
	{"-l app=app-7", {{FILTER_LABEL, FILTER_EITHER, "app=app-7"}}},
	{"--http-path ^/item/[0-9]+$", {{FILTER_HTTP_PATH, 0, "^/item/[0-9]+$"}}},
	{"-n team-07 --verdict DROPPED --port 80 -l app",
	 {{FILTER_NAMESPACE, FILTER_EITHER, "team-07"},
	  {FILTER_VERDICT, 0, "DROPPED"},
	  {FILTER_PORT, FILTER_EITHER, "80"},
	  {FILTER_LABEL, FILTER_EITHER, "app"}}},
};

static struct flow flows[FLOWS];
static struct endpoint *pods[TEAMS * PODS];

static void make_pods(void)
{
	for (int i = 0; i < TEAMS * PODS; i++) {
		char text[LABELS + 2][64];
		const char *labels[LABELS];
		struct endpoint e = {.kind = ENDPOINT_POD, .labels = labels, .n_labels = LABELS};

		snprintf(text[LABELS], sizeof(text[0]), "team-%02d", i / PODS);
		snprintf(text[LABELS + 1], sizeof(text[0]), "pod-%d-5d9c7b", i % PODS);
		snprintf(text[0], sizeof(text[0]), "k8s:app=app-%d", i % PODS);
		for (int k = 1; k < LABELS; k++)
			snprintf(text[k], sizeof(text[0]), "k8s:example.com/label-%d=%d", k, i);
		for (int k = 0; k < LABELS; k++)
			labels[k] = text[k];
		e.namespace_name = text[LABELS];
		e.name = text[LABELS + 1];
		pods[i] = endpoint_new(&e);
	}
}

static struct l7 *make_message(uint32_t i)
{
	char url[64];
	struct l7 l = {.type = L7_REQUEST,
		       .protocol = L7_HTTP,
		       .http = {.method = "GET", .protocol = "HTTP/1.1", .url = url}};

	snprintf(url, sizeof(url), "http://shop:8080/%s/%" PRIu32, i % 3 ? "item" : "cart", i);
	return l7_new(&l);
}

static void make_flows(void)
{
	uint32_t random = 1;

	for (uint32_t i = 0; i < FLOWS; i++) {
		struct flow *f = &flows[i];

		flow_init(f);
		for (int k = 0; k < 2; k++) {
			struct flow_end *e = k ? &f->dst : &f->src;
			uint32_t pod;

			random = random * 1664525 + 1013904223;
			pod = (random >> 16) % (TEAMS * PODS);
			e->endpoint = endpoint_get(pods[pod]);
			e->identity = 1000 + pod;
			memcpy(e->addr.b, "\0\0\0\0\0\0\0\0\0\0\xff\xff\x0a", 13);
			e->addr.b[13] = pod / PODS;
			e->addr.b[15] = pod % PODS;
			e->port = k ? (i % 4 ? 80 : 443) : 32768 + i;
		}
		f->ip_version = 4;
		f->protocol = i % 8 ? 6 : 17;
		f->verdict = i % 16 ? VERDICT_FORWARDED : VERDICT_DROPPED;
		f->event = FLOW_NEW;
		if (i % 10 == 0) {
			f->event = FLOW_L7;
			f->l7 = make_message(i);
		}
	}
}

static void make_filter(struct filter *f, const struct row *r)
{
	char err[256];

	memset(f, 0, sizeof(*f));
	for (const struct asked *a = r->asked; a->value; a++)
		if (filter_add(f, false, a->field, a->side, a->value, err, sizeof(err))) {
			fprintf(stderr, "filter_bench: %s\n", err);
			exit(1);
		}
}

/* Nanoseconds a flow in one go over all of them; *ret_passed: how many passed. */
static double once(const struct filter *f, size_t *ret_passed)
{
	uint64_t start = bench_now_ns();
	size_t n = 0;

	for (int k = 0; k < 16; k++)
		for (size_t i = 0; i < FLOWS; i++)
			n += filter_pass(f, &flows[i]);
	*ret_passed = n / 16;
	return (double)(bench_now_ns() - start) / FLOWS / 16;
}

int main(int argc, char **argv)
{
	bool all = argc > 1 && !strcmp(argv[1], "-v");

	bench_pin(0);
	make_pods();
	make_flows();
	bench_wait_quiet();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct samples s = {0};
		struct filter f;
		char text[64];
		size_t passed = 0;

		make_filter(&f, &rows[i]);
		for (int k = 0; k < ROUNDS; k++)
			samples_add(&s, once(&f, &passed));
		snprintf(text, sizeof(text), "%.1f ns a flow", samples_median(&s));
		if (all)
			printf("%-50s %s, %zu of %d pass\n", rows[i].name, text, passed, FLOWS);
		else if (i == sizeof(rows) / sizeof(rows[0]) - 1 || !strncmp(rows[i].name, "-n", 2))
			bench_row(rows[i].name, text, "", samples_median(&s), "<= 100");
		filter_clear(&f);
	}
	return 0;
}
