// SPDX-License-Identifier: MIT
#include "flows/names/cgroup_programs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flows/names/cgroup_path.h"
#include "flows/names/cgroup_proc.h"
#include "flows/table.h"

struct program {
	struct table_node node;
	struct program *newer; /* in the order of coming */
	uint64_t id;
	bool own;
	struct endpoint *endpoint;
};

struct key {
	uint64_t id, own;
	char name[240];
};

struct cgroup_programs {
	const char *root, *node_name, *cluster;
	struct table table;
	struct program *oldest, *newest;
	uint64_t evicted;
};

int cgroup_programs_new(const char *root, const char *node_name, const char *cluster,
			struct cgroup_programs **ret)
{
	struct cgroup_programs *c = calloc(1, sizeof(*c));

	if (!c)
		return -ENOMEM;
	c->root = root;
	c->node_name = node_name;
	c->cluster = cluster;
	*ret = c;
	return 0;
}

static void user_label(const struct cgroup_programs *c, uint32_t uid, char *buf, size_t size)
{
	char name[128];

	cgroup_user_name(c->root, uid, name, sizeof(name));
	snprintf(buf, size, "systemd:user=%s", name);
}

/* A thing of the host: what systemd or nobody runs. */
static struct endpoint *host_endpoint(const struct cgroup_programs *c,
				      const struct cgroup_path *path, const char *cgroup,
				      const char *name, bool own)
{
	char user[160], session[CGROUP_NAME_MAX + 32];
	const char *labels[3];
	bool unit = path->inner.kind == CGROUP_UNIT;
	struct endpoint e = {
		.kind = unit ? ENDPOINT_UNIT : ENDPOINT_PROCESS,
		.id = identity_of_labels(&name, 1),
		.cluster = c->cluster,
		.namespace_name = "host",
		.name = name,
		.workload = name,
		.workload_kind = unit ? "Unit" : "Process",
		.node = c->node_name,
		.cgroup = cgroup,
		.labels = labels,
	};

	labels[e.n_labels++] = own ? "reserved:host" : "reserved:unmanaged";
	if (path->uid != CGROUP_NO_USER) {
		user_label(c, path->uid, user, sizeof(user));
		labels[e.n_labels++] = user;
	}
	if (path->inner.kind == CGROUP_SESSION) {
		snprintf(session, sizeof(session), "systemd:session=%s", path->inner.name);
		labels[e.n_labels++] = session;
	}
	return endpoint_new(&e);
}

struct endpoint *cgroup_unit(const struct cgroup_programs *c, const char *cgroup, bool own)
{
	struct cgroup_path path;

	cgroup_path_parse(cgroup, &path);
	return host_endpoint(c, &path, cgroup, path.inner.name, own);
}

static void program_free(struct program *p)
{
	endpoint_put(p->endpoint);
	free(p);
}

static void forget_oldest(struct cgroup_programs *c)
{
	struct program *p = c->oldest;

	c->oldest = p->newer;
	if (!c->oldest)
		c->newest = NULL;
	table_remove(&c->table, &p->node);
	program_free(p);
}

static struct program *add(struct cgroup_programs *c, const struct key *key, const char *cgroup,
			   uint64_t hash)
{
	struct program *p = calloc(1, sizeof(*p));
	struct cgroup_path path;

	if (!p)
		return NULL;
	cgroup_path_parse(cgroup, &path);
	p->id = key->id;
	p->own = key->own;
	p->endpoint = host_endpoint(c, &path, cgroup, key->name, key->own);
	if (!p->endpoint || table_insert(&c->table, &p->node, hash)) {
		program_free(p);
		return NULL;
	}
	if (c->newest)
		c->newest->newer = p;
	else
		c->oldest = p;
	c->newest = p;
	if (c->table.n > CGROUP_PROGRAMS_MAX) {
		forget_oldest(c);
		c->evicted++;
	}
	return p;
}

struct endpoint *cgroup_program(struct cgroup_programs *c, uint64_t id, const char *cgroup,
				const struct process *process, bool own)
{
	struct key key = {id, own, ""};
	struct table_node *node;
	struct program *p;
	uint64_t hash;

	process_name(process, key.name, sizeof(key.name));
	hash = table_hash(&key, offsetof(struct key, name) + strlen(key.name));
	for (node = table_find(&c->table, hash); node; node = table_next(node)) {
		p = table_entry(node, struct program, node);
		if (p->id == id && p->own == own && !strcmp(p->endpoint->name, key.name))
			return p->endpoint;
	}
	p = add(c, &key, cgroup, hash);
	return p ? p->endpoint : NULL;
}

size_t cgroup_programs_count(const struct cgroup_programs *c)
{
	return c->table.n;
}

uint64_t cgroup_programs_evicted(const struct cgroup_programs *c)
{
	return c->evicted;
}

void cgroup_programs_free(struct cgroup_programs *c)
{
	if (!c)
		return;
	while (c->oldest)
		forget_oldest(c);
	table_free(&c->table);
	free(c);
}
