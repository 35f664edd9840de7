/* SPDX-License-Identifier: MIT */
/* DNS messages fed to the names, and who is asked for. For cmocka tests: include cmocka.h before. */
#ifndef PITOT_TESTS_DNS_NAMES_FED_H
#define PITOT_TESTS_DNS_NAMES_FED_H

#include "flows/names/dns.h"
#include "flows/names/dns_cache.h"
#include "tests/unit/dns_packets.h"
#include "tests/unit/sample_flows.h"

#define SECOND_NS 1000000000ull
#define RESOLVER "10.0.0.53"
static struct namer *dns;
static struct dns_cache *cache;
static uint64_t base_ns;
static struct process shop = {.refs = 1, .cgroup_id = 1001};

/* Flows of the namer's own making. */
static struct {
	unsigned int n;
	struct flow flows[8];
} own;

static inline void on_flow(void *arg, struct flow *f)
{
	(void)arg;
	assert_in_range(own.n, 0, 7);
	flow_copy(&own.flows[own.n++], f);
}

static inline int set_up(void **state)
{
	static const struct namer_events ev = {.flow = on_flow};
	static const struct names_options opt;

	(void)state;
	base_ns = uv_hrtime();
	own.n = 0;
	return dns_new(&opt, &dns) || dns->start(dns, NULL, &ev) || dns_cache_new(4, 4, &cache);
}

static inline int tear_down(void **state)
{
	(void)state;
	while (own.n)
		flow_release(&own.flows[--own.n]);
	dns->free(dns);
	dns_cache_free(cache);
	return 0;
}

/* A packet; the flow is the caller's to release. */
static inline struct flow packet(uint8_t protocol, const char *src, uint16_t sport, const char *dst,
				 uint16_t dport, const struct wire *w, bool at_read,
				 struct process *reader)
{
	const struct l7_payload p = {.data = w->b, .size = w->n, .at_read = at_read, .tcp_seq = 1};
	struct flow f = sample(protocol, src, sport, dst, dport);

	f.event = FLOW_L7;
	f.connection_id = 99;
	f.is_reply = REPLY_UNKNOWN;
	f.dst.process = process_get(reader);
	dns->message(dns, &f, &p);
	return f;
}

static inline void say(const char *src, uint16_t sport, const char *dst, uint16_t dport,
		       const struct wire *w, bool at_read, struct process *reader)
{
	struct flow f = packet(17, src, sport, dst, dport, w, at_read, reader);

	flow_release(&f);
}

#endif
