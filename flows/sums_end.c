// SPDX-License-Identifier: MIT
#include "flows/sums_end.h"

#include "flows/summary.h"
#include "flows/sums_own.h"
#include "flows/where.h"

#define TEXT_MAX 512

static const char *workload_of(const struct flow_end *e)
{
	return endpoint_is_pod(e->endpoint) ? e->endpoint->workload : "";
}

/* 0.0.0.0 and ::, which a listener has that takes all. */
static bool is_any(const struct ip_addr *a)
{
	static const struct ip_addr none;

	return !memcmp(a->b, none.b, 10) && !memcmp(a->b + 12, none.b, 4);
}

/* Nothing but its address is its own. */
static bool is_numbered(const struct flow *f, const struct flow_end *e)
{
	return f->ip_version && flow_has_addr(f, e) && !is_any(&e->addr) &&
	       !endpoint_is_pod(e->endpoint) && !e->service && !*endpoint_node_name(e->endpoint);
}

/* A DNS name may be that of a pod: which of these it is belongs to the name. */
static const char *kind_of(const struct flow_end *e)
{
	if (endpoint_is_pod(e->endpoint))
		return "pod";
	if (e->service)
		return "service";
	return *endpoint_node_name(e->endpoint) ? "node" : "";
}

/* ------------------------------------------------------------------------ which */

static uint64_t pair_hash(const char *space, size_t n_space, const char *name, size_t n)
{
	return sums_mix(table_hash(space, n_space), table_hash(name, n));
}

/* Of "space/name", which is also what ends are called that were not known by their parts. */
static uint64_t text_hash(const char *s, size_t n)
{
	const char *slash = n ? memchr(s, '/', n) : NULL;
	size_t space = slash ? (size_t)(slash - s) : 0;

	return slash ? pair_hash(s, space, slash + 1, n - space - 1) : pair_hash("", 0, s, n);
}

/* How long it is; 0: it is written in another way than it is. */
static size_t plain_length(const char *s)
{
	size_t n = 0;

	while (s[n] > ' ' && s[n] < 0x7f && s[n] != '/')
		n++;
	return s[n] || n >= TEXT_MAX ? 0 : n;
}

static uint64_t written_hash(struct text *scratch, const struct flow *f, const struct flow_end *e)
{
	scratch->len = scratch->err = 0;
	flow_host_text(scratch, f, e, false);
	return text_hash(scratch->data, scratch->len);
}

/* By its parts where that is possible: it is asked of every flow, and to write a name takes long. */
static uint64_t name_hash(struct text *scratch, const struct flow *f, const struct flow_end *e)
{
	const char *space, *name, *kind = kind_of(e);
	bool pod = endpoint_is_pod(e->endpoint);
	size_t n_space, n;

	if (flow_foreign(f) || (!pod && !e->service))
		return sums_mix(written_hash(scratch, f, e), *kind);
	space = pod ? e->endpoint->namespace_name : e->service->namespace_name;
	name = pod ? e->endpoint->name : e->service->name;
	n_space = plain_length(space);
	n = plain_length(name);
	if (!n || (!n_space && *space))
		return sums_mix(written_hash(scratch, f, e), *kind);
	return sums_mix(pair_hash(space, n_space, name, n), *kind);
}

static void find_out(struct text *scratch, const struct flow *f, const struct flow_end *e,
		     struct sums_end_id *ret)
{
	const char *workload = workload_of(e), *space;

	ret->own = is_numbered(f, e) ? table_hash(&e->addr, sizeof(e->addr))
				     : name_hash(scratch, f, e);
	ret->work = ret->own;
	if (!*workload)
		return;
	space = e->endpoint->namespace_name;
	ret->work = sums_mix(pair_hash(space, strlen(space), workload, strlen(workload)), 1);
}

void sums_end_id(struct sums *s, const struct flow *f, const struct flow_end *e,
		 struct sums_end_id *ret)
{
	bool plain = e->endpoint && !flow_foreign(f);
	struct sums_known *known =
		&s->known[((uintptr_t)e->endpoint >> 4) * 0x9e3779b97f4a7c15 >> 32 &
			  (SUMS_KNOWN - 1)];

