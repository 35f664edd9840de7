// SPDX-License-Identifier: MIT
/*
 * `pitot ui`: the source that `pitot observe` would have, the loop, and what the terminal UI
 * (tui/ui.h) borrows from the command line. A source that cannot be opened is no reason not to
 * open the screen: it says why, and what to do.
 */
#include "tui/ui.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/observe.h"
#include "cli/ui.h"
#include "cli/ui_filter.h"
#include "cli/ui_options.h"
#include "cli/ui_status.h"
#include "flows/fields.h"

/* One run; `observe` has the source as observe's own run has it. */
struct ui_run {
	struct ui_options *opt;
	struct observe observe;
	enum ui_from from;
	const char *from_name;
	char *why; /* there is no source */
	int why_err;
	struct ui_status *status;
	struct ui_filter_context filter;
};

/* ------------------------------------------------------------------- the host */

static int host_filter_parse(void *arg, const char *text, struct ui_filter **ret,
			     struct ui_filter_error *ret_error)
{
	struct ui_run *run = arg;

	return ui_filter_parse(&run->filter, text, ret, ret_error);
}

static void host_filter_complete(void *arg, const char *text, size_t at,
				 const struct ui_words *(*known)(void *known_arg,
								 enum ui_known kind),
				 void *known_arg, size_t *ret_start, struct ui_words *ret)
{
	struct ui_run *run = arg;

	ui_filter_complete(&run->filter, text, at, known, known_arg, ret_start, ret);
}

static void host_command_line(void *arg, const struct ui_filter *f, uint64_t until_ns,
			      struct text *ret)
{
	struct ui_run *run = arg;

	ui_filter_command_line(&run->filter, f, until_ns, ret);
}

static int host_sink_open(void *arg, const char *format, const char *path, struct sink **ret,
			  char **why)
{
	struct ui_run *run = arg;

	return ui_sink_open(format, path, run->opt->observe.node_name, ret, why);
}

static int host_record_open(void *arg, const char *format, const char *path, struct sink **ret,
			    char **why)
{
	struct ui_run *run = arg;

	return ui_record_open(format, path, run->opt->observe.node_name, ret, why);
}

static void host_record_state(void *arg, const struct sink *s, uint64_t *ret_bytes,
			      uint64_t *ret_lost)
{
	(void)arg;
	ui_record_state(s, ret_bytes, ret_lost);
}

static int host_status(void *arg,
		       void (*done)(void *done_arg, const struct ui_status_row *rows, size_t n),
		       void *done_arg)
{
	struct ui_run *run = arg;

	return ui_status_ask(run->status, done, done_arg);
}

/* ----------------------------------------------------------------- the source */

static void name_source(struct ui_run *run)
{
	const struct observe_options *opt = &run->opt->observe;
	const char *server = server_text(&opt->server, KEY_SERVER);

	if (opt->input_file) {
		run->from = UI_FROM_FILE;
		run->from_name = strrchr(opt->input_file, '/') ? strrchr(opt->input_file, '/') + 1
							       : opt->input_file;
	} else if (run->observe.from->held) {
		run->from = UI_FROM_SERVER;
		run->from_name = *server ? server : "unix://" AGENT_SOCKET;
	} else {
		run->from = UI_FROM_KERNEL;
		run->from_name = "this machine";
	}
}

/* Returns an enum exit_code: a screen without a source is fine, unless what was asked for is wrong. */
static int open_source(struct ui_run *run)
{
	struct observe *o = &run->observe;
	int err;

	o->opt = &run->opt->observe;
	o->from = observe_source_choose(o->opt);
	name_source(run);
	err = o->from->open(o, &run->why);
	if (!err)
		return EXIT_FINE;
	o->source = NULL;
	run->why_err = err;
	if (!run->why && asprintf(&run->why, "%s", strerror(-err)) < 0)
		return say(EXIT_FAILED, "out of memory");
	if (o->usage)
		return say(EXIT_USAGE, "%s", run->why);
	return run->from == UI_FROM_FILE ? say(EXIT_FAILED, "%s", run->why) : EXIT_FINE;
}

static void close_source(struct ui_run *run)
{
	struct observe *o = &run->observe;

	if (!o->source)
		return;
	o->source->free(o->source);
	if (o->from->close)
		o->from->close(o);
}

/* -------------------------------------------------------------------- the run */

static int open_status(struct ui_run *run)
{
	struct observe *o = &run->observe;
	bool there = o->source;
	const struct ui_status_config config = {
		.loop = &o->loop,
		.from = run->from,
		.from_name = run->from_name,
		.why = run->why,
		.source = run->from == UI_FROM_KERNEL ? o->source : NULL,
		.capture = there ? o->capture : NULL,
		.names = there ? o->names : NULL,
		.server = there && run->from == UI_FROM_SERVER ? &o->server : NULL,
		.file = there && run->from == UI_FROM_FILE ? o->file : NULL,
	};

	return ui_status_new(&config, &run->status);
}

