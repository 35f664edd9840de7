/* SPDX-License-Identifier: MIT */
#include "flows/capture/flow_build.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

uint64_t clock_wall(const struct kernel_clock *clock, uint64_t mono_ns)
{
	return mono_ns ? mono_ns + clock->offset_ns : 0;
}

uint64_t clock_wall_jiffies(const struct kernel_clock *clock, uint32_t jiffies)
{
	int64_t ago = (int32_t)(clock->jiffies - jiffies);

	return clock->wall_ns - ago * 1000000000 / (int64_t)clock->hz;
}

uint8_t addr_version(const struct ip_addr *a)
{
	return ip_addr_is_v4(a) ? 4 : 6;
}

static enum trace_point trace_point(enum link_place place, bool egress)
{
	switch (place) {
	case LINK_LOOPBACK:
		return egress ? TO_HOST : FROM_HOST;
	case LINK_ENDPOINT:
	case LINK_BRIDGE:
		return egress ? TO_ENDPOINT : FROM_ENDPOINT;
	case LINK_OVERLAY:
		return egress ? TO_OVERLAY : FROM_OVERLAY;
	case LINK_NETWORK:
		break;
	}
	return egress ? TO_NETWORK : FROM_NETWORK;
}

/*
 * Hubble's direction is the connection's, seen from its local end: a request
 * that leaves by the network or comes from a container is EGRESS, and so is its
 * reply.
 */
static enum traffic_direction travel(enum link_place place, bool egress, bool reply)
{
	bool outward = place == LINK_ENDPOINT || place == LINK_BRIDGE ? !egress : egress;

	return outward != reply ? DIRECTION_EGRESS : DIRECTION_INGRESS;
}

void flow_set_point(struct flow *f, uint32_t point, bool reply, const struct links *links)
{
	const struct link *l;

	f->ifindex = POINT_IFINDEX(point);
	l = links ? links_find(links, f->ifindex) : NULL;
	f->trace_point = trace_point(l ? l->place : LINK_NETWORK, POINT_EGRESS(point));
	f->direction = travel(l ? l->place : LINK_NETWORK, POINT_EGRESS(point), reply);
	if (l)
		memcpy(f->ifname, l->name, sizeof(f->ifname));
}

static void set_end(struct flow_end *e, const struct conn_key6 *key, unsigned int end,
		    const struct connection *known)
{
	memcpy(e->addr.b, key->addr[end], 16);
	e->port = key->kind == CONN_PORTS ? ntohs(key->port[end]) : 0;
	e->identity = IDENTITY_WORLD;
	if (!known)
		return;
	e->process = process_get(known->process[end]);
	if (known->local[end])
		e->identity = IDENTITY_HOST;
	else if (e->process)
		e->identity = IDENTITY_UNMANAGED;
}

/* CPUs write their records side by side: one that was written first may come last. */
static uint64_t told_delta(uint64_t now, uint64_t *told)
{
	uint64_t delta = now > *told ? now - *told : 0;

	*told += delta;
	return delta;
}

static void set_counters(struct flow_counters *to, const struct conn *conn, unsigned int dir,
			 struct connection *known, const struct kernel_clock *clock)
{
	const struct conn_dir *d = &conn->dir[dir];

	to->packets = d->packets;
	to->bytes = d->bytes;
	to->delta_packets = known ? told_delta(d->packets, &known->told_packets[dir]) : d->packets;
	to->delta_bytes = known ? told_delta(d->bytes, &known->told_bytes[dir]) : d->bytes;
	to->retransmits = d->retransmits;
	to->zero_windows = d->zero_windows;
	to->resets = d->resets;
	to->srtt_us = conn->dir[dir].srtt_us;
	to->tcp_flags = d->flags & 0x1ff;
	if (!d->packets)
		return;
	to->first_ns = clock_wall(clock, conn->first_ns[dir]);
	to->last_ns = clock_wall_jiffies(clock, d->last_jiffies);
	if (to->last_ns < to->first_ns)
		to->last_ns = to->first_ns; /* within one tick */
}

