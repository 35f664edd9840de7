// SPDX-License-Identifier: MIT
/*
 * Amounts into groups: an end's endpoint, namespace, executable, container or unit, and the
 * pair.
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
	float out = (float)(side ? a->reply : a->forward);
	float in = (float)(side ? a->forward : a->reply);
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
		t->bytes += times_add(g->rtt, s->last_ns, s->rtt, s->n_rtt, grow);
	if (s->n_latency && top_room(t, (void **)&g->latency, sizeof(*g->latency)))
		t->bytes += times_add(g->latency, s->last_ns, s->latency, s->n_latency, grow);
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
		.rtt = {quantiles_cell(a->rtt_ns)},
		.latency = {quantiles_cell(a->latency_ns)},
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

/* An end's group; once, where the other end has the same. */
static void add_group(struct top *t, const struct sums *s, struct group_ref own,
		      struct group_ref other, int side)
{
	if (own.group && !(side && own.group == other.group))
		add_to(t, own.group, s, own.group->dimension, side);
}

static void add_end(struct top *t, const struct pending *p, int side)
{
	const struct end_groups *own = side ? &p->server : &p->client;
	const struct end_groups *other = side ? &p->client : &p->server;

	add_group(t, &p->sums, own->endpoint, other->endpoint, side);
	add_group(t, &p->sums, own->space, other->space, side);
	add_group(t, &p->sums, own->exe, other->exe, side);
	add_group(t, &p->sums, own->place, other->place, side);
}

/* An end's place is a container or a unit. */
static bool has_place(const struct end_groups *e, enum top_dimension d)
{
	return e->place.group && e->place.group->dimension == d;
}

static void add_without(struct top *t, const struct pending *p)
{
	if (!p->client.exe.group && !p->server.exe.group)
		t->dimensions[TOP_EXECUTABLES].without += p->sums.flows;
	for (enum top_dimension d = TOP_CONTAINERS; d <= TOP_UNITS; d++)
		if (!has_place(&p->client, d) && !has_place(&p->server, d))
			t->dimensions[d].without += p->sums.flows;
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

static void add_pair(struct top *t, struct pending *p)
{
	const struct group *c = p->client.endpoint.group, *s = p->server.endpoint.group;
	struct group *g = ref_group(p->pair);
	struct pair_part *part;
	bool new = false, swapped;

	if (!g)
		g = pair_of(t, c, s, &new);
	p->pair = ref_to(g);
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
	for (size_t i = 0; i < PENDING_PORTS && p->uses[i]; i++)
		note_port(part, p->ports[i], p->protocols[i], p->uses[i]);
}

void top_add_client(struct top *t, struct pending *p)
{
	add_to(t, &t->all, &p->sums, TOP_DIMENSIONS, 0);
	add_end(t, p, 0);
	add_without(t, p);
	add_pair(t, p);
}

void top_add_server(struct top *t, const struct pending *p)
{
	add_end(t, p, 1);
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

static void note_end(struct top *t, const struct flow_end *e, const struct end_groups *g)
{
	struct group *place = g->place.group;

	if (!e->process)
		return;
	if (g->exe.group && !top_is_others(t, g->exe.group, TOP_EXECUTABLES))
		note_process(&g->exe.group->process, e->process);
	if (place && !top_is_others(t, place, place->dimension))
		note_process(&place->process, e->process);
}

void top_note_processes(struct top *t, const struct top_event *e)
{
	note_end(t, e->client, &e->c);
	note_end(t, e->server, &e->s);
}

/* ------------------------------------------------------------------------- an event */

void top_add_directly(struct top *t, const struct top_event *e, bool sure, uint32_t begun_bits)
{
	struct pending p;

	top_pending_one(&p, e);
	p.sure = sure;
	sums_of(&p.sums, &e->a);
	p.sums.begun_bits = begun_bits;
	top_add_client(t, &p);
	top_add_server(t, &p);
	top_note_processes(t, e);
}

void top_sums_add(struct top *t, const struct top_event *e)
{
	bool sure = e->f->is_reply != REPLY_UNKNOWN && !flow_is_drop(e->f);
	uint32_t bits = bits_of(&e->c, &e->s), begun_bits = 0;

	if (e->a.seen) {
		begun_bits = bits & ~e->a.seen->counted;
		e->a.seen->counted |= bits;
	}
	/* names that came late: a connection is counted where it was first seen with such a group at all */
	if (!e->c_number || !e->s_number || (begun_bits && begun_bits != bits))
		top_add_directly(t, e, sure, begun_bits);
	else
		top_wait(t, e, sure, begun_bits);
}
