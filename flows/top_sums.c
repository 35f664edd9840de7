// SPDX-License-Identifier: MIT
/*
 * Amounts into groups: an end's endpoint, namespace, executable, container or unit, and the
 * pair. Flows of the same two ends wait together (struct pending) and are added at once.
 */
#include <string.h>

#include "flows/summary.h"
#include "flows/top_own.h"

#define BYTES_MAX (96u << 20) /* beyond it durations go to cells that are there */

bool top_is_others(const struct top *t, const struct group *g, enum top_dimension d)
{
	return g == &t->dimensions[d].others;
}

/* --------------------------------------------------------------------------- a group */

static uint32_t bit_of(enum top_dimension d, int side)
{
	return 1u << (2 * d + side);
}

static void add_one_course(struct top *t, struct group *g, const struct amounts *a, int side,
			   bool begun)
{
	float out = side ? a->reply : a->forward, in = side ? a->forward : a->reply;
	lane_values bytes = {out, in, (float)a->packets, 0}, event = {0, 0, 0, 1}, rare = {0};

	if (a->spread.last == a->now.last) {
		t->bytes += course_add(&g->course, &a->spread, bytes, event);
	} else {
		t->bytes += course_add(&g->course, &a->now, event, (lane_values){0});
		t->bytes += course_add(&g->course, &a->spread, bytes, (lane_values){0});
	}
	/* a connection begins once: no course of that */
	rare[LANE_BEGUN] = begun && g->dimension != TOP_CONNECTIONS;
	rare[LANE_DROPS] = (float)a->drops;
	rare[LANE_RETRANSMITS] = (float)a->retransmits;
	if ((rare[LANE_BEGUN] > 0 || a->drops || a->retransmits) &&
	    top_room(t, (void **)&g->rare, sizeof(*g->rare)))
		t->bytes += course_add(g->rare, &a->now, rare, (lane_values){0});
}

static void add_times(struct top *t, struct group *g, const struct sums *s)
{
	bool grow = t->bytes < BYTES_MAX;

	if (g->dimension == TOP_CONNECTIONS || g->dimension == TOP_DIMENSIONS)
		return;
	if (s->n_rtt && top_room(t, (void **)&g->rtt, sizeof(*g->rtt)))
		for (uint32_t i = 0; i < s->n_rtt; i++)
			t->bytes += times_add(g->rtt, s->last_ns, s->rtt_ns[i], grow);
	if (s->n_latency && top_room(t, (void **)&g->latency, sizeof(*g->latency)))
		for (uint32_t i = 0; i < s->n_latency; i++)
			t->bytes += times_add(g->latency, s->last_ns, s->latency_ns[i], grow);
}

/* side: 0 as the client's, 1 as the server's. */
static void add_to(struct top *t, struct group *g, const struct sums *s, enum top_dimension d,
		   int side)
{
	uint64_t begun = s->one ? (s->begun_bits & bit_of(d, side)) != 0 : s->begun;

	g->flows += s->flows;
	g->out += side ? s->reply : s->forward;
	g->in += side ? s->forward : s->reply;
	g->packets += s->packets;
	g->begun += begun;
	g->drops += s->drops;
	g->retransmits += s->retransmits;
	if (s->first_ns && (!g->first_ns || s->first_ns < g->first_ns))
		g->first_ns = s->first_ns;
	if (s->last_ns > g->last_ns)
		g->last_ns = s->last_ns;
	add_times(t, g, s);
	if (s->one) {
		add_one_course(t, g, s->one, side, begun);
		return;
	}
	t->bytes += course_add_window(&g->course, &s->main, side);
	if (s->rare.used && top_room(t, (void **)&g->rare, sizeof(*g->rare)))
		t->bytes += course_add_window(g->rare, &s->rare, false);
}

/* A flow by itself. */
static void sums_of(struct sums *s, const struct amounts *a)
{
	*s = (struct sums){
		.flows = 1,
		.packets = a->packets,
		.drops = a->drops,
		.retransmits = a->retransmits,
		.first_ns = a->time_ns,
		.last_ns = a->time_ns,
		.forward = a->forward,
		.reply = a->reply,
		.rtt_ns = {a->rtt_ns},
		.latency_ns = {a->latency_ns},
		.n_rtt = a->rtt_ns != 0,
		.n_latency = a->latency_ns != 0,
		.one = a,
	};
}

