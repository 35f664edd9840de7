// SPDX-License-Identifier: MIT
/* Which groups the ends of a flow belong to. */
#include <string.h>

#include "flows/summary.h"
#include "flows/top_own.h"

static struct text *key(struct top *t)
{
	t->key.len = 0;
	t->key.err = 0;
	return &t->key;
}

/* The group of what was written to the key. */
static struct group_ref keyed(struct top *t, enum top_dimension d, uint8_t kind)
{
	bool new;
	struct group *g = top_group(t, d, kind, &new);

	g->busy = t->flows;
	return ref_to(g);
}

/* ----------------------------------------------------------------------- endpoint */

/* Leaves of "a,b" the "a", where that is what the names are. */
static bool cut_list(struct text *k, const struct name_list *names)
{
	struct name_list first = {.n = 1, .names = names->names};
	size_t n = k->len, len;
	bool is_list;

	name_list_text(k, &first);
	len = k->len - n;
	is_list = !k->err && len < n && k->data[len] == ',' && !memcmp(k->data, k->data + n, len);
	k->len = is_list ? len : n;
	return is_list;
}

/* src.name; of several DNS names the first, so that they do not make rows of their own. */
static struct group_ref endpoint_of(struct top *t, const struct flow *f, const struct flow_end *e)
{
	const struct name_list *names = flow_end_names(e);
	struct text *k = key(t);
	struct group_ref r;
	bool list;

	flow_host_text(k, f, e, false);
	list = names && names->n > 1 && cut_list(k, names);
	r = keyed(t, TOP_ENDPOINTS, KIND_PLAIN);
	if (list)
		r.group->flags |= GROUP_LIST;
	return r;
}

static struct group_ref space_of(struct top *t, const struct flow_end *e)
{
	const char *identity = identity_name(e->identity);
	struct text *k = key(t);
	struct group_ref r;

	if (e->endpoint && *e->endpoint->namespace_name) {
		text_str(k, e->endpoint->namespace_name);
		return keyed(t, TOP_NAMESPACES, KIND_NAMESPACE);
	}
	if (e->service && *e->service->namespace_name) {
		text_str(k, e->service->namespace_name);
		r = keyed(t, TOP_NAMESPACES, KIND_NAMESPACE);
		r.group->flags |= GROUP_SERVICE;
		return r;
	}
	if (!e->identity) {
		text_str(k, "unknown");
		return keyed(t, TOP_NAMESPACES, KIND_NO_IDENTITY);
	}
	if (identity)
		text_str(k, identity);
	else
		text_u64(k, e->identity);
	return keyed(t, TOP_NAMESPACES, KIND_IDENTITY);
}

/* ---------------------------------------------------------------------- processes */

/* The text is untrusted and may lack its end. */
static void about(struct group *g, const char *s, size_t max)
{
	size_t n = strnlen(s, max);

	if (n >= sizeof(g->process.about))
		n = sizeof(g->process.about) - 1;
	memcpy(g->process.about, s, n);
	g->process.about[n] = '\0';
}

static struct group_ref exe_of(struct top *t, const struct process *p)
{
	struct text *k = key(t);
	struct group_ref r;

	if (!p || (!*p->exe && !*p->comm))
		return (struct group_ref){0};
	if (*p->exe)
		text_str(k, p->exe);
	else
		text_mem(k, p->comm, strnlen(p->comm, sizeof(p->comm)));
	r = keyed(t, TOP_EXECUTABLES, *p->exe ? KIND_EXE : KIND_COMM);
	if (r.group != &t->dimensions[TOP_EXECUTABLES].others && !*r.group->process.about)
		about(r.group, p->comm, sizeof(p->comm));
	return r;
}

/* "shop/cart:app"; a container that is called as what it is in has no further name. */
static void about_container(struct top *t, struct group *g, const struct endpoint *ep)
{
	struct text *k = key(t);

	if (*ep->namespace_name) {
		text_str(k, ep->namespace_name);
		text_char(k, '/');
	}
	text_str(k, ep->name);
	if (*ep->container && strcmp(ep->container, ep->name)) {
		text_char(k, ':');
		text_str(k, ep->container);
	}
	about(g, k->data, k->err ? 0 : k->len);
}

