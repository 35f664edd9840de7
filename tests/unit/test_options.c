// SPDX-License-Identifier: MIT
/* The options of a command line. */
#include <setjmp.h>
#include <stdarg.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/observe_options.h"
#include "export/flow_filter.h"

#define ARGS_MAX 32

struct parsed {
	struct observe_options *o;
	char *args[ARGS_MAX];
	char err[320];
	int ret;
};

/* One word an argument, separated by single spaces. */
static struct parsed parse(const char *line)
{
	static char copy[256];
	struct parsed p = {.o = observe_options_new()};
	char *rest = copy;
	size_t n = 0;

	snprintf(copy, sizeof(copy), "%s", line);
	while (*line && rest && n < ARGS_MAX - 1)
		p.args[n++] = strsep(&rest, " ");
	p.args[n] = NULL;
	p.ret = options_parse(observe_option_table, p.o, p.args, p.args, p.err, sizeof(p.err));
	if (!p.ret)
		p.ret = observe_options_finish(p.o, p.err, sizeof(p.err));
	return p;
}

static struct parsed good(const char *line)
{
	struct parsed p = parse(line);

	if (p.ret)
		fail_msg("\"%s\" was refused: %s", line, p.err);
	return p;
}

/* Refused, in one line that contains `says`. */
static void bad(const char *line, const char *says)
{
	struct parsed p = parse(line);

	if (p.ret >= 0 || !strstr(p.err, says) || strchr(p.err, '\n'))
		fail_msg("\"%s\" gave %d, \"%s\"", line, p.ret, p.err);
	observe_options_free(p.o);
}

static void test_each_value(void **state)
{
	struct parsed p =
		good("--last 5 --for=1.5s -fojson --ring-size 4M --color never "
		     "--max-connections 1000 --report-interval 250ms --time-format RFC3339");
	struct observe_options *o = p.o;

	(void)state;
	assert_int_equal(o->last, 5);
	assert_int_equal(o->for_ns, 1500000000);
	assert_true(o->follow);
	assert_string_equal(o->format->name, "json");
	assert_int_equal(o->capture.ring_bytes, 4 << 20);
	assert_int_equal(o->capture.max_connections, 1000);
	assert_int_equal(o->capture.report_interval_ms, 250);
	assert_int_equal(o->color, COLOR_NEVER);
	assert_false(o->print.color);
	assert_int_equal(o->print.time_format, TIME_RFC3339);
	assert_null(p.args[0]);
	observe_options_free(o);
}

static void raw(const struct parsed *p, const char *yaml)
{
	struct text t = {0};

	flow_filter_print_raw(&t, &p->o->filter);
	text_char(&t, '\0');
	assert_string_equal(t.data, yaml);
	text_free(&t);
}

/* Does a node filter mean this machine? */
static bool here(const struct parsed *p)
{
	struct flow f = {.event = FLOW_L7, .l7 = &(struct l7){.protocol = L7_DNS}};

	return filter_pass(&p->o->filter, &f);
}

static void test_short(void **state)
{
	static const char *const lines[] = {"-f4o dict", "-f4odict", "-f4o=dict",
					    "-f -4 --output=dict"};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct parsed p = good(lines[i]);

		assert_true(p.o->follow);
		assert_string_equal(p.o->format->name, "dict");
		raw(&p, "allowlist:\n    - '{\"ip_version\":[\"IPv4\"]}'\n");
		observe_options_free(p.o);
	}
}

/* As Hubble's, of Go: a flag may have a value, and 0 flows are no wish. */
static void test_as_in_go(void **state)
{
	struct parsed p = good("--follow=true -s=false --numeric=1 --print-node-name=false "
			       "--last 0 --first=0");

	(void)state;
	assert_true(p.o->follow);
	assert_false(p.o->silent_errors);
	assert_true(p.o->print.numeric);
	assert_false(p.o->print.print_node_name);
	assert_int_equal(p.o->last, 0);
	assert_int_equal(p.o->first, 0);
	observe_options_free(p.o);
	p = good("-f=false --follow --last 3 --last 0");
	assert_true(p.o->follow);
	assert_int_equal(p.o->last, 0);
	observe_options_free(p.o);
}

static void test_arguments(void **state)
{
	struct parsed p = good("one -f two -- --last");

	(void)state;
	assert_string_equal(p.args[0], "one");
	assert_string_equal(p.args[1], "two");
	assert_string_equal(p.args[2], "--last");
	assert_null(p.args[3]);
	observe_options_free(p.o);
	p = parse("--help");
	assert_int_equal(p.ret, OPTIONS_HELP);
	observe_options_free(p.o);
}

