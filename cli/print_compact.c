// SPDX-License-Identifier: MIT
#include <errno.h>

#include "bpf/record.h"
#include "cli/printer.h"
#include "flows/summary.h"

static const char *arrow(const struct flow *f)
{
	switch (flow_reply(f)) {
	case REPLY_NO:
		return " -> ";
	case REPLY_YES:
		return " <- ";
	default:
		return " <> ";
	}
}

void compact_line(struct printer *p, const struct flow *f)
{
	struct text *t = &p->out;

	printer_ends(p, f, arrow(f));
	text_char(t, ' ');
	flow_type_text(t, f);
	text_char(t, ' ');
	printer_verdict(p, f);
	text_mem(t, " (", 2);
	printer_summary(p, f);
	text_char(t, ')');
}

void tail_part(struct text *t, size_t from)
{
	if (t->len == from)
		text_mem(t, " [", 2);
	else
		text_mem(t, "; ", 2);
}

static void pair(struct text *t, size_t from, const char *name, uint64_t a, uint64_t b)
{
	if (!a && !b)
		return;
	tail_part(t, from);
	text_str(t, name);
	text_u64(t, a);
	text_char(t, '/');
	text_u64(t, b);
}

static void tail_event(struct text *t, size_t from, const struct flow *f)
{
	if (f->event == FLOW_REPORT) {
		tail_part(t, from);
		text_str(t, "report");
	} else if (f->event == FLOW_END) {
		tail_part(t, from);
		text_mem(t, "end ", 4);
		text_str(t, flow_end_reason(f));
	}
	if (f->initiator_by == INITIATOR_PORT && flow_reply(f) != REPLY_UNKNOWN) {
		tail_part(t, from);
		text_str(t, "initiator guessed");
	}
}

static void tail_drop(struct text *t, size_t from, const struct flow *f)
{
	const struct flow_drop *d = &f->drop;

	if (d->function && *d->function) {
		tail_part(t, from);
		text_escape(t, d->function, 128);
		text_mem(t, "+0x", 3);
		text_hex(t, d->offset, 0);
	}
	if (d->text && *d->text) {
		tail_part(t, from);
		text_escape(t, d->text, 256);
	}
	if (d->normal) {
		tail_part(t, from);
		text_str(t, "normal");
	}
}

static void tail_drop_counts(struct text *t, size_t from, const struct flow_drop *d)
{
	if (d->packets) {
		tail_part(t, from);
		text_u64(t, d->packets);
		text_mem(t, " pkts ", 6);
		text_bytes(t, d->bytes);
	}
	if (!d->stack_depth)
		return;
	tail_part(t, from);
	text_str(t, "stack");
	for (int i = 0; i < d->stack_depth && i < FLOW_STACK; i++) {
		text_str(t, i ? " < " : " ");
		text_escape(t, d->stack[i], 128);
	}
}

static void tail_listen(struct text *t, size_t from, const struct flow_listen *l)
{
	tail_part(t, from);
	text_u64(t, l->drops);
	text_str(t, " lost");
	tail_part(t, from);
	text_str(t, "backlog ");
	text_u64(t, l->backlog);
	text_char(t, '/');
	text_u64(t, l->backlog_max);
	if (!l->requests)
		return;
	tail_part(t, from);
	text_u64(t, l->requests);
	text_str(t, " half-open");
}

void counters_text(struct text *t, const struct flow *f)
{
	text_u64(t, f->forward.packets);
	text_char(t, '/');
	text_u64(t, f->reply.packets);
	text_mem(t, " pkts ", 6);
	text_bytes(t, f->forward.bytes);
	text_char(t, '/');
	text_bytes(t, f->reply.bytes);
}

static void tail_handshake(struct text *t, size_t from, const struct flow *f)
{
	tail_part(t, from);
	text_str(t, "handshake ");
	text_us(t, f->handshake_us);
	if (!f->handshake_client_us && !f->handshake_server_us)
		return;
	text_str(t, " (client ");
	text_us(t, f->handshake_client_us);
	text_str(t, ", server ");
	text_us(t, f->handshake_server_us);
	text_char(t, ')');
}

static void tail_counts(struct text *t, size_t from, const struct flow *f)
{
	uint64_t rtt = flow_rtt_us(f);

	if (f->forward.packets || f->reply.packets) {
		tail_part(t, from);
		counters_text(t, f);
	}
	if (rtt) {
		tail_part(t, from);
		text_mem(t, "rtt ", 4);
		text_us(t, rtt);
	}
	if (f->handshake_us && (f->event == FLOW_END || f->event == FLOW_REPORT))
		tail_handshake(t, from, f);
	pair(t, from, "retransmits ", f->forward.retransmits, f->reply.retransmits);
	pair(t, from, "zero windows ", f->forward.zero_windows, f->reply.zero_windows);
	pair(t, from, "resets ", f->forward.resets, f->reply.resets);
	if (f->icmp_errors) {
		tail_part(t, from);
		text_str(t, "icmp errors ");
		text_u64(t, f->icmp_errors);
	}
}

