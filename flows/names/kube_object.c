// SPDX-License-Identifier: MIT
#include "flows/names/kube_object.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#include "flows/names/kube_decode.h"

/* ------------------------------------------------------------------- arena */

#define CHUNK (64 * 1024)
#define ALIGN alignof(max_align_t)

/* The smallest fields cost most: two bytes may become a structure and its bookkeeping. */
#define LIMIT(encoded) (CHUNK + 128 * (encoded))

struct arena_chunk {
	struct arena_chunk *older;
	size_t size;
	alignas(max_align_t) char data[];
};

void arena_reset(struct arena *a, size_t encoded_size)
{
	while (a->chunk && a->chunk->older) {
		struct arena_chunk *older = a->chunk->older;

		free(a->chunk);
		a->chunk = older;
	}
	a->used = 0;
	a->total = 0;
	a->limit = LIMIT(encoded_size);
	a->err = 0;
}

void arena_free(struct arena *a)
{
	arena_reset(a, 0);
	free(a->chunk);
	memset(a, 0, sizeof(*a));
}

static int add_chunk(struct arena *a, size_t size)
{
	size_t room = size > CHUNK ? size : CHUNK;
	struct arena_chunk *c = malloc(sizeof(*c) + room);

	if (!c)
		return -ENOMEM;
	*c = (struct arena_chunk){.older = a->chunk, .size = room};
	a->chunk = c;
	a->used = 0;
	return 0;
}

void *arena_alloc(struct arena *a, size_t size)
{
	void *p;

	if (size > a->limit || a->total > a->limit - size) {
		a->err = -EBADMSG;
		return NULL;
	}
	size = (size + ALIGN - 1) & ~(ALIGN - 1);
	if ((!a->chunk || a->chunk->size - a->used < size) && add_chunk(a, size)) {
		a->err = -ENOMEM;
		return NULL;
	}
	p = a->chunk->data + a->used;
	a->used += size;
	a->total += size;
	return p;
}

void *arena_array(struct arena *a, size_t n, size_t size)
{
	return arena_alloc(a, n > a->limit / size ? SIZE_MAX : n * size);
}

/* ------------------------------------------------------------------- words */

const char *kube_kind_name(enum kube_kind kind)
{
	static const char *const names[KUBE_KINDS] = {
		[KUBE_POD] = "Pod",
		[KUBE_SERVICE] = "Service",
		[KUBE_ENDPOINTSLICE] = "EndpointSlice",
		[KUBE_NODE] = "Node",
		[KUBE_NAMESPACE] = "Namespace",
		[KUBE_REPLICASET] = "ReplicaSet",
	};

	return names[kind];
}

bool kube_is_list_of(const char *list_kind, enum kube_kind kind)
{
	size_t n = strlen(kube_kind_name(kind));

	if (!strcmp(list_kind, "List"))
		return true;
	return !strncmp(list_kind, kube_kind_name(kind), n) && !strcmp(list_kind + n, "List");
}

bool kube_parse_address(const char *text, struct ip_addr *ret)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	struct ip_addr a;

	if (inet_pton(AF_INET, text, a.b + 12) == 1)
		memcpy(a.b, mapped, sizeof(mapped));
	else if (inet_pton(AF_INET6, text, a.b) != 1)
		return false;
	*ret = a;
	return true;
}

uint8_t kube_parse_protocol(const char *text)
{
	if (!*text || !strcmp(text, "TCP"))
		return IPPROTO_TCP;
	if (!strcmp(text, "UDP"))
		return IPPROTO_UDP;
	return strcmp(text, "SCTP") ? 0 : IPPROTO_SCTP;
}

uint16_t kube_port_number(int64_t n)
{
	return n > 0 && n <= UINT16_MAX ? (uint16_t)n : 0;
}

int kube_parse_change(const char *type)
{
	static const char *const names[] = {
		[KUBE_ADDED] = "ADDED",	    [KUBE_MODIFIED] = "MODIFIED",
		[KUBE_DELETED] = "DELETED", [KUBE_BOOKMARK] = "BOOKMARK",
		[KUBE_ERROR] = "ERROR",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(type, names[i]))
			return (int)i;
	return -1;
}

const char *kube_label(const struct kube_meta *m, const char *key)
{
	for (size_t i = 0; i < m->n_labels; i++)
		if (!strcmp(m->labels[i].key, key))
			return m->labels[i].value;
	return "";
}

void kube_copy(char *to, size_t size, const char *from)
{
	size_t n = strnlen(from, size - 1);

	memcpy(to, from, n);
	to[n] = 0;
}

/* --------------------------------------------------------------- decoding */

int kube_decode_list(enum kube_kind kind, enum kube_encoding enc, const void *data, size_t size,
		     void (*object)(void *arg, const struct kube_object *o), void *arg,
		     struct kube_list_meta *ret_meta)
{
	const struct kube_list_sink sink = {kind, object, arg};
	struct kube_list_meta m = {0};
	int err = enc == KUBE_PROTOBUF ? kube_protobuf_list(&sink, data, size, &m)
				       : kube_json_list(&sink, data, size, &m);

	if (err)
		free(m.next);
	else
		*ret_meta = m;
	return err;
}

int kube_decode_event(enum kube_kind kind, enum kube_encoding enc, const void *data, size_t size,
		      void (*object)(void *arg, enum kube_change change,
				     const struct kube_object *o),
		      void *arg, struct kube_event *ret_event)
{
	const struct kube_event_sink sink = {kind, object, arg};
	struct kube_event e = {0};
	int err = enc == KUBE_PROTOBUF ? kube_protobuf_event(&sink, data, size, &e)
				       : kube_json_event(&sink, data, size, &e);

	if (!err)
		*ret_event = e;
	return err;
}

bool kube_decode_status(enum kube_encoding enc, const void *data, size_t size, int *ret_code,
			char *ret_message, size_t message_size)
{
	struct kube_event e = {0};

	if (enc == KUBE_PROTOBUF ? !kube_protobuf_status(data, size, &e)
				 : !kube_json_status(data, size, &e))
		return false;
	*ret_code = e.code;
	if (message_size)
		kube_copy(ret_message, message_size, e.message);
	return true;
}
