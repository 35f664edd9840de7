// SPDX-License-Identifier: MIT
#include "flows/names/cgroup_proc.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "flows/names/cgroup_path.h"

#define FILE_MAX 16384
#define PASSWD_MAX (1u << 20)
#define START_FIELD 22 /* starttime, proc(5) */

/* Up to size - 1 bytes of a file, as text. Their number or -errno. */
static ssize_t read_text(const char *path, char *buf, size_t size)
{
	size_t len = 0;
	ssize_t n = 0;
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	while (len < size - 1 && (n = read(fd, buf + len, size - 1 - len)) > 0)
		len += n;
	n = n < 0 ? -errno : (ssize_t)len;
	close(fd);
	buf[len] = 0;
	return n;
}

/* Does a clock tick of its start lie where the kernel programs saw it? */
static bool is_same(const char *root, uint32_t pid, uint64_t start_ns)
{
	uint64_t tick_ns = 1000000000ull / sysconf(_SC_CLK_TCK), ticks, told;
	char path[PATH_MAX], buf[1024];
	const char *p;

	if (!start_ns)
		return true;
	if (snprintf(path, sizeof(path), "%s/proc/%u/stat", root, pid) >= (int)sizeof(path) ||
	    read_text(path, buf, sizeof(buf)) <= 0)
		return false;
	p = strrchr(buf, ')'); /* the command may have any character in it */
	for (unsigned int field = 2; p && field < START_FIELD; field++) {
		p = strchr(p, ' ');
		p = p ? p + 1 : NULL;
	}
	if (!p)
		return false;
	told = strtoull(p, NULL, 10);
	ticks = start_ns / tick_ns;
	return told + 1 >= ticks && told <= ticks + 1;
}

int cgroup_of_process(const char *root, uint32_t pid, uint64_t start_ns, char *buf, size_t size)
{
	char path[PATH_MAX], text[FILE_MAX], one[4096];
	struct cgroup_path parsed;
	int best = -1;
	ssize_t n;

	if (!pid ||
	    snprintf(path, sizeof(path), "%s/proc/%u/cgroup", root, pid) >= (int)sizeof(path))
		return -ESRCH;
	n = read_text(path, text, sizeof(text));
	if (n < 0)
		return n == -ENOENT ? -ESRCH : (int)n;
	for (const char *line = text; *line; line = strchrnul(line, '\n'), line += !!*line) {
		if (!cgroup_path_of_line(line, one, sizeof(one)))
			continue;
		cgroup_path_parse(one, &parsed);
		if ((int)parsed.inner.kind <= best)
			continue;
		if (strlen(one) >= size)
			return -ENAMETOOLONG;
		memcpy(buf, one, strlen(one) + 1);
		best = parsed.inner.kind;
	}
	return best >= 0 && is_same(root, pid, start_ns) ? 0 : -ESRCH;
}

bool cgroup_v1_mounted(void)
{
	char *line = NULL;
	bool found = false;
	size_t room = 0;
	FILE *f = fopen("/proc/self/mountinfo", "re");

	if (!f)
		return true;
	while (!found && getline(&line, &room, f) > 0)
		found = strstr(line, " - cgroup ") != NULL;
	free(line);
	fclose(f);
	return found;
}

/* The name on a line "name:x:1000:...", when it is that user's. */
static bool user_line(const char *line, size_t len, const char *uid, char *buf, size_t size)
{
	const char *name = memchr(line, ':', len), *password;
	size_t n = name ? name - line : 0, digits = strlen(uid);

	password = name ? memchr(name + 1, ':', len - n - 1) : NULL;
	if (!password || !n || n >= size)
		return false;
	password++;
	if ((size_t)(line + len - password) <= digits || memcmp(password, uid, digits) ||
	    password[digits] != ':')
		return false;
	memcpy(buf, line, n);
	buf[n] = 0;
	return true;
}

void cgroup_user_name(const char *root, uint32_t uid, char *buf, size_t size)
{
	char path[PATH_MAX], number[16], *text = malloc(PASSWD_MAX);

	snprintf(number, sizeof(number), "%u", uid);
	snprintf(buf, size, "%s", number);
	if (!text || snprintf(path, sizeof(path), "%s/etc/passwd", root) >= (int)sizeof(path) ||
	    read_text(path, text, PASSWD_MAX) <= 0)
		goto out;
	for (const char *line = text; *line;) {
		const char *end = strchrnul(line, '\n');

		if (user_line(line, end - line, number, buf, size))
			break;
		line = end + !!*end;
	}
out:
	free(text);
}
