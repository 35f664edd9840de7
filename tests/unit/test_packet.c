/* SPDX-License-Identifier: MIT */
/* The packet parser of the kernel programs, run in user space. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

/* The parser is written for clang and for -Wno-sign-compare, as the kernel programs are. */
#pragma GCC diagnostic ignored "-Wunknown-pragmas"
#pragma GCC diagnostic ignored "-Wsign-compare"
#include "bpf/packet.bpf.h"
#include "tests/bpf/samples.h"

/*
 * The frame lies directly before a page that cannot be read: one byte read too
 * many ends the test, sanitizer or not.
 */
static uint8_t *page_end;

static int guard_setup(void **state)
{
	size_t page = sysconf(_SC_PAGESIZE);
	uint8_t *p = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)state;
	if (p == MAP_FAILED || mprotect(p + page, page, PROT_NONE))
		return -1;
	page_end = p + page;
	return 0;
}

static const uint8_t *guarded(const uint8_t *bytes, size_t n)
{
	return memcpy(page_end - n, bytes, n);
}

static int parse(const uint8_t *bytes, size_t n, struct packet *p)
{
	memset(p, 0, sizeof(*p));
	return packet_parse(guarded(bytes, n), page_end, 0, p);
}

static void assert_finds(const struct packet *p, const struct frame_finds *w)
{
	assert_int_equal(p->ip_version, w->ip_version);
	assert_int_equal(p->protocol, w->protocol);
	assert_int_equal(p->kind, w->kind);
	assert_int_equal(p->fragment, w->fragment);
	assert_int_equal(packet_ntohs(p->sport), w->sport);
	assert_int_equal(packet_ntohs(p->dport), w->dport);
	assert_int_equal(p->tcp_flags, w->tcp_flags);
	assert_int_equal(p->vlan[0], w->vlan[0]);
	assert_int_equal(p->vlan[1], w->vlan[1]);
	assert_int_equal(p->tunnel, w->tunnel);
	assert_int_equal(!!p->icmp_error, w->icmp_error);
}

/* n_th IP header of the frame: see frames.h */
static void assert_addrs(const struct packet *p, unsigned int n)
{
	uint8_t v4[8] = { 10, n, 0, 1, 10, n, 0, 2 };
	uint8_t v6[16] = { 0xfd, 0, 0, n };

	if (p->ip_version == 4) {
		assert_memory_equal(&p->src4, v4, 4);
		assert_memory_equal(&p->dst4, v4 + 4, 4);
		return;
	}
	v6[15] = 1;
	assert_memory_equal(p->src6, v6, 16);
	v6[15] = 2;
	assert_memory_equal(p->dst6, v6, 16);
}

static void assert_tcp_numbers(const struct packet *p)
{
	if (!p->tcp_flags)
		return;
	assert_int_equal(p->seq, 1000);
	assert_int_equal(p->ack, 2000);
	assert_int_equal(p->window, 0x7210);
	assert_int_equal(p->payload, p->l4 + 20);
}

static void sample_outside(void **state)
{
	const struct frame_sample *s = *state;
	struct packet p;
	struct frame f;

	frame_sample_make(s - frame_samples, &f);
	assert_int_equal(parse(f.b, f.len, &p), PACKET_OK);
	assert_finds(&p, &s->outside);
	assert_addrs(&p, 0);
	assert_tcp_numbers(&p);
	assert_int_equal(p.ip_bytes, f.len - p.l3);
}

static void sample_inside(void **state)
{
	const struct frame_sample *s = *state;
	struct packet p, q = {};
	struct frame f;

	frame_sample_make(s - frame_samples, &f);
	assert_int_equal(parse(f.b, f.len, &p), PACKET_OK);
	if (s->inside.ip_version) {
		assert_int_equal(packet_parse_inner(page_end - f.len, page_end, &p), PACKET_OK);
		assert_finds(&p, &s->inside);
		assert_int_equal(p.vni, s->inside.vni);
		assert_addrs(&p, 1);
		assert_tcp_numbers(&p);
		assert_int_equal(p.ip_bytes, f.len - p.l3);
	}
	if (s->quoted.ip_version) {
		assert_int_equal(packet_parse_quoted(page_end - f.len, page_end, &p, &q), PACKET_OK);
		assert_finds(&q, &s->quoted);
		assert_addrs(&q, 1);
	}
}

