// SPDX-License-Identifier: MIT
#include <errno.h>

#include "cli/printer.h"
#include "export/hubble.h"
#include "export/json.h"
#include "export/proto/flow.pb-c.h"
#include "export/proto/observer.pb-c.h"
#include "export/protojson.h"
#include "flows/summary.h"

struct json {
	struct printer printer;
	struct text wire; /* of what is written as its message says */
};

static int write_foreign(struct json *j, const struct flow *f)
{
	const struct hubble_options opt = {.extensions = EXTENSIONS_NONE};
	struct text *t = &j->printer.out;
	size_t from = t->len;
	int err;

	j->wire.len = 0;
	if (j->printer.opt.legacy_json)
		hubble_write_flow(&j->wire, f, &opt);
	else
		hubble_write_response(&j->wire, f, &opt);
	if (j->wire.err)
		return j->wire.err;
	err = protojson_write(t,
			      j->printer.opt.legacy_json
				      ? &flow__flow__descriptor
				      : &observer__get_flows_response__descriptor,
			      (const uint8_t *)j->wire.data, j->wire.len);
	if (err)
		t->len = from;
	return err;
}

/* A flow of Hubble's as it came; where a part of it is no JSON, what was understood of it. */
static int put_foreign(struct json *j, const struct flow *f)
{
	int err = write_foreign(j, f);

	if (err == -EBADMSG && f->hubble->n_wire) {
		struct hubble h = *f->hubble;
		struct flow understood = *f;

		h.n_wire = 0;
		understood.hubble = &h;
		err = write_foreign(j, &understood);
	}
	return err;
}

static int json_sink_flow(struct sink *s, const struct flow *f)
{
	struct json *j = (struct json *)s;
	struct printer *p = &j->printer;

	if (flow_foreign(f)) {
		int err = put_foreign(j, f);

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

static void json_node_status(struct printer *p, struct text *t, const struct node_status *s)
{
	struct json *j = (struct json *)p;

	j->wire.len = 0;
	hubble_write_node_status(&j->wire, s);
	if (!j->wire.err)
		protojson_write(t, &observer__get_flows_response__descriptor,
				(const uint8_t *)j->wire.data, j->wire.len);
	text_char(t, '\n');
}

static void json_close_sink(struct sink *s)
{
	struct json *j = (struct json *)s;

	text_free(&j->wire);
	printer_close(s);
}

int print_json_create(const struct print_options *opt, struct sink **ret_sink)
{
	struct printer *p = printer_new(sizeof(struct json), opt, json_sink_flow, json_sink_lost);

	if (!p)
		return -ENOMEM;
	p->node_status = json_node_status;
	p->sink.close = json_close_sink;
	*ret_sink = &p->sink;
	return 0;
}
