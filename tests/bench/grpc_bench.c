// SPDX-License-Identifier: MIT
/*
 * Messages a second of one stream, from our gRPC server in one process to our client
 * in another, by a unix socket; what each costs a message beside it. Usage:
 * grpc_bench [MESSAGES [BYTES]]
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "export/grpc_client.h"
#include "export/grpc_server.h"
#include "tests/bench/bench.h"

#define ROUNDS 5

static unsigned long messages = 2000000, size = 300;
static uint8_t message[65536];

/* --------------------------------------------------------------------- server */

static void more(void *arg, struct grpc_call *c)
{
	unsigned long *left = grpc_call_get(c);

	(void)arg;
	while (*left) {
		--*left;
		if (grpc_send(c, message, size))
			return;
	}
	grpc_finish(c, GRPC_OK, "");
}

static void begin(void *arg, struct grpc_call *c, const uint8_t *bytes, size_t n)
{
	unsigned long *left = malloc(sizeof(*left));

	(void)bytes;
	(void)n;
	if (!left)
		abort();
	*left = messages;
	grpc_call_set(c, left);
	more(arg, c);
}

static void gone(void *arg, struct grpc_call *c)
{
	(void)arg;
	free(grpc_call_get(c));
}

static void serve(const struct address *at)
{
	static const struct grpc_method methods[] = {
		{.path = "/t.T/Stream", .message = begin, .writable = more, .gone = gone},
		{0},
	};
	struct grpc_server_options opt = {.methods = methods};
	struct listener_options where = {.at = *at, .mode = 0600, .max_connections = 10};
	struct grpc_server *s;
	struct listener *l;
	uv_loop_t loop;

	uv_loop_init(&loop);
	if (grpc_server_new(&loop, &opt, &s) ||
	    listener_new(&loop, &where, s, grpc_server_accept, &l, NULL))
		_exit(1);
	uv_run(&loop, UV_RUN_DEFAULT);
	_exit(0);
}

/* --------------------------------------------------------------------- client */

struct result {
	unsigned long messages;
	bool done;
	enum grpc_status status;
	char why[200];
};

static void on_message(void *arg, const uint8_t *bytes, size_t n)
{
	struct result *r = arg;

	(void)bytes;
	r->messages += n == size;
}

static void on_done(void *arg, enum grpc_status status, const char *text)
{
	struct result *r = arg;

	r->done = true;
	r->status = status;
	snprintf(r->why, sizeof(r->why), "%s", text);
}

static double cpu(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return u.ru_utime.tv_sec + u.ru_stime.tv_sec +
	       (u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

/* clock ticks of the server */
static double cpu_of(pid_t pid)
{
	unsigned long user = 0, kernel = 0;
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	f = fopen(path, "re");
	if (!f)
		return 0;
	if (fscanf(f, "%*d %*s %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user,
		   &kernel) != 2)
		user = kernel = 0;
	fclose(f);
	return (double)(user + kernel) / sysconf(_SC_CLK_TCK);
}

static bool ask(uv_loop_t *loop, struct grpc_client *c)
{
	struct result r = {0};
	struct grpc_stream_events ev = {.arg = &r, .message = on_message, .done = on_done};
	struct grpc_stream *s;

	if (grpc_call(c, "/t.T/Stream", (const uint8_t *)"", 0, NULL, 0, &ev, &s))
		return false;
	while (!r.done)
		uv_run(loop, UV_RUN_ONCE);
	if (r.status || r.messages != messages) {
		fprintf(stderr, "grpc_bench: %lu messages, status %u %s\n", r.messages, r.status,
			r.why);
		return false;
	}
	return true;
}

static bool measure(const struct address *at, pid_t server)
{
	struct grpc_client_options opt = {.server = *at};
	struct samples rate = {0};
	struct grpc_client *c;
	char text[100], costs[100];
	double cpu_client = 0, cpu_server = cpu_of(server);
	uv_loop_t loop;
	bool ok = true;

	uv_loop_init(&loop);
	if (grpc_client_new(&loop, &opt, &c))
		return false;
	for (int i = 0; i < ROUNDS && ok; i++) {
		uint64_t t0 = bench_now_ns();

		cpu_client -= cpu();
		ok = ask(&loop, c);
		cpu_client += cpu();
		samples_add(&rate, messages * 1e9 / (bench_now_ns() - t0));
	}
	cpu_server = cpu_of(server) - cpu_server;
	snprintf(text, sizeof(text), "%.0f/s of %lu bytes", samples_median(&rate), size);
	snprintf(costs, sizeof(costs), "ns: %.0f here, %.0f there",
		 cpu_server * 1e9 / ROUNDS / messages, cpu_client * 1e9 / ROUNDS / messages);
	if (ok)
		bench_row("gRPC messages to one client", text, costs, samples_median(&rate),
			  ">= 400000");
	grpc_client_free(c);
	uv_run(&loop, UV_RUN_NOWAIT);
	return ok;
}

int main(int argc, char **argv)
{
	char dir[] = "/tmp/grpc_bench.XXXXXX", path[64], err[200];
	struct address at;
	pid_t server;
	bool ok;

	if (argc > 1)
		messages = strtoul(argv[1], NULL, 10);
	if (argc > 2)
		size = strtoul(argv[2], NULL, 10) % sizeof(message);
	if (!mkdtemp(dir))
		return 1;
	snprintf(path, sizeof(path), "%s/s", dir);
	if (address_parse(path, 0, &at, err, sizeof(err)))
		return 1;
	server = fork();
	if (!server)
		serve(&at);
	for (int i = 0; i < 500 && access(path, F_OK); i++)
		usleep(10000);
	ok = measure(&at, server);
	kill(server, SIGTERM);
	waitpid(server, NULL, 0);
	unlink(path);
	rmdir(dir);
	return !ok;
}
