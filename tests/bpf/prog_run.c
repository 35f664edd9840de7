/* SPDX-License-Identifier: MIT */
/*
 * The flow program in the kernel, fed with packets by BPF_PROG_TEST_RUN: it lets
 * every packet pass unchanged, whatever the packet is, and counts what it knows.
 *
 *   prog_run [flow|flow_compat]    that object alone; both without
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <linux/bpf.h>

#include <cmocka.h>

/* The parser is written for clang and for -Wno-sign-compare, as the kernel programs are. */
#pragma GCC diagnostic ignored "-Wunknown-pragmas"
#pragma GCC diagnostic ignored "-Wsign-compare"
#include "bpf/packet.bpf.h"
#include "tests/bpf/run.h"
#include "tests/bpf/samples.h"

#define RUNS 3
#define GARBAGE 20000

static void configure(void) {}

/* The last flow record that came out of the ring, and how many did. */
static struct rec_flow last_flow;
static unsigned int flow_records;

static int on_record(void *ctx, void *data, size_t size)
{
	const struct rec_head *head = data;

	(void)ctx;
	assert_int_not_equal(head->kind, REC_DNS); /* nobody asked */
	if (head->kind != REC_FLOW)
		return 0;
	assert_int_equal(size, sizeof(last_flow));
	memcpy(&last_flow, data, sizeof(last_flow));
	flow_records++;
	return 0;
}

static int fresh(void **state)
{
	clear_maps(state);
	flow_records = 0;
	return 0;
}

static unsigned int entries(void)
{
	struct conn_key6 key6, *prev6 = NULL;
	struct conn_key4 key4, *prev4 = NULL;
	unsigned int n = 0;

	for (; !bpf_map__get_next_key(conn4, prev4, &key4, sizeof(key4)); prev4 = &key4)
		n++;
	for (; !bpf_map__get_next_key(conn6, prev6, &key6, sizeof(key6)); prev6 = &key6)
		n++;
	return n;
}

/* The entry of the packet that p is; *ret_dir the end that sent it. */
static struct conn entry_of(const struct packet *p, unsigned int *ret_dir)
{
	struct conn_key4 key4;
	struct conn_key6 key6;
	struct conn c;
	int err;

	if (p->ip_version == 4) {
		*ret_dir = packet_key4(p, &key4);
		err = bpf_map__lookup_elem(conn4, &key4, sizeof(key4), &c, sizeof(c), 0);
	} else {
		*ret_dir = packet_key6(p, &key6);
		err = bpf_map__lookup_elem(conn6, &key6, sizeof(key6), &c, sizeof(c), 0);
	}
	assert_int_equal(err, 0);
	return c;
}

/* What the program should have taken the frame for: the inner packet of a tunnel. */
static struct packet expected(const struct frame *f)
{
	struct packet p = {}, inner;

	assert_int_equal(packet_parse(f->b, f->b + f->len, 0, &p), PACKET_OK);
	inner = p;
	if (p.tunnel && !packet_parse_inner(f->b, f->b + f->len, &inner))
		return inner;
	return p;
}

static void sample_counted(void **state)
{
	size_t i = (const struct frame_sample *)*state - frame_samples;
	uint64_t begun = counter(CNT_NEW);
	unsigned int dir, run;
	struct packet p;
	struct frame f;
	struct conn c;

	frame_sample_make(i, &f);
	p = expected(&f);
	for (run = 0; run < RUNS; run++)
		pass(ingress, f.b, f.len, NULL);
	assert_int_equal(entries(), 1);
	assert_int_equal(counter(CNT_NEW) - begun, 1);
	c = entry_of(&p, &dir);
	assert_int_equal(c.dir[dir].packets, RUNS);
	assert_int_equal(c.dir[dir].bytes, RUNS * (f.len - p.l3));
	assert_int_equal(c.dir[dir].flags & ~DIR_SEQ_VALID, p.tcp_flags);
	assert_int_equal(c.dir[!dir].packets, 0);
	assert_int_equal(c.vlan[0], p.vlan[0]);
}

