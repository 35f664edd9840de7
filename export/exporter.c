// SPDX-License-Identifier: MIT
/* One exporter: made of its configuration, fed with flows. The set is in exporters.c. */
#include "export/exporter_one.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "export/exporter_config.h"
#include "export/flow_filter.h"
#include "export/json.h"
#include "flows/where.h"

static int read_filters(struct exporter *x, bool deny, char *const *list, char *err, size_t size)
{
	char why[256];

	for (; list && *list; list++)
		if (flow_filter_read_json(&x->filter, deny, *list, why, sizeof(why))) {
			snprintf(err, size, "%s: %s", deny ? "denylist" : "allowlist", why);
			return -EINVAL;
		}
	return 0;
}

static int read_where(struct exporter *x, const char *expression, char *err, size_t size)
{
	struct where_error why;
	int ret;

	if (!expression || !*expression)
		return 0;
	ret = where_parse(expression, &x->where, &why);
	if (ret == -EINVAL)
		snprintf(err, size, "where: column %zu: %s", why.column + 1, why.message);
	return ret;
}

static int read_all(struct exporter *x, const struct exporters_options *opt,
		    struct export_encoding **encodings, char *err, size_t size)
{
	const struct exporter_config *c = &x->config;
	int ret = read_filters(x, false, c->allow, err, size);

	if (!ret)
		ret = read_filters(x, true, c->deny, err, size);
	if (!ret)
		ret = read_where(x, c->where, err, size);
	if (!ret)
		ret = export_encoding_get(encodings, c, err, size, &x->encoding);
	if (!ret && c->field_aggregate && c->aggregation_interval_ns)
		ret = exporter_aggregation_new((const char *const *)c->field_aggregate, err, size,
					       &x->aggregation);
	x->filter.normal_drops = c->normal_drops;
	filter_set_node(&x->filter,
			opt->cluster_name && *opt->cluster_name ? opt->cluster_name : "default",
			opt->node_name);
	return ret;
}

int exporter_new(const struct exporter_config *c, const char *name,
		 const struct exporters_options *opt, struct export_encoding **encodings,
		 struct exporter **ret, char **ret_error)
{
	struct exporter *x = calloc(1, sizeof(*x));
	const struct export_target_kind *kind;
	char err[320] = "";
	const char *rest;
	int failed = -ENOMEM;

	if (!x)
		return -ENOMEM;
	x->config = *c;
	x->name = strdup(name);
	if (x->name)
		failed = read_all(x, opt, encodings, err, sizeof(err));
	if (!failed) {
		kind = export_target_find(c->target, &rest);
		failed = kind->open(c, rest, &x->target, ret_error);
	}
	if (failed) {
		if (*err && asprintf(ret_error, "exporter \"%s\": %s", name, err) < 0)
			*ret_error = NULL;
		memset(&x->config, 0, sizeof(x->config));
		exporter_free(x, encodings);
		return failed;
	}
	*ret = x;
	return 0;
}

int exporter_start(struct exporter *x, bool wait, bool finish, uint64_t now_ns)
{
	int err;

	x->target->finish = finish;
	err = export_queue_new(x->target, wait, &x->queue);
	if (err)
		return err;
	x->target = NULL;
	if (x->aggregation)
		x->flush_ns = now_ns + x->config.aggregation_interval_ns;
	return 0;
}

/* -------------------------------------------------------------------- the flows */

static void put(struct exporter *x, const struct text *message)
{
	if (message)
		export_queue_put(x->queue, message->data, message->len);
	else
		x->failed++;
}

static void put_aggregated(void *arg, const struct aggregated *g)
{
	struct exporter *x = arg;

	x->encoding->ready = false;
	put(x, export_encode_wire(x->encoding, g->wire, g->n, g->node_name, g->time_ns));
}

void exporter_flush(struct exporter *x, uint64_t now_ns)
{
	if (!x->aggregation || !x->queue)
		return;
	exporter_aggregation_flush(x->aggregation, x, put_aggregated);
	x->flush_ns = now_ns + x->config.aggregation_interval_ns;
}

static void aggregate(struct exporter *x, const struct flow *f, const char *node_name)
{
	if (exporter_aggregation_add(x->aggregation, f, node_name))
		return;
	/* No room for a further group: what is there leaves before its time. */
	exporter_aggregation_flush(x->aggregation, x, put_aggregated);
	if (!exporter_aggregation_add(x->aggregation, f, node_name))
		x->failed++;
}

void exporter_flow(struct exporter *x, const struct flow *f, const char *node_name)
{
	struct export_encoding *e = x->encoding;

	if (!x->queue)
		return;
	if (!filter_pass(&x->filter, f) || (x->where && !where_pass(x->where, f))) {
		x->filtered++;
		return;
	}
	if (x->aggregation) {
		aggregate(x, f, node_name);
	} else if (e->ready) {
		put(x, &e->bytes);
	} else {
		const struct text *message = export_encode(e, f, node_name);

		e->ready = message;
		put(x, message);
	}
}

void exporter_lost(struct exporter *x, const struct text *line)
{
	if (x->queue && x->config.format == EXPORT_JSON)
		export_queue_put(x->queue, line->data, line->len);
}

/* ----------------------------------------------------------------------- the end */

void exporter_end(struct exporter *x)
{
	if (!x->queue)
		return;
	exporter_flush(x, 0);
	export_queue_end(x->queue);
}

void exporter_stop(struct exporter *x)
{
	if (!x->queue)
		return;
	exporter_end(x);
	export_queue_free(x->queue, &x->last);
	x->queue = NULL;
}

void exporter_state(struct exporter *x, struct export_queue_state *ret)
{
	if (x->queue)
		export_queue_state(x->queue, ret);
	else
		*ret = x->last;
	ret->lost += x->failed;
}

void exporter_free(struct exporter *x, struct export_encoding **encodings)
{
	if (!x)
		return;
	exporter_stop(x);
	if (x->target)
		x->target->free(x->target);
	exporter_aggregation_free(x->aggregation);
	export_encoding_put(encodings, x->encoding);
	filter_clear(&x->filter);
	where_free(x->where);
	exporter_config_clear(&x->config);
	free(x->name);
	free(x);
}
