// SPDX-License-Identifier: MIT
/* Which time is shown: pause, jumps, playing, steps. */
#include "tui/store_own.h"

#define STEP_BUDGET_NS 5000000ull
#define GAP_NS (10 * NS_PER_SEC) /* without flows; at a higher speed so long to look at */
#define GAP_LEAD_NS (NS_PER_SEC / 2) /* before the next flow it goes on */
#define GAP_LOOK 256 /* flows */
#define GAP_TOLD_NS (5 * NS_PER_SEC)
#define TIME_SEEN_NS 100000000ull /* a played time that moves less needs no new frame */

/* ------------------------------------------------------------------- time */

/* A recording that is shown to its end, and on as it is read. */
static bool at_end(const struct store *s)
{
	return s->recording && s->time == STORE_PAUSED && s->limit == ALL;
}

uint64_t store_now_ns(const struct store *s)
{
	if (s->time == STORE_LIVE)
		return store_clock_ns(CLOCK_REALTIME);
	return at_end(s) ? s->newest_ns : s->shown_ns;
}

enum store_time store_time(const struct store *s)
{
	return s->time;
}

double store_speed(const struct store *s)
{
	return s->speed;
}

uint64_t store_shown_end(const struct store *s)
{
	uint64_t end = store_end(s);

	if (s->time == STORE_PLAYING)
		return s->reached;
	return s->limit < end ? s->limit : end;
}

/* As it is, at this number. */
static void stand(struct store *s, uint64_t limit, uint64_t time_ns)
{
	s->time = STORE_PAUSED;
	s->shown_ns = time_ns;
	s->step.left = 0;
	store_set_limit(s, limit);
}

void store_pause(struct store *s)
{
	stand(s, store_shown_end(s), store_now_ns(s));
}

void store_live(struct store *s)
{
	stand(s, ALL, store_now_ns(s));
	if (!s->recording)
		s->time = STORE_LIVE;
}

