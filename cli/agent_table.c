// SPDX-License-Identifier: MIT
/* The table of `pitot agent`'s options, which are the keys of pitot.conf, too. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/agent_options.h"
#include "cli/names_rows.h"
#include "cli/source_rows.h"
#include "export/exporter_config.h"

#define HISTORY_BYTES (64u << 20)
#define METRICS_SERIES 10000

static const char *const levels[] = {"error", "warning", "info", "debug", NULL};

#define AT(field) offsetof(struct agent_options, field)

/* A text more in a NULL-terminated array of max + 1 places. */
static int add_text(const char **list, size_t max, const char *value, char *err, size_t err_size)
{
	size_t n = 0;

	while (list[n])
		n++;
	if (n == max) {
		snprintf(err, err_size, "at most %zu of them", max);
		return -EINVAL;
	}
	list[n] = value;
	return 0;
}

static int set_listen(void *options, const struct opt *o, bool negated, const char *value,
		      char *err, size_t err_size)
{
	struct agent_options *a = options;

	(void)o, (void)negated;
	return add_text(a->listen, LISTEN_MAX, value, err, err_size);
}

static int set_glob(void *options, const struct opt *o, bool negated, const char *value, char *err,
		    size_t err_size)
{
	(void)negated;
	return add_text((const char **)((char *)options + o->target), AGENT_GLOBS_MAX, value, err,
			err_size);
}

static int set_peer(void *options, const struct opt *o, bool negated, const char *value, char *err,
		    size_t err_size)
{
	const char *equals = strchr(value, '=');
	struct agent_options *a = options;
	struct agent_peer *peers;
	char *copy;

	(void)o, (void)negated;
	if (!equals || equals == value || !equals[1]) {
		snprintf(err, err_size, "\"%s\" is not NAME=ADDRESS (node-2=10.0.0.2:4244)", value);
		return -EINVAL;
	}
	if (a->n_peers == AGENT_PEERS_MAX) {
		snprintf(err, err_size, "at most %d of them", AGENT_PEERS_MAX);
		return -EINVAL;
	}
	peers = realloc(a->peers, (a->n_peers + 1) * sizeof(*peers));
	if (peers)
		a->peers = peers;
	copy = peers ? strdup(value) : NULL;
	if (!copy)
		return -ENOMEM;
	copy[equals - value] = '\0';
	peers[a->n_peers++] = (struct agent_peer){copy, copy + (equals - value) + 1};
	return 0;
}

/* "--export-KEY" is an exporter's KEY. */
static int set_export(void *options, const struct opt *o, bool negated, const char *value,
		      char *err, size_t err_size)
{
	struct agent_options *a = options;

	(void)negated;
	return exporter_config_set(&a->exporter, o->name + strlen("export-"),
				   o->arg ? value : "true", err, err_size);
}

static int set_socket(void *options, const struct opt *o, bool negated, const char *value,
		      char *err, size_t err_size)
{
	const char *path = !strncmp(value, "unix://", 7) ? value + 7
			   : !strncmp(value, "unix:", 5) ? value + 5
							 : value;

	(void)o, (void)negated;
	if (strcmp(path, "none") && *path != '/') {
		snprintf(err, err_size, "\"%s\" is not an absolute path, unix:///PATH or none",
			 value);
		return -EINVAL;
	}
	((struct agent_options *)options)->socket = path;
	return 0;
}

#define EXPORT .set = set_export, .group = GROUP_OUTPUT