static void sample_told(void **state)
{
	size_t i = (const struct frame_sample *)*state - frame_samples;
	struct conn_key6 key = {};
	struct conn_key4 key4;
	struct packet p;
	struct frame f;

	frame_sample_make(i, &f);
	p = expected(&f);
	if (p.ip_version == 4) {
		packet_key4(&p, &key4);
		conn_key4_to_6(&key4, &key);
	} else {
		packet_key6(&p, &key);
	}
	pass(egress, f.b, f.len, NULL);
	ring_buffer__consume(ring);
	assert_int_equal(flow_records, 1);
	assert_memory_equal(&last_flow.key, &key, sizeof(key));
	assert_int_equal(last_flow.head.why, WHY_FIRST);
	assert_int_equal(last_flow.egress, 1);
	assert_int_equal(last_flow.tcp_flags, p.tcp_flags);
	assert_int_equal(last_flow.packet_bytes, f.len - p.l3);
	assert_int_equal(last_flow.conn.dir[last_flow.dir].packets, 1);
	assert_in_range(last_flow.head.time_ns, 1, UINT64_MAX);
}

static void sample_cut(void **state)
{
	size_t i = (const struct frame_sample *)*state - frame_samples, n;
	struct frame f;

	frame_sample_make(i, &f);
	for (n = 14; n <= f.len; n++)
		pass(n & 1 ? ingress : egress, f.b, n, NULL);
	assert_in_range(entries(), 1, f.len);
}

/* A super-packet counts as its segments, each with its headers. */
static void super_packet(void **state)
{
	struct __sk_buff ctx = { .gso_segs = 4, .gso_size = 100 };
	unsigned int dir;
	struct packet p;
	struct frame f;
	struct conn c;

	(void)state;
	frame_begin(&f, TYPE_IP);
	frame_ip4(&f, PROTO_TCP, 0, 0);
	frame_tcp(&f, 1, 2, TCPF_ACK);
	frame_zero(&f, 350);
	frame_end(&f);
	p = expected(&f);
	pass(egress, f.b, f.len, &ctx);
	c = entry_of(&p, &dir);
	assert_int_equal(c.dir[dir].packets, 4);
	assert_int_equal(c.dir[dir].bytes, 4 * 40 + 350);
}

/* A later fragment belongs to the flow of the first one. */
static void fragments(void **state)
{
	struct packet first;
	struct frame f, g;
	unsigned int dir;
	struct conn c;

	(void)state;
	first_fragment4(&f);
	frame_end(&f);
	later_fragment4(&g);
	frame_end(&g);
	first = expected(&f);
	pass(ingress, f.b, f.len, NULL);
	pass(ingress, g.b, g.len, NULL);
	assert_int_equal(entries(), 1);
	c = entry_of(&first, &dir);
	assert_int_equal(c.dir[dir].packets, 2);
	assert_int_equal(c.dir[dir].bytes, f.len - 14 + g.len - 14);
}

static void fragment_without_its_first(void **state)
{
	uint64_t orphans = counter(CNT_FRAG_ORPHAN);
	struct frame f;

	(void)state;
	later_fragment4(&f);
	frame_end(&f);
	pass(ingress, f.b, f.len, NULL);
	assert_int_equal(counter(CNT_FRAG_ORPHAN) - orphans, 1);
}