/* Without a struct sums: this is done for every flow. */
void top_add_one(struct top *t, struct group *g, const struct amounts *a, bool begun)
{
	g->flows++;
	g->out += a->forward;
	g->in += a->reply;
	g->packets += a->packets;
	g->begun += begun;
	g->drops += a->drops;
	g->retransmits += a->retransmits;
	if (a->time_ns && (!g->first_ns || a->time_ns < g->first_ns))
		g->first_ns = a->time_ns;
	if (a->time_ns > g->last_ns)
		g->last_ns = a->time_ns;
	add_one_course(t, g, a, 0, begun);
}

/* --------------------------------------------------------------------- all its groups */

/* One kind of group of both ends; once, where it is the same. */
static void add_ends(struct top *t, const struct sums *s, enum top_dimension d,
		     struct group_ref client, struct group_ref server)
{
	if (client.group)
		add_to(t, client.group, s, d, 0);
	if (server.group && server.group != client.group)
		add_to(t, server.group, s, d, 1);
	if (!client.group && !server.group)
		t->dimensions[d].without += s->flows;
}

/* An end's place is a container or a unit. */
static struct group_ref place_in(struct group_ref place, enum top_dimension d)
{
	return place.group && place.group->dimension == d ? place : (struct group_ref){0};
}

static void note_port(struct pair_part *p, uint16_t port, uint8_t protocol, uint64_t uses)
{
	for (size_t i = 0; port && i < PORTS_KEPT; i++) {
		if (!p->uses[i]) {
			p->ports[i] = port;
			p->protocols[i] = protocol;
		}
		if (p->ports[i] == port && p->protocols[i] == protocol) {
			p->uses[i] += uses < UINT32_MAX - p->uses[i] ? (uint32_t)uses : 0;
			return;
		}
	}
	p->more_ports |= port != 0;
}

/* Two names, smaller first: whoever of the two began, it is the same pair. */
static struct group *pair_of(struct top *t, const struct group *c, const struct group *s,
			     bool *ret_new)
{
	uint64_t hashes[2] = {c->node.hash, s->node.hash};

	*ret_new = false;
	if (top_is_others(t, c, TOP_ENDPOINTS) || top_is_others(t, s, TOP_ENDPOINTS))
		return &t->dimensions[TOP_PAIRS].others;
	if (hashes[0] > hashes[1]) {
		hashes[0] = s->node.hash;
		hashes[1] = c->node.hash;
	}
	t->key.len = t->key.err = 0;
	text_mem(&t->key, (const char *)hashes, sizeof(hashes));
	return top_group(t, TOP_PAIRS, KIND_PLAIN, ret_new);
}

/* Who is first: who began, as far as that is known; else who was first to be seen. */
static void turn_pair(struct group *g, const struct pending *p, uint64_t client_hash)
{
	struct pair_part *part = &g->pair;
	double out = g->out;
	bool from = part->from[0];

	part->since_ns = p->sums.first_ns;
	part->sure = p->sure;
	if (part->first_hash == client_hash)
		return;
	part->first_hash = client_hash;
	part->from[0] = part->from[1];
	part->from[1] = from;
	g->out = g->in;
	g->in = out;
	course_swap(&g->course);
}

static void add_pair(struct top *t, const struct pending *p)
{
	const struct group *c = p->client.endpoint.group, *s = p->server.endpoint.group;
	struct pair_part *part;
	struct group *g;
	bool new, swapped;

	g = pair_of(t, c, s, &new);
	if (top_is_others(t, g, TOP_PAIRS)) {
		add_to(t, g, &p->sums, TOP_PAIRS, 0);
		return;
	}
	part = &g->pair;
	if (new || (p->sure && !part->sure) ||
	    (p->sure == part->sure && p->sums.first_ns < part->since_ns))
		turn_pair(g, p, c->node.hash);
	swapped = part->first_hash != c->node.hash;
	part->from[swapped] |= p->sure;
	part->endpoint[swapped] = p->client.endpoint;
	part->endpoint[!swapped] = p->server.endpoint;
	add_to(t, g, &p->sums, TOP_PAIRS, swapped);
	for (size_t i = 0; i < PENDING_PORTS && p->ports[i]; i++)
		note_port(part, p->ports[i], p->protocols[i], p->uses[i]);
}

