// SPDX-License-Identifier: MIT
/* The bounds of the service map: what is smallest goes into the node "others". */
#include <stdlib.h>

#include "flows/service_map_parts.h"

#define ROOM_PART 4 /* what is made room of at a time: a quarter */

struct collected {
	void **v;
	size_t n;
};

static void collect_arc(void *arg, struct table_node *node)
{
	struct collected *c = arg;

	c->v[c->n++] = table_entry(node, struct map_arc, table);
}

static void collect_vertex(void *arg, struct table_node *node)
{
	struct collected *c = arg;

	c->v[c->n++] = table_entry(node, struct map_vertex, table);
}

static uint64_t arc_size(const struct map_arc *a)
{
	return a->sums.bytes + a->sums.reply_bytes + a->sums.flows;
}

/* Smallest first, then the latest that came: the same for the same flows. */
static int arcs_by_size(const void *a, const void *b)
{
	const struct map_arc *x = *(struct map_arc *const *)a, *y = *(struct map_arc *const *)b;

	if (arc_size(x) != arc_size(y))
		return arc_size(x) < arc_size(y) ? -1 : 1;
	if (x->from != y->from)
		return x->from->number > y->from->number ? -1 : 1;
	if (x->to != y->to)
		return x->to->number > y->to->number ? -1 : 1;
	return (y->port << 8 | y->protocol) - (x->port << 8 | x->protocol);
}

static int vertices_by_size(const void *a, const void *b)
{
	const struct map_vertex *x = *(struct map_vertex *const *)a,
				*y = *(struct map_vertex *const *)b;

	if (x->flows != y->flows)
		return x->flows < y->flows ? -1 : 1;
	return x->number > y->number ? -1 : 1;
}

/* What an arc was goes to the one between these; without memory it stays. */
static void arc_move(struct service_map *m, struct map_arc *a, struct map_vertex *from,
		     struct map_vertex *to)
{
	struct map_arc *target = map_arc_joined(m, from, to);

	if (!target || target == a)
		return;
	table_remove(&m->arcs, &a->table);
	a->moved = target;
	map_times_settle(m, target);
	map_times_settle(m, a);
	m->bytes += map_arc_merge(target, a);
}

/* The connections follow before what they point at is freed. Ports are counted anew. */
static void free_moved(struct service_map *m, struct collected *c)
{
	map_connections_redirect(m);
	map_ways_forget(m);
	for (size_t i = 0; i < c->n; i++) {
		struct map_arc *a = c->v[i];

		if (a->moved)
			map_arc_free(m, a);
	}
	map_pairs_clear(m);
}

static bool collect_all(struct table *t, void (*collect)(void *arg, struct table_node *node),
			struct collected *ret)
{
	*ret = (struct collected){.v = calloc(t->n + 1, sizeof(*ret->v))};
	if (ret->v)
		table_each(t, collect, ret);
	return ret->v != NULL;
}

void map_room_for_arcs(struct service_map *m)
{
	struct map_arc *rest = map_arc_joined(m, m->others, m->others);
	struct collected c;

	map_additions_settle(m, true);
	if (!rest || !collect_all(&m->arcs, collect_arc, &c))
		return;
	qsort(c.v, c.n, sizeof(*c.v), arcs_by_size);
	for (size_t i = 0, n = c.n / ROOM_PART + 1; i < c.n && n; i++) {
		struct map_arc *a = c.v[i];

		if (a == rest)
			continue;
		/* what was joined before, and is small still, goes where all of them are */
		arc_move(m, a, a->to == m->others || !a->sums.flows ? m->others : a->from,
			 m->others);
		n--;
	}
	free_moved(m, &c);
	free(c.v);
}

static void forget_also(void *arg, struct table_node *node)
{
	struct map_also *a = table_entry(node, struct map_also, table);

	(void)arg;
	if (a->vertex && a->vertex->gone)
		a->vertex = NULL;
}

static void mark_smallest(struct service_map *m, struct collected *vertices,
			  const struct collected *arcs)
{
	for (size_t i = 0; i < vertices->n; i++) {
		struct map_vertex *v = vertices->v[i];

		v->flows = v->listen_drops;
	}
	for (size_t i = 0; i < arcs->n; i++) {
		const struct map_arc *a = arcs->v[i];

		a->from->flows += a->sums.flows;
		a->to->flows += a->sums.flows;
	}
	qsort(vertices->v, vertices->n, sizeof(*vertices->v), vertices_by_size);
	for (size_t i = 0, n = vertices->n / ROOM_PART + 1; i < vertices->n && n; i++) {
		struct map_vertex *v = vertices->v[i];

		if (v == m->others)
			continue;
		v->gone = true;
		m->others->members += v->flows > 0; /* else a better name has taken what it was */
		m->others->listen_drops += v->listen_drops;
		n--;
	}
}

void map_room_for_vertices(struct service_map *m)
{
	struct collected vertices, arcs;

	if (m->vertices.n + 2 <= m->opt.max_nodes)
		return;
	map_additions_settle(m, true);
	if (!collect_all(&m->vertices, collect_vertex, &vertices))
		return;
	if (!collect_all(&m->arcs, collect_arc, &arcs)) {
		free(vertices.v);
		return;
	}
	mark_smallest(m, &vertices, &arcs);
	qsort(arcs.v, arcs.n, sizeof(*arcs.v), arcs_by_size);
	for (size_t i = 0; i < arcs.n; i++) {
		struct map_arc *a = arcs.v[i];

		if (!a->from->gone && !a->to->gone)
			continue;
		arc_move(m, a, a->from->gone ? m->others : a->from,
			 a->to->gone ? m->others : a->to);
		if (!a->moved) /* no memory: its ends stay, too */
			a->from->gone = a->to->gone = false;
	}
	free_moved(m, &arcs);
	table_each(&m->also, forget_also, NULL);
	map_ends_forget(m);
	for (size_t i = 0; i < vertices.n; i++) {
		struct map_vertex *v = vertices.v[i];

		if (!v->gone)
			continue;
		map_vertex_remove(m, v);
	}
	free(arcs.v);
	free(vertices.v);
}
