// SPDX-License-Identifier: MIT
#include <errno.h>

#include "cli/printer.h"
#include "flows/summary.h"

#define GAP 2
/* An end by its name, and by an IPv4 address. */
#define NAMED_WIDTH 36
#define NUMERIC_WIDTH 21

struct wide {
	struct printer printer;
	bool header_done;
};

/* A column: name, width of its cells, what it says about a flow (nothing: "-"). */
struct wide_column {
	const char *name;
	uint8_t width;
	void (*cell)(struct printer *p, struct text *t, const struct flow *f);
};

static const struct flow_end *left_end(const struct flow *f)
{
	return flow_is_swapped(f) ? &f->dst : &f->src;
}

static const struct flow_end *right_end(const struct flow *f)
{
	return flow_is_swapped(f) ? &f->src : &f->dst;
}

static void cell_time(struct printer *p, struct text *t, const struct flow *f)
{
	printer_time(p, t, f->time_ns);
}

static void cell_node(struct printer *p, struct text *t, const struct flow *f)
{
	text_escape(t, printer_node_name(p, f), 256);
}

static void cell_left(struct printer *p, struct text *t, const struct flow *f)
{
	flow_end_text(t, f, left_end(f), p->opt.numeric);
}

static void cell_arrow(struct printer *p, struct text *t, const struct flow *f)
{
	int reply = flow_reply(f);

	(void)p;
	text_str(t, reply == REPLY_NO ? "->" : reply == REPLY_YES ? "<-" : "<>");
}

static void cell_right(struct printer *p, struct text *t, const struct flow *f)
{
	flow_end_text(t, f, right_end(f), p->opt.numeric);
}

static void cell_protocol(struct printer *p, struct text *t, const struct flow *f)
{
	(void)p;
	flow_protocol_text(t, f);
}

static void cell_verdict(struct printer *p, struct text *t, const struct flow *f)
{
	(void)p;
	text_str(t, flow_verdict_name(f));
}

/* The event says more than the observation point, which "wide" leaves to the interface. */
static void cell_event(struct printer *p, struct text *t, const struct flow *f)
{
	(void)p;
	if (flow_foreign(f) || flow_is_drop(f) || f->event == FLOW_L7)
		flow_type_text(t, f);
	else
		text_str(t, flow_event_name(f->event));
}

static void cell_summary(struct printer *p, struct text *t, const struct flow *f)
{
	char flags[64];

	(void)p;
	if (!flow_foreign(f) && f->event != FLOW_ICMP_ERROR && f->event != FLOW_L7 &&
	    f->ip_version && f->protocol == 6)
		text_str(t, tcp_flags_text(f->tcp_flags, flags, sizeof(flags)));
	else
		flow_summary(t, f);
}

static void cell_packets(struct printer *p, struct text *t, const struct flow *f)
{
	(void)p;
	if (flow_foreign(f))
		return;
	if (f->event == FLOW_DROP) {
		text_u64(t, f->drop.packets);
	} else if (f->event == FLOW_LISTEN_DROP) {
		text_u64(t, f->listen.drops);
	} else if (f->event != FLOW_L7) {
		text_u64(t, f->forward.packets);
		text_char(t, '/');
		text_u64(t, f->reply.packets);
	}
}

static void cell_bytes(struct printer *p, struct text *t, const struct flow *f)
{
	(void)p;
	if (f->event == FLOW_LISTEN_DROP || f->event == FLOW_L7 || flow_foreign(f))
		return;
	if (f->event == FLOW_DROP) {
		text_bytes(t, f->drop.bytes);
		return;
	}
	text_bytes(t, f->forward.bytes);
	text_char(t, '/');
	text_bytes(t, f->reply.bytes);
}

static void cell_rtt(struct printer *p, struct text *t, const struct flow *f)
{
	(void)p;
	if (flow_rtt_us(f))
		text_us(t, flow_rtt_us(f));
}

static void cell_handshake(struct printer *p, struct text *t, const struct flow *f)
{
	(void)p;
	if (f->handshake_us)
		text_us(t, f->handshake_us);
}

static void cell_processes(struct printer *p, struct text *t, const struct flow *f)
{
	(void)p;
	flow_processes_text(t, f, flow_is_swapped(f));
}

static void cell_interfaces(struct printer *p, struct text *t, const struct flow *f)
{
	(void)p;
	interfaces_text(t, f);
}

static void cell_details(struct printer *p, struct text *t, const struct flow *f)
{
	size_t from = t->len;

	if (flow_foreign(f))
		return;
	if (f->event == FLOW_L7)
		l7_tail(t, from, f->l7);
	names_tail(p, t, from, f);
	if (t->len < from + 2)
		return;
	/* a tail's " [" */
	memmove(t->data + from, t->data + from + 2, t->len - from - 2);
	t->len -= 2;
}

static const struct wide_column columns[] = {
	{"TIMESTAMP", 19, cell_time},
	{"NODE", 12, cell_node},
	{"SOURCE", NAMED_WIDTH, cell_left},
	{"", 2, cell_arrow},
	{"DESTINATION", NAMED_WIDTH, cell_right},
	{"PROTO", 6, cell_protocol},
	{"VERDICT", 9, cell_verdict},
	{"EVENT", 17, cell_event},
	{"SUMMARY", 18, cell_summary},
	{"PACKETS", 9, cell_packets},
	{"BYTES", 17, cell_bytes},
	{"RTT", 7, cell_rtt},
	{"HANDSHAKE", 9, cell_handshake},
	{"PROCESSES", 24, cell_processes},
	{"INTERFACE", 9, cell_interfaces},
	{"DETAILS", 7, cell_details},
};

#define COLUMNS (sizeof(columns) / sizeof(columns[0]))

static bool shown(const struct printer *p, const struct wide_column *c)
{
	return c->cell != cell_node || p->opt.print_node_name;
}

static size_t width(const struct printer *p, const struct wide_column *c)
{
	return c->width == NAMED_WIDTH && p->opt.numeric ? NUMERIC_WIDTH : c->width;
}

/*
 * Cells go to where their column begins. One that is too long pushes the next
 * ones on only as far as it must, so that the row is back in line soon after.
 */
static int wide_row(struct printer *p, const struct flow *f)
{
	struct text *t = &p->out;
	size_t used = 0, start = 0;

	for (size_t i = 0; i < COLUMNS; i++) {
		const struct wide_column *c = &columns[i];
		size_t from, gap;

		if (!shown(p, c))
			continue;
		gap = used < start ? start - used : used ? GAP : 0;
		text_spaces(t, gap);
		from = t->len;
		if (f)
			c->cell(p, t, f);
		else
			text_str(t, c->name);
		if (f && t->len == from)
			text_char(t, '-');
		used += gap + text_width(t, from);
		start += width(p, c) + GAP;
	}
	text_char(t, '\n');
	return printer_line(p);
}

static int wide_flow(struct sink *s, const struct flow *f)
{
	struct wide *w = (struct wide *)s;

	if (!w->header_done)
		wide_row(&w->printer, NULL);
	w->header_done = true;
	return wide_row(&w->printer, f);
}

int print_wide_create(const struct print_options *opt, struct sink **ret_sink)
{
	struct printer *p = printer_new(sizeof(struct wide), opt, wide_flow, compact_lost);

	if (!p)
		return -ENOMEM;
	*ret_sink = &p->sink;
	return 0;
}
