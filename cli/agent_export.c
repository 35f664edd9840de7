// SPDX-License-Identifier: MIT
/* What leaves the agent as it comes: exporters and metrics. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/agent.h"
#include "export/exporter_config.h"

static void on_notice(void *arg, const char *line)
{
	(void)arg;
	agent_log(LOG_WARNING_LEVEL, "%s", line);
}

/* The one of the options, then those of the file. Taken over where they could be set. */
static int set_exporters(struct agent *a, struct agent_options *o, char **why)
{
	size_t own = o->exporter.target != NULL, n = o->n_exporters + own;
	struct exporter_config *all = calloc(n + 1, sizeof(*all));
	int err;

	if (!all)
		return -ENOMEM;
	if (own)
		all[0] = o->exporter;
	if (o->n_exporters)
		memcpy(all + own, o->exporters, o->n_exporters * sizeof(*all));
	err = exporters_set(a->exporters, all, n, why);
	free(all);
	if (err)
		return err;
	o->exporter = (struct exporter_config){0};
	free(o->exporters);
	o->exporters = NULL;
	o->n_exporters = 0;
	return 0;
}

static int make_metrics(struct agent *a, const struct agent_options *o, struct metrics **ret,
			char **why)
{
	int err = metrics_new(o->metrics, o->metrics_series, ret, why);

	if (!err)
		metrics_set_node(*ret, a->opt->o.names.cluster_name, a->opt->o.node_name);
	if (!err && o->metrics_config)
		err = metrics_watch(*ret, &a->loop, o->metrics_config, a, on_notice, why);
	if (!err)
		metrics_extra(*ret, a, agent_write_metrics);
	return err;
}

/* Without a listener nobody could read them. */
static int open_metrics(struct agent *a, const struct agent_options *o, char **why)
{
	int err;

	if (!o->metrics_listen)
		return 0;
	err = make_metrics(a, o, &a->metrics, why);
	if (!err)
		err = metrics_server_new(&a->loop, o->metrics_listen, a->metrics,
					 &a->metrics_server, why);
	if (!err)
		agent_log(LOG_INFO_LEVEL, "metrics at %s", o->metrics_listen);
	return err;
}

int agent_export_open(struct agent *a, char **why)
{
	const struct exporters_options opt = {
		.node_name = a->opt->o.node_name,
		.cluster_name = a->opt->o.names.cluster_name,
		.arg = a,
		.notice = on_notice,
	};
	int err = exporters_new(&a->loop, &opt, &a->exporters);

	if (!err)
		err = set_exporters(a, a->opt, why);
	if (!err && a->opt->export_config)
		err = exporters_watch(a->exporters, a->opt->export_config, why);
	return err ? err : open_metrics(a, a->opt, why);
}

static bool same(const char *a, const char *b)
{
	return !strcmp(a ? a : "", b ? b : "");
}

/* Other metrics begin at zero, as they would after a restart. */
static void reload_metrics(struct agent *a, const struct agent_options *o)
{
	struct metrics *tried = NULL;
	char *why = NULL;
	int err;

	if (!a->metrics || same(o->metrics, a->opt->metrics))
		return;
	err = metrics_new(o->metrics, o->metrics_series, &tried, &why);
	metrics_free(tried);
	if (!err) {
		metrics_server_free(a->metrics_server);
		metrics_free(a->metrics);
		a->metrics_server = NULL;
		a->metrics = NULL;
		err = open_metrics(a, o, &why);
	}
	if (err)
		agent_log(LOG_ERROR_LEVEL, "%s%s", why ? why : strerror(-err),
			  a->metrics ? "; the metrics stay as they were" : "");
	free(why);
}

void agent_export_reload(struct agent *a, struct agent_options *o)
{
	char *why = NULL;
	int err = set_exporters(a, o, &why);

	if (err)
		agent_log(LOG_ERROR_LEVEL, "%s; the exporters stay as they were",
			  why ? why : strerror(-err));
	free(why);
	reload_metrics(a, o);
}

void agent_export_close(struct agent *a)
{
	metrics_server_free(a->metrics_server);
	metrics_free(a->metrics);
	exporters_free(a->exporters);
	a->metrics_server = NULL;
	a->metrics = NULL;
	a->exporters = NULL;
}
