// SPDX-License-Identifier: MIT
#include "bpf/record.h"
#include "export/flow_facts.h"
#include "export/json_write.h"
#include "flows/summary.h"

static void put_counters(struct text *t, const char *name, const struct flow_counters *c)
{
	char flags[64];

	if (!c->packets)
		return;
	json_open(t, name);
	json_number(t, "packets", c->packets);
	json_number(t, "bytes", c->bytes);
	json_number(t, "delta_packets", c->delta_packets);
	json_number(t, "delta_bytes", c->delta_bytes);
	if (c->tcp_flags)
		json_plain(t, "tcp_flags", tcp_flags_text(c->tcp_flags, flags, sizeof(flags)));
	json_number(t, "retransmits", c->retransmits);
	json_number(t, "zero_windows", c->zero_windows);
	json_number(t, "resets", c->resets);
	json_number(t, "srtt_us", c->srtt_us);
	if (c->first_ns) {
		json_key(t, "first");
		json_time_nano(t, c->first_ns);
	}
	if (c->last_ns) {
		json_key(t, "last");
		json_time_nano(t, c->last_ns);
	}
	json_close(t);
}

static void put_interfaces(struct text *t, const struct flow *f)
{
	if (!f->ifaces[0][0])
		return;
	json_key(t, "interfaces");
	text_char(t, '[');
	for (int i = 0; i < FLOW_IFACES && f->ifaces[i][0]; i++) {
		if (i)
			text_char(t, ',');
		json_quote(t, f->ifaces[i], sizeof(f->ifaces[i]));
	}
	text_char(t, ']');
}

static void put_tuple_ends(struct text *t, const struct flow_tuple *tuple)
{
	json_key(t, "source");
	text_char(t, '"');
	text_addr_port(t, &tuple->src, tuple->sport);
	text_char(t, '"');
	json_key(t, "destination");
	text_char(t, '"');
	text_addr_port(t, &tuple->dst, tuple->dport);
	text_char(t, '"');
}

static void put_nat(struct text *t, const struct flow *f)
{
	if (!f->has_nat)
		return;
	json_open(t, "nat");
	json_open(t, "original");
	put_tuple_ends(t, &f->nat_orig);
	json_close(t);
	json_open(t, "translated");
	put_tuple_ends(t, &f->nat_xlated);
	json_close(t);
	json_close(t);
}

static void put_tunnel(struct text *t, const struct flow_tunnel *tunnel)
{
	static const char *const names[] = {
		[TUNNEL_VXLAN] = "vxlan",
		[TUNNEL_GENEVE] = "geneve",
		[TUNNEL_IPIP] = "ipip",
		[TUNNEL_GRE] = "gre",
	};

	if (tunnel->type == TUNNEL_NONE || tunnel->type > TUNNEL_GRE)
		return;
	json_open(t, "tunnel");
	json_plain(t, "protocol", names[tunnel->type]);
	json_number(t, "vni", tunnel->vni);
	put_tuple_ends(t, &tunnel->outer);
	json_close(t);
}

static void put_vlan(struct text *t, const uint16_t *vlan)
{
	if (!vlan[0])
		return;
	json_key(t, "vlan");
	text_char(t, '[');
	text_u64(t, vlan[0]);
	if (vlan[1]) {
		text_char(t, ',');
		text_u64(t, vlan[1]);
	}
	text_char(t, ']');
}

static void put_icmp_error(struct text *t, const struct flow *f)
{
	if (f->event != FLOW_ICMP_ERROR)
		return;
	json_open(t, "icmp_error");
	json_addr(t, "from", &f->icmp_from);
	json_number(t, "type", f->icmp_type);
	json_number(t, "code", f->icmp_code);
	json_key(t, "text");
	text_char(t, '"');
	icmp_text(t, f->ip_version == 6, f->icmp_type, f->icmp_code);
	text_char(t, '"');
	json_number(t, "mtu", f->icmp_info);
	json_close(t);
}

