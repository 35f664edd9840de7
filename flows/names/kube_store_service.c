// SPDX-License-Identifier: MIT
/* Services and the slices of their backends, nodes, namespaces. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flows/names/kube_store_parts.h"

/* ---------------------------------------------------------------- services */

static void free_service(struct kube_service_entry *to)
{
	service_put(to->service);
	free((char *)to->e.key);
	free(to);
}

static struct kube_service_entry *make_service(struct kube_store *s, const char *namespace_name,
					       const char *name)
{
	struct kube_service_entry *to = calloc(1, sizeof(*to));
	char *key = NULL;

	if (!to)
		return NULL;
	if (asprintf(&key, "%s/%s", namespace_name, name) < 0)
		key = NULL;
	to->e.key = key;
	to->service = service_new(namespace_name, name);
	to->api = key && !strcmp(key, "default/kubernetes");
	if (!key || !to->service || kube_entry_insert(s, &to->e, KUBE_SERVICE, key)) {
		free_service(to);
		return NULL;
	}
	return to;
}

static void drop_unused(struct kube_store *s, struct kube_service_entry *to)
{
	if (to->e.known || to->slices)
		return;
	kube_entry_remove(s, &to->e);
	free_service(to);
}

static void claim_service(struct kube_store *s, struct kube_service_entry *to,
			  const struct kube_service *from)
{
	static const struct ip_addr all_nodes;

	for (size_t i = 0; i < from->n_ips; i++)
		kube_claim(s, &to->e, CLAIM_SERVICE, &from->ips[i], 0, 0);
	for (size_t i = 0; i < from->n_ports; i++) {
		const struct kube_port *p = &from->ports[i];

		if (!p->protocol)
			continue;
		if (p->node_port)
			kube_claim(s, &to->e, CLAIM_SERVICE, &all_nodes, p->node_port, p->protocol);
		for (size_t j = 0; p->port && j < from->n_ips; j++)
			kube_claim(s, &to->e, CLAIM_SERVICE, &from->ips[j], p->port, p->protocol);
	}
}

int kube_service_put(struct kube_store *s, const struct kube_object *o, struct kube_entry *old)
{
	struct kube_service_entry *to = old ? (struct kube_service_entry *)old
					    : make_service(s, o->meta.namespace_name, o->meta.name);
	const struct kube_service *from = &o->service;
	size_t n = from->n_ips + from->n_ports * (from->n_ips + 1);

	if (!to)
		return -ENOMEM;
	kube_claims_drop(s, &to->e);
	if (kube_claims_room(s, &to->e, n)) {
		drop_unused(s, to);
		return -ENOMEM;
	}
	kube_entry_known(s, &to->e, true);
	to->cluster_ip = from->n_ips && !from->headless;
	kube_entry_weigh(s, &to->e, sizeof(*to));
	claim_service(s, to, from);
	return 0;
}

void kube_service_drop(struct kube_store *s, struct kube_entry *e)
{
	struct kube_service_entry *to = (struct kube_service_entry *)e;

	kube_claims_drop(s, e);
	kube_entry_weigh(s, e, sizeof(*to));
	kube_entry_known(s, e, false);
	to->cluster_ip = false;
	drop_unused(s, to);
}

/* ------------------------------------------------------------------ slices */

static void set_slice_service(struct kube_store *s, struct kube_slice_entry *to,
			      struct kube_service_entry *service)
{
	struct kube_service_entry *before = to->service;

	to->service = service;
	if (service)
		service->slices++;
	if (before) {
		before->slices--;
		drop_unused(s, before);
	}
}

/* NULL: it belongs to none, or without memory. */
static struct kube_service_entry *service_of(struct kube_store *s, const struct kube_object *o)
{
	struct kube_entry *e;
	char key[KUBE_KEY_MAX];
	int n;

	if (!*o->slice.service)
		return NULL;
	n = snprintf(key, sizeof(key), "%s/%s", o->meta.namespace_name, o->slice.service);
	if (n < 0 || (size_t)n >= sizeof(key))
		return NULL;
	e = kube_entry_find(s, KUBE_SERVICE, key);
	return e ? (struct kube_service_entry *)e
		 : make_service(s, o->meta.namespace_name, o->slice.service);
}

static void claim_backend(struct kube_store *s, struct kube_slice_entry *to,
			  const struct ip_addr *ip, const struct kube_slice *from)
{
	for (size_t i = 0; i < from->n_ports; i++)
		if (from->ports[i].protocol)
			kube_claim(s, &to->e, CLAIM_BACKEND, ip, from->ports[i].port,
				   from->ports[i].protocol);
	if (to->service->api)
		kube_claim(s, &to->e, CLAIM_BACKEND, ip, 0, 0);
}

static void free_slice(struct kube_slice_entry *to)
{
	free((char *)to->e.key);
	free(to);
}

static struct kube_slice_entry *make_slice(struct kube_store *s, const struct kube_object *o)
{
	struct kube_slice_entry *to = calloc(1, sizeof(*to));
	char *key = NULL;

	if (!to)
		return NULL;
	if (asprintf(&key, "%s/%s", o->meta.namespace_name, o->meta.name) < 0)
		key = NULL;
	to->e.key = key;
	if (!key || kube_entry_insert(s, &to->e, KUBE_ENDPOINTSLICE, key)) {
		free_slice(to);
		return NULL;
	}
	return to;
}

