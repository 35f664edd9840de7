// SPDX-License-Identifier: MIT
/* The part of a snapshot that is looked at: namespaces as one, a node's neighbours, the busiest. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "flows/service_map_parts.h"

/* A snapshot on its way: node i of `from` becomes node to[i] of ret; NOWHERE: it is left out. */
#define NOWHERE UINT32_MAX

struct selecting {
	const struct map_snapshot *from;
	const struct map_selection *what;
	struct map_snapshot ret;
	uint32_t *to; /* by node of `from` */
	uint32_t *distance; /* of nodes of ret, for the focus */
};

/* --------------------------------------------------------------------- joined edges */

static int by_ends(const void *a, const void *b)
{
	const struct map_edge *x = a, *y = b;

	if (x->from != y->from)
		return x->from < y->from ? -1 : 1;
	if (x->to != y->to)
		return x->to < y->to ? -1 : 1;
	if (x->port != y->port)
		return x->port < y->port ? -1 : 1;
	if (x->protocol != y->protocol)
		return (int)x->protocol - (int)y->protocol;
	return x->key < y->key ? -1 : x->key > y->key; /* so that sums of doubles are the same */
}

/* Edges between the same nodes with the same port become one. */
static void join_same(struct map_snapshot *s)
{
	size_t n = 0;

	qsort(s->edges, s->n_edges, sizeof(*s->edges), by_ends);
	for (size_t i = 0; i < s->n_edges; i++) {
		struct map_edge *last = n ? &s->edges[n - 1] : NULL, *e = &s->edges[i];

		if (last && last->from == e->from && last->to == e->to && last->port == e->port &&
		    last->protocol == e->protocol)
			map_edge_join(last, e);
		else
			s->edges[n++] = *e;
	}
	s->n_edges = n;
	for (size_t i = 0; i < n; i++)
		s->edges[i].key =
			map_edge_key(s->nodes[s->edges[i].from].key, s->nodes[s->edges[i].to].key,
				     s->edges[i].port, s->edges[i].protocol);
}

/* ------------------------------------------------------------------ which are one */

/* NULL: it is in none. */
static const char *namespace_of(const struct map_node *n)
{
	uint8_t kind;
	const char *name;

	map_namespace_of(n->kind, n->namespace_name, n->name, &kind, &name);
	return kind == MAP_NODE_NAMESPACE ? name : NULL;
}

bool map_has_namespace(const struct map_snapshot *s, const char *name)
{
	for (size_t i = 0; i < s->n_nodes; i++) {
		const char *is = namespace_of(&s->nodes[i]);

		if (is && !strcmp(is, name))
			return true;
	}
	return false;
}

static bool is_collapsed(const struct map_selection *what, const struct map_node *n)
{
	const char *name = namespace_of(n);

	for (size_t i = 0; name && what->collapsed && what->collapsed[i]; i++)
		if (!strcmp(what->collapsed[i], name))
			return true;
	return false;
}

static void as_namespace(struct map_node *n)
{
	map_namespace_of(n->kind, n->namespace_name, n->name, &n->kind, &n->name);
	n->namespace_name = n->workload_kind = "";
	n->key = map_node_key(n->kind, "", n->name);
}

static void as_others(struct map_node *n)
{
	n->kind = MAP_NODE_OTHERS;
	n->namespace_name = n->workload_kind = "";
	n->name = "others";
	n->key = map_node_key(n->kind, "", n->name);
	n->mark = MAP_SAME;
}

/* The node of ret with that key, or a new one. */
static uint32_t put_node(struct map_snapshot *s, const struct map_node *n)
{
	struct map_node *to;

	for (size_t i = s->n_nodes; i-- > 0;) {
		to = &s->nodes[i];
		if (to->key != n->key)
			continue;
		to->members += n->members;
		to->listen_drops += n->listen_drops;
		to->mark = to->mark == n->mark ? to->mark : MAP_SAME;
		map_span(&to->first_ns, &to->last_ns, n->first_ns, n->last_ns);
		return i;
	}
	s->nodes[s->n_nodes] = *n;
	return s->n_nodes++;
}

