/* SPDX-License-Identifier: MIT */
/* A resolver, and the dnsmasq that it asks. For cmocka tests: include cmocka.h before. */
#ifndef PITOT_TESTS_RESOLVER_END_H
#define PITOT_TESTS_RESOLVER_END_H

#include "tests/unit/sample_flows.h"

static inline struct ip_addr numbered(unsigned int i)
{
	struct ip_addr a = addr("8.0.0.0");

	a.b[13] += i >> 16;
	a.b[14] = i >> 8;
	a.b[15] = i;
	return a;
}

static inline struct flow_end world(const char *text)
{
	return (struct flow_end){.addr = addr(text), .port = 443, .identity = IDENTITY_WORLD};
}

#endif
