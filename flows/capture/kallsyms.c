/* SPDX-License-Identifier: MIT */
#include "flows/capture/kallsyms.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Half of what kallsyms holds is data and padding; what is kept takes 12 bytes and its name. */
struct kallsyms_entry {
	uint64_t address;
	uint32_t name; /* offset in names */
} __attribute__((packed));

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

static bool is_padding(const char *name, size_t len)
{
	return len >= 6 && (!memcmp(name, "__pfx_", 6) || !memcmp(name, "__cfi_", 6));
}

bool kallsyms_line(const char *line, size_t len, struct kallsyms_function *ret)
{
	uint64_t address = 0;
	const char *name, *end;
	size_t i = 0, n;

	for (; i < len && i < 16 && hex_digit(line[i]) >= 0; i++)
		address = address << 4 | hex_digit(line[i]);
	if (!address || len - i < 4 || line[i] != ' ' || line[i + 2] != ' ')
		return false;
	if (!memchr("tTwW", line[i + 1], 4))
		return false;
	name = line + i + 3;
	n = len - i - 3;
	end = memchr(name, '\t', n);
	ret->module = end != NULL;
	if (end)
		n = end - name;
	/* Compilers number their pieces of a function; people know it without. */
	end = n ? memchr(name + 1, '.', n - 1) : NULL;
	if (end)
		n = end - name;
	if (!n || is_padding(name, n) || memchr(name, 0, n))
		return false;
	ret->address = address;
	ret->name = name;
	ret->name_len = n;
	return true;
}

/* Room for `more` items behind n; a table grows by a half, so that little of it lies unused. */
static int grow(void **array, size_t *size, size_t n, size_t more, size_t item)
{
	size_t want = n + more;
	void *p;

	if (want <= *size)
		return 0;
	if (want < *size + *size / 2)
		want = *size + *size / 2;
	if (want < 4096)
		want = 4096;
	p = realloc(*array, want * item);
	if (!p)
		return -ENOMEM;
	*array = p;
	*size = want;
	return 0;
}

static int add(struct kallsyms *t, const struct kallsyms_function *f)
{
	struct kallsyms_entry *last = t->n ? &t->entry[t->n - 1] : NULL;

	if (!f->module && (!t->core_from || f->address < t->core_from))
		t->core_from = f->address;
	if (!f->module && f->address > t->core_to)
		t->core_to = f->address;
	if (last && last->address == f->address)
		return 0;
	if (t->names_len + f->name_len >= UINT32_MAX ||
	    grow((void **)&t->entry, &t->entry_size, t->n, 1, sizeof(*t->entry)) ||
	    grow((void **)&t->names, &t->names_size, t->names_len, f->name_len + 1, 1))
		return -ENOMEM;
	t->entry[t->n].address = f->address;
	t->entry[t->n++].name = t->names_len;
	memcpy(t->names + t->names_len, f->name, f->name_len);
	t->names_len += f->name_len;
	t->names[t->names_len++] = 0;
	return 0;
}

int kallsyms_add(struct kallsyms *t, const char *text, size_t len, size_t *ret_used)
{
	const char *at = text, *end = text + len, *newline;
	struct kallsyms_function f;

	while (at < end && (newline = memchr(at, '\n', end - at))) {
		if (kallsyms_line(at, newline - at, &f) && add(t, &f))
			return -ENOMEM;
		at = newline + 1;
	}
	*ret_used = at - text;
	return 0;
}

/* Of aliases, the one named first goes first: names were added in the file's order. */
static int by_address(const void *a, const void *b)
{
	const struct kallsyms_entry *x = a, *y = b;

	if (x->address != y->address)
		return x->address < y->address ? -1 : 1;
	return x->name < y->name ? -1 : x->name > y->name;
}

static bool is_sorted(const struct kallsyms *t)
{
	size_t i;

	for (i = 1; i < t->n; i++)
		if (by_address(&t->entry[i - 1], &t->entry[i]) > 0)
			return false;
	return true;
}

void kallsyms_sort(struct kallsyms *t)
{
	size_t i, kept = 0;

	/* The kernel prints its own in order, and modules behind: mostly nothing to do. */
	if (!is_sorted(t))
		qsort(t->entry, t->n, sizeof(*t->entry), by_address);
	for (i = 0; i < t->n; i++)
		if (!kept || t->entry[kept - 1].address != t->entry[i].address)
			t->entry[kept++] = t->entry[i];
	t->n = kept;
}

/* What does not start a line of kallsyms in 16 KiB is another file. */
static int read_lines(struct kallsyms *t, int fd)
{
	char buf[16384];
	size_t have = 0, used;
	ssize_t n;

	for (;;) {
		n = read(fd, buf + have, sizeof(buf) - have);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : 0;
		have += n;
		if (kallsyms_add(t, buf, have, &used))
			return -ENOMEM;
		if (!used && have == sizeof(buf))
			return -EBADMSG;
		memmove(buf, buf + used, have - used);
		have -= used;
	}
}

/* Growth left room behind; a failure to give it back is none. */
static void trim(struct kallsyms *t)
{
	void *p = realloc(t->entry, t->n * sizeof(*t->entry));

	if (p) {
		t->entry = p;
		t->entry_size = t->n;
	}
	p = realloc(t->names, t->names_len);
	if (p) {
		t->names = p;
		t->names_size = t->names_len;
	}
}

int kallsyms_read(struct kallsyms *t, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), err;

	if (fd < 0)
		return -errno;
	err = read_lines(t, fd);
	close(fd);
	if (err) {
		kallsyms_free(t);
		return err;
	}
	kallsyms_sort(t);
	if (t->n)
		trim(t);
	return 0;
}

const char *kallsyms_find(const struct kallsyms *t, uint64_t address, uint32_t *ret_offset)
{
	size_t low = 0, high = t->n, mid;

	/* low: how many begin at or before address. */
	while (low < high) {
		mid = low + (high - low) / 2;
		if (t->entry[mid].address <= address)
			low = mid + 1;
		else
			high = mid;
	}
	if (!low || address - t->entry[low - 1].address >= KALLSYMS_FUNCTION_MAX)
		return NULL;
	*ret_offset = address - t->entry[low - 1].address;
	return t->names + t->entry[low - 1].name;
}

void kallsyms_free(struct kallsyms *t)
{
	free(t->entry);
	free(t->names);
	memset(t, 0, sizeof(*t));
}
