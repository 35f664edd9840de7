// SPDX-License-Identifier: MIT
/* Which time is shown: pause, jumps, playing, steps. */
#include "tui/store_own.h"

#define STEP_BUDGET_NS 5000000ull
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
	s->reached = end;
	s->limit = ALL;
	s->changed = true;
}

void store_play_on(struct store *s)
{
	double ns = (double)(store_clock_ns(CLOCK_MONOTONIC) - s->play_began_ns) * s->speed;
	uint64_t before = s->shown_ns;

	s->shown_ns = s->played_from_ns + (uint64_t)(ns < 1e18 ? ns : 1e18);
	s->changed |= before / TIME_SEEN_NS != s->shown_ns / TIME_SEEN_NS;
	if (s->next < store_end(s) || s->shown_ns < s->newest_ns)
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
