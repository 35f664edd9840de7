/* SPDX-License-Identifier: MIT */
/* What the two encodings of Kubernetes' objects share. For kube_object.c, kube_protobuf.c and kube_json.c. */
#ifndef PITOT_FLOWS_NAMES_KUBE_DECODE_H
#define PITOT_FLOWS_NAMES_KUBE_DECODE_H

#include "flows/names/kube_object.h"

/*
 * Memory for one object at a time: allocations are freed all at once. What one
 * object may take is bounded by its encoded size.
 */
struct arena {
	struct arena_chunk *chunk; /* the newest; the oldest is kept by arena_reset() */
	size_t used; /* of the newest */
	size_t total, limit; /* of all since the last reset */
	int err; /* why it gave NULL: -ENOMEM, -EBADMSG beyond the limit */
};

/* For an object of encoded_size bytes. Frees what was there, keeps some for reuse. */
void arena_reset(struct arena *a, size_t encoded_size);
void arena_free(struct arena *a);

/* Aligned for anything, not zeroed. NULL without memory or beyond the limit. */
void *arena_alloc(struct arena *a, size_t size);
void *arena_array(struct arena *a, size_t n, size_t size); /* n may be 0 */

const char *kube_kind_name(enum kube_kind kind); /* "Pod" */

/*
 * "PodList", and "List" as kubectl writes it. A list without a kind is none: what a
 * proxy says in the API server's place must not pass for an empty cluster.
 */
bool kube_is_list_of(const char *list_kind, enum kube_kind kind);

/* False where the text is no address. IPv4 is mapped. */
bool kube_parse_address(const char *text, struct ip_addr *ret);

/* IP protocol number of "TCP", "UDP", "SCTP"; "" is TCP as the API has it; 0: another one. */
uint8_t kube_parse_protocol(const char *text);
uint16_t kube_port_number(int64_t n); /* 0 where it is none */

/* KUBE_ADDED ... KUBE_ERROR; -1: no such type. */
int kube_parse_change(const char *type);

#define KUBE_SERVICE_LABEL "kubernetes.io/service-name"
#define KUBE_INITIAL_END "k8s.io/initial-events-end"

const char *kube_label(const struct kube_meta *m, const char *key); /* "" where there is none */

/* Copies text into an array, cut, always ended. */
#define KUBE_COPY(to, from) kube_copy((to), sizeof(to), (from))
void kube_copy(char *to, size_t size, const char *from);

struct kube_list_sink {
	enum kube_kind kind;
	void (*object)(void *arg, const struct kube_object *o);
	void *arg;
};

struct kube_event_sink {
	enum kube_kind kind;
	void (*object)(void *arg, enum kube_change change, const struct kube_object *o);
	void *arg;
};

/* *m and *e are zeroed; m->next is freed by the caller where there is an error. */
int kube_protobuf_list(const struct kube_list_sink *sink, const void *data, size_t size,
		       struct kube_list_meta *m);
int kube_json_list(const struct kube_list_sink *sink, const void *data, size_t size,
		   struct kube_list_meta *m);
int kube_protobuf_event(const struct kube_event_sink *sink, const void *data, size_t size,
			struct kube_event *e);
int kube_json_event(const struct kube_event_sink *sink, const void *data, size_t size,
		    struct kube_event *e);

/* The code and message of a Status; false where it is none. */
bool kube_protobuf_status(const void *data, size_t size, struct kube_event *e);
bool kube_json_status(const void *data, size_t size, struct kube_event *e);

#endif
