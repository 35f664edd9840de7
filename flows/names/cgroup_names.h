/* SPDX-License-Identifier: MIT */
/*
 * Who a process is: its control group's pod, container or unit, else the program.
 * The table of what becomes what is in containers.h.
 */
#ifndef PITOT_FLOWS_NAMES_CGROUP_NAMES_H
#define PITOT_FLOWS_NAMES_CGROUP_NAMES_H

#include <stdint.h>

#include "flows/names/kube_store.h"
#include "flows/names/namer.h"
#include "flows/names/runtime_api.h"
#include "flows/names/runtime_files.h"
#include "flows/names/runtime_logs.h"
#include "flows/names/runtime_store.h"

#define CGROUP_NAMES_MAX 8192 /* control groups */

/* Where names come from. All is borrowed, strings too. */
struct cgroup_sources {
	struct kube_store *kube; /* NULL: no Kubernetes */
	struct runtime_store *containers;
	struct runtime_logs *logs;
	struct runtime_files *files;
	struct runtime_api *api;
	const char *root, *node_name, *cluster;
	const char *mount; /* of cgroup2; NULL: nowhere */
	bool v1; /* hierarchies of the first version are mounted too */
};

struct cgroup_names;

int cgroup_names_new(const struct cgroup_sources *sources,
		     struct cgroup_names **ret); /* 0 or -ENOMEM */
void cgroup_names_free(struct cgroup_names *c); /* takes NULL */

/* A control group was made. */
void cgroup_names_told(struct cgroup_names *c, uint64_t id, const char *path);

/* How long an answer holds. */
enum cgroup_validity {
	CGROUP_ALWAYS, /* as long as the process is the same */
	CGROUP_UNTIL_CHANGE, /* until cgroup_names_generation() moves */
	CGROUP_UNTIL_TICK,
};

/*
 * The endpoint of a process whose end has this identity (IDENTITY_HOST: it is in
 * the own network namespace). Borrowed, valid until the next call. NULL without memory.
 */
struct endpoint *cgroup_names_of(struct cgroup_names *c, const struct process *p, uint32_t identity,
				 enum cgroup_validity *ret_validity);

uint32_t cgroup_names_generation(const struct cgroup_names *c);

/* Looks again for what had no name yet. CLOCK_MONOTONIC. */
void cgroup_names_tick(struct cgroup_names *c, uint64_t now_ns);
void cgroup_names_status(const struct cgroup_names *c, const struct names_rows *rows);

#endif