static void test_not_is_for_the_next_one(void **state)
{
	struct parsed p = good("--not --port 22 --port 80 --not -6");

	(void)state;
	raw(&p, "allowlist:\n"
		"    - '{\"source_port\":[\"80\"]}'\n"
		"    - '{\"destination_port\":[\"80\"]}'\n"
		"denylist:\n"
		"    - '{\"source_port\":[\"22\"],\"ip_version\":[\"IPv6\"]}'\n"
		"    - '{\"destination_port\":[\"22\"],\"ip_version\":[\"IPv6\"]}'\n");
	observe_options_free(p.o);
}

static void test_interfaces(void **state)
{
	struct parsed p = good("--interface eth* --interface lo --not --interface eth1");

	(void)state;
	assert_string_equal(p.o->capture.interfaces[0], "eth*");
	assert_string_equal(p.o->capture.interfaces[1], "lo");
	assert_null(p.o->capture.interfaces[2]);
	assert_string_equal(p.o->capture.not_interfaces[0], "eth1");
	assert_null(p.o->capture.not_interfaces[1]);
	observe_options_free(p.o);
	/* not (eth1 and port 22): the rest of eth1 is wanted */
	p = good("--not --interface eth1 --not --port 22");
	assert_null(p.o->capture.not_interfaces);
	assert_null(p.o->capture.interfaces);
	observe_options_free(p.o);
}

static void test_names(void **state)
{
	struct parsed p = good("--no-resolve --geoip-db a.mmdb --geoip-db=b.mmdb --kubeconfig k "
			       "--kube-scope node --dns-port 5300 --dns-port 54 --no-dns");
	const struct names_options *n = &p.o->names;

	(void)state;
	assert_true(n->no_resolve && n->no_dns && n->kube_scope_node);
	assert_false(n->no_kubernetes || n->no_containers || p.o->no_names);
	assert_string_equal(n->kubeconfig, "k");
	assert_string_equal(n->geoip_dbs[0], "a.mmdb");
	assert_string_equal(n->geoip_dbs[1], "b.mmdb");
	assert_null(n->geoip_dbs[2]);
	assert_int_equal(n->dns_ports[0], 5300);
	assert_int_equal(n->dns_ports[1], 54);
	assert_int_equal(n->dns_ports[2], 0);
	observe_options_free(p.o);
	p = good("");
	n = &p.o->names;
	assert_null(n->geoip_dbs);
	assert_null(n->dns_ports);
	assert_null(n->kubeconfig);
	assert_true(*n->node_name);
	observe_options_free(p.o);
	bad("--dns-port 65536", "\"65536\"");
	bad("--dns-port 1K", "\"1K\"");
	bad("--dns-port 1 --dns-port 2 --dns-port 3 --dns-port 4 --dns-port 5", "at most 4");
	bad("--kube-scope pod", "cluster or node");
}

static void test_name_filters(void **state)
{
	struct parsed p = good("-n shop --pod cart -l app=x -t trace:to-stack --to-identity world "
			       "--not -A --node-name x --protocol dns");

	(void)state;
	raw(&p, "allowlist:\n"
		"    - '{\"source_pod\":[\"shop/cart\"],\"source_label\":[\"app=x\"],"
		"\"event_type\":[{\"type\":4,\"match_sub_type\":true,\"sub_type\":3}],"
		"\"protocol\":[\"dns\"],\"destination_identity\":[2],"
		"\"node_name\":[\"x\"]}'\n"
		"    - '{\"destination_pod\":[\"shop/cart\"],\"destination_label\":[\"app=x\"],"
		"\"event_type\":[{\"type\":4,\"match_sub_type\":true,\"sub_type\":3}],"
		"\"protocol\":[\"dns\"],\"destination_identity\":[2],"
		"\"node_name\":[\"x\"]}'\n"
		"denylist:\n"
		"    - '{\"source_pod\":[\"/\"]}'\n"
		"    - '{\"destination_pod\":[\"/\"]}'\n");
	assert_false(here(&p));
	assert_int_equal(p.o->capture.prefilter.n_protocols, 0);
	observe_options_free(p.o);
	p = good("--node-name prod/* --cluster-name prod");
	assert_true(here(&p));
	observe_options_free(p.o);
	bad("--namespace a --to-pod x", "filters --to-pod and --namespace cannot be combined");
	bad("--pod x --from-pod y", "filters --from-pod and --pod cannot be combined");
	bad("-A -n x", "filters --namespace and --all-namespaces cannot be combined");
	bad("-n b --pod a/x", "\"b\" does not contain \"a/x\"");
	bad("--label app=x,", "\"app=x,\" is not a label selector: expected a label's name");
	bad("--identity wrld", "\"wrld\" is not an identity");
	bad("--fqdn a_b/c", "\"a_b/c\"");
	bad("--type tracing", "\"tracing\"");
	bad("--all-namespaces=x", "takes no value");
	bad("--from-namespcae x", "did you mean \"--from-namespace\"");
}

