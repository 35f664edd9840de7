// SPDX-License-Identifier: MIT
#include <errno.h>

#include "cli/printer.h"
#include "export/json.h"
#include "flows/summary.h"

struct json {
	struct printer printer;
	struct text wire; /* of what is written as its message says */
};

static int json_sink_flow(struct sink *s, const struct flow *f)
{
	struct json *j = (struct json *)s;
	struct printer *p = &j->printer;

	if (flow_foreign(f)) {
		int err = json_foreign(&p->out, &j->wire, f, p->opt.legacy_json);

		if (err)
			return err;
	} else if (p->opt.legacy_json) {
		json_bare_flow(&p->out, f, p->opt.node_name);
	} else {
		json_flow(&p->out, f, p->opt.node_name);
	}
	text_char(&p->out, '\n');
	return printer_line(p);
}

static int json_sink_lost(struct printer *p, const struct lost_events *l)
{
	json_lost(&p->out, l->source, l->count, l->cpu, l->first_ns, l->last_ns,
		  printer_lost_node(p, l), l->time_ns);
	text_char(&p->out, '\n');
	return printer_line(p);
}

static void node_status(struct printer *p, struct text *t, const struct node_status *s)
{
	json_node_status(t, &((struct json *)p)->wire, s);
	text_char(t, '\n');
}

static int json_close_sink(struct sink *s)
{
	struct json *j = (struct json *)s;

	text_free(&j->wire);
	return printer_close(s);
}

int print_json_create(const struct print_options *opt, struct sink **ret_sink)
{
	struct printer *p = printer_new(sizeof(struct json), opt, json_sink_flow, json_sink_lost);

	if (!p)
		return -ENOMEM;
	p->node_status = node_status;
	p->sink.close = json_close_sink;
	*ret_sink = &p->sink;
	return 0;
}
