/* SPDX-License-Identifier: MIT */
/* What an application said: the layer 7 part of a flow. Counted and immutable, as endpoints are. */
#ifndef PITOT_FLOWS_L7_H
#define PITOT_FLOWS_L7_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ip_addr;

enum l7_type { L7_NONE, L7_REQUEST, L7_RESPONSE, L7_SAMPLE }; /* Hubble's L7FlowType */
enum l7_protocol { L7_DNS = 1, L7_HTTP, L7_KAFKA };

/*
 * Hubble's observation_source of a DNS message that was seen here, which is a part of
 * its type: "dns-request wire". Cilium's own is "proxy".
 */
#define DNS_SOURCE "wire"

/* Names as the message has them, with their dot at the end ("example.com."); untrusted text. */
struct l7_dns {
	const char *query;
	const char *source; /* Hubble's observation_source, "proxy"; NULL: DNS_SOURCE */
	const struct ip_addr *ips; /* answers' addresses, in order */
	size_t n_ips;
	uint32_t ttl; /* the answers' smallest, seconds; UINT32_MAX: no answer */
	const char *const *cnames; /* the chain, in order */
	size_t n_cnames;
	uint16_t rcode; /* RFC 1035 4.1.1, with EDNS's upper bits */
	const char *const *qtypes; /* "A", "AAAA", "TYPE65280" */
	size_t n_qtypes;
	const char *const *rrtypes; /* types of the answers' records */
	size_t n_rrtypes;
	bool timeout; /* a request that found no answer in time */
	bool truncated; /* TC, or cut by the capture */
	bool multicast; /* mDNS */
};

struct l7_header {
	const char *key, *value;
};

/* Untrusted text, "" where not there. */
struct l7_http {
	uint32_t code; /* 0: a request */
	const char *method, *url, *protocol; /* "GET", "http://cart:8080/x", "HTTP/1.1" */
	const struct l7_header *headers;
	size_t n_headers;
};

struct l7 {
	uint32_t refs, bytes; /* bytes: of the allocation, set by l7_new() */
	uint8_t type; /* enum l7_type */
	uint8_t protocol; /* enum l7_protocol */
	uint64_t latency_ns; /* L7_RESPONSE: since the request; 0: not known */
	struct l7_dns dns; /* L7_DNS; zeroed elsewhere, but for texts: NULL counts as "" */
	struct l7_http http; /* L7_HTTP */
};

/* A copy of *from and all it points to, in one allocation; refs is 1. NULL without memory. */
struct l7 *l7_new(const struct l7 *from);
struct l7 *l7_get(struct l7 *l);
void l7_put(struct l7 *l);

/* An answer's code: "Non-Existent Domain" as Hubble prints it, "NXDOMAIN"; NULL: it has no name. */
const char *dns_rcode_name(unsigned int rcode);
const char *dns_rcode_mnemonic(unsigned int rcode);

#endif
