// SPDX-License-Identifier: MIT
/*
 * --print-raw-filters: what Hubble's client printed for the same options (recorded in
 * tests/data/hubble/raw-filters.txt), and what follows from its rules.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "cli/filter_rows.h"
#include "export/flow_filter.h"

#define RECORDED "tests/data/hubble/raw-filters.txt"
#define WORDS_MAX 64

struct options {
	int before; /* the filter need not be what options begin with */
	struct filter filter;
};

static const struct opt table[] = {
	FILTER_ROWS(offsetof(struct options, filter)),
	{.name = NULL},
};

/* The line's words: none of them has a space in it. */
static int parse(const char *line, struct options *o, char *err, size_t size)
{
	char *copy = strdup(line), *rest = copy, *word, *argv[WORDS_MAX + 1];
	int n = 0, ret;

	memset(o, 0, sizeof(*o));
	while ((word = strsep(&rest, " ")) && n < WORDS_MAX)
		if (*word)
			argv[n++] = word;
	argv[n] = NULL;
	ret = options_parse(table, o, argv, argv, err, size);
	free(copy);
	return ret;
}

static void prints(const char *line, const char *yaml)
{
	struct options o;
	struct text t = {0};
	char err[512] = "";

	if (parse(line, &o, err, sizeof(err)))
		fail_msg("\"%s\" was refused: %s", line, err);
	flow_filter_print_raw(&t, &o.filter);
	text_char(&t, '\0');
	assert_int_equal(t.err, 0);
	if (strcmp(t.data, yaml))
		fail_msg("\"%s\" printed\n%swhere this was wanted\n%s", line, t.data, yaml);
	text_free(&t);
	filter_clear(&o.filter);
}

static void test_as_recorded(void **state)
{
	static const char command[] = "$ hubble observe --print-raw-filters ";
	char line[512], asked[512] = "", wanted[4096] = "";
	FILE *f = fopen(RECORDED, "r");
	int n = 0;

	(void)state;
	if (!f)
		fail_msg("%s: %s", RECORDED, strerror(errno));
	while (fgets(line, sizeof(line), f)) {
		if (!strncmp(line, command, sizeof(command) - 1)) {
			line[strcspn(line, "\n")] = '\0';
			snprintf(asked, sizeof(asked), "%s", line + sizeof(command) - 1);
			*wanted = '\0';
		} else if (!strcmp(line, "[rc=0]\n")) {
			prints(asked, wanted);
			n++;
		} else {
			strncat(wanted, line, sizeof(wanted) - strlen(wanted) - 1);
		}
	}
	fclose(f);
	assert_int_equal(n, 22);
}

#define ONE(json) "allowlist:\n    - '" json "'\n"
#define TWO(a, b) "allowlist:\n    - '" a "'\n    - '" b "'\n"

