/* SPDX-License-Identifier: GPL-2.0 */
/* The life of an entry: it begins, is reused, passes elsewhere, and has something to tell. */
#ifndef PITOT_BPF_CONNECTION_H
#define PITOT_BPF_CONNECTION_H

#include "bpf/nat.bpf.h"
#include "bpf/pass.bpf.h"

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

/* Does it carry messages that user space wants to read? */
static __always_inline int is_dns(const struct packet *p)
{
	return cfg_dns && p->kind == CONN_PORTS &&
	       (p->protocol == PROTO_UDP || p->protocol == PROTO_TCP) &&
	       (dns_port(p->sport, p->protocol) || dns_port(p->dport, p->protocol));
}

/*
 * The pre-filter decides here what gets an entry: what has one is counted without
 * asking. DNS passes always, since it names the ends of what was asked for.
 */
static __always_inline int prefilter_stops(struct __sk_buff *skb, const struct packet *p,
					   struct flow_scratch *sc)
{
	__u32 *src = (__u32 *)sc->nat.orig.addr[0], *dst = (__u32 *)sc->nat.orig.addr[1];

	if (!prefilter_on() || is_dns(p))
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
	if (is_dns(&s->p))
		c->dir[0].flags = c->dir[1].flags = DIR_DNS;
	if (!s->p.tcp_flags)
		return 1;
	d->flags |= s->p.tcp_flags | DIR_SEQ_VALID;
	d->seq_end = s->seq_end;
	d->resets = !!(s->p.tcp_flags & TCPF_RST);
	return 1;
}

/* Puts sc->conn into the map and tells of it. Returns 1 where another CPU was first. */
OUTLINE int conn_commit(struct __sk_buff *skb, struct pass *s, struct flow_scratch *sc)
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
		if (c->dir[0].flags & DIR_DNS)
			emit_dns(skb, s, c);
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
	return conn_commit(skb, s, sc);
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
		__u32 point = c->dir[i].point, dns = c->dir[i].flags & DIR_DNS;

		__builtin_memset(&c->dir[i], 0, sizeof(c->dir[i]));
		c->dir[i].point = point == POINT_ALIAS ? point : 0;
		c->dir[i].flags = dns;
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

#endif
