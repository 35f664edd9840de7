// SPDX-License-Identifier: MIT
/* Pods and their containers: from objects to endpoints. */
#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "flows/names/kube_store_parts.h"
#include "flows/pack.h"

#define CONTAINER_ID 64

static struct kube_pod_entry *pod_of(struct kube_entry *e)
{
	return (struct kube_pod_entry *)e;
}

/* --------------------------------------------------------------- endpoints */

/* Hubble's Endpoint.ID: as stable as the pod, the same at each start. From 1 to 65535. */
static uint32_t id_of_uid(const char *uid)
{
	uint32_t h = 0x811c9dc5; /* FNV-1a */

	for (; *uid; uid++)
		h = (h ^ (unsigned char)*uid) * 0x01000193;
	h = (h ^ h >> 16) & 0xffff;
	return h ? h : 1;
}

static const char *hash_label(const struct endpoint *e)
{
	static const char label[] = "k8s:pod-template-hash=";

	for (size_t i = 0; i < e->n_labels; i++)
		if (!strncmp(e->labels[i], label, sizeof(label) - 1))
			return e->labels[i] + sizeof(label) - 1;
	return "";
}

/* NULL without memory. */
static struct endpoint *make_endpoint(struct kube_store *s, const struct kube_object *o,
				      const struct kube_owner *owner)
{
	struct kube_labels *l = s->scratch;
	struct kube_workload w;
	struct endpoint e;

	kube_labels_fill(l, &o->meta);
	e = (struct endpoint){
		.kind = ENDPOINT_POD,
		.id = strcmp(o->pod.node, s->node_name) || !*o->pod.node ? 0
									 : id_of_uid(o->meta.uid),
		.identity = identity_of_labels(l->relevant, l->n_relevant),
		.cluster = s->cluster_name,
		.namespace_name = o->meta.namespace_name,
		.name = o->meta.name,
		.node = o->pod.node,
		.labels = l->sorted,
		.n_labels = l->n,
	};
	kube_workload_of(owner, o->meta.name, hash_label(&e), &w);
	e.workload = w.name;
	e.workload_kind = w.kind;
	return endpoint_new(&e);
}

static void forget_containers(struct kube_pod_entry *p)
{
	for (uint32_t i = 0; i < p->n_containers; i++) {
		endpoint_put(p->containers[i].endpoint);
		p->containers[i].endpoint = NULL;
	}
}

void kube_pod_owner_changed(struct kube_store *s, struct kube_pod_entry *p)
{
	struct endpoint e = *p->endpoint, *now;
	struct kube_workload w;

	kube_workload_of(p->owner, e.name, hash_label(&e), &w);
	if (!strcmp(w.kind, e.workload_kind) && !strcmp(w.name, e.workload))
		return;
	e.workload = w.name;
	e.workload_kind = w.kind;
	now = endpoint_new(&e);
	if (!now) {
		s->refused++;
		return;
	}
	endpoint_put(p->endpoint);
	p->endpoint = now;
	forget_containers(p);
	kube_claims_refresh(s, &p->e);
}

/* -------------------------------------------------------------- containers */

/* "containerd://<64 hex>": what is behind the runtime. NULL: not started, or another kind of id. */
static const char *bare_id(const char *id)
{
	const char *slash = strstr(id, "://");

	id = slash ? slash + 3 : id;
	return strspn(id, "0123456789abcdef") == CONTAINER_ID && !id[CONTAINER_ID] ? id : NULL;
}

static struct kube_container_entry *find_container(struct kube_store *s, const char *id)
{
	struct table_node *n;

	if (strnlen(id, CONTAINER_ID + 1) != CONTAINER_ID)
		return NULL;
	for (n = table_find(&s->containers, table_hash(id, CONTAINER_ID)); n; n = table_next(n)) {
		struct kube_container_entry *c = table_entry(n, struct kube_container_entry, node);

		if (!memcmp(c->id, id, CONTAINER_ID))
			return c;
	}
	return NULL;
}

struct endpoint *kube_container_endpoint(struct kube_store *s, const char *id)
{
	struct kube_container_entry *c = find_container(s, id);
	struct endpoint e;

	if (!c)
		return NULL;
	if (!c->endpoint) {
		e = *c->pod->endpoint;
		e.container = c->name;
		e.image = c->image;
		e.container_id = c->id;
		c->endpoint = endpoint_new(&e);
	}
	return c->endpoint ? c->endpoint : c->pod->endpoint;
}

/* -------------------------------------------------------------------- pods */

static bool gave_addresses_up(const struct kube_pod *p)
{
	return p->host_network || !strcmp(p->phase, "Succeeded") || !strcmp(p->phase, "Failed");
}

static size_t count_started(const struct kube_pod *p)
{
	size_t n = 0;

	for (size_t i = 0; i < p->n_containers && n < KUBE_CONTAINERS_MAX; i++)
		n += bare_id(p->containers[i].id) != NULL;
	return n;
}

static void fill_containers(struct pack *p, struct kube_pod_entry *to, const struct kube_pod *from)
{
	size_t n = count_started(from), used = 0;
	struct kube_container_entry *at = pack_room(p, n * sizeof(*at));

	for (size_t i = 0; i < from->n_containers && used < n; i++) {
		const struct kube_container *c = &from->containers[i];
		const char *id = bare_id(c->id);
		const char *name, *image;

		if (!id)
			continue;
		name = pack_str(p, c->name, KUBE_TEXT_MAX);
		image = pack_str(p, c->image, KUBE_TEXT_MAX);
		if (at) {
			at[used] = (struct kube_container_entry){.name = name, .image = image};
			memcpy(at[used].id, id, CONTAINER_ID);
		}
		used++;
	}
	to->containers = at;
	to->n_containers = (uint32_t)n;
}

