// SPDX-License-Identifier: MIT
#include "flows/filter_names.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "flows/filter_labels.h"
#include "flows/summary.h"

#define DEFAULT_NAMESPACE "default"
#define IDENTITY_MAX 0xffffffffu

/* ---------------------------------------------------------------------- lists */

int filter_append(void *list, size_t *n, const void *item, size_t size)
{
	void *old, *new;

	memcpy(&old, list, sizeof(old));
	new = reallocarray(old, *n + 1, size);
	if (!new)
		return -ENOMEM;
	memcpy((char *)new + *n *size, item, size);
	memcpy(list, &new, sizeof(new));
	++*n;
	return 0;
}

int filter_append_text(struct filter_texts *t, const char *text)
{
	char *copy = strdup(text);
	int err;

	if (!copy)
		return -ENOMEM;
	err = filter_append(&t->v, &t->n, &copy, sizeof(copy));
	if (err)
		free(copy);
	return err;
}

void filter_texts_clear(struct filter_texts *t)
{
	for (size_t i = 0; i < t->n; i++)
		free(t->v[i]);
	free(t->v);
}

/* -------------------------------------------------------------------- parsing */

static int refuse(char *err, size_t size, const char *value, const char *wanted)
{
	snprintf(err, size, "\"%s\" is not %s", value, wanted);
	return -EINVAL;
}

/* "shop/cart", "shop/", "/cart", "cart": the part before the slash is NULL where there is none. */
int filter_append_path(struct filter_path **list, size_t *n, const char *value)
{
	const char *slash = strchr(value, '/');
	struct filter_path p = {0};
	int err;

	p.name = strdup(slash ? slash + 1 : value);
	p.dir = slash ? strndup(value, slash - value) : NULL;
	err = p.name && (p.dir || !slash) ? filter_append(list, n, &p, sizeof(p)) : -ENOMEM;
	if (!err)
		return 0;
	free(p.name);
	free(p.dir);
	return err;
}

static int add_fqdn(struct filter_names *f, const char *value, char *err, size_t size)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789-_.*";
	size_t len = strlen(value);
	char name[256];

	if (len && value[len - 1] == '.')
		len--;
	if (!len || len >= sizeof(name))
		return refuse(err, size, value, "a DNS name such as example.com or *.example.com");
	for (size_t i = 0; i < len; i++)
		name[i] = tolower((unsigned char)value[i]);
	name[len] = '\0';
	if (name[strspn(name, letters)])
		return refuse(err, size, value, "a DNS name: letters, digits, -, _, . and *");
	return filter_append_text(&f->fqdns, name);
}

static int add_identity(struct filter_names *f, const char *value, char *err, size_t size)
{
	uint32_t identity = 0;
	const char *name;
	char *end;

	for (; (name = identity_name(identity)); identity++)
		if (!strcasecmp(name, value))
			break;
	if (!name) {
		unsigned long long n;

		errno = 0;
		n = strtoull(value, &end, 10);
		if (*value < '0' || *value > '9' || *end || errno || n > IDENTITY_MAX)
			return refuse(err, size, value,
				      "an identity: a number, or host, world, unmanaged, health, "
				      "init, remote-node, kube-apiserver, ingress, unknown");
		identity = n;
	}
	return filter_append(&f->identities, &f->n_identities, &identity, sizeof(identity));
}

static int add_labels(struct filter_names *f, const char *value, char *err, size_t size)
{
	struct label_selector *s;
	const char *why = "";
	int ret = label_selector_new(value, &s, &why);

	if (ret == -EINVAL)
		snprintf(err, size, "\"%s\" is not a label selector: expected %s", value, why);
	if (ret)
		return ret;
	ret = filter_append(&f->labels, &f->n_labels, &s, sizeof(s));
	if (ret)
		label_selector_free(s);
	return ret;
}

static int add_namespace(struct filter_names *f, const char *value, char *err, size_t size)
{
	if (strchr(value, '/'))
		return refuse(err, size, value, "a namespace: they have no slash");
	return filter_append_text(&f->namespaces, value);
}

int filter_names_add(struct filter_names *f, enum filter_field field, const char *value, char *err,
		     size_t size)
{
	f->used = true;
	switch (field) {
	case FILTER_POD:
		return filter_append_path(&f->pods, &f->n_pods, value);
	case FILTER_NAMESPACE:
		return add_namespace(f, value, err, size);
	case FILTER_ALL_NAMESPACES:
		return filter_append_text(&f->namespaces, "");
	case FILTER_LABEL:
		return add_labels(f, value, err, size);
	case FILTER_FQDN:
		return add_fqdn(f, value, err, size);
	case FILTER_SERVICE:
		return filter_append_path(&f->services, &f->n_services, value);
	case FILTER_WORKLOAD:
		return filter_append_path(&f->workloads, &f->n_workloads, value);
	case FILTER_IDENTITY:
		return add_identity(f, value, err, size);
	default:
		return filter_append_text(&f->clusters, value);
	}
}

static int check_paths(const struct filter_path *p, size_t n, const struct filter_texts *spaces,
		       char *err, size_t size)
{
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; p[i].dir && *p[i].dir && k < spaces->n; k++)
			if (*spaces->v[k] && strcmp(p[i].dir, spaces->v[k])) {
				snprintf(err, size,
					 "namespace conflict: \"%s\" does not contain \"%s/%s\"",
					 spaces->v[k], p[i].dir, p[i].name);
				return -EINVAL;
			}
	return 0;
}

