/* SPDX-License-Identifier: MIT */
/*
 * What `pitot agent` is asked. A value comes from the flag, else from the environment
 * (PITOT_HISTORY_MEMORY), else from the configuration file, else it is the default:
 * the three are laid upon one another before they are parsed, as if all had been typed.
 */
#ifndef PITOT_CLI_AGENT_OPTIONS_H
#define PITOT_CLI_AGENT_OPTIONS_H

#include "cli/observe_options.h"
#include "cli/server_options.h"
#include "export/exporter.h"

#define AGENT_CONFIG "/etc/pitot/pitot.conf"
#define LISTEN_MAX 8
#define AGENT_PEERS_MAX 4096
#define AGENT_GLOBS_MAX 64

enum log_level { LOG_ERROR_LEVEL, LOG_WARNING_LEVEL, LOG_INFO_LEVEL, LOG_DEBUG_LEVEL };

struct agent_peer {
	char *name;
	const char *address; /* in the same allocation */
};

/* Texts point into argv, the environment or `words`. */
struct agent_options {
	struct observe_options o; /* first: the rows of names, and the capture's */
	uint32_t history_bytes;
	const char *socket; /* "none": there is none */
	const char *listen[LISTEN_MAX + 1]; /* NULL ends */
	const char *advertise; /* NULL: found out */
	const char *tls_cert_file, *tls_key_file, *tls_client_ca_file;
	bool allow_plaintext;
	struct agent_peer *peers;
	size_t n_peers;
	struct exporter_config exporter; /* of the --export- options; no target: none */
	struct exporter_config *exporters; /* and those of the file */
	size_t n_exporters;
	const char *export_config, *metrics_config; /* Hubble's dynamic files */
	const char *metrics_listen, *metrics;
	uint32_t metrics_series;
	const char *interfaces[AGENT_GLOBS_MAX + 1], *not_interfaces[AGENT_GLOBS_MAX + 1];
	int log_level; /* enum log_level */
	bool check_config, keep_rights;
	const char *config; /* NULL: the usual file, where it is there */
	/* What the parsing needed: */
	char **argv; /* as typed */
	char **words; /* ours, NULL-terminated */
	size_t n_words;
	struct agent_options *adopted; /* whose texts are used here */
};

extern const struct opt agent_option_table[];

/* NULL without memory. */
void *agent_options_new(void);
void agent_options_free(void *options);

/*
 * Lays file, environment and flags upon one another, parses them into *ret and checks
 * what must go together. argv: what was typed, NULL-terminated.
 * 0, OPTIONS_HELP, or -errno with one line in *why (free() it); *ret is to be freed in either case.
 */
int agent_options_load(char **argv, struct agent_options **ret, char **why);

/* After a reload: what it changes is taken from `from`, which is freed in the end with *to. */
void agent_options_adopt(struct agent_options *to, struct agent_options *from);

/* Do two sets of options differ in what only a restart changes? Its name; NULL: no. */
const char *agent_options_fixed_difference(const struct agent_options *a,
					   const struct agent_options *b);

#endif
