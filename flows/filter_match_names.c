// SPDX-License-Identifier: MIT
/* Does a flow have what is asked: who its ends are, and who saw it. */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "flows/filter_labels.h"
#include "flows/filter_terms.h"
#include "flows/summary.h"

#define DEFAULT_NAMESPACE "default"
#define DEFAULT_CLUSTER "default"

static const struct flow_end *end_of(const struct flow *f, bool destination)
{
	return destination ? &f->dst : &f->src;
}

/* `*` stands for any characters; the pattern is in lower case, the text in any. */
static bool glob(const char *pattern, const char *text, size_t n)
{
	const char *star = NULL, *retry = NULL, *end = text + n;

	while (text < end) {
		if (*pattern == '*') {
			star = ++pattern;
			retry = text;
		} else if (*pattern == tolower((unsigned char)*text)) {
			pattern++;
			text++;
		} else if (star) {
			pattern = star;
			text = ++retry;
		} else {
			return false;
		}
	}
	return !pattern[strspn(pattern, "*")];
}

bool match_identity(const struct filter_term *t, const struct flow *f, bool destination)
{
	uint32_t identity = end_of(f, destination)->identity;

	for (size_t i = 0; i < t->n; i++)
		if (t->v[i].number == identity)
			return true;
	return false;
}

/* Names are prefixes, namespaces whole; "" is any namespace, none is "default". */
static bool paths_hold(const struct filter_term *t, const char *namespace_name, const char *name)
{
	for (size_t i = 0; i < t->n; i++) {
		const struct filter_value *v = &t->v[i];
		const char *dir = v->dir ? v->dir : DEFAULT_NAMESPACE;

		if ((!*dir || !strcmp(dir, namespace_name)) && !strncmp(v->name, name, v->name_len))
			return true;
	}
	return false;
}

/* What Hubble has a namespace, a pod_name and workloads for: a pod, a container, a unit, a process. */
static bool is_podlike(const struct endpoint *e)
{
	return e && e->kind != ENDPOINT_NODE && e->kind != ENDPOINT_SERVICE &&
	       e->kind != ENDPOINT_WORLD;
}

bool match_pod(const struct filter_term *t, const struct flow *f, bool destination)
{
	const struct endpoint *e = end_of(f, destination)->endpoint;

	return is_podlike(e) && (*e->name || *e->namespace_name) &&
	       paths_hold(t, e->namespace_name, e->name);
}

bool match_service(const struct filter_term *t, const struct flow *f, bool destination)
{
	const struct service *s = end_of(f, destination)->service;

	return s && (*s->name || *s->namespace_name) && paths_hold(t, s->namespace_name, s->name);
}

bool match_workload(const struct filter_term *t, const struct flow *f, bool destination)
{
	const struct endpoint *e = end_of(f, destination)->endpoint;

	if (!is_podlike(e) || !*e->workload)
		return false;
	for (size_t i = 0; i < t->n; i++) {
		const struct filter_value *v = &t->v[i];

		if ((!*v->name || !strcmp(v->name, e->workload)) &&
		    (!v->dir || !*v->dir || !strcasecmp(v->dir, e->workload_kind)))
			return true;
	}
	return false;
}

bool match_cluster(const struct filter_term *t, const struct flow *f, bool destination)
{
	const struct endpoint *e = end_of(f, destination)->endpoint;

	for (size_t i = 0; e && i < t->n; i++)
		if (!strcmp(t->v[i].text, e->cluster))
			return true;
	return false;
}

bool match_fqdn(const struct filter_term *t, const struct flow *f, bool destination)
{
	const struct name_list *names = flow_end_names(end_of(f, destination));

	for (uint32_t k = 0; names && k < names->n; k++)
		for (size_t i = 0; i < t->n; i++)
			if (glob(t->v[i].name, names->names[k], strlen(names->names[k])))
				return true;
	return false;
}

static bool selectors_hold(const struct filter_term *t, const char *const *labels, size_t n)
{
	for (size_t i = 0; i < t->n; i++)
		if (label_selector_matches(t->v[i].labels, labels, n))
			return true;
	return false;
}

bool match_label(const struct filter_term *t, const struct flow *f, bool destination)
{
	const struct flow_end *e = end_of(f, destination);
	const char *reserved = identity_label(e->identity);

	if (e->endpoint && e->endpoint->n_labels)
		return selectors_hold(t, e->endpoint->labels, e->endpoint->n_labels);
	return selectors_hold(t, &reserved, reserved ? 1 : 0);
}

bool match_node_label(const struct filter_term *t, const struct flow *f, bool destination)
{
	(void)destination;
	if (!f->hubble)
		return selectors_hold(t, NULL, 0);
	return selectors_hold(t, f->hubble->node_labels, f->hubble->n_node_labels);
}

bool filter_node_is(const struct filter_value *v, const char *cluster, const char *node)
{
	return (!*v->name || glob(v->name, node, strlen(node))) &&
	       (!v->dir || glob(v->dir, cluster, strlen(cluster)));
}

/* "node-1", "prod/node-1" */
static bool foreign_node_is(const struct filter_value *v, const char *name)
{
	const char *slash = strchr(name, '/'), *node = slash ? slash + 1 : name;
	const char *cluster = slash ? name : DEFAULT_CLUSTER;

	return (!*v->name || glob(v->name, node, strlen(node))) &&
	       (!v->dir || glob(v->dir, cluster, slash ? (size_t)(slash - name) : strlen(cluster)));
}

bool match_node_name(const struct filter_term *t, const struct flow *f, bool destination)
{
	const char *name = f->hubble ? f->hubble->node_name : NULL;

	(void)destination;
	for (size_t i = 0; i < t->n; i++)
		if (name ? *name && foreign_node_is(&t->v[i], name) : t->v[i].number)
			return true;
	return false;
}
