// SPDX-License-Identifier: MIT
/* Whom a row of processes talks to: its connections, put together by the other end and the port. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "flows/top_own.h"

#define NAME_SHOWN 513

/* A side of a connection that is the row's; sorted, equal ones lie together. */
struct side {
	const struct connection_part *c;
	const struct group *g, *peer; /* peer NULL: its name is no more held */
	int side;
};

struct sides {
	const struct group *row;
	struct side *v;
	size_t n;
};

static bool is_of(const struct connection_part *c, int side, const struct group *row)
{
	return ref_group(c->owner[side][0]) == row || ref_group(c->owner[side][1]) == row;
}

static void collect(void *arg, struct table_node *node)
{
	const struct group *g = table_entry(node, struct group, node);
	struct sides *s = arg;

	for (int side = 0; side < 2; side++)
		if (is_of(&g->connection, side, s->row))
			s->v[s->n++] = (struct side){
				&g->connection, g, ref_group(g->connection.endpoint[!side]), side};
}

static int by_talk(const void *a, const void *b)
{
	const struct side *x = a, *y = b;
	uint16_t px = x->c->end[1].port, py = y->c->end[1].port;

	if (x->peer != y->peer)
		return x->peer < y->peer ? -1 : 1;
	if (!x->peer) {
		int order = memcmp(&x->c->end[!x->side].addr, &y->c->end[!y->side].addr,
				   sizeof(x->c->end[0].addr));

		if (order)
			return order;
	}
	if (px != py)
		return px < py ? -1 : 1;
	if (x->c->protocol != y->c->protocol)
		return x->c->protocol < y->c->protocol ? -1 : 1;
	return x->side - y->side;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash[1] ? slash + 1 : path;
}

/* Texts are offsets until the arena stands still. */
static const char *offset(size_t at)
{
	return (const char *)(uintptr_t)at;
}

static void begin_talk(struct top_talk *k, const struct side *s, struct text *t)
{
	const struct tuple_end *e = &s->c->end[!s->side];
	const struct group *exe = ref_group(s->c->owner[!s->side][0]);

	*k = (struct top_talk){
		.peer = offset(t->len),
		.port = s->c->end[1].port,
		.protocol = s->c->protocol,
		.calls = !s->side,
	};
	if (s->peer && s->peer->n_key)
		text_mem(t, s->peer->key, s->peer->n_key);
	else if (e->has_addr)
		text_addr(t, &e->addr);
	else
		text_char(t, '-');
	text_char(t, '\0');
	k->peer_process = offset(t->len);
	if (exe)
		text_escape(t, base_name(exe->key), NAME_SHOWN);
	text_char(t, '\0');
}

static void add_side(struct top_talk *k, const struct side *s)
{
	const struct group *g = s->g;

	k->connections++;
	k->open += !s->c->ended;
	k->total.bytes_out += s->side ? g->in : g->out;
	k->total.bytes_in += s->side ? g->out : g->in;
	k->total.packets += (double)g->packets;
	k->total.events += (double)g->flows;
	k->total.begun += (double)g->begun;
	k->total.drops += (double)g->drops;
	k->total.retransmits += (double)g->retransmits;
	if (s->c->rtt_ns > k->rtt_ns)
		k->rtt_ns = s->c->rtt_ns;
	if (g->last_ns > k->last_ns)
		k->last_ns = g->last_ns;
}

static int by_size(const void *a, const void *b)
{
	const struct top_talk *x = a, *y = b;
	double bx = x->total.bytes_out + x->total.bytes_in;
	double by = y->total.bytes_out + y->total.bytes_in;
	int order = strcmp(x->peer, y->peer);

	if (bx != by)
		return bx > by ? -1 : 1;
	if (x->total.events != y->total.events)
		return x->total.events > y->total.events ? -1 : 1;
	return order ? order : x->port - y->port;
}

static int put_together(struct sides *s, struct top_talks *ret)
{
	ret->v = calloc(s->n + 1, sizeof(*ret->v));
	if (!ret->v)
		return -ENOMEM;
	qsort(s->v, s->n, sizeof(*s->v), by_talk);
	for (size_t i = 0; i < s->n; i++) {
		if (!i || by_talk(&s->v[i], &s->v[i - 1]))
			begin_talk(&ret->v[ret->n++], &s->v[i], &ret->texts);
		add_side(&ret->v[ret->n - 1], &s->v[i]);
	}
	if (ret->texts.err)
		return ret->texts.err;
	for (size_t i = 0; i < ret->n; i++) {
		ret->v[i].peer = ret->texts.data + (uintptr_t)ret->v[i].peer;
		ret->v[i].peer_process = ret->texts.data + (uintptr_t)ret->v[i].peer_process;
	}
	qsort(ret->v, ret->n, sizeof(*ret->v), by_size);
	return 0;
}

int top_talks(const struct top *t, enum top_dimension d, uint64_t key, struct top_talks *ret)
{
	struct table *connections = &((struct top *)t)->dimensions[TOP_CONNECTIONS].groups;
	struct sides s = {.row = d >= TOP_EXECUTABLES && d < TOP_DIMENSIONS ? top_find(t, d, key)
									    : NULL};
	int err;

	if (!s.row)
		return -ENOENT;
	s.v = calloc(2 * connections->n + 1, sizeof(*s.v));
	if (!s.v)
		return -ENOMEM;
	table_each(connections, collect, &s);
	ret->gone = s.row->process.connections_gone;
	err = put_together(&s, ret);
	free(s.v);
	if (err)
		top_talks_free(ret);
	return err;
}

void top_talks_free(struct top_talks *k)
{
	free(k->v);
	text_free(&k->texts);
	*k = (struct top_talks){0};
}
