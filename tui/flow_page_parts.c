// SPDX-License-Identifier: MIT
/* What is told of a flow on its page: only what is known. */
#include <string.h>

#include "bpf/record.h"
#include "flows/drop_advice.h"
#include "flows/summary.h"
#include "tui/clock.h"
#include "tui/flow_page.h"
#include "tui/flow_words.h"

void flow_page_put(struct ui_page *p, const char *name, enum style style, struct text *value)
{
	if (value->len) {
		text_char(value, '\0');
		if (!value->err)
			ui_page_field(p, name, style, value->data);
	}
	value->len = 0;
}

static void put_str(struct ui_page *p, const char *name, enum style style, const char *value)
{
	if (value && *value)
		ui_page_field(p, name, style, value);
}

/* ------------------------------------------------------------------ the event */

static void put_when(struct ui_page *p, const struct flow *f, const struct flow_cell_options *opt,
		     struct text *t)
{
	static const char *const events[FLOW_EVENTS_MAX] = {
		[FLOW_NEW] = "first packet of a direction",
		[FLOW_FLAGS] = "TCP flags not seen before in this direction",
		[FLOW_REPORT] = "report: the connection goes on",
		[FLOW_END] = "the connection's end, final counters",
		[FLOW_DROP] = "the kernel dropped packets of it",
		[FLOW_ICMP_ERROR] = "an ICMP error about it",
		[FLOW_LISTEN_DROP] = "a listener lost connection requests",
		[FLOW_L7] = "a message of an application",
	};

	clock_text(t, f->time_ns, opt->local_time, true, 9);
	text_str(t, opt->local_time ? "" : " UTC");
	flow_page_put(p, "time", STYLE_NORMAL, t);
	if (!flow_foreign(f) && f->event < FLOW_EVENTS_MAX)
		put_str(p, "event", STYLE_NORMAL, events[f->event]);
	text_str(t, flow_verdict_name(f));
	if (flow_policies(f))
		policies_text(t, flow_policies(f));
	flow_page_put(p, "verdict", flow_verdict_style(f), t);
	flow_summary(t, f);
	flow_page_put(p, "in words", STYLE_NORMAL, t);
	flow_type_text(t, f);
	flow_page_put(p, f->event == FLOW_DROP ? "reason" : "seen as",
		      f->event == FLOW_DROP ? flow_verdict_style(f) : STYLE_NORMAL, t);
}

static void put_drop_place(struct ui_page *p, const struct flow_drop *d, struct text *t)
{
	if (d->function && *d->function) {
		text_escape(t, d->function, 128);
		text_str(t, "+0x");
		text_hex(t, d->offset, 0);
		flow_page_put(p, "function", STYLE_NORMAL, t);
	}
	for (int i = 0; i < d->stack_depth && i < FLOW_STACK; i++) {
		text_str(t, i ? " < " : "");
		text_escape(t, d->stack[i], 128);
	}
	flow_page_put(p, "stack", STYLE_DIM, t);
	if (d->packets) {
		clock_count(t, d->packets);
		text_str(t, d->packets == 1 ? " packet, " : " packets, ");
		text_bytes(t, d->bytes);
		flow_page_put(p, "dropped so far", STYLE_NORMAL, t);
	}
	if (d->netns) {
		text_u64(t, d->netns);
		flow_page_put(p, "network namespace", STYLE_NORMAL, t);
		text_str(t, "lsns ");
		text_u64(t, d->netns);
		text_str(t, "   # its processes; nsenter -n -t PID enters it");
		flow_page_put(p, "there", STYLE_KEY, t);
	}
}

static void put_advice(struct ui_page *p, const struct flow *f, struct text *t)
{
	struct drop_case c = {
		.reason = flow_type_name(f), .function = f->drop.function, .example = f};
	struct drop_step steps[DROP_STEPS_MAX];
	const char *cause = drop_cause(&c);
	size_t n;

	drop_meaning(t, &c);
	flow_page_put(p, "it means", STYLE_NORMAL, t);
	put_str(p, "usually", STYLE_NORMAL, cause);
	n = drop_steps(&c, steps);
	for (size_t i = 0; i < n; i++) {
		put_str(p, i ? "" : "look next", STYLE_KEY, steps[i].command);
		put_str(p, steps[i].command[0] || i ? "" : "look next", STYLE_DIM, steps[i].note);
	}
}

static void put_listen(struct ui_page *p, const struct flow_listen *l, struct text *t)
{
	clock_count(t, l->drops);
	text_str(t, l->drops == 1 ? " connection request" : " connection requests");
	flow_page_put(p, "lost so far", STYLE_BAD, t);
	text_u64(t, l->backlog);
	text_str(t, " waiting, room for ");
	text_u64(t, l->backlog_max);
	flow_page_put(p, "accept queue", STYLE_NORMAL, t);
	if (l->requests) {
		text_u64(t, l->requests);
		flow_page_put(p, "half-open", STYLE_NORMAL, t);
	}
}