static int run_screen(struct ui_run *run, char **ret_error)
{
	const struct ui_options *opt = run->opt;
	const struct ui_host host = {
		.arg = run,
		.filter_parse = host_filter_parse,
		.filter_complete = host_filter_complete,
		.command_line = host_command_line,
		.sink_open = host_sink_open,
		.record_open = host_record_open,
		.record_state = host_record_state,
		.status = host_status,
	};
	const struct ui_config config = {
		.loop = &run->observe.loop,
		.from = run->from,
		.from_name = run->from_name,
		.source = run->observe.source,
		.why = run->why,
		.why_err = run->why_err,
		.host = &host,
		.history_bytes = opt->history_bytes,
		.report_interval_ns = opt->observe.report_interval_ns,
		.filter = opt->filter.len > 1 ? opt->filter.data : NULL,
		.view = opt->view,
		.record = opt->record,
		.local_time = opt->local_time,
		.terminal = {.color = opt->color,
			     .ascii = opt->ascii,
			     .mouse = !opt->no_mouse,
			     .light = opt->light,
			     .clipboard = opt->clipboard},
	};

	return ui_run(&config, ret_error);
}

/* What `pitot observe` says of a file, and its exit status: the screen is gone, scripts read on. */
static int report(struct ui_run *run)
{
	struct observe *o = &run->observe;
	struct file_source_stats file;
	int code;

	if (run->from != UI_FROM_FILE || !o->source)
		return EXIT_FINE;
	file_source_stats(o->file, &file);
	code = o->from->report(o);
	if (!file.err)
		return code;
	return say(EXIT_FAILED, "%s: cannot be read on: %s", run->from_name, strerror(-file.err));
}

static int run_loop(struct ui_run *run)
{
	uv_loop_t *loop = &run->observe.loop;
	char *why = NULL;
	int err, code;

	signal(SIGPIPE, SIG_IGN);
	uv_loop_init(loop);
	err = open_status(run);
	if (!err)
		err = run_screen(run, &why);
	ui_status_free(run->status);
	while (uv_run(loop, UV_RUN_DEFAULT))
		;
	code = report(run);
	if (err)
		code = say(EXIT_FAILED, "%s", why ? why : strerror(-err));
	free(why);
	close_source(run);
	uv_loop_close(loop);
	return code;
}

/* What `y` says and filters look at. */
static void set_context(struct ui_run *run)
{
	const struct observe_options *opt = &run->opt->observe;

	run->filter = (struct ui_filter_context){
		.cluster_name = opt->names.cluster_name,
		.node_name = opt->node_name,
		.source = run->opt->source,
		.held = run->observe.from->held,
		.follows = run->from == UI_FROM_SERVER,
		.root = run->from == UI_FROM_KERNEL,
		.report_interval_ns = run->from == UI_FROM_KERNEL ? opt->report_interval_ns : 0,
	};
	fields_set_node(opt->node_name);
}

static int check_filter(const struct ui_options *opt)
{
	struct ui_filter_error error = {0};
	struct ui_filter *f = NULL;
	int err = opt->filter.len > 1 ? ui_filter_parse(NULL, opt->filter.data, &f, &error) : 0;

	ui_filter_free(f);
	if (err == -EINVAL)
		return say(EXIT_USAGE, "%s", error.message);
	return err ? say(EXIT_FAILED, "%s", strerror(-err)) : EXIT_FINE;
}

static int open_ui(struct ui_options *opt)
{
	struct ui_run run = {.opt = opt};
	int code = check_filter(opt);

	if (code)
		return code;
	if (opt->observe.input_file && !strcmp(opt->observe.input_file, "-"))
		return say(EXIT_USAGE, "--input-file: \"-\" is where the keys come from: give a "
				       "file, or take \"pitot observe --input-file -\"");
	if (!ui_has_terminal())
		return say(EXIT_FAILED,
			   "\"pitot ui\" needs a terminal (TERM too): \"pitot observe\" "
			   "shows flows without one");
	code = open_source(&run);
	if (!code) {
		set_context(&run);
		code = run_loop(&run);
	}
	free(run.why);
	return code;
}

bool ui_has_terminal(void)
{
	const char *term = getenv("TERM");

	return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) && term && *term &&
	       strcmp(term, "dumb");
}

int ui_command_run(char **args, void *options)
{
	struct ui_options *opt = NULL;
	char err[1024];
	int ret;

	(void)options;
	ret = ui_options_load(args, &opt, err, sizeof(err));
	if (ret == OPTIONS_HELP) {
		help_print_command(command_find("ui"));
		ret = EXIT_FINE;
	} else if (ret) {
		ret = say(EXIT_USAGE, "%s", err);
	} else if (opt->list_keys) {
		ui_keys_print();
	} else {
		ret = open_ui(opt);
	}
	ui_options_free(opt);
	return ret;
}
