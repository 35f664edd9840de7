// SPDX-License-Identifier: MIT
#include "cli/sort.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/columns.h"

struct kept {
	struct flow flow;
	uint64_t number; /* in the order they came */
};

/* A heap whose top is the last in order: the one that goes when a better one comes. */
struct sort {
	struct sink sink;
	struct sink *next;
	struct columns columns;
	struct kept **heap;
	size_t n, size, max;
	uint64_t seen;
	bool bounded; /* by us, not by --limit */
	bool released;
	struct text scratch[2];
};

int sort_check(const char *by, char *err, size_t err_size)
{
	struct columns ignored;
	char why[200];

	if (!columns_parse(by, true, &ignored, why, sizeof(why)))
		return 0;
	snprintf(err, err_size, "--sort: %s", why);
	return -EINVAL;
}

static int compare(struct sort *s, const struct flow *a, const struct flow *b)
{
	for (unsigned int i = 0; i < s->columns.n; i++) {
		const struct field *field = s->columns.field[i];
		struct field_value x, y;
		int order;

		s->scratch[0].len = s->scratch[0].err = 0;
		s->scratch[1].len = s->scratch[1].err = 0;
		field->get(a, &x, &s->scratch[0]);
		field->get(b, &y, &s->scratch[1]);
		order = field_compare(field, &x, &y);
		if (order)
			return s->columns.descending[i] ? -order : order;
	}
	return 0;
}

/* a comes behind b */
static bool behind(struct sort *s, const struct kept *a, const struct kept *b)
{
	int order = compare(s, &a->flow, &b->flow);

	return order ? order > 0 : a->number > b->number;
}

static void swap(struct sort *s, size_t a, size_t b)
{
	struct kept *k = s->heap[a];

	s->heap[a] = s->heap[b];
	s->heap[b] = k;
}

static void rise(struct sort *s, size_t i)
{
	for (; i && behind(s, s->heap[i], s->heap[(i - 1) / 2]); i = (i - 1) / 2)
		swap(s, i, (i - 1) / 2);
}

static void sink_down(struct sort *s, size_t i)
{
	while (true) {
		size_t last = i, left = 2 * i + 1;

		if (left < s->n && behind(s, s->heap[left], s->heap[last]))
			last = left;
		if (left + 1 < s->n && behind(s, s->heap[left + 1], s->heap[last]))
			last = left + 1;
		if (last == i)
			return;
		swap(s, i, last);
		i = last;
	}
}

static int grow(struct sort *s)
{
	size_t size = s->size ? 2 * s->size : 64;
	struct kept **heap;

	if (s->n < s->size)
		return 0;
	heap = reallocarray(s->heap, size, sizeof(struct kept *));
	if (!heap)
		return -ENOMEM;
	s->heap = heap;
	s->size = size;
	return 0;
}

static int keep(struct sort *s, const struct flow *f)
{
	struct kept *k;

	if (grow(s))
		return -ENOMEM;
	k = malloc(sizeof(*k));
	if (!k)
		return -ENOMEM;
	flow_copy(&k->flow, f);
	k->number = s->seen;
	s->heap[s->n] = k;
	rise(s, s->n++);
	return 0;
}

static int sort_flow(struct sink *sink, const struct flow *f)
{
	struct sort *s = (struct sort *)sink;
	struct kept *top;

	if (s->released)
		return 0;
	s->seen++;
	if (s->n < s->max)
		return keep(s, f);
	top = s->heap[0];
	if (compare(s, f, &top->flow) >= 0)
		return 0;
	flow_release(&top->flow);
	flow_copy(&top->flow, f);
	top->number = s->seen;
	sink_down(s, 0);
	return 0;
}

/* The top is the last in order: it goes to the end, until all lie in order. */
static void put_in_order(struct sort *s)
{
	size_t n = s->n;

	while (s->n > 1) {
		swap(s, 0, --s->n);
		sink_down(s, 0);
	}
	s->n = n;
}

int sort_release(struct sink *sink, uint64_t *ret_missing)
{
	struct sort *s = (struct sort *)sink;
	int err = 0;

	*ret_missing = 0;
	if (s->released)
		return 0;
	s->released = true;
	if (s->bounded)
		*ret_missing = s->seen - s->n;
	put_in_order(s);
	for (size_t i = 0; i < s->n; i++) {
		if (!err)
			err = s->next->flow(s->next, &s->heap[i]->flow);
		flow_release(&s->heap[i]->flow);
		free(s->heap[i]);
	}
	free(s->heap);
	s->heap = NULL;
	s->n = 0;
	if (!err && s->next->flush)
		err = s->next->flush(s->next);
	return err;
}

static int sort_close(struct sink *sink)
{
	struct sort *s = (struct sort *)sink;
	uint64_t ignored;
	int err = sort_release(sink, &ignored);
	int close_err = s->next->close(s->next);

	text_free(&s->scratch[0]);
	text_free(&s->scratch[1]);
	free(s);
	return err ? err : close_err;
}

int sort_new(struct sink *next, const char *by, uint64_t n, struct sink **ret_sink)
{
	struct sort *s = calloc(1, sizeof(*s));
	char ignored[200];

	if (!s)
		return -ENOMEM;
	if (columns_parse(by, true, &s->columns, ignored, sizeof(ignored))) {
		free(s);
		return -EINVAL;
	}
	s->sink = (struct sink){.flow = sort_flow, .close = sort_close};
	s->next = next;
	s->bounded = !n || n > SORT_MAX;
	s->max = s->bounded ? SORT_MAX : n;
	*ret_sink = &s->sink;
	return 0;
}
