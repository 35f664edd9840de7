// SPDX-License-Identifier: MIT
#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "flows/filter.h"

#define SYN 2
#define ACK 16

struct fixture {
	struct filter filter;
	struct flow flow;
	struct process curl, nginx;
	char curl_exe[32], nginx_exe[32];
};

static struct ip_addr address(const char *text)
{
	struct ip_addr a = {.b = {[10] = 0xff, [11] = 0xff}};

	if (inet_pton(AF_INET, text, a.b + 12) != 1)
		assert_int_equal(inet_pton(AF_INET6, text, a.b), 1);
	return a;
}

static int set_up(void **state)
{
	struct fixture *x = calloc(1, sizeof(*x));

	strcpy(x->curl_exe, "/usr/bin/curl");
	strcpy(x->nginx_exe, "/usr/sbin/nginx");
	x->curl = (struct process){.refs = 1, .pid = 1234, .comm = "curl", .exe = x->curl_exe};
	x->nginx = (struct process){.refs = 1, .pid = 77, .comm = "worker-0", .exe = x->nginx_exe};
	x->flow.event = FLOW_NEW;
	x->flow.verdict = VERDICT_FORWARDED;
	x->flow.ip_version = 4;
	x->flow.protocol = 6;
	x->flow.tcp_flags = SYN;
	x->flow.direction = DIRECTION_EGRESS;
	strcpy(x->flow.ifname, "veth1");
	x->flow.src = (struct flow_end){.addr = address("10.0.0.1"), .port = 40000};
	x->flow.dst = (struct flow_end){.addr = address("10.0.1.2"), .port = 80};
	x->flow.src.process = &x->curl;
	x->flow.dst.process = &x->nginx;
	*state = x;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *x = *state;

	filter_clear(&x->filter);
	free(x);
	return 0;
}

static void add(struct fixture *x, bool deny, enum filter_field field, enum filter_side side,
		const char *value)
{
	char err[256] = "";

	if (filter_add(&x->filter, deny, field, side, value, err, sizeof(err)))
		fail_msg("\"%s\" was refused: %s", value, err);
}

static void allow(struct fixture *x, enum filter_field field, enum filter_side side,
		  const char *value)
{
	add(x, false, field, side, value);
}

/* True when the flow passes a filter of that one value. */
static bool passes(struct fixture *x, enum filter_field field, enum filter_side side,
		   const char *value)
{
	bool pass;

	allow(x, field, side, value);
	pass = filter_pass(&x->filter, &x->flow);
	filter_clear(&x->filter);
	return pass;
}

static void test_empty(void **state)
{
	struct fixture *x = *state;
	struct flow zero = {0};

	assert_true(filter_pass(&x->filter, &x->flow));
	assert_true(filter_pass(&x->filter, &zero));
}

static void test_addresses(void **state)
{
	struct fixture *x = *state;

	assert_true(passes(x, FILTER_IP, FILTER_EITHER, "10.0.0.1"));
	assert_true(passes(x, FILTER_IP, FILTER_EITHER, "10.0.1.2"));
	assert_false(passes(x, FILTER_IP, FILTER_EITHER, "10.0.0.2"));
	assert_true(passes(x, FILTER_IP, FILTER_SOURCE, "10.0.0.1"));
	assert_false(passes(x, FILTER_IP, FILTER_SOURCE, "10.0.1.2"));
	assert_true(passes(x, FILTER_IP, FILTER_DESTINATION, "10.0.1.2"));
	assert_true(passes(x, FILTER_IP, FILTER_SOURCE, "10.0.0.0/31"));
	assert_false(passes(x, FILTER_IP, FILTER_SOURCE, "10.0.0.2/31"));
	assert_true(passes(x, FILTER_IP, FILTER_SOURCE, "10.255.255.255/8"));
	assert_true(passes(x, FILTER_IP, FILTER_SOURCE, "0.0.0.0/0"));
	assert_true(passes(x, FILTER_IP, FILTER_SOURCE, "::ffff:10.0.0.1"));
}

