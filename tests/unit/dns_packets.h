/* SPDX-License-Identifier: MIT */
/* DNS for tests: what dig and dnsmasq sent, as hexadecimal digits, and messages made by hand. */
#ifndef PITOT_TESTS_DNS_PACKETS_H
#define PITOT_TESTS_DNS_PACKETS_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* www.shop.test A, by dig with EDNS */
#define DNS_A_QUERY                                                                        \
	"516601200001000000000001037777770473686f700474657374000001000100002904d000000000" \
	"000c000a0008c2b4aba12410c888"
/* www.shop.test -> cdn.shop.test -> edge.cdn.test -> 192.0.2.10, TTL 77, 77, 300 */
#define DNS_A_ANSWER                                                                       \
	"516685800001000300000001037777770473686f7004746573740000010001c00c00050001000000" \
	"4d000f0363646e0473686f70047465737400c02b000500010000004d000f04656467650363646e04" \
	"7465737400c046000100010000012c0004c000020a00002904d0000000000000"
/* WWW.shop.test AAAA without EDNS */
#define DNS_AAAA_QUERY "d7b601200001000000000000035757570473686f70047465737400001c0001"
/* the same chain, 2001:db8::10 */
#define DNS_AAAA_ANSWER                                                                    \
	"d7b685800001000300000000035757570473686f70047465737400001c0001c00c00050001000000" \
	"4d000f0363646e0473686f70047465737400c02b000500010000004d000f04656467650363646e04" \
	"7465737400c046001c00010000012c001020010db8000000000000000000000010"
/* nothere.test A */
#define DNS_NXDOMAIN_ANSWER                                                                \
	"0d7681830001000000000001076e6f74686572650474657374000001000100002904d00000000000" \
	"00"
/* _http._tcp.shop.test SRV, the target's addresses in the additional section */
#define DNS_SRV_ANSWER                                                                     \
	"022d85800001000100000003055f68747470045f7463700473686f7004746573740000210001c00c" \
	"002100010000004d001500000000005004656467650363646e047465737400c03800010001000001" \
	"2c0004c000020ac038001c00010000012c001020010db800000000000000000000001000002904d0" \
	"000000000000"
/* example.org A, with an extended error */
#define DNS_REFUSED_ANSWER                                                                 \
	"2e7e81850001000000000001076578616d706c65036f7267000001000100002904d0000000000006" \
	"000f0002000e"
/* over TCP, with its length: www.shop.test A */
#define DNS_TCP1                                                                           \
	"0036844d01200001000000000001037777770473686f700474657374000001000100002904d00000" \
	"0000000c000a000872f774e3f005d867"
/* and its answer */
#define DNS_TCP2                                                                           \
	"0070844d85800001000300000001037777770473686f7004746573740000010001c00c0005000100" \
	"00004d000f0363646e0473686f70047465737400c02b000500010000004d000f0465646765036364" \
	"6e047465737400c046000100010000012c0004c000020a00002904d0000000000000"
/* long.test TXT, truncated */
#define DNS_TXT_ANSWER                                                                     \
	"278a87800001000100000001046c6f6e6704746573740000100001c00c001000010000004d00fbfa" \
	"79797979797979797979797979797979797979797979797979797979797979797979797979797979" \
	"79797979797979797979797979797979797979797979797979797979797979797979797979797979" \
	"79797979797979797979797979797979797979797979797979797979797979797979797979797979" \
	"79797979797979797979797979797979797979797979797979797979797979797979797979797979" \
	"79797979797979797979797979797979797979797979797979797979797979797979797979797979" \
	"79797979797979797979797979797979797979797979797979797979797979797979797979797979" \
	"7979797979797979797900002904d0000000000000"
/* 10.2.0.192.in-addr.arpa PTR */
#define DNS_PTR_ANSWER                                                                     \
	"6d6685800001000100000001023130013201300331393207696e2d61646472046172706100000c00" \
	"01c00c000c00010000004d000f04656467650363646e04746573740000002904d0000000000000"

/* A message under construction. */
struct wire {
	uint8_t b[70000];
	size_t n;
};

static inline void wire_u8(struct wire *w, unsigned int v)
{
	if (w->n >= sizeof(w->b))
		abort();
	w->b[w->n++] = v;
}

static inline void wire_u16(struct wire *w, unsigned int v)
{
	wire_u8(w, v >> 8 & 0xff);
	wire_u8(w, v & 0xff);
}

static inline void wire_u32(struct wire *w, uint32_t v)
{
	wire_u16(w, v >> 16);
	wire_u16(w, v & 0xffff);
}

static inline void wire_bytes(struct wire *w, const void *data, size_t n)
{
	for (size_t i = 0; i < n; i++)
		wire_u8(w, ((const uint8_t *)data)[i]);
}

static inline void wire_hex(struct wire *w, const char *hex)
{
	for (; *hex; hex += 2) {
		const char digits[3] = {hex[0], hex[1]};

		wire_u8(w, strtoul(digits, NULL, 16));
	}
}

static inline void wire_label(struct wire *w, const void *label, size_t n)
{
	wire_u8(w, n);
	wire_bytes(w, label, n);
}

/* "www.example.com" */
static inline void wire_name(struct wire *w, const char *name)
{
	while (*name) {
		size_t n = strcspn(name, ".");

		wire_label(w, name, n);
		name += n + (name[n] == '.');
	}
	wire_u8(w, 0);
}

static inline void wire_pointer(struct wire *w, unsigned int offset)
{
	wire_u16(w, 0xc000 | offset);
}

/* Empties it. */
static inline void wire_header(struct wire *w, unsigned int id, unsigned int flags, unsigned int qd,
			       unsigned int an, unsigned int ns, unsigned int ar)
{
	w->n = 0;
	wire_u16(w, id);
	wire_u16(w, flags);
	wire_u16(w, qd);
	wire_u16(w, an);
	wire_u16(w, ns);
	wire_u16(w, ar);
}

static inline void wire_question(struct wire *w, const char *name, unsigned int type)
{
	wire_name(w, name);
	wire_u16(w, type);
	wire_u16(w, 1);
}

/* What follows the owner's name. */
static inline void wire_record(struct wire *w, unsigned int type, unsigned int class, uint32_t ttl,
			       unsigned int size)
{
	wire_u16(w, type);
	wire_u16(w, class);
	wire_u32(w, ttl);
	wire_u16(w, size);
}

static inline void wire_a(struct wire *w, const char *owner, uint32_t ttl, uint32_t address)
{
	wire_name(w, owner);
	wire_record(w, 1, 1, ttl, 4);
	wire_u32(w, address);
}

#endif
