/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * Bytes -> struct packet. Pure: no helper calls and no maps, so that the same
 * file runs in the kernel, in unit tests and under a fuzzer.
 *
 * Entry points, all bounds-checked against `end`:
 *   packet_parse()        an Ethernet frame, or an L3 packet of a known ethertype
 *   packet_parse_fast()   likewise, for the common packet only
 *   packet_parse_inner()  what a tunnel packet carries, after packet_parse()
 *   packet_parse_quoted() the packet that an ICMP error quotes
 *   packet_key4/6()       the connection key, and which end sent the packet
 *
 * Sources: RFC 791, 8200 and 6946 (extension headers), 9293, 768, 792, 4443, 7348
 * (VXLAN), 8926 (Geneve), 2784/2890 (GRE), IEEE 802.1Q.
 */
#ifndef PITOT_BPF_PACKET_H
#define PITOT_BPF_PACKET_H

#include <linux/types.h>

#include "bpf/key.h"

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define packet_htons(x) ((__be16)__builtin_bswap16(x))
#define packet_ntohs(x) ((__u16)__builtin_bswap16(x))
#define packet_ntohl(x) ((__u32)__builtin_bswap32(x))
#else
#define packet_htons(x) ((__be16)(x))
#define packet_ntohs(x) ((__u16)(x))
#define packet_ntohl(x) ((__u32)(x))
#endif

/*
 * The headers as they lie in the packet; the system's clash with each other. The
 * kernel side reads them where they are; user space must not count on alignment.
 */
#ifdef __bpf__
#define WIRE
#else
#define WIRE __attribute__((packed))
#endif

struct wire_eth {
	__u8 dst[6], src[6];
	__be16 type;
} WIRE;

struct wire_ipv4 {
	__u8 version_ihl, tos;
	__be16 total, id, frag;
	__u8 ttl, protocol;
	__be16 check;
	__be32 src, dst;
} WIRE;

struct wire_ipv6 {
	__u8 version_class, flow[3];
	__be16 payload;
	__u8 next, hops;
	__u8 src[16], dst[16];
} WIRE;

struct wire_fragment {
	__u8 next, reserved;
	__be16 offset;
	__be32 id;
} WIRE;

struct wire_tcp {
	__be16 sport, dport;
	__be32 seq, ack;
	__u8 offset_ns, flags;
	__be16 window, check, urgent;
} WIRE;

struct wire_udp {
	__be16 sport, dport, len, check;
} WIRE;

struct wire_sctp {
	__be16 sport, dport;
	__be32 tag, check;
} WIRE;

struct wire_icmp {
	__u8 type, code;
	__be16 check, id, seq;
} WIRE;

struct wire_vlan {
	__be16 tag, type;
} WIRE;

struct wire_ports {
	__be16 sport, dport;
} WIRE;

#define TYPE_IP 0x0800
#define TYPE_IPV6 0x86dd
#define TYPE_8021Q 0x8100
#define TYPE_8021AD 0x88a8
#define TYPE_QINQ1 0x9100
#define TYPE_TEB 0x6558

#define PROTO_ICMP 1
#define PROTO_TCP 6
#define PROTO_UDP 17
#define PROTO_SCTP 132
#define PROTO_HOPOPTS 0
#define PROTO_IPIP 4
#define PROTO_IPV6 41
#define PROTO_ROUTING 43
#define PROTO_FRAGMENT 44
#define PROTO_GRE 47
#define PROTO_AH 51
#define PROTO_ICMPV6 58
#define PROTO_NONE 59
#define PROTO_DSTOPTS 60
#define PROTO_MOBILITY 135
#define PACKET_VLANS 2
#define PACKET_EXT_HEADERS 4
#define PACKET_HEADERS_MAX 1024	/* no header begins behind this: else PACKET_SHORT */