/* ::/0 is all of IPv6, not all there is. */
static void test_address_families(void **state)
{
	struct fixture *x = *state;

	assert_false(passes(x, FILTER_IP, FILTER_EITHER, "::/0"));
	assert_false(passes(x, FILTER_IP, FILTER_EITHER, "::/64"));
	x->flow.ip_version = 6;
	x->flow.src.addr = address("fd00::1:2");
	x->flow.dst.addr = address("2001:db8::1");
	assert_true(passes(x, FILTER_IP, FILTER_EITHER, "::/0"));
	assert_true(passes(x, FILTER_IP, FILTER_SOURCE, "fd00::/8"));
	assert_true(passes(x, FILTER_IP, FILTER_SOURCE, "fd00::1:0/112"));
	assert_false(passes(x, FILTER_IP, FILTER_SOURCE, "fd00::2:0/112"));
	assert_false(passes(x, FILTER_IP, FILTER_EITHER, "0.0.0.0/0"));
	x->flow.ip_version = 0;
	memset(&x->flow.src, 0, sizeof(x->flow.src));
	assert_false(passes(x, FILTER_IP, FILTER_SOURCE, "::/0"));
}

static void test_ports(void **state)
{
	struct fixture *x = *state;

	assert_true(passes(x, FILTER_PORT, FILTER_EITHER, "80"));
	assert_true(passes(x, FILTER_PORT, FILTER_EITHER, "40000"));
	assert_false(passes(x, FILTER_PORT, FILTER_SOURCE, "80"));
	assert_true(passes(x, FILTER_PORT, FILTER_DESTINATION, "80"));
	x->flow.protocol = 1;
	assert_false(passes(x, FILTER_PORT, FILTER_EITHER, "80"));
	x->flow.protocol = 132;
	assert_true(passes(x, FILTER_PORT, FILTER_EITHER, "80"));
}

/* Hubble: either-side flags are the source's in one filter, the destination's in the other. */
static void test_either_goes_together(void **state)
{
	struct fixture *x = *state;

	allow(x, FILTER_IP, FILTER_EITHER, "10.0.0.1");
	allow(x, FILTER_PORT, FILTER_EITHER, "80");
	assert_false(filter_pass(&x->filter, &x->flow));
	x->flow.src.port = 80;
	assert_true(filter_pass(&x->filter, &x->flow));
	x->flow.src.port = 40000;
	x->flow.dst.addr = address("10.0.0.1");
	assert_true(filter_pass(&x->filter, &x->flow));
}

static void test_either_and_one_side(void **state)
{
	struct fixture *x = *state;

	allow(x, FILTER_IP, FILTER_EITHER, "10.0.1.2");
	allow(x, FILTER_PORT, FILTER_SOURCE, "40000");
	assert_true(filter_pass(&x->filter, &x->flow));
	x->flow.src.port = 40001;
	assert_false(filter_pass(&x->filter, &x->flow));
}

static void test_or_and(void **state)
{
	struct fixture *x = *state;

	allow(x, FILTER_PORT, FILTER_DESTINATION, "443");
	allow(x, FILTER_PORT, FILTER_DESTINATION, "80");
	assert_true(filter_pass(&x->filter, &x->flow));
	allow(x, FILTER_PROTOCOL, 0, "udp");
	assert_false(filter_pass(&x->filter, &x->flow));
	allow(x, FILTER_PROTOCOL, 0, "tcp");
	assert_true(filter_pass(&x->filter, &x->flow));
}

static void test_deny(void **state)
{
	struct fixture *x = *state;

	add(x, true, FILTER_PORT, FILTER_EITHER, "80");
	assert_false(filter_pass(&x->filter, &x->flow));
	x->flow.dst.port = 81;
	assert_true(filter_pass(&x->filter, &x->flow));
	/* Different filters of the deny list are ANDed, too. */
	x->flow.dst.port = 80;
	add(x, true, FILTER_VERDICT, 0, "DROPPED");
	assert_true(filter_pass(&x->filter, &x->flow));
	x->flow.verdict = VERDICT_DROPPED;
	assert_false(filter_pass(&x->filter, &x->flow));
	allow(x, FILTER_VERDICT, 0, "DROPPED");
	assert_false(filter_pass(&x->filter, &x->flow));
}

