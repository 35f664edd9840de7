// SPDX-License-Identifier: GPL-2.0
/*
 * tc ingress and egress: accounts each packet to its connection and tells user
 * space what is new. Never changes a packet and always lets the next program
 * decide (TC_ACT_UNSPEC, which is TCX_NEXT).
 *
 * The way of a packet: parse, one look-up, counters in place. Everything that
 * happens to few packets is in a function of its own, out of line.
 */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>

#define WANT_CONNECTIONS
#include "bpf/config.bpf.h"
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

#define NFCT_PTRMASK (~7UL)
#define IPS_NAT_MASK (1 << 4 | 1 << 5)
#define PULL_BYTES 256
#define JUMBO_L4 48	/* IPv6 header and a hop-by-hop header of 8 bytes */

extern void *bpf_cast_to_kern_ctx(void *obj) __ksym __weak;

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

/* ---------------------------------------------------------------- NAT */

#ifndef FLOW_COMPAT /* what it calls came with 6.2 */

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

/* ------------------------------------------------- a connection begins */

static __always_inline void guess_initiator(struct conn *c, const struct packet *p, int dir)
{
	__u16 sport = packet_ntohs(p->sport), dport = packet_ntohs(p->dport);

	c->initiator = dir;
	if (p->tcp_flags & TCPF_SYN) {
		c->initiator_by = BY_SYN;
		if (p->tcp_flags & TCPF_ACK)
			c->initiator = !dir;
	} else if (p->kind == CONN_ECHO) {
		c->initiator_by = BY_FIRST;
		if (p->icmp_type == 0 || p->icmp_type == 129)
			c->initiator = !dir;
	} else if (p->protocol == PROTO_TCP) {
		/* in the middle of it: the lower port is the service's, most of the time */
		c->initiator_by = BY_PORT;
		if (sport < dport)
			c->initiator = !dir;
	} else {
		c->initiator_by = BY_FIRST;
	}
}

/* Bytes of TCP payload, over all segments. */
static __always_inline __u32 payload_length(const struct pass *s, const struct __sk_buff *skb)
{
	__u32 headers = s->p.payload - s->p.l3;
	__u32 length = s->segments == 1 ? s->bytes : skb->len - s->p.l3;

	return length > headers ? length - headers : 0;
}

static __always_inline __u32 sequence_end(const struct packet *p, __u32 length)
{
	return p->seq + length + !!(p->tcp_flags & TCPF_SYN) + !!(p->tcp_flags & TCPF_FIN);
}

static __always_inline long conn_insert(const struct pass *s, const struct conn *c)
{
	union {	/* on the stack, see conn_find() */
		struct conn_key4 v4;
		struct conn_key6 v6;
	} key;

	if (s->p.ip_version == 4) {
		packet_key4(&s->p, &key.v4);
		return bpf_map_update_elem(&conn4, &key.v4, c, BPF_NOEXIST);
	}
	key.v6 = s->key;
	return bpf_map_update_elem(&conn6, &key.v6, c, BPF_NOEXIST);
}

/* The pre-filter decides here what gets an entry: what has one is counted without asking. */
static __always_inline int prefilter_stops(struct __sk_buff *skb, const struct packet *p,
					   struct flow_scratch *sc)
{
	__u32 *src = (__u32 *)sc->nat.orig.addr[0], *dst = (__u32 *)sc->nat.orig.addr[1];

	if (!prefilter_on())
		return 0;
	packet_addrs(p, (__u8 *)src, (__u8 *)dst);
	if (prefilter_pass(src, dst, p->sport, p->dport, p->protocol) || NAT_PASSES(skb, sc))
		return 0;
	count(CNT_FILTERED, 1);
	return 1;
}

/* The entry for the first packet of a connection, in sc->conn. Returns 0 where it gets none. */
OUTLINE int conn_prepare(struct __sk_buff *skb, struct pass *s, struct flow_scratch *sc)
{
	struct conn_dir *d;
	struct conn *c;

	if (!s || !sc || prefilter_stops(skb, &s->p, sc))
		return 0;
	c = &sc->conn;
	__builtin_memset(c, 0, sizeof(*c));
	d = &c->dir[s->dir & 1];
	guess_initiator(c, &s->p, s->dir & 1);
	pass_key6(s);
	d->point = s->point;
	d->packets = s->segments;
	d->bytes = s->bytes;
	c->dir[0].last_jiffies = c->dir[1].last_jiffies = s->jiffies;
	c->dir[0].report_jiffies = c->dir[1].report_jiffies = s->jiffies + cfg_report_ticks;
	c->dir[0].rtt_due_jiffies = c->dir[1].rtt_due_jiffies = s->jiffies;
	c->vlan[0] = skb->vlan_present ? skb->vlan_tci & 0xfff : s->p.vlan[0];
	c->vlan[1] = skb->vlan_present ? s->p.vlan[0] : s->p.vlan[1];
	if (!s->p.tcp_flags)
		return 1;
	d->flags = s->p.tcp_flags | DIR_SEQ_VALID;
	d->seq_end = s->seq_end;
	d->resets = !!(s->p.tcp_flags & TCPF_RST);
	return 1;
}

