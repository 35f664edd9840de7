// SPDX-License-Identifier: MIT
/* Flow.extensions: what Hubble's flow has no field for (export/proto/pitot.proto). */
#include <errno.h>

#include "bpf/record.h"
#include "export/flow_facts.h"
#include "export/hubble_write.h"
#include "export/json_write.h"
#include "export/protojson.h"
#include "google/protobuf/any.pb-c.h"
#include "flows/summary.h"

#define FLOW_EXTENSIONS 150000

static void put_counters(struct text *t, uint32_t number, const struct flow_counters *c)
{
	size_t before = t->len, mark = wire_open(t, number);

	wire_u64(t, 1, c->packets);
	wire_u64(t, 2, c->bytes);
	wire_u64(t, 3, c->delta_packets);
	wire_u64(t, 4, c->delta_bytes);
	wire_u64(t, 5, c->first_ns);
	wire_u64(t, 6, c->last_ns);
	wire_u64(t, 7, c->retransmits);
	wire_u64(t, 8, c->zero_windows);
	wire_u64(t, 9, c->resets);
	wire_u64(t, 10, c->srtt_us);
	wire_u64(t, 11, c->tcp_flags);
	wire_close_or_drop(t, mark, before);
}

static void put_addr_bytes(struct text *t, uint32_t number, const struct ip_addr *a)
{
	bool v4 = ip_addr_is_v4(a);

	wire_bytes(t, number, v4 ? a->b + 12 : a->b, v4 ? 4 : 16);
}

static void put_tuple(struct text *t, uint32_t number, const struct flow_tuple *tuple)
{
	size_t mark = wire_open(t, number);

	put_addr_bytes(t, 1, &tuple->src);
	put_addr_bytes(t, 2, &tuple->dst);
	wire_u64(t, 3, tuple->sport);
	wire_u64(t, 4, tuple->dport);
	wire_close(t, mark);
}

static void put_nat(struct text *t, const struct flow *f)
{
	size_t mark;

	if (!f->has_nat)
		return;
	mark = wire_open(t, 12);
	put_tuple(t, 1, &f->nat_orig);
	put_tuple(t, 2, &f->nat_xlated);
	wire_close(t, mark);
}

static void put_tunnel(struct text *t, const struct flow_tunnel *tunnel)
{
	size_t mark;

	if (!tunnel->type)
		return;
	mark = wire_open(t, 13);
	wire_u64(t, 1, tunnel->type);
	wire_u64(t, 2, tunnel->vni);
	put_tuple(t, 3, &tunnel->outer);
	wire_close(t, mark);
}

static void put_vlan(struct text *t, const uint16_t *vlan)
{
	size_t mark;

	if (!vlan[0])
		return;
	mark = wire_open(t, 14); /* packed */
	for (int i = 0; i < 2 && vlan[i]; i++) {
		char *p = text_reserve(t, WIRE_VARINT_MAX);

		if (p)
			t->len = wire_put_varint(p, vlan[i]) - t->data;
	}
	wire_close(t, mark);
}

static void put_icmp(struct text *t, const struct flow *f)
{
	size_t mark;

	if (f->icmp_echo) {
		mark = wire_open(t, 15);
		wire_u64(t, 1, f->icmp_id);
		wire_close(t, mark);
	}
	if (f->event != FLOW_ICMP_ERROR)
		return;
	mark = wire_open(t, 16);
	wire_u64(t, 1, f->icmp_type);
	wire_u64(t, 2, f->icmp_code);
	put_addr_bytes(t, 3, &f->icmp_from);
	wire_u64(t, 4, f->icmp_info);
	wire_close(t, mark);
}

static void put_process(struct text *t, const struct process *p)
{
	size_t mark;

	if (!p)
		return;
	mark = wire_open(t, 1);
	wire_u64(t, 1, p->pid);
	wire_u64(t, 2, p->ppid);
	wire_u64(t, 3, p->uid);
	wire_u64(t, 4, p->netns);
	wire_u64(t, 5, p->cgroup_id);
	wire_u64(t, 6, p->start_ns);
	wire_untrusted(t, 7, p->comm, sizeof(p->comm));
	wire_untrusted(t, 8, p->exe, PROCESS_TEXT_MAX);
	wire_untrusted(t, 9, p->command, PROCESS_TEXT_MAX);
	wire_close(t, mark);
}

static void put_place(struct text *t, const struct place *p)
{
	size_t mark;

	if (!p)
		return;
	mark = wire_open(t, 11);
	wire_u64(t, 1, p->asn);
	wire_untrusted(t, 2, p->as_name, NAME_MAX_KEPT);
	wire_untrusted(t, 3, p->country, sizeof(p->country));
	wire_untrusted(t, 4, p->country_name, NAME_MAX_KEPT);
	wire_untrusted(t, 5, p->city, NAME_MAX_KEPT);
	wire_close(t, mark);
}

static void put_endpoint(struct text *t, const struct endpoint *e)
{
	wire_u64(t, 2, 1);
	wire_u64(t, 3, e->kind);
	if (!endpoint_is_pod(e))
		wire_untrusted(t, 4, e->name, NAME_MAX_KEPT);
	wire_untrusted(t, 5, e->node, NAME_MAX_KEPT);
	wire_untrusted(t, 6, e->container, NAME_MAX_KEPT);
	wire_untrusted(t, 7, e->image, NAME_MAX_KEPT);
	wire_untrusted(t, 8, e->container_id, NAME_MAX_KEPT);
	wire_untrusted(t, 9, e->cgroup, PATH_MAX_KEPT);
	wire_u64(t, 12, e->identity);
}

