// SPDX-License-Identifier: MIT
/*
 * `pitot agent`: source -> names -> history, exporters, metrics; and the API beside
 * them. Everything runs on one loop until a signal ends it.
 */
#include "cli/agent.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/agent_rights.h"
#include "cli/command.h"
#include "export/exporter_config.h"
#include "flows/fields.h"

#define TICK_MS 1000
#define PEERS_EVERY 5 /* ticks */
#define DRAIN_MS 2000 /* for calls that still run, and for followers to take what is theirs */

static const int signals[] = {SIGTERM, SIGINT, SIGHUP};

static uint64_t mono_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

/* ------------------------------------------------------------ what flows do here */

static void on_flow(void *arg, struct flow *f)
{
	struct agent *a = arg;

	api_flow(a->api, f);
	exporters_flow(a->exporters, f);
	if (a->metrics)
		metrics_flow(a->metrics, f);
}

static void on_batch_end(void *arg)
{
	struct agent *a = arg;

	api_batch_end(a->api);
}

static void on_lost(void *arg, const struct lost_events *lost)
{
	struct agent *a = arg;

	agent_log(LOG_WARNING_LEVEL,
		  "%" PRIu64 " events lost, the ring buffer was full (--ring-size)", lost->count);
	api_lost(a->api, lost);
	exporters_lost(a->exporters, lost);
	if (a->metrics)
		metrics_lost(a->metrics, lost);
}

/* They are part of the status, too; not that it watches, which is said to somebody at a terminal. */
static void on_notice(void *arg, const char *line)
{
	struct agent *a = arg;

	if (!strncmp(line, "watching ", strlen("watching "))) {
		agent_log(LOG_INFO_LEVEL, "%.*s", (int)strcspn(line, ","), line);
		return;
	}
	agent_log(LOG_INFO_LEVEL, "%s", line);
	if (a->n_notices == AGENT_NOTICES_MAX)
		return;
	a->notices[a->n_notices] = strdup(line);
	a->n_notices += a->notices[a->n_notices] != NULL;
}

static void on_source_end(void *arg, int err)
{
	struct agent *a = arg;

	agent_log(LOG_ERROR_LEVEL, "the capture ended: %s", strerror(-err));
	a->signal = -1;
	uv_stop(&a->loop);
}

/* ---------------------------------------------------------------------- reload */

static void reload(struct agent *a)
{
	struct agent_options *o = NULL;
	const char *fixed;
	char *why = NULL;
	int err;

	agent_notify("RELOADING=1\nMONOTONIC_USEC=%" PRIu64, mono_ns() / 1000);
	err = agent_options_load(a->argv, &o, &why);
	if (err) {
		agent_log(LOG_ERROR_LEVEL, "%s; nothing is changed", why ? why : strerror(-err));
		agent_options_free(o);
	} else {
		fixed = agent_options_fixed_difference(a->opt, o);
		if (fixed)
			agent_log(LOG_WARNING_LEVEL,
				  "\"%s\" is changed by a restart only; the rest is read again",
				  fixed);
		agent_log_level(o->log_level);
		agent_reload_tls(a, o);
		agent_export_reload(a, o);
		agent_options_adopt(a->opt, o);
		agent_tell_peers(a);
		agent_log(LOG_INFO_LEVEL, "the configuration is read again");
	}
	free(why);
	agent_notify("READY=1");
}

/* -------------------------------------------------------------------- the timers */

static void on_tick(uv_timer_t *timer)
{
	struct agent *a = timer->data;

	if (a->metrics)
		metrics_tick(a->metrics, mono_ns());
	agent_status_tick(a);
	if (++a->ticks % PEERS_EVERY || !a->names ||
	    names_nodes_generation(a->names) == a->peers_generation)
		return;
	a->peers_generation = names_nodes_generation(a->names);
	agent_tell_peers(a);
}

static void on_watchdog(uv_timer_t *timer)
{
	(void)timer;
	agent_notify("WATCHDOG=1");
}

