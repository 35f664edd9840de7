/* SPDX-License-Identifier: MIT */
/*
 * Small databases in the MaxMind DB format, for tests: IPv4 prefixes of 8 to 32
 * bits, each with a record that is given as bytes made by the mm_ functions.
 */
#ifndef PITOT_TESTS_MMDB_MAKER_H
#define PITOT_TESTS_MMDB_MAKER_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct mmdb_maker {
	uint32_t tree[4096][2]; /* 0: nothing; a node's number; or MM_DATA and an offset */
	uint32_t nodes;
	uint8_t data[65536], out[131072];
	size_t data_len, out_len;
};

#define MM_DATA 0x80000000u

static inline void mm_byte(struct mmdb_maker *m, uint8_t b)
{
	m->data[m->data_len++] = b;
}

static inline void mm_head(struct mmdb_maker *m, unsigned int type, size_t size)
{
	mm_byte(m, (type < 8 ? type << 5 : 0) | (size < 29 ? size : 29));
	if (type >= 8)
		mm_byte(m, type - 7);
	if (size >= 29)
		mm_byte(m, size - 29);
}

static inline void mm_text(struct mmdb_maker *m, const char *s)
{
	mm_head(m, 2, strlen(s));
	while (*s)
		mm_byte(m, *s++);
}

static inline void mm_map(struct mmdb_maker *m, unsigned int pairs)
{
	mm_head(m, 7, pairs);
}

static inline void mm_array(struct mmdb_maker *m, unsigned int n)
{
	mm_head(m, 11, n);
}

/* type 5: uint16, 6: uint32, 9: uint64 */
static inline void mm_number(struct mmdb_maker *m, unsigned int type, uint64_t v)
{
	mm_head(m, type, 4);
	for (int shift = 24; shift >= 0; shift -= 8)
		mm_byte(m, v >> shift);
}

/* The record that is written next belongs to that prefix (host order). */
static inline void mm_network(struct mmdb_maker *m, uint32_t prefix, unsigned int bits)
{
	uint32_t at = 0;

	if (!m->nodes)
		m->nodes = 1;
	for (unsigned int i = 0; i + 1 < bits; i++) {
		uint32_t *side = &m->tree[at][prefix >> (31 - i) & 1];

		if (!*side)
			*side = m->nodes++;
		at = *side;
	}
	m->tree[at][prefix >> (32 - bits) & 1] = MM_DATA | m->data_len;
}

static inline void mm_out(struct mmdb_maker *m, const void *p, size_t n)
{
	memcpy(m->out + m->out_len, p, n);
	m->out_len += n;
}

static inline void mm_metadata(struct mmdb_maker *m, const char *type)
{
	size_t from = m->data_len;

	mm_map(m, 9);
	mm_text(m, "binary_format_major_version");
	mm_head(m, 5, 1), mm_byte(m, 2);
	mm_text(m, "binary_format_minor_version");
	mm_head(m, 5, 0);
	mm_text(m, "build_epoch");
	mm_number(m, 9, 1700000000);
	mm_text(m, "database_type");
	mm_text(m, type);
	mm_text(m, "description");
	mm_map(m, 0);
	mm_text(m, "ip_version");
	mm_head(m, 5, 1), mm_byte(m, 4);
	mm_text(m, "languages");
	mm_array(m, 0);
	mm_text(m, "node_count");
	mm_number(m, 6, m->nodes);
	mm_text(m, "record_size");
	mm_head(m, 5, 1), mm_byte(m, 32);
	mm_out(m, "\xab\xcd\xefMaxMind.com", 14);
	mm_out(m, m->data + from, m->data_len - from);
}

/* The whole file is in m->out. */
static inline void mm_finish(struct mmdb_maker *m, const char *type)
{
	size_t data_len = m->data_len;

	for (uint32_t i = 0; i < m->nodes; i++)
		for (int side = 0; side < 2; side++) {
			uint32_t v = m->tree[i][side];

			v = !v ? m->nodes : v & MM_DATA ? m->nodes + 16 + (v & ~MM_DATA) : v;
			v = __builtin_bswap32(v);
			mm_out(m, &v, 4);
		}
	mm_out(m, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16);
	mm_out(m, m->data, data_len);
	mm_metadata(m, type);
}

static inline void mm_write(const struct mmdb_maker *m, const char *path)
{
	FILE *f = fopen(path, "w");

	if (!f || fwrite(m->out, 1, m->out_len, f) != m->out_len || fclose(f))
		abort();
}

#endif