void flow_page_event(struct ui_page *p, const struct flow *f, const struct flow_cell_options *opt)
{
	struct text t = {0};

	ui_page_heading(p, "What happened");
	put_when(p, f, opt, &t);
	if (f->event == FLOW_DROP)
		put_drop_place(p, &f->drop, &t);
	if (f->event == FLOW_LISTEN_DROP)
		put_listen(p, &f->listen, &t);
	if (flow_is_drop(f))
		put_advice(p, f, &t);
	text_free(&t);
}

/* --------------------------------------------------------------------- ends */

static void put_names(struct ui_page *p, const char *name, const struct name_list *l,
		      struct text *t)
{
	if (!l)
		return;
	for (uint32_t i = 0; i < l->n; i++) {
		text_str(t, i ? ", " : "");
		text_escape(t, l->names[i], 256);
	}
	flow_page_put(p, name, STYLE_NORMAL, t);
}

static void put_endpoint(struct ui_page *p, const struct endpoint *e, struct text *t)
{
	if (!e)
		return;
	if (*e->namespace_name) {
		text_escape(t, e->namespace_name, 256);
		text_char(t, '/');
	}
	text_escape(t, e->name, 256);
	flow_page_put(p, endpoint_kind_name(e->kind), STYLE_STRONG, t);
	if (*e->workload) {
		text_escape(t, e->workload_kind, 64);
		text_char(t, '/');
		text_escape(t, e->workload, 256);
		flow_page_put(p, "workload", STYLE_NORMAL, t);
	}
	put_str(p, "container", STYLE_NORMAL, e->container);
	put_str(p, "image", STYLE_NORMAL, e->image);
	put_str(p, "container id", STYLE_DIM, e->container_id);
	put_str(p, "node", STYLE_NORMAL, e->node);
	put_str(p, "cluster", STYLE_NORMAL, e->cluster);
	put_str(p, "control group", STYLE_DIM, e->cgroup);
	for (size_t i = 0; i < e->n_labels; i++) {
		text_str(t, i ? ", " : "");
		text_escape(t, e->labels[i], 512);
	}
	flow_page_put(p, "labels", STYLE_DIM, t);
}

static void put_process(struct ui_page *p, const struct process *pr, struct text *t)
{
	if (!pr)
		return;
	process_text(t, pr);
	text_str(t, ", parent ");
	text_u64(t, pr->ppid);
	text_str(t, ", user ");
	text_u64(t, pr->uid);
	if (pr->netns) {
		text_str(t, ", netns ");
		text_u64(t, pr->netns);
	}
	flow_page_put(p, "process", STYLE_NORMAL, t);
	put_str(p, "executable", STYLE_NORMAL, pr->exe);
	put_str(p, "command line", STYLE_NORMAL, pr->command);
}

static void put_end(struct ui_page *p, const struct flow *f, const struct flow_end *e,
		    struct text *t)
{
	const char *identity = identity_name(e->identity);

	flow_end_text(t, f, e, true);
	flow_page_put(p, "address", STYLE_INFO, t);
	put_endpoint(p, e->endpoint, t);
	if (e->service) {
		text_escape(t, e->service->namespace_name, 256);
		text_char(t, '/');
		text_escape(t, e->service->name, 256);
		flow_page_put(p, "Service", STYLE_NORMAL, t);
	}
	put_names(p, "DNS names", e->dns, t);
	put_names(p, "reverse name", e->reverse, t);
	if (e->place) {
		place_text(t, e->place);
		flow_page_put(p, "place", STYLE_NORMAL, t);
	}
	put_process(p, e->process, t);
	if (identity)
		text_str(t, identity);
	else
		text_u64(t, e->identity);
	flow_page_put(p, "identity", STYLE_DIM, t);
}

void flow_page_ends(struct ui_page *p, const struct flow *f)
{
	bool known = flow_reply(f) != REPLY_UNKNOWN, swapped = flow_is_swapped(f);
	struct text t = {0};

	ui_page_heading(p, known ? "Initiator" : "Source");
	put_end(p, f, swapped ? &f->dst : &f->src, &t);
	if (f->event == FLOW_LISTEN_DROP)
		ui_page_heading(p, "Listener");
	else
		ui_page_heading(p, known ? "Responder" : "Destination");
	put_end(p, f, swapped ? &f->src : &f->dst, &t);
	text_free(&t);
}

/* --------------------------------------------------------------- connection */

