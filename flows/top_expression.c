// SPDX-License-Identifier: MIT
/* What selects exactly the flows of a group, as an expression of flows/where.h. */
#include <stdio.h>
#include <string.h>

#include "flows/top_own.h"
#include "flows/where.h"

/* src.FIELD == "..." */
static void equals(struct text *t, const char *end, const char *field, const char *s)
{
	text_str(t, end);
	text_str(t, field);
	text_str(t, " == ");
	where_quote(t, s);
}

/* ----------------------------------------------------------------------- endpoints */

/* A name, or the first of a list that begins with it. */
static void named(struct text *t, const char *end, const struct group *g)
{
	bool list = g->flags & GROUP_LIST;

	if (list)
		text_char(t, '(');
	text_str(t, end);
	text_str(t, ".name == ");
	where_quote_mem(t, g->key, g->n_key);
	if (!list)
		return;
	text_str(t, " || ");
	text_str(t, end);
	text_str(t, ".name startswith \"");
	/* the quoted name, with a comma before its last quote */
	t->len--;
	where_quote_mem(t, g->key, g->n_key);
	t->len--;
	text_str(t, ",\")");
}

static void endpoint(struct text *t, const struct group *g)
{
	named(t, "any", g);
}

static bool pair(struct text *t, const struct group *g)
{
	struct group *a = ref_group(g->pair.endpoint[0]), *b = ref_group(g->pair.endpoint[1]);

	if (!a || !b)
		return false;
	if (a != b)
		text_char(t, '(');
	named(t, "src", a);
	text_str(t, " && ");
	named(t, "dst", b);
	if (a == b)
		return true;
	text_str(t, ") || (");
	named(t, "src", b);
	text_str(t, " && ");
	named(t, "dst", a);
	text_char(t, ')');
	return true;
}

/* --------------------------------------------------------------------- connections */

static void tuple_end(struct text *t, const char *end, const struct tuple_end *e)
{
	if (e->has_addr) {
		text_str(t, end);
		text_str(t, ".ip == ");
		text_addr(t, &e->addr);
	} else {
		text_str(t, "!has(");
		text_str(t, end);
		text_str(t, ".ip)");
	}
	text_str(t, e->port ? " && " : " && !has(");
	text_str(t, end);
	text_str(t, e->port ? ".port == " : ".port)");
	if (e->port)
		text_u64(t, e->port);
}

static void protocol(struct text *t, const struct connection_part *c)
{
	if (c->ip_version) {
		text_str(t, "protocol == ");
		text_u64(t, c->protocol);
		text_str(t, " && ip.version == ");
		text_u64(t, c->ip_version);
		return;
	}
	text_str(t, "!has(ip.version) && ");
	text_str(t, c->ethertype ? "ethertype == " : "!has(ethertype)");
	if (c->ethertype)
		text_u64(t, c->ethertype);
}

static void connection(struct text *t, const struct group *g)
{
	const struct connection_part *c = &g->connection;

	if (c->id) {
		text_str(t, "connection == \"");
		text_hex(t, c->id, 16);
		text_char(t, '"');
		return;
	}
	text_str(t, "((");
	tuple_end(t, "src", &c->end[0]);
	text_str(t, " && ");
	tuple_end(t, "dst", &c->end[1]);
	text_str(t, ") || (");
	tuple_end(t, "src", &c->end[1]);
	text_str(t, " && ");
	tuple_end(t, "dst", &c->end[0]);
	text_str(t, ")) && ");
	protocol(t, c);
	text_str(t, " && !has(connection)");
}

/* ------------------------------------------------------------- what an end is part of */

/* Both ends, each by the terms of fn. */
static void either(struct text *t, const struct group *g,
		   void (*fn)(struct text *t, const char *end, const struct group *g))
{
	text_char(t, '(');
	fn(t, "src", g);
	text_str(t, ") || (");
	fn(t, "dst", g);
	text_char(t, ')');
}

