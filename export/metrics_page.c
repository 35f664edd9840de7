// SPDX-License-Identifier: MIT
/*
 * The page: OpenMetrics 1.0 (prometheus/OpenMetrics, specification), or Prometheus'
 * text format 0.0.4 for those who do not ask for it. They differ in a counter's name
 * in front of its samples, in units, exemplars, and the end.
 */
#include <errno.h>

#include "export/metrics_parts.h"

#define PIECE (64u << 10)

/* The families that are no metric's. */
static struct metric_family *internal_family(struct metrics *m, unsigned int i)
{
	struct metric_family *const all[] = {&m->lost, &m->requests, &m->durations};

	return i < sizeof(all) / sizeof(all[0]) && all[i]->row ? all[i] : NULL;
}

struct metric_family *metrics_family(struct metrics *m, unsigned int i)
{
	const struct metric *const lists[] = {m->list, m->watched};

	for (size_t l = 0; l < 2; l++)
		for (const struct metric *x = lists[l]; x; x = x->next) {
			if (i < x->n_families)
				return (struct metric_family *)&x->families[i];
			i -= x->n_families;
		}
	return internal_family(m, i);
}

/* ----------------------------------------------------------------------- samples */

static void put_escaped(struct text *t, const char *s, size_t n)
{
	const char *end = s + n;

	while (s < end) {
		const char *p = s;

		while (p < end && *p != '"' && *p != '\\' && *p != '\n')
			p++;
		text_mem(t, s, p - s);
		if (p == end)
			return;
		text_char(t, '\\');
		text_char(t, *p == '\n' ? 'n' : *p);
		s = p + 1;
	}
}

/* name="value",.. without the brackets. */
static void put_labels(struct text *t, const struct metric_family *f, const struct metric_series *s)
{
	const char *value = metric_series_key(f, s), *end = value + s->len;

	for (size_t i = 0; i < f->n_labels && value < end; i++) {
		size_t n = strlen(value);

		if (i)
			text_char(t, ',');
		text_str(t, f->labels[i]);
		text_mem(t, "=\"", 2);
		put_escaped(t, value, n);
		text_char(t, '"');
		value += n + 1;
	}
}

/* 1500000000 is "1.5"; `point`: whole numbers have one, too. */
static void put_seconds(struct text *t, uint64_t ns, bool point)
{
	uint64_t rest = ns % 1000000000;
	unsigned int digits = 9;

	text_u64(t, ns / 1000000000);
	if (!rest) {
		if (point)
			text_mem(t, ".0", 2);
		return;
	}
	while (rest % 10 == 0) {
		rest /= 10;
		digits--;
	}
	text_char(t, '.');
	text_padded(t, rest, digits);
}

static void put_name(struct text *t, const struct metric_family *f, const struct metric_series *s,
		     const char *suffix)
{
	text_str(t, f->row->name);
	text_str(t, suffix);
	if (!f->n_labels)
		return;
	text_char(t, '{');
	put_labels(t, f, s);
	text_char(t, '}');
}

static void put_counter(struct text *t, const struct metric_family *f,
			const struct metric_series *s)
{
	put_name(t, f, s, "_total");
	text_char(t, ' ');
	text_u64(t, s->value);
	text_char(t, '\n');
}

static void put_exemplar(struct text *t, const struct metric_exemplar *e)
{
	text_str(t, " # {traceID=\"");
	text_str(t, e->trace_id);
	text_mem(t, "\"} ", 3);
	put_seconds(t, e->value_ns, true);
}

static void put_bucket(struct text *t, const struct metric_family *f, const struct metric_series *s,
		       size_t i, uint64_t count, bool open)
{
	text_str(t, f->row->name);
	text_str(t, "_bucket{");
	put_labels(t, f, s);
	text_str(t, f->n_labels ? ",le=\"" : "le=\"");
	if (i < f->row->n_bounds)
		put_seconds(t, f->row->bounds[i], open);
	else
		text_str(t, "+Inf");
	text_mem(t, "\"} ", 3);
	text_u64(t, count);
	if (open && s->exemplar && s->exemplar->bucket == i)
		put_exemplar(t, s->exemplar);
	text_char(t, '\n');
}

static void put_histogram(struct text *t, const struct metric_family *f,
			  const struct metric_series *s, bool open)
{
	uint64_t count = 0;

	for (size_t i = 0; i < f->row->n_bounds; i++) {
		count += s->buckets[i];
		put_bucket(t, f, s, i, count, open);
	}
	put_bucket(t, f, s, f->row->n_bounds, s->value, open);
	put_name(t, f, s, "_sum");
	text_char(t, ' ');
	put_seconds(t, s->sum_ns, open);
	text_char(t, '\n');
	put_name(t, f, s, "_count");
	text_char(t, ' ');
	text_u64(t, s->value);
	text_char(t, '\n');
}

/* ------------------------------------------------------------------------- heads */

