// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdlib.h>

#include "export/metrics_parts.h"
#include "flows/table.h"

#define SLOTS_FIRST 64

/* From the end, as digits come. */
void metric_label_u64(struct metric_labels *l, uint64_t v)
{
	char digits[20], *p = digits + sizeof(digits);

	do {
		*--p = '0' + v % 10;
		v /= 10;
	} while (v);
	metric_label_n(l, p, digits + sizeof(digits) - p);
}

int metric_family_init(struct metric_family *f, const struct metric_row *row, bool extra,
		       const char *const *labels, size_t n_labels, uint32_t max)
{
	memset(f, 0, sizeof(*f));
	f->row = row;
	f->max = max;
	for (size_t i = 0; row->labels[i]; i++)
		f->labels[f->n_labels++] = row->labels[i];
	if (row->extra && extra)
		f->labels[f->n_labels++] = row->extra;
	for (size_t i = 0; i < n_labels && f->n_labels < METRIC_LABELS_MAX; i++)
		f->labels[f->n_labels++] = labels[i];
	f->slots = calloc(SLOTS_FIRST, sizeof(*f->slots));
	f->n_slots = SLOTS_FIRST;
	return f->slots ? 0 : -ENOMEM;
}

static void series_free(struct metric_series *s)
{
	free(s->exemplar);
	free(s);
}

void metric_family_clear(struct metric_family *f)
{
	for (size_t i = 0; i < f->n; i++)
		series_free(f->order[i]);
	free(f->order);
	free(f->slots);
	memset(f, 0, sizeof(*f));
}

const char *metric_series_key(const struct metric_family *f, const struct metric_series *s)
{
	return (const char *)(s->buckets + f->row->n_bounds);
}

static struct metric_series **slot_of(const struct metric_family *f, uint64_t hash, const char *key,
				      size_t len)
{
	size_t mask = f->n_slots - 1, i = hash & mask;

	while (f->slots[i] && (f->slots[i]->hash != hash || f->slots[i]->len != len ||
			       memcmp(metric_series_key(f, f->slots[i]), key, len)))
		i = (i + 1) & mask;
	return &f->slots[i];
}

/* Puts every series into empty slots. */
static void rehash(struct metric_family *f)
{
	for (size_t i = 0; i < f->n; i++) {
		struct metric_series *s = f->order[i];

		*slot_of(f, s->hash, metric_series_key(f, s), s->len) = s;
	}
}

static bool grow(struct metric_family *f)
{
	struct metric_series **slots, **order;
	size_t places = f->n_order ? 2 * f->n_order : SLOTS_FIRST / 2;

	if (f->n < f->n_order)
		return true;
	order = realloc(f->order, places * sizeof(*order));
	if (!order)
		return false;
	f->order = order;
	if (2 * places > f->n_slots) {
		slots = calloc(2 * places, sizeof(*slots));
		if (!slots)
			return false;
		free(f->slots);
		f->slots = slots;
		f->n_slots = 2 * places;
		rehash(f);
	}
	f->n_order = places;
	return true;
}

static struct metric_series *insert(struct metric_family *f, uint64_t hash, const char *key,
				    size_t len)
{
	size_t buckets = f->row->n_bounds * sizeof(uint64_t);
	struct metric_series *s;

	if (!grow(f))
		return NULL;
	s = calloc(1, sizeof(*s) + buckets + len);
	if (!s)
		return NULL;
	s->hash = hash;
	s->len = len;
	memcpy((char *)s->buckets + buckets, key, len);
	*slot_of(f, hash, key, len) = s;
	f->order[f->n++] = s;
	return s;
}

/*
 * Untrusted values: what is no UTF-8 or would do something to a terminal becomes
 * U+FFFD, so that no two series look alike on the page.
 */
