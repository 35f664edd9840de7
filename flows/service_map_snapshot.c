// SPDX-License-Identifier: MIT
/* What the service map is at one moment: better names are put in, figures made of sums. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "flows/l7.h"
#include "flows/service_map_parts.h"

#define SECOND_NS 1000000000ull
#define FETCHED_BEFORE 3 /* arcs */
#define SECONDS_FETCHED 10
#define NAME_STEPS 3 /* an address, its Service, that one's workload */

/* A node as it is shown, and who it is. */
struct shown {
	uint64_t key;
	struct map_vertex *vertex, *best; /* whose better name it has */
	uint8_t kind, called;
	const char *namespace_name, *name, *workload_kind;
};

/* An arc between nodes that are shown. */
struct line {
	uint32_t from, to;
	const struct map_arc *arc;
	struct map_vertex *server;
};

struct work {
	struct service_map *m;
	struct map_snapshot *s;
	struct map_vertex **vertices;
	size_t n_vertices;
	struct line *lines;
	size_t n_lines;
	uint64_t now_ns;
	unsigned int seconds;
};

static void use(struct work *w, struct map_vertex *v)
{
	if (v->at)
		return;
	v->at = 1;
	w->vertices[w->n_vertices++] = v;
}

/* Who listens at an address that several may share is known by the port. */
static struct map_vertex *server_of(const struct service_map *m, const struct map_arc *a)
{
	struct map_vertex *better;

	if (a->to->rank != RANK_ADDRESS || !a->to->also || !a->port)
		return a->to;
	better = map_also_find(m, map_also_of_port(a->to->also, a->port, a->protocol));
	return better ? better : a->to;
}

static void collect_arc(void *arg, struct table_node *node)
{
	struct map_arc *a = table_entry(node, struct map_arc, table);
	struct work *w = arg;

	if (!a->sums.flows)
		return; /* a better name has taken what it was */
	map_times_settle(w->m, a);
	w->lines[w->n_lines++].arc = a;
	w->lines[w->n_lines - 1].server = server_of(w->m, a);
	use(w, a->from);
	use(w, w->lines[w->n_lines - 1].server);
}

static void collect_vertex(void *arg, struct table_node *node)
{
	struct map_vertex *v = table_entry(node, struct map_vertex, table);

	if (v->listen_drops)
		use(arg, v);
}

static void forget_place(void *arg, struct table_node *node)
{
	(void)arg;
	table_entry(node, struct map_vertex, table)->at = 0;
}

/* ------------------------------------------------------------------------- nodes */

static struct map_vertex *best_name(const struct service_map *m, struct map_vertex *v)
{
	for (int i = 0; i < NAME_STEPS && v->also; i++) {
		struct map_vertex *better = map_also_find(m, v->also);

		if (!better || better->rank <= v->rank)
			break;
		v = better;
	}
	return v;
}

static void shown_as(const struct service_map *m, struct map_vertex *v, struct shown *ret)
{
	struct map_vertex *best = best_name(m, v);

	*ret = (struct shown){.key = best->key,
			      .vertex = v,
			      .best = best,
			      .kind = best->kind,
			      .called = best->called,
			      .namespace_name = best->namespace_name,
			      .name = best->name,
			      .workload_kind = best->workload_kind};
	if (m->opt.group != MAP_NAMESPACE)
		return;
	map_namespace_of(best->kind, best->namespace_name, best->name, &ret->kind, &ret->name);
	ret->namespace_name = ret->workload_kind = "";
	ret->called = MAP_BY_NAME;
	ret->key = map_node_key(ret->kind, "", ret->name);
}

static int by_key(const void *a, const void *b)
{
	const struct shown *x = a, *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	if (x->best != y->best)
		return x->best->number < y->best->number ? -1 : 1;
	return x->vertex->number < y->vertex->number ? -1 : 1;
}

static void add_vertex(struct map_node *n, const struct map_vertex *v)
{
	n->listen_drops += v->listen_drops;
	if (v->first_ns && (!n->first_ns || v->first_ns < n->first_ns))
		n->first_ns = v->first_ns;
	if (v->last_ns > n->last_ns)
		n->last_ns = v->last_ns;
}

/* Vertices' `at` becomes their node's index. */
static int make_nodes(struct work *w)
{
	struct shown *shown = calloc(w->n_vertices + 1, sizeof(*shown));
	struct map_snapshot *s = w->s;

	s->nodes = calloc(w->n_vertices + 1, sizeof(*s->nodes));
	if (!shown || !s->nodes) {
		free(shown);
		return -ENOMEM;
	}
	for (size_t i = 0; i < w->n_vertices; i++)
		shown_as(w->m, w->vertices[i], &shown[i]);
	qsort(shown, w->n_vertices, sizeof(*shown), by_key);
	for (size_t i = 0; i < w->n_vertices; i++) {
		struct shown *h = &shown[i];

		if (!i || h->key != h[-1].key)
			s->nodes[s->n_nodes++] =
				(struct map_node){.key = h->key,
						  .kind = h->kind,
						  .called = h->called,
						  .namespace_name = h->namespace_name,
						  .name = h->name,
						  .workload_kind = h->workload_kind};
		h->vertex->at = s->n_nodes - 1;
		/* an address under its name is no further member */
		if (!i || h->best != h[-1].best)
			s->nodes[s->n_nodes - 1].members += h->best->members;
		add_vertex(&s->nodes[s->n_nodes - 1], h->vertex);
	}
	free(shown);
	return 0;
}

