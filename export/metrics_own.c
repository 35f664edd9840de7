// SPDX-License-Identifier: MIT
/* What Hubble has no metrics for: volume, connections, latency, losses, the kernel's drops. */
#include <errno.h>
#include <stdlib.h>

#include "export/flow_facts.h"
#include "export/metrics_parts.h"
#include "flows/summary.h"

/*
 * The counters are those of a connection's two directions: the label `sender` tells
 * which; the context's source is the initiator, whichever way the event's packet ran.
 */
static bool has_counters(const struct metric_event *e)
{
	return e->own && (e->flow->event == FLOW_NEW || e->flow->event == FLOW_FLAGS ||
			  e->flow->event == FLOW_REPORT || e->flow->event == FLOW_END);
}

static const char *protocol_of(const struct flow *f)
{
	const char *name = protocol_name(f->protocol);

	return name ? name : "other";
}

/* -------------------------------------------------------------------- traffic */

static const struct metric_row traffic_families[] = {
	{.name = "pitot_bytes",
	 .unit = "bytes",
	 .help = "Bytes of connections, from the IP header on, by who sent them",
	 .labels = {"protocol", "sender"}},
	{.name = "pitot_packets",
	 .help = "Packets of connections, by who sent them",
	 .labels = {"protocol", "sender"}},
	{.name = NULL},
};

static void traffic_count(struct metric *m, const struct metric_event *e,
			  const struct flow_counters *c, const char *sender)
{
	struct metric_labels l;

	if (!c->delta_packets)
		return;
	metric_labels_init(&l);
	metric_label(&l, protocol_of(e->flow));
	metric_label(&l, sender);
	metric_context_of(m, e, e->flow->is_reply == REPLY_YES, &l);
	metric_add(&m->families[0], &l, c->delta_bytes);
	metric_add(&m->families[1], &l, c->delta_packets);
}

static void traffic_flow(struct metric *m, const struct metric_event *e)
{
	if (!has_counters(e))
		return;
	traffic_count(m, e, &e->flow->forward, "initiator");
	traffic_count(m, e, &e->flow->reply, "responder");
}

/* ---------------------------------------------------------------- connections */

static const struct metric_row connections_families[] = {
	{.name = "pitot_connections_opened",
	 .help = "Connections that were seen for the first time",
	 .labels = {"protocol"}},
	{.name = "pitot_connections_closed",
	 .help = "Connections that ended, and how",
	 .labels = {"protocol", "how"}},
	{.name = NULL},
};

static void connections_flow(struct metric *m, const struct metric_event *e)
{
	const struct flow *f = e->flow;
	struct metric_labels l;

	if (!e->own || (f->event != FLOW_NEW && f->event != FLOW_END))
		return;
	if (f->event == FLOW_NEW && f->is_reply == REPLY_YES)
		return;
	metric_labels_init(&l);
	metric_label(&l, protocol_of(f));
	if (f->event == FLOW_END)
		metric_label(&l, flow_end_reason(f));
	metric_context_of(m, e, f->is_reply == REPLY_YES, &l);
	metric_add(&m->families[f->event == FLOW_END], &l, 1);
}

/* ------------------------------------------------------------------------ rtt */

#define US 1000ull

static const uint64_t rtt_bounds[] = {
	100 * US,   250 * US,	500 * US,    1000 * US,	  2500 * US,   5000 * US,    10000 * US,
	25000 * US, 50000 * US, 100000 * US, 250000 * US, 500000 * US, 1000000 * US, 2500000 * US};
#define RTT .bounds = rtt_bounds, .n_bounds = sizeof(rtt_bounds) / sizeof(rtt_bounds[0])

static const struct metric_row rtt_families[] = {
	{.name = "pitot_rtt_seconds",
	 .type = METRIC_HISTOGRAM,
	 .unit = "seconds",
	 .help = "Smoothed round trip time, once for each report of a connection and at its end",
	 .labels = {NULL},
	 RTT},
	{.name = "pitot_tcp_handshake_seconds",
	 .type = METRIC_HISTOGRAM,
	 .unit = "seconds",
	 .help = "From a connection's SYN to the ACK that completes the handshake",
	 .labels = {NULL},
	 RTT},
	{.name = NULL},
};

static void rtt_observe(struct metric *m, const struct metric_event *e, unsigned int family,
			uint64_t us)
{
	struct metric_labels l;

	if (!us)
		return;
	metric_labels_init(&l);
	metric_context_of(m, e, e->flow->is_reply == REPLY_YES, &l);
	metric_observe(&m->families[family], &l, us * US, NULL);
}

static void rtt_flow(struct metric *m, const struct metric_event *e)
{
	const struct flow *f = e->flow;

	if (!e->own || (f->event != FLOW_REPORT && f->event != FLOW_END))
		return;
	rtt_observe(m, e, 0, flow_rtt_us(f));
	if (f->event == FLOW_END)
		rtt_observe(m, e, 1, f->handshake_us);
}

/* ---------------------------------------------------------------- retransmits */

#define REMEMBERED_MAX 65536
#define SLOTS (2 * REMEMBERED_MAX)

/*
 * A flow has a connection's totals; what was counted of those that had any is kept
 * until they end. Without room a connection is counted at its end alone.
 */
struct metric_retransmits {
	size_t n;
	struct {
		uint64_t id; /* 0: free */
		uint32_t forward, reply;
	} slots[SLOTS];
};

static const struct metric_row retransmits_families[] = {
	{.name = "pitot_tcp_retransmits",
	 .help = "TCP segments that were sent again",
	 .labels = {"sender"}},
	{.name = NULL},
};

