// SPDX-License-Identifier: MIT
#include "cli/last.h"

#include <errno.h>
#include <stdlib.h>

#include "flows/history.h"

/* Room for a flow and its two processes, the longest of both. */
#define FLOW_BYTES_MAX 32768u
/* What the history needs for itself, however few flows it holds. */
#define HISTORY_BYTES_MIN (4u << 20)

struct last {
	struct sink sink;
	struct sink *next;
	struct history *history; /* NULL: released */
	uint64_t n;
};

static int last_flow(struct sink *s, const struct flow *f)
{
	struct last *l = (struct last *)s;

	if (l->history)
		history_append(l->history, f);
	return 0;
}

static int hand_over(void *arg, const struct flow *f)
{
	struct sink *next = arg;

	return next->flow(next, f);
}

static uint64_t missing(const struct last *l)
{
	struct history_stats stats;
	uint64_t wanted;

	history_stats(l->history, &stats);
	wanted = stats.seen < l->n ? stats.seen : l->n;
	return stats.flows < wanted ? wanted - stats.flows : 0;
}

int last_release(struct sink *s, uint64_t *ret_missing)
{
	struct last *l = (struct last *)s;
	const struct history_range range = {.last = l->n};
	int err;

	*ret_missing = 0;
	if (!l->history)
		return 0;
	*ret_missing = missing(l);
	err = history_each(l->history, &range, hand_over, l->next);
	history_free(l->history);
	l->history = NULL;
	if (!err && l->next->flush)
		err = l->next->flush(l->next);
	return err;
}

static int last_close(struct sink *s)
{
	struct last *l = (struct last *)s;
	uint64_t ignored;
	int err = last_release(s, &ignored);
	int close_err = l->next->close(l->next);

	free(l);
	return err ? err : close_err;
}

int last_new(struct sink *next, uint64_t n, size_t max_bytes, struct sink **ret_sink)
{
	uint64_t bytes = n < max_bytes / FLOW_BYTES_MAX ? n * FLOW_BYTES_MAX : max_bytes;
	size_t least = max_bytes < HISTORY_BYTES_MIN ? max_bytes : HISTORY_BYTES_MIN;
	struct last *l = calloc(1, sizeof(*l));
	int err;

	if (!l)
		return -ENOMEM;
	err = history_new(bytes > least ? bytes : least, &l->history);
	if (err) {
		free(l);
		return err;
	}
	l->sink = (struct sink){.flow = last_flow, .close = last_close};
	l->next = next;
	l->n = n;
	*ret_sink = &l->sink;
	return 0;
}