static void test_processes(void **state)
{
	struct fixture *x = *state;

	assert_true(passes(x, FILTER_PROCESS, FILTER_EITHER, "curl"));
	assert_false(passes(x, FILTER_PROCESS, FILTER_EITHER, "cur"));
	assert_true(passes(x, FILTER_PROCESS, FILTER_EITHER, "cu*"));
	assert_true(passes(x, FILTER_PROCESS, FILTER_SOURCE, "1234"));
	assert_false(passes(x, FILTER_PROCESS, FILTER_SOURCE, "123"));
	assert_true(passes(x, FILTER_PROCESS, FILTER_EITHER, "nginx")); /* its program */
	assert_true(passes(x, FILTER_PROCESS, FILTER_EITHER, "worker-0"));
	assert_true(passes(x, FILTER_PROCESS, FILTER_DESTINATION, "/usr/sbin/nginx"));
	assert_false(passes(x, FILTER_PROCESS, FILTER_DESTINATION, "/usr/sbin"));
	assert_true(passes(x, FILTER_PROCESS, FILTER_DESTINATION, "/usr/*/nginx"));
	assert_false(passes(x, FILTER_PROCESS, FILTER_SOURCE, "nginx"));
	x->flow.src.process = NULL;
	assert_false(passes(x, FILTER_PROCESS, FILTER_SOURCE, "*"));
	x->nginx.exe = NULL;
	assert_false(passes(x, FILTER_PROCESS, FILTER_DESTINATION, "nginx"));
}

static void test_tcp_flags(void **state)
{
	struct fixture *x = *state;

	assert_true(passes(x, FILTER_TCP_FLAGS, 0, "SYN"));
	assert_false(passes(x, FILTER_TCP_FLAGS, 0, "SYN,ACK"));
	x->flow.tcp_flags = SYN | ACK;
	assert_true(passes(x, FILTER_TCP_FLAGS, 0, "syn,ack"));
	allow(x, FILTER_TCP_FLAGS, 0, "RST");
	assert_false(filter_pass(&x->filter, &x->flow));
	allow(x, FILTER_TCP_FLAGS, 0, "ACK");
	assert_true(filter_pass(&x->filter, &x->flow));
	x->flow.protocol = 17;
	assert_false(filter_pass(&x->filter, &x->flow));
}

static void test_protocols(void **state)
{
	struct fixture *x = *state;

	assert_true(passes(x, FILTER_PROTOCOL, 0, "tcp"));
	assert_true(passes(x, FILTER_PROTOCOL, 0, "6"));
	assert_false(passes(x, FILTER_PROTOCOL, 0, "icmp"));
	x->flow.protocol = 58;
	assert_true(passes(x, FILTER_PROTOCOL, 0, "icmp"));
	assert_true(passes(x, FILTER_PROTOCOL, 0, "ICMPv6"));
	assert_false(passes(x, FILTER_PROTOCOL, 0, "icmpv4"));
	x->flow.protocol = 1;
	assert_true(passes(x, FILTER_PROTOCOL, 0, "icmp"));
	x->flow.protocol = 255;
	assert_true(passes(x, FILTER_PROTOCOL, 0, "255"));
	x->flow.protocol = 0;
	assert_true(passes(x, FILTER_PROTOCOL, 0, "0"));
}

static void test_words(void **state)
{
	struct fixture *x = *state;

	assert_true(passes(x, FILTER_VERDICT, 0, "FORWARDED"));
	assert_true(passes(x, FILTER_VERDICT, 0, "forwarded"));
	assert_false(passes(x, FILTER_VERDICT, 0, "DROPPED"));
	assert_true(passes(x, FILTER_IP_VERSION, 0, "v4"));
	assert_false(passes(x, FILTER_IP_VERSION, 0, "v6"));
	assert_false(passes(x, FILTER_IP_VERSION, 0, "none"));
	assert_true(passes(x, FILTER_DIRECTION, 0, "egress"));
	assert_false(passes(x, FILTER_DIRECTION, 0, "ingress"));
	assert_true(passes(x, FILTER_EVENT, 0, "new"));
	assert_true(passes(x, FILTER_EVENT, 0, "end,new"));
	assert_false(passes(x, FILTER_EVENT, 0, "end,flags"));
	assert_true(passes(x, FILTER_INTERFACE, 0, "veth*"));
	assert_false(passes(x, FILTER_INTERFACE, 0, "veth"));
	assert_true(passes(x, FILTER_INTERFACE, 0, "veth1"));
}

