// SPDX-License-Identifier: MIT
#include "flows/names/names.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "flows/names/containers.h"
#include "flows/names/dns.h"
#include "flows/names/kube.h"
#include "flows/names/places.h"
#include "flows/names/resolver.h"

#define NAMERS_MAX 8
#define TICK_MS 1000

struct names {
	struct source source;
	struct source *inner;
	struct source_events ev; /* whom we tell */
	struct kube_store *store;
	struct namer *containers, *kube;
	struct namer *namers[NAMERS_MAX]; /* best names first */
	unsigned int n, started;
	uv_timer_t timer;
	bool told; /* a flow of a namer's own went out, its batch is open */
	char node_name[256];
};

/* ----------------------------------------------------------- flows that pass */

static void name_end(struct names *n, const struct flow *f, struct flow_end *e,
		     const struct flow_end *other)
{
	for (unsigned int i = 0; i < n->started; i++)
		n->namers[i]->end(n->namers[i], f, e, other);
}

static void name_ends(struct names *n, struct flow *f)
{
	if (!f->ip_version)
		return;
	name_end(n, f, &f->src, &f->dst);
	name_end(n, f, &f->dst, &f->src);
}

static void on_flow(void *arg, struct flow *f)
{
	struct names *n = arg;

	name_ends(n, f);
	n->ev.flow(n->ev.arg, f);
}

static void on_message(void *arg, struct flow *f, const struct l7_payload *payload)
{
	struct names *n = arg;

	name_ends(n, f);
	for (unsigned int i = 0; i < n->started; i++)
		if (n->namers[i]->message)
			n->namers[i]->message(n->namers[i], f, payload);
	if (f->l7)
		n->ev.flow(n->ev.arg, f);
}

static void on_cgroup(void *arg, uint64_t id, const char *path)
{
	struct names *n = arg;

	containers_cgroup(n->containers, id, path);
}

static void on_batch_end(void *arg)
{
	struct names *n = arg;

	n->told = false;
	if (n->ev.batch_end)
		n->ev.batch_end(n->ev.arg);
}

static void on_lost(void *arg, const struct lost_events *l)
{
	struct names *n = arg;

	if (n->ev.lost)
		n->ev.lost(n->ev.arg, l);
}

static void on_notice(void *arg, const char *line)
{
	struct names *n = arg;

	n->ev.notice(n->ev.arg, line);
}

static void on_end(void *arg, int err)
{
	struct names *n = arg;

	n->ev.end(n->ev.arg, err);
}

static void on_own_flow(void *arg, struct flow *f)
{
	struct names *n = arg;

	n->told = true;
	n->ev.flow(n->ev.arg, f);
}

/* ------------------------------------------------------------------ the run */

static void on_tick(uv_timer_t *timer)
{
	struct names *n = timer->data;
	uint64_t now = uv_hrtime();

	for (unsigned int i = 0; i < n->started; i++)
		if (n->namers[i]->tick)
			n->namers[i]->tick(n->namers[i], now);
	if (n->told)
		on_batch_end(n);
}

/* What cannot begin is left out: the others move up, their order stays. */
static void start_namers(struct names *n, uv_loop_t *loop)
{
	const struct namer_events ev = {.arg = n, .notice = on_notice, .flow = on_own_flow};

	for (unsigned int i = 0; i < n->n; i++) {
		struct namer *namer = n->namers[i];

		if (namer->start && namer->start(namer, loop, &ev))
			continue;
		n->namers[i] = n->namers[n->started];
		n->namers[n->started++] = namer;
	}
}

static int names_start(struct source *s, uv_loop_t *loop, const struct source_events *ev)
{
	struct names *n = (struct names *)s;
	const struct source_events inner = {
		.arg = n,
		.flow = on_flow,
		.message = on_message,
		.cgroup = n->containers ? on_cgroup : NULL,
		.batch_end = on_batch_end,
		.lost = on_lost,
		.notice = on_notice,
		.end = on_end,
	};

	n->ev = *ev;
	start_namers(n, loop);
	uv_timer_init(loop, &n->timer);
	n->timer.data = n;
	uv_timer_start(&n->timer, on_tick, TICK_MS, TICK_MS);
	return n->inner->start(n->inner, loop, &inner);
}

