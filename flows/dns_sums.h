/* SPDX-License-Identifier: MIT */
/*
 * DNS summed up (flows/sums.h): what was asked, by whom, of which resolver, what came of it and
 * how fast. One sum for each name, type, client and resolver; rows by any of these (enum dns_by)
 * are struct dns_row, those with the most failures first, then by queries.
 */
#ifndef PITOT_FLOWS_DNS_SUMS_H
#define PITOT_FLOWS_DNS_SUMS_H

#include "flows/flow.h"
#include "flows/sums.h"
#include "flows/sums_end.h"

extern const struct sums_kind dns_sums_kind;

enum dns_by { DNS_BY_NAME, DNS_BY_CLIENT, DNS_BY_RESOLVER, DNS_BY_TYPE, DNS_BYS };

/* What became of questions. NODATA: NOERROR without an answer, the name has no such record. */
enum dns_outcome {
	DNS_FINE,
	DNS_NODATA,
	DNS_NXDOMAIN,
	DNS_SERVFAIL,
	DNS_REFUSED,
	DNS_OTHER, /* any other code */
	DNS_TIMEOUT, /* no answer came */
	DNS_OUTCOMES
};
#define DNS_FAILURES DNS_NXDOMAIN /* from here on */

const char *
dns_outcome_name(enum dns_outcome o); /* "NOERROR", "NODATA", "NXDOMAIN", .. "timeout" */
const char *dns_by_name(unsigned int by); /* "name", "client", .. */

struct dns_counts {
	uint64_t queries;
	uint64_t outcomes[DNS_OUTCOMES];
	uint64_t first_ns, last_ns;
	uint64_t newest, newest_failed; /* numbers of flows, as given; UINT64_MAX: none */
};

/* Texts live until sums_epoch() moves. The name is untrusted, the ends are escaped. */
struct dns_sum {
	const char *name; /* without the dot at its end; "." is the root. As it was first written */
	const char *type; /* "A", "AAAA" */
	struct sums_end client; /* who asks: a workload in place of its pods (work) */
	struct sums_end resolver; /* who answers: a pod (name), for one of several may be ill */
	bool multicast, others;
	struct dns_counts counts;
};

struct dns_row {
	uint64_t key; /* the same as long as the process runs; never 0 */
	const struct dns_sum *top; /* with the most queries: its texts are the row's, but for the name */
	const char *name; /* as it was first written */
	bool multicast; /* some of it */
	uint32_t names, types, clients,
		resolvers; /* how many different, SUMS_DIFFERENT_MAX at most */
	struct dns_counts counts;
	uint64_t answers, failed; /* failed: outcomes from DNS_FAILURES on */
	uint64_t p50_ns, p99_ns; /* of answers; 0: none with a known time */
	double rate; /* queries a second */
};

/*
 * The sums of a row with the most of what can go wrong first: failures, then queries. At most max.
 * Returns how many.
 */
size_t dns_sums_of_row(struct sums *s, enum dns_by by, uint64_t key, const struct dns_sum **ret,
		       size_t max);

/* All of it in one row (top NULL). */
void dns_sums_totals(const struct sums *s, struct dns_row *ret);

/* An expression (flows/where.h) of the flows of a row; false: there is none (others). */
struct text;
bool dns_row_expression(const struct dns_row *r, enum dns_by by, struct text *t);

#endif
