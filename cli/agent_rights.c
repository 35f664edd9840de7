// SPDX-License-Identifier: MIT
#include "cli/agent_rights.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* linux/capability.h of 5.8 */
#ifndef CAP_PERFMON
#define CAP_PERFMON 38
#define CAP_BPF 39
#endif

struct right {
	int cap;
	const char *name;
};

static const struct right wanted[] = {
	{CAP_BPF, "bpf"},
	{CAP_NET_ADMIN, "net_admin"},
	{CAP_PERFMON, "perfmon"},
	{CAP_SYS_PTRACE, "sys_ptrace"},
	{CAP_DAC_READ_SEARCH, "dac_read_search"},
};

/* The kernel's highest capability. */
static int last_cap(void)
{
	FILE *in = fopen("/proc/sys/kernel/cap_last_cap", "re");
	int last = CAP_BPF;

	if (in && fscanf(in, "%d", &last) != 1)
		last = CAP_BPF;
	if (in)
		fclose(in);
	return last;
}

static uint64_t bit(int cap)
{
	return 1ull << cap;
}

/* BPF and PERFMON are SYS_ADMIN's children: who has it alone needs it. */
static uint64_t to_keep(uint64_t permitted, int last, bool files)
{
	uint64_t keep = 0;

	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		keep |= bit(wanted[i].cap);
	if (last < CAP_BPF || !(permitted & bit(CAP_BPF)))
		keep |= bit(CAP_SYS_ADMIN);
	if (files)
		keep |= bit(CAP_DAC_OVERRIDE);
	return keep & permitted;
}

/* The bounding set: what no program that is run can have. Needs SETPCAP. */
static int drop_bounds(uint64_t permitted, uint64_t keep, int last)
{
	if (!(permitted & bit(CAP_SETPCAP)))
		return 0;
	for (int cap = 0; cap <= last; cap++)
		if (!(keep & bit(cap)) && prctl(PR_CAPBSET_DROP, cap, 0, 0, 0))
			return -errno;
	return 0;
}

static void name_kept(uint64_t keep, char *buf, size_t size)
{
	size_t n = 0;

	*buf = '\0';
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]) && n < size; i++)
		if (keep & bit(wanted[i].cap))
			n += snprintf(buf + n, size - n, "%s%s", n ? " " : "", wanted[i].name);
	if (keep & bit(CAP_SYS_ADMIN) && n < size)
		n += snprintf(buf + n, size - n, "%ssys_admin", n ? " " : "");
	if (keep & bit(CAP_DAC_OVERRIDE) && n < size)
		snprintf(buf + n, size - n, "%sdac_override", n ? " " : "");
}

int agent_rights_drop(bool files, char *ret_kept, size_t kept_size, char *err, size_t err_size)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {0};
	uint64_t permitted, keep;
	int last = last_cap(), ret;

	*ret_kept = *err = '\0';
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || syscall(SYS_capget, &head, data))
		goto failed;
	permitted = data[0].permitted | (uint64_t)data[1].permitted << 32;
	keep = to_keep(permitted, last, files);
	ret = drop_bounds(permitted, keep, last);
	if (ret) {
		errno = -ret;
		goto failed;
	}
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	for (int i = 0; i < 2; i++) {
		data[i].permitted = data[i].effective = (uint32_t)(keep >> 32 * i);
		data[i].inheritable = 0;
	}
	if (syscall(SYS_capset, &head, data))
		goto failed;
	name_kept(keep, ret_kept, kept_size);
	return 0;
failed:
	ret = -errno;
	snprintf(err, err_size, "capabilities are not given up: %s", strerror(-ret));
	return ret;
}
