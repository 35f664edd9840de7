/* SPDX-License-Identifier: MIT */
/* The samples that frames.h declares. Included by one .c file of each test program. */
#ifndef PITOT_TESTS_SAMPLES_H
#define PITOT_TESTS_SAMPLES_H

#include "bpf/record.h"
#include "tests/bpf/frames.h"

static void tcp4(struct frame *f)
{
	frame_begin(f, 0x0800);
	frame_ip4(f, 6, 0, 0x4000);
	frame_tcp(f, 40000, 80, TCPF_SYN | TCPF_ECE | TCPF_CWR | TCPF_NS);
	frame_zero(f, 10);
}

static void udp4_options(struct frame *f)
{
	frame_begin(f, 0x0800);
	frame_ip4(f, 17, 10, 0);
	frame_udp(f, 5353, 53);
	frame_zero(f, 12);
}

static void sctp4_vlan(struct frame *f)
{
	frame_begin(f, 0x8100);
	frame_tag(f, 10, 0x0800);
	frame_ip4(f, 132, 0, 0);
	frame_sctp(f, 2905, 2906);
}

static void tcp6_qinq(struct frame *f)
{
	frame_begin(f, 0x88a8);
	frame_tag(f, 100, 0x8100);
	frame_tag(f, 4095, 0x86dd);
	frame_ip6(f, 6);
	frame_tcp(f, 443, 50000, TCPF_ACK | TCPF_PSH);
}

static void echo4(struct frame *f)
{
	frame_begin(f, 0x0800);
	frame_ip4(f, 1, 0, 0);
	frame_icmp(f, 8, 0, 0x77770001);
	frame_zero(f, 56);
}

static void echo6_reply(struct frame *f)
{
	frame_begin(f, 0x86dd);
	frame_ip6(f, 58);
	frame_icmp(f, 129, 0, 0x77770001);
}

static void unreachable4(struct frame *f)
{
	frame_begin(f, 0x0800);
	frame_ip4(f, 1, 0, 0);
	frame_icmp(f, 3, 3, 0);
	frame_ip4(f, 17, 1, 0);
	frame_udp(f, 1111, 2222);
}

static void too_big6(struct frame *f)
{
	frame_begin(f, 0x86dd);
	frame_ip6(f, 58);
	frame_icmp(f, 2, 0, 1280);
	frame_ip6(f, 0);
	frame_ext(f, 6, 0);
	frame_tcp(f, 3333, 4444, TCPF_ACK);
}

static void unreachable4_echo(struct frame *f)
{
	frame_begin(f, 0x0800);
	frame_ip4(f, 1, 0, 0);
	frame_icmp(f, 11, 0, 0);
	frame_ip4(f, 1, 0, 0);
	frame_icmp(f, 8, 0, 0x55550001);
}

static void neighbour6(struct frame *f)
{
	frame_begin(f, 0x86dd);
	frame_ip6(f, 58);
	frame_icmp(f, 135, 0, 0);
	frame_zero(f, 16);
}

static void ext6(struct frame *f)
{
	frame_begin(f, 0x86dd);
	frame_ip6(f, 0);
	frame_ext(f, 60, 0);
	frame_ext(f, 43, 2);
	frame_ext(f, 51, 0);
	frame_ah(f, 17);
	frame_udp(f, 6000, 7000);
}

static void first_fragment4(struct frame *f)
{
	frame_begin(f, 0x0800);
	frame_ip4(f, 17, 0, 0x2000);
	frame_udp(f, 6001, 7001);
	frame_zero(f, 64);
}

static void later_fragment4(struct frame *f)
{
	frame_begin(f, 0x0800);
	frame_ip4(f, 17, 0, 0x2009);
	frame_zero(f, 64);
}

static void first_fragment6(struct frame *f)
{
	frame_begin(f, 0x86dd);
	frame_ip6(f, 44);
	frame_frag6(f, 60, 0, true);
	frame_ext(f, 17, 0);
	frame_udp(f, 6002, 7002);
}

static void later_fragment6(struct frame *f)
{
	frame_begin(f, 0x86dd);
	frame_ip6(f, 0);
	frame_ext(f, 44, 0);
	frame_frag6(f, 17, 1448, false);
	frame_zero(f, 30);
}

