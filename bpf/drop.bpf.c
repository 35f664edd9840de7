// SPDX-License-Identifier: GPL-2.0
/*
 * Packets that the kernel dropped (tracepoint skb:kfree_skb, any network
 * namespace), counted by flow, reason and place. A record is sent for the first
 * of a kind only; what follows costs one map update.
 */
#include <linux/bpf.h>

#define WANT_DROPS
#include "bpf/config.bpf.h"
#include "bpf/kernel.h"
#include "bpf/maps.bpf.h"
#include "bpf/packet.bpf.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

#define HEADER_BYTES 40
#define AF_INET 2
#define AF_INET6 10
#define TCP_TIME_WAIT 6
#define TCP_NEW_SYN_RECV 12

static __always_inline void map_v4(__u8 *to, __be32 addr)
{
	to[10] = to[11] = 0xff;
	__builtin_memcpy(to + 12, &addr, 4);
}

/* Ports, TCP flags or ICMP type of the upper header, whose bytes begin at h. */
static __always_inline void drop_upper(const __u8 *h, struct drop_key *k, struct drop_value *v)
{
	switch (k->protocol) {
	case PROTO_TCP:
		v->tcp_flags = h[13] | (h[12] & 1) << 8;
		/* fall through */
	case PROTO_UDP:
	case PROTO_SCTP:
		__builtin_memcpy(&k->sport, h, 2);
		__builtin_memcpy(&k->dport, h + 2, 2);
		break;
	case PROTO_ICMP:
	case PROTO_ICMPV6:
		v->icmp_type = h[0];
		v->icmp_code = h[1];
		if (k->protocol == PROTO_ICMP ? h[0] == 8 || h[0] == 0 : h[0] == 128 || h[0] == 129) {
			__builtin_memcpy(&k->sport, h + 4, 2);
			k->dport = k->sport;
		}
		break;
	}
}

static __always_inline void drop_ipv4(const void *network, struct drop_key *k, struct drop_value *v)
{
	__u8 buf[HEADER_BYTES];
	struct wire_ipv4 *ip = (void *)buf;
	__u32 ihl;

	if (bpf_probe_read_kernel(buf, sizeof(buf), network) || ip->version_ihl >> 4 != 4)
		return;
	k->ip_version = 4;
	map_v4(k->src, ip->src);
	map_v4(k->dst, ip->dst);
	k->protocol = ip->protocol;
	if (ip->frag & packet_htons(0x1fff))
		return;
	ihl = (ip->version_ihl & 15) * 4;
	if (ihl != sizeof(*ip) &&
	    bpf_probe_read_kernel(buf + sizeof(*ip), HEADER_BYTES - sizeof(*ip), network + ihl))
		return;
	drop_upper(buf + sizeof(*ip), k, v);
}

static __always_inline void drop_ipv6(const void *network, struct drop_key *k, struct drop_value *v)
{
	struct wire_ipv6 ip;
	__u32 off = sizeof(ip), i;
	__u8 upper[20] = {}, next;

	if (bpf_probe_read_kernel(&ip, sizeof(ip), network) || ip.version_class >> 4 != 6)
		return;
	k->ip_version = 6;
	__builtin_memcpy(k->src, ip.src, 16);
	__builtin_memcpy(k->dst, ip.dst, 16);
	next = ip.next;
#pragma GCC unroll 3
	for (i = 0; i < 3; i++) {
		if (bpf_probe_read_kernel(upper, sizeof(upper), network + off))
			return;
		if (next == PROTO_FRAGMENT) {
			off += 8;
			if (upper[2] || upper[3] & 0xf8) {
				k->protocol = upper[0];
				return;
			}
		} else if (packet_is_ext(next)) {
			off += next == PROTO_AH ? (upper[1] + 2) * 4 : (upper[1] + 1) * 8;
		} else {
			break;
		}
		next = upper[0];
	}
	k->protocol = next;
	drop_upper(upper, k, v);
}