static void put_line(struct text *t, const char *what, const char *name, const char *suffix,
		     const char *value)
{
	text_str(t, what);
	text_str(t, name);
	text_str(t, suffix);
	text_char(t, ' ');
	text_str(t, value);
	text_char(t, '\n');
}

static void put_head(struct text *t, bool open, const char *name, const char *type,
		     const char *unit, const char *help)
{
	const char *suffix = !open && !strcmp(type, "counter") ? "_total" : "";

	put_line(t, "# HELP ", name, suffix, help);
	put_line(t, "# TYPE ", name, suffix, type);
	if (open && unit)
		put_line(t, "# UNIT ", name, "", unit);
}

static void put_family_head(struct text *t, bool open, const struct metric_family *f)
{
	put_head(t, open, f->row->name, f->row->type == METRIC_COUNTER ? "counter" : "histogram",
		 f->row->unit, f->row->help);
}

/* The page about itself. */
static void put_own(struct text *t, struct metrics *m, bool open)
{
	struct metric_family *f;

	put_head(t, open, "pitot_metrics_series", "gauge", NULL, "Series held of each metric");
	for (unsigned int i = 0; (f = metrics_family(m, i)); i++) {
		text_str(t, "pitot_metrics_series{metric=\"");
		text_str(t, f->row->name);
		text_str(t, "\"} ");
		text_u64(t, f->n);
		text_char(t, '\n');
	}
	put_head(t, open, "pitot_metrics_overflow", "counter", NULL,
		 "Values that went into the series of others: the metric had no room for theirs");
	for (unsigned int i = 0; (f = metrics_family(m, i)); i++) {
		text_str(t, "pitot_metrics_overflow_total{metric=\"");
		text_str(t, f->row->name);
		text_str(t, "\"} ");
		text_u64(t, f->overflow);
		text_char(t, '\n');
	}
}

/* The rest of a line of the head of a counter's samples, from its name on; NULL: it is none. */
static const char *counter_name(const char *s, const char *end)
{
	const char *line = memchr(s, '\n', end - s), *word;

	if (end - s < 7)
		return NULL;
	if (!memcmp(s, "# TYPE ", 7)) {
		word = memmem(s, (line ? line : end) - s, " counter", 8);
		return word && (word + 8 == end || word[8] == '\n') ? s + 7 : NULL;
	}
	/* Its type is in the line that follows. */
	if (!memcmp(s, "# HELP ", 7) && line && counter_name(line + 1, end))
		return s + 7;
	return NULL;
}

/*
 * The lines that others add are in Prometheus' format: for OpenMetrics a counter's
 * name loses its "_total" where it stands in front of the samples.
 */
static void put_foreign(struct text *t, const char *s, size_t n, bool open)
{
	const char *end = s + n;

	while (s < end) {
		const char *line = memchr(s, '\n', end - s), *name, *space = NULL;
		size_t len = line ? (size_t)(line - s) : (size_t)(end - s);

		name = open ? counter_name(s, end) : NULL;
		if (name)
			space = memchr(name, ' ', s + len - name);
		if (space && space - name > 6 && !memcmp(space - 6, "_total", 6)) {
			text_mem(t, s, space - s - 6);
			text_mem(t, space, s + len - space);
		} else {
			text_mem(t, s, len);
		}
		text_char(t, '\n');
		s += len + 1;
	}
}

static void put_extras(struct text *t, struct metrics *m, bool open)
{
	struct text lines = {0};

	for (size_t i = 0; i < m->n_extras; i++) {
		lines.len = 0;
		m->extras[i].write(m->extras[i].arg, &lines);
		put_foreign(t, lines.len ? lines.data : "", lines.len, open);
	}
	text_free(&lines);
}

/* -------------------------------------------------------------------------- pieces */

void metrics_page_begin(struct metrics_page *p, struct metrics *m, bool open)
{
	*p = (struct metrics_page){.m = m, .open = open, .generation = m->generation};
}

int metrics_page_next(struct metrics_page *p, struct text *t)
{
	size_t end = t->len + PIECE;
	struct metric_family *f;

	if (p->generation != p->m->generation)
		return -ESTALE;
	while ((f = metrics_family(p->m, p->family))) {
		if (!p->begun && f->n)
			put_family_head(t, p->open, f);
		p->begun = true;
		for (; p->series < f->n; p->series++) {
			if (t->len >= end)
				return t->err ? t->err : 1;
			if (f->row->type == METRIC_COUNTER)
				put_counter(t, f, f->order[p->series]);
			else
				put_histogram(t, f, f->order[p->series], p->open);
		}
		p->family++;
		p->series = 0;
		p->begun = false;
	}
	put_own(t, p->m, p->open);
	put_extras(t, p->m, p->open);
	if (p->open)
		text_str(t, "# EOF\n");
	return t->err;
}

void metrics_write(struct metrics *m, struct text *t)
{
	struct metrics_page p;

	metrics_page_begin(&p, m, true);
	while (metrics_page_next(&p, t) > 0)
		;
}
