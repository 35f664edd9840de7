/* SPDX-License-Identifier: MIT */
#include "cli/observe_options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "export/field_mask.h"
#include "export/flow_filter.h"

#define NS_PER_MS 1000000ull
#define CONNECTIONS_MAX (1u << 24)
#define RING_BYTES_MAX (1u << 30)
#define INPUT_LAST_MAX 1000000u

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
	server_options_clear(&o->server);
	where_free(o->where);
	field_mask_free(o->mask);
	free(o->mask_paths);
	free(o->field_mask);
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

/* In Hubble's words. */
static int check_selection(const struct observe_options *o, char *err, size_t size)
{
	const struct {
		bool a, b;
		const char *line;
	} pairs[] = {
		{o->first, o->last, "cannot set both --first and --last"},
		{o->first, o->all, "cannot set both --first and --all"},
		{o->first, o->follow && !o->input_file, "cannot set both --first and --follow"},
		{o->last, o->all, "cannot set both --last and --all"},
		{o->input_file,
		 server_is_given(&o->server) && o->server.origin[KEY_SERVER] == FROM_FLAG,
		 "cannot set both --input-file and --server"},
		{o->no_agent, o->server.origin[KEY_SERVER] == FROM_FLAG,
		 "cannot set both --no-agent and --server"},
		{o->no_agent, o->input_file, "cannot set both --no-agent and --input-file"},
	};

	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		if (pairs[i].a && pairs[i].b)
			return refuse(err, size, pairs[i].line);
	if (o->input_file && o->last > INPUT_LAST_MAX)
		return refuse(err, size, "--last: at most 1000000 flows of a file");
	return 0;
}

static int check(const struct observe_options *o, char *err, size_t size)
{
	int ret = check_selection(o, err, size);

	if (!ret)
		ret = filter_check(&o->filter, err, size);
	if (!ret)
		ret = observe_summing_check(o, err, size);
	if (ret)
		return ret;
	if (o->since_ns && o->until_ns && o->since_ns >= o->until_ns)
		return refuse(err, size, "\"--since\" is not before \"--until\"");
	if (print_format_is_binary(o->format) && isatty(STDOUT_FILENO))
		return refuse(err, size,
			      "\"-o pb\" is nothing for a terminal: add \">FILE\", or a pipe");
	if (o->report_interval_ns && (o->report_interval_ns < 10 * NS_PER_MS ||
				      o->report_interval_ns > 86400000 * NS_PER_MS))
		return refuse(err, size, "--report-interval: give from 10ms to 24h");
	if (o->capture.max_connections > CONNECTIONS_MAX)
		return refuse(err, size, "--max-connections: at most 16777216");
	if (o->capture.ring_bytes > RING_BYTES_MAX)
		return refuse(err, size, "--ring-size: at most 1G");
	if (o->follow && !o->input_file && !o->format->follow_ok && !o->aggregate) {
		snprintf(err, size,
			 "\"-o %s\" prints at the end only, it cannot \"--follow\": "
			 "leave that out, or take \"-o compact\"",
			 o->format->name);
		return -EINVAL;
	}
	return 0;
}

static int finish_capture(struct observe_options *o)
{
	struct capture_options *c = &o->capture;
	int err;

	c->report_interval_ms = o->report_interval_ns / NS_PER_MS;
	filter_prefilter(&o->filter, &c->prefilter);
	err = filter_interfaces(&o->filter, false, &c->interfaces);
	return err ? err : filter_interfaces(&o->filter, true, &c->not_interfaces);
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

static bool is_json(const struct print_format *f)
{
	return !strcmp(f->name, "json") || !strcmp(f->name, "jsonpb");
}

static int finish_mask(struct observe_options *o, char *err, size_t size)
{
	char why[256];
	size_t n = 1;

	if (!o->field_mask)
		return 0;
	if (!is_json(o->format)) {
		snprintf(err, size, "%s output format is not compatible with custom field mask",
			 o->format->name);
		return -EINVAL;
	}
	for (const char *c = o->field_mask; *c; c++)
		n += *c == ',';
	o->mask_paths = calloc(n + 1, sizeof(*o->mask_paths));
	if (!o->mask_paths)
		return refuse(err, size, "out of memory");
	n = 0;
	for (char *rest = o->field_mask, *path; (path = strsep(&rest, ","));)
		if (*path)
			o->mask_paths[n++] = path;
	if (!field_mask_new(o->mask_paths, n, &o->mask, why, sizeof(why)))
		return 0;
	snprintf(err, size, "failed to construct field mask: %s", why);
	return -EINVAL;
}

/* What names and the server both know by the same options. */
static int finish_server(struct observe_options *o, char *err, size_t size)
{
	const char *const values[] = {o->names.kubeconfig, o->names.kube_context};
	static const enum server_key keys[] = {KEY_KUBECONFIG, KEY_KUBE_CONTEXT};

	for (int i = 0; i < 2; i++) {
		struct opt row = {
			.name = server_keys[keys[i]].name, .type = OPT_CALL, .field = keys[i]};

		if (values[i] && server_row_set(&o->server, &row, false, values[i], err, size))
			return -EINVAL;
	}
	return server_options_finish(&o->server, err, size);
}

/* Filters that stand in the configuration file, a FlowFilter in JSON each or several. */
static int finish_lists(struct observe_options *o, char *err, size_t size)
{
	static const enum server_key keys[] = {KEY_ALLOWLIST, KEY_DENYLIST};
	char why[320];

	for (int deny = 0; deny < 2; deny++) {
		const char *list = server_text(&o->server, keys[deny]);

		for (size_t n; *list; list += n + (list[n] != '\0')) {
			char *json;
			int ret;

			n = strcspn(list, "\n");
			json = strndup(list, n);
			ret = json ? flow_filter_read_json(&o->filter, deny, json, why, sizeof(why))
				   : -ENOMEM;
			free(json);
			if (ret) {
				snprintf(err, size, "configuration: %s: %s",
					 server_keys[keys[deny]].name,
					 ret == -ENOMEM ? "out of memory" : why);
				return ret;
			}
		}
	}
	return 0;
}

int observe_options_finish(struct observe_options *o, char *err, size_t err_size)
{
	int ret = finish_server(o, err, err_size);
	const char *compat;

	if (!ret)
		ret = finish_lists(o, err, err_size);
	if (!ret)
		ret = check(o, err, err_size);
	if (!ret)
		ret = finish_mask(o, err, err_size);

	if (ret)
		return ret;
	if (o->aggregate == AGGREGATE_CONNECTION && o->format == &print_formats[0])
		o->format = print_format_find("connection");
	observe_options_finish_names(o);
	o->print.no_ip_translation = !o->ip_translation;
	o->print.fd = STDOUT_FILENO;
	compat = getenv("HUBBLE_COMPAT");
	o->print.legacy_json = compat && strstr(compat, "legacy-json-output");
	o->print.node_name = o->node_name;
	o->print.color = color_wanted(o->color, STDOUT_FILENO);
	ret = finish_capture(o);
	if (ret)
		snprintf(err, err_size, "out of memory");
	return ret;
}
