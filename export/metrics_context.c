// SPDX-License-Identifier: MIT
/* Hubble's context options: which words about a flow's ends become labels. */
#include <errno.h>
#include <stdio.h>
#include <strings.h>

#include "export/metrics_parts.h"
#include "flows/summary.h"

enum { SOURCE, DESTINATION };

enum context_id {
	ID_IDENTITY,
	ID_NAMESPACE,
	ID_POD,
	ID_POD_NAME,
	ID_DNS,
	ID_IP,
	ID_RESERVED,
	ID_WORKLOAD,
	ID_WORKLOAD_NAME,
	ID_APP,
	ID_COUNT,
};

static const char *const ids[ID_COUNT] = {
	"identity", "namespace",	 "pod",	     "pod-name",      "dns",
	"ip",	    "reserved-identity", "workload", "workload-name", "app",
};

const char metric_context_help[] =
	"sourceContext, destinationContext, source/destinationEgressContext, "
	"source/destinationIngressContext, labelsContext";

/* The order of the labels on the page, as Hubble's; by end, then the direction. */
enum {
	LABEL_IP,
	LABEL_POD,
	LABEL_NAMESPACE,
	LABEL_WORKLOAD,
	LABEL_WORKLOAD_KIND,
	LABEL_APP,
	PER_END
};

static const char *const labels[] = {
	"source_ip",
	"source_pod",
	"source_namespace",
	"source_workload",
	"source_workload_kind",
	"source_app",
	"destination_ip",
	"destination_pod",
	"destination_namespace",
	"destination_workload",
	"destination_workload_kind",
	"destination_app",
	"traffic_direction",
};
#define LABELS (sizeof(labels) / sizeof(labels[0]))

/* -------------------------------------------------------------------- parsing */

static int find(const char *const *names, size_t n, const char *word, size_t len)
{
	for (size_t i = 0; i < n; i++)
		if (strlen(names[i]) == len && !strncasecmp(names[i], word, len))
			return i;
	return -1;
}

static int parse_labels(struct metric_context *c, const char *value, char *err, size_t size)
{
	while (*value) {
		size_t n = strcspn(value, ",|");
		int i = find(labels, LABELS, value, n);

		if (i < 0) {
			snprintf(err, size,
				 "labelsContext: \"%.*s\" is not one of source_ and destination_ "
				 "ip, pod, namespace, workload, workload_kind, app, or "
				 "traffic_direction",
				 (int)(n < 60 ? n : 60), value);
			return -EINVAL;
		}
		c->labels |= 1u << i;
		value += n + !!value[n];
	}
	return 0;
}

static int parse_ids(struct context_ids *to, const char *name, const char *value, char *err,
		     size_t size)
{
	to->n = 0;
	do {
		size_t n = strcspn(value, "|,");
		int i = find(ids, ID_COUNT, value, n);

		if (i < 0 || to->n == CONTEXT_IDS_MAX) {
			snprintf(err, size,
				 "%s: \"%.*s\" is not one of identity, namespace, pod, pod-name, "
				 "dns, ip, reserved-identity, workload, workload-name, app",
				 name, (int)(n < 60 ? n : 60), value);
			return -EINVAL;
		}
		to->v[to->n++] = i;
		value += n + !!value[n];
	} while (*value);
	return 0;
}

int metric_context_option(struct metric_context *c, const char *name, const char *value, char *err,
			  size_t err_size)
{
	static const char *const names[2][3] = {
		{"sourceContext", "sourceIngressContext", "sourceEgressContext"},
		{"destinationContext", "destinationIngressContext", "destinationEgressContext"},
	};

	if (!strcasecmp(name, "labelsContext"))
		return parse_labels(c, value, err, err_size);
	for (size_t end = 0; end < 2; end++)
		for (size_t way = 0; way < 3; way++)
			if (!strcasecmp(name, names[end][way]))
				return parse_ids(&c->ids[end][way], name, value, err, err_size);
	return -ENOENT;
}

static bool asked(const struct metric_context *c, size_t end)
{
	return c->ids[end][0].n || c->ids[end][1].n || c->ids[end][2].n;
}

size_t metric_context_names(const struct metric_context *c, const char **names)
{
	size_t n = 0;

	for (size_t i = 0; i < LABELS; i++)
		if (c->labels & 1u << i)
			names[n++] = labels[i];
	if (asked(c, SOURCE))
		names[n++] = "source";
	if (asked(c, DESTINATION))
		names[n++] = "destination";
	return n;
}

/* --------------------------------------------------------------------- values */

static const char *reserved(const struct flow_end *e)
{
	const struct endpoint *ep = e->endpoint;
	const char *first = NULL;

	for (size_t i = 0; ep && i < ep->n_labels; i++) {
		if (!strcmp(ep->labels[i], "reserved:kube-apiserver"))
			return ep->labels[i];
		if (!first && !strncmp(ep->labels[i], "reserved:", 9))
			first = ep->labels[i];
	}
	if (!first && !(ep && ep->n_labels))
		first = identity_label(e->identity);
	return first ? first : "";
}