/* A joined node is looked for among the joined ones only: they come first. */
static void put_joined(struct selecting *w, bool (*is_joined)(struct selecting *w, size_t i),
		       void (*become)(struct map_node *n))
{
	for (int joined = 1; joined >= 0; joined--)
		for (size_t i = 0; i < w->from->n_nodes; i++) {
			struct map_node n = w->from->nodes[i];

			if (is_joined(w, i) != joined)
				continue;
			if (joined) {
				become(&n);
				w->to[i] = put_node(&w->ret, &n);
			} else {
				w->to[i] = w->ret.n_nodes;
				w->ret.nodes[w->ret.n_nodes++] = n;
			}
		}
}

/* ------------------------------------------------------------------- one step each */

static int begin(struct selecting *w, const struct map_snapshot *from)
{
	struct map_snapshot empty = *from;

	empty.n_nodes = empty.n_edges = 0;
	empty.texts = NULL;
	empty.nodes = calloc(from->n_nodes + 1, sizeof(*empty.nodes));
	empty.edges = calloc(from->n_edges + 1, sizeof(*empty.edges));
	w->ret = empty;
	w->from = from;
	w->to = calloc(from->n_nodes + 1, sizeof(*w->to));
	w->distance = calloc(from->n_nodes + 1, sizeof(*w->distance));
	return empty.nodes && empty.edges && w->to && w->distance ? 0 : -ENOMEM;
}

static void put_edges(struct selecting *w)
{
	for (size_t i = 0; i < w->from->n_edges; i++) {
		struct map_edge e = w->from->edges[i];

		if (w->to[e.from] == NOWHERE || w->to[e.to] == NOWHERE)
			continue;
		e.from = w->to[e.from];
		e.to = w->to[e.to];
		w->ret.edges[w->ret.n_edges++] = e;
	}
	join_same(&w->ret);
}

/* Texts lie where those of the snapshot before do. */
static void end_step(struct selecting *w)
{
	free(w->to);
	free(w->distance);
	w->to = w->distance = NULL;
}

static bool collapses(struct selecting *w, size_t i)
{
	return is_collapsed(w->what, &w->from->nodes[i]);
}

static int collapse(struct selecting *w)
{
	put_joined(w, collapses, as_namespace);
	put_edges(w);
	return 0;
}

/* w->distance has UINT32_MAX where a node is not wanted. */
static int keep(struct selecting *w)
{
	for (size_t i = 0; i < w->from->n_nodes; i++) {
		w->to[i] = NOWHERE;
		if (w->distance[i] == NOWHERE)
			continue;
		w->to[i] = w->ret.n_nodes;
		w->ret.nodes[w->ret.n_nodes++] = w->from->nodes[i];
	}
	put_edges(w);
	return 0;
}

/* Edges away from the nodes at 0, in either direction, as far as `hops`. */
static void spread(struct selecting *w, unsigned int hops)
{
	bool more = true;

	for (unsigned int at = 0; at < hops && more; at++) {
		more = false;
		for (size_t i = 0; i < w->from->n_edges; i++) {
			const struct map_edge *e = &w->from->edges[i];
			uint32_t *a = &w->distance[e->from], *b = &w->distance[e->to];

			if (*a == at && *b == NOWHERE)
				*b = at + 1, more = true;
			else if (*b == at && *a == NOWHERE)
				*a = at + 1, more = true;
		}
	}
}

static int focus(struct selecting *w)
{
	for (size_t i = 0; i < w->from->n_nodes; i++)
		w->distance[i] = w->from->nodes[i].key == w->what->focus ? 0 : NOWHERE;
	spread(w, w->what->hops);
	return keep(w);
}

