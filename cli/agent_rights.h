/* SPDX-License-Identifier: MIT */
/* What the agent may do once it has loaded its programs. */
#ifndef PITOT_CLI_AGENT_RIGHTS_H
#define PITOT_CLI_AGENT_RIGHTS_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Gives up, for this process and whatever it runs, all capabilities but
 *   BPF              the maps are read, and a program is run, by bpf(2)
 *   NET_ADMIN        programs are put on interfaces that come later
 *   PERFMON          programs for interfaces without Ethernet are loaded when the first
 *                    comes, and the one that hears DNS in containers is attached then
 *   SYS_PTRACE       /proc/PID of others: who owns a socket, its namespaces
 *   DAC_READ_SEARCH  their files, and the runtimes' folders
 *   DAC_OVERRIDE     where `files` says so: files are written where others own the folder
 * and where the kernel has no BPF and PERFMON (before 5.8), SYS_ADMIN in their place.
 * What was not there is not missed. No program that is run gets more (no_new_privs).
 * Threads that are there already keep theirs: call it before.
 *
 * 0, or -errno with one line in err: some were not given up. `ret_kept`: their names, by blanks.
 */
int agent_rights_drop(bool files, char *ret_kept, size_t kept_size, char *err, size_t err_size);

#endif
