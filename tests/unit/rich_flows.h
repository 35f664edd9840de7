/* SPDX-License-Identifier: MIT */
/* Flows of pitot's own in which every field says something. Free with flow_release(). */
#ifndef PITOT_TESTS_RICH_FLOWS_H
#define PITOT_TESTS_RICH_FLOWS_H

#include "tests/unit/sample_flows.h"

static inline struct endpoint *rich_endpoint(const char *name, uint32_t kind)
{
	const char *labels[] = {"k8s:app=cart", "k8s:tier=\xc3\xa4", "reserved:host"};
	struct endpoint from = {
		.id = 7,
		.identity = 4711,
		.kind = kind,
		.cluster = "west",
		.namespace_name = kind == ENDPOINT_POD ? "shop" : "",
		.name = name,
		.workload = kind == ENDPOINT_POD ? "cart" : "",
		.workload_kind = kind == ENDPOINT_POD ? "Deployment" : "",
		.node = "node-7",
		.container = "app",
		.image = "registry/cart:1",
		.container_id = "0123456789abcdef",
		.cgroup = "/kubepods/pod1/0123",
		.labels = labels,
		.n_labels = 3,
	};

	return endpoint_new(&from);
}

static inline void rich_end(struct flow_end *e, uint32_t kind)
{
	const char *const dns[] = {"api.example.com", "example.com"};
	const char *const reverse[] = {"host-1.example.net"};
	struct place place = {.asn = 3320,
			      .country = "DE",
			      .country_name = "Germany",
			      .city = "Bonn",
			      .as_name = "Deutsche Telekom AG"};

	e->identity = 4712;
	e->process = sample_process("nginx: worker", 77);
	e->process->uid = 33;
	e->process->start_ns = 123456789;
	e->endpoint = rich_endpoint("cart-1", kind);
	e->service = service_new("shop", "cart");
	e->dns = name_list_new(dns, 2);
	e->reverse = name_list_new(reverse, 1);
	e->place = place_new(&place);
}

static inline void rich_counters(struct flow_counters *c, uint64_t base)
{
	*c = (struct flow_counters){
		.packets = base,
		.bytes = base * 1000000007ull,
		.delta_packets = base + 1,
		.delta_bytes = base + 2,
		.first_ns = SAMPLE_NS - base,
		.last_ns = SAMPLE_NS + base,
		.retransmits = base + 3,
		.zero_windows = base + 4,
		.resets = base + 5,
		.srtt_us = base + 6,
		.tcp_flags = TCPF_SYN | TCPF_ACK | TCPF_FIN,
	};
}

static inline struct flow rich_end_of_connection(void)
{
	struct flow f = sample(6, "10.0.2.20", 8080, "10.0.1.10", 43210);

	f.event = FLOW_END;
	f.connection_id = 0x8123456789abcdefull;
	f.closed = true;
	f.is_reply = REPLY_YES;
	f.initiator_by = INITIATOR_PORT;
	f.direction = DIRECTION_INGRESS;
	f.tcp_flags = 0x1ff;
	f.vlan[0] = 100;
	f.vlan[1] = 4094;
	f.ifindex = 12;
	strcpy(f.ifname, "lxc1234abcd5678"); /* 15 bytes */
	strcpy(f.ifaces[0], "br0");
	strcpy(f.ifaces[1], "eth0");
	rich_end(&f.src, ENDPOINT_POD);
	rich_end(&f.dst, ENDPOINT_NODE);
	rich_counters(&f.forward, 10);
	rich_counters(&f.reply, 1000);
	f.handshake_us = 420;
	f.handshake_client_us = 20;
	f.handshake_server_us = 400;
	f.icmp_errors = 2;
	f.has_nat = true;
	f.nat_orig = (struct flow_tuple){addr("10.0.1.10"), addr("10.96.0.10"), 43210, 80};
	f.nat_xlated = (struct flow_tuple){addr("10.0.1.10"), addr("10.0.2.20"), 43210, 8080};
	f.tunnel.type = TUNNEL_VXLAN;
	f.tunnel.vni = 5;
	f.tunnel.outer = (struct flow_tuple){addr("fd00::1"), addr("fd00::2"), 12345, 4789};
	return f;
}

