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
#define SEEN_SETS (1u << 15)
#define BYTES_MAX (96u << 20) /* beyond it durations go to cells that are there */

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
		t->seen = calloc(SEEN_SETS * SEEN_WAYS, sizeof(*t->seen));
	}
	if (!t || !t->ends || !t->seen || !text_reserve(&t->key, 1)) {
		top_free(t);
		return -ENOMEM;
	}
	t->report_interval_ns =
		opt && opt->report_interval_ns ? opt->report_interval_ns : REPORT_NS;
	for (size_t i = 0; i < TOP_DIMENSIONS; i++) {
		t->dimensions[i].max = opt && opt->max_rows[i] ? opt->max_rows[i] : default_max[i];
		t->dimensions[i].others.dimension = i;
	}
	top_groups_reset(t);
	t->all.dimension = TOP_DIMENSIONS;
	t->serial = 1;
	*ret = t;
	return 0;
}

void top_reset(struct top *t)
{
	top_names_reset(t);
	top_groups_reset(t);
	memset(t->seen, 0, SEEN_SETS * SEEN_WAYS * sizeof(*t->seen));
	memset(t->gaps, 0, sizeof(t->gaps));
	t->flows = t->uncounted = t->newest_ns = 0;
	t->bytes = 0;
}

void top_free(struct top *t)
{
	if (!t)
		return;
	if (t->ends && t->seen)
		top_reset(t);
	for (size_t i = 0; i < TOP_DIMENSIONS; i++)
		table_free(&t->dimensions[i].groups);
	text_free(&t->key);
	free(t->ends);
	free(t->seen);
	free(t);
}

size_t top_bytes(const struct top *t)
{
	return sizeof(*t) + KNOWN_ENDS * sizeof(*t->ends) +
	       SEEN_SETS * SEEN_WAYS * sizeof(*t->seen) + t->bytes;
}

/* --------------------------------------------------------------------- amounts */

/* What a flow adds to each of its groups. */
struct amounts {
	struct spread spread, now;
	float forward, reply; /* bytes */
	uint64_t packets, drops, retransmits;
	uint64_t rtt_ns, latency_ns;
	struct seen *seen;
	bool is_connection;
	bool grow;
};

/* NULL is never given: the slot of the connection, else the one that was used longest ago. */
static struct seen *see(struct top *t, uint64_t hash)
{
	struct seen *set = &t->seen[hash % SEEN_SETS * SEEN_WAYS], *oldest = set;

	for (struct seen *s = set; s < set + SEEN_WAYS; s++) {
		if (s->hash == hash)
			return s;
		if (s->last_ns < oldest->last_ns)
			oldest = s;
	}
	*oldest = (struct seen){.hash = hash};
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
	if (!from && f->forward.packets == f->forward.delta_packets &&
	    f->reply.packets == f->reply.delta_packets)
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

static void amounts_of(struct top *t, const struct flow *f, uint64_t hash, struct amounts *a)
{
	bool foreign = flow_foreign(f);
	uint64_t retransmits = (uint64_t)f->forward.retransmits + f->reply.retransmits;
	uint64_t before;

	*a = (struct amounts){
		.forward = (float)f->forward.delta_bytes,
		.reply = (float)f->reply.delta_bytes,
		.packets = f->forward.delta_packets + f->reply.delta_packets,
		.drops = drops_of(f),
		.rtt_ns = flow_is_drop(f) || f->event == FLOW_L7 ? 0 : flow_rtt_us(f) * NS_PER_US,
		.latency_ns = f->l7 ? f->l7->latency_ns : 0,
		.is_connection = !flow_is_drop(f) && f->event != FLOW_ICMP_ERROR &&
				 (f->event != FLOW_L7 || foreign),
		.grow = t->bytes < BYTES_MAX,
	};
	spread_make(&a->now, 0, f->time_ns);
	a->spread = a->now;
	if (!a->is_connection)
		return;
	a->seen = see(t, hash);
	before = a->seen->last_ns;
	if (a->packets)
		spread_of(t, f, before, &a->spread);
	note_gap(t, f, before);
	if (retransmits > a->seen->retransmits) {
		a->retransmits = retransmits - a->seen->retransmits;
		a->seen->retransmits = retransmits;
	}
	if (f->time_ns > before)
		a->seen->last_ns = f->time_ns;
}

static void add_rare(struct top *t, struct group *g, const struct amounts *a, bool begun)
{
	/* a connection begins once: no course of that */
	bool course = begun && g->dimension != TOP_CONNECTIONS;
	lane_values v = {0};

	g->begun += begun;
	g->drops += a->drops;
	g->retransmits += a->retransmits;
	if (!course && !a->drops && !a->retransmits)
		return;
	if (!top_room(t, (void **)&g->rare, sizeof(*g->rare)))
		return;
	v[LANE_BEGUN] = course;
	v[LANE_DROPS] = (float)a->drops;
	v[LANE_RETRANSMITS] = (float)a->retransmits;
	t->bytes += course_add(g->rare, &a->now, v, (lane_values){0});
}

static void add_times(struct top *t, struct group *g, const struct flow *f, const struct amounts *a)
{
	if (g->dimension == TOP_CONNECTIONS)
		return;
	if (a->rtt_ns && top_room(t, (void **)&g->rtt, sizeof(*g->rtt)))
		t->bytes += times_add(g->rtt, f->time_ns, a->rtt_ns, a->grow);
	if (a->latency_ns && top_room(t, (void **)&g->latency, sizeof(*g->latency)))
		t->bytes += times_add(g->latency, f->time_ns, a->latency_ns, a->grow);
}

static void add_course(struct top *t, struct group *g, const struct amounts *a, float out, float in)
{
	lane_values bytes = {out, in, (float)a->packets, 0}, event = {0, 0, 0, 1};

	if (a->spread.last == a->now.last) {
		t->bytes += course_add(&g->course, &a->spread, bytes, event);
		return;
	}
	t->bytes += course_add(&g->course, &a->now, event, (lane_values){0});
	t->bytes += course_add(&g->course, &a->spread, bytes, (lane_values){0});
}

/* side: 0 as the client's, 1 as the server's. */
static void add_to(struct top *t, struct group *g, const struct flow *f, const struct amounts *a,
		   enum top_dimension d, int side)
{
	float out = side ? a->reply : a->forward, in = side ? a->forward : a->reply;
	uint32_t bit = 1u << (2 * d + side);
	bool begun = a->seen && !(a->seen->counted & bit);