static void put_end(struct text *t, uint32_t number, const struct flow_end *e)
{
	size_t before = t->len, mark = wire_open(t, number);

	put_process(t, e->process);
	if (e->endpoint)
		put_endpoint(t, e->endpoint);
	if (e->reverse)
		wire_strings(t, 10, e->reverse->names, e->reverse->n, NAME_MAX_KEPT);
	put_place(t, e->place);
	wire_close_or_drop(t, mark, before);
}

static void put_dns(struct text *t, const struct l7 *l)
{
	size_t before = t->len, mark;

	if (!l || l->protocol != L7_DNS)
		return;
	mark = wire_open(t, 19);
	wire_u64(t, 1, l->dns.timeout);
	wire_u64(t, 2, l->dns.truncated);
	wire_u64(t, 3, l->dns.multicast);
	wire_close_or_drop(t, mark, before);
}

static void put_drop(struct text *t, const struct flow *f)
{
	const struct flow_drop *d = &f->drop;
	size_t mark;

	if (f->event != FLOW_DROP)
		return;
	mark = wire_open(t, 20);
	wire_u64(t, 1, d->reason);
	wire_untrusted(t, 2, d->reason_name, SYMBOL_MAX);
	wire_untrusted(t, 3, d->text, SYMBOL_MAX);
	wire_untrusted(t, 4, d->function, SYMBOL_MAX);
	wire_u64(t, 5, d->offset);
	wire_u64(t, 6, d->normal);
	wire_u64(t, 7, d->netns);
	wire_u64(t, 8, d->packets);
	wire_u64(t, 9, d->bytes);
	wire_u64(t, 10, d->delta_packets);
	wire_u64(t, 11, d->delta_bytes);
	for (int i = 0; i < d->stack_depth && i < FLOW_STACK; i++)
		wire_untrusted_always(t, 12, d->stack[i], SYMBOL_MAX);
	wire_close(t, mark);
}

static void put_listen(struct text *t, const struct flow *f)
{
	const struct flow_listen *l = &f->listen;
	size_t mark;

	if (f->event != FLOW_LISTEN_DROP)
		return;
	mark = wire_open(t, 21);
	wire_u64(t, 1, l->drops);
	wire_u64(t, 2, l->delta_drops);
	wire_u64(t, 3, l->backlog);
	wire_u64(t, 4, l->backlog_max);
	wire_u64(t, 5, l->requests);
	wire_u64(t, 6, l->synflood);
	wire_close(t, mark);
}

static void put_packet(struct text *t, const struct flow *f)
{
	if (f->ip_version)
		wire_u64(t, 22, f->protocol);
	else
		wire_u64(t, 23, f->ethertype);
	wire_u64(t, 24, f->is_reply + 1);
	if (flow_is_drop(f) || f->event == FLOW_L7)
		wire_u64(t, 25, f->trace_point);
	if (!f->ip_version || f->protocol != PROTO_TCP || f->tcp_flags & ~0x1ff)
		wire_u64(t, 26, f->tcp_flags);
}

static void put_extension(struct text *t, const struct flow *f)
{
	wire_u64(t, 1, f->event);
	wire_fixed64(t, 2, f->connection_id);
	wire_u64(t, 3, f->closed);
	wire_u64(t, 4, f->initiator_by);
	put_counters(t, 5, &f->forward);
	put_counters(t, 6, &f->reply);
	wire_u64(t, 7, f->handshake_us);
	wire_u64(t, 8, f->handshake_client_us);
	wire_u64(t, 9, f->handshake_server_us);
	wire_u64(t, 10, f->icmp_errors);
	for (int i = 0; i < FLOW_IFACES && f->ifaces[i][0]; i++)
		wire_untrusted(t, 11, f->ifaces[i], sizeof(f->ifaces[i]));
	put_nat(t, f);
	put_tunnel(t, &f->tunnel);
	put_vlan(t, f->vlan);
	put_icmp(t, f);
	put_end(t, 17, &f->src);
	put_end(t, 18, &f->dst);
	put_dns(t, f->l7);
	put_drop(t, f);
	put_listen(t, f);
	put_packet(t, f);
}

/* The JSON output's, so that there is one place that says what is in it. */
static void put_struct(struct text *t, const struct flow *f)
{
	static const char key[] = "\"extensions\":";
	size_t n_key = sizeof(key) - 1, used, before = t->len, mark;
	struct protojson_error error;
	struct text json = {0};

	json_extensions(&json, f);
	if (json.err || json.len <= n_key) {
		t->err = -ENOMEM;
		return;
	}
	mark = wire_open(t, FLOW_EXTENSIONS);
	if (protojson_read(t, &google__protobuf__any__descriptor, json.data + n_key,
			   json.len - n_key, false, &used, NULL, &error))
		t->len = before;
	else
		wire_close(t, mark);
	text_free(&json);
}

void write_extension(struct text *t, const struct flow *f, enum hubble_extensions extensions)
{
	size_t mark, inner;

	if (extensions == EXTENSIONS_STRUCT)
		put_struct(t, f);
	if (extensions != EXTENSIONS_PITOT)
		return;
	mark = wire_open(t, FLOW_EXTENSIONS);
	wire_str(t, 1, EXTENSION_PITOT_URL);
	inner = wire_open(t, 2);
	put_extension(t, f);
	wire_close(t, inner);
	wire_close(t, mark);
}
