// SPDX-License-Identifier: MIT
/*
 * Kubernetes' JSON encoding. A list is walked in place, and of each of its items
 * only the members that are read are given to jansson: most of an object is
 * something else, and a page of any length takes the memory of one of them.
 */
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "flows/names/kube_decode.h"
#include "flows/names/kube_json.h"

/* NUL in a text cuts it, as it does in protobuf. */
#define LOAD_FLAGS (JSON_ALLOW_NUL | JSON_DECODE_ANY)

/* ---------------------------------------------------- the text, in place */

struct cursor {
	const char *p, *end;
};

static void space(struct cursor *c)
{
	while (c->p < c->end && (*c->p == ' ' || *c->p == '\t' || *c->p == '\n' || *c->p == '\r'))
		c->p++;
}

/* Space, then that character. */
static bool take(struct cursor *c, char wanted)
{
	space(c);
	if (c->p == c->end || *c->p != wanted)
		return false;
	c->p++;
	return true;
}

/* From behind the opening quote to behind the closing one. */
static bool skip_string(struct cursor *c)
{
	for (; c->p < c->end; c->p++) {
		if (*c->p == '"') {
			c->p++;
			return true;
		}
		if (*c->p == '\\')
			c->p++;
		if (c->p >= c->end)
			return false;
	}
	return false;
}

/* Brackets are counted, not matched: whoever reads the value finds what is wrong with it. */
static bool skip_nested(struct cursor *c)
{
	size_t depth = 0;

	while (c->p < c->end) {
		char ch = *c->p++;

		if (ch == '"' && !skip_string(c))
			return false;
		if (ch == '{' || ch == '[')
			depth++;
		if ((ch == '}' || ch == ']') && !--depth)
			return true;
	}
	return false;
}

/* The next value's text, unread. */
static bool take_value(struct cursor *c, struct cursor *ret)
{
	space(c);
	ret->p = c->p;
	if (c->p == c->end)
		return false;
	if (*c->p == '"') {
		c->p++;
		if (!skip_string(c))
			return false;
	} else if (*c->p == '{' || *c->p == '[') {
		if (!skip_nested(c))
			return false;
	} else {
		while (c->p < c->end && !strchr(",]} \t\r\n", *c->p))
			c->p++;
	}
	ret->end = c->p;
	return ret->end > ret->p;
}

static bool is(const struct cursor *value, const char *text)
{
	size_t n = strlen(text);

	return (size_t)(value->end - value->p) == n && !memcmp(value->p, text, n);
}

/* NULL and *ret_err: -EBADMSG or -ENOMEM. */
static json_t *load(const struct cursor *value, int *ret_err)
{
	json_error_t why;
	json_t *v = json_loadb(value->p, (size_t)(value->end - value->p), LOAD_FLAGS, &why);

	if (!v)
		*ret_err = json_error_code(&why) == json_error_out_of_memory ? -ENOMEM : -EBADMSG;
	return v;
}

typedef int member_fn(void *arg, const struct cursor *key, const struct cursor *value);

/* Calls f for the members of an object that is all there is; keys have their quotes. 0, -EBADMSG, or what f says. */
static int each_member(struct cursor c, member_fn *f, void *arg)
{
	struct cursor key, value;
	int err;

	if (!take(&c, '{'))
		return -EBADMSG;
	if (!take(&c, '}')) {
		do {
			space(&c);
			if (c.p == c.end || *c.p != '"' || !take_value(&c, &key) ||
			    !take(&c, ':') || !take_value(&c, &value))
				return -EBADMSG;
			err = f(arg, &key, &value);
			if (err)
				return err;
		} while (take(&c, ','));
		if (!take(&c, '}'))
			return -EBADMSG;
	}
	space(&c);
	return c.p == c.end ? 0 : -EBADMSG;
}

/* ------------------------------------------------------------------- items */

/* What kube_json_object() reads, of all kinds together; NULL ends. */
static const char *const outer_keys[] = {
	"\"metadata\"", "\"spec\"", "\"status\"", "\"endpoints\"", "\"ports\"", NULL,
};
static const char *const inner_keys[] = {
	"\"name\"",
	"\"namespace\"",
	"\"uid\"",
	"\"resourceVersion\"",
	"\"labels\"",
	"\"ownerReferences\"",
	"\"nodeName\"",
	"\"hostNetwork\"",
	"\"phase\"",
	"\"podIP\"",
	"\"podIPs\"",
	"\"initContainerStatuses\"",
	"\"ephemeralContainerStatuses\"",
	"\"containerStatuses\"",
	"\"ports\"",
	"\"clusterIP\"",
	"\"clusterIPs\"",
	"\"externalIPs\"",
	"\"type\"",
	"\"loadBalancer\"",
	"\"addresses\"",
	NULL,
};

struct extract {
	json_t *to;
	const char *const *keys;
	bool inner;
};

static member_fn extract_member;

/* An object of those members that have one of the keys. NULL and *ret_err. */
static json_t *extract(const struct cursor *value, bool inner, int *ret_err)
{
	struct extract x = {json_object(), inner ? inner_keys : outer_keys, inner};

	*ret_err = x.to ? each_member(*value, extract_member, &x) : -ENOMEM;
	if (!*ret_err)
		return x.to;
	json_decref(x.to);
	return NULL;
}

static int extract_member(void *arg, const struct cursor *key, const struct cursor *value)
{
	const struct extract *x = arg;
	const char *const *k = x->keys;
	json_t *v;
	int err;

	while (*k && !is(key, *k))
		k++;
	if (!*k)
		return 0;
	v = !x->inner && *value->p == '{' ? extract(value, true, &err) : load(value, &err);
	if (!v)
		return err;
	/* without the quotes */
	return json_object_setn_new_nocheck(x->to, *k + 1, strlen(*k) - 2, v) ? -ENOMEM : 0;
}

