// SPDX-License-Identifier: MIT
/* Flows of the same two ends wait together, and are added to the groups of their ends at once. */
#include <stdlib.h>
#include <string.h>

#include "flows/summary.h"
#include "flows/top_own.h"

#define PENDING (PENDING_SETS * PENDING_WAYS)

bool top_pending_new(struct pendings *p)
{
	p->v = calloc(PENDING, sizeof(*p->v));
	p->sets = calloc(PENDING_SETS, sizeof(*p->sets));
	p->turn = calloc(PENDING_SETS, sizeof(*p->turn));
	p->waiting = calloc(PENDING, sizeof(*p->waiting));
	return p->v && p->sets && p->turn && p->waiting;
}

void top_pending_free(struct pendings *p)
{
	free(p->v);
	free(p->sets);
	free(p->turn);
	free(p->waiting);
}

void top_pending_reset(struct pendings *p)
{
	memset(p->v, 0, PENDING * sizeof(*p->v));
	memset(p->sets, 0, PENDING_SETS * sizeof(*p->sets));
	p->n_waiting = 0;
}

size_t top_pending_bytes(void)
{
	return PENDING * (sizeof(struct pending) + sizeof(struct waiting)) +
	       PENDING_SETS * (sizeof(struct pending_set) + sizeof(uint8_t));
}

/* ------------------------------------------------------------------------- adding */

static void forget_sums(struct pending *p)
{
	struct sums *s = &p->sums;

	memset(s, 0, offsetof(struct sums, rtt));
	memset(p->ports, 0, sizeof(p->ports));
	memset(p->uses, 0, sizeof(p->uses));
	p->sure = false;
}

static void add(struct top *t, struct pending *p)
{
	if (!p->sums.flows)
		return;
	top_add_client(t, p);
	top_add_server(t, p);
	forget_sums(p);
}

static int by_number(const void *a, const void *b)
{
	const struct waiting *x = a, *y = b;

	return (x->number > y->number) - (x->number < y->number);
}

static void sort(struct pendings *p, bool servers)
{
	for (size_t i = 0; i < p->n_waiting; i++) {
		const struct pending *at = &p->v[p->waiting[i].at];

		p->waiting[i].number = servers ? at->server_number : at->client_number;
	}
	qsort(p->waiting, p->n_waiting, sizeof(*p->waiting), by_number);
}

/*
 * Client by client, then server by server: the groups of an end are in the cache while there is
 * something to add to them, which makes it several times as fast.
 */
void top_flush(struct top *t)
{
	struct pendings *p = &t->pending;

	if (p->flushing || !p->n_waiting)
		return;
	p->flushing = true;
	sort(p, false);
	for (size_t i = 0; i < p->n_waiting; i++)
		if (p->v[p->waiting[i].at].sums.flows)
			top_add_client(t, &p->v[p->waiting[i].at]);
	sort(p, true);
	for (size_t i = 0; i < p->n_waiting; i++) {
		struct pending *at = &p->v[p->waiting[i].at];

		if (at->sums.flows)
			top_add_server(t, at);
		forget_sums(at);
		at->listed = false;
	}
	p->n_waiting = 0;
	p->flushing = false;
}

/* ------------------------------------------------------------------------ waiting */

static void begin(struct pending *p, const struct top_event *e)
{
	forget_sums(p);
	p->client_number = e->c_number;
	p->server_number = e->s_number;
	p->client = e->c;
	p->server = e->s;
	p->pair = (struct group_ref){0};
}

/* The place of the server's port; PENDING_PORTS: there is none left. */
static size_t port_place(const struct pending *p, const struct top_event *e)
{
	uint16_t port = flow_port(e->f, e->server);
	size_t i = 0;

	while (i < PENDING_PORTS && p->uses[i] &&
	       (p->ports[i] != port || p->protocols[i] != e->f->protocol))
		i++;
	return i;
}

static void note_port(struct pending *p, const struct top_event *e, size_t place)
{
	p->ports[place] = flow_port(e->f, e->server);
	p->protocols[place] = e->f->protocol;
	p->uses[place]++;
}

