// SPDX-License-Identifier: MIT
/* What a message of an application says in words. */
#include "flows/summary.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
/* A DNS name of 255 bytes, each of them escaped. */
#define DNS_TEXT_MAX 1100
#define RCODE_OK 0

const char *l7_type_name(const struct l7 *l)
{
	static const char *const dns[] = {
		[L7_NONE] = "dns-unknown_l7_type " DNS_SOURCE,
		[L7_REQUEST] = "dns-request " DNS_SOURCE,
		[L7_RESPONSE] = "dns-response " DNS_SOURCE,
		[L7_SAMPLE] = "dns-sample " DNS_SOURCE,
	};

	if (!l || l->protocol != L7_DNS || l->type >= COUNT(dns))
		return "UNKNOWN";
	return dns[l->type];
}

bool l7_failed(const struct l7 *l)
{
	return l && l->protocol == L7_DNS &&
	       (l->dns.timeout || (l->type == L7_RESPONSE && l->dns.rcode != RCODE_OK));
}

static void texts(struct text *t, const char *const *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (i)
			text_char(t, ',');
		text_escape(t, v[i], DNS_TEXT_MAX);
	}
}

static void question(struct text *t, const struct l7_dns *d)
{
	text_escape(t, d->query, DNS_TEXT_MAX);
	text_char(t, ' ');
	texts(t, d->qtypes, d->n_qtypes);
}

static void rcode(struct text *t, unsigned int code)
{
	const char *name = dns_rcode_name(code);

	text_str(t, "RCode: ");
	if (name)
		text_str(t, name);
	else
		text_u64(t, code);
}

static void addresses(struct text *t, const struct l7_dns *d)
{
	text_char(t, '"');
	for (size_t i = 0; i < d->n_ips; i++) {
		if (i)
			text_char(t, ',');
		text_addr(t, &d->ips[i]);
	}
	text_char(t, '"');
}

static void chain(struct text *t, const struct l7_dns *d)
{
	text_str(t, "CNAMEs: \"");
	for (size_t i = 0; i < d->n_cnames; i++) {
		if (i)
			text_char(t, ',');
		escape_marks(t, d->cnames[i], "\"\\"); /* as Go's %q does */
	}
	text_char(t, '"');
}

/* An answer without addresses and names has its two spaces in Hubble's, too. */
static void answer(struct text *t, const struct l7_dns *d)
{
	text_str(t, "DNS Answer ");
	if (d->rcode != RCODE_OK)
		rcode(t, d->rcode);
	else if (d->n_ips)
		addresses(t, d);
	if (d->rcode == RCODE_OK && d->n_cnames) {
		if (d->n_ips)
			text_char(t, ' ');
		chain(t, d);
	}
	text_str(t, " TTL: ");
	text_u64(t, d->ttl);
	text_str(t, " (Query ");
	question(t, d);
	text_char(t, ')');
}

void l7_summary(struct text *t, const struct l7 *l)
{
	if (!l || l->protocol != L7_DNS)
		return;
	if (l->dns.timeout) {
		text_str(t, "DNS Timeout ");
		question(t, &l->dns);
		text_str(t, " (no answer in 5s)");
	} else if (l->type == L7_RESPONSE) {
		answer(t, &l->dns);
	} else {
		text_str(t, "DNS Query ");
		question(t, &l->dns);
	}
}