static void clean(struct metric_labels *to, const struct metric_labels *from)
{
	const char *s = from->key, *end = from->key + from->len;

	metric_labels_init(to);
	while (s < end) {
		size_t n = strlen(s), len, out = 0;
		char value[3 * METRIC_VALUE_MAX];
		uint32_t c = 0;

		for (const char *p = s; p < s + n; p += len) {
			len = utf8_next(p, s + n - p, &c);
			if (len && !utf8_is_control(c)) {
				memcpy(value + out, p, len);
				out += len;
			} else {
				memcpy(value + out, "\xef\xbf\xbd", 3);
				out += 3;
				len = len ? len : 1;
			}
		}
		/* A character is not cut in two. */
		if (out > METRIC_VALUE_MAX)
			for (out = METRIC_VALUE_MAX; (value[out] & 0xc0) == 0x80; out--)
				;
		metric_label_n(to, value, out);
		s += n + 1;
	}
}

static struct metric_series *other(struct metric_family *f)
{
	struct metric_labels l;

	f->overflow++;
	if (f->other)
		return f->other;
	metric_labels_init(&l);
	for (size_t i = 0; i < f->n_labels; i++)
		metric_label_n(&l, "other", 5);
	f->other = *slot_of(f, table_hash(l.key, l.len), l.key, l.len);
	if (!f->other)
		f->other = insert(f, table_hash(l.key, l.len), l.key, l.len);
	return f->other;
}

/* The way of what was not seen before, or is not clean. NULL: no memory. */
static struct metric_series *series_new(struct metric_family *f, const struct metric_labels *l)
{
	struct metric_labels cleaned;
	struct metric_series *s;
	uint64_t hash;

	clean(&cleaned, l);
	hash = table_hash(cleaned.key, cleaned.len);
	s = *slot_of(f, hash, cleaned.key, cleaned.len);
	if (s)
		return s;
	if (f->n >= f->max)
		return other(f);
	return insert(f, hash, cleaned.key, cleaned.len);
}

static struct metric_series *series_of(struct metric_family *f, const struct metric_labels *l)
{
	struct metric_series *s = *slot_of(f, table_hash(l->key, l->len), l->key, l->len);

	return s ? s : series_new(f, l);
}

void metric_add(struct metric_family *f, const struct metric_labels *l, uint64_t n)
{
	struct metric_series *s = series_of(f, l);

	if (s)
		s->value += n;
}

static void keep_exemplar(struct metric_series *s, const char *trace_id, uint64_t ns, size_t bucket)
{
	struct metric_exemplar *e = s->exemplar;
	size_t n = strlen(trace_id);

	/* OpenMetrics bounds an exemplar's labels to 128 characters. */
	for (size_t i = 0; i < n; i++)
		if (trace_id[i] <= ' ' || trace_id[i] > '~' || trace_id[i] == '"' ||
		    trace_id[i] == '\\')
			return;
	if (!n || n >= sizeof(e->trace_id))
		return;
	if (!e)
		e = s->exemplar = calloc(1, sizeof(*e));
	if (!e)
		return;
	memcpy(e->trace_id, trace_id, n + 1);
	e->value_ns = ns;
	e->bucket = bucket;
}

void metric_observe(struct metric_family *f, const struct metric_labels *l, uint64_t ns,
		    const char *trace_id)
{
	struct metric_series *s = series_of(f, l);
	size_t i = 0;

	if (!s)
		return;
	while (i < f->row->n_bounds && ns > f->row->bounds[i])
		i++;
	if (i < f->row->n_bounds)
		s->buckets[i]++;
	s->value++;
	s->sum_ns += ns;
	if (trace_id)
		keep_exemplar(s, trace_id, ns, i);
}

void metric_family_remove(struct metric_family *f, void *arg,
			  bool (*gone)(void *arg, const struct metric_family *f,
				       const struct metric_series *s))
{
	size_t kept = 0;

	for (size_t i = 0; i < f->n; i++) {
		struct metric_series *s = f->order[i];

		if (s == f->other || !gone(arg, f, s))
			f->order[kept++] = s;
		else
			series_free(s);
	}
	if (kept == f->n)
		return;
	f->n = kept;
	memset(f->slots, 0, f->n_slots * sizeof(*f->slots));
	rehash(f);
}
