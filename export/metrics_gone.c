// SPDX-License-Identifier: MIT
/* Series of pods that are gone. */
#include <stdio.h>
#include <stdlib.h>

#include "export/metrics_parts.h"

#define GONE_MAX 8192 /* beyond: the series of the oldest stay */
#define KEEP_NS 60000000000ull /* as Hubble */

struct gone_pod {
	char *path; /* "shop/cart-1" */
	const char *name; /* in it */
};

struct gone_pods {
	struct gone_pod v[GONE_MAX];
	uint64_t due_ns[GONE_MAX]; /* 0: not known yet, the next tick sets it */
	size_t first, n; /* a ring */
	struct gone_pod *due; /* those that are being removed, by path, then by name */
	size_t n_due;
};

void metrics_gone_free(struct gone_pods *g)
{
	for (size_t i = 0; g && i < g->n; i++)
		free(g->v[(g->first + i) % GONE_MAX].path);
	free(g);
}

void metrics_pod_gone(struct metrics *m, const char *namespace_name, const char *name)
{
	struct gone_pods *g = m->gone;
	struct gone_pod *p;

	if (!g)
		g = m->gone = calloc(1, sizeof(*g));
	if (!g || !*name)
		return;
	if (g->n == GONE_MAX) {
		free(g->v[g->first].path);
		g->first = (g->first + 1) % GONE_MAX;
		g->n--;
	}
	p = &g->v[(g->first + g->n) % GONE_MAX];
	if (asprintf(&p->path, "%s%s%s", namespace_name, *namespace_name ? "/" : "", name) < 0)
		return;
	p->name = p->path + strlen(p->path) - strlen(name);
	g->due_ns[(g->first + g->n) % GONE_MAX] = 0;
	g->n++;
}

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct gone_pod *)a)->path, ((const struct gone_pod *)b)->path);
}

static bool is_due(const struct gone_pods *g, const char *path)
{
	const struct gone_pod key = {.path = (char *)path};

	return bsearch(&key, g->due, g->n_due, sizeof(*g->due), by_path);
}

/* Is there a label that says so: a pod's path, or a name with its namespace's label beside it. */
static bool names_it(void *arg, const struct metric_family *f, const struct metric_series *s)
{
	const struct gone_pods *g = arg;
	const char *value = metric_series_key(f, s), *pod[2] = {NULL}, *space[2] = {NULL};
	char path[2 * METRIC_VALUE_MAX + 2];

	for (size_t i = 0; i < f->n_labels; i++, value += strlen(value) + 1) {
		const char *label = f->labels[i];

		if ((!strcmp(label, "source") || !strcmp(label, "destination")) && *value) {
			if (is_due(g, value))
				return true;
		} else if (!strcmp(label, "source_pod")) {
			pod[0] = value;
		} else if (!strcmp(label, "destination_pod")) {
			pod[1] = value;
		} else if (!strcmp(label, "source_namespace")) {
			space[0] = value;
		} else if (!strcmp(label, "destination_namespace")) {
			space[1] = value;
		}
	}
	for (size_t i = 0; i < 2; i++) {
		if (!pod[i] || !*pod[i])
			continue;
		/* Without a namespace the name has to do: see add_names(). */
		snprintf(path, sizeof(path), "%s%s%s", space[i] ? space[i] : "",
			 space[i] && *space[i] ? "/" : "", pod[i]);
		if (is_due(g, path))
			return true;
	}
	return false;
}

static bool has_pods(const struct metric_family *f)
{
	for (size_t i = 0; i < f->n_labels; i++)
		if (!strcmp(f->labels[i], "source") || !strcmp(f->labels[i], "destination") ||
		    !strcmp(f->labels[i], "source_pod") || !strcmp(f->labels[i], "destination_pod"))
			return true;
	return false;
}

/* All that are due at once, in one walk over the series. */
static void remove_due(struct metrics *m, size_t n)
{
	struct gone_pods *g = m->gone;
	struct metric_family *f;

	g->due = calloc(2 * n, sizeof(*g->due));
	g->n_due = 0;
	for (size_t i = 0; g->due && i < n; i++) {
		struct gone_pod *p = &g->v[(g->first + i) % GONE_MAX];

		g->due[g->n_due++] = *p;
		/* Labels may hold the name alone (pod-name). */
		g->due[g->n_due++] = (struct gone_pod){.path = (char *)p->name};
	}
	if (g->due)
		qsort(g->due, g->n_due, sizeof(*g->due), by_path);
	for (unsigned int i = 0; g->due && (f = metrics_family(m, i)); i++)
		if (has_pods(f))
			metric_family_remove(f, g, names_it);
	free(g->due);
	g->due = NULL;
}

void metrics_gone_tick(struct metrics *m, uint64_t now_ns)
{
	struct gone_pods *g = m->gone;
	size_t due = 0;

	if (!g)
		return;
	for (size_t i = g->n; i--;) {
		uint64_t *at = &g->due_ns[(g->first + i) % GONE_MAX];

		if (*at)
			break;
		*at = now_ns + KEEP_NS;
	}
	while (due < g->n && g->due_ns[(g->first + due) % GONE_MAX] <= now_ns)
		due++;
	if (!due)
		return;
	remove_due(m, due);
	for (size_t i = 0; i < due; i++)
		free(g->v[(g->first + i) % GONE_MAX].path);
	g->first = (g->first + due) % GONE_MAX;
	g->n -= due;
}