static void atomic_fragment6(struct frame *f)
{
	frame_begin(f, 0x86dd);
	frame_ip6(f, 44);
	frame_frag6(f, 6, 0, false);
	frame_tcp(f, 6003, 7003, TCPF_FIN | TCPF_ACK);
}

static void vxlan4(struct frame *f)
{
	frame_begin(f, 0x0800);
	frame_ip4(f, 17, 0, 0);
	frame_udp(f, 55555, 4789);
	frame_vxlan(f, 0x123456);
	frame_eth(f, 0x8100);
	frame_tag(f, 7, 0x0800);
	frame_ip4(f, 6, 0, 0);
	frame_tcp(f, 40001, 8080, TCPF_RST);
}

static void geneve6(struct frame *f)
{
	frame_begin(f, 0x86dd);
	frame_ip6(f, 17);
	frame_udp(f, 55556, 6081);
	frame_geneve(f, 42, 3, 0x6558);
	frame_eth(f, 0x86dd);
	frame_ip6(f, 17);
	frame_udp(f, 40002, 8081);
}

static void ipip(struct frame *f)
{
	frame_begin(f, 0x0800);
	frame_ip4(f, 4, 0, 0);
	frame_ip4(f, 6, 2, 0);
	frame_tcp(f, 40003, 8082, TCPF_ACK);
}

static void six_in_four(struct frame *f)
{
	frame_begin(f, 0x0800);
	frame_ip4(f, 41, 0, 0);
	frame_ip6(f, 58);
	frame_icmp(f, 128, 0, 0x12340001);
}

static void gre_key(struct frame *f)
{
	frame_begin(f, 0x0800);
	frame_ip4(f, 47, 0, 0);
	frame_gre(f, 0xb000, 0x0800, 0xdeadbeef);
	frame_ip4(f, 17, 0, 0);
	frame_udp(f, 40004, 8083);
}

static void gre_ethernet(struct frame *f)
{
	frame_begin(f, 0x86dd);
	frame_ip6(f, 47);
	frame_gre(f, 0, 0x6558, 0);
	frame_eth(f, 0x0800);
	frame_ip4(f, 132, 0, 0);
	frame_sctp(f, 40005, 8084);
}

static void esp4(struct frame *f)
{
	frame_begin(f, 0x0800);
	frame_ip4(f, 50, 0, 0);
	frame_zero(f, 32);
}

