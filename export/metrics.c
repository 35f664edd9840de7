// SPDX-License-Identifier: MIT
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "export/flow_facts.h"
#include "export/metrics_parts.h"
#include "flows/summary.h"

#define MAX_SERIES 10000
#define EVENT_TYPE_CAPTURE 3
#define EVENT_TYPE_POLICY_VERDICT 5

static const struct metric_row lost_row = {
	.name = "hubble_lost_events",
	.help = "Number of lost events",
	.labels = {"source"},
};

static int refuse(char **ret_error, const char *err)
{
	*ret_error = *err ? strdup(err) : NULL;
	return -EINVAL;
}

int metrics_new(const char *spec, uint32_t max_series, struct metrics **ret, char **ret_error)
{
	struct metrics *m = calloc(1, sizeof(*m));
	char err[640] = "";
	int failed;

	*ret_error = NULL;
	if (!m)
		return -ENOMEM;
	m->max_series = max_series ? max_series : MAX_SERIES;
	failed = metrics_parse(spec, m->max_series, &m->list, err, sizeof(err));
	if (!failed)
		failed = metric_family_init(&m->lost, &lost_row, false, NULL, 0, 64);
	if (failed) {
		if (failed == -EINVAL)
			refuse(ret_error, err);
		metrics_free(m);
		return failed;
	}
	*ret = m;
	return 0;
}

void metrics_free(struct metrics *m)
{
	if (!m)
		return;
	metrics_watch_free(m->watch);
	metrics_free_list(m->list);
	metrics_free_list(m->watched);
	metric_family_clear(&m->lost);
	metric_family_clear(&m->requests);
	metric_family_clear(&m->durations);
	metrics_gone_free(m->gone);
	free(m);
}

void metrics_set_node(struct metrics *m, const char *cluster, const char *node)
{
	m->cluster = cluster;
	m->node = node;
}

uint32_t metrics_max_series(const struct metrics *m)
{
	return m->max_series;
}

void metrics_extra(struct metrics *m, void *arg, void (*write)(void *arg, struct text *t))
{
	if (m->n_extras < METRICS_EXTRAS)
		m->extras[m->n_extras++] = (struct metrics_extra_row){arg, write};
}

/* ----------------------------------------------------------------- other metrics */

static bool same_family(const struct metric *a, const struct metric *b)
{
	for (size_t i = 0; i < a->n_families; i++)
		for (size_t j = 0; j < b->n_families; j++)
			if (!strcmp(a->families[i].row->name, b->families[j].row->name))
				return true;
	return false;
}

static int check_others(const struct metric *list, const struct metric *others, char *err,
			size_t err_size)
{
	for (const struct metric *a = list; a; a = a->next)
		for (const struct metric *b = others; b; b = b->next)
			if (same_family(a, b)) {
				snprintf(err, err_size,
					 "\"%s\" is there already, from the other configuration",
					 a->kind->name);
				return -EINVAL;
			}
	return 0;
}

/* Out of the list, the one that is configured the same; NULL: none. */
static struct metric *take_same(struct metric **list, const struct metric *m)
{
	for (; *list; list = &(*list)->next) {
		struct metric *old = *list;

		if (old->kind == m->kind && old->text && m->text && !strcmp(old->text, m->text)) {
			*list = old->next;
			return old;
		}
	}
	return NULL;
}

int metrics_replace(struct metrics *m, bool watched, struct metric *list, char *err,
		    size_t err_size)
{
	struct metric **to = watched ? &m->watched : &m->list, *old = *to;
	int ret = check_others(list, watched ? m->list : m->watched, err, err_size);

	if (ret)
		return ret;
	*to = NULL;
	while (list) {
		struct metric *fresh = list, *same = take_same(&old, fresh);

		list = fresh->next;
		if (m->node)
			filter_set_node(&fresh->filter, m->cluster ? m->cluster : "default",
					m->node);
		if (same) {
			metric_free(fresh);
			fresh = same;
		}
		fresh->next = NULL;
		*to = fresh;
		to = &fresh->next;
	}
	metrics_free_list(old);
	m->generation++;
	return 0;
}

/* --------------------------------------------------------------------- the flows */

static const char *l4_name(const struct flow *f)
{
	const char *name;

	if (f->hubble && *f->hubble->l4_name)
		return f->hubble->l4_name;
	switch (f->protocol) {
	case PROTO_TCP:
	case PROTO_UDP:
	case PROTO_SCTP:
	case PROTO_ICMP:
	case PROTO_ICMPV6:
	case PROTO_VRRP:
	case PROTO_IGMP:
		name = f->ip_version ? protocol_name(f->protocol) : NULL;
		return name ? name : "Unknown L4";
	default:
		return "Unknown L4";
	}
}

static const char *flow_protocol(uint32_t type, const struct flow *f)
{
	switch (type) {
	case EVENT_TYPE_L7:
		if (!f->l7)
			return "Unknown L7";
		return f->l7->protocol == L7_DNS     ? "DNS"
		       : f->l7->protocol == L7_HTTP  ? "HTTP"
		       : f->l7->protocol == L7_KAFKA ? "Kafka"
						     : "Unknown L7";
	case EVENT_TYPE_DROP:
	case EVENT_TYPE_TRACE:
	case EVENT_TYPE_POLICY_VERDICT:
	case EVENT_TYPE_CAPTURE:
		return l4_name(f);
	default:
		return "Unknown flow";
	}
}

static void feed(struct metric *list, const struct metric_event *e)
{
	for (struct metric *m = list; m; m = m->next)
		if (!m->filtered || filter_pass(&m->filter, e->flow))
			m->kind->flow(m, e);
}

void metrics_flow(struct metrics *m, const struct flow *f)
{
	struct metric_event e = {.flow = f, .own = !f->hubble || f->hubble->own};

	if (!e.own && f->hubble->has_event_type) {
		e.type = f->hubble->event_type;
		e.sub_type = f->hubble->sub_type;
	} else {
		flow_event_type(f, &e.type, &e.sub_type);
	}
	e.protocol = flow_protocol(e.type, f);
	feed(m->list, &e);
	feed(m->watched, &e);
}

void metrics_lost(struct metrics *m, const struct lost_events *lost)
{
	struct metric_labels l;
	char source[64];
	size_t n = strnlen(lost->source, sizeof(source));

	for (size_t i = 0; i < n; i++)
		source[i] = tolower((unsigned char)lost->source[i]);
	metric_labels_init(&l);
	metric_label_n(&l, source, n);
	metric_add(&m->lost, &l, lost->count);
}

void metrics_tick(struct metrics *m, uint64_t now_ns)
{
	metrics_gone_tick(m, now_ns);
}
