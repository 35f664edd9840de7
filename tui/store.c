// SPDX-License-Identifier: MIT
/*
 * What is shown ends at a number of the history: `limit`. Time only finds that number, so that
 * many flows of one instant, and flows that come a little out of order, are each shown once.
 */
#include "tui/store.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#define NS_PER_SEC 1000000000ull
#define ALL UINT64_MAX /* limit: whatever comes */
#define LOOK_AT_CLOCK 32 /* flows between two looks */
#define STEP_BUDGET_NS 5000000ull
#define TIME_SEEN_NS 100000000ull /* a played time that moves less needs no new frame */

struct attached {
	struct store_model m;
	uint64_t next; /* number of the flow to be given next */
	uint64_t missed; /* gone before it was given them */
	unsigned int looks;
};

/* A step that is looked for. */
struct step {
	uint64_t left; /* flows that pass, still to be found; 0: no step */
	bool back;
	bool skip; /* back: the last one shown comes first, it is not the goal */
	uint64_t at; /* where it looks next */
	bool found;
	uint64_t limit, time_ns; /* what was found */
};

struct store {
	struct history *history;
	bool recording;
	struct ui_filter *filter;
	struct attached models[STORE_MODELS];
	size_t n_models;
	uint64_t next; /* to be read next, by the model that is behind most */
	uint64_t reached; /* PLAYING: what is below was shown, also where it is read again */
	uint64_t counted; /* below this, flows are in read and passed */
	uint64_t told; /* the models know that what is below is gone */
	enum store_time time;
	double speed;
	uint64_t limit;
	uint64_t shown_ns; /* PAUSED, PLAYING */
	uint64_t played_from_ns, play_began_ns; /* time shown, monotonic clock */
	uint64_t newest_ns; /* the latest time that came */
	struct step step;
	bool much;
	uint64_t passed, read, lost, unread;
	bool changed;
};

static uint64_t clock_ns(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return t.tv_sec * NS_PER_SEC + t.tv_nsec;
}

int store_new(size_t max_bytes, bool recording, struct store **ret)
{
	struct store *s = calloc(1, sizeof(*s));
	int err = s ? history_new(max_bytes, &s->history) : -ENOMEM;

	if (err) {
		free(s);
		return err;
	}
	s->recording = recording;
	s->time = recording ? STORE_PAUSED : STORE_LIVE;
	s->speed = 1;
	s->limit = ALL;
	*ret = s;
	return 0;
}

void store_free(struct store *s)
{
	if (!s)
		return;
	history_free(s->history);
	ui_filter_free(s->filter);
	free(s);
}

uint64_t store_first(const struct store *s)
{
	struct history_cursor c;

	history_seek_oldest(s->history, &c);
	return c.next;
}

uint64_t store_end(const struct store *s)
{
	struct history_cursor c;

	history_seek_end(s->history, &c);
	return c.next;
}

const struct flow *store_get(struct store *s, uint64_t number)
{
	struct history_cursor c = {number};
	uint64_t lost;

	return number < store_first(s) ? NULL : history_next(s->history, &c, &lost);
}

bool store_is_recording(const struct store *s)
{
	return s->recording;
}

/* ------------------------------------------------------------- the models */

/* The models' next, and what was counted, begin again at the oldest flow. */
static void read_again(struct store *s)
{
	s->next = s->counted = store_first(s);
	s->read = s->passed = 0;
	s->changed = true;
}

static void model_reset(struct store *s, struct attached *a)
{
	a->m.reset(a->m.arg);
	a->next = store_first(s);
	a->missed = 0;
}

int store_attach(struct store *s, const struct store_model *m)
{
	if (s->n_models == STORE_MODELS)
		return -ENOSPC;
	s->models[s->n_models++] = (struct attached){.m = *m, .next = store_first(s)};
	s->next = store_first(s);
	return 0;
}

static bool waits(const struct store *s, const struct attached *a)
{
	return a->m.lazy && s->much && !a->looks;
}

/* Who waits no more is given what it has not seen; the others have, and are not. */
static void go_on(struct store *s)
{
	for (size_t i = 0; i < s->n_models; i++)
		if (!waits(s, &s->models[i]) && s->models[i].next < s->next)
			s->next = s->models[i].next;
}

void store_look(struct store *s, const void *arg, bool looks)
{
	for (size_t i = 0; i < s->n_models; i++)
		if (s->models[i].m.arg == arg)
			s->models[i].looks += looks ? 1 : -1;
	go_on(s);
}

void store_much(struct store *s, bool much)
{
	s->much = much;
	go_on(s);
}

uint64_t store_missed(const struct store *s, const void *arg)
{
	for (size_t i = 0; i < s->n_models; i++)
		if (s->models[i].m.arg == arg)
			return s->models[i].missed;
	return 0;
}

/* What is shown ends there from now on; who was given more of it forgets that. */
static void set_limit(struct store *s, uint64_t limit)
{
	bool again = false;

	s->limit = limit;
	s->changed = true;
	for (size_t i = 0; i < s->n_models; i++) {
		struct attached *a = &s->models[i];

		if (a->next <= limit)
			continue;
		again = true;
		if (a->m.back) {
			a->m.back(a->m.arg, limit);
			a->next = limit;
		} else {
			model_reset(s, a);
		}
	}
	if (again || s->next > limit)
		read_again(s);
}