/* ------------------------------------------------------------------------- edges */

static int by_line(const void *a, const void *b)
{
	const struct line *x = a, *y = b;

	if (x->from != y->from)
		return x->from < y->from ? -1 : 1;
	if (x->to != y->to)
		return x->to < y->to ? -1 : 1;
	if (x->arc->port != y->arc->port)
		return x->arc->port < y->arc->port ? -1 : 1;
	if (x->arc->protocol != y->arc->protocol)
		return x->arc->protocol < y->arc->protocol ? -1 : 1;
	if (x->arc->from != y->arc->from)
		return x->arc->from->number < y->arc->from->number ? -1 : 1;
	return x->arc->to->number < y->arc->to->number ? -1
						       : x->arc->to->number > y->arc->to->number;
}

static bool is_same_edge(const struct line *a, const struct line *b)
{
	return a->from == b->from && a->to == b->to && a->arc->port == b->arc->port &&
	       a->arc->protocol == b->arc->protocol;
}

static const char *app_of(const struct map_arc *a)
{
	static const char *const seen[] = {
		[L7_DNS] = "DNS", [L7_HTTP] = "HTTP", [L7_KAFKA] = "Kafka"};

	return a->app && a->app < sizeof(seen) / sizeof(seen[0])
		       ? seen[a->app]
		       : map_port_app(a->protocol, a->port);
}

static void fill_rates(const struct work *w, const struct map_arc *a, struct map_edge *e)
{
	const struct map_sums *sums = &a->sums;
	uint64_t ns = w->s->last_ns - w->s->first_ns;
	double span = ns > SECOND_NS ? (double)ns / SECOND_NS : 1;
	map_amounts rates;

	if (!w->seconds) {
		e->reply_bytes_rate = sums->reply_bytes / span;
		e->bytes_rate = (sums->bytes + sums->reply_bytes) / span;
		e->packets_rate = (sums->packets + sums->reply_packets) / span;
		e->connections_rate = sums->connections / span;
		e->requests_rate = e->requests / span;
		return;
	}
	map_rates_read(&a->rates, w->now_ns, w->seconds, &rates);
	e->reply_bytes_rate = rates[RATE_REPLY_BYTES];
	e->bytes_rate = rates[RATE_BYTES] + rates[RATE_REPLY_BYTES];
	e->packets_rate = rates[RATE_PACKETS];
	e->connections_rate = rates[RATE_CONNECTIONS];
	/* a request and its answer are one; some tell of one of them only */
	e->requests_rate = rates[RATE_REQUESTS] > rates[RATE_RESPONSES] ? rates[RATE_REQUESTS]
									: rates[RATE_RESPONSES];
}

static void fill_times(const struct map_arc *a, struct map_edge *e)
{
	const struct quantiles *t = a->times;
	const struct quantiles *latency =
		t[TIME_LATENCY].total ? &t[TIME_LATENCY] : &t[TIME_ANSWER];

	e->rtt_p50_ns = quantiles_at(&t[TIME_RTT], 0.5);
	e->rtt_p99_ns = quantiles_at(&t[TIME_RTT], 0.99);
	e->handshake_p50_ns = quantiles_at(&t[TIME_HANDSHAKE], 0.5);
	e->handshake_p99_ns = quantiles_at(&t[TIME_HANDSHAKE], 0.99);
	e->latency_p50_ns = quantiles_at(latency, 0.5);
	e->latency_p99_ns = quantiles_at(latency, 0.99);
}

static void fill_reason(const struct map_arc *a, struct map_edge *e)
{
	const struct map_reason *most = &a->reasons[0];

	for (int i = 1; i < MAP_REASONS; i++)
		if (a->reasons[i].packets > most->packets)
			most = &a->reasons[i];
	e->drop_reason = most->packets ? most->reason : "";
	e->drop_function = most->packets ? most->function : "";
	e->drop_policy = a->policy;
}

static void fill_edge(const struct work *w, const struct map_arc *a, struct map_edge *e)
{
	const struct map_sums *s = &a->sums;

	e->port = a->port;
	e->protocol = a->protocol;
	e->app = app_of(a);
	e->flows = s->flows;
	e->connections = s->connections;
	e->requests = s->requests > s->responses ? s->requests : s->responses;
	e->packets = s->packets;
	e->bytes = s->bytes;
	e->reply_packets = s->reply_packets;
	e->reply_bytes = s->reply_bytes;
	e->drops = s->drops;
	e->sent = s->packets + s->reply_packets + s->events_sent;
	if (e->sent < e->drops)
		e->sent = e->drops;
	e->errors = s->errors;
	e->retransmits = s->retransmits;
	e->first_ns = s->first_ns;
	e->last_ns = s->last_ns;
	fill_times(a, e);
	fill_rates(w, a, e);
	fill_reason(a, e);
}

