/* SPDX-License-Identifier: MIT */
/*
 * Control group id (that of cgroup2) -> path below the hierarchy's root: what was
 * told when the group was made, the kernel's own handle of it, or a walk of the
 * tree where that is not permitted. A few system calls for a group that is new,
 * none afterwards; what is not found is not looked for again for a while.
 *
 * Bounded: the oldest make room. A group that is gone keeps its path until then.
 */
#ifndef PITOT_FLOWS_NAMES_CGROUP_TREE_H
#define PITOT_FLOWS_NAMES_CGROUP_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CGROUP_TREE_MAX 16384
#define CGROUP_TREE_BYTES (8u << 20) /* of all paths */
#define CGROUP_WALK_MAX 4096 /* groups looked at in one walk */

struct cgroup_tree;

/* mount: where cgroup2 is mounted; NULL: nowhere, only what is told is known. 0 or -ENOMEM. */
int cgroup_tree_new(const char *mount, struct cgroup_tree **ret);
void cgroup_tree_free(struct cgroup_tree *t); /* takes NULL */

/* A group was made. */
void cgroup_tree_add(struct cgroup_tree *t, uint64_t id, const char *path);

/* "/" of the root; NULL: not known. Borrowed, valid until the next call. CLOCK_MONOTONIC. */
const char *cgroup_tree_path(struct cgroup_tree *t, uint64_t id, uint64_t now_ns);

/* Use no handles from now on, as if they were not permitted. For tests. */
void cgroup_tree_no_handles(struct cgroup_tree *t);

size_t cgroup_tree_count(const struct cgroup_tree *t);
uint64_t cgroup_tree_evicted(const struct cgroup_tree *t);
uint64_t cgroup_tree_walks(const struct cgroup_tree *t);

#endif
