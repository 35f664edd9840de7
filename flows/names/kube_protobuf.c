// SPDX-License-Identifier: MIT
/*
 * Kubernetes' protobuf encoding. Envelopes and lists are walked in place, each
 * object is unpacked by protobuf-c into the arena, which is emptied after it: a
 * page of any length takes the memory of its largest object.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "flows/names/kube.pb-c.h"
#include "flows/names/kube_protobuf.h"

/* ------------------------------------------------------- the wire, in place */

enum wire { WIRE_VARINT = 0, WIRE_64 = 1, WIRE_BYTES = 2, WIRE_32 = 5 };

struct field {
	uint64_t number;
	unsigned int wire;
	struct span bytes; /* WIRE_BYTES */
};

static bool get_varint(struct span *s, uint64_t *ret)
{
	uint64_t v = 0;

	for (unsigned int shift = 0; shift < 64; shift += 7) {
		uint8_t b;

		if (!s->n)
			return false;
		b = *s->p++;
		s->n--;
		v |= (uint64_t)(b & 0x7f) << shift;
		if (!(b & 0x80)) {
			*ret = v;
			return true;
		}
	}
	return false;
}

static bool skip(struct span *s, uint64_t n)
{
	if (n > s->n)
		return false;
	s->p += n;
	s->n -= n;
	return true;
}

/* 1, 0 at the end, -EBADMSG. */
static int next_field(struct span *s, struct field *ret)
{
	struct field f = {0};
	uint64_t v;
	bool fine;

	if (!s->n)
		return 0;
	if (!get_varint(s, &v))
		return -EBADMSG;
	f.number = v >> 3;
	f.wire = v & 7;
	if (f.wire == WIRE_VARINT) {
		fine = get_varint(s, &v);
	} else if (f.wire == WIRE_BYTES) {
		fine = get_varint(s, &v);
		f.bytes.p = s->p;
		fine = fine && skip(s, v);
		f.bytes.n = fine ? v : 0;
	} else {
		fine = (f.wire == WIRE_64 && skip(s, 8)) || (f.wire == WIRE_32 && skip(s, 4));
	}
	if (!fine || !f.number)
		return -EBADMSG;
	*ret = f;
	return 1;
}

/* The last field of that number (it is the one that counts), empty where there is none. 0 or -EBADMSG. */
static int find_bytes(struct span s, uint64_t number, struct span *ret)
{
	struct field f;
	int r;

	*ret = (struct span){(const uint8_t *)"", 0};
	while ((r = next_field(&s, &f)) > 0)
		if (f.number == number && f.wire == WIRE_BYTES)
			*ret = f.bytes;
	return r;
}

static void span_text(struct span s, char *to, size_t size)
{
	size_t n = s.n < size - 1 ? s.n : size - 1;

	memcpy(to, s.p, n);
	to[n] = 0;
}

/* "k8s\0", Unknown{1 typeMeta{2 kind}, 2 raw}. */
static int open_unknown(struct span s, char kind[64], struct span *ret_raw)
{
	struct span type, name;

	if (s.n < 4 || memcmp(s.p, "k8s", 4))
		return -EBADMSG;
	skip(&s, 4);
	if (find_bytes(s, 1, &type) || find_bytes(type, 2, &name) || find_bytes(s, 2, ret_raw))
		return -EBADMSG;
	span_text(name, kind, 64);
	return 0;
}

static const char *text(const char *s)
{
	return s ? s : "";
}

/* ------------------------------------------------------------ lists, events */

static int get_list_meta(struct arena *a, struct span s, struct kube_list_meta *m)
{
	const Kube__ListMeta *from = kube_unpack(a, &kube__list_meta__descriptor, s);

	if (!from)
		return kube_broken(a);
	KUBE_COPY(m->resource_version, text(from->resource_version));
	free(m->next);
	m->next = NULL;
	if (*text(from->continue_token)) {
		m->next = strdup(from->continue_token);
		return m->next ? 0 : -ENOMEM;
	}
	return 0;
}