/* No header yet: what a socket sends is dropped before IP has built one, for want of a route. */
static __always_inline void drop_from_sock(const struct sock *sk, struct drop_key *k)
{
	__u16 family = BPF_CORE_READ(sk, __sk_common.skc_family);
	__u8 state = BPF_CORE_READ(sk, __sk_common.skc_state);

	if (state == TCP_TIME_WAIT || state == TCP_NEW_SYN_RECV)
		return;	/* no whole socket */
	if (family == AF_INET) {
		k->ip_version = 4;
		map_v4(k->src, BPF_CORE_READ(sk, __sk_common.skc_rcv_saddr));
		map_v4(k->dst, BPF_CORE_READ(sk, __sk_common.skc_daddr));
	} else if (family == AF_INET6) {
		k->ip_version = 6;
		BPF_CORE_READ_INTO(&k->src, sk, __sk_common.skc_v6_rcv_saddr);
		BPF_CORE_READ_INTO(&k->dst, sk, __sk_common.skc_v6_daddr);
	} else {
		return;
	}
	k->protocol = BPF_CORE_READ(sk, sk_protocol);
	k->sport = packet_htons(BPF_CORE_READ(sk, __sk_common.skc_num));
	k->dport = BPF_CORE_READ(sk, __sk_common.skc_dport);
}

static __always_inline int drop_filtered(const struct drop_key *k)
{
	if (!prefilter_on())
		return 0;
	return !prefilter_pass((const __u32 *)k->src, (const __u32 *)k->dst, k->sport, k->dport,
			       k->protocol);
}

static __always_inline __u32 drop_stack(void *ctx)
{
	if (!cfg_drop_stack)
		return -1;
	return bpf_get_stackid(ctx, &drop_stacks, BPF_F_REUSE_STACKID);
}

static __always_inline void drop_emit(const struct drop_key *k, const struct drop_value *v)
{
	struct rec_drop *rec = record_reserve(sizeof(*rec), CNT_RING_FULL_DROP);

	if (!rec)
		return;
	rec->head.kind = REC_DROP;
	rec->head.why = 0;
	rec->head.size = sizeof(*rec);
	rec->head.ifindex = k->ifindex;
	rec->head.time_ns = v->first_ns;
	rec->key = *k;
	rec->value = *v;
	record_submit(rec, cfg_wake_bytes);
}

/*
 * May a flow dropped for this reason in this place have an entry of its own? A
 * flood with ever new tuples gets so many and no more, so that another fault
 * still finds room. *ret is the entry that counts the rest, without a tuple.
 */
static __always_inline int drop_admitted(const struct drop_key *k, const struct drop_value *v,
					 struct drop_value **ret)
{
	struct drop_key bare = { .reason = k->reason, .location = k->location,
				 .ip_version = k->ip_version };
	struct drop_value fresh = { .first_ns = v->first_ns, .stack = -1 }, *rest;

	rest = bpf_map_lookup_elem(&drops, &bare);
	if (!rest) {
		bpf_map_update_elem(&drops, &bare, &fresh, BPF_NOEXIST);
		rest = bpf_map_lookup_elem(&drops, &bare);
	}
	*ret = rest;
	if (!rest)
		return 1;
	rest->last_jiffies = v->last_jiffies;
	if (v->first_ns - rest->first_ns > DROP_WINDOW_NS) {
		rest->first_ns = v->first_ns;
		rest->tuples = 0;
	}
	return rest->tuples++ < DROP_TUPLES;
}

/* First of its kind. */
static __always_inline void drop_first(void *ctx, struct net_device *dev, struct drop_key *k,
				       struct drop_value *v)
{
	struct drop_value *rest;
	long err = -1;

