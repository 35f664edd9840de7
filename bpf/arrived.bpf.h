/* SPDX-License-Identifier: GPL-2.0 */
/* The headers of a packet that comes to a socket (cgroup_skb), as far as DNS needs them. */
#ifndef PITOT_BPF_ARRIVED_H
#define PITOT_BPF_ARRIVED_H

#include "bpf/dns.bpf.h"

/* They are linear, and the packet begins with IP's. */
struct arrived {
	__u8 src[16], dst[16]; /* mapped */
	__be16 sport, dport;
	__be32 src4, dst4;
	__u8 v4, protocol;
	__u32 l4, length; /* of the IP packet */
};

/* 1 where it is to or from a DNS port. Tells that in a few instructions of all others. */
static __always_inline int dns_arrived(struct __sk_buff *skb, struct arrived *a)
{
	void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	const struct wire_ipv4 *ip4 = data;
	const struct wire_ipv6 *ip6 = data;
	const struct wire_ports *ports;

	if ((void *)(ip4 + 1) > end)
		return 0;
	a->v4 = ip4->version_ihl >> 4 == 4;
	if (a->v4) {
		a->l4 = (ip4->version_ihl & 15) * 4;
		a->protocol = ip4->protocol;
	} else {
		if ((void *)(ip6 + 1) > end)
			return 0;
		a->l4 = sizeof(*ip6);
		a->protocol = ip6->next;
	}
	ports = data + a->l4;
	if ((a->protocol != PROTO_UDP && a->protocol != PROTO_TCP) || (void *)(ports + 1) > end)
		return 0;
	a->sport = ports->sport;
	a->dport = ports->dport;
	if (!dns_port(a->sport, a->protocol) && !dns_port(a->dport, a->protocol))
		return 0;
	if (a->v4) {
		a->src4 = ip4->src;
		a->dst4 = ip4->dst;
		a->length = packet_ntohs(ip4->total);
		return 1;
	}
	__builtin_memcpy(a->src, ip6->src, 16);
	__builtin_memcpy(a->dst, ip6->dst, 16);
	a->length = packet_ntohs(ip6->payload) + sizeof(*ip6);
	return 1;
}

static __always_inline void arrived_key(const struct arrived *a, struct rec_dns *r)
{
	struct conn_key4 key4;
	int dir;

	if (a->v4) {
		dir = conn_key4_make(&key4, a->src4, a->dst4, a->sport, a->dport, a->protocol,
				     CONN_PORTS);
		conn_key4_to_6(&key4, &r->key);
	} else {
		dir = conn_key6_make(&r->key, a->src, a->dst, a->sport, a->dport, a->protocol,
				     CONN_PORTS);
	}
	r->dir = dir > 0;
}

#endif
