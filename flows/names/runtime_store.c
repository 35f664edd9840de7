// SPDX-License-Identifier: MIT
#include "flows/names/runtime_store.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "flows/table.h"

#define GONE_KEEP_NS 60000000000ull
#define CONFIG_KEEP_NS 600000000000ull
#define TEXT_MAX 512

struct container;

struct address {
	struct table_node node;
	struct container *container;
	struct ip_addr addr;
};

struct container {
	struct table_node node; /* by id */
	char id[72];
	struct endpoint *endpoint;
	uint64_t gone_ns; /* 0: it is there */
	uint64_t put_ns;
	uint64_t seen; /* order of what was told */
	unsigned int from, list; /* list: the last one that it was in */
	bool running, infra;
	unsigned int n_addresses;
	struct address addresses[RUNTIME_ADDRESSES];
};

struct runtime_store {
	struct table ids, addresses;
	char *node_name, *cluster;
	uint32_t generation;
	unsigned int lists[RUNTIME_SOURCES]; /* how many were begun */
	uint64_t seen, refused, now_ns;
};

int runtime_store_new(const char *node_name, const char *cluster, struct runtime_store **ret)
{
	struct runtime_store *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->node_name = strdup(node_name);
	s->cluster = strdup(cluster);
	if (!s->node_name || !s->cluster) {
		runtime_store_free(s);
		return -ENOMEM;
	}
	*ret = s;
	return 0;
}

static void drop_addresses(struct runtime_store *s, struct container *c)
{
	while (c->n_addresses)
		table_remove(&s->addresses, &c->addresses[--c->n_addresses].node);
}

static void container_free(void *arg, struct table_node *node)
{
	struct container *c = table_entry(node, struct container, node);
	struct runtime_store *s = arg;

	drop_addresses(s, c);
	table_remove(&s->ids, &c->node);
	endpoint_put(c->endpoint);
	free(c);
}

void runtime_store_free(struct runtime_store *s)
{
	if (!s)
		return;
	table_each(&s->ids, container_free, s);
	table_free(&s->ids);
	table_free(&s->addresses);
	free(s->node_name);
	free(s->cluster);
	free(s);
}

uint32_t runtime_store_generation(const struct runtime_store *s)
{
	return s->generation;
}

size_t runtime_store_count(const struct runtime_store *s)
{
	return s->ids.n;
}

uint64_t runtime_store_refused(const struct runtime_store *s)
{
	return s->refused;
}

/* ------------------------------------------------------------------- endpoints */

/* "prefix" "key" "=" "value" in *at; *at moves on. */
static const char *label(char **at, const char *prefix, const char *key, const char *value)
{
	char *begin = *at;

	*at = stpcpy(*at, prefix);
	*at = stpncpy(*at, key, strnlen(key, LABEL_MAX));
	*at = stpcpy(*at, "=");
	*at = stpncpy(*at, value, strnlen(value, LABEL_MAX));
	*(*at)++ = 0;
	return begin;
}

#define LABEL_ROOM (2 * LABEL_MAX + 32)

static const char *value_of(const struct runtime_container *c, const char *key)
{
	for (size_t i = 0; i < c->n_labels; i++)
		if (!strcmp(c->labels[i].key, key))
			return c->labels[i].value;
	return "";
}

/* The same after a restart. */
static uint32_t endpoint_id(const char *text)
{
	return identity_of_labels(&text, 1);
}

struct endpoint *runtime_store_pod(struct runtime_store *s, const struct runtime_pod *p,
				   const char *id, const char *image)
{
	char room[2 * LABEL_ROOM], *at = room;
	const char *labels[2];
	struct endpoint e = {
		.kind = ENDPOINT_POD,
		.id = endpoint_id(p->pod),
		.cluster = s->cluster,
		.namespace_name = p->namespace_name,
		.name = p->pod,
		.workload = p->pod,
		.workload_kind = "Pod",
		.node = s->node_name,
		.container = p->container,
		.container_id = id,
		.image = image,
		.labels = labels,
	};

	labels[e.n_labels++] = label(&at, "k8s:", "io.kubernetes.pod.name", p->pod);
	if (p->namespace_name[0])
		labels[e.n_labels++] =
			label(&at, "k8s:", "io.kubernetes.pod.namespace", p->namespace_name);
	e.identity = identity_of_labels(labels, e.n_labels);
	return endpoint_new(&e);
}

