// SPDX-License-Identifier: MIT
#include "export/exporter_config.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "export/config_value.h"

#define LIST_MAX 256

enum kind {
	TEXT,
	LIST,
	PATHS,
	DURATION,
	SIZE,
	MEGABYTES,
	NUMBER,
	CHOICE,
	COMPRESS,
	FSYNC,
	TIME,
	BOOL
};

struct row {
	const char *key, *other; /* other: Hubble's name, or a shorter one; may be NULL */
	enum kind kind;
	size_t at;
};

#define AT(field) offsetof(struct exporter_config, field)

static const struct row rows[] = {
	{"name", NULL, TEXT, AT(name)},
	{"file", "filePath", TEXT, AT(target)},
	{"target", "path", TEXT, AT(target)},
	{"format", NULL, CHOICE, AT(format)},
	{"allowlist", "includeFilters", LIST, AT(allow)},
	{"denylist", "excludeFilters", LIST, AT(deny)},
	{"where", NULL, TEXT, AT(where)},
	{"all-drops", "normalDrops", BOOL, AT(normal_drops)},
	{"field-mask", NULL, PATHS, AT(field_mask)},
	{"aggregate-fields", "fieldAggregate", PATHS, AT(field_aggregate)},
	{"interval", "aggregationInterval", DURATION, AT(aggregation_interval_ns)},
	{"max-size", NULL, SIZE, AT(max_bytes)},
	{"max-size-mb", "fileMaxSizeMb", MEGABYTES, AT(max_bytes)},
	{"max-age", NULL, DURATION, AT(max_age_ns)},
	{"max-backups", "fileMaxBackups", NUMBER, AT(max_backups)},
	{"compress", "fileCompress", COMPRESS, AT(compression)},
	{"fsync", NULL, FSYNC, 0},
	{"end", NULL, TIME, AT(end_ns)},
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

const char *exporter_config_key(size_t i)
{
	return i < ROWS ? rows[i].key : NULL;
}

/* ------------------------------------------------------------------- values */

static int refuse(char *err, size_t size, const char *value, const char *wanted)
{
	snprintf(err, size, "\"%.100s\" is not %s", value, wanted);
	return -EINVAL;
}

static int set_text(char **at, const char *value)
{
	char *copy = strdup(value);

	if (!copy)
		return -ENOMEM;
	free(*at);
	*at = copy;
	return 0;
}

static int list_add(char ***list, const char *value, size_t len, char *err, size_t err_size)
{
	size_t n = 0;
	char **more;

	while (*list && (*list)[n])
		n++;
	if (n == LIST_MAX) {
		snprintf(err, err_size, "more than %d values", LIST_MAX);
		return -EINVAL;
	}
	more = realloc(*list, (n + 2) * sizeof(*more));
	if (!more)
		return -ENOMEM;
	*list = more;
	more[n + 1] = NULL;
	more[n] = strndup(value, len);
	return more[n] ? 0 : -ENOMEM;
}

static int list_add_paths(char ***list, const char *value, char *err, size_t err_size)
{
	int ret = 0;

	while (!ret && *value) {
		size_t n = strcspn(value, ", \t");

		if (n)
			ret = list_add(list, value, n, err, err_size);
		value += n + !!value[n];
	}
	return ret;
}

static int set_fsync(struct exporter_config *c, const char *value, char *err, size_t err_size)
{
	if (!strcasecmp(value, "never"))
		c->fsync = FSYNC_NEVER;
	else if (!strcasecmp(value, "rotate"))
		c->fsync = FSYNC_ROTATE;
	else if (!config_duration(value, &c->fsync_interval_ns) && c->fsync_interval_ns)
		c->fsync = FSYNC_INTERVAL;
	else
		return refuse(err, err_size, value, "never, rotate or a duration such as 5s");
	return 0;
}

static int set_compression(struct exporter_config *c, const char *value, char *err, size_t err_size)
{
	static const char *const words[] = {"none", "gzip", "zstd", "false", "true"};

	for (size_t i = 0; i < 5; i++)
		if (!strcasecmp(value, words[i])) {
			c->compression = i % 3;
			return 0;
		}
	return refuse(err, err_size, value, "gzip, zstd, none, true (gzip) or false");
}

static int set_format(struct exporter_config *c, const char *value, char *err, size_t err_size)
{
	bool pb = !strcasecmp(value, "pb");

	if (!pb && strcasecmp(value, "json") && strcasecmp(value, "jsonpb"))
		return refuse(err, err_size, value, "json or pb");
	c->format = pb ? EXPORT_PB : EXPORT_JSON;
	return 0;
}

static int set_number(const struct row *r, void *at, const char *value, char *err, size_t err_size)
{
	uint64_t v;

	switch (r->kind) {
	case DURATION:
		return config_duration(value, at)
			       ? refuse(err, err_size, value, "a duration such as 30s, 5m or 1h")
			       : 0;
	case SIZE:
		return config_size(value, at) || !*(uint64_t *)at
			       ? refuse(err, err_size, value, "a size such as 512K, 10M or 1G")
			       : 0;
	case MEGABYTES:
		if (config_number(value, UINT32_MAX, &v))
			return refuse(err, err_size, value, "a number of megabytes");
		*(uint64_t *)at = v << 20;
		return 0;
	default:
		if (config_number(value, 1000000, &v))
			return refuse(err, err_size, value, "a number up to 1000000");
		*(uint32_t *)at = v;
		return 0;
	}
}

static int set_row(struct exporter_config *c, const struct row *r, const char *value, char *err,
		   size_t err_size)
{
	void *at = (char *)c + r->at;

	switch (r->kind) {
	case TEXT:
		return set_text(at, value);
	case LIST:
		return *value ? list_add(at, value, strlen(value), err, err_size) : 0;
	case PATHS:
		return list_add_paths(at, value, err, err_size);
	case CHOICE:
		return set_format(c, value, err, err_size);
	case COMPRESS:
		return set_compression(c, value, err, err_size);
	case FSYNC:
		return set_fsync(c, value, err, err_size);
	case TIME:
		return config_time(value, at)
			       ? refuse(err, err_size, value, "a time such as 2006-01-02T15:04:05Z")
			       : 0;
	case BOOL:
		return config_bool(value, at) ? refuse(err, err_size, value, "true or false") : 0;
	default:
		return set_number(r, at, value, err, err_size);
	}
}

int exporter_config_set(struct exporter_config *c, const char *key, const char *value, char *err,
			size_t err_size)
{
	char why[256] = "";
	int ret;

	for (size_t i = 0; i < ROWS; i++) {
		if (!config_same_key(rows[i].key, key) &&
		    !(rows[i].other && config_same_key(rows[i].other, key)))
			continue;
		ret = set_row(c, &rows[i], value, why, sizeof(why));
		if (ret)
			snprintf(err, err_size, "%s: %s", rows[i].key,
				 ret == -ENOMEM ? "out of memory" : why);
		return ret;
	}
	snprintf(err, err_size, "\"%.60s\" is no key of an exporter: name, file, format, ...", key);
	return -EINVAL;
}

/* ------------------------------------------------------------------- whole */

static void list_free(char **list)
{
	for (size_t i = 0; list && list[i]; i++)
		free(list[i]);
	free(list);
}

void exporter_config_clear(struct exporter_config *c)
{
	free(c->name);
	free(c->target);
	free(c->where);
	list_free(c->allow);
	list_free(c->deny);
	list_free(c->field_mask);
	list_free(c->field_aggregate);
	memset(c, 0, sizeof(*c));
}

void exporter_configs_free(struct exporter_config *configs, size_t n)
{
	for (size_t i = 0; i < n; i++)
		exporter_config_clear(&configs[i]);
	free(configs);
}

static bool same_text(const char *a, const char *b)
{
	return !strcmp(a ? a : "", b ? b : "");
}

static bool same_list(char *const *a, char *const *b)
{
	static char *const none[] = {NULL};

	if (!a)
		a = none;
	if (!b)
		b = none;
	while (*a && *b && !strcmp(*a, *b))
		a++, b++;
	return !*a && !*b;
}

bool exporter_config_same(const struct exporter_config *a, const struct exporter_config *b)
{
	return same_text(a->name, b->name) && same_text(a->target, b->target) &&
	       same_text(a->where, b->where) && same_list(a->allow, b->allow) &&
	       same_list(a->deny, b->deny) && same_list(a->field_mask, b->field_mask) &&
	       same_list(a->field_aggregate, b->field_aggregate) && a->format == b->format &&
	       a->aggregation_interval_ns == b->aggregation_interval_ns &&
	       a->max_bytes == b->max_bytes && a->max_age_ns == b->max_age_ns &&
	       a->max_backups == b->max_backups && a->compression == b->compression &&
	       a->fsync == b->fsync && a->fsync_interval_ns == b->fsync_interval_ns &&
	       a->end_ns == b->end_ns && a->normal_drops == b->normal_drops;
}
