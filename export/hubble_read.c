// SPDX-License-Identifier: MIT
/* A flow.Flow, taken apart in one pass; then built of its parts. */
#include "export/hubble_read.h"

#include <errno.h>
#include <stdlib.h>

#include "export/flow_facts.h"
#include "flows/summary.h"

#define SUMMARY_MAX 16384

/* ------------------------------------------------------------------ struct hubble */

static void fill_policies(struct room *room, const struct span *from, size_t n,
			  struct hubble_policies *to)
{
	struct hubble_policy *v = room_array(room, n * sizeof(*v));

	for (size_t i = 0; v && i < n; i++) {
		struct span name = {0}, namespace_name = {0}, kind = {0};
		struct wire_reader r = wire_reader(from[i].p, from[i].n);
		struct wire_field f;

		while (wire_next(&r, &f)) {
			if (f.number == 1)
				name = span_of(&f);
			else if (f.number == 2)
				namespace_name = span_of(&f);
			else if (f.number == 5)
				kind = span_of(&f);
		}
		v[i].name = room_str(room, name, NAME_MAX_KEPT);
		v[i].namespace_name = room_str(room, namespace_name, NAME_MAX_KEPT);
		v[i].kind = room_str(room, kind, NAME_MAX_KEPT);
	}
	to->v = v;
	to->n = v ? n : 0;
}

static void fill_node_labels(struct room *room, const struct spans *from, struct hubble *h)
{
	const char **v = room_array(room, from->n * sizeof(*v));

	for (size_t i = 0; v && i < from->n; i++)
		v[i] = room_str(room, from->v[i], LABEL_MAX);
	h->node_labels = v;
	h->n_node_labels = v ? from->n : 0;
}

/* What all the texts and lists take at most, a NUL each and room to align. */
static size_t hubble_size(const struct parts *p, const struct origin *origin, size_t n_wire)
{
	size_t n = sizeof(struct hubble) + n_wire + 64;

	n += origin ? origin->node_name.n + 1 : 0;
	n += p->uuid.n + p->node_name.n + p->summary.n + p->source_mac.n + p->destination_mac.n;
	n += p->source_xlated.n + p->trace_id.n + 8;
	for (size_t i = 0; i < p->node_labels.n; i++)
		n += p->node_labels.v[i].n + 1 + sizeof(char *);
	for (size_t list = 0; list < 4; list++)
		for (size_t i = 0; i < p->n_policies[list]; i++)
			n += p->policies[list][i].n + 3 + sizeof(struct hubble_policy);
	return n;
}

static void fill_hubble(struct room *room, const struct parts *p, struct hubble *h)
{
	fill_node_labels(room, &p->node_labels, h);
	fill_policies(room, p->policies[0], p->n_policies[0], &h->egress_allowed_by);
	fill_policies(room, p->policies[1], p->n_policies[1], &h->ingress_allowed_by);
	fill_policies(room, p->policies[2], p->n_policies[2], &h->egress_denied_by);
	fill_policies(room, p->policies[3], p->n_policies[3], &h->ingress_denied_by);
	h->node_name = room_str(room, p->node_name, NAME_MAX_KEPT);
	h->uuid = room_str(room, p->uuid, NAME_MAX_KEPT);
	h->summary = room_str(room, p->summary, SUMMARY_MAX);
	h->source_mac = room_str(room, p->source_mac, NAME_MAX_KEPT);
	h->destination_mac = room_str(room, p->destination_mac, NAME_MAX_KEPT);
	h->source_xlated = room_str(room, p->source_xlated, NAME_MAX_KEPT);
	h->trace_id = room_str(room, p->trace_id, NAME_MAX_KEPT);
	h->l4_name = p->l4_name;
}

/* Nearly always the flow's own node, and then not kept twice. */
static void fill_origin(struct room *room, const struct parts *p, const struct origin *origin,
			struct hubble *h)
{
	struct span node = origin->node_name;
	bool same = node.n == p->node_name.n && node.n && !memcmp(node.p, p->node_name.p, node.n);

	h->response_node = same ? h->node_name : room_str(room, node, NAME_MAX_KEPT);
	h->response_time_ns = origin->time_ns;
}

static int build_hubble(struct hubble_reader *r, const struct parts *p, struct span wire,
			struct flow *f)
{
	size_t n_wire = r->opt.keep_wire && !p->h.own ? wire.n : 0, size;
	struct hubble *h = scratch_take(&r->hubble, hubble_size(p, r->origin, n_wire), &size);
	struct room room;

