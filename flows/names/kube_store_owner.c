// SPDX-License-Identifier: MIT
/* Who controls a pod, and the workload that this makes. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "flows/names/kube_decode.h"
#include "flows/names/kube_store_parts.h"

/* --------------------------------------------------------------- workloads */

/* "cart-5d9f6c7b8" and "5d9f6c7b8": "cart". False where name does not end so. */
static bool cut_hash(const char *name, const char *hash, struct kube_workload *ret)
{
	size_t n = strlen(name), tail = strlen(hash);

	if (!tail || n < tail + 2 || name[n - tail - 1] != '-' || strcmp(name + n - tail, hash) ||
	    n - tail - 1 > KUBE_TEXT_MAX)
		return false;
	memcpy(ret->name, name, n - tail - 1);
	ret->name[n - tail - 1] = 0;
	return true;
}

/* A CronJob calls its Jobs after the minute: "backup-29384756". As Cilium has it. */
static bool cut_minute(const char *name, struct kube_workload *ret)
{
	size_t digits = 0, n = strlen(name);
	char number[16];

	while (digits < n && name[n - digits - 1] >= '0' && name[n - digits - 1] <= '9')
		digits++;
	if (digits < 8 || digits > 10)
		return false;
	KUBE_COPY(number, name + n - digits);
	return cut_hash(name, number, ret);
}

void kube_workload_of(const struct kube_owner *owner, const char *pod_name,
		      const char *template_hash, struct kube_workload *ret)
{
	const char *kind = "Pod", *name = pod_name;

	/* a node owns its static pods: they are what runs there by themselves */
	if (owner && *owner->name && strcmp(owner->kind, "Node")) {
		kind = owner->parent_kind ? owner->parent_kind : owner->kind;
		name = owner->parent_name ? owner->parent_name : owner->name;
	}
	if (!strcmp(kind, "ReplicaSet") && !owner->e.known && cut_hash(name, template_hash, ret)) {
		KUBE_COPY(ret->kind, "Deployment");
		return;
	}
	if (!strcmp(kind, "Job") && cut_minute(name, ret)) {
		KUBE_COPY(ret->kind, "CronJob");
		return;
	}
	KUBE_COPY(ret->kind, kind);
	KUBE_COPY(ret->name, name);
}

/* ------------------------------------------------------------------ owners */

static void free_owner(struct kube_owner *o)
{
	free(o->kind);
	free(o->name);
	free(o->parent_kind);
	free(o->parent_name);
	free((char *)o->e.key);
	free(o);
}

static struct kube_owner *make(struct kube_store *s, const char *uid, const char *kind,
			       const char *name)
{
	struct kube_owner *o = calloc(1, sizeof(*o));
	char *key;

	if (!o)
		return NULL;
	o->e.key = key = strndup(uid, KUBE_KEY_MAX);
	o->kind = strndup(kind, KUBE_TEXT_MAX);
	o->name = strndup(name, KUBE_TEXT_MAX);
	if (!key || !o->kind || !o->name || kube_entry_insert(s, &o->e, KUBE_REPLICASET, key)) {
		free_owner(o);
		return NULL;
	}
	return o;
}

static void drop_unused(struct kube_store *s, struct kube_owner *o)
{
	if (o->e.known || o->pods)
		return;
	kube_entry_remove(s, &o->e);
	free_owner(o);
}

struct kube_owner *kube_owner_of(struct kube_store *s, const struct kube_meta *m)
{
	struct kube_entry *e;

	if (!*m->owner_uid || !*m->owner_kind || strlen(m->owner_uid) >= KUBE_KEY_MAX)
		return NULL;
	e = kube_entry_find(s, KUBE_REPLICASET, m->owner_uid);
	return e ? (struct kube_owner *)e : make(s, m->owner_uid, m->owner_kind, m->owner_name);
}

void kube_owner_link(struct kube_owner *o, struct kube_pod_entry *pod)
{
	pod->owner = o;
	pod->owner_next = o->pods;
	pod->owner_prev_next = &o->pods;
	if (o->pods)
		o->pods->owner_prev_next = &pod->owner_next;
	o->pods = pod;
}

void kube_owner_unlink(struct kube_store *s, struct kube_pod_entry *pod)
{
	struct kube_owner *o = pod->owner;

	if (!o)
		return;
	*pod->owner_prev_next = pod->owner_next;
	if (pod->owner_next)
		pod->owner_next->owner_prev_next = pod->owner_prev_next;
	pod->owner = NULL;
	drop_unused(s, o);
}

static void tell_pods(struct kube_store *s, struct kube_owner *o)
{
	for (struct kube_pod_entry *p = o->pods; p; p = p->owner_next)
		kube_pod_owner_changed(s, p);
}

static int set_parent(struct kube_owner *o, const struct kube_meta *m)
{
	char *kind = NULL, *name = NULL;

	if (*m->owner_kind && *m->owner_name) {
		kind = strndup(m->owner_kind, KUBE_TEXT_MAX);
		name = strndup(m->owner_name, KUBE_TEXT_MAX);
		if (!kind || !name) {
			free(kind);
			free(name);
			return -ENOMEM;
		}
	}
	free(o->parent_kind);
	free(o->parent_name);
	o->parent_kind = kind;
	o->parent_name = name;
	return 0;
}

int kube_owner_put(struct kube_store *s, const struct kube_object *o, struct kube_entry *old)
{
	struct kube_owner *to =
		old ? (struct kube_owner *)old : make(s, o->meta.uid, "ReplicaSet", o->meta.name);

	if (!to)
		return -ENOMEM;
	if (set_parent(to, &o->meta)) {
		drop_unused(s, to);
		return -ENOMEM;
	}
	kube_entry_known(s, &to->e, true);
	tell_pods(s, to);
	return 0;
}

/* Its pods keep the workload that it gave them. */
void kube_owner_drop(struct kube_store *s, struct kube_entry *e)
{
	kube_entry_known(s, e, false);
	drop_unused(s, (struct kube_owner *)e);
}