static void nat_side(struct text *t, const char *name, const struct ip_addr *a, uint16_t a_port,
		     const struct ip_addr *b, uint16_t b_port)
{
	text_str(t, name);
	text_addr_port(t, a, a_port);
	text_mem(t, " to ", 4);
	text_addr_port(t, b, b_port);
}

void nat_text(struct text *t, const struct flow *f)
{
	const struct flow_tuple *o = &f->nat_orig, *x = &f->nat_xlated;
	bool dnat = o->dport != x->dport || memcmp(&o->dst, &x->dst, sizeof(o->dst));
	bool snat = o->sport != x->sport || memcmp(&o->src, &x->src, sizeof(o->src));

	if (dnat)
		nat_side(t, "dnat ", &o->dst, o->dport, &x->dst, x->dport);
	if (dnat && snat)
		text_mem(t, "; ", 2);
	if (snat)
		nat_side(t, "snat ", &o->src, o->sport, &x->src, x->sport);
}

static void tail_tunnel(struct text *t, size_t from, const struct flow_tunnel *tunnel)
{
	static const char *const names[] = {
		[TUNNEL_VXLAN] = "vxlan",
		[TUNNEL_GENEVE] = "geneve",
		[TUNNEL_IPIP] = "ipip",
		[TUNNEL_GRE] = "gre",
	};

	tail_part(t, from);
	text_str(t, tunnel->type <= TUNNEL_GRE ? names[tunnel->type] : "tunnel");
	if (tunnel->vni) {
		text_str(t, tunnel->type == TUNNEL_GRE ? " key " : " vni ");
		text_u64(t, tunnel->vni);
	}
	text_char(t, ' ');
	text_addr_port(t, &tunnel->outer.src, tunnel->outer.sport);
	text_mem(t, " -> ", 4);
	text_addr_port(t, &tunnel->outer.dst, tunnel->outer.dport);
}

void interfaces_text(struct text *t, const struct flow *f)
{
	text_escape(t, f->ifname, sizeof(f->ifname));
	for (int i = 0; i < FLOW_IFACES && f->ifaces[i][0]; i++) {
		text_char(t, ',');
		text_escape(t, f->ifaces[i], sizeof(f->ifaces[i]));
	}
}

static void tail_place(struct text *t, size_t from, const struct flow *f)
{
	if (f->has_nat) {
		tail_part(t, from);
		nat_text(t, f);
	}
	if (f->tunnel.type)
		tail_tunnel(t, from, &f->tunnel);
	if (f->vlan[0]) {
		tail_part(t, from);
		text_mem(t, "vlan ", 5);
		text_u64(t, f->vlan[0]);
		if (f->vlan[1]) {
			text_char(t, '.');
			text_u64(t, f->vlan[1]);
		}
	}
	if (f->icmp_echo) {
		tail_part(t, from);
		text_mem(t, "id ", 3);
		text_u64(t, f->icmp_id);
	}
	if (f->ifname[0]) {
		tail_part(t, from);
		interfaces_text(t, f);
	}
}

void compact_tail(struct printer *p, const struct flow *f)
{
	struct text *t = &p->out;
	size_t from = t->len;

	if (flow_foreign(f))
		return;
	tail_event(t, from, f);
	if (f->event == FLOW_DROP)
		tail_drop(t, from, f);
	if (f->src.process || f->dst.process) {
		tail_part(t, from);
		flow_processes_text(t, f, flow_is_swapped(f));
	}
	if (f->event == FLOW_DROP)
		tail_drop_counts(t, from, &f->drop);
	else if (f->event == FLOW_LISTEN_DROP)
		tail_listen(t, from, &f->listen);
	else if (f->event == FLOW_L7)
		l7_tail(t, from, f->l7);
	else
		tail_counts(t, from, f);
	names_tail(p, t, from, f);
	tail_place(t, from, f);
	if (t->len != from)
		text_char(t, ']');
}

static int compact_flow(struct sink *s, const struct flow *f)
{
	struct printer *p = (struct printer *)s;

	compact_line(p, f);
	if (!p->opt.no_tail)
		compact_tail(p, f);
	text_char(&p->out, '\n');
	return printer_line(p);
}

int compact_lost(struct printer *p, const struct lost_events *l)
{
	struct text *t = &p->out;

	printer_time(p, t, l->time_ns);
	text_str(t, " EVENTS LOST: ");
	text_str(t, l->source);
	text_char(t, ' ');
	printer_lost_detail(p, t, l, ") ");
	text_char(t, '\n');
	return printer_line(p);
}

int print_compact_create(const struct print_options *opt, struct sink **ret_sink)
{
	struct printer *p = printer_new(sizeof(struct printer), opt, compact_flow, compact_lost);

	if (!p)
		return -ENOMEM;
	*ret_sink = &p->sink;
	return 0;
}