const struct opt agent_option_table[] = {
	{"history-memory", 0, OPT_SIZE, "BYTES", AT(history_bytes), .group = GROUP_SELECT,
	 .fallback = "64M", .help = "room for past flows; K, M, G"},

	{"socket", 0, OPT_CALL, "PATH", .set = set_socket, .group = GROUP_SERVER,
	 .fallback = "unix://" AGENT_SOCKET, .help = "where local clients ask; none: nowhere"},
	{"listen", 0, OPT_CALL, "ADDRESS", .set = set_listen, .group = GROUP_SERVER,
	 .help = "HOST:PORT (4244) where others ask; may be repeated"},
	{"tls-cert-file", 0, OPT_TEXT, "FILE", AT(tls_cert_file), .group = GROUP_SERVER,
	 .help = "the agent's certificate (PEM), for --listen"},
	{"tls-key-file", 0, OPT_TEXT, "FILE", AT(tls_key_file), .group = GROUP_SERVER,
	 .help = "its key (PEM)"},
	{"tls-client-ca-file", 0, OPT_TEXT, "FILE", AT(tls_client_ca_file), .group = GROUP_SERVER,
	 .help = "who signs the certificates of clients that may ask (PEM)"},
	{"allow-plaintext", 0, OPT_FLAG, NULL, AT(allow_plaintext), .group = GROUP_SERVER,
	 .help = "listen beyond this machine without TLS"},
	{"peer", 0, OPT_CALL, "NAME=ADDRESS", .set = set_peer, .group = GROUP_SERVER,
	 .help = "another node's agent, told to relays; may be repeated"},
	{"advertise", 0, OPT_TEXT, "ADDRESS", AT(advertise), .group = GROUP_SERVER,
	 .help = "where relays find this agent, if not by its own address"},

	{"export-file", 0, OPT_CALL, "PATH", EXPORT, .help = "flows go there, too, as they come"},
	{"export-format", 0, OPT_CALL, "FORMAT", EXPORT, .fallback = "json",
	 .help = "json: lines; pb: length-delimited flow.Flow"},
	{"export-allowlist", 0, OPT_CALL, "JSON", EXPORT,
	 .help = "only flows that pass this FlowFilter; may be repeated"},
	{"export-denylist", 0, OPT_CALL, "JSON", EXPORT,
	 .help = "no flow that passes this FlowFilter; may be repeated"},
	{"export-where", 0, OPT_CALL, "EXPRESSION", EXPORT, .help = "see pitot-filter(7)"},
	{"export-all-drops", 0, OPT_CALL, NULL, EXPORT, .help = "drops of normal life, too"},
	{"export-field-mask", 0, OPT_CALL, "PATHS", EXPORT, .help = "only these fields, by comma"},
	{"export-aggregate-fields", 0, OPT_CALL, "PATHS", EXPORT,
	 .help = "sum up flows that are the same in these fields"},
	{"export-interval", 0, OPT_CALL, "DURATION", EXPORT, .help = "how often sums are written"},
	{"export-max-size", 0, OPT_CALL, "BYTES", EXPORT, .fallback = "10M",
	 .help = "a new file at this size"},
	{"export-max-age", 0, OPT_CALL, "DURATION", EXPORT, .help = "and at this age"},
	{"export-max-backups", 0, OPT_CALL, "N", EXPORT, .fallback = "5",
	 .help = "old files that are kept"},
	{"export-compress", 0, OPT_CALL, "HOW", EXPORT, .fallback = "none",
	 .help = "old files: none, gzip, zstd"},
	{"export-fsync", 0, OPT_CALL, "WHEN", EXPORT, .fallback = "never",
	 .help = "never, rotate, or how often"},
	{"export-config", 0, OPT_TEXT, "FILE", AT(export_config), .group = GROUP_OUTPUT,
	 .help = "further exporters (YAML), read again as it changes"},
	{"metrics-listen", 0, OPT_TEXT, "ADDRESS", AT(metrics_listen), .group = GROUP_OUTPUT,
	 .help = "where Prometheus finds /metrics (:9965)"},
	{"metrics", 0, OPT_TEXT, "SPEC", AT(metrics), .group = GROUP_OUTPUT,
	 .help = "which ones: \"drop flow tcp dns:query ..\""},
	{"metrics-config", 0, OPT_TEXT, "FILE", AT(metrics_config), .group = GROUP_OUTPUT,
	 .help = "further ones (YAML), read again as it changes"},
	{"metrics-max-series", 0, OPT_NUMBER, "N", AT(metrics_series), .group = GROUP_OUTPUT,
	 .fallback = "10000", .help = "of each metric; what is beyond is summed up"},

	NO_NAMES_ROW,
	NAMES_ROWS,

	{"interface", 0, OPT_CALL, "NAME", AT(interfaces), .set = set_glob, .group = GROUP_CAPTURE,
	 .fallback = "every one", .help = "interfaces to watch; * and ? match, may be repeated"},
	{"not-interface", 0, OPT_CALL, "NAME", AT(not_interfaces), .set = set_glob,
	 .group = GROUP_CAPTURE, .help = "interfaces to leave alone; likewise"},
	CAPTURE_ROWS("5s", "reported"),
	CAPTURE_DROPS_ROWS,

	{"config", 0, OPT_TEXT, "FILE", AT(config), .group = GROUP_OTHER, .fallback = AGENT_CONFIG,
	 .help = "the configuration, pitot.conf(5)"},
	{"check-config", 0, OPT_FLAG, NULL, AT(check_config), .group = GROUP_OTHER,
	 .help = "say whether the configuration is fine, and end"},
	{"log-level", 0, OPT_CHOICE, "LEVEL", AT(log_level), .choices = levels,
	 .group = GROUP_OTHER, .fallback = "info", .help = "error, warning, info or debug"},
	{"keep-rights", 0, OPT_FLAG, NULL, AT(keep_rights), .group = GROUP_HIDDEN,
	 .help = "keep the capabilities that are not needed any more"},
	HELP_ROW,
	{.name = NULL},
};

