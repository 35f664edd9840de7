/* SPDX-License-Identifier: MIT */
/* What applications said: DNS messages, and control groups for those who name their processes. */
#include <arpa/inet.h>
#include <string.h>

#include "flows/capture/collector_parts.h"
#include "flows/capture/flow_build.h"

/* Seen on an interface: a packet of a connection that is counted there. */
static void on_wire(struct collector *c, const struct rec_dns *rec, struct flow *f)
{
	struct connection *known = connections_get(&c->connections, &rec->key, rec->first_ns);
	struct conn conn = {.initiator = rec->initiator & 1,
			    .initiator_by = rec->initiator_by,
			    .vlan = {rec->vlan[0], rec->vlan[1]}};
	unsigned int dir = rec->dir & 1;
	uint32_t point = POINT(rec->head.ifindex, rec->egress);

	conn.dir[dir].point = point;
	conn.dir[!dir].point = rec->other_point;
	memcpy(conn.seen, rec->seen, sizeof(conn.seen));
	if (known)
		collector_look_up(c, known, conn.initiator);
	/* without packets: the counters stay zero, and those that have been told as they are */
	flow_from_conn(f, &rec->key, &conn, dir, point, known, c->links, &c->clock);
}

static void name_reader(struct collector *c, const struct rec_dns *rec, struct flow_end *reader,
			struct flow_end *peer)
{
	/* who made the socket: not all that a read would tell */
	struct rec_socket who = {.event = SOCK_ACCEPTED,
				 .netns = rec->netns,
				 .pid = rec->pid,
				 .ppid = rec->ppid,
				 .uid = rec->uid,
				 .cgroup_id = rec->cgroup_id,
				 .start_ns = rec->start_ns};

	memcpy(who.comm, rec->comm, sizeof(who.comm));
	reader->process = process_get(owners_process(c->owners, &who));
	reader->identity = IDENTITY_UNMANAGED;
	if (ip_addr_is_loopback(&peer->addr))
		peer->identity = IDENTITY_UNMANAGED;
}

/*
 * Seen at a socket of another network namespace. False where its connection is known
 * from an interface, where the packet has been told already.
 */
static bool at_socket(struct collector *c, const struct rec_dns *rec, struct flow *f)
{
	unsigned int dir = rec->dir & 1;
	uint16_t sport = ntohs(rec->key.port[dir]), dport = ntohs(rec->key.port[!dir]);
	/* nobody knows who began it: most services have the lower port */
	struct conn conn = {.initiator = sport < dport ? !dir : dir, .initiator_by = BY_PORT};
	struct ip_addr addr;

	memcpy(addr.b, rec->key.addr[dir], sizeof(addr.b));
	if (!ip_addr_is_loopback(&addr) && connections_find(&c->connections, &rec->key))
		return false;
	if (sport == dport)
		conn.initiator_by = BY_NOTHING;
	flow_from_conn(f, &rec->key, &conn, dir, 0, NULL, NULL, &c->clock);
	f->trace_point = TO_ENDPOINT;
	f->direction = f->is_reply == REPLY_YES ? DIRECTION_EGRESS : DIRECTION_INGRESS;
	name_reader(c, rec, &f->dst, &f->src);
	return true;
}

void collector_dns(struct collector *c, const struct rec_dns *rec)
{
	struct l7_payload payload = {.data = rec->data,
				     .size = rec->bytes,
				     .cut = rec->bytes < rec->whole || rec->flags & DNS_FRAGMENT,
				     .at_read = rec->flags & DNS_AT_SOCKET,
				     .tcp_seq = rec->tcp_seq};
	struct flow f;

	if (!c->ev.message)
		return;
	flow_init(&f);
	if (!payload.at_read)
		on_wire(c, rec, &f);
	else if (!at_socket(c, rec, &f))
		return;
	f.event = FLOW_L7;
	f.time_ns = clock_wall(&c->clock, rec->head.time_ns);
	f.tcp_flags = rec->tcp_flags;
	c->stats.events++;
	c->ev.message(c->ev.arg, &f, &payload);
	flow_release(&f);
}

void collector_cgroup(struct collector *c, const struct rec_cgroup *rec)
{
	if (c->ev.cgroup && memchr(rec->path, 0, sizeof(rec->path)))
		c->ev.cgroup(c->ev.arg, rec->id, rec->path);
}
