// SPDX-License-Identifier: MIT
/* What the ends of a flow are called. */
#include "flows/summary.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
/* As flows/endpoint.c keeps them. */
#define NAME_MAX_KEPT 513
#define TEXT_PIECE 512

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

void escape_marks(struct text *t, const char *s, const char *marks)
{
	char piece[TEXT_PIECE];

	while (*s) {
		size_t n = strcspn(s, marks);

		if (n >= sizeof(piece))
			n = sizeof(piece) - 1;
		memcpy(piece, s, n);
		piece[n] = '\0';
		text_escape(t, piece, sizeof(piece));
		s += n;
		if (!*s || !strchr(marks, *s))
			continue;
		text_mem(t, "\\x20", *s == ' ' ? 4 : 1);
		if (*s != ' ')
			text_char(t, *s);
		s++;
	}
}

/* A process may be called anything: its spaces must not make other words of a line. */
static void word_text(struct text *t, const char *s)
{
	if (strchr(s, ' '))
		escape_marks(t, s, " ");
	else
		text_escape(t, s, NAME_MAX_KEPT);
}

static void pair_text(struct text *t, const char *namespace_name, const char *name)
{
	if (*namespace_name) {
		word_text(t, namespace_name);
		text_char(t, '/');
	}
	word_text(t, name);
}

void name_list_text(struct text *t, const struct name_list *l)
{
	for (uint32_t i = 0; i < l->n; i++) {
		if (i)
			text_char(t, ',');
		word_text(t, l->names[i]);
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
		word_text(t, endpoint_node_name(ep));
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
