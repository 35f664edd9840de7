/* SPDX-License-Identifier: MIT */
/*
 * DNS on the wire: which packets' bytes the flow programs hand over, and which
 * bytes; run by BPF_PROG_TEST_RUN.
 *
 *   dns_run [flow|flow_compat]    that object alone; both without
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* The parser is written for clang and for -Wno-sign-compare, as the kernel programs are. */
#pragma GCC diagnostic ignored "-Wunknown-pragmas"
#pragma GCC diagnostic ignored "-Wsign-compare"
#include "tests/bpf/run.h"
#include "tests/bpf/frames.h"

#define PORT_ASKED 5300
#define GARBAGE 5000
#define LONG 3000

/* The last message, and how many there were. */
static struct rec_dns last;
static unsigned int told;

static void configure(void)
{
	uint16_t ports[DNS_PORTS] = {packet_htons(9999), packet_htons(PORT_ASKED)};
	struct bpf_map *m;
	uint8_t *rodata;
	size_t size;

	bpf_object__for_each_map (m, object) {
		if (!strstr(bpf_map__name(m), ".rodata"))
			continue;
		rodata = (uint8_t *)bpf_map__initial_value(m, &size);
		rodata[file->dns] = 1;
		memcpy(rodata + file->dns_ports, ports, sizeof(ports));
	}
}

static int on_record(void *ctx, void *data, size_t size)
{
	const struct rec_head *head = data;
	const struct rec_dns *dns = data;

	(void)ctx;
	if (head->kind != REC_DNS)
		return 0;
	assert_in_range(dns->bytes, 1, DNS_BYTES);
	assert_in_range(dns->whole, dns->bytes, 65535);
	assert_int_equal(size, offsetof(struct rec_dns, data) + dns->bytes);
	assert_int_equal(head->size, size);
	memset(&last, 0, sizeof(last));
	memcpy(&last, data, size);
	told++;
	return 0;
}

static int fresh(void **state)
{
	clear_maps(state);
	told = 0;
	return 0;
}

static unsigned int told_now(void)
{
	unsigned int n;

	ring_buffer__consume(ring);
	n = told;
	told = 0;
	return n;
}

/* ---------------------------------------------------------------- packets */

struct shape {
	const char *name;
	unsigned int type, protocol, sport, dport;
	bool is_dns;
};

static const struct shape shapes[] = {
	{"UDP query", 0x0800, 17, 40000, 53, true},
	{"UDP answer", 0x0800, 17, 53, 40000, true},
	{"UDP, IPv6", 0x86dd, 17, 40000, 53, true},
	{"TCP query", 0x0800, 6, 40000, 53, true},
	{"TCP answer, IPv6", 0x86dd, 6, 53, 40000, true},
	{"mDNS", 0x0800, 17, 5353, 5353, true},
	{"mDNS, IPv6", 0x86dd, 17, 5353, 5353, true},
	{"a port that was asked for", 0x0800, 17, 40000, PORT_ASKED, true},
	{"a port that was asked for, TCP, IPv6", 0x86dd, 6, PORT_ASKED, 40000, true},
	{"TCP 5353", 0x0800, 6, 40000, 5353, false},
	{"another port", 0x0800, 17, 40000, 54, false},
	{"another port, TCP, IPv6", 0x86dd, 6, 40000, 443, false},
	{"SCTP 53", 0x0800, 132, 40000, 53, false},
};

static uint8_t byte_at(size_t i)
{
	return (uint8_t)(i * 7 + 1);
}

/* Headers; returns where the application's bytes begin. */
static size_t begin(struct frame *f, const struct shape *s, unsigned int tcp_flags)
{
	if (s->type == 0x0800)
		frame_ip4(f, s->protocol, 0, 0);
	else
		frame_ip6(f, s->protocol);
	if (s->protocol == 6)
		frame_tcp(f, s->sport, s->dport, tcp_flags);
	else if (s->protocol == 17)
		frame_udp(f, s->sport, s->dport);
	else
		frame_sctp(f, s->sport, s->dport);
	return f->len;
}

