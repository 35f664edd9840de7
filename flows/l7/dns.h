/* SPDX-License-Identifier: MIT */
/*
 * DNS messages (RFC 1035 4, with the records of RFC 2782, 3596, 6672, 6891, 9460
 * and the multicast of RFC 6762): bytes in, a structure of fixed size out. Nothing
 * is allocated; each count, length and pointer of the message is taken for a lie.
 */
#ifndef PITOT_FLOWS_L7_DNS_H
#define PITOT_FLOWS_L7_DNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "flows/flow.h"
#include "flows/l7.h"

#define DNS_NAME_TEXT 1024 /* 255 octets with each of them escaped, and the NUL */
#define DNS_QUESTIONS 8
#define DNS_ADDRESSES 64
#define DNS_ALIASES 16
#define DNS_TYPES 64
#define DNS_TEXT 8192 /* all names of a message */
#define DNS_RECORDS 1024 /* looked at in a message, the rest is left out */
#define DNS_PORT_MULTICAST 5353

enum dns_opcode { DNS_QUERY = 0, DNS_STATUS = 2, DNS_NOTIFY = 4, DNS_UPDATE = 5, DNS_STATEFUL = 6 };
enum dns_type {
	DNS_A = 1,
	DNS_CNAME = 5,
	DNS_AAAA = 28,
	DNS_SRV = 33,
	DNS_OPT = 41,
	DNS_SVCB = 64,
	DNS_HTTPS = 65,
	DNS_ANY = 255,
};

/* All names: presentation format (RFC 1035 5.1), as spelled in the message, "example.com.". */
struct dns_question {
	const char *name;
	uint16_t type;
};

/* An address that the message gives: A and AAAA, and the hints of SVCB and HTTPS. */
struct dns_address {
	struct ip_addr addr;
	uint32_t ttl; /* seconds */
	const char *owner;
	const char *asked; /* name of the question whose aliases lead to owner; NULL: none */
	bool hint;
	bool additional; /* not in the answer section */
};

/* owner is another name for target (CNAME, and SVCB in its alias mode). */
struct dns_alias {
	const char *owner, *target;
	bool cname;
};

/* The name whose first label is at that place of the message, as decoded before. */
struct dns_memo {
	uint16_t offset;
	const char *name;
};

struct dns_message {
	uint16_t id;
	uint16_t rcode; /* with EDNS's upper bits */
	uint8_t opcode;
	bool answer; /* QR */
	bool truncated; /* TC */
	bool cut; /* the message ends before what its counts say */
	uint32_t ttl; /* smallest of the answer section; UINT32_MAX: no record */
	uint32_t left_out; /* records and names that there was no room for */
	size_t n_questions, n_addresses, n_aliases, n_targets, n_types, n_memos, text_used;
	struct dns_question questions[DNS_QUESTIONS];
	struct dns_address addresses[DNS_ADDRESSES];
	struct dns_alias aliases[DNS_ALIASES];
	const char *targets[DNS_ALIASES]; /* of SRV, SVCB and HTTPS */
	uint16_t types[DNS_TYPES]; /* of the answer section's records */
	struct dns_memo memos[DNS_ALIASES];
	char text[DNS_TEXT];
	/* Room for dns_describe(). */
	struct ip_addr ips[DNS_ADDRESSES];
	const char *cnames[DNS_ALIASES], *qtypes[DNS_QUESTIONS], *rrtypes[DNS_TYPES];
	char qtype_text[DNS_QUESTIONS][12], rrtype_text[DNS_TYPES][12];
};

/*
 * 0, or -EBADMSG: no DNS message, or not even its first question is whole. What
 * comes before a cut or a broken record counts. *m is for the caller to keep, the
 * names point into it.
 */
int dns_parse(const uint8_t *data, size_t size, struct dns_message *m);

/* The same in the flow's terms; everything points into *m. `timeout` and `multicast` are false. */
void dns_describe(struct dns_message *m, struct l7_dns *ret);

/*
 * The name that was asked for to get this address: where the chain of aliases that
 * ends at the address began. NULL: the message is no answer to a question for
 * addresses, or the address was not part of what it answers.
 */
const char *dns_asked_name(const struct dns_message *m, const struct dns_address *a);

/* Lower case, without the dot at the end; the root is "". buf of at least DNS_NAME_TEXT; returns buf. */
const char *dns_fold(const char *name, char *buf);

/* Equal but for ASCII's upper and lower case? */
bool dns_same_name(const char *a, const char *b);

/* "AAAA", "TYPE65280" (RFC 3597 5). buf of at least 12 bytes is used where the type has no name. */
const char *dns_type_text(uint16_t type, char *buf);

#endif
