/* SPDX-License-Identifier: MIT */
/*
 * The rows of the Status view: how the source of the flows is, how fresh names are, what
 * pitot costs. As `pitot status` prints it (cli/status*.c), asked once a second.
 */
#ifndef PITOT_CLI_UI_STATUS_H
#define PITOT_CLI_UI_STATUS_H

#include "cli/server_options.h"
#include "export/file_source.h"
#include "flows/names/names.h"
#include "tui/ui.h"

struct ui_status;

/* Where to ask. All of it is the caller's and outlives the struct ui_status. */
struct ui_status_config {
	uv_loop_t *loop;
	enum ui_from from;
	const char *from_name; /* as struct ui_config's */
	const char *why; /* why there is no source; NULL: there is one */
	struct source *source; /* UI_FROM_KERNEL: what delivers, for its stats */
	struct source *capture; /* UI_FROM_KERNEL: capture_new()'s, below the names; NULL */
	struct names *names; /* NULL: --no-names */
	const struct server *server; /* UI_FROM_SERVER: opened; NULL else */
	struct file_source *file; /* UI_FROM_FILE; NULL else */
};

/* 0 or -ENOMEM. */
int ui_status_new(const struct ui_status_config *config, struct ui_status **ret);

/* What struct ui_host's status() wants. A question that is not yet answered is not asked again: -EBUSY. */
int ui_status_ask(struct ui_status *s,
		  void (*done)(void *done_arg, const struct ui_status_row *rows, size_t n),
		  void *done_arg);

/*
 * Ends what is under way: its done() gets no rows. Takes NULL. Before the loop's last run, and
 * before what the config names.
 */
void ui_status_free(struct ui_status *s);

#endif
