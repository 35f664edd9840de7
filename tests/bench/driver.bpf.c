// SPDX-License-Identifier: GPL-2.0
/*
 * Stands before the measured program in a BPF_PROG_TEST_RUN: gives every
 * iteration a tuple (or a sequence number) of its own, then tail-calls it. Its
 * own cost is in the empty program's figure as well.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/pkt_cls.h>
#include <linux/tcp.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define PORTS 32768	/* source ports used before the next source address */
#define MIX 2654435761u	/* prime: i * MIX mod connections visits each one once */

const volatile __u32 connections = 1;
const volatile __u32 mixed = 0;		/* in an order that no prefetcher guesses */
const volatile __u32 seq_step = 0;	/* added to the TCP sequence number each time */

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} measured SEC(".maps");

__u32 next;	/* one CPU drives at a time */
__u32 seq;

SEC("tc")
int driver(struct __sk_buff *skb)
{
	void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	struct iphdr *ip = data + ETH_HLEN;
	struct tcphdr *tcp = (void *)(ip + 1);
	__u32 i = next;

	if ((void *)(tcp + 1) > end)
		return TC_ACT_SHOT;
	next = i + 1 < connections ? i + 1 : 0;
	if (mixed)
		i = (__u64)i * MIX % connections;
	if (connections > 1) {
		ip->saddr = bpf_htonl(0x0a010000 + i / PORTS);
		tcp->source = bpf_htons(1024 + i % PORTS);
	}
	if (seq_step) {
		seq += seq_step;
		tcp->seq = bpf_htonl(seq);
	}
	bpf_tail_call(skb, &measured, 0);
	return TC_ACT_SHOT;
}

char _license[] SEC("license") = "GPL";
