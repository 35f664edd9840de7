// SPDX-License-Identifier: MIT
#include "flows/drop_sums_parts.h"

#include <string.h>

#include "flows/aggregate_names.h"
#include "flows/fields.h"
#include "flows/summary.h"

#define TEXT_MAX 512

const char *drop_by_name(unsigned int by)
{
	static const char *const names[DROP_BYS] = {
		[DROP_BY_REASON] = "reason",
		[DROP_BY_FUNCTION] = "function",
		[DROP_BY_INTERFACE] = "interface",
		[DROP_BY_NODE] = "node",
		[DROP_BY_PAIR] = "pair",
		[DROP_BY_SOURCE] = "source",
		[DROP_BY_DESTINATION] = "destination",
	};

	return names[by];
}

void drop_sums_totals(const struct sums *sums, uint64_t *ret_lost, uint64_t *ret_normal)
{
	const struct drop_sums *s = (const struct drop_sums *)sums;

	*ret_lost = s->packets[0];
	*ret_normal = s->packets[1];
}

/* ------------------------------------------------------------------ which sum */

static const char *function_of(const struct flow *f)
{
	return f->event == FLOW_DROP && f->drop.function ? f->drop.function : "";
}

/* Of this one's flows as the field says it, so that another source's tale of it is the same row. */
static const char *node_of(const struct flow *f)
{
	return f->hubble ? f->hubble->node_name : field_own_node();
}

/* The server's port tells ends apart, the client's does not. */
struct parts {
	struct sums_end_id source, destination;
	uint64_t reason, function, interface, node, protocol;
	uint16_t source_port, destination_port, normal, pad;
};

static void parts_of(struct sums *s, const struct flow *f, struct parts *ret)
{
	bool swapped = aggregate_is_swapped(f);

	*ret = (struct parts){
		.reason = sums_text_hash(flow_type_name(f)),
		.function = sums_text_hash(function_of(f)),
		.interface = table_hash(f->ifname, strnlen(f->ifname, sizeof(f->ifname))),
		.node = sums_text_hash(node_of(f)),
		.source_port = swapped ? flow_port(f, &f->src) : 0,
		.destination_port = swapped ? 0 : flow_port(f, &f->dst),
		.protocol = f->protocol | f->ip_version << 8,
		.normal = f->event == FLOW_DROP && f->drop.normal,
	};
	sums_end_id(s, f, &f->src, &ret->source);
	sums_end_id(s, f, &f->dst, &ret->destination);
}

static void row_hashes(uint64_t *by, const struct parts *p)
{
	uint64_t source = p->source.work, destination = p->destination.work;

	by[DROP_BY_REASON] = sums_mix(p->reason, p->function);
	by[DROP_BY_FUNCTION] = sums_mix(p->function, 0);
	by[DROP_BY_INTERFACE] = sums_mix(p->interface, p->node);
	by[DROP_BY_NODE] = sums_mix(p->node, 1);
	by[DROP_BY_PAIR] = sums_mix(sums_mix(source, p->source_port),
				    sums_mix(destination, p->destination_port));
	by[DROP_BY_SOURCE] = sums_mix(source, 2);
	by[DROP_BY_DESTINATION] = sums_mix(destination, 3);
}

static void write_names(struct sums *s, struct drop_leaf *l, const struct flow *f)
{
	struct text *t = &s->scratch;
	const char *texts;

	t->len = t->err = 0;
	sums_put_end(t, f, &f->src);
	sums_put_end(t, f, &f->dst);
	if (!l->sum.here)
		text_mem(t, node_of(f), strnlen(node_of(f), TEXT_MAX));
	text_char(t, '\0');
	texts = sums_set_names(s, &l->leaf);
	if (!texts)
		return;
	texts = sums_take_end(texts, &l->sum.source);
	l->sum.node = sums_take_end(texts, &l->sum.destination);
}

static void describe(struct drop_leaf *l, const struct flow *f, const struct parts *p)
{
	struct drop_sum *sum = &l->sum;

	row_hashes(l->leaf.by, p);
	sum->here = !f->hubble;
	sum->reason = flow_type_name(f);
	sum->function = function_of(f);
	sum->text = f->event == FLOW_DROP && f->drop.text ? f->drop.text : "";
	memcpy(l->interface, f->ifname, sizeof(l->interface) - 1);
	sum->interface = l->interface;
	sum->source.port = p->source_port;
	sum->destination.port = p->destination_port;
	sum->protocol = f->protocol;
	sum->ip_version = f->ip_version;
	sum->normal = p->normal;
	sum->listen = f->event == FLOW_LISTEN_DROP;
}

