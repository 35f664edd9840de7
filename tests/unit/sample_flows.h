/* SPDX-License-Identifier: MIT */
/* Flows that the printers' tests share; the first four are Hubble's own samples. */
#ifndef PITOT_TESTS_SAMPLE_FLOWS_H
#define PITOT_TESTS_SAMPLE_FLOWS_H

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/record.h"
#include "flows/flow.h"

/* 2026-01-15T10:20:30Z */
#define SAMPLE_SECOND 1768472430ull
#define SAMPLE_NS (SAMPLE_SECOND * 1000000000ull)

static inline struct ip_addr addr(const char *text)
{
	struct ip_addr a = {.b = {[10] = 0xff, [11] = 0xff}};

	if (inet_pton(AF_INET, text, a.b + 12) != 1 && inet_pton(AF_INET6, text, a.b) != 1)
		abort();
	return a;
}

static inline struct flow sample(uint8_t protocol, const char *src, uint16_t sport, const char *dst,
				 uint16_t dport)
{
	struct flow f;

	flow_init(&f);
	f.time_ns = SAMPLE_NS;
	f.verdict = VERDICT_FORWARDED;
	f.protocol = protocol;
	f.trace_point = TO_ENDPOINT;
	f.src.addr = addr(src);
	f.dst.addr = addr(dst);
	f.ip_version = ip_addr_is_v4(&f.src.addr) ? 4 : 6;
	f.src.port = sport;
	f.dst.port = dport;
	return f;
}

static inline struct flow sample_syn(void)
{
	struct flow f = sample(6, "10.0.1.10", 43210, "10.0.2.20", 8080);

	f.time_ns += 123456789;
	f.src.identity = 12345;
	f.dst.identity = 23456;
	f.tcp_flags = TCPF_SYN;
	f.direction = DIRECTION_INGRESS;
	return f;
}

static inline struct flow sample_synack(void)
{
	struct flow f = sample(6, "10.0.2.20", 8080, "10.0.1.10", 43210);

	f.time_ns += 124000000;
	f.src.identity = 23456;
	f.dst.identity = 12345;
	f.tcp_flags = TCPF_SYN | TCPF_ACK;
	f.is_reply = REPLY_YES;
	f.direction = DIRECTION_EGRESS;
	return f;
}

static inline struct flow sample_drop(void)
{
	struct flow f = sample(6, "10.0.1.10", 43211, "93.184.216.34", 443);

	f.time_ns += 1000000001;
	f.event = FLOW_DROP;
	f.verdict = VERDICT_DROPPED;
	f.trace_point = 0;
	f.src.identity = 12345;
	f.dst.identity = IDENTITY_WORLD;
	f.tcp_flags = TCPF_SYN;
	f.drop.reason_name = "Policy denied";
	f.drop.function = "";
	f.direction = DIRECTION_EGRESS;
	return f;
}

static inline struct flow sample_icmp6(void)
{
	struct flow f = sample(58, "fd00::a", 0, "ff02::2", 0);

	f.time_ns += 3000000000ull;
	f.trace_point = TO_STACK;
	f.icmp_type = 133;
	f.is_reply = REPLY_UNKNOWN;
	f.src.identity = IDENTITY_HOST;
	f.dst.identity = IDENTITY_WORLD;
	return f;
}

/* What Hubble's samples say about their ends. */
static inline struct endpoint *sample_endpoint(const struct ip_addr *a)
{
	static const char *frontend_labels[] = {"k8s:app=frontend",
						"k8s:io.kubernetes.pod.namespace=shop"};
	static const char *cart_labels[] = {"k8s:app=cart", "k8s:io.kubernetes.pod.namespace=shop"};
	static struct {
		const char *address;
		struct endpoint endpoint;
	} rows[] = {
		{"10.0.1.10",
		 {.id = 101,
		  .identity = 12345,
		  .kind = ENDPOINT_POD,
		  .namespace_name = "shop",
		  .name = "frontend-7d9c5b6f4-abcde",
		  .workload = "frontend",
		  .workload_kind = "Deployment",
		  .labels = frontend_labels,
		  .n_labels = 2}},
		{"10.0.2.20",
		 {.id = 202,
		  .identity = 23456,
		  .kind = ENDPOINT_POD,
		  .namespace_name = "shop",
		  .name = "cart-58f6c9d7b-xyz12",
		  .workload = "cart",
		  .workload_kind = "Deployment",
		  .labels = cart_labels,
		  .n_labels = 2}},
		{"10.0.0.53",
		 {.id = 303,
		  .identity = 34567,
		  .kind = ENDPOINT_POD,
		  .namespace_name = "kube-system",
		  .name = "coredns-1",
		  .workload = "",
		  .workload_kind = ""}},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct endpoint *e = &rows[i].endpoint;
		struct ip_addr want = addr(rows[i].address);

		e->refs = 1u << 30; /* never freed */
		e->cluster = "default";
		e->node = "node-1";
		e->container = e->image = e->container_id = e->cgroup = "";
		if (!memcmp(&want, a, sizeof(want)))
			return e;
	}
	return NULL;
}

static inline struct name_list *sample_dns(void)
{
	static const char *const names[] = {"example.com", "www.example.com"};
	static struct name_list list = {.refs = 1u << 30, .n = 2, .names = names};

	return &list;
}

/* Names the ends as Hubble's samples have them. */
static inline struct flow sample_named(struct flow f)
{
	f.src.endpoint = sample_endpoint(&f.src.addr);
	f.dst.endpoint = sample_endpoint(&f.dst.addr);
	if (f.dst.identity == IDENTITY_WORLD && f.ip_version == 4)
		f.dst.dns = sample_dns();
	return f;
}

static inline struct flow sample_dns_request(void)
{
	static const char *const types[] = {"A"};
	static struct l7 l7 = {
		.refs = 1u << 30,
		.type = L7_REQUEST,
		.protocol = L7_DNS,
		.dns = {.query = "example.com.", .qtypes = types, .n_qtypes = 1, .ttl = UINT32_MAX},
	};
	struct flow f = sample(17, "10.0.1.10", 50000, "10.0.0.53", 53);

	f.time_ns += 2500000000ull;
	f.event = FLOW_L7;
	f.src.identity = 12345;
	f.dst.identity = 34567;
	f.direction = DIRECTION_EGRESS;
	f.l7 = &l7;
	return f;
}

/* Free with process_put(). */
static inline struct process *sample_process(const char *comm, uint32_t pid)
{
	struct process *p = calloc(1, sizeof(*p));

	if (!p)
		abort();
	p->refs = 1;
	p->pid = pid;
	p->ppid = 1;
	p->netns = 4026531840;
	p->cgroup_id = 7777;
	strncpy(p->comm, comm, sizeof(p->comm) - 1);
	p->exe = strdup("/usr/bin/x");
	p->command = strdup("x --flag");
	return p;
}

#endif
