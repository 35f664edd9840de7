// SPDX-License-Identifier: MIT
#include "flows/rate.h"

#include <string.h>

#define SECOND_NS 1000000000ull
#define LOOKED_AT 60
#define TOO_OLD_MAX 8

/* Empties the seconds between the newest and s, which becomes it. */
static void advance(struct rate *r, uint64_t s)
{
	if (s <= r->newest)
		return;
	if (s - r->newest >= RATE_SECONDS)
		memset(r->v, 0, sizeof(r->v));
	else
		for (uint64_t i = r->newest + 1; i <= s; i++)
			r->v[i % RATE_SECONDS] = 0;
	r->newest = s;
}

static void add_to(struct rate *r, uint64_t s, double amount)
{
	if (s + RATE_SECONDS > r->newest && s <= r->newest)
		r->v[s % RATE_SECONDS] += (float)amount;
}

static void follow_time(struct rate *r, uint64_t s)
{
	if (s + RATE_SECONDS > r->newest)
		r->too_old = 0;
	else if (++r->too_old == TOO_OLD_MAX)
		*r = (struct rate){.newest = s};
}

void rate_add(struct rate *r, uint64_t from_ns, uint64_t to_ns, double amount)
{
	uint64_t first, last = to_ns / SECOND_NS;
	double each;

	if (amount <= 0)
		return;
	follow_time(r, last);
	advance(r, last);
	if (!from_ns || from_ns >= to_ns || from_ns / SECOND_NS == last) {
		add_to(r, last, amount);
		return;
	}
	each = amount / (double)(to_ns - from_ns);
	first = from_ns / SECOND_NS;
	if (last - first >= RATE_SECONDS) { /* its older part is looked at by nobody */
		first = last - RATE_SECONDS + 1;
		from_ns = first * SECOND_NS;
	}
	for (uint64_t s = first; s <= last; s++) {
		uint64_t begin = s == first ? from_ns : s * SECOND_NS;
		uint64_t end = s == last ? to_ns : (s + 1) * SECOND_NS;

		add_to(r, s, each * (double)(end - begin));
	}
}

void rate_merge(struct rate *to, const struct rate *from)
{
	if (!from->newest)
		return;
	advance(to, from->newest);
	for (uint64_t i = 0; i < RATE_SECONDS && i < from->newest; i++)
		add_to(to, from->newest - i, from->v[(from->newest - i) % RATE_SECONDS]);
}

static float value_at(const struct rate *r, uint64_t s)
{
	return r->newest && s <= r->newest && s + RATE_SECONDS > r->newest ? r->v[s % RATE_SECONDS]
									   : 0;
}

double rate_per_second(const struct rate *r, uint64_t now_ns, unsigned int seconds)
{
	uint64_t now = now_ns / SECOND_NS;
	double sum = 0;

	if (!seconds || seconds > LOOKED_AT)
		seconds = LOOKED_AT;
	for (uint64_t i = 1; i <= seconds && i <= now; i++)
		sum += value_at(r, now - i);
	return sum / seconds;
}