static void add_all(struct top *t, const struct pending *p)
{
	const struct end_groups *c = &p->client, *s = &p->server;

	add_to(t, &t->all, &p->sums, TOP_DIMENSIONS, 0);
	add_ends(t, &p->sums, TOP_ENDPOINTS, c->endpoint, s->endpoint);
	add_ends(t, &p->sums, TOP_NAMESPACES, c->space, s->space);
	add_ends(t, &p->sums, TOP_EXECUTABLES, c->exe, s->exe);
	for (enum top_dimension d = TOP_CONTAINERS; d <= TOP_UNITS; d++)
		add_ends(t, &p->sums, d, place_in(c->place, d), place_in(s->place, d));
	add_pair(t, p);
}

/* Which of a connection's bits its groups have: each counts it once. */
static uint32_t bits_of(const struct end_groups *c, const struct end_groups *s)
{
	uint32_t bits = bit_of(TOP_DIMENSIONS, 0) | bit_of(TOP_PAIRS, 0) | bit_of(TOP_PAIRS, 1) |
			bit_of(TOP_ENDPOINTS, 0) | bit_of(TOP_ENDPOINTS, 1) |
			bit_of(TOP_NAMESPACES, 0) | bit_of(TOP_NAMESPACES, 1);

	for (int side = 0; side < 2; side++) {
		const struct end_groups *e = side ? s : c;

		bits |= e->exe.group ? bit_of(TOP_EXECUTABLES, side) : 0;
		bits |= e->place.group ? bit_of(e->place.group->dimension, side) : 0;
	}
	return bits;
}

/* ------------------------------------------------------------------------ processes */

static void note_pid(struct process_part *part, uint32_t pid)
{
	uint32_t i = 0;

	while (i < part->n_pids && part->pids[i] < pid)
		i++;
	if (i < part->n_pids && part->pids[i] == pid)
		return;
	part->more_pids |= part->n_pids == PIDS_KEPT;
	if (i == PIDS_KEPT)
		return;
	part->n_pids += part->n_pids < PIDS_KEPT;
	memmove(part->pids + i + 1, part->pids + i, (part->n_pids - i - 1) * sizeof(*part->pids));
	part->pids[i] = pid;
}

static void note_process(struct process_part *part, const struct process *p)
{
	part->more_uids |= part->has_uid && part->uid != p->uid;
	if (!part->has_uid || p->uid < part->uid)
		part->uid = p->uid;
	part->has_uid = true;
	note_pid(part, p->pid);
}

static void note_processes(struct top *t, const struct flow_end *e, const struct end_groups *g)
{
	struct group *place = g->place.group;

	if (!e->process)
		return;
	if (g->exe.group && !top_is_others(t, g->exe.group, TOP_EXECUTABLES))
		note_process(&g->exe.group->process, e->process);
	if (place && !top_is_others(t, place, place->dimension))
		note_process(&place->process, e->process);
}

/* -------------------------------------------------------------------------- waiting */

static void flush(struct top *t, struct pending *p)
{
	if (p->sums.flows)
		add_all(t, p);
	p->sums.flows = 0;
	p->client_number = 0;
}

void top_flush(struct top *t)
{
	if (!t->waiting || t->flushing)
		return;
	t->flushing = true;
	for (size_t i = 0; i < PENDING_SETS * PENDING_WAYS; i++)
		flush(t, &t->pending[i]);
	t->waiting = t->flushing = false;
}

static void begin_pending(struct pending *p, const struct top_event *e)
{
	*p = (struct pending){
		.client_number = e->c_number,
		.server_number = e->s_number,
		.client = e->c,
		.server = e->s,
	};
}

/* False: there is no room for a further port. */
static bool pending_port(struct pending *p, uint16_t port, uint8_t protocol)
{
	for (size_t i = 0; port && i < PENDING_PORTS; i++) {
		if (!p->ports[i]) {
			p->ports[i] = port;
			p->protocols[i] = protocol;
		}
		if (p->ports[i] == port && p->protocols[i] == protocol) {
			p->uses[i]++;
			return true;
		}
	}
	return !port;
}

