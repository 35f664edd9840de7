// SPDX-License-Identifier: MIT
#include "flows/capture/cgroup.h"

#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>

enum { MOUNT_ROOT = 3, MOUNT_POINT = 4 };

/* The n-th word of a line, counted from 0. NULL: there are fewer. */
static const char *word(const char *line, unsigned int n)
{
	while (n-- && line) {
		line = strchr(line, ' ');
		if (line)
			line++;
	}
	return line;
}

static bool octal(const char *s)
{
	return s[0] == '\\' && s[1] >= '0' && s[1] <= '3' && s[2] >= '0' && s[2] <= '7' &&
	       s[3] >= '0' && s[3] <= '7';
}

/* Blank, tab, newline and backslash are written as \ooo there. */
static bool unescape(const char *s, char *buf, size_t size)
{
	size_t n = 0;

	for (; *s && *s != ' ' && *s != '\n'; s++) {
		if (n + 1 >= size)
			return false;
		if (octal(s)) {
			buf[n++] = (char)((s[1] - '0') << 6 | (s[2] - '0') << 3 | (s[3] - '0'));
			s += 3;
		} else {
			buf[n++] = *s;
		}
	}
	buf[n] = 0;
	return n;
}

bool cgroup2_mount_line(const char *line, char *buf, size_t size)
{
	const char *root = word(line, MOUNT_ROOT), *point = word(line, MOUNT_POINT), *type;

	if (!point || !size || strncmp(root, "/ ", 2))
		return false;
	/* a lone hyphen ends the optional fields; a mount point has no blank in it */
	type = strstr(point, " - ");
	if (!type || strncmp(type + 3, "cgroup2 ", 8))
		return false;
	return unescape(point, buf, size);
}

/* What is mounted over it later hides it. */
static bool visible(const char *path)
{
	struct statfs fs;

	return !statfs(path, &fs) && fs.f_type == CGROUP2_SUPER_MAGIC;
}

const char *cgroup2_mount(char *buf, size_t size)
{
	const char *found = NULL;
	char *line = NULL;
	size_t room = 0;
	FILE *f;

	f = fopen("/proc/self/mountinfo", "re");
	if (!f)
		return NULL;
	while (!found && getline(&line, &room, f) > 0)
		if (cgroup2_mount_line(line, buf, size) && visible(buf))
			found = buf;
	free(line);
	fclose(f);
	return found;
}
