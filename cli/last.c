/* SPDX-License-Identifier: MIT */
#include "cli/last.h"

#include <errno.h>
#include <stdlib.h>

struct last {
	struct sink sink;
	struct sink *next;
	struct flow *flows;
	size_t n, max, room;
	size_t oldest; /* where the next flow goes once all max are taken */
};

/* room doubles up to max: n is asked for freely, what is used is paid for. */
static int grow(struct last *l)
{
	size_t room = l->room ? l->room * 2 : 64;
	struct flow *flows;

	if (room > l->max)
		room = l->max;
	flows = reallocarray(l->flows, room, sizeof(*flows));
	if (!flows)
		return -ENOMEM;
	l->flows = flows;
	l->room = room;
	return 0;
}

static int last_flow(struct sink *s, const struct flow *f)
{
	struct last *l = (struct last *)s;
	struct flow *slot;
	int err;

	if (l->n < l->max) {
		err = l->n == l->room ? grow(l) : 0;
		if (err)
			return err;
		slot = &l->flows[l->n++];
	} else {
		slot = &l->flows[l->oldest];
		l->oldest = (l->oldest + 1) % l->max;
		flow_release(slot);
	}
	flow_copy(slot, f);
	return 0;
}

int last_release(struct sink *s)
{
	struct last *l = (struct last *)s;
	int err = 0;

	for (size_t i = 0; i < l->n; i++) {
		struct flow *f = &l->flows[(l->oldest + i) % l->n];

		if (!err)
			err = l->next->flow(l->next, f);
		flow_release(f);
	}
	l->n = l->oldest = 0;
	if (!err && l->next->flush)
		err = l->next->flush(l->next);
	return err;
}

static void last_close(struct sink *s)
{
	struct last *l = (struct last *)s;

	last_release(s);
	l->next->close(l->next);
	free(l->flows);
	free(l);
}

struct sink *last_new(struct sink *next, size_t n)
{
	struct last *l = calloc(1, sizeof(*l));

	if (!l)
		return NULL;
	l->sink = (struct sink){.flow = last_flow, .close = last_close};
	l->next = next;
	l->max = n;
	return &l->sink;
}
