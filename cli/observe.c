/* SPDX-License-Identifier: MIT */
/* `pitot observe`: source -> names -> filter -> sink, until something ends it. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <uv.h>

#include "cli/command.h"
#include "cli/ending.h"
#include "cli/last.h"
#include "cli/observe_options.h"
#include "cli/totals.h"

struct observe {
	const struct observe_options *opt;
	uv_loop_t loop;
	struct ending ending;
	struct source *source;
	struct sink *sink;
	struct sink *last; /* the same one, when it is --last's */
	uint64_t shown;
	bool done; /* nothing is shown any more */
	int sink_err, source_err;
};

/* ------------------------------------------- source -> names -> filter -> sink */

static void finish(struct observe *o, int sink_err)
{
	o->done = true;
	if (!o->sink_err)
		o->sink_err = sink_err;
	uv_stop(&o->loop);
}

static bool wanted(const struct observe *o, const struct flow *f)
{
	const struct observe_options *opt = o->opt;

	if (o->done || f->time_ns < opt->since_ns)
		return false;
	if (opt->aggregate == AGGREGATE_CONNECTION && f->event != FLOW_END &&
	    f->event != FLOW_DROP && f->event != FLOW_LISTEN_DROP)
		return false;
	return filter_pass(&opt->filter, f);
}

static void on_flow(void *arg, struct flow *f)
{
	struct observe *o = arg;
	int err;

	if (!wanted(o, f))
		return;
	err = o->sink->flow(o->sink, f);
	o->shown++;
	if (err || o->shown == o->opt->first)
		finish(o, err);
}

static void on_batch_end(void *arg)
{
	struct observe *o = arg;
	int err = o->sink->flush && !o->sink_err ? o->sink->flush(o->sink) : 0;

	if (err)
		finish(o, err);
}

static void on_lost(void *arg, const struct lost_events *lost)
{
	struct observe *o = arg;
	int err;

	if (o->done || o->last) /* the totals say it as well */
		return;
	err = print_lost(o->sink, lost);
	if (err)
		finish(o, err);
}

static void on_notice(void *arg, const char *line)
{
	(void)arg;
	say(0, "%s", line);
}

static void on_source_end(void *arg, int err)
{
	struct observe *o = arg;

	o->source_err = err;
	uv_stop(&o->loop);
}

/* ------------------------------------------------------------------ the run */

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

/* Milliseconds until --for or --until ends it, rounded up; 0: neither was asked. */
static uint64_t end_ms(const struct observe_options *opt)
{
	uint64_t now = now_ns(), ns = opt->for_ns;

	if (opt->until_ns && (!ns || opt->until_ns < now + ns))
		ns = opt->until_ns > now ? opt->until_ns - now : 1;
	return (ns + 999999) / 1000000;
}

static void say_what_is_held(const struct observe_options *opt)
{
	if (opt->since && opt->since_ns < now_ns())
		say(0, "--since \"%s\": flows are held from now on, nothing older is there",
		    opt->since);
}

/* The live kernel, and around it the stage that names. */
static int open_source(struct observe *o, char **why)
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
	err = capture_new(&capture, &o->source, why);
	if (err || o->opt->no_names)
		return err;
	err = names_new(opt, o->source, &names, why);
	if (err)
		o->source->free(o->source);
	else
		o->source = names_source(names);
	return err;
}

static int open_sink(struct observe *o)
{
	int err = o->opt->format->create(&o->opt->print, &o->sink);

	if (err || !o->opt->last || o->opt->follow)
		return err;
	err = last_new(o->sink, o->opt->last, &o->last);
	if (!err)
		o->sink = o->last;
	return err;
}

static void release(struct observe *o)
{
	uint64_t missing;

	o->sink_err = last_release(o->last, &missing);
	if (missing)
		say(0,
		    "--last %" PRIu32 ": %u MiB hold %" PRIu64 " of them, the oldest %" PRIu64
		    " are gone",
		    o->opt->last, LAST_BYTES_MAX >> 20, o->opt->last - missing, missing);
}

/* Runs until something ends it; then the connections' final counters are delivered. */
static int capture(struct observe *o)
{
	const struct source_events events = {
		.arg = o,
		.flow = on_flow,
		.batch_end = on_batch_end,
		.lost = on_lost,
		.notice = on_notice,
		.end = on_source_end,
	};
	int err;

	ending_start(&o->ending, &o->loop, end_ms(o->opt));
	err = o->source->start(o->source, &o->loop, &events);
	if (!err)
		uv_run(&o->loop, UV_RUN_DEFAULT);
	ending_stop(&o->ending);
	if (o->ending.reader_gone)
		finish(o, -EPIPE);
	o->source->stop(o->source);
	on_batch_end(o);
	if (!err && o->last && !o->sink_err)
		release(o);
	return err;
}

static int report(struct observe *o, int start_err)
{
	struct capture_stats stats = {0};
	char *line;

	if (start_err)
		return say(EXIT_FAILED, "cannot begin to capture: %s", strerror(-start_err));
	if (o->sink_err == -EPIPE)
		return EXIT_FINE;
	if (o->sink_err)
		return say(EXIT_FAILED, "cannot write flows: %s", strerror(-o->sink_err));
	o->source->stats(o->source, &stats);
	line = totals_line(&stats, o->shown);
	say(0, "%s", line ? line : "out of memory");
	free(line);
	if (o->source_err)
		return say(EXIT_FAILED, "the capture ended: %s", strerror(-o->source_err));
	return EXIT_FINE;
}

int observe_run(char **args, void *options)
{
	struct observe_options *opt = options;
	struct observe o = {.opt = opt};
	char err[320], *why = NULL;
	int ret;

	(void)args;
	if (observe_options_finish(opt, err, sizeof(err)))
		return say(EXIT_USAGE, "%s", err);
	if (opt->until_ns && opt->until_ns <= now_ns())
		return say(EXIT_FINE,
			   "--until lies in the past: nothing older than the start is held");
	ret = open_source(&o, &why);
	if (ret) {
		ret = say(EXIT_FAILED, "%s", why ? why : strerror(-ret));
		free(why);
		return ret;
	}
	uv_loop_init(&o.loop);
	say_what_is_held(opt);
	ret = open_sink(&o);
	if (!ret)
		ret = capture(&o);
	/* Printers that print at the end still read the source's strings. */
	if (o.sink)
		o.sink->close(o.sink);
	ret = report(&o, ret);
	/* A stop that was asked for meanwhile would leave handles half closed. */
	while (uv_run(&o.loop, UV_RUN_DEFAULT))
		;
	o.source->free(o.source);
	uv_loop_close(&o.loop);
	return ret;
}