	if (!h)
		return -ENOMEM;
	*h = p->h;
	h->refs = 1;
	h->bytes = size;
	room = (struct room){(char *)(h + 1), (char *)h + size};
	fill_hubble(&room, p, h);
	if (r->origin)
		fill_origin(&room, p, r->origin, h);
	if (n_wire && (size_t)(room.end - room.at) >= n_wire) {
		memcpy(room.at, wire.p, n_wire);
		h->wire = (uint8_t *)room.at;
		h->n_wire = n_wire;
	}
	f->hubble = hubble_get(h);
	return 0;
}

/* -------------------------------------------------- what Hubble's events are here */

static void be_drop(struct flow *f, const struct hubble *h)
{
	f->event = FLOW_DROP;
	f->drop.reason = h->drop_reason_desc ? h->drop_reason_desc : (uint32_t)h->sub_type;
	f->drop.reason_name = cilium_drop_name(f->drop.reason);
	f->drop.text = cilium_drop_text(f->drop.reason);
	f->drop.function = "";
	/* Hubble tells of each dropped packet, and not how big it was. */
	f->drop.packets = f->drop.delta_packets = 1;
}

/*
 * A trace event comes with the first packet, with new TCP flags, and at intervals, as
 * here; what a policy verdict or a socket's event is has its own word in the TYPE only.
 */
static void be_foreign(struct flow *f, const struct hubble *h)
{
	if (f->l7)
		f->event = FLOW_L7;
	else if (h->has_event_type && h->event_type == EVENT_TYPE_DROP)
		be_drop(f, h);
	else if (h->trace_reason == 1)
		f->event = FLOW_NEW;
	else if (f->tcp_flags)
		f->event = FLOW_FLAGS;
	else
		f->event = FLOW_REPORT;
	if (f->trace_point || h->event_type != EVENT_TYPE_TRACE)
		return;
	if (h->sub_type > 0 && h->sub_type <= TO_CRYPTO)
		f->trace_point = h->sub_type;
	else if (!h->sub_type)
		f->trace_point = TO_ENDPOINT;
}

/* ------------------------------------------------------------------------ building */

static int read_ends(struct hubble_reader *r, const struct parts *p, const struct extension *ext,
		     struct flow *f)
{
	int err = 0;

	if (ext->is_pitot) {
		err = read_end(r, ext->source, p->source, &f->src);
		return err ? err : read_end(r, ext->destination, p->destination, &f->dst);
	}
	if (p->source.n)
		err = read_endpoint(r, p->source, NULL, &f->src);
	if (!err && p->destination.n)
		err = read_endpoint(r, p->destination, NULL, &f->dst);
	return err;
}

static int read_all_names(struct hubble_reader *r, const struct parts *p, struct flow *f)
{
	int err = read_names(r, &p->source_names, &f->src.dns);

	if (!err)
		err = read_names(r, &p->destination_names, &f->dst.dns);
	if (!err && p->source_service.p)
		err = read_service(r, p->source_service, &f->src.service);
	if (!err && p->destination_service.p)
		err = read_service(r, p->destination_service, &f->dst.service);
	return err;
}

static int build(struct hubble_reader *r, struct parts *p, struct span wire, struct flow *f)
{
	struct extension ext = {0};
	int err = 0;

	if (p->extension.n)
		err = read_extension(r, p, f, &ext);
	p->h.own = ext.is_pitot;
	if (!err)
		err = read_ends(r, p, &ext, f);
	if (!err)
		err = read_all_names(r, p, f);
	if (!err && p->has_l7)
		err = read_l7(r, p->l7, &ext.dns, &f->l7);
	if (!err)
		err = build_hubble(r, p, wire, f);
	if (err)
		return err;
	if (!ext.is_pitot)
		be_foreign(f, f->hubble);
	else if (f->event == FLOW_L7 && !f->l7)
		return -EBADMSG;
	return 0;
}

int hubble_read_flow(struct hubble_reader *r, const uint8_t *wire, size_t n, struct flow *ret_f)
{
	struct parts p;
	int err;

	flow_init(ret_f);
	ret_f->is_reply = REPLY_UNKNOWN;
	if (read_parts(wire, n, ret_f, &p))
		err = build(r, &p, (struct span){wire, n}, ret_f);
	else
		err = -EBADMSG;
	if (err) {
		flow_release(ret_f);
		flow_init(ret_f);
	}
	return err;
}