/* Cut anywhere: no byte behind the end is read, and nothing is found that is not there. */
static void sample_cut(void **state)
{
	const struct frame_sample *s = *state;
	struct packet p, whole;
	struct frame f;
	size_t n;

	frame_sample_make(s - frame_samples, &f);
	parse(f.b, f.len, &whole);
	for (n = 0; n <= f.len; n++) {
		struct packet q = {};
		int err = parse(f.b, n, &p);

		assert_int_equal(err, n < s->outside.needs ? PACKET_SHORT : PACKET_OK);
		if (err)
			continue;
		assert_memory_equal(&p, &whole, sizeof(p));
		if (s->quoted.ip_version) {
			err = packet_parse_quoted(page_end - n, page_end, &p, &q);
			assert_int_equal(err, n < s->quoted.needs ? PACKET_SHORT : PACKET_OK);
		}
		if (s->inside.ip_version) {
			err = packet_parse_inner(page_end - n, page_end, &p);
			assert_int_equal(err, n < s->inside.needs ? PACKET_SHORT : PACKET_OK);
		}
	}
}

/* The short way through the parser says what the long one says, or that it does not know. */
static void sample_fast(void **state)
{
	const struct frame_sample *s = *state;
	struct packet p, fast;
	struct frame f;
	size_t n;
	int err, fast_err = PACKET_SHORT;

	frame_sample_make(s - frame_samples, &f);
	for (n = 0; n <= f.len; n++) {
		err = parse(f.b, n, &p);
		memset(&fast, 0, sizeof(fast));
		fast_err = packet_parse_fast(page_end - n, page_end, 0, &fast);
		if (fast_err == PACKET_SHORT)
			continue;
		assert_int_equal(fast_err, err);
		assert_memory_equal(&fast, &p, sizeof(p));
	}
	if (s->outside.ip_version == 4 && !s->outside.vlan[0])
		assert_int_equal(fast_err, PACKET_OK);
}

static void without_ethernet(void **state)
{
	struct packet p = {};
	struct frame f;

	(void)state;
	frame_begin(&f, TYPE_IPV6);
	frame_ip6(&f, 17);
	frame_udp(&f, 1, 2);
	frame_end(&f);
	assert_int_equal(packet_parse(guarded(f.b + 14, f.len - 14), page_end, TYPE_IPV6, &p),
			 PACKET_OK);
	assert_int_equal(p.l3, 0);
	assert_int_equal(p.protocol, PROTO_UDP);
	assert_int_equal(packet_ntohs(p.dport), 2);
}

/* ------------------------------------------------------ what cannot be true */

static int result_with(size_t offset, uint8_t value, void (*make)(struct frame *f))
{
	struct packet p;
	struct frame f;

	memset(&f, 0, sizeof(f));
	make(&f);
	frame_end(&f);
	f.b[offset] = value;
	return parse(f.b, f.len, &p);
}

static void bad_headers(void **state)
{
	(void)state;
	assert_int_equal(result_with(14, 0x44, tcp4), PACKET_BAD);	/* 16 bytes of IPv4 header */
	assert_int_equal(result_with(14, 0x55, tcp4), PACKET_BAD);	/* version 5 */
	assert_int_equal(result_with(14, 0x4f, tcp4), PACKET_SHORT);	/* options beyond the end */
	assert_int_equal(result_with(14 + 32, 0x40, tcp4), PACKET_BAD);	/* 16 bytes of TCP header */
	assert_int_equal(result_with(14, 0x50, echo6_reply), PACKET_BAD);
	assert_int_equal(result_with(14 + 40 + 1, 200, ext6), PACKET_SHORT); /* a header too long */
	assert_int_equal(result_with(12, 0x88, tcp4), PACKET_NOT_IP);
}

