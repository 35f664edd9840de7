// SPDX-License-Identifier: MIT
/*
 * A watch's body in pieces: the events are those of the whole, however it is cut, and
 * none is larger than allowed. The first byte: encoding, the second: where it is cut.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "flows/names/kube_frames.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
	size_t n, bytes;
	uint64_t sum;
};

static int on_frame(void *arg, const void *data, size_t size)
{
	struct seen *s = arg;
	const uint8_t *b = data;

	if (!size || size > KUBE_FRAME_MAX)
		abort();
	s->n++;
	s->bytes += size;
	for (size_t i = 0; i < size; i++)
		s->sum = s->sum * 31 + b[i];
	s->sum = s->sum * 31 + 256; /* where one ends matters */
	return size == 77 ? -ECANCELED : 0;
}

/* The same, told from all the bytes at once. */
static struct seen whole(enum kube_encoding enc, const uint8_t *p, size_t n, int *ret_err)
{
	struct seen s = {0};
	int err = 0;

	while (n && !err) {
		const uint8_t *end = enc == KUBE_JSON ? memchr(p, '\n', n) : NULL;
		size_t len, skip;

		if (enc == KUBE_JSON) {
			len = end ? (size_t)(end - p) : n;
			skip = 1;
			if (!end)
				break;
		} else {
			if (n < 4)
				break;
			len = (size_t)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
			p += 4;
			n -= 4;
			skip = 0;
			if (len > KUBE_FRAME_MAX && n) {
				err = -EFBIG;
				break;
			}
			if (len > n)
				break;
		}
		if (len)
			err = on_frame(&s, p, len);
		p += len + skip;
		n -= len + skip;
	}
	*ret_err = err;
	return s;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct kube_frames f = {0};
	struct seen cut = {0}, all;
	uint32_t random;
	int err = 0, want;

	if (size < 3)
		return 0;
	f.enc = data[0] & 1 ? KUBE_PROTOBUF : KUBE_JSON;
	random = data[1] + 1;
	data += 2;
	size -= 2;
	all = whole(f.enc, data, size, &want);
	while (size && !err) {
		size_t n;

		random = random * 1103515245 + 12345;
		n = 1 + (random >> 16) % 9;
		n = n < size ? n : size;
		err = kube_frames_add(&f, data, n, on_frame, &cut);
		data += n;
		size -= n;
	}
	if (err != want || cut.n != all.n || cut.sum != all.sum)
		abort();
	if (f.size > 16u << 20)
		abort();
	kube_frames_release(&f);
	return 0;
}
