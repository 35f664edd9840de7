/* SPDX-License-Identifier: MIT */
/* The flows that --where is asked about. For cmocka tests: include cmocka.h before. */
#ifndef PITOT_TESTS_WHERE_FLOWS_H
#define PITOT_TESTS_WHERE_FLOWS_H

#include "tests/unit/sample_flows.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* frontend -> cart, a connection's report, 1.5 MB and 20 ms */
static inline struct flow report(void)
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

#endif