/* Arcs that are one edge where they are shown, n of them. */
static void join(const struct work *w, const struct line *lines, size_t n, struct map_edge *e)
{
	struct map_arc sum = {
		.port = lines->arc->port, .protocol = lines->arc->protocol, .policy = ""};

	if (n == 1) {
		fill_edge(w, lines->arc, e);
		return;
	}
	for (size_t i = 0; i < n; i++)
		map_arc_merge(&sum, lines[i].arc);
	fill_edge(w, &sum, e);
	map_times_free(&sum);
}

/* Arcs lie anywhere, and the next ones are known: they come while this one is read. */
static void fetch(const struct work *w, size_t i)
{
	const struct map_arc *a;
	size_t from, n = w->seconds < SECONDS_FETCHED ? w->seconds : SECONDS_FETCHED;

	if (i >= w->n_lines)
		return;
	a = w->lines[i].arc;
	__builtin_prefetch(&a->sums);
	__builtin_prefetch(&a->sums.connections);
	__builtin_prefetch(&a->rates.newest);
	__builtin_prefetch(&a->times[0]);
	__builtin_prefetch(&a->times[MAP_TIMES - 1]);
	from = w->now_ns / SECOND_NS - n;
	for (size_t k = 0; k <= n; k += MAP_LINE / sizeof(map_amounts))
		__builtin_prefetch(&a->rates.v[(from + k) % MAP_SECONDS]);
}

/* Behind fetch(): where its quantiles are is known by now. */
static void fetch_times(const struct work *w, size_t i)
{
	if (i >= w->n_lines)
		return;
	for (int of = 0; of < MAP_TIMES; of++) {
		const struct quantiles *q = &w->lines[i].arc->times[of];

		for (size_t k = 0; k < q->n; k += MAP_LINE / sizeof(*q->counts))
			__builtin_prefetch(&q->counts[k]);
	}
}

static int make_edges(struct work *w)
{
	struct map_snapshot *s = w->s;
	size_t n;

	s->edges = calloc(w->n_lines + 1, sizeof(*s->edges));
	if (!s->edges)
		return -ENOMEM;
	for (size_t i = 0; i < w->n_lines; i++) {
		w->lines[i].from = w->lines[i].arc->from->at;
		w->lines[i].to = w->lines[i].server->at;
	}
	qsort(w->lines, w->n_lines, sizeof(*w->lines), by_line);
	for (size_t i = 0; i < w->n_lines; i += n) {
		const struct line *line = &w->lines[i];
		struct map_edge *e = &s->edges[s->n_edges++];

		fetch(w, i + 2 * FETCHED_BEFORE);
		fetch_times(w, i + FETCHED_BEFORE);
		for (n = 1; i + n < w->n_lines && is_same_edge(line, line + n);)
			n++;
		join(w, line, n, e);
		e->from = line->from;
		e->to = line->to;
		e->key = map_edge_key(s->nodes[e->from].key, s->nodes[e->to].key, e->port,
				      e->protocol);
		if (s->nodes[e->from].kind == MAP_NODE_OTHERS ||
		    s->nodes[e->to].kind == MAP_NODE_OTHERS)
			s->left_out += e->flows;
	}
	return 0;
}

static int make(struct work *w)
{
	struct service_map *m = w->m;
	int err;

	map_additions_settle(m, true);
	table_each(&m->vertices, forget_place, NULL);
	table_each(&m->arcs, collect_arc, w);
	table_each(&m->vertices, collect_vertex, w);
	err = make_nodes(w);
	if (!err)
		err = make_edges(w);
	if (!err)
		err = map_snapshot_sort(w->s);
	return err;
}

int service_map_snapshot(const struct service_map *m, uint64_t now_ns, unsigned int seconds,
			 struct map_snapshot *ret)
{
	struct map_snapshot s = {.now_ns = now_ns, .flows = m->flows, .ignored = m->ignored};
	/* what waits is put in its place: nothing that anyone could see */
	struct work w = {
		.m = (struct service_map *)m, .s = &s, .now_ns = now_ns, .seconds = seconds};
	int err = -ENOMEM;

	s.strays = map_period_read(&m->period, &s.first_ns, &s.last_ns);
	w.vertices = calloc(m->vertices.n + 1, sizeof(struct map_vertex *));
	w.lines = calloc(m->arcs.n + 1, sizeof(*w.lines));
	if (w.vertices && w.lines)
		err = make(&w);
	free(w.vertices);
	free(w.lines);
	if (err) {
		map_snapshot_free_arrays(&s);
		return err;
	}
	map_snapshot_sums(&s);
	err = map_snapshot_own(&s);
	if (!err)
		*ret = s;
	return err;
}