int kube_protobuf_list(const struct kube_list_sink *sink, const void *data, size_t size,
		       struct kube_list_meta *m)
{
	struct kube_object o = {0};
	struct arena a = {0};
	struct field f = {0};
	struct span list;
	char kind[64];
	int err = open_unknown((struct span){data, size}, kind, &list);

	if (!err && !kube_is_list_of(kind, sink->kind))
		err = -EBADMSG;
	while (!err && (err = next_field(&list, &f)) > 0) {
		err = 0;
		if (f.wire == WIRE_BYTES && f.number == 1)
			err = get_list_meta(&a, f.bytes, m);
		if (f.wire != WIRE_BYTES || f.number != 2)
			continue;
		err = kube_protobuf_object(&a, sink->kind, f.bytes, &o);
		if (!err)
			sink->object(sink->arg, &o);
	}
	arena_free(&a);
	return err;
}

static int get_bookmark(struct arena *a, struct span s, struct kube_event *e)
{
	const Kube__Bookmark *b = kube_unpack(a, &kube__bookmark__descriptor, s);

	if (!b)
		return kube_broken(a);
	if (!b->metadata)
		return 0;
	KUBE_COPY(e->resource_version, text(b->metadata->resource_version));
	for (size_t i = 0; i < b->metadata->n_annotations; i++) {
		const Kube__Entry *at = b->metadata->annotations[i];

		if (!strcmp(text(at->key), KUBE_INITIAL_END) && !strcmp(text(at->value), "true"))
			e->initial_end = true;
	}
	return 0;
}

static int get_status(struct arena *a, struct span s, struct kube_event *e)
{
	const Kube__Status *from = kube_unpack(a, &kube__status__descriptor, s);

	if (!from)
		return kube_broken(a);
	e->code = from->code;
	KUBE_COPY(e->message, *text(from->message) ? from->message : text(from->reason));
	return 0;
}

static int get_event(struct arena *a, const struct kube_event_sink *sink, struct span object,
		     struct kube_event *e)
{
	struct kube_object o = {0};
	struct span raw;
	char kind[64];
	int err = open_unknown(object, kind, &raw);

	if (err)
		return err;
	if (e->change == KUBE_ERROR)
		return get_status(a, raw, e);
	if (*kind && strcmp(kind, kube_kind_name(sink->kind)))
		return -EBADMSG;
	if (e->change == KUBE_BOOKMARK)
		return get_bookmark(a, raw, e);
	err = kube_protobuf_object(a, sink->kind, raw, &o);
	if (err)
		return err;
	KUBE_COPY(e->resource_version, o.meta.resource_version);
	sink->object(sink->arg, e->change, &o);
	return 0;
}

/* WatchEvent{1 type, 2 object RawExtension{1 raw}}. */
int kube_protobuf_event(const struct kube_event_sink *sink, const void *data, size_t size,
			struct kube_event *e)
{
	struct span s = {data, size}, type, extension, object;
	struct arena a = {0};
	char word[16];
	int change, err;

	if (find_bytes(s, 1, &type) || find_bytes(s, 2, &extension) ||
	    find_bytes(extension, 1, &object))
		return -EBADMSG;
	span_text(type, word, sizeof(word));
	change = kube_parse_change(word);
	if (change < 0)
		return -EBADMSG;
	e->change = (enum kube_change)change;
	err = get_event(&a, sink, object, e);
	arena_free(&a);
	return err;
}

bool kube_protobuf_status(const void *data, size_t size, struct kube_event *e)
{
	struct arena a = {0};
	struct span raw;
	char kind[64];
	bool is = !open_unknown((struct span){data, size}, kind, &raw) && !strcmp(kind, "Status") &&
		  !get_status(&a, raw, e);

	arena_free(&a);
	return is;
}
