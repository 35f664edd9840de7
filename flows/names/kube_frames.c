// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "flows/names/kube_frames.h"

/* What is kept between events: most are smaller. */
#define KEEP (64 << 10)

void kube_frames_release(struct kube_frames *f)
{
	free(f->data);
	*f = (struct kube_frames){.enc = f->enc};
}

static int append(struct kube_frames *f, const char *data, size_t n)
{
	size_t need = f->len + n;

	if (need > f->size) {
		size_t size = need < 4096 ? 4096 : need + need / 2;
		char *p = realloc(f->data, size);

		if (!p)
			return -ENOMEM;
		f->data = p;
		f->size = size;
	}
	memcpy(f->data + f->len, data, n);
	f->len = need;
	return 0;
}

static void emptied(struct kube_frames *f)
{
	f->len = 0;
	if (f->size > KEEP)
		kube_frames_release(f);
}

static int emit(const char *data, size_t n, int (*frame)(void *arg, const void *data, size_t size),
		void *arg)
{
	return n ? frame(arg, data, n) : 0;
}

static int add_lines(struct kube_frames *f, const char *p, size_t n,
		     int (*frame)(void *arg, const void *data, size_t size), void *arg)
{
	while (n) {
		const char *end = memchr(p, '\n', n);
		size_t len = end ? (size_t)(end - p) : n;
		int err;

		if (f->len + len > KUBE_FRAME_MAX)
			return -EFBIG;
		/* a line that is whole in this piece is not copied */
		if (end && !f->len) {
			err = emit(p, len, frame, arg);
		} else {
			err = append(f, p, len);
			if (!err && end) {
				err = emit(f->data, f->len, frame, arg);
				emptied(f);
			}
		}
		if (err)
			return err;
		len += end != NULL;
		p += len;
		n -= len;
	}
	return 0;
}

static uint32_t be32(const char *p)
{
	const uint8_t *b = (const uint8_t *)p;

	return (uint32_t)b[0] << 24 | b[1] << 16 | b[2] << 8 | b[3];
}

/* f->data holds the length too. */
static int add_frames(struct kube_frames *f, const char *p, size_t n,
		      int (*frame)(void *arg, const void *data, size_t size), void *arg)
{
	while (n) {
		size_t want = 4, take;
		int err;

		if (f->len >= 4) {
			want += be32(f->data);
			if (want > KUBE_FRAME_MAX + 4)
				return -EFBIG;
		}
		take = want - f->len < n ? want - f->len : n;
		err = append(f, p, take);
		if (err)
			return err;
		p += take;
		n -= take;
		if (f->len < 4 || f->len < 4 + (size_t)be32(f->data))
			continue;
		err = emit(f->data + 4, f->len - 4, frame, arg);
		emptied(f);
		if (err)
			return err;
	}
	return 0;
}

int kube_frames_add(struct kube_frames *f, const void *data, size_t size,
		    int (*frame)(void *arg, const void *data, size_t size), void *arg)
{
	return f->enc == KUBE_JSON ? add_lines(f, data, size, frame, arg)
				   : add_frames(f, data, size, frame, arg);
}