/* The first flow that is later, where times are in order; a place where they pass time_ns elsewhere. */
static uint64_t number_after(struct store *s, uint64_t time_ns)
{
	uint64_t low = store_first(s), high = store_end(s);

	while (low < high) {
		uint64_t middle = low + (high - low) / 2;

		if (store_get(s, middle)->time_ns <= time_ns)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void store_jump(struct store *s, uint64_t time_ns)
{
	struct history_stats held;

	history_stats(s->history, &held);
	if (!held.flows)
		return;
	if (time_ns < held.oldest_ns)
		time_ns = held.oldest_ns;
	if (time_ns > held.newest_ns)
		time_ns = held.newest_ns;
	stand(s, number_after(s, time_ns), time_ns);
}

void store_play(struct store *s, double speed)
{
	uint64_t now = store_now_ns(s), end = store_shown_end(s);

	if (s->time == STORE_LIVE || !(speed > 0))
		return;
	if (s->time == STORE_PAUSED)
		store_set_limit(s, end); /* a step back that is still read goes first */
	s->step.left = 0;
	s->speed = speed;
	s->shown_ns = s->played_from_ns = now;
	s->play_began_ns = store_clock_ns(CLOCK_MONOTONIC);
	s->time = STORE_PLAYING;
	s->skipped_at_ns = 0;
	s->reached = end;
	s->limit = ALL;
	s->changed = true;
}

static bool is_far(uint64_t a_ns, uint64_t b_ns, uint64_t gap_ns)
{
	return (a_ns > b_ns ? a_ns - b_ns : b_ns - a_ns) > gap_ns;
}

/*
 * The number of the first one near the time shown, among the next flows. False: none is, and
 * *ret_ns is the soonest of those that are later.
 */
static bool is_near(struct store *s, uint64_t gap_ns, uint64_t *ret_number, uint64_t *ret_ns)
{
	uint64_t end = store_end(s), soonest = UINT64_MAX;

	if (end - s->next > GAP_LOOK)
		end = s->next + GAP_LOOK;
	for (*ret_number = s->next; *ret_number < end; ++*ret_number) {
		uint64_t ns = store_get(s, *ret_number)->time_ns;

		if (!is_far(ns, s->shown_ns, gap_ns))
			return true;
		if (ns > s->shown_ns && ns < soonest)
			soonest = ns;
	}
	*ret_ns = soonest;
	return false;
}

/*
 * The next flow is far ahead. One with a wrong time, among others that are near, is shown at once;
 * where nothing happens for long, nobody waits for it.
 */
static void skip_gap(struct store *s)
{
	double scale = s->speed > 1 ? s->speed : 1;
	uint64_t gap_ns = (uint64_t)(GAP_NS * scale), lead_ns = (uint64_t)(GAP_LEAD_NS * scale);
	const struct flow *f = store_get(s, s->next);
	uint64_t number, ns;

	if (!f || s->next < s->reached || f->time_ns <= s->shown_ns ||
	    !is_far(f->time_ns, s->shown_ns, gap_ns))
		return;
	if (is_near(s, gap_ns, &number, &ns)) {
		s->reached = number;
		return;
	}
	s->skipped_ns = ns - s->shown_ns;
	s->skipped_at_ns = s->play_began_ns = store_clock_ns(CLOCK_MONOTONIC);
	s->shown_ns = s->played_from_ns = ns - lead_ns;
	s->changed = true;
}

uint64_t store_skipped_ns(const struct store *s)
{
	uint64_t now = store_clock_ns(CLOCK_MONOTONIC);

	if (s->time != STORE_PLAYING || !s->skipped_at_ns)
		return 0;
	return now - s->skipped_at_ns < GAP_TOLD_NS ? s->skipped_ns : 0;
}

void store_play_on(struct store *s)
{
	double ns = (double)(store_clock_ns(CLOCK_MONOTONIC) - s->play_began_ns) * s->speed;
	uint64_t before = s->shown_ns, on_ns = ns < 1e18 ? (uint64_t)ns : (uint64_t)1e18;

	s->shown_ns =
		on_ns < UINT64_MAX - s->played_from_ns ? s->played_from_ns + on_ns : UINT64_MAX;
	skip_gap(s);
	s->changed |= before / TIME_SEEN_NS != s->shown_ns / TIME_SEEN_NS;
	/* its end is the last flow, not the latest time: that one may be wrong */
	if (s->next < store_end(s))
		return;
	s->shown_ns = s->newest_ns; /* played to the end */
	store_live(s);
}

/* ------------------------------------------------------------------ steps */

static void step_found(struct store *s, uint64_t number, uint64_t time_ns)
{
	struct step *p = &s->step;

	if (p->skip) {
		p->skip = false;
		return;
	}
	p->found = true;
	p->limit = number + 1;
	p->time_ns = time_ns;
	p->left--;
}

/* False: there is nothing further that way. */
static bool step_look(struct store *s)
{
	struct step *p = &s->step;
	const struct flow *f;
	uint64_t number;

	if (p->back ? p->at <= store_first(s) : p->at >= store_end(s))
		return false;
	number = p->back ? --p->at : p->at++;
	f = store_get(s, number);
	if (f && store_pass(s, f))
		step_found(s, number, f->time_ns);
	return true;
}

/* What was found is shown; the rest of a step goes on later. */
void store_step_on(struct store *s, uint64_t until_ns)
{
	struct step *p = &s->step;
	bool more = true;

	for (unsigned int i = 1; p->left && more; i++) {
		more = step_look(s);
		if (i % LOOK_AT_CLOCK == 0 && store_clock_ns(CLOCK_MONOTONIC) >= until_ns)
			break;
	}
	if (!more)
		p->left = 0;
	if (!p->found || p->left)
		return;
	p->found = false;
	s->shown_ns = p->time_ns;
	store_set_limit(s, p->limit);
}

void store_step(struct store *s, int n)
{
	struct step *p = &s->step;
	bool back = n < 0;
	uint64_t count = back ? -(int64_t)n : n;

	if (p->left && p->back == back)
		p->left += count;
	if (!n || (p->left && p->back == back))
		return;
	if (s->time != STORE_PAUSED || s->limit == ALL)
		store_pause(s);
	*p = (struct step){.left = count, .back = back, .skip = back, .at = store_shown_end(s)};
	store_step_on(s, store_clock_ns(CLOCK_MONOTONIC) + STEP_BUDGET_NS);
}

bool store_steps(const struct store *s)
{
	return s->step.left;
}
