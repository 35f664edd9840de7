/* SPDX-License-Identifier: MIT */
/*
 * The DNS namer against any run of packets: UDP messages, TCP segments in any
 * order, ends of connections, time that passes. The first bytes of each step say
 * what it is, the rest is what the packet carries.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "flows/l7/dns_stream.h"
#include "flows/l7/dns_track.h"
#include "flows/names/dns.h"

#define STEP 8
#define SECOND_NS 1000000000ull

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct run {
	struct namer *namer;
	uint64_t now_ns;
	uint32_t seq[8];
};

static void check(int holds)
{
	if (!holds)
		abort();
}

static void check_text(const char *s)
{
	for (; *s; s++)
		check(*s > 0x20 && *s < 0x7f);
}

static void check_l7(const struct flow *f)
{
	check(f->l7->refs >= 1 && f->l7->protocol == L7_DNS);
	check(f->l7->type == L7_REQUEST || f->l7->type == L7_RESPONSE);
	check(!f->l7->dns.timeout || f->l7->type == L7_REQUEST);
	check_text(f->l7->dns.query);
}

static void on_flow(void *arg, struct flow *f)
{
	(void)arg;
	check(f->l7 != NULL);
	check_l7(f);
}

static void on_row(void *arg, const struct names_row *row)
{
	(void)arg;
	check(row->what && row->entries <= row->max);
}

static void name_ends(struct run *r, struct flow *f)
{
	for (int i = 0; i < 2; i++) {
		struct flow_end *e = i ? &f->dst : &f->src;

		r->namer->end(r->namer, f, e, i ? &f->src : &f->dst);
		check(!e->dns || (e->dns->n && e->dns->n <= NAMES_MAX && e->dns->refs));
		for (uint32_t n = 0; e->dns && n < e->dns->n; n++)
			check_text(e->dns->names[n]);
	}
}

static void set_end(struct flow_end *e, uint8_t which, uint16_t port)
{
	memset(e->addr.b + 10, 0xff, 2);
	e->addr.b[12] = which & 4 ? 192 : 10;
	e->addr.b[14] = 2;
	e->addr.b[15] = which & 3;
	e->port = port;
}

/* Bits of s[0]: what it is (2), direction, at a reader, cut, of a process; s[1]: ends; s[2]: sequence. */
static void step(struct run *r, const uint8_t *s, const uint8_t *data, size_t size)
{
	static struct process process = {.refs = 1000, .cgroup_id = 77};
	struct l7_payload payload = {
		.data = data, .size = size, .at_read = s[0] & 8, .cut = s[0] & 16};
	bool answer = s[0] & 4;
	struct flow f;

	flow_init(&f);
	f.time_ns = r->now_ns;
	f.ip_version = 4;
	f.connection_id = s[1] & 7;
	f.event = (s[0] & 3) == 2 ? FLOW_END : FLOW_L7;
	f.protocol = s[0] & 1 ? 6 : 17;
	set_end(answer ? &f.dst : &f.src, s[1] & 7, 1000 + (s[1] & 7));
	set_end(answer ? &f.src : &f.dst, s[1] >> 3 & 7, s[1] & 0x80 ? 5353 : 53);
	if (s[0] & 32)
		f.dst.process = process_get(&process);
	name_ends(r, &f);
	if (f.event == FLOW_L7) {
		uint32_t *seq = &r->seq[(s[1] & 3) << 1 | answer];

		payload.tcp_seq = *seq + (int8_t)s[2];
		*seq = payload.tcp_seq + size + (payload.cut ? s[3] : 0);
		r->namer->message(r->namer, &f, &payload);
		if (f.l7)
			check_l7(&f);
	}
	flow_release(&f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct namer_events ev = {.flow = on_flow};
	const struct names_options opt = {0};
	const struct names_rows rows = {.row = on_row};
	struct run r = {.now_ns = 1000 * SECOND_NS};
	size_t n;

	check(!dns_new(&opt, &r.namer));
	check(!r.namer->start(r.namer, NULL, &ev));
	for (; size > STEP; data += n, size -= n) {
		const uint8_t *s = data;

		data += STEP;
		size -= STEP;
		n = (s[4] << 8 | s[5]) % (size + 1);
		if ((s[0] & 3) == 3 && s[6] > 200) {
			r.now_ns += s[7] * SECOND_NS;
			r.namer->tick(r.namer, r.now_ns);
		} else {
			step(&r, s, data, n);
		}
	}
	r.namer->tick(r.namer, r.now_ns + 7 * SECOND_NS);
	r.namer->status(r.namer, &rows);
	r.namer->free(r.namer);
	return 0;
}
