// SPDX-License-Identifier: MIT
#include "flows/map_where.h"

#include "flows/where.h"

#define PROTO_TCP 6
#define PROTO_UDP 17
#define PROTO_SCTP 132

/* END.FIELD OPERATOR VALUE */
static void compare(struct text *t, const char *end, const char *field, const char *value)
{
	text_str(t, end);
	text_char(t, '.');
	text_str(t, field);
	text_str(t, " == ");
	where_quote(t, value);
}

/* has(END.FIELD), or its contrary */
static void lacks(struct text *t, const char *end, const char *field)
{
	text_str(t, "!has(");
	text_str(t, end);
	text_char(t, '.');
	text_str(t, field);
	text_char(t, ')');
}

static void namespace_is(struct text *t, const char *end, const char *name)
{
	if (*name)
		compare(t, end, "namespace", name);
	else
		lacks(t, end, "namespace");
	text_str(t, " && ");
}

/* A workload, or what has none by its own name. */
static void named(struct text *t, const struct service_map_options *opt, const char *end,
		  const struct map_node *n)
{
	static const char *const kinds[MAP_NODE_KINDS] = {
		[MAP_NODE_CONTAINER] = "container",
		[MAP_NODE_UNIT] = "unit",
		[MAP_NODE_PROCESS] = "process",
	};

	namespace_is(t, end, n->namespace_name);
	if (kinds[n->kind]) {
		text_str(t, end);
		text_str(t, ".kind == ");
		text_str(t, kinds[n->kind]);
		text_str(t, " && ");
	}
	if (opt->group == MAP_ENDPOINT) {
		compare(t, end, "pod", n->name);
	} else if (*n->workload_kind) {
		compare(t, end, "workload", n->name);
	} else {
		text_char(t, '(');
		compare(t, end, "workload", n->name);
		text_str(t, " || ");
		lacks(t, end, "workload");
		text_str(t, " && ");
		compare(t, end, "pod", n->name);
		text_char(t, ')');
	}
}

/*
 * Its pods, and Services whose backends are not known. "host" is also what this machine and the
 * other nodes do themselves.
 */
static void in_namespace(struct text *t, const char *end, const char *name)
{
	text_char(t, '(');
	compare(t, end, "namespace", name);
	text_str(t, " || ");
	lacks(t, end, "pod");
	text_str(t, " && ");
	if (!strcmp(name, "host")) {
		text_char(t, '(');
		text_str(t, end);
		text_str(t, ".kind == node || ");
		text_str(t, end);
		text_str(t, ".identity in (host, unmanaged, health, init, remote-node, "
			    "kube-apiserver, ingress))");
	} else {
		compare(t, end, "service.namespace", name);
	}
	text_char(t, ')');
}

static void identity_is(struct text *t, const char *end, const char *identity)
{
	text_str(t, end);
	text_str(t, ".identity == ");
	where_quote(t, identity);
	text_str(t, " && ");
	lacks(t, end, "pod");
}

static void host(struct text *t, const char *end, const char *name)
{
	static const char *const identities[] = {
		"host", "unmanaged", "health", "init", "remote-node", "kube-apiserver", "ingress",
	};

	for (size_t i = 0; i < sizeof(identities) / sizeof(*identities); i++)
		if (!strcmp(name, identities[i])) {
			identity_is(t, end, name);
			return;
		}
	text_str(t, end);
	text_str(t, ".kind == node && ");
	compare(t, end, "name", name);
}

static void address(struct text *t, const char *end, const char *name)
{
	text_str(t, end);
	text_str(t, ".ip == ");
	text_str(t, name);
}

static void by_name(struct text *t, const char *end, const char *name)
{
	compare(t, end, "dns", name);
	text_str(t, " && ");
	lacks(t, end, "pod");
}

static void place(struct text *t, const struct service_map_options *opt, const char *end,
		  const char *name)
{
	if (opt->world != MAP_WORLD_ASN || strncmp(name, "AS", 2)) {
		compare(t, end, strlen(name) == 2 ? "country" : "country.name", name);
		return;
	}
	text_str(t, end);
	text_str(t, ".asn == ");
	text_mem(t, name + 2, strspn(name + 2, "0123456789"));
}

/* By what the name is, not by how it looks: the DNS has names like "1.2.3", and "world". */
static void outside(struct text *t, const struct service_map_options *opt, const char *end,
		    const struct map_node *n)
{
	switch (n->called) {
	case MAP_BY_ADDRESS:
		address(t, end, n->name);
		break;
	case MAP_BY_IDENTITY:
		identity_is(t, end, "world");
		break;
	case MAP_BY_PLACE:
		place(t, opt, end, n->name);
		break;
	default:
		by_name(t, end, n->name);
	}
}

