// SPDX-License-Identifier: MIT
/* What --where selects, by type of field and by operators. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "flows/where.h"
#include "tests/unit/where_flows.h"

/* ---------------------------------------------------------------- the flows asked */

static struct flow dropped(void)
{
	struct flow f = sample_named(sample_drop());

	f.is_reply = REPLY_UNKNOWN;
	f.drop.reason_name = "NETFILTER_DROP";
	f.drop.function = "nft_do_chain";
	f.drop.text = "netfilter rule";
	f.drop.packets = 7;
	f.drop.bytes = 420;
	return f;
}

static struct flow answer(void)
{
	static const char *const types[] = {"A"};
	static const char *const cnames[] = {"edge.example.net."};
	static struct ip_addr ips[2];
	static struct l7 l7 = {
		.refs = 1u << 30,
		.type = L7_RESPONSE,
		.protocol = L7_DNS,
		.latency_ns = 3000000,
		.dns = {.query = "example.com.",
			.qtypes = types,
			.n_qtypes = 1,
			.cnames = cnames,
			.n_cnames = 1,
			.ips = ips,
			.n_ips = 2,
			.ttl = 30,
			.rcode = 0},
	};
	struct flow f = sample_dns_request();

	ips[0] = addr("93.184.216.34");
	ips[1] = addr("10.9.9.9");
	f.l7 = &l7;
	f.is_reply = REPLY_YES;
	f.src = sample(17, "10.0.0.53", 53, "10.0.1.10", 50000).src;
	f.dst = sample(17, "10.0.0.53", 53, "10.0.1.10", 50000).dst;
	return sample_named(f);
}

static struct flow http(void)
{
	static struct l7_header headers[] = {{"Host", "cart:8080"}, {"X-Id", "7"}};
	static struct l7 l7 = {
		.refs = 1u << 30,
		.type = L7_RESPONSE,
		.protocol = L7_HTTP,
		.latency_ns = 250000000,
		.http = {.code = 503,
			 .method = "GET",
			 .url = "http://u:p@cart:8080/api/items?id=1",
			 .protocol = "HTTP/1.1",
			 .headers = headers,
			 .n_headers = 2},
	};
	static struct hubble hubble = {
		.refs = 1u << 30,
		.has_event_type = true,
		.event_type = 129,
		.flow_type = 2,
		.encrypted = true,
		.node_name = "node-1",
		.uuid = "6f1f8c8e",
		.summary = "",
		.source_mac = "0a:58:0a:00:01:0a",
		.destination_mac = "",
		.source_xlated = "192.0.2.9",
		.trace_id = "4bf92f35",
		.l4_name = "",
	};
	struct flow f = sample_named(sample_synack());

	f.event = FLOW_L7;
	f.l7 = &l7;
	f.hubble = &hubble;
	return f;
}

static struct flow with_processes(void)
{
	static struct process curl = {.refs = 1u << 30, .pid = 4242, .uid = 1000, .comm = "curl"};
	static struct place place = {.refs = 1u << 30,
				     .asn = 3320,
				     .country = "DE",
				     .country_name = "Germany",
				     .city = "Bonn",
				     .as_name = "Deutsche Telekom AG"};
	static struct service service = {
		.refs = 1u << 30, .namespace_name = "shop", .name = "cart"};
	struct flow f = sample(17, "fd00::1", 4000, "2001:db8::7", 53);

	curl.exe = (char *)"/usr/bin/curl";
	curl.command = (char *)"curl -v x";
	f.src.process = &curl;
	f.dst.place = &place;
	f.dst.service = &service;
	f.is_reply = REPLY_UNKNOWN;
	return f;
}

struct pass_case {
	const char *expression;
	bool passes;
};

static void check_passes(const struct flow *f, const struct pass_case *cases, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct where_error e;
		struct where *w;
		int err = where_parse(cases[i].expression, &w, &e);

		if (err)
			fail_msg("%s: refused at %zu: %s", cases[i].expression, e.column,
				 e.message);
		if (where_pass(w, f) != cases[i].passes)
			fail_msg("%s: %s", cases[i].expression,
				 cases[i].passes ? "does not pass" : "passes");
		assert_string_equal(where_text(w), cases[i].expression);
		where_free(w);
	}
}

#define CHECK(asked, ...)                                               \
	do {                                                            \
		static const struct pass_case cases_[] = {__VA_ARGS__}; \
		struct flow f_ = asked;                                 \
                                                                        \
		check_passes(&f_, cases_, COUNT(cases_));               \
	} while (0)

