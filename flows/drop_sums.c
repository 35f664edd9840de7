// SPDX-License-Identifier: MIT
#include "flows/drop_sums_parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "flows/aggregate_names.h"
#include "flows/summary.h"
#include "flows/sums.h"

#define NAMED_NS 1000000000ull /* names of a sum are looked at again after that */
#define TEXT_MAX 512

const char *drop_by_name(enum drop_by by)
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

/* ---------------------------------------------------------------------- sums */

static struct leaf *others_new(bool normal)
{
	struct leaf *l = calloc(1, sizeof(*l));

	if (!l)
		return NULL;
	l->sum = (struct drop_sum){
		.reason = "others",
		.function = "",
		.text = "",
		.interface = "",
		.node = "",
		.source = "others",
		.destination = "others",
		.source_work = "others",
		.destination_work = "others",
		.source_workload = "",
		.destination_workload = "",
		.source_address = "",
		.destination_address = "",
		.normal = normal,
		.others = true,
	};
	for (int i = 0; i < DROP_BYS; i++)
		l->by[i] = 1 + normal;
	return l;
}

int drop_sums_new(struct drop_sums **ret)
{
	struct drop_sums *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->sorted = calloc(DROP_SUMS_MAX + 2, sizeof(*s->sorted));
	s->rows = calloc(DROP_SUMS_MAX + 2, sizeof(*s->rows));
	s->others[0] = others_new(false);
	s->others[1] = others_new(true);
	if (!s->sorted || !s->rows || !s->others[0] || !s->others[1]) {
		drop_sums_free(s);
		return -ENOMEM;
	}
	*ret = s;
	return 0;
}

static void forget(void *arg, struct table_node *node)
{
	struct drop_sums *s = arg;
	struct leaf *l = table_entry(node, struct leaf, node);

	table_remove(&s->table, node);
	free(l->names);
	free(l);
}

void drop_sums_reset(struct drop_sums *s)
{
	table_each(&s->table, forget, s);
	for (int i = 0; i < 2; i++) {
		struct drop_sum *o = &s->others[i]->sum;

		o->packets = o->bytes = o->events = o->first_ns = o->last_ns = o->newest = 0;
		s->others[i]->rate = (struct rate){0};
		s->packets[i] = 0;
	}
	s->left_out = 0;
	s->epoch++;
	s->version++;
}

void drop_sums_free(struct drop_sums *s)
{
	if (!s)
		return;
	table_each(&s->table, forget, s);
	table_free(&s->table);
	free(s->others[0]);
	free(s->others[1]);
	text_free(&s->scratch);
	free(s->sorted);
	free(s->rows);
	free(s);
}

uint64_t drop_sums_epoch(const struct drop_sums *s)
{
	return s->epoch;
}

uint64_t drop_sums_version(const struct drop_sums *s)
{
	return s->version;
}

void drop_sums_totals(const struct drop_sums *s, uint64_t *ret_lost, uint64_t *ret_normal,
		      uint64_t *ret_left_out)
{
	*ret_lost = s->packets[0];
	*ret_normal = s->packets[1];
	*ret_left_out = s->left_out;
}

/* ------------------------------------------------------------------ which sum */

static const char *function_of(const struct flow *f)
{
	return f->event == FLOW_DROP && f->drop.function ? f->drop.function : "";
}

static const char *node_of(const struct flow *f)
{
	return f->hubble ? f->hubble->node_name : "";
}

struct parts {
	uint64_t reason, function, interface, node, source, destination, protocol, normal;
	uint64_t source_work, destination_work; /* the same with workloads in place of pods */
	uint64_t any_source, any_destination; /* and whatever the port */
};

