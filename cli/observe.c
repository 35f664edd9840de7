/* SPDX-License-Identifier: MIT */
/* `pitot observe`: source -> names -> filter -> sink, until something ends it. */
#include "cli/observe.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/command.h"
#include "cli/ui_filter.h"
#include "export/flow_filter.h"

#define TICK_MS 200

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
	/* The final counters of a capture come when its time is over. */
	if (o->from->held && opt->until_ns && f->time_ns > opt->until_ns)
		return false;
	if (opt->aggregate == AGGREGATE_CONNECTION && !o->summed && f->event != FLOW_END &&
	    f->event != FLOW_DROP && f->event != FLOW_LISTEN_DROP)
		return false;
	return filter_pass(&opt->filter, f) && (!opt->where || where_pass(opt->where, f));
}

static void on_flow(void *arg, struct flow *f)
{
	struct observe *o = arg;
	int err;

	o->scanned++;
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

	o->lost += lost->count;
	if (o->done || o->last || o->sort || !o->printer) /* the totals say it as well */
		return;
	err = print_lost(o->printer, lost);
	if (err)
		finish(o, err);
}

static void on_node_status(void *arg, const struct node_status *s)
{
	struct observe *o = arg;
	int err;

	if (o->done || !o->printer || o->opt->silent_errors)
		return;
	err = print_node_status(o->printer, s);
	if (err)
		finish(o, err);
}

/* A table is due even where nothing comes. */
static void on_tick(uv_timer_t *timer)
{
	on_batch_end(timer->data);
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
	o->source_ended = true;
	uv_stop(&o->loop);
}

/* ------------------------------------------------------------------ the run */

uint64_t observe_now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

/*
 * Milliseconds until --for ends it, or --until where nothing else does; rounded up,
 * 0: neither was asked. A source with a past ends by itself where that lies behind.
 */
static uint64_t end_ms(const struct observe *o)
{
	const struct observe_options *opt = o->opt;
	uint64_t now = observe_now_ns(), ns = opt->for_ns, until = opt->until_ns;

	if (until && !(o->from->held && (until <= now || !opt->follow)) &&
	    (!ns || until < now + ns))
		ns = until > now ? until - now : 1;
	return (ns + 999999) / 1000000;
}

/* Runs until something ends it; then the connections' final counters are delivered. */
static int run(struct observe *o)
{
	const struct source_events events = {
		.arg = o,
		.flow = on_flow,
		.batch_end = on_batch_end,
		.lost = on_lost,
		.node_status = on_node_status,
		.notice = on_notice,
		.end = on_source_end,
	};
	int err;

	ending_start(&o->ending, &o->loop, end_ms(o));
	o->tick.data = o;
	uv_timer_init(&o->loop, &o->tick);
	if (observe_interval_ns(o))
		uv_timer_start(&o->tick, on_tick, TICK_MS, TICK_MS);
	o->began_ns = uv_hrtime();
	err = o->source->start(o->source, &o->loop, &events);
	if (!err && !o->source_ended)
		uv_run(&o->loop, UV_RUN_DEFAULT);
	ending_stop(&o->ending);
	uv_close((uv_handle_t *)&o->tick, NULL);
	if (o->ending.reader_gone)
		finish(o, -EPIPE);
	o->source->stop(o->source);
	o->ended_ns = uv_hrtime();
	on_batch_end(o);
	if (!err)
		observe_sink_release(o);
	return err;
}

static int report(struct observe *o, int start_err)
{
	int ret;

	if (start_err)
		return say(EXIT_FAILED, "cannot begin with %s: %s", o->from->name,
			   strerror(-start_err));
	if (o->sink_err == -EPIPE)
		return EXIT_FINE;
	if (o->sink_err)
		return say(EXIT_FAILED, "cannot write flows: %s", strerror(-o->sink_err));
	if (o->opt->stats)
		observe_stats_say(o);
	ret = o->from->report(o);
	if (o->source_err && o->from->held)
		return EXIT_FAILED; /* the source has said why */
	if (o->source_err)
		return say(EXIT_FAILED, "%s ended: %s", o->from->name, strerror(-o->source_err));
	return ret;
}