/* --------------------------------------------------------------------- by type */

static void test_texts(void **state)
{
	(void)state;
	CHECK(report(), {"src.namespace == \"shop\"", true}, {"src.namespace == 'shop'", true},
	      {"src.namespace == \"Shop\"", false}, {"src.namespace == \"sho\"", false},
	      {"src.namespace != \"shop\"", false}, {"src.namespace != \"x\"", true},
	      {"\"shop\" == src.namespace", true}, {"'x' != src.namespace", true},
	      {"src.pod startswith \"frontend-\"", true}, {"src.pod startswith \"cart\"", false},
	      {"src.pod endswith \"-abcde\"", true}, {"src.pod endswith \"x\"", false},
	      {"src.pod endswith 'a very long text that is longer than the name'", false},
	      {"src.pod contains \"7d9c\"", true}, {"src.pod contains \"zz\"", false},
	      {"src.pod not contains \"zz\"", true}, {"not src.pod contains \"zz\"", true},
	      {"src.name like \"shop/*\"", true}, {"src.name like \"shop/front*abcd?\"", true},
	      {"src.name like \"shop\"", false}, {"src.name like \"*\"", true},
	      {"src.pod =~ \"^frontend-[0-9a-f]+\"", true}, {"src.pod =~ \"end$\"", false},
	      {"src.pod !~ \"end$\"", true}, {"src.pod =~ '\\d'", true},
	      {"src.pod =~ \"\\d\"", true}, {"src.pod =~ \"\\\\d\"", true},
	      {"src.workload in (\"cart\", \"frontend\")", true},
	      {"src.workload in [\"cart\", 'web']", false}, {"src.workload in \"frontend\"", true},
	      {"src.workload not in (\"cart\", \"frontend\")", false},
	      {"src.workload == \"front\\x65nd\"", true},
	      {"src.workload.kind == 'Deployment'", true},
	      {"src == \"shop/frontend-7d9c5b6f4-abcde\"", true}, {"from.ns == 'shop'", true},
	      {"source.pod_name like 'front*'", true}, {"SRC.NAMESPACE == 'shop'", true},
	      {"interface == 'eth0'", true}, {"interfaces == 'veth1'", true},
	      {"connection == '0000000000abcdef'", true}, {"subtype == 'to-endpoint'", true});
}

static void test_nothing_is_known(void **state)
{
	(void)state;
	CHECK(dropped(), {"dst.namespace == \"shop\"", false}, {"dst.namespace != \"shop\"", true},
	      {"!(dst.namespace == \"shop\")", true}, {"dst.namespace =~ \".*\"", false},
	      {"dst.namespace !~ \".*\"", true}, {"dst.namespace == \"\"", true},
	      {"dst.namespace != \"\"", false}, {"src.namespace == \"\"", false},
	      {"src.namespace != \"\"", true}, {"dst.namespace in (\"\", \"x\")", true},
	      {"src.namespace in (\"\", \"x\")", false},
	      {"src.namespace in (\"\", \"shop\")", true}, {"has(dst.namespace)", false},
	      {"has(src.namespace)", true}, {"has src.pod", true}, {"exists(dst.dns)", true},
	      {"!has(dst.pod)", true}, {"rtt < 1h", false}, {"rtt >= 0", false},
	      {"!(rtt < 1h)", true}, {"rtt != 0", true}, {"bytes > 0", false},
	      {"src.namespace != dst.namespace", true}, {"src.namespace == dst.namespace", false},
	      {"dst.pod == dst.pod", false}, {"reply", false}, {"!reply", true},
	      {"reply == false", false}, {"reply == true", false},
	      {"dst.labels == 'reserved:world'", true}, {"any.namespace == ''", true},
	      {"any.dns != ''", false}, {"has(any.dns)", true});
}