static void parts_of(struct text *scratch, const struct flow *f, bool swapped, struct parts *ret)
{
	uint16_t source_port = swapped ? flow_port(f, &f->src) : 0;
	uint16_t destination_port = swapped ? 0 : flow_port(f, &f->dst);

	*ret = (struct parts){
		.reason = sums_text_hash(flow_type_name(f)),
		.function = sums_text_hash(function_of(f)),
		.interface = table_hash(f->ifname, strnlen(f->ifname, sizeof(f->ifname))),
		.node = sums_text_hash(node_of(f)),
		.source = sums_end_hash(scratch, f, &f->src, source_port),
		.destination = sums_end_hash(scratch, f, &f->dst, destination_port),
		.source_work = sums_work_hash(scratch, f, &f->src, source_port),
		.destination_work = sums_work_hash(scratch, f, &f->dst, destination_port),
		.any_source = sums_work_hash(scratch, f, &f->src, 0),
		.any_destination = sums_work_hash(scratch, f, &f->dst, 0),
		.protocol = f->protocol | f->ip_version << 8,
		.normal = f->event == FLOW_DROP && f->drop.normal,
	};
}

static uint64_t mix(uint64_t a, uint64_t b)
{
	const uint64_t both[] = {a, b};
	uint64_t hash = table_hash(both, sizeof(both));

	return hash > 2 ? hash : 3; /* 1 and 2 are the others' */
}

static void row_hashes(struct leaf *l, const struct parts *p)
{
	l->by[DROP_BY_REASON] = mix(p->reason, p->function);
	l->by[DROP_BY_FUNCTION] = mix(p->function, 0);
	l->by[DROP_BY_INTERFACE] = mix(p->interface, p->node);
	l->by[DROP_BY_NODE] = mix(p->node, 1);
	l->by[DROP_BY_PAIR] = mix(p->source_work, p->destination_work);
	l->by[DROP_BY_SOURCE] = mix(p->any_source, 2);
	l->by[DROP_BY_DESTINATION] = mix(p->any_destination, 3);
}

/* ---------------------------------------------------------------------- names */

static size_t put_end(struct text *t, const struct flow *f, const struct flow_end *e)
{
	size_t at = t->len;

	flow_host_text(t, f, e, false);
	text_char(t, '\0');
	return at;
}

/* Names may become known, or better ones, while the sum goes on. */
static void write_names(struct drop_sums *s, struct leaf *l, const struct flow *f)
{
	struct text *t = &s->scratch;
	size_t destination, node, source_work, destination_work, source_workload,
		destination_workload, source_address, destination_address;
	char *names;

	t->len = t->err = 0;
	put_end(t, f, &f->src);
	destination = put_end(t, f, &f->dst);
	source_work = sums_put_work(t, f, &f->src);
	destination_work = sums_put_work(t, f, &f->dst);
	source_workload = sums_put_workload(t, &f->src);
	destination_workload = sums_put_workload(t, &f->dst);
	source_address = sums_put_address(t, f, &f->src);
	destination_address = sums_put_address(t, f, &f->dst);
	node = t->len;
	text_escape(t, node_of(f), TEXT_MAX);
	text_char(t, '\0');
	l->named_ns = f->time_ns;
	if (t->err || (l->names && l->n_names == t->len && !memcmp(l->names, t->data, t->len)))
		return;
	names = malloc(t->len);
	if (!names)
		return;
	memcpy(names, t->data, t->len);
	if (l->names)
		s->epoch++;
	free(l->names);
	l->names = names;
	l->n_names = t->len;
	l->sum.source = names;
	l->sum.destination = names + destination;
	l->sum.source_work = names + source_work;
	l->sum.destination_work = names + destination_work;
	l->sum.source_workload = names + source_workload;
	l->sum.destination_workload = names + destination_workload;
	l->sum.source_address = names + source_address;
	l->sum.destination_address = names + destination_address;
	l->sum.node = names + node;
}

