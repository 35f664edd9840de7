// SPDX-License-Identifier: MIT
#include "flows/names/kube_store.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flows/names/kube_store_parts.h"

/* Of an object on average: a pod with 20 labels takes half of it. */
#define OBJECT_BYTES 4096
#define KEPT_NS (60ULL * 1000000000)

/* What each kind does with its objects, and what they are known by. */
struct kind {
	int (*put)(struct kube_store *s, const struct kube_object *o, struct kube_entry *old);
	void (*delete)(struct kube_store *s, struct kube_entry *e);
	bool by_uid, namespaced;
};

static const struct kind kinds[KUBE_KINDS] = {
	[KUBE_POD] = {.put = kube_pod_put, .delete = kube_pod_kill, .by_uid = true},
	[KUBE_SERVICE] = {.put = kube_service_put, .delete = kube_service_drop, .namespaced = true},
	[KUBE_ENDPOINTSLICE] = {.put = kube_slice_put,
				.delete = kube_slice_drop,
				.namespaced = true},
	[KUBE_NODE] = {.put = kube_node_put, .delete = kube_node_drop},
	[KUBE_NAMESPACE] = {.put = kube_namespace_put, .delete = kube_namespace_drop},
	[KUBE_REPLICASET] = {.put = kube_owner_put, .delete = kube_owner_drop, .by_uid = true},
};

/* ----------------------------------------------------------------- entries */

struct kube_entry *kube_entry_find(struct kube_store *s, enum kube_kind kind, const char *key)
{
	struct table_node *n = table_find(&s->entries[kind], table_hash(key, strlen(key)));

	for (; n; n = table_next(n)) {
		struct kube_entry *e = table_entry(n, struct kube_entry, node);

		if (!strcmp(e->key, key))
			return e;
	}
	return NULL;
}

int kube_entry_insert(struct kube_store *s, struct kube_entry *e, enum kube_kind kind,
		      const char *key)
{
	e->kind = (uint8_t)kind;
	e->key = key;
	return table_insert(&s->entries[kind], &e->node, table_hash(key, strlen(key)));
}

void kube_entry_remove(struct kube_store *s, struct kube_entry *e)
{
	kube_entry_known(s, e, false);
	s->bytes -= e->bytes;
	e->bytes = 0;
	table_remove(&s->entries[e->kind], &e->node);
}

void kube_entry_weigh(struct kube_store *s, struct kube_entry *e, size_t bytes)
{
	bytes += e->claims_room * (sizeof(struct claim) + sizeof(struct spot));
	if (bytes > UINT32_MAX)
		bytes = UINT32_MAX;
	s->bytes += bytes - e->bytes;
	e->bytes = (uint32_t)bytes;
}

void kube_entry_known(struct kube_store *s, struct kube_entry *e, bool known)
{
	if (e->known == known)
		return;
	e->known = known;
	if (known)
		s->n[e->kind]++;
	else
		s->n[e->kind]--;
}

struct endpoint *kube_reserved(struct kube_store *s, uint32_t kind, uint32_t identity,
			       const char *node, const char *label, const char *label2)
{
	const char *labels[2] = {label, label2};

	return endpoint_new(&(struct endpoint){
		.kind = kind,
		.identity = identity,
		.cluster = s->cluster_name,
		.node = node,
		.labels = labels,
		.n_labels = (size_t)(label != NULL) + (label2 != NULL),
	});
}

/* ----------------------------------------------------------------- objects */

/* False where the object has none, or too long a one. */
static bool key_of(const struct kube_object *o, char key[KUBE_KEY_MAX])
{
	const struct kind *k = &kinds[o->kind];
	const char *name = k->by_uid ? o->meta.uid : o->meta.name;
	int n = k->namespaced ? snprintf(key, KUBE_KEY_MAX, "%s/%s", o->meta.namespace_name, name)
			      : snprintf(key, KUBE_KEY_MAX, "%s", name);

	return *name && n > 0 && n < KUBE_KEY_MAX;
}

/* Makes room at the cost of the dead. more: of that kind there would be one more. */
static bool is_full(struct kube_store *s, enum kube_kind kind, bool more)
{
	const size_t max_bytes = s->max * OBJECT_BYTES;

	while (s->n_dead && (s->bytes > max_bytes ||
			     (more && kind == KUBE_POD && s->n[kind] + s->n_dead >= s->max)))
		kube_pod_bury(s);
	return s->bytes > max_bytes || (more && s->n[kind] >= s->max);
}

void kube_store_put(struct kube_store *s, const struct kube_object *o)
{
	char key[KUBE_KEY_MAX];
	struct kube_entry *old;
	uint64_t print;
	bool full;

	if (!key_of(o, key)) {
		s->refused++;
		return;
	}
	old = kube_entry_find(s, o->kind, key);
	print = kube_object_print(o);
	if (old && old->known && old->print == print) {
		old->mark = s->epoch[o->kind];
		return;
	}
	full = is_full(s, o->kind, !old || !old->known);
	old = kube_entry_find(s, o->kind, key); /* it may have been the one that made room */
	if (full) {
		s->refused++;
		if (old)
			old->mark = s->epoch[o->kind]; /* out of date, but not gone */
		return;
	}
	s->generation++;
	if (kinds[o->kind].put(s, o, old)) {
		s->refused++;
		return;
	}
	old = kube_entry_find(s, o->kind, key);
	old->print = print;
	old->mark = s->epoch[o->kind];
}

