/* SPDX-License-Identifier: MIT */
/* Functions of the running kernel by address, from /proc/kallsyms (kernel/kallsyms.c). */
#ifndef PITOT_FLOWS_CAPTURE_KALLSYMS_H
#define PITOT_FLOWS_CAPTURE_KALLSYMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* No function is larger: further behind a symbol lies memory of somebody else. */
#define KALLSYMS_FUNCTION_MAX 0x10000

struct kallsyms_function {
	uint64_t address;
	const char *name; /* within the line, not NUL-terminated */
	size_t name_len; /* without .isra.0, .constprop.0, .part.0, .cold, .llvm.123 */
	bool module;
};

/*
 * One line without its newline: "ffffffff81a0b2c0 t tcp_drop.isra.0\t[module]".
 * False, and *ret untouched, for what is no function: data, padding before a
 * function (__pfx_, __cfi_), address 0 (kernel.kptr_restrict), a malformed line.
 */
bool kallsyms_line(const char *line, size_t len, struct kallsyms_function *ret);

/*
 * The functions in order of address, one name each (the first of aliases).
 * Zeroed is an empty table.
 */
struct kallsyms {
	struct kallsyms_entry *entry;
	size_t n, entry_size;
	char *names;
	size_t names_len, names_size;
	uint64_t core_from, core_to; /* of the kernel proper: first and last function */
};

/*
 * Adds the whole lines of text[0..len) and says in *ret_used how much that was.
 * 0 or -ENOMEM.
 */
int kallsyms_add(struct kallsyms *t, const char *text, size_t len, size_t *ret_used);

/* Sorts what was added; to be called once, before kallsyms_find(). */
void kallsyms_sort(struct kallsyms *t);

/*
 * Reads a file of that form into an empty table, sorted. 0 or -errno; -EBADMSG
 * where it is no such file. On error the table is empty.
 */
int kallsyms_read(struct kallsyms *t, const char *path);

/*
 * The function that address lies in: NUL-terminated, owned by the table; NULL
 * where there is none within KALLSYMS_FUNCTION_MAX before it.
 */
const char *kallsyms_find(const struct kallsyms *t, uint64_t address, uint32_t *ret_offset);

void kallsyms_free(struct kallsyms *t);

#endif
