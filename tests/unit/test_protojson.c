// SPDX-License-Identifier: MIT
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "export/proto/observer.pb-c.h"
#include "export/proto/pitot.pb-c.h"
#include "export/protojson.h"
#include "export/protoset.h"
#include "google/protobuf/struct.pb-c.h"

#define FLOW (&flow__flow__descriptor)
#define FILTER (&flow__flow_filter__descriptor)
#define RESPONSE (&observer__get_flows_response__descriptor)
#define EVENT (&observer__export_event__descriptor)
#define REQUEST (&observer__get_flows_request__descriptor)
#define STATUS (&observer__server_status_response__descriptor)
#define STRUCT (&google__protobuf__struct__descriptor)
#define LOST (&flow__lost_event__descriptor)

static struct text wire, out;
static struct protojson_error error;
static uint64_t unknown;
static size_t used;

static int read_json(const ProtobufCMessageDescriptor *type, const char *json, bool lenient)
{
	wire.len = 0;
	return protojson_read(&wire, type, json, strlen(json), lenient, &used, &unknown, &error);
}

/* What a message's JSON becomes when it is read and written. */
static const char *again(const ProtobufCMessageDescriptor *type, const char *json)
{
	if (read_json(type, json, false))
		fail_msg("%s: %s at %zu", json, error.message, error.at);
	out.len = 0;
	assert_int_equal(protojson_write(&out, type, (const uint8_t *)wire.data, wire.len), 0);
	text_char(&out, '\0');
	return out.data;
}

static void same(const ProtobufCMessageDescriptor *type, const char *json)
{
	assert_string_equal(again(type, json), json);
	assert_int_equal(used, strlen(json));
}

/* The error's place and some of its words. */
static void bad(const ProtobufCMessageDescriptor *type, const char *json, size_t at,
		const char *words)
{
	int err = read_json(type, json, false);

	if (err != -EBADMSG || error.at != at || !strstr(error.message, words))
		fail_msg("%s: %d \"%s\" at %zu, wanted \"%s\" at %zu", json, err, error.message,
			 error.at, words, at);
}

static FILE *data_file(const char *name)
{
	char path[200];
	FILE *f;

	snprintf(path, sizeof(path), "tests/data/hubble/%s", name);
	f = fopen(path, "r");
	assert_non_null(f);
	return f;
}

/* hubble leaves one line out and prints two on its standard error. */
static bool is_printed(const char *line)
{
	return !strstr(line, "\"node_status\"");
}

static void test_hubble_lines(void **state)
{
	FILE *in = data_file("sample.jsonl"), *want = data_file("sample.json.out");
	char *line = NULL, *wanted = NULL;
	size_t size = 0, wanted_size = 0;
	unsigned int n = 0;

	(void)state;
	while (getline(&line, &size, in) > 0) {
		if (!is_printed(line))
			continue;
		assert_true(getline(&wanted, &wanted_size, want) > 0);
		wanted[strcspn(wanted, "\n")] = '\0';
		assert_string_equal(again(RESPONSE, line), wanted);
		assert_string_equal(again(EVENT, line), wanted);
		n++;
	}
	assert_int_equal(n, 11);
	free(line);
	free(wanted);
	fclose(in);
	fclose(want);
}

static void test_wire(void **state)
{
	static const char bytes[] = "\x10\x02\x22\x13\x0a\x11"
				    "0a:58:0a:00:01:0a"
				    "\x48\x00";

	(void)state;
	assert_int_equal(read_json(FLOW,
				   "{\"verdict\":\"DROPPED\",\"ethernet\":{\"source\":"
				   "\"0a:58:0a:00:01:0a\"},\"drop_reason\":0,\"uuid\":\"\"}",
				   false),
			 0);
	assert_int_equal(wire.len, sizeof(bytes) - 1 - 2);
	assert_memory_equal(wire.data, bytes, wire.len);
	/* packed, as proto3 has it */
	assert_int_equal(read_json(FILTER, "{\"verdict\":[\"DROPPED\",3,0]}", false), 0);
	assert_int_equal(wire.len, 5);
	assert_memory_equal(wire.data, "\x2a\x03\x02\x03\x00", 5);
}