void kube_store_delete(struct kube_store *s, const struct kube_object *o)
{
	char key[KUBE_KEY_MAX];
	struct kube_entry *e = key_of(o, key) ? kube_entry_find(s, o->kind, key) : NULL;

	if (!e || !e->known)
		return;
	s->generation++;
	kinds[o->kind].delete(s, e);
}

void kube_store_relist_begin(struct kube_store *s, enum kube_kind kind)
{
	s->epoch[kind]++;
	s->relisting[kind] = true;
}

static void sweep(void *arg, struct table_node *node)
{
	struct kube_entry *e = table_entry(node, struct kube_entry, node);
	struct kube_store *s = arg;

	if (!e->known || e->mark == s->epoch[e->kind])
		return;
	s->generation++;
	kinds[e->kind].delete(s, e);
}

void kube_store_relist_end(struct kube_store *s, enum kube_kind kind)
{
	if (!s->relisting[kind])
		return;
	s->relisting[kind] = false;
	table_each(&s->entries[kind], sweep, s);
}

void kube_store_age(struct kube_store *s, uint64_t now_ns)
{
	for (struct kube_pod_entry *p = s->dead_last; p && !p->dead_ns; p = p->dead_prev)
		p->dead_ns = now_ns;
	while (s->dead_first && now_ns - s->dead_first->dead_ns > KEPT_NS) {
		s->generation++;
		kube_pod_bury(s);
	}
}

/* ---------------------------------------------------------------- look-ups */

struct endpoint *kube_store_pod(struct kube_store *s, const char *uid)
{
	struct kube_entry *e = kube_entry_find(s, KUBE_POD, uid);

	return e ? ((struct kube_pod_entry *)e)->endpoint : NULL;
}

struct endpoint *kube_store_container(struct kube_store *s, const char *id, const char *pod_uid)
{
	struct endpoint *found = id ? kube_container_endpoint(s, id) : NULL;

	/* its status may come later than its first packet */
	if (!found && pod_uid)
		found = kube_store_pod(s, pod_uid);
	return found;
}

uint32_t kube_store_generation(const struct kube_store *s)
{
	return s->generation;
}

size_t kube_store_count(const struct kube_store *s, enum kube_kind kind)
{
	return s->n[kind];
}

uint64_t kube_store_refused(const struct kube_store *s)
{
	return s->refused;
}

/* ----------------------------------------------------------- begin and end */

int kube_store_new(const struct kube_store_options *opt, struct kube_store **ret)
{
	struct kube_store *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->max = opt->max_objects ? opt->max_objects : KUBE_OBJECTS_MAX;
	s->node_name = strdup(opt->node_name ? opt->node_name : "");
	s->cluster_name = strdup(opt->cluster_name ? opt->cluster_name : "");
	s->scratch = malloc(sizeof(*s->scratch));
	s->service_endpoint = kube_reserved(s, ENDPOINT_SERVICE, 0, "", NULL, NULL);
	s->api_service_endpoint = kube_reserved(s, ENDPOINT_SERVICE, IDENTITY_KUBE_APISERVER, "",
						"reserved:kube-apiserver", NULL);
	s->api_endpoint = kube_reserved(s, ENDPOINT_NODE, IDENTITY_KUBE_APISERVER, "",
					"reserved:kube-apiserver", NULL);
	if (!s->node_name || !s->cluster_name || !s->scratch || !s->service_endpoint ||
	    !s->api_service_endpoint || !s->api_endpoint) {
		kube_store_free(s);
		return -ENOMEM;
	}
	*ret = s;
	return 0;
}

static void free_entry(void *arg, struct table_node *node)
{
	struct kube_entry *e = table_entry(node, struct kube_entry, node);

	/* what is not known is held by others that come later: see the order */
	if (e->known)
		kinds[e->kind].delete(arg, e);
}

void kube_store_free(struct kube_store *s)
{
	/* those that refer to others before those */
	static const enum kube_kind order[] = {KUBE_POD,     KUBE_REPLICASET, KUBE_ENDPOINTSLICE,
					       KUBE_SERVICE, KUBE_NODE,	      KUBE_NAMESPACE};

	if (!s)
		return;
	for (size_t i = 0; i < KUBE_KINDS; i++) {
		table_each(&s->entries[order[i]], free_entry, s);
		while (s->n_dead)
			kube_pod_bury(s);
		table_free(&s->entries[order[i]]);
	}
	table_free(&s->containers);
	table_free(&s->spots);
	endpoint_put(s->service_endpoint);
	endpoint_put(s->api_service_endpoint);
	endpoint_put(s->api_endpoint);
	free(s->scratch);
	free(s->node_name);
	free(s->cluster_name);
	free(s);
}
