// SPDX-License-Identifier: MIT
/* A flow's amounts, added to all the groups that it belongs to. */
#include "flows/top.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "flows/aggregate_names.h"
#include "flows/summary.h"
#include "flows/top_own.h"

#define REPORT_NS (5 * NS_PER_SEC)
#define TOO_OLD_MAX 64
#define SEEN_SETS (1u << 15)
#define SEEN_SET_BYTES (SEEN_WAYS * sizeof(struct seen)) /* a power of two */

static const size_t default_max[TOP_DIMENSIONS] = {
	[TOP_CONNECTIONS] = 8192, [TOP_ENDPOINTS] = 4096,   [TOP_PAIRS] = 4096,
	[TOP_NAMESPACES] = 1024,  [TOP_EXECUTABLES] = 2048, [TOP_CONTAINERS] = 2048,
	[TOP_UNITS] = 1024,
};

const char *top_dimension_name(enum top_dimension d)
{
	static const char *const names[] = {"connections", "endpoints",	 "pairs", "namespaces",
					    "processes",   "containers", "units"};

	return d < TOP_DIMENSIONS ? names[d] : "";
}

const char *top_metric_name(enum top_metric m)
{
	static const char *const names[] = {"bytes",	   "packets", "connections", "drops",
					    "retransmits", "rtt",     "latency"};

	return m < TOP_METRICS ? names[m] : "";
}

int top_new(const struct top_options *opt, struct top **ret)
{
	struct top *t = calloc(1, sizeof(*t));

	if (t) {
		t->ends = calloc(KNOWN_ENDS, sizeof(*t->ends));
		t->end_tags = calloc(KNOWN_ENDS, sizeof(*t->end_tags));
		t->seen_room = calloc(SEEN_SETS + 1, SEEN_SET_BYTES);
	}
	if (!t || !top_pending_new(&t->pending) || !t->ends || !t->end_tags || !t->seen_room ||
	    !text_reserve(&t->key, 1)) {
		top_free(t);
		return -ENOMEM;
	}
	t->seen = (struct seen *)(((uintptr_t)t->seen_room + SEEN_SET_BYTES - 1) &
				  ~(uintptr_t)(SEEN_SET_BYTES - 1));
	t->report_interval_ns =
		opt && opt->report_interval_ns ? opt->report_interval_ns : REPORT_NS;
	for (size_t i = 0; i < TOP_DIMENSIONS; i++) {
		t->dimensions[i].max = opt && opt->max_rows[i] ? opt->max_rows[i] : default_max[i];
		t->dimensions[i].others.dimension = i;
	}
	top_groups_reset(t);
	t->all.dimension = TOP_DIMENSIONS;
	t->serial = 1;
	t->ready = true;
	*ret = t;
	return 0;
}

void top_reset(struct top *t)
{
	top_names_reset(t);
	top_groups_reset(t);
	memset(t->seen, 0, SEEN_SETS * SEEN_WAYS * sizeof(*t->seen));
	top_pending_reset(&t->pending);
	memset(t->gaps, 0, sizeof(t->gaps));
	t->flows = t->uncounted = t->now_ns = t->newest_ns = 0;
	t->too_old = 0;
	t->bytes = 0;
}

void top_free(struct top *t)
{
	if (!t)
		return;
	if (t->ready)
		top_reset(t);
	for (size_t i = 0; i < TOP_DIMENSIONS; i++)
		table_free(&t->dimensions[i].groups);
	text_free(&t->key);
	free(t->ends);
	free(t->end_tags);
	free(t->seen_room);
	top_pending_free(&t->pending);
	free(t);
}

size_t top_bytes(const struct top *t)
{
	return sizeof(*t) + KNOWN_ENDS * (sizeof(*t->ends) + sizeof(*t->end_tags)) +
	       (SEEN_SETS + 1) * SEEN_SET_BYTES + top_pending_bytes() + t->bytes;
}

/* --------------------------------------------------------------------- amounts */

static void forget_seen(struct seen *s)
{
	if (s->has_row)
		s->row->connection.seen = NULL;
	*s = (struct seen){0};
}

/* NULL is never given: the slot of the connection, else the one that was used longest ago. */
static struct seen *see(struct top *t, uint64_t hash)
{
	struct seen *set = &t->seen[hash % SEEN_SETS * SEEN_WAYS], *oldest = set;

	for (struct seen *s = set; s < set + SEEN_WAYS; s++)
		if (s->hash == hash)
			return s;
	for (struct seen *s = set; s < set + SEEN_WAYS; s++)
		if (s->last_ns < oldest->last_ns)
			oldest = s;
	forget_seen(oldest);
	oldest->hash = hash;
	return oldest;
}

