// SPDX-License-Identifier: MIT
#include <errno.h>

#include "cli/printer.h"
#include "flows/summary.h"

struct dict {
	struct printer printer;
	bool second; /* blocks are parted by a line */
};

static void begin(struct dict *d, uint64_t time_ns)
{
	struct text *t = &d->printer.out;

	if (d->second)
		text_str(t, "------------\n");
	d->second = true;
	text_str(t, "  TIMESTAMP: ");
	printer_time(&d->printer, t, time_ns);
}

static int dict_flow(struct sink *s, const struct flow *f)
{
	struct dict *d = (struct dict *)s;
	struct printer *p = &d->printer;
	struct text *t = &p->out;

	begin(d, f->time_ns);
	if (p->opt.print_node_name) {
		text_str(t, "\n       NODE: ");
		text_escape(t, p->opt.node_name, 256);
	}
	text_str(t, "\n     SOURCE: ");
	printer_end(p, f, &f->src);
	text_str(t, "\nDESTINATION: ");
	printer_end(p, f, &f->dst);
	text_str(t, "\n       TYPE: ");
	text_str(t, flow_type_name(f));
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
	text_str(t, "\n     SOURCE: ");
	text_str(t, l->source);
	text_str(t, "\n       TYPE: EVENTS LOST\n    VERDICT: -\n    SUMMARY: ");
	printer_lost_detail(p, t, l, ") - ");
	text_char(t, '\n');
	return printer_line(p);
}

int print_dict_create(const struct print_options *opt, struct sink **ret_sink)
{
	struct printer *p = printer_new(sizeof(struct dict), opt, dict_flow, dict_lost);

	if (!p)
		return -ENOMEM;
	*ret_sink = &p->sink;
	return 0;
}