	if (plain && known->endpoint == e->endpoint) {
		*ret = known->id;
		return;
	}
	find_out(&s->scratch, f, e, ret);
	if (!plain || !endpoint_is_pod(e->endpoint))
		return;
	endpoint_put(known->endpoint);
	*known = (struct sums_known){endpoint_get(e->endpoint), *ret};
}

uint64_t sums_end_names(const struct flow *f, const struct flow_end *e)
{
	const struct name_list *names = flow_end_names(e);
	uint64_t hash = 0;

	for (uint32_t i = 0; names && is_numbered(f, e) && i < names->n; i++)
		hash = sums_mix(hash, sums_text_hash(names->names[i]));
	return hash;
}

/* ------------------------------------------------------------------------- texts */

void sums_put_end(struct text *t, const struct flow *f, const struct flow_end *e)
{
	const char *workload = workload_of(e);

	flow_host_text(t, f, e, false);
	text_char(t, '\0');
	if (!*workload) {
		flow_host_text(t, f, e, false);
	} else {
		if (*e->endpoint->namespace_name) {
			text_escape(t, e->endpoint->namespace_name, TEXT_MAX);
			text_char(t, '/');
		}
		text_escape(t, workload, TEXT_MAX);
	}
	text_char(t, '\0');
	text_mem(t, workload, strnlen(workload, TEXT_MAX));
	text_char(t, '\0');
	if (*workload)
		text_mem(t, e->endpoint->namespace_name,
			 strnlen(e->endpoint->namespace_name, TEXT_MAX));
	text_char(t, '\0');
	if (is_numbered(f, e))
		text_addr(t, &e->addr);
	text_char(t, '\0');
	text_str(t, kind_of(e));
	text_char(t, '\0');
}

const char *sums_take_end(const char *texts, struct sums_end *ret)
{
	ret->name = sums_take(&texts);
	ret->work = sums_take(&texts);
	ret->workload = sums_take(&texts);
	ret->namespace_name = sums_take(&texts);
	ret->address = sums_take(&texts);
	ret->kind = sums_take(&texts);
	return texts;
}

/* ------------------------------------------------------------------- expressions */

static void begin_term(struct text *t, const char *prefix, const char *field)
{
	text_str(t, t->len ? " && " : "");
	text_str(t, prefix);
	text_str(t, field);
	text_str(t, " == ");
}

static void term(struct text *t, const char *prefix, const char *field, const char *value)
{
	begin_term(t, prefix, field);
	where_quote(t, value);
}

static void has(struct text *t, const char *before, const char *prefix, const char *field)
{
	text_str(t, before);
	text_str(t, prefix);
	text_str(t, field);
	text_char(t, ')');
}

/* Its name is not another's: an address may have a DNS name like a pod's. */
static void named(struct text *t, const char *prefix, const struct sums_end *e)
{
	term(t, prefix, "name", e->name);
	if (!strcmp(e->kind, "node")) {
		begin_term(t, prefix, "kind");
		text_str(t, "node");
		has(t, " && !has(", prefix, "service");
	} else if (*e->kind) {
		has(t, " && has(", prefix, e->kind);
	}
	if (!strcmp(e->kind, "service"))
		has(t, " && !has(", prefix, "pod");
	if (!strcmp(e->kind, "pod") && e->workload)
		has(t, " && !has(", prefix, "workload");
}

/* What is a pod, a Service or a node has its row by that. */
static void numbered(struct text *t, const char *prefix, const char *address)
{
	begin_term(t, prefix, "ip");
	text_str(t, address);
	has(t, " && !has(", prefix, "pod");
	has(t, " && !has(", prefix, "service");
	text_str(t, " && ");
	text_str(t, prefix);
	text_str(t, "kind != node");
}

void sums_end_terms(struct text *t, const char *prefix, const struct sums_end *e)
{
	if (e->workload && *e->workload) {
		term(t, prefix, "namespace", e->namespace_name);
		term(t, prefix, "workload", e->workload);
	} else if (*e->address) {
		numbered(t, prefix, e->address);
	} else {
		named(t, prefix, e);
	}
}