void *agent_options_new(void)
{
	struct agent_options *o = calloc(1, sizeof(*o));

	if (!o)
		return NULL;
	o->history_bytes = HISTORY_BYTES;
	o->metrics_series = METRICS_SERIES;
	o->socket = AGENT_SOCKET;
	o->log_level = LOG_INFO_LEVEL;
	return o;
}

void agent_options_free(void *options)
{
	struct agent_options *o = options;

	if (!o)
		return;
	for (size_t i = 0; i < o->n_peers; i++)
		free(o->peers[i].name);
	free(o->peers);
	exporter_config_clear(&o->exporter);
	exporter_configs_free(o->exporters, o->n_exporters);
	filter_clear(&o->o.filter);
	for (size_t i = 0; i < o->n_words; i++)
		free(o->words[i]);
	free(o->words);
	agent_options_free(o->adopted);
	free(o);
}

void agent_options_adopt(struct agent_options *to, struct agent_options *from)
{
	struct agent_peer *peers = to->peers;
	size_t n_peers = to->n_peers;

	to->peers = from->peers;
	to->n_peers = from->n_peers;
	from->peers = peers;
	from->n_peers = n_peers;
	to->advertise = from->advertise;
	to->log_level = from->log_level;
	to->metrics = from->metrics;
	to->tls_cert_file = from->tls_cert_file;
	to->tls_key_file = from->tls_key_file;
	to->tls_client_ca_file = from->tls_client_ca_file;
	/* an earlier one's texts are all replaced by now */
	agent_options_free(to->adopted);
	to->adopted = from;
}

/* ------------------------------------------------------- what a restart changes */

static bool same_text(const char *a, const char *b)
{
	return !strcmp(a ? a : "", b ? b : "");
}

static bool same_list(const char *const *a, const char *const *b)
{
	for (; *a && *b; a++, b++)
		if (strcmp(*a, *b))
			return false;
	return !*a && !*b;
}

/* Those that a reload applies, and those that are only said once. */
static bool is_reloaded(const struct opt *o)
{
	static const char *const names[] = {"peer",
					    "advertise",
					    "log-level",
					    "metrics",
					    "config",
					    "check-config",
					    "tls-cert-file",
					    "tls-key-file",
					    "tls-client-ca-file",
					    NULL};

	for (size_t i = 0; names[i]; i++)
		if (!strcmp(names[i], o->name))
			return true;
	return o->set == set_export;
}

static bool same_value(const struct opt *o, const void *a, const void *b)
{
	switch (o->type) {
	case OPT_FLAG:
	case OPT_SWITCH:
		return *(const bool *)a == *(const bool *)b;
	case OPT_TEXT:
		return same_text(*(const char *const *)a, *(const char *const *)b);
	case OPT_NUMBER:
	case OPT_SIZE:
		return *(const uint32_t *)a == *(const uint32_t *)b;
	case OPT_DURATION:
		return *(const uint64_t *)a == *(const uint64_t *)b;
	case OPT_CHOICE:
		return *(const int *)a == *(const int *)b;
	case OPT_CALL:
		return o->set != set_glob || same_list(a, b);
	default:
		return true;
	}
}

const char *agent_options_fixed_difference(const struct agent_options *a,
					   const struct agent_options *b)
{
	if (!same_text(a->socket, b->socket))
		return "socket";
	if (!same_list(a->listen, b->listen))
		return "listen";
	if (!same_list(a->o.geoip_dbs, b->o.geoip_dbs))
		return "geoip-db";
	if (memcmp(a->o.dns_ports, b->o.dns_ports, sizeof(a->o.dns_ports)))
		return "dns-port";
	if (!a->tls_cert_file != !b->tls_cert_file)
		return "tls-cert-file";
	for (const struct opt *o = agent_option_table; o->name; o++)
		if (!is_reloaded(o) &&
		    !same_value(o, (const char *)a + o->target, (const char *)b + o->target))
			return o->name;
	return NULL;
}