static struct group_ref container_of_end(struct top *t, const struct endpoint *ep)
{
	struct text *k = key(t);
	struct group_ref r;

	if (*ep->container_id) {
		text_str(k, ep->container_id);
	} else {
		text_mem(k, ep->namespace_name, strlen(ep->namespace_name) + 1);
		text_mem(k, ep->name, strlen(ep->name) + 1);
		text_str(k, ep->container);
	}
	r = keyed(t, TOP_CONTAINERS, *ep->container_id ? KIND_CONTAINER_ID : KIND_POD);
	if (r.group != &t->dimensions[TOP_CONTAINERS].others && !*r.group->process.about)
		about_container(t, r.group, ep);
	return r;
}

static struct group_ref place_of(struct top *t, const struct endpoint *ep)
{
	struct text *k;

	if (!ep)
		return (struct group_ref){0};
	if (*ep->container_id || ep->kind == ENDPOINT_POD || ep->kind == ENDPOINT_CONTAINER)
		return container_of_end(t, ep);
	if (ep->kind != ENDPOINT_UNIT || !*ep->name)
		return (struct group_ref){0};
	k = key(t);
	text_mem(k, ep->namespace_name, strlen(ep->namespace_name) + 1);
	text_str(k, ep->name);
	return keyed(t, TOP_UNITS, KIND_UNIT);
}

/* ------------------------------------------------------------------ what was known */

static void look_up(struct top *t, const struct flow *f, const struct flow_end *e,
		    struct end_groups *ret)
{
	ret->endpoint = endpoint_of(t, f, e);
	ret->space = space_of(t, e);
	ret->exe = exe_of(t, e->process);
	ret->place = place_of(t, e->endpoint);
}

static void forget(struct known_end *k)
{
	endpoint_put(k->endpoint);
	service_put(k->service);
	name_list_put(k->dns);
	name_list_put(k->reverse);
	process_put(k->process);
	*k = (struct known_end){0};
}

static bool is_known(const struct known_end *k, const struct flow_end *e, bool numbered)
{
	return k->used && k->endpoint == e->endpoint && k->service == e->service &&
	       k->dns == e->dns && k->reverse == e->reverse && k->process == e->process &&
	       k->identity == e->identity && k->numbered == numbered &&
	       (!numbered || !memcmp(&k->addr, &e->addr, sizeof(k->addr)));
}

static uint64_t hash_of(const struct flow_end *e, bool numbered)
{
	const void *const names[] = {e->endpoint, e->service, e->dns, e->reverse, e->process};
	uint64_t hash = e->identity, half;

	/* not table_hash(): who chooses addresses so that they meet makes look-ups slower, no more */
	for (size_t i = 0; i < 5; i++)
		hash = (hash ^ (uintptr_t)names[i] >> 4) * 0x9e3779b97f4a7c15ull;
	for (size_t i = 0; numbered && i < sizeof(e->addr); i += sizeof(half)) {
		memcpy(&half, e->addr.b + i, sizeof(half));
		hash = (hash ^ half) * 0x9e3779b97f4a7c15ull;
		hash ^= hash >> 32;
	}
	return hash;
}

/* What is known of it, or the place of what was not asked for the longest. */
static struct known_end *slot_of(struct top *t, const struct flow_end *e, bool numbered,
				 bool *ret_known)
{
	uint64_t hash = hash_of(e, numbered);
	size_t at = (hash >> 32) % (KNOWN_ENDS / KNOWN_WAYS) * KNOWN_WAYS;
	uint32_t tag = (uint32_t)(hash >> 20);
	struct known_end *set = &t->ends[at], *oldest = set;

	*ret_known = false;
	for (size_t i = 0; i < KNOWN_WAYS; i++)
		if (t->end_tags[at + i] == tag && is_known(&set[i], e, numbered)) {
			*ret_known = true;
			return &set[i];
		}
	for (struct known_end *k = set; k < set + KNOWN_WAYS; k++)
		if (k->asked < oldest->asked)
			oldest = k;
	t->end_tags[oldest - t->ends] = tag;
	return oldest;
}

