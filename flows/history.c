// SPDX-License-Identifier: MIT
#include "flows/history.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define HELD_MIN 64

/*
 * A copy ends where the flow has nothing but zeros any more (see kept_bytes()):
 * most flows have no NAT, no tunnel, no drop.
 */
struct record {
	struct record *next; /* the next younger one */
	uint32_t body_bytes;
	char body[];
};

/* What malloc() adds to a block, and how it rounds (glibc, 64 bit). */
#define MALLOC_BYTES(n) (((n) + 8 + 15) & ~(size_t)15)

/* How many records hold a process or a name: it is charged for once. */
struct held {
	const void *thing; /* NULL: free */
	uint32_t records, bytes;
};

/* What a flow may hold: six at each end, its message, and what Hubble says. */
#define THINGS_MAX 14
struct thing {
	const void *p;
	size_t bytes;
};

struct history {
	struct record *oldest, **tail;
	size_t max_bytes, record_bytes, thing_bytes;
	uint64_t flows, seen, evicted;
	struct held *held; /* open addressing */
	size_t held_size, held_count;
};

static size_t process_size(const struct process *p)
{
	return sizeof(*p) + (p->exe ? strlen(p->exe) + 1 : 0) +
	       (p->command ? strlen(p->command) + 1 : 0);
}

/* ----------------------------------------------------- things that are held */

static size_t held_slot(const struct held *held, size_t size, const void *p)
{
	size_t i = ((uintptr_t)p >> 4) * 0x9e3779b97f4a7c15 >> 32;

	while (held[i & (size - 1)].thing && held[i & (size - 1)].thing != p)
		i++;
	return i & (size - 1);
}

static int held_grow(struct history *h)
{
	size_t size = h->held_size ? h->held_size * 2 : HELD_MIN;
	struct held *held = calloc(size, sizeof(*held));

	if (!held)
		return -ENOMEM;
	for (size_t i = 0; i < h->held_size; i++)
		if (h->held[i].thing)
			held[held_slot(held, size, h->held[i].thing)] = h->held[i];
	free(h->held);
	h->held = held;
	h->held_size = size;
	return 0;
}

static int hold(struct history *h, const struct thing *t)
{
	struct held *slot;

	if (4 * (h->held_count + 1) > 3 * h->held_size && held_grow(h))
		return -ENOMEM;
	slot = &h->held[held_slot(h->held, h->held_size, t->p)];
	if (!slot->thing) {
		slot->thing = t->p;
		slot->bytes = t->bytes;
		h->held_count++;
		h->thing_bytes += t->bytes;
	}
	slot->records++;
	return 0;
}

static void let_go(struct history *h, const struct thing *t)
{
	size_t i = held_slot(h->held, h->held_size, t->p), next;

	if (--h->held[i].records)
		return;
	h->thing_bytes -= h->held[i].bytes;
	h->held_count--;
	h->held[i].thing = NULL;
	/* what collided with it must still be found: put the rest of the run in again */
	for (next = (i + 1) & (h->held_size - 1); h->held[next].thing;
	     next = (next + 1) & (h->held_size - 1)) {
		struct held moved = h->held[next];

		h->held[next].thing = NULL;
		h->held[held_slot(h->held, h->held_size, moved.thing)] = moved;
	}
}

static struct thing *thing(struct thing *t, const void *p, size_t bytes)
{
	*t = (struct thing){p, MALLOC_BYTES(bytes)};
	return t + 1;
}

static struct thing *things_of_end(struct thing *t, const struct flow_end *e)
{
	if (e->process)
		t = thing(t, e->process, process_size(e->process));
	if (e->endpoint)
		t = thing(t, e->endpoint, e->endpoint->bytes);
	if (e->service)
		t = thing(t, e->service, e->service->bytes);
	if (e->dns)
		t = thing(t, e->dns, e->dns->bytes);
	if (e->reverse)
		t = thing(t, e->reverse, e->reverse->bytes);
	if (e->place)
		t = thing(t, e->place, e->place->bytes);
	return t;
}

/* Fills t, of THINGS_MAX; returns how many. */
static size_t things_of(const struct flow *f, struct thing *t)
{
	struct thing *end = things_of_end(things_of_end(t, &f->src), &f->dst);

	if (f->l7)
		end = thing(end, f->l7, f->l7->bytes);
	if (f->hubble)
		end = thing(end, f->hubble, f->hubble->bytes);
	return end - t;
}

/* ---------------------------------------------------------- the records */

