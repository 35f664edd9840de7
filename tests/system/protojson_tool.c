// SPDX-License-Identifier: MIT
/*
 * protojson_tool: on each line of stdin a type, a direction and a message, by spaces:
 *
 *	flow.Flow json HEX	the JSON of a wire form
 *	flow.Flow wire JSON	the wire form, in hexadecimal, of a JSON
 *
 * A line of output for each; "error: ..." where it is none.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "export/proto/observer.pb-c.h"
#include "export/proto/pitot.pb-c.h"
#include "export/protojson.h"

static const ProtobufCMessageDescriptor *const types[] = {
	&flow__flow__descriptor,
	&flow__flow_filter__descriptor,
	&observer__get_flows_request__descriptor,
	&observer__get_flows_response__descriptor,
	&observer__export_event__descriptor,
	&observer__server_status_response__descriptor,
	&observer__get_agent_events_response__descriptor,
	&observer__get_nodes_response__descriptor,
	&pitot__v1__flow_extension__descriptor,
	&pitot__v1__status_response__descriptor,
};

static const ProtobufCMessageDescriptor *type_of(const char *name)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		if (!strcmp(types[i]->name, name))
			return types[i];
	return NULL;
}

static void to_json(const ProtobufCMessageDescriptor *type, char *hex)
{
	struct text out = {0};
	size_t n = strlen(hex) / 2;
	uint8_t *wire = (uint8_t *)hex;

	for (size_t i = 0; i < n; i++) {
		char digits[3] = {hex[2 * i], hex[2 * i + 1], '\0'};

		wire[i] = (uint8_t)strtoul(digits, NULL, 16);
	}
	if (protojson_write(&out, type, wire, n))
		puts("error: no message");
	else
		printf("%.*s\n", (int)out.len, out.data);
	text_free(&out);
}

static void to_wire(const ProtobufCMessageDescriptor *type, const char *json)
{
	struct protojson_error error;
	struct text wire = {0};
	size_t used;

	if (protojson_read(&wire, type, json, strlen(json), false, &used, NULL, &error))
		printf("error: %s at %zu", error.message, error.at);
	for (size_t i = 0; i < wire.len; i++)
		printf("%02x", (uint8_t)wire.data[i]);
	putchar('\n');
	text_free(&wire);
}

int main(void)
{
	char *line = NULL;
	size_t size = 0;

	while (getline(&line, &size, stdin) > 0) {
		char *rest = line, *name = strsep(&rest, " "), *what = strsep(&rest, " ");
		const ProtobufCMessageDescriptor *type = type_of(name);

		if (!type || !what || !rest)
			return 2;
		rest[strcspn(rest, "\n")] = '\0';
		if (!strcmp(what, "json"))
			to_json(type, rest);
		else
			to_wire(type, rest);
	}
	free(line);
	return 0;
}