static bool has_name(const struct map_node *n, const char *search)
{
	struct text t = {0};
	bool found;

	map_node_text(&t, n);
	text_char(&t, '\0');
	found = !t.err && strcasestr(t.data, search);
	text_free(&t);
	return found;
}

static int search(struct selecting *w)
{
	for (size_t i = 0; i < w->from->n_nodes; i++)
		w->distance[i] = has_name(&w->from->nodes[i], w->what->search) ? 0 : NOWHERE;
	spread(w, 1);
	return keep(w);
}

/* Edges that were silent, and the nodes that have no other. */
static int recent(struct selecting *w)
{
	size_t n = 0;

	for (size_t i = 0; i < w->from->n_nodes; i++)
		w->distance[i] = w->from->nodes[i].listen_drops &&
						 w->from->nodes[i].last_ns >= w->what->since_ns
					 ? 0
					 : NOWHERE;
	for (size_t i = 0; i < w->from->n_edges; i++) {
		const struct map_edge *e = &w->from->edges[i];

		if (e->last_ns >= w->what->since_ns)
			w->distance[e->from] = w->distance[e->to] = 0;
	}
	keep(w);
	for (size_t i = 0; i < w->ret.n_edges; i++)
		if (w->ret.edges[i].last_ns >= w->what->since_ns)
			w->ret.edges[n++] = w->ret.edges[i];
	w->ret.n_edges = n;
	return 0;
}

/* ------------------------------------------------------------------------ busiest */

struct busy {
	uint64_t weight;
	uint64_t key;
	size_t i;
};

static int by_weight(const void *a, const void *b)
{
	const struct busy *x = a, *y = b;

	if (x->weight != y->weight)
		return x->weight > y->weight ? -1 : 1;
	return x->key < y->key ? -1 : x->key > y->key;
}

static bool is_quiet(struct selecting *w, size_t i)
{
	return w->distance[i] || w->from->nodes[i].kind == MAP_NODE_OTHERS;
}

/* What is bad is looked for, whatever little of it there is. */
static uint64_t weight_of(const struct map_edge *e)
{
	uint64_t weight = e->bytes + e->reply_bytes + e->flows;

	return map_edge_is_bad(e) ? weight + (1ull << 40) : weight;
}

/* Nodes in the order of their weight, the heaviest first; NULL without memory. */
static struct busy *by_business(const struct map_snapshot *s)
{
	struct busy *v = calloc(s->n_nodes + 1, sizeof(*v));

	if (!v)
		return NULL;
	for (size_t i = 0; i < s->n_nodes; i++)
		v[i] = (struct busy){s->nodes[i].listen_drops, s->nodes[i].key, i};
	for (size_t i = 0; i < s->n_edges; i++) {
		const struct map_edge *e = &s->edges[i];

		v[e->from].weight += weight_of(e);
		v[e->to].weight += weight_of(e);
	}
	qsort(v, s->n_nodes, sizeof(*v), by_weight);
	return v;
}

/* Between themselves, what is put together says nothing. */
static void drop_loops(struct map_snapshot *s, unsigned int kind)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n_edges; i++)
		if (s->edges[i].from != s->edges[i].to || s->nodes[s->edges[i].from].kind != kind)
			s->edges[n++] = s->edges[i];
	s->n_edges = n;
}

static int busiest(struct selecting *w)
{
	struct busy *v = by_business(w->from);

	if (!v)
		return -ENOMEM;
	for (size_t i = w->what->max_nodes; i < w->from->n_nodes; i++)
		w->distance[v[i].i] = 1;
	free(v);
	put_joined(w, is_quiet, as_others);
	put_edges(w);
	drop_loops(&w->ret, MAP_NODE_OTHERS);
	return 0;
}

static bool is_outside(const struct map_node *n)
{
	return n->kind == MAP_NODE_WORLD || n->kind == MAP_NODE_ADDRESS;
}

