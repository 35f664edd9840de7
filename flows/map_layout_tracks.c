// SPDX-License-Identifier: MIT
#include "flows/map_layout_tracks.h"

#include <errno.h>
#include <string.h>

#define CAREFUL 300 /* nets; with more of them crossings are left as the first order has them */
#define FEW 40 /* nets; with so few of them each crossing counts */
#define ROUNDS 8
#define REACH 60 /* places that a net is moved at most in one round */
#define COUNTED 500 /* nets; of more of them crossings are estimated by so many */
#define PARTS_BUDGET 20000000 /* pairs of nets that may be looked at again for detours */

static const int *left_rows(const struct channel *c, const struct net *a)
{
	return c->rows + a->first;
}

static const int *right_rows(const struct channel *c, const struct net *a)
{
	return c->rows + a->first + a->n_left;
}

/* How many of n ascending rows are less than y. */
static int below(const int *rows, uint32_t n, int y)
{
	uint32_t low = 0, high = n;

	while (low < high) {
		uint32_t middle = (low + high) / 2;

		if (rows[middle] < y)
			low = middle + 1;
		else
			high = middle;
	}
	return (int)low;
}

/* How many of n ascending rows a's track runs through. */
static int through(const struct net *a, const int *rows, uint32_t n)
{
	int count = below(rows, n, a->high) - below(rows, n, a->low + 1);

	return count > 0 ? count : 0;
}

/* Crossings of a and b where a's track is left of b's. */
static int cost(const struct channel *c, const struct net *a, const struct net *b)
{
	if (a->high < b->low || b->high < a->low)
		return 0;
	return through(b, right_rows(c, a), a->n_right) + through(a, left_rows(c, b), b->n_left);
}

/* Has a to be left of b? Else its row on the left and b's on the right would be one line. */
static bool must_precede(const struct channel *c, const struct net *a, const struct net *b)
{
	if (a->rest >= 0 && &c->nets[a->rest] == b)
		return true;
	if (a->high < b->low || b->high < a->low)
		return false;
	if (a->n_left < b->n_right) {
		for (uint32_t i = 0; i < a->n_left; i++)
			if (c->at_right[left_rows(c, a)[i]] == (int)(b - c->nets))
				return true;
	} else {
		for (uint32_t i = 0; i < b->n_right; i++)
			if (c->at_left[right_rows(c, b)[i]] == (int)(a - c->nets))
				return true;
	}
	return false;
}

static bool touch(const struct channel *c, const struct net *a, const struct net *b)
{
	return a->low <= b->high + c->gap && b->low <= a->high + c->gap;
}

/* ------------------------------------------------------------------- an order */

struct ordering {
	struct graph *g;
	struct channel *c;
	int *order, n;
	int *waiting; /* of each net: how many have to precede it */
	bool *done;
};

/* Nets that go down: the lowest first; those that go up: the highest first. */
static int64_t wish(const struct channel *c, const struct net *a)
{
	int64_t left = a->n_left ? left_rows(c, a)[0] : a->low;
	int64_t right = a->n_right ? right_rows(c, a)[0] : a->high;

	return right >= left ? -left : left;
}

static int free_row(const struct channel *c, const struct net *a)
{
	int best = -1;

	for (int y = 0; y < c->height; y++) {
		int far = y < a->low ? a->low - y : y > a->high ? y - a->high : 0;
		int best_far = best < a->low ? a->low - best : best > a->high ? best - a->high : 0;

		if (!c->taken[y] && (best < 0 || far < best_far))
			best = y;
	}
	return best;
}

static void set_span(const struct channel *c, struct net *a)
{
	for (uint32_t i = 0; i < a->n_left + a->n_right; i++) {
		int y = c->rows[a->first + i];

		a->low = i ? min_of(a->low, y) : y;
		a->high = i ? max_of(a->high, y) : y;
	}
}

