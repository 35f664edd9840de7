// SPDX-License-Identifier: MIT
#include "flows/service_map.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flows/service_map_parts.h"
#include "flows/summary.h"

#define NODES_MAX 4096
#define NODES_LEAST 8
#define EDGES_MAX 16384
#define INTERVAL_NS 5000000000ull
#define NS_PER_US 1000ull
#define PROTO_TCP 6
#define SYN 0x002
#define RST 0x004
#define PSH 0x008
#define ACK 0x010
#define HTTP_SERVER_ERROR 500
#define NXDOMAIN 3

static int begin(struct service_map *m)
{
	struct map_name others = {.kind = MAP_NODE_OTHERS,
				  .rank = RANK_FULL,
				  .namespace_name = "",
				  .name = "others",
				  .workload_kind = ""};

	m->flows = m->ignored = 0;
	m->period = (struct map_period){0};
	m->others = map_vertex_get(m, &others);
	if (!m->others || map_connections_new(m))
		return -ENOMEM;
	m->others->members = 0;
	return 0;
}

int service_map_new(const struct service_map_options *opt, struct service_map **ret)
{
	struct service_map *m = calloc(1, sizeof(*m));

	if (!m)
		return -ENOMEM;
	m->opt = *opt;
	if (!m->opt.max_nodes)
		m->opt.max_nodes = NODES_MAX;
	if (m->opt.max_nodes < NODES_LEAST)
		m->opt.max_nodes = NODES_LEAST;
	if (!m->opt.max_edges)
		m->opt.max_edges = EDGES_MAX;
	if (m->opt.max_edges < NODES_LEAST)
		m->opt.max_edges = NODES_LEAST;
	if (!m->opt.report_interval_ns)
		m->opt.report_interval_ns = INTERVAL_NS;
	m->additions = calloc(MAP_ADDITIONS, sizeof(*m->additions));
	if (!m->additions || map_ways_new(m) || map_ends_new(m) || begin(m)) {
		service_map_free(m);
		return -ENOMEM;
	}
	*ret = m;
	return 0;
}

void service_map_free(struct service_map *m)
{
	if (!m)
		return;
	map_store_clear(m);
	map_connections_clear(m);
	map_ends_free(m);
	free(m->additions);
	map_ways_free(m);
	free(m);
}

/* Without memory for the new ones the map stays empty: service_map_add() does nothing then. */
void service_map_reset(struct service_map *m)
{
	map_store_clear(m);
	map_connections_clear(m);
	begin(m);
}

size_t service_map_bytes(const struct service_map *m)
{
	size_t buckets = m->vertices.n_buckets + m->keys.n_buckets + m->arcs.n_buckets +
			 m->pairs.n_buckets + m->also.n_buckets + m->texts.n_buckets;

	return sizeof(*m) + m->bytes + buckets * sizeof(void *) + map_connections_bytes() +
	       map_ends_bytes() + MAP_WAYS_KNOWN * sizeof(*m->ways) +
	       MAP_ADDITIONS * sizeof(*m->additions);
}

/* --------------------------------------------------------------------- what it says */

static uint64_t drops_of(const struct flow *f)
{
	const struct hubble *hubble = flow_foreign(f);

	/* Hubble tells a denied packet twice: as a policy's verdict and as a drop */
	if (hubble)
		return f->verdict == VERDICT_DROPPED &&
		       hubble->event_type != EVENT_TYPE_POLICY_VERDICT;
	return f->event == FLOW_DROP ? f->drop.delta_packets : 0;
}

/* Nobody said anything but "hello?". */
static bool is_unanswered(const struct flow *f)
{
	return f->protocol == PROTO_TCP && !f->closed && !f->reply.packets &&
	       (f->forward.tcp_flags & (SYN | ACK)) == SYN;
}

/* That a name is not there is an answer: resolvers try one search domain after the other. */
static bool is_error_answer(const struct l7 *l)
{
	return l->dns.timeout || l->http.code >= HTTP_SERVER_ERROR ||
	       (l->protocol == L7_DNS && l->type == L7_RESPONSE && l->dns.rcode &&
		l->dns.rcode != NXDOMAIN);
}

/* A connection fails once, a message each time. */
static bool is_error(struct map_connection *c, const struct flow *f)
{
	bool failed;

	if (f->event == FLOW_L7 && f->l7)
		return is_error_answer(f->l7);
	if (f->event == FLOW_ICMP_ERROR)
		return true;
	if (flow_foreign(f))
		failed = f->protocol == PROTO_TCP && f->tcp_flags & RST;
	else
		failed = f->event == FLOW_END &&
			 (!strncmp(flow_end_reason(f), "reset", 5) || is_unanswered(f));
	if (!failed || c->failed)
		return false;
	c->failed = true;
	return true;
}

