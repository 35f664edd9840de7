/* SPDX-License-Identifier: GPL-2.0 */
/* One packet on its way through the flow programs, and the records that it may cause. */
#ifndef PITOT_BPF_PASS_H
#define PITOT_BPF_PASS_H

#include <linux/bpf.h>
#include <linux/pkt_cls.h>

#define WANT_CONNECTIONS
#include "bpf/config.bpf.h"
#include "bpf/dns.bpf.h"
#include "bpf/kernel.h"
#include "bpf/maps.bpf.h"
#include "bpf/packet.bpf.h"

#include <bpf/bpf_core_read.h>

#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

/*
 * Functions of their own, verified once each, so that loading takes milliseconds.
 * Kernels before 5.12 cannot pass them memory: the compat object has them static,
 * which the verifier walks again at each call.
 */
#ifdef FLOW_COMPAT
#define OUTLINE static __noinline
#else
#define OUTLINE __noinline
#endif

#define JUMBO_L4 48	/* IPv6 header and a hop-by-hop header of 8 bytes */

/* One packet on its way through the program. */
struct pass {
	struct packet p;
	struct conn_key6 key;	/* filled by pass_key6() where it is needed */
	__u32 point;
	__u32 jiffies;
	__u32 segments, bytes;	/* on the wire */
	__u32 seq_end;		/* TCP: of the sequence numbers that it takes */
	__u8 dir;
	__u8 tunnel;		/* enum tunnel_type; p is then the inner packet, flow_scratch has the outer */
};

/*
 * Where a packet's struct pass lives: on the stack, but for old kernels in a map,
 * whose contents the verifier does not follow, so that it has less to walk.
 */
#ifdef FLOW_COMPAT
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct pass);
} passes SEC(".maps");

static __always_inline struct pass *pass_new(void)
{
	__u32 zero = 0;
	struct pass *s = bpf_map_lookup_elem(&passes, &zero);

	if (s)
		__builtin_memset(s, 0, sizeof(*s));
	return s;
}
#define PASS() pass_new()
#else
#define PASS() (&(struct pass){})
#endif

static __always_inline void map_v4(__u8 *to, __be32 addr)
{
	__builtin_memset(to, 0, 10);
	to[10] = to[11] = 0xff;
	__builtin_memcpy(to + 12, &addr, 4);
}

/* Addresses of p in mapped form. */
static __always_inline void packet_addrs(const struct packet *p, __u8 *src, __u8 *dst)
{
	if (p->ip_version == 4) {
		map_v4(src, p->src4);
		map_v4(dst, p->dst4);
	} else {
		__builtin_memcpy(src, p->src6, 16);
		__builtin_memcpy(dst, p->dst6, 16);
	}
}

static __always_inline void pass_key6(struct pass *s)
{
	struct conn_key4 key4;

	if (s->p.ip_version == 4) {
		packet_key4(&s->p, &key4);
		conn_key4_to_6(&key4, &s->key);
	} else {
		packet_key6(&s->p, &s->key);
	}
}

static __always_inline struct conn *conn_find(const struct conn_key6 *key, int v4)
{
	struct conn_key4 key4;
	struct conn_key6 key6;

	if (!v4) { /* on the stack: before 6.2 a map takes no other key */
		key6 = *key;
		return bpf_map_lookup_elem(&conn6, &key6);
	}
	__builtin_memcpy(&key4.addr[0], key->addr[0] + 12, 4);
	__builtin_memcpy(&key4.addr[1], key->addr[1] + 12, 4);
	key4.port[0] = key->port[0];
	key4.port[1] = key->port[1];
	key4.protocol = key->protocol;
	key4.kind = key->kind;
	key4.pad[0] = key4.pad[1] = 0;
	return bpf_map_lookup_elem(&conn4, &key4);
}

/* What the packet weighs on the wire: a GSO/GRO packet is its segments, each with headers. */
static __always_inline void pass_weigh(struct __sk_buff *skb, struct pass *s)
{
	__u32 length = skb->len - s->p.l3, segments = skb->gso_segs, size = skb->gso_size;
	__u32 headers = s->p.payload - s->p.l3;

	if (likely(!size)) {
		s->segments = 1;
		s->bytes = s->p.ip_bytes && s->p.ip_bytes <= length ? s->p.ip_bytes : length;
		return;
	}
	/* BIG TCP: a jumbo header of 8 bytes that never leaves the machine (ip6_output.c) */
	if (!s->p.ip_bytes && s->p.ip_version == 6 && s->p.l4 - s->p.l3 == JUMBO_L4) {
		length -= 8;
		headers -= 8;
	}
	if (!segments)	/* from a guest that did not say */
		segments = (length - headers + size - 1) / size;
	s->segments = segments ? segments : 1;
	s->bytes = length + (s->segments - 1) * headers;
}

/* Bytes behind the upper layer's header, over all segments. */
static __always_inline __u32 payload_length(const struct pass *s, const struct __sk_buff *skb)
{
	__u32 headers = s->p.payload - s->p.l3;
	__u32 length = s->segments == 1 ? s->bytes : skb->len - s->p.l3;

	return length > headers ? length - headers : 0;
}

