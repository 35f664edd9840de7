// SPDX-License-Identifier: MIT
#include "flows/hubble.h"

#include "flows/pack.h"

#define NAME_TEXT_MAX 1100
#define SUMMARY_MAX 16384
#define POLICIES_MAX 64
#define NODE_LABELS_MAX 256

static void fill_policies(struct pack *p, struct hubble_policies *to,
			  const struct hubble_policies *from)
{
	size_t n = from->n < POLICIES_MAX ? from->n : POLICIES_MAX;
	struct hubble_policy *v = pack_room(p, n * sizeof(*v));

	for (size_t i = 0; i < n; i++) {
		struct hubble_policy one = {
			.name = pack_str(p, from->v[i].name, NAME_TEXT_MAX),
			.namespace_name = pack_str(p, from->v[i].namespace_name, NAME_TEXT_MAX),
			.kind = pack_str(p, from->v[i].kind, NAME_TEXT_MAX),
		};

		if (v)
			v[i] = one;
	}
	to->v = v;
	to->n = n;
}

static void fill(struct pack *p, struct hubble *to, const struct hubble *from)
{
	uint8_t *wire;

	*to = *from;
	to->refs = 1;
	to->n_node_labels =
		from->n_node_labels < NODE_LABELS_MAX ? from->n_node_labels : NODE_LABELS_MAX;
	to->node_labels = pack_strs(p, from->node_labels, to->n_node_labels, LABEL_MAX);
	fill_policies(p, &to->egress_allowed_by, &from->egress_allowed_by);
	fill_policies(p, &to->ingress_allowed_by, &from->ingress_allowed_by);
	fill_policies(p, &to->egress_denied_by, &from->egress_denied_by);
	fill_policies(p, &to->ingress_denied_by, &from->ingress_denied_by);
	to->node_name = pack_str(p, from->node_name, NAME_TEXT_MAX);
	if (from->response_node)
		to->response_node = pack_str(p, from->response_node, NAME_TEXT_MAX);
	to->uuid = pack_str(p, from->uuid, NAME_TEXT_MAX);
	to->summary = pack_str(p, from->summary, SUMMARY_MAX);
	to->source_mac = pack_str(p, from->source_mac, NAME_TEXT_MAX);
	to->destination_mac = pack_str(p, from->destination_mac, NAME_TEXT_MAX);
	to->source_xlated = pack_str(p, from->source_xlated, NAME_TEXT_MAX);
	to->trace_id = pack_str(p, from->trace_id, NAME_TEXT_MAX);
	to->l4_name = pack_str(p, from->l4_name, NAME_TEXT_MAX);
	wire = pack_room(p, from->n_wire);
	if (wire)
		memcpy(wire, from->wire, from->n_wire);
	to->wire = wire;
}

struct hubble *hubble_new(const struct hubble *from)
{
	struct pack p = {.used = sizeof(*from), .head = sizeof(*from)};
	struct hubble measured, *to;

	fill(&p, &measured, from);
	to = pack_begin(&p);
	if (!to)
		return NULL;
	fill(&p, to, from);
	to->bytes = p.used;
	return to;
}

struct hubble *hubble_get(struct hubble *h)
{
	if (h)
		h->refs++;
	return h;
}

void hubble_put(struct hubble *h)
{
	if (h && !--h->refs)
		free(h);
}