static bool is_connection_event(const struct flow *f)
{
	if (flow_foreign(f))
		return f->hubble->event_type != EVENT_TYPE_POLICY_VERDICT;
	return f->event != FLOW_L7 && f->event != FLOW_ICMP_ERROR && !flow_is_drop(f);
}

/* The reason in the words that the flow has for it. */
static const char *reason_of(const struct flow *f)
{
	const struct hubble *hubble = flow_foreign(f);

	if (hubble)
		return cilium_drop_name(hubble->drop_reason_desc ? hubble->drop_reason_desc
								 : hubble->drop_reason);
	return f->drop.reason_name ? f->drop.reason_name : "";
}

/* Which of the arc's reasons it is. */
static uint8_t add_reason(struct service_map *m, struct map_arc *a, const struct flow *f,
			  uint64_t n)
{
	const char *function = f->event == FLOW_DROP && f->drop.function ? f->drop.function : "";
	const char *reason = reason_of(f);
	size_t i = 0;

	for (; i < MAP_REASONS - 1 && a->reasons[i].packets; i++)
		if (!strncmp(a->reasons[i].reason, reason, MAP_TEXT_MAX) &&
		    !strncmp(a->reasons[i].function, function, MAP_TEXT_MAX))
			break;
	if (!a->reasons[i].packets) {
		a->reasons[i].reason = map_text_keep(m, reason);
		a->reasons[i].function = map_text_keep(m, function);
	}
	a->reasons[i].packets += n;
	return (uint8_t)i;
}

static void add_policy(struct service_map *m, struct map_arc *a, const struct flow *f)
{
	const struct hubble_policies *policies =
		f->verdict == VERDICT_DROPPED && flow_foreign(f) ? flow_policies(f) : NULL;
	char buf[MAP_TEXT_MAX + 1];

	if (!policies || !policies->n || *a->policy)
		return;
	snprintf(buf, sizeof(buf), "%.160s%s%.60s%s", policies->v[0].name,
		 *policies->v[0].kind ? " (" : "", policies->v[0].kind,
		 *policies->v[0].kind ? ")" : "");
	a->policy = map_text_keep(m, buf);
}

/* ----------------------------------------------------------------------- figures */

/* Since when: its last event, but no longer ago than reports come. */
static uint64_t since_of(const struct service_map *m, const struct map_connection *c,
			 const struct flow *f)
{
	uint64_t interval = m->opt.report_interval_ns;
	uint64_t least = f->time_ns > interval ? f->time_ns - interval : 0;

	if (c->last_ns)
		return c->last_ns > least ? c->last_ns : least;
	return f->event == FLOW_REPORT ? least : 0;
}

/* Since the event before; what was before a connection was seen is not of now. */
static uint32_t new_retransmits(struct map_connection *c, const struct flow *f)
{
	uint64_t both = (uint64_t)f->forward.retransmits + f->reply.retransmits;
	uint32_t now = both < UINT32_MAX ? (uint32_t)both : UINT32_MAX, before = c->retransmits;
	bool all_new = f->forward.packets == f->forward.delta_packets &&
		       f->reply.packets == f->reply.delta_packets;
	bool told = c->told;

	c->told |= f->forward.packets || f->reply.packets;
	if (now <= before)
		return 0;
	c->retransmits = now;
	return told || all_new ? now - before : 0;
}

/* What this event adds to its connection and its edge. */
static void count(struct map_connection *c, const struct flow *f, bool swapped, bool teller,
		  struct map_sums *s)
{
	/* `forward` is from the one that the capture took for the initiator */
	bool other_way = swapped != (f->is_reply == REPLY_YES);
	const struct flow_counters *forward = other_way ? &f->reply : &f->forward;
	const struct flow_counters *reply = other_way ? &f->forward : &f->reply;

