/* SPDX-License-Identifier: MIT */
/* Between export/metrics*.c. */
#ifndef PITOT_EXPORT_METRICS_PARTS_H
#define PITOT_EXPORT_METRICS_PARTS_H

#include "export/metrics.h"
#include "flows/filter.h"

/* ------------------------------------------------------------------- families */

#define METRIC_LABELS_MAX 24
#define METRIC_VALUE_MAX 256 /* bytes of a label's value, longer ones are cut */
#define METRIC_KEY_MAX (METRIC_LABELS_MAX * (METRIC_VALUE_MAX + 1))

enum metric_type { METRIC_COUNTER, METRIC_HISTOGRAM };

/* What a family is; constants. */
struct metric_row {
	const char *name; /* without _total */
	const char *help;
	const char *unit; /* "bytes", "seconds"; NULL: none */
	enum metric_type type;
	const char *labels[6]; /* NULL-terminated */
	const char *extra; /* a label that the option of the same name adds; NULL: none */
	const uint64_t *bounds; /* of a histogram's buckets, nanoseconds */
	size_t n_bounds;
};

struct metric_exemplar {
	char trace_id[64];
	uint64_t value_ns;
	size_t bucket;
};

struct metric_series {
	uint64_t hash, value; /* value: a histogram's count */
	uint64_t sum_ns;
	struct metric_exemplar *exemplar; /* NULL: none */
	uint32_t len; /* of the key */
	uint64_t buckets[]; /* n_bounds, then the key: each label's value and a NUL */
};

struct metric_family {
	const struct metric_row *row;
	const char *labels[METRIC_LABELS_MAX];
	size_t n_labels;
	uint32_t max;
	struct metric_series **slots; /* a hash table */
	size_t n_slots;
	struct metric_series **order; /* as they came */
	size_t n, n_order; /* n_order: places */
	struct metric_series *other; /* one of them: what had no room; NULL: had all */
	uint64_t overflow; /* values that went there */
};

struct metric_labels {
	size_t n; /* values */
	size_t len;
	char key[METRIC_KEY_MAX];
};

static inline void metric_labels_init(struct metric_labels *l)
{
	l->n = l->len = 0;
}

/* Up to METRIC_VALUE_MAX bytes of s, of which n are there. */
static inline void metric_label_n(struct metric_labels *l, const char *s, size_t n)
{
	if (l->n == METRIC_LABELS_MAX)
		return;
	if (n > METRIC_VALUE_MAX)
		n = METRIC_VALUE_MAX;
	memcpy(l->key + l->len, s, n);
	l->len += n;
	l->key[l->len++] = '\0';
	l->n++;
}

static inline void metric_label(struct metric_labels *l, const char *s)
{
	metric_label_n(l, s, strlen(s));
}

void metric_label_u64(struct metric_labels *l, uint64_t v);

/* labels: those of the context, after the row's own. 0 or -ENOMEM. */
int metric_family_init(struct metric_family *f, const struct metric_row *row, bool extra,
		       const char *const *labels, size_t n_labels, uint32_t max);
void metric_family_clear(struct metric_family *f);

/* Both find or make the series; without memory or room it is `other`. */
void metric_add(struct metric_family *f, const struct metric_labels *l, uint64_t n);
void metric_observe(struct metric_family *f, const struct metric_labels *l, uint64_t ns,
		    const char *trace_id);

/* Removes those for which gone() says so. Their order stays. */
void metric_family_remove(struct metric_family *f, void *arg,
			  bool (*gone)(void *arg, const struct metric_family *f,
				       const struct metric_series *s));

const char *metric_series_key(const struct metric_family *f, const struct metric_series *s);

/* ------------------------------------------------------------- context options */

#define CONTEXT_IDS_MAX 12

/* What a label of an end says: the first of ids that is not empty. */
struct context_ids {
	uint8_t v[CONTEXT_IDS_MAX];
	uint8_t n;
};

struct metric_context {
	uint16_t labels; /* bit n: name n of labelsContext */
	struct context_ids ids[2][3]; /* source, destination; by enum traffic_direction */
};

/* 0, -EINVAL with a line in err, -ENOENT: no context option. Values by `|` or `,`. */
int metric_context_option(struct metric_context *c, const char *name, const char *value, char *err,
			  size_t err_size);

/* names: METRIC_LABELS_MAX places. Returns how many. */
size_t metric_context_names(const struct metric_context *c, const char **names);

