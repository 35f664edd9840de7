// SPDX-License-Identifier: MIT
/* The sums as rows, in their order. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "flows/summary.h"
#include "flows/top_own.h"

#define NAME_SHOWN 513
#define NO_TEXT SIZE_MAX

/* Texts of a row while the arena still moves: where they begin. */
struct places {
	size_t name, peer, process, peer_process, unqualified;
};

struct filling {
	const struct top *t;
	const struct top_query *q;
	struct top_snapshot *s;
	struct places *places;
	size_t n;
	uint64_t second; /* of now */
};

/* ------------------------------------------------------------------------ texts */

static size_t begin(struct text *t)
{
	return t->len;
}

static void end(struct text *t)
{
	text_char(t, '\0');
}

static size_t escaped(struct text *t, const char *s)
{
	size_t at = begin(t);

	if (!*s)
		return NO_TEXT;
	text_escape(t, s, NAME_SHOWN);
	end(t);
	return at;
}

/* The last part of a path. */
static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash[1] ? slash + 1 : path;
}

/* An end's name where its group is held, else its address. */
static void host(struct text *t, struct group_ref endpoint, const struct tuple_end *e)
{
	const struct group *g = ref_group(endpoint);

	if (g && g->n_key)
		text_mem(t, g->key, g->n_key);
	else if (e && e->has_addr)
		text_addr(t, &e->addr);
	else
		text_char(t, '-');
}

static size_t connection_host(struct text *t, const struct connection_part *c, int side)
{
	size_t at = begin(t);

	host(t, c->endpoint[side], &c->end[side]);
	end(t);
	return at;
}

static size_t owner_name(struct text *t, struct group_ref owner)
{
	const struct group *g = ref_group(owner);

	return g && g->n_key ? escaped(t, base_name(g->key)) : NO_TEXT;
}

static void connection_texts(struct text *t, const struct group *g, struct places *p)
{
	const struct connection_part *c = &g->connection;

	p->name = connection_host(t, c, 0);
	p->peer = connection_host(t, c, 1);
	p->process = owner_name(t, c->owner[0][0]);
	p->peer_process = owner_name(t, c->owner[1][0]);
}

static void pair_texts(struct text *t, const struct group *g, struct places *p)
{
	p->name = begin(t);
	host(t, g->pair.endpoint[0], NULL);
	end(t);
	p->peer = begin(t);
	host(t, g->pair.endpoint[1], NULL);
	end(t);
}

static void row_texts(struct text *t, const struct group *g, struct places *p)
{
	switch (g->dimension) {
	case TOP_CONNECTIONS:
		connection_texts(t, g, p);
		return;
	case TOP_PAIRS:
		pair_texts(t, g, p);
		return;
	case TOP_ENDPOINTS: /* is escaped */
		p->name = begin(t);
		text_mem(t, g->key, g->n_key);
		end(t);
		return;
	case TOP_EXECUTABLES:
		p->name = escaped(t, g->key);
		p->unqualified = escaped(t, g->process.about);
		return;
	case TOP_CONTAINERS:
		p->name = escaped(t, g->process.about);
		p->unqualified = g->kind == KIND_CONTAINER_ID ? escaped(t, g->key) : NO_TEXT;
		return;
	case TOP_UNITS:
		p->name = escaped(t, g->key + strlen(g->key) + 1);
		return;
	default:
		p->name = escaped(t, g->key);
	}
}

static const char *text_at(const struct text *t, size_t at)
{
	return at == NO_TEXT || t->err ? "" : t->data + at;
}

static void set_texts(struct top_row *r, const struct text *t, const struct places *p)
{
	r->name = r->others ? "others" : text_at(t, p->name);
	r->peer = text_at(t, p->peer);
	r->process = text_at(t, p->process);
	r->peer_process = text_at(t, p->peer_process);
	r->unqualified = text_at(t, p->unqualified);
}

/* ---------------------------------------------------------------------- figures */

/* Half of the reports are no older than this. */
static unsigned int behind(const struct top *t)
{
	uint64_t all = 0, seen = 0;

	for (unsigned int i = 0; i < GAPS; i++)
		all += t->gaps[i];
	for (unsigned int i = 0; all && i < GAPS; i++) {
		seen += t->gaps[i];
		if (2 * seen >= all)
			return i;
	}
	return 0;
}

static void total(const struct group *g, struct top_amounts *ret)
{
	*ret = (struct top_amounts){
		.bytes_out = g->out,
		.bytes_in = g->in,
		.packets = (double)g->packets,
		.events = (double)g->flows,
		.begun = (double)g->begun,
		.drops = (double)g->drops,
		.retransmits = (double)g->retransmits,
	};
}

