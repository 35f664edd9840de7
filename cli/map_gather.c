// SPDX-License-Identifier: MIT
/* The flows of any source of `observe`'s -> the service map. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/map.h"
#include "cli/observe.h"

#define LIVE_NS 10000000000ull

struct gathering {
	struct observe observe; /* its source and loop */
	struct service_map *map;
};

static bool wanted(const struct gathering *g, const struct flow *f)
{
	const struct observe_options *o = g->observe.opt;

	if (f->time_ns < o->since_ns)
		return false;
	if (g->observe.from->held && o->until_ns && f->time_ns > o->until_ns)
		return false;
	return filter_pass(&o->filter, f) && (!o->where || where_pass(o->where, f));
}

static void on_flow(void *arg, struct flow *f)
{
	struct gathering *g = arg;

	g->observe.scanned++;
	if (!wanted(g, f))
		return;
	service_map_add(g->map, f);
	g->observe.shown++;
}

static void on_lost(void *arg, const struct lost_events *lost)
{
	struct gathering *g = arg;

	g->observe.lost += lost->count;
}

static void on_notice(void *arg, const char *line)
{
	(void)arg;
	say(0, "%s", line);
}

static void on_end(void *arg, int err)
{
	struct gathering *g = arg;

	g->observe.source_err = err;
	g->observe.source_ended = true;
	uv_stop(&g->observe.loop);
}

/* Live traffic has no end of its own: 0 is until it is stopped. */
static uint64_t end_ms(const struct observe *o)
{
	const struct observe_options *opt = o->opt;
	uint64_t now = observe_now_ns(), ns = opt->for_ns;
	bool live = !o->from->held || opt->follow;

	if (live && opt->until_ns && (!ns || opt->until_ns < now + ns))
		ns = opt->until_ns > now ? opt->until_ns - now : 1;
	if (!o->from->held && !ns && !opt->follow)
		ns = LIVE_NS;
	return (ns + 999999) / 1000000;
}

static int run(struct gathering *g)
{
	const struct source_events events = {
		.arg = g, .flow = on_flow, .lost = on_lost, .notice = on_notice, .end = on_end};
	struct observe *o = &g->observe;
	int err;

	ending_start(&o->ending, &o->loop, end_ms(o));
	err = o->source->start(o->source, &o->loop, &events);
	if (!err && !o->source_ended)
		uv_run(&o->loop, UV_RUN_DEFAULT);
	ending_stop(&o->ending);
	o->source->stop(o->source);
	return err;
}

static int report(struct gathering *g, int start_err)
{
	struct observe *o = &g->observe;
	int ret;

	if (start_err)
		return say(EXIT_FAILED, "cannot begin with %s: %s", o->from->name,
			   strerror(-start_err));
	ret = o->from->report(o);
	if (o->lost)
		say(0, "%llu events were lost on their way: the map may lack what was in them",
		    (unsigned long long)o->lost);
	if (o->source_err && o->from->held)
		return EXIT_FAILED; /* the source has said why */
	if (o->source_err)
		return say(EXIT_FAILED, "%s ended: %s", o->from->name, strerror(-o->source_err));
	return ret;
}

static int new_map(const struct map_options *opt, struct service_map **ret)
{
	const struct service_map_options m = {
		.group = opt->group,
		.world = opt->world,
		.report_interval_ns = opt->o.report_interval_ns,
		.numeric = opt->numeric,
		.normal_drops = opt->o.filter.normal_drops || opt->o.filter.by_reason,
		.housekeeping = opt->housekeeping,
	};

	return service_map_new(&m, ret);
}

static void close_source(struct gathering *g)
{
	struct observe *o = &g->observe;

	while (uv_run(&o->loop, UV_RUN_DEFAULT))
		;
	o->source->free(o->source);
	uv_loop_close(&o->loop);
	if (o->from->close)
		o->from->close(o);
}

static int gather(struct gathering *g, struct map_snapshot *ret)
{
	struct observe *o = &g->observe;
	char *why = NULL;
	int code, err = o->from->open(o, &why);

	if (err) {
		code = say(o->usage ? EXIT_USAGE : EXIT_FAILED, "%s", why ? why : strerror(-err));
		free(why);
		return code;
	}
	free(why);
	uv_loop_init(&o->loop);
	code = report(g, run(g));
	if (service_map_snapshot(g->map, 0, 0, ret))
		code = say(EXIT_FAILED, "out of memory");
	close_source(g);
	return code;
}

int map_gather(const struct map_options *opt, const char *file, struct map_snapshot *ret)
{
	struct observe_options o = opt->o;
	struct gathering g = {.observe = {.opt = &o}};
	int code;

	if (file)
		o.input_file = file;
	g.observe.from = observe_source_choose(&o);
	/* the server's history, but for who asks for what comes */
	if (o.for_ns && g.observe.from->held && !o.input_file)
		o.follow = true;
	if (!o.follow && !o.since_ns && !o.until_ns && !o.last)
		o.all = true;
	if (new_map(opt, &g.map))
		return say(EXIT_FAILED, "out of memory");
	code = gather(&g, ret);
	service_map_free(g.map);
	return code;
}
