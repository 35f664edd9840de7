// SPDX-License-Identifier: MIT
#include "flows/names/containers.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "flows/capture/cgroup.h"
#include "flows/names/cgroup_names.h"
#include "flows/names/cgroup_proc.h"

#define SLOTS 8192 /* a power of two */

/*
 * The answer for a process. Its reference keeps the pointer from being used for
 * another one.
 */
struct slot {
	struct process *process;
	struct endpoint *endpoint;
	uint32_t identity;
	uint8_t validity; /* enum cgroup_validity */
	uint32_t generation; /* when it was made: of the names, or the tick */
};

struct containers {
	struct namer namer;
	struct namer_events ev;
	char node_name[256], mount[PATH_MAX], *root, *cluster, *socket;
	struct runtime_store *store;
	struct runtime_logs *logs;
	struct runtime_files *files;
	struct runtime_api *api;
	struct cgroup_names *cgroups;
	uint32_t tick;
	struct slot slots[SLOTS];
};

static struct containers *containers_of(struct namer *n)
{
	return (struct containers *)n;
}

static const struct containers *containers_of_const(const struct namer *n)
{
	return (const struct containers *)n;
}

/* ---------------------------------------------------------------------- one end */

static struct slot *slot_of(struct containers *c, const struct process *p)
{
	return &c->slots[((uintptr_t)p >> 4) * 0x9e3779b97f4a7c15 >> 51 & (SLOTS - 1)];
}

static bool holds(const struct containers *c, const struct slot *s)
{
	switch (s->validity) {
	case CGROUP_ALWAYS:
		return true;
	case CGROUP_UNTIL_CHANGE:
		return s->generation == cgroup_names_generation(c->cgroups);
	default:
		return s->generation == c->tick;
	}
}

static void empty(struct slot *s)
{
	process_put(s->process);
	endpoint_put(s->endpoint);
	memset(s, 0, sizeof(*s));
}

/* Borrowed. */
static struct endpoint *fill(struct containers *c, struct slot *s, struct flow_end *e)
{
	enum cgroup_validity validity;
	struct endpoint *endpoint =
		endpoint_get(cgroup_names_of(c->cgroups, e->process, e->identity, &validity));

	empty(s);
	s->process = process_get(e->process);
	s->endpoint = endpoint;
	s->identity = e->identity;
	s->validity = validity;
	s->generation =
		validity == CGROUP_UNTIL_TICK ? c->tick : cgroup_names_generation(c->cgroups);
	return endpoint;
}

static void on_end(struct namer *n, const struct flow *f, struct flow_end *e,
		   const struct flow_end *other)
{
	struct containers *c = containers_of(n);
	struct endpoint *found;
	struct slot *s;

	(void)f;
	(void)other;
	if (e->endpoint)
		return;
	if (e->process) {
		s = slot_of(c, e->process);
		found = s->process == e->process && s->identity == e->identity && holds(c, s)
				? s->endpoint
				: fill(c, s, e);
	} else {
		found = runtime_store_address(c->store, &e->addr);
	}
	if (!found)
		return;
	e->endpoint = endpoint_get(found);
	if (found->identity)
		e->identity = found->identity;
}

/* -------------------------------------------------------------------- the interface */

static void on_notice(void *arg, const char *line)
{
	const struct containers *c = arg;

	if (c->ev.notice)
		c->ev.notice(c->ev.arg, line);
}

static int on_start(struct namer *n, uv_loop_t *loop, const struct namer_events *ev)
{
	struct containers *c = containers_of(n);

	c->ev = *ev;
	runtime_files_poll(c->files, uv_hrtime());
	runtime_api_start(c->api, loop, ev);
	return 0;
}

static void on_tick(struct namer *n, uint64_t now_ns)
{
	struct containers *c = containers_of(n);

	c->tick++;
	runtime_api_tick(c->api, now_ns);
	runtime_store_age(c->store, now_ns);
	cgroup_names_tick(c->cgroups, now_ns);
}

static void on_status(struct namer *n, const struct names_rows *rows)
{
	const struct containers *c = containers_of_const(n);
	const struct names_row containers = {.what = "containers",
					     .entries = runtime_store_count(c->store),
					     .max = RUNTIME_STORE_MAX,
					     .evicted = runtime_store_refused(c->store)};
	const struct names_row logs = {.what = "kubelet logs",
				       .entries = runtime_logs_count(c->logs),
				       .max = RUNTIME_LOGS_MAX,
				       .evicted = runtime_logs_left_out(c->logs)};

	const struct names_row files = {.what = "podman files", .state = "read when they change"};

	cgroup_names_status(c->cgroups, rows);
	rows->row(rows->arg, &containers);
	if (runtime_files_found(c->files))
		rows->row(rows->arg, &files);
	rows->row(rows->arg, &logs);
	runtime_api_status(c->api, rows);
}

static void on_stop(struct namer *n)
{
	runtime_api_stop(containers_of(n)->api);
}

static void on_free(struct namer *n)
{
	struct containers *c = containers_of(n);

	for (size_t i = 0; i < SLOTS; i++)
		empty(&c->slots[i]);
	cgroup_names_free(c->cgroups);
	runtime_api_free(c->api);
	runtime_files_free(c->files);
	runtime_logs_free(c->logs);
	runtime_store_free(c->store);
	free(c->root);
	free(c->cluster);
	free(c->socket);
	free(c);
}

static int make(struct containers *c, struct kube_store *kube)
{
	struct cgroup_sources from = {
		.kube = kube,
		.root = c->root,
		.cluster = c->cluster,
		.node_name = c->node_name,
		.mount = cgroup2_mount(c->mount, sizeof(c->mount)),
		.v1 = cgroup_v1_mounted(),
	};
	int err;

	err = runtime_store_new(c->node_name, c->cluster, &c->store);
	if (!err)
		err = runtime_logs_new(c->root, &c->logs);
	if (!err)
		err = runtime_files_new(c->root, c->store, on_notice, c, &c->files);
	if (!err)
		err = runtime_api_new(c->root, c->socket, c->store, &c->api);
	from.containers = c->store;
	from.logs = c->logs;
	from.files = c->files;
	from.api = c->api;
	return err ? err : cgroup_names_new(&from, &c->cgroups);
}

int containers_new(const struct names_options *opt, struct kube_store *store, struct namer **ret)
{
	struct containers *c = calloc(1, sizeof(*c));
	int err = -ENOMEM;

	if (!c)
		return -ENOMEM;
	c->namer = (struct namer){.start = on_start,
				  .end = on_end,
				  .tick = on_tick,
				  .status = on_status,
				  .stop = on_stop,
				  .free = on_free};
	names_node(opt->node_name, c->node_name, sizeof(c->node_name));
	c->root = strdup(opt->root ? opt->root : "");
	c->cluster = strdup(opt->cluster_name ? opt->cluster_name : "default");
	c->socket = opt->container_socket ? strdup(opt->container_socket) : NULL;
	if (c->root && c->cluster && !c->socket == !opt->container_socket)
		err = make(c, store);
	if (err) {
		on_free(&c->namer);
		return err;
	}
	*ret = &c->namer;
	return 0;
}

void containers_cgroup(struct namer *n, uint64_t id, const char *path)
{
	cgroup_names_told(containers_of(n)->cgroups, id, path);
}

bool containers_settled(const struct namer *n)
{
	return runtime_api_settled(containers_of_const(n)->api);
}