static void repeat(struct agent *a, uv_timer_t *timer, uint64_t ms, uv_timer_cb cb)
{
	uv_timer_init(&a->loop, timer);
	timer->data = a;
	if (ms)
		uv_timer_start(timer, cb, ms, ms);
}

/* A second one does not wait for anybody. */
static void on_signal(uv_signal_t *handle, int number)
{
	struct agent *a = handle->data;

	if (number == SIGHUP && !a->stopping) {
		reload(a);
		return;
	}
	if (number == SIGHUP)
		return;
	a->impatient = a->stopping;
	a->signal = number;
	uv_stop(&a->loop);
}

/* --------------------------------------------------------------------- opening */

static int open_source(struct agent *a, char **why)
{
	int err = capture_new(&a->opt->o.capture, &a->capture, why);

	if (err)
		return err;
	a->source = a->capture;
	if (a->opt->o.no_names)
		return 0;
	err = names_new(&a->opt->o.names, a->capture, &a->names, why);
	if (!err)
		a->source = names_source(a->names);
	return err;
}

static int open_api(struct agent *a)
{
	const struct names_options *names = &a->opt->o.names;
	const struct api_options opt = {
		.loop = &a->loop,
		.history = a->history,
		.node_name = a->opt->o.node_name,
		.cluster_name = names->cluster_name ? names->cluster_name : "default",
		.version = PITOT_VERSION,
		.agent = agent_callbacks(a),
	};
	struct grpc_server_options server = {0};
	int err = api_new(&opt, &a->api);

	if (err)
		return err;
	server.methods = api_methods(a->api);
	return grpc_server_new(&a->loop, &server, &a->server);
}

static void give_up_rights(struct agent *a)
{
	bool files = a->opt->exporter.target || a->opt->n_exporters || a->opt->export_config;
	char kept[160], err[160];

	if (a->opt->keep_rights)
		return;
	if (agent_rights_drop(files, kept, sizeof(kept), err, sizeof(err)))
		agent_log(LOG_WARNING_LEVEL, "%s", err);
	else
		agent_log(LOG_DEBUG_LEVEL, "capabilities that are kept: %s", *kept ? kept : "none");
}

/*
 * A socket that is taken is found before the kernel is asked for anything. Threads begin
 * (exporters, names) after rights were given up, so that they have none either.
 */
static int open_all(struct agent *a, char **why)
{
	int err = history_new(a->opt->history_bytes, &a->history);

	fields_set_node(a->opt->o.node_name);
	if (!err)
		err = open_api(a);
	if (!err)
		err = agent_listen(a, why);
	if (!err)
		err = open_source(a, why);
	if (err)
		return err;
	give_up_rights(a);
	return agent_export_open(a, why);
}

static int start(struct agent *a, char **why)
{
	const struct source_events events = {
		.arg = a,
		.flow = on_flow,
		.batch_end = on_batch_end,
		.lost = on_lost,
		.notice = on_notice,
		.end = on_source_end,
	};
	int err;

	agent_tell_peers(a);
	err = a->source->start(a->source, &a->loop, &events);
	a->started = true;
	if (err && asprintf(why, "cannot begin to capture: %s", strerror(-err)) < 0)
		*why = NULL;
	return err;
}

/* --------------------------------------------------------------------- closing */

static void on_drained(void *arg)
{
	struct agent *a = arg;

	a->drained = true;
	uv_stop(&a->loop);
}

/* Nobody new; the connections' final counters; what followers have not got yet. */
static void drain(struct agent *a)
{
	agent_log(LOG_INFO_LEVEL, "stopping");
	agent_notify("STOPPING=1\nSTATUS=final counters, followers");
	a->stopping = true;
	agent_stop_listening(a);
	a->source->stop(a->source);
	api_batch_end(a->api);
	api_drain(a->api);
	grpc_server_drain(a->server, DRAIN_MS, on_drained, a);
	while (!a->drained && !a->impatient)
		uv_run(&a->loop, UV_RUN_DEFAULT);
}

