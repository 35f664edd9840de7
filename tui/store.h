/* SPDX-License-Identifier: MIT */
/*
 * The flows that the screen shows: a bounded history, what passes the filter, and the time
 * that is shown (now, stopped, or played). Models read it at their own pace, in slices, so
 * that the keyboard never waits.
 */
#ifndef PITOT_TUI_STORE_H
#define PITOT_TUI_STORE_H

#include "flows/history.h"
#include "flows/source.h"
#include "tui/filter.h"

struct store;

/* LIVE: follows what comes. PAUSED: stands. PLAYING: goes on from where it stands, `speed` times as fast. */
enum store_time { STORE_LIVE, STORE_PAUSED, STORE_PLAYING };

/* Something that is made of the flows that pass, in the order they came. */
struct store_model {
	void *arg;
	void (*reset)(void *arg); /* forget all: the flows come again from the oldest one shown */
	void (*flow)(void *arg, const struct flow *f,
		     uint64_t number); /* number: in the history, for store_get() */
	/*
	 * Flows below this number are gone from the history: store_get() has them no more.
	 * What was summed up of them may stay. NULL: it does not matter.
	 */
	void (*gone)(void *arg, uint64_t first);
	/*
	 * The time shown went back: flows from this number on are not shown as yet, and come again.
	 * For models that can forget their newest; NULL: reset(), and all from the oldest on.
	 */
	void (*back)(void *arg, uint64_t end);
	/*
	 * It costs more than others: while much comes (store_much()) and nobody looks at it
	 * (store_look()) it waits. Then it goes on from where it stopped, or the oldest flow held.
	 */
	bool lazy;
	size_t (*bytes)(const void *arg); /* what it takes; NULL: next to nothing */
};

struct store_stats {
	struct history_stats history;
	uint64_t passed; /* of the flows read, these passed the filter */
	uint64_t read; /* flows that the models were given or that did not pass */
	uint64_t behind; /* held, within the time shown, not yet read */
	uint64_t later; /* came after the time shown: pause's "new" */
	uint64_t lost; /* LostEvents' sum, what the source told */
	uint64_t unread; /* evicted before the models read them */
	size_t models_bytes; /* what is made of the flows takes */
};

/* recording: all flows are in the past (a file): it begins at the end of what was read, PAUSED. 0 or -errno. */
int store_new(size_t max_bytes, bool recording, struct store **ret);
void store_free(struct store *s); /* takes NULL */

#define STORE_MODELS 16

/* At most STORE_MODELS. The model is given what is held from the oldest flow on. 0 or -ENOSPC. */
int store_attach(struct store *s, const struct store_model *m);

/* Somebody looks at the model with that arg, or does so no more; they are counted. */
void store_look(struct store *s, const void *arg, bool looks);
void store_much(struct store *s, bool much);

/* Flows that the model was never given, because they were gone before it went on. */
uint64_t store_missed(const struct store *s, const void *arg);

/* From the source. */
void store_add(struct store *s, const struct flow *f);
void store_lost(struct store *s, const struct lost_events *l);
void store_source_ended(struct store *s);

/* The store takes the filter (NULL: everything passes), frees the one before, and resets the models. */
void store_set_filter(struct store *s, struct ui_filter *f);
const struct ui_filter *store_filter(const struct store *s); /* NULL: none */
bool store_pass(const struct store *s, const struct flow *f);

/* Wall clock of what is shown; live: the clock's now. 0: nothing is held. */
uint64_t store_now_ns(const struct store *s);
enum store_time store_time(const struct store *s);
double store_speed(const struct store *s);

void store_pause(struct store *s); /* at what is shown now */
void store_live(struct store *s); /* a recording: its end */
void store_jump(struct store *s, uint64_t time_ns); /* pauses there; kept within what is held */
void store_play(struct store *s,
		double speed); /* from the time shown; at the end: live, a recording pauses */
/* PLAYING: the time without flows that was passed over last, for some seconds; 0: none. */
uint64_t store_skipped_ns(const struct store *s);

/*
 * One more flow that passes is shown (n > 0), or the last one no more; n of them. Pauses, at that
 * flow's time. A long way is gone on with by store_work().
 */
void store_step(struct store *s, int n);

/* A step is still looked for. */
bool store_steps(const struct store *s);

/*
 * Hands flows on to the models for at most budget_ns. True: there is more to do at once.
 * *ret_changed: a model was given something or the time shown moved.
 */
bool store_work(struct store *s, uint64_t budget_ns, bool *ret_changed);

/* The held flow of that number; NULL: gone. Valid until the next call of any function of the store. */
const struct flow *store_get(struct store *s, uint64_t number);

/* The number of the oldest flow held, and the one behind the newest. */
uint64_t store_first(const struct store *s);
uint64_t store_end(const struct store *s);

/* Flows below this number are within the time shown (whether they were read or not). */
uint64_t store_shown_end(const struct store *s);

/* It is all in the past: a file. */
bool store_is_recording(const struct store *s);

void store_stats(const struct store *s, struct store_stats *ret);

#endif