static void test_numbers(void **state)
{
	(void)state;
	CHECK(report(), {"bytes == 1500000", true}, {"bytes == 1.5e6", true},
	      {"bytes == 1.5MB", true}, {"bytes == 1500KB", true}, {"bytes == 1500kb", true},
	      {"bytes == 1.5E+6", true}, {"bytes == 15000000e-1", true}, {"bytes > 1MiB", true},
	      {"bytes > 1.5MB", false}, {"bytes >= 1.5MB", true}, {"bytes < 2MiB", true},
	      {"bytes <= 1500000", true}, {"bytes <= 1499999", false}, {"bytes != 3", true},
	      {"bytes > 1TiB", false}, {"1MB < bytes", true}, {"2MB < bytes", false},
	      {"1500000 == bytes", true}, {"1500000 != bytes", false}, {"2MB >= bytes", true},
	      {"bytes in (1, 2, 1500000)", true}, {"bytes in (1, 2, 3)", false},
	      {"bytes not in (1, 2, 3)", true}, {"bytes == 0x16e360", true},
	      {"packets == 1500", true}, {"packets > 1e3", true}, {"forward.bytes == 1.4MB", true},
	      {"reply.bytes == 100KB", true}, {"delta.bytes == 9000", true},
	      {"forward.delta.packets == 10", true}, {"retransmits == 3", true},
	      {"reply.retransmits == 0", true}, {"src.sent.bytes == 1400000", true},
	      {"dst.sent.bytes == 100000", true}, {"client.sent.packets == 1000", true},
	      {"server.port == 8080", true}, {"src.port > dst.port", true},
	      {"src.port <= dst.port", false}, {"dst.port in (80, 443, 8080)", true},
	      {"dst.port == 8080", true}, {"forward.bytes > reply.bytes", true},
	      {"bytes > packets", true}, {"vlan == 42", true},
	      {"bytes > 18446744073709551615", false}, {"bytes < 18446744073709551615", true},
	      {"ip.version == 4", true}, {"sport == 43210 && dport == 8080", true});
}

static void test_durations_and_times(void **state)
{
	(void)state;
	CHECK(report(), {"rtt == 20ms", true}, {"rtt > 19.9ms", true}, {"rtt < 0.02s", false},
	      {"rtt <= 20000us", true}, {"rtt > 0", true}, {"forward.rtt == 15ms", true},
	      {"handshake == 800us", true}, {"handshake == 800\u00b5s", true},
	      {"duration == 2.5s", true}, {"duration > 1m", false}, {"duration < 1h30m", true},
	      {"rtt in (1ms, 20ms)", true}, {"forward.rtt > reply.rtt", true},
	      {"time > 2026-01-15T10:20:30Z", true}, {"time > '2026-01-15T10:20:30Z'", true},
	      {"time < 2026-01-15T12:20:30.5+02:00", true},
	      {"time > 2026-01-15T10:20:30.5Z", false}, {"time > 2026-01-15", true},
	      {"time < 1ms", true}, {"forward.first < forward.last", true},
	      {"time >= forward.first", true});
	CHECK(http(), {"latency > 200ms", true}, {"latency >= 0.25s", true},
	      {"250ms < latency", false});
	CHECK(answer(), {"dns.ttl == 30s", true}, {"dns.ttl < 1m", true}, {"latency == 3ms", true});
}

static void test_addresses(void **state)
{
	(void)state;
	CHECK(report(), {"src.ip == 10.0.1.10", true}, {"src.ip == \"10.0.1.10\"", true},
	      {"src.ip != 10.0.1.10", false}, {"10.0.1.10 == src.ip", true},
	      {"src.ip == 10.0.0.0/8", true}, {"src.ip in 10.0.0.0/8", true},
	      {"src.ip in 10.0.1.10/23", true}, {"src.ip in 10.0.2.0/24", false},
	      {"src.ip in (192.168.0.0/16, 10.0.1.0/24)", true}, {"src.ip in [::/0]", false},
	      {"src.ip in 0.0.0.0/0", true}, {"src.ip not in 10.0.0.0/8", false},
	      {"src.ip == ::ffff:10.0.1.10", true}, {"src.ip in 10.0.1.10/31", true},
	      {"src.ip in 10.0.1.8/31", false}, {"any.ip == 10.0.2.20", true},
	      {"either.ip == 10.0.3.3", false}, {"any.ip != 10.0.3.3", true},
	      {"any.ip != 10.0.2.20", false}, {"src.ip == dst.ip", false},
	      {"src.ip != dst.ip", true}, {"src.ip == client.ip", true});
	CHECK(with_processes(), {"src.ip == fd00::1", true}, {"src.ip in fd00::/8", true},
	      {"src.ip in fe80::/10", false}, {"src.ip in 0.0.0.0/0", false},
	      {"src.ip in ::/0", true}, {"src.ip in ::ffff:0:0/96", false},
	      {"dst.ip == 2001:db8::7", true}, {"dst.ip in 2001:db8::/127", false},
	      {"::1 != src.ip", true}, {"src.ip == fd00:0:0::1", true});
	CHECK(answer(), {"dns.ips in 10.0.0.0/8", true}, {"dns.ips == 93.184.216.34", true},
	      {"dns.ips in 192.168.0.0/16", false}, {"has(dns.ips)", true});
	CHECK(http(), {"nat.after.src == 192.0.2.9", true});
}

