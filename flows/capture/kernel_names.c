/* SPDX-License-Identifier: MIT */
#include "flows/capture/kernel_names.h"

#include <dirent.h>
#include <errno.h>
#include <malloc.h>
#include <search.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <bpf/btf.h>

#include "flows/capture/kallsyms.h"

#define KALLSYMS "/proc/kallsyms"
#define MODULE_BTF "/sys/kernel/btf"
#define MODULES "/sys/module"

#define SUBSYS_SHIFT 16 /* SKB_DROP_REASON_SUBSYS_SHIFT, include/net/dropreason-core.h */
#define REASONS_MAX 1024 /* far above what kernels have; bounds what unknown numbers cost */

struct reason {
	uint32_t number;
	char *name;
};

struct kernel_names {
	struct reason *reason;
	size_t n, size;
	bool core_read, modules_read;

	struct kallsyms symbols;
	bool symbols_read;
	nlink_t modules; /* how many there were when the symbols were read */
	void *handed_out; /* tree of names: they outlive a second reading */
};

int kernel_names_new(struct kernel_names **ret)
{
	struct kernel_names *k = calloc(1, sizeof(*k));

	if (!k)
		return -ENOMEM;
	*ret = k;
	return 0;
}

void kernel_names_free(struct kernel_names *k)
{
	if (!k)
		return;
	while (k->n)
		free(k->reason[--k->n].name);
	free(k->reason);
	kallsyms_free(&k->symbols);
	tdestroy(k->handed_out, free);
	free(k);
}

/* ---------------------------------------------------------------- reasons */

static const char *reason_known(const struct kernel_names *k, uint32_t number)
{
	size_t i;

	for (i = 0; i < k->n; i++)
		if (k->reason[i].number == number)
			return k->reason[i].name;
	return NULL;
}

/* The first name of a number stays. NULL without memory. */
static const char *reason_add(struct kernel_names *k, uint32_t number, const char *name)
{
	const char *known = reason_known(k, number);
	struct reason *p;
	size_t size;

	if (known || k->n >= REASONS_MAX)
		return known;
	if (k->n == k->size) {
		size = k->size ? 2 * k->size : 256;
		p = realloc(k->reason, size * sizeof(*p));
		if (!p)
			return NULL;
		k->reason = p;
		k->size = size;
	}
	p = &k->reason[k->n];
	p->name = strdup(name);
	if (!p->name)
		return NULL;
	p->number = number;
	k->n++;
	return p->name;
}

/* SKB_CONSUMED and SKB_NOT_DROPPED_YET have the shorter prefix. */
static void core_add(struct kernel_names *k, uint32_t number, const char *name)
{
	static const char *const prefix[] = {"SKB_DROP_REASON_", "SKB_"};
	size_t i;

	if (number >> SUBSYS_SHIFT || !strcmp(name, "SKB_DROP_REASON_MAX"))
		return;
	for (i = 0; i < 2; i++) {
		if (!strncmp(name, prefix[i], strlen(prefix[i]))) {
			name += strlen(prefix[i]);
			break;
		}
	}
	reason_add(k, number, name);
}

/* mac80211 has its enum twice, once with underscores in front; 0 marks a subsystem's begin. */
static void subsys_add(struct kernel_names *k, uint32_t number, const char *name)
{
	name += strspn(name, "_");
	if (number >> SUBSYS_SHIFT && number & ((1 << SUBSYS_SHIFT) - 1))
		reason_add(k, number, name);
}

static void enum_read(struct kernel_names *k, const struct btf *btf, const struct btf_type *type)
{
	const char *name = btf__name_by_offset(btf, type->name_off);
	const struct btf_enum *value = btf_enum(type);
	bool core = name && !strcmp(name, "skb_drop_reason");
	int i;

	if (!name || !strstr(name, "drop_reason") || !strcmp(name, "skb_drop_reason_subsys"))
		return;
	for (i = 0; i < btf_vlen(type); i++) {
		name = btf__name_by_offset(btf, value[i].name_off);
		if (name)
			(core ? core_add : subsys_add)(k, value[i].val, name);
	}
}

static void btf_read(struct kernel_names *k, const struct btf *btf, uint32_t first_id)
{
	uint32_t id, n = btf__type_cnt(btf);
	const struct btf_type *type;

	for (id = first_id; id < n; id++) {
		type = btf__type_by_id(btf, id);
		if (type && btf_is_enum(type))
			enum_read(k, btf, type);
	}
}

