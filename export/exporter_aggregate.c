// SPDX-License-Identifier: MIT
#include "export/exporter_aggregate.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "export/field_mask.h"
#include "export/wire.h"
#include "flows/table.h"

#define GROUPS_MAX 65536
#define GROUPS_BYTES (32u << 20)
#define SLOTS (2 * GROUPS_MAX) /* a power of 2, never more than half full */

/* flow.proto */
#define FLOW_TIME 1
#define FLOW_AGGREGATE 21007
#define FLOW_EXTENSIONS 150000

struct group {
	struct group *next; /* in the order of arrival */
	uint64_t hash, time_ns;
	uint32_t directions[3]; /* by enum traffic_direction: unknown, ingress, egress */
	uint64_t packets, bytes, drops;
	const char *node_name;
	size_t n;
	uint8_t key[];
};

struct exporter_aggregation {
	struct field_mask *mask;
	struct group **slots, *first, **end;
	size_t n, bytes;
	struct text wire; /* scratch */
};

int exporter_aggregation_new(const char *const *paths, char *err, size_t err_size,
			     struct exporter_aggregation **ret)
{
	struct exporter_aggregation *a = calloc(1, sizeof(*a));
	size_t n = 0;
	int ret_err;

	if (!a)
		return -ENOMEM;
	while (paths[n])
		n++;
	a->end = &a->first;
	a->slots = calloc(SLOTS, sizeof(*a->slots));
	ret_err = a->slots ? field_mask_new(paths, n, &a->mask, err, err_size) : -ENOMEM;
	if (ret_err) {
		exporter_aggregation_free(a);
		return ret_err;
	}
	*ret = a;
	return 0;
}

static void forget(struct exporter_aggregation *a)
{
	while (a->first) {
		struct group *g = a->first;

		a->first = g->next;
		free(g);
	}
	a->end = &a->first;
	a->n = a->bytes = 0;
}

void exporter_aggregation_free(struct exporter_aggregation *a)
{
	if (!a)
		return;
	forget(a);
	field_mask_free(a->mask);
	free(a->slots);
	text_free(&a->wire);
	free(a);
}

/* The slot of the key in a->wire: its group's, or an empty one. */
static struct group **slot_of(struct exporter_aggregation *a, uint64_t hash)
{
	size_t i = hash & (SLOTS - 1);

	while (a->slots[i] && (a->slots[i]->hash != hash || a->slots[i]->n != a->wire.len ||
			       memcmp(a->slots[i]->key, a->wire.data, a->wire.len)))
		i = (i + 1) & (SLOTS - 1);
	return &a->slots[i];
}

static struct group *group_new(struct exporter_aggregation *a, uint64_t hash, const struct flow *f,
			       const char *node_name)
{
	size_t name = strlen(node_name) + 1, n = a->wire.len,
	       size = sizeof(struct group) + n + name;
	struct group *g;

	if (a->n == GROUPS_MAX || (a->n && a->bytes + size > GROUPS_BYTES))
		return NULL;
	g = calloc(1, size);
	if (!g)
		return NULL;
	g->hash = hash;
	g->time_ns = f->time_ns;
	g->n = n;
	if (n)
		memcpy(g->key, a->wire.data, n);
	memcpy(g->key + n, node_name, name);
	g->node_name = (const char *)g->key + n;
	*a->end = g;
	a->end = &g->next;
	a->n++;
	a->bytes += size;
	return g;
}

static void count(struct group *g, const struct flow *f)
{
	g->directions[f->direction < 3 ? f->direction : DIRECTION_UNKNOWN]++;
	if (f->event == FLOW_DROP) {
		g->drops += f->drop.delta_packets;
		return;
	}
	if (f->event == FLOW_LISTEN_DROP) {
		g->drops += f->listen.delta_drops;
		return;
	}
	g->packets += f->forward.delta_packets + f->reply.delta_packets;
	g->bytes += f->forward.delta_bytes + f->reply.delta_bytes;
}

bool exporter_aggregation_add(struct exporter_aggregation *a, const struct flow *f,
			      const char *node_name)
{
	const struct hubble_options opt = {
		.extensions = EXTENSIONS_NONE, .mask = a->mask, .node_name = node_name};
	struct group **slot;
	uint64_t hash;

	a->wire.len = 0;
	hubble_write_flow(&a->wire, f, &opt);
	if (a->wire.err) {
		text_free(&a->wire);
		return false;
	}
	hash = table_hash(a->wire.data, a->wire.len);
	slot = slot_of(a, hash);
	if (!*slot)
		*slot = group_new(a, hash, f, node_name);
	if (!*slot)
		return false;
	count(*slot, f);
	return true;
}

/* A member of a google.protobuf.Struct: map entry {key 1, value 2 Value{number_value 2}}. */
static void put_number(struct text *t, const char *name, uint64_t v)
{
	double number = (double)v;
	size_t entry, value;
	uint64_t bits;

	if (!v)
		return;
	memcpy(&bits, &number, sizeof(bits));
	entry = wire_open(t, 1);
	wire_str(t, 1, name);
	value = wire_open(t, 2);
	wire_fixed64(t, 2, bits);
	wire_close(t, value);
	wire_close(t, entry);
}

/* {"aggregate":{"packets":..,"bytes":..,"drops":..}} as an Any. */
static void put_extensions(struct text *t, const struct group *g)
{
	size_t any, outer, entry, value, inner;

	if (!g->packets && !g->bytes && !g->drops)
		return;
	any = wire_open(t, FLOW_EXTENSIONS);
	wire_str(t, 1, "type.googleapis.com/google.protobuf.Struct");
	outer = wire_open(t, 2);
	entry = wire_open(t, 1);
	wire_str(t, 1, "aggregate");
	value = wire_open(t, 2);
	inner = wire_open(t, 5);
	put_number(t, "bytes", g->bytes);
	put_number(t, "drops", g->drops);
	put_number(t, "packets", g->packets);
	wire_close(t, inner);
	wire_close(t, value);
	wire_close(t, entry);
	wire_close(t, outer);
	wire_close(t, any);
}

static void put_group(struct text *t, const struct group *g)
{
	size_t mark;

	wire_time(t, FLOW_TIME, g->time_ns);
	text_mem(t, (const char *)g->key, g->n);
	mark = wire_open(t, FLOW_AGGREGATE);
	wire_u64(t, 1, g->directions[DIRECTION_INGRESS]);
	wire_u64(t, 2, g->directions[DIRECTION_EGRESS]);
	wire_u64(t, 3, g->directions[DIRECTION_UNKNOWN]);
	wire_close(t, mark);
	put_extensions(t, g);
}

void exporter_aggregation_flush(struct exporter_aggregation *a, void *arg,
				void (*put)(void *arg, const struct aggregated *g))
{
	for (const struct group *g = a->first; g; g = g->next) {
		struct aggregated out = {.time_ns = g->time_ns, .node_name = g->node_name};

		a->wire.len = 0;
		put_group(&a->wire, g);
		if (a->wire.err) {
			text_free(&a->wire);
			continue;
		}
		out.wire = (const uint8_t *)a->wire.data;
		out.n = a->wire.len;
		put(arg, &out);
	}
	if (a->n)
		memset(a->slots, 0, SLOTS * sizeof(*a->slots));
	forget(a);
}