static void test_names_of_values(void **state)
{
	(void)state;
	CHECK(dropped(), {"verdict == DROPPED", true}, {"verdict == \"DROPPED\"", true},
	      {"verdict == dropped", true}, {"verdict != FORWARDED", true},
	      {"verdict in (FORWARDED, DROPPED)", true}, {"verdict == 2", true},
	      {"verdict in (1, 3)", false},

	      {"protocol == TCP", true}, {"protocol == tcp", true}, {"protocol == 6", true},
	      {"protocol == icmp", false}, {"event == drop", true}, {"type == drop", true},
	      {"type in (l7, trace)", false}, {"direction == EGRESS", true},
	      {"dst.identity == world", true}, {"src.identity == 12345", true},
	      {"src.identity == world", false}, {"src.kind == pod", true},
	      {"drop.reason == \"NETFILTER_DROP\"", true}, {"drop.function like 'nft_*'", true},
	      {"drop.packets >= 7", true}, {"drop.normal", false}, {"drop == 'x'", false},
	      {"dst.dns == 'example.com'", true}, {"dst.dns like '*.example.com'", true},
	      {"client.pod startswith 'frontend'", true}, {"tcp.flags == SYN", true},
	      {"tcp.flags == syn", true}, {"tcp.flags == ACK", false},
	      {"tcp.flags contains SYN", true}, {"tcp.flags in (FIN, RST)", false},
	      {"tcp.flags != ACK", true});
	CHECK(sample_icmp6(), {"protocol == icmp", true}, {"protocol != icmp", false},
	      {"protocol == ICMPv6", true}, {"protocol in (TCP, icmp)", true},
	      {"icmp.type == 133", true}, {"icmp == 'ICMPv6 RouterSolicitation'", true},
	      {"point == TO_STACK", true}, {"client.ip == fd00::a", false},
	      {"has(client.ip)", false});
	CHECK(answer(), {"dns.rcode == NOERROR", true}, {"dns.rcode == nxdomain", false},
	      {"dns.rcode in (0, 3)", true}, {"l7.protocol == DNS", true},
	      {"l7.type == RESPONSE", true}, {"dns.query == 'example.com'", true},
	      /* RFC 4343: equal without case; parts are as they are written */
	      {"dns.query == 'Example.COM'", true}, {"dns.query != 'EXAMPLE.com'", false},
	      {"dns.query in ('b.example', 'EXAMPLE.com', 'a')", true},
	      {"dns.query in ('B.example', 'c')", false}, {"dns.query contains 'EXAMPLE'", false},
	      {"dns.qtypes == 'a'", false}, {"dns.cnames like 'edge.*.net'", true},
	      {"dns.qtypes == 'A'", true}, {"dns.timeout", false}, {"reply", true},
	      {"reply == true", true}, {"!reply", false}, {"client.ip == 10.0.1.10", true},
	      {"server.port == 53", true}, {"event == l7", true});
}

static void test_labels(void **state)
{
	(void)state;
	CHECK(report(), {"src.labels == \"k8s:app=frontend\"", true},
	      {"src.labels == \"app=frontend\"", true}, {"src.labels == \"app\"", false},
	      {"src.labels contains \"front\"", true}, {"src.labels startswith \"app=\"", true},
	      {"src.labels =~ \"^app=(cart|frontend)$\"", true},
	      {"src.labels != \"app=cart\"", true},
	      {"src.labels in (\"app=cart\", \"app=frontend\")", true},
	      {"src.labels[\"app\"] == \"frontend\"", true},
	      {"src.labels['k8s:app'] == 'frontend'", true},
	      {"src.label['app'] in ('cart', 'frontend')", true},
	      {"src.labels[\"app\"] != \"cart\"", true},
	      {"src.labels[\"ap\"] == \"frontend\"", false}, {"has(src.labels['app'])", true},
	      {"has(src.labels['nope'])", false}, {"src.labels['nope'] == ''", true},
	      {"any.labels['app'] == 'cart'", true}, {"any.labels['app'] == 'web'", false},
	      {"src.labels['app'] =~ 'end$'", true}, {"src.labels['app'] == src.workload", true},
	      {"dst.labels['app'] == src.workload", false},
	      {"dst.labels['io.kubernetes.pod.namespace'] == src.namespace", true});
}