bool map_end_where(struct text *t, const struct service_map_options *opt, const char *end,
		   const struct map_node *n)
{
	switch (n->kind) {
	case MAP_NODE_WORKLOAD:
	case MAP_NODE_CONTAINER:
	case MAP_NODE_UNIT:
	case MAP_NODE_PROCESS:
		named(t, opt, end, n);
		return true;
	case MAP_NODE_SERVICE:
		compare(t, end, "service", n->name);
		text_str(t, " && ");
		compare(t, end, "service.namespace", n->namespace_name);
		text_str(t, " && ");
		lacks(t, end, "pod");
		return true;
	case MAP_NODE_HOST:
		host(t, end, n->name);
		return true;
	case MAP_NODE_ADDRESS:
		if (n->called != MAP_BY_ADDRESS)
			return false; /* many as one, or nobody knows */
		address(t, end, n->name);
		return true;
	case MAP_NODE_WORLD:
		outside(t, opt, end, n);
		return true;
	case MAP_NODE_NAMESPACE:
		in_namespace(t, end, *n->namespace_name ? n->namespace_name : n->name);
		return true;
	}
	return false;
}

/* The fields of any. ask either end each on its own, so both ends are written out. */
bool map_node_where(struct text *t, const struct service_map_options *opt, const struct map_node *n)
{
	size_t from = t->len;

	text_char(t, '(');
	if (!map_end_where(t, opt, "src", n)) {
		t->len = from;
		return false;
	}
	text_str(t, ") || (");
	map_end_where(t, opt, "dst", n);
	text_char(t, ')');
	return true;
}

/* ------------------------------------------------------------------------ edges */

static bool has_ports(uint8_t protocol)
{
	return protocol == PROTO_TCP || protocol == PROTO_UDP || protocol == PROTO_SCTP;
}

static void protocol_is(struct text *t, uint8_t protocol)
{
	text_str(t, "protocol == ");
	text_u64(t, protocol);
}

/* The port tells which of the two is the one that is called. */
static void edge_ports(struct text *t, const char *server, const struct map_edge *edges, size_t n)
{
	if (n > 1)
		text_char(t, '(');
	for (size_t i = 0; i < n; i++) {
		if (i)
			text_str(t, " || ");
		if (n > 1)
			text_char(t, '(');
		protocol_is(t, edges[i].protocol);
		text_str(t, " && ");
		text_str(t, server);
		text_str(t, ".port == ");
		text_u64(t, edges[i].port);
		if (n > 1)
			text_char(t, ')');
	}
	if (n > 1)
		text_char(t, ')');
}

static bool pair(struct text *t, const struct service_map_options *opt, const char *from,
		 const char *to, const struct map_snapshot *s, const struct map_edge *e)
{
	if (!map_end_where(t, opt, from, &s->nodes[e->from]))
		return false;
	text_str(t, " && ");
	return map_end_where(t, opt, to, &s->nodes[e->to]);
}

/* Every one of them has a port of its own. */
static bool all_ported(const struct map_edge *edges, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!edges[i].port || !has_ports(edges[i].protocol))
			return false;
	return n > 0;
}

/* Of what has no port, or several, the flow says who began. */
static bool by_roles(struct text *t, const struct service_map_options *opt,
		     const struct map_snapshot *s, const struct map_edge *edges, size_t n)
{
	if (!pair(t, opt, "client", "server", s, edges))
		return false;
	if (n == 1 && edges->protocol) {
		text_str(t, " && ");
		protocol_is(t, edges->protocol);
	}
	return true;
}

static bool by_ports(struct text *t, const struct service_map_options *opt,
		     const struct map_snapshot *s, const struct map_edge *edges, size_t n)
{
	text_char(t, '(');
	if (!pair(t, opt, "src", "dst", s, edges))
		return false;
	text_str(t, " && ");
	edge_ports(t, "dst", edges, n);
	text_str(t, ") || (");
	pair(t, opt, "dst", "src", s, edges);
	text_str(t, " && ");
	edge_ports(t, "src", edges, n);
	text_char(t, ')');
	return true;
}

bool map_edges_where(struct text *t, const struct service_map_options *opt,
		     const struct map_snapshot *s, const struct map_edge *edges, size_t n)
{
	size_t from = t->len;
	bool good = all_ported(edges, n) ? by_ports(t, opt, s, edges, n)
					 : by_roles(t, opt, s, edges, n);

	if (!good)
		t->len = from;
	return good;
}