/* Both directions of a handshake are one entry; who sent the SYN began it. */
static void both_directions(void **state)
{
	static const struct {
		unsigned int sport, dport, flags;
	} packets[] = { { 5000, 80, TCPF_SYN }, { 80, 5000, TCPF_SYN | TCPF_ACK }, { 5000, 80, TCPF_ACK } };
	struct packet p, back;
	struct frame f;
	unsigned int dir, i;
	struct conn c;

	(void)state;
	for (i = 0; i < 3; i++) {
		frame_begin(&f, TYPE_IP);
		frame_ip4(&f, PROTO_TCP, 0, 0);
		frame_tcp(&f, packets[i].sport, packets[i].dport, packets[i].flags);
		frame_end(&f);
		if (i == 1) { /* from 10.0.0.2 to 10.0.0.1 */
			f.b[14 + 15] = 2;
			f.b[14 + 19] = 1;
			back = expected(&f);
		}
		pass(i == 1 ? egress : ingress, f.b, f.len, NULL);
	}
	p = expected(&f);
	assert_int_equal(entries(), 1);
	c = entry_of(&back, &dir);
	assert_int_equal(c.dir[dir].packets, 1);
	c = entry_of(&p, &dir);
	assert_int_equal(c.dir[dir].packets, 2);
	assert_int_equal(c.initiator, dir);
	assert_int_equal(c.initiator_by, BY_SYN);
	assert_true(c.handshake_client_us > 0);
}

/* An ICMP error adds to the flow that it is about and makes no flow of its own. */
static void icmp_error_of_a_flow(void **state)
{
	struct packet p;
	struct frame f, error;
	unsigned int dir;
	struct conn c;

	(void)state;
	frame_begin(&f, TYPE_IP);
	f.n_ip = 1; /* the addresses that the quoted packet has */
	frame_ip4(&f, PROTO_UDP, 0, 0);
	f.ip[0] = f.ip[1];
	frame_udp(&f, 1111, 2222);
	f.n_ip = 1;
	frame_end(&f);
	p = expected(&f);
	pass(egress, f.b, f.len, NULL);
	unreachable4(&error);
	frame_end(&error);
	pass(ingress, error.b, error.len, NULL);
	assert_int_equal(entries(), 1);
	c = entry_of(&p, &dir);
	assert_int_equal(c.icmp_errors, 1);
	assert_int_equal(c.dir[dir].packets, 1);
}

static uint32_t random_next(uint32_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 17;
	*x ^= *x << 5;
	return *x;
}

/* Samples with changed bytes, and pure noise, cut anywhere. */
static void garbage(void **state)
{
	uint32_t seed = 20240229, i, k;

	(void)state;
	for (i = 0; i < GARBAGE; i++) {
		struct frame f;
		size_t n;

		frame_sample_make(random_next(&seed) % frame_samples_n, &f);
		for (k = i % 4 ? random_next(&seed) % 8 : f.len; k; k--)
			f.b[random_next(&seed) % f.len] = random_next(&seed);
		n = 14 + random_next(&seed) % (f.len - 13);
		pass(i & 1 ? ingress : egress, f.b, n, NULL);
	}
	assert_in_range(entries(), 1000, GARBAGE);
}

static struct CMUnitTest tests[128];
static char names[128][80];

static size_t add(size_t n, const char *what, const char *name, CMUnitTestFunction run, void *state)
{
	snprintf(names[n], sizeof(names[n]), "%s: %s", what, name);
	tests[n] = (struct CMUnitTest){ names[n], run, fresh, NULL, state };
	return n + 1;
}

int main(int argc, char **argv)
{
	size_t i, n = 0;
	int failed = 0;

	for (i = 0; i < frame_samples_n; i++) {
		void *s = (void *)&frame_samples[i];

		n = add(n, "counted", frame_samples[i].name, sample_counted, s);
		n = add(n, "told", frame_samples[i].name, sample_told, s);
		n = add(n, "cut anywhere", frame_samples[i].name, sample_cut, s);
	}
	n = add(n, "counted", "super-packet", super_packet, NULL);
	n = add(n, "counted", "fragments", fragments, NULL);
	n = add(n, "counted", "fragment without its first", fragment_without_its_first, NULL);
	n = add(n, "counted", "both directions", both_directions, NULL);
	n = add(n, "counted", "ICMP error of a flow", icmp_error_of_a_flow, NULL);
	n = add(n, "passes", "garbage", garbage, NULL);
	for (file = files; file < files + sizeof(files) / sizeof(files[0]); file++)
		if (argc < 2 || !strcmp(argv[1], file->name))
			failed += _cmocka_run_group_tests(file->name, tests, n, load, unload);
	return failed;
}
