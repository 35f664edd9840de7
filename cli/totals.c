/* SPDX-License-Identifier: MIT */
#include "cli/totals.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static const struct loss {
	size_t at;
	const char *name, *cure;
} losses[] = {
#define LOSS(field, name, cure)                                   \
	{                                                         \
		offsetof(struct capture_stats, field), name, cure \
	}
	LOSS(lost_ring, "events lost, ring buffer full", "raise --ring-size; counters stay exact"),
	LOSS(lost_ring_drop, "drop events lost, ring buffer full",
	     "raise --ring-size; their counts are kept"),
	LOSS(lost_ring_socket, "process events lost, ring buffer full",
	     "raise --ring-size; names may be missing"),
	LOSS(conn_full, "packets not counted, connection table full", "raise --max-connections"),
	LOSS(conn_busy, "packets not counted, connection table busy", "narrow it with a filter"),
	LOSS(drop_full, "drops counted without their tuple, drop table full",
	     "narrow it with a filter"),
	LOSS(frag_orphans, "fragments counted without ports", "their first fragment was not seen"),
	LOSS(truncated, "packets cut or malformed", "not counted"),
	LOSS(table_full, "names or deltas missing, tables full", "narrow it with a filter"),
#undef LOSS
};

const char *totals_loss(const struct capture_stats *s, size_t i, uint64_t *ret_count)
{
	if (i >= sizeof(losses) / sizeof(losses[0]))
		return NULL;
	*ret_count = *(const uint64_t *)((const char *)s + losses[i].at);
	return losses[i].name;
}

const char *totals_loss_cure(size_t i)
{
	return i < sizeof(losses) / sizeof(losses[0]) ? losses[i].cure : NULL;
}

static void print_count(FILE *out, uint64_t n, const char *one, const char *many)
{
	fprintf(out, "%" PRIu64 " %s, ", n, n == 1 ? one : many);
}

static void print_losses(FILE *out, const struct capture_stats *s)
{
	const char *before = "";

	for (size_t i = 0; i < sizeof(losses) / sizeof(losses[0]); i++) {
		uint64_t n = *(const uint64_t *)((const char *)s + losses[i].at);

		if (!n)
			continue;
		fprintf(out, "%s%" PRIu64 " %s (%s)", before, n, losses[i].name, losses[i].cure);
		before = ", ";
	}
	if (!*before)
		fputs("no losses", out);
}

char *totals_line(const struct capture_stats *s, uint64_t shown)
{
	char *line = NULL;
	size_t size;
	FILE *out = open_memstream(&line, &size);

	if (!out)
		return NULL;
	print_count(out, s->events, "event", "events");
	print_count(out, shown, "flow shown", "flows shown");
	print_count(out, s->connections, "connection", "connections");
	print_count(out, s->drops, "drop", "drops");
	print_losses(out, s);
	if (fclose(out)) {
		free(line);
		return NULL;
	}
	return line;
}