static void rates(const struct group *g, const struct filling *f, struct top_amounts *ret)
{
	unsigned int seconds = f->q->seconds, late = f->s->behind_s;
	lane_values v = course_sum(&g->course, f->second > late ? f->second - late : 0, seconds);
	lane_values now = v, rare = {0};

	/* events and what is rare are told at once */
	if (late && f->t->uncounted)
		now = course_sum(&g->course, f->second, seconds);
	if (g->rare)
		rare = course_sum(g->rare, f->second, seconds);
	*ret = (struct top_amounts){
		.bytes_out = v[LANE_OUT] / (float)seconds,
		.bytes_in = v[LANE_IN] / (float)seconds,
		.packets = v[LANE_PACKETS] / (float)seconds,
		.events = now[LANE_EVENTS] / (float)seconds,
		.begun = rare[LANE_BEGUN] / (float)seconds,
		.drops = rare[LANE_DROPS] / (float)seconds,
		.retransmits = rare[LANE_RETRANSMITS] / (float)seconds,
	};
}

/* Are there no counters at all, so that events stand for bytes? */
static bool only_events(const struct top *t)
{
	return t->uncounted && t->uncounted == t->flows;
}

static double value_of(const struct top *t, const struct top_row *r, enum top_metric m)
{
	const struct top_amounts *a = &r->window;

	switch (m) {
	case TOP_BYTES:
		return only_events(t) ? a->events : a->bytes_out + a->bytes_in;
	case TOP_PACKETS:
		return only_events(t) ? a->events : a->packets;
	case TOP_BEGUN:
		return a->begun;
	case TOP_DROPS:
		return a->drops;
	case TOP_RETRANSMITS:
		return a->retransmits;
	case TOP_RTT:
		return (double)r->rtt.p99_ns;
	default:
		return (double)r->latency.p99_ns;
	}
}

static void times_of(const struct group *g, uint64_t since, struct top_row *r)
{
	if (g->rtt)
		times_read(g->rtt, since, &r->rtt);
	if (g->latency)
		times_read(g->latency, since, &r->latency);
	if (g->dimension != TOP_CONNECTIONS)
		return;
	r->rtt.p50_ns = r->rtt.p99_ns = g->connection.rtt_ns;
	r->latency.p50_ns = r->latency.p99_ns = g->connection.latency_ns;
}

static void figures(struct top_row *r, const struct group *g, const struct filling *f)
{
	uint64_t since = f->q->seconds ? f->q->now_ns : 0;

	r->flows = g->flows;
	r->first_ns = g->first_ns;
	r->last_ns = g->last_ns;
	total(g, &r->total);
	if (f->q->seconds)
		rates(g, f, &r->window);
	else
		r->window = r->total;
	times_of(g, since, r);
	r->value = value_of(f->t, r, f->q->metric);
}

/* Is port i of more use than the one chosen so far? Ties by number. */
static bool more_used(const struct pair_part *p, size_t i, size_t most)
{
	if (most == PORTS_KEPT || p->uses[i] != p->uses[most])
		return most == PORTS_KEPT || p->uses[i] > p->uses[most];
	return p->ports[i] < p->ports[most];
}

static void pair_facts(struct top_row *r, const struct pair_part *p)
{
	bool taken[PORTS_KEPT] = {0};

	r->both = p->from[0] && p->from[1];
	r->more_ports = p->more_ports || p->uses[TOP_PORTS];
	for (size_t i = 0; i < TOP_PORTS; i++) {
		size_t most = PORTS_KEPT;

		for (size_t j = 0; j < PORTS_KEPT; j++)
			if (p->uses[j] && !taken[j] && more_used(p, j, most))
				most = j;
		if (most == PORTS_KEPT)
			return;
		taken[most] = true;
		r->ports[i] = p->ports[most];
		r->port_protocols[i] = p->protocols[most];
	}
}

static void process_facts(struct top_row *r, const struct process_part *p)
{
	r->uid = p->uid;
	r->has_uid = p->has_uid;
	r->more_uids = p->more_uids;
	r->n_pids = p->n_pids;
	r->more_pids = p->more_pids;
	memcpy(r->pids, p->pids, sizeof(r->pids));
	r->more_peers = p->connections_gone;
}

static void add_row(void *arg, struct table_node *node)
{
	const struct group *g = table_entry(node, struct group, node);
	struct filling *f = arg;
	struct top_row *r = &f->s->rows[f->n];

	*r = (struct top_row){.key = g->node.hash};
	f->places[f->n] = (struct places){NO_TEXT, NO_TEXT, NO_TEXT, NO_TEXT, NO_TEXT};
	row_texts(&f->s->texts, g, &f->places[f->n]);
	figures(r, g, f);
	r->is_name = g->kind == KIND_NAMESPACE || g->kind == KIND_EXE;
	if (g->dimension == TOP_CONNECTIONS) {
		r->ended = g->connection.ended;
		r->protocol = g->connection.protocol;
		r->ports[0] = g->connection.end[0].port;
		r->ports[1] = g->connection.end[1].port;
	} else if (g->dimension == TOP_PAIRS) {
		pair_facts(r, &g->pair);
	} else if (g->dimension >= TOP_EXECUTABLES) {
		process_facts(r, &g->process);
	}
	f->n++;
}