static int observe_flows(const struct observe_options *opt)
{
	struct observe o = {.opt = opt, .from = observe_source_choose(opt)};
	char *why = NULL;
	int ret, close_err;

	if (!o.from->held && opt->until_ns && opt->until_ns <= observe_now_ns())
		return say(EXIT_FINE,
			   "--until lies in the past: nothing older than the start is held");
	ret = o.from->open(&o, &why);
	if (ret) {
		ret = say(o.usage ? EXIT_USAGE : EXIT_FAILED, "%s", why ? why : strerror(-ret));
		free(why);
		return ret;
	}
	uv_loop_init(&o.loop);
	ret = observe_sink_open(&o, &why);
	if (!ret)
		ret = run(&o);
	/* Printers that print at the end still read the source's strings. */
	close_err = o.sink ? o.sink->close(o.sink) : 0;
	if (!o.sink_err)
		o.sink_err = close_err;
	if (why)
		ret = say(EXIT_FAILED, "%s", why);
	else
		ret = report(&o, ret);
	free(why);
	/* A stop that was asked for meanwhile would leave handles half closed. */
	while (uv_run(&o.loop, UV_RUN_DEFAULT))
		;
	o.source->free(o.source);
	uv_loop_close(&o.loop);
	if (o.from->close)
		o.from->close(&o);
	return ret;
}

static int print_raw_filters(const struct observe_options *opt)
{
	struct text t = {0};
	int err;

	flow_filter_print_raw(&t, &opt->filter);
	err = text_write(&t, STDOUT_FILENO);
	text_free(&t);
	return err ? say(EXIT_FAILED, "cannot write: %s", strerror(-err)) : EXIT_FINE;
}

/* The line, the expression and the caret below what is wrong in it. */
int observe_parse_where(struct observe_options *opt)
{
	struct where_error error;
	struct text t = {0};
	int err;

	if (!opt->where_text)
		return EXIT_FINE;
	err = where_parse(opt->where_text, &opt->where, &error);
	if (!err)
		return EXIT_FINE;
	if (err != -EINVAL)
		return say(EXIT_FAILED, "%s", strerror(-err));
	text_str(&t, "pitot: --where: ");
	where_error_text(&t, opt->where_text, &error);
	text_write(&t, STDERR_FILENO);
	text_free(&t);
	return EXIT_USAGE;
}

static int refuse_args(char **args)
{
	struct text cure = {0};
	int code;

	if (!options_put_file(&cure, "observe", *args))
		ui_filter_put_try(&cure, args);
	text_char(&cure, '\0');
	code = say(
		EXIT_USAGE,
		"\"%s\" is one argument too many: \"pitot observe\" takes options, and \"flows\", "
		"\"agent-events\" or \"debug-events\" before them%s",
		args[0], cure.err ? "" : cure.data);
	text_free(&cure);
	return code;
}

int observe_run(char **args, void *options)
{
	static const char *const whats[] = {"flows", "agent-events", "debug-events"};
	struct observe_options *opt = options;
	size_t what = 0;
	char err[1024];
	int ret;

	while (args[0] && what < 3 && strcmp(args[0], whats[what]))
		what++;
	if (what == 3 || (args[0] && args[1]))
		return refuse_args(args + (what < 3));
	if (observe_options_finish(opt, err, sizeof(err)))
		return say(EXIT_USAGE, "%s", err);
	ret = observe_parse_where(opt);
	if (ret)
		return ret;
	if (opt->print_raw_filters)
		return print_raw_filters(opt);
	return what ? observe_events_run(opt, what == 2) : observe_flows(opt);
}
