// SPDX-License-Identifier: MIT
#include "flows/names/dns.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flows/l7/dns.h"
#include "flows/l7/dns_stream.h"
#include "flows/l7/dns_track.h"
#include "flows/names/dns_cache.h"

#define PROTO_TCP 6
#define NAME_KEPT 512 /* bytes; what is longer is made of escapes */
#define LOCAL ".local" /* the only names that multicast may give (RFC 6762 3) */

struct dns {
	struct namer namer;
	struct namer_events ev;
	struct dns_cache *cache;
	struct dns_track *track;
	struct dns_streams *streams;
	size_t n_streams; /* as of the last segment: connections end more often than they are DNS */
	uint64_t unreadable; /* messages */
	uint64_t left_out; /* records and names of messages that have too many */
	struct dns_message message; /* the one at hand */
};

/* ------------------------------------------------------------------- names */

/* Addresses that are everybody's own, or nobody's: a name would cling to every user of them. */
static bool worth_a_name(const struct ip_addr *a)
{
	static const uint8_t zero[15];

	if (ip_addr_is_v4(a))
		return a->b[12] && a->b[12] != 127 && a->b[12] < 224;
	return a->b[0] != 0xff && (memcmp(a->b, zero, 15) || a->b[15] > 1);
}

static bool is_local_name(const char *name)
{
	size_t n = strlen(name), suffix = strlen(LOCAL);

	return n > suffix && !strcmp(name + n - suffix, LOCAL);
}

/* What the address is to be called, in buf; NULL: nothing. */
static const char *name_for(const struct dns_message *m, const struct dns_address *a,
			    bool multicast, char *buf)
{
	const char *name = multicast ? a->owner : dns_asked_name(m, a);

	if (!name || !*dns_fold(name, buf))
		return NULL;
	/* multicast says goodbye with a TTL of 0 (RFC 6762 10.1) */
	return multicast && (!a->ttl || !is_local_name(buf)) ? NULL : buf;
}

static void learn(struct dns *d, const struct dns_message *m, const struct dns_told *told,
		  bool multicast, uint64_t now_ns)
{
	struct dns_asker asker = {0};
	char buf[DNS_NAME_TEXT];

	if (!multicast)
		dns_asker_of(told->client, &told->client_addr, &asker);
	for (size_t i = 0; i < m->n_addresses; i++) {
		const struct dns_address *a = &m->addresses[i];
		const char *name = worth_a_name(&a->addr) ? name_for(m, a, multicast, buf) : NULL;

		if (!name)
			continue;
		if (strlen(name) > NAME_KEPT)
			d->left_out++;
		else
			dns_cache_learn(d->cache, &asker, &a->addr, name, a->ttl, now_ns);
	}
}

static void dns_end(struct namer *n, const struct flow *f, struct flow_end *e,
		    const struct flow_end *other)
{
	struct dns *d = (struct dns *)n;

	if (!e->dns)
		e->dns = dns_cache_find(d->cache, f, e, other);
	if (f->event == FLOW_END && d->n_streams && f->protocol == PROTO_TCP && e == &f->src)
		dns_streams_end(d->streams, f);
}

/* ---------------------------------------------------------------- messages */

/* A packet, and what the messages in it came to. */
struct packet {
	struct dns *d;
	struct flow *f;
	uint64_t now_ns;
	bool at_read;
	struct l7 *last; /* the packet's own flow gets it */
	bool last_answers;
};

static void as_message(struct flow *f, struct l7 *l7, bool answer)
{
	f->l7 = l7;
	f->is_reply = answer ? REPLY_YES : REPLY_NO;
	if (f->verdict == VERDICT_UNKNOWN)
		f->verdict = VERDICT_FORWARDED;
}

/* The message before goes out as a flow of its own. */
static void tell_last(struct packet *p)
{
	struct flow f;

	if (!p->last)
		return;
	flow_copy(&f, p->f);
	as_message(&f, p->last, p->last_answers);
	p->last = NULL;
	p->d->ev.flow(p->d->ev.arg, &f);
	flow_release(&f);
}

