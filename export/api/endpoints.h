/* SPDX-License-Identifier: MIT */
/*
 * The endpoints that flows had lately: ListEndpoints and GetNamespaces read them, and
 * local ones that come and go are events of the agent. Bounded: the one not seen for
 * the longest time makes room.
 */
#ifndef PITOT_EXPORT_API_ENDPOINTS_H
#define PITOT_EXPORT_API_ENDPOINTS_H

#include "export/api/parts.h"

#define ENDPOINTS_MAX 8192

struct endpoint_seen {
	const struct endpoint *endpoint; /* the latest of that name */
	uint64_t last_ns; /* wall clock, of its last flow */
	uint64_t flows;
};

int endpoints_new(struct api *a); /* 0 or -ENOMEM */
void endpoints_free(struct api *a);

void endpoints_flow(struct api *a, const struct flow *f);
void endpoints_tick(struct api *a); /* once a second */

void endpoints_each(struct api *a, void *arg, void (*fn)(void *arg, const struct endpoint_seen *e));

/* Cluster and namespace of the last hour's flows, sorted and each once. */
struct namespace_seen {
	char cluster[64], name[64]; /* cut; Kubernetes' names are that long at most */
	uint64_t last_s; /* CLOCK_MONOTONIC */
};

/* *ret: free() it; how many, or -ENOMEM. */
ssize_t endpoints_namespaces(struct api *a, struct namespace_seen **ret);

#endif
