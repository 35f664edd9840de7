// SPDX-License-Identifier: MIT
/* The layers: what was typed upon the environment upon the file. */
#include "cli/agent_options.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "cli/agent_config.h"
#include "export/exporter_config.h"
#include "export/transport.h"

#define API_PORT 4244
#define NS_PER_MS 1000000ull
#define CONNECTIONS_MAX (1u << 24)
#define RING_BYTES_MAX (1u << 30)
#define ENV_PREFIX "PITOT_"
#define ENV_CONFIG "PITOT_AGENT_CONFIG" /* PITOT_CONFIG is the client's */

static int __attribute__((format(printf, 2, 3))) refuse(char **why, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	if (vasprintf(why, format, args) < 0)
		*why = NULL;
	va_end(args);
	return -EINVAL;
}

/* ----------------------------------------------------------------- the words */

struct layers {
	struct agent_options *o;
	char **typed;
	const char *file; /* for messages */
	bool from_env[256]; /* by row: the environment has it */
};

static char *add_word(struct agent_options *o, const struct opt *row, const char *value)
{
	char **words = realloc(o->words, (o->n_words + 2) * sizeof(*words));
	char *word;

	if (!words)
		return NULL;
	o->words = words;
	if (row->arg || row->type == OPT_SWITCH) {
		if (asprintf(&word, "--%s=%s", row->name, value) < 0)
			word = NULL;
	} else if (asprintf(&word, "--%s", row->name) < 0) {
		word = NULL;
	}
	if (word)
		words[o->n_words++] = word;
	words[o->n_words] = NULL;
	return word;
}

/* Was it typed? A value that looks like an option is taken for one; that hides a default only. */
static bool typed(char **argv, const struct opt *row)
{
	size_t n = strlen(row->name);

	for (; *argv && strcmp(*argv, "--"); argv++)
		if (!strncmp(*argv, "--", 2) && !strncmp(*argv + 2, row->name, n) &&
		    ((*argv)[2 + n] == '\0' || (*argv)[2 + n] == '='))
			return true;
	return false;
}

/* The word alone, into options that are thrown away: is it fine? */
static int try_word(char *word, char *err, size_t err_size)
{
	struct agent_options *o = agent_options_new();
	char *argv[] = {word, NULL};
	int ret = o ? options_parse(agent_option_table, o, argv, argv, err, err_size) : -ENOMEM;

	agent_options_free(o);
	return ret < 0 ? ret : 0;
}

/* ------------------------------------------------------------ the environment */

static const char *environment_of(const struct opt *row, char *name, size_t size)
{
	size_t n = snprintf(name, size, ENV_PREFIX "%s", row->name);

	for (size_t i = strlen(ENV_PREFIX); i < n && i < size; i++)
		name[i] = name[i] == '-' ? '_' : toupper((unsigned char)name[i]);
	return getenv(!strcmp(row->name, "config") ? ENV_CONFIG : name);
}

static bool may_be_repeated(const struct opt *row)
{
	static const char *const names[] = {"listen",	 "peer",	  "geoip-db", "dns-port",
					    "interface", "not-interface", NULL};

	for (size_t i = 0; names[i]; i++)
		if (!strcmp(names[i], row->name))
			return true;
	return false;
}

static int env_word(struct layers *l, const struct opt *row, const char *name, const char *value,
		    char **why)
{
	char err[400], *word = add_word(l->o, row, value);
	int ret = word ? try_word(word, err, sizeof(err)) : -ENOMEM;

	if (ret == -ENOMEM)
		return refuse(why, "out of memory");
	return ret ? refuse(why, "%s: %s", name, err) : 0;
}

static int env_flag(struct layers *l, const struct opt *row, const char *name, const char *value,
		    char **why)
{
	if (!strcasecmp(value, "true") || !strcmp(value, "1") || !strcasecmp(value, "yes"))
		return env_word(l, row, name, "", why);
	if (!*value || !strcasecmp(value, "false") || !strcmp(value, "0") ||
	    !strcasecmp(value, "no"))
		return 0;
	return refuse(why, "%s: \"%s\" is not true or false", name, value);
}

