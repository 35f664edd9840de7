// SPDX-License-Identifier: GPL-2.0
/*
 * What the measured programs are compared with: nothing at all, and the least
 * that a flow counter can do (parse, one look-up, two additions).
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct tuple4 {
	__be32 src, dst;
	__be16 sport, dport;
	__u32 protocol;
};

struct tuple6 {
	struct in6_addr src, dst;
	__be16 sport, dport;
	__u32 protocol;
};

struct tally {
	__u64 packets, bytes, spare[2];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 262144);
	__type(key, struct tuple4);
	__type(value, struct tally);
} base4 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 262144);
	__type(key, struct tuple6);
	__type(value, struct tally);
} base6 SEC(".maps");

static __always_inline void count(void *map, const void *key, __u32 len)
{
	struct tally *t = bpf_map_lookup_elem(map, key);
	struct tally first = { .packets = 1, .bytes = len };

	if (!t) {
		bpf_map_update_elem(map, key, &first, BPF_NOEXIST);
		return;
	}
	__sync_fetch_and_add(&t->packets, 1);
	__sync_fetch_and_add(&t->bytes, len);
}

SEC("tc")
int base_empty(struct __sk_buff *skb)
{
	return TC_ACT_UNSPEC;
}

SEC("tc")
int base_hash(struct __sk_buff *skb)
{
	void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	struct ethhdr *eth = data;
	struct iphdr *ip = data + sizeof(*eth);
	struct tuple4 key = {};
	__be16 *ports;

	if ((void *)(ip + 1) > end || eth->h_proto != bpf_htons(ETH_P_IP))
		return TC_ACT_UNSPEC;
	ports = (void *)ip + ip->ihl * 4;
	if (ip->ihl < 5 || (void *)(ports + 2) > end)
		return TC_ACT_UNSPEC;
	key.src = ip->saddr;
	key.dst = ip->daddr;
	key.sport = ports[0];
	key.dport = ports[1];
	key.protocol = ip->protocol;
	count(&base4, &key, skb->len);
	return TC_ACT_UNSPEC;
}

SEC("tc")
int base_hash6(struct __sk_buff *skb)
{
	void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	struct ethhdr *eth = data;
	struct ipv6hdr *ip = data + sizeof(*eth);
	__be16 *ports = (void *)(ip + 1);
	struct tuple6 key = {};

	if ((void *)(ports + 2) > end || eth->h_proto != bpf_htons(ETH_P_IPV6))
		return TC_ACT_UNSPEC;
	key.src = ip->saddr;
	key.dst = ip->daddr;
	key.sport = ports[0];
	key.dport = ports[1];
	key.protocol = ip->nexthdr;
	count(&base6, &key, skb->len);
	return TC_ACT_UNSPEC;
}

/* The clock that the kernel's run-time statistics read twice a run is in this one, too. */
SEC("tp_btf/kfree_skb")
int base_drop(void *ctx)
{
	return 0;
}

char _license[] SEC("license") = "GPL";
