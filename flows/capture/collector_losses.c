/* SPDX-License-Identifier: MIT */
/* What was lost becomes flows: packets that the kernel dropped, requests that listeners did. */
#include <arpa/inet.h>
#include <string.h>

#include "bpf/key.h"
#include "flows/capture/collector_parts.h"
#include "flows/capture/flow_build.h"

#define ICMP 1
#define ICMPV6 58
#define NETSTAT_BYTES 16384 /* four times what it has on Linux 6.18 */

/* The key under which the connection of a dropped packet would be. */
static void key_of_drop(const struct drop_key *drop, struct conn_key6 *key)
{
	uint8_t kind = drop->protocol == ICMP || drop->protocol == ICMPV6 ? CONN_ECHO : CONN_PORTS;
	struct conn_key4 key4;
	__be32 src, dst;

	if (drop->ip_version == 6) {
		conn_key6_make(key, drop->src, drop->dst, drop->sport, drop->dport, drop->protocol,
			       kind);
		return;
	}
	memcpy(&src, drop->src + 12, 4);
	memcpy(&dst, drop->dst + 12, 4);
	conn_key4_make(&key4, src, dst, drop->sport, drop->dport, drop->protocol, kind);
	conn_key4_to_6(&key4, key);
}

static bool is_elsewhere(const struct collector *c, uint32_t netns)
{
	return netns && c->own_netns && netns != c->own_netns;
}

/* Loopback and a namespace's own addresses are others in each namespace: the end is where the packet died. */
static bool is_within(struct collector *c, uint32_t netns, const struct ip_addr *addr)
{
	return is_elsewhere(c, netns) &&
	       (ip_addr_is_loopback(addr) || owners_netns_has(c->owners, netns, addr));
}

static void drop_end(struct collector *c, const struct flow *f, struct flow_end *e,
		     const struct flow_end *peer)
{
	bool within = is_within(c, f->drop.netns, &e->addr);
	struct owners_query q = {.protocol = f->protocol,
				 .local = !within && collector_is_local(c, &e->addr),
				 .netns = within ? f->drop.netns : 0,
				 .addr = e->addr,
				 .peer = peer->addr,
				 .port = e->port,
				 .peer_port = peer->port};
	struct process *p = owners_connected(c->owners, &q);

	e->process = process_get(p ? p : owners_bound(c->owners, &q));
	if (q.local)
		e->identity = IDENTITY_HOST;
	else
		e->identity = within || e->process ? IDENTITY_UNMANAGED : IDENTITY_WORLD;
}

/* The kernel had the number only: in the own namespace that tells the name. */
static void name_interface(const struct collector *c, struct flow *f)
{
	const struct link *l = NULL;

	if (c->links && f->ifindex && !f->ifname[0] && f->drop.netns == c->own_netns)
		l = links_find(c->links, f->ifindex);
	if (l)
		memcpy(f->ifname, l->name, sizeof(f->ifname));
}

void collector_drop(struct collector *c, const struct drop_key *key, const struct drop_value *value,
		    uint64_t time_ns)
{
	struct drop_entry *e = drops_get(&c->drops, key, value->stack);
	struct connection *known;
	struct conn_key6 conn_key;
	struct flow f;

	if (!e || value->packets <= e->told_packets)
		return;
	flow_init(&f);
	drop_fill(&f, e, key, value);
	f.time_ns = time_ns;
	name_interface(c, &f);
	if (e->normal)
		c->stats.normal_drops += f.drop.delta_packets;
	else
		c->stats.drops += f.drop.delta_packets;
	if (f.ip_version) {
		key_of_drop(key, &conn_key);
		known = connections_find(&c->connections, &conn_key);
		/* that one is the own namespace's */
		if (known && !(is_elsewhere(c, f.drop.netns) && ip_addr_is_loopback(&f.src.addr)))
			f.connection_id = known->id;
		drop_end(c, &f, &f.src, &f.dst);
		drop_end(c, &f, &f.dst, &f.src);
	}
	collector_deliver(c, &f);
}

void collector_drop_counts(struct collector *c, const struct drop_key *key,
			   const struct drop_value *value)
{
	collector_drop(c, key, value, c->clock.wall_ns);
}

void collector_drop_forget(struct collector *c, const struct drop_key *key)
{
	drops_forget(&c->drops, key);
}

/* --------------------------------------------------------------- sockets */

bool collector_overflows(void *arg, uint32_t netns, uint64_t *ret)
{
	struct collector *c = arg;
	char text[NETSTAT_BYTES];
	size_t n = owners_netns_read(c->owners, netns, "netstat", text, sizeof(text));

	return overflows_parse_netstat(text, n, ret);
}

static void tell_listener(void *arg, const struct rec_socket *rec)
{
	struct collector *c = arg;
	struct process *p = owners_of_record(c->owners, rec);
	struct flow f;

	flow_init(&f);
	f.event = FLOW_LISTEN_DROP;
	f.verdict = VERDICT_DROPPED;
	f.is_reply = REPLY_UNKNOWN;
	f.protocol = rec->protocol;
	f.time_ns = clock_wall(&c->clock, rec->head.time_ns);
	f.direction = DIRECTION_INGRESS;
	memcpy(f.dst.addr.b, rec->local, 16);
	f.ip_version = rec->family;
	f.dst.port = ntohs(rec->lport);
	f.dst.process = process_get(p);
	f.dst.identity = is_elsewhere(c, rec->netns) ? IDENTITY_UNMANAGED : IDENTITY_HOST;
	f.drop.netns = rec->netns;
	f.listen.drops = rec->drops;
	f.listen.delta_drops = rec->new_drops;
	f.listen.backlog = rec->backlog;
	f.listen.backlog_max = rec->backlog_max;
	f.listen.requests = rec->requests;
	f.listen.synflood = rec->synflood;
	c->stats.drops += f.listen.delta_drops;
	collector_deliver(c, &f);
}

void collector_listeners_end(struct collector *c)
{
	overflows_share(c->overflows, tell_listener, c);
}