static inline struct flow rich_drop(void)
{
	struct flow f = sample_drop();

	f.is_reply = REPLY_NO;
	f.trace_point = TO_STACK;
	f.drop = (struct flow_drop){
		.reason = 77,
		.normal = true,
		.reason_name = "NETFILTER_DROP",
		.text = "netfilter rule (nftables or iptables)",
		.function = "nft_do_chain",
		.offset = 0x42,
		.netns = 4026531840u,
		.packets = 9,
		.bytes = 900,
		.delta_packets = 3,
		.delta_bytes = 300,
		.stack_depth = 2,
		.stack = {"nft_do_chain", "nf_hook_slow"},
	};
	return f;
}

static inline struct flow rich_listen_drop(void)
{
	struct flow f = sample(6, "0.0.0.0", 0, "10.0.0.2", 80);

	f.event = FLOW_LISTEN_DROP;
	f.verdict = VERDICT_DROPPED;
	f.is_reply = REPLY_UNKNOWN;
	f.trace_point = 0;
	f.listen = (struct flow_listen){10, 3, 128, 129, 77, true};
	return f;
}

static inline struct flow rich_icmp_error(void)
{
	struct flow f = sample_syn();

	f.event = FLOW_ICMP_ERROR;
	f.icmp_type = 3;
	f.icmp_code = 4;
	f.icmp_info = 1400;
	f.icmp_from = addr("10.0.0.1");
	return f;
}

static inline struct flow rich_echo(void)
{
	struct flow f = sample(58, "fd00::a", 0, "fd00::b", 0);

	f.icmp_type = 128;
	f.icmp_echo = 1;
	f.icmp_id = 4321;
	f.tunnel.type = TUNNEL_GRE;
	f.tunnel.vni = 99;
	f.tunnel.outer = (struct flow_tuple){addr("192.0.2.1"), addr("192.0.2.2"), 0, 0};
	return f;
}

static inline struct flow rich_answer(void)
{
	static struct ip_addr ips[2];
	static const char *const cnames[] = {"a.example.", "b.example."};
	static const char *const types[] = {"A", "CNAME"};
	struct l7 l7 = {
		.type = L7_RESPONSE,
		.protocol = L7_DNS,
		.latency_ns = 3200000,
		.dns = {.query = "example.com.",
			.ips = ips,
			.n_ips = 2,
			.ttl = 0,
			.cnames = cnames,
			.n_cnames = 2,
			.rcode = 0,
			.qtypes = types,
			.n_qtypes = 1,
			.rrtypes = types,
			.n_rrtypes = 2,
			.truncated = true,
			.multicast = true},
	};
	struct flow f = sample(17, "10.0.0.53", 53, "10.0.1.10", 50000);

	ips[0] = addr("93.184.216.34");
	ips[1] = addr("2606:2800::1");
	f.event = FLOW_L7;
	f.is_reply = REPLY_YES;
	f.l7 = l7_new(&l7);
	return f;
}

static inline struct flow rich_timeout(void)
{
	static const char *const types[] = {"AAAA"};
	struct l7 l7 = {
		.type = L7_REQUEST,
		.protocol = L7_DNS,
		.dns = {.query = "slow.example.",
			.ttl = UINT32_MAX,
			.qtypes = types,
			.n_qtypes = 1,
			.timeout = true},
	};
	struct flow f = sample(17, "10.0.1.10", 50000, "10.0.0.53", 53);

	f.event = FLOW_L7;
	f.l7 = l7_new(&l7);
	return f;
}

static inline struct flow rich_arp(void)
{
	struct flow f;

	flow_init(&f);
	f.time_ns = SAMPLE_NS;
	f.verdict = VERDICT_FORWARDED;
	f.ethertype = 0x0806;
	f.trace_point = FROM_HOST;
	f.is_reply = REPLY_UNKNOWN;
	return f;
}

static inline struct flow rich_gre(void)
{
	struct flow f = sample(47, "10.0.0.1", 0, "10.0.0.2", 0);

	f.event = FLOW_REPORT;
	f.has_nat = true; /* before its source is translated */
	f.nat_orig = (struct flow_tuple){addr("10.0.0.1"), addr("10.0.0.2"), 0, 0};
	f.nat_xlated = (struct flow_tuple){addr("192.0.2.1"), addr("10.0.0.2"), 0, 0};
	return f;
}

#define RICH_FLOWS                                                                       \
	{                                                                                \
		sample_syn(), sample_synack(), sample_icmp6(), rich_end_of_connection(), \
			rich_drop(), rich_listen_drop(), rich_icmp_error(), rich_echo(), \
			rich_answer(), rich_timeout(), rich_arp(), rich_gre()            \
	}

#endif
