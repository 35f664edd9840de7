/* SPDX-License-Identifier: MIT */
/*
 * The parts of a kube_store. Each object that is kept is an entry with a key; what
 * it says about addresses and ports are claims, each on a spot. Who an address is
 * and which Service a port belongs to is chosen among the claims of one spot.
 */
#ifndef PITOT_FLOWS_NAMES_KUBE_STORE_PARTS_H
#define PITOT_FLOWS_NAMES_KUBE_STORE_PARTS_H

#include "flows/table.h"
#include "flows/names/kube_store.h"

#define KUBE_TEXT_MAX 512 /* of a name; longer ones are cut */
#define KUBE_KEY_MAX 1024 /* objects with longer ones are refused */
#define KUBE_CLAIMS_MAX 16384 /* of one object; the API's own limits are well below */
#define KUBE_SPOT_MAX 64 /* claims of a type on one spot: each look-up may read them all */
#define KUBE_CONTAINERS_MAX 256 /* of a pod */
#define KUBE_IPS_MAX 256 /* of a pod or a node */

/* ------------------------------------------------------------------- spots */

enum claim_type {
	CLAIM_POD, /* address */
	CLAIM_NODE, /* address */
	CLAIM_SERVICE, /* address; address and port; port of all nodes */
	CLAIM_BACKEND, /* address and port; address and protocol: any port; address: the API server */
	CLAIM_TYPES,
};

/* Padding is zero: it is hashed as a whole. */
struct spot_key {
	struct ip_addr ip; /* zero: of all nodes */
	uint16_t port; /* host order; 0: any */
	uint8_t protocol; /* 0 with port 0: the address itself */
	uint8_t pad;
};

struct spot {
	struct table_node node;
	struct spot_key key;
	uint32_t ports; /* of an address: spots with a port there */
	uint32_t any_ports; /* those of them with port 0 */
	uint64_t port_bits; /* of an address: port_bit() of each port that was ever claimed */
	struct spot *base; /* of a port: the address's; NULL: all nodes */
	struct endpoint *endpoint; /* of an address: who it is */
	struct claim *claims[CLAIM_TYPES]; /* latest first */
	uint8_t n[CLAIM_TYPES];
};

struct claim {
	struct claim *next, **prev_next;
	struct spot *spot; /* NULL: given up */
	struct kube_entry *owner;
	enum claim_type type;
};

/* ----------------------------------------------------------------- entries */

struct kube_entry {
	struct table_node node; /* in store->entries[kind] */
	const char *key;
	uint64_t print; /* of all that names are made of: equal prints, equal names */
	uint32_t mark; /* the relist that saw it last */
	uint8_t kind;
	bool known; /* false: only others refer to it, or (pods) it was deleted */
	uint32_t bytes; /* that it takes, as kube_entry_weigh() was told */
	uint32_t n_claims, claims_room;
	struct claim *claims;
};

struct kube_owner { /* KUBE_REPLICASET, and what else controls pods */
	struct kube_entry e; /* key: uid */
	char *kind, *name;
	char *parent_kind, *parent_name; /* NULL: has none, or not known */
	struct kube_pod_entry *pods;
};

struct kube_container_entry {
	struct table_node node; /* in store->containers */
	struct kube_pod_entry *pod;
	struct endpoint *endpoint; /* NULL: not asked for yet */
	const char *name, *image;
	char id[65];
};

struct kube_pod_entry {
	struct kube_entry e; /* key: uid */
	struct endpoint *endpoint;
	struct kube_owner *owner; /* NULL: none */
	struct kube_pod_entry *owner_next, **owner_prev_next;
	struct kube_pod_entry *dead_next, *dead_prev; /* store->dead_first, oldest first */
	uint64_t dead_ns; /* 0: since the last age() */
	const struct ip_addr *ips; /* none where it gave them up */
	uint32_t n_ips;
	uint32_t n_containers;
	struct kube_container_entry *containers;
	bool running;
};

struct kube_service_entry {
	struct kube_entry e; /* key: namespace/name */
	struct service *service;
	uint32_t slices; /* that refer to it */
	bool cluster_ip;
	bool api; /* default/kubernetes */
};

struct kube_slice_entry {
	struct kube_entry e; /* key: namespace/name */
	struct kube_service_entry *service;
};

struct kube_node_entry {
	struct kube_entry e; /* key: name */
	struct endpoint *endpoint;
	struct endpoint
		*api_endpoint; /* where the API server runs on it; NULL: not asked for yet */
};

struct kube_store {
	struct table entries[KUBE_KINDS], containers, spots;
	size_t n[KUBE_KINDS]; /* known ones */
	size_t max;
	size_t bytes; /* of all entries that were weighed */
	uint64_t refused;
	uint32_t generation;
	uint32_t epoch[KUBE_KINDS];
	bool relisting[KUBE_KINDS];
	struct kube_pod_entry *dead_first, *dead_last;
	size_t n_dead;
	char *node_name, *cluster_name;
	struct endpoint *service_endpoint, *api_service_endpoint, *api_endpoint;
	struct kube_labels *scratch;
};

