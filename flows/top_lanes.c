// SPDX-License-Identifier: MIT
/* Quantities by the second, and durations by the minute. */
#include <stdlib.h>
#include <string.h>

#include "flows/top_own.h"

#define MINUTE_NS (60 * NS_PER_SEC)

void spread_make(struct spread *s, uint64_t from_ns, uint64_t to_ns)
{
	uint64_t first, last = to_ns / NS_PER_SEC;
	float each;

	*s = (struct spread){.first = last, .last = last, .at_last = 1};
	if (!from_ns || from_ns >= to_ns || from_ns / NS_PER_SEC == last)
		return;
	first = from_ns / NS_PER_SEC;
	each = 1.0f / (float)(to_ns - from_ns);
	s->between = each * NS_PER_SEC;
	s->at_last = each * (float)(to_ns - last * NS_PER_SEC);
	s->at_first = each * (float)((first + 1) * NS_PER_SEC - from_ns);
	s->first = first;
	if (last - first >= LANE_SECONDS) { /* its older part is looked at by nobody */
		s->first = last - LANE_SECONDS + 1;
		s->at_first = s->between;
	}
}

static void advance(struct lanes *l, uint64_t second)
{
	uint64_t from = l->newest + 1;

	if (second <= l->newest)
		return;
	if (second - l->newest >= LANE_SECONDS)
		memset(l->v, 0, sizeof(l->v));
	else
		for (; from <= second; from++)
			l->v[from % LANE_SECONDS] = (lane_values){0};
	l->newest = second;
}

static inline void add_to(struct lanes *l, uint64_t second, lane_values amount)
{
	if (second + LANE_SECONDS > l->newest)
		l->v[second % LANE_SECONDS] += amount;
}

static void lanes_add(struct lanes *l, const struct spread *s, lane_values amount,
		      lane_values at_last)
{
	advance(l, s->last);
	add_to(l, s->last, amount * s->at_last + at_last);
	if (s->first == s->last)
		return;
	add_to(l, s->first, amount * s->at_first);
	for (uint64_t second = s->first + 1; second < s->last; second++)
		add_to(l, second, amount * s->between);
}

static lane_values *few_at(struct few_lanes *f, uint64_t second)
{
	for (unsigned int i = 0; i < f->n; i++)
		if (f->second[i] == second)
			return &f->v[i];
	if (f->n == FEW_SECONDS)
		return NULL;
	f->second[f->n] = second;
	f->v[f->n] = (lane_values){0};
	return &f->v[f->n++];
}

/* False: they are too few, nothing was added. */
static bool few_add(struct few_lanes *f, const struct spread *s, lane_values amount,
		    lane_values at_last)
{
	lane_values *last, *first;
	unsigned int n = f->n;

	if (s->last - s->first > 1)
		return false;
	last = few_at(f, s->last);
	first = last && s->first != s->last ? few_at(f, s->first) : NULL;
	if (!last || (s->first != s->last && !first)) {
		f->n = n;
		return false;
	}
	*last += amount * s->at_last + at_last;
	if (first)
		*first += amount * s->at_first;
	return true;
}

/* The few become many. */
static bool widen(struct course *c)
{
	const struct few_lanes *f = &c->few;
	uint64_t newest = 0;

	c->lanes = aligned_alloc(_Alignof(struct lanes), sizeof(*c->lanes));
	if (!c->lanes)
		return false;
	memset(c->lanes, 0, sizeof(*c->lanes));
	for (unsigned int i = 0; i < f->n; i++)
		if (f->second[i] > newest)
			newest = f->second[i];
	c->lanes->newest = newest;
	for (unsigned int i = 0; i < f->n; i++)
		add_to(c->lanes, f->second[i], f->v[i]);
	c->few.n = 0;
	return true;
}

size_t course_add(struct course *c, const struct spread *s, lane_values amount, lane_values at_last)
{
	bool few = !c->lanes;

	if (few && few_add(&c->few, s, amount, at_last))
		return 0;
	if (few && !widen(c))
		return 0;
	lanes_add(c->lanes, s, amount, at_last);
	return few ? sizeof(*c->lanes) : 0;
}

size_t course_merge(struct course *to, const struct course *from)
{
	size_t taken = 0;

	for (unsigned int i = 0; i < from->few.n; i++) {
		struct spread s = {.first = from->few.second[i], .last = from->few.second[i]};

		taken += course_add(to, &s, (lane_values){0}, from->few.v[i]);
	}
	if (!from->lanes || !from->lanes->newest)
		return taken;
	if (!to->lanes) {
		if (!widen(to))
			return taken;
		taken += sizeof(*to->lanes);
	}
	advance(to->lanes, from->lanes->newest);
	for (uint64_t i = 0; i < LANE_SECONDS && i < from->lanes->newest; i++) {
		uint64_t second = from->lanes->newest - i;

		add_to(to->lanes, second, from->lanes->v[second % LANE_SECONDS]);
	}
	return taken;
}

bool window_add(struct window *w, const struct spread *s, lane_values amount, lane_values at_last)
{
	if (!w->used)
		w->first = s->last < s->first + WINDOW_BACK && s->last > WINDOW_BACK
				   ? s->last - WINDOW_BACK
				   : s->first;
	if (s->first < w->first || s->last >= w->first + WINDOW_SECONDS)
		return false;
	for (uint64_t second = s->first; second <= s->last; second++) {
		unsigned int i = (unsigned int)(second - w->first);
		float share = second == s->last	   ? s->at_last
			      : second == s->first ? s->at_first
						   : s->between;

		w->v[i] += amount * share;
		w->used |= (uint8_t)(1u << i);
	}
	w->v[s->last - w->first] += at_last;
	return true;
}

