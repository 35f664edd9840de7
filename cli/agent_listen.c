// SPDX-License-Identifier: MIT
/* Where the agent can be asked. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/agent.h"

#define API_PORT 4244
#define CONNECTIONS_MAX 1024

static struct tls_options tls_options(const struct agent_options *o, const char **ca_files)
{
	ca_files[0] = o->tls_client_ca_file;
	ca_files[1] = NULL;
	return (struct tls_options){
		.cert_file = o->tls_cert_file,
		.key_file = o->tls_key_file,
		.ca_files = o->tls_client_ca_file ? ca_files : NULL,
	};
}

static int listen_on(struct agent *a, const struct listener_options *opt, char **why)
{
	int err = listener_new(&a->loop, opt, a->server, grpc_server_accept,
			       &a->listeners[a->n_listeners], why);

	if (err)
		return err;
	a->n_listeners++;
	agent_log(LOG_INFO_LEVEL, "listening on %s%s", opt->at.text, opt->tls ? " (TLS)" : "");
	return 0;
}

/* The folder is made where it is missing, so that the default works without a unit. */
static int listen_unix(struct agent *a, char **why)
{
	struct listener_options opt = {
		.group = "pitot", .mode = 0660, .max_connections = CONNECTIONS_MAX};
	char err[400] = "", *slash, folder[sizeof(opt.at.path)];

	if (!strcmp(a->opt->socket, "none"))
		return 0;
	if (address_parse(a->opt->socket, 0, &opt.at, err, sizeof(err))) {
		*why = strdup(err);
		return -EINVAL;
	}
	snprintf(folder, sizeof(folder), "%s", opt.at.path);
	slash = strrchr(folder, '/');
	if (slash && slash != folder) {
		*slash = '\0';
		if (!mkdir(folder, 0755))
			memcpy(a->made_folder, folder, sizeof(folder));
	}
	return listen_on(a, &opt, why);
}

static int listen_tcp(struct agent *a, const char *text, char **why)
{
	struct listener_options opt = {.tls = a->tls, .max_connections = CONNECTIONS_MAX};
	char err[400] = "";

	if (address_parse(text, API_PORT, &opt.at, err, sizeof(err))) {
		*why = strdup(err);
		return -EINVAL;
	}
	return listen_on(a, &opt, why);
}

int agent_listen(struct agent *a, char **why)
{
	const struct agent_options *o = a->opt;
	const char *ca_files[2];
	struct tls_options tls = tls_options(o, ca_files);
	int err = 0;

	if (o->tls_cert_file)
		err = tls_server_new(&tls, &a->tls, why);
	if (!err)
		err = listen_unix(a, why);
	for (size_t i = 0; !err && o->listen[i]; i++)
		err = listen_tcp(a, o->listen[i], why);
	return err;
}

void agent_stop_listening(struct agent *a)
{
	while (a->n_listeners)
		listener_close(a->listeners[--a->n_listeners]);
	/* a folder with something else in it stays */
	if (*a->made_folder)
		rmdir(a->made_folder);
	*a->made_folder = '\0';
}

void agent_reload_tls(struct agent *a, const struct agent_options *opt)
{
	const char *ca_files[2];
	struct tls_options files = tls_options(opt, ca_files);
	char *why = NULL;
	struct tls *tls;
	int err;

	if (!a->tls || !opt->tls_cert_file)
		return;
	err = tls_server_new(&files, &tls, &why);
	if (err) {
		agent_log(LOG_ERROR_LEVEL, "%s; the certificates stay as they were",
			  why ? why : strerror(-err));
		free(why);
		return;
	}
	for (size_t i = 0; i < a->n_listeners; i++)
		if (listener_port(a->listeners[i]))
			listener_set_tls(a->listeners[i], tls);
	tls_put(a->tls);
	a->tls = tls;
}
