// SPDX-License-Identifier: MIT
#include "flows/endpoint.h"

#include "flows/pack.h"

#define TEXT_MAX 512
#define PATH_MAX_KEPT 4096
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

const char *endpoint_kind_name(unsigned int kind)
{
	static const char *const names[ENDPOINT_KINDS] = {
		[ENDPOINT_UNKNOWN] = "unknown",	    [ENDPOINT_POD] = "pod",
		[ENDPOINT_CONTAINER] = "container", [ENDPOINT_UNIT] = "unit",
		[ENDPOINT_PROCESS] = "process",	    [ENDPOINT_NODE] = "node",
		[ENDPOINT_SERVICE] = "service",	    [ENDPOINT_WORLD] = "world",
	};

	return names[kind < COUNT(names) ? kind : ENDPOINT_UNKNOWN];
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void fill(struct pack *p, struct endpoint *to, const struct endpoint *from)
{
	size_t n = from->n_labels < LABELS_MAX ? from->n_labels : LABELS_MAX;

	to->refs = 1;
	to->id = from->id;
	to->identity = from->identity;
	to->kind = from->kind;
	to->n_labels = n;
	to->labels = pack_strs(p, from->labels, n, LABEL_MAX);
	to->cluster = pack_str(p, from->cluster, TEXT_MAX);
	to->namespace_name = pack_str(p, from->namespace_name, TEXT_MAX);
	to->name = pack_str(p, from->name, TEXT_MAX);
	to->workload = pack_str(p, from->workload, TEXT_MAX);
	to->workload_kind = pack_str(p, from->workload_kind, TEXT_MAX);
	to->node = pack_str(p, from->node, TEXT_MAX);
	to->container = pack_str(p, from->container, TEXT_MAX);
	to->image = pack_str(p, from->image, TEXT_MAX);
	to->container_id = pack_str(p, from->container_id, TEXT_MAX);
	to->cgroup = pack_str(p, from->cgroup, PATH_MAX_KEPT);
}

struct endpoint *endpoint_new(const struct endpoint *from)
{
	struct pack p = {.used = sizeof(*from), .head = sizeof(*from)};
	struct endpoint measured, *to;

	fill(&p, &measured, from);
	to = pack_begin(&p);
	if (!to)
		return NULL;
	fill(&p, to, from);
	to->bytes = p.used;
	if (to->n_labels)
		qsort((void *)to->labels, to->n_labels, sizeof(*to->labels), compare);
	return to;
}

struct endpoint *endpoint_get(struct endpoint *e)
{
	if (e)
		e->refs++;
	return e;
}

void endpoint_put(struct endpoint *e)
{
	if (e && !--e->refs)
		free(e);
}

uint32_t identity_of_labels(const char *const *labels, size_t n)
{
	const uint32_t first = 256, last = (1 << 24) - 1;
	uint64_t h = 0xcbf29ce484222325; /* FNV-1a */

	for (size_t i = 0; i < n; i++) {
		for (const char *c = labels[i]; *c; c++)
			h = (h ^ (unsigned char)*c) * 0x100000001b3;
		h = (h ^ ';') * 0x100000001b3;
	}
	h ^= h >> 32;
	return first + h % (last - first + 1);
}

/* ---------------------------------------------------------------- services */

struct service *service_new(const char *namespace_name, const char *name)
{
	struct pack p = {.used = sizeof(struct service), .head = sizeof(struct service)};
	struct service *s;

	pack_str(&p, namespace_name, TEXT_MAX);
	pack_str(&p, name, TEXT_MAX);
	s = pack_begin(&p);
	if (!s)
		return NULL;
	s->refs = 1;
	s->namespace_name = pack_str(&p, namespace_name, TEXT_MAX);
	s->name = pack_str(&p, name, TEXT_MAX);
	s->bytes = p.used;
	return s;
}

struct service *service_get(struct service *s)
{
	if (s)
		s->refs++;
	return s;
}

void service_put(struct service *s)
{
	if (s && !--s->refs)
		free(s);
}

/* ------------------------------------------------------------------- names */

struct name_list *name_list_new(const char *const *names, size_t n)
{
	struct pack p = {.used = sizeof(struct name_list), .head = sizeof(struct name_list)};
	struct name_list *l;

	if (n > NAMES_MAX)
		n = NAMES_MAX;
	pack_strs(&p, names, n, TEXT_MAX);
	l = pack_begin(&p);
	if (!l)
		return NULL;
	l->refs = 1;
	l->n = n;
	l->names = pack_strs(&p, names, n, TEXT_MAX);
	l->bytes = p.used;
	return l;
}

struct name_list *name_list_get(struct name_list *l)
{
	if (l)
		l->refs++;
	return l;
}

void name_list_put(struct name_list *l)
{
	if (l && !--l->refs)
		free(l);
}

/* ------------------------------------------------------------------ places */

static void fill_place(struct pack *p, struct place *to, const struct place *from)
{
	to->refs = 1;
	to->asn = from->asn;
	memcpy(to->country, from->country, sizeof(to->country));
	to->country[sizeof(to->country) - 1] = 0;
	to->country_name = pack_str(p, from->country_name, TEXT_MAX);
	to->city = pack_str(p, from->city, TEXT_MAX);
	to->as_name = pack_str(p, from->as_name, TEXT_MAX);
}

struct place *place_new(const struct place *from)
{
	struct pack p = {.used = sizeof(*from), .head = sizeof(*from)};
	struct place measured, *to;

	fill_place(&p, &measured, from);
	to = pack_begin(&p);
	if (!to)
		return NULL;
	fill_place(&p, to, from);
	to->bytes = p.used;
	return to;
}

struct place *place_get(struct place *p)
{
	if (p)
		p->refs++;
	return p;
}

void place_put(struct place *p)
{
	if (p && !--p->refs)
		free(p);
}
