// SPDX-License-Identifier: MIT
#include "flows/history.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "flows/history_held.h"

/* Flows whose times are summed up in one struct span. */
#define SPAN 64u

/*
 * A copy ends where the flow has nothing but zeros any more (see kept_bytes()):
 * most flows have no NAT, no tunnel, no drop.
 */
struct record {
	uint64_t body_bytes;
	char body[]; /* begins with the flow's time */
};

struct span {
	uint64_t min_ns, max_ns;
};

/* Flow number n is records[n & (size - 1)], and in spans[n / SPAN & (size / SPAN - 1)]. */
struct history {
	struct record **records;
	struct span *spans;
	size_t size; /* a power of two, SPAN at least; 0: nothing came yet */
	uint64_t oldest, next; /* numbers: those from oldest to before next are held */
	uint64_t unfit; /* never had a number */
	size_t max_bytes, record_bytes;
	struct held held;
	struct flow read; /* what history_next() handed out */
};

/* ---------------------------------------------------------- the records */

static size_t kept_bytes(const struct flow *f)
{
	if (f->event >= FLOW_DROP && f->event != FLOW_L7)
		return sizeof(*f);
	if (f->tunnel.type)
		return offsetof(struct flow, drop);
	return f->has_nat ? offsetof(struct flow, tunnel) : offsetof(struct flow, has_nat);
}

static size_t record_size(size_t body_bytes)
{
	return MALLOC_BYTES(sizeof(struct record) + body_bytes);
}

/* The references stay the record's. */
static void load(const struct record *r, struct flow *ret_f)
{
	memcpy(ret_f, r->body, r->body_bytes);
	memset((char *)ret_f + r->body_bytes, 0, sizeof(*ret_f) - r->body_bytes);
}

static struct record *record_at(const struct history *h, uint64_t number)
{
	return h->records[number & (h->size - 1)];
}

static struct span *span_at(const struct history *h, uint64_t number)
{
	return &h->spans[number / SPAN & (h->size / SPAN - 1)];
}

static uint64_t time_of(const struct record *r)
{
	uint64_t ns;

	memcpy(&ns, r->body + offsetof(struct flow, time_ns), sizeof(ns));
	return ns;
}

static size_t history_bytes(const struct history *h)
{
	return h->record_bytes + h->held.bytes + held_table_bytes(&h->held) +
	       h->size * sizeof(*h->records) + h->size / SPAN * sizeof(*h->spans);
}

static void remove_oldest(struct history *h)
{
	struct record *r = record_at(h, h->oldest);
	struct flow f;

	load(r, &f);
	held_remove(&h->held, &f);
	flow_release(&f);
	h->oldest++;
	h->record_bytes -= record_size(r->body_bytes);
	free(r);
}

/* Every record moves to the place that its number has in a ring of twice the size. */
static int ring_grow(struct history *h)
{
	size_t size = h->size ? 2 * h->size : SPAN;
	struct record **records = malloc(size * sizeof(*records));
	struct span *spans = malloc(size / SPAN * sizeof(*spans));

	if (!records || !spans) {
		free(records);
		free(spans);
		return -ENOMEM;
	}
	for (uint64_t n = h->oldest; n < h->next; n++) {
		records[n & (size - 1)] = record_at(h, n);
		spans[n / SPAN & (size / SPAN - 1)] = *span_at(h, n);
	}
	free(h->records);
	free(h->spans);
	h->records = records;
	h->spans = spans;
	h->size = size;
	return 0;
}

/* NULL without memory. */
static struct record *record_new(struct history *h, const struct flow *f)
{
	size_t body = kept_bytes(f);
	struct record *r = malloc(sizeof(*r) + body);
	struct flow copy;

	if (!r || held_add(&h->held, f)) {
		free(r);
		return NULL;
	}
	flow_copy(&copy, f);
	memcpy(r->body, &copy, body);
	r->body_bytes = body;
	h->record_bytes += record_size(body);
	return r;
}

static void note_time(struct history *h, uint64_t ns)
{
	struct span *s = span_at(h, h->next);

	if (h->next % SPAN == 0 || h->next == h->oldest)
		*s = (struct span){ns, ns};
	if (ns < s->min_ns)
		s->min_ns = ns;
	if (ns > s->max_ns)
		s->max_ns = ns;
}

