/* SPDX-License-Identifier: MIT */
/* Where cgroup2 is mounted: /sys/fs/cgroup, /sys/fs/cgroup/unified, or elsewhere. */
#ifndef PITOT_FLOWS_CGROUP_H
#define PITOT_FLOWS_CGROUP_H

#include <stdbool.h>
#include <stddef.h>

/*
 * The mount point of the whole cgroup2 hierarchy that this process can see, in
 * buf. NULL where there is none, or where it does not fit.
 */
const char *cgroup2_mount(char *buf, size_t size);

/*
 * Is this line of /proc/PID/mountinfo (proc(5)) a mount of cgroup2, whole and
 * not only a part of its tree? Then its mount point, unescaped, is put in buf.
 */
bool cgroup2_mount_line(const char *line, char *buf, size_t size);

#endif
