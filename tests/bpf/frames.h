/* SPDX-License-Identifier: MIT */
/*
 * Packets made by hand, header after header, and a table of samples with what a
 * parser has to find in them. Used by the unit test of the parser, by the test
 * that runs the kernel programs, and as the fuzzer's first inputs.
 *
 *   struct frame f;
 *   frame_begin(&f, 0x0800); frame_ip4(&f, 6, 0, 0); frame_tcp(&f, 1234, 80, TCPF_SYN);
 *   frame_end(&f);     (lengths are filled in; checksums stay 0)
 *
 * Addresses: outer 10.0.0.1 -> 10.0.0.2 and fd00::1 -> fd00::2; each further IP
 * header in the same frame one higher in the second byte (10.1.0.1, fd00:1::1).
 */
#ifndef PITOT_TESTS_FRAMES_H
#define PITOT_TESTS_FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define FRAME_MAX 512
#define FRAME_IPS 4

struct frame {
	uint8_t b[FRAME_MAX];
	size_t len;
	unsigned int n_ip;
	size_t ip[FRAME_IPS];	/* offsets of IP headers whose length is to be filled in */
};

static inline void frame_put(struct frame *f, const void *bytes, size_t n)
{
	memcpy(f->b + f->len, bytes, n);
	f->len += n;
}

static inline void frame_zero(struct frame *f, size_t n)
{
	memset(f->b + f->len, 0, n);
	f->len += n;
}

static inline void frame_8(struct frame *f, unsigned int v)
{
	f->b[f->len++] = v;
}

static inline void frame_16(struct frame *f, unsigned int v)
{
	frame_8(f, v >> 8 & 0xff);
	frame_8(f, v & 0xff);
}

static inline void frame_32(struct frame *f, uint32_t v)
{
	frame_16(f, v >> 16);
	frame_16(f, v & 0xffff);
}

static inline void frame_eth(struct frame *f, unsigned int type)
{
	static const uint8_t addrs[12] = { 2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1 };

	frame_put(f, addrs, sizeof(addrs));
	frame_16(f, type);
}

static inline void frame_begin(struct frame *f, unsigned int type)
{
	memset(f, 0, sizeof(*f));
	frame_eth(f, type);
}

/* Behind a type of 0x8100 or 0x88a8: tag, then the next type. */
static inline void frame_tag(struct frame *f, unsigned int id, unsigned int type)
{
	frame_16(f, 3 << 13 | id); /* a priority, which is no part of the id */
	frame_16(f, type);
}

/* fragment: the header's 16 bits, 0x2000 "more", 0x4000 "don't". */
static inline void frame_ip4(struct frame *f, unsigned int protocol, unsigned int option_words,
			     unsigned int fragment)
{
	unsigned int n = f->n_ip;

	f->ip[f->n_ip++] = f->len;
	frame_8(f, 0x40 | (5 + option_words));
	frame_8(f, 0);
	frame_16(f, 0);
	frame_16(f, 0x1234);
	frame_16(f, fragment);
	frame_8(f, 64);
	frame_8(f, protocol);
	frame_16(f, 0);
	frame_32(f, 0x0a000001 | n << 16);
	frame_32(f, 0x0a000002 | n << 16);
	while (option_words--)
		frame_32(f, 0x01010101); /* no-operation */
}

static inline void frame_ip6(struct frame *f, unsigned int next)
{
	unsigned int n = f->n_ip, end;

	f->ip[f->n_ip++] = f->len;
	frame_32(f, 0x60000000);
	frame_16(f, 0);
	frame_8(f, next);
	frame_8(f, 64);
	for (end = 1; end <= 2; end++) {
		frame_16(f, 0xfd00);
		frame_16(f, n);
		frame_zero(f, 11);
		frame_8(f, end);
	}
}

/* Hop-by-hop, routing, destination options: 8 * (1 + more) bytes. */
static inline void frame_ext(struct frame *f, unsigned int next, unsigned int more)
{
	frame_8(f, next);
	frame_8(f, more);
	frame_zero(f, 6 + 8 * more);
}