void history_append(struct history *h, const struct flow *f)
{
	struct record *r = NULL;

	/*
	 * A span has room for one run of numbers: of the oldest and the newest flow, the
	 * ring keeps them a span apart.
	 */
	if (record_size(kept_bytes(f)) <= h->max_bytes &&
	    (h->next - h->oldest + SPAN < h->size || !ring_grow(h)))
		r = record_new(h, f);
	if (!r) {
		h->unfit++;
		return;
	}
	note_time(h, f->time_ns);
	h->records[h->next++ & (h->size - 1)] = r;
	while (h->oldest < h->next && history_bytes(h) > h->max_bytes)
		remove_oldest(h);
}

int history_new(size_t max_bytes, struct history **ret_history)
{
	struct history *h = calloc(1, sizeof(*h));

	if (!h)
		return -ENOMEM;
	h->max_bytes = max_bytes;
	*ret_history = h;
	return 0;
}

void history_free(struct history *h)
{
	if (!h)
		return;
	while (h->oldest < h->next)
		remove_oldest(h);
	held_free(&h->held);
	free(h->records);
	free(h->spans);
	free(h);
}

/* ------------------------------------------------------------ the time span */

static void widen(struct history_stats *s, uint64_t min_ns, uint64_t max_ns)
{
	if (!s->oldest_ns || min_ns < s->oldest_ns)
		s->oldest_ns = min_ns;
	if (max_ns > s->newest_ns)
		s->newest_ns = max_ns;
}

/* Not the first and the last flow's: a connection's end may come late. */
static void held_times(const struct history *h, struct history_stats *s)
{
	uint64_t n = h->oldest;

	/* of the oldest span a part is gone: flow by flow */
	for (; n < h->next && n % SPAN; n++)
		widen(s, time_of(record_at(h, n)), time_of(record_at(h, n)));
	for (; n < h->next; n += SPAN)
		widen(s, span_at(h, n)->min_ns, span_at(h, n)->max_ns);
}

void history_stats(const struct history *h, struct history_stats *ret_stats)
{
	*ret_stats = (struct history_stats){
		.flows = h->next - h->oldest,
		.bytes = history_bytes(h),
		.max_bytes = h->max_bytes,
		.seen = h->next + h->unfit,
		.evicted = h->oldest + h->unfit,
	};
	held_times(h, ret_stats);
}

/* ------------------------------------------------------------- the cursors */

void history_seek_oldest(const struct history *h, struct history_cursor *ret)
{
	ret->next = h->oldest;
}

void history_seek_end(const struct history *h, struct history_cursor *ret)
{
	ret->next = h->next;
}

const struct flow *history_next(struct history *h, struct history_cursor *c, uint64_t *ret_lost)
{
	*ret_lost = 0;
	if (c->next < h->oldest) {
		*ret_lost = h->oldest - c->next;
		c->next = h->oldest;
	}
	if (c->next >= h->next)
		return NULL;
	load(record_at(h, c->next++), &h->read);
	return &h->read;
}

const struct flow *history_previous(struct history *h, struct history_cursor *c)
{
	if (c->next > h->next)
		c->next = h->next;
	if (c->next <= h->oldest)
		return NULL;
	load(record_at(h, --c->next), &h->read);
	return &h->read;
}

/* ------------------------------------------------------------- the walk */

static bool in_time(const struct history_range *range, const struct record *r)
{
	uint64_t ns = time_of(r);

	return ns >= range->since_ns && (!range->until_ns || ns <= range->until_ns);
}

/* The flow of that number, when it is in range. */
static bool load_in_range(const struct history *h, const struct history_range *range,
			  uint64_t number, struct flow *ret_f)
{
	const struct record *r = record_at(h, number);

	if (!in_time(range, r))
		return false;
	load(r, ret_f);
	return !range->match || range->match(range->match_arg, ret_f);
}

void history_seek_last(const struct history *h, const struct history_range *range, uint64_t n,
		       struct history_cursor *ret)
{
	uint64_t left = n ? n : UINT64_MAX;
	struct flow f;

	ret->next = h->next;
	for (uint64_t at = h->next; at > h->oldest && left; at--) {
		if (!load_in_range(h, range, at - 1, &f))
			continue;
		ret->next = at - 1;
		left--;
	}
}

int history_each(const struct history *h, const struct history_range *range,
		 int (*fn)(void *arg, const struct flow *f), void *arg)
{
	uint64_t left = range->first ? range->first : UINT64_MAX;
	struct history_cursor from = {h->oldest};
	struct flow f;
	int ret = 0;

	if (range->last)
		history_seek_last(h, range, range->last, &from);
	for (uint64_t at = from.next; at < h->next && left && !ret; at++) {
		if (!load_in_range(h, range, at, &f))
			continue;
		left--;
		ret = fn(arg, &f);
	}
	return ret;
}