static size_t make(struct frame *f, const struct shape *s, size_t bytes)
{
	size_t at;

	frame_begin(f, s->type);
	at = begin(f, s, TCPF_ACK | TCPF_PSH);
	for (size_t i = 0; i < bytes; i++)
		frame_8(f, byte_at(i));
	frame_end(f);
	return at;
}

static void assert_bytes(size_t n)
{
	assert_int_equal(last.bytes, n);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(last.data[i], byte_at(i));
}

/* ------------------------------------------------------------------ tests */

static void shape_told(void **state)
{
	const struct shape *s = *state;
	unsigned int dir;
	struct frame f;

	make(&f, s, 33);
	pass(egress, f.b, f.len, NULL); /* which begins the entry */
	assert_int_equal(told_now(), s->is_dns);
	pass(egress, f.b, f.len, NULL); /* and this finds it */
	assert_int_equal(told_now(), s->is_dns);
	if (!s->is_dns)
		return;
	assert_bytes(33);
	assert_int_equal(last.whole, 33);
	assert_int_equal(last.flags, 0);
	assert_int_equal(last.egress, 1);
	assert_in_range(last.head.time_ns, 1, UINT64_MAX);
	assert_in_range(last.first_ns, 1, last.head.time_ns);
	dir = last.dir;
	assert_in_range(dir, 0, 1);
	assert_int_equal(last.key.port[dir], packet_htons(s->sport));
	assert_int_equal(last.key.port[!dir], packet_htons(s->dport));
	assert_int_equal(last.key.protocol, s->protocol);
	assert_int_equal(last.key.addr[dir][15], 1);
	if (s->protocol == 6)
		assert_int_equal(last.tcp_seq, 1000);
}

/* The bytes that the frame has, whatever its IP header says; none of what is behind the packet. */
static void shape_cut(void **state)
{
	const struct shape *s = *state;
	struct frame f;
	size_t at, n;

	at = make(&f, s, 40);
	for (n = 14; n <= f.len; n++) {
		pass(ingress, f.b, n, NULL);
		assert_int_equal(told_now(), n > at);
		if (n > at)
			assert_bytes(n - at);
	}
	frame_zero(&f, 18); /* the padding of a short frame */
	pass(ingress, f.b, f.len, NULL);
	assert_int_equal(told_now(), 1);
	assert_bytes(40);
}

static void empty_ones(void **state)
{
	struct frame f;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		make(&f, &shapes[i], 0);
		pass(ingress, f.b, f.len, NULL);
		pass(ingress, f.b, f.len, NULL);
	}
	assert_int_equal(told_now(), 0);
}

/* Counted at one point, told at one point. */
static void once(void **state)
{
	struct frame f;

	(void)state;
	make(&f, &shapes[0], 20);
	pass(ingress, f.b, f.len, NULL);
	assert_int_equal(told_now(), 1);
	pass(egress, f.b, f.len, NULL);
	assert_int_equal(told_now(), 0);
	pass(ingress, f.b, f.len, NULL);
	assert_int_equal(told_now(), 1);
}

static void long_one(void **state)
{
	static uint8_t bytes[LONG + 64];
	struct frame f;
	size_t at;

	(void)state;
	at = make(&f, &shapes[0], 0);
	memcpy(bytes, f.b, at);
	for (size_t i = 0; i < LONG; i++)
		bytes[at + i] = byte_at(i);
	bytes[14 + 2] = (at - 14 + LONG) >> 8;
	bytes[14 + 3] = (at - 14 + LONG) & 0xff;
	pass(ingress, bytes, at + LONG, NULL);
	assert_int_equal(told_now(), 1);
	assert_bytes(DNS_BYTES);
	assert_int_equal(last.whole, LONG);
}

/* Of a fragmented message the first part, and that there is more. */
static void fragments(void **state)
{
	struct frame f;
	size_t i;

	(void)state;
	frame_begin(&f, 0x0800);
	frame_ip4(&f, 17, 0, 0x2000);
	frame_udp(&f, 40000, 53);
	for (i = 0; i < 64; i++)
		frame_8(&f, byte_at(i));
	frame_end(&f);
	pass(ingress, f.b, f.len, NULL);
	assert_int_equal(told_now(), 1);
	assert_bytes(64);
	assert_int_equal(last.flags, DNS_FRAGMENT);
	frame_begin(&f, 0x0800);
	frame_ip4(&f, 17, 0, 0x2009);
	frame_zero(&f, 64);
	frame_end(&f);
	pass(ingress, f.b, f.len, NULL);
	assert_int_equal(told_now(), 0);
}