static void modules_read(struct kernel_names *k, struct btf *vmlinux)
{
	DIR *dir = opendir(MODULE_BTF);
	struct dirent *d;
	struct btf *btf;

	if (!dir)
		return;
	while ((d = readdir(dir))) {
		if (d->d_name[0] == '.' || !strcmp(d->d_name, "vmlinux"))
			continue;
		btf = btf__load_module_btf(d->d_name, vmlinux);
		if (!btf)
			continue;
		btf_read(k, btf, btf__type_cnt(vmlinux));
		btf__free(btf);
	}
	closedir(dir);
}

/* Modules: only where a subsystem's reason is asked for, since there may be many. */
static void reasons_read(struct kernel_names *k, bool modules)
{
	struct btf *btf;

	if (k->core_read && !modules)
		return;
	btf = btf__load_vmlinux_btf();
	if (btf && !k->core_read)
		btf_read(k, btf, 1);
	if (btf && modules)
		modules_read(k, btf);
	btf__free(btf);
	malloc_trim(0); /* the kernel's BTF takes 11 MiB; the names of it 5 KiB */
	/* Where the enum has no 0, or is not: before 5.17 a drop has no reason. */
	if (!k->core_read)
		reason_add(k, 0, k->n ? "NOT_DROPPED_YET" : "NO_REASON");
	k->core_read = true;
	k->modules_read |= modules;
}

const char *kernel_names_reason(struct kernel_names *k, uint32_t reason)
{
	char unknown[32];
	const char *name;

	reasons_read(k, false);
	name = reason_known(k, reason);
	if (!name && reason >> SUBSYS_SHIFT && k->n < REASONS_MAX) {
		reasons_read(k, true);
		name = reason_known(k, reason);
	}
	if (name)
		return name;
	/* Kept, so that a flood of it costs one search of the modules. */
	snprintf(unknown, sizeof(unknown), "REASON_%u", reason);
	name = reason_add(k, reason, unknown);
	return name ? name : "REASON_UNKNOWN";
}

static int reason_number(const struct kernel_names *k, const char *name)
{
	size_t i;

	for (i = 0; i < k->n; i++)
		if (!strcmp(k->reason[i].name, name))
			return k->reason[i].number;
	return -ENOENT;
}

int kernel_names_reason_number(struct kernel_names *k, const char *name)
{
	int number;

	reasons_read(k, false);
	number = reason_number(k, name);
	if (number >= 0 || k->modules_read)
		return number;
	reasons_read(k, true);
	return reason_number(k, name);
}

/* ---------------------------------------------------------------- symbols */

/* In sysfs the links of a folder are its folders, and 2. */
static nlink_t modules_now(void)
{
	struct stat st;

	return stat(MODULES, &st) ? 0 : st.st_nlink;
}

/*
 * The kernel's own functions stay where they are. Modules come and go, and
 * another may come to lie where one was.
 */
static void symbols_read(struct kernel_names *k, uint64_t address)
{
	nlink_t modules;

	if (k->symbols_read && address >= k->symbols.core_from &&
	    address < k->symbols.core_to + KALLSYMS_FUNCTION_MAX)
		return;
	modules = modules_now();
	if (k->symbols_read && modules == k->modules)
		return;
	kallsyms_free(&k->symbols);
	kallsyms_read(&k->symbols, KALLSYMS); /* without: an empty table */
	malloc_trim(0);
	malloc_trim(0);
	k->symbols_read = true;
	k->modules = modules;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* A copy that lives as long as k; as many as functions that ever dropped. */
static const char *hand_out(struct kernel_names *k, const char *name)
{
	char **node = tfind(name, &k->handed_out, by_name);
	char *copy;

	if (node)
		return *node;
	copy = strdup(name);
	if (!copy)
		return "";
	if (tsearch(copy, &k->handed_out, by_name))
		return copy;
	free(copy);
	return "";
}

const char *kernel_names_symbol(struct kernel_names *k, uint64_t address, uint32_t *ret_offset)
{
	const char *name;
	uint32_t offset;

	symbols_read(k, address);
	name = kallsyms_find(&k->symbols, address, &offset);
	if (ret_offset)
		*ret_offset = name ? offset : 0;
	return name ? hand_out(k, name) : "";
}