static struct endpoint *container_endpoint(struct runtime_store *s, const char *runtime,
					   const struct runtime_container *c)
{
	const char *project = value_of(c, "com.docker.compose.project");
	const char *service = value_of(c, "com.docker.compose.service");
	char *room, *at, identity[2 * LABEL_ROOM], *identity_at = identity;
	const char *labels[LABELS_MAX], *own[2];
	struct endpoint e = {.kind = ENDPOINT_CONTAINER}, *made;

	if (!*project)
		project = value_of(c, "io.podman.compose.project");
	room = at = malloc((c->n_labels + 1) * LABEL_ROOM);
	if (!room)
		return NULL;
	e.id = endpoint_id(*c->id ? c->id : c->name);
	e.cluster = s->cluster;
	e.namespace_name = *project ? project : runtime;
	e.name = e.container = c->name;
	e.workload = *service ? service : c->name;
	e.workload_kind = *service ? "ComposeService" : "Container";
	e.node = s->node_name;
	e.image = c->image;
	e.container_id = c->id;
	e.labels = labels;
	labels[e.n_labels++] = label(&at, "container:", "name", c->name);
	for (size_t i = 0; i < c->n_labels && e.n_labels < LABELS_MAX; i++)
		labels[e.n_labels++] =
			label(&at, "container:", c->labels[i].key, c->labels[i].value);
	own[0] = label(&identity_at, "container:", "namespace", e.namespace_name);
	own[1] = label(&identity_at, "container:", "workload", e.workload);
	e.identity = identity_of_labels(own, 2);
	made = endpoint_new(&e);
	free(room);
	return made;
}

struct endpoint *runtime_store_endpoint(struct runtime_store *s, const char *runtime,
					const struct runtime_container *c)
{
	struct runtime_pod pod;

	return runtime_pod_of_k8s_name(c->name, &pod) ? runtime_store_pod(s, &pod, c->id, c->image)
						      : container_endpoint(s, runtime, c);
}

static bool same(const struct endpoint *a, const struct endpoint *b)
{
	if (strcmp(a->name, b->name) || strcmp(a->namespace_name, b->namespace_name) ||
	    strcmp(a->workload, b->workload) || strcmp(a->image, b->image) ||
	    a->n_labels != b->n_labels)
		return false;
	for (size_t i = 0; i < a->n_labels; i++)
		if (strcmp(a->labels[i], b->labels[i]))
			return false;
	return true;
}

/* -------------------------------------------------------------------- contents */

static struct container *find(struct runtime_store *s, const char *id)
{
	struct table_node *node = table_find(&s->ids, table_hash(id, strlen(id)));

	for (; node; node = table_next(node)) {
		struct container *c = table_entry(node, struct container, node);

		if (!strcmp(c->id, id))
			return c;
	}
	return NULL;
}

static struct container *add(struct runtime_store *s, const char *id)
{
	struct container *c;

	if (s->ids.n >= RUNTIME_STORE_MAX || strlen(id) >= sizeof(c->id))
		return NULL;
	c = calloc(1, sizeof(*c));
	if (!c)
		return NULL;
	memcpy(c->id, id, strlen(id));
	if (table_insert(&s->ids, &c->node, table_hash(id, strlen(id)))) {
		free(c);
		return NULL;
	}
	return c;
}

static void set_addresses(struct runtime_store *s, struct container *c,
			  const struct runtime_container *told)
{
	drop_addresses(s, c);
	for (size_t i = 0; i < told->n_addresses; i++) {
		struct address *a = &c->addresses[c->n_addresses];

		a->container = c;
		a->addr = told->addresses[i];
		if (!table_insert(&s->addresses, &a->node, table_hash(&a->addr, sizeof(a->addr))))
			c->n_addresses++;
	}
}

