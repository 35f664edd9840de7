// SPDX-License-Identifier: MIT
/* Where `pitot observe` has its flows from: a file, a server, this machine's kernel. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/observe.h"
#include "cli/totals.h"
#include "export/server_source.h"
#include "flows/text.h"

#define DEFAULT_LAST 20

static bool is_json(const struct observe_options *opt)
{
	const char *name = opt->format->name;

	return !strcmp(name, "json") || !strcmp(name, "jsonpb") || !strcmp(name, "pb");
}

/* --------------------------------------------------------------------- file */

static int open_file(struct observe *o, char **why)
{
	const struct observe_options *opt = o->opt;
	const struct file_source_options file = {
		.path = opt->input_file,
		.keep_wire = is_json(opt),
		.filter = &opt->filter,
	};
	int err = file_source_new(&file, &o->file, why);

	if (!err)
		o->source = file_source_source(o->file);
	return err;
}

/* Taken before the source is freed; what could not be read decides the exit status. */
static int report_file(struct observe *o)
{
	struct file_source_stats s;

	file_source_stats(o->file, &s);
	if (!s.bad)
		return EXIT_FINE;
	return say(EXIT_UNREADABLE,
		   "%" PRIu64 " of %" PRIu64 " lines or messages could not be read, the first is "
		   "number %" PRIu64,
		   s.bad, s.lines, s.first_bad);
}

/* ------------------------------------------------------------------- server */

/* As Hubble asks: the last 20 where nothing else selects. */
static void select_flows(const struct observe_options *opt, struct server_source_options *server)
{
	bool any = opt->first || opt->last || opt->all || opt->follow || opt->since_ns ||
		   opt->until_ns || opt->aggregate != AGGREGATE_NONE;

	server->first = opt->first > 0;
	server->follow = opt->follow;
	server->since_ns = opt->since_ns;
	server->until_ns = opt->until_ns;
	server->number = opt->first ? opt->first : opt->last;
	if (opt->all)
		server->number = UINT64_MAX;
	else if (!any)
		server->number = DEFAULT_LAST;
}

static int open_server(struct observe *o, char **why)
{
	const struct observe_options *opt = o->opt;
	struct server_source_options server = {
		.filter = &opt->filter,
		.where = opt->where_text,
		.normal_drops = opt->filter.normal_drops,
		.mask_paths = opt->mask_paths,
		.keep_wire = is_json(opt),
		.reconnect = opt->reconnect,
		.patient = opt->on_screen,
	};
	int err = server_open(&opt->server, &o->server, why);

	o->usage = err && server_exit(err) == EXIT_USAGE;
	if (err)
		return err;
	server.client = o->server.client;
	select_flows(opt, &server);
	err = server_source_new(&server, &o->source);
	if (err)
		server_release(&o->server);
	return err;
}

/* A stream that we ended is summed up; one that the server ended has said it all, as Hubble's. */
static int report_server(struct observe *o)
{
	if (!o->source_ended && o->opt->follow && !o->opt->silent_errors)
		say(0, "%" PRIu64 " %s shown, %" PRIu64 " events lost", o->shown,
		    o->shown == 1 ? "flow" : "flows", o->lost);
	return EXIT_FINE;
}

static void close_server(struct observe *o)
{
	server_release(&o->server);
}

/* ------------------------------------------------------------------- kernel */

static void say_what_is_held(const struct observe_options *opt)
{
	if (opt->since && opt->since_ns < observe_now_ns())
		say(0, "--since \"%s\": flows are held from now on, nothing older is there",
		    opt->since);
}

/* The user's two ways to see flows, where neither is open. */
static int no_way(const struct observe *o, int err, char **why)
{
	char *line;

	if ((err != -EPERM && err != -EACCES) || !*why || o->opt->no_agent)
		return err;
	if (asprintf(&line,
		     "no agent answers at %s (\"pitot agent\" starts it, --server names another), "
		     "and for a capture of its own: %s",
		     AGENT_SOCKET, *why) < 0)
		return err;
	free(*why);
	*why = line;
	return err;
}

/* The live kernel, and around it the stage that names. */
static int open_kernel(struct observe *o, char **why)
{
	const struct names_options *opt = &o->opt->names;
	struct capture_options capture = o->opt->capture;
	struct names *names;
	int err;

	if (!o->opt->no_names) {
		capture.dns = !opt->no_dns;
		capture.cgroups = !opt->no_containers;
		capture.dns_ports = opt->dns_ports;
	}
	capture.how_it_ends = o->opt->on_screen ? NULL : ", Ctrl-C ends it";
	err = capture_new(&capture, &o->source, why);
	if (err)
		return no_way(o, err, why);
	say_what_is_held(o->opt);
	o->capture = o->source;
	if (o->opt->no_names)
		return 0;
	err = names_new(opt, o->source, &names, why);
	if (err) {
		o->source->free(o->source);
		o->capture = NULL;
		return err;
	}
	o->names = names;
	o->source = names_source(names);
	return 0;
}

static int report_kernel(struct observe *o)
{
	struct capture_stats stats = {0};
	char *line;

	o->source->stats(o->source, &stats);
	line = totals_line(&stats, o->shown);
	say(0, "%s", line ? line : "out of memory");
	free(line);
	return EXIT_FINE;
}

/* -------------------------------------------------------------------- which */

enum { FROM_INPUT_FILE, FROM_SERVER, FROM_KERNEL };

static const struct observe_source sources[] = {
	[FROM_INPUT_FILE] = {"the file", open_file, report_file, NULL, true},
	[FROM_SERVER] = {"the server", open_server, report_server, close_server, true},
	[FROM_KERNEL] = {"the capture", open_kernel, report_kernel, NULL, false},
};

const struct observe_source *observe_source_choose(const struct observe_options *opt)
{
	if (opt->input_file)
		return &sources[FROM_INPUT_FILE];
	if (opt->no_agent)
		return &sources[FROM_KERNEL];
	if (server_is_given(&opt->server) || server_agent_is_there())
		return &sources[FROM_SERVER];
	return &sources[FROM_KERNEL];
}

/* -------------------------------------------------------------------- stats */

static void put_rate(struct text *t, uint64_t n, uint64_t ns)
{
	text_u64(t, ns ? (uint64_t)((double)n * 1e9 / ns) : 0);
}

void observe_stats_say(struct observe *o)
{
	uint64_t ns = o->ended_ns - o->began_ns, scanned = o->scanned;
	struct file_source_stats file = {0};
	struct text t = {0};

	if (o->file) {
		file_source_stats(o->file, &file);
		scanned = file.flows;
	}
	text_u64(&t, scanned);
	text_str(&t, " flows scanned, ");
	text_u64(&t, o->shown);
	text_str(&t, " passed, in ");
	text_us(&t, ns / 1000);
	text_str(&t, ": ");
	put_rate(&t, scanned, ns);
	text_str(&t, " flows/s");
	if (o->file) {
		text_str(&t, ", ");
		put_rate(&t, file.bytes / 1000000.0, ns);
		text_str(&t, " MB/s, ");
		text_u64(&t, file.skipped);
		text_str(&t, " skipped early, ");
		text_u64(&t, file.bad);
		text_str(&t, " bad");
	}
	text_str(&t, ", ");
	text_u64(&t, o->lost);
	text_str(&t, " lost");
	say(0, "%.*s", (int)t.len, t.len ? t.data : "");
	text_free(&t);
}
