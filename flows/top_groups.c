// SPDX-License-Identifier: MIT
/* The groups of a dimension: found, made, put together where there is no room. */
#include <stdlib.h>
#include <string.h>

#include "flows/select.h"
#include "flows/top_own.h"

#define BUSY_NS (60 * NS_PER_SEC) /* so long after its last event a group is in somebody's sight */
#define CROWDED_NS (10 * NS_PER_SEC) /* so long after others went for room there is none */

struct group *ref_group(struct group_ref r)
{
	return r.group && r.group->serial == r.serial ? r.group : NULL;
}

struct group_ref ref_to(struct group *g)
{
	return (struct group_ref){.group = g, .serial = g ? g->serial : 0};
}

struct group *top_find(const struct top *t, enum top_dimension d, uint64_t hash)
{
	struct table_node *node = table_find(&t->dimensions[d].groups, hash);

	return node ? table_entry(node, struct group, node) : NULL;
}

/* ------------------------------------------------------------------------- room */

static size_t times_own(const struct times *t)
{
	return t ? sizeof(*t) + times_bytes(t) : 0;
}

static size_t rare_own(const struct course *c)
{
	return c ? sizeof(*c) + course_bytes(c) : 0;
}

/* A group ends with the part of its dimension. */
static size_t size_of(enum top_dimension d)
{
	static const size_t parts[TOP_DIMENSIONS] = {
		[TOP_CONNECTIONS] = sizeof(struct connection_part),
		[TOP_PAIRS] = sizeof(struct pair_part),
		[TOP_EXECUTABLES] = sizeof(struct process_part),
		[TOP_CONTAINERS] = sizeof(struct process_part),
		[TOP_UNITS] = sizeof(struct process_part),
	};
	size_t size = offsetof(struct group, connection) + parts[d];

	return (size + 15) / 16 * 16; /* its lanes are vectors */
}

/* What it has beside itself. */
static size_t held_bytes(const struct group *g)
{
	return (g->key == g->inside ? 0 : g->n_key + 1) + course_bytes(&g->course) +
	       rare_own(g->rare) + times_own(g->rtt) + times_own(g->latency);
}

static size_t own_bytes(const struct group *g)
{
	return size_of(g->dimension) + held_bytes(g);
}

static void times_drop(struct times **t)
{
	if (*t)
		times_free(*t);
	free(*t);
	*t = NULL;
}

/* What a group holds beside itself. */
static void empty(struct group *g)
{
	if (g->rare)
		course_free(g->rare);
	free(g->rare);
	g->rare = NULL;
	course_free(&g->course);
	times_drop(&g->rtt);
	times_drop(&g->latency);
}

static void forget_row(struct group *g)
{
	struct seen *seen = g->connection.seen;

	if (seen) {
		seen->has_row = false;
		seen->waits = 0;
	}
}

/* Empties a group, whose memory is kept for the next one. */
static void recycle(struct top *t, struct group *g)
{
	struct dimension *d = &t->dimensions[g->dimension];

	t->bytes -= own_bytes(g);
	if (g->serial)
		table_remove(&d->groups, &g->node);
	if (g->dimension == TOP_CONNECTIONS)
		forget_row(g);
	else if (g->dimension != TOP_PAIRS)
		t->gone++;
	if (g->key != g->inside)
		free(g->key);
	empty(g);
	g->serial = 0;
	g->node.next = d->free ? &d->free->node : NULL;
	d->free = g;
}

static struct group *take(struct top *t, enum top_dimension which)
{
	struct dimension *d = &t->dimensions[which];
	struct group *g = d->free;

	if (!g)
		g = aligned_alloc(16, size_of(which));
	else
		d->free = g->node.next ? table_entry(g->node.next, struct group, node) : NULL;
	if (g)
		memset(g, 0, size_of(which));
	return g;
}

/* Zeroed room where there is none as yet. */
bool top_room(struct top *t, void **at, size_t size)
{
	if (*at)
		return true;
	*at = aligned_alloc(16, (size + 15) / 16 * 16);
	if (!*at)
		return false;
	memset(*at, 0, size);
	t->bytes += size;
	return true;
}

