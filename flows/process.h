/* SPDX-License-Identifier: MIT */
/* A process at an end of a flow. Reference counted, immutable once shared. */
#ifndef PITOT_FLOWS_PROCESS_H
#define PITOT_FLOWS_PROCESS_H

#include <stddef.h>
#include <stdint.h>

struct process {
	uint32_t refs;
	uint32_t pid, ppid, uid;
	uint32_t netns;		/* inode number of its network namespace; 0: not known */
	uint32_t pad;
	uint64_t cgroup_id;	/* cgroup v2; 0: not known */
	uint64_t start_ns;	/* CLOCK_BOOTTIME */
	char comm[16];		/* untrusted text */
	char *exe;		/* executable's path, "" when not known; untrusted text */
	char *command;		/* arguments joined by spaces, bounded, "" when not known; untrusted */
};

/*
 * The program's name to buf (size at least 1, NUL-terminated, cut where it is too long): the last
 * part of the executable's path; of one with several names (busybox, redis-server) that by which
 * it was begun; comm where the path says nothing. Untrusted text.
 */
void process_name(const struct process *p, char *buf, size_t size);

/* One more reference; takes and returns NULL. */
struct process *process_get(struct process *p);

/* One reference less; frees with the last. Takes NULL. */
void process_put(struct process *p);

#endif