static size_t kept_bytes(const struct flow *f)
{
	if (f->event >= FLOW_DROP && f->event != FLOW_L7)
		return sizeof(*f);
	if (f->tunnel.type)
		return offsetof(struct flow, drop);
	return f->has_nat ? offsetof(struct flow, tunnel) : offsetof(struct flow, has_nat);
}

static size_t record_size(const struct record *r)
{
	return MALLOC_BYTES(sizeof(*r) + r->body_bytes);
}

/* The references stay the record's. */
static void load(const struct record *r, struct flow *ret_f)
{
	flow_init(ret_f);
	memcpy(ret_f, r->body, r->body_bytes);
}

static void remove_oldest(struct history *h)
{
	struct record *r = h->oldest;
	struct thing things[THINGS_MAX];
	struct flow f;

	load(r, &f);
	for (size_t n = things_of(&f, things); n-- > 0;)
		let_go(h, &things[n]);
	flow_release(&f);
	h->oldest = r->next;
	if (!h->oldest)
		h->tail = &h->oldest;
	h->record_bytes -= record_size(r);
	h->flows--;
	free(r);
}

static size_t history_bytes(const struct history *h)
{
	return h->record_bytes + h->thing_bytes + h->held_size * sizeof(*h->held);
}

static struct record *record_new(struct history *h, const struct flow *f)
{
	size_t body = kept_bytes(f);
	struct record *r = malloc(sizeof(*r) + body);
	struct thing things[THINGS_MAX];
	size_t n = things_of(f, things), held = 0;
	struct flow copy;

	while (r && held < n && !hold(h, &things[held]))
		held++;
	if (!r || held < n)
		goto no_memory;
	flow_copy(&copy, f);
	memcpy(r->body, &copy, body);
	r->body_bytes = body;
	r->next = NULL;
	return r;

no_memory:
	while (held)
		let_go(h, &things[--held]);
	free(r);
	return NULL;
}

void history_append(struct history *h, const struct flow *f)
{
	struct record *r = record_new(h, f);

	h->seen++;
	if (!r) {
		h->evicted++;
		return;
	}
	*h->tail = r;
	h->tail = &r->next;
	h->record_bytes += record_size(r);
	h->flows++;
	while (h->flows && history_bytes(h) > h->max_bytes) {
		remove_oldest(h);
		h->evicted++;
	}
}

int history_new(size_t max_bytes, struct history **ret_history)
{
	struct history *h = calloc(1, sizeof(*h));

	if (!h)
		return -ENOMEM;
	h->max_bytes = max_bytes;
	h->tail = &h->oldest;
	*ret_history = h;
	return 0;
}

void history_free(struct history *h)
{
	if (!h)
		return;
	while (h->flows)
		remove_oldest(h);
	free(h->held);
	free(h);
}

void history_stats(const struct history *h, struct history_stats *ret_stats)
{
	struct flow f;

	*ret_stats = (struct history_stats){
		.flows = h->flows,
		.bytes = history_bytes(h),
		.max_bytes = h->max_bytes,
		.seen = h->seen,
		.evicted = h->evicted,
	};
	/* not the first and the last: a connection's end may come late */
	for (const struct record *r = h->oldest; r; r = r->next) {
		load(r, &f);
		if (!ret_stats->oldest_ns || f.time_ns < ret_stats->oldest_ns)
			ret_stats->oldest_ns = f.time_ns;
		if (f.time_ns > ret_stats->newest_ns)
			ret_stats->newest_ns = f.time_ns;
	}
}

/* ------------------------------------------------------------- the walk */

static bool in_range(const struct history_range *range, const struct flow *f)
{
	return f->time_ns >= range->since_ns &&
	       (!range->until_ns || f->time_ns <= range->until_ns) &&
	       (!range->match || range->match(range->match_arg, f));
}

static uint64_t count_matches(const struct history *h, const struct history_range *range)
{
	uint64_t n = 0;
	struct flow f;

	for (const struct record *r = h->oldest; r; r = r->next) {
		load(r, &f);
		n += in_range(range, &f);
	}
	return n;
}

int history_each(const struct history *h, const struct history_range *range,
		 int (*fn)(void *arg, const struct flow *f), void *arg)
{
	uint64_t skip = 0, left = range->first ? range->first : UINT64_MAX;
	struct flow f;
	int ret = 0;

	if (range->last) {
		uint64_t matches = count_matches(h, range);

		skip = matches > range->last ? matches - range->last : 0;
	}
	for (const struct record *r = h->oldest; r && left && !ret; r = r->next) {
		load(r, &f);
		if (!in_range(range, &f))
			continue;
		if (skip) {
			skip--;
			continue;
		}
		left--;
		ret = fn(arg, &f);
	}
	return ret;
}