/* Values of what may be repeated have commas between. */
static int env_list(struct layers *l, const struct opt *row, const char *name, const char *value,
		    char **why)
{
	int ret = 0;

	while (!ret && *value) {
		size_t n = strcspn(value, ",");
		char *one = strndup(value, n);

		ret = !one ? -ENOMEM : n ? env_word(l, row, name, one, why) : 0;
		free(one);
		value += n + (value[n] == ',');
	}
	return ret;
}

static int add_environment(struct layers *l, char **why)
{
	char name[96];
	int ret = 0;

	for (size_t i = 0; !ret && agent_option_table[i].name; i++) {
		const struct opt *row = &agent_option_table[i];
		const char *value = environment_of(row, name, sizeof(name));

		if (!value || row->type == OPT_HELP || typed(l->typed, row) ||
		    !strcmp(row->name, "config"))
			continue;
		l->from_env[i] = true;
		if (!row->arg && row->type != OPT_SWITCH)
			ret = env_flag(l, row, name, value, why);
		else if (may_be_repeated(row))
			ret = env_list(l, row, name, value, why);
		else if (*value)
			ret = env_word(l, row, name, value, why);
	}
	return ret;
}

/* ------------------------------------------------------------------- the file */

static int file_entry(void *arg, const struct opt *row, const char *value, char *err,
		      size_t err_size)
{
	struct layers *l = arg;
	char *word;

	word = add_word(l->o, row, value);
	if (!word)
		return -ENOMEM;
	if (try_word(word, err, err_size))
		return -EINVAL;
	if (!typed(l->typed, row) && !l->from_env[row - agent_option_table])
		return 0;
	free(word); /* it is fine, and hidden by another layer */
	l->o->words[--l->o->n_words] = NULL;
	return 0;
}

static int read_file(const char *path, char **ret_text, size_t *ret_n)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), err = 0;
	char *text = NULL;
	size_t n = 0;
	ssize_t got = 1;

	if (fd < 0)
		return -errno;
	text = malloc(AGENT_CONFIG_BYTES_MAX + 1);
	if (!text)
		err = -ENOMEM;
	while (!err && got > 0 && n <= AGENT_CONFIG_BYTES_MAX) {
		got = read(fd, text + n, AGENT_CONFIG_BYTES_MAX + 1 - n);
		if (got < 0)
			err = -errno;
		else
			n += got;
	}
	close(fd);
	if (err) {
		free(text);
		return err;
	}
	*ret_text = text;
	*ret_n = n;
	return 0;
}

static int add_file(struct layers *l, const char *path, bool asked, char **why)
{
	char err[640], *text = NULL, *exporters_why = NULL;
	size_t n = 0;
	int ret = read_file(path, &text, &n);

	if (ret == -ENOENT && !asked)
		return 0;
	if (ret)
		return refuse(why, "cannot read the configuration \"%s\": %s", path,
			      strerror(-ret));
	ret = agent_config_read(text, n, agent_option_table, file_entry, l, err, sizeof(err));
	if (ret) {
		refuse(why, "%s:%s", path, err);
	} else {
		ret = exporter_configs_read(text, n, &l->o->exporters, &l->o->n_exporters,
					    &exporters_why);
		if (ret)
			refuse(why, "%s: %s", path, exporters_why ? exporters_why : strerror(-ret));
		free(exporters_why);
	}
	free(text);
	return ret;
}

/* ----------------------------------------------------------- what must fit */