/* invert: the flow is an answer, its ends change places. */
void metric_context_values(const struct metric_context *c, const struct flow *f, bool invert,
			   struct metric_labels *l);

/* Adds "NAME=VALUE", for a message that says what there is. */
extern const char metric_context_help[];

/* -------------------------------------------------------------------- metrics */

#define METRIC_FAMILIES 4
#define METRICS_MAX 64 /* names in a configuration */

/* What several metrics ask of a flow, found out once. */
struct metric_event {
	const struct flow *flow;
	uint32_t type, sub_type; /* Hubble's event_type */
	const char *protocol; /* Hubble's FlowProtocol: "TCP", "DNS", "Unknown L4" */
	bool own; /* captured by pitot: it has counters and the kernel's reasons */
};

struct metric;

struct metric_kind {
	const char *name;
	const char *options[4]; /* NULL-terminated */
	const struct metric_row *families; /* ended by a NULL name */
	void (*flow)(struct metric *m, const struct metric_event *e);
};
/* Ended by a NULL name. */
extern const struct metric_kind metric_l7_kinds[], metric_hubble_kinds[], metric_own_kinds[];

struct metric {
	struct metric *next;
	const struct metric_kind *kind;
	char *text; /* its configuration: the same text is the same metric */
	struct metric_context context;
	uint32_t options; /* bit n: option n */
	struct filter filter;
	bool filtered; /* the filter asks something */
	struct metric_family families[METRIC_FAMILIES];
	size_t n_families;
	struct metric_retransmits *memory; /* of the metric "retransmits" */
};

/* The labels that every family of m ends with. */
static inline void metric_context_of(const struct metric *m, const struct metric_event *e,
				     bool invert, struct metric_labels *l)
{
	metric_context_values(&m->context, e->flow, invert, l);
}

/* 0, or -EINVAL with a line in err, -ENOMEM. The families are made last. */
int metric_new(const char *name, struct metric **ret, char *err, size_t err_size);
int metric_option(struct metric *m, const char *name, const char *value, char *err,
		  size_t err_size);
int metric_finish(struct metric *m, uint32_t max_series);
void metric_free(struct metric *m); /* takes NULL */
void metric_retransmits_free(struct metric_retransmits *r);

/* "name:opt;opt=v|v name"; the list, in order. NULL: the default set. */
int metrics_parse(const char *spec, uint32_t max_series, struct metric **ret, char *err,
		  size_t err_size);
/* Hubble's YAML: metrics: [{name, contextOptions, includeFilters, excludeFilters}]. */
int metrics_parse_yaml(const char *text, size_t n, uint32_t max_series, struct metric **ret,
		       char **ret_error);
void metrics_free_list(struct metric *list);

/* Takes the list over; what is the same goes on. -EINVAL: two have a series of one name. */
int metrics_replace(struct metrics *m, bool watched, struct metric *list, char *err,
		    size_t err_size);
uint32_t metrics_max_series(const struct metrics *m);

/* -------------------------------------------------------------------- the page */

#define METRICS_EXTRAS 8

struct metrics_extra_row {
	void *arg;
	void (*write)(void *arg, struct text *t);
};

#define HTTP_CODES 8

struct metrics {
	struct metric *list, *watched; /* as given; of the file that is watched */
	uint32_t max_series;
	uint64_t generation; /* counts changes of the lists */
	struct metric_family lost, requests, durations; /* lost_events; metrics_http_handler_* */
	struct metrics_extra_row extras[METRICS_EXTRAS];
	size_t n_extras;
	const char *cluster, *node; /* NULL: not known */
	struct gone_pods *gone;
	struct metrics_watch *watch;
};

/* Where a page is that is written in pieces. */
struct metrics_page {
	struct metrics *m;
	bool open; /* OpenMetrics, else Prometheus' text format 0.0.4 */
	uint64_t generation;
	unsigned int family; /* counted over all */
	size_t series;
	bool begun; /* the family's head is written */
};

void metrics_page_begin(struct metrics_page *p, struct metrics *m, bool open);

/* 1: there is more; 0: that was all; -ESTALE: the configuration has changed; -ENOMEM. */
int metrics_page_next(struct metrics_page *p, struct text *t);

/* Family i of all, in the page's order; NULL behind the last. */
struct metric_family *metrics_family(struct metrics *m, unsigned int i);

void metrics_gone_free(struct gone_pods *g);
void metrics_gone_tick(struct metrics *m, uint64_t now_ns);
void metrics_watch_free(struct metrics_watch *w);

#endif