static void test_spellings(void **state)
{
	(void)state;
	assert_string_equal(
		again(RESPONSE, " { \"nodeName\" : \"a\" , \"lostEvents\":{\"numEventsLost\":7,"
				"\"source\":3,\"cpu\":0,\"first\":null}}\r\n"),
		"{\"lost_events\":{\"source\":\"HUBBLE_RING_BUFFER\",\"num_events_lost\":\"7\","
		"\"cpu\":0},\"node_name\":\"a\"}");
	assert_string_equal(
		again(FLOW, "{\"IP\":{\"ipVersion\":2},\"Type\":1,\"is_reply\":false,"
			    "\"isReply\":true}"),
		"{\"IP\":{\"ipVersion\":\"IPv6\"},\"Type\":\"L3_L4\",\"is_reply\":true}");
	/* of a oneof the last one */
	assert_string_equal(again(FLOW, "{\"l4\":{\"TCP\":{\"source_port\":1},\"UDP\":{}}}"),
			    "{\"l4\":{\"UDP\":{}}}");
	/* a message in parts */
	assert_string_equal(again(FLOW, "{\"source\":{\"ID\":1},\"uuid\":\"x\","
					"\"source\":{\"identity\":2}}"),
			    "{\"uuid\":\"x\",\"source\":{\"ID\":1,\"identity\":2}}");
}

static void test_numbers(void **state)
{
	(void)state;
	same(FLOW, "{\"socket_cookie\":\"18446744073709551615\"}");
	same(FLOW, "{\"event_type\":{\"type\":-2147483648,\"sub_type\":2147483647}}");
	same(FLOW, "{\"proxy_port\":4294967295}");
	same(FLOW, "{\"verdict\":77}");
	assert_string_equal(again(FLOW, "{\"proxy_port\":1e3,\"socket_cookie\":\"2.0\","
					"\"drop_reason\":\"12\"}"),
			    "{\"drop_reason\":12,\"proxy_port\":1000,\"socket_cookie\":\"2\"}");
	same(STATUS, "{\"flows_rate\":12.34}");
	same(STATUS, "{\"flows_rate\":1e-07}");
	same(STATUS, "{\"flows_rate\":0.1}");
	same(STATUS, "{\"flows_rate\":1.7976931348623157e+308}");
	same(STATUS, "{\"flows_rate\":\"NaN\"}");
	same(STATUS, "{\"flows_rate\":\"-Infinity\"}");
	assert_string_equal(again(STATUS, "{\"flows_rate\":\"1.50\"}"), "{\"flows_rate\":1.5}");
	bad(FLOW, "{\"proxy_port\":4294967296}", 14, "range");
	bad(FLOW, "{\"proxy_port\":-1}", 14, "range");
	bad(FLOW, "{\"event_type\":{\"type\":2147483648}}", 22, "range");
	bad(FLOW, "{\"proxy_port\":1.5}", 14, "whole");
	bad(FLOW, "{\"proxy_port\":01}", 14, "number");
	bad(FLOW, "{\"proxy_port\":\"1 \"}", 18, "number");
	bad(FLOW, "{\"proxy_port\":true}", 14, "number");
	bad(STATUS, "{\"flows_rate\":1e999}", 14, "range");
	bad(FLOW, "{\"is_reply\":1}", 12, "true or false");
}

static void test_texts(void **state)
{
	(void)state;
	same(FLOW,
	     "{\"Summary\":\"a\\u003cb\\u003e \\u0026 \\\"\\\\ \\n \\u0000 \\u001b \\u202e z\"}");
	same(FLOW, "{\"Summary\":\"gr\xc3\xbc\xc3\x9f \xf0\x9f\x90\x9d and sixteen bytes more\"}");
	assert_string_equal(again(FLOW, "{\"Summary\":\"\\ud83d\\udc1d\\/\\u00e9\"}"),
			    "{\"Summary\":\"\xf0\x9f\x90\x9d/\xc3\xa9\"}");
	bad(FLOW, "{\"Summary\":\"\\ud83d\"}", 12, "surrogate");
	bad(FLOW, "{\"Summary\":\"\\ud83dx\"}", 12, "surrogate");
	bad(FLOW, "{\"Summary\":\"\\u12g4\"}", 14, "hexadecimal");
	bad(FLOW, "{\"Summary\":\"\\x\"}", 13, "escape");
	bad(FLOW, "{\"Summary\":\"a\xff\"}", 13, "UTF-8");
	bad(FLOW, "{\"Summary\":\"a\tb\"}", 13, "control");
	bad(FLOW, "{\"Summary\":\"a", 13, "ends");
	assert_int_equal(read_json(FLOW, "{\"Summary\":\"a\xff\\udc00\"}", true), 0);
	assert_int_equal(wire.len, 4 + 1 + 6);
	assert_memory_equal(wire.data + 4, "a\xef\xbf\xbd\xef\xbf\xbd", 7);
}