static int check_listen(const struct agent_options *o, const char *text, char **why)
{
	struct address at;
	char err[400];

	if (address_parse(text, API_PORT, &at, err, sizeof(err)))
		return refuse(why, "--listen: %s", err);
	if (at.is_unix)
		return refuse(why, "--listen: \"%s\" is a unix socket: that is --socket's",
			      at.text);
	if (o->tls_cert_file || address_is_loopback(&at) || o->allow_plaintext)
		return 0;
	return refuse(
		why,
		"--listen: \"%s\" can be reached from other machines: give --tls-cert-file and "
		"--tls-key-file, or say --allow-plaintext",
		at.text);
}

static int check(const struct agent_options *o, char **why)
{
	int ret = 0;

	if (!o->tls_cert_file != !o->tls_key_file)
		return refuse(why, "--tls-cert-file and --tls-key-file go together");
	if (o->tls_client_ca_file && !o->tls_cert_file)
		return refuse(why, "--tls-client-ca-file needs --tls-cert-file");
	for (size_t i = 0; !ret && o->listen[i]; i++)
		ret = check_listen(o, o->listen[i], why);
	if (!ret && !o->listen[0] && !strcmp(o->socket, "none"))
		ret = refuse(why, "with --socket none and no --listen nobody could ask the agent");
	if (!ret && o->history_bytes < 1 << 20)
		ret = refuse(why, "--history-memory: at least 1M");
	return ret;
}

static int finish(struct agent_options *o, char **why)
{
	struct capture_options *c = &o->o.capture;

	if (o->o.report_interval_ns && (o->o.report_interval_ns < 10 * NS_PER_MS ||
					o->o.report_interval_ns > 86400000 * NS_PER_MS))
		return refuse(why, "--report-interval: give from 10ms to 24h");
	if (c->max_connections > CONNECTIONS_MAX)
		return refuse(why, "--max-connections: at most %u", CONNECTIONS_MAX);
	if (c->ring_bytes > RING_BYTES_MAX)
		return refuse(why, "--ring-size: at most 1G");
	observe_options_finish_names(&o->o);
	c->report_interval_ms = o->o.report_interval_ns / NS_PER_MS;
	if (o->interfaces[0])
		c->interfaces = o->interfaces;
	if (o->not_interfaces[0])
		c->not_interfaces = o->not_interfaces;
	if (!o->o.no_names) {
		c->dns = !o->o.names.no_dns;
		c->cgroups = !o->o.names.no_containers;
		c->dns_ports = o->o.names.dns_ports;
	}
	return check(o, why);
}

/* The words of the lower layers, then what was typed. */
static int parse_all(struct agent_options *o, char **argv, char **why)
{
	size_t n = 0;
	char **all, err[400];
	int ret;

	while (argv[n])
		n++;
	all = calloc(o->n_words + n + 1, sizeof(*all));
	if (!all)
		return refuse(why, "out of memory");
	if (o->n_words)
		memcpy(all, o->words, o->n_words * sizeof(*all));
	memcpy(all + o->n_words, argv, n * sizeof(*all));
	ret = options_parse(agent_option_table, o, all, all, err, sizeof(err));
	if (!ret && *all)
		ret = refuse(why, "\"%s\" is one argument too many: options alone are taken", *all);
	else if (ret < 0)
		refuse(why, "%s", err);
	free(all);
	return ret;
}

int agent_options_load(char **argv, struct agent_options **ret, char **why)
{
	struct agent_options *typed_only = agent_options_new(), *o = agent_options_new();
	struct layers l = {.o = o, .typed = argv};
	const char *path, *env = getenv(ENV_CONFIG);
	int err = typed_only && o ? 0 : -ENOMEM;

	*why = NULL;
	*ret = o;
	if (!err)
		err = parse_all(typed_only, argv, why);
	if (!err)
		err = add_environment(&l, why);
	if (!err) {
		path = typed_only->config ? typed_only->config : env;
		err = add_file(&l, path ? path : AGENT_CONFIG, path, why);
	}
	if (!err)
		err = parse_all(o, argv, why);
	if (!err)
		err = finish(o, why);
	agent_options_free(typed_only);
	return err;
}