int filter_names_check(const struct filter_names *f, char *err, size_t size)
{
	int ret = check_paths(f->pods, f->n_pods, &f->namespaces, err, size);

	return ret ? ret : check_paths(f->services, f->n_services, &f->namespaces, err, size);
}

/* ------------------------------------------------------------------- matching */

bool filter_glob(const char *pattern, const char *text)
{
	const char *star = NULL, *retry = NULL;

	while (*text) {
		if (*pattern == '*') {
			star = ++pattern;
			retry = text;
		} else if (*pattern == *text) {
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

/* "": any namespace */
static bool namespace_is(const char *want, const char *namespace_name)
{
	return !*want || !strcmp(want, namespace_name);
}

static bool namespaces_hold(const struct filter_names *f, const char *namespace_name)
{
	for (size_t i = 0; i < f->namespaces.n; i++)
		if (namespace_is(f->namespaces.v[i], namespace_name))
			return true;
	return false;
}

/*
 * Names are prefixes, namespaces whole. A name without a namespace takes those that
 * were asked for beside it, else "default", as Hubble does.
 */
static bool paths_hold(const struct filter_names *f, const struct filter_path *p, size_t n,
		       const char *namespace_name, const char *name)
{
	for (size_t i = 0; i < n; i++, p++) {
		if (strncmp(p->name, name, strlen(p->name)))
			continue;
		if (p->dir	      ? namespace_is(p->dir, namespace_name)
		    : f->namespaces.n ? namespaces_hold(f, namespace_name)
				      : !strcmp(DEFAULT_NAMESPACE, namespace_name))
			return true;
	}
	return false;
}

static bool pods_hold(const struct filter_names *f, const struct endpoint *e)
{
	if (!f->n_pods && (!f->namespaces.n || f->n_services))
		return true;
	if (!endpoint_is_pod(e))
		return false;
	if (!f->n_pods)
		return namespaces_hold(f, e->namespace_name);
	return paths_hold(f, f->pods, f->n_pods, e->namespace_name, e->name);
}

static bool services_hold(const struct filter_names *f, const struct service *s)
{
	if (!f->n_services)
		return true;
	return s && paths_hold(f, f->services, f->n_services, s->namespace_name, s->name);
}

static bool workloads_hold(const struct filter_names *f, const struct endpoint *e)
{
	if (!f->n_workloads)
		return true;
	if (!endpoint_is_pod(e) || !*e->workload)
		return false;
	for (size_t i = 0; i < f->n_workloads; i++) {
		const struct filter_path *p = &f->workloads[i];

		if ((!*p->name || !strcmp(p->name, e->workload)) &&
		    (!p->dir || !*p->dir || !strcasecmp(p->dir, e->workload_kind)))
			return true;
	}
	return false;
}

static bool fqdns_hold(const struct filter_names *f, const struct name_list *names)
{
	if (!f->fqdns.n)
		return true;
	for (uint32_t k = 0; names && k < names->n; k++)
		for (size_t i = 0; i < f->fqdns.n; i++)
			if (filter_glob(f->fqdns.v[i], names->names[k]))
				return true;
	return false;
}

static bool labels_hold(const struct filter_names *f, const struct flow_end *e)
{
	const char *reserved = identity_label(e->identity);
	const char *const *labels = &reserved;
	size_t n = reserved ? 1 : 0;

	if (!f->n_labels)
		return true;
	if (e->endpoint && e->endpoint->n_labels) {
		labels = e->endpoint->labels;
		n = e->endpoint->n_labels;
	}
	for (size_t i = 0; i < f->n_labels; i++)
		if (label_selector_matches(f->labels[i], labels, n))
			return true;
	return false;
}

static bool identities_hold(const struct filter_names *f, uint32_t identity)
{
	for (size_t i = 0; i < f->n_identities; i++)
		if (f->identities[i] == identity)
			return true;
	return !f->n_identities;
}

static bool clusters_hold(const struct filter_names *f, const struct endpoint *e)
{
	for (size_t i = 0; e && i < f->clusters.n; i++)
		if (!strcmp(f->clusters.v[i], e->cluster))
			return true;
	return !f->clusters.n;
}

bool filter_names_hold(const struct filter_names *f, const struct flow_end *e)
{
	return !f->used || (pods_hold(f, e->endpoint) && services_hold(f, e->service) &&
			    identities_hold(f, e->identity) && workloads_hold(f, e->endpoint) &&
			    clusters_hold(f, e->endpoint) && fqdns_hold(f, flow_end_names(e)) &&
			    labels_hold(f, e));
}

void filter_paths_clear(struct filter_path *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free(p[i].dir);
		free(p[i].name);
	}
	free(p);
}

void filter_names_clear(struct filter_names *f)
{
	for (size_t i = 0; i < f->n_labels; i++)
		label_selector_free(f->labels[i]);
	free(f->labels);
	free(f->identities);
	filter_paths_clear(f->pods, f->n_pods);
	filter_paths_clear(f->services, f->n_services);
	filter_paths_clear(f->workloads, f->n_workloads);
	filter_texts_clear(&f->namespaces);
	filter_texts_clear(&f->fqdns);
	filter_texts_clear(&f->clusters);
}
