// SPDX-License-Identifier: MIT
/* What is added up on the edges of the service map: counts, rates by the second, durations. */
#include <stdlib.h>
#include <string.h>

#include "flows/service_map_parts.h"

#define SECOND_NS 1000000000ull
#define LOOKED_AT 60
#define NS_PER_US 1000ull
#define TOO_OLD_MAX 8
#define QUANTILE_BYTES_MAX (32u << 20) /* of all that the map holds, then they grow no more */

/* ------------------------------------------------------------------------- counts */

void map_sums_add(struct map_sums *to, const struct map_sums *from)
{
	to->flows += from->flows;
	to->packets += from->packets;
	to->bytes += from->bytes;
	to->reply_packets += from->reply_packets;
	to->reply_bytes += from->reply_bytes;
	to->retransmits += from->retransmits;
	map_span(&to->first_ns, &to->last_ns, from->first_ns, from->last_ns);
	/* most flows have none of these: their cache line stays where it is */
	if (!(from->connections | from->requests | from->responses | from->drops |
	      from->events_sent | from->errors))
		return;
	to->connections += from->connections;
	to->requests += from->requests;
	to->responses += from->responses;
	to->drops += from->drops;
	to->events_sent += from->events_sent;
	to->errors += from->errors;
}

void map_sums_take(struct map_sums *from, const struct map_sums *what)
{
	from->flows -= what->flows;
	from->packets -= what->packets;
	from->bytes -= what->bytes;
	from->reply_packets -= what->reply_packets;
	from->reply_bytes -= what->reply_bytes;
	from->retransmits -= what->retransmits;
	from->connections -= what->connections;
	from->requests -= what->requests;
	from->responses -= what->responses;
	from->drops -= what->drops;
	from->events_sent -= what->events_sent;
	from->errors -= what->errors;
}

/* -------------------------------------------------------------------------- rates */

/* Empties the seconds between the newest and s, which becomes it. */
static void advance(struct map_rates *r, uint64_t s)
{
	if (s <= r->newest)
		return;
	if (s - r->newest >= MAP_SECONDS)
		memset(r->v, 0, sizeof(r->v));
	else
		for (uint64_t i = r->newest + 1; i <= s; i++)
			r->v[i % MAP_SECONDS] = (map_amounts){0};
	r->newest = s;
}

void map_rates_follow(struct map_rates *r, uint64_t now_ns)
{
	uint64_t s = now_ns / SECOND_NS;

	if (s + MAP_SECONDS > r->newest) {
		r->too_old = 0;
	} else if (++r->too_old > TOO_OLD_MAX) { /* stragglers among others do not do that */
		memset(r, 0, sizeof(*r));
		r->newest = s;
	}
}

static void add_part(struct map_rates *r, uint64_t s, const map_amounts *amounts, float part)
{
	if (s + MAP_SECONDS > r->newest && s <= r->newest)
		r->v[s % MAP_SECONDS] += *amounts * part;
}

void map_rates_add(struct map_rates *r, uint64_t from_ns, uint64_t to_ns,
		   const map_amounts *amounts)
{
	uint64_t first, last = to_ns / SECOND_NS;
	float each;

	advance(r, last);
	if (!from_ns || from_ns >= to_ns || from_ns >= last * SECOND_NS) {
		add_part(r, last, amounts, 1);
		return;
	}
	each = 1 / (float)(to_ns - from_ns);
	first = from_ns / SECOND_NS;
	if (last - first >= MAP_SECONDS) { /* its older part is looked at by nobody */
		first = last - MAP_SECONDS + 1;
		from_ns = first * SECOND_NS;
	}
	for (uint64_t s = first; s <= last; s++) {
		uint64_t begin = s == first ? from_ns : s * SECOND_NS;
		uint64_t end = s == last ? to_ns : (s + 1) * SECOND_NS;

		add_part(r, s, amounts, (float)(end - begin) * each);
	}
}

void map_rates_merge(struct map_rates *to, const struct map_rates *from)
{
	for (uint64_t i = MAP_SECONDS; i-- > 0;) {
		uint64_t s = from->newest - i;
		const map_amounts *v = &from->v[s % MAP_SECONDS];
		float all = 0;

		for (int k = 0; k < MAP_RATES; k++)
			all += (*v)[k];
		if (i < from->newest && all > 0)
			map_rates_add(to, 0, s * SECOND_NS, v);
	}
}

static void take(struct map_rates *from, const struct map_rates *what)
{
	for (uint64_t i = 0; i < MAP_SECONDS && i < what->newest; i++) {
		uint64_t s = what->newest - i;
		map_amounts *v = &from->v[s % MAP_SECONDS];

		if (s > from->newest || s + MAP_SECONDS <= from->newest)
			continue;
		*v -= what->v[s % MAP_SECONDS];
		for (int k = 0; k < MAP_RATES; k++)
			if ((*v)[k] < 0)
				(*v)[k] = 0;
	}
}

