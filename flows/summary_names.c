// SPDX-License-Identifier: MIT
/* What the ends of a flow are called. */
#include "flows/summary.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
/* As flows/endpoint.c keeps them. */
#define NAME_MAX_KEPT 513

static const char *const identities[] = {
	"reserved:unknown",	"reserved:host",	   "reserved:world",
	"reserved:unmanaged",	"reserved:health",	   "reserved:init",
	"reserved:remote-node", "reserved:kube-apiserver", "reserved:ingress",
	"reserved:world-ipv4",	"reserved:world-ipv6",
};

const char *identity_name(uint32_t identity)
{
	return identity < COUNT(identities) ? identities[identity] + strlen("reserved:") : NULL;
}

const char *identity_label(uint32_t identity)
{
	return identity && identity < COUNT(identities) ? identities[identity] : NULL;
}

bool endpoint_is_pod(const struct endpoint *e)
{
	return e && *e->name && e->kind != ENDPOINT_NODE && e->kind != ENDPOINT_SERVICE &&
	       e->kind != ENDPOINT_WORLD;
}

const char *endpoint_node_name(const struct endpoint *e)
{
	if (!e || e->kind != ENDPOINT_NODE)
		return "";
	return *e->name ? e->name : e->node;
}

const struct name_list *flow_end_names(const struct flow_end *e)
{
	return e->dns ? e->dns : e->reverse;
}

static void pair_text(struct text *t, const char *namespace_name, const char *name)
{
	if (*namespace_name) {
		text_escape(t, namespace_name, NAME_MAX_KEPT);
		text_char(t, '/');
	}
	text_escape(t, name, NAME_MAX_KEPT);
}

void name_list_text(struct text *t, const struct name_list *l)
{
	for (uint32_t i = 0; i < l->n; i++) {
		if (i)
			text_char(t, ',');
		text_escape(t, l->names[i], NAME_MAX_KEPT);
	}
}

bool flow_end_name_text(struct text *t, const struct flow_end *e)
{
	const struct endpoint *ep = e->endpoint;
	const struct name_list *names;

	if (endpoint_is_pod(ep)) {
		pair_text(t, ep->namespace_name, ep->name);
		return true;
	}
	if (e->service) {
		pair_text(t, e->service->namespace_name, e->service->name);
		return true;
	}
	names = flow_end_names(e);
	if (names)
		name_list_text(t, names);
	else
		text_escape(t, endpoint_node_name(ep), NAME_MAX_KEPT);
	return names || *endpoint_node_name(ep);
}

void place_text(struct text *t, const struct place *p)
{
	size_t from = t->len;

	text_escape(t, p->country, sizeof(p->country));
	if (p->asn) {
		text_str(t, t->len == from ? "AS" : " AS");
		text_u64(t, p->asn);
	}
	if (!*p->as_name)
		return;
	if (t->len != from)
		text_char(t, ' ');
	text_escape(t, p->as_name, NAME_MAX_KEPT);
}