static int inner_result_with(size_t offset, uint8_t value, void (*make)(struct frame *f))
{
	struct packet p;
	struct frame f;

	make(&f);
	frame_end(&f);
	f.b[offset] = value;
	assert_int_equal(parse(f.b, f.len, &p), PACKET_OK);
	return packet_parse_inner(page_end - f.len, page_end, &p);
}

static void no_tunnel_after_all(void **state)
{
	(void)state;
	assert_int_equal(inner_result_with(14 + 28, 0, vxlan4), PACKET_BAD); /* no I flag */
	assert_int_equal(inner_result_with(14 + 48, 0x40, geneve6), PACKET_BAD); /* version 1 */
	assert_int_equal(inner_result_with(14 + 20 + 1, 1, gre_key), PACKET_BAD); /* PPTP */
	assert_int_equal(inner_result_with(14 + 20 + 2, 0x88, gre_key), PACKET_NOT_IP);
	assert_int_equal(inner_result_with(14 + 20, 0x60, ipip), PACKET_BAD); /* IPv6 inside */
}

/* More extension headers than are walked: no ports, and no guess either. */
static void too_many_headers(void **state)
{
	struct packet p;
	struct frame f;
	int i;

	(void)state;
	frame_begin(&f, TYPE_IPV6);
	frame_ip6(&f, PROTO_DSTOPTS);
	for (i = 0; i < PACKET_EXT_HEADERS; i++)
		frame_ext(&f, PROTO_DSTOPTS, 0);
	frame_ext(&f, PROTO_UDP, 0);
	frame_udp(&f, 1, 2);
	frame_end(&f);
	assert_int_equal(parse(f.b, f.len, &p), PACKET_OK);
	assert_int_equal(p.protocol, PROTO_DSTOPTS);
	assert_int_equal(p.sport, 0);
	assert_int_equal(p.dport, 0);
}

/* --------------------------------------------------------------------- keys */

static void swap_ends(struct packet *p)
{
	struct packet q = *p;

	p->sport = q.dport;
	p->dport = q.sport;
	if (p->ip_version == 4) {
		p->src4 = q.dst4;
		p->dst4 = q.src4;
		return;
	}
	memcpy(p->src6, q.dst6, 16);
	memcpy(p->dst6, q.src6, 16);
}

/* Both directions have one key; the end that sends is the one that the key has there. */
static void sample_keys(void **state)
{
	const struct frame_sample *s = *state;
	struct conn_key6 there = {}, back = {};
	struct conn_key4 there4, back4;
	struct packet p, r;
	struct frame f;
	unsigned int dir;

	frame_sample_make(s - frame_samples, &f);
	assert_int_equal(parse(f.b, f.len, &p), PACKET_OK);
	r = p;
	swap_ends(&r);
	if (p.ip_version == 4) {
		memset(&there4, 0xaa, sizeof(there4));
		dir = packet_key4(&p, &there4);
		assert_int_equal(packet_key4(&r, &back4), !dir);
		assert_memory_equal(&there4, &back4, sizeof(there4));
		assert_int_equal(there4.addr[dir], p.src4);
		assert_int_equal(there4.port[dir], p.sport);
		conn_key4_to_6(&there4, &there);
		assert_int_equal(there.addr[dir][11], 0xff);
		assert_memory_equal(there.addr[dir] + 12, &p.src4, 4);
	} else {
		dir = packet_key6(&p, &there);
		assert_int_equal(packet_key6(&r, &back), !dir);
		assert_memory_equal(&there, &back, sizeof(there));
		assert_memory_equal(there.addr[dir], p.src6, 16);
		assert_int_equal(there.port[dir], p.sport);
	}
	assert_int_equal(there.protocol, s->outside.protocol);
	assert_int_equal(there.kind, s->outside.kind);
}