	s->flows = 1;
	s->first_ns = s->last_ns = f->time_ns;
	s->connections = !c->counted && is_connection_event(f);
	s->drops = drops_of(f);
	s->errors = is_error(c, f);
	if (flow_foreign(f))
		s->events_sent = f->hubble->event_type != EVENT_TYPE_POLICY_VERDICT;
	else if (!f->ifindex) /* died before a device saw it, where packets are counted */
		s->events_sent = s->drops;
	if (f->event == FLOW_L7 && f->l7) {
		s->requests = f->l7->type == L7_REQUEST && !f->l7->dns.timeout;
		s->responses = f->l7->type == L7_RESPONSE || f->l7->type == L7_SAMPLE;
	}
	if (!teller)
		return;
	s->packets = forward->delta_packets;
	s->bytes = forward->delta_bytes;
	s->reply_packets = reply->delta_packets;
	s->reply_bytes = reply->delta_bytes;
	s->retransmits = new_retransmits(c, f);
}

/*
 * How long a service thinks: from the first data that the initiator pushed to the first that came
 * back. Where the responder speaks first (SMTP) nobody asked anything.
 */
static void add_answer(struct map_addition *d, struct map_connection *c, const struct flow *f,
		       bool swapped)
{
	bool packet = f->event == FLOW_NEW || f->event == FLOW_FLAGS;

	if (c->answered || !packet || f->protocol != PROTO_TCP || !(f->tcp_flags & PSH))
		return;
	if (!swapped) {
		if (!c->request_ns)
			c->request_ns = f->time_ns;
		return;
	}
	c->answered = true;
	c->request_ns =
		c->request_ns && f->time_ns > c->request_ns ? f->time_ns - c->request_ns : 0;
	if (c->request_ns)
		d->times[d->n_times++] = map_time(TIME_ANSWER, c->request_ns);
}

static void add_times(struct map_addition *d, struct map_connection *c, const struct flow *f)
{
	uint64_t rtt_us = flow_is_drop(f) || f->event == FLOW_L7 ? 0 : flow_rtt_us(f);

	if (rtt_us)
		d->times[d->n_times++] = map_time(TIME_RTT, rtt_us * NS_PER_US);
	if (f->handshake_us && !c->handshake) {
		d->times[d->n_times++] = map_time(TIME_HANDSHAKE, f->handshake_us * NS_PER_US);
		c->handshake = true;
	}
	if (f->l7 && f->l7->latency_ns)
		d->times[d->n_times++] = map_time(TIME_LATENCY, f->l7->latency_ns);
}

static void add_to_edge(struct service_map *m, struct map_connection *c, const struct flow *f,
			bool swapped, bool teller)
{
	struct map_addition *d = map_addition_new(m, c->arc, f->time_ns);
	struct map_arc *a = c->arc;

	count(c, f, swapped, teller, &d->sums);
	d->since_ns = since_of(m, c, f);
	map_connection_gave(m, c, &d->sums);
	add_times(d, c, f);
	add_answer(d, c, f, swapped);
	if (d->sums.drops)
		c->reason = add_reason(m, a, f, d->sums.drops);
	add_policy(m, a, f);
	if (f->l7 && f->l7->protocol <= L7_KAFKA && !a->app)
		a->app = f->l7->protocol;
	c->ended |= f->event == FLOW_END || (flow_foreign(f) && f->tcp_flags & (RST | 1));
}

/* From whom is not known: the listener lost them. */
static void add_listen(struct service_map *m, const struct flow *f)
{
	struct map_name name;
	struct map_vertex *v;

	map_room_for_vertices(m);
	map_name_of(&m->opt, f, &f->dst, false, &name);
	v = map_vertex_get(m, &name);
	v->listen_drops += f->listen.delta_drops;
	if (!v->first_ns || f->time_ns < v->first_ns)
		v->first_ns = f->time_ns;
	if (f->time_ns > v->last_ns)
		v->last_ns = f->time_ns;
}

static bool is_left_out(const struct service_map *m, const struct flow *f)
{
	if (!m->opt.normal_drops && f->event == FLOW_DROP && f->drop.normal)
		return true;
	return !m->opt.housekeeping && map_is_housekeeping(f);
}

void service_map_add(struct service_map *m, const struct flow *f)
{
	struct map_connection *c;
	struct map_tuple t;
	bool swapped, teller;

	if (!m->connections || !m->given || !m->tuples || !m->servers || !m->others)
		return;
	m->flows++;
	if (is_left_out(m, f)) {
		m->ignored++;
		return;
	}
	map_period_add(&m->period, f->time_ns);
	if (f->event == FLOW_LISTEN_DROP) {
		add_listen(m, f);
		return;
	}
	map_tuple_of(m, f, &t);
	map_additions_settle(m, false); /* while the connection is fetched */
	c = map_connection_get(m, f, &t, &swapped, &teller);
	if (c->arc)
		add_to_edge(m, c, f, swapped, teller);
}
