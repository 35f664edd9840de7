// SPDX-License-Identifier: MIT
/* How many others a row of processes has connections with. */
#include <errno.h>
#include <stdlib.h>

#include "flows/top_own.h"

/* Which executable, container or unit has a connection with whom. */
struct link {
	uint64_t owner, peer;
};

struct links {
	struct link *v;
	size_t n;
	enum top_dimension d;
};

static void add_link(struct links *l, const struct connection_part *c, int side)
{
	const struct group *peer = ref_group(c->endpoint[!side]);

	for (int i = 0; i < 2; i++) {
		const struct group *owner = ref_group(c->owner[side][i]);

		if (owner && owner->dimension == l->d)
			l->v[l->n++] = (struct link){owner->node.hash,
						     peer ? peer->node.hash : c->end[!side].port};
	}
}

static void collect_links(void *arg, struct table_node *node)
{
	const struct group *g = table_entry(node, struct group, node);

	add_link(arg, &g->connection, 0);
	add_link(arg, &g->connection, 1);
}

static int by_link(const void *a, const void *b)
{
	const struct link *x = a, *y = b;

	if (x->owner != y->owner)
		return x->owner < y->owner ? -1 : 1;
	return (x->peer > y->peer) - (x->peer < y->peer);
}

static int by_key(const void *a, const void *b)
{
	const struct top_row *x = a, *y = b;

	return (x->key > y->key) - (x->key < y->key);
}

/* The rows are in the order of their keys; so are the links. */
static void count_links(struct links *l, struct top_row *rows, size_t n)
{
	size_t row = 0;

	qsort(l->v, l->n, sizeof(*l->v), by_link);
	for (size_t i = 0; i < l->n; i++) {
		if (i && !by_link(&l->v[i], &l->v[i - 1]))
			continue;
		while (row < n && rows[row].key < l->v[i].owner)
			row++;
		if (row < n && rows[row].key == l->v[i].owner)
			rows[row].peers++;
	}
}

int top_count_peers(const struct top *t, enum top_dimension d, struct top_row *rows, size_t n)
{
	const struct table *connections = &t->dimensions[TOP_CONNECTIONS].groups;
	struct links l = {.d = d};

	if (!connections->n)
		return 0;
	l.v = calloc(4 * connections->n, sizeof(*l.v));
	if (!l.v)
		return -ENOMEM;
	table_each((struct table *)connections, collect_links, &l);
	qsort(rows, n, sizeof(*rows), by_key);
	count_links(&l, rows, n);
	free(l.v);
	return 0;
}