	v->first_ns = bpf_ktime_get_ns();
	if (drop_admitted(k, v, &rest)) {
		v->stack = drop_stack(ctx);
		if (dev)
			bpf_probe_read_kernel_str(v->ifname, sizeof(v->ifname), dev->name);
		err = bpf_map_update_elem(&drops, k, v, BPF_NOEXIST);
		if (!err) {
			drop_emit(k, v);
			return;
		}
		if (err == -17 /* EEXIST: another CPU was first */)
			rest = bpf_map_lookup_elem(&drops, k);
	}
	if (err != -17)
		count(CNT_DROP_FULL, v->packets);
	if (!rest)
		return;
	__sync_fetch_and_add(&rest->packets, v->packets);
	__sync_fetch_and_add(&rest->bytes, v->bytes);
}

/* Wire segments; only what is larger than a frame can have more than one. */
static __always_inline __u64 drop_segments(struct sk_buff *skb)
{
	struct skb_shared_info *shared;
	__u16 segments = 1;

	if (skb->len <= 1514)
		return 1;
	shared = (void *)(skb->head + skb->end);
	segments = BPF_CORE_READ(shared, gso_segs);
	return segments ? segments : 1;
}

/* IP bytes: what lies in front of data, pulled already, counts as well. */
static __always_inline __u64 drop_bytes(struct sk_buff *skb, const void *network)
{
	long pulled = (const void *)skb->data - network;

	return skb->len + (pulled > 0 && pulled < 256 ? pulled : 0);
}

/* sk: the socket it was for, where the kernel says so. */
static __always_inline int dropped(void *ctx, struct sk_buff *skb, void *location, __u32 reason,
				   struct sock *sk)
{
	struct net_device *dev = skb->dev;
	struct drop_key k = { .reason = reason, .location = (unsigned long)location };
	struct drop_value v = { .packets = drop_segments(skb), .stack = -1 };
	const void *network = skb->head + skb->network_header;
	__be16 ethertype = skb->protocol;
	struct sock *sender = skb->sk;
	struct drop_value *old;

	count(CNT_DROPS, v.packets);
	k.ethertype = ethertype;
	if (ethertype == packet_htons(TYPE_IP))
		drop_ipv4(network, &k, &v);
	else if (ethertype == packet_htons(TYPE_IPV6))
		drop_ipv6(network, &k, &v);
	else if (!ethertype && sender)
		drop_from_sock(sender, &k);
	v.bytes = k.ip_version && ethertype ? drop_bytes(skb, network) : skb->len;
	if (drop_filtered(&k))
		return 0;
	/* fragments wait without a device; their dev field holds other things meanwhile */
	if ((unsigned long)dev < 4096)
		dev = 0;
	if (dev) {
		k.ifindex = dev->ifindex;
		k.netns = BPF_CORE_READ(dev, nd_net.net, ns.inum);
	} else {	/* TCP and UDP take it off once the socket is found */
		k.ifindex = skb->skb_iif;
		if (!sk)
			sk = sender;
		if (sk)
			k.netns = BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum);
	}
	v.last_jiffies = (__u32)bpf_jiffies64();
	old = bpf_map_lookup_elem(&drops, &k);
	if (!old) {
		drop_first(ctx, dev, &k, &v);
		return 0;
	}
	__sync_fetch_and_add(&old->packets, v.packets);
	__sync_fetch_and_add(&old->bytes, v.bytes);
	old->last_jiffies = v.last_jiffies;
	return 0;
}

/* The tracepoint's arguments grew: the loader tries them from the top. */
SEC("tp_btf/kfree_skb") /* 6.11 */
int BPF_PROG(drop_socket, struct sk_buff *skb, void *location, __u32 reason, struct sock *sk)
{
	return dropped(ctx, skb, location, reason, sk);
}

SEC("tp_btf/kfree_skb") /* 5.17 */
int BPF_PROG(drop_reason, struct sk_buff *skb, void *location, __u32 reason)
{
	return dropped(ctx, skb, location, reason, 0);
}

SEC("tp_btf/kfree_skb") /* before: the place alone speaks */
int BPF_PROG(drop_bare, struct sk_buff *skb, void *location)
{
	return dropped(ctx, skb, location, 0, 0);
}

char _license[] SEC("license") = "GPL";
