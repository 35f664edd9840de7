// SPDX-License-Identifier: MIT
/* flow.Flow messages, each after its length as a varint: what --input-file and exporters call .pb. */
#include <errno.h>

#include "cli/printer.h"
#include "export/hubble.h"
#include "export/wire.h"

struct pb {
	struct printer printer;
	struct text flow; /* before its length is known */
};

static int pb_flow(struct sink *s, const struct flow *f)
{
	struct pb *b = (struct pb *)s;
	struct printer *p = &b->printer;
	struct hubble_options opt = {
		.extensions = EXTENSIONS_PITOT,
		.node_name = p->opt.node_name,
	};
	char *at;

	b->flow.len = 0;
	hubble_write_flow(&b->flow, f, &opt);
	at = text_reserve(&p->out, b->flow.len + WIRE_VARINT_MAX);
	if (b->flow.err || !at)
		return -ENOMEM;
	at = wire_put_varint(at, b->flow.len);
	memcpy(at, b->flow.data, b->flow.len);
	p->out.len = at + b->flow.len - p->out.data;
	return printer_line(p);
}

/* A flow's message has no place for them; they are counted at the end. */
static int pb_lost(struct printer *p, const struct lost_events *l)
{
	(void)l;
	return p->out.err;
}

static int pb_close(struct sink *s)
{
	struct pb *b = (struct pb *)s;

	text_free(&b->flow);
	return printer_close(s);
}

int print_pb_create(const struct print_options *opt, struct sink **ret_sink)
{
	struct printer *p = printer_new(sizeof(struct pb), opt, pb_flow, pb_lost);

	if (!p)
		return -ENOMEM;
	p->sink.close = pb_close;
	*ret_sink = &p->sink;
	return 0;
}