static void merge(struct top *t, struct group *to, const struct group *from)
{
	to->flows += from->flows;
	to->out += from->out;
	to->in += from->in;
	to->packets += from->packets;
	to->begun += from->begun;
	to->drops += from->drops;
	to->retransmits += from->retransmits;
	if (from->first_ns && (!to->first_ns || from->first_ns < to->first_ns))
		to->first_ns = from->first_ns;
	if (from->last_ns > to->last_ns)
		to->last_ns = from->last_ns;
	t->bytes += course_merge(&to->course, &from->course);
	if (from->rare && top_room(t, (void **)&to->rare, sizeof(*to->rare)))
		t->bytes += course_merge(to->rare, from->rare);
	if (from->rtt && top_room(t, (void **)&to->rtt, sizeof(*to->rtt)))
		t->bytes += times_merge(to->rtt, from->rtt, true);
	if (from->latency && top_room(t, (void **)&to->latency, sizeof(*to->latency)))
		t->bytes += times_merge(to->latency, from->latency, true);
}

/* Rows of processes tell that connections of theirs have gone. */
static void tell_owners(const struct group *g)
{
	for (int side = 0; side < 2; side++)
		for (int i = 0; i < 2; i++) {
			struct group *owner = ref_group(g->connection.owner[side][i]);

			if (owner)
				owner->process.connections_gone++;
		}
	if (g->connection.seen)
		g->connection.seen->told = true;
}

struct candidate {
	double worth;
	struct group *g;
};

struct candidates {
	struct candidate *v;
	size_t n;
	uint64_t now_ns, busy;
};

static double worth_of(const struct group *g)
{
	return g->out + g->in + (double)g->flows +
	       (double)LOSS_BYTES * (double)(g->drops + g->retransmits);
}

static void collect(void *arg, struct table_node *node)
{
	struct candidates *c = arg;
	struct group *g = table_entry(node, struct group, node);
	bool recent = g->last_ns + BUSY_NS > c->now_ns;

	if (g->busy == c->busy)
		return;
	c->v[c->n].g = g;
	c->v[c->n++].worth = worth_of(g) + (recent ? 1e18 : 0);
}

/* Least worth first; equal ones oldest first, then in the order of their keys. */
static int by_worth(const struct candidate *x, const struct candidate *y)
{
	size_t n = x->g->n_key < y->g->n_key ? x->g->n_key : y->g->n_key;
	int order;

	if (x->worth != y->worth)
		return x->worth < y->worth ? -1 : 1;
	if (x->g->last_ns != y->g->last_ns)
		return x->g->last_ns < y->g->last_ns ? -1 : 1;
	order = memcmp(x->g->key, y->g->key, n);
	return order ? order : (x->g->n_key > y->g->n_key) - (x->g->n_key < y->g->n_key);
}

static bool is_worth_less(const void *a, const void *b)
{
	return by_worth(a, b) < 0;
}

static void hold_one(const struct top *t, struct group_ref r)
{
	if (r.group)
		r.group->busy = t->flows;
}

/* The other end's groups, as they were found before. */
static void hold(const struct top *t)
{
	if (!t->held)
		return;
	hold_one(t, t->held->endpoint);
	hold_one(t, t->held->space);
	hold_one(t, t->held->exe);
	hold_one(t, t->held->place);
}

/* The half that is worth least goes to the others: one walk for many new groups. */
static void make_room(struct top *t, enum top_dimension which)
{
	struct dimension *d = &t->dimensions[which];
	struct candidates c = {.now_ns = t->now_ns, .busy = t->flows};
	size_t n = d->groups.n / 2;

	/* what waits holds groups; but no connections and no pairs */
	if (which != TOP_CONNECTIONS && which != TOP_PAIRS) {
		top_flush(t);
		hold(t);
	}
	c.v = calloc(d->groups.n, sizeof(*c.v));
	if (!c.v)
		return;
	table_each(&d->groups, collect, &c);
	select_least(c.v, c.n, sizeof(*c.v), n, is_worth_less);
	for (size_t i = 0; i < n && i < c.n; i++) {
		double worth = worth_of(c.v[i].g);

		d->floor = i && d->floor > worth ? d->floor : worth;
		if (which == TOP_CONNECTIONS)
			tell_owners(c.v[i].g);
		merge(t, &d->others, c.v[i].g);
		recycle(t, c.v[i].g);
		d->put_together++;
	}
	d->floor_ns = t->now_ns;
	free(c.v);
}

