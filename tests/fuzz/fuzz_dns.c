/* SPDX-License-Identifier: MIT */
/* The DNS parser against any bytes. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "flows/l7/dns.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(int holds)
{
	if (!holds)
		abort();
}

/* Presentation format: printable, and a dot at the end that is not an escaped one. */
static void check_name(const char *name)
{
	char buf[DNS_NAME_TEXT];
	size_t n = strnlen(name, DNS_NAME_TEXT);

	check(n > 0 && n < DNS_NAME_TEXT && name[n - 1] == '.');
	for (size_t i = 0; i < n; i++) {
		check(name[i] > 0x20 && name[i] < 0x7f);
		if (name[i] == '\\')
			check(++i < n - 1);
	}
	check(strlen(dns_fold(name, buf)) == n - 1);
	check(dns_same_name(name, name));
}

static void check_message(const struct dns_message *m)
{
	check(m->text_used <= DNS_TEXT);
	for (size_t i = 0; i < m->n_questions; i++)
		check_name(m->questions[i].name);
	for (size_t i = 0; i < m->n_aliases; i++) {
		check_name(m->aliases[i].owner);
		check_name(m->aliases[i].target);
	}
	for (size_t i = 0; i < m->n_targets; i++)
		check_name(m->targets[i]);
	for (size_t i = 0; i < m->n_addresses; i++) {
		const char *asked = dns_asked_name(m, &m->addresses[i]);

		check_name(m->addresses[i].owner);
		check(m->addresses[i].ttl <= INT32_MAX);
		check(!asked || m->n_questions);
		if (asked)
			check_name(asked);
	}
}

static void check_flow(struct dns_message *m)
{
	struct l7 l7 = {.type = L7_RESPONSE, .protocol = L7_DNS}, *copy;

	dns_describe(m, &l7.dns);
	check(l7.dns.n_ips <= m->n_addresses && l7.dns.n_cnames <= m->n_aliases);
	check(l7.dns.rcode < 4096);
	for (size_t i = 0; i < l7.dns.n_qtypes; i++)
		check(l7.dns.qtypes[i][0] != 0);
	copy = l7_new(&l7);
	check(copy && !strcmp(copy->dns.query, l7.dns.query));
	l7_put(copy);
}

/* What a cut message tells is what the whole one tells first. */
static void check_cut(const uint8_t *data, size_t size, const struct dns_message *m)
{
	static struct dns_message part;

	if (dns_parse(data, size / 2, &part))
		return;
	check(part.n_questions <= m->n_questions && part.n_addresses <= m->n_addresses);
	check(part.n_aliases <= m->n_aliases && part.n_types <= m->n_types);
	for (size_t i = 0; i < part.n_addresses; i++)
		check(!memcmp(&part.addresses[i].addr, &m->addresses[i].addr, 16) &&
		      !strcmp(part.addresses[i].owner, m->addresses[i].owner));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct dns_message m;

	if (dns_parse(data, size, &m))
		return 0;
	check_message(&m);
	check_flow(&m);
	check_cut(data, size, &m);
	return 0;
}
