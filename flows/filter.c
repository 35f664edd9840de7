// SPDX-License-Identifier: MIT
#include "flows/filter.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flows/filter_terms.h"
#include "flows/summary.h"

#define FLOW_TERMS (FILTER_FIELDS - FILTER_END_FIELDS)
_Static_assert(FILTER_TERMS <= 64, "a term is a bit of asks");
#define REASON_TERM (1ull << (FILTER_DROP_REASON - FILTER_END_FIELDS))

static const struct filter_list *list_of(const struct filter *f, bool deny)
{
	return deny ? &f->deny : &f->allow;
}

static enum filter_field field_of(unsigned int term)
{
	return term < FLOW_TERMS ? term + FILTER_END_FIELDS : (term - FLOW_TERMS) / 2;
}

/* ------------------------------------------------------------------- matching */

static bool filter_matches(const struct flow_filter *q, const struct flow *f)
{
	for (uint64_t rest = q->asks; rest; rest &= rest - 1) {
		unsigned int term = __builtin_ctzll(rest);
		bool destination = term >= FLOW_TERMS && (term - FLOW_TERMS) % 2;

		if (!filter_rows[field_of(term)].match(&q->terms[term], f, destination))
			return false;
	}
	return true;
}

/* must: terms that a filter has to have. */
static bool list_matches(const struct filter_list *l, const struct flow *f, uint64_t must)
{
	for (size_t i = 0; i < l->n_as; i++)
		if (!(must & ~l->as[i].asks) && filter_matches(&l->as[i], f))
			return true;
	for (size_t i = 0; i < l->n_more; i++)
		if (!(must & ~l->more[i].asks) && filter_matches(&l->more[i], f))
			return true;
	return false;
}

bool filter_pass(const struct filter *f, const struct flow *flow)
{
	bool normal = flow->event == FLOW_DROP && flow->drop.normal && !f->normal_drops;

	if (normal && !f->by_reason)
		return false;
	if (f->allow.n_as + f->allow.n_more &&
	    !list_matches(&f->allow, flow, normal ? REASON_TERM : 0))
		return false;
	return !(f->deny.n_as + f->deny.n_more) || !list_matches(&f->deny, flow, 0);
}

size_t filter_count(const struct filter *f, bool deny)
{
	return list_of(f, deny)->n_as + list_of(f, deny)->n_more;
}

const struct flow_filter *filter_at(const struct filter *f, bool deny, size_t i)
{
	const struct filter_list *l = list_of(f, deny);

	return i < l->n_as ? &l->as[i] : &l->more[i - l->n_as];
}

/* ------------------------------------------------------ what others may leave out */

/* The shorter of both ends' terms: either will do, a flow that passes has both. */
static const struct filter_term *end_term(const struct flow_filter *q, enum filter_field field)
{
	const struct filter_term *s = &q->terms[filter_term_of(field, false)];
	const struct filter_term *d = &q->terms[filter_term_of(field, true)];

	if (!s->n || !d->n)
		return s->n ? s : d;
	return s->n <= d->n ? s : d;
}

static bool add_prefix(struct prefilter *p, const struct prefix *prefix)
{
	for (unsigned int i = 0; i < p->n_prefixes; i++)
		if (p->prefixes[i].bits == prefix->bits &&
		    !memcmp(&p->prefixes[i].addr, &prefix->addr, sizeof(prefix->addr)))
			return true;
	if (p->n_prefixes == PREFILTER_MAX)
		return false;
	p->prefixes[p->n_prefixes++] = *prefix;
	return true;
}

static bool add_port(struct prefilter *p, uint16_t port)
{
	for (unsigned int i = 0; i < p->n_ports; i++)
		if (p->ports[i] == port)
			return true;
	if (p->n_ports == PREFILTER_MAX)
		return false;
	p->ports[p->n_ports++] = port;
	return true;
}

static bool add_one_protocol(struct prefilter *p, uint8_t protocol)
{
	for (unsigned int i = 0; i < p->n_protocols; i++)
		if (p->protocols[i] == protocol)
			return true;
	if (p->n_protocols == PREFILTER_MAX)
		return false;
	p->protocols[p->n_protocols++] = protocol;
	return true;
}

/* Layer 7 comes over any protocol: nothing can be left out for it. */
static bool add_protocol(struct prefilter *p, uint64_t asked)
{
	if (asked == PROTOCOL_ICMP_BOTH)
		return add_one_protocol(p, 1) && add_one_protocol(p, 58);
	return asked < PROTOCOL_ICMP_BOTH && add_one_protocol(p, asked);
}

/* Each adds what a filter lets through; false: it would be all, or too much to list. */
static bool add_prefixes(struct prefilter *p, const struct flow_filter *q)
{
	const struct filter_term *t = end_term(q, FILTER_IP);
	size_t i = 0;

	while (i < t->n && add_prefix(p, &t->v[i].prefix))
		i++;
	return t->n && i == t->n;
}

static bool add_ports(struct prefilter *p, const struct flow_filter *q)
{
	const struct filter_term *t = end_term(q, FILTER_PORT);
	size_t i = 0;

	while (i < t->n && add_port(p, t->v[i].number))
		i++;
	return t->n && i == t->n;
}

static bool add_protocols(struct prefilter *p, const struct flow_filter *q)
{
	const struct filter_term *t = &q->terms[filter_term_of(FILTER_PROTOCOL, false)];
	size_t i = 0;

	while (i < t->n && add_protocol(p, t->v[i].number))
		i++;
	return t->n && i == t->n;
}

