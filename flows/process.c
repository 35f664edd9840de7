// SPDX-License-Identifier: MIT
#include "flows/process.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct process *process_get(struct process *p)
{
	if (p)
		p->refs++;
	return p;
}

void process_put(struct process *p)
{
	if (!p || --p->refs)
		return;
	free(p->exe);
	free(p->command);
	free(p);
}

struct part {
	const char *s;
	size_t n;
};

/* The last part of a path of n bytes. */
static struct part last_part(const char *path, size_t n)
{
	size_t from = n;

	while (from > 0 && path[from - 1] != '/')
		from--;
	return (struct part){path + from, n - from};
}

static struct part executable(const struct process *p)
{
	const char *exe = p->exe ? p->exe : "", *end = strstr(exe, " (deleted)");

	return last_part(exe, end ? (size_t)(end - exe) : strlen(exe));
}

/* Of "-bash", "nginx: worker process", "/bin/wget -q": bash, nginx, wget. */
static struct part begun_as(const struct process *p)
{
	const char *s = p->command ? p->command : "";
	size_t n;

	s += *s == '-';
	n = strcspn(s, " ");
	n -= n > 0 && s[n - 1] == ':';
	return last_part(s, n);
}

/* The kernel calls it so, too: it is no title that somebody thought of. */
static bool is_comm(const struct process *p, struct part name)
{
	size_t n = strnlen(p->comm, sizeof(p->comm)), max = sizeof(p->comm) - 1;

	return n > 0 && n == (name.n < max ? name.n : max) && !memcmp(p->comm, name.s, n);
}

void process_name(const struct process *p, char *buf, size_t size)
{
	struct part name = executable(p), begun = begun_as(p);

	if (begun.n && is_comm(p, begun))
		name = begun;
	/* "/proc/self/fd/3" */
	if (strspn(name.s, "0123456789") >= name.n)
		name = (struct part){p->comm, strnlen(p->comm, sizeof(p->comm))};
	if (!name.n)
		name = (struct part){"unknown", 7};
	if (name.n >= size)
		name.n = size - 1;
	memcpy(buf, name.s, name.n);
	buf[name.n] = '\0';
}