static void test_times(void **state)
{
	(void)state;
	same(FLOW, "{\"time\":\"0001-01-01T00:00:00Z\"}");
	same(FLOW, "{\"time\":\"1969-12-31T23:59:59.999999999Z\"}");
	same(FLOW, "{\"time\":\"1970-01-01T00:00:00Z\"}");
	same(FLOW, "{\"time\":\"2024-02-29T12:00:00.500Z\"}");
	same(FLOW, "{\"time\":\"9999-12-31T23:59:59.000001Z\"}");
	assert_string_equal(again(FLOW, "{\"time\":\"2026-01-15T10:20:30.5+02:30\"}"),
			    "{\"time\":\"2026-01-15T07:50:30.500Z\"}");
	bad(FLOW, "{\"time\":\"2023-02-29T12:00:00Z\"}", 8, "time");
	bad(FLOW, "{\"time\":\"2026-01-15T24:00:00Z\"}", 8, "time");
	bad(FLOW, "{\"time\":\"2026-01-15T10:20:30\"}", 8, "time");
	bad(FLOW, "{\"time\":\"2026-01-15T10:20:30.1234567891Z\"}", 8, "time");
	bad(FLOW, "{\"time\":\"0001-01-01T00:00:00+01:00\"}", 8, "time");
	bad(FLOW, "{\"time\":1}", 8, "string");
}

static void test_bytes(void **state)
{
	const ProtobufCMessageDescriptor *tuple = &pitot__v1__tuple__descriptor;

	(void)state;
	same(tuple, "{\"source\":\"AQ==\",\"destination\":\"AQI=\"}");
	same(tuple, "{\"source\":\"+/+/\"}");
	assert_string_equal(again(tuple, "{\"source\":\"-_-_\",\"destination\":\"AQ\"}"),
			    "{\"source\":\"+/+/\",\"destination\":\"AQ==\"}");
	bad(tuple, "{\"source\":\"A\"}", 10, "base64");
	bad(tuple, "{\"source\":\"A===\"}", 10, "base64");
	bad(tuple, "{\"source\":\"A*==\"}", 10, "base64");
}

static void test_known(void **state)
{
	(void)state;
	same(STRUCT,
	     "{\"a\":null,\"b\":[1,-2.5,\"x\",true,false,[],{}],\"\":{\"c\":0},\"n\":9007199254740993024}");
	same(REQUEST, "{\"field_mask\":\"sourceNames,source.podName,IP,Summary\"}");
	same(REQUEST, "{\"field_mask\":\"uuid,\"}");
	same(REQUEST, "{\"field_mask\":\"uuid,,time\"}");
	same(REQUEST, "{\"field_mask\":\",uuid\"}");
	assert_string_equal(again(REQUEST, "{\"field_mask\":\"source_names\"}"),
			    "{\"field_mask\":\"sourceNames\"}");
	same(LOST, "{\"cpu\":0}");
	assert_string_equal(again(LOST, "{\"cpu\":null,\"source\":null}"), "{}");
}

