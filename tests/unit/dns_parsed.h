/* SPDX-License-Identifier: MIT */
/* DNS messages, parsed. For cmocka tests: include cmocka.h before. */
#ifndef PITOT_TESTS_DNS_PARSED_H
#define PITOT_TESTS_DNS_PARSED_H

#include "flows/l7/dns.h"
#include "tests/unit/dns_packets.h"

static struct dns_message m;
static struct wire w;
static struct l7_dns said;

static inline int parse(void)
{
	int err = dns_parse(w.b, w.n, &m);

	if (!err)
		dns_describe(&m, &said);
	return err;
}

static inline void is_address(size_t i, const char *want)
{
	char text[46];

	assert_true(i < said.n_ips);
	assert_string_equal(ip_addr_text(&said.ips[i], text), want);
}

static inline void asked_for(size_t i, const char *want)
{
	const char *name = dns_asked_name(&m, &m.addresses[i]);

	assert_true(i < m.n_addresses);
	if (!want) {
		assert_null(name);
		return;
	}
	assert_non_null(name);
	assert_string_equal(name, want);
}

#endif
