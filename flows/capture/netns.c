/* SPDX-License-Identifier: MIT */
#include "flows/capture/netns.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define NAMESPACES 256	/* the least recently added is replaced */
#define ADDRESSES 64
#define FILE_MAX (64 * 1024)
#define REREAD_NS 1000000000ull
#define TRUST_NS 10000000000ull	/* addresses move, and the kernel gives a number out again */

struct netns_entry {
	uint32_t netns;
	uint32_t pid, newest; /* that was read, or may be; the last that was told */
	uint64_t read_ns;
	size_t n;
	struct ip_addr *addrs;
};

struct netns_cache {
	size_t n, next;
	struct netns_entry entries[NAMESPACES];
};

int netns_cache_new(struct netns_cache **ret)
{
	*ret = calloc(1, sizeof(**ret));
	return *ret ? 0 : -ENOMEM;
}

void netns_cache_free(struct netns_cache *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->n; i++)
		free(c->entries[i].addrs);
	free(c);
}

static struct netns_entry *entry_find(struct netns_cache *c, uint32_t netns)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->entries[i].netns == netns)
			return &c->entries[i];
	return NULL;
}

void netns_cache_pid(struct netns_cache *c, uint32_t netns, uint32_t pid)
{
	struct netns_entry *e = entry_find(c, netns);

	if (!e) {
		e = c->n < NAMESPACES ? &c->entries[c->n++] : &c->entries[c->next++ % NAMESPACES];
		free(e->addrs);
		memset(e, 0, sizeof(*e));
		e->netns = netns;
	}
	if (!e->pid)
		e->pid = pid;
	e->newest = pid;
}

uint32_t netns_own(void)
{
	struct stat st;

	return stat("/proc/self/ns/net", &st) ? 0 : st.st_ino;
}

static void map_v4(struct ip_addr *to, const struct in_addr *from)
{
	memset(to->b, 0, 10);
	to->b[10] = to->b[11] = 0xff;
	memcpy(to->b + 12, from, 4);
}

/* The line from p, without its newline, into line; returns where the next one begins. */
static const char *next_line(const char *p, const char *end, char *line, size_t size)
{
	const char *nl = memchr(p, '\n', end - p);
	size_t n = (nl ? nl : end) - p;

	if (n >= size)
		n = size - 1;
	memcpy(line, p, n);
	line[n] = '\0';
	return nl ? nl + 1 : end;
}

/*
 * The trie has an address on one line ("|-- 10.0.0.5") and what it is on the
 * next ("/32 host LOCAL").
 */
size_t netns_parse_fib_trie(const char *text, size_t size, struct ip_addr *ret, size_t max)
{
	const char *end = text + size, *at;
	struct in_addr last, parsed;
	bool have = false;
	char line[128];
	size_t n = 0;

	while (text < end && n < max) {
		text = next_line(text, end, line, sizeof(line));
		at = strstr(line, "|-- ");
		if (at) {
			have = inet_pton(AF_INET, at + 4, &parsed) == 1;
			last = parsed;
		} else if (have && strstr(line, "/32 host LOCAL")) {
			map_v4(&ret[n++], &last);
			have = false;
		}
	}
	return n;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

size_t netns_parse_if_inet6(const char *text, size_t size, struct ip_addr *ret, size_t max)
{
	const char *end = text + size;
	char line[128];
	size_t n = 0;

	while (text < end && n < max) {
		int i;

		text = next_line(text, end, line, sizeof(line));
		if (strlen(line) < 33 || line[32] != ' ')
			continue;
		for (i = 0; i < 16; i++) {
			int high = hex_digit(line[2 * i]), low = hex_digit(line[2 * i + 1]);

			if (high < 0 || low < 0)
				break;
			ret[n].b[i] = high << 4 | low;
		}
		n += i == 16;
	}
	return n;
}

/* pid 0: this process. */
static size_t read_file(uint32_t pid, const char *name, char *buf, size_t size)
{
	char path[48];
	size_t have = 0;
	ssize_t n;
	int fd;

	if (pid)
		snprintf(path, sizeof(path), "/proc/%u/net/%s", pid, name);
	else
		snprintf(path, sizeof(path), "/proc/self/net/%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	while (have < size && (n = read(fd, buf + have, size - have)) > 0)
		have += n;
	close(fd);
	return have;
}

/* A process may have left the namespace, and its number may be another's by now. */
static bool lives_in(uint32_t pid, uint32_t netns)
{
	struct stat st;
	char path[48];

	snprintf(path, sizeof(path), "/proc/%u/ns/net", pid);
	return pid && (stat(path, &st) ? errno == EACCES : st.st_ino == netns);
}

/* One that lived on goes before the last one, which may have been a short one. */
static size_t read_of(struct netns_entry *e, const char *name, char *buf, size_t size)
{
	size_t n = lives_in(e->pid, e->netns) ? read_file(e->pid, name, buf, size) : 0;

	if (n || e->pid == e->newest)
		return n;
	e->pid = e->newest;
	return read_of(e, name, buf, size);
}

static void entry_read(struct netns_entry *e, uint64_t now)
{
	char *text = malloc(FILE_MAX);

	e->read_ns = now;
	if (!e->addrs)
		e->addrs = calloc(ADDRESSES, sizeof(*e->addrs));
	if (text && e->addrs) {
		size_t size = read_of(e, "fib_trie", text, FILE_MAX);

		if (!size) { /* all are gone: what they left is the best that is known */
			e->pid = 0;
			goto out;
		}
		e->n = netns_parse_fib_trie(text, size, e->addrs, ADDRESSES);
		e->n += netns_parse_if_inet6(text, read_file(e->pid, "if_inet6", text, FILE_MAX),
					     e->addrs + e->n, ADDRESSES - e->n);
	}
out:
	free(text);
}

static bool entry_has(const struct netns_entry *e, const struct ip_addr *a)
{
	for (size_t i = 0; i < e->n; i++)
		if (!memcmp(&e->addrs[i], a, sizeof(*a)))
			return true;
	return false;
}

bool netns_cache_has(struct netns_cache *c, uint32_t netns, const struct ip_addr *a)
{
	struct netns_entry *e = entry_find(c, netns);
	struct timespec t;
	uint64_t now;

	if (!e)
		return false;
	clock_gettime(CLOCK_MONOTONIC, &t);
	now = t.tv_sec * 1000000000ull + t.tv_nsec;
	if (now - e->read_ns < TRUST_NS && entry_has(e, a))
		return true;
	if (e->read_ns && now - e->read_ns < REREAD_NS)
		return false;
	entry_read(e, now);
	return entry_has(e, a);
}

size_t netns_cache_read(struct netns_cache *c, uint32_t netns, const char *name, char *buf,
			size_t size)
{
	struct netns_entry *e = entry_find(c, netns);

	if (netns == netns_own())
		return read_file(0, name, buf, size);
	return e ? read_of(e, name, buf, size) : 0;
}
