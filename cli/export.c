// SPDX-License-Identifier: MIT
/* `pitot export`: any source of `observe`'s -> one exporter. */
#include "cli/export.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/observe.h"
#include "export/export_file.h"
#include "export/exporter_config.h"

#define CHECK_MS 200
#define TO_THE_END (UINT64_MAX >> 2) /* an interval that never ends */

struct exporting {
	struct observe observe; /* its source and loop */
	const struct export_options *opt;
	struct exporters *exporters;
	uv_timer_t check;
	bool wait; /* the source can wait for a slow disk */
	bool failed;
};

/* ----------------------------------------------------------------------- flows */

static bool wanted(const struct exporting *x, const struct flow *f)
{
	const struct observe_options *o = &x->opt->o;

	if (x->observe.done || f->time_ns < o->since_ns)
		return false;
	if (x->observe.from->held && o->until_ns && f->time_ns > o->until_ns)
		return false;
	return filter_pass(&o->filter, f) && (!o->where || where_pass(o->where, f));
}

static void on_flow(void *arg, struct flow *f)
{
	struct exporting *x = arg;
	struct observe *o = &x->observe;

	o->scanned++;
	if (!wanted(x, f))
		return;
	exporters_flow(x->exporters, f);
	o->shown++;
	if (o->shown == o->opt->first) {
		o->done = true;
		uv_stop(&o->loop);
	}
}

static void on_lost(void *arg, const struct lost_events *lost)
{
	struct exporting *x = arg;

	x->observe.lost += lost->count;
	if (!x->observe.done)
		exporters_lost(x->exporters, lost);
}

static void on_notice(void *arg, const char *line)
{
	(void)arg;
	say(0, "%s", line);
}

static void on_end(void *arg, int err)
{
	struct exporting *x = arg;

	x->observe.source_err = err;
	x->observe.source_ended = true;
	uv_stop(&x->observe.loop);
}

/* Where the source waits, a target that fails is the end of it: nothing more would be written. */
static void on_check(uv_timer_t *timer)
{
	struct exporting *x = timer->data;
	struct exporter_status row;

	if (!exporters_status(x->exporters, &row, 1) || row.up || !*row.error)
		return;
	if (!x->wait && strcmp(row.target, "stdout"))
		return;
	x->failed = x->observe.done = true;
	uv_stop(timer->loop);
}

/* --------------------------------------------------------------------- the run */

static uint64_t end_ms(const struct exporting *x)
{
	const struct observe_options *o = &x->opt->o;
	uint64_t now = observe_now_ns(), ns = o->for_ns;

	if (o->until_ns && !x->observe.from->held && (!ns || o->until_ns < now + ns))
		ns = o->until_ns > now ? o->until_ns - now : 1;
	return (ns + 999999) / 1000000;
}

static int run(struct exporting *x)
{
	const struct source_events events = {
		.arg = x, .flow = on_flow, .lost = on_lost, .notice = on_notice, .end = on_end};
	struct observe *o = &x->observe;
	int err;

	ending_start(&o->ending, &o->loop, end_ms(x));
	uv_timer_init(&o->loop, &x->check);
	x->check.data = x;
	uv_timer_start(&x->check, on_check, CHECK_MS, CHECK_MS);
	err = o->source->start(o->source, &o->loop, &events);
	if (!err && !o->source_ended)
		uv_run(&o->loop, UV_RUN_DEFAULT);
	uv_close((uv_handle_t *)&x->check, NULL);
	ending_stop(&o->ending);
	o->source->stop(o->source);
	return err;
}

static int make_exporter(struct exporting *x, struct export_options *opt, char **why)
{
	const struct exporters_options set = {
		.node_name = opt->o.node_name,
		.cluster_name = opt->o.names.cluster_name,
		.notice = x->wait ? NULL : on_notice,
		.wait = x->wait,
		.finish = true,
	};
	int err = exporters_new(&x->observe.loop, &set, &x->exporters);

	if (!err)
		err = exporters_set(x->exporters, &opt->config, 1, why);
	return err;
}

/* What is to be said, and the exit status. The last flows are written before. */
static int report(struct exporting *x, const struct exporter_status *row, const char *target)
{
	struct observe *o = &x->observe;
	bool piped = !strcmp(target, "stdout") && row->lost;

	/* As for observe: whoever reads has seen enough. */
	if (piped && strstr(row->error, strerror(EPIPE)))
		return EXIT_FINE;
	if (!x->opt->quiet)
		say(0,
		    "%" PRIu64 " of %" PRIu64 " flows passed, %" PRIu64 " messages (%" PRIu64
		    " bytes) written to %s, %" PRIu64 " lost",
		    o->shown, o->scanned, row->flows, row->bytes, target, row->lost);
	if (row->lost || x->failed)
		return say(EXIT_FAILED, "%" PRIu64 " messages are lost: %s", row->lost,
			   *row->error ? row->error : "the target is too slow");
	if (o->source_err && !o->from->held)
		return say(EXIT_FAILED, "%s ended: %s", o->from->name, strerror(-o->source_err));
	if (o->source_err)
		return EXIT_FAILED;
	return EXIT_FINE;
}

