// SPDX-License-Identifier: MIT
#include <errno.h>

#include "cli/printer.h"
#include "flows/summary.h"

struct dict {
	struct printer printer;
	bool second; /* blocks are parted by a line */
};

static void begin_in(struct dict *d, struct text *t, uint64_t time_ns)
{
	if (d->second)
		text_str(t, "------------\n");
	d->second = true;
	text_str(t, "  TIMESTAMP: ");
	printer_time(&d->printer, t, time_ns);
}

static void begin(struct dict *d, uint64_t time_ns)
{
	begin_in(d, &d->printer.out, time_ns);
}

static int dict_flow(struct sink *s, const struct flow *f)
{
	struct dict *d = (struct dict *)s;
	struct printer *p = &d->printer;
	struct text *t = &p->out;

	begin(d, f->time_ns);
	if (p->opt.print_node_name) {
		text_str(t, "\n       NODE: ");
		text_escape(t, printer_node_name(p, f), 256);
	}
	text_str(t, "\n     SOURCE: ");
	printer_end(p, f, &f->src);
	text_str(t, "\nDESTINATION: ");
	printer_end(p, f, &f->dst);
	text_str(t, "\n       TYPE: ");
	flow_type_text(t, f);
	text_str(t, "\n    VERDICT: ");
	printer_verdict(p, f);
	text_str(t, "\n    SUMMARY: ");
	printer_summary(p, f);
	text_char(t, '\n');
	return printer_line(p);
}

static int dict_lost(struct printer *p, const struct lost_events *l)
{
	struct text *t = &p->out;

	begin((struct dict *)p, l->time_ns);
	if (p->opt.print_node_name) {
		text_str(t, "\n       NODE: ");
		text_escape(t, printer_lost_node(p, l), 256);
	}
	text_str(t, "\n     SOURCE: ");
	text_str(t, l->source);
	text_str(t, "\n       TYPE: EVENTS LOST\n    VERDICT: -\n    SUMMARY: ");
	printer_lost_detail(p, t, l, ") - ");
	text_char(t, '\n');
	return printer_line(p);
}

/* The blocks are parted as if both streams went to one place, which they mostly do. */
static void dict_node_status(struct printer *p, struct text *t, const struct node_status *s)
{
	begin_in((struct dict *)p, t, s->time_ns);
	text_str(t, "\n      STATE: ");
	text_str(t, printer_node_state(s->state));
	text_str(t, "\n      NODES: ");
	node_names_text(t, s);
	text_str(t, "\n    MESSAGE: ");
	if (s->message && *s->message)
		quoted_text(t, s->message);
	else
		text_str(t, "N/A");
	text_char(t, '\n');
}

int print_dict_create(const struct print_options *opt, struct sink **ret_sink)
{
	struct printer *p = printer_new(sizeof(struct dict), opt, dict_flow, dict_lost);

	if (!p)
		return -ENOMEM;
	p->node_status = dict_node_status;
	*ret_sink = &p->sink;
	return 0;
}
