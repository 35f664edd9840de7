/* SPDX-License-Identifier: MIT */
/*
 * What is known of a cluster: Kubernetes' objects, indexed by what a flow has
 * (container id, pod uid, address, address and port) and turned into endpoints.
 *
 * An address belongs to the pod that was last seen to run with it: a pod that has
 * Succeeded or Failed gives its address up, hostNetwork pods have none. What was
 * deleted is still found by container id and uid for a while (its last packets
 * come later), by address only until another takes it.
 */
#ifndef PITOT_FLOWS_NAMES_KUBE_STORE_H
#define PITOT_FLOWS_NAMES_KUBE_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "flows/names/kube_object.h"
#include "flows/names/namer.h"

struct kube_store;

struct kube_store_options {
	const char *node_name;	/* this node's; copied */
	const char *cluster_name;
	size_t max_objects;	/* of a kind; 0: 200,000 */
};

int kube_store_new(const struct kube_store_options *opt, struct kube_store **ret); /* 0 or -ENOMEM */
void kube_store_free(struct kube_store *s); /* takes NULL */

/* An object as it is now, or gone. */
void kube_store_put(struct kube_store *s, const struct kube_object *o);
void kube_store_delete(struct kube_store *s, const struct kube_object *o);

/* Between these two calls all objects of a kind are put; what was not is deleted. */
void kube_store_relist_begin(struct kube_store *s, enum kube_kind kind);
void kube_store_relist_end(struct kube_store *s, enum kube_kind kind);

/*
 * Borrowed references, valid until the next put, delete, relist or age; NULL: not known.
 * id: 64 hex digits. The endpoint of a container carries its name, image and id;
 * those of a pod alone do not.
 */
struct endpoint *kube_store_container(struct kube_store *s, const char *id, const char *pod_uid);
struct endpoint *kube_store_pod(struct kube_store *s, const char *uid);
struct endpoint *kube_store_address(struct kube_store *s, const struct ip_addr *a);

/* The Service whose address and port (ClusterIP, NodePort on a node's address, ...) or backend this is. */
struct service *kube_store_service(struct kube_store *s, const struct ip_addr *a, uint16_t port,
				   uint8_t protocol);

/* Moves whenever a look-up may answer otherwise. */
uint32_t kube_store_generation(const struct kube_store *s);

size_t kube_store_count(const struct kube_store *s, enum kube_kind kind);
uint64_t kube_store_refused(const struct kube_store *s); /* objects not kept: full or without memory */

/* Forgets what was deleted more than a minute ago. CLOCK_MONOTONIC. */
void kube_store_age(struct kube_store *s, uint64_t now_ns);

#endif