/* Puts sc->conn into the map and tells of it. Returns 1 where another CPU was first. */
OUTLINE int conn_commit(struct pass *s, struct flow_scratch *sc)
{
	__u64 now = bpf_ktime_get_ns();
	struct conn *c;
	long err;

	if (!s || !sc)
		return 0;
	c = &sc->conn;
	c->first_ns[s->dir & 1] = now;
	if ((s->p.tcp_flags & (TCPF_SYN | TCPF_ACK)) == (TCPF_SYN | TCPF_ACK))
		c->synack_ns = now;
	err = conn_insert(s, c);
	if (err == -17) /* EEXIST */
		return 1;
	if (err) {
		count(err == -7 || err == -12 ? CNT_CONN_FULL : CNT_CONN_BUSY, s->segments);
		return 0;
	}
	if (!(c->state & CONN_ALIAS)) {
		count(CNT_NEW, 1);
		emit_flow(s, c, WHY_FIRST, now);
	}
	if (s->tunnel)
		emit_tunnel(s, 0);
	return 0;
}

/*
 * The first packet of a connection. Returns 1 where its entry is there by now.
 * Three steps, so that no chain of calls needs more stack than there is.
 */
OUTLINE int conn_begin(struct __sk_buff *skb, struct pass *s)
{
	struct flow_scratch *sc;
	__u32 zero = 0;

	sc = bpf_map_lookup_elem(&scratch, &zero);
	if (!s || !sc || !conn_prepare(skb, s, sc))
		return 0;
	if (NAT_LOOK(skb, s, sc)) {
		sc->conn.state |= CONN_ALIAS;
		sc->conn.dir[0].point = sc->conn.dir[1].point = POINT_ALIAS;
	}
	return conn_commit(s, sc);
}

/* --------------------------------------------------- what few packets do */

/* A new SYN for a tuple whose last connection is over: the entry begins anew. */
OUTLINE int conn_reuse(struct pass *s, struct conn *c)
{
	struct conn_dir *d;
	__u64 now;
	__u32 i;

	if (!s || !c)
		return 0;
	d = &c->dir[s->dir & 1];
	if (s->p.tcp_flags & TCPF_ACK || s->p.seq + 1 == d->seq_end)
		return 0;
	if (!CONN_CLOSED(c) && !((c->dir[0].flags | c->dir[1].flags) & TCPF_ACK))
		return 0;
	now = bpf_ktime_get_ns();
	pass_key6(s);
	/* the only word of the old counters: without it they stay, and the new ones join them */
	if (!(c->state & CONN_ALIAS) && !emit_flow(s, c, WHY_END, now))
		return 0;
	for (i = 0; i < 2; i++) {
		__u32 point = c->dir[i].point;

		__builtin_memset(&c->dir[i], 0, sizeof(c->dir[i]));
		c->dir[i].point = point == POINT_ALIAS ? point : 0;
		c->dir[i].last_jiffies = s->jiffies;
		c->dir[i].report_jiffies = s->jiffies + cfg_report_ticks;
		c->dir[i].rtt_due_jiffies = s->jiffies;
		c->first_ns[i] = 0;
	}
	c->synack_ns = 0;
	c->handshake_server_us = c->handshake_client_us = 0;
	c->initiator = s->dir & 1;
	c->initiator_by = BY_SYN;
	c->icmp_errors = c->icmp_point = 0;
	if (!(c->state & CONN_ALIAS))
		count(CNT_NEW, 1);
	return 0;
}

/*
 * The packet passes at a point where its direction is not counted. Returns 1
 * where it is to be counted from now on: the first packet of the direction, or
 * the former point has fallen silent (a route changed).
 */
OUTLINE int elsewhere(struct pass *s, struct conn *c)
{
	struct conn_dir *d;
	__u32 ifindex;

	if (!s || !c)
		return 0;
	d = &c->dir[s->dir & 1];
	ifindex = POINT_IFINDEX(s->point);
	if (d->point == POINT_ALIAS) {
		d->last_jiffies = s->jiffies;
		d->flags |= s->p.tcp_flags;
		return 0;
	}
	if (s->tunnel && !(c->state & CONN_TUNNEL_SEEN)) {
		pass_key6(s);
		emit_tunnel(s, c);
	}
	if (!d->point) {
		d->point = s->point;
		return 1;
	}
	if ((__s32)(s->jiffies - d->last_jiffies) > (__s32)cfg_takeover_ticks) {
		d->point = s->point;
		return 1;
	}
	if (ifindex == POINT_IFINDEX(d->point) ||
	    ifindex == POINT_IFINDEX(c->dir[!(s->dir & 1)].point))
		return 0;
	seen_add(c, ifindex);
	return 0;
}