/* kube_store.c */
struct kube_entry *kube_entry_find(struct kube_store *s, enum kube_kind kind, const char *key);
/* 0 or -ENOMEM. The key is part of what the entry lies in. */
int kube_entry_insert(struct kube_store *s, struct kube_entry *e, enum kube_kind kind,
		      const char *key);
void kube_entry_remove(struct kube_store *s, struct kube_entry *e);
void kube_entry_known(struct kube_store *s, struct kube_entry *e, bool known);
/* Counts what lies behind the entry, its claims with it: the store is full by bytes, too. */
void kube_entry_weigh(struct kube_store *s, struct kube_entry *e, size_t bytes);
/* An endpoint of kind `kind`: its node's name and one or two labels (NULL: none). */
struct endpoint *kube_reserved(struct kube_store *s, uint32_t kind, uint32_t identity,
			       const char *node, const char *label, const char *label2);

/* kube_store_spot.c */
/* 0 or -ENOMEM. Room for n claims of e, which has none; more than KUBE_CLAIMS_MAX are not kept. */
int kube_claims_room(struct kube_store *s, struct kube_entry *e, size_t n);
/* Counted as refused where there is no room. */
void kube_claim(struct kube_store *s, struct kube_entry *e, enum claim_type type,
		const struct ip_addr *ip, uint16_t port, uint8_t protocol);
void kube_claims_drop(struct kube_store *s, struct kube_entry *e);
/* The claims, places and all, are those of `to` from now on. */
void kube_claims_move(struct kube_entry *to, struct kube_entry *from);
/* e is not known any more: its claims stand behind those of others. */
void kube_claims_yield(struct kube_store *s, struct kube_entry *e);
/* Chooses again who the addresses are that e claims. */
void kube_claims_refresh(struct kube_store *s, struct kube_entry *e);
struct spot *kube_spot_find(const struct kube_store *s, const struct ip_addr *ip, uint16_t port,
			    uint8_t protocol);

/*
 * Each kind's own part. put: 0 or -ENOMEM (the object is as before or forgotten); old may be NULL.
 * drop: forgotten, but for what others refer to.
 */

/* kube_store_pod.c */
int kube_pod_put(struct kube_store *s, const struct kube_object *o, struct kube_entry *old);
void kube_pod_kill(struct kube_store *s, struct kube_entry *e);
void kube_pod_bury(struct kube_store *s); /* the one that is dead longest */
void kube_pod_owner_changed(struct kube_store *s, struct kube_pod_entry *p);
struct endpoint *kube_container_endpoint(struct kube_store *s, const char *id);

/* kube_store_owner.c */
int kube_owner_put(struct kube_store *s, const struct kube_object *o, struct kube_entry *old);
void kube_owner_drop(struct kube_store *s, struct kube_entry *e);
/* Of the pod that *m describes; NULL: it has none, or without memory. */
struct kube_owner *kube_owner_of(struct kube_store *s, const struct kube_meta *m);
void kube_owner_link(struct kube_owner *o, struct kube_pod_entry *pod);
void kube_owner_unlink(struct kube_store *s, struct kube_pod_entry *pod);

struct kube_workload {
	char kind[KUBE_TEXT_MAX + 1], name[KUBE_TEXT_MAX + 1];
};

void kube_workload_of(const struct kube_owner *owner, const char *pod_name,
		      const char *template_hash, struct kube_workload *ret);

/* kube_store_service.c */
int kube_service_put(struct kube_store *s, const struct kube_object *o, struct kube_entry *old);
void kube_service_drop(struct kube_store *s, struct kube_entry *e);
int kube_slice_put(struct kube_store *s, const struct kube_object *o, struct kube_entry *old);
void kube_slice_drop(struct kube_store *s, struct kube_entry *e);
int kube_node_put(struct kube_store *s, const struct kube_object *o, struct kube_entry *old);
void kube_node_drop(struct kube_store *s, struct kube_entry *e);
int kube_namespace_put(struct kube_store *s, const struct kube_object *o, struct kube_entry *old);
void kube_namespace_drop(struct kube_store *s, struct kube_entry *e);

/* kube_store_labels.c */
struct kube_labels {
	const char *sorted[LABELS_MAX];
	const char *relevant[LABELS_MAX]; /* those that identities are made of */
	size_t n, n_relevant;
	char text[LABELS_MAX][LABEL_MAX + 1];
};

/* As Cilium has them: "k8s:app=cart", "k8s:io.kubernetes.pod.namespace=shop". */
void kube_labels_fill(struct kube_labels *l, const struct kube_meta *m);
uint64_t kube_object_print(const struct kube_object *o);

#endif
