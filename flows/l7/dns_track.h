/* SPDX-License-Identifier: MIT */
/*
 * Queries and their answers: what a message tells, and what never came.
 *
 * A transaction is known by client, server, ports, protocol, id and question; where
 * addresses are translated, by the tuple before that. The same message can be seen
 * on an interface and again when a process reads it: each sort of sight is counted,
 * and only the one that is ahead tells.
 *
 * Who answers without having been asked, on an interface, is shown but not
 * believed: `asked` is false. What a process read is believed, for that process had
 * the socket that it came to.
 */
#ifndef PITOT_FLOWS_L7_DNS_TRACK_H
#define PITOT_FLOWS_L7_DNS_TRACK_H

#include <stdbool.h>
#include <stdint.h>

#include "flows/flow.h"
#include "flows/l7/dns.h"

#define DNS_TRANSACTIONS 16384
#define DNS_SAME_ID 16 /* of them: questions that a port asks one server with one id */
#define DNS_TIMEOUT_NS (5 * 1000000000ull)
#define DNS_LATE_NS (25 * 1000000000ull) /* after that: how long an answer is still waited for */

struct dns_track;

/* What a message means. */
struct dns_told {
	struct l7 *l7; /* to be shown, the caller's reference; NULL: told before */
	bool asked; /* an answer that may name addresses */
	struct process *client; /* who asks, borrowed until the next call; NULL: not known */
	struct ip_addr client_addr; /* before translation */
};

struct dns_track_stats {
	uint64_t transactions; /* remembered now */
	uint64_t open; /* without an answer, of those */
	uint64_t evicted; /* given up without an answer, because it was full */
};

int dns_track_new(struct dns_track **ret); /* 0 or -ENOMEM */
void dns_track_free(struct dns_track *t); /* takes NULL */

/* Is it multicast DNS (RFC 6762)? That has no transactions. */
bool dns_is_multicast(const struct flow *f);

/* A message, seen in the packet that f is about. now_ns: CLOCK_MONOTONIC. */
void dns_track_message(struct dns_track *t, const struct flow *f, struct dns_message *m,
		       bool at_read, uint64_t now_ns, struct dns_told *ret);

/*
 * Tells each query that has found no answer in DNS_TIMEOUT_NS: its flow, with
 * l7->dns.timeout, verdict ERROR and the time at which it was given up. The flow
 * is valid during the call.
 */
void dns_track_tick(struct dns_track *t, uint64_t now_ns,
		    void (*timeout)(void *arg, struct flow *f), void *arg);

void dns_track_stats(const struct dns_track *t, struct dns_track_stats *ret);

#endif