/* It is still there; and stays while this flow is added. */
static bool is_there(struct top *t, struct group_ref r)
{
	struct group *g = ref_group(r);

	if (g)
		g->busy = t->flows;
	return g || !r.group;
}

/* Nothing went for room since they were seen to be there, or they still are. */
static bool all_there(struct top *t, struct known_end *k)
{
	const struct end_groups *g = &k->groups;

	if (k->checked == t->gone)
		return true;
	if (!is_there(t, g->endpoint) || !is_there(t, g->space) || !is_there(t, g->exe) ||
	    !is_there(t, g->place))
		return false;
	k->checked = t->gone;
	return true;
}

static void remember(struct top *t, struct known_end *k, const struct flow_end *e, bool numbered,
		     const struct end_groups *groups)
{
	struct known_end now = {
		.groups = *groups,
		.endpoint = endpoint_get(e->endpoint),
		.service = service_get(e->service),
		.dns = name_list_get(e->dns),
		.reverse = name_list_get(e->reverse),
		.process = process_get(e->process),
		.addr = e->addr,
		.identity = e->identity,
		.used = true,
		.numbered = numbered,
		.number = ++t->ends_number,
		.checked = t->gone,
		.asked = t->flows,
	};

	forget(k);
	*k = now;
}

uint64_t top_end_groups(struct top *t, const struct flow *f, const struct flow_end *e,
			struct end_groups *ret)
{
	/* the same names may be shown in another way there */
	bool plain = f->ip_version && !flow_foreign(f) && f->event != FLOW_LISTEN_DROP;
	bool numbered = !endpoint_is_pod(e->endpoint) && !e->service && !flow_end_names(e) &&
			!*endpoint_node_name(e->endpoint);
	bool known = false;
	struct known_end *k = plain ? slot_of(t, e, numbered, &known) : NULL;

	if (known && all_there(t, k)) {
		k->asked = t->flows;
		*ret = k->groups;
		return k->number;
	}
	look_up(t, f, e, ret);
	if (!k)
		return 0;
	remember(t, k, e, numbered, ret);
	return k->number;
}

void top_names_reset(struct top *t)
{
	for (size_t i = 0; i < KNOWN_ENDS; i++)
		if (t->ends[i].used)
			forget(&t->ends[i]);
}

/* --------------------------------------------------------------------- connections */

static void tuple_end(struct tuple_end *to, const struct flow *f, const struct flow_end *e)
{
	to->has_addr = flow_has_addr(f, e);
	if (to->has_addr)
		to->addr = e->addr;
	to->port = flow_port(f, e);
}

static void key_end(struct text *k, const struct tuple_end *e)
{
	text_mem(k, (const char *)e->addr.b, sizeof(e->addr.b));
	text_mem(k, (const char *)&e->port, sizeof(e->port));
	text_char(k, e->has_addr);
}

void top_connection_part(struct connection_part *c, const struct flow *f,
			 const struct flow_end *client, const struct flow_end *server)
{
	*c = (struct connection_part){
		.id = f->connection_id,
		.protocol = f->ip_version ? f->protocol : 0,
		.ip_version = f->ip_version,
		.ethertype = f->ip_version ? 0 : f->ethertype,
	};
	tuple_end(&c->end[0], f, client);
	tuple_end(&c->end[1], f, server);
}

void top_connection_key(struct top *t, const struct flow *f, const struct flow_end *client,
			const struct flow_end *server)
{
	struct text *k = key(t);
	struct tuple_end end[2] = {0};
	uint16_t ethertype = f->ip_version ? 0 : f->ethertype;
	bool swapped;
	int order;

	if (f->connection_id) {
		text_mem(k, (const char *)&f->connection_id, sizeof(f->connection_id));
		return;
	}
	tuple_end(&end[0], f, client);
	tuple_end(&end[1], f, server);
	order = memcmp(&end[0].addr, &end[1].addr, sizeof(end[0].addr));
	swapped = order > 0 || (!order && end[0].port > end[1].port);
	/* the same whoever sent the packet */
	key_end(k, &end[swapped]);
	key_end(k, &end[!swapped]);
	text_char(k, f->ip_version ? f->protocol : 0);
	text_char(k, f->ip_version);
	text_mem(k, (const char *)&ethertype, sizeof(ethertype));
}