/* ------------------------------------------------------------------- lists */

struct list {
	const struct kube_list_sink *sink;
	struct kube_list_meta *meta;
	struct arena arena;
	bool is_list; /* its kind was seen */
};

static int take_item(struct list *l, const struct cursor *value)
{
	struct kube_object o = {0};
	int err;
	json_t *v = extract(value, false, &err);

	if (!v)
		return err;
	arena_reset(&l->arena, (size_t)(value->end - value->p));
	err = kube_json_object(&l->arena, l->sink->kind, v, &o);
	if (!err)
		l->sink->object(l->sink->arg, &o);
	json_decref(v);
	return err;
}

static int take_items(struct list *l, struct cursor c)
{
	struct cursor value;
	int err;

	if (is(&c, "null"))
		return 0;
	if (!take(&c, '['))
		return -EBADMSG;
	if (take(&c, ']'))
		return 0;
	do {
		if (!take_value(&c, &value))
			return -EBADMSG;
		err = take_item(l, &value);
		if (err)
			return err;
	} while (take(&c, ','));
	return take(&c, ']') ? 0 : -EBADMSG;
}

static int take_list_meta(struct kube_list_meta *m, const struct cursor *value)
{
	const char *next;
	int err = 0;
	json_t *v = load(value, &err);

	if (!v)
		return err;
	KUBE_COPY(m->resource_version, kube_json_text(v, "resourceVersion"));
	next = kube_json_text(v, "continue");
	free(m->next);
	m->next = *next ? strdup(next) : NULL;
	if (*next && !m->next)
		err = -ENOMEM;
	json_decref(v);
	return err;
}

static int check_kind(struct list *l, const struct cursor *value)
{
	int err = 0;
	json_t *v = load(value, &err);

	l->is_list = json_is_string(v) && kube_is_list_of(json_string_value(v), l->sink->kind);
	json_decref(v);
	return l->is_list ? 0 : err ? err : -EBADMSG;
}

static int take_member(void *arg, const struct cursor *key, const struct cursor *value)
{
	struct list *l = arg;

	if (is(key, "\"items\""))
		return take_items(l, *value);
	if (is(key, "\"metadata\""))
		return take_list_meta(l->meta, value);
	if (is(key, "\"kind\""))
		return check_kind(l, value);
	return 0;
}

int kube_json_list(const struct kube_list_sink *sink, const void *data, size_t size,
		   struct kube_list_meta *m)
{
	struct list l = {.sink = sink, .meta = m};
	const char *text = data;
	int err = -EBADMSG;

	if (size)
		err = each_member((struct cursor){text, text + size}, take_member, &l);
	arena_free(&l.arena);
	return err || l.is_list ? err : -EBADMSG;
}

/* ------------------------------------------------------------------ events */

static bool get_status(const json_t *v, struct kube_event *e)
{
	const char *message = kube_json_text(v, "message");
	json_int_t code = json_integer_value(json_object_get(v, "code"));

	if (strcmp(kube_json_text(v, "kind"), "Status"))
		return false;
	e->code = code >= 0 && code <= 999 ? (int)code : 0;
	KUBE_COPY(e->message, *message ? message : kube_json_text(v, "reason"));
	return true;
}

static void get_bookmark(const json_t *v, struct kube_event *e)
{
	const json_t *meta = json_object_get(v, "metadata");
	const json_t *annotations = json_object_get(meta, "annotations");

	KUBE_COPY(e->resource_version, kube_json_text(meta, "resourceVersion"));
	e->initial_end = !strcmp(kube_json_text(annotations, KUBE_INITIAL_END), "true");
}

static int get_event(const struct kube_event_sink *sink, const json_t *v, size_t size,
		     struct kube_event *e)
{
	const json_t *object = json_object_get(v, "object");
	int change = kube_parse_change(kube_json_text(v, "type")), err;
	const char *kind = kube_json_text(object, "kind");
	struct kube_object o = {0};
	struct arena a = {0};

	if (change < 0 || !json_is_object(object))
		return -EBADMSG;
	e->change = (enum kube_change)change;
	if (e->change == KUBE_ERROR)
		return get_status(object, e) ? 0 : -EBADMSG;
	if (*kind && strcmp(kind, kube_kind_name(sink->kind)))
		return -EBADMSG;
	if (e->change == KUBE_BOOKMARK) {
		get_bookmark(object, e);
		return 0;
	}
	arena_reset(&a, size);
	err = kube_json_object(&a, sink->kind, object, &o);
	if (!err) {
		KUBE_COPY(e->resource_version, o.meta.resource_version);
		sink->object(sink->arg, e->change, &o);
	}
	arena_free(&a);
	return err;
}

int kube_json_event(const struct kube_event_sink *sink, const void *data, size_t size,
		    struct kube_event *e)
{
	const struct cursor all = {data, (const char *)data + size};
	int err = -EBADMSG;
	json_t *v = size ? load(&all, &err) : NULL;

	if (!v)
		return err;
	err = get_event(sink, v, size, e);
	json_decref(v);
	return err;
}

bool kube_json_status(const void *data, size_t size, struct kube_event *e)
{
	const struct cursor all = {data, (const char *)data + size};
	int err;
	json_t *v = size ? load(&all, &err) : NULL;
	bool is_status = v && get_status(v, e);

	json_decref(v);
	return is_status;
}