/* Parts a net that is in the way of itself: first to a free row, from there on to where it goes. */
static bool part(struct channel *c, int i)
{
	struct net *a = &c->nets[i], *b = &c->nets[c->n];
	int row = free_row(c, a);

	if (row < 0 || c->n >= c->size || !a->n_right || c->n_rows + a->n_right + 1 > c->size_rows)
		return false;
	*b = (struct net){
		.first = c->n_rows, .n_left = 1, .n_right = a->n_right, .rest = -1, .detour = row};
	c->rows[c->n_rows++] = row;
	for (uint32_t k = 0; k < a->n_right; k++)
		c->rows[c->n_rows++] = right_rows(c, a)[k];
	/* a keeps its left rows and gets the free one; its first right row's place is free now */
	c->rows[a->first + a->n_left] = row;
	a->n_right = 1;
	a->rest = c->n++;
	a->detour = row;
	c->taken[row] = true;
	for (uint32_t k = 0; k < b->n_right; k++)
		c->at_right[right_rows(c, b)[k]] = a->rest;
	/* the row between is theirs alone, so it is in none of at_left, at_right */
	set_span(c, a);
	set_span(c, b);
	return true;
}

/* Adds `by` to what waits for net i. */
static void wait_for(struct ordering *o, int i, int by)
{
	const struct channel *c = o->c;
	const struct net *a = &c->nets[i];
	int before = -1;

	for (uint32_t k = 0; k < a->n_left; k++) {
		int other = c->at_right[left_rows(c, a)[k]];

		if (other >= 0 && other != i && other != before && other != a->rest)
			o->waiting[other] += by;
		before = other;
	}
	if (a->rest >= 0)
		o->waiting[a->rest] += by;
}

static void count_waiting(struct ordering *o)
{
	for (int i = 0; i < o->c->n; i++)
		o->waiting[i] = 0;
	for (int i = 0; i < o->c->n; i++)
		if (!o->done[i])
			wait_for(o, i, 1);
}

/* One that net i waits for; -1: none. */
static int waits_for(const struct ordering *o, int i)
{
	const struct channel *c = o->c;
	const struct net *a = &c->nets[i];

	for (uint32_t k = 0; k < a->n_right; k++) {
		int other = c->at_left[right_rows(c, a)[k]];

		if (other >= 0 && other != i && !o->done[other])
			return other;
	}
	return a->of >= 0 && !o->done[a->of] ? a->of : -1;
}

/* A net on a circle of those that wait for each other, one that can be parted if there is. */
static int on_circle(const struct ordering *o)
{
	const struct channel *c = o->c;
	int at = 0, next;

	while (o->done[at])
		at++;
	for (int steps = 0; steps < 2 * c->n; steps++) {
		const struct net *a = &c->nets[at];

		if (steps >= c->n && a->n_left && a->n_right && a->rest < 0)
			break;
		next = waits_for(o, at);
		if (next < 0)
			break;
		at = next;
	}
	return at;
}

/* The two ends that share a row had better not. */
static void want_apart(struct ordering *o, int row)
{
	const struct channel *c = o->c;
	const struct net *a = &c->nets[c->at_right[row]];

	if (o->g->n_apart == APART_MAX)
		return;
	o->g->apart[o->g->n_apart++] = (struct apart){
		.left = (uint32_t)c->from[row],
		.right = (uint32_t)c->to[row],
		.above = a->n_left && left_rows(c, a)[0] < row,
	};
}

/* Net i waits for one that waits for it, by a row of both. */
static void untie(struct ordering *o, int i)
{
	const struct channel *c = o->c;
	const struct net *a = &c->nets[i];

	for (uint32_t k = 0; k < a->n_right; k++) {
		int row = right_rows(c, a)[k], other = c->at_left[row];

		if (other < 0 || other == i || o->done[other])
			continue;
		want_apart(o, row);
		return;
	}
}

/* Rows for the sake of which nets cross that need not. */
static void untie_crossings(struct ordering *o)
{
	const struct channel *c = o->c;

	for (int y = 0; y < c->height; y++) {
		const struct net *a = &c->nets[c->at_left[y] < 0 ? 0 : c->at_left[y]];
		const struct net *b = &c->nets[c->at_right[y] < 0 ? 0 : c->at_right[y]];

		if (c->at_left[y] >= 0 && c->at_right[y] >= 0 && a != b &&
		    cost(c, a, b) > cost(c, b, a))
			want_apart(o, y);
	}
}

static void first_order(struct ordering *o)
{
	struct channel *c = o->c;
	int parts = PARTS_BUDGET / (c->n * c->n + 1);

	count_waiting(o);
	while (o->n < c->n) {
		int best = -1;

		for (int i = 0; i < c->n; i++)
			if (!o->done[i] && !o->waiting[i] &&
			    (best < 0 || wish(c, &c->nets[i]) < wish(c, &c->nets[best])))
				best = i;
		if (best < 0) {
			best = on_circle(o);
			untie(o, best);
			if (parts-- > 0 && part(c, best)) {
				count_waiting(o);
				continue;
			} /* no room: they run over each other */
		}
		o->done[best] = true;
		o->order[o->n++] = best;
		wait_for(o, best, -1);
	}
}

