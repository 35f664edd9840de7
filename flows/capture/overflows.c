/* SPDX-License-Identifier: MIT */
#include "flows/capture/overflows.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NAMESPACES 1024 /* the least recently added is replaced */
#define LISTENERS 4096 /* likewise */
#define GREW_MAX 65536 /* in one look: more than any machine's listeners */

struct namespace_counts {
	uint32_t netns;
	bool known;
	uint64_t shared; /* up to here all was told, or is too old to be */
	uint64_t last; /* as it was counted at the last look */
};

/* That lost something, or came under suspicion. */
struct listener_sums {
	uint64_t cookie;
	uint32_t seen; /* the kernel's own count of drops */
	uint32_t lost;
	bool synflood;
};

struct overflows {
	overflows_count_fn count;
	void *arg;
	size_t n_namespaces, next_namespace, n_listeners, next_listener;
	struct namespace_counts namespaces[NAMESPACES];
	struct listener_sums listeners[LISTENERS];
	struct rec_socket *grew;
	size_t n_grew, room;
};

int overflows_new(overflows_count_fn count, void *arg, struct overflows **ret)
{
	struct overflows *o = calloc(1, sizeof(*o));

	if (!o)
		return -ENOMEM;
	o->count = count;
	o->arg = arg;
	*ret = o;
	return 0;
}

void overflows_free(struct overflows *o)
{
	if (!o)
		return;
	free(o->grew);
	free(o);
}

/* ------------------------------------------------------------- namespaces */

static struct namespace_counts *namespace_of(struct overflows *o, uint32_t netns)
{
	struct namespace_counts *n;

	for (size_t i = 0; i < o->n_namespaces; i++)
		if (o->namespaces[i].netns == netns)
			return &o->namespaces[i];
	n = o->n_namespaces < NAMESPACES ? &o->namespaces[o->n_namespaces++]
					 : &o->namespaces[o->next_namespace++ % NAMESPACES];
	*n = (struct namespace_counts){.netns = netns};
	return n;
}

static void begin(struct overflows *o, struct namespace_counts *n)
{
	n->known = o->count(o->arg, n->netns, &n->last);
	n->shared = n->last;
}

void overflows_listener(struct overflows *o, uint32_t netns)
{
	struct namespace_counts *n = namespace_of(o, netns);

	if (!n->known)
		begin(o, n);
}

/* -------------------------------------------------------------- listeners */

static struct listener_sums *sums_of(struct overflows *o, const struct rec_socket *rec)
{
	struct listener_sums *l = NULL;

	for (size_t i = 0; i < o->n_listeners && !l; i++)
		if (o->listeners[i].cookie == rec->cookie)
			l = &o->listeners[i];
	if (l && l->seen == rec->drops - rec->new_drops)
		return l;
	if (!l) /* else another socket lies there by now */
		l = o->n_listeners < LISTENERS ? &o->listeners[o->n_listeners++]
					       : &o->listeners[o->next_listener++ % LISTENERS];
	*l = (struct listener_sums){.cookie = rec->cookie};
	return l;
}

void overflows_grew(struct overflows *o, const struct rec_socket *rec)
{
	struct rec_socket *grown;

	if (o->n_grew == o->room && o->room < GREW_MAX) {
		grown = reallocarray(o->grew, o->room ? o->room * 2 : 16, sizeof(*grown));
		if (!grown)
			return;
		o->grew = grown;
		o->room = o->room ? o->room * 2 : 16;
	}
	if (o->n_grew < o->room)
		o->grew[o->n_grew++] = *rec;
}

/* ------------------------------------------------------------------ share */