static uint64_t drops_of(const struct flow *f)
{
	const struct hubble *hubble = flow_foreign(f);

	/* Hubble tells a denied packet twice: as a policy's verdict and as a drop */
	if (hubble)
		return f->verdict == VERDICT_DROPPED &&
		       hubble->event_type != EVENT_TYPE_POLICY_VERDICT;
	if (f->event == FLOW_DROP)
		return f->drop.normal ? 0 : f->drop.delta_packets;
	return f->event == FLOW_LISTEN_DROP ? f->listen.delta_drops : 0;
}

/* All that is told of it came since the event before: it began just now. */
static bool is_all_new(const struct flow *f)
{
	return f->forward.packets == f->forward.delta_packets &&
	       f->reply.packets == f->reply.delta_packets;
}

/* When the bytes came: after the event before, else after the first packet, else within an interval. */
static void spread_of(const struct top *t, const struct flow *f, uint64_t before_ns,
		      struct spread *ret)
{
	uint64_t last =
		f->forward.last_ns > f->reply.last_ns ? f->forward.last_ns : f->reply.last_ns;
	uint64_t first = f->forward.first_ns, from = before_ns;

	if (!first || (f->reply.first_ns && f->reply.first_ns < first))
		first = f->reply.first_ns;
	if (!last || last > f->time_ns)
		last = f->time_ns;
	if (!from && is_all_new(f))
		from = first;
	else if (!from)
		from = last > t->report_interval_ns ? last - t->report_interval_ns : 0;
	/* the event before was late: what came since came after its packets */
	if (from > last)
		from = last;
	spread_make(ret, from, last);
}

/* How often reports come is not told: it is seen. */
static void note_gap(struct top *t, const struct flow *f, uint64_t before_ns)
{
	uint64_t s;

	if (f->event != FLOW_REPORT || !before_ns || f->time_ns <= before_ns)
		return;
	s = (f->time_ns - before_ns + NS_PER_SEC * 7 / 10) / NS_PER_SEC;
	if (s >= GAPS)
		return;
	if (++t->gaps[s] == UINT32_MAX / GAPS)
		for (size_t i = 0; i < GAPS; i++)
			t->gaps[i] /= 2;
}

/* Since the event before; what was before a connection was seen is not of now. */
static uint64_t new_retransmits(const struct flow *f, struct seen *seen)
{
	uint64_t both = (uint64_t)f->forward.retransmits + f->reply.retransmits;
	uint32_t now = both < UINT32_MAX ? (uint32_t)both : UINT32_MAX, before = seen->retransmits;

	if (now <= before)
		return 0;
	seen->retransmits = now;
	return seen->last_ns || is_all_new(f) ? now - before : 0;
}

static void amounts_of(struct top *t, const struct flow *f, uint64_t hash, struct amounts *a)
{
	bool foreign = flow_foreign(f);
	uint64_t before;

	*a = (struct amounts){
		.forward = (double)f->forward.delta_bytes,
		.reply = (double)f->reply.delta_bytes,
		.packets = f->forward.delta_packets + f->reply.delta_packets,
		.drops = drops_of(f),
		.latency_ns = f->l7 ? f->l7->latency_ns : 0,
		.time_ns = f->time_ns,
	};
	spread_make(&a->now, 0, f->time_ns);
	a->spread = a->now;
	if (flow_is_drop(f) || f->event == FLOW_ICMP_ERROR || (f->event == FLOW_L7 && !foreign))
		return;
	a->seen = see(t, hash);
	before = a->seen->last_ns;
	if (f->event != FLOW_L7)
		a->rtt_ns = flow_rtt_us(f) * NS_PER_US;
	if (a->packets)
		spread_of(t, f, before, &a->spread);
	note_gap(t, f, before);
	a->retransmits = new_retransmits(f, a->seen);
	if (f->time_ns > before)
		a->seen->last_ns = f->time_ns;
}

/* -------------------------------------------------------------------- connections */

/* Names and the place of the ends are as they were: there is nothing to copy. */
static bool same_ends(const struct connection_part *a, const struct connection_part *b)
{
	return !memcmp(a->endpoint, b->endpoint, sizeof(a->endpoint)) &&
	       !memcmp(a->owner, b->owner, sizeof(a->owner)) && a->id && a->id == b->id &&
	       a->end[0].port == b->end[0].port && a->end[1].port == b->end[1].port;
}

/* Rows of processes tell that a connection of theirs has no row, or that it has one again. */
static void tell_owners(const struct top_event *e, bool gone)
{
	struct group *const owners[] = {e->c.exe.group, e->c.place.group, e->s.exe.group,
					e->s.place.group};

	if (e->a.seen->told == gone)
		return;
	e->a.seen->told = gone;
	for (size_t i = 0; i < 4; i++) {
		if (owners[i] && gone)
			owners[i]->process.connections_gone++;
		else if (owners[i] && owners[i]->process.connections_gone)
			owners[i]->process.connections_gone--;
	}
}

