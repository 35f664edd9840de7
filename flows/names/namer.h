/* SPDX-License-Identifier: MIT */
/*
 * One interface for whatever names the ends of flows: a decorator embeds it as its
 * first member. Everything is called on the loop's thread; nothing may block.
 */
#ifndef PITOT_FLOWS_NAMES_NAMER_H
#define PITOT_FLOWS_NAMES_NAMER_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "flows/flow.h"
#include "flows/source.h"

/* A row of `pitot status --names`. */
struct names_row {
	const char *what; /* "kubernetes pods", "dns names" */
	const char *state; /* "fresh", "403: ..." One line; NULL: nothing to say */
	uint64_t entries, max; /* max 0: no bound of its own; both 0: it does not count */
	uint64_t evicted; /* left out or thrown out because it was full */
	uint64_t age_ns; /* since it was known to be current; 0: does not apply */
	bool failed; /* it should be there and is not, state says why */
	bool none; /* nothing of that kind is here: no fault, state says what to do for it */
};

struct names_rows {
	void *arg;
	void (*row)(void *arg, const struct names_row *row);
};

/* What a decorator may tell. */
struct namer_events {
	void *arg;
	/* One line for a person, said once for each cause. */
	void (*notice)(void *arg, const char *line);
	void (*flow)(void *arg, struct flow *f); /* a flow of its own making (L7) */
};

struct namer {
	/* Begins. 0, or -errno: it does without for the whole run (and has said so). */
	int (*start)(struct namer *n, uv_loop_t *loop, const struct namer_events *ev);
	/*
	 * Adds what it knows about *e, an end of *f; `other` is the opposite end. Called
	 * for each end of each flow, in the order of the table in names.c: what is there
	 * already is better, and stays.
	 */
	void (*end)(struct namer *n, const struct flow *f, struct flow_end *e,
		    const struct flow_end *other);
	/* A DNS message, its ends named. NULL: not interested. May change f and set f->l7. */
	void (*message)(struct namer *n, struct flow *f, const struct l7_payload *payload);
	/* Once a second, CLOCK_MONOTONIC. May be NULL. */
	void (*tick)(struct namer *n, uint64_t now_ns);
	void (*status)(struct namer *n, const struct names_rows *rows); /* may be NULL */
	/* Closes its handles; the loop is run once more before free(). May be NULL. */
	void (*stop)(struct namer *n);
	void (*free)(struct namer *n);
};

#endif
