/* SPDX-License-Identifier: MIT */
/* Between the envelopes of the JSON encoding (kube_json.c) and the objects in them. */
#ifndef PITOT_FLOWS_NAMES_KUBE_JSON_H
#define PITOT_FLOWS_NAMES_KUBE_JSON_H

#include <jansson.h>

#include "flows/names/kube_decode.h"

/* Fills *o with pointers into the arena and into v. 0, -EBADMSG or -ENOMEM. */
int kube_json_object(struct arena *a, enum kube_kind kind, const json_t *v, struct kube_object *o);

/* A member's text, "" where it has none or v is no object. */
const char *kube_json_text(const json_t *v, const char *key);

#endif
