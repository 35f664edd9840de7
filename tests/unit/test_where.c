// SPDX-License-Identifier: MIT
/* The expressions of --where: what passes, what is refused, and where. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "flows/fields.h"
#include "flows/where.h"
#include "tests/unit/sample_flows.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* ---------------------------------------------------------------- the flows asked */

/* frontend -> cart, a connection's report, 1.5 MB and 20 ms */
static struct flow report(void)
{
	struct flow f = sample_named(sample_syn());

	f.event = FLOW_REPORT;
	f.connection_id = 0xabcdef;
	f.tcp_flags = TCPF_SYN | TCPF_ACK;
	f.forward = (struct flow_counters){.packets = 1000,
					   .bytes = 1400000,
					   .delta_packets = 10,
					   .delta_bytes = 9000,
					   .first_ns = SAMPLE_NS,
					   .last_ns = SAMPLE_NS + 2500000000ull,
					   .retransmits = 3,
					   .srtt_us = 15000,
					   .tcp_flags = TCPF_SYN | TCPF_ACK | TCPF_PSH};
	f.reply = (struct flow_counters){.packets = 500,
					 .bytes = 100000,
					 .first_ns = SAMPLE_NS + 1000,
					 .last_ns = SAMPLE_NS + 2000000000ull,
					 .srtt_us = 5000,
					 .tcp_flags = TCPF_SYN | TCPF_ACK};
	f.handshake_us = 800;
	f.ifindex = 3;
	strcpy(f.ifname, "eth0");
	strcpy(f.ifaces[0], "veth1");
	f.vlan[0] = 42;
	return f;
}

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
	      {"dns.cnames like 'edge.*.net'", true}, {"dns.qtypes == 'A'", true},
	      {"dns.timeout", false}, {"reply", true}, {"reply == true", true}, {"!reply", false},
	      {"client.ip == 10.0.1.10", true}, {"server.port == 53", true}, {"event == l7", true});
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

/* ------------------------------------------------------------------------ errors */

struct error_case {
	const char *expression;
	size_t column, length;
	const char *message;
};

