/* SPDX-License-Identifier: MIT */
/*
 * The names that an end of a flow carries. All of these are reference counted and
 * immutable once shared: a flow keeps the names of its time. Texts are untrusted
 * (they come from the API server, runtimes, DNS) and never NULL, "" where not known.
 */
#ifndef PITOT_FLOWS_ENDPOINT_H
#define PITOT_FLOWS_ENDPOINT_H

#include <stddef.h>
#include <stdint.h>

/* What an endpoint is. Names: endpoint_kind_name(). */
enum endpoint_kind {
	ENDPOINT_UNKNOWN,
	ENDPOINT_POD,
	ENDPOINT_CONTAINER,
	ENDPOINT_UNIT, /* a systemd unit */
	ENDPOINT_PROCESS, /* a process that is none of these */
	ENDPOINT_NODE, /* another node of the cluster, or the API server */
	ENDPOINT_SERVICE, /* a Service's own address */
	ENDPOINT_WORLD,
	ENDPOINT_KINDS,
};

/*
 * Who is at an end: a pod, a container, a unit, a process, a node. Outside
 * Kubernetes a container has the Compose project or the runtime's name for a
 * namespace, units and processes have "host".
 */
struct endpoint {
	uint32_t refs;
	uint32_t bytes; /* of the allocation: set by endpoint_new(), likewise below */
	uint32_t id; /* Hubble's Endpoint.ID: stable while it lives; 0: none, or not here */
	uint32_t identity; /* enum identity or identity_of_labels(); 0: the flow's own stands */
	uint32_t kind; /* enum endpoint_kind */
	const char *cluster;
	const char *namespace_name;
	const char *name; /* Hubble's pod_name */
	const char *workload, *workload_kind; /* "cart", "Deployment" */
	const char *node; /* where it runs */
	const char *container, *image;
	const char *container_id; /* 64 hex digits, no runtime's prefix */
	const char *cgroup; /* path below the hierarchy's root */
	const char *const *labels; /* sorted, "k8s:app=cart", "container:name=x", "reserved:host" */
	size_t n_labels;
};

/*
 * A copy of *from, strings and all, in one allocation; refs is 1. NULL strings count
 * as "". Labels are sorted, each string cut at LABEL_MAX bytes, and LABELS_MAX kept.
 * NULL without memory.
 */
#define LABELS_MAX 128
#define LABEL_MAX 512
struct endpoint *endpoint_new(const struct endpoint *from);
struct endpoint *endpoint_get(struct endpoint *e); /* takes and returns NULL */
void endpoint_put(struct endpoint *e); /* takes NULL */
const char *endpoint_kind_name(unsigned int kind); /* "pod"; "unknown" */

/* A number for a set of labels (sorted): the same on every machine, from 256 to 2^24 - 1. */
uint32_t identity_of_labels(const char *const *labels, size_t n);

/* A Kubernetes Service. */
struct service {
	uint32_t refs, bytes;
	const char *namespace_name, *name;
};

struct service *service_new(const char *namespace_name, const char *name);
struct service *service_get(struct service *s);
void service_put(struct service *s);

/* Names of an address: what was asked for in DNS, or what it is called in reverse. */
struct name_list {
	uint32_t refs, bytes;
	uint32_t n; /* at least 1 */
	const char *const *names; /* no dot at the end, lower case */
};

#define NAMES_MAX 16
struct name_list *name_list_new(const char *const *names, size_t n); /* the first NAMES_MAX */
struct name_list *name_list_get(struct name_list *l);
void name_list_put(struct name_list *l);

/* Where in the world an address is. */
struct place {
	uint32_t refs, bytes;
	uint32_t asn; /* 0: not known */
	char country[4]; /* ISO 3166, "DE" */
	const char *country_name, *city, *as_name;
};

struct place *place_new(const struct place *from); /* as endpoint_new() */
struct place *place_get(struct place *p);
void place_put(struct place *p);

#endif