void top_pending_one(struct pending *p, const struct top_event *e)
{
	begin(p, e);
	if (flow_port(e->f, e->server))
		note_port(p, e, 0);
}

static uint32_t find(const struct pending_set *set, uint32_t tag)
{
	uint32_t i = 0;

	while (i < PENDING_WAYS && set->tags[i] != tag)
		i++;
	return i;
}

/* The place of these two; what waits there for others is added. */
static struct pending *place_of(struct top *t, const struct top_event *e)
{
	struct pendings *all = &t->pending;
	const uint64_t at[2] = {e->c_number, e->s_number};
	uint64_t hash = table_hash(at, sizeof(at));
	uint32_t n = (uint32_t)(hash % PENDING_SETS), tag = (uint32_t)(hash >> 32) | 1, way;
	struct pending_set *set = &all->sets[n];
	struct pending *p;

	way = find(set, tag);
	if (way < PENDING_WAYS) {
		p = &all->v[n * PENDING_WAYS + way];
		if (p->client_number == at[0] && p->server_number == at[1])
			return p;
	} else {
		way = find(set, 0);
	}
	if (way == PENDING_WAYS)
		way = all->turn[n]++ % PENDING_WAYS;
	p = &all->v[n * PENDING_WAYS + way];
	add(t, p);
	set->tags[way] = tag;
	begin(p, e);
	top_note_processes(t, e);
	return p;
}

static void to_list(struct pendings *all, struct pending *p)
{
	if (p->listed)
		return;
	p->listed = true;
	all->waiting[all->n_waiting++].at = (uint32_t)(p - all->v);
}

/* False: there is no room for its seconds. */
static bool add_seconds(struct sums *s, const struct amounts *a, bool begun)
{
	lane_values bytes = {(float)a->forward, (float)a->reply, (float)a->packets, 0}, rare = {0};
	bool has_rare = begun || a->drops || a->retransmits;

	rare[LANE_BEGUN] = begun;
	rare[LANE_DROPS] = (float)a->drops;
	rare[LANE_RETRANSMITS] = (float)a->retransmits;
	if (a->spread.last != a->now.last ||
	    (has_rare && !window_add(&s->rare, &a->now, rare, (lane_values){0})))
		return false;
	if (window_add(&s->main, &a->spread, bytes, (lane_values){0, 0, 0, 1}))
		return true;
	if (has_rare)
		window_add(&s->rare, &a->now, -rare, (lane_values){0});
	return false;
}

/* False: there is no place for it among what waits. */
static bool add_sums(struct sums *s, const struct amounts *a, bool begun)
{
	if ((a->rtt_ns && s->n_rtt == SUMS_RTTS) ||
	    (a->latency_ns && s->n_latency == SUMS_LATENCIES))
		return false;
	if (!add_seconds(s, a, begun))
		return false;
	s->flows++;
	s->packets += a->packets;
	s->begun += begun;
	s->drops += a->drops;
	s->retransmits += a->retransmits;
	s->forward += a->forward;
	s->reply += a->reply;
	if (a->rtt_ns)
		s->rtt[s->n_rtt++] = quantiles_cell(a->rtt_ns);
	if (a->latency_ns)
		s->latency[s->n_latency++] = quantiles_cell(a->latency_ns);
	if (!s->first_ns || a->time_ns < s->first_ns)
		s->first_ns = a->time_ns;
	if (a->time_ns > s->last_ns)
		s->last_ns = a->time_ns;
	return true;
}

static bool wait_there(struct pending *p, const struct top_event *e, bool sure, bool begun)
{
	bool has_port = flow_port(e->f, e->server);
	size_t place = has_port ? port_place(p, e) : 0;

	if (place == PENDING_PORTS || !add_sums(&p->sums, &e->a, begun))
		return false;
	if (has_port)
		note_port(p, e, place);
	p->sure |= sure;
	return true;
}

void top_wait(struct top *t, const struct top_event *e, bool sure, bool begun)
{
	struct pending *p = place_of(t, e);

	to_list(&t->pending, p);
	if (wait_there(p, e, sure, begun))
		return;
	add(t, p);
	if (!wait_there(p, e, sure, begun))
		top_add_directly(t, e, sure, begun ? UINT32_MAX : 0);
}
