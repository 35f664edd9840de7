// SPDX-License-Identifier: MIT
/*
 * A gRPC server with methods that answer in every way, on the real loop, for grpc.sh.
 *
 *   grpc_tool [-m MAX_CONNECTIONS] [-s STREAMS] [-i IDLE_MS] [-k KEEPALIVE_MS] [-g GRACE_MS]
 *             [-c CERT -K KEY [-a CLIENT_CA]] ADDRESS
 *
 * Prints "listening PORT", and at SIGTERM (which drains) and SIGUSR1 a line of its counters. SIGHUP reads
 * the certificates anew. Methods of /test.Test/: Echo, Stream (request: decimal count, a
 * space, bytes each), Silent (never answers), Fail (request: decimal status, space, text),
 * Meta (the value of the metadata that the request names), Chat (each message comes back).
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "export/grpc_server.h"

struct stream {
	unsigned long left, size;
	uint8_t bytes[];
};

static uv_loop_t loop;
static struct grpc_server *server;
static struct listener *listener;
static struct tls_options tls_files;
static uint32_t grace_ms = 1000;
static uint64_t gone_calls;

static void echo(void *arg, struct grpc_call *c, const uint8_t *bytes, size_t n)
{
	(void)arg;
	grpc_send(c, bytes, n);
	grpc_finish(c, GRPC_OK, "");
}

static void chat(void *arg, struct grpc_call *c, const uint8_t *bytes, size_t n)
{
	(void)arg;
	grpc_send(c, bytes, n);
}

static void more(void *arg, struct grpc_call *c)
{
	struct stream *s = grpc_call_get(c);

	(void)arg;
	while (s->left) {
		s->left--;
		memcpy(s->bytes, &s->left, s->size < sizeof(s->left) ? s->size : sizeof(s->left));
		if (grpc_send(c, s->bytes, s->size))
			return;
	}
	grpc_finish(c, GRPC_OK, "");
}

static void numbers(const uint8_t *bytes, size_t n, unsigned long *a, const char **rest)
{
	static char text[256];
	char *end;

	snprintf(text, sizeof(text), "%.*s", (int)(n > 255 ? 255 : n), (const char *)bytes);
	*a = strtoul(text, &end, 10);
	*rest = *end ? end + 1 : end;
}

static void stream(void *arg, struct grpc_call *c, const uint8_t *bytes, size_t n)
{
	unsigned long count, size;
	const char *rest;
	struct stream *s;

	numbers(bytes, n, &count, &rest);
	size = strtoul(rest, NULL, 10);
	s = calloc(1, sizeof(*s) + size + sizeof(long));
	if (!s)
		abort();
	s->left = count;
	s->size = size;
	grpc_call_set(c, s);
	more(arg, c);
}

static void silent(void *arg, struct grpc_call *c, const uint8_t *bytes, size_t n)
{
	(void)arg;
	(void)c;
	(void)bytes;
	(void)n;
}

static void fail(void *arg, struct grpc_call *c, const uint8_t *bytes, size_t n)
{
	unsigned long status;
	const char *text;

	(void)arg;
	numbers(bytes, n, &status, &text);
	grpc_finish(c, status, text);
}

static void meta(void *arg, struct grpc_call *c, const uint8_t *bytes, size_t n)
{
	const char *name, *value;
	unsigned long ignored;
	char line[400];

	(void)arg;
	numbers(bytes, n, &ignored, &name);
	snprintf(line, sizeof(line), "%.*s", (int)n, (const char *)bytes);
	value = grpc_call_metadata(c, line);
	snprintf(line, sizeof(line), "%s|%s", value ? value : "(none)", grpc_call_peer(c));
	grpc_send(c, (uint8_t *)line, strlen(line));
	grpc_finish(c, GRPC_OK, "");
}

static void gone(void *arg, struct grpc_call *c)
{
	(void)arg;
	gone_calls++;
	free(grpc_call_get(c));
}

static const struct grpc_method methods[] = {
	{.path = "/test.Test/Echo", .message = echo, .gone = gone},
	{.path = "/test.Test/Stream", .message = stream, .writable = more, .gone = gone},
	{.path = "/test.Test/Silent", .message = silent, .gone = gone},
	{.path = "/test.Test/Fail", .message = fail, .gone = gone},
	{.path = "/test.Test/Meta", .message = meta, .gone = gone},
	{.path = "/test.Test/Chat", .message = chat, .gone = gone, .client_streams = true},
	{0},
};

static void print_stats(void)
{
	struct grpc_server_stats s;

	grpc_server_stats(server, &s);
	printf("connections=%u streams=%u accepted=%llu calls=%llu gone=%llu errors=%llu idle=%llu refused=%llu\n",
	       s.connections, s.streams, (unsigned long long)s.accepted,
	       (unsigned long long)s.calls, (unsigned long long)gone_calls,
	       (unsigned long long)s.protocol_errors, (unsigned long long)s.closed_idle,
	       (unsigned long long)listener_refused(listener));
	fflush(stdout);
}

static void on_drained(void *arg)
{
	(void)arg;
	print_stats();
	uv_stop(&loop);
}

static void on_reload(void)
{
	struct tls *tls;
	char *error = NULL;

	if (tls_server_new(&tls_files, &tls, &error)) {
		printf("not reloaded: %s\n", error);
		free(error);
	} else {
		listener_set_tls(listener, tls);
		tls_put(tls);
		printf("reloaded\n");
	}
	fflush(stdout);
}

static void on_signal(uv_signal_t *h, int signum)
{
	(void)h;
	if (signum == SIGUSR1)
		print_stats();
	else if (signum == SIGHUP)
		on_reload();
	else
		grpc_server_drain(server, grace_ms, on_drained, NULL);
}

static void die(const char *what, const char *why)
{
	fprintf(stderr, "grpc_tool: %s: %s\n", what, why);
	exit(1);
}

static void close_all(uv_handle_t *h, void *arg)
{
	(void)arg;
	if (!uv_is_closing(h))
		uv_close(h, NULL);
}

int main(int argc, char **argv)
{
	static const int signals[] = {SIGTERM, SIGUSR1, SIGHUP};
	struct grpc_server_options opt = {.methods = methods};
	struct listener_options at = {.mode = 0660, .max_connections = 1000};
	const char *ca[2] = {NULL, NULL};
	uv_signal_t handles[3];
	char err[500], *error = NULL;
	int o;

	while ((o = getopt(argc, argv, "m:s:i:k:g:c:K:a:")) != -1) {
		unsigned long v = optarg ? strtoul(optarg, NULL, 10) : 0;

		switch (o) {
		case 'm':
			at.max_connections = v;
			break;
		case 's':
			opt.max_streams = v;
			break;
		case 'i':
			opt.idle_ms = v;
			break;
		case 'k':
			opt.keepalive_ms = v;
			break;
		case 'g':
			grace_ms = v;
			break;
		case 'c':
			tls_files.cert_file = optarg;
			break;
		case 'K':
			tls_files.key_file = optarg;
			break;
		case 'a':
			ca[0] = optarg;
			tls_files.ca_files = ca;
			break;
		default:
			return 2;
		}
	}
	if (optind + 1 != argc)
		return 2;
	if (address_parse(argv[optind], 0, &at.at, err, sizeof(err)))
		die("address", err);
	uv_loop_init(&loop);
	if (tls_files.cert_file && tls_server_new(&tls_files, &at.tls, &error))
		die("TLS", error);
	if (grpc_server_new(&loop, &opt, &server))
		die("server", "no memory");
	if (listener_new(&loop, &at, server, grpc_server_accept, &listener, &error))
		die("listener", error);
	tls_put(at.tls);
	for (int i = 0; i < 3; i++) {
		uv_signal_init(&loop, &handles[i]);
		uv_signal_start(&handles[i], on_signal, signals[i]);
	}
	printf("listening %u\n", listener_port(listener));
	fflush(stdout);
	uv_run(&loop, UV_RUN_DEFAULT);
	grpc_server_free(server);
	listener_close(listener);
	uv_run(&loop, UV_RUN_NOWAIT);
	for (int i = 0; i < 3; i++)
		close_all((uv_handle_t *)&handles[i], NULL);
	uv_run(&loop, UV_RUN_DEFAULT);
	return uv_loop_close(&loop) ? 1 : 0;
}