static struct group *row_of(struct top *t, const struct top_event *e, bool *ret_new)
{
	const struct amounts *a = &e->a;
	struct seen *seen = a->seen;
	struct group *g;

	*ret_new = false;
	if (seen && seen->has_row)
		return seen->row;
	/* among more connections than rows the list is of those that are worth one, and stays */
	if (seen) {
		seen->waits += (float)(a->forward + a->reply + 1 +
				       (double)LOSS_BYTES * (double)a->retransmits);
		if (top_is_crowded(t, TOP_CONNECTIONS, seen->waits)) {
			tell_owners(e, true);
			return &t->dimensions[TOP_CONNECTIONS].others;
		}
	}
	top_connection_key(t, e->f, e->client, e->server);
	g = top_group(t, TOP_CONNECTIONS, e->f->connection_id ? KIND_PLAIN : KIND_TUPLE, ret_new);
	if (!seen)
		return g;
	seen->waits = 0;
	tell_owners(e, top_is_others(t, g, TOP_CONNECTIONS));
	if (!top_is_others(t, g, TOP_CONNECTIONS)) {
		seen->has_row = true;
		seen->row = g;
		g->connection.seen = seen;
	}
	return g;
}

/* What a row of connections knows of it, as this event tells. */
static void note_connection(struct connection_part *c, const struct top_event *e, bool new)
{
	const struct flow *f = e->f;
	struct connection_part now;

	if (e->a.rtt_ns)
		c->rtt_ns = e->a.rtt_ns;
	if (e->a.latency_ns)
		c->latency_ns = e->a.latency_ns;
	c->ended = f->event == FLOW_END || (c->ended && f->event != FLOW_NEW);
	/* who is who does not change by what does not know it */
	if (!new && (f->is_reply == REPLY_UNKNOWN || flow_is_drop(f)))
		return;
	top_connection_part(&now, f, e->client, e->server);
	now.endpoint[0] = e->c.endpoint;
	now.endpoint[1] = e->s.endpoint;
	now.owner[0][0] = e->c.exe;
	now.owner[0][1] = e->c.place;
	now.owner[1][0] = e->s.exe;
	now.owner[1][1] = e->s.place;
	if (!new &&same_ends(c, &now))
		return;
	now.rtt_ns = c->rtt_ns;
	now.latency_ns = c->latency_ns;
	now.ended = c->ended;
	now.seen = c->seen;
	*c = now;
}

static void add_connection(struct top *t, const struct top_event *e)
{
	const uint16_t bit = 1u << 2 * TOP_CONNECTIONS;
	struct seen *seen = e->a.seen;
	bool new, begun = seen && !(seen->counted & bit);
	struct group *g = row_of(t, e, &new);

	if (!top_is_others(t, g, TOP_CONNECTIONS))
		note_connection(&g->connection, e, new);
	if (begun)
		seen->counted |= bit;
	top_add_one(t, g, &e->a, begun);
}

/*
 * A clock that was set back, or one flow whose time was far ahead: nothing but what is too old
 * for the lanes comes. Then that is what time it is. Stragglers among others do not do that.
 */
static void follow_time(struct top *t, uint64_t now_ns)
{
	t->now_ns = now_ns;
	if (now_ns + LANE_SECONDS * NS_PER_SEC > t->newest_ns) {
		t->too_old = 0;
	} else if (++t->too_old == TOO_OLD_MAX) {
		top_flush(t);
		top_forget_after(t, now_ns);
		t->newest_ns = now_ns;
	}
	if (now_ns > t->newest_ns)
		t->newest_ns = now_ns;
}

void top_add(struct top *t, const struct flow *f)
{
	bool swapped = aggregate_is_swapped(f);
	struct top_event e = {.f = f,
			      .client = swapped ? &f->dst : &f->src,
			      .server = swapped ? &f->src : &f->dst};
	const struct seen *set;
	uint64_t hash;

	t->flows++;
	t->uncounted += flow_foreign(f) != NULL;
	follow_time(t, f->time_ns);
	top_connection_key(t, f, e.client, e.server);
	hash = table_hash(t->key.data, t->key.len) | 1;
	/* the connections of some seconds are in no cache: what is needed next is on its way */
	set = &t->seen[hash % SEEN_SETS * SEEN_WAYS];
	__builtin_prefetch(set);
	__builtin_prefetch(set + SEEN_WAYS / 2);
	e.c_number = top_end_groups(t, f, e.client, &e.c);
	t->held = &e.c;
	e.s_number = top_end_groups(t, f, e.server, &e.s);
	t->held = NULL;
	amounts_of(t, f, hash, &e.a);
	if (e.a.seen && e.a.seen->has_row)
		__builtin_prefetch(e.a.seen->row);
	top_sums_add(t, &e);
	add_connection(t, &e);
}
