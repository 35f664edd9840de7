// SPDX-License-Identifier: MIT
#include "flows/aggregate.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/record.h"
#include "flows/aggregate_names.h"
#include "flows/aggregate_quantile.h"
#include "flows/summary.h"
#include "flows/table.h"
#include "flows/text.h"

#define GROUPS_MAX 65536
#define BYTES_MAX (64u << 20) /* of groups and what they hold */
#define SEEN_MAX (1u << 18) /* connections told apart */
#define NS_PER_US 1000ull
#define HTTP_SERVER_ERROR 500

struct group {
	struct table_node node;
	struct aggregate_row row;
	struct quantiles rtt, latency;
	size_t n_key;
	char key[]; /* source, NUL, destination, NUL, port, protocol */
};

/* A connection that was counted, and how many retransmits of it were. */
struct seen {
	uint64_t hash; /* 0: free */
	uint64_t retransmits;
};

struct aggregate {
	enum aggregate_by by;
	size_t max_groups;
	struct table groups;
	size_t bytes; /* of the groups, their texts and quantiles */
	struct group *others;
	struct aggregate_row *rows;
	size_t n_rows; /* room */
	struct seen *seen;
	size_t n_seen, seen_size; /* size: a power of two */
	struct text key;
};

int aggregate_new(enum aggregate_by by, size_t max_groups, struct aggregate **ret)
{
	struct aggregate *a = calloc(1, sizeof(*a));

	if (a)
		a->others = calloc(1, sizeof(*a->others));
	if (!a || !a->others) {
		free(a);
		return -ENOMEM;
	}
	a->by = by;
	a->max_groups = max_groups ? max_groups : GROUPS_MAX;
	a->others->row =
		(struct aggregate_row){.source = "others", .destination = "others", .others = true};
	*ret = a;
	return 0;
}

/* ---------------------------------------------------------------------- groups */

static void forget(struct aggregate *a, struct group *g)
{
	a->bytes -= sizeof(*g) + g->n_key + quantiles_bytes(&g->rtt) + quantiles_bytes(&g->latency);
	table_remove(&a->groups, &g->node);
	quantiles_free(&g->rtt);
	quantiles_free(&g->latency);
	free(g);
}

static void merge(struct aggregate *a, struct group *to, const struct group *from)
{
	struct aggregate_row *t = &to->row;
	const struct aggregate_row *f = &from->row;

	t->flows += f->flows;
	t->connections += f->connections;
	t->packets += f->packets;
	t->bytes += f->bytes;
	t->reply_packets += f->reply_packets;
	t->reply_bytes += f->reply_bytes;
	t->drops += f->drops;
	t->errors += f->errors;
	t->retransmits += f->retransmits;
	if (f->first_ns && (!t->first_ns || f->first_ns < t->first_ns))
		t->first_ns = f->first_ns;
	if (f->last_ns > t->last_ns)
		t->last_ns = f->last_ns;
	a->bytes += quantiles_merge(&to->rtt, &from->rtt, true);
	a->bytes += quantiles_merge(&to->latency, &from->latency, true);
}

struct collected {
	struct group **v;
	size_t n;
};

static void collect(void *arg, struct table_node *node)
{
	struct collected *c = arg;

	c->v[c->n++] = table_entry(node, struct group, node);
}

/* Smallest first: by bytes, then by events; equal ones in the order of their names. */
static int by_size(const void *a, const void *b)
{
	const struct group *x = *(struct group *const *)a, *y = *(struct group *const *)b;
	uint64_t bx = x->row.bytes + x->row.reply_bytes, by = y->row.bytes + y->row.reply_bytes;

	if (bx != by)
		return bx < by ? -1 : 1;
	if (x->row.flows != y->row.flows)
		return x->row.flows < y->row.flows ? -1 : 1;
	return memcmp(x->key, y->key, x->n_key < y->n_key ? x->n_key : y->n_key);
}

/* The smallest quarter goes to the others: a sort for many new groups. */
static void make_room(struct aggregate *a)
{
	struct collected c = {.v = calloc(a->groups.n, sizeof(*c.v))};
	size_t n = a->groups.n / 4 + 1;

	if (!c.v)
		return;
	table_each(&a->groups, collect, &c);
	qsort(c.v, c.n, sizeof(*c.v), by_size);
	for (size_t i = 0; i < n && i < c.n; i++) {
		merge(a, a->others, c.v[i]);
		forget(a, c.v[i]);
	}
	free(c.v);
}

