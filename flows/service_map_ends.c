// SPDX-License-Identifier: MIT
/*
 * Which node an end of a flow is. What was found is kept: to look a name up by its text, and to
 * learn it again for an address, is memory that no cache has.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "flows/service_map_parts.h"
#include "flows/summary.h"

#define ENDS 4096 /* powers of two */
#define ENDS_WAYS 4
#define HOW_CLIENT 1
#define HOW_FOREIGN 2
#define HOW_ADDRESS 4

int map_ends_new(struct service_map *m)
{
	m->ends = calloc(ENDS, sizeof(*m->ends));
	return m->ends ? 0 : -ENOMEM;
}

size_t map_ends_bytes(void)
{
	return ENDS * sizeof(struct map_end);
}

static void forget(struct map_end *k)
{
	endpoint_put(k->endpoint);
	service_put(k->service);
	name_list_put(k->dns);
	name_list_put(k->reverse);
	place_put(k->place);
	*k = (struct map_end){0};
}

void map_ends_forget(struct service_map *m)
{
	for (size_t i = 0; m->ends && i < ENDS; i++)
		if (m->ends[i].vertex)
			forget(&m->ends[i]);
}

void map_ends_free(struct service_map *m)
{
	map_ends_forget(m);
	free(m->ends);
	m->ends = NULL;
}

/* Of the flow, all that map_name_of() looks at besides the end. */
static uint8_t how_of(const struct flow *f, const struct flow_end *e, bool client)
{
	return (client ? HOW_CLIENT : 0) | (flow_foreign(f) ? HOW_FOREIGN : 0) |
	       (flow_has_addr(f, e) ? HOW_ADDRESS : 0);
}

static bool is_it(const struct map_end *k, const struct flow_end *e, uint8_t how)
{
	return k->vertex && k->endpoint == e->endpoint && k->service == e->service &&
	       k->dns == e->dns && k->reverse == e->reverse && k->place == e->place &&
	       k->identity == e->identity && k->how == how &&
	       !memcmp(&k->addr, &e->addr, sizeof(k->addr));
}

/* Not table_hash(): who chooses addresses so that they meet makes look-ups slower, no more. */
static uint64_t hash_of(const struct flow_end *e, uint8_t how)
{
	uint64_t low, high, h;

	memcpy(&high, e->addr.b, sizeof(high));
	memcpy(&low, e->addr.b + 8, sizeof(low));
	h = (low ^ (uintptr_t)e->endpoint >> 4) * 0x9e3779b97f4a7c15;
	h = (h ^ high ^ (uintptr_t)e->dns >> 4 ^ (uint64_t)how << 56) * 0x9e3779b97f4a7c15;
	return h ^ h >> 32;
}

/* What is known of it, or the place of what was not asked for the longest. */
static struct map_end *slot_of(struct service_map *m, const struct flow_end *e, uint8_t how)
{
	struct map_end *set = &m->ends[hash_of(e, how) % (ENDS / ENDS_WAYS) * ENDS_WAYS];
	struct map_end *oldest = set;

	for (struct map_end *k = set; k < set + ENDS_WAYS; k++) {
		if (is_it(k, e, how))
			return k;
		if (k->asked < oldest->asked)
			oldest = k;
	}
	return oldest;
}

static void remember(struct map_end *k, const struct flow_end *e, uint8_t how, struct map_vertex *v,
		     unsigned int rank)
{
	struct map_end now = {
		.vertex = v,
		.endpoint = endpoint_get(e->endpoint),
		.service = service_get(e->service),
		.dns = name_list_get(e->dns),
		.reverse = name_list_get(e->reverse),
		.place = place_get(e->place),
		.addr = e->addr,
		.identity = e->identity,
		.rank = (uint8_t)rank,
		.how = how,
	};

	forget(k);
	*k = now;
}

/* An address behind a Service, which others call by a better name. NULL: none. */
static struct map_vertex *translated(const struct service_map *m, const struct flow *f, bool client,
				     unsigned int rank)
{
	struct map_vertex *better;

	if (client || !f->has_nat || rank > RANK_SERVICE)
		return NULL;
	better = map_also_find(m, map_also_of_address(&f->nat_xlated.dst));
	return better && better->rank > rank ? better : NULL;
}

static void learn(struct service_map *m, const struct flow *f, const struct flow_end *e,
		  bool client, const struct map_name *name, struct map_vertex *v)
{
	if (m->opt.numeric || (name->kind == MAP_NODE_WORLD && name->rank == RANK_FULL) ||
	    (name->kind == MAP_NODE_HOST && name->rank == RANK_HOST))
		return;
	if (flow_has_addr(f, e))
		map_also_learn(m, map_also_of_address(&e->addr), v, name->rank);
	if (e->endpoint && *e->endpoint->workload && name->rank == RANK_FULL)
		map_also_learn(m, map_also_of_pod(e->endpoint), v, name->rank);
	if (!client && e->service && name->rank == RANK_FULL)
		map_also_learn(m, map_also_of_service(e->service), v, name->rank);
}

struct map_vertex *map_end_vertex(struct service_map *m, const struct flow *f,
				  const struct flow_end *e, bool client, unsigned int *ret_rank)
{
	uint8_t how = how_of(f, e, client);
	struct map_end *k = slot_of(m, e, how);
	bool known = is_it(k, e, how);
	struct map_vertex *v;
	struct map_name name;

	if (!known)
		map_name_of(&m->opt, f, e, client, &name);
	*ret_rank = known ? k->rank : name.rank;
	v = translated(m, f, client, *ret_rank);
	if (v) {
		*ret_rank = v->rank;
		return v;
	}
	if (!known) {
		v = map_vertex_get(m, &name);
		learn(m, f, e, client, &name, v);
		if (v == m->others)
			return v;
		remember(k, e, how, v, *ret_rank);
	}
	k->asked = m->flows;
	return k->vertex;
}