static void names_stop(struct source *s)
{
	struct names *n = (struct names *)s;

	n->inner->stop(n->inner);
	if (!n->timer.data)
		return; /* never started */
	for (unsigned int i = n->started; i-- > 0;)
		if (n->namers[i]->stop)
			n->namers[i]->stop(n->namers[i]);
	uv_close((uv_handle_t *)&n->timer, NULL);
}

static void names_stats(struct source *s, struct capture_stats *ret)
{
	struct names *n = (struct names *)s;

	n->inner->stats(n->inner, ret);
}

static void free_namers(struct names *n)
{
	for (unsigned int i = n->n; i-- > 0;)
		n->namers[i]->free(n->namers[i]);
	kube_store_free(n->store);
	free(n);
}

static void names_free(struct source *s)
{
	struct names *n = (struct names *)s;

	n->inner->free(n->inner);
	free_namers(n);
}

/* ------------------------------------------------------------------ making */

static int add(struct names *n, int err, struct namer *namer)
{
	if (!err)
		n->namers[n->n++] = namer;
	return err;
}

static int add_kubernetes(struct names *n, const struct names_options *opt)
{
	const struct kube_store_options store = {
		.node_name = opt->node_name,
		.cluster_name = opt->cluster_name,
	};
	int err = opt->no_kubernetes ? 0 : kube_store_new(&store, &n->store);

	if (!err && !opt->no_containers) {
		err = containers_new(opt, n->store, &n->containers);
		err = add(n, err, n->containers);
	}
	if (!err && n->store) {
		err = kube_new(opt, n->store, &n->kube);
		err = add(n, err, n->kube);
	}
	return err;
}

static int add_world(struct names *n, const struct names_options *opt)
{
	struct namer *namer = NULL;
	int err = 0;

	if (!opt->no_dns) {
		err = dns_new(opt, &namer);
		err = add(n, err, namer);
	}
	if (!err && !opt->no_resolve) {
		err = resolver_new(opt, &namer);
		err = add(n, err, namer);
	}
	if (!err) {
		err = places_new(opt, &namer);
		err = add(n, err, namer);
	}
	return err;
}

void names_node(const char *given, char *buf, size_t size)
{
	const char *node = given ? given : getenv("NODE_NAME");

	if (node && *node) {
		snprintf(buf, size, "%s", node);
		return;
	}
	memset(buf, 0, size);
	gethostname(buf, size - 1);
	for (; *buf; buf++)
		*buf = tolower((unsigned char)*buf);
}

static void fill_in(struct names *n, const struct names_options *asked, struct names_options *ret)
{
	names_node(asked->node_name, n->node_name, sizeof(n->node_name));
	*ret = *asked;
	ret->node_name = n->node_name;
	if (!ret->cluster_name)
		ret->cluster_name = "default";
	if (!ret->root)
		ret->root = "";
}

int names_new(const struct names_options *asked, struct source *inner, struct names **ret_names,
	      char **ret_error)
{
	struct names *n = calloc(1, sizeof(*n));
	struct names_options opt;
	int err = n ? 0 : -ENOMEM;

	if (n) {
		fill_in(n, asked, &opt);
		err = add_kubernetes(n, &opt);
	}
	if (!err)
		err = add_world(n, &opt);
	if (err) {
		*ret_error = strdup("out of memory");
		if (n)
			free_namers(n);
		return err;
	}
	n->inner = inner;
	n->source.start = names_start;
	n->source.stop = names_stop;
	n->source.stats = names_stats;
	n->source.free = names_free;
	*ret_names = n;
	return 0;
}

struct source *names_source(struct names *n)
{
	return &n->source;
}

void names_status(struct names *n, const struct names_rows *rows)
{
	for (unsigned int i = 0; i < n->n; i++)
		if (n->namers[i]->status)
			n->namers[i]->status(n->namers[i], rows);
}

void names_nodes(struct names *n, void *arg,
		 void (*fn)(void *arg, const char *name, const struct ip_addr *ip))
{
	if (n->store)
		kube_store_nodes(n->store, arg, fn);
}

uint32_t names_nodes_generation(const struct names *n)
{
	return n->store ? kube_store_generation(n->store) : 0;
}

bool names_settled(struct names *n)
{
	return (!n->kube || kube_settled(n->kube)) &&
	       (!n->containers || containers_settled(n->containers));
}
