/* SPDX-License-Identifier: MIT */
/* For cli/observe*.c only: one run of `pitot observe`. */
#ifndef PITOT_CLI_OBSERVE_H
#define PITOT_CLI_OBSERVE_H

#include <uv.h>

#include "cli/ending.h"
#include "cli/observe_options.h"
#include "export/file_source.h"
#include "flows/sink.h"
#include "flows/source.h"

struct observe;

/* Where flows come from; chosen by observe_source_choose(). */
struct observe_source {
	const char *name; /* "the capture" */
	/* Fills in o->source. 0, or -errno with one line in *why. */
	int (*open)(struct observe *o, char **why);
	/* What is said when it has ended well; returns an enum exit_code. */
	int (*report)(struct observe *o);
	/* Frees what open() made beside o->source, which is freed before. May be NULL. */
	void (*close)(struct observe *o);
	bool held; /* it has flows of the past: it ends by itself, --last is not its printer's */
};

struct observe {
	const struct observe_options *opt;
	const struct observe_source *from;
	uv_loop_t loop;
	struct ending ending;
	struct source *source;
	struct source *capture; /* below the names, capture_new()'s; NULL: another source */
	struct names *names; /* NULL: none */
	struct sink *sink;
	struct sink
		*printer; /* at the end of the chain; lost events go there. NULL: there is none */
	struct sink *last; /* the one of --last in the chain; NULL: not asked */
	struct sink *sort; /* the one of --sort; NULL: not asked */
	bool usage; /* it is the options that are wrong */
	bool summed; /* the printer is --aggregate's table */
	uv_timer_t tick; /* of such a table while it follows */
	uint64_t scanned, shown; /* flows that came, that passed */
	uint64_t lost; /* events, as the source told */
	uint64_t began_ns, ended_ns; /* monotonic */
	bool done; /* nothing is shown any more */
	bool source_ended; /* by itself, not by us */
	int sink_err, source_err;
	struct server server;
	struct file_source *file;
};

/* Never NULL. */
const struct observe_source *observe_source_choose(const struct observe_options *opt);

/* o->sink, o->printer, o->last. 0 or -errno with one line in *why. */
int observe_sink_open(struct observe *o, char **why);

/* What --last kept is handed on, with a word about what had no room. */
void observe_sink_release(struct observe *o);

/* --aggregate's table and not lines; held: the source has flows of the past. */
bool observe_is_summed(const struct observe_options *o, bool held);

/* How often such a table is printed; 0: at the end. */
uint64_t observe_interval_ns(const struct observe *o);

/* For observe_sink_open() and -release(): o->printer and o->summed; --sort before it. */
int observe_printer_open(struct observe *o);
int observe_sort_open(struct observe *o);
void observe_sort_release(struct observe *o);

/* --stats, to standard error. */
void observe_stats_say(struct observe *o);

uint64_t observe_now_ns(void); /* wall clock */

/* `observe agent-events` and `debug-events`. Returns an enum exit_code. */
int observe_events_run(const struct observe_options *opt, bool debug_events);

#endif