	g->flows++;
	g->out += out;
	g->in += in;
	g->packets += a->packets;
	add_course(t, g, a, out, in);
	if (begun)
		a->seen->counted |= bit;
	add_rare(t, g, a, begun);
	add_times(t, g, f, a);
	if (f->time_ns && (!g->first_ns || f->time_ns < g->first_ns))
		g->first_ns = f->time_ns;
	if (f->time_ns > g->last_ns)
		g->last_ns = f->time_ns;
}

/* ----------------------------------------------------------------------- groups */

static bool is_others(const struct top *t, const struct group *g, enum top_dimension d)
{
	return g == &t->dimensions[d].others;
}

static void note_process(struct process_part *part, const struct process *p)
{
	part->more_uids |= part->has_uid && part->uid != p->uid;
	part->uid = p->uid;
	part->has_uid = true;
	for (size_t i = 0; i < TOP_PIDS; i++)
		if (part->pids[i] == p->pid)
			return;
	memmove(part->pids + 1, part->pids, sizeof(part->pids) - sizeof(*part->pids));
	part->pids[0] = p->pid;
	part->n_pids++;
}

static void note_processes(struct top *t, const struct flow_end *e, const struct end_groups *g)
{
	if (!e->process)
		return;
	if (g->exe.group && !is_others(t, g->exe.group, TOP_EXECUTABLES))
		note_process(&g->exe.group->process, e->process);
	if (g->place.group && !is_others(t, g->place.group, g->place.group->dimension))
		note_process(&g->place.group->process, e->process);
}

/* One kind of group of both ends; once, where it is the same. */
static void add_ends(struct top *t, const struct flow *f, const struct amounts *a,
		     enum top_dimension d, struct group_ref client, struct group_ref server)
{
	if (client.group)
		add_to(t, client.group, f, a, d, 0);
	if (server.group && server.group != client.group)
		add_to(t, server.group, f, a, d, 1);
	if (!client.group && !server.group)
		t->dimensions[d].without++;
}

/* An end's place is a container or a unit. */
static struct group_ref place_in(const struct top *t, struct group_ref place, enum top_dimension d)
{
	struct group *g = place.group;
	bool is = g && (g->dimension == d || is_others(t, g, d));

