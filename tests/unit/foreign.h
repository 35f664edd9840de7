/* SPDX-License-Identifier: MIT */
/* Flows of Hubble's from JSON, as files and tests have them. For cmocka tests: include cmocka.h before. */
#ifndef PITOT_TESTS_FOREIGN_H
#define PITOT_TESTS_FOREIGN_H

#include <stdio.h>
#include <stdlib.h>

#include "export/hubble.h"
#include "export/proto/flow.pb-c.h"
#include "export/proto/observer.pb-c.h"
#include "export/protojson.h"

/* The wire form of a JSON object; free with text_free(). */
static inline struct text wire_of_json(const ProtobufCMessageDescriptor *type, const char *json)
{
	struct protojson_error error = {0};
	struct text wire = {0};
	size_t used;

	if (protojson_read(&wire, type, json, strlen(json), false, &used, NULL, &error))
		fail_msg("%s at %zu in %s", error.message, error.at, json);
	return wire;
}

static inline struct hubble_reader *new_reader(bool keep_wire)
{
	struct hubble_reader_options opt = {.keep_wire = keep_wire};
	struct hubble_reader *r;

	assert_int_equal(hubble_reader_new(&opt, &r), 0);
	return r;
}

/* A flow.Flow in JSON; flow_release() it. */
static inline struct flow flow_of_json(struct hubble_reader *r, const char *json)
{
	struct text wire = wire_of_json(&flow__flow__descriptor, json);
	struct flow f;

	assert_int_equal(hubble_read_flow(r, (uint8_t *)wire.data, wire.len, &f), 0);
	text_free(&wire);
	return f;
}

/* The next line of a file of GetFlowsResponses; false at its end. */
static inline bool next_response(FILE *in, struct hubble_reader *r, struct hubble_response *ret)
{
	struct text wire;
	char *line = NULL;
	size_t size = 0;

	if (getline(&line, &size, in) < 0) {
		free(line);
		return false;
	}
	wire = wire_of_json(&observer__get_flows_response__descriptor, line);
	assert_int_equal(hubble_read_response(r, (uint8_t *)wire.data, wire.len, ret), 0);
	text_free(&wire);
	free(line);
	return true;
}

#endif
