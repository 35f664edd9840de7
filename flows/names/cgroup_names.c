// SPDX-License-Identifier: MIT
#include "flows/names/cgroup_names.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flows/names/cgroup_path.h"
#include "flows/names/cgroup_proc.h"
#include "flows/names/cgroup_programs.h"
#include "flows/names/cgroup_tree.h"
#include "flows/table.h"

#define SECOND 1000000000ull
#define POLL_EVERY_NS (SECOND / 20)
#define RETRY_MAX_NS (60 * SECOND)
#define RETRY_AT_ONCE 32
#define PROCESS_SLOTS 4096
/* Marks ids that are made from the path of a v1 group: the kernel's never come this far. */
#define V1_BIT (1ull << 63)

struct group {
	struct table_node node;
	struct group *newer;
	uint64_t id;
	struct endpoint *endpoint; /* of a pod or container, with the path in it */
	struct endpoint *base; /* what it was made from */
	struct endpoint *unit[2]; /* in another network namespace, in the own one */
	bool known; /* more than the id */
	uint32_t generation;
	uint64_t retry_ns, pause_ns;
	enum cgroup_kind kind;
	char path[];
};

/* What /proc told of a process. */
struct seen {
	uint32_t pid;
	uint64_t start_ns, group_id; /* group_id 0: nothing */
};

struct cgroup_names {
	struct cgroup_sources from;
	struct cgroup_tree *tree;
	struct cgroup_programs *programs;
	struct table groups;
	struct group *oldest, *newest;
	struct seen seen[PROCESS_SLOTS];
	uint32_t generation;
	unsigned int unknown;
	uint64_t evicted, poll_ns;
};

int cgroup_names_new(const struct cgroup_sources *sources, struct cgroup_names **ret)
{
	struct cgroup_names *c = calloc(1, sizeof(*c));

	if (!c)
		return -ENOMEM;
	c->from = *sources;
	if (cgroup_tree_new(sources->mount, &c->tree) ||
	    cgroup_programs_new(sources->root, sources->node_name, sources->cluster,
				&c->programs)) {
		cgroup_names_free(c);
		return -ENOMEM;
	}
	*ret = c;
	return 0;
}

static void group_free(struct cgroup_names *c, struct group *g)
{
	if (g->kind >= CGROUP_CONTAINER && !g->known)
		c->unknown--;
	endpoint_put(g->endpoint);
	endpoint_put(g->base);
	endpoint_put(g->unit[0]);
	endpoint_put(g->unit[1]);
	free(g);
}

static void forget_oldest_group(struct cgroup_names *c)
{
	struct group *g = c->oldest;

	c->oldest = g->newer;
	if (!c->oldest)
		c->newest = NULL;
	table_remove(&c->groups, &g->node);
	group_free(c, g);
}

void cgroup_names_free(struct cgroup_names *c)
{
	if (!c)
		return;
	while (c->oldest)
		forget_oldest_group(c);
	table_free(&c->groups);
	cgroup_programs_free(c->programs);
	cgroup_tree_free(c->tree);
	free(c);
}

uint32_t cgroup_names_generation(const struct cgroup_names *c)
{
	return c->generation + runtime_store_generation(c->from.containers) +
	       (c->from.kube ? kube_store_generation(c->from.kube) : 0);
}

/* --------------------------------------------------------------- pods, containers */

/* The files that are cheap to look at, not too often. */
static void poll_files(struct cgroup_names *c, uint64_t now_ns)
{
	if (c->poll_ns && now_ns < c->poll_ns + POLL_EVERY_NS)
		return;
	c->poll_ns = now_ns;
	runtime_files_poll(c->from.files, now_ns);
}

static struct endpoint *from_kubernetes(struct cgroup_names *c, const struct cgroup_place *p)
{
	if (!c->from.kube || (!p->id[0] && !p->pod_uid[0]))
		return NULL;
	return endpoint_get(kube_store_container(c->from.kube, p->id[0] ? p->id : NULL,
						 p->pod_uid[0] ? p->pod_uid : NULL));
}

static struct endpoint *from_logs(struct cgroup_names *c, const struct cgroup_place *p,
				  uint64_t now_ns)
{
	struct runtime_pod pod;

	if (p->kind != CGROUP_POD ||
	    !runtime_logs_find(c->from.logs, p->id, p->pod_uid, now_ns, &pod))
		return NULL;
	return runtime_store_pod(c->from.containers, &pod, p->id, "");
}

/* LXC and machined have no ids: the path has the name. */
static struct endpoint *from_path(struct cgroup_names *c, const struct cgroup_place *p)
{
	struct runtime_container told = {.id = "", .name = p->name, .image = ""};

