/* SPDX-License-Identifier: MIT */
/* What a parsed DNS message means: for the flow that tells it, and for whom its addresses are. */
#include "flows/l7/dns.h"

#include <string.h>

/* A multicast answer has no question: what it is about stands before its records. */
static const char *subject(const struct dns_message *m)
{
	if (m->n_questions)
		return m->questions[0].name;
	if (m->n_addresses)
		return m->addresses[0].owner;
	return m->text_used ? m->text : "";
}

static void describe_answers(struct dns_message *m, struct l7_dns *ret)
{
	for (size_t i = 0; i < m->n_addresses; i++)
		if (!m->addresses[i].additional && !m->addresses[i].hint)
			m->ips[ret->n_ips++] = m->addresses[i].addr;
	for (size_t i = 0; i < m->n_aliases; i++)
		if (m->aliases[i].cname)
			m->cnames[ret->n_cnames++] = m->aliases[i].target;
	for (size_t i = 0; i < m->n_types; i++)
		m->rrtypes[i] = dns_type_text(m->types[i], m->rrtype_text[i]);
	ret->ips = m->ips;
	ret->cnames = m->cnames;
	ret->rrtypes = m->rrtypes;
	ret->n_rrtypes = m->n_types;
	ret->ttl = m->ttl;
}

void dns_describe(struct dns_message *m, struct l7_dns *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->query = subject(m);
	for (size_t i = 0; i < m->n_questions; i++)
		m->qtypes[i] = dns_type_text(m->questions[i].type, m->qtype_text[i]);
	ret->qtypes = m->qtypes;
	ret->n_qtypes = m->n_questions;
	ret->ttl = UINT32_MAX;
	/* a query's records are updates, or what a multicast asker knows already */
	if (m->answer)
		describe_answers(m, ret);
	ret->rcode = m->rcode;
	ret->truncated = m->truncated || m->cut;
}

static bool asks_for_addresses(uint16_t type)
{
	return type == DNS_A || type == DNS_AAAA || type == DNS_ANY || type == DNS_SRV ||
	       type == DNS_SVCB || type == DNS_HTTPS;
}

static bool is_target(const struct dns_message *m, const char *owner)
{
	for (size_t i = 0; i < m->n_targets; i++)
		if (dns_same_name(m->targets[i], owner))
			return true;
	return false;
}

const char *dns_asked_name(const struct dns_message *m, const struct dns_address *a)
{
	if (!m->answer || m->opcode != DNS_QUERY || m->rcode || !m->n_questions ||
	    !asks_for_addresses(m->questions[0].type))
		return NULL;
	if (a->asked)
		return a->asked;
	/* other servers' addresses come along too (glue): only those that an answer points to */
	if (a->additional && !is_target(m, a->owner))
		return NULL;
	return m->questions[0].name;
}
