// SPDX-License-Identifier: MIT
#include "flows/history_held.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define HELD_MIN 64

/* How many records hold a thing. */
struct held_slot {
	const void *thing; /* NULL: free */
	uint32_t records, bytes;
};

/* What a flow may hold: six at each end, its message, and what Hubble says. */
#define THINGS_MAX 14
struct thing {
	const void *p;
	size_t bytes;
};

/* ----------------------------------------------------- what a flow points to */

static size_t process_size(const struct process *p)
{
	return sizeof(*p) + (p->exe ? strlen(p->exe) + 1 : 0) +
	       (p->command ? strlen(p->command) + 1 : 0);
}

static struct thing *thing(struct thing *t, const void *p, size_t bytes)
{
	*t = (struct thing){p, MALLOC_BYTES(bytes)};
	return t + 1;
}

static struct thing *things_of_end(struct thing *t, const struct flow_end *e)
{
	if (e->process)
		t = thing(t, e->process, process_size(e->process));
	if (e->endpoint)
		t = thing(t, e->endpoint, e->endpoint->bytes);
	if (e->service)
		t = thing(t, e->service, e->service->bytes);
	if (e->dns)
		t = thing(t, e->dns, e->dns->bytes);
	if (e->reverse)
		t = thing(t, e->reverse, e->reverse->bytes);
	if (e->place)
		t = thing(t, e->place, e->place->bytes);
	return t;
}

/* Fills t, of THINGS_MAX; returns how many. */
static size_t things_of(const struct flow *f, struct thing *t)
{
	struct thing *end = things_of_end(things_of_end(t, &f->src), &f->dst);

	if (f->l7)
		end = thing(end, f->l7, f->l7->bytes);
	if (f->hubble)
		end = thing(end, f->hubble, f->hubble->bytes);
	return end - t;
}

/* ----------------------------------------------------------------- the table */

static size_t slot_of(const struct held_slot *slots, size_t size, const void *p)
{
	size_t i = ((uintptr_t)p >> 4) * 0x9e3779b97f4a7c15 >> 32;

	while (slots[i & (size - 1)].thing && slots[i & (size - 1)].thing != p)
		i++;
	return i & (size - 1);
}

static int grow(struct held *h)
{
	size_t size = h->size ? h->size * 2 : HELD_MIN;
	struct held_slot *slots = calloc(size, sizeof(*slots));

	if (!slots)
		return -ENOMEM;
	for (size_t i = 0; i < h->size; i++)
		if (h->slots[i].thing)
			slots[slot_of(slots, size, h->slots[i].thing)] = h->slots[i];
	free(h->slots);
	h->slots = slots;
	h->size = size;
	return 0;
}

static int hold(struct held *h, const struct thing *t)
{
	struct held_slot *slot;

	if (4 * (h->count + 1) > 3 * h->size && grow(h))
		return -ENOMEM;
	slot = &h->slots[slot_of(h->slots, h->size, t->p)];
	if (!slot->thing) {
		/* what was here before may have been moved: it left its count behind */
		*slot = (struct held_slot){.thing = t->p, .bytes = t->bytes};
		h->count++;
		h->bytes += t->bytes;
	}
	slot->records++;
	return 0;
}

static void let_go(struct held *h, const struct thing *t)
{
	size_t i = slot_of(h->slots, h->size, t->p), next;

	if (--h->slots[i].records)
		return;
	h->bytes -= h->slots[i].bytes;
	h->count--;
	h->slots[i].thing = NULL;
	/* what collided with it must still be found: put the rest of the run in again */
	for (next = (i + 1) & (h->size - 1); h->slots[next].thing;
	     next = (next + 1) & (h->size - 1)) {
		struct held_slot moved = h->slots[next];

		h->slots[next].thing = NULL;
		h->slots[slot_of(h->slots, h->size, moved.thing)] = moved;
	}
}

int held_add(struct held *h, const struct flow *f)
{
	struct thing things[THINGS_MAX];
	size_t n = things_of(f, things), added = 0;

	while (added < n && !hold(h, &things[added]))
		added++;
	if (added == n)
		return 0;
	while (added)
		let_go(h, &things[--added]);
	return -ENOMEM;
}

void held_remove(struct held *h, const struct flow *f)
{
	struct thing things[THINGS_MAX];

	for (size_t n = things_of(f, things); n-- > 0;)
		let_go(h, &things[n]);
}

size_t held_table_bytes(const struct held *h)
{
	return h->size * sizeof(*h->slots);
}

void held_free(struct held *h)
{
	free(h->slots);
	*h = (struct held){0};
}
