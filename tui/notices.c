// SPDX-License-Identifier: MIT
#include "tui/notices.h"

#include <stdio.h>

void notices_add(struct notices *n, uint64_t time_ns, const char *line)
{
	struct notice *v = &n->v[n->come++ % NOTICES];

	v->time_ns = time_ns;
	snprintf(v->line, sizeof(v->line), "%s", line);
	if (!n->unseen++)
		n->first = *v;
}

void notices_seen(struct notices *n)
{
	n->unseen = 0;
}

size_t notices_kept(const struct notices *n)
{
	return n->come < NOTICES ? n->come : NOTICES;
}

const struct notice *notices_at(const struct notices *n, size_t i)
{
	return &n->v[(n->come - notices_kept(n) + i) % NOTICES];
}

const char *notices_last(const struct notices *n)
{
	return n->come ? notices_at(n, notices_kept(n) - 1)->line : "";
}
