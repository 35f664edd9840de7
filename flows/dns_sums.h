/* SPDX-License-Identifier: MIT */
/*
 * DNS summed up: what was asked, by whom, of which resolver, what came of it and how fast.
 * One sum for each name, type, client and resolver; rows by any of these are made of the
 * sums when they are looked at. Bounded: beyond DNS_SUMS_MAX the smallest go into "others".
 */
#ifndef PITOT_FLOWS_DNS_SUMS_H
#define PITOT_FLOWS_DNS_SUMS_H

#include "flows/flow.h"

#define DNS_SUMS_MAX 4096

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
const char *dns_by_name(enum dns_by by); /* "name", "client", .. */

struct dns_counts {
	uint64_t queries;
	uint64_t outcomes[DNS_OUTCOMES];
	uint64_t first_ns, last_ns;
	uint64_t newest, newest_failed; /* numbers of flows, as given; UINT64_MAX: none */
};

/* Texts live until dns_sums_epoch() moves. The name is untrusted, the ends are escaped. */
struct dns_sum {
	const char *name; /* without the dot at its end; "." is the root */
	const char *type; /* "A", "AAAA" */
	const char *client; /* who asks: a workload in place of its pods */
	const char *client_workload; /* where it is one, else "" */
	const char *resolver; /* who answers: a pod, for one of several may be ill */
	const char *client_address,
		*resolver_address; /* where nothing else is the end's own, else "" */
	bool multicast, others;
	struct dns_counts counts;
};

struct dns_row {
	uint64_t key; /* the same as long as the process runs; never 0 */
	const struct dns_sum *top; /* with the most queries: its texts are the row's */
	uint32_t names, types, clients, resolvers; /* how many different, 64 at most */
	struct dns_counts counts;
	uint64_t answers, failed; /* failed: outcomes from DNS_FAILURES on */
	uint64_t p50_ns, p99_ns; /* of answers; 0: none with a known time */
	double rate; /* queries a second */
};

struct dns_sums;

int dns_sums_new(struct dns_sums **ret); /* 0 or -ENOMEM */
void dns_sums_free(struct dns_sums *s); /* takes NULL */

/* Flows that are no DNS messages cost a comparison. number: comes back as `newest`. */
void dns_sums_add(struct dns_sums *s, const struct flow *f, uint64_t number);
void dns_sums_reset(struct dns_sums *s);

/*
 * Rows, those with the most failures first, then by queries. Valid until the next call that
 * changes the sums. window: seconds of the rate (1 to 60) before now_ns.
 */
size_t dns_sums_rows(struct dns_sums *s, enum dns_by by, uint64_t now_ns, unsigned int window,
		     struct dns_row **ret);

/*
 * The sums of a row with the most of what can go wrong first: failures, then queries. At most max.
 * Returns how many.
 */
size_t dns_sums_of_row(struct dns_sums *s, enum dns_by by, uint64_t key, const struct dns_sum **ret,
		       size_t max);

uint64_t dns_sums_epoch(const struct dns_sums *s); /* moves when what was given out is gone */
uint64_t dns_sums_version(const struct dns_sums *s); /* and with every message */

/* All of it in one row (top NULL), and how many sums had no room. */
void dns_sums_totals(struct dns_sums *s, struct dns_row *ret, uint64_t *ret_left_out);

/* An expression (flows/where.h) of the flows of a row; false: there is none (others). */
struct text;
bool dns_row_expression(const struct dns_row *r, enum dns_by by, struct text *t);

#endif