enum packet_result {
	PACKET_OK = 0,
	PACKET_NOT_IP = -1,
	PACKET_SHORT = -2,	/* ends before its headers do: cut, or not linear */
	PACKET_BAD = -3,	/* a header that cannot be true */
};

enum packet_fragment { FRAG_NONE = 0, FRAG_FIRST = 1, FRAG_LATER = 2 };

struct packet {
	union {		/* network order */
		struct {
			__be32 src4, dst4;
		};
		struct {
			__u8 src6[16], dst6[16];
		};
	};
	__be16 sport, dport;	/* see enum conn_kind for what ICMP puts here */
	__u8 ip_version;	/* 4 or 6 */
	__u8 protocol;		/* the upper layer's, after extension headers */
	__u8 kind;		/* enum conn_kind */
	__u8 fragment;		/* enum packet_fragment; FRAG_LATER has no ports */
	__u8 icmp_type, icmp_code;
	__u8 icmp_error;	/* quotes another packet: packet_parse_quoted() */
	__u8 tunnel;		/* enum tunnel_type: packet_parse_inner() may look inside */
	__u16 tcp_flags;	/* 0 where it is not TCP or has no TCP header */
	__u16 window;		/* host order, unscaled */
	__u32 seq, ack;		/* host order; with tcp_flags only */
	__u32 ip_bytes;		/* by the IP header; 0: not told (jumbo) */
	__u16 l3, l4;		/* offsets of the IP and the upper layer's header */
	__u16 payload;		/* offset behind the upper layer's header */
	__u16 ethertype;	/* host order, behind VLAN tags */
	__u32 frag_id;
	__u16 vlan[PACKET_VLANS]; /* ids of tags in the bytes, outer first; 0: none */
	__u32 vni;		/* of the tunnel that was entered: VNI or GRE key */
};

/*
 * The compiler forgets what it knows of v: a check that follows stays in the
 * program, where verifiers before 6.2 need it.
 */
#define packet_opaque(v) asm volatile("" : "+r"(v))

#define PACKET_NEED(ptr, end)                                 \
	do {                                                  \
		if ((const void *)((ptr) + 1) > (end))        \
			return PACKET_SHORT;                  \
	} while (0)

static __always_inline int packet_tcp(const void *data, const void *end, struct packet *p)
{
	const struct wire_tcp *tcp = data + p->l4;

	PACKET_NEED(tcp, end);
	p->sport = tcp->sport;
	p->dport = tcp->dport;
	p->seq = packet_ntohl(tcp->seq);
	p->ack = packet_ntohl(tcp->ack);
	p->window = packet_ntohs(tcp->window);
	p->tcp_flags = tcp->flags | (tcp->offset_ns & 1) << 8;
	p->payload = p->l4 + (tcp->offset_ns >> 4) * 4;
	return tcp->offset_ns >> 4 < 5 ? PACKET_BAD : PACKET_OK;
}

static __always_inline int packet_udp(const void *data, const void *end, struct packet *p)
{
	const struct wire_udp *udp = data + p->l4;

	PACKET_NEED(udp, end);
	p->sport = udp->sport;
	p->dport = udp->dport;
	p->payload = p->l4 + sizeof(*udp);
	/* 4789 by IANA; 8472 is what Linux began with and flannel kept; 6081 Geneve */
	if (udp->dport == packet_htons(4789) || udp->dport == packet_htons(8472))
		p->tunnel = TUNNEL_VXLAN;
	else if (udp->dport == packet_htons(6081))
		p->tunnel = TUNNEL_GENEVE;
	return PACKET_OK;
}

static __always_inline int packet_sctp(const void *data, const void *end, struct packet *p)
{
	const struct wire_sctp *sctp = data + p->l4;

	PACKET_NEED(sctp, end);
	p->sport = sctp->sport;
	p->dport = sctp->dport;
	p->payload = p->l4 + sizeof(*sctp);
	return PACKET_OK;
}

