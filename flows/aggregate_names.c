// SPDX-License-Identifier: MIT
/* Which group a flow belongs to: what its ends are called there. */
#include "flows/aggregate_names.h"

#include "flows/summary.h"

#define NAME_MAX_KEPT 513

/*
 * Who began is not known of drops and of what Hubble had no connection for. A port that
 * nobody is given by chance tells the server, else the sender began.
 */
bool aggregate_is_swapped(const struct flow *f)
{
	uint16_t src = flow_port(f, &f->src), dst = flow_port(f, &f->dst);

	if (f->is_reply != REPLY_UNKNOWN && !flow_is_drop(f))
		return f->is_reply == REPLY_YES;
	if (f->is_reply == REPLY_YES)
		return true;
	return src && dst && src < dst && src < AGGREGATE_EPHEMERAL && dst >= AGGREGATE_EPHEMERAL;
}

static void pair(struct text *t, const char *namespace_name, const char *name)
{
	if (*namespace_name) {
		text_escape(t, namespace_name, NAME_MAX_KEPT);
		text_char(t, '/');
	}
	text_escape(t, name, NAME_MAX_KEPT);
}

/* The best name; of several DNS names the first, so that they do not make groups of their own. */
static void by_pair(struct text *t, const struct flow *f, const struct flow_end *e)
{
	const struct name_list *names = flow_end_names(e);

	if (names && !endpoint_is_pod(e->endpoint) && !e->service)
		text_escape(t, names->names[0], NAME_MAX_KEPT);
	else
		flow_host_text(t, f, e, false);
}

static void by_connection(struct text *t, const struct flow *f, const struct flow_end *e)
{
	flow_end_text(t, f, e, false);
}

/* A Service, else what the pods belong to, else the name. */
static void by_service(struct text *t, const struct flow *f, const struct flow_end *e)
{
	const struct endpoint *ep = e->endpoint;

	if (e->service)
		pair(t, e->service->namespace_name, e->service->name);
	else if (endpoint_is_pod(ep) && *ep->workload)
		pair(t, ep->namespace_name, ep->workload);
	else
		by_pair(t, f, e);
}

/* A client's Service says little: its workload, else the name. */
static void by_workload(struct text *t, const struct flow *f, const struct flow_end *e)
{
	const struct endpoint *ep = e->endpoint;

	if (endpoint_is_pod(ep) && *ep->workload)
		pair(t, ep->namespace_name, ep->workload);
	else
		by_pair(t, f, e);
}

static void by_namespace(struct text *t, const struct flow *f, const struct flow_end *e)
{
	const char *identity = identity_name(e->identity);

	(void)f;
	if (e->endpoint && *e->endpoint->namespace_name)
		text_escape(t, e->endpoint->namespace_name, NAME_MAX_KEPT);
	else if (e->service && *e->service->namespace_name)
		text_escape(t, e->service->namespace_name, NAME_MAX_KEPT);
	else
		text_str(t, identity ? identity : "unknown");
}

typedef void naming(struct text *t, const struct flow *f, const struct flow_end *e);

void aggregate_key(struct text *t, enum aggregate_by by, const struct flow *f,
		   struct aggregate_key *ret)
{
	static naming *const names[][2] = {
		[BY_CONNECTION] = {by_connection, by_connection},
		[BY_PAIR] = {by_pair, by_pair},
		[BY_SERVICE] = {by_workload, by_service},
		[BY_NAMESPACE] = {by_namespace, by_namespace},
	};
	bool swapped = aggregate_is_swapped(f);
	const struct flow_end *server = swapped ? &f->src : &f->dst;

	t->len = t->err = 0;
	names[by][0](t, f, swapped ? &f->dst : &f->src);
	text_char(t, '\0');
	ret->destination = t->len;
	names[by][1](t, f, server);
	text_char(t, '\0');
	ret->port = by == BY_NAMESPACE ? 0 : flow_port(f, server);
	ret->protocol = by == BY_NAMESPACE ? 0 : f->protocol;
	text_mem(t, (const char *)&ret->port, sizeof(ret->port));
	text_char(t, ret->protocol);
}