	return is ? place : (struct group_ref){0};
}

static void add_places(struct top *t, const struct flow *f, const struct amounts *a,
		       const struct end_groups *c, const struct end_groups *s)
{
	for (enum top_dimension d = TOP_CONTAINERS; d <= TOP_UNITS; d++)
		add_ends(t, f, a, d, place_in(t, c->place, d), place_in(t, s->place, d));
}

static void note_port(struct pair_part *p, uint16_t port, uint8_t protocol)
{
	for (size_t i = 0; port && i < TOP_PORTS; i++) {
		if (!p->uses[i]) {
			p->ports[i] = port;
			p->protocols[i] = protocol;
		}
		if (p->ports[i] == port && p->protocols[i] == protocol) {
			p->uses[i] += p->uses[i] < UINT32_MAX;
			return;
		}
	}
	p->more_ports |= port != 0;
}

/* Two names, smaller first: whoever of the two began, it is the same pair. */
static void add_pair(struct top *t, const struct flow *f, const struct amounts *a,
		     struct group_ref client, struct group_ref server, uint16_t port)
{
	const struct group *c = client.group, *s = server.group;
	bool sure = f->is_reply != REPLY_UNKNOWN && !flow_is_drop(f), new;
	uint64_t hashes[2] = {c->node.hash, s->node.hash};
	struct pair_part *p;
	struct group *g;

	if (hashes[0] > hashes[1]) {
		hashes[0] = s->node.hash;
		hashes[1] = c->node.hash;
	}
	t->key.len = t->key.err = 0;
	text_mem(&t->key, (const char *)hashes, sizeof(hashes));
	if (is_others(t, c, TOP_ENDPOINTS) || is_others(t, s, TOP_ENDPOINTS))
		g = &t->dimensions[TOP_PAIRS].others;
	else
		g = top_group(t, TOP_PAIRS, KIND_PLAIN, &new);
	if (is_others(t, g, TOP_PAIRS)) {
		add_to(t, g, f, a, TOP_PAIRS, 0);
		return;
	}
	p = &g->pair;
	if (new || (sure && !p->sure)) {
		p->first_hash = c->node.hash;
		p->sure = sure;
	}
	if (p->first_hash == c->node.hash) {
		p->endpoint[0] = client;
		p->endpoint[1] = server;
		add_to(t, g, f, a, TOP_PAIRS, 0);
	} else {
		p->both |= sure;
		p->endpoint[0] = server;
		p->endpoint[1] = client;
		add_to(t, g, f, a, TOP_PAIRS, 1);
	}
	note_port(p, port, f->protocol);
}

static void add_connection(struct top *t, const struct flow *f, const struct amounts *a,
			   struct connection_part *now)
{
	bool new;
	struct group *g;

	top_connection_key(t, now);
	g = top_group(t, TOP_CONNECTIONS, now->id ? KIND_PLAIN : KIND_TUPLE, &new);
	if (!is_others(t, g, TOP_CONNECTIONS)) {
		struct connection_part *c = &g->connection;

		now->ended = f->event == FLOW_END || (!new && c->ended && f->event != FLOW_NEW);
		now->rtt_ns = a->rtt_ns || new ? a->rtt_ns : c->rtt_ns;
		now->latency_ns = a->latency_ns || new ? a->latency_ns : c->latency_ns;
		/* who is who does not change by what does not know it */
		if (new || (f->is_reply != REPLY_UNKNOWN && !flow_is_drop(f))) {
			*c = *now;
		} else {
			c->rtt_ns = now->rtt_ns;
			c->latency_ns = now->latency_ns;
			c->ended = now->ended;
		}
	}
	add_to(t, g, f, a, TOP_CONNECTIONS, 0);
}

void top_add(struct top *t, const struct flow *f)
{
	bool swapped = aggregate_is_swapped(f);
	const struct flow_end *client = swapped ? &f->dst : &f->src,
			      *server = swapped ? &f->src : &f->dst;
	struct connection_part connection;
	struct end_groups c, s;
	struct amounts a;

	t->flows++;
	t->uncounted += flow_foreign(f) != NULL;
	if (f->time_ns > t->newest_ns)
		t->newest_ns = f->time_ns;
	top_connection_part(&connection, f, client, server);
	top_connection_key(t, &connection);
	amounts_of(t, f, table_hash(t->key.data, t->key.len) | 1, &a);
	top_end_groups(t, f, client, &c);
	top_end_groups(t, f, server, &s);
	add_to(t, &t->all, f, &a, TOP_DIMENSIONS, 0);
	add_ends(t, f, &a, TOP_ENDPOINTS, c.endpoint, s.endpoint);
	add_ends(t, f, &a, TOP_NAMESPACES, c.space, s.space);
	add_ends(t, f, &a, TOP_EXECUTABLES, c.exe, s.exe);
	add_places(t, f, &a, &c, &s);
	note_processes(t, client, &c);
	note_processes(t, server, &s);
	add_pair(t, f, &a, c.endpoint, s.endpoint, flow_port(f, server));
	connection.endpoint[0] = c.endpoint;
	connection.endpoint[1] = s.endpoint;
	connection.owner[0][0] = c.exe;
	connection.owner[0][1] = c.place;
	connection.owner[1][0] = s.exe;
	connection.owner[1][1] = s.place;
	add_connection(t, f, &a, &connection);
}
