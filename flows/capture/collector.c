/* SPDX-License-Identifier: MIT */
#include "flows/capture/collector.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "flows/capture/collector_parts.h"
#include "flows/capture/flow_build.h"

#define TCP_LISTEN 10 /* include/net/tcp_states.h */
#define BATCH_BYTES (256 * 1024)
#define DROPS_MAX 8192
#define CLOCK_STEP_NS 1000000

int collector_new(const struct collector_options *opt, const struct source_events *ev,
		  struct collector **ret)
{
	struct collector *c = calloc(1, sizeof(*c));

	if (!c)
		return -ENOMEM;
	c->ev = *ev;
	c->links = opt->links;
	c->own_netns = opt->own_netns;
	c->clock.hz = opt->hz;
	connections_init(&c->connections, opt->max_connections * 2);
	c->drops.max = DROPS_MAX;
	c->drops.names = opt->names;
	c->drops.stack = opt->stack;
	c->drops.stack_arg = opt->stack_arg;
	c->batch = malloc(BATCH_BYTES);
	if (!c->batch || owners_new(opt->own_netns, &c->owners) ||
	    overflows_new(collector_overflows, c, &c->overflows)) {
		owners_free(c->owners);
		free(c->batch);
		free(c);
		return -ENOMEM;
	}
	*ret = c;
	return 0;
}

void collector_free(struct collector *c)
{
	if (!c)
		return;
	connections_free(&c->connections);
	drops_free(&c->drops);
	owners_free(c->owners);
	overflows_free(c->overflows);
	free(c->batch);
	free(c);
}