static struct group *find(const struct aggregate *a, uint64_t hash)
{
	struct table_node *node = table_find(&a->groups, hash);

	for (; node; node = table_next(node)) {
		struct group *g = table_entry(node, struct group, node);

		if (g->n_key == a->key.len && !memcmp(g->key, a->key.data, g->n_key))
			return g;
	}
	return NULL;
}

static struct group *add_group(struct aggregate *a, const struct aggregate_key *key, uint64_t hash)
{
	struct group *g;

	if (a->groups.n && (a->groups.n >= a->max_groups || a->bytes >= BYTES_MAX))
		make_room(a);
	g = calloc(1, sizeof(*g) + a->key.len);
	if (!g || table_insert(&a->groups, &g->node, hash)) {
		free(g);
		return a->others;
	}
	g->n_key = a->key.len;
	memcpy(g->key, a->key.data, g->n_key);
	g->row.source = g->key;
	g->row.destination = g->key + key->destination;
	g->row.port = key->port;
	g->row.protocol = key->protocol;
	a->bytes += sizeof(*g) + g->n_key;
	return g;
}

static struct group *group_of(struct aggregate *a, const struct flow *f)
{
	struct aggregate_key key;
	struct group *g;
	uint64_t hash;

	aggregate_key(&a->key, a->by, f, &key);
	if (a->key.err)
		return a->others;
	hash = table_hash(a->key.data, a->key.len);
	g = find(a, hash);
	return g ? g : add_group(a, &key, hash);
}

/* ----------------------------------------------------------------- connections */

/* What makes a connection one; the ends in the same order for both directions. */
static uint64_t connection_hash(const struct flow *f)
{
	bool swapped = aggregate_is_swapped(f);
	const struct flow_end *a = swapped ? &f->dst : &f->src, *b = swapped ? &f->src : &f->dst;
	struct {
		struct ip_addr addr[2];
		uint64_t id, node;
		uint16_t port[2];
		uint32_t protocol;
	} key = {.id = f->connection_id, .protocol = f->protocol};
	uint64_t hash;

	if (f->hubble)
		key.node = table_hash(f->hubble->node_name, strlen(f->hubble->node_name));
	if (!key.id) {
		key.node = 0; /* both nodes see the same connection */
		key.addr[0] = a->addr;
		key.addr[1] = b->addr;
		key.port[0] = a->port;
		key.port[1] = b->port;
	}
	hash = table_hash(&key, sizeof(key));
	return hash ? hash : 1;
}

static struct seen *seen_slot(const struct aggregate *a, uint64_t hash)
{
	size_t i = hash & (a->seen_size - 1);

	while (a->seen[i].hash && a->seen[i].hash != hash)
		i = (i + 1) & (a->seen_size - 1);
	return &a->seen[i];
}

/* Twice the room; false without memory, or when there is enough. */
static bool grow_seen(struct aggregate *a)
{
	struct aggregate bigger = {.seen_size = a->seen_size ? 2 * a->seen_size : 1024};

	if (bigger.seen_size > SEEN_MAX)
		return false;
	bigger.seen = calloc(bigger.seen_size, sizeof(*bigger.seen));
	if (!bigger.seen)
		return false;
	for (size_t i = 0; i < a->seen_size; i++)
		if (a->seen[i].hash)
			*seen_slot(&bigger, a->seen[i].hash) = a->seen[i];
	free(a->seen);
	a->seen = bigger.seen;
	a->seen_size = bigger.seen_size;
	return true;
}

/* NULL: there is no room to know it again. *ret_new: it was not known before. */
static struct seen *see(struct aggregate *a, uint64_t hash, bool *ret_new)
{
	struct seen *s = a->seen_size ? seen_slot(a, hash) : NULL;

	*ret_new = false;
	if (s && s->hash)
		return s;
	*ret_new = true;
	if (a->n_seen + 1 > a->seen_size / 4 * 3 && !grow_seen(a))
		return NULL;
	s = seen_slot(a, hash);
	s->hash = hash;
	a->n_seen++;
	return s;
}

static void add_connection(struct aggregate *a, struct group *g, const struct flow *f)
{
	uint64_t retransmits = (uint64_t)f->forward.retransmits + f->reply.retransmits;
	bool new;
	struct seen *s;

	if (flow_is_drop(f) || f->event == FLOW_ICMP_ERROR ||
	    (f->event == FLOW_L7 && !flow_foreign(f)))
		return;
	s = see(a, connection_hash(f), &new);
	/* without room: what is surely its first event, its last tells the retransmits */
	if (s ? new : f->event == FLOW_NEW && f->is_reply != REPLY_YES)
		g->row.connections++;
	if (s && retransmits > s->retransmits) {
		g->row.retransmits += retransmits - s->retransmits;
		s->retransmits = retransmits;
	} else if (!s && f->event == FLOW_END) {
		g->row.retransmits += retransmits;
	}
}