bool top_is_crowded(const struct top *t, enum top_dimension which, double worth)
{
	const struct dimension *d = &t->dimensions[which];

	return worth < d->floor && t->now_ns < d->floor_ns + CROWDED_NS &&
	       d->floor_ns < t->now_ns + CROWDED_NS;
}

/* ------------------------------------------------------------------------ groups */

static struct group *find(const struct top *t, enum top_dimension d, uint8_t kind, uint64_t hash)
{
	struct table_node *node = table_find(&t->dimensions[d].groups, hash);

	for (; node; node = table_next(node)) {
		struct group *g = table_entry(node, struct group, node);

		if (g->kind == kind && g->n_key == t->key.len &&
		    !memcmp(g->key, t->key.data, g->n_key))
			return g;
	}
	return NULL;
}

static bool set_key(struct group *g, const struct text *key)
{
	g->key = key->len < sizeof(g->inside) ? g->inside : malloc(key->len + 1);
	if (!g->key)
		return false;
	memcpy(g->key, key->data, key->len);
	g->key[key->len] = '\0';
	g->n_key = key->len;
	return true;
}

struct group *top_group(struct top *t, enum top_dimension which, uint8_t kind, bool *ret_new)
{
	struct dimension *d = &t->dimensions[which];
	uint64_t hash = table_hash(t->key.data, t->key.len) + kind;
	struct group *g;

	*ret_new = false;
	hash += !hash;
	g = t->key.err ? &d->others : find(t, which, kind, hash);
	if (g)
		return g;
	if (d->groups.n >= d->max)
		make_room(t, which);
	g = d->groups.n < d->max ? take(t, which) : NULL;
	if (!g)
		return &d->others;
	if (!set_key(g, &t->key) || table_insert(&d->groups, &g->node, hash)) {
		if (g->key != g->inside)
			free(g->key);
		free(g);
		return &d->others;
	}
	g->serial = ++t->serial;
	g->dimension = which;
	g->kind = kind;
	t->bytes += own_bytes(g);
	*ret_new = true;
	return g;
}

static void forget_in(struct group *g, uint64_t now_ns)
{
	course_forget_after(&g->course, now_ns / NS_PER_SEC);
	if (g->rare)
		course_forget_after(g->rare, now_ns / NS_PER_SEC);
	if (g->rtt)
		times_forget_after(g->rtt, now_ns);
	if (g->latency)
		times_forget_after(g->latency, now_ns);
}

static void forget_in_node(void *arg, struct table_node *node)
{
	forget_in(table_entry(node, struct group, node), *(uint64_t *)arg);
}

void top_forget_after(struct top *t, uint64_t now_ns)
{
	for (size_t i = 0; i < TOP_DIMENSIONS; i++) {
		table_each(&t->dimensions[i].groups, forget_in_node, &now_ns);
		forget_in(&t->dimensions[i].others, now_ns);
	}
	forget_in(&t->all, now_ns);
}

static void drop_group(void *arg, struct table_node *node)
{
	recycle(arg, table_entry(node, struct group, node));
}

static void empty_others(struct top *t, struct group *g)
{
	g->key = g->inside;
	t->bytes -= held_bytes(g);
	empty(g);
	*g = (struct group){.serial = 1, .key = g->inside, .dimension = g->dimension};
}

/* Forgets all groups and gives their memory back. */
void top_groups_reset(struct top *t)
{
	for (size_t i = 0; i < TOP_DIMENSIONS; i++) {
		struct dimension *d = &t->dimensions[i];

		table_each(&d->groups, drop_group, t);
		while (d->free) {
			struct group *g = d->free;

			d->free =
				g->node.next ? table_entry(g->node.next, struct group, node) : NULL;
			free(g);
		}
		empty_others(t, &d->others);
		d->put_together = d->without = 0;
		d->floor = 0;
	}
	empty_others(t, &t->all);
}