static void set_tuple(struct flow_tuple *t, const struct conn_key6 *key, unsigned int from)
{
	memcpy(t->src.b, key->addr[from], 16);
	memcpy(t->dst.b, key->addr[!from], 16);
	t->sport = key->kind == CONN_PORTS ? ntohs(key->port[from]) : 0;
	t->dport = key->kind == CONN_PORTS ? ntohs(key->port[!from]) : 0;
}

static void set_extra(struct flow *f, const struct connection_extra *extra)
{
	const struct rec_tunnel *t = &extra->tunnel;

	if (extra->has_nat) {
		f->has_nat = true;
		set_tuple(&f->nat_orig, &extra->nat.orig, extra->nat.orig_initiator & 1);
		set_tuple(&f->nat_xlated, &extra->nat.xlated, extra->nat.xlated_initiator & 1);
	}
	if (!extra->has_tunnel)
		return;
	f->tunnel.type = t->type;
	f->tunnel.vni = t->vni;
	memcpy(f->tunnel.outer.src.b, t->outer_src, 16);
	memcpy(f->tunnel.outer.dst.b, t->outer_dst, 16);
	f->tunnel.outer.sport = ntohs(t->outer_sport);
	f->tunnel.outer.dport = ntohs(t->outer_dport);
}

static void set_ifaces(struct flow *f, const struct conn *conn, const struct links *links)
{
	uint32_t other = 0, found[FLOW_IFACES];
	unsigned int n = 0;

	/* replies may come in elsewhere */
	for (int i = 0; i < 2; i++)
		if (conn->dir[i].point && POINT_IFINDEX(conn->dir[i].point) != f->ifindex)
			other = POINT_IFINDEX(conn->dir[i].point);
	if (other)
		found[n++] = other;
	for (int i = 0; i < CONN_SEEN && n < FLOW_IFACES; i++)
		if (conn->seen[i] && conn->seen[i] != other && conn->seen[i] != f->ifindex)
			found[n++] = conn->seen[i];
	for (unsigned int i = 0; i < n; i++) {
		const struct link *l = links ? links_find(links, found[i]) : NULL;

		if (l)
			memcpy(f->ifaces[i], l->name, sizeof(f->ifaces[i]));
		else
			snprintf(f->ifaces[i], sizeof(f->ifaces[i]), "#%u", found[i]);
	}
}

static void set_protocol(struct flow *f, const struct conn_key6 *key, bool reply)
{
	f->protocol = key->protocol;
	f->ip_version = addr_version(&f->src.addr) == 4 && addr_version(&f->dst.addr) == 4 ? 4 : 6;
	if (key->kind == CONN_ECHO) {
		f->icmp_echo = 1;
		f->icmp_id = ntohs(key->port[0]);
		if (key->protocol == 1)
			f->icmp_type = reply ? 0 : 8;
		else
			f->icmp_type = reply ? 129 : 128;
	} else if (key->kind == CONN_ICMP) {
		f->icmp_type = ntohs(key->port[0]) >> 8;
		f->icmp_code = ntohs(key->port[0]) & 0xff;
	}
}

void flow_from_conn(struct flow *f, const struct conn_key6 *key, const struct conn *conn,
		    unsigned int dir, uint32_t point, struct connection *known,
		    const struct links *links, const struct kernel_clock *clock)
{
	unsigned int initiator = conn->initiator & 1;
	bool reply = dir != initiator;

	f->verdict = VERDICT_FORWARDED;
	f->connection_id = known ? known->id : 0;
	f->initiator_by = conn->initiator_by;
	f->is_reply = conn->initiator_by == BY_NOTHING ? REPLY_UNKNOWN : reply;
	set_end(&f->src, key, dir, known);
	set_end(&f->dst, key, !dir, known);
	set_protocol(f, key, reply);
	flow_set_point(f, point, reply, links);
	set_counters(&f->forward, conn, initiator, known, clock);
	set_counters(&f->reply, conn, !initiator, known, clock);
	f->handshake_server_us = conn->handshake_server_us;
	f->handshake_client_us = conn->handshake_client_us;
	if (conn->handshake_client_us)
		f->handshake_us = conn->handshake_server_us + conn->handshake_client_us;
	f->icmp_errors = conn->icmp_errors;
	f->vlan[0] = conn->vlan[0];
	f->vlan[1] = conn->vlan[1];
	set_ifaces(f, conn, links);
	if (known && known->extra)
		set_extra(f, known->extra);
}
