/* SPDX-License-Identifier: MIT */
/*
 * The events of a watch out of the bytes of its body, which come in pieces: lines
 * of JSON, or frames with a length of 4 bytes (big endian) in front. Pure.
 */
#ifndef PITOT_FLOWS_NAMES_KUBE_FRAMES_H
#define PITOT_FLOWS_NAMES_KUBE_FRAMES_H

#include "flows/names/kube_object.h"

#define KUBE_FRAME_MAX (8 << 20)

/* Zeroed but for enc is a fresh one. */
struct kube_frames {
	enum kube_encoding enc;
	char *data; /* the beginning of an event whose rest is to come */
	size_t len, size;
};

/*
 * frame() gets each event that is whole, without its length or line end; empty ones
 * are left out. 0, -EFBIG (an event of more than KUBE_FRAME_MAX bytes), -ENOMEM, or
 * what frame() returned, if not 0. After an error: kube_frames_release().
 */
int kube_frames_add(struct kube_frames *f, const void *data, size_t size,
		    int (*frame)(void *arg, const void *data, size_t size), void *arg);

/* Empties and frees it; enc stays. */
void kube_frames_release(struct kube_frames *f);

#endif