static void test_drops(void **state)
{
	struct fixture *x = *state;

	assert_false(passes(x, FILTER_DROP_REASON, 0, "*"));
	x->flow.event = FLOW_DROP;
	x->flow.drop.reason_name = "TCP_OLD_SEQUENCE";
	assert_true(passes(x, FILTER_DROP_REASON, 0, "tcp_old_sequence"));
	assert_true(passes(x, FILTER_DROP_REASON, 0, "TCP_*"));
	assert_false(passes(x, FILTER_DROP_REASON, 0, "TCP"));
}

static void test_normal_drops(void **state)
{
	struct flow_filter other = {0}, any = {0};
	struct fixture *x = *state;
	char err[128];

	x->flow.event = FLOW_DROP;
	x->flow.drop.reason_name = "QUEUE_PURGE";
	assert_true(filter_pass(&x->filter, &x->flow));
	x->flow.drop.normal = true;
	assert_false(filter_pass(&x->filter, &x->flow));
	assert_false(passes(x, FILTER_EVENT, 0, "drop"));
	assert_true(passes(x, FILTER_DROP_REASON, 0, "queue_purge")); /* asked for by name */
	/* asked for by one filter, not by the one that would let it pass */
	assert_int_equal(
		flow_filter_add(&other, FILTER_DROP_REASON, false, "NO_*", err, sizeof(err)), 0);
	assert_int_equal(filter_append(&x->filter, false, &other, err, sizeof(err)), 0);
	assert_int_equal(filter_append(&x->filter, false, &any, err, sizeof(err)), 0);
	assert_false(filter_pass(&x->filter, &x->flow));
	x->flow.drop.normal = false;
	assert_true(filter_pass(&x->filter, &x->flow));
	x->flow.drop.normal = true;
	x->filter.normal_drops = true;
	assert_true(filter_pass(&x->filter, &x->flow));
}

/* The tuples run from initiator to responder; a reply's source is the responder. */
static void test_nat(void **state)
{
	struct fixture *x = *state;

	x->flow.has_nat = true;
	x->flow.nat_orig =
		(struct flow_tuple){address("10.0.0.1"), address("10.96.0.10"), 40000, 80};
	x->flow.nat_xlated =
		(struct flow_tuple){address("10.9.9.9"), address("10.0.1.2"), 5555, 8080};
	assert_true(passes(x, FILTER_IP, FILTER_DESTINATION, "10.96.0.10"));
	assert_false(passes(x, FILTER_IP, FILTER_SOURCE, "10.96.0.10"));
	assert_true(passes(x, FILTER_PORT, FILTER_DESTINATION, "8080"));
	assert_true(passes(x, FILTER_IP, FILTER_SOURCE, "10.9.9.9"));
	x->flow.is_reply = REPLY_YES;
	assert_true(passes(x, FILTER_IP, FILTER_SOURCE, "10.96.0.10"));
	assert_false(passes(x, FILTER_IP, FILTER_DESTINATION, "10.96.0.10"));
	assert_true(passes(x, FILTER_PORT, FILTER_SOURCE, "8080"));
}

static void refused(struct fixture *x, enum filter_field field, const char *value)
{
	char err[256] = "";

	assert_int_equal(
		filter_add(&x->filter, false, field, FILTER_EITHER, value, err, sizeof(err)),
		-EINVAL);
	assert_non_null(strstr(err, value));
	assert_null(strchr(err, '\n'));
}

static void test_bad_values(void **state)
{
	struct fixture *x = *state;
	static const char *const ips[] = {"",	       "10.0.0",      "10.0.0.0/33",
					  "10.0.0.0/", "fd00::/129",  "10.0.0.1 ",
					  "x/8",       "10.0.0.0/-1", "10.0.0.0/8/8"};
	static const char *const ports[] = {"", "65536", "http", "-1", "80 ", "0x50"};

	for (size_t i = 0; i < sizeof(ips) / sizeof(ips[0]); i++)
		refused(x, FILTER_IP, ips[i]);
	for (size_t i = 0; i < sizeof(ports) / sizeof(ports[0]); i++)
		refused(x, FILTER_PORT, ports[i]);
	refused(x, FILTER_PROTOCOL, "256");
	refused(x, FILTER_PROTOCOL, "tcpx");
	refused(x, FILTER_VERDICT, "VERDICT_MAX");
	refused(x, FILTER_TCP_FLAGS, "SYN,");
	refused(x, FILTER_TCP_FLAGS, ",SYN");
	refused(x, FILTER_EVENT, "new,UNKNOWN");
	refused(x, FILTER_DIRECTION, "in");
	refused(x, FILTER_IP_VERSION, "5");
	assert_int_equal(filter_count(&x->filter, false), 0);
}

