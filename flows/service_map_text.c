// SPDX-License-Identifier: MIT
/* What nodes and edges of the service map are called on the screen. */
#include "flows/flow.h"
#include "flows/service_map_parts.h"

#define SHARE 100 /* errors that are fewer than one in so many are no alarm */

const char *map_node_kind_name(unsigned int kind)
{
	static const char *const names[MAP_NODE_KINDS] = {
		[MAP_NODE_WORKLOAD] = "workload",   [MAP_NODE_SERVICE] = "service",
		[MAP_NODE_CONTAINER] = "container", [MAP_NODE_UNIT] = "unit",
		[MAP_NODE_PROCESS] = "process",	    [MAP_NODE_HOST] = "host",
		[MAP_NODE_WORLD] = "world",	    [MAP_NODE_ADDRESS] = "address",
		[MAP_NODE_NAMESPACE] = "namespace", [MAP_NODE_OTHERS] = "others",
	};

	return kind < MAP_NODE_KINDS ? names[kind] : "unknown";
}

void map_node_text(struct text *t, const struct map_node *n)
{
	if (*n->namespace_name) {
		text_escape(t, n->namespace_name, MAP_TEXT_MAX);
		text_char(t, '/');
	}
	text_escape(t, n->name, MAP_TEXT_MAX);
}

void map_edge_text(struct text *t, const struct map_edge *e)
{
	const char *name = protocol_name(e->protocol);

	if (!e->protocol)
		text_str(t, "several");
	else if (name)
		text_str(t, name);
	else
		text_u64(t, e->protocol);
	if (e->port) {
		text_char(t, ' ');
		text_u64(t, e->port);
	} else if (e->protocol == 6 || e->protocol == 17 || e->protocol == 132) {
		text_str(t, " several ports");
	}
	if (!*e->app)
		return;
	text_char(t, ' ');
	text_str(t, e->app);
}

bool map_edge_is_cut(const struct map_edge *e)
{
	return e->drops && e->drops >= e->sent && !e->reply_packets;
}

bool map_edge_is_bad(const struct map_edge *e)
{
	uint64_t tries = e->connections > e->requests ? e->connections : e->requests;

	return e->drops || (e->errors && e->errors >= tries / SHARE);
}
