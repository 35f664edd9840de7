/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* How a connection key is made: part of the ABI, since user space makes them as well. */
#ifndef PITOT_BPF_KEY_H
#define PITOT_BPF_KEY_H

#include <linux/types.h>

#include "bpf/record.h"

#ifndef __always_inline
#define __always_inline inline __attribute__((always_inline))
#endif

/*
 * Addresses and ports in network order. Returns the index of the end that src
 * is: 0 or 1; -1 where both ends are equal. *key is written whole.
 */
static __always_inline int conn_key4_make(struct conn_key4 *key, __be32 src_addr, __be32 dst_addr,
					  __be16 sport, __be16 dport, __u8 protocol, __u8 kind)
{
	__u64 src = (__u64)src_addr << 16 | sport, dst = (__u64)dst_addr << 16 | dport;
	int dir = src > dst;

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	/* two words, as the hash reads them: narrower stores would stall it */
	__u64 first = dir ? dst : src, second = dir ? src : dst;
	__u64 words[2] = {
		first >> 16 | second >> 16 << 32,
		(first & 0xffff) | (second & 0xffff) << 16 | (__u64)protocol << 32 |
			(__u64)kind << 40,
	};

	__builtin_memcpy(key, words, sizeof(*key));
#else
	key->addr[dir] = src_addr;
	key->addr[!dir] = dst_addr;
	key->port[dir] = sport;
	key->port[!dir] = dport;
	key->protocol = protocol;
	key->kind = kind;
	key->pad[0] = key->pad[1] = 0;
#endif
	return src == dst ? -1 : dir;
}

static __always_inline int conn_compare6(const __u8 *src_addr, const __u8 *dst_addr, __be16 sport,
					 __be16 dport)
{
	int i;

#pragma GCC unroll 4
	for (i = 0; i < 4; i++) {
		__u32 src, dst;

		__builtin_memcpy(&src, src_addr + 4 * i, 4);
		__builtin_memcpy(&dst, dst_addr + 4 * i, 4);
		if (src != dst)
			return src > dst ? 1 : -1;
	}
	return sport == dport ? 0 : sport > dport ? 1 : -1;
}

/* Likewise for IPv6; never for mapped addresses, whose order is IPv4's. */
static __always_inline int conn_key6_make(struct conn_key6 *key, const __u8 *src_addr,
					  const __u8 *dst_addr, __be16 sport, __be16 dport,
					  __u8 protocol, __u8 kind)
{
	int order = conn_compare6(src_addr, dst_addr, sport, dport), dir = order > 0;

	__builtin_memcpy(key->addr[0], dir ? dst_addr : src_addr, 16);
	__builtin_memcpy(key->addr[1], dir ? src_addr : dst_addr, 16);
	key->port[0] = dir ? dport : sport;
	key->port[1] = dir ? sport : dport;
	key->protocol = protocol;
	key->kind = kind;
	key->pad[0] = key->pad[1] = 0;
	return order ? dir : -1;
}

/* The same key in the form that serves both, IPv4 addresses mapped. */
static __always_inline void conn_key4_to_6(const struct conn_key4 *from, struct conn_key6 *to)
{
	int i;

#pragma GCC unroll 2
	for (i = 0; i < 2; i++) {
		__builtin_memset(to->addr[i], 0, 10);
		to->addr[i][10] = to->addr[i][11] = 0xff;
		__builtin_memcpy(to->addr[i] + 12, &from->addr[i], 4);
	}
	to->port[0] = from->port[0];
	to->port[1] = from->port[1];
	to->protocol = from->protocol;
	to->kind = from->kind;
	to->pad[0] = to->pad[1] = 0;
}

#endif
