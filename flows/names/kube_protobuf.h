/* SPDX-License-Identifier: MIT */
/* Between the envelopes of the protobuf encoding (kube_protobuf.c) and the objects in them. */
#ifndef PITOT_FLOWS_NAMES_KUBE_PROTOBUF_H
#define PITOT_FLOWS_NAMES_KUBE_PROTOBUF_H

#include <errno.h>

#include "flows/names/kube_decode.h"

struct span {
	const uint8_t *p;
	size_t n;
};

/*
 * A message in the arena, which is emptied before it. NULL: see kube_broken().
 * descriptor: of protobuf-c.
 */
void *kube_unpack(struct arena *a, const void *descriptor, struct span s);

/* Fills *o with pointers into the arena. 0, -EBADMSG or -ENOMEM. */
int kube_protobuf_object(struct arena *a, enum kube_kind kind, struct span s,
			 struct kube_object *o);

static inline int kube_broken(const struct arena *a)
{
	return a->err ? a->err : -EBADMSG;
}

#endif
