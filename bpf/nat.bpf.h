/* SPDX-License-Identifier: GPL-2.0 */
/* What conntrack knows of a packet: who began the connection, and its tuples before and after NAT. */
#ifndef PITOT_BPF_NAT_H
#define PITOT_BPF_NAT_H

#include "bpf/pass.bpf.h"

#ifndef FLOW_COMPAT /* what it calls came with 6.2 */

#define NFCT_PTRMASK (~7UL)
#define IPS_NAT_MASK (1 << 4 | 1 << 5)

extern void *bpf_cast_to_kern_ctx(void *obj) __ksym __weak;

/* Reads a conntrack tuple as a connection key; returns which end of it sends. */
static __always_inline int tuple_key(const struct nf_conntrack_tuple *t, struct conn_key6 *key)
{
	__u8 protocol = BPF_CORE_READ(t, dst.protonum), kind = CONN_PORTS, src[16], dst[16];
	__be16 sport = BPF_CORE_READ(t, src.u.all), dport = BPF_CORE_READ(t, dst.u.all);
	struct conn_key4 key4;
	int dir;

	if (protocol == PROTO_ICMP || protocol == PROTO_ICMPV6) {
		kind = CONN_ECHO;
		dport = sport;	/* dst holds type and code */
	}
	if (BPF_CORE_READ(t, src.l3num) == 2 /* AF_INET */) {
		dir = conn_key4_make(&key4, BPF_CORE_READ(t, src.u3.all[0]),
				     BPF_CORE_READ(t, dst.u3.all[0]), sport, dport, protocol, kind);
		conn_key4_to_6(&key4, key);
	} else {
		bpf_probe_read_kernel(src, 16, __builtin_preserve_access_index(&t->src.u3));
		bpf_probe_read_kernel(dst, 16, __builtin_preserve_access_index(&t->dst.u3));
		dir = conn_key6_make(key, src, dst, sport, dport, protocol, kind);
	}
	return dir == 1;
}

static __always_inline int key_equal(const struct conn_key6 *a, const struct conn_key6 *b)
{
	const __u64 *x = (const __u64 *)a, *y = (const __u64 *)b;

	return x[0] == y[0] && x[1] == y[1] && x[2] == y[2] && x[3] == y[3] && x[4] == y[4];
}

/*
 * The packet begins an entry and conntrack knows it: says who began the
 * connection (into c), and whether the entry is the NAT twin of another one
 * that is counted already. Returns 1 for a twin.
 */
OUTLINE int nat_look(struct __sk_buff *skb, struct pass *s, struct flow_scratch *sc)
{
	struct sk_buff *kernel_skb;
	struct rec_nat *nat, *rec;
	struct conn_key6 *twin;
	struct nf_conn *ct;
	struct conn *other;
	unsigned long status;
	int twin_of = 0;

	if (!cfg_nat || !s || !sc) /* a kernel without the cast walks this function too */
		return 0;
	kernel_skb = bpf_cast_to_kern_ctx(skb);
	ct = (struct nf_conn *)(BPF_CORE_READ(kernel_skb, _nfct) & NFCT_PTRMASK);
	if (!ct)
		return 0;
	nat = &sc->nat;
	nat->orig_initiator = tuple_key(__builtin_preserve_access_index(&ct->tuplehash[0].tuple),
					&nat->orig);
	status = BPF_CORE_READ(ct, status);
	if (!(status & IPS_NAT_MASK)) {
		if (key_equal(&nat->orig, &s->key) && sc->conn.initiator_by != BY_SYN) {
			sc->conn.initiator = nat->orig_initiator;
			sc->conn.initiator_by = BY_CONNTRACK;
		}
		return 0;
	}
	/* the reply tuple runs from the responder */
	nat->xlated_initiator =
		!tuple_key(__builtin_preserve_access_index(&ct->tuplehash[1].tuple), &nat->xlated);
	if (key_equal(&nat->xlated, &nat->orig))
		return 0;
	twin = key_equal(&s->key, &nat->orig) ? &nat->xlated : &nat->orig;
	if (sc->conn.initiator_by != BY_SYN) {
		sc->conn.initiator = key_equal(&s->key, &nat->orig) ? nat->orig_initiator :
								      nat->xlated_initiator;
		sc->conn.initiator_by = BY_CONNTRACK;
	}
	other = conn_find(twin, s->p.ip_version == 4);
	if (other && !(other->state & CONN_ALIAS)) {
		seen_add(other, POINT_IFINDEX(s->point));
		twin_of = 1;
	}
	rec = record_reserve(sizeof(*rec), CNT_RING_FULL);
	if (!rec)
		return twin_of;
	head_fill(&rec->head, REC_NAT, sizeof(*rec), POINT_IFINDEX(s->point), bpf_ktime_get_ns());
	rec->key = twin_of ? *twin : s->key;
	rec->orig = nat->orig;
	rec->xlated = nat->xlated;
	rec->orig_initiator = nat->orig_initiator & 1;
	rec->xlated_initiator = nat->xlated_initiator & 1;
	__builtin_memset(rec->pad, 0, sizeof(rec->pad));
	record_submit(rec, cfg_wake_bytes);
	return twin_of;
}

/* Does the pre-filter pass the packet under one of conntrack's tuples? */
OUTLINE int nat_passes(struct __sk_buff *skb, struct flow_scratch *sc)
{
	struct conn_key6 *orig, *xlated;
	struct sk_buff *kernel_skb;
	struct nf_conn *ct;

	if (!cfg_nat || !sc)
		return 0;
	kernel_skb = bpf_cast_to_kern_ctx(skb);
	ct = (struct nf_conn *)(BPF_CORE_READ(kernel_skb, _nfct) & NFCT_PTRMASK);
	if (!ct)
		return 0;
	orig = &sc->nat.orig;
	xlated = &sc->nat.xlated;
	tuple_key(__builtin_preserve_access_index(&ct->tuplehash[0].tuple), orig);
	tuple_key(__builtin_preserve_access_index(&ct->tuplehash[1].tuple), xlated);
	return prefilter_pass((__u32 *)orig->addr[0], (__u32 *)orig->addr[1], orig->port[0],
			      orig->port[1], orig->protocol) ||
	       prefilter_pass((__u32 *)xlated->addr[0], (__u32 *)xlated->addr[1], xlated->port[0],
			      xlated->port[1], xlated->protocol);
}

/*
 * The first packet of a direction, whose entry was made before conntrack had a word:
 * on ingress. Returns 1 where the connection is counted as another entry already (both
 * were begun from the middle, each on its side), and so is no more as this one.
 */
OUTLINE int nat_late(struct __sk_buff *skb, struct pass *s, struct conn *c)
{
	struct flow_scratch *sc;
	__u32 zero = 0;

	sc = bpf_map_lookup_elem(&scratch, &zero);
	if (!cfg_nat || !s || !c || !sc)
		return 0;
	pass_key6(s);
	sc->conn.initiator_by = BY_SYN;
	if (!nat_look(skb, s, sc))
		return 0;
	c->state |= CONN_ALIAS;
	c->dir[0].point = c->dir[1].point = POINT_ALIAS;
	return 1;
}

#define NAT_LATE(skb, s, c) (cfg_nat && nat_late(skb, s, c))
#define NAT_LOOK(skb, s, sc) (cfg_nat && nat_look(skb, s, sc))
#define NAT_PASSES(skb, sc) (cfg_nat && nat_passes(skb, sc))
#else
#define NAT_LATE(skb, s, c) 0
#define NAT_LOOK(skb, s, sc) 0
#define NAT_PASSES(skb, sc) 0
#endif

#endif
