// SPDX-License-Identifier: MIT
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/record.h"
#include "flows/flow.h"
#include "flows/summary.h"

static struct process *process_new(const char *comm, uint32_t pid)
{
	struct process *p = calloc(1, sizeof(*p));

	assert_non_null(p);
	p->refs = 1;
	p->pid = pid;
	strcpy(p->comm, comm);
	p->exe = strdup("/bin/x");
	p->command = strdup("x");
	return p;
}

static void test_references(void **state)
{
	struct process *p = process_new("curl", 1);
	struct flow a, b;

	(void)state;
	flow_init(&a);
	a.src.process = process_get(p);
	assert_int_equal(p->refs, 2);
	flow_copy(&b, &a);
	assert_int_equal(p->refs, 3);
	flow_release(&a);
	flow_release(&a);
	flow_release(NULL);
	assert_int_equal(p->refs, 2);
	flow_release(&b);
	assert_int_equal(p->refs, 1);
	assert_null(process_get(NULL));
	process_put(NULL);
	process_put(p);
}

static void test_names(void **state)
{
	(void)state;
	assert_string_equal(flow_event_name(FLOW_LISTEN_DROP), "listen_drop");
	assert_string_equal(flow_event_name(FLOW_EVENTS_MAX), "UNKNOWN");
	assert_string_equal(verdict_name(VERDICT_TRANSLATED), "TRANSLATED");
	assert_string_equal(verdict_name(99), "UNKNOWN");
	assert_string_equal(traffic_direction_name(DIRECTION_EGRESS), "EGRESS");
	assert_string_equal(trace_point_name(TO_ENDPOINT), "TO_ENDPOINT");
	assert_string_equal(trace_point_name(50), "UNKNOWN");
	assert_string_equal(initiator_by_name(INITIATOR_PORT), "port");
	assert_string_equal(protocol_name(6), "TCP");
	assert_string_equal(protocol_name(58), "ICMPv6");
	assert_null(protocol_name(99));
	assert_null(protocol_name(255));
	for (unsigned int i = 0; i < FLOW_EVENTS_MAX; i++)
		assert_string_not_equal(flow_event_name(i), "UNKNOWN");
}

/* Against the C library, which knows RFC 5952. */
static void test_addresses(void **state)
{
	static const char *const texts[] = {
		"::",
		"::1",
		"fd00::a",
		"2001:db8::1",
		"2001:db8:0:1:1:1:1:1",
		"1::",
		"2001:0:0:1:0:0:0:1",
		"2001:db8:0:0:1:0:0:1",
		"0:1::",
		"1::1:0",
		"ff02::1:ff00:42",
		"1:2:3:4:5:6:7:8",
		"fe80::1234:5678:9abc:def0",
	};
	struct ip_addr a;
	char want[64], got[64];

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		assert_int_equal(inet_pton(AF_INET6, texts[i], a.b), 1);
		inet_ntop(AF_INET6, a.b, want, sizeof(want));
		assert_ptr_equal(ip_addr_text(&a, got), got);
		assert_string_equal(got, want);
		assert_false(ip_addr_is_v4(&a));
	}
	assert_int_equal(inet_pton(AF_INET6, "::ffff:10.0.255.1", a.b), 1);
	assert_true(ip_addr_is_v4(&a));
	assert_string_equal(ip_addr_text(&a, got), "10.0.255.1");
}

/* 20,000 addresses with runs of zeros anywhere. */
static void test_many_addresses(void **state)
{
	struct ip_addr a;
	char want[64], got[64];

	(void)state;
	srand(1);
	for (int i = 0; i < 20000; i++) {
		for (int k = 0; k < 16; k += 2) {
			int v = rand() % 3 ? 0 : rand() % 0x10000;

			a.b[k] = v >> 8;
			a.b[k + 1] = v;
		}
		/* the library prints ::a.b.c.d in its old dotted form */
		a.b[0] |= 1;
		inet_ntop(AF_INET6, a.b, want, sizeof(want));
		assert_string_equal(ip_addr_text(&a, got), want);
	}
}

static void test_tcp_flags(void **state)
{
	char buf[64], small[8];

	(void)state;
	assert_string_equal(tcp_flags_text(TCPF_SYN | TCPF_ACK, buf, sizeof(buf)), "SYN, ACK");
	assert_string_equal(tcp_flags_text(0, buf, sizeof(buf)), "");
	assert_string_equal(tcp_flags_text(0x1ff, buf, sizeof(buf)),
			    "SYN, ACK, RST, FIN, PSH, URG, ECE, CWR, NS");
	assert_string_equal(tcp_flags_text(0x1ff, small, sizeof(small)), "SYN");
}

static const char *icmp(bool v6, uint8_t type, uint8_t code)
{
	static char buf[128];
	struct text t = {0};

	icmp_text(&t, v6, type, code);
	memcpy(buf, t.data, t.len);
	buf[t.len] = '\0';
	text_free(&t);
	return buf;
}

static void test_icmp(void **state)
{
	(void)state;
	assert_string_equal(icmp(false, 8, 0), "ICMPv4 EchoRequest");
	assert_string_equal(icmp(false, 0, 0), "ICMPv4 EchoReply");
	assert_string_equal(icmp(false, 3, 3), "ICMPv4 DestinationUnreachable(Port)");
	assert_string_equal(icmp(false, 3, 15), "ICMPv4 DestinationUnreachable(PrecedenceCutoff)");
	assert_string_equal(icmp(false, 3, 16), "ICMPv4 DestinationUnreachable(Code: 16)");
	assert_string_equal(icmp(false, 11, 0), "ICMPv4 TimeExceeded(TTLExceeded)");
	assert_string_equal(icmp(false, 8, 7), "ICMPv4 EchoRequest(Code: 7)");
	assert_string_equal(icmp(false, 200, 3), "ICMPv4 200(3)");
	assert_string_equal(icmp(true, 133, 0), "ICMPv6 RouterSolicitation");
	assert_string_equal(icmp(true, 2, 0), "ICMPv6 PacketTooBig");
	assert_string_equal(icmp(true, 4, 2), "ICMPv6 ParameterProblem(UnrecognizedIPv6Option)");
	assert_string_equal(icmp(true, 143, 0), "ICMPv6 MulticastListenerReportV2");
	assert_string_equal(icmp(true, 200, 0), "ICMPv6 200(0)");
	assert_string_equal(icmp(true, 1, 4), "ICMPv6 DestinationUnreachable(PortUnreachable)");
	assert_string_equal(icmp(true, 3, 0), "ICMPv6 TimeExceeded(HopLimitExceeded)");
}

static void test_end_reason(void **state)
{
	struct flow f;

	(void)state;
	flow_init(&f);
	f.event = FLOW_END;
	assert_string_equal(flow_end_reason(&f), "not closed");
	f.closed = true;
	assert_string_equal(flow_end_reason(&f), "closed");
	f.reply.resets = 1;
	assert_string_equal(flow_end_reason(&f), "reset by responder");
	f.forward.resets = 1;
	assert_string_equal(flow_end_reason(&f), "reset by initiator");
	f.forward.tcp_flags = f.reply.tcp_flags = TCPF_FIN | TCPF_ACK;
	assert_string_equal(flow_end_reason(&f), "closed");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_references), cmocka_unit_test(test_names),
		cmocka_unit_test(test_addresses),  cmocka_unit_test(test_many_addresses),
		cmocka_unit_test(test_tcp_flags),  cmocka_unit_test(test_icmp),
		cmocka_unit_test(test_end_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
