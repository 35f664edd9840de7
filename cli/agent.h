/* SPDX-License-Identifier: MIT */
/* `pitot agent`: the inside, shared by cli/agent*.c. */
#ifndef PITOT_CLI_AGENT_H
#define PITOT_CLI_AGENT_H

#include <uv.h>

#include "cli/agent_log.h"
#include "cli/agent_options.h"
#include "export/api/api.h"
#include "export/exporter.h"
#include "export/metrics.h"
#include "flows/names/names.h"

#define AGENT_NOTICES_MAX 64
#define AGENT_NAMES_ROWS_MAX 64
#define AGENT_PROGRAMS_MAX 64
#define AGENT_LOSSES_MAX 16
#define AGENT_EXPORTERS_MAX 128

/* What the last question about the status was answered with. */
struct agent_answer {
	struct api_loss losses[AGENT_LOSSES_MAX];
	struct names_row names[AGENT_NAMES_ROWS_MAX]; /* texts are ours */
	struct capture_program programs[AGENT_PROGRAMS_MAX];
	struct api_program api_programs[AGENT_PROGRAMS_MAX];
	struct exporter_status exporters[AGENT_EXPORTERS_MAX];
	size_t n_losses, n_names;
};

struct agent {
	struct agent_options *opt;
	char **argv; /* as typed, for reading the configuration again */
	uv_loop_t loop;
	uv_signal_t signals[3];
	uv_timer_t tick, watchdog;
	struct history *history;
	struct api *api;
	struct grpc_server *server;
	struct tls *tls;
	struct listener *listeners[LISTEN_MAX + 1]; /* the first is the socket's */
	size_t n_listeners;
	char made_folder[128]; /* the socket's, where it was not there; goes with the socket */
	struct exporters *exporters;
	struct metrics *metrics;
	struct metrics_server *metrics_server;
	struct source *capture; /* the kernel */
	struct names *names; /* NULL: nothing is named */
	struct source *source; /* what flows come out of: the names stage, or the kernel itself */
	bool started, stopping, drained, impatient;
	uint32_t ticks, peers_generation;
	int signal;
	char *notices[AGENT_NOTICES_MAX];
	size_t n_notices;
	struct agent_answer answer;
	int count_runs_fd; /* the kernel counts the runs of programs; -1: it does not */
	uint64_t count_runs_until; /* uv_now() */
	char self_address[320];
};

/* ---- cli/agent_listen.c */

/* TLS, sockets, server. 0, or -errno with one line in *why (free() it). */
int agent_listen(struct agent *a, char **why);
void agent_stop_listening(struct agent *a);

/* New certificates, for connections to come. */
void agent_reload_tls(struct agent *a, const struct agent_options *opt);

/* ---- cli/agent_peers.c */

/* Tells the API who is there: itself, --peer, Kubernetes' nodes. */
void agent_tell_peers(struct agent *a);

/* ---- cli/agent_status.c */

struct api_agent agent_callbacks(struct agent *a);
void agent_status_tick(struct agent *a); /* once a second */
void agent_status_free(struct agent *a);
void agent_write_metrics(void *arg, struct text *t);

/* ---- cli/agent_export.c */

/* Exporters and metrics. 0, or -errno with one line in *why. */
int agent_export_open(struct agent *a, char **why);
/* What options say now: takes over their exporters. */
void agent_export_reload(struct agent *a, struct agent_options *opt);
void agent_export_close(struct agent *a);

#endif