static __always_inline int packet_icmp(const void *data, const void *end, struct packet *p)
{
	const struct wire_icmp *icmp = data + p->l4;
	__u8 type;

	PACKET_NEED(icmp, end);
	type = p->icmp_type = icmp->type;
	p->icmp_code = icmp->code;
	p->payload = p->l4 + sizeof(*icmp);
	if (p->protocol == PROTO_ICMP ? type == 8 || type == 0 : type == 128 || type == 129) {
		p->kind = CONN_ECHO;
		p->sport = p->dport = icmp->id;
		return PACKET_OK;
	}
	/* unreachable, source quench, redirect, time exceeded, parameter problem */
	p->icmp_error = p->protocol == PROTO_ICMP ?
			type == 3 || type == 4 || type == 5 || type == 11 || type == 12 :
			type >= 1 && type <= 4;
	p->kind = CONN_ICMP;
	p->sport = p->dport = packet_htons(type << 8 | icmp->code);
	return PACKET_OK;
}

static __always_inline int packet_upper(const void *data, const void *end, struct packet *p)
{
	p->payload = p->l4;
	if (p->l4 > PACKET_HEADERS_MAX)
		return PACKET_SHORT;
	if (p->fragment == FRAG_LATER)
		return PACKET_OK;
	switch (p->protocol) {
	case PROTO_TCP:
		return packet_tcp(data, end, p);
	case PROTO_UDP:
		return packet_udp(data, end, p);
	case PROTO_ICMP:
	case PROTO_ICMPV6:
		return packet_icmp(data, end, p);
	case PROTO_SCTP:
		return packet_sctp(data, end, p);
	case PROTO_IPIP:
	case PROTO_IPV6:
		p->tunnel = TUNNEL_IPIP;
		return PACKET_OK;
	case PROTO_GRE:
		p->tunnel = TUNNEL_GRE;
		return PACKET_OK;
	}
	return PACKET_OK;
}

static __always_inline int packet_ipv4(const void *data, const void *end, struct packet *p)
{
	const struct wire_ipv4 *ip = data + p->l3;
	__u16 frag;

	PACKET_NEED(ip, end);
	if (ip->version_ihl >> 4 != 4 || (ip->version_ihl & 15) < 5)
		return PACKET_BAD;
	p->ip_version = 4;
	p->src4 = ip->src;
	p->dst4 = ip->dst;
	p->protocol = ip->protocol;
	p->ip_bytes = packet_ntohs(ip->total);
	p->l4 = p->l3 + (ip->version_ihl & 15) * 4;
	frag = packet_ntohs(ip->frag);
	if (frag & 0x3fff) {
		p->fragment = frag & 0x1fff ? FRAG_LATER : FRAG_FIRST;
		p->frag_id = packet_ntohs(ip->id);
	}
	return packet_upper(data, end, p);
}

static __always_inline int packet_is_ext(__u8 next)
{
	return next == PROTO_HOPOPTS || next == PROTO_ROUTING || next == PROTO_DSTOPTS ||
	       next == PROTO_AH || next == PROTO_MOBILITY;
}

/* Steps over at most `max` extension headers, never over a fragment header. */
static __always_inline int packet_skip_ext(const void *data, const void *end, __u32 *off,
					   __u8 *next, int max)
{
	int i;

#ifdef __bpf__
#pragma clang loop unroll(disable)
#endif
	for (i = 0; i < max && packet_is_ext(*next); i++) {
		const __u8 *ext = data + *off;

		if ((const void *)(ext + 8) > end)
			return PACKET_SHORT;
		*off += *next == PROTO_AH ? (ext[1] + 2) * 4 : (ext[1] + 1) * 8;
		*next = ext[0];
		if (*off > PACKET_HEADERS_MAX)
			return PACKET_SHORT;
	}
	return PACKET_OK;
}