static const struct error_case errors[] = {
	{"", 0, 0, "the expression is empty"},
	{"   ", 3, 0, "the expression is empty"},
	{"src.namspace == \"x\"", 0, 12, "did you mean \"src.namespace\""},
	{"bytes > 1 && source.nmespace == 'x'", 13, 15, "did you mean \"src.namespace\""},
	{"zzzzzzzzz == 1", 0, 9, "pitot-filter(7)"},
	{"any.bytes > 1", 0, 9, "behind \"any.\""},
	{"any.nope == 1", 0, 8, "behind \"any.\""},
	{"src.namespace == shop", 17, 4, "put it in quotes"},
	{"src.namespace = \"shop\"", 14, 1, "write \"==\""},
	{"reply & closed", 6, 1, "write \"&&\""},
	{"reply | closed", 6, 1, "write \"||\""},
	{"src.pod ~ 'x'", 8, 1, "=~"},
	{"src.pod == \"x", 11, 2, "no \" at its end"},
	{"src.pod == 'x", 11, 2, "no ' at its end"},
	{"src.pod == \"a\\x00b\"", 11, 8, "zero byte"},
	{"bytes", 0, 5, "no yes or no"},
	{"bytes && reply", 0, 5, "has(bytes)"},
	{"bytes >", 7, 0, "a value for bytes is missing"},
	{"bytes > )", 8, 1, "a value for bytes is missing"},
	{"bytes > -1", 8, 2, "\"-1\" is not a number of bytes"},
	{"bytes > 10ms", 8, 4, "a number of bytes"},
	{"bytes > 1.5", 8, 3, "a number of bytes"},
	{"bytes > 1e40", 8, 4, "a number of bytes"},
	{"bytes > 18446744073709551616", 8, 20, "a number of bytes"},
	{"bytes > 1XB", 8, 3, "a number of bytes"},
	{"bytes > 0x", 8, 2, "a number of bytes"},
	{"packets > 1KB", 10, 3, "a whole number"},
	{"rtt > 50", 6, 2, "has a unit"},
	{"rtt > 50 ms", 6, 2, "has a unit"},
	{"rtt > 50xs", 6, 4, "a duration"},
	{"time > yesterday", 7, 9, "a time such as"},
	{"time > 2026-13-01", 7, 10, "a time such as"},
	{"src.ip == 10.0.0", 10, 8 - 2, "an address or CIDR"},
	{"src.ip == 10.0.0.0/33", 10, 11, "an address or CIDR"},
	{"src.ip in fd00::/129", 10, 10, "an address or CIDR"},
	{"src.ip == 1.2.3.4/", 10, 8, "an address or CIDR"},
	{"src.ip > 10.0.0.1", 7, 1, "is not for src.ip (address)"},
	{"src.ip contains '10'", 7, 8, "it takes ==, != and in"},
	{"src.pod < 'x'", 8, 1, "is not for src.pod (text)"},
	{"bytes =~ '1'", 6, 2, "it takes ==, !=, <"},
	{"verdict == DROPED", 11, 6, "did you mean \"DROPPED\""},
	{"verdict == whatever", 11, 8, "it is one of"},
	{"verdict > DROPPED", 8, 1, "is not for verdict (name)"},
	{"protocol == dns", 12, 3, "no value of protocol"},
	{"tcp.flags == SIN", 13, 3, "did you mean \"SYN\""},
	{"tcp.flags == 'SIN'", 13, 5, "no value of tcp.flags"},
	{"reply == maybe", 9, 5, "true or false"},
	{"reply == 1", 9, 1, "true or false"},
	{"src.pod =~ '('", 11, 3, "is not a regular expression"},
	{"src.pod =~ '(\x01\n'", 11, 5, "is not a regular expression"},
	{"src.pod =~ frontend", 11, 8, "a text in quotes"},
	{"src.pod contains", 16, 0, "a text in quotes"},
	{"src.pod not == 'x'", 12, 2, "behind \"not\""},
	{"src.pod in ()", 12, 1, "a value for src.pod is missing"},
	{"src.pod in ('a' 'b')", 16, 3, "a \",\" or the list's \")\""},
	{"src.pod in ['a')", 15, 1, "the list's \"]\""},
	{"src.pod in ('a',)", 16, 1, "a value for src.pod is missing"},
	{"src.pod in ('a'", 15, 0, "the list's \")\""},
	{"src.port in (80, http)", 17, 4, "a whole number"},
	{"(bytes > 1", 0, 1, "never closed"},
	{"bytes > 1)", 9, 1, "never opened"},
	{"bytes > 1 rtt > 1ms", 10, 3, "an operator (&&, ||) is missing"},
	{"(bytes > 1 rtt > 1ms)", 11, 3, "an operator (&&, ||) or \")\""},
	{"bytes > 1 &&", 12, 0, "something is missing at the end"},
	{"bytes > 1 || || reply", 13, 2, "a field belongs here"},
	{"&& reply", 0, 2, "a field belongs here"},
	{"!", 1, 0, "something is missing at the end"},
	{"()", 1, 1, "a field belongs here"},
	{"5", 0, 1, "a field belongs here"},
	{"5 < ", 4, 0, "a field is missing"},
	{"5 < 6", 4, 1, "no field"},
	{"'x' contains src.pod", 0, 3, "a field belongs here"},
	{"\"shop\" == nope.nope", 10, 9, "no field"},
	{"'x' < src.port", 0, 3, "a whole number"},
	{"has()", 4, 1, "a field is missing"},
	{"has(nope.nope)", 4, 9, "no field"},
	{"has(bytes", 9, 0, "a \")\" is missing"},
	{"src.labels[app] == 'x'", 11, 3, "a label's key in quotes"},
	{"src.labels['app' == 'x'", 17, 2, "a \"]\" is missing"},
	{"src.pod['app'] == 'x'", 7, 1, "are no labels"},
	{"src.pod == src.port", 11, 8, "cannot be compared"},
	{"bytes > rtt", 8, 3, "cannot be compared"},
	{"verdict == event", 11, 5, "no value of verdict"},
	{"src.labels == src.pod", 14, 7, "cannot be compared"},
	{"src.ip == src.name", 10, 8, "cannot be compared"},
	{"bytes > 1 # x", 10, 1, "\"#\" has no meaning"},
	{"bytes > 1 \x01", 10, 1, "control character"},
	{"src.city == '\u00fc' && nope.nope", 19, 9, "no field"},
	{"\u00fc == 1", 0, 1, "no field"},
	{"has \"x\"", 4, 3, "a field is missing"},
};

static void test_errors(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(errors); i++) {
		const struct error_case *c = &errors[i];
		struct where_error e;
		struct where *w = (struct where *)-1;

		if (where_parse(c->expression, &w, &e) != -EINVAL)
			fail_msg("%s: is not refused", c->expression);
		assert_ptr_equal(w, (struct where *)-1);
		if (e.column != c->column || e.length != c->length ||
		    !strstr(e.message, c->message))
			fail_msg("%s: %zu+%zu \"%s\", not %zu+%zu \"%s\"", c->expression, e.column,
				 e.length, e.message, c->column, c->length, c->message);
	}
}