void filter_prefilter(const struct filter *f, struct prefilter *ret)
{
	bool prefixes = true, ports = true, protocols = true;

	memset(ret, 0, sizeof(*ret));
	for (size_t i = 0; i < filter_count(f, false); i++) {
		const struct flow_filter *q = filter_at(f, false, i);

		prefixes = prefixes && add_prefixes(ret, q);
		ports = ports && add_ports(ret, q);
		protocols = protocols && add_protocols(ret, q);
	}
	if (!prefixes)
		ret->n_prefixes = 0;
	if (!ports)
		ret->n_ports = 0;
	if (!protocols)
		ret->n_protocols = 0;
}

/* Appends the term's globs; false: it does not say a name for each value. */
static bool add_globs(const struct filter_term *t, const char **list, size_t *n)
{
	for (size_t i = 0; i < t->n; i++) {
		if (!t->v[i].name_len || t->v[i].number)
			return false;
		list[(*n)++] = t->v[i].name;
	}
	return t->n > 0;
}

int filter_interfaces(const struct filter *f, bool deny, const char *const **ret)
{
	unsigned int term = filter_term_of(FILTER_INTERFACE, false);
	size_t filters = filter_count(f, deny), max = 0, n = 0;
	const char **list;
	bool all = true;

	*ret = NULL;
	for (size_t i = 0; i < filters; i++)
		max += filter_at(f, deny, i)->terms[term].n;
	if (!max)
		return 0;
	list = calloc(max + 1, sizeof(*list));
	if (!list)
		return -ENOMEM;
	for (size_t i = 0; i < filters; i++) {
		const struct flow_filter *q = filter_at(f, deny, i);
		size_t was = n;

		/* Fields are ANDed: `not (lo and port 22)` needs lo captured. */
		if (deny && q->asks != 1ull << term)
			continue;
		if (!add_globs(&q->terms[term], list, &n)) {
			all = false;
			n = was;
		}
	}
	if (!n || (!deny && !all))
		free(list);
	else
		*ret = list;
	return 0;
}

/* ------------------------------------------------------------------- the rest */

/* Both forms of the node's name that uuids are made with; without memory none matches. */
static void set_uuid_node(struct filter_value *v, const char *cluster, const char *node)
{
	free(v->name);
	free(v->dir);
	v->name = strdup(node);
	if (asprintf(&v->dir, "%s/%s", cluster, node) < 0)
		v->dir = NULL;
}

static void set_node(struct flow_filter *q, const char *cluster, const char *node)
{
	struct filter_term *nodes = &q->terms[filter_term_of(FILTER_NODE_NAME, false)];
	struct filter_term *uuids = &q->terms[filter_term_of(FILTER_UUID, false)];

	for (size_t i = 0; i < nodes->n; i++)
		nodes->v[i].number = filter_node_is(&nodes->v[i], cluster, node);
	for (size_t i = 0; i < uuids->n; i++)
		set_uuid_node(&uuids->v[i], cluster, node);
}

void filter_set_node(struct filter *f, const char *cluster, const char *node)
{
	struct filter_list *lists[] = {&f->allow, &f->deny};

	for (int k = 0; k < 2; k++) {
		for (int i = 0; i < 2; i++)
			set_node(&lists[k]->as[i], cluster, node);
		for (size_t i = 0; i < lists[k]->n_more; i++)
			set_node(&lists[k]->more[i], cluster, node);
	}
}

/* Hubble's rule: an HTTP filter beside types that have no HTTP is a mistake. */
static int check_http(const struct flow_filter *q, char *err, size_t size)
{
	const struct filter_term *types = &q->terms[filter_term_of(FILTER_TYPE, false)];

	for (size_t i = 0; i < types->n; i++)
		if (types->v[i].number == EVENT_TYPE_L7)
			return 0;
	for (int field = FILTER_HTTP_STATUS; types->n && field <= FILTER_HTTP_HEADER; field++)
		if (q->terms[filter_term_of(field, false)].n) {
			snprintf(err, size,
				 "filtering by %s requires the event type filter to only match "
				 "'l7' events: leave --type out, or add --type l7",
				 filter_rows[field].name);
			return -EINVAL;
		}
	return 0;
}

int filter_check(const struct filter *f, char *err, size_t err_size)
{
	int ret = 0;

	for (int deny = 0; deny < 2; deny++)
		for (size_t i = 0; i < filter_count(f, deny) && !ret; i++)
			ret = check_http(filter_at(f, deny, i), err, err_size);
	return ret;
}

static int check_room(const struct filter_list *l, const struct flow_filter *q, char *err,
		      size_t size)
{
	if (l->n_more < FILTER_LIST_MAX && l->n_values + q->n_values <= FILTER_VALUES_MAX)
		return 0;
	snprintf(err, size, "more than %d filters, or %d values in them", FILTER_LIST_MAX,
		 FILTER_VALUES_MAX);
	return -EINVAL;
}

int filter_append(struct filter *f, bool deny, struct flow_filter *q, char *err, size_t err_size)
{
	struct filter_list *l = deny ? &f->deny : &f->allow;
	int ret = check_http(q, err, err_size);

	if (!ret)
		ret = check_room(l, q, err, err_size);
	if (!ret)
		ret = filter_grow(&l->more, &l->n_more, q, sizeof(*q));
	if (ret) {
		flow_filter_clear(q);
		return ret;
	}
	l->n_values += q->n_values;
	if (!deny && q->asks & REASON_TERM)
		f->by_reason = true;
	return 0;
}

void flow_filter_clear(struct flow_filter *q)
{
	for (unsigned int term = 0; term < FILTER_TERMS; term++) {
		for (size_t i = 0; i < q->terms[term].n; i++)
			filter_value_clear(&q->terms[term].v[i]);
		free(q->terms[term].v);
	}
	memset(q, 0, sizeof(*q));
}