/* Walks the extension headers; on return p->protocol is the upper layer's. */
static __always_inline int packet_ipv6_ext(const void *data, const void *end, struct packet *p,
					   __u8 next)
{
	__u32 off = p->l3 + sizeof(struct wire_ipv6);
	int err;

	err = packet_skip_ext(data, end, &off, &next, PACKET_EXT_HEADERS);
	if (err)
		return err;
	if (next == PROTO_FRAGMENT) {
		const struct wire_fragment *frag = data + off;

		PACKET_NEED(frag, end);
		if (frag->offset & packet_htons(0xfff9)) /* else atomic (RFC 6946): a whole packet */
			p->fragment = frag->offset & packet_htons(0xfff8) ? FRAG_LATER : FRAG_FIRST;
		p->frag_id = packet_ntohl(frag->id);
		next = frag->next;
		off += sizeof(*frag);
		if (p->fragment != FRAG_LATER) {
			err = packet_skip_ext(data, end, &off, &next, 1);
			if (err)
				return err;
		}
	}
	p->protocol = next;
	p->l4 = off;
	return PACKET_OK;
}

static __always_inline void packet_ipv6_addrs(const struct wire_ipv6 *ip, struct packet *p)
{
	p->ip_version = 6;
	__builtin_memcpy(p->src6, ip->src, 16);
	__builtin_memcpy(p->dst6, ip->dst, 16);
	p->ip_bytes = packet_ntohs(ip->payload);
	if (p->ip_bytes)
		p->ip_bytes += sizeof(*ip);
}

static __always_inline int packet_ipv6(const void *data, const void *end, struct packet *p)
{
	const struct wire_ipv6 *ip = data + p->l3;
	int err;

	PACKET_NEED(ip, end);
	if (ip->version_class >> 4 != 6)
		return PACKET_BAD;
	packet_ipv6_addrs(ip, p);
	err = packet_ipv6_ext(data, end, p, ip->next);
	return err ? err : packet_upper(data, end, p);
}

static __always_inline int packet_network(const void *data, const void *end, struct packet *p)
{
	if (p->ethertype == TYPE_IP)
		return packet_ipv4(data, end, p);
	if (p->ethertype == TYPE_IPV6)
		return packet_ipv6(data, end, p);
	return PACKET_NOT_IP;
}

/* Ethernet and VLAN tags at p->l3; moves p->l3 behind them. */
static __always_inline int packet_ethernet(const void *data, const void *end, struct packet *p)
{
	const struct wire_eth *eth = data + p->l3;
	int i;

	PACKET_NEED(eth, end);
	p->ethertype = packet_ntohs(eth->type);
	p->l3 += sizeof(*eth);
	if (p->ethertype == TYPE_IP)
		return PACKET_OK;
#pragma GCC unroll 2
	for (i = 0; i < PACKET_VLANS; i++) {
		const struct wire_vlan *vlan = data + p->l3;

		if (p->ethertype != TYPE_8021Q && p->ethertype != TYPE_8021AD &&
		    p->ethertype != TYPE_QINQ1)
			break;
		PACKET_NEED(vlan, end);
		p->vlan[i] = packet_ntohs(vlan->tag) & 0xfff;
		p->ethertype = packet_ntohs(vlan->type);
		p->l3 += 4;
	}
	return PACKET_OK;
}

/*
 * Parses the packet in [data, end). ethertype 0: it begins with an Ethernet
 * header; else (host order) it begins with the header of that protocol.
 * *p must be zeroed. Returns enum packet_result; p is partly filled on errors.
 */
static __always_inline int packet_parse(const void *data, const void *end, __u16 ethertype,
					struct packet *p)
{
	int err;

	p->ethertype = ethertype;
	if (!ethertype) {
		err = packet_ethernet(data, end, p);
		if (err)
			return err;
	}
	return packet_network(data, end, p);
}

/*
 * The common packet, and nothing else: no VLAN tag, no extension header. All
 * else is PACKET_SHORT: ask packet_parse(). Keeps the busiest path small.
 */