static void test_any(void **state)
{
	(void)state;
	same(FLOW, "{\"extensions\":{\"@type\":\"type.googleapis.com/google.protobuf.Struct\","
		   "\"value\":{\"event\":\"new\",\"n\":[1]}}}");
	same(FLOW, "{\"extensions\":{\"@type\":\"type.googleapis.com/pitot.v1.FlowExtension\","
		   "\"event\":\"EVENT_END\",\"connection_id\":\"12\",\"vlan\":[1,2]}}");
	same(FLOW, "{\"extensions\":{\"@type\":\"type.googleapis.com/google.protobuf.Int32Value\","
		   "\"value\":7}}");
	same(FLOW, "{\"extensions\":{\"@type\":\"example.org/x.Y\",\"value\":\"AAEC\"}}");
	same(FLOW, "{\"extensions\":{\"@type\":\"type.googleapis.com/pitot.v1.FlowExtension\"}}");
	same(FLOW, "{\"extensions\":{}}");
	assert_string_equal(again(FLOW, "{\"extensions\":{\"connectionId\":\"12\",\"@type\":"
					"\"type.googleapis.com/pitot.v1.FlowExtension\"}}"),
			    "{\"extensions\":{\"@type\":\"type.googleapis.com/"
			    "pitot.v1.FlowExtension\",\"connection_id\":\"12\"}}");
	bad(FLOW, "{\"extensions\":{\"value\":1}}", 14, "@type");
	bad(FLOW,
	    "{\"extensions\":{\"@type\":\"type.googleapis.com/pitot.v1.FlowExtension\",\"x\":1}}",
	    68, "unknown field \"x\"");
}

/* What an Any of a known type holds need not be one: it is kept all the same. */
static void test_any_damaged(void **state)
{
	static const char any[] = "{\"extensions\":{\"@type\":\"type.googleapis.com/"
				  "pitot.v1.FlowExtension\",\"value\":\"//8=\"}}";

	(void)state;
	same(FLOW, any);
	assert_non_null(memmem(wire.data, wire.len, "\x12\x02\xff\xff", 4));
}

static void test_lenient(void **state)
{
	(void)state;
	bad(FLOW, "{\"nope\":{\"a\":[1]},\"uuid\":\"x\"}", 1, "unknown field \"nope\"");
	bad(FLOW, "{\"verdict\":\"MAYBE\"}", 11, "unknown value \"MAYBE\"");
	bad(FLOW, "{\"\\u001b[31m\":1}", 14, "unknown field \"^[[31m\"");
	assert_int_equal(
		read_json(FLOW,
			  "{\"nope\":{\"a\":[1,-2e3,\"\\\"\",null,true]},\"verdict\":\"MAYBE\","
			  "\"uuid\":\"x\",\"source\":{\"y\":{}}}",
			  true),
		0);
	assert_int_equal(unknown, 3);
	out.len = 0;
	assert_int_equal(protojson_write(&out, FLOW, (const uint8_t *)wire.data, wire.len), 0);
	text_char(&out, '\0');
	assert_string_equal(out.data, "{\"uuid\":\"x\",\"source\":{}}");
	assert_int_equal(read_json(FLOW, "{\"nope\":[1,]}", true), -EBADMSG);
	assert_int_equal(error.at, 11);
}

static void test_syntax(void **state)
{
	(void)state;
	bad(FLOW, "", 0, "ends");
	bad(FLOW, "[]", 0, "an object");
	bad(FLOW, "{", 1, "ends");
	bad(FLOW, "{\"uuid\"}", 7, "colon");
	bad(FLOW, "{\"uuid\":}", 8, "string");
	bad(FLOW, "{\"uuid\":\"x\",}", 12, "string");
	bad(FLOW, "{\"uuid\":\"x\" \"a\":1}", 12, "comma");
	bad(FLOW, "{,}", 1, "string");
	bad(FLOW, "{\"node_labels\":[\"a\" \"b\"]}", 20, "comma");
	bad(FLOW, "{\"node_labels\":[\"a\",]}", 20, "string");
	bad(FLOW, "{\"node_labels\":[null]}", 16, "string");
	bad(FLOW, "{\"node_labels\":\"a\"}", 15, "list");
	bad(FLOW, "{\"uuid\":nul}", 8, "value");
	same(FLOW, "{}");
}

static void test_several(void **state)
{
	const char *json = "{\"uuid\":\"a\"} {\"uuid\":\"b\"}";

	(void)state;
	assert_int_equal(read_json(FLOW, json, false), 0);
	assert_int_equal(used, 12);
	assert_int_equal(read_json(FLOW, json + used, false), 0);
	assert_int_equal(used, 13);
}

static int read_nested(unsigned int depth, bool lists)
{
	char json[400] = "{\"a\":";
	size_t n = strlen(json);

	for (unsigned int i = 1; i < depth; i++)
		n += snprintf(json + n, sizeof(json) - n, lists ? "[" : "{\"\":");
	n += snprintf(json + n, sizeof(json) - n, "1");
	for (unsigned int i = 1; i < depth; i++)
		json[n++] = lists ? ']' : '}';
	json[n++] = '}';
	wire.len = 0;
	return protojson_read(&wire, STRUCT, json, n, false, &used, &unknown, &error);
}