/* ---------------------------------------------------------------------- figures */

static uint64_t drops_of(const struct flow *f)
{
	const struct hubble *hubble = flow_foreign(f);

	/* Hubble tells a denied packet twice: as a policy's verdict and as a drop */
	if (hubble)
		return f->verdict == VERDICT_DROPPED &&
		       hubble->event_type != EVENT_TYPE_POLICY_VERDICT;
	if (f->event == FLOW_DROP)
		return f->drop.delta_packets;
	return f->event == FLOW_LISTEN_DROP ? f->listen.delta_drops : 0;
}

static bool is_error(const struct flow *f)
{
	if (f->event == FLOW_L7 && f->l7)
		return flow_failed(f) || f->l7->http.code >= HTTP_SERVER_ERROR;
	if (flow_foreign(f))
		return f->protocol == 6 && f->tcp_flags & TCPF_RST;
	return f->event == FLOW_END && !strncmp(flow_end_reason(f), "reset", 5);
}

static void add_times(struct aggregate *a, struct group *g, const struct flow *f)
{
	uint64_t rtt_us = flow_is_drop(f) || f->event == FLOW_L7 ? 0 : flow_rtt_us(f);
	bool grow = a->bytes < BYTES_MAX;

	if (rtt_us)
		a->bytes += quantiles_add(&g->rtt, rtt_us * NS_PER_US, grow);
	if (f->l7 && f->l7->latency_ns)
		a->bytes += quantiles_add(&g->latency, f->l7->latency_ns, grow);
	if (f->time_ns && (!g->row.first_ns || f->time_ns < g->row.first_ns))
		g->row.first_ns = f->time_ns;
	if (f->time_ns > g->row.last_ns)
		g->row.last_ns = f->time_ns;
}

void aggregate_add(struct aggregate *a, const struct flow *f)
{
	struct group *g = group_of(a, f);
	struct aggregate_row *row = &g->row;

	row->flows++;
	row->packets += f->forward.delta_packets;
	row->bytes += f->forward.delta_bytes;
	row->reply_packets += f->reply.delta_packets;
	row->reply_bytes += f->reply.delta_bytes;
	row->drops += drops_of(f);
	row->errors += is_error(f);
	add_connection(a, g, f);
	add_times(a, g, f);
}

/* ------------------------------------------------------------------------- rows */

static void fill_row(struct aggregate_row *to, const struct group *g)
{
	*to = g->row;
	to->rtt_p50_ns = quantiles_at(&g->rtt, 0.5);
	to->rtt_p99_ns = quantiles_at(&g->rtt, 0.99);
	to->latency_p50_ns = quantiles_at(&g->latency, 0.5);
	to->latency_p99_ns = quantiles_at(&g->latency, 0.99);
}

struct filling {
	struct aggregate_row *rows;
	size_t n;
};

static void add_row(void *arg, struct table_node *node)
{
	struct filling *f = arg;

	fill_row(&f->rows[f->n++], table_entry(node, struct group, node));
}

size_t aggregate_rows(struct aggregate *a, const struct aggregate_row **ret_rows)
{
	struct filling f = {0};

	if (a->groups.n + 1 > a->n_rows) {
		struct aggregate_row *rows = reallocarray(a->rows, a->groups.n + 1, sizeof(*rows));

		if (!rows)
			return 0;
		a->rows = rows;
		a->n_rows = a->groups.n + 1;
	}
	f.rows = a->rows;
	table_each(&a->groups, add_row, &f);
	if (a->others->row.flows)
		fill_row(&f.rows[f.n++], a->others);
	*ret_rows = a->rows;
	return f.n;
}

static void free_group(void *arg, struct table_node *node)
{
	forget(arg, table_entry(node, struct group, node));
}

void aggregate_free(struct aggregate *a)
{
	if (!a)
		return;
	table_each(&a->groups, free_group, a);
	table_free(&a->groups);
	quantiles_free(&a->others->rtt);
	quantiles_free(&a->others->latency);
	free(a->others);
	text_free(&a->key);
	free(a->rows);
	free(a->seen);
	free(a);
}