/* Smoothed as in RFC 6298: seven eighths of the old, one of the new. */
static __always_inline void rtt_sample(struct conn_dir *d)
{
	__u32 rtt = (__u32)(bpf_ktime_get_ns() / 1000) - d->rtt_start_us;

	d->rtt_start_us = 0;
	if (!rtt)
		rtt = 1;
	d->srtt_us = d->srtt_us ? d->srtt_us - d->srtt_us / 8 + rtt / 8 : rtt;
}

/* The reverse direction waits for the acknowledgement of what passes now. */
OUTLINE int rtt_begin(struct conn *c, __u32 dir, __u32 seq_end)
{
	struct conn_dir *back;

	if (!c)
		return 0;
	back = &c->dir[!(dir & 1)];
	if (!back->rtt_start_us) {
		back->rtt_ack = seq_end;
		back->rtt_start_us = (__u32)(bpf_ktime_get_ns() / 1000) | 1;
	}
	return 0;
}

/* Sequence numbers, windows, RTT. Returns the TCP flags that are new in this direction. */
static __always_inline __u32 track_tcp(struct pass *s, struct conn *c, struct conn_dir *d)
{
	const struct packet *p = &s->p;
	__u32 end = s->seq_end, fresh = p->tcp_flags & ~(__u32)d->flags;

	if (end != p->seq) {
		if (unlikely(!(d->flags & DIR_SEQ_VALID))) {
			d->flags |= DIR_SEQ_VALID;
			d->seq_end = end;
		} else if (likely((__s32)(end - d->seq_end) > 0)) {
			d->seq_end = end;
			if (unlikely((__s32)(s->jiffies - d->rtt_due_jiffies) >= 0)) {
				d->rtt_due_jiffies = s->jiffies + cfg_rtt_ticks;
				rtt_begin(c, s->dir, end);
			}
		} else {
			__sync_fetch_and_add(&d->retransmits, s->segments);
			c->dir[!(s->dir & 1)].rtt_start_us = 0; /* Karn: its ACK is ambiguous */
		}
	}
	if (d->rtt_start_us && p->tcp_flags & TCPF_ACK && (__s32)(p->ack - d->rtt_ack) >= 0)
		rtt_sample(d);
	if (unlikely(!p->window) && !(p->tcp_flags & (TCPF_RST | TCPF_SYN)))
		__sync_fetch_and_add(&d->zero_windows, 1);
	if (unlikely(p->tcp_flags & TCPF_RST))
		d->resets++;
	else if (unlikely(d->flags & TCPF_RST))
		d->flags &= ~TCPF_RST; /* its sender goes on: it was forged, or not taken */
	return fresh;
}

/* Something to tell: brings the connection's slow fields up to date and emits. */
OUTLINE int flow_event(struct pass *s, struct conn *c, __u32 why)
{
	__u64 now = bpf_ktime_get_ns();
	struct conn_dir *d;
	__u32 dir;

	if (!s || !c)
		return 0;
	dir = s->dir & 1;
	d = &c->dir[dir];
	d->report_jiffies = s->jiffies + cfg_report_ticks;
	if (!c->first_ns[dir])
		c->first_ns[dir] = now;
	if (s->p.tcp_flags) {
		d->flags |= s->p.tcp_flags;
		if ((s->p.tcp_flags & (TCPF_SYN | TCPF_ACK)) == (TCPF_SYN | TCPF_ACK) && !c->synack_ns) {
			c->synack_ns = now;
			if (c->first_ns[!dir])
				c->handshake_server_us = (now - c->first_ns[!dir]) / 1000;
		} else if (c->synack_ns && dir == c->initiator && c->initiator_by == BY_SYN &&
			   s->p.tcp_flags & TCPF_ACK && !c->handshake_client_us) {
			c->handshake_client_us = (now - c->synack_ns) / 1000 ?: 1;
		}
	}
	pass_key6(s);
	return emit_flow(s, c, why, now);
}

/* ------------------------------------- packets that need a second look */

/* Fragments: the first one leaves its ports for the others. */
OUTLINE int fragment_ports(struct packet *p)
{
	struct frag_ports ports = {}, *found;
	struct frag_key key = {};

	if (!p)
		return 0;
	packet_addrs(p, key.src, key.dst);
	key.id = p->frag_id;
	key.protocol = p->protocol;
	if (p->fragment == FRAG_FIRST) {
		ports.sport = p->sport;
		ports.dport = p->dport;
		ports.kind = p->kind;
		ports.icmp_type = p->icmp_type;
		bpf_map_update_elem(&fragments, &key, &ports, BPF_ANY);
		return 0;
	}
	found = bpf_map_lookup_elem(&fragments, &key);
	if (!found) {
		count(CNT_FRAG_ORPHAN, 1);
		return 0;
	}
	p->sport = found->sport;
	p->dport = found->dport;
	p->kind = found->kind;
	p->icmp_type = found->icmp_type;
	return 0;
}