static void describe(struct drop_sums *s, struct leaf *l, const struct flow *f, bool swapped)
{
	struct drop_sum *sum = &l->sum;

	sum->reason = flow_type_name(f);
	sum->function = function_of(f);
	sum->text = f->event == FLOW_DROP && f->drop.text ? f->drop.text : "";
	memcpy(l->interface, f->ifname, sizeof(l->interface) - 1);
	sum->interface = l->interface;
	sum->source = sum->destination = sum->node = "";
	sum->source_work = sum->destination_work = "";
	sum->source_workload = sum->destination_workload = "";
	sum->source_address = sum->destination_address = "";
	sum->source_port = swapped ? flow_port(f, &f->src) : 0;
	sum->destination_port = swapped ? 0 : flow_port(f, &f->dst);
	sum->protocol = f->protocol;
	sum->ip_version = f->ip_version;
	sum->normal = f->event == FLOW_DROP && f->drop.normal;
	sum->listen = f->event == FLOW_LISTEN_DROP;
	sum->first_ns = f->time_ns;
	write_names(s, l, f);
}

/* ----------------------------------------------------------------------- room */

static void collect(void *arg, struct table_node *node)
{
	struct leaf ***next = arg;

	*(*next)++ = table_entry(node, struct leaf, node);
}

static int smallest_first(const void *a, const void *b)
{
	const struct drop_sum *x = &(*(struct leaf *const *)a)->sum;
	const struct drop_sum *y = &(*(struct leaf *const *)b)->sum;

	if (x->packets != y->packets)
		return x->packets < y->packets ? -1 : 1;
	return x->last_ns < y->last_ns ? -1 : x->last_ns > y->last_ns;
}

static void merge(struct leaf *to, const struct leaf *from)
{
	struct drop_sum *t = &to->sum;
	const struct drop_sum *f = &from->sum;

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

/* A quarter at a time: one sort for many new sums. */
static void make_room(struct drop_sums *s)
{
	struct leaf **end = s->sorted;
	size_t n;

	table_each(&s->table, collect, &end);
	n = end - s->sorted;
	qsort(s->sorted, n, sizeof(*s->sorted), smallest_first);
	for (size_t i = 0; i < n / 4 + 1 && i < n; i++) {
		struct leaf *l = s->sorted[i];

		merge(s->others[l->sum.normal], l);
		s->left_out++;
		forget(s, &l->node);
	}
	s->epoch++;
}

static struct leaf *leaf_of(struct drop_sums *s, const struct flow *f)
{
	bool swapped = aggregate_is_swapped(f);
	struct parts p;
	struct leaf *l;
	uint64_t hash;
	struct table_node *node;

	parts_of(&s->scratch, f, swapped, &p);
	hash = table_hash(&p, sizeof(p));
	node = table_find(&s->table, hash);
	if (node) {
		l = table_entry(node, struct leaf, node);
		if (f->time_ns > l->named_ns + NAMED_NS)
			write_names(s, l, f);
		return l;
	}
	if (s->table.n >= DROP_SUMS_MAX)
		make_room(s);
	l = calloc(1, sizeof(*l));
	if (!l || table_insert(&s->table, &l->node, hash)) {
		free(l);
		return s->others[p.normal];
	}
	row_hashes(l, &p);
	describe(s, l, f, swapped);
	return l;
}

/* ------------------------------------------------------------------------ add */

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

void drop_sums_add(struct drop_sums *s, const struct flow *f, uint64_t number)
{
	uint64_t packets, bytes;
	struct leaf *l;

	if (!flow_is_drop(f) || !amounts(f, &packets, &bytes))
		return;
	l = leaf_of(s, f);
	rate_add(&l->rate, 0, f->time_ns, packets);
	l->sum.packets += packets;
	l->sum.bytes += bytes;
	l->sum.events++;
	if (f->time_ns >= l->sum.last_ns)
		l->sum.last_ns = f->time_ns;
	l->sum.newest = number;
	if (f->event == FLOW_DROP) {
		l->sum.netns = f->drop.netns;
		if (f->drop.stack_depth) {
			l->sum.stack_depth =
				f->drop.stack_depth < FLOW_STACK ? f->drop.stack_depth : FLOW_STACK;
			memcpy(l->sum.stack, f->drop.stack, sizeof(l->sum.stack));
		}
	}
	s->packets[l->sum.normal] += packets;
	s->version++;
}