static void on_message(void *arg, const uint8_t *data, size_t size)
{
	struct packet *p = arg;
	struct dns *d = p->d;
	struct dns_message *m = &d->message;
	bool multicast = dns_is_multicast(p->f);
	struct dns_told told;

	if (dns_parse(data, size, m)) {
		d->unreadable++;
		return;
	}
	d->left_out += m->left_out;
	dns_track_message(d->track, p->f, m, p->at_read, p->now_ns, &told);
	if (m->answer && (told.asked || multicast))
		learn(d, m, &told, multicast, p->now_ns);
	if (!told.l7)
		return;
	tell_last(p);
	p->last = told.l7;
	p->last_answers = m->answer;
}

static void dns_message(struct namer *n, struct flow *f, const struct l7_payload *payload)
{
	struct dns *d = (struct dns *)n;
	struct packet p = {
		.d = d,
		.f = f,
		.now_ns = uv_hrtime(),
		.at_read = payload->at_read,
	};
	struct dns_streams_stats streams;

	if (f->protocol == PROTO_TCP) {
		dns_streams_add(d->streams, f, payload, p.now_ns, on_message, &p);
		dns_streams_stats(d->streams, &streams);
		d->n_streams = streams.streams;
	} else {
		on_message(&p, payload->data, payload->size);
	}
	if (p.last)
		as_message(f, p.last, p.last_answers);
}

/* --------------------------------------------------------------- life, news */

static void on_timeout(void *arg, struct flow *f)
{
	struct dns *d = arg;

	d->ev.flow(d->ev.arg, f);
}

static void dns_tick(struct namer *n, uint64_t now_ns)
{
	struct dns *d = (struct dns *)n;
	struct dns_streams_stats streams;

	dns_track_tick(d->track, now_ns, on_timeout, d);
	dns_cache_tick(d->cache, now_ns);
	dns_streams_age(d->streams, now_ns);
	dns_streams_stats(d->streams, &streams);
	d->n_streams = streams.streams;
}

/* count is said in words where there is anything to say. */
static void row(const struct names_rows *rows, const char *what, uint64_t entries, uint64_t max,
		uint64_t evicted, uint64_t count, const char *words)
{
	char state[64];
	const struct names_row r = {
		.what = what,
		.state = count ? state : NULL,
		.entries = entries,
		.max = max,
		.evicted = evicted,
	};

	snprintf(state, sizeof(state), "%llu %s", (unsigned long long)count, words);
	rows->row(rows->arg, &r);
}

static void dns_status(struct namer *n, const struct names_rows *rows)
{
	struct dns *d = (struct dns *)n;
	struct dns_streams_stats streams;
	struct dns_cache_stats cache;
	struct dns_track_stats track;

	dns_cache_stats(d->cache, &cache);
	dns_track_stats(d->track, &track);
	dns_streams_stats(d->streams, &streams);
	row(rows, "dns names", cache.names, DNS_CACHE_NAMES, cache.names_evicted, d->left_out,
	    "records of long messages left out");
	row(rows, "dns transactions", track.transactions, DNS_TRANSACTIONS, track.evicted,
	    d->unreadable, "messages could not be read");
	row(rows, "dns connections", cache.connections, DNS_CACHE_CONNECTIONS,
	    cache.connections_evicted, 0, "");
	row(rows, "dns streams", streams.streams, DNS_STREAMS, streams.evicted, streams.gaps,
	    "gaps in them");
}

static int dns_start(struct namer *n, uv_loop_t *loop, const struct namer_events *ev)
{
	struct dns *d = (struct dns *)n;

	(void)loop;
	d->ev = *ev;
	return 0;
}

static void dns_free(struct namer *n)
{
	struct dns *d = (struct dns *)n;

	dns_streams_free(d->streams);
	dns_track_free(d->track);
	dns_cache_free(d->cache);
	free(d);
}

int dns_new(const struct names_options *opt, struct namer **ret)
{
	struct dns *d = calloc(1, sizeof(*d));
	int err;

	(void)opt;
	if (!d)
		return -ENOMEM;
	d->namer = (struct namer){
		.start = dns_start,
		.end = dns_end,
		.message = dns_message,
		.tick = dns_tick,
		.status = dns_status,
		.free = dns_free,
	};
	err = dns_cache_new(0, 0, &d->cache);
	if (!err)
		err = dns_track_new(&d->track);
	if (!err)
		err = dns_streams_new(&d->streams);
	if (err) {
		dns_free(&d->namer);
		return err;
	}
	*ret = &d->namer;
	return 0;
}
