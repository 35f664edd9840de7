/* SPDX-License-Identifier: MIT */
/* Endpoints of what is no container: systemd's units, and programs that are in none. */
#ifndef PITOT_FLOWS_NAMES_CGROUP_PROGRAMS_H
#define PITOT_FLOWS_NAMES_CGROUP_PROGRAMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "flows/endpoint.h"
#include "flows/process.h"

#define CGROUP_PROGRAMS_MAX 8192

struct cgroup_programs;

/* Strings are borrowed. 0 or -ENOMEM. */
int cgroup_programs_new(const char *root, const char *node_name, const char *cluster,
			struct cgroup_programs **ret);
void cgroup_programs_free(struct cgroup_programs *p); /* takes NULL */

/* The unit of a group with this path. The caller's reference; NULL without memory. own: network namespace. */
struct endpoint *cgroup_unit(const struct cgroup_programs *p, const char *path, bool own);

/*
 * A process by its program's name: one endpoint for all with that name in a control
 * group. id 0 and path "": the group is not known. Borrowed, valid until the next
 * call; NULL without memory.
 */
struct endpoint *cgroup_program(struct cgroup_programs *p, uint64_t id, const char *path,
				const struct process *process, bool own);

size_t cgroup_programs_count(const struct cgroup_programs *p);
uint64_t cgroup_programs_evicted(const struct cgroup_programs *p);

#endif