static size_t count_backends(const struct kube_slice *from)
{
	size_t n = 0;

	for (size_t i = 0; i < from->n_backends; i++)
		n += from->backends[i].n_ips;
	return n * (from->n_ports + 1);
}

int kube_slice_put(struct kube_store *s, const struct kube_object *o, struct kube_entry *old)
{
	struct kube_slice_entry *to = old ? (struct kube_slice_entry *)old : make_slice(s, o);

	if (!to)
		return -ENOMEM;
	kube_entry_known(s, &to->e, true);
	kube_claims_drop(s, &to->e);
	kube_entry_weigh(s, &to->e, sizeof(*to));
	set_slice_service(s, to, service_of(s, o));
	if (!to->service)
		return 0;
	if (kube_claims_room(s, &to->e, count_backends(&o->slice))) {
		kube_slice_drop(s, &to->e);
		return -ENOMEM;
	}
	kube_entry_weigh(s, &to->e, sizeof(*to));
	for (size_t i = 0; i < o->slice.n_backends; i++)
		for (size_t j = 0; j < o->slice.backends[i].n_ips; j++)
			claim_backend(s, to, &o->slice.backends[i].ips[j], &o->slice);
	return 0;
}

void kube_slice_drop(struct kube_store *s, struct kube_entry *e)
{
	struct kube_slice_entry *to = (struct kube_slice_entry *)e;

	kube_claims_drop(s, e);
	set_slice_service(s, to, NULL);
	kube_entry_remove(s, e);
	free_slice(to);
}

/* ------------------------------------------------------------------- nodes */

static struct kube_node_entry *make_node(struct kube_store *s, const struct kube_object *o)
{
	bool here = !strcmp(o->meta.name, s->node_name);
	struct kube_node_entry *to = calloc(1, sizeof(*to));
	char *key;

	if (!to)
		return NULL;
	to->e.key = key = strdup(o->meta.name);
	to->endpoint =
		kube_reserved(s, ENDPOINT_NODE, here ? IDENTITY_HOST : IDENTITY_REMOTE_NODE,
			      o->meta.name, here ? "reserved:host" : "reserved:remote-node", NULL);
	if (!key || !to->endpoint || kube_entry_insert(s, &to->e, KUBE_NODE, key)) {
		endpoint_put(to->endpoint);
		free(key);
		free(to);
		return NULL;
	}
	return to;
}

int kube_node_put(struct kube_store *s, const struct kube_object *o, struct kube_entry *old)
{
	struct kube_node_entry *to = old ? (struct kube_node_entry *)old : make_node(s, o);
	size_t n = o->node.n_ips < KUBE_IPS_MAX ? o->node.n_ips : KUBE_IPS_MAX;

	if (!to)
		return -ENOMEM;
	kube_entry_known(s, &to->e, true);
	kube_claims_drop(s, &to->e);
	if (kube_claims_room(s, &to->e, n)) {
		kube_node_drop(s, &to->e);
		return -ENOMEM;
	}
	for (size_t i = 0; i < n; i++)
		kube_claim(s, &to->e, CLAIM_NODE, &o->node.ips[i], 0, 0);
	return 0;
}

void kube_node_drop(struct kube_store *s, struct kube_entry *e)
{
	struct kube_node_entry *to = (struct kube_node_entry *)e;

	kube_claims_drop(s, e);
	kube_entry_remove(s, e);
	endpoint_put(to->endpoint);
	endpoint_put(to->api_endpoint);
	free((char *)e->key);
	free(to);
}

struct node_walk {
	void *arg;
	void (*fn)(void *arg, const char *name, const struct ip_addr *ip);
};

static void tell_node(void *arg, struct table_node *node)
{
	const struct kube_entry *e = table_entry(node, struct kube_entry, node);
	const struct node_walk *w = arg;

	for (uint32_t i = 0; e->known && i < e->n_claims; i++) {
		const struct claim *claim = &e->claims[i];

		if (claim->type != CLAIM_NODE || !claim->spot)
			continue;
		w->fn(w->arg, e->key, &claim->spot->key.ip);
		return;
	}
}

void kube_store_nodes(struct kube_store *s, void *arg,
		      void (*fn)(void *arg, const char *name, const struct ip_addr *ip))
{
	struct node_walk w = {arg, fn};

	table_each(&s->entries[KUBE_NODE], tell_node, &w);
}

/* -------------------------------------------------------------- namespaces */

int kube_namespace_put(struct kube_store *s, const struct kube_object *o, struct kube_entry *old)
{
	struct kube_entry *e = old ? old : calloc(1, sizeof(*e));
	char *key = old ? NULL : strdup(o->meta.name);

	if (!old && (!e || !key || kube_entry_insert(s, e, KUBE_NAMESPACE, key))) {
		free(key);
		free(e);
		return -ENOMEM;
	}
	kube_entry_known(s, e, true);
	return 0;
}

void kube_namespace_drop(struct kube_store *s, struct kube_entry *e)
{
	kube_entry_remove(s, e);
	free((char *)e->key);
	free(e);
}