/* An ICMP error: tells the connection that it is about. Returns 1 if there is one. */
OUTLINE int icmp_error(struct __sk_buff *skb, struct pass *s)
{
	void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	struct rec_icmp_error *rec;
	struct packet q = {};
	__u32 dir, info;
	struct conn *c;

	if (!s || s->p.l4 > PACKET_HEADERS_MAX || data + s->p.l4 + 8 > end)
		return 0;
	info = packet_ntohl(*(__be32 *)(data + s->p.l4 + 4));
	if (packet_parse_quoted(data, end, &s->p, &q))
		return 0;
	if (q.ip_version == 4) {
		struct conn_key4 key4;

		dir = packet_key4(&q, &key4);
		conn_key4_to_6(&key4, &s->key);
		c = bpf_map_lookup_elem(&conn4, &key4);
	} else {
		dir = packet_key6(&q, &s->key);
		c = conn_find(&s->key, 0);
	}
	if (!c)
		return 0;
	if (c->state & CONN_ALIAS)
		return 1; /* it comes by translated as well, about the entry that counts */
	if (!c->icmp_point) /* counted where it passed first, like packets */
		c->icmp_point = s->point;
	if (c->icmp_point != s->point)
		return 1;
	__sync_fetch_and_add(&c->icmp_errors, 1);
	if (c->icmp_errors > 4 && c->icmp_errors & (c->icmp_errors - 1))
		return 1; /* a storm: each time the count doubles */
	rec = record_reserve(sizeof(*rec), CNT_RING_FULL);
	if (!rec)
		return 1;
	head_fill(&rec->head, REC_ICMP_ERROR, sizeof(*rec), POINT_IFINDEX(s->point),
		  bpf_ktime_get_ns());
	rec->key = s->key;
	rec->dir = dir;
	rec->egress = POINT_EGRESS(s->point);
	rec->type = s->p.icmp_type;
	rec->code = s->p.icmp_code;
	rec->info = 0;
	if (s->p.protocol == PROTO_ICMP && s->p.icmp_type == 3 && s->p.icmp_code == 4)
		rec->info = info & 0xffff;
	else if (s->p.protocol == PROTO_ICMPV6 && s->p.icmp_type == 2)
		rec->info = info;
	rec->pad = 0;
	if (s->p.ip_version == 4)
		map_v4(rec->from, s->p.src4);
	else
		__builtin_memcpy(rec->from, s->p.src6, 16);
	record_submit(rec, cfg_wake_bytes);
	return 1;
}

/*
 * Looks into a tunnel packet; what is no tunnel packet after all stays as it was.
 * Returns 1 where it carries no IP: the tunnel's outside is no flow of its own.
 */
OUTLINE int enter_tunnel(struct __sk_buff *skb, struct pass *s)
{
	void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	struct flow_scratch *sc;
	struct packet *inner;
	__u32 zero = 0;
	int err;

	sc = bpf_map_lookup_elem(&scratch, &zero);
	if (!s || !sc)
		return 0;
	inner = &sc->inner;
	*inner = s->p;
	err = packet_parse_inner(data, end, inner);
	if (err) {
		if (err == PACKET_NOT_IP)
			count(CNT_NOT_IP, 1);
		return err == PACKET_NOT_IP;
	}
	s->tunnel = s->p.tunnel;
	packet_addrs(&s->p, sc->outer_src, sc->outer_dst);
	sc->outer_sport = s->p.sport;
	sc->outer_dport = s->p.dport;
	s->p = *inner;
	return 0;
}

/* The full parser, and the bytes made linear for it where they are not. */
OUTLINE int parse_whole(struct __sk_buff *skb, struct packet *p, __u32 ethertype)
{
	__u32 length = skb->len < PULL_BYTES ? skb->len : PULL_BYTES;
	void *data, *end;

	if (!p)
		return PACKET_BAD;
	data = (void *)(long)skb->data;
	end = (void *)(long)skb->data_end;
	if (data + length > end) {
		if (bpf_skb_pull_data(skb, length))
			return PACKET_SHORT;
		data = (void *)(long)skb->data;
		end = (void *)(long)skb->data_end;
	}
	__builtin_memset(p, 0, sizeof(*p));
	return packet_parse(data, end, ethertype, p);
}

/* ------------------------------------------------------------ the way */

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
	if (unlikely(why))
		flow_event(s, c, why);
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
