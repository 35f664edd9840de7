// SPDX-License-Identifier: MIT
/* `pitot status --names`: its table and JSON, and which failures are its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/status_server.h"
#include "flows/text.h"

#define NS_PER_S 1000000000ull

static const struct names_row rows[] = {
	{.what = "kubernetes pods",
	 .state = "fresh",
	 .entries = 12,
	 .max = 200000,
	 .age_ns = 61 * NS_PER_S},
	{.what = "places city",
	 .state = "GeoLite2-City of 2023-11-14",
	 .age_ns = 86400 * 30 * NS_PER_S},
	{.what = "places", .state = "no database", .none = true},
	{.what = "docker", .state = "bad \x1b[31m name", .failed = true},
	{.what = "dns names", .entries = 5, .evicted = 2, .age_ns = 3 * 3600 * NS_PER_S},
};

static const char *text_of(void (*print)(struct text *t))
{
	static char buf[4096];
	struct text t = {0};

	print(&t);
	assert_true(t.len < sizeof(buf));
	memcpy(buf, t.data, t.len);
	buf[t.len] = 0;
	text_free(&t);
	return buf;
}

static void print_table(struct text *t)
{
	status_table(t, rows, 5, false);
}

static void print_color(struct text *t)
{
	status_table(t, rows + 2, 2, true);
}

static void print_json(struct text *t)
{
	status_json(t, rows, 5);
}

static void the_table(void **state)
{
	(void)state;
	assert_string_equal(
		text_of(print_table),
		"WHAT             STATUS  ENTRIES  MAX     EVICTED  AGE  STATE\n"
		"kubernetes pods  ok      12       200000  0        61s  fresh\n"
		"places city      ok      -        -       -        30d  GeoLite2-City of 2023-11-14\n"
		"places           none    -        -       -        -    no database\n"
		"docker           failed  -        -       -        -    bad ^[[31m name\n"
		"dns names        ok      5        -       2        3h\n");
	assert_string_equal(
		text_of(print_color),
		"WHAT    STATUS  ENTRIES  MAX  EVICTED  AGE  STATE\n"
		"places  none    -        -    -        -    no database\n"
		"docker  \x1b[31mfailed\x1b[0m  -        -    -        -    bad ^[[31m name\n");
}

static void the_json(void **state)
{
	(void)state;
	assert_string_equal(
		text_of(print_json),
		"{\"what\":\"kubernetes pods\",\"status\":\"ok\",\"entries\":12,\"max\":200000,"
		"\"evicted\":0,\"age_seconds\":61,\"state\":\"fresh\"}\n"
		"{\"what\":\"places city\",\"status\":\"ok\",\"age_seconds\":2592000,"
		"\"state\":\"GeoLite2-City of 2023-11-14\"}\n"
		"{\"what\":\"places\",\"status\":\"none\",\"state\":\"no database\"}\n"
		"{\"what\":\"docker\",\"status\":\"failed\",\"state\":\"bad \\u001b[31m name\"}\n"
		"{\"what\":\"dns names\",\"status\":\"ok\",\"entries\":5,\"evicted\":2,"
		"\"age_seconds\":10800,\"state\":\"\"}\n");
}

static struct status_options *parse(char **argv)
{
	struct status_options *opt = status_options_new();
	char err[320] = "";

	if (options_parse(status_option_table, opt, argv, argv, err, sizeof(err)))
		fail_msg("%s", err);
	observe_options_finish_names(&opt->o);
	return opt;
}

static void what_was_asked_for(void **state)
{
	static const struct names_row pods = {.what = "kubernetes pods"},
				      place = {.what = "places a.mmdb"},
				      dns = {.what = "dns names"};
	char *none[] = {(char *)"--names", NULL};
	char *both[] = {(char *)"--names", (char *)"--kubeconfig",
			(char *)"x",	   (char *)"--geoip-db",
			(char *)"a.mmdb",  (char *)"--geoip-db",
			(char *)"b.mmdb",  (char *)"--timeout",
			(char *)"300ms",   NULL};
	struct status_options *opt = parse(none);

	(void)state;
	assert_true(opt->names);
	assert_null(opt->o.server.value[KEY_TIMEOUT]);
	assert_false(status_asked_for(opt, &pods));
	assert_false(status_asked_for(opt, &place));
	observe_options_free(opt);
	opt = parse(both);
	assert_int_equal(server_duration_ns(&opt->o.server, KEY_TIMEOUT), 300000000);
	assert_string_equal(opt->o.names.geoip_dbs[1], "b.mmdb");
	assert_true(status_asked_for(opt, &pods));
	assert_true(status_asked_for(opt, &place));
	assert_false(status_asked_for(opt, &dns));
	observe_options_free(opt);
}

/* ------------------------------------------------------------- of a server */

static void is_text(const struct answer_server_status *s, int format, const char *wanted)
{
	struct text t = {0};

	status_server_text(&t, s, format);
	text_char(&t, '\0');
	assert_string_equal(t.data, wanted);
	text_free(&t);
}

static void a_server_without_nodes(void **state)
{
	struct answer_server_status s = {.version = "v"};

	(void)state;
	is_text(&s, STATUS_COMPACT, "Current/Max Flows: 0/0\nFlows/s: N/A\n");
	s.uptime_ns = 90061500000000ull;
	s.seen_flows = 900615;
	s.num_flows = 1000;
	s.max_flows = 1000000;
	/* no rate of its own: over its whole life */
	is_text(&s, STATUS_COMPACT, "Current/Max Flows: 1,000/1,000,000 (0.10%)\nFlows/s: 10.00\n");
	is_text(&s, STATUS_DICT,
		"          NUM FLOWS: 1,000\n          MAX FLOWS: 1,000,000\n"
		"         SEEN FLOWS: 900,615\n   FLOWS PER SECOND: N/A\n"
		"             UPTIME: 25h1m1.5s\nNUM CONNECTED NODES: N/A\n"
		" NUM UNAVAIL. NODES: N/A\n            VERSION: v\n");
}

static void nodes_that_are_away(void **state)
{
	const char *names[] = {"z\033[31m", "a"};
	struct answer_server_status s = {
		.version = "",
		.flows_rate = 12.345,
		.connected = {true, 1},
		.unavailable = {true, 5},
		.unavailable_nodes = {names, 2},
	};

	(void)state;
	is_text(&s, STATUS_COMPACT,
		"Current/Max Flows: 0/0\nFlows/s: 12.35\nConnected Nodes: 1/6\nUnavailable Nodes: 5\n"
		"  - a\n  - z^[[31m\n  - and 3 more...\n");
	s.uptime_ns = 20500000;
	is_text(&s, STATUS_TABLE,
		"NUM FLOWS   MAX FLOWS   SEEN FLOWS   FLOWS PER SECOND   UPTIME   NUM CONNECTED NODES   "
		"NUM UNAVAILABLE NODES   VERSION\n"
		"0           0           0            12.35              20.5ms   1                     "
		"5                       \n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_table),	       cmocka_unit_test(the_json),
		cmocka_unit_test(what_was_asked_for),  cmocka_unit_test(a_server_without_nodes),
		cmocka_unit_test(nodes_that_are_away),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