/* Waits until everything is written: only then it is known what is lost. */
static void drain(struct exporting *x, struct exporter_status *row, char **error)
{
	exporters_drain(x->exporters);
	exporters_status(x->exporters, row, 1);
	*error = strdup(row->error);
	row->error = *error ? *error : "";
}

static int export_flows(struct export_options *opt)
{
	struct exporting x = {.opt = opt, .observe.opt = &opt->o};
	struct observe *o = &x.observe;
	struct exporter_status row = {.error = ""};
	char *why = NULL, *target = strdup(opt->config.target), *error = NULL;
	int ret, from;

	o->from = observe_source_choose(&opt->o);
	x.wait = o->from->held && !opt->o.follow;
	ret = o->from->open(o, &why);
	if (ret) {
		ret = say(EXIT_FAILED, "%s", why ? why : strerror(-ret));
		free(why);
		free(target);
		return ret;
	}
	uv_loop_init(&o->loop);
	ret = make_exporter(&x, opt, &why);
	if (!ret) {
		ret = run(&x);
		drain(&x, &row, &error);
		if (ret)
			why = strdup(strerror(-ret));
	}
	if (why || ret) {
		ret = say(EXIT_FAILED, "%s", why ? why : strerror(-ret));
	} else {
		ret = report(&x, &row, target ? target : "");
		/* A file's unreadable lines are in the exit status, a capture's totals are told. */
		from = opt->o.input_file || (!opt->quiet && !o->from->held) ? o->from->report(o)
									    : EXIT_FINE;
		ret = ret ? ret : from;
	}
	free(why);
	free(error);
	free(target);
	exporters_free(x.exporters);
	while (uv_run(&o->loop, UV_RUN_DEFAULT))
		;
	o->source->free(o->source);
	uv_loop_close(&o->loop);
	if (o->from->close)
		o->from->close(o);
	return ret;
}

/* ------------------------------------------------------------------- the options */

static bool ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n >= m && !strcmp(s + n - m, end);
}

/* -EINVAL with a line in err. */
static int finish(struct export_options *opt, char *err, size_t err_size)
{
	struct exporter_config *c = &opt->config;
	struct observe_options *o = &opt->o;

	if (!c->target || !strcmp(c->target, "-")) {
		free(c->target);
		c->target = strdup("stdout");
		if (!c->target)
			return -ENOMEM;
	}
	if (!opt->format_given && ends_with(c->target, ".pb"))
		c->format = EXPORT_PB;
	if (c->aggregation_interval_ns && !c->field_aggregate) {
		snprintf(err, err_size, "--interval goes with --aggregate-fields");
		return -EINVAL;
	}
	if (c->field_aggregate && c->field_mask) {
		snprintf(err, err_size,
			 "cannot set both --aggregate-fields and --field-mask: what "
			 "is aggregated has the former's fields");
		return -EINVAL;
	}
	if (c->field_aggregate && !c->aggregation_interval_ns)
		c->aggregation_interval_ns = TO_THE_END;
	if (!o->first && !o->last && !o->all && !o->since_ns && !o->until_ns && !o->input_file)
		o->follow = true;
	return observe_options_finish(o, err, err_size);
}

static int check_target(const char *target)
{
	const char *rest;
	int err = 0;

	if (export_target_find(target, &rest) == &export_targets[0])
		err = export_file_try(rest);
	if (!err)
		return EXIT_FINE;
	return say(EXIT_FAILED, "cannot write \"%s\": %s", rest,
		   err == -ELOOP   ? "it is a symbolic link, which is not followed"
		   : err == -EPERM ? "it is no regular file, or another user's"
				   : strerror(-err));
}

int export_run(char **args, void *options)
{
	struct export_options *opt = options;
	char err[1024] = "out of memory";
	int ret;

	(void)args;
	if (finish(opt, err, sizeof(err)))
		return say(EXIT_USAGE, "%s", err);
	if (opt->o.last && (opt->o.input_file || opt->o.no_agent))
		return say(EXIT_USAGE,
			   "--last is for flows that a server holds: \"pitot observe -o json\" has "
			   "it for files");
	if (opt->config.format == EXPORT_PB && !strcmp(opt->config.target, "stdout") &&
	    isatty(STDOUT_FILENO))
		return say(EXIT_USAGE,
			   "protobuf does not go to a terminal: give --file, or a pipe");
	ret = observe_parse_where(&opt->o);
	if (!ret)
		ret = check_target(opt->config.target);
	return ret ? ret : export_flows(opt);
}