/* An address that talks to itself: ports decide; an echo's reply comes from the other end. */
static void keys_of_equal_addresses(void **state)
{
	struct packet p = { .src4 = 1, .dst4 = 1, .sport = 9, .dport = 5, .protocol = PROTO_UDP };
	struct packet echo = { .ip_version = 6, .sport = 3, .dport = 3, .protocol = PROTO_ICMPV6,
			       .kind = CONN_ECHO, .icmp_type = 128 };
	struct conn_key4 key4;
	struct conn_key6 key6;

	(void)state;
	assert_int_equal(packet_key4(&p, &key4), 1);
	assert_int_equal(key4.port[1], 9);
	assert_int_equal(packet_key6(&echo, &key6), 0);
	echo.icmp_type = 129;
	assert_int_equal(packet_key6(&echo, &key6), 1);
	echo.kind = CONN_ECHO;
	echo.protocol = PROTO_ICMP;
	echo.icmp_type = 8;
	assert_int_equal(packet_key4(&echo, &key4), 0);
	echo.icmp_type = 0;
	assert_int_equal(packet_key4(&echo, &key4), 1);
}

/* ------------------------------------------------------------------ garbage */

static uint32_t random_next(uint32_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 17;
	*x ^= *x << 5;
	return *x;
}

/* Headers that were read lie in the packet. */
static void assert_within(const struct packet *p, size_t n)
{
	assert_true(p->ip_version == 4 || p->ip_version == 6);
	assert_in_range(p->l3 + 20, 20, n);
	assert_in_range(p->l4, p->l3 + 20, PACKET_HEADERS_MAX);
	if (p->sport || p->dport)
		assert_in_range(p->l4 + 8, 28, n);
}

/* A sample with some bytes changed, so that the garbage gets past the first header. */
static void garbage(void **state)
{
	uint32_t seed = 20240229, i, k;
	unsigned int parsed = 0;

	(void)state;
	for (i = 0; i < 200000; i++) {
		struct packet p, q = {};
		struct frame f;
		size_t n;

		frame_sample_make(random_next(&seed) % frame_samples_n, &f);
		for (k = random_next(&seed) % 8; k; k--)
			f.b[random_next(&seed) % f.len] = random_next(&seed);
		n = random_next(&seed) % (f.len + 1);
		if (parse(f.b, n, &p) != PACKET_OK)
			continue;
		parsed++;
		assert_within(&p, n);
		if (p.icmp_error)
			packet_parse_quoted(page_end - n, page_end, &p, &q);
		if (p.tunnel && packet_parse_inner(page_end - n, page_end, &p) == PACKET_OK)
			assert_within(&p, n);
	}
	assert_in_range(parsed, 10000, 190000);
}

/* ------------------------------------------------------------------- all */

static struct CMUnitTest tests[256];
static char names[256][80];

static size_t add(size_t n, const char *what, const char *name, CMUnitTestFunction run, void *state)
{
	snprintf(names[n], sizeof(names[n]), "%s: %s", what, name);
	tests[n] = (struct CMUnitTest){ names[n], run, NULL, NULL, state };
	return n + 1;
}

int main(void)
{
	size_t i, n = 0;

	for (i = 0; i < frame_samples_n; i++) {
		void *s = (void *)&frame_samples[i];

		n = add(n, "found", frame_samples[i].name, sample_outside, s);
		n = add(n, "cut anywhere", frame_samples[i].name, sample_cut, s);
		n = add(n, "short way", frame_samples[i].name, sample_fast, s);
		if (frame_samples[i].outside.fragment != 2)
			n = add(n, "keys", frame_samples[i].name, sample_keys, s);
		if (frame_samples[i].inside.ip_version || frame_samples[i].quoted.ip_version)
			n = add(n, "within", frame_samples[i].name, sample_inside, s);
	}
	n = add(n, "packet", "without Ethernet", without_ethernet, NULL);
	n = add(n, "packet", "bad headers", bad_headers, NULL);
	n = add(n, "packet", "no tunnel after all", no_tunnel_after_all, NULL);
	n = add(n, "packet", "too many extension headers", too_many_headers, NULL);
	n = add(n, "keys", "equal addresses", keys_of_equal_addresses, NULL);
	n = add(n, "packet", "garbage", garbage, NULL);
	return _cmocka_run_group_tests("packet", tests, n, guard_setup, NULL);
}