void metric_retransmits_free(struct metric_retransmits *r)
{
	free(r);
}

static size_t home(uint64_t id)
{
	return (id * 0x9e3779b97f4a7c15ull >> 40) & (SLOTS - 1);
}

static size_t find(const struct metric_retransmits *r, uint64_t id)
{
	size_t i = home(id);

	while (r->slots[i].id && r->slots[i].id != id)
		i = (i + 1) & (SLOTS - 1);
	return i;
}

/* Takes slot i away; those behind it that would not be found any more move up. */
static void forget(struct metric_retransmits *r, size_t i)
{
	size_t j = i;

	r->n--;
	for (;;) {
		j = (j + 1) & (SLOTS - 1);
		if (!r->slots[j].id)
			break;
		if (((j - home(r->slots[j].id)) & (SLOTS - 1)) >= ((j - i) & (SLOTS - 1))) {
			r->slots[i] = r->slots[j];
			i = j;
		}
	}
	r->slots[i].id = 0;
}

static void retransmits_count(struct metric *m, const struct metric_event *e, const char *sender,
			      uint64_t n)
{
	struct metric_labels l;

	if (!n)
		return;
	metric_labels_init(&l);
	metric_label(&l, sender);
	metric_context_of(m, e, e->flow->is_reply == REPLY_YES, &l);
	metric_add(&m->families[0], &l, n);
}

static uint32_t above(uint32_t now, uint32_t before)
{
	return now > before ? now - before : 0;
}

static void retransmits_flow(struct metric *m, const struct metric_event *e)
{
	const struct flow *f = e->flow;
	uint32_t forward = f->forward.retransmits, reply = f->reply.retransmits;
	struct metric_retransmits *r = m->memory;
	bool end = f->event == FLOW_END;
	size_t i;

	if (!has_counters(e) || (!forward && !reply) || !f->connection_id)
		return;
	if (!r)
		r = m->memory = calloc(1, sizeof(*r));
	if (!r)
		return;
	i = find(r, f->connection_id);
	if (!r->slots[i].id && r->n == REMEMBERED_MAX && !end)
		return;
	retransmits_count(m, e, "initiator",
			  above(forward, r->slots[i].id ? r->slots[i].forward : 0));
	retransmits_count(m, e, "responder", above(reply, r->slots[i].id ? r->slots[i].reply : 0));
	if (end && r->slots[i].id) {
		forget(r, i);
	} else if (!end) {
		r->n += !r->slots[i].id;
		r->slots[i].id = f->connection_id;
		r->slots[i].forward = forward;
		r->slots[i].reply = reply;
	}
}

/* --------------------------------------------------------------- kernel drops */

static const struct metric_row drops_families[] = {
	{.name = "pitot_dropped_packets",
	 .help = "Packets that the kernel dropped; kind normal: part of normal life, no loss",
	 .labels = {"reason", "function", "kind"}},
	{.name = "pitot_dropped_bytes",
	 .unit = "bytes",
	 .help = "Bytes that the kernel dropped",
	 .labels = {"reason", "function", "kind"}},
	{.name = NULL},
};

static void drops_flow(struct metric *m, const struct metric_event *e)
{
	const struct flow_drop *d = &e->flow->drop;
	struct metric_labels l;

	if (!e->own || e->flow->event != FLOW_DROP)
		return;
	metric_labels_init(&l);
	metric_label(&l, d->reason_name ? d->reason_name : "");
	metric_label(&l, d->function ? d->function : "");
	metric_label(&l, d->normal ? "normal" : "loss");
	metric_context_of(m, e, false, &l);
	metric_add(&m->families[0], &l, d->delta_packets);
	metric_add(&m->families[1], &l, d->delta_bytes);
}

/* --------------------------------------------------------------- listen drops */

static const struct metric_row listen_families[] = {
	{.name = "pitot_listen_drops",
	 .help = "Connection requests that a listener lost, its queue being full",
	 .labels = {"port"}},
	{.name = NULL},
};

static void listen_flow(struct metric *m, const struct metric_event *e)
{
	struct metric_labels l;

	if (!e->own || e->flow->event != FLOW_LISTEN_DROP)
		return;
	metric_labels_init(&l);
	metric_label_u64(&l, e->flow->dst.port);
	metric_context_of(m, e, false, &l);
	metric_add(&m->families[0], &l, e->flow->listen.delta_drops);
}

/* --------------------------------------------------------------- dns time-outs */

static const struct metric_row timeouts_families[] = {
	{.name = "pitot_dns_timeouts",
	 .help = "DNS queries that found no answer in time",
	 .labels = {"qtypes"}},
	{.name = NULL},
};

static void timeouts_flow(struct metric *m, const struct metric_event *e)
{
	const struct l7 *l7 = e->flow->l7;
	struct metric_labels l;

	if (!l7 || l7->protocol != L7_DNS || !l7->dns.timeout)
		return;
	metric_labels_init(&l);
	metric_label(&l, l7->dns.n_qtypes ? l7->dns.qtypes[0] : "");
	metric_context_of(m, e, false, &l);
	metric_add(&m->families[0], &l, 1);
}

const struct metric_kind metric_own_kinds[] = {
	{"traffic", {NULL}, traffic_families, traffic_flow},
	{"connections", {NULL}, connections_families, connections_flow},
	{"rtt", {NULL}, rtt_families, rtt_flow},
	{"retransmits", {NULL}, retransmits_families, retransmits_flow},
	{"kernel-drops", {NULL}, drops_families, drops_flow},
	{"listen-drops", {NULL}, listen_families, listen_flow},
	{"dns-timeouts", {NULL}, timeouts_families, timeouts_flow},
	{.name = NULL},
};