static void test_depth(void **state)
{
	(void)state;
	for (int lists = 0; lists < 2; lists++) {
		assert_int_equal(read_nested(PROTOJSON_DEPTH_MAX, lists), 0);
		out.len = 0;
		assert_int_equal(
			protojson_write(&out, STRUCT, (const uint8_t *)wire.data, wire.len), 0);
		assert_int_equal(read_nested(PROTOJSON_DEPTH_MAX + 1, lists), -EBADMSG);
		assert_non_null(strstr(error.message, "deep"));
	}
	/* what is passed over is bounded, too */
	out.len = 0;
	text_str(&out, "{\"nope\":");
	for (int i = 0; i < 100000; i++)
		text_char(&out, '[');
	assert_int_equal(
		protojson_read(&wire, FLOW, out.data, out.len, true, &used, &unknown, &error),
		-EBADMSG);
}

static int write_bytes(const ProtobufCMessageDescriptor *type, const char *bytes, size_t n)
{
	out.len = 0;
	return protojson_write(&out, type, (const uint8_t *)bytes, n);
}

static void test_bad_wire(void **state)
{
	(void)state;
	assert_int_equal(write_bytes(FLOW, "\x0a", 1), -EBADMSG);
	assert_int_equal(write_bytes(FLOW, "\x0a\x05\x08", 3), -EBADMSG);
	assert_int_equal(write_bytes(FLOW, "\x0a\x02\x10\xff", 4), -EBADMSG);
	assert_int_equal(write_bytes(FILTER, "\x2a\x01\xff", 3), -EBADMSG); /* packed */
	/* nanoseconds beyond a second */
	assert_int_equal(write_bytes(FLOW, "\x0a\x06\x10\x80\x94\xeb\xdc\x03", 8), -EBADMSG);
	/* a field with another type is one that is not known */
	assert_int_equal(write_bytes(FLOW, "\x08\x01\x10\x01", 4), 0);
	text_char(&out, '\0');
	assert_string_equal(out.data, "{\"verdict\":\"FORWARDED\"}");
	/* not packed, and packed between */
	assert_int_equal(write_bytes(FILTER,
				     "\x28\x01\x12\x01"
				     "a\x2a\x02\x02\x03",
				     9),
			 0);
	text_char(&out, '\0');
	assert_string_equal(out.data, "{\"source_pod\":[\"a\"],"
				      "\"verdict\":[\"FORWARDED\",\"DROPPED\",\"ERROR\"]}");
	/* not UTF-8 */
	assert_int_equal(write_bytes(FLOW,
				     "\x5a\x02"
				     "a\xff",
				     4),
			 0);
	text_char(&out, '\0');
	assert_string_equal(out.data, "{\"node_name\":\"a\xef\xbf\xbd\"}");
}

/* Every type of the API is in the tables. */
static void test_types(void **state)
{
	static const ProtobufCMessageDescriptor *const types[] = {
		FLOW,
		FILTER,
		RESPONSE,
		EVENT,
		REQUEST,
		STATUS,
		STRUCT,
		LOST,
		&observer__get_agent_events_response__descriptor,
		&observer__get_nodes_response__descriptor,
		&pitot__v1__status_response__descriptor,
		&pitot__v1__list_interfaces_response__descriptor,
	};

	(void)state;
	assert_true(protoset_size() > 10000);
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		same(types[i], "{}");
}

static int free_texts(void **state)
{
	(void)state;
	text_free(&wire);
	text_free(&out);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hubble_lines), cmocka_unit_test(test_wire),
		cmocka_unit_test(test_spellings),    cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_texts),	     cmocka_unit_test(test_times),
		cmocka_unit_test(test_bytes),	     cmocka_unit_test(test_known),
		cmocka_unit_test(test_any),	     cmocka_unit_test(test_any_damaged),
		cmocka_unit_test(test_lenient),	     cmocka_unit_test(test_syntax),
		cmocka_unit_test(test_several),	     cmocka_unit_test(test_depth),
		cmocka_unit_test(test_bad_wire),     cmocka_unit_test(test_types),
	};

	return cmocka_run_group_tests(tests, NULL, free_texts);
}
