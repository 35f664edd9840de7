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

/* What a flow may hold and others, too: six at each end, its message. */
#define THINGS_MAX 13

struct thing {
	const void *p;
	size_t (*size)(const void *p); /* asked when it is new; else the thing is not looked at */
};

/* ----------------------------------------------------- what a flow points to */

static size_t process_size(const void *thing)
{
	const struct process *p = thing;

	return sizeof(*p) + (p->exe ? strlen(p->exe) + 1 : 0) +
	       (p->command ? strlen(p->command) + 1 : 0);
}

#define SIZE_OF(type)                                       \
	static size_t type##_size(const void *thing)        \
	{                                                   \
		return ((const struct type *)thing)->bytes; \
	}
SIZE_OF(endpoint)
SIZE_OF(service)
SIZE_OF(name_list)
SIZE_OF(place)
SIZE_OF(l7)

/* What Hubble says is said of one flow: it needs no look at who else has it. */
static size_t own_bytes(const struct flow *f)
{
	return f->hubble ? MALLOC_BYTES(f->hubble->bytes) : 0;
}

static size_t add_thing(struct thing *t, size_t n, const void *p, size_t (*size)(const void *))
{
	t[n] = (struct thing){p, size};
	return n + (p != NULL);
}

static size_t things_of_end(struct thing *t, size_t n, const struct flow_end *e)
{
	n = add_thing(t, n, e->process, process_size);
	n = add_thing(t, n, e->endpoint, endpoint_size);
	n = add_thing(t, n, e->service, service_size);
	n = add_thing(t, n, e->dns, name_list_size);
	n = add_thing(t, n, e->reverse, name_list_size);
	return add_thing(t, n, e->place, place_size);
}

/* Fills t, of THINGS_MAX + 1; returns how many. */
static size_t things_of(const struct flow *f, struct thing *t)
{
	size_t n = things_of_end(t, things_of_end(t, 0, &f->src), &f->dst);

	return add_thing(t, n, f->l7, l7_size);
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
		*slot = (struct held_slot){.thing = t->p, .bytes = MALLOC_BYTES(t->size(t->p))};
		h->count++;
		h->bytes += slot->bytes;
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
	struct thing things[THINGS_MAX + 1];
	size_t n = things_of(f, things), added = 0;

	while (added < n && !hold(h, &things[added]))
		added++;
	if (added == n) {
		h->bytes += own_bytes(f);
		return 0;
	}
	while (added)
		let_go(h, &things[--added]);
	return -ENOMEM;
}

void held_remove(struct held *h, const struct flow *f)
{
	struct thing things[THINGS_MAX + 1];

	for (size_t n = things_of(f, things); n-- > 0;)
		let_go(h, &things[n]);
	h->bytes -= own_bytes(f);
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