/* Among many that are about as busy, others would be the busiest at each look. */
static void prefer_shown(const struct selecting *w, struct busy *v)
{
	const struct map_snapshot *before = w->what->before;
	size_t n = before ? before->n_nodes : 0, most = 2 * (w->what->max_outside + 1);

	for (size_t i = 0; i < n && most; i++) {
		if (!is_outside(&before->nodes[i]))
			continue;
		most--;
		for (size_t k = 0; k < w->from->n_nodes; k++)
			if (v[k].key == before->nodes[i].key)
				v[k].weight += v[k].weight / 2;
	}
	qsort(v, w->from->n_nodes, sizeof(*v), by_weight);
}

static void as_rest(struct map_node *n)
{
	n->name = n->kind == MAP_NODE_WORLD ? "rest of the world" : "other addresses";
	n->key = map_node_key(n->kind, "", n->name);
	n->mark = MAP_SAME;
}

static bool is_rest(struct selecting *w, size_t i)
{
	return w->distance[i];
}

/* One is as good as its address: only where there are more. */
static int outside(struct selecting *w)
{
	size_t seen[2] = {0}, all[2] = {0};
	struct busy *v = by_business(w->from);

	if (!v)
		return -ENOMEM;
	prefer_shown(w, v);
	for (size_t i = 0; i < w->from->n_nodes; i++)
		if (is_outside(&w->from->nodes[i]))
			all[w->from->nodes[i].kind == MAP_NODE_WORLD]++;
	for (size_t i = 0; i < w->from->n_nodes; i++) {
		const struct map_node *n = &w->from->nodes[v[i].i];
		bool world = n->kind == MAP_NODE_WORLD;

		if (is_outside(n) && seen[world]++ >= w->what->max_outside &&
		    all[world] > w->what->max_outside + 1)
			w->distance[v[i].i] = 1;
	}
	free(v);
	put_joined(w, is_rest, as_rest);
	put_edges(w);
	return 0;
}

/* ------------------------------------------------------------------------ together */

/* Makes *s what a step makes of it. The arrays of `from` stay. */
static int step(struct map_snapshot *s, const struct map_snapshot *from,
		const struct map_selection *what, int (*fn)(struct selecting *w))
{
	struct selecting w = {.what = what};
	int err = begin(&w, s);

	if (!err)
		err = fn(&w);
	end_step(&w);
	if (err) {
		map_snapshot_free_arrays(&w.ret);
		return err;
	}
	if (s->nodes != from->nodes)
		map_snapshot_free_arrays(s);
	*s = w.ret;
	return 0;
}

static bool has_key(const struct map_snapshot *s, uint64_t key)
{
	for (size_t i = 0; i < s->n_nodes; i++)
		if (s->nodes[i].key == key)
			return true;
	return false;
}

static int all(struct selecting *w)
{
	return keep(w);
}

int map_select(const struct map_snapshot *from, const struct map_selection *what,
	       struct map_snapshot *ret)
{
	struct map_snapshot s = *from;
	int err = 0;

	if (what->since_ns)
		err = step(&s, from, what, recent);
	if (!err && what->collapsed)
		err = step(&s, from, what, collapse);
	/* what is focused on may be one of those outside, or what they become */
	if (!err && what->max_outside && what->focus && !has_key(&s, what->focus))
		err = step(&s, from, what, outside);
	if (!err && what->focus)
		err = step(&s, from, what, focus);
	if (!err && what->search && *what->search)
		err = step(&s, from, what, search);
	if (!err && what->max_outside)
		err = step(&s, from, what, outside);
	if (!err && what->max_nodes && s.n_nodes > what->max_nodes)
		err = step(&s, from, what, busiest);
	if (!err && s.nodes == from->nodes)
		err = step(&s, from, what, all);
	if (!err)
		err = map_snapshot_sort(&s);
	if (err) {
		if (s.nodes != from->nodes)
			map_snapshot_free_arrays(&s);
		return err;
	}
	map_snapshot_sums(&s);
	err = map_snapshot_own(&s);
	if (!err)
		*ret = s;
	return err;
}