static __always_inline void head_fill(struct rec_head *h, enum rec_kind kind, __u16 size,
				      __u32 ifindex, __u64 now)
{
	h->kind = kind;
	h->why = 0;
	h->size = size;
	h->ifindex = ifindex;
	h->time_ns = now;
}

static __always_inline void conn_copy(struct conn *to, const struct conn *from)
{
	__u64 *t = (__u64 *)to;
	const __u64 *f = (const __u64 *)from;
	int i;

#pragma GCC unroll 24
	for (i = 0; i < sizeof(*to) / 8; i++)
		t[i] = f[i];
}

/* Returns 1 where the record is out. */
OUTLINE int emit_flow(struct pass *s, const struct conn *c, __u32 why, __u64 now)
{
	struct rec_flow *rec;

	if (!c || !s)
		return 0;
	rec = record_reserve(sizeof(*rec), CNT_RING_FULL);
	if (!rec)
		return 0;
	head_fill(&rec->head, REC_FLOW, sizeof(*rec), POINT_IFINDEX(s->point), now);
	rec->head.why = why;
	rec->key = s->key;
	rec->dir = s->dir;
	rec->egress = POINT_EGRESS(s->point);
	rec->tcp_flags = s->p.tcp_flags;
	rec->packet_bytes = s->bytes;
	conn_copy(&rec->conn, c);
	record_submit(rec, cfg_wake_bytes);
	return 1;
}

/* c: the entry, or NULL to look it up. */
OUTLINE int emit_tunnel(struct pass *s, struct conn *c)
{
	struct flow_scratch *sc;
	struct rec_tunnel *rec;
	__u32 zero = 0;

	sc = bpf_map_lookup_elem(&scratch, &zero);
	if (!s || !sc)
		return 0;
	if (!c)
		c = conn_find(&s->key, s->p.ip_version == 4);
	if (!c || c->state & CONN_TUNNEL_SEEN)
		return 0;
	rec = record_reserve(sizeof(*rec), CNT_RING_FULL);
	if (!rec)
		return 0;
	c->state |= CONN_TUNNEL_SEEN;
	head_fill(&rec->head, REC_TUNNEL, sizeof(*rec), POINT_IFINDEX(s->point),
		  bpf_ktime_get_ns());
	rec->key = s->key;
	rec->dir = s->dir;
	rec->type = s->tunnel;
	rec->vni = s->p.vni;
	rec->pad = rec->pad2 = rec->pad3 = 0;
	__builtin_memcpy(rec->outer_src, sc->outer_src, 16);
	__builtin_memcpy(rec->outer_dst, sc->outer_dst, 16);
	rec->outer_sport = sc->outer_sport;
	rec->outer_dport = sc->outer_dport;
	record_submit(rec, cfg_wake_bytes);
	return 0;
}

/* What this packet of the connection c carries. */
OUTLINE int emit_dns(struct __sk_buff *skb, struct pass *s, const struct conn *c)
{
	struct rec_dns *r;
	__u32 zero = 0, length;
	int i;

	r = bpf_map_lookup_elem(&dns_scratch, &zero);
	if (!s || !c || !r || s->p.fragment == FRAG_LATER)
		return 0;
	length = payload_length(s, skb);
	if (s->p.protocol == PROTO_UDP && s->segments > 1 && length > skb->gso_size)
		length = skb->gso_size; /* a message each: the first one */
	if (!length)
		return 0;
	pass_key6(s);
	r->head.ifindex = POINT_IFINDEX(s->point);
	r->key = s->key;
	r->dir = s->dir & 1;
	r->egress = POINT_EGRESS(s->point);
	r->flags = s->p.fragment ? DNS_FRAGMENT : 0;
	r->initiator = c->initiator;
	r->initiator_by = c->initiator_by;
	r->tcp_flags = s->p.tcp_flags;
	r->tcp_seq = s->p.seq + !!(s->p.tcp_flags & TCPF_SYN);
	r->first_ns = c->first_ns[0];
	if (!r->first_ns || (c->first_ns[1] && c->first_ns[1] < r->first_ns))
		r->first_ns = c->first_ns[1];
	r->other_point = c->dir[!(s->dir & 1)].point;
#pragma GCC unroll 3
	for (i = 0; i < CONN_SEEN; i++)
		r->seen[i] = c->seen[i];
	r->vlan[0] = c->vlan[0];
	r->vlan[1] = c->vlan[1];
	dns_send(skb, r, s->p.payload, length);
	return 0;
}

/* One more interface that the connection passes. */
static __always_inline void seen_add(struct conn *c, __u32 ifindex)
{
	int i;

#pragma GCC unroll 3
	for (i = 0; i < CONN_SEEN; i++) {
		if (c->seen[i] == ifindex)
			return;
		if (!c->seen[i]) {
			c->seen[i] = ifindex;
			return;
		}
	}
}

#endif