/* What is shown is gone: paused or played, time goes on to the oldest that is held. */
static void keep_up(struct store *s, uint64_t first)
{
	uint64_t *end = s->time == STORE_PLAYING ? &s->reached : &s->limit;
	const struct flow *f;

	if (*end >= first)
		return;
	*end = first;
	s->changed = true;
	f = store_get(s, first);
	if (!f || f->time_ns <= s->shown_ns)
		return;
	s->shown_ns = s->played_from_ns = f->time_ns;
	s->play_began_ns = clock_ns(CLOCK_MONOTONIC);
}

static void tell_gone(struct store *s)
{
	uint64_t first = store_first(s);

	if (first == s->told)
		return;
	s->told = first;
	if (s->counted < first) {
		s->unread += first - s->counted;
		s->counted = first;
	}
	if (s->next < first)
		s->next = first;
	for (size_t i = 0; i < s->n_models; i++) {
		if (s->models[i].next < first) {
			s->models[i].missed += first - s->models[i].next;
			s->models[i].next = first;
		}
		if (s->models[i].m.gone)
			s->models[i].m.gone(s->models[i].m.arg, first);
	}
	keep_up(s, first);
}

/* --------------------------------------------------------- what comes in */

void store_add(struct store *s, const struct flow *f)
{
	history_append(s->history, f);
	if (f->time_ns > s->newest_ns)
		s->newest_ns = f->time_ns;
}

void store_lost(struct store *s, const struct lost_events *l)
{
	s->lost += l->count;
	s->changed = true;
}

void store_source_ended(struct store *s)
{
	s->changed = true;
}

void store_set_filter(struct store *s, struct ui_filter *f)
{
	ui_filter_free(s->filter);
	s->filter = f;
	s->step.left = 0;
	for (size_t i = 0; i < s->n_models; i++)
		model_reset(s, &s->models[i]);
	read_again(s);
}

const struct ui_filter *store_filter(const struct store *s)
{
	return s->filter;
}

bool store_pass(const struct store *s, const struct flow *f)
{
	return ui_filter_pass(s->filter, f);
}

/* ------------------------------------------------------------------- time */

/* A recording that is shown to its end, and on as it is read. */
static bool at_end(const struct store *s)
{
	return s->recording && s->time == STORE_PAUSED && s->limit == ALL;
}

uint64_t store_now_ns(const struct store *s)
{
	if (s->time == STORE_LIVE)
		return clock_ns(CLOCK_REALTIME);
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
	set_limit(s, limit);
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
		set_limit(s, end); /* a step back that is still read goes first */
	s->step.left = 0;
	s->speed = speed;
	s->shown_ns = s->played_from_ns = now;
	s->play_began_ns = clock_ns(CLOCK_MONOTONIC);
	s->time = STORE_PLAYING;
	s->reached = end;
	s->limit = ALL;
	s->changed = true;
}

static void play_on(struct store *s)
{
	double ns = (double)(clock_ns(CLOCK_MONOTONIC) - s->play_began_ns) * s->speed;
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
static void step_on(struct store *s, uint64_t until_ns)
{
	struct step *p = &s->step;
	bool more = true;

	for (unsigned int i = 1; p->left && more; i++) {
		more = step_look(s);
		if (i % LOOK_AT_CLOCK == 0 && clock_ns(CLOCK_MONOTONIC) >= until_ns)
			break;
	}
	if (!more)
		p->left = 0;
	if (!p->found || p->left)
		return;
	p->found = false;
	s->shown_ns = p->time_ns;
	set_limit(s, p->limit);
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
	step_on(s, clock_ns(CLOCK_MONOTONIC) + STEP_BUDGET_NS);
}

bool store_steps(const struct store *s)
{
	return s->step.left;
}

/* ------------------------------------------------------------------- work */

static void give(struct store *s, const struct flow *f)
{
	bool pass = store_pass(s, f);

	if (s->next >= s->counted) {
		s->counted = s->next + 1;
		s->read++;
		s->passed += pass;
	}
	for (size_t i = 0; i < s->n_models; i++) {
		struct attached *a = &s->models[i];

		if (a->next > s->next || waits(s, a))
			continue;
		a->next = s->next + 1;
		if (pass)
			a->m.flow(a->m.arg, f, s->next);
	}
	s->changed |= pass;
	s->next++;
	if (s->next > s->reached)
		s->reached = s->next;
}

/* False: nothing more is to be read now. */
static bool read_one(struct store *s)
{
	const struct flow *f;

	if (s->next >= s->limit)
		return false;
	f = store_get(s, s->next);
	if (!f || (s->time == STORE_PLAYING && f->time_ns > s->shown_ns))
		return false;
	give(s, f);
	return true;
}

bool store_work(struct store *s, uint64_t budget_ns, bool *ret_changed)
{
	uint64_t until = clock_ns(CLOCK_MONOTONIC) + budget_ns;
	bool more = true;

	tell_gone(s);
	step_on(s, until);
	if (s->time == STORE_PLAYING)
		play_on(s);
	for (unsigned int i = 1; more; i++) {
		more = read_one(s);
		if (i % LOOK_AT_CLOCK == 0 && clock_ns(CLOCK_MONOTONIC) >= until)
			break;
	}
	*ret_changed = s->changed;
	s->changed = false;
	return more || s->step.left;
}

void store_stats(const struct store *s, struct store_stats *ret)
{
	uint64_t end = store_end(s), shown = store_shown_end(s);

	*ret = (struct store_stats){
		.passed = s->passed,
		.read = s->read,
		.behind = shown > s->next ? shown - s->next : 0,
		.later = end - shown,
		.lost = s->lost,
		.unread = s->unread,
	};
	history_stats(s->history, &ret->history);
}
