/* SPDX-License-Identifier: MIT */
/*
 * DNS over TCP (RFC 1035 4.2.2): messages out of segments. A stream is one
 * direction of a connection, seen at one kind of place; bytes are put together by
 * their sequence numbers. What is missing is given up: the message that it was
 * part of is handed over as far as it goes, and the stream goes on where the next
 * one begins, or with the next segment that looks like the beginning of one.
 */
#ifndef PITOT_FLOWS_L7_DNS_STREAM_H
#define PITOT_FLOWS_L7_DNS_STREAM_H

#include <stdint.h>

#include "flows/flow.h"
#include "flows/source.h"

#define DNS_STREAMS 256 /* the longest idle one gives way; 64 KiB each at most */

struct dns_streams;

struct dns_streams_stats {
	uint64_t streams, evicted;
	uint64_t gaps; /* places where bytes were missing */
};

int dns_streams_new(struct dns_streams **ret); /* 0 or -ENOMEM */
void dns_streams_free(struct dns_streams *s); /* takes NULL */

/* A segment of f's connection, from f->src. message() is called for each message that ends with it. */
void dns_streams_add(struct dns_streams *s, const struct flow *f, const struct l7_payload *segment,
		     uint64_t now_ns, void (*message)(void *arg, const uint8_t *data, size_t size),
		     void *arg);

/* f's connection is over. */
void dns_streams_end(struct dns_streams *s, const struct flow *f);

/* Forgets what was idle for 30 s. */
void dns_streams_age(struct dns_streams *s, uint64_t now_ns);

void dns_streams_stats(const struct dns_streams *s, struct dns_streams_stats *ret);

#endif
