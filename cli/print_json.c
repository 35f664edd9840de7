// SPDX-License-Identifier: MIT
#include <errno.h>

#include "cli/printer.h"
#include "export/json.h"

static int line_flow(struct sink *s, const struct flow *f)
{
	struct printer *p = (struct printer *)s;

	json_flow(&p->out, f, p->opt.node_name);
	text_char(&p->out, '\n');
	return printer_line(p);
}

static int line_lost(struct printer *p, const struct lost_events *l)
{
	json_lost(&p->out, l->source, l->count, l->cpu, l->first_ns, l->last_ns, p->opt.node_name,
		  l->time_ns);
	text_char(&p->out, '\n');
	return printer_line(p);
}

int print_json_create(const struct print_options *opt, struct sink **ret_sink)
{
	struct printer *p = printer_new(sizeof(struct printer), opt, line_flow, line_lost);

	if (!p)
		return -ENOMEM;
	*ret_sink = &p->sink;
	return 0;
}