/* Datagrams that travel as one are a message each. */
static void super_packet(void **state)
{
	struct __sk_buff ctx = {.gso_segs = 3, .gso_size = 50};
	struct frame f;

	(void)state;
	make(&f, &shapes[0], 150);
	pass(egress, f.b, f.len, &ctx);
	assert_int_equal(told_now(), 1);
	assert_bytes(50);
}

static void in_a_tunnel(void **state)
{
	struct frame f;

	(void)state;
	frame_begin(&f, 0x0800);
	frame_ip4(&f, 17, 0, 0);
	frame_udp(&f, 55555, 4789);
	frame_vxlan(&f, 7);
	frame_eth(&f, 0x86dd);
	begin(&f, &shapes[2], 0);
	for (size_t i = 0; i < 25; i++)
		frame_8(&f, byte_at(i));
	frame_end(&f);
	pass(ingress, f.b, f.len, NULL);
	assert_int_equal(told_now(), 1);
	assert_bytes(25);
	assert_int_equal(last.key.addr[0][0], 0xfd);
}

/* The same tuple once more, after its connection was closed. */
static void reused(void **state)
{
	static const unsigned int flags[] = {TCPF_SYN, TCPF_ACK, TCPF_RST | TCPF_ACK, TCPF_SYN};
	struct frame f;

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		frame_begin(&f, 0x0800);
		begin(&f, &shapes[3], flags[i]);
		frame_end(&f);
		f.b[14 + 20 + 4] = i; /* other sequence numbers */
		pass(ingress, f.b, f.len, NULL);
	}
	assert_int_equal(told_now(), 0);
	make(&f, &shapes[3], 12);
	pass(ingress, f.b, f.len, NULL);
	assert_int_equal(told_now(), 1);
	assert_bytes(12);
}

static uint32_t random_next(uint32_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 17;
	*x ^= *x << 5;
	return *x;
}

/* What on_record() asserts holds for any bytes. */
static void garbage(void **state)
{
	uint32_t seed = 20240229, i, k;
	unsigned int n = 0;

	(void)state;
	for (i = 0; i < GARBAGE; i++) {
		struct frame f;

		make(&f, &shapes[i % 9], 60);
		for (k = random_next(&seed) % 6; k; k--)
			f.b[12 + random_next(&seed) % (f.len - 12)] = random_next(&seed);
		pass(ingress, f.b, 14 + random_next(&seed) % (f.len - 13), NULL);
		n += told_now();
	}
	assert_in_range(n, 1000, GARBAGE);
}

static struct CMUnitTest tests[64];
static char names[64][80];

static size_t add(size_t n, const char *what, const char *name, CMUnitTestFunction run,
		  const void *state)
{
	snprintf(names[n], sizeof(names[n]), "%s: %s", what, name);
	tests[n] = (struct CMUnitTest){names[n], run, fresh, NULL, (void *)state};
	return n + 1;
}

int main(int argc, char **argv)
{
	size_t i, n = 0;
	int failed = 0;

	for (i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		n = add(n, "told", shapes[i].name, shape_told, &shapes[i]);
		if (shapes[i].is_dns)
			n = add(n, "cut anywhere", shapes[i].name, shape_cut, &shapes[i]);
	}
	n = add(n, "told", "nothing without bytes", empty_ones, NULL);
	n = add(n, "told", "at one point", once, NULL);
	n = add(n, "told", "a long one", long_one, NULL);
	n = add(n, "told", "fragments", fragments, NULL);
	n = add(n, "told", "a super-packet", super_packet, NULL);
	n = add(n, "told", "in a tunnel", in_a_tunnel, NULL);
	n = add(n, "told", "a connection that begins anew", reused, NULL);
	n = add(n, "told", "garbage", garbage, NULL);
	for (file = files; file < files + sizeof(files) / sizeof(files[0]); file++)
		if (argc < 2 || !strcmp(argv[1], file->name))
			failed += _cmocka_run_group_tests(file->name, tests, n, load, unload);
	return failed;
}
