// SPDX-License-Identifier: MIT
/* JSON of flows of Hubble's and of what a relay says: the message's own, by protojson. */
#include <errno.h>

#include "export/hubble.h"
#include "export/json.h"
#include "export/proto/flow.pb-c.h"
#include "export/proto/observer.pb-c.h"
#include "export/protojson.h"

static int put_message(struct text *t, struct text *wire, const struct flow *f, bool bare)
{
	const struct hubble_options opt = {.extensions = EXTENSIONS_NONE};
	size_t from = t->len;
	int err;

	wire->len = 0;
	if (bare)
		hubble_write_flow(wire, f, &opt);
	else
		hubble_write_response(wire, f, &opt);
	if (wire->err)
		return wire->err;
	err = protojson_write(
		t, bare ? &flow__flow__descriptor : &observer__get_flows_response__descriptor,
		(const uint8_t *)wire->data, wire->len);
	if (err)
		t->len = from;
	return err;
}

/* As it came; where a part of it is no JSON, what was understood of it. */
int json_foreign(struct text *t, struct text *wire, const struct flow *f, bool bare)
{
	int err = put_message(t, wire, f, bare);

	if (err == -EBADMSG && f->hubble->n_wire) {
		struct hubble h = *f->hubble;
		struct flow understood = *f;

		h.n_wire = 0;
		understood.hubble = &h;
		err = put_message(t, wire, &understood, bare);
	}
	return err;
}

int json_node_status(struct text *t, struct text *wire, const struct node_status *s)
{
	wire->len = 0;
	hubble_write_node_status(wire, s);
	if (wire->err)
		return wire->err;
	return protojson_write(t, &observer__get_flows_response__descriptor,
			       (const uint8_t *)wire->data, wire->len);
}
