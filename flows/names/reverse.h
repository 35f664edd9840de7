/* SPDX-License-Identifier: MIT */
/* Reverse look-ups as DNS messages: the name that is asked for, and the names in an answer. Pure. */
#ifndef PITOT_FLOWS_NAMES_REVERSE_H
#define PITOT_FLOWS_NAMES_REVERSE_H

#include <stddef.h>
#include <stdint.h>

#include "flows/flow.h"

#define REVERSE_NAME_MAX 254 /* RFC 1035 2.3.4, without the dot at the end, with the NUL */

/* "34.216.184.93.in-addr.arpa", "...ip6.arpa" (RFC 3596 2.5); returns buf. */
#define REVERSE_QUERY_MAX 80
char *reverse_query(const struct ip_addr *a, char *buf);

struct reverse_names {
	size_t n;
	uint32_t ttl_s; /* the smallest one on the way to the names */
	char names[NAMES_MAX]
		  [REVERSE_NAME_MAX]; /* lower case, [a-z0-9_.*-] only, no dot at the end */
};

/*
 * The PTR names of an answer (RFC 1035 4.1) to `query`, also behind CNAMEs (RFC
 * 2317). Names with other bytes than a host's are left out. 0 (n may be 0), or
 * -EBADMSG with what was found up to there.
 */
int reverse_names(const uint8_t *message, size_t size, const char *query,
		  struct reverse_names *ret);

#endif