static __always_inline int packet_parse_fast(const void *data, const void *end, __u16 ethertype,
					     struct packet *p)
{
	p->ethertype = ethertype;
	if (!ethertype) {
		const struct wire_eth *eth = data;

		PACKET_NEED(eth, end);
		p->ethertype = packet_ntohs(eth->type);
		p->l3 = sizeof(*eth);
	}
	if (p->ethertype == TYPE_IP)
		return packet_ipv4(data, end, p);
	if (p->ethertype == TYPE_IPV6) {
		const struct wire_ipv6 *ip = data + p->l3;

		PACKET_NEED(ip, end);
		if (ip->next != PROTO_TCP && ip->next != PROTO_UDP)
			return PACKET_SHORT;
		packet_ipv6_addrs(ip, p);
		p->protocol = ip->next;
		p->l4 = p->l3 + sizeof(*ip);
		return ip->version_class >> 4 == 6 ? packet_upper(data, end, p) : PACKET_BAD;
	}
	return PACKET_SHORT;
}

static __always_inline int packet_vxlan(const void *data, const void *end, struct packet *p)
{
	const __u8 *h = data + p->payload;

	if ((const void *)(h + 8) > end)
		return PACKET_SHORT;
	if (!(h[0] & 0x08) || h[7]) /* the I flag: VNI is valid; reserved */
		return PACKET_BAD;
	p->vni = h[4] << 16 | h[5] << 8 | h[6];
	p->l3 = p->payload + 8;
	p->ethertype = 0;
	return PACKET_OK;
}

static __always_inline int packet_geneve(const void *data, const void *end, struct packet *p)
{
	const __u8 *h = data + p->payload;
	__u16 inner;

	if ((const void *)(h + 8) > end)
		return PACKET_SHORT;
	if (h[0] >> 6) /* version */
		return PACKET_BAD;
	inner = h[2] << 8 | h[3];
	p->vni = h[4] << 16 | h[5] << 8 | h[6];
	p->l3 = p->payload + 8 + (h[0] & 0x3f) * 4;
	p->ethertype = inner == TYPE_TEB ? 0 : inner;
	return PACKET_OK;
}

static __always_inline int packet_gre(const void *data, const void *end, struct packet *p)
{
	const __u8 *h = data + p->l4;
	__u16 inner, off = 4;

	if ((const void *)(h + 4) > end)
		return PACKET_SHORT;
	if (h[1] & 7) /* version 1 is PPTP */
		return PACKET_BAD;
	inner = h[2] << 8 | h[3];
	if (h[0] & 0x80)
		off += 4;
	if (h[0] & 0x20) {
		const __u8 *key = h + off;

		if ((const void *)(key + 4) > end)
			return PACKET_SHORT;
		p->vni = (__u32)key[0] << 24 | key[1] << 16 | key[2] << 8 | key[3];
		off += 4;
	}
	if (h[0] & 0x10)
		off += 4;
	p->l3 = p->l4 + off;
	p->ethertype = inner == TYPE_TEB ? 0 : inner;
	return PACKET_OK;
}

/*
 * p->tunnel said that this is a tunnel packet: parses what it carries and makes
 * *p the inner packet (p->vni set, p->tunnel 0). PACKET_NOT_IP: it carries ARP
 * or the like. Any other: it is no tunnel packet after all. *p is of no use then.
 */