void runtime_store_put(struct runtime_store *s, unsigned int from, const char *runtime,
		       const struct runtime_container *told)
{
	struct container *c = find(s, told->id);
	struct endpoint *e;

	if (c && c->from > from)
		return;
	e = runtime_store_endpoint(s, runtime, told);
	if (!c && e)
		c = add(s, told->id);
	if (!c || !e) {
		endpoint_put(e);
		s->refused++;
		return;
	}
	if (!c->endpoint || !same(c->endpoint, e)) {
		endpoint_put(c->endpoint);
		c->endpoint = e;
		s->generation++;
	} else {
		endpoint_put(e);
	}
	c->from = from;
	c->list = s->lists[from];
	c->gone_ns = 0;
	c->put_ns = s->now_ns;
	c->seen = ++s->seen;
	c->running = told->running;
	c->infra = strlen(told->name) > 6 && !strcmp(told->name + strlen(told->name) - 6, "-infra");
	/* a stopped one has no addresses any more, its last packets have */
	if (told->has_addresses && (told->n_addresses || told->running))
		set_addresses(s, c, told);
}

static void mark_gone(struct runtime_store *s, struct container *c, uint64_t now_ns)
{
	if (!c->gone_ns)
		c->gone_ns = now_ns;
	c->running = false;
	drop_addresses(s, c);
}

void runtime_store_gone(struct runtime_store *s, const char *id, uint64_t now_ns)
{
	struct container *c = find(s, id);

	if (c)
		mark_gone(s, c, now_ns);
}

void runtime_store_relist_begin(struct runtime_store *s, unsigned int from)
{
	s->lists[from]++;
}

struct pass {
	struct runtime_store *store;
	unsigned int from;
	uint64_t now_ns;
};

static void gone_unless_listed(void *arg, struct table_node *node)
{
	struct container *c = table_entry(node, struct container, node);
	const struct pass *p = arg;

	if (c->from == p->from && c->list != p->store->lists[p->from])
		mark_gone(p->store, c, p->now_ns);
}

void runtime_store_relist_end(struct runtime_store *s, unsigned int from, uint64_t now_ns)
{
	struct pass p = {s, from, now_ns};

	table_each(&s->ids, gone_unless_listed, &p);
}

static void forget_if_old(void *arg, struct table_node *node)
{
	struct container *c = table_entry(node, struct container, node);
	const struct pass *p = arg;

	if ((c->gone_ns && c->gone_ns + GONE_KEEP_NS < p->now_ns) ||
	    (c->from == RUNTIME_FROM_CONFIG && c->put_ns + CONFIG_KEEP_NS < p->now_ns))
		container_free(p->store, node);
}

void runtime_store_age(struct runtime_store *s, uint64_t now_ns)
{
	struct pass p = {s, 0, now_ns};

	s->now_ns = now_ns;
	table_each(&s->ids, forget_if_old, &p);
}

/* --------------------------------------------------------------------- look-ups */

struct endpoint *runtime_store_find(struct runtime_store *s, const char *id)
{
	struct container *c = find(s, id);

	return c ? c->endpoint : NULL;
}

bool runtime_store_is_whole(struct runtime_store *s, const char *id)
{
	struct container *c = find(s, id);

	return c && c->from >= RUNTIME_FROM_API;
}

struct endpoint *runtime_store_address(struct runtime_store *s, const struct ip_addr *a)
{
	struct container *best = NULL, *infra = NULL;
	unsigned int sharing = 0;
	struct table_node *node;

	if (!s->addresses.n)
		return NULL;
	node = table_find(&s->addresses, table_hash(a, sizeof(*a)));
	for (; node; node = table_next(node)) {
		struct container *c = table_entry(node, struct address, node)->container;

		if (memcmp(&table_entry(node, struct address, node)->addr, a, sizeof(*a)))
			continue;
		if (c->infra && c->running)
			infra = c;
		else if (c->running)
			sharing++;
		if (!best || (c->running && !c->infra) > (best->running && !best->infra) ||
		    (c->running == best->running && c->infra == best->infra &&
		     c->seen > best->seen))
			best = c;
	}
	if (infra && sharing != 1)
		best = infra;
	return best ? best->endpoint : NULL;
}
