/* SPDX-License-Identifier: MIT */
/*
 * What is known of a cluster: Kubernetes' objects, indexed by what a flow has
 * (container id, pod uid, address, address and port) and turned into endpoints.
 *
 * An address belongs to the pod that was last seen to run with it: a pod that has
 * Succeeded or Failed gives its address up, hostNetwork pods have none. What was
 * deleted is still found by container id and uid for a minute (its last packets
 * come later), by address only until another takes it.
 *
 * What endpoints are made of:
 * - a pod: kind POD, workload resolved to the top (Deployment for a ReplicaSet, CronJob
 *   for a Job named after a minute, "Pod" and its own name where nothing controls it),
 *   labels "k8s:key=value" with k8s:io.kubernetes.pod.namespace among them, identity of
 *   those that are the same in all pods of a workload, an id where it runs on this node;
 * - a node's address: kind NODE, namespace and name "" as Hubble has them, `node` is its
 *   name; identity remote-node, this node's host, with the label of the same name;
 * - where the API server listens (the backends of Service default/kubernetes): kind NODE,
 *   identity kube-apiserver (this node stays host), that label beside the node's own;
 * - a Service's address: kind SERVICE and no name: the Service itself is told by
 *   kube_store_service(). Identity 0, kube-apiserver for default/kubernetes.
 */
#ifndef PITOT_FLOWS_NAMES_KUBE_STORE_H
#define PITOT_FLOWS_NAMES_KUBE_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "flows/names/kube_object.h"
#include "flows/names/namer.h"

struct kube_store;

#define KUBE_OBJECTS_MAX 200000

struct kube_store_options {
	const char *node_name; /* this node's; copied */
	const char *cluster_name;
	size_t max_objects; /* of a kind; 0: KUBE_OBJECTS_MAX */
};

int kube_store_new(const struct kube_store_options *opt,
		   struct kube_store **ret); /* 0 or -ENOMEM */
void kube_store_free(struct kube_store *s); /* takes NULL */

/* An object as it is now, or gone. */
void kube_store_put(struct kube_store *s, const struct kube_object *o);
void kube_store_delete(struct kube_store *s, const struct kube_object *o);

/*
 * Between these two calls all objects of a kind are put; what was not is deleted. A
 * second begin without an end forgets what was put since the first.
 */
void kube_store_relist_begin(struct kube_store *s, enum kube_kind kind);
void kube_store_relist_end(struct kube_store *s, enum kube_kind kind);

/*
 * Borrowed references, valid until the next put, delete, relist or age; NULL: not known.
 * id: 64 hex digits. The endpoint of a container carries its name, image and id;
 * those of a pod alone do not. A container that is in no status yet is its pod
 * (pod_uid); either may be NULL.
 */
struct endpoint *kube_store_container(struct kube_store *s, const char *id, const char *pod_uid);
struct endpoint *kube_store_pod(struct kube_store *s, const char *uid);
struct endpoint *kube_store_address(struct kube_store *s, const struct ip_addr *a);

/*
 * The Service whose address and port (ClusterIP, NodePort on a node's address, ...) or
 * backend this is. A backend of several is the one's with a cluster IP, then the first
 * by name. An address that is one Service's alone is that Service at any port and
 * protocol: who pings it, or mistakes its port, wants its name. port: host order.
 */
struct service *kube_store_service(struct kube_store *s, const struct ip_addr *a, uint16_t port,
				   uint8_t protocol);

/* Calls fn for each node that has an address: its name and the first one. In no order. */
void kube_store_nodes(struct kube_store *s, void *arg,
		      void (*fn)(void *arg, const char *name, const struct ip_addr *ip));

/* Moves whenever a look-up may answer otherwise. */
uint32_t kube_store_generation(const struct kube_store *s);

size_t kube_store_count(const struct kube_store *s, enum kube_kind kind);
/* Objects, or parts of them, that were not kept: full or without memory. */
uint64_t kube_store_refused(const struct kube_store *s);

/* Forgets what was deleted more than a minute ago. CLOCK_MONOTONIC. */
void kube_store_age(struct kube_store *s, uint64_t now_ns);

#endif