static void add_others(struct filling *f, struct top_row *r, const struct group *g)
{
	*r = (struct top_row){.key = 1, .others = true};
	figures(r, g, f);
}

/* --------------------------------------------------------------------- the whole */

static int by_value(const void *a, const void *b)
{
	const struct top_row *x = a, *y = b;
	double bx = x->total.bytes_out + x->total.bytes_in;
	double by = y->total.bytes_out + y->total.bytes_in;
	int order;

	if (x->value != y->value)
		return x->value > y->value ? -1 : 1;
	if (bx != by)
		return bx > by ? -1 : 1;
	if (x->flows != y->flows)
		return x->flows > y->flows ? -1 : 1;
	order = strcmp(x->name, y->name);
	if (!order)
		order = strcmp(x->peer, y->peer);
	return order ? order : (x->first_ns > y->first_ns) - (x->first_ns < y->first_ns);
}

static int make_rows(struct filling *f, size_t n)
{
	struct top_row *rows = reallocarray(f->s->rows, n + 1, sizeof(*rows));
	struct top *t = (struct top *)f->t;
	int err = 0;

	if (!rows)
		return -ENOMEM;
	f->s->rows = rows;
	f->places = calloc(n + 1, sizeof(*f->places));
	if (!f->places)
		return -ENOMEM;
	f->s->texts.len = f->s->texts.err = 0;
	table_each(&t->dimensions[f->q->dimension].groups, add_row, f);
	for (size_t i = 0; i < f->n; i++)
		set_texts(&rows[i], &f->s->texts, &f->places[i]);
	free(f->places);
	if (f->q->peers && f->q->dimension >= TOP_EXECUTABLES)
		err = top_count_peers(f->t, f->q->dimension, rows, f->n);
	qsort(rows, f->n, sizeof(*rows), by_value);
	return err ? err : f->s->texts.err;
}

int top_snapshot(struct top *t, const struct top_query *q, struct top_snapshot *ret)
{
	struct top_query bounded = *q;
	struct filling f = {.t = t, .q = &bounded, .s = ret, .second = q->now_ns / NS_PER_SEC};
	static const struct places none = {NO_TEXT, NO_TEXT, NO_TEXT, NO_TEXT, NO_TEXT};
	const struct dimension *d;
	int err;

	if (bounded.dimension >= TOP_DIMENSIONS)
		return -EINVAL;
	if (bounded.seconds > 60)
		bounded.seconds = 60;
	top_flush(t);
	d = &t->dimensions[bounded.dimension];
	ret->behind_s = behind(t);
	err = make_rows(&f, d->groups.n);
	if (err) {
		ret->n = 0;
		return err;
	}
	ret->n = f.n;
	if (d->others.flows) {
		add_others(&f, &ret->rows[ret->n], &d->others);
		set_texts(&ret->rows[ret->n++], &ret->texts, &none);
	}
	add_others(&f, &ret->all, &t->all);
	set_texts(&ret->all, &ret->texts, &none);
	ret->flows = t->flows;
	ret->uncounted = t->uncounted;
	ret->without = d->without;
	ret->put_together = d->put_together;
	return 0;
}

void top_snapshot_free(struct top_snapshot *s)
{
	free(s->rows);
	text_free(&s->texts);
	*s = (struct top_snapshot){0};
}

/* ------------------------------------------------------------------------ series */

static float series_value(const struct top *t, const struct group *g, enum top_metric m,
			  uint64_t second, uint64_t late)
{
	lane_values v = course_at(&g->course, second > late ? second - late : 0);
	lane_values rare = {0};

	if (g->rare)
		rare = course_at(g->rare, second);
	switch (m) {
	case TOP_BEGUN:
		return rare[LANE_BEGUN];
	case TOP_DROPS:
		return rare[LANE_DROPS];
	case TOP_RETRANSMITS:
		return rare[LANE_RETRANSMITS];
	default:
		if (only_events(t))
			return course_at(&g->course, second)[LANE_EVENTS];
		return m == TOP_PACKETS ? v[LANE_PACKETS] : v[LANE_OUT] + v[LANE_IN];
	}
}

bool top_series(const struct top *t, const struct top_query *q, uint64_t key, unsigned int n,
		float *ret)
{
	const struct group *g = &t->all;
	uint64_t now = q->now_ns / NS_PER_SEC;
	unsigned int late = behind(t);

	if (key)
		g = key == 1 ? &t->dimensions[q->dimension].others : top_find(t, q->dimension, key);
	for (unsigned int i = 0; i < n; i++)
		ret[i] = g && now >= n - i ? series_value(t, g, q->metric, now - n + i, late) : 0;
	return g;
}
