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

#define ENDS 8192 /* powers of two */
#define ENDS_WAYS 2 /* a cache line of them */
#define HOW_CLIENT 1
#define HOW_FOREIGN 2
#define HOW_ADDRESS 4

int map_ends_new(struct service_map *m)
{
	m->ends = map_pages_new(ENDS * sizeof(*m->ends));
	m->end_names = map_pages_new(ENDS * sizeof(*m->end_names));
	return m->ends && m->end_names ? 0 : -ENOMEM;
}

size_t map_ends_bytes(void)
{
	return ENDS * (sizeof(struct map_end) + sizeof(struct map_end_names));
}

static void let_go(struct map_end_names *n)
{
	endpoint_put(n->endpoint);
	service_put(n->service);
	name_list_put(n->dns);
	name_list_put(n->reverse);
	place_put(n->place);
}

void map_ends_forget(struct service_map *m)
{
	for (size_t i = 0; m->ends && m->end_names && i < ENDS; i++) {
		if (!m->ends[i].mark)
			continue;
		let_go(&m->end_names[i]);
		m->ends[i].mark = 0;
	}
}

void map_ends_free(struct service_map *m)
{
	map_ends_forget(m);
	map_pages_free(m->ends, ENDS * sizeof(*m->ends));
	map_pages_free(m->end_names, ENDS * sizeof(*m->end_names));
	m->ends = NULL;
	m->end_names = NULL;
}

/*
 * The end and, of the flow, what map_name_of() looks at besides it. Two that are not the same do
 * not get the same mark by chance, and not by intent: the hash has a secret.
 */
static uint64_t mark_of(const struct flow *f, const struct flow_end *e, bool client)
{
	const struct {
		const void *names[5];
		struct ip_addr addr;
		uint32_t identity, how;
	} key = {
		{e->endpoint, e->service, e->dns, e->reverse, e->place},
		e->addr,
		e->identity,
		(client ? HOW_CLIENT : 0) | (flow_foreign(f) ? HOW_FOREIGN : 0) |
			(flow_has_addr(f, e) ? HOW_ADDRESS : 0),
	};
	uint64_t mark = table_hash(&key, sizeof(key));

	return mark ? mark : 1;
}

static struct map_end *line_of(const struct service_map *m, uint64_t mark)
{
	return &m->ends[mark % (ENDS / ENDS_WAYS) * ENDS_WAYS];
}

void map_ends_fetch(const struct service_map *m, const struct flow *f, bool swapped)
{
	__builtin_prefetch(line_of(m, mark_of(f, &f->src, !swapped)));
	__builtin_prefetch(line_of(m, mark_of(f, &f->dst, swapped)));
}

/* What is known of it, or the place of what was not asked for the longest. */
static struct map_end *slot_of(const struct service_map *m, uint64_t mark)
{
	struct map_end *line = line_of(m, mark);

	if (line[0].mark == mark)
		return &line[0];
	if (line[1].mark == mark || !line[1].mark)
		return &line[1];
	return line[0].mark && line[0].asked > line[1].asked ? &line[1] : &line[0];
}

/* Several of these have one address: which of them it is, is known of a port alone. */
static bool shares_address(unsigned int kind)
{
	return kind == MAP_NODE_PROCESS || kind == MAP_NODE_UNIT;
}

static void remember(struct service_map *m, struct map_end *k, const struct flow_end *e,
		     uint64_t mark, struct map_vertex *v, unsigned int rank)
{
	struct map_end_names *names = &m->end_names[k - m->ends],
			     now = {
				     .endpoint = endpoint_get(e->endpoint),
				     .service = service_get(e->service),
				     .dns = name_list_get(e->dns),
				     .reverse = name_list_get(e->reverse),
				     .place = place_get(e->place),
			     };

	if (k->mark)
		let_go(names);
	*names = now;
	*k = (struct map_end){.mark = mark,
			      .vertex = v,
			      .rank = (uint8_t)rank,
			      .shared = shares_address(v->kind)};
}

/* An address behind a Service, which others call by a better name. NULL: none. */
static struct map_vertex *translated(const struct service_map *m, const struct flow *f, bool client,
				     unsigned int rank)
{
	struct map_vertex *better;
	uint64_t address;

	if (client || !f->has_nat || rank > RANK_SERVICE)
		return NULL;
	address = map_also_of_address(&f->nat_xlated.dst);
	better = map_also_find(m, address);
	if (!better)
		better = map_also_find(m,
				       map_also_of_port(address, f->nat_xlated.dport, f->protocol));
	return better && better->rank > rank ? better : NULL;
}

static void learn_port(struct service_map *m, const struct flow *f, const struct flow_end *e,
		       struct map_vertex *v)
{
	uint16_t port = flow_port(f, e);

	if (port && flow_has_addr(f, e))
		map_also_learn(m,
			       map_also_of_port(map_also_of_address(&e->addr), port, f->protocol),
			       v, v->rank);
}

static void learn(struct service_map *m, const struct flow *f, const struct flow_end *e,
		  bool client, const struct map_name *name, struct map_vertex *v)
{
	if (m->opt.numeric || (name->kind == MAP_NODE_WORLD && name->rank == RANK_FULL) ||
	    (name->kind == MAP_NODE_HOST && name->rank == RANK_HOST))
		return;
	if (flow_has_addr(f, e) && !shares_address(name->kind))
		map_also_learn(m, map_also_of_address(&e->addr), v, name->rank);
	if (e->endpoint && *e->endpoint->workload && name->rank == RANK_FULL)
		map_also_learn(m, map_also_of_pod(e->endpoint), v, name->rank);
	if (!client && e->service && name->rank == RANK_FULL)
		map_also_learn(m, map_also_of_service(e->service), v, name->rank);
}

struct map_vertex *map_end_vertex(struct service_map *m, const struct flow *f,
				  const struct flow_end *e, bool client, unsigned int *ret_rank)
{
	uint64_t mark = mark_of(f, e, client);
	struct map_end *k = slot_of(m, mark);
	bool known = k->mark == mark;
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
		remember(m, k, e, mark, v, *ret_rank);
	}
	k->asked = m->flows;
	if (!client && k->shared && !m->opt.numeric)
		learn_port(m, f, e, k->vertex);
	return k->vertex;
}
