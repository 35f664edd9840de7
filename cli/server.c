// SPDX-License-Identifier: MIT
/* From the options to a server that can be asked. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/server_options.h"

#define DEFAULT_PORT 4245
#define NS_PER_MS 1000000

bool server_is_given(const struct server_options *s)
{
	return s->value[KEY_SERVER] || server_bool(s, KEY_PORT_FORWARD);
}

bool server_agent_is_there(void)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX, .sun_path = AGENT_SOCKET};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), err = 0;

	if (fd < 0)
		return false;
	if (connect(fd, (struct sockaddr *)&at, sizeof(at)))
		err = errno;
	close(fd);
	/* One that may not be asked, or is busy, is there: what is wrong is told then. */
	return err != ENOENT && err != ECONNREFUSED && err != ENOTDIR;
}

static int refuse(char **why, const char *line)
{
	*why = strdup(line);
	return -EINVAL;
}

static int choose_address(const struct server_options *s, struct server *ret, char **why)
{
	char text[64], err[320];
	const char *server = server_text(s, KEY_SERVER);
	uint16_t port;
	int ret_forward;

	if (server_bool(s, KEY_PORT_FORWARD)) {
		if (s->origin[KEY_SERVER] == FROM_FLAG)
			return refuse(why, "\"--server\" and \"--port-forward\": only one of them "
					   "can say where the flows come from");
		ret_forward = server_forward(s, &ret->forwarder, &port, why);
		if (ret_forward)
			return ret_forward;
		snprintf(text, sizeof(text), "127.0.0.1:%u", port);
		server = text;
	}
	if (address_parse(server, DEFAULT_PORT, &ret->client.server, err, sizeof(err)))
		return refuse(why, err);
	return 0;
}

/* NULL-terminated; the texts are one allocation behind the pointers. */
static char **split(const char *list)
{
	size_t n = 1, size = strlen(list) + 1;
	char **v, *text;

	for (const char *c = list; *c; c++)
		n += *c == LIST_SEPARATOR;
	v = malloc((n + 1) * sizeof(*v) + size);
	if (!v)
		return NULL;
	text = (char *)(v + n + 1);
	memcpy(text, list, size);
	n = 0;
	for (char *part = strsep(&text, "\n"); part; part = strsep(&text, "\n"))
		if (*part)
			v[n++] = part;
	v[n] = NULL;
	return v;
}

static const char *or_null(const char *text)
{
	return *text ? text : NULL;
}

static int check_tls(const struct server_options *s, const struct server *server, bool tls,
		     char **why)
{
	bool name = *server_text(s, KEY_BASIC_AUTH_USERNAME);

	if (!*server_text(s, KEY_TLS_CLIENT_CERT_FILE) != !*server_text(s, KEY_TLS_CLIENT_KEY_FILE))
		return refuse(why, "\"--tls-client-cert-file\" and \"--tls-client-key-file\" "
				   "go together: give both");
	if (tls && server->client.server.is_unix)
		return refuse(why, "no TLS on a unix socket: leave out \"--tls\"");
	if (name && !tls)
		return refuse(why, "a password is sent over TLS only: add \"--tls\"");
	if (name != (*server_text(s, KEY_BASIC_AUTH_PASSWORD) != 0))
		return refuse(why, "\"--basic-auth-username\" and \"--basic-auth-password\" "
				   "go together: give both");
	return 0;
}

static int set_tls(const struct server_options *s, struct server *ret, char **why)
{
	bool tls = server_bool(s, KEY_TLS) || ret->client.server.tls;
	struct tls_options opt = {
		.cert_file = or_null(server_text(s, KEY_TLS_CLIENT_CERT_FILE)),
		.key_file = or_null(server_text(s, KEY_TLS_CLIENT_KEY_FILE)),
		.server_name = or_null(server_text(s, KEY_TLS_SERVER_NAME)),
		.insecure = server_bool(s, KEY_TLS_ALLOW_INSECURE),
	};
	int err = check_tls(s, ret, tls, why);

	if (err || !tls)
		return err;
	ret->ca_files = split(server_text(s, KEY_TLS_CA_CERT_FILES));
	if (!ret->ca_files)
		return -ENOMEM;
	opt.ca_files = ret->ca_files[0] ? (const char *const *)ret->ca_files : NULL;
	ret->client.server_name = opt.server_name;
	err = tls_client_new(&opt, &ret->client.tls, why);
	if (err == -EINVAL) /* a file is not what it should be: the options are fine */
		err = -EBADMSG;
	if (err || !*server_text(s, KEY_BASIC_AUTH_USERNAME))
		return err;
	if (asprintf(&ret->basic_auth, "%s:%s", server_text(s, KEY_BASIC_AUTH_USERNAME),
		     server_text(s, KEY_BASIC_AUTH_PASSWORD)) < 0) {
		ret->basic_auth = NULL;
		return -ENOMEM;
	}
	ret->client.basic_auth = ret->basic_auth;
	return 0;
}

static void tell(const struct server_options *s, const struct server *server)
{
	static const char *const origins[] = {
		[FROM_DEFAULT] = "the default",
		[FROM_FILE] = "the configuration file",
		[FROM_ENVIRONMENT] = "the environment",
		[FROM_FLAG] = "the command line",
	};
	char *path;

	if (!server_bool(s, KEY_DEBUG))
		return;
	path = server_config_path(s);
	say(0, "debug: configuration file %s", path ? path : "none");
	free(path);
	say(0, "debug: server %s, from %s; %s; time-out %u ms, of an answer %u ms",
	    server->client.server.text,
	    server_bool(s, KEY_PORT_FORWARD) ? "kubectl port-forward"
					     : origins[s->origin[KEY_SERVER]],
	    !server->client.tls			     ? "no TLS"
	    : server_bool(s, KEY_TLS_ALLOW_INSECURE) ? "TLS, any certificate"
						     : "TLS",
	    server->client.connect_ms, server->request_ms);
}

int server_open(const struct server_options *s, struct server *ret, char **why)
{
	int err;

	*ret = (struct server){0};
	*why = NULL;
	ret->client.connect_ms = server_duration_ns(s, KEY_TIMEOUT) / NS_PER_MS ?: 1;
	ret->request_ms = server_duration_ns(s, KEY_REQUEST_TIMEOUT) / NS_PER_MS ?: 1;
	err = choose_address(s, ret, why);
	if (!err)
		err = set_tls(s, ret, why);
	if (err)
		server_release(ret);
	else
		tell(s, ret);
	return err;
}

int server_exit(int err)
{
	return err == -EINVAL ? EXIT_USAGE : EXIT_FAILED;
}

void server_release(struct server *s)
{
	tls_put(s->client.tls);
	free(s->basic_auth);
	free(s->ca_files);
	if (s->forwarder > 0) {
		kill(s->forwarder, SIGTERM);
		waitpid(s->forwarder, NULL, 0);
	}
	*s = (struct server){0};
}