static __always_inline int packet_parse_inner(const void *data, const void *end, struct packet *p)
{
	int err = PACKET_OK;
	__u32 l3;

	if (p->fragment || p->payload > PACKET_HEADERS_MAX || p->l4 > PACKET_HEADERS_MAX)
		return PACKET_SHORT;
	if (p->tunnel == TUNNEL_VXLAN)
		err = packet_vxlan(data, end, p);
	else if (p->tunnel == TUNNEL_GENEVE)
		err = packet_geneve(data, end, p);
	else if (p->tunnel == TUNNEL_GRE)
		err = packet_gre(data, end, p);
	else {
		p->l3 = p->l4;
		p->ethertype = p->protocol == PROTO_IPIP ? TYPE_IP : TYPE_IPV6;
	}
	if (err)
		return err;
	l3 = p->l3;
	packet_opaque(l3);
	if (l3 > PACKET_HEADERS_MAX)
		return PACKET_SHORT;
	p->l3 = l3;
	p->tunnel = TUNNEL_NONE;
	p->kind = CONN_PORTS;
	p->tcp_flags = 0;
	p->icmp_error = 0;
	p->sport = p->dport = 0;
	err = packet_parse(data, end, p->ethertype, p);
	/* below that it is a length (IEEE 802.3), or some other protocol's bytes */
	return err == PACKET_NOT_IP && p->ethertype < 0x0800 ? PACKET_BAD : err;
}

/*
 * p is an ICMP error: *q becomes the packet that it quotes, as far as the
 * ports (RFC 792 quotes 8 bytes behind the IP header). *q must be zeroed.
 */
static __always_inline int packet_parse_quoted(const void *data, const void *end,
					       const struct packet *p, struct packet *q)
{
	const struct wire_ports *ports;
	int err;

	q->l3 = p->payload;
	if (q->l3 > PACKET_HEADERS_MAX)
		return PACKET_SHORT;
	if (p->ip_version == 4) {
		const struct wire_ipv4 *ip = data + q->l3;

		PACKET_NEED(ip, end);
		if (ip->version_ihl >> 4 != 4 || (ip->version_ihl & 15) < 5)
			return PACKET_BAD;
		q->ip_version = 4;
		q->src4 = ip->src;
		q->dst4 = ip->dst;
		q->protocol = ip->protocol;
		q->l4 = q->l3 + (ip->version_ihl & 15) * 4;
		if (ip->frag & packet_htons(0x1fff))
			return PACKET_BAD;
	} else {
		const struct wire_ipv6 *ip = data + q->l3;

		PACKET_NEED(ip, end);
		if (ip->version_class >> 4 != 6)
			return PACKET_BAD;
		q->ip_version = 6;
		__builtin_memcpy(q->src6, ip->src, 16);
		__builtin_memcpy(q->dst6, ip->dst, 16);
		err = packet_ipv6_ext(data, end, q, ip->next);
		if (err)
			return err;
	}
	if (q->l4 > PACKET_HEADERS_MAX)
		return PACKET_SHORT;
	if (q->protocol == PROTO_ICMP || q->protocol == PROTO_ICMPV6)
		return packet_icmp(data, end, q);
	if (q->protocol != PROTO_TCP && q->protocol != PROTO_UDP &&
	    q->protocol != PROTO_SCTP)
		return PACKET_OK;
	ports = data + q->l4;
	PACKET_NEED(ports, end);
	q->sport = ports->sport;
	q->dport = ports->dport;
	return PACKET_OK;
}

/* An ICMP echo to oneself has equal ends: the request goes from end 0. */
static __always_inline unsigned int packet_equal_ends(const struct packet *p)
{
	return p->kind == CONN_ECHO && (p->icmp_type == 0 || p->icmp_type == 129);
}

/*
 * The connection key of an IPv4 packet; returns the index of the end that sent
 * it. *key is written whole.
 */
static __always_inline unsigned int packet_key4(const struct packet *p, struct conn_key4 *key)
{
	int dir = conn_key4_make(key, p->src4, p->dst4, p->sport, p->dport, p->protocol, p->kind);

	return dir < 0 ? packet_equal_ends(p) : (unsigned int)dir;
}

/* Likewise for IPv6. */
static __always_inline unsigned int packet_key6(const struct packet *p, struct conn_key6 *key)
{
	int dir = conn_key6_make(key, p->src6, p->dst6, p->sport, p->dport, p->protocol, p->kind);

	return dir < 0 ? packet_equal_ends(p) : (unsigned int)dir;
}

#endif