/* `needs` counts the headers by their sizes: Ethernet 14, IPv4 20, IPv6 40, ... */
const struct frame_sample frame_samples[] = {
	{ "TCP", tcp4, .outside = { 4, 6, .sport = 40000, .dport = 80, .needs = 14 + 20 + 20,
			 .tcp_flags = TCPF_SYN | TCPF_ECE | TCPF_CWR | TCPF_NS } },
	{ "UDP behind IPv4 options", udp4_options,
	  .outside = { 4, 17, .sport = 5353, .dport = 53, .needs = 14 + 60 + 8 } },
	{ "SCTP in a VLAN", sctp4_vlan,
	  .outside = { 4, 132, .sport = 2905, .dport = 2906, .vlan = { 10 }, .needs = 18 + 20 + 12 } },
	{ "TCP over IPv6 in QinQ", tcp6_qinq,
	  .outside = { 6, 6, .sport = 443, .dport = 50000, .tcp_flags = TCPF_ACK | TCPF_PSH,
	    .vlan = { 100, 4095 }, .needs = 22 + 40 + 20 } },
	{ "ICMP echo request", echo4,
	  .outside = { 4, 1, CONN_ECHO, .sport = 0x7777, .dport = 0x7777, .needs = 14 + 20 + 8 } },
	{ "ICMPv6 echo reply", echo6_reply,
	  .outside = { 6, 58, CONN_ECHO, .sport = 0x7777, .dport = 0x7777, .needs = 14 + 40 + 8 } },
	{ "port unreachable", unreachable4,
	  .outside = { 4, 1, CONN_ICMP, .sport = 0x0303, .dport = 0x0303, .icmp_error = true,
	    .needs = 14 + 20 + 8 },
	  .quoted = { 4, 17, .sport = 1111, .dport = 2222, .needs = 14 + 28 + 24 + 4 } },
	{ "packet too big, quoting extension headers", too_big6,
	  .outside = { 6, 58, CONN_ICMP, .sport = 0x0200, .dport = 0x0200, .icmp_error = true,
	    .needs = 14 + 40 + 8 },
	  .quoted = { 6, 6, .sport = 3333, .dport = 4444, .needs = 14 + 48 + 48 + 4 } },
	{ "time exceeded, quoting an echo request", unreachable4_echo,
	  .outside = { 4, 1, CONN_ICMP, .sport = 0x0b00, .dport = 0x0b00, .icmp_error = true,
	    .needs = 14 + 20 + 8 },
	  .quoted = { 4, 1, CONN_ECHO, .sport = 0x5555, .dport = 0x5555,
		      .needs = 14 + 28 + 20 + 8 } },
	{ "neighbour solicitation", neighbour6,
	  .outside = { 6, 58, CONN_ICMP, .sport = 0x8700, .dport = 0x8700, .needs = 14 + 40 + 8 } },
	{ "UDP behind hop-by-hop, options, routing, AH", ext6,
	  .outside = { 6, 17, .sport = 6000, .dport = 7000, .needs = 14 + 40 + 8 + 24 + 8 + 24 + 8 } },
	{ "first fragment", first_fragment4,
	  .outside = { 4, 17, .fragment = 1, .sport = 6001, .dport = 7001, .needs = 14 + 20 + 8 } },
	{ "later fragment", later_fragment4, .outside = { 4, 17, .fragment = 2, .needs = 14 + 20 } },
	{ "first fragment, IPv6", first_fragment6,
	  .outside = { 6, 17, .fragment = 1, .sport = 6002, .dport = 7002, .needs = 14 + 40 + 8 + 8 + 8 } },
	{ "later fragment, IPv6", later_fragment6,
	  .outside = { 6, 17, .fragment = 2, .needs = 14 + 40 + 8 + 8 } },
	{ "atomic fragment", atomic_fragment6,
	  .outside = { 6, 6, .sport = 6003, .dport = 7003, .tcp_flags = TCPF_FIN | TCPF_ACK,
	    .needs = 14 + 40 + 8 + 20 } },
	{ "VXLAN", vxlan4,
	  .outside = { 4, 17, .sport = 55555, .dport = 4789, .tunnel = TUNNEL_VXLAN, .needs = 14 + 28 },
	  .inside = { 4, 6, .sport = 40001, .dport = 8080, .tcp_flags = TCPF_RST, .vlan = { 7 },
		      .vni = 0x123456, .needs = 14 + 28 + 8 + 18 + 20 + 20 } },
	{ "Geneve with options", geneve6,
	  .outside = { 6, 17, .sport = 55556, .dport = 6081, .tunnel = TUNNEL_GENEVE, .needs = 14 + 48 },
	  .inside = { 6, 17, .sport = 40002, .dport = 8081, .vni = 42,
		      .needs = 14 + 48 + 20 + 14 + 40 + 8 } },
	{ "IPIP", ipip, .outside = { 4, 4, .tunnel = TUNNEL_IPIP, .needs = 14 + 20 },
	  .inside = { 4, 6, .sport = 40003, .dport = 8082, .tcp_flags = TCPF_ACK,
		      .needs = 14 + 20 + 28 + 20 } },
	{ "6in4", six_in_four, .outside = { 4, 41, .tunnel = TUNNEL_IPIP, .needs = 14 + 20 },
	  .inside = { 6, 58, CONN_ECHO, .sport = 0x1234, .dport = 0x1234,
		      .needs = 14 + 20 + 40 + 8 } },
	{ "GRE with checksum, key, number", gre_key,
	  .outside = { 4, 47, .tunnel = TUNNEL_GRE, .needs = 14 + 20 },
	  .inside = { 4, 17, .sport = 40004, .dport = 8083, .vni = 0xdeadbeef,
		      .needs = 14 + 20 + 16 + 20 + 8 } },
	{ "Ethernet in GRE", gre_ethernet, .outside = { 6, 47, .tunnel = TUNNEL_GRE, .needs = 14 + 40 },
	  .inside = { 4, 132, .sport = 40005, .dport = 8084,
		      .needs = 14 + 40 + 4 + 14 + 20 + 12 } },
	{ "ESP", esp4, .outside = { 4, 50, .needs = 14 + 20 } },
};
const size_t frame_samples_n = sizeof(frame_samples) / sizeof(frame_samples[0]);

void frame_sample_make(size_t i, struct frame *f)
{
	frame_samples[i].make(f);
	frame_end(f);
}

#endif