static const char *app(const struct endpoint *ep)
{
	static const char *const keys[] = {
		"k8s:app.kubernetes.io/name=", "k8s:k8s-app=", "k8s:app="};

	for (size_t i = 0; ep && i < ep->n_labels; i++)
		for (size_t k = 0; k < 3; k++) {
			size_t n = strlen(keys[k]);

			if (!strncmp(ep->labels[i], keys[k], n) && ep->labels[i][n])
				return ep->labels[i] + n;
		}
	return "";
}

static void put_joined(struct text *t, const char *const *v, size_t n)
{
	for (size_t i = 0; i < n && t->len < METRIC_VALUE_MAX; i++) {
		if (i)
			text_char(t, ',');
		text_str(t, v[i]);
	}
}

static void put_path(struct text *t, const struct endpoint *ep, const char *name)
{
	if (*ep->namespace_name) {
		text_str(t, ep->namespace_name);
		text_char(t, '/');
	}
	text_str(t, name);
}

static void put_identity(struct text *t, const struct flow_end *e)
{
	if (e->endpoint && e->endpoint->n_labels)
		put_joined(t, e->endpoint->labels, e->endpoint->n_labels);
	else
		text_str(t, reserved(e));
}

static void put_id(struct text *t, const struct flow *f, const struct flow_end *e, unsigned int id)
{
	const struct endpoint *pod = endpoint_is_pod(e->endpoint) ? e->endpoint : NULL;

	if (id == ID_IDENTITY)
		put_identity(t, e);
	else if (id == ID_DNS && e->dns)
		put_joined(t, e->dns->names, e->dns->n);
	else if (id == ID_IP && f->ip_version)
		text_addr(t, &e->addr);
	else if (id == ID_RESERVED)
		text_str(t, reserved(e));
	else if (id == ID_APP)
		text_str(t, app(e->endpoint));
	else if (!pod)
		return;
	else if (id == ID_NAMESPACE)
		text_str(t, pod->namespace_name);
	else if (id == ID_POD_NAME)
		text_str(t, pod->name);
	else if (id == ID_WORKLOAD_NAME)
		text_str(t, pod->workload);
	else if (id == ID_POD && *pod->name)
		put_path(t, pod, pod->name);
	else if (id == ID_WORKLOAD && *pod->workload)
		put_path(t, pod, pod->workload);
}

static void end_value(const struct metric_context *c, const struct flow *f, size_t end, bool invert,
		      struct text *t)
{
	const struct context_ids *by = &c->ids[end][0];

	if (f->direction < 3 && c->ids[end][f->direction].n)
		by = &c->ids[end][f->direction];
	t->len = 0;
	for (size_t i = 0; i < by->n && !t->len; i++)
		put_id(t, f, (end == SOURCE) != invert ? &f->src : &f->dst, by->v[i]);
}

static void label_value(const struct flow *f, size_t which, bool invert, struct text *t)
{
	static const uint8_t as_id[PER_END] = {
		[LABEL_IP] = ID_IP,
		[LABEL_POD] = ID_POD_NAME,
		[LABEL_NAMESPACE] = ID_NAMESPACE,
		[LABEL_WORKLOAD] = ID_WORKLOAD_NAME,
		[LABEL_APP] = ID_APP,
	};
	const struct flow_end *e = (which < PER_END) != invert ? &f->src : &f->dst;

	t->len = 0;
	if (which == 2 * PER_END)
		text_str(t, f->direction == DIRECTION_INGRESS  ? "ingress"
			    : f->direction == DIRECTION_EGRESS ? "egress"
							       : "unknown");
	else if (which % PER_END != LABEL_WORKLOAD_KIND)
		put_id(t, f, e, as_id[which % PER_END]);
	else if (endpoint_is_pod(e->endpoint))
		text_str(t, e->endpoint->workload_kind);
}

static void add(struct metric_labels *l, const struct text *t)
{
	metric_label_n(l, t->len ? t->data : "", t->len);
}

void metric_context_values(const struct metric_context *c, const struct flow *f, bool invert,
			   struct metric_labels *l)
{
	struct text t = {0};

	if (!c->labels && !asked(c, SOURCE) && !asked(c, DESTINATION))
		return;
	for (size_t i = 0; i < LABELS; i++)
		if (c->labels & 1u << i) {
			label_value(f, i, invert, &t);
			add(l, &t);
		}
	for (size_t end = 0; end < 2; end++)
		if (asked(c, end)) {
			end_value(c, f, end, invert, &t);
			add(l, &t);
		}
	text_free(&t);
}