static void test_ip_translation(void **state)
{
	static const char *const on[] = {"", "--ip-translation", "--ip-translation=true",
					 "--ip-translation=false --ip-translation"};
	struct parsed p = good("--ip-translation=false");

	(void)state;
	assert_true(p.o->print.no_ip_translation);
	observe_options_free(p.o);
	for (size_t i = 0; i < sizeof(on) / sizeof(on[0]); i++) {
		p = good(on[i]);
		assert_false(p.o->print.no_ip_translation);
		observe_options_free(p.o);
	}
	bad("--ip-translation=no", "\"no\" is not true or false");
}

static void test_usage_errors(void **state)
{
	(void)state;
	bad("--bogus", "\"--bogus\"");
	bad("--verdct DROPPED", "did you mean \"--verdict\"");
	bad("--from-prot 80", "did you mean \"--from-port\"");
	bad("--withou x", "unknown option"); /* hidden: not offered */
	bad("-x", "\"-x\"");
	bad("-fx", "\"-x\" in \"-x\"");
	bad("--last", "needs a value");
	bad("-o", "needs a value");
	bad("--follow=yes", "\"yes\" is not true or false");
	bad("-f=yes", "\"yes\" is not true or false");
	bad("-fo=yes", "\"yes\"");
	bad("--limit 0 --sort time", "\"0\"");
	bad("--last -1", "\"-1\"");
	bad("--last 2K", "\"2K\"");
	bad("--last 4294967296", "\"4294967296\"");
	bad("--ring-size 1T", "\"1T\"");
	bad("--ring-size 99999999999", "\"99999999999\"");
	bad("--ring-size 5G", "\"5G\"");
	bad("--ring-size 1025M", "at most 1G");
	bad("--max-connections 16777217", "at most 16777216");
	bad("--for 5", "\"5\"");
	bad("--for 0s", "\"0s\"");
	bad("--since never", "\"never\"");
	bad("-o xml", "\"xml\"");
	bad("--color red", "auto, always or never");
	bad("--aggregate pod", "none, connection, pair, service or namespace");
	bad("--time-format stamp", "StampMilli");
	bad("--port 99999", "\"99999\"");
	bad("--verdict dropd", "\"dropd\"");
	bad("--not", "\"--not\"");
	bad("--not --last 3", "\"--last\"");
	bad("--not --not --port 3", "twice");
	bad("--first 3 --last 3", "cannot set both --first and --last");
	bad("--first 3 -f", "cannot set both --first and --follow");
	bad("-o table -f", "\"-o table\"");
	bad("--since 1s --until 2s", "\"--since\" is not before \"--until\"");
	bad("--report-interval 1ms", "10ms");
	bad("--report-interval 25h", "24h");
}

static void test_sizes(void **state)
{
	uint32_t n = 0;

	(void)state;
	assert_int_equal(size_parse("65536", &n), 0);
	assert_int_equal(n, 65536);
	assert_int_equal(size_parse("64k", &n), 0);
	assert_int_equal(n, 65536);
	assert_int_equal(size_parse("3G", &n), 0);
	assert_true(n == 3u << 30);
	assert_int_equal(size_parse("4G", &n), -EINVAL);
	assert_int_equal(size_parse("4294967295M", &n), -EINVAL);
	assert_int_equal(size_parse("1KB", &n), -EINVAL);
	assert_int_equal(size_parse("K", &n), -EINVAL);
	assert_int_equal(size_parse(" 1", &n), -EINVAL);
	assert_int_equal(size_parse("1 ", &n), -EINVAL);
}

static void test_suggestions(void **state)
{
	static const char *const words[] = {"observe", "features", "help", NULL};
	char buf[SUGGESTION_MAX];

	(void)state;
	assert_string_equal(suggestion("obsrve", words, "", buf), " (did you mean \"observe\"?)");
	assert_string_equal(suggestion("feature", words, "", buf), " (did you mean \"features\"?)");
	assert_string_equal(suggestion("hlep", words, "--", buf), " (did you mean \"--help\"?)");
	assert_string_equal(suggestion("x", words, "", buf), "");
	assert_string_equal(suggestion("agent", words, "", buf), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_value),
		cmocka_unit_test(test_short),
		cmocka_unit_test(test_arguments),
		cmocka_unit_test(test_as_in_go),
		cmocka_unit_test(test_not_is_for_the_next_one),
		cmocka_unit_test(test_interfaces),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_name_filters),
		cmocka_unit_test(test_ip_translation),
		cmocka_unit_test(test_usage_errors),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_suggestions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
