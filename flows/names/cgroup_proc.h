/* SPDX-License-Identifier: MIT */
/*
 * The control group of a process from /proc/PID/cgroup: for those whose cgroup2
 * group tells nothing, because their container's is in a v1 hierarchy (hybrid
 * machines) or because the group's id is not known.
 */
#ifndef PITOT_FLOWS_NAMES_CGROUP_PROC_H
#define PITOT_FLOWS_NAMES_CGROUP_PROC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The path that tells most, of any hierarchy, in buf: a container's before a unit's.
 * start_ns (CLOCK_BOOTTIME, 0: not known) says whether pid is still that process. 0,
 * -ESRCH: it is gone, -ENAMETOOLONG, -errno.
 */
int cgroup_of_process(const char *root, uint32_t pid, uint64_t start_ns, char *buf, size_t size);

/* Are there v1 hierarchies beside cgroup2, or alone? */
bool cgroup_v1_mounted(void);

/* The name of a user in root's /etc/passwd, else the number; NSS, which may block, is not asked. */
void cgroup_user_name(const char *root, uint32_t uid, char *buf, size_t size);

#endif