	if (p->kind != CGROUP_CONTAINER || !p->name[0])
		return NULL;
	return runtime_store_endpoint(c->from.containers, p->runtime, &told);
}

static struct endpoint *from_runtime(struct cgroup_names *c, const struct cgroup_place *p)
{
	return p->id[0] ? endpoint_get(runtime_store_find(c->from.containers, p->id)) : NULL;
}

/* What may know a container by its id, and does not yet. */
static void ask(struct cgroup_names *c, const char *id, uint64_t now_ns)
{
	if (strlen(id) != 64)
		return;
	if (!runtime_store_find(c->from.containers, id))
		poll_files(c, now_ns);
	if (!runtime_store_find(c->from.containers, id))
		runtime_files_ask(c->from.files, id);
	if (!runtime_store_is_whole(c->from.containers, id))
		runtime_api_ask(c->from.api, id);
}

static struct endpoint *look(struct cgroup_names *c, const struct cgroup_place *p, bool again,
			     uint64_t now_ns)
{
	struct endpoint *e = from_kubernetes(c, p);

	if (!e && again)
		e = from_logs(c, p, now_ns);
	if (!e && again)
		e = from_path(c, p);
	if (!e && again)
		ask(c, p->id, now_ns);
	return e ? e : from_runtime(c, p);
}

/* Only the id is known. */
static struct endpoint *nameless(struct cgroup_names *c, const struct cgroup_place *p)
{
	struct runtime_pod pod = {0};
	struct runtime_container told = {.id = p->id, .image = ""};
	char name[13];

	snprintf(name, sizeof(name), "%.12s", p->id);
	told.name = name;
	if (p->kind != CGROUP_POD)
		return runtime_store_endpoint(c->from.containers,
					      p->runtime[0] ? p->runtime : "container", &told);
	memcpy(pod.pod, p->pod_uid, sizeof(p->pod_uid));
	memcpy(pod.container, name, sizeof(name));
	return runtime_store_pod(c->from.containers, &pod, p->id, "");
}

static void set_endpoint(struct group *g, struct endpoint *base)
{
	struct endpoint copy, *made;

	if (base == g->base) {
		endpoint_put(base);
		return;
	}
	copy = *base;
	copy.cgroup = g->path;
	made = endpoint_new(&copy);
	if (!made) {
		endpoint_put(base);
		return;
	}
	endpoint_put(g->base);
	endpoint_put(g->endpoint);
	g->base = base;
	g->endpoint = made;
}

/* again: all that has to be asked for anew is asked; else what the stores have. */
static void resolve(struct cgroup_names *c, struct group *g, bool again)
{
	uint64_t now_ns = uv_hrtime();
	struct cgroup_path path;
	struct endpoint *e;

	cgroup_path_parse(g->path, &path);
	again = again && !g->known;
	e = look(c, &path.inner, again, now_ns);
	if (!e && path.outer.kind != CGROUP_OTHER)
		e = look(c, &path.outer, again, now_ns);
	g->generation = cgroup_names_generation(c);
	if (e && !g->known) {
		g->known = true;
		c->unknown--;
	}
	if (!e && !g->endpoint)
		e = nameless(c, &path.inner);
	if (e)
		set_endpoint(g, e);
	if (g->known || !again)
		return;
	g->pause_ns = g->pause_ns ? g->pause_ns * 2 : SECOND;
	if (g->pause_ns > RETRY_MAX_NS)
		g->pause_ns = RETRY_MAX_NS;
	g->retry_ns = now_ns + g->pause_ns;
}

void cgroup_names_tick(struct cgroup_names *c, uint64_t now_ns)
{
	unsigned int left = RETRY_AT_ONCE;

	poll_files(c, now_ns);
	if (!c->unknown)
		return;
	for (struct group *g = c->oldest; g && left; g = g->newer) {
		if (g->kind < CGROUP_CONTAINER || g->known || now_ns < g->retry_ns)
			continue;
		left--;
		resolve(c, g, true);
		c->generation += g->known;
	}
}

/* ------------------------------------------------------------------------ groups */

static struct group *group_find(struct cgroup_names *c, uint64_t id)
{
	struct table_node *node = table_find(&c->groups, table_hash(&id, sizeof(id)));

	for (; node; node = table_next(node))
		if (table_entry(node, struct group, node)->id == id)
			return table_entry(node, struct group, node);
	return NULL;
}

static struct group *group_add(struct cgroup_names *c, uint64_t id, const char *text)
{
	size_t n = strlen(text);
	struct group *g = calloc(1, sizeof(*g) + n + 1);
	struct cgroup_path path;