static void close_handles(struct agent *a)
{
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		uv_close((uv_handle_t *)&a->signals[i], NULL);
	uv_close((uv_handle_t *)&a->tick, NULL);
	uv_close((uv_handle_t *)&a->watchdog, NULL);
}

/* The history holds the source's strings, and exporters may still write them. */
static void close_all(struct agent *a)
{
	if (a->started && !a->stopping)
		a->source->stop(a->source);
	agent_stop_listening(a);
	close_handles(a);
	grpc_server_free(a->server);
	api_free(a->api);
	agent_export_close(a);
	tls_put(a->tls);
	while (uv_run(&a->loop, UV_RUN_DEFAULT))
		;
	history_free(a->history);
	agent_status_free(a);
	if (a->source)
		a->source->free(a->source);
	uv_loop_close(&a->loop);
	while (a->n_notices)
		free(a->notices[--a->n_notices]);
}

/* -------------------------------------------------------------------- the command */

static int serve(struct agent *a)
{
	char *why = NULL;
	int err = open_all(a, &why);

	if (!err)
		err = start(a, &why);
	if (err) {
		agent_log(LOG_ERROR_LEVEL, "%s", why ? why : strerror(-err));
		free(why);
		return EXIT_FAILED;
	}
	agent_notify("READY=1\nSTATUS=serving %s", a->self_address);
	agent_log(LOG_INFO_LEVEL, "ready: %s, history %" PRIu32 " MiB", a->self_address,
		  a->opt->history_bytes >> 20);
	uv_run(&a->loop, UV_RUN_DEFAULT);
	drain(a);
	return a->signal < 0 ? EXIT_FAILED : EXIT_FINE;
}

static int run(struct agent_options *opt, char **argv)
{
	struct agent *a = calloc(1, sizeof(*a));
	int code;

	if (!a)
		return say(EXIT_FAILED, "out of memory");
	a->opt = opt;
	a->argv = argv;
	a->count_runs_fd = -1;
	signal(SIGPIPE, SIG_IGN);
	agent_log_level(opt->log_level);
	uv_loop_init(&a->loop);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		uv_signal_init(&a->loop, &a->signals[i]);
		a->signals[i].data = a;
		uv_signal_start(&a->signals[i], on_signal, signals[i]);
	}
	repeat(a, &a->tick, TICK_MS, on_tick);
	repeat(a, &a->watchdog, agent_watchdog_ms(), on_watchdog);
	code = serve(a);
	close_all(a);
	free(a);
	return code;
}

static int check_files(const struct agent_options *o)
{
	const char *ca_files[] = {o->tls_client_ca_file, NULL};
	const struct tls_options files = {.cert_file = o->tls_cert_file,
					  .key_file = o->tls_key_file,
					  .ca_files = *ca_files ? ca_files : NULL};
	struct metrics *metrics = NULL;
	struct tls *tls = NULL;
	char *why = NULL;
	int err = metrics_new(o->metrics, o->metrics_series, &metrics, &why);

	if (!err && o->tls_cert_file)
		err = tls_server_new(&files, &tls, &why);
	metrics_free(metrics);
	tls_put(tls);
	if (err)
		say(EXIT_FAILED, "%s", why ? why : strerror(-err));
	free(why);
	return err ? EXIT_FAILED : say(EXIT_FINE, "the configuration is fine");
}

int agent_run(char **args, void *options)
{
	struct agent_options *o = NULL;
	char *why = NULL;
	int ret;

	(void)options;
	ret = agent_options_load(args, &o, &why);
	if (ret == OPTIONS_HELP) {
		help_print_command(command_find("agent"));
		ret = EXIT_FINE;
	} else if (ret) {
		ret = say(EXIT_USAGE, "%s", why ? why : strerror(-ret));
	} else if (o->check_config) {
		ret = check_files(o);
	} else {
		ret = run(o, args);
	}
	free(why);
	agent_options_free(o);
	return ret;
}