size_t course_add_window(struct course *c, const struct window *w, bool swapped)
{
	size_t taken = 0;

	for (unsigned int i = 0; i < WINDOW_SECONDS; i++) {
		struct spread s = {.first = w->first + i, .last = w->first + i};
		lane_values v = w->v[i];

		if (!(w->used & 1u << i))
			continue;
		if (swapped)
			v = (lane_values){v[LANE_IN], v[LANE_OUT], v[2], v[3]};
		taken += course_add(c, &s, (lane_values){0}, v);
	}
	return taken;
}

static bool has_second(const struct lanes *l, uint64_t second)
{
	return l->newest && second <= l->newest && second + LANE_SECONDS > l->newest;
}

lane_values course_at(const struct course *c, uint64_t second)
{
	if (c->lanes)
		return has_second(c->lanes, second) ? c->lanes->v[second % LANE_SECONDS]
						    : (lane_values){0};
	for (unsigned int i = 0; i < c->few.n; i++)
		if (c->few.second[i] == second)
			return c->few.v[i];
	return (lane_values){0};
}

lane_values course_sum(const struct course *c, uint64_t now, unsigned int seconds)
{
	uint64_t from = now > seconds ? now - seconds : 0;
	lane_values sum = {0};

	if (!c->lanes) {
		for (unsigned int i = 0; i < c->few.n; i++)
			if (c->few.second[i] >= from && c->few.second[i] < now)
				sum += c->few.v[i];
		return sum;
	}
	if (c->lanes->newest < from)
		return sum;
	for (uint64_t second = from; second < now; second++)
		if (has_second(c->lanes, second))
			sum += c->lanes->v[second % LANE_SECONDS];
	return sum;
}

static lane_values swapped_lanes(lane_values v)
{
	return (lane_values){v[LANE_IN], v[LANE_OUT], v[2], v[3]};
}

void course_swap(struct course *c)
{
	for (unsigned int i = 0; i < c->few.n; i++)
		c->few.v[i] = swapped_lanes(c->few.v[i]);
	for (unsigned int i = 0; c->lanes && i < LANE_SECONDS; i++)
		c->lanes->v[i] = swapped_lanes(c->lanes->v[i]);
}

void course_forget_after(struct course *c, uint64_t second)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < c->few.n; i++)
		if (c->few.second[i] <= second) {
			c->few.second[n] = c->few.second[i];
			c->few.v[n++] = c->few.v[i];
		}
	c->few.n = n;
	if (c->lanes && c->lanes->newest > second)
		memset(c->lanes, 0, sizeof(*c->lanes));
}

size_t course_bytes(const struct course *c)
{
	return c->lanes ? sizeof(*c->lanes) : 0;
}

void course_free(struct course *c)
{
	free(c->lanes);
	c->lanes = NULL;
	c->few.n = 0;
}

/* ------------------------------------------------------------------------ times */

static size_t held(const struct times *t)
{
	return quantiles_bytes(&t->older) + quantiles_bytes(&t->recent[0]) +
	       quantiles_bytes(&t->recent[1]);
}

size_t times_bytes(const struct times *t)
{
	return held(t);
}

/* The minute before becomes old, the one that is the one before. */
static void rotate(struct times *t, bool grow)
{
	quantiles_merge(&t->older, &t->recent[1], grow);
	quantiles_free(&t->recent[1]);
	t->recent[1] = t->recent[0];
	t->recent[0] = (struct quantiles){0};
}

/* Unsigned, so that what got smaller is taken off by an addition. */
size_t times_add(struct times *t, uint64_t time_ns, const uint16_t *cells, size_t n, bool grow)
{
	uint64_t minute = time_ns / MINUTE_NS;
	size_t before;

	if (minute <= t->minute)
		return quantiles_add_cells(&t->recent[0], cells, n, grow);
	before = held(t);
	if (t->minute) {
		rotate(t, grow);
		if (minute > t->minute + 1)
			rotate(t, grow);
	}
	t->minute = minute;
	quantiles_add_cells(&t->recent[0], cells, n, true);
	return held(t) - before;
}

size_t times_merge(struct times *to, const struct times *from, bool grow)
{
	size_t before = held(to);

	quantiles_merge(&to->older, &from->older, grow);
	quantiles_merge(&to->older, &from->recent[1], grow);
	quantiles_merge(&to->older, &from->recent[0], grow);
	return held(to) - before;
}

void times_free(struct times *t)
{
	quantiles_free(&t->older);
	quantiles_free(&t->recent[0]);
	quantiles_free(&t->recent[1]);
	t->minute = 0;
}

void times_forget_after(struct times *t, uint64_t now_ns)
{
	if (t->minute > now_ns / MINUTE_NS)
		t->minute = now_ns / MINUTE_NS;
}

void times_read(const struct times *t, uint64_t now_ns, struct top_times *ret)
{
	struct quantiles sum = {0};
	const struct quantiles *q = &sum;
	uint64_t minute = now_ns / MINUTE_NS;

	*ret = (struct top_times){0};
	if (now_ns && minute > t->minute + 1)
		return;
	/* mostly there is one part alone */
	if (!t->older.n && !t->recent[1].n) {
		q = &t->recent[0];
	} else {
		quantiles_merge(&sum, &t->recent[0], true);
		if (!now_ns || minute == t->minute)
			quantiles_merge(&sum, &t->recent[1], true);
		if (!now_ns)
			quantiles_merge(&sum, &t->older, true);
	}
	ret->p50_ns = quantiles_at(q, 0.5);
	ret->p99_ns = quantiles_at(q, 0.99);
	quantiles_free(&sum);
}
