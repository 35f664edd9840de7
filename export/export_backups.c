// SPDX-License-Identifier: MIT
#include "export/export_backups.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define STAMP "0000-00-00T00-00-00.000"
#define STAMP_LEN (sizeof(STAMP) - 1)
#define TRIES 1000
#define LISTED_MAX 100000

int export_backups_init(struct export_backups *b, const char *path, uint32_t max,
			enum export_compression kind)
{
	const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
	const char *dot = strrchr(base, '.');

	if (!dot || dot == base)
		dot = base + strlen(base);
	*b = (struct export_backups){.max = max, .kind = kind, .look = true};
	b->dir = slash == path ? strdup("/") : slash ? strndup(path, slash - path) : strdup(".");
	b->stem = strndup(base, dot - base);
	b->ext = strdup(dot);
	if (b->dir && b->stem && b->ext)
		return 0;
	export_backups_clear(b);
	return -ENOMEM;
}

void export_backups_clear(struct export_backups *b)
{
	export_compress_free(b->running);
	free(b->dir);
	free(b->stem);
	free(b->ext);
	memset(b, 0, sizeof(*b));
}

static char *join(const struct export_backups *b, const char *name)
{
	char *path;

	return asprintf(&path, "%s/%s", b->dir, name) < 0 ? NULL : path;
}

bool export_backups_match(const struct export_backups *b, const char *name, bool *ret_plain)
{
	size_t stem = strlen(b->stem), ext = strlen(b->ext);

	if (strncmp(name, b->stem, stem) || name[stem] != '-')
		return false;
	name += stem + 1;
	for (size_t i = 0; i < STAMP_LEN; i++, name++)
		if (STAMP[i] == '0' ? !isdigit((unsigned char)*name) : *name != STAMP[i])
			return false;
	if (strncmp(name, b->ext, ext))
		return false;
	name += ext;
	*ret_plain = !*name;
	return !*name || !strcmp(name, ".gz") || !strcmp(name, ".zst");
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Names of the backups, oldest first. Free them and the array. */
static size_t list(const struct export_backups *b, bool plain_only, char ***ret)
{
	size_t n = 0, size = 0;
	char **names = NULL;
	DIR *dir = opendir(b->dir);
	struct dirent *d;

	while (dir && n < LISTED_MAX && (d = readdir(dir))) {
		bool plain;

		if (!export_backups_match(b, d->d_name, &plain) || (plain_only && !plain))
			continue;
		if (n == size) {
			size_t more = size ? 2 * size : 16;
			char **bigger = realloc(names, more * sizeof(*names));

			if (!bigger)
				break;
			names = bigger;
			size = more;
		}
		names[n] = strdup(d->d_name);
		if (!names[n])
			break;
		n++;
	}
	if (dir)
		closedir(dir);
	if (n)
		qsort(names, n, sizeof(*names), by_name);
	*ret = names;
	return n;
}

static void free_list(char **names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(names[i]);
	free(names);
}

static void prune(const struct export_backups *b)
{
	char **names, *path;
	size_t n = list(b, false, &names);

	for (size_t i = 0; i + b->max < n; i++) {
		path = join(b, names[i]);
		if (path)
			unlink(path);
		free(path);
	}
	free_list(names, n);
}

static char *stamped(const struct export_backups *b, uint64_t ms, const char *suffix)
{
	time_t s = ms / 1000;
	char stamp[32];
	struct tm tm;
	char *path;

	strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H-%M-%S", gmtime_r(&s, &tm));
	if (asprintf(&path, "%s/%s-%s.%03u%s%s", b->dir, b->stem, stamp, (unsigned int)(ms % 1000),
		     b->ext, suffix) < 0)
		return NULL;
	return path;
}

/* Names of compressed ones are taken as well: they would be overwritten. */
static bool taken(const struct export_backups *b, uint64_t ms)
{
	static const char *const suffixes[] = {"", ".gz", ".zst"};
	struct stat st;
	bool there = false;

	for (size_t i = 0; i < 3 && !there; i++) {
		char *path = stamped(b, ms, suffixes[i]);

		there = path && !lstat(path, &st);
		free(path);
	}
	return there;
}

/* 0: there is none. */
static uint64_t newest_ms(const struct export_backups *b)
{
	struct tm tm = {0};
	unsigned int ms = 0;
	uint64_t ret = 0;
	char **names;
	size_t n = list(b, false, &names);
	time_t s;

	if (n &&
	    sscanf(names[n - 1] + strlen(b->stem) + 1, "%4d-%2d-%2dT%2d-%2d-%2d.%3u", &tm.tm_year,
		   &tm.tm_mon, &tm.tm_mday, &tm.tm_hour, &tm.tm_min, &tm.tm_sec, &ms) == 7) {
		tm.tm_year -= 1900;
		tm.tm_mon--;
		s = timegm(&tm);
		ret = s > 0 ? s * 1000ull + ms : 0;
	}
	free_list(names, n);
	return ret;
}

/* The names' order is that of the files, also after the clock was set back: prune() goes by it. */
int export_backups_take(struct export_backups *b, const char *path, uint64_t now_ns)
{
	uint64_t ms = now_ns / 1000000, newest = newest_ms(b);
	char *to;
	int err;

	if (ms <= newest)
		ms = newest + 1;
	for (unsigned int i = 0; i < TRIES && taken(b, ms); i++)
		ms++;
	to = stamped(b, ms, "");
	if (!to)
		return -ENOMEM;
	err = rename(path, to) ? -errno : 0;
	free(to);
	if (err)
		return err;
	b->look = true;
	prune(b);
	return 0;
}

/* The oldest that is not compressed yet. */
static bool start_next(struct export_backups *b)
{
	char **names, *path;
	size_t n = list(b, true, &names);

	path = n ? join(b, names[0]) : NULL;
	b->look = path && !export_compress_start(path, b->kind, &b->running);
	free(path);
	free_list(names, n);
	return b->look;
}

bool export_backups_work(struct export_backups *b)
{
	int ret;

	if (b->kind == COMPRESS_NONE || !b->look)
		return false;
	if (!b->running)
		return start_next(b);
	ret = export_compress_step(b->running);
	if (ret == 1)
		return true;
	export_compress_free(b->running);
	b->running = NULL;
	/* What failed (a full disk) is tried again after the next rotation. */
	b->look = !ret;
	if (!ret)
		prune(b);
	return b->look;
}