static struct drop_leaf *leaf_of(struct sums *s, const struct flow *f)
{
	struct drop_leaf *l;
	struct parts p;
	bool new;

	parts_of(s, f, &p);
	l = (struct drop_leaf *)sums_leaf(s, table_hash(&p, sizeof(p)), p.normal, &new);
	sums_fetch(&l->leaf, f->time_ns);
	__builtin_prefetch(&l->sum.packets, 1);
	if (new)
		describe(l, f, &p);
	if (!l->sum.others && sums_names_due(&l->leaf, f))
		write_names(s, l, f);
	return l;
}

/* ----------------------------------------------------------------------- kind */

/* Hubble tells a denied packet twice, as a policy's verdict and as a drop; and has no counters. */
static bool amounts(const struct flow *f, uint64_t *ret_packets, uint64_t *ret_bytes)
{
	const struct hubble *hubble = flow_foreign(f);

	*ret_bytes = 0;
	*ret_packets = 1;
	if (hubble)
		return f->verdict == VERDICT_DROPPED &&
		       hubble->event_type != EVENT_TYPE_POLICY_VERDICT;
	if (f->event == FLOW_LISTEN_DROP) {
		*ret_packets = f->listen.delta_drops;
		return true;
	}
	*ret_packets = f->drop.delta_packets;
	*ret_bytes = f->drop.delta_bytes;
	return f->event == FLOW_DROP;
}

static void add_place(struct drop_sum *s, const struct flow_drop *d)
{
	s->netns = d->netns;
	if (!d->stack_depth)
		return;
	s->stack_depth = d->stack_depth < FLOW_STACK ? d->stack_depth : FLOW_STACK;
	memcpy(s->stack, d->stack, s->stack_depth * sizeof(*s->stack));
}

static void add(struct sums *s, const struct flow *f, uint64_t number)
{
	uint64_t packets, bytes;
	struct drop_leaf *l;

	if (!flow_is_drop(f) || !amounts(f, &packets, &bytes))
		return;
	l = leaf_of(s, f);
	sums_count(&l->leaf, packets, f->time_ns);
	rate_add(&l->leaf.rate, 0, f->time_ns, packets);
	l->sum.packets += packets;
	l->sum.bytes += bytes;
	l->sum.events++;
	if (!l->sum.first_ns || f->time_ns < l->sum.first_ns)
		l->sum.first_ns = f->time_ns;
	if (f->time_ns > l->sum.last_ns)
		l->sum.last_ns = f->time_ns;
	l->sum.newest = number;
	if (f->event == FLOW_DROP)
		add_place(&l->sum, &f->drop);
	((struct drop_sums *)s)->packets[l->sum.normal] += packets;
	s->version++;
}

static void clear(struct sums *s)
{
	memset(((struct drop_sums *)s)->packets, 0, sizeof(((struct drop_sums *)s)->packets));
}

static void begin(struct sums_leaf *leaf, bool others)
{
	static const struct sums_end end = {"others", "others", "", "", "", "", 0},
				     none = {"", "", "", "", "", "", 0};

	((struct drop_leaf *)leaf)->sum = (struct drop_sum){
		.reason = others ? "others" : "",
		.function = "",
		.text = "",
		.interface = "",
		.node = "",
		.source = others ? end : none,
		.destination = others ? end : none,
		.normal = leaf->part,
		.others = others,
	};
}

static void merge(struct sums *s, struct sums_leaf *to, const struct sums_leaf *from)
{
	struct drop_sum *t = &((struct drop_leaf *)to)->sum;
	const struct drop_sum *f = &((const struct drop_leaf *)from)->sum;

	(void)s;
	t->packets += f->packets;
	t->bytes += f->bytes;
	t->events += f->events;
	if (f->first_ns && (!t->first_ns || f->first_ns < t->first_ns))
		t->first_ns = f->first_ns;
	if (f->last_ns > t->last_ns)
		t->last_ns = f->last_ns;
	if (f->newest > t->newest)
		t->newest = f->newest;
}

_Static_assert(DROP_BYS <= SUMS_BYS, "room");

const struct sums_kind drop_sums_kind = {
	.size = sizeof(struct drop_sums),
	.leaf_size = sizeof(struct drop_leaf),
	.row_size = sizeof(struct drop_row),
	.parts = 2,
	.within = DROP_BY_PAIR,
	.add = add,
	.clear = clear,
	.begin = begin,
	.merge = merge,
	.fill = drop_row_fill,
	.compare = drop_row_compare,
};
