/* SPDX-License-Identifier: MIT */
/*
 * protobuf's JSON mapping. The first byte chooses the message and the direction. Text that is
 * read must write, and what is written must read back as the same; the wire form of
 * anything either is none or becomes such text.
 */
#include <stdlib.h>

#include "export/proto/observer.pb-c.h"
#include "export/proto/pitot.pb-c.h"
#include "export/protojson.h"
#include "google/protobuf/struct.pb-c.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const ProtobufCMessageDescriptor *const types[] = {
	&observer__export_event__descriptor,
	&observer__get_flows_request__descriptor,
	&flow__flow__descriptor,
	&flow__flow_filter__descriptor,
	&pitot__v1__flow_extension__descriptor,
	&observer__server_status_response__descriptor,
	&google__protobuf__struct__descriptor,
	&observer__get_agent_events_response__descriptor,
};

static int read_text(struct text *wire, const ProtobufCMessageDescriptor *type,
		     const struct text *json, bool lenient)
{
	struct protojson_error error;
	uint64_t unknown;
	size_t used;
	int err;

	wire->len = 0;
	err = protojson_read(wire, type, json->data ? json->data : "", json->len, lenient, &used,
			     &unknown, &error);
	if (used > json->len || error.at > json->len || (err && !*error.message))
		abort();
	return err;
}

/* *json was written: it must read, and be the same when it is written again. */
static void read_back(const ProtobufCMessageDescriptor *type, const struct text *json)
{
	struct text wire = {0}, again = {0};

	if (read_text(&wire, type, json, true) ||
	    protojson_write(&again, type, (const uint8_t *)wire.data, wire.len))
		abort();
	if (again.len != json->len || memcmp(again.data, json->data, json->len) != 0)
		abort();
	text_free(&wire);
	text_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const ProtobufCMessageDescriptor *type;
	struct text json = {0}, wire = {0};

	if (!size)
		return 0;
	type = types[*data % (sizeof(types) / sizeof(*types))];
	if (*data & 0x80) {
		text_mem(&json, (const char *)data + 1, size - 1);
		if (!read_text(&wire, type, &json, *data & 0x40)) {
			json.len = 0;
			if (protojson_write(&json, type, (const uint8_t *)wire.data, wire.len))
				abort();
			read_back(type, &json);
		}
	} else if (!protojson_write(&json, type, data + 1, size - 1)) {
		read_back(type, &json);
	}
	text_free(&json);
	text_free(&wire);
	return 0;
}