static void test_sides_that_clash(void **state)
{
	struct fixture *x = *state;
	char err[256];

	allow(x, FILTER_PORT, FILTER_EITHER, "80");
	assert_int_equal(
		filter_add(&x->filter, false, FILTER_PORT, FILTER_SOURCE, "81", err, sizeof(err)),
		-EINVAL);
	assert_string_equal(err, "filters --port and --from-port cannot be combined");
	filter_clear(&x->filter);
	/* another field, or the other list, is another matter */
	allow(x, FILTER_PORT, FILTER_EITHER, "80");
	allow(x, FILTER_IP, FILTER_SOURCE, "10.0.0.1");
	add(x, true, FILTER_PORT, FILTER_SOURCE, "81");
	allow(x, FILTER_IP, FILTER_DESTINATION, "10.0.0.1");
	assert_int_equal(filter_add(&x->filter, false, FILTER_IP, FILTER_EITHER, "10.0.0.1", err,
				    sizeof(err)),
			 -EINVAL);
	assert_string_equal(err, "filters --from-ip and --ip cannot be combined");
}

static void test_prefilter(void **state)
{
	struct fixture *x = *state;
	struct ip_addr net = address("10.0.0.0");
	struct prefilter p;

	filter_prefilter(&x->filter, &p);
	assert_int_equal(p.n_prefixes + p.n_ports + p.n_protocols, 0);
	allow(x, FILTER_IP, FILTER_EITHER, "10.0.0.7/8");
	allow(x, FILTER_PORT, FILTER_DESTINATION, "80");
	allow(x, FILTER_PROTOCOL, 0, "icmp");
	add(x, true, FILTER_PROTOCOL, 0, "udp");
	filter_prefilter(&x->filter, &p);
	assert_int_equal(p.n_prefixes, 1);
	assert_int_equal(p.prefixes[0].bits, 104);
	assert_memory_equal(p.prefixes[0].addr.b, net.b, 16);
	assert_int_equal(p.n_ports, 1);
	assert_int_equal(p.ports[0], 80);
	assert_int_equal(p.n_protocols, 2);
	assert_int_equal(p.protocols[0], 1);
	assert_int_equal(p.protocols[1], 58);
}

/* What does not fit is left to user space: the kernel must not leave out too much. */
static void test_prefilter_overflow(void **state)
{
	struct fixture *x = *state;
	struct prefilter p;
	char port[8] = "9000";

	for (int i = 0; i < PREFILTER_MAX; i++, port[3]++)
		allow(x, FILTER_PORT, FILTER_EITHER, port);
	filter_prefilter(&x->filter, &p);
	assert_int_equal(p.n_ports, PREFILTER_MAX);
	allow(x, FILTER_PORT, FILTER_EITHER, "80");
	for (int i = 1; i <= PREFILTER_MAX + 1; i++) {
		char number[2] = {'0' + i % 10, '\0'};

		allow(x, FILTER_PROTOCOL, 0, number);
	}
	filter_prefilter(&x->filter, &p);
	assert_int_equal(p.n_ports, 0);
	assert_int_equal(p.n_protocols, 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_empty),
		TEST(test_addresses),
		TEST(test_address_families),
		TEST(test_ports),
		TEST(test_either_goes_together),
		TEST(test_either_and_one_side),
		TEST(test_or_and),
		TEST(test_deny),
		TEST(test_processes),
		TEST(test_tcp_flags),
		TEST(test_protocols),
		TEST(test_words),
		TEST(test_drops),
		TEST(test_normal_drops),
		TEST(test_nat),
		TEST(test_bad_values),
		TEST(test_sides_that_clash),
		TEST(test_prefilter),
		TEST(test_prefilter_overflow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