/* ------------------------------------------------------------------ a better one */

static void move(int *order, int from, int to)
{
	int x = order[from];

	if (to > from)
		memmove(order + from, order + from + 1, (size_t)(to - from) * sizeof(*order));
	else
		memmove(order + to + 1, order + to, (size_t)(from - to) * sizeof(*order));
	order[to] = x;
}

/* Moves net at place i to where it crosses least. What it gains. */
static int settle(struct ordering *o, int i)
{
	const struct channel *c = o->c;
	const struct net *a = &c->nets[o->order[i]], *b;
	int best = 0, sum = 0, to = i;

	for (int k = i + 1; k < o->n && k <= i + REACH; k++) {
		b = &c->nets[o->order[k]];
		if (must_precede(c, a, b))
			break;
		sum += cost(c, a, b) - cost(c, b, a);
		if (sum > best) {
			best = sum;
			to = k;
		}
	}
	sum = 0;
	for (int k = i; k-- > 0 && k >= i - REACH;) {
		b = &c->nets[o->order[k]];
		if (must_precede(c, b, a))
			break;
		sum += cost(c, b, a) - cost(c, a, b);
		if (sum > best) {
			best = sum;
			to = k;
		}
	}
	if (best > 0)
		move(o->order, i, to);
	return best;
}

static void assign(struct ordering *o)
{
	struct channel *c = o->c;

	for (int i = 0; i < o->n; i++) {
		struct net *a = &c->nets[o->order[i]];

		a->track = a->low == a->high ? -1 : 0;
		for (int k = 0; k < i && a->track >= 0; k++) {
			const struct net *b = &c->nets[o->order[k]];

			if (b->track >= a->track && (touch(c, a, b) || must_precede(c, b, a)))
				a->track = b->track + 1;
		}
		c->n_tracks = max_of(c->n_tracks, a->track + 1);
	}
}

int channel_tracks(struct graph *g, struct channel *c)
{
	size_t n = (size_t)c->size;
	struct ordering o = {.g = g, .c = c};
	bool better = c->n <= CAREFUL;

	o.order = graph_memory(g, n, sizeof(*o.order));
	o.waiting = graph_memory(g, n, sizeof(*o.waiting));
	o.done = graph_memory(g, n, sizeof(*o.done));
	if (!o.order || !o.waiting || !o.done)
		return -ENOMEM;
	for (int i = 0; i < c->n; i++)
		set_span(c, &c->nets[i]);
	first_order(&o);
	for (int round = 0; better && round < ROUNDS; round++) {
		better = false;
		for (int i = 0; i < o.n; i++)
			better |= settle(&o, i) > 0;
	}
	if (c->n <= FEW)
		untie_crossings(&o);
	assign(&o);
	return 0;
}

/* Rows of the nets that reach from track `from` to track `to`, and that a's track runs through. */
static int crossed(const struct net *a, const int *rows, uint32_t n, int from, int to)
{
	return from < a->track && a->track < to ? through(a, rows, n) : 0;
}

static int crossings_of(const struct channel *c, const struct net *a, const struct net *b)
{
	bool goes_on = b->rest >= 0, is_rest = !goes_on && b->detour >= 0;
	int track = b->track < 0 ? c->n_tracks : b->track, sum = 0;

	if (a->high <= b->low - (b->track < 0) || b->high + (b->track < 0) <= a->low)
		return 0;
	if (!is_rest)
		sum += crossed(a, left_rows(c, b), b->n_left, -1, track);
	if (b->track >= 0)
		sum += crossed(a, right_rows(c, b), b->n_right, track,
			       goes_on ? c->nets[b->rest].track : c->n_tracks);
	return sum;
}

unsigned int channel_crossings(const struct channel *c)
{
	int step = c->n / COUNTED + 1;
	unsigned int sum = 0;

	for (int i = 0; i < c->n; i += step)
		for (int k = 0; k < c->n && c->nets[i].track >= 0; k++)
			if (i != k)
				sum += (unsigned int)crossings_of(c, &c->nets[i], &c->nets[k]);
	return sum * (unsigned int)step;
}
