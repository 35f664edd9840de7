// SPDX-License-Identifier: MIT
#include "export/wire.h"

#define SECOND_NS 1000000000ull

static bool is_ascii(const char *s, size_t n)
{
	uint64_t all = 0, word;

	for (; n >= sizeof(word); n -= sizeof(word), s += sizeof(word)) {
		memcpy(&word, s, sizeof(word));
		all |= word;
	}
	while (n--)
		all |= (unsigned char)*s++;
	return !(all & 0x8080808080808080);
}

void wire_untrusted_always(struct text *t, uint32_t number, const char *s, size_t max)
{
	size_t n = s ? strnlen(s, max) : 0, mark;
	uint32_t c;

	if (is_ascii(s, n)) {
		wire_bytes_always(t, number, s, n);
		return;
	}
	mark = wire_open(t, number);
	while (n) {
		size_t len = utf8_next(s, n, &c), used = len ? len : 1;

		text_mem(t, len ? s : "\xef\xbf\xbd", len ? len : 3);
		s += used;
		n -= used;
	}
	wire_close(t, mark);
}

void wire_untrusted(struct text *t, uint32_t number, const char *s, size_t max)
{
	if (s && *s)
		wire_untrusted_always(t, number, s, max);
}

void wire_time(struct text *t, uint32_t number, uint64_t time_ns)
{
	size_t mark;

	if (!time_ns)
		return;
	mark = wire_open(t, number);
	wire_u64(t, 1, time_ns / SECOND_NS);
	wire_u64(t, 2, time_ns % SECOND_NS);
	wire_close(t, mark);
}

bool wire_long_varint(struct wire_reader *r, uint64_t *ret_v)
{
	uint64_t v = 0;

	for (unsigned int shift = 0; shift < 70 && r->p < r->end; shift += 7) {
		uint8_t b = *r->p++;

		v |= (uint64_t)(b & 0x7f) << shift;
		if (b < 0x80) {
			*ret_v = v;
			return true;
		}
	}
	r->bad = true;
	return false;
}

bool wire_fixed(struct wire_reader *r, struct wire_field *f)
{
	size_t n = f->type == WIRE_FIXED64 ? 8 : f->type == WIRE_FIXED32 ? 4 : 0;

	if (!n || (size_t)(r->end - r->p) < n) {
		r->bad = true;
		return false;
	}
	f->v = 0;
	for (size_t i = 0; i < n; i++)
		f->v |= (uint64_t)r->p[i] << 8 * i;
	r->p += n;
	return true;
}

uint64_t wire_read_time(const struct wire_field *f)
{
	struct wire_reader r;
	int64_t seconds = 0, ns = 0;
	struct wire_field part;

	if (f->type != WIRE_BYTES)
		return 0;
	r = wire_reader(f->data, f->n);
	while (wire_next(&r, &part)) {
		if (part.number == 1)
			seconds = (int64_t)wire_as_u64(&part);
		else if (part.number == 2)
			ns = (int32_t)wire_as_u64(&part);
	}
	if (r.bad || seconds < 0 || seconds >= (int64_t)(UINT64_MAX / SECOND_NS) || ns < 0 ||
	    ns >= (int64_t)SECOND_NS)
		return 0;
	return (uint64_t)seconds * SECOND_NS + (uint64_t)ns;
}