static void test_every_flag(void **state)
{
	static const struct {
		const char *line, *yaml;
	} rows[] = {
		{"", "{}\n"},
		{"--label app=x",
		 TWO("{\"source_label\":[\"app=x\"]}", "{\"destination_label\":[\"app=x\"]}")},
		{"-l k8s:app=x,tier", TWO("{\"source_label\":[\"k8s:app=x,tier\"]}",
					  "{\"destination_label\":[\"k8s:app=x,tier\"]}")},
		{"--fqdn *.Example.com.", TWO("{\"source_fqdn\":[\"*.Example.com.\"]}",
					      "{\"destination_fqdn\":[\"*.Example.com.\"]}")},
		{"--to-fqdn a --to-fqdn b", ONE("{\"destination_fqdn\":[\"a\",\"b\"]}")},
		{"--service cart",
		 TWO("{\"source_service\":[\"cart\"]}", "{\"destination_service\":[\"cart\"]}")},
		{"-n shop --service cart", TWO("{\"source_service\":[\"shop/cart\"]}",
					       "{\"destination_service\":[\"shop/cart\"]}")},
		{"-n a -n b --pod x", TWO("{\"source_pod\":[\"a/x\",\"b/x\"]}",
					  "{\"destination_pod\":[\"a/x\",\"b/x\"]}")},
		{"-n shop --pod shop/x --pod y",
		 TWO("{\"source_pod\":[\"shop/x\",\"shop/y\"]}",
		     "{\"destination_pod\":[\"shop/x\",\"shop/y\"]}")},
		{"--to-namespace b --from-namespace a",
		 ONE("{\"source_pod\":[\"a/\"],\"destination_pod\":[\"b/\"]}")},
		{"--to-service cart --to-namespace b",
		 ONE("{\"destination_service\":[\"b/cart\"]}")},
		{"-A --pod x", TWO("{\"source_pod\":[\"/x\"]}", "{\"destination_pod\":[\"/x\"]}")},
		{"--to-all-namespaces", ONE("{\"destination_pod\":[\"/\"]}")},
		{"--workload cart", TWO("{\"source_workload\":[{\"name\":\"cart\"}]}",
					"{\"destination_workload\":[{\"name\":\"cart\"}]}")},
		{"--from-workload Deployment/cart --from-workload DaemonSet/",
		 ONE("{\"source_workload\":[{\"name\":\"cart\",\"kind\":\"Deployment\"},{\"kind\":\"DaemonSet\"}]}")},
		{"--identity world",
		 TWO("{\"source_identity\":[2]}", "{\"destination_identity\":[2]}")},
		{"--to-identity kube-apiserver --to-identity 12345",
		 ONE("{\"destination_identity\":[7,12345]}")},
		{"--cluster a --from-cluster b",
		 TWO("{\"source_cluster_name\":[\"a\",\"b\"]}",
		     "{\"source_cluster_name\":[\"b\"],\"destination_cluster_name\":[\"a\"]}")},
		{"--snat-ip 10.0.0.1", ONE("{\"source_ip_xlated\":[\"10.0.0.1\"]}")},
		{"-4 -6 --ip-version none",
		 ONE("{\"ip_version\":[\"IPv4\",\"IPv6\",\"IP_NOT_USED\"]}")},
		{"--tcp-flags syn,ack --tcp-flags RST",
		 ONE("{\"tcp_flags\":[{\"SYN\":true,\"ACK\":true},{\"RST\":true}]}")},
		{"--tcp-flags ns,cwr,ece,urg,ack,psh,rst,syn,fin",
		 ONE("{\"tcp_flags\":[{\"FIN\":true,\"SYN\":true,\"RST\":true,\"PSH\":true,\"ACK\":true,\"URG\":true,\"ECE\":true,\"CWR\":true,\"NS\":true}]}")},
		{"--protocol TCP", ONE("{\"protocol\":[\"TCP\"]}")},
		{"--type drop -t l7", ONE("{\"event_type\":[{\"type\":1},{\"type\":129}]}")},
		{"--type trace:to-stack",
		 ONE("{\"event_type\":[{\"type\":4,\"match_sub_type\":true,\"sub_type\":3}]}")},
		{"--type trace:to-endpoint",
		 ONE("{\"event_type\":[{\"type\":4,\"match_sub_type\":true}]}")},
		{"--type 4:3 --type 5",
		 ONE("{\"event_type\":[{\"type\":4,\"match_sub_type\":true,\"sub_type\":3},{\"type\":5}]}")},
		{"--type agent:policy-updated",
		 ONE("{\"event_type\":[{\"type\":130,\"match_sub_type\":true,\"sub_type\":3}]}")},
		{"--verdict TRANSLATED --verdict AUDIT",
		 ONE("{\"verdict\":[\"TRANSLATED\",\"AUDIT\"]}")},
		{"--drop-reason-desc POLICY_DENIED",
		 ONE("{\"drop_reason_desc\":[\"POLICY_DENIED\"]}")},
		{"--traffic-direction INGRESS", ONE("{\"traffic_direction\":[\"INGRESS\"]}")},
		{"--encrypted", ONE("{\"encrypted\":[true]}")},
		{"--unencrypted", ONE("{\"encrypted\":[false]}")},
		{"--interface eth*",
		 ONE("{\"pitot\":{\"interface\":[\"eth*\"]}}")}, /* Hubble's is no glob */
		{"--interface eth0", ONE("{\"interface\":[{\"name\":\"eth0\"}]}")},
		{"--http-status 404 --http-status 5+",
		 ONE("{\"http_status_code\":[\"404\",\"5+\"]}")},
		{"--http-method get --http-path ^/x<y>&'z' --http-url b",
		 ONE("{\"http_method\":[\"get\"],\"http_path\":[\"^/x\\u003cy\\u003e\\u0026''z''\"],\"http_url\":[\"b\"]}")},
		{"--http-header a:b:c --http-header x:",
		 ONE("{\"http_header\":[{\"key\":\"a\",\"value\":\"b:c\"},{\"key\":\"x\"}]}")},
		{"--node-name prod/k8s* --node-label a=b",
		 ONE("{\"node_name\":[\"prod/k8s*\"],\"node_labels\":[\"a=b\"]}")},
		{"--uuid u --trace-id t --ip-trace-id 18446744073709551615",
		 ONE("{\"uuid\":[\"u\"],\"trace_id\":[\"t\"],\"ip_trace_id\":[\"18446744073709551615\"]}")},
		{"--pod a --port 80 --verdict DROPPED",
		 TWO("{\"source_pod\":[\"a\"],\"verdict\":[\"DROPPED\"],\"source_port\":[\"80\"]}",
		     "{\"destination_pod\":[\"a\"],\"verdict\":[\"DROPPED\"],\"destination_port\":[\"80\"]}")},
		{"--port 80 --to-ip 10.0.0.1",
		 TWO("{\"destination_ip\":[\"10.0.0.1\"],\"source_port\":[\"80\"]}",
		     "{\"destination_ip\":[\"10.0.0.1\"],\"destination_port\":[\"80\"]}")},
		{"--port 80 --port 80", TWO("{\"source_port\":[\"80\",\"80\"]}",
					    "{\"destination_port\":[\"80\",\"80\"]}")},
		{"--allowlist {\"source_port\":[\"1\"]}{} --verdict DROPPED --denylist {\"reply\":[true]}",
		 "allowlist:\n    - '{\"verdict\":[\"DROPPED\"]}'\n    - '{\"source_port\":[\"1\"]}'\n    - '{}'\ndenylist:\n    - '{\"reply\":[true]}'\n"},
		{"--allowlist {\"sourcePort\":[\"1\"],\"verdict\":[2]}",
		 ONE("{\"verdict\":[\"DROPPED\"],\"source_port\":[\"1\"]}")},
		{"--from-process curl --event new,end --drop-reason-desc NO_*",
		 ONE("{\"pitot\":{\"source_process\":[\"curl\"],\"event\":[\"new,end\"],\"drop_reason\":[\"NO_*\"]}}")},
		/* YAML's printable characters end with the 16-bit ones */
		{"--uuid \xf0\x9f\x98\x80",
		 "allowlist:\n    - \"{\\\"uuid\\\":[\\\"\\U0001F600\\\"]}\"\n"},
		{"--uuid \xc3\xa4", ONE("{\"uuid\":[\"\xc3\xa4\"]}")},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		prints(rows[i].line, rows[i].yaml);
}

static void test_refused(void **state)
{
	static const struct {
		const char *line, *says;
	} rows[] = {
		{"-n a -n b --pod a/y",
		 "--pod: namespace conflict: \"b\" does not contain \"a/y\""},
		{"--pod x --ip 10.0.0.1", "--ip: filters --ip and --pod cannot be combined"},
		{"--ip 10.0.0.1 --fqdn x", "--fqdn: filters --ip and --fqdn cannot be combined"},
		{"--label a --from-label b", "filters --label and --from-label cannot be combined"},
		{"--port 1 --to-port 2", "filters --port and --to-port cannot be combined"},
		{"--identity 1 --to-identity 2",
		 "filters --identity and --to-identity cannot be combined"},
		{"--workload a --from-workload b",
		 "filters --workload and --from-workload cannot be combined"},
		{"--service a --to-service b",
		 "filters --service and --to-service cannot be combined"},
		{"--unencrypted --encrypted",
		 "filters --encrypted and --unencrypted cannot be combined"},
		{"--to-pod a -n b", "filters --to-pod and --namespace cannot be combined"},
		{"--not --port 1 --not --to-port 2",
		 "filters --port and --to-port cannot be combined"},
		{"--port 99999", "--port: \"99999\" is not a port"},
		{"--protocol foo", "--protocol: \"foo\" is not tcp"},
		{"--verdict dropt", "--verdict: \"dropt\" is not FORWARDED"},
		{"--ip-trace-id 0", "--ip-trace-id: \"0\" is not a number from 1 on"},
		{"--http-status 600", "--http-status: \"600\" is not an HTTP status"},
		{"--http-status 4040", "\"4040\""},
		{"--http-status +", "\"+\""},
		{"--http-status 404+", "\"404+\""},
		{"--http-header a", "--http-header: \"a\" is not a header as NAME:VALUE"},
		{"--http-path a(",
		 "--http-path: \"a(\" is not a regular expression (RE2): missing"},
		{"--http-url (a)\\1", "back references are not known"},
		{"--node-name a/b/c", "--node-name: \"a/b/c\" is not a node"},
		{"--node-name a_b/c..", "is not a node"},
		{"--cel-expression x", "--where"},
		{"--experimental-cel x", "--where"},
		{"--allowlist {", "--allowlist: failed to decode '{'"},
		{"--allowlist {\"nope\":1}", "nope"},
		{"--allowlist {\"source_port\":[\"99999\"]}",
		 "invalid source port filter: \"99999\" is not a port"},
		{"--allowlist {\"protocol\":[\"foo\"]}",
		 "invalid protocol filter: \"foo\" is not tcp"},
		{"--denylist {\"event_type\":[{\"type\":4}],\"http_path\":[\"x\"]}",
		 "only match 'l7' events"},
		{"--denylist {\"experimental\":{\"cel_expression\":[\"x\"]}}", "CEL"},
		{"--not --allowlist {}", "--not"},
		{"--port 1 --not", "--not"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char err[512] = "";
		struct options o;

		assert_int_equal(parse(rows[i].line, &o, err, sizeof(err)), -EINVAL);
		if (!strstr(err, rows[i].says) || strchr(err, '\n'))
			fail_msg("\"%s\" was refused with \"%s\"", rows[i].line, err);
		filter_clear(&o.filter);
	}
}

/* Only the whole can tell: an option may follow. */
static void test_check(void **state)
{
	struct options o;
	char err[512] = "";

	(void)state;
	assert_int_equal(parse("--http-status 404 -t trace", &o, err, sizeof(err)), 0);
	assert_int_equal(filter_check(&o.filter, err, sizeof(err)), -EINVAL);
	assert_non_null(strstr(err, "http-status"));
	filter_clear(&o.filter);
	assert_int_equal(parse("--http-status 404 -t trace -t l7", &o, err, sizeof(err)), 0);
	assert_int_equal(filter_check(&o.filter, err, sizeof(err)), 0);
	filter_clear(&o.filter);
	assert_int_equal(parse("--http-status 404 --not -t trace", &o, err, sizeof(err)), 0);
	assert_int_equal(filter_check(&o.filter, err, sizeof(err)), 0);
	filter_clear(&o.filter);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_as_recorded),
		cmocka_unit_test(test_every_flag),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_check),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
