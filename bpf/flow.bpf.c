// SPDX-License-Identifier: GPL-2.0
/*
 * tc ingress and egress: accounts each packet to its connection and tells user
 * space what is new. Never changes a packet and always lets the next program
 * decide (TC_ACT_UNSPEC, which is TCX_NEXT).
 *
 * The way of a packet: parse, one look-up, counters in place. Everything that
 * happens to few packets is in a function of its own, out of line.
 */
#include "bpf/connection.bpf.h"
#include "bpf/second_look.bpf.h"

static __always_inline int account(struct __sk_buff *skb, int egress, __u16 ethertype)
{
	void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	struct pass *s = PASS();
	struct conn_dir *d;
	struct conn *c;
	__u32 why = 0;
	int err, again = 0;

	if (!s)
		return TC_ACT_UNSPEC;
	err = packet_parse_fast(data, end, ethertype, &s->p);
	/* a driver may have made linear what it knows of, and no more: not what these carry */
	if (unlikely(err == PACKET_SHORT || s->p.tunnel || s->p.icmp_error))
		err = parse_whole(skb, &s->p, ethertype);
	if (unlikely(err)) {
		count(err == PACKET_NOT_IP ? CNT_NOT_IP : CNT_TRUNCATED, 1);
		return TC_ACT_UNSPEC;
	}
	s->point = POINT(skb->ifindex, egress);
	if (unlikely(s->p.tunnel) && enter_tunnel(skb, s))
		return TC_ACT_UNSPEC;
	if (unlikely(s->p.fragment))
		fragment_ports(&s->p);
	if (unlikely(s->p.icmp_error) && icmp_error(skb, s))
		return TC_ACT_UNSPEC;
	pass_weigh(skb, s);
	s->jiffies = (__u32)bpf_jiffies64();
	s->seq_end = sequence_end(&s->p, payload_length(s, skb));
again:
	if (likely(s->p.ip_version == 4)) {
		struct conn_key4 key4;

		s->dir = packet_key4(&s->p, &key4);
		c = bpf_map_lookup_elem(&conn4, &key4);
	} else {
		s->dir = packet_key6(&s->p, &s->key);
		c = conn_find(&s->key, 0);
	}
	if (unlikely(!c)) {
		if (!conn_begin(skb, s))
			return TC_ACT_UNSPEC;
		if (again++) { /* there, and gone again, twice */
			count(CNT_CONN_BUSY, s->segments);
			return TC_ACT_UNSPEC;
		}
		goto again;
	}
	d = &c->dir[s->dir & 1];
	if (unlikely(s->p.tcp_flags & TCPF_SYN))
		conn_reuse(s, c);
	if (unlikely(d->point != s->point)) {
		__u32 first = !d->point;

		if (!elsewhere(s, c))
			return TC_ACT_UNSPEC;
		if (first && NAT_LATE(skb, s, c))
			return TC_ACT_UNSPEC;
		if (first)
			why = WHY_FIRST;
	}
	__sync_fetch_and_add(&d->packets, s->segments);
	__sync_fetch_and_add(&d->bytes, s->bytes);
	d->last_jiffies = s->jiffies;
	if (s->p.tcp_flags && track_tcp(s, c, d))
		why |= WHY_FLAGS;
	if ((__s32)(s->jiffies - d->report_jiffies) >= 0)
		why |= WHY_REPORT;
	why |= d->flags & DIR_DNS;
	if (unlikely(why)) {
		if (why & ~DIR_DNS)
			flow_event(s, c, why & ~DIR_DNS);
		if (why & DIR_DNS)
			emit_dns(skb, s, c);
	}
	return TC_ACT_UNSPEC;
}

SEC("tc")
int flow_ingress(struct __sk_buff *skb)
{
	return account(skb, 0, 0);
}

SEC("tc")
int flow_egress(struct __sk_buff *skb)
{
	return account(skb, 1, 0);
}

/* Devices without an Ethernet header: tun, ipip, WireGuard, ... */
SEC("tc")
int flow_ingress_l3(struct __sk_buff *skb)
{
	return account(skb, 0, packet_ntohs(skb->protocol));
}

SEC("tc")
int flow_egress_l3(struct __sk_buff *skb)
{
	return account(skb, 1, packet_ntohs(skb->protocol));
}

/*
 * For user space, by BPF_PROG_TEST_RUN: what the jiffies in the records count
 * from. Of a type whose test run makes no packet, which would show as a drop.
 */
SEC("raw_tp")
int flow_clock(void *ctx)
{
	return (int)bpf_jiffies64();
}

char _license[] SEC("license") = "GPL";
