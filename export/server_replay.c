// SPDX-License-Identifier: MIT
#include "export/server_replay.h"
#include "flows/table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A relay puts the nodes' flows in order within a second. */
#define DISORDER_NS 1000000000ull
/* So long after the last flow from before the break nothing old comes any more. */
#define SURELY_NEW_NS 10000000000ull

struct mark {
	uint64_t time_ns, hash;
};

struct replay {
	struct mark ring[REPLAY_FLOWS];
	uint64_t seen; /* marks put so far */
	uint64_t newest_ns;
	uint64_t *old; /* hashes from before the break, sorted; NULL: no break, or over */
	size_t n_old;
	uint64_t break_ns; /* newest flow then */
};

int replay_new(struct replay **ret_replay)
{
	*ret_replay = calloc(1, sizeof(**ret_replay));
	return *ret_replay ? 0 : -ENOMEM;
}

void replay_free(struct replay *r)
{
	if (!r)
		return;
	free(r->old);
	free(r);
}

static uint64_t mark_of(const struct flow *f, const uint8_t *wire, size_t n)
{
	if (f->hubble && *f->hubble->uuid)
		return table_hash(f->hubble->uuid, strlen(f->hubble->uuid)) ^ f->time_ns;
	return table_hash(wire, n);
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static bool was_there(struct replay *r, const struct flow *f, uint64_t hash)
{
	if (!r->old)
		return false;
	if (f->time_ns > r->break_ns + SURELY_NEW_NS) {
		free(r->old);
		r->old = NULL;
		return false;
	}
	return bsearch(&hash, r->old, r->n_old, sizeof(hash), by_value) != NULL;
}

bool replay_is_new(struct replay *r, const struct flow *f, const uint8_t *wire, size_t n)
{
	uint64_t hash = mark_of(f, wire, n);

	if (was_there(r, f, hash))
		return false;
	r->ring[r->seen++ % REPLAY_FLOWS] = (struct mark){f->time_ns, hash};
	if (f->time_ns > r->newest_ns)
		r->newest_ns = f->time_ns;
	return true;
}

void replay_break(struct replay *r)
{
	size_t n = r->seen < REPLAY_FLOWS ? r->seen : REPLAY_FLOWS;
	uint64_t *old = n ? malloc(n * sizeof(*old)) : NULL;

	/* Without memory some flows come twice: better than none. */
	free(r->old);
	r->old = old;
	r->break_ns = r->newest_ns;
	for (size_t i = 0; old && i < n; i++)
		old[i] = r->ring[i].hash;
	r->n_old = old ? n : 0;
	if (old)
		qsort(old, n, sizeof(*old), by_value);
}

uint64_t replay_since(const struct replay *r)
{
	uint64_t since, oldest;

	if (!r->newest_ns)
		return 0;
	since = r->newest_ns > DISORDER_NS ? r->newest_ns - DISORDER_NS : 1;
	if (r->seen <= REPLAY_FLOWS)
		return since;
	/* Not further back than what is remembered: else flows would come twice. */
	oldest = r->ring[r->seen % REPLAY_FLOWS].time_ns;
	return oldest > since ? oldest : since;
}