static uint64_t now_ns(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

void collector_clock(struct collector *c, uint32_t jiffies)
{
	uint64_t before = now_ns(CLOCK_MONOTONIC);
	int64_t offset, moved;

	c->clock.wall_ns = now_ns(CLOCK_REALTIME);
	offset = c->clock.wall_ns - before;
	moved = offset - c->clock.offset_ns;
	/* reading two clocks takes a while: only a step of the clock moves what was told before */
	if (moved > CLOCK_STEP_NS || moved < -CLOCK_STEP_NS)
		c->clock.offset_ns = offset;
	c->clock.jiffies = jiffies;
}

static void tell(struct collector *c, struct flow *f)
{
	c->stats.events++;
	c->ev.flow(c->ev.arg, f);
}

void collector_deliver(struct collector *c, struct flow *f)
{
	tell(c, f);
	flow_release(f);
}

/* ---------------------------------------------------------- who is it */

bool collector_is_local(const struct collector *c, const struct ip_addr *a)
{
	return c->links && links_is_local(c->links, a);
}

static void ask(const struct collector *c, const struct conn_key6 *key, unsigned int end,
		struct owners_query *q)
{
	*q = (struct owners_query){.protocol = key->protocol,
				   .port = ntohs(key->port[end]),
				   .peer_port = ntohs(key->port[!end])};
	memcpy(q->addr.b, key->addr[end], 16);
	memcpy(q->peer.b, key->addr[!end], 16);
	q->local = collector_is_local(c, &q->addr);
}

/* Each end's socket knows its own side of a translation: the one before, the other after. */
static void ask_translated(const struct collector *c, const struct rec_nat *nat, bool initiator,
			   struct owners_query *q)
{
	if (initiator)
		ask(c, &nat->orig, nat->orig_initiator & 1, q);
	else
		ask(c, &nat->xlated, !(nat->xlated_initiator & 1), q);
}

/* A connected socket by any tuple goes before a listener, which may have handed it on. */
static void look_up_end(struct collector *c, struct connection *conn, unsigned int end,
			unsigned int initiator)
{
	const struct rec_nat *nat = conn->extra && conn->extra->has_nat ? &conn->extra->nat : NULL;
	struct owners_query q, translated;
	struct process *p;

	if (conn->ended && conn->process[end])
		return; /* the tuple may be another process's by now */
	ask(c, &conn->key, end, &q);
	if (nat)
		ask_translated(c, nat, end == initiator, &translated);
	p = owners_connected(c->owners, &q);
	if (!p && nat)
		p = owners_connected(c->owners, &translated);
	/* who is bound to the address before translation may only keep it from others */
	if (!p && nat)
		p = owners_bound(c->owners, &translated);
	if (!p)
		p = owners_bound(c->owners, &q);
	if (!p || p == conn->process[end])
		return;
	process_put(conn->process[end]);
	conn->process[end] = process_get(p);
}

void collector_look_up(struct collector *c, struct connection *conn, unsigned int initiator)
{
	uint32_t generation = owners_generation(c->owners);

	if (conn->looked && conn->generation == generation)
		return;
	if (!conn->looked)
		for (int i = 0; i < 2; i++) {
			struct ip_addr a;

			memcpy(a.b, conn->key.addr[i], 16);
			conn->local[i] = collector_is_local(c, &a);
		}
	conn->looked = true;
	conn->generation = generation;
	if (conn->key.kind != CONN_PORTS)
		return;
	look_up_end(c, conn, 0, initiator);
	look_up_end(c, conn, 1, initiator);
}

/* ------------------------------------------------------------ flow events */

static enum flow_event event_of(uint8_t why)
{
	if (why & WHY_END)
		return FLOW_END;
	if (why & WHY_FIRST)
		return FLOW_NEW;
	return why & WHY_FLAGS ? FLOW_FLAGS : FLOW_REPORT;
}

static uint64_t first_of(const struct conn *conn)
{
	uint64_t a = conn->first_ns[0], b = conn->first_ns[1];

	return a && (!b || a < b) ? a : b;
}

/* What the receiver called the ends, the connection goes on to be called: see recall(). */
static void remember(struct connection *conn, unsigned int end, const struct flow_end *e)
{
	if (conn->endpoint[end] == e->endpoint)
		return;
	endpoint_put(conn->endpoint[end]);
	conn->endpoint[end] = endpoint_get(e->endpoint);
}

/* The end comes late: the address may be somebody else's by then. */
static void recall(const struct connection *conn, unsigned int end, struct flow_end *e)
{
	e->endpoint = endpoint_get(conn->endpoint[end]);
	if (e->endpoint && e->endpoint->identity)
		e->identity = e->endpoint->identity;
}

static void end_flow(struct collector *c, struct connection *known, const struct conn_key6 *key,
		     const struct conn *conn, uint64_t time_ns)
{
	unsigned int dir = conn->initiator & 1;
	uint32_t point = conn->dir[dir].point ? conn->dir[dir].point : conn->dir[!dir].point;
	struct flow f;

	if (known && known->ended && known->told_packets[0] == conn->dir[0].packets &&
	    known->told_packets[1] == conn->dir[1].packets)
		return;
	if (known) {
		known->ended = true;
		collector_look_up(c, known, dir);
	}
	flow_init(&f);
	flow_from_conn(&f, key, conn, dir, point, known, c->links, &c->clock);
	f.event = FLOW_END;
	f.time_ns = time_ns;
	f.closed = CONN_CLOSED(conn);
	f.tcp_flags = conn->dir[dir].flags & 0x1ff;
	if (known) {
		recall(known, dir, &f.src);
		recall(known, !dir, &f.dst);
	}
	collector_deliver(c, &f);
}

/* The packet's own time is exact; nothing of that moment lies after it. */
static void set_last(struct flow_counters *counters, const struct flow *f, bool own)
{
	if (own || counters->last_ns > f->time_ns)
		counters->last_ns = counters->packets ? f->time_ns : 0;
}

static void on_flow(struct collector *c, const struct rec_flow *rec)
{
	struct connection *known =
		connections_get(&c->connections, &rec->key, first_of(&rec->conn));
	unsigned int dir = rec->dir & 1;
	struct flow f;

	if (rec->head.why & WHY_END) {
		end_flow(c, known, &rec->key, &rec->conn, clock_wall(&c->clock, rec->head.time_ns));
		if (known)
			connections_renew(known, rec->head.time_ns);
		return;
	}
	if (known) {
		known->ended = false;
		collector_look_up(c, known, rec->conn.initiator & 1);
	}
	flow_init(&f);
	flow_from_conn(&f, &rec->key, &rec->conn, dir, POINT(rec->head.ifindex, rec->egress), known,
		       c->links, &c->clock);
	f.event = event_of(rec->head.why);
	f.time_ns = clock_wall(&c->clock, rec->head.time_ns);
	set_last(&f.forward, &f, dir == (rec->conn.initiator & 1));
	set_last(&f.reply, &f, dir != (rec->conn.initiator & 1));
	f.tcp_flags = f.event == FLOW_REPORT ? rec->conn.dir[dir].flags & 0x1ff : rec->tcp_flags;
	tell(c, &f);
	if (known) {
		remember(known, dir, &f.src);
		remember(known, !dir, &f.dst);
	}
	flow_release(&f);
}

static void on_icmp_error(struct collector *c, const struct rec_icmp_error *rec)
{
	struct connection *known = connections_find(&c->connections, &rec->key);
	struct conn conn = {.initiator = rec->dir & 1, .initiator_by = BY_FIRST};
	unsigned int dir = rec->dir & 1;
	struct flow f;

	if (known)
		collector_look_up(c, known, dir);
	flow_init(&f);
	conn.dir[0].packets = known ? known->told_packets[0] : 0;
	conn.dir[0].bytes = known ? known->told_bytes[0] : 0;
	conn.dir[1].packets = known ? known->told_packets[1] : 0;
	conn.dir[1].bytes = known ? known->told_bytes[1] : 0;
	flow_from_conn(&f, known ? &known->key : &rec->key, &conn, dir,
		       POINT(rec->head.ifindex, rec->egress), known, c->links, &c->clock);
	/* counters are those of the last event: not this one's to tell */
	memset(&f.forward, 0, sizeof(f.forward));
	memset(&f.reply, 0, sizeof(f.reply));
	f.event = FLOW_ICMP_ERROR;
	f.is_reply = REPLY_UNKNOWN;
	f.time_ns = clock_wall(&c->clock, rec->head.time_ns);
	f.icmp_type = rec->type;
	f.icmp_code = rec->code;
	f.icmp_info = rec->info;
	memcpy(f.icmp_from.b, rec->from, 16);
	collector_deliver(c, &f);
}

void collector_end(struct collector *c, const struct conn_key6 *key, const struct conn *conn,
		   bool gone)
{
	struct connection *known;

	if (conn->state & CONN_ALIAS)
		return;
	known = connections_get(&c->connections, key, first_of(conn));
	if (!known && !gone)
		return; /* nobody would remember that it has been told */
	end_flow(c, known, key, conn, c->clock.wall_ns);
}

void collector_forget(struct collector *c, const struct conn_key6 *key)
{
	struct table_node *node;

	for (node = table_find(&c->connections.table, table_hash(key, sizeof(*key))); node;
	     node = table_next(node)) {
		struct connection *conn = table_entry(node, struct connection, node);

		if (memcmp(&conn->key, key, sizeof(*key)))
			continue;
		connections_remove(&c->connections, conn);
		return;
	}
}

/* --------------------------------------------------------------- records */

/* At least, where it varies. */
static size_t size_of_kind(uint8_t kind)
{
	switch (kind) {
	case REC_DNS:
		return offsetof(struct rec_dns, data);
	case REC_CGROUP:
		return sizeof(struct rec_cgroup);
	case REC_FLOW:
		return sizeof(struct rec_flow);
	case REC_NAT:
		return sizeof(struct rec_nat);
	case REC_TUNNEL:
		return sizeof(struct rec_tunnel);
	case REC_ICMP_ERROR:
		return sizeof(struct rec_icmp_error);
	case REC_DROP:
		return sizeof(struct rec_drop);
	case REC_SOCKET:
		return sizeof(struct rec_socket);
	case REC_EXEC:
		return sizeof(struct rec_exec);
	default:
		return 0;
	}
}

static size_t size_of(const struct rec_head *head)
{
	const struct rec_dns *dns = (const void *)head;

	return size_of_kind(head->kind) + (head->kind == REC_DNS ? dns->bytes : 0);
}

static bool is_whole(const void *rec, size_t size)
{
	const struct rec_head *head = rec;

	if (size < sizeof(*head) || !size_of_kind(head->kind) || size < size_of_kind(head->kind))
		return false;
	return size_of(head) <= size && size_of(head) <= sizeof(struct rec_dns);
}

static void keep_for_batch_end(struct collector *c, const void *rec, size_t size)
{
	if (c->batch_used + size + 7 > BATCH_BYTES)
		collector_batch_end(c);
	memcpy(c->batch + c->batch_used, rec, size);
	c->batch_used += (size + 7) & ~(size_t)7;
}

static void on_socket(struct collector *c, const struct rec_socket *rec)
{
	if (rec->event == SOCK_LISTEN_DROPS) {
		overflows_grew(c->overflows, rec);
		return;
	}
	owners_socket(c->owners, rec);
	if (rec->event == SOCK_LISTEN || (rec->protocol == IPPROTO_TCP && rec->state == TCP_LISTEN))
		overflows_listener(c->overflows, rec->netns);
}

void collector_record(struct collector *c, const void *rec, size_t size)
{
	const struct rec_head *head = rec;

	if (!is_whole(rec, size)) {
		c->bad_records++;
		return;
	}
	switch (head->kind) {
	case REC_NAT:
		connections_nat(&c->connections, rec);
		break;
	case REC_TUNNEL:
		connections_tunnel(&c->connections, rec);
		break;
	case REC_EXEC:
		owners_exec(c->owners, rec);
		break;
	case REC_CGROUP:
		collector_cgroup(c, rec);
		break;
	case REC_SOCKET:
		on_socket(c, rec);
		break;
	default:
		keep_for_batch_end(c, rec, size_of(head));
	}
}

static void deliver_record(struct collector *c, const struct rec_head *head)
{
	const struct rec_drop *drop = (const void *)head;

	if (head->kind == REC_FLOW)
		on_flow(c, (const void *)head);
	else if (head->kind == REC_ICMP_ERROR)
		on_icmp_error(c, (const void *)head);
	else if (head->kind == REC_DNS)
		collector_dns(c, (const void *)head);
	else
		collector_drop(c, &drop->key, &drop->value, clock_wall(&c->clock, head->time_ns));
}

void collector_batch_end(struct collector *c)
{
	size_t at = 0;

	while (at < c->batch_used) {
		const struct rec_head *head = (const void *)(c->batch + at);

		at += (size_of(head) + 7) & ~(size_t)7;
		deliver_record(c, head);
	}
	if (c->batch_used && c->ev.batch_end)
		c->ev.batch_end(c->ev.arg);
	c->batch_used = 0;
}

void collector_walk_begin(struct collector *c)
{
	owners_walk_begin(c->owners);
}

void collector_walk_end(struct collector *c, uint64_t mono_ns)
{
	owners_walk_end(c->owners, mono_ns);
}

void collector_stats(const struct collector *c, struct capture_stats *s)
{
	s->events += c->stats.events;
	s->drops += c->stats.drops;
	s->normal_drops += c->stats.normal_drops;
	s->table_full +=
		c->connections.lost + c->drops.lost + owners_lost(c->owners) + c->bad_records;
}

void collector_age(struct collector *c, uint64_t mono_ns)
{
	owners_age(c->owners, mono_ns);
}
