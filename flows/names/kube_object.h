/* SPDX-License-Identifier: MIT */
/*
 * The few fields of Kubernetes' objects that names are made of, and their
 * decoding from the API's protobuf and JSON encodings. Pure: bytes in, callbacks
 * out. Everything pointed to is valid during the callback alone; strings are
 * untrusted, never NULL.
 */
#ifndef PITOT_FLOWS_NAMES_KUBE_OBJECT_H
#define PITOT_FLOWS_NAMES_KUBE_OBJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "flows/flow.h"

enum kube_kind {
	KUBE_POD,
	KUBE_SERVICE,
	KUBE_ENDPOINTSLICE,
	KUBE_NODE,
	KUBE_NAMESPACE,
	KUBE_REPLICASET,
	KUBE_KINDS,
};

struct kube_label {
	const char *key, *value;
};

struct kube_meta {
	const char *name, *namespace_name, *uid, *resource_version;
	const char *owner_kind, *owner_name, *owner_uid; /* the controlling owner; "" none */
	const struct kube_label *labels;
	size_t n_labels;
};

struct kube_container {
	const char *name, *image;
	const char *id; /* "containerd://<64 hex>"; "" not started */
};

struct kube_pod {
	const char *node, *phase; /* phase: "Running", "Succeeded", "Failed", ... */
	bool host_network;
	const struct ip_addr *ips;
	size_t n_ips;
	const struct kube_container *containers; /* statuses: init, ephemeral and ordinary ones */
	size_t n_containers;
};

struct kube_port {
	const char *name;
	uint8_t protocol; /* IP protocol number */
	uint16_t port; /* host order; 0 in a slice: any */
	uint16_t node_port; /* Service only; 0: none */
};

struct kube_service {
	const char *type; /* "ClusterIP", "NodePort", "LoadBalancer", "ExternalName" */
	bool headless;
	const struct ip_addr *ips; /* cluster, external and load balancer addresses */
	size_t n_ips;
	const struct kube_port *ports;
	size_t n_ports;
};

struct kube_backend {
	const struct ip_addr *ips;
	size_t n_ips;
	bool ready;
};

struct kube_slice {
	const char *service; /* label kubernetes.io/service-name */
	const struct kube_backend *backends;
	size_t n_backends;
	const struct kube_port *ports;
	size_t n_ports;
};

struct kube_node {
	const struct ip_addr *ips; /* InternalIP and ExternalIP */
	size_t n_ips;
};

struct kube_object {
	enum kube_kind kind;
	struct kube_meta meta;
	union {
		struct kube_pod pod;
		struct kube_service service;
		struct kube_slice slice;
		struct kube_node node;
	};
};

enum kube_encoding { KUBE_JSON, KUBE_PROTOBUF };

struct kube_list_meta {
	char resource_version[64];
	char *next; /* `continue`; NULL: the last page. free() it */
};

/*
 * A whole answer of a list. 0, -EBADMSG (not what it should be; objects up to
 * there have been delivered) or -ENOMEM.
 */
int kube_decode_list(enum kube_kind kind, enum kube_encoding enc, const void *data, size_t size,
		     void (*object)(void *arg, const struct kube_object *o), void *arg,
		     struct kube_list_meta *ret_meta);

enum kube_change { KUBE_ADDED, KUBE_MODIFIED, KUBE_DELETED, KUBE_BOOKMARK, KUBE_ERROR };

struct kube_event {
	enum kube_change change;
	char resource_version[64]; /* not KUBE_ERROR */
	int code; /* KUBE_ERROR: 410, ... */
	char message[256]; /* KUBE_ERROR */
	bool initial_end; /* KUBE_BOOKMARK: the initial set is complete */
};

/*
 * One event of a watch: a line of JSON, or a frame without its length. object() is
 * called for the first three changes. As kube_decode_list().
 */
int kube_decode_event(enum kube_kind kind, enum kube_encoding enc, const void *data, size_t size,
		      void (*object)(void *arg, enum kube_change change,
				     const struct kube_object *o),
		      void *arg, struct kube_event *ret_event);

/* A Status body (401, 403, 410, ...): its code and message; false where it is none. */
bool kube_decode_status(enum kube_encoding enc, const void *data, size_t size, int *ret_code,
			char *ret_message, size_t message_size);

#endif