static void service_space(struct text *t, const char *end, const struct group *g)
{
	text_str(t, "!has(");
	text_str(t, end);
	text_str(t, ".namespace) && ");
	equals(t, end, ".service.namespace", g->key);
}

static void no_space(struct text *t, const char *end, const struct group *g)
{
	text_str(t, "!has(");
	text_str(t, end);
	text_str(t, ".namespace) && !has(");
	text_str(t, end);
	text_str(t, ".service.namespace) && ");
	if (g->kind == KIND_NO_IDENTITY)
		text_str(t, "!has(");
	text_str(t, end);
	text_str(t, g->kind == KIND_NO_IDENTITY ? ".identity)" : ".identity == ");
	if (g->kind == KIND_NO_IDENTITY)
		return;
	where_quote_mem(t, g->key, g->n_key);
}

static void comm_alone(struct text *t, const char *end, const struct group *g)
{
	text_str(t, end);
	text_str(t, ".process == ");
	where_quote_mem(t, g->key, g->n_key);
	text_str(t, " && !has(");
	text_str(t, end);
	text_str(t, ".exe)");
}

static void pod(struct text *t, const char *end, const struct group *g)
{
	const char *name = g->key + strlen(g->key) + 1, *container = name + strlen(name) + 1;

	text_str(t, end);
	text_str(t, ".kind in (pod, container) && ");
	equals(t, end, ".namespace", g->key);
	text_str(t, " && ");
	equals(t, end, ".pod", name);
	text_str(t, " && ");
	equals(t, end, ".container", container);
	text_str(t, " && !has(");
	text_str(t, end);
	text_str(t, ".container.id)");
}

static void unit(struct text *t, const char *end, const struct group *g)
{
	text_str(t, end);
	text_str(t, ".kind == unit && ");
	equals(t, end, ".pod", g->key + strlen(g->key) + 1);
	text_str(t, " && ");
	equals(t, end, ".namespace", g->key);
	text_str(t, " && !has(");
	text_str(t, end);
	text_str(t, ".container.id)");
}

static void any_is(struct text *t, const char *field, const struct group *g)
{
	text_str(t, "any");
	text_str(t, field);
	text_str(t, " == ");
	where_quote_mem(t, g->key, g->n_key);
}

static void space(struct text *t, const struct group *g)
{
	if (g->kind != KIND_NAMESPACE) {
		either(t, g, no_space);
		return;
	}
	any_is(t, ".namespace", g);
	if (!(g->flags & GROUP_SERVICE))
		return;
	text_str(t, " || ");
	either(t, g, service_space);
}

bool top_end_expression(const struct top *t, enum top_dimension d, uint64_t key, int side,
			struct text *ret)
{
	const struct group *g = top_find(t, d, key), *e = NULL;

	if (g && d == TOP_CONNECTIONS)
		e = ref_group(g->connection.endpoint[side]);
	else if (g && d == TOP_PAIRS)
		e = ref_group(g->pair.endpoint[side]);
	if (!e)
		return false;
	endpoint(ret, e);
	return true;
}

bool top_expression(const struct top *t, enum top_dimension d, uint64_t key, struct text *ret)
{
	const struct group *g = top_find(t, d, key);

	if (!g)
		return false;
	switch (d) {
	case TOP_CONNECTIONS:
		connection(ret, g);
		return true;
	case TOP_ENDPOINTS:
		endpoint(ret, g);
		return true;
	case TOP_PAIRS:
		return pair(ret, g);
	case TOP_NAMESPACES:
		space(ret, g);
		return true;
	case TOP_EXECUTABLES:
		if (g->kind == KIND_EXE)
			any_is(ret, ".exe", g);
		else
			either(ret, g, comm_alone);
		return true;
	case TOP_CONTAINERS:
		if (g->kind == KIND_CONTAINER_ID)
			any_is(ret, ".container.id", g);
		else
			either(ret, g, pod);
		return true;
	case TOP_UNITS:
		either(ret, g, unit);
		return true;
	default:
		return false;
	}
}
