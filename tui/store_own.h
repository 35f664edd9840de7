/* SPDX-License-Identifier: MIT */
/* For tui/store*.c only: what a store is. */
#ifndef PITOT_TUI_STORE_OWN_H
#define PITOT_TUI_STORE_OWN_H

#include <time.h>

#include "tui/store.h"

#define NS_PER_SEC 1000000000ull
#define ALL UINT64_MAX /* limit: whatever comes */
#define LOOK_AT_CLOCK 32 /* flows between two looks */

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
	uint64_t skipped_ns, skipped_at_ns; /* PLAYING: the last gap; monotonic, 0: none */
	uint64_t newest_ns; /* the latest time that came */
	struct step step;
	bool much;
	uint64_t passed, read, lost, unread;
	bool changed;
};

uint64_t store_clock_ns(clockid_t id);

/* What is shown ends there from now on; who was given more of it forgets that. */
void store_set_limit(struct store *s, uint64_t limit);

/* What time has become while it is played; what a step looks for, until then (monotonic). */
void store_play_on(struct store *s);
void store_step_on(struct store *s, uint64_t until_ns);

#endif
