/* SPDX-License-Identifier: MIT */
/*
 * The containers that Docker and Podman have told of, by id and by address, as
 * endpoints:
 *
 *	kind		ENDPOINT_CONTAINER; ENDPOINT_POD where Kubernetes made it (CRI-O, cri-dockerd)
 *	namespace	the Compose project, else the runtime's name
 *	name, container	the container's name
 *	workload	the Compose service ("ComposeService"), else the container's name ("Container")
 *	labels		"container:KEY=VALUE" for each of the runtime's, and "container:name=NAME"
 *	identity	identity_of_labels() of namespace and workload as labels: the same for all
 *			containers of a Compose service, on every machine
 *
 * An address is that of the running container that was last seen to have it; of
 * several that share one (a pod of Podman) it is the only one that is no infra
 * container, else the infra container.
 */
#ifndef PITOT_FLOWS_NAMES_RUNTIME_STORE_H
#define PITOT_FLOWS_NAMES_RUNTIME_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "flows/endpoint.h"
#include "flows/names/runtime_json.h"
#include "flows/names/runtime_logs.h"

#define RUNTIME_STORE_MAX 16384

/* Where it was told; the better ones are not changed by the others. */
#define RUNTIME_FROM_CONFIG 0 /* Docker's files, read one by one: forgotten after ten minutes */
#define RUNTIME_FROM_STORAGE 1 /* Podman's files */
#define RUNTIME_FROM_API 2 /* and further ones, a socket each */
#define RUNTIME_SOURCES 6

struct runtime_store;

/* Strings are copied. 0 or -ENOMEM. */
int runtime_store_new(const char *node_name, const char *cluster, struct runtime_store **ret);
void runtime_store_free(struct runtime_store *s); /* takes NULL */

/* runtime: "docker", "podman". */
void runtime_store_put(struct runtime_store *s, unsigned int from, const char *runtime,
		       const struct runtime_container *c);

/* It is removed: still found by id for a minute, no more by address. CLOCK_MONOTONIC. */
void runtime_store_gone(struct runtime_store *s, const char *id, uint64_t now_ns);

/* What is not put between these two calls is gone, of those that were told from there. */
void runtime_store_relist_begin(struct runtime_store *s, unsigned int from);
void runtime_store_relist_end(struct runtime_store *s, unsigned int from, uint64_t now_ns);

/* Borrowed, valid until the next put, gone, relist or age. NULL: not known. */
struct endpoint *runtime_store_find(struct runtime_store *s, const char *id);
struct endpoint *runtime_store_address(struct runtime_store *s, const struct ip_addr *a);

/* Is all known that an API tells? */
bool runtime_store_is_whole(struct runtime_store *s, const char *id);

/* An endpoint as runtime_store_put() would make it. The caller's reference; NULL without memory. */
struct endpoint *runtime_store_endpoint(struct runtime_store *s, const char *runtime,
					const struct runtime_container *c);

/* A pod of which only its name is known. The same. */
struct endpoint *runtime_store_pod(struct runtime_store *s, const struct runtime_pod *p,
				   const char *id, const char *image);

/* Moves whenever runtime_store_find() may answer otherwise. */
uint32_t runtime_store_generation(const struct runtime_store *s);

size_t runtime_store_count(const struct runtime_store *s);
uint64_t
runtime_store_refused(const struct runtime_store *s); /* not kept: full, or without memory */

/* Forgets what has been gone for a minute. Call it now and then. */
void runtime_store_age(struct runtime_store *s, uint64_t now_ns);

#endif
