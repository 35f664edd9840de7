/* SPDX-License-Identifier: MIT */
/* Lines of /proc/kallsyms against any bytes, as a whole and in two pieces. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "flows/capture/kallsyms.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(int holds)
{
	if (!holds)
		abort();
}

static size_t add(struct kallsyms *t, const char *text, size_t size)
{
	size_t used;

	check(!kallsyms_add(t, text, size, &used));
	check(used <= size && (!used || text[used - 1] == '\n'));
	return used;
}

/* Every function that a line names is found by its address, and no name is out of bounds. */
static void find(const struct kallsyms *t, const char *text, size_t size)
{
	const char *at = text, *end = text + size, *newline, *name;
	struct kallsyms_function f;
	uint32_t offset;

	for (; (newline = memchr(at, '\n', end - at)); at = newline + 1) {
		if (!kallsyms_line(at, newline - at, &f))
			continue;
		check(f.address && f.name_len && f.name >= at && f.name + f.name_len <= newline);
		name = kallsyms_find(t, f.address, &offset);
		check(name && !offset && strlen(name) > 0);
		check(f.module || (f.address >= t->core_from && f.address <= t->core_to));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct kallsyms whole = {}, pieces = {};
	const char *text = (const char *)data;
	size_t used, part;

	used = add(&whole, text, size);
	part = add(&pieces, text, size / 2);
	check(part + add(&pieces, text + part, size - part) == used);
	kallsyms_sort(&whole);
	kallsyms_sort(&pieces);
	check(whole.n == pieces.n && whole.names_len == pieces.names_len);
	find(&whole, text, size);
	find(&pieces, text, used);
	kallsyms_free(&whole);
	kallsyms_free(&pieces);
	return 0;
}