static inline void frame_ah(struct frame *f, unsigned int next)
{
	frame_8(f, next);
	frame_8(f, 4); /* in words, less two: 24 bytes */
	frame_zero(f, 22);
}

/* offset in bytes */
static inline void frame_frag6(struct frame *f, unsigned int next, unsigned int offset, bool more)
{
	frame_8(f, next);
	frame_8(f, 0);
	frame_16(f, offset | more);
	frame_32(f, 0xcafe1234);
}

static inline void frame_tcp(struct frame *f, unsigned int sport, unsigned int dport,
			     unsigned int flags)
{
	frame_16(f, sport);
	frame_16(f, dport);
	frame_32(f, 1000);
	frame_32(f, 2000);
	frame_16(f, 5 << 12 | flags);
	frame_16(f, 0x7210);
	frame_32(f, 0);
}

static inline void frame_udp(struct frame *f, unsigned int sport, unsigned int dport)
{
	frame_16(f, sport);
	frame_16(f, dport);
	frame_16(f, 8);
	frame_16(f, 0);
}

static inline void frame_sctp(struct frame *f, unsigned int sport, unsigned int dport)
{
	frame_16(f, sport);
	frame_16(f, dport);
	frame_32(f, 7);
	frame_32(f, 0);
}

/* rest: identifier and sequence number, or what an error carries */
static inline void frame_icmp(struct frame *f, unsigned int type, unsigned int code, uint32_t rest)
{
	frame_8(f, type);
	frame_8(f, code);
	frame_16(f, 0);
	frame_32(f, rest);
}

static inline void frame_vxlan(struct frame *f, uint32_t vni)
{
	frame_32(f, 0x08000000);
	frame_32(f, vni << 8);
}

static inline void frame_geneve(struct frame *f, uint32_t vni, unsigned int option_words,
				unsigned int type)
{
	frame_8(f, option_words);
	frame_8(f, 0);
	frame_16(f, type);
	frame_32(f, vni << 8);
	frame_zero(f, 4 * option_words);
}

/* flags: 0x8000 checksum, 0x2000 key, 0x1000 sequence number */
static inline void frame_gre(struct frame *f, unsigned int flags, unsigned int type, uint32_t key)
{
	frame_16(f, flags);
	frame_16(f, type);
	if (flags & 0x8000)
		frame_32(f, 0);
	if (flags & 0x2000)
		frame_32(f, key);
	if (flags & 0x1000)
		frame_32(f, 1);
}

static inline void frame_end(struct frame *f)
{
	unsigned int i;

	for (i = 0; i < f->n_ip; i++) {
		uint8_t *ip = f->b + f->ip[i];
		bool v4 = ip[0] >> 4 == 4;
		size_t n = f->len - f->ip[i] - (v4 ? 0 : 40);

		ip[v4 ? 2 : 4] = n >> 8;
		ip[v4 ? 3 : 5] = n & 0xff;
	}
}

/* What is found at the outside, inside a tunnel, or quoted by an ICMP error. */
struct frame_finds {
	uint8_t ip_version;	/* 0: nothing to be found there */
	uint8_t protocol;
	uint8_t kind;		/* enum conn_kind */
	uint8_t fragment;	/* enum packet_fragment */
	uint16_t sport, dport;	/* host order, as struct packet has them */
	uint16_t tcp_flags;
	uint16_t vlan[2];
	uint8_t tunnel;		/* enum tunnel_type */
	bool icmp_error;
	uint32_t vni;		/* inside */
	uint16_t needs;		/* bytes of the frame without which it is not found */
};

struct frame_sample {
	const char *name;
	void (*make)(struct frame *f);
	struct frame_finds outside, inside, quoted;
};

extern const struct frame_sample frame_samples[];
extern const size_t frame_samples_n;

/* Makes sample i; frame_end() is done. */
void frame_sample_make(size_t i, struct frame *f);

#endif