/* The place of these two; what waits there for others is added. */
static struct pending *pending_of(struct top *t, const struct top_event *e)
{
	const uint64_t at[2] = {e->c_number, e->s_number};
	struct pending *set = &t->pending[table_hash(at, sizeof(at)) % PENDING_SETS * PENDING_WAYS];
	struct pending *oldest = set;

	for (struct pending *p = set; p < set + PENDING_WAYS; p++)
		if (p->client_number == at[0] && p->server_number == at[1])
			return p;
	for (struct pending *p = set; p < set + PENDING_WAYS; p++)
		if (p->sums.last_ns < oldest->sums.last_ns)
			oldest = p;
	flush(t, oldest);
	begin_pending(oldest, e);
	note_processes(t, e->client, &e->c);
	note_processes(t, e->server, &e->s);
	return oldest;
}

/* False: there is no place for it among what waits. */
static bool add_pending(struct pending *p, const struct amounts *a, bool begun)
{
	struct sums *s = &p->sums;
	lane_values bytes = {a->forward, a->reply, (float)a->packets, 0}, rare = {0};

	if ((a->rtt_ns && s->n_rtt == SUMS_RTTS) ||
	    (a->latency_ns && s->n_latency == SUMS_LATENCIES))
		return false;
	rare[LANE_BEGUN] = begun;
	rare[LANE_DROPS] = (float)a->drops;
	rare[LANE_RETRANSMITS] = (float)a->retransmits;
	if (a->spread.last != a->now.last || /* */
	    ((begun || a->drops || a->retransmits) &&
	     !window_add(&s->rare, &a->now, rare, (lane_values){0})))
		return false;
	if (!window_add(&s->main, &a->spread, bytes, (lane_values){0, 0, 0, 1})) {
		if (begun || a->drops || a->retransmits)
			window_add(&s->rare, &a->now, -rare, (lane_values){0});
		return false;
	}
	s->flows++;
	s->packets += a->packets;
	s->begun += begun;
	s->drops += a->drops;
	s->retransmits += a->retransmits;
	s->forward += a->forward;
	s->reply += a->reply;
	if (a->rtt_ns)
		s->rtt_ns[s->n_rtt++] = a->rtt_ns;
	if (a->latency_ns)
		s->latency_ns[s->n_latency++] = a->latency_ns;
	if (!s->first_ns || a->time_ns < s->first_ns)
		s->first_ns = a->time_ns;
	if (a->time_ns > s->last_ns)
		s->last_ns = a->time_ns;
	return true;
}

static void add_directly(struct top *t, const struct top_event *e, bool sure, uint32_t begun_bits)
{
	struct pending p;

	begin_pending(&p, e);
	pending_port(&p, flow_port(e->f, e->server), e->f->protocol);
	p.sure = sure;
	sums_of(&p.sums, &e->a);
	p.sums.begun_bits = begun_bits;
	add_all(t, &p);
	note_processes(t, e->client, &e->c);
	note_processes(t, e->server, &e->s);
}

static bool wait_there(struct pending *p, const struct top_event *e, bool sure, bool begun)
{
	if (!pending_port(p, flow_port(e->f, e->server), e->f->protocol))
		return false;
	if (!add_pending(p, &e->a, begun))
		return false;
	p->sure |= sure;
	return true;
}

void top_sums_add(struct top *t, const struct top_event *e)
{
	bool sure = e->f->is_reply != REPLY_UNKNOWN && !flow_is_drop(e->f);
	uint32_t bits = bits_of(&e->c, &e->s), begun_bits = 0;
	struct pending *p;

	if (e->a.seen) {
		begun_bits = bits & ~e->a.seen->counted;
		e->a.seen->counted |= bits;
	}
	/* names that came late: some of the groups have counted it, some not */
	if (!e->c_number || !e->s_number || (begun_bits && begun_bits != bits)) {
		add_directly(t, e, sure, begun_bits);
		return;
	}
	p = pending_of(t, e);
	t->waiting = true;
	if (wait_there(p, e, sure, begun_bits))
		return;
	flush(t, p);
	begin_pending(p, e);
	if (!wait_there(p, e, sure, begun_bits))
		add_directly(t, e, sure, begun_bits);
}