static void put_part(struct text *t, const char *name, uint64_t n)
{
	if (!n)
		return;
	text_str(t, ", ");
	clock_count(t, n);
	text_char(t, ' ');
	text_str(t, name);
}

static void put_counters(struct ui_page *p, const char *name, const struct flow_counters *c,
			 struct text *t)
{
	char flags[64];

	if (!c->packets)
		return;
	clock_count(t, c->packets);
	text_str(t, c->packets == 1 ? " packet, " : " packets, ");
	text_bytes(t, c->bytes);
	put_part(t, "retransmits", c->retransmits);
	put_part(t, "zero windows", c->zero_windows);
	put_part(t, "resets", c->resets);
	if (c->srtt_us) {
		text_str(t, ", rtt ");
		text_us(t, c->srtt_us);
		text_str(t, " to its sender");
	}
	if (c->tcp_flags) {
		text_str(t, ", flags ");
		text_str(t, tcp_flags_text(c->tcp_flags, flags, sizeof(flags)));
	}
	flow_page_put(p, name, c->retransmits || c->resets ? STYLE_WARN : STYLE_NORMAL, t);
}

static void put_times(struct ui_page *p, const struct flow *f, const struct flow_cell_options *opt,
		      struct text *t)
{
	const struct flow_counters *a = &f->forward, *b = &f->reply;
	uint64_t first = a->first_ns && (!b->first_ns || a->first_ns < b->first_ns) ? a->first_ns
										    : b->first_ns;
	uint64_t last = a->last_ns > b->last_ns ? a->last_ns : b->last_ns;

	if (!first || last < first)
		return;
	clock_text(t, first, opt->local_time, true, 6);
	text_str(t, " to ");
	clock_text(t, last, opt->local_time, false, 6);
	text_str(t, ", ");
	text_us(t, (last - first) / 1000);
	flow_page_put(p, "packets from", STYLE_NORMAL, t);
}

static void put_handshake(struct ui_page *p, const struct flow *f, struct text *t)
{
	if (flow_rtt_us(f)) {
		text_us(t, flow_rtt_us(f));
		flow_page_put(p, "round trip", STYLE_NORMAL, t);
	}
	if (!f->handshake_us)
		return;
	text_us(t, f->handshake_us);
	if (f->handshake_client_us || f->handshake_server_us) {
		text_str(t, " (client's side ");
		text_us(t, f->handshake_client_us);
		text_str(t, ", server's side ");
		text_us(t, f->handshake_server_us);
		text_char(t, ')');
	}
	flow_page_put(p, "handshake", STYLE_NORMAL, t);
}

static void put_translation(struct ui_page *p, const char *name, const struct ip_addr *a,
			    uint16_t a_port, const struct ip_addr *b, uint16_t b_port,
			    struct text *t)
{
	if (a_port == b_port && !memcmp(a, b, sizeof(*a)))
		return;
	text_addr_port(t, a, a_port);
	text_str(t, " becomes ");
	text_addr_port(t, b, b_port);
	flow_page_put(p, name, STYLE_NORMAL, t);
}

static void put_tunnel(struct ui_page *p, const struct flow_tunnel *tunnel, struct text *t)
{
	static const char *const names[] = {
		[TUNNEL_VXLAN] = "VXLAN",
		[TUNNEL_GENEVE] = "Geneve",
		[TUNNEL_IPIP] = "IPIP",
		[TUNNEL_GRE] = "GRE",
	};

	if (!tunnel->type)
		return;
	text_str(t, tunnel->type <= TUNNEL_GRE ? names[tunnel->type] : "tunnel");
	if (tunnel->vni) {
		text_str(t, tunnel->type == TUNNEL_GRE ? " key " : " VNI ");
		text_u64(t, tunnel->vni);
	}
	text_str(t, ", ");
	text_addr_port(t, &tunnel->outer.src, tunnel->outer.sport);
	text_str(t, " -> ");
	text_addr_port(t, &tunnel->outer.dst, tunnel->outer.dport);
	flow_page_put(p, "tunnel", STYLE_NORMAL, t);
}

static void put_way(struct ui_page *p, const struct flow *f, struct text *t)
{
	const struct flow_tuple *o = &f->nat_orig, *x = &f->nat_xlated;

	if (f->has_nat) {
		put_translation(p, "destination NAT", &o->dst, o->dport, &x->dst, x->dport, t);
		put_translation(p, "source NAT", &o->src, o->sport, &x->src, x->sport, t);
	}
	put_tunnel(p, &f->tunnel, t);
	if (f->vlan[0]) {
		text_u64(t, f->vlan[0]);
		put_part(t, "inside it", f->vlan[1]);
		flow_page_put(p, "VLAN", STYLE_NORMAL, t);
	}
	if (f->ifname[0]) {
		text_escape(t, f->ifname, sizeof(f->ifname));
		for (int i = 0; i < FLOW_IFACES && f->ifaces[i][0]; i++) {
			text_str(t, i ? ", " : " (counted there), also ");
			text_escape(t, f->ifaces[i], sizeof(f->ifaces[i]));
		}
		flow_page_put(p, "interfaces", STYLE_NORMAL, t);
	}
	if (f->direction) {
		text_str(t, traffic_direction_name(f->direction));
		flow_page_put(p, "direction", STYLE_NORMAL, t);
	}
}

