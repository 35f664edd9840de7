/* SPDX-License-Identifier: MIT */
/* The terminal UI as the command line sees it: what it lends, and one call. */
#ifndef PITOT_TUI_UI_H
#define PITOT_TUI_UI_H

#include <uv.h>

#include "flows/sink.h"
#include "flows/source.h"
#include "flows/text.h"
#include "tui/filter.h"
#include "tui/terminal.h"

enum ui_from { UI_FROM_NOTHING, UI_FROM_KERNEL, UI_FROM_SERVER, UI_FROM_FILE };

/* Words to complete with. */
struct ui_words {
	char **v; /* of its own */
	size_t n;
};

/* What is known of the flows held, for completion; at most so many a kind, the newest. */
enum ui_known {
	KNOWN_NAMESPACE,
	KNOWN_POD,
	KNOWN_WORKLOAD,
	KNOWN_SERVICE,
	KNOWN_PROCESS,
	KNOWN_DNS,
	KNOWN_IP,
	KNOWN_PORT,
	KNOWN_NODE,
	KNOWN_DROP_REASON,
	KNOWN_INTERFACE,
	KNOWN_LABEL,
	KNOWNS
};

/* A line of the Status view: heading with name "" or a name with its value. */
struct ui_status_row {
	const char *name, *value;
	enum style style; /* of the value */
	const char *hint; /* what to do about it; NULL: nothing */
};

/* What the command line lends. Functions are called on the loop's thread. */
struct ui_host {
	void *arg;
	/* 0; -EINVAL with *ret_error; -ENOMEM. */
	int (*filter_parse)(void *arg, const char *text, struct ui_filter **ret,
			    struct ui_filter_error *ret_error);
	/*
	 * What may stand at byte `at` of the text: whole words, and where the word begins that they
	 * replace; behind a TAB in a word may stand what it is. known(known_arg, kind) gives the
	 * values seen, may be NULL. ret is freed by the caller: each word, and v.
	 */
	void (*filter_complete)(void *arg, const char *text, size_t at,
				const struct ui_words *(*known)(void *known_arg,
								enum ui_known kind),
				void *known_arg, size_t *ret_start, struct ui_words *ret);
	/* Appends the `pitot observe` command line of a filter (NULL: none), for a shell; time 0: live. */
	void (*command_line)(void *arg, const struct ui_filter *f, uint64_t until_ns,
			     struct text *ret);
	/* A sink that writes flows to a file: "json", "csv", "pb". 0 or -errno with one line in *why. */
	int (*sink_open)(void *arg, const char *format, const char *path, struct sink **ret,
			 char **why);
	/*
	 * The same for a recording, which nothing may wait for: what finds no room on its way to the
	 * disk is lost and counted. close(): -ETIMEDOUT where the disk does not answer. State: bytes
	 * written, flows lost.
	 */
	int (*record_open)(void *arg, const char *format, const char *path, struct sink **ret,
			   char **why);
	void (*record_state)(void *arg, const struct sink *s, uint64_t *ret_bytes,
			     uint64_t *ret_lost);
	/*
	 * The state of where the flows come from, asked at most once a second while it is shown:
	 * answers by done(), now or later on the loop. 0 or -errno.
	 */
	int (*status)(void *arg,
		      void (*done)(void *done_arg, const struct ui_status_row *rows, size_t n),
		      void *done_arg);
};

struct ui_config {
	uv_loop_t *loop; /* of the caller, also the source's */
	enum ui_from from;
	const char *from_name; /* "this machine", "unix:///run/pitot/pitot.sock", "recording.pb" */
	struct source *
		source; /* not started; NULL: it could not be opened, and why. Stopped by ui_run(), freed by the caller */
	const char *why; /* one line; NULL: all is well */
	int why_err; /* -errno: EPERM, ECONNREFUSED, .. */
	const struct ui_host *host;
	size_t history_bytes;
	uint64_t report_interval_ns; /* of the source's reports */
	const char *filter; /* to begin with; NULL: none. Was parsed before */
	enum view_id view; /* to begin with */
	const char *record; /* a file to record to from the start; NULL: none */
	bool local_time; /* times of this machine's zone; else UTC, as `pitot observe` prints them */
	struct terminal_options terminal;
};

/* Runs until it is left. 0, or -errno with one line in *ret_error (the terminal, a file that has not got its name). */
int ui_run(const struct ui_config *config, char **ret_error);

#endif
