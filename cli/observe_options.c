/* SPDX-License-Identifier: MIT */
#include "cli/observe_options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NS_PER_MS 1000000ull
#define CONNECTIONS_MAX (1u << 24)
#define RING_BYTES_MAX (1u << 30)

void *observe_options_new(void)
{
	struct observe_options *o = calloc(1, sizeof(*o));

	if (!o)
		return NULL;
	o->format = &print_formats[0];
	o->ip_translation = true;
	return o;
}

void observe_options_free(void *options)
{
	struct observe_options *o = options;

	if (!o)
		return;
	filter_clear(&o->filter);
	free((void *)o->capture.interfaces);
	free((void *)o->capture.not_interfaces);
	free(o);
}

bool color_wanted(enum color when, int fd)
{
	const char *no_color = getenv("NO_COLOR");

	if (when != COLOR_AUTO)
		return when == COLOR_ALWAYS;
	return isatty(fd) && !(no_color && *no_color);
}

static int refuse(char *err, size_t size, const char *line)
{
	snprintf(err, size, "%s", line);
	return -EINVAL;
}

static int check(const struct observe_options *o, char *err, size_t size)
{
	if (o->first && o->last)
		return refuse(err, size, "cannot set both \"--first\" and \"--last\"");
	if (o->first && o->follow)
		return refuse(err, size, "cannot set both \"--first\" and \"--follow\"");
	if (o->since_ns && o->until_ns && o->since_ns >= o->until_ns)
		return refuse(err, size, "\"--since\" is not before \"--until\"");
	if (o->report_interval_ns && (o->report_interval_ns < 10 * NS_PER_MS ||
				      o->report_interval_ns > 86400000 * NS_PER_MS))
		return refuse(err, size, "--report-interval: give from 10ms to 24h");
	if (o->capture.max_connections > CONNECTIONS_MAX)
		return refuse(err, size, "--max-connections: at most 16777216");
	if (o->capture.ring_bytes > RING_BYTES_MAX)
		return refuse(err, size, "--ring-size: at most 1G");
	if (o->follow && !o->format->follow_ok) {
		snprintf(err, size,
			 "\"-o %s\" prints at the end only, it cannot \"--follow\": "
			 "leave that out, or take \"-o compact\"",
			 o->format->name);
		return -EINVAL;
	}
	return 0;
}

/* The strings stay the filter's. */
static int interface_list(const struct filter_texts *t, const char *const **ret)
{
	const char **list;

	if (!t)
		return 0;
	list = calloc(t->n + 1, sizeof(*list));
	if (!list)
		return -ENOMEM;
	memcpy(list, t->v, t->n * sizeof(*list));
	*ret = list;
	return 0;
}

static int finish_capture(struct observe_options *o)
{
	struct capture_options *c = &o->capture;
	int err;

	c->report_interval_ms = o->report_interval_ns / NS_PER_MS;
	filter_prefilter(&o->filter, &c->prefilter);
	err = interface_list(filter_interfaces(&o->filter, false), &c->interfaces);
	return err ? err : interface_list(filter_interfaces(&o->filter, true), &c->not_interfaces);
}

void observe_options_finish_names(struct observe_options *o)
{
	struct names_options *n = &o->names;

	names_node(NULL, o->node_name, sizeof(o->node_name));
	n->node_name = o->node_name;
	filter_set_node(&o->filter, n->cluster_name ? n->cluster_name : "default", o->node_name);
	n->kube_scope_node = o->kube_scope == KUBE_SCOPE_NODE;
	n->geoip_dbs = o->geoip_dbs[0] ? o->geoip_dbs : NULL;
	n->dns_ports = o->dns_ports[0] ? o->dns_ports : NULL;
}

int observe_options_finish(struct observe_options *o, char *err, size_t err_size)
{
	int ret = check(o, err, err_size);

	if (ret)
		return ret;
	if (o->aggregate == AGGREGATE_CONNECTION && o->format == &print_formats[0])
		o->format = print_format_find("connection");
	observe_options_finish_names(o);
	o->print.no_ip_translation = !o->ip_translation;
	o->print.fd = STDOUT_FILENO;
	o->print.node_name = o->node_name;
	o->print.color = color_wanted(o->color, STDOUT_FILENO);
	ret = finish_capture(o);
	if (ret)
		snprintf(err, err_size, "out of memory");
	return ret;
}
