/* SPDX-License-Identifier: GPL-2.0 */
/* Packets that the fast parser leaves: fragments, ICMP errors, tunnels, what is not linear. */
#ifndef PITOT_BPF_SECOND_LOOK_H
#define PITOT_BPF_SECOND_LOOK_H

#include "bpf/pass.bpf.h"

#define PULL_BYTES 256

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

#endif