void flow_page_connection(struct ui_page *p, const struct flow *f,
			  const struct flow_cell_options *opt)
{
	/* by enum initiator_by; of a SYN there is nothing to say */
	static const char *const began_by[5] = {
		[INITIATOR_CONNTRACK] = "as connection tracking has it",
		[INITIATOR_PORT] = "guessed by the ports: no SYN was seen",
		[INITIATOR_FIRST] = "who sent the first packet that was seen",
	};
	struct text t = {0};

	ui_page_heading(p, "Connection");
	put_counters(p, "initiator sent", &f->forward, &t);
	put_counters(p, "responder sent", &f->reply, &t);
	put_times(p, f, opt, &t);
	put_handshake(p, f, &t);
	if (f->icmp_errors) {
		clock_count(&t, f->icmp_errors);
		flow_page_put(p, "ICMP errors", STYLE_WARN, &t);
	}
	put_str(p, "who began it", STYLE_DIM, began_by[f->initiator_by % 5]);
	put_way(p, f, &t);
	if (f->connection_id) {
		text_hex(&t, f->connection_id, 16);
		flow_page_put(p, "connection", STYLE_DIM, &t);
	}
	if (f->hubble) {
		put_str(p, "seen on node", STYLE_NORMAL, f->hubble->node_name);
		put_str(p, "uuid", STYLE_DIM, f->hubble->uuid);
		put_str(p, "trace", STYLE_NORMAL, f->hubble->trace_id);
	}
	text_free(&t);
}

/* ------------------------------------------------------------------ message */

static void put_list(struct ui_page *p, const char *name, const char *const *v, size_t n,
		     struct text *t)
{
	for (size_t i = 0; i < n; i++) {
		text_str(t, i ? ", " : "");
		text_escape(t, v[i], 256);
	}
	flow_page_put(p, name, STYLE_NORMAL, t);
}

static void put_dns(struct ui_page *p, const struct l7 *l, struct text *t)
{
	const struct l7_dns *d = &l->dns;
	const char *rcode = dns_rcode_mnemonic(d->rcode);

	put_str(p, "name asked for", STYLE_STRONG, d->query);
	put_list(p, "types", d->qtypes, d->n_qtypes, t);
	if (d->timeout) {
		text_str(t, "none came in time");
		flow_page_put(p, "answer", STYLE_BAD, t);
	} else if (l->type == L7_RESPONSE) {
		if (rcode)
			text_str(t, rcode);
		else
			text_u64(t, d->rcode);
		flow_page_put(p, "answer", l7_failed(l) ? STYLE_BAD : STYLE_GOOD, t);
	}
	put_list(p, "aliases", d->cnames, d->n_cnames, t);
	for (size_t i = 0; i < d->n_ips; i++) {
		text_str(t, i ? ", " : "");
		text_addr(t, &d->ips[i]);
	}
	flow_page_put(p, "addresses", STYLE_NORMAL, t);
}

static void put_http(struct ui_page *p, const struct l7_http *h, struct text *t)
{
	put_str(p, "method", STYLE_STRONG, h->method);
	put_str(p, "URL", STYLE_STRONG, h->url);
	if (h->code) {
		text_u64(t, h->code);
		flow_page_put(p, "status", h->code >= 500 ? STYLE_BAD : STYLE_NORMAL, t);
	}
	put_str(p, "version", STYLE_NORMAL, h->protocol);
	for (size_t i = 0; i < h->n_headers; i++) {
		text_escape(t, h->headers[i].key, 256);
		text_str(t, ": ");
		text_escape(t, h->headers[i].value, 1024);
		flow_page_put(p, i ? "" : "headers", STYLE_DIM, t);
	}
}

void flow_page_message(struct ui_page *p, const struct flow *f)
{
	struct text t = {0};

	if (!f->l7)
		return;
	ui_page_heading(p, "Message");
	if (f->l7->protocol == L7_DNS)
		put_dns(p, f->l7, &t);
	else if (f->l7->protocol == L7_HTTP)
		put_http(p, &f->l7->http, &t);
	if (f->l7->latency_ns) {
		text_us(&t, f->l7->latency_ns / 1000);
		flow_page_put(p, "latency", STYLE_NORMAL, &t);
	}
	text_free(&t);
}