static void fill(struct pack *p, struct kube_pod_entry *to, const struct kube_object *o)
{
	size_t n = o->pod.n_ips < KUBE_IPS_MAX ? o->pod.n_ips : KUBE_IPS_MAX;
	struct ip_addr *ips;

	if (gave_addresses_up(&o->pod))
		n = 0;
	ips = pack_room(p, n * sizeof(*ips));
	if (ips)
		memcpy(ips, o->pod.ips, n * sizeof(*ips));
	to->ips = ips;
	to->n_ips = (uint32_t)n;
	to->running = !strcmp(o->pod.phase, "Running");
	fill_containers(p, to, &o->pod);
	to->e.key = pack_str(p, o->meta.uid, KUBE_KEY_MAX);
}

/* Takes everything of p out of the indexes that is in them, and frees it. */
static void release(struct kube_store *s, struct kube_pod_entry *p)
{
	kube_claims_drop(s, &p->e);
	kube_owner_unlink(s, p);
	for (uint32_t i = 0; i < p->n_containers; i++)
		if (p->containers[i].pod)
			table_remove(&s->containers, &p->containers[i].node);
	forget_containers(p);
	endpoint_put(p->endpoint);
	free(p);
}

/* Not in any index yet but its owner's. NULL without memory. */
static struct kube_pod_entry *make(struct kube_store *s, const struct kube_object *o)
{
	struct pack pack = {.used = sizeof(struct kube_pod_entry),
			    .head = sizeof(struct kube_pod_entry)};
	struct kube_pod_entry measured, *p;
	struct kube_owner *owner;

	fill(&pack, &measured, o);
	p = pack_begin(&pack);
	if (!p)
		return NULL;
	fill(&pack, p, o);
	owner = kube_owner_of(s, &o->meta);
	if (owner)
		kube_owner_link(owner, p);
	p->endpoint = make_endpoint(s, o, owner);
	if (!p->endpoint || kube_claims_room(s, &p->e, p->n_ips)) {
		release(s, p);
		return NULL;
	}
	return p;
}

static void index_containers(struct kube_store *s, struct kube_pod_entry *p)
{
	for (uint32_t i = 0; i < p->n_containers; i++) {
		struct kube_container_entry *c = &p->containers[i];

		if (table_insert(&s->containers, &c->node, table_hash(c->id, CONTAINER_ID)))
			s->refused++;
		else
			c->pod = p;
	}
}

/*
 * A pod that had these addresses before keeps its turn among those who claim them:
 * a new label on the older one of two takes nothing from the later one.
 */
static bool keeps_turn(const struct kube_pod_entry *old, const struct kube_pod_entry *p)
{
	return old->e.known && (old->running || !p->running) && old->n_ips == p->n_ips &&
	       old->e.n_claims == p->n_ips &&
	       (!p->n_ips || !memcmp(old->ips, p->ips, p->n_ips * sizeof(*p->ips)));
}

static void unlink_dead(struct kube_store *s, struct kube_pod_entry *p)
{
	if (p->dead_prev)
		p->dead_prev->dead_next = p->dead_next;
	else
		s->dead_first = p->dead_next;
	if (p->dead_next)
		p->dead_next->dead_prev = p->dead_prev;
	else
		s->dead_last = p->dead_prev;
	s->n_dead--;
}

/* Known pods are in the table, the others in the list of the dead as well. */
static void take_out(struct kube_store *s, struct kube_pod_entry *p)
{
	if (!p->e.known)
		unlink_dead(s, p);
	kube_entry_remove(s, &p->e);
	release(s, p);
}

int kube_pod_put(struct kube_store *s, const struct kube_object *o, struct kube_entry *e)
{
	struct kube_pod_entry *old = e ? pod_of(e) : NULL, *p = make(s, o);

	if (!p)
		return -ENOMEM;
	if (kube_entry_insert(s, &p->e, KUBE_POD, p->e.key)) {
		release(s, p);
		return -ENOMEM;
	}
	kube_entry_known(s, &p->e, true);
	index_containers(s, p);
	if (old && keeps_turn(old, p)) {
		free(p->e.claims);
		kube_claims_move(&p->e, &old->e);
		kube_claims_refresh(s, &p->e);
	} else {
		for (uint32_t i = 0; i < p->n_ips; i++)
			kube_claim(s, &p->e, CLAIM_POD, &p->ips[i], 0, 0);
	}
	if (old)
		take_out(s, old);
	kube_entry_weigh(s, &p->e, malloc_usable_size(p) + malloc_usable_size(p->endpoint));
	return 0;
}

void kube_pod_kill(struct kube_store *s, struct kube_entry *e)
{
	struct kube_pod_entry *p = pod_of(e);

	kube_entry_known(s, e, false);
	p->dead_ns = 0;
	p->dead_next = NULL;
	p->dead_prev = s->dead_last;
	if (s->dead_last)
		s->dead_last->dead_next = p;
	else
		s->dead_first = p;
	s->dead_last = p;
	s->n_dead++;
	kube_claims_yield(s, e);
}

void kube_pod_bury(struct kube_store *s)
{
	take_out(s, s->dead_first);
}
