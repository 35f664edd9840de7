// SPDX-License-Identifier: MIT
#include "flows/names/runtime_logs.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flows/table.h"

#define SCAN_EVERY_NS 1000000000ull
#define HEX "0123456789abcdef"
#define ID_DIGITS 64

/* What a folder holds in all may be read over, no more. */
#define READ_MAX (4 * RUNTIME_LOGS_MAX)

typedef bool (*parse_fn)(const char *name, struct runtime_pod *ret);

struct entry {
	struct table_node node;
	parse_fn parse;
	size_t key, key_len; /* the id or the uid in it */
	char name[];
};

struct runtime_logs {
	struct table table;
	char *root;
	uint64_t scan_ns, left_out;
};

/* ----------------------------------------------------------------------- names */

static bool copy(char *to, size_t size, const char *from, size_t n)
{
	if (!n || n >= size)
		return false;
	memcpy(to, from, n);
	to[n] = 0;
	return true;
}

/* Up to the next '_', which Kubernetes' names have none of. NULL: there is none. */
static const char *take(const char *s, char *to, size_t size)
{
	const char *end = strchr(s, '_');

	return end && copy(to, size, s, end - s) ? end + 1 : NULL;
}

bool runtime_pod_of_link(const char *name, struct runtime_pod *ret)
{
	size_t n = strlen(name);
	const char *id, *p;

	memset(ret, 0, sizeof(*ret));
	if (n < ID_DIGITS + 5 || strcmp(name + n - 4, ".log"))
		return false;
	id = name + n - 4 - ID_DIGITS;
	if (strspn(id, HEX) != ID_DIGITS || id[-1] != '-')
		return false;
	p = take(name, ret->pod, sizeof(ret->pod));
	p = p ? take(p, ret->namespace_name, sizeof(ret->namespace_name)) : NULL;
	return p && p < id && !memchr(p, '_', id - p) &&
	       copy(ret->container, sizeof(ret->container), p, id - 1 - p) &&
	       copy(ret->id, sizeof(ret->id), id, ID_DIGITS);
}

static bool is_uid(const char *s)
{
	size_t n = strlen(s);

	return (n == 36 || n == 32) && strspn(s, HEX "-") == n;
}

bool runtime_pod_of_folder(const char *name, struct runtime_pod *ret)
{
	const char *p;

	memset(ret, 0, sizeof(*ret));
	p = take(name, ret->namespace_name, sizeof(ret->namespace_name));
	p = p ? take(p, ret->pod, sizeof(ret->pod)) : NULL;
	return p && is_uid(p) && copy(ret->uid, sizeof(ret->uid), p, strlen(p));
}

bool runtime_pod_of_k8s_name(const char *name, struct runtime_pod *ret)
{
	const char *p;

	memset(ret, 0, sizeof(*ret));
	if (strncmp(name, "k8s_", 4))
		return false;
	p = take(name + 4, ret->container, sizeof(ret->container));
	p = p ? take(p, ret->pod, sizeof(ret->pod)) : NULL;
	p = p ? take(p, ret->namespace_name, sizeof(ret->namespace_name)) : NULL;
	p = p ? take(p, ret->uid, sizeof(ret->uid)) : NULL;
	if (!p || !is_uid(ret->uid))
		return false;
	if (!strcmp(ret->container, "POD"))
		ret->container[0] = 0;
	return true;
}

/* --------------------------------------------------------------------- folders */

int runtime_logs_new(const char *root, struct runtime_logs **ret)
{
	struct runtime_logs *l = calloc(1, sizeof(*l));

	if (!l)
		return -ENOMEM;
	l->root = strdup(root);
	if (!l->root) {
		free(l);
		return -ENOMEM;
	}
	*ret = l;
	return 0;
}

static void entry_free(void *arg, struct table_node *node)
{
	struct runtime_logs *l = arg;
	struct entry *e = table_entry(node, struct entry, node);

	table_remove(&l->table, node);
	free(e);
}

void runtime_logs_free(struct runtime_logs *l)
{
	if (!l)
		return;
	table_each(&l->table, entry_free, l);
	table_free(&l->table);
	free(l->root);
	free(l);
}

size_t runtime_logs_count(const struct runtime_logs *l)
{
	return l->table.n;
}

uint64_t runtime_logs_left_out(const struct runtime_logs *l)
{
	return l->left_out;
}

static struct entry *find(const struct runtime_logs *l, const char *key)
{
	struct table_node *node;

	if (!key || !*key)
		return NULL;
	node = table_find(&l->table, table_hash(key, strlen(key)));
	for (; node; node = table_next(node)) {
		struct entry *e = table_entry(node, struct entry, node);

		if (strlen(key) == e->key_len && !memcmp(e->name + e->key, key, e->key_len))
			return e;
	}
	return NULL;
}

static void keep(struct runtime_logs *l, const char *name, const char *key, parse_fn parse)
{
	size_t n = strlen(name);
	struct entry *e;

	if (l->table.n >= RUNTIME_LOGS_MAX) {
		l->left_out++;
		return;
	}
	e = calloc(1, sizeof(*e) + n + 1);
	if (!e)
		return;
	memcpy(e->name, name, n);
	e->parse = parse;
	e->key_len = strlen(key);
	e->key = strstr(name, key) - name;
	if (table_insert(&l->table, &e->node, table_hash(key, e->key_len)))
		free(e);
}

static void scan(struct runtime_logs *l, const char *folder, parse_fn parse)
{
	char path[PATH_MAX];
	struct runtime_pod p;
	struct dirent *d;
	unsigned int left = READ_MAX;
	DIR *dir;

	if (snprintf(path, sizeof(path), "%s%s", l->root, folder) >= (int)sizeof(path))
		return;
	dir = opendir(path);
	if (!dir)
		return;
	while ((d = readdir(dir)) && left--)
		if (parse(d->d_name, &p))
			keep(l, d->d_name, p.id[0] ? p.id : p.uid, parse);
	l->left_out += d != NULL; /* how many more is not read */
	closedir(dir);
}

static void scan_all(struct runtime_logs *l, uint64_t now_ns)
{
	if (l->scan_ns && now_ns < l->scan_ns + SCAN_EVERY_NS)
		return;
	l->scan_ns = now_ns;
	l->left_out = 0;
	table_each(&l->table, entry_free, l);
	scan(l, "/var/log/containers", runtime_pod_of_link);
	scan(l, "/var/log/pods", runtime_pod_of_folder);
}

bool runtime_logs_find(struct runtime_logs *l, const char *id, const char *uid, uint64_t now_ns,
		       struct runtime_pod *ret)
{
	struct entry *e = find(l, id);

	if (!e) {
		scan_all(l, now_ns);
		e = find(l, id);
	}
	if (!e)
		e = find(l, uid);
	if (!e)
		return false;
	return e->parse(e->name, ret);
}