/* uid 0 is root and no lack of knowledge, so it is there whenever the process is. */
static void put_process(struct text *t, const char *name, const struct process *p)
{
	if (!p)
		return;
	json_open(t, name);
	json_number(t, "pid", p->pid);
	json_number(t, "ppid", p->ppid);
	json_untrusted(t, "comm", p->comm, sizeof(p->comm));
	json_untrusted(t, "executable", p->exe, PROCESS_TEXT_MAX);
	json_untrusted(t, "command", p->command, PROCESS_TEXT_MAX);
	json_key(t, "uid");
	text_u64(t, p->uid);
	if (p->cgroup_id) {
		json_key(t, "cgroup_id");
		text_char(t, '"');
		text_u64(t, p->cgroup_id);
		text_char(t, '"');
	}
	json_number(t, "netns", p->netns);
	json_close(t);
}

static void put_stack(struct text *t, const struct flow_drop *d)
{
	if (!d->stack_depth)
		return;
	json_key(t, "stack");
	text_char(t, '[');
	for (int i = 0; i < d->stack_depth && i < FLOW_STACK; i++) {
		if (i)
			text_char(t, ',');
		json_quote(t, d->stack[i], SYMBOL_MAX);
	}
	text_char(t, ']');
}

static void put_drop(struct text *t, const struct flow *f)
{
	const struct flow_drop *d = &f->drop;

	if (f->event != FLOW_DROP)
		return;
	json_open(t, "drop");
	json_untrusted(t, "reason", d->reason_name, SYMBOL_MAX);
	json_untrusted(t, "text", d->text, SYMBOL_MAX);
	json_untrusted(t, "function", d->function, SYMBOL_MAX);
	json_number(t, "offset", d->offset);
	json_true(t, "normal", d->normal);
	json_number(t, "netns", d->netns);
	json_number(t, "packets", d->packets);
	json_number(t, "bytes", d->bytes);
	json_number(t, "delta_packets", d->delta_packets);
	json_number(t, "delta_bytes", d->delta_bytes);
	put_stack(t, d);
	json_close(t);
}

static void put_listen(struct text *t, const struct flow *f)
{
	if (f->event != FLOW_LISTEN_DROP)
		return;
	json_open(t, "listen");
	json_number(t, "drops", f->listen.drops);
	json_number(t, "delta_drops", f->listen.delta_drops);
	json_number(t, "backlog", f->listen.backlog);
	json_number(t, "backlog_max", f->listen.backlog_max);
	json_number(t, "half_open", f->listen.requests);
	json_true(t, "synflood", f->listen.synflood);
	json_close(t);
}

static void put_connection(struct text *t, const struct flow *f)
{
	json_plain(t, "event", flow_event_name(f->event));
	if (f->connection_id) {
		json_key(t, "connection_id");
		text_char(t, '"');
		text_hex(t, f->connection_id, 16);
		text_char(t, '"');
	}
	json_true(t, "closed", f->event == FLOW_END && f->closed);
	if (f->initiator_by || !flow_is_drop(f))
		json_plain(t, "initiator", initiator_by_name(f->initiator_by));
	put_counters(t, "forward", &f->forward);
	put_counters(t, "reply", &f->reply);
	json_number(t, "handshake_us", f->handshake_us);
	json_number(t, "handshake_client_us", f->handshake_client_us);
	json_number(t, "handshake_server_us", f->handshake_server_us);
	json_number(t, "icmp_errors", f->icmp_errors);
}

void json_extensions(struct text *t, const struct flow *f)
{
	json_open(t, "extensions");
	json_plain(t, "@type", "type.googleapis.com/google.protobuf.Struct");
	json_open(t, "value");
	put_connection(t, f);
	put_interfaces(t, f);
	put_nat(t, f);
	put_tunnel(t, &f->tunnel);
	put_vlan(t, f->vlan);
	json_number(t, "icmp_id", f->icmp_echo ? f->icmp_id : 0);
	put_icmp_error(t, f);
	json_end_extras(t, "source", &f->src);
	json_end_extras(t, "destination", &f->dst);
	json_l7_extras(t, f->l7);
	put_process(t, "source_process", f->src.process);
	put_process(t, "destination_process", f->dst.process);
	put_drop(t, f);
	put_listen(t, f);
	json_close(t);
	json_close(t);
}