void map_rates_move(struct map_rates *from, struct map_rates *to, const struct map_sums *given,
		    bool flipped)
{
	/* by enum map_rate_of */
	const map_amounts was = {(float)given->bytes,
				 (float)given->reply_bytes,
				 (float)given->packets + (float)given->reply_packets,
				 (float)given->connections,
				 (float)given->requests,
				 (float)given->responses};
	struct map_rates part = {0};

	map_rates_add(&part, given->first_ns, given->last_ns, &was);
	take(from, &part);
	for (size_t s = 0; flipped && s < MAP_SECONDS; s++) {
		float bytes = part.v[s][RATE_BYTES];

		part.v[s][RATE_BYTES] = part.v[s][RATE_REPLY_BYTES];
		part.v[s][RATE_REPLY_BYTES] = bytes;
	}
	map_rates_merge(to, &part);
}

void map_rates_read(const struct map_rates *r, uint64_t now_ns, unsigned int seconds,
		    map_amounts *ret)
{
	uint64_t now = now_ns / SECOND_NS;
	map_amounts sum = {0};

	if (!seconds || seconds > LOOKED_AT)
		seconds = LOOKED_AT;
	for (uint64_t s = now > seconds ? now - seconds : 0; s < now; s++)
		if (r->newest && s <= r->newest && s + MAP_SECONDS > r->newest)
			sum += r->v[s % MAP_SECONDS];
	*ret = sum / (float)seconds;
}

/* ---------------------------------------------------------------------- durations */

uint16_t map_time(enum map_time_of of, uint64_t ns)
{
	return (uint16_t)(quantiles_cell(ns) * MAP_TIMES + of);
}

void map_times_settle(struct service_map *m, struct map_arc *a)
{
	struct map_waiting *w = &a->waiting;

	for (unsigned int i = 0; i < w->n; i++) {
		const struct quantiles *q = &a->times[w->times[i] % MAP_TIMES];
		unsigned int cell = w->times[i] / MAP_TIMES;

		if (cell - q->first < q->n)
			__builtin_prefetch(&q->counts[cell - q->first], 1);
	}
	for (unsigned int i = 0; i < w->n; i++) {
		uint16_t cell = w->times[i] / MAP_TIMES;

		m->bytes += quantiles_add_cells(&a->times[w->times[i] % MAP_TIMES], &cell, 1,
						m->bytes < QUANTILE_BYTES_MAX);
	}
	w->n = 0;
}

void map_time_add(struct service_map *m, struct map_arc *a, uint16_t time)
{
	if (a->waiting.n == MAP_WAITING)
		map_times_settle(m, a);
	a->waiting.times[a->waiting.n++] = time;
}

void map_times_free(struct map_arc *a)
{
	for (int i = 0; i < MAP_TIMES; i++)
		quantiles_free(&a->times[i]);
}

/* ---------------------------------------------------------------------- additions */

static void add_rates(struct map_rates *r, const struct map_addition *d)
{
	const struct map_sums *s = &d->sums;
	/* by enum map_rate_of */
	const map_amounts spread = {(float)s->bytes, (float)s->reply_bytes,
				    (float)s->packets + (float)s->reply_packets};
	const map_amounts at_once = {
		0, 0, 0, (float)s->connections, (float)s->requests, (float)s->responses};

	map_rates_follow(r, d->now_ns);
	if (s->bytes | s->reply_bytes | s->packets | s->reply_packets)
		map_rates_add(r, d->since_ns, d->now_ns, &spread);
	if (s->connections | s->requests | s->responses)
		map_rates_add(r, 0, d->now_ns, &at_once);
}

void map_additions_settle(struct service_map *m, bool all)
{
	while (m->n_done != m->n_added && (all || m->n_added - m->n_done == MAP_ADDITIONS)) {
		const struct map_addition *d = &m->additions[m->n_done++ % MAP_ADDITIONS];

		add_rates(&d->arc->rates, d);
		map_sums_add(&d->arc->sums, &d->sums);
		for (unsigned int i = 0; i < d->n_times; i++)
			map_time_add(m, d->arc, d->times[i]);
	}
}

struct map_addition *map_addition_new(struct service_map *m, struct map_arc *a, uint64_t now_ns)
{
	struct map_addition *d = &m->additions[m->n_added++ % MAP_ADDITIONS];

	*d = (struct map_addition){.arc = a, .now_ns = now_ns};
	__builtin_prefetch(&a->rates.newest, 1);
	__builtin_prefetch(&a->rates.v[now_ns / SECOND_NS % MAP_SECONDS], 1);
	__builtin_prefetch(&a->sums, 1);
	__builtin_prefetch(&a->sums.connections, 1);
	__builtin_prefetch(&a->waiting, 1);
	return d;
}