static void test_foreign(void **state)
{
	(void)state;
	CHECK(http(), {"node == 'node-1'", true}, {"uuid startswith '6f1f'", true},
	      {"trace_id == '4bf92f35'", true}, {"encrypted", true}, {"type == l7", true},
	      {"http.status >= 500", true}, {"http.status == 503", true},
	      {"http.method == 'GET'", true}, {"http.url contains 'id=1'", true},
	      {"http.path == '/api/items'", true}, {"http.host == 'cart'", true},
	      {"http.protocol == 'HTTP/1.1'", true}, {"http.headers == 'X-Id: 7'", true},
	      {"http.headers =~ '(?i)^host: cart'", true}, {"src.mac == '0a:58:0a:00:01:0a'", true},
	      {"has(dst.mac)", false}, {"bytes > 0", false}, {"has(dns.query)", false},
	      {"has(nat)", false});
	CHECK(with_processes(), {"src.process == 'curl'", true}, {"src.pid == 4242", true},
	      {"src.uid == 1000", true}, {"src.exe endswith '/curl'", true},
	      {"src.command like 'curl *'", true}, {"any.process == 'curl'", true},
	      {"has(dst.process)", false}, {"dst.country == 'DE'", true}, {"dst.asn == 3320", true},
	      {"dst.as contains 'Telekom'", true}, {"dst.city == 'Bonn'", true},
	      {"dst.service == 'cart'", true}, {"dst.service.namespace == 'shop'", true},
	      {"encrypted", false}, {"has(encrypted)", false}, {"has(uuid)", false}, {"nat", false},
	      {"has(nat)", true});
}

/* ------------------------------------------------------------------ and, or, not */

static void test_precedence(void **state)
{
	(void)state;
	CHECK(report(), {"true", true}, {"false", false}, {"!true", false}, {"!!true", true},
	      {"not not not true", false}, {"true && false || true", true},
	      {"true || true && false", true}, {"(true || true) && false", false},
	      {"false && true || false && true || true", true}, {"!(false || false) && true", true},
	      {"!false || false && false", true}, {"not (true and false)", true},
	      {"TRUE AND NOT FALSE", true}, {"((((true))))", true}, {"!true || true", true},
	      {"!(true || true)", false}, {"true && (false || (true && !false))", true},
	      {"true&&!false||false", true},
	      {"src.port == 1 || src.port == 2 || src.port == 43210", true},
	      {"src.port == 43210 && dst.port == 8080 && vlan == 42 && bytes > 1MB && rtt > 1ms",
	       true},
	      {"src.port == 43210 && dst.port == 8080 && vlan == 43 && bytes > 1MB", false},
	      {"  bytes\n>\t1 ", true});
}

/* Every expression of three terms agrees with the same in C. */
static void test_against_c(void **state)
{
	char text[200];
	struct flow f = report();

	(void)state;
	for (unsigned int i = 0; i < 8 * 16 * 4; i++) {
		bool a = i & 1, b = i & 2, c = i & 4, na = i & 8, nb = i & 16, nc = i & 32;
		bool first_or = i & 64, second_or = i & 128, right = i & 256;
		bool x = a != na, y = b != nb, z = c != nc, want;
		struct where_error e;
		struct where *w;

		if (right)
			want = first_or ? x || (second_or ? y || z : y && z)
					: x && (second_or ? y || z : y && z);
		else
			want = second_or ? (first_or ? x || y : x && y) || z
					 : (first_or ? x || y : x && y) && z;
		snprintf(text, sizeof(text), "%s%svlan %s 42 %s %s%svlan %s 42%s %s %svlan %s 42%s",
			 right ? "" : "(", na ? "!" : "", a ? "==" : "!=", first_or ? "||" : "&&",
			 right ? "(" : "", nb ? "!" : "", b ? "==" : "!=", right ? "" : ")",
			 second_or ? "or" : "and", nc ? "not " : "",
			 c ? "==" : "!=", right ? ")" : "");
		assert_int_equal(where_parse(text, &w, &e), 0);
		if (where_pass(w, &f) != want)
			fail_msg("%s: not as in C", text);
		where_free(w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_texts),	   cmocka_unit_test(test_nothing_is_known),
		cmocka_unit_test(test_numbers),	   cmocka_unit_test(test_durations_and_times),
		cmocka_unit_test(test_addresses),  cmocka_unit_test(test_names_of_values),
		cmocka_unit_test(test_labels),	   cmocka_unit_test(test_foreign),
		cmocka_unit_test(test_precedence), cmocka_unit_test(test_against_c),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