static int compare(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

/* By namespace; there the queues that are full now first, then where more was dropped. */
static int compare_records(const void *a, const void *b)
{
	const struct rec_socket *x = a, *y = b;
	int order = compare(x->netns, y->netns);

	if (!order)
		order = compare(!!y->full, !!x->full);
	if (!order)
		order = compare(y->new_drops, x->new_drops);
	return order ? order : compare(x->cookie, y->cookie);
}

/* How many the full queues of a namespace lost that nobody has been told of. false: not known. */
static bool credit_of(struct overflows *o, struct namespace_counts *n, uint64_t *ret)
{
	uint64_t now, before = n->last;

	if (!n->known || !o->count(o->arg, n->netns, &now) || now < before) {
		/* from now on; a smaller count is another namespace's, of the same number */
		begin(o, n);
		return false;
	}
	*ret = now - n->shared;
	/* the counters are read after those of the listeners: what came between has its turn next time */
	n->shared = before > n->shared ? before : n->shared;
	n->last = now;
	return true;
}

/* *credit: what is left of it. */
static uint32_t lost_of(const struct rec_socket *rec, bool known, uint64_t *credit)
{
	uint32_t lost = rec->new_drops;

	/* nothing but the listener's own count tells of these */
	if (rec->full & LISTEN_NEARLY_FULL)
		return lost;
	if (!known)
		return rec->full ? lost : 0;
	if (lost > *credit)
		lost = *credit;
	*credit -= lost;
	return lost;
}

static void share_one(struct overflows *o, struct rec_socket *rec, uint32_t lost,
		      void (*f)(void *arg, const struct rec_socket *rec), void *arg)
{
	struct listener_sums *l = sums_of(o, rec);
	bool flooded = rec->synflood && !l->synflood;

	l->seen = rec->drops;
	l->synflood = rec->synflood;
	l->lost += lost;
	if (!lost && !flooded)
		return;
	rec->drops = l->lost;
	rec->new_drops = lost;
	f(arg, rec);
}

/* Returns how many of the records are of the first one's namespace: these were shared out. */
static size_t share_namespace(struct overflows *o, struct rec_socket *recs, size_t n,
			      void (*f)(void *arg, const struct rec_socket *rec), void *arg)
{
	struct namespace_counts *counts = namespace_of(o, recs[0].netns);
	uint64_t shared = counts->shared, credit = 0, left;
	bool known = credit_of(o, counts, &credit);
	size_t i;

	left = credit;
	for (i = 0; i < n && recs[i].netns == recs[0].netns; i++)
		share_one(o, &recs[i], lost_of(&recs[i], known, &left), f, arg);
	if (known && shared + credit - left > counts->shared)
		counts->shared = shared + credit - left;
	return i;
}

void overflows_share(struct overflows *o, void (*f)(void *arg, const struct rec_socket *rec),
		     void *arg)
{
	if (o->n_grew)
		qsort(o->grew, o->n_grew, sizeof(*o->grew), compare_records);
	for (size_t i = 0; i < o->n_grew;)
		i += share_namespace(o, o->grew + i, o->n_grew - i, f, arg);
	o->n_grew = 0;
}

/* ----------------------------------------------------------------- parser */

/* The next word from *p, or none: then of length 0. */
static const char *word(const char **p, const char *end, size_t *ret_n)
{
	const char *start;

	while (*p < end && **p == ' ')
		(*p)++;
	start = *p;
	while (*p < end && **p != ' ' && **p != '\n')
		(*p)++;
	*ret_n = *p - start;
	return start;
}

static uint64_t number(const char *p, size_t n)
{
	uint64_t value = 0;

	for (size_t i = 0; i < n && p[i] >= '0' && p[i] <= '9'; i++)
		value = value * 10 + p[i] - '0';
	return value;
}

static bool is_word(const char *p, size_t n, const char *what)
{
	return n == strlen(what) && !memcmp(p, what, n);
}

/* A line of names, and below it one of their values; both begin with the group ("TcpExt:"). */
bool overflows_parse_netstat(const char *text, size_t size, uint64_t *ret)
{
	const char *end = text + size, *names = text, *values, *name, *value;
	size_t n, n_value;
	bool found = false;

	values = memchr(text, '\n', size);
	if (!values)
		return false;
	values++;
	*ret = 0;
	for (;;) {
		name = word(&names, end, &n);
		value = word(&values, end, &n_value);
		if (!n || !n_value)
			return found;
		if (!is_word(name, n, "ListenOverflows") && !is_word(name, n, "TCPReqQFullDrop"))
			continue;
		*ret += number(value, n_value);
		found = true;
	}
}
