// SPDX-License-Identifier: MIT
/*
 * What is shown ends at a number of the history: `limit`. Time only finds that number, so that
 * many flows of one instant, and flows that come a little out of order, are each shown once.
 */
#include "tui/store_own.h"

#include <errno.h>
#include <stdlib.h>

uint64_t store_clock_ns(clockid_t id)
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

void store_set_limit(struct store *s, uint64_t limit)
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
	s->play_began_ns = store_clock_ns(CLOCK_MONOTONIC);
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
	if (!f || (s->time == STORE_PLAYING && s->next >= s->reached && f->time_ns > s->shown_ns))
		return false;
	give(s, f);
	return true;
}

bool store_work(struct store *s, uint64_t budget_ns, bool *ret_changed)
{
	uint64_t until = store_clock_ns(CLOCK_MONOTONIC) + budget_ns;
	bool more = true;

	tell_gone(s);
	store_step_on(s, until);
	if (s->time == STORE_PLAYING)
		store_play_on(s);
	for (unsigned int i = 1; more; i++) {
		more = read_one(s);
		if (i % LOOK_AT_CLOCK == 0 && store_clock_ns(CLOCK_MONOTONIC) >= until)
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
	for (size_t i = 0; i < s->n_models; i++)
		if (s->models[i].m.bytes)
			ret->models_bytes += s->models[i].m.bytes(s->models[i].m.arg);
}