static const char *error_text(const char *expression)
{
	static char printed[1024];
	struct where_error e;
	struct text t = {0};
	struct where *w;

	assert_int_equal(where_parse(expression, &w, &e), -EINVAL);
	where_error_text(&t, expression, &e);
	assert_true(t.len < sizeof(printed));
	memcpy(printed, t.data, t.len);
	printed[t.len] = '\0';
	text_free(&t);
	return printed;
}

static void test_error_text(void **state)
{
	char lengthy[400], *at = lengthy;

	(void)state;
	assert_string_equal(error_text("bytes > 1 && src.namspace == 'x'"),
			    "\"src.namspace\" is no field (did you mean \"src.namespace\"?)\n"
			    "  bytes > 1 && src.namspace == 'x'\n"
			    "               ^^^^^^^^^^^^\n");
	assert_string_equal(error_text("bytes >"), "a value for bytes is missing here\n"
						   "  bytes >\n"
						   "         ^\n");
	/* control bytes take a place and reach nobody */
	assert_string_equal(error_text("dst.city == '\u00fc\033\n'&&x.y"),
			    "\"x.y\" is no field: pitot-filter(7) lists them\n"
			    "  dst.city == '\u00fc? '&&x.y\n"
			    "                     ^^^\n");
	for (int i = 0; i < 30; i++)
		at += sprintf(at, "bytes>1 && ");
	strcpy(at, "x.y && true");
	assert_string_equal(error_text(lengthy),
			    "\"x.y\" is no field: pitot-filter(7) lists them\n"
			    "  ..&& bytes>1 && bytes>1 && bytes>1 && x.y && true\n"
			    "                                        ^^^\n");
	assert_null(strchr(error_text("\033[31m == 1"), '\033'));
}

static void test_bounds(void **state)
{
	static char big[WHERE_MAX + 2];
	struct flow f = report();
	struct where_error e;
	struct where *w;
	size_t n = 0;

	(void)state;
	memset(big, ' ', WHERE_MAX + 1);
	assert_int_equal(where_parse(big, &w, &e), -EINVAL);
	assert_non_null(strstr(e.message, "longer than 65536"));

	memset(big, '(', 1000);
	big[1000] = '\0';
	assert_int_equal(where_parse(big, &w, &e), -EINVAL);
	assert_non_null(strstr(e.message, "nested"));

	memset(big, '!', 60000);
	strcpy(big + 60000, "true");
	assert_int_equal(where_parse(big, &w, &e), 0);
	assert_true(where_pass(w, &f));
	where_free(w);

	/* a long chain is flat, and all of it is looked at */
	while (n + 20 < WHERE_MAX)
		n += sprintf(big + n, "vlan==1||");
	strcpy(big + n, "vlan==42");
	assert_int_equal(where_parse(big, &w, &e), 0);
	assert_true(where_pass(w, &f));
	f.vlan[0] = 43;
	assert_false(where_pass(w, &f));
	where_free(w);

	n = 0;
	for (int i = 0; i < 257; i++)
		n += sprintf(big + n, "%ssrc.pod=~'x'", i ? "||" : "");
	assert_int_equal(where_parse(big, &w, &e), -EINVAL);
	assert_non_null(strstr(e.message, "more than 256"));
	where_free(NULL);
}

/* A list of many is looked up, not walked. */
static void test_long_list(void **state)
{
	static char big[WHERE_MAX];
	struct flow f = report();
	struct where_error e;
	struct where *w;
	size_t n = sprintf(big, "src.port in (");

	(void)state;
	for (int i = 9999; i > 0; i--)
		n += sprintf(big + n, "%d,", i);
	strcpy(big + n, "0)");
	assert_int_equal(where_parse(big, &w, &e), 0);
	assert_false(where_pass(w, &f));
	f.src.port = 5000;
	assert_true(where_pass(w, &f));
	f.src.port = 9999;
	assert_true(where_pass(w, &f));
	where_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_texts),	   cmocka_unit_test(test_nothing_is_known),
		cmocka_unit_test(test_numbers),	   cmocka_unit_test(test_durations_and_times),
		cmocka_unit_test(test_addresses),  cmocka_unit_test(test_names_of_values),
		cmocka_unit_test(test_labels),	   cmocka_unit_test(test_foreign),
		cmocka_unit_test(test_precedence), cmocka_unit_test(test_against_c),
		cmocka_unit_test(test_errors),	   cmocka_unit_test(test_error_text),
		cmocka_unit_test(test_bounds),	   cmocka_unit_test(test_long_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
