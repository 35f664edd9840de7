/* SPDX-License-Identifier: MIT */
/*
 * What a drop means and what to look at next, for a person. What the kernel's reasons mean
 * is in one table, flows/capture/reasons.c; here are the usual causes, what is no reason of
 * the kernel's (listeners, Cilium's reasons), what can be said of an unknown one by the
 * function that dropped, and how a row becomes commands that can be copied.
 */
#ifndef PITOT_FLOWS_DROP_ADVICE_H
#define PITOT_FLOWS_DROP_ADVICE_H

#include "flows/flow.h"
#include "flows/text.h"

/*
 * What the advice is about. Texts may be NULL or "". The rest comes from one flow that is
 * an example; NULL: commands keep words in capitals (ADDRESS, SOURCE, DEVICE, PORT) in its place.
 */
struct drop_case {
	const char *
		reason; /* flow_type_name(): "NETFILTER_DROP", "LISTEN_OVERFLOW", "POLICY_DENIED" */
	const char *function;
	const struct flow *example;
};

#define DROP_STEPS_MAX 6

/* One thing to look at: a command for a shell with what it shows, or only words. Escaped. */
struct drop_step {
	char command[224]; /* "" : note alone */
	char note[160]; /* "": none */
};

/* Appends what it means, one sentence with its full stop. Escaped. */
void drop_meaning(struct text *t, const struct drop_case *c);

/* What is usually behind it and what cures it, a sentence or two; NULL: nothing more can be said. */
const char *drop_cause(const struct drop_case *c);

/* Returns how many of ret (DROP_STEPS_MAX) are filled in; never 0 but for drops of normal life. */
size_t drop_steps(const struct drop_case *c, struct drop_step *ret);

#endif