	if (!g)
		return NULL;
	cgroup_path_parse(text, &path);
	g->kind = path.inner.kind;
	g->id = id;
	memcpy(g->path, text, n);
	if (table_insert(&c->groups, &g->node, table_hash(&id, sizeof(id)))) {
		free(g);
		return NULL;
	}
	if (c->newest)
		c->newest->newer = g;
	else
		c->oldest = g;
	c->newest = g;
	if (c->groups.n > CGROUP_NAMES_MAX) {
		forget_oldest_group(c);
		c->evicted++;
	}
	if (g->kind >= CGROUP_CONTAINER) {
		c->unknown++;
		resolve(c, g, true);
	}
	return g;
}

/* By its id. NULL: its path is not known. */
static struct group *group_of_id(struct cgroup_names *c, uint64_t id)
{
	struct group *g = group_find(c, id);
	const char *path;

	if (g || !id)
		return g;
	path = cgroup_tree_path(c->tree, id, uv_hrtime());
	return path ? group_add(c, id, path) : NULL;
}

/* By what /proc says, asked once for each process. */
static struct group *group_of_process(struct cgroup_names *c, const struct process *p)
{
	struct seen *s = &c->seen[p->pid % PROCESS_SLOTS];
	char path[PATH_MAX];
	struct group *g;

	if (s->pid == p->pid && s->start_ns == p->start_ns) {
		g = s->group_id ? group_find(c, s->group_id) : NULL;
		if (g || !s->group_id)
			return g;
	}
	*s = (struct seen){.pid = p->pid, .start_ns = p->start_ns};
	if (cgroup_of_process(c->from.root, p->pid, p->start_ns, path, sizeof(path)))
		return NULL;
	s->group_id = table_hash(path, strlen(path)) | V1_BIT;
	g = group_find(c, s->group_id);
	return g ? g : group_add(c, s->group_id, path);
}

static struct group *group_of(struct cgroup_names *c, const struct process *p)
{
	struct group *g = group_of_id(c, p->cgroup_id), *v1;
	enum cgroup_kind kind = g ? g->kind : CGROUP_OTHER;

	if (g && (kind >= CGROUP_CONTAINER || !c->from.v1))
		return g;
	/* on hybrid machines a container may be one in a v1 hierarchy alone */
	v1 = group_of_process(c, p);
	if (v1 && (!g || v1->kind > kind))
		return v1;
	/* the first may have made room for the other */
	return g ? group_find(c, p->cgroup_id) : NULL;
}

void cgroup_names_told(struct cgroup_names *c, uint64_t id, const char *path)
{
	struct cgroup_path parsed;

	cgroup_tree_add(c->tree, id, path);
	cgroup_path_parse(path, &parsed);
	/* now, because it may be gone when its first packet is told of */
	if (parsed.inner.kind == CGROUP_CONTAINER)
		ask(c, parsed.inner.id, uv_hrtime());
}

struct endpoint *cgroup_names_of(struct cgroup_names *c, const struct process *p, uint32_t identity,
				 enum cgroup_validity *ret_validity)
{
	struct group *g = group_of(c, p);
	bool own = identity == IDENTITY_HOST;

	*ret_validity = g ? CGROUP_ALWAYS : CGROUP_UNTIL_TICK;
	if (!g || g->kind < CGROUP_UNIT)
		return cgroup_program(c->programs, g ? g->id : 0, g ? g->path : "", p, own);
	if (g->kind == CGROUP_UNIT) {
		if (!g->unit[own])
			g->unit[own] = cgroup_unit(c->programs, g->path, own);
		return g->unit[own];
	}
	if (g->generation != cgroup_names_generation(c))
		resolve(c, g, false);
	*ret_validity = CGROUP_UNTIL_CHANGE;
	return g->endpoint;
}

void cgroup_names_status(const struct cgroup_names *c, const struct names_rows *rows)
{
	const struct names_row groups = {.what = "control groups",
					 .entries = c->groups.n,
					 .max = CGROUP_NAMES_MAX,
					 .evicted = c->evicted};
	const struct names_row paths = {.what = "control group paths",
					.entries = cgroup_tree_count(c->tree),
					.max = CGROUP_TREE_MAX,
					.evicted = cgroup_tree_evicted(c->tree)};
	const struct names_row programs = {.what = "programs",
					   .entries = cgroup_programs_count(c->programs),
					   .max = CGROUP_PROGRAMS_MAX,
					   .evicted = cgroup_programs_evicted(c->programs)};

	rows->row(rows->arg, &groups);
	rows->row(rows->arg, &paths);
	rows->row(rows->arg, &programs);
}
