// SPDX-License-Identifier: MIT
/*
 * Arbitrary bytes at a gRPC connection, by a real socket and the real loop. The first
 * byte's lowest bit: at the server, or (as a server's answer) at the client. The next
 * bit: behind a proper beginning, so that frames are what is fuzzed; the third: cut in
 * two writes. Whatever comes, the connection is over when the peer has gone, every
 * call that was announced is told to be gone, and the client's call is told its end.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "export/grpc_client.h"
#include "export/grpc_server.h"
#include "export/transport_internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define TURNS 200

static const char hello[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0";
static const char settings[] = "\0\0\0\4\0\0\0\0";
static uv_loop_t loop;
static struct grpc_server *server;
static unsigned int live; /* calls that have begun and are not gone */
static bool done;

static void begin(struct grpc_call *c)
{
	if (grpc_call_get(c))
		return;
	live++;
	grpc_call_set(c, malloc(1));
}

static void echo(void *arg, struct grpc_call *c, const uint8_t *bytes, size_t n)
{
	(void)arg;
	begin(c);
	grpc_send(c, bytes, n);
	grpc_finish(c, GRPC_OK, "100 % fine\n");
}

static void chat(void *arg, struct grpc_call *c, const uint8_t *bytes, size_t n)
{
	(void)arg;
	begin(c);
	for (int i = 0; i < 4; i++)
		grpc_send(c, bytes, n);
	if (n && bytes[0] == 'F')
		grpc_finish(c, GRPC_NOT_FOUND, grpc_call_metadata(c, "x"));
}

static void end(void *arg, struct grpc_call *c)
{
	(void)arg;
	begin(c);
	grpc_finish(c, GRPC_OK, NULL);
}

static void writable(void *arg, struct grpc_call *c)
{
	static const uint8_t bytes[1000];

	(void)arg;
	for (int i = 0; i < 500; i++)
		if (grpc_send(c, bytes, sizeof(bytes)))
			return;
	grpc_finish(c, GRPC_OK, "");
}

static void stream(void *arg, struct grpc_call *c, const uint8_t *bytes, size_t n)
{
	(void)bytes;
	(void)n;
	begin(c);
	writable(arg, c);
}

static void gone(void *arg, struct grpc_call *c)
{
	(void)arg;
	if (!grpc_call_get(c))
		return;
	live--;
	free(grpc_call_get(c));
}

static const struct grpc_method methods[] = {
	{.path = "/t/E", .message = echo, .gone = gone},
	{.path = "/t/C", .message = chat, .end = end, .gone = gone, .client_streams = true},
	{.path = "/t/S", .message = stream, .writable = writable, .gone = gone},
	{0},
};

static void turn(int fd)
{
	char sink[65536];

	uv_run(&loop, UV_RUN_NOWAIT);
	while (fd >= 0 && recv(fd, sink, sizeof(sink), MSG_DONTWAIT) > 0)
		;
}

/* What does not fit into the socket is not sent: longer inputs are of no interest. */
static void say(int fd, const void *bytes, size_t n)
{
	if (n)
		send(fd, bytes, n, MSG_DONTWAIT | MSG_NOSIGNAL);
	for (int i = 0; i < 3; i++)
		turn(fd);
}

static void say_input(int fd, unsigned int flags, const uint8_t *data, size_t size)
{
	size_t half = flags & 4 ? size / 2 : size;

	say(fd, data, half);
	if (half < size)
		say(fd, data + half, size - half);
}

static void at_server(unsigned int flags, const uint8_t *data, size_t size)
{
	struct grpc_server_stats st;
	struct transport *t = transport_new(&loop);
	int fds[2];

	if (!t || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds))
		abort();
	if (transport_own_fd(t, fds[0], true))
		abort();
	transport_take_peer(t);
	grpc_server_accept(server, t);
	transport_begin(t);
	if (flags & 2)
		say(fds[1], hello, sizeof(hello));
	say_input(fds[1], flags, data, size);
	close(fds[1]);
	for (int i = 0; i < TURNS; i++) {
		turn(-1);
		grpc_server_stats(server, &st);
		if (!st.connections)
			break;
	}
	if (st.connections || st.streams || live)
		abort();
}

static void on_message(void *arg, const uint8_t *bytes, size_t n)
{
	(void)arg;
	for (size_t i = 0; i < n; i++)
		*(volatile const uint8_t *)&bytes[i];
}

static void on_header(void *arg, const char *name, const char *value)
{
	(void)arg;
	if (strlen(name) + strlen(value) > 1 << 20)
		abort();
}

static void on_done(void *arg, enum grpc_status status, const char *message)
{
	(void)arg;
	(void)status;
	if (done || strlen(message) > 1 << 20)
		abort();
	done = true;
}

static int listen_at(struct address *at)
{
	static int fd = -1;
	static struct sockaddr_un un = {.sun_family = AF_UNIX};
	static struct address where;

	if (fd < 0) {
		char path[64], err[100];

		snprintf(path, sizeof(path), "/tmp/fuzz_http2.%d", (int)getpid());
		unlink(path);
		fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		memcpy(un.sun_path, path, sizeof(path));
		if (fd < 0 || bind(fd, (struct sockaddr *)&un, sizeof(un)) || listen(fd, 8) ||
		    address_parse(path, 0, &where, err, sizeof(err)))
			abort();
	}
	*at = where;
	return fd;
}

static void clean_up(void)
{
	char path[64];

	snprintf(path, sizeof(path), "/tmp/fuzz_http2.%d", (int)getpid());
	unlink(path);
}

static void at_client(unsigned int flags, const uint8_t *data, size_t size)
{
	struct grpc_stream_events ev = {
		.message = on_message, .header = on_header, .done = on_done};
	struct grpc_client_options opt = {0};
	struct grpc_stream *s;
	struct grpc_client *c;
	int listener = listen_at(&opt.server), fd;

	done = false;
	if (grpc_client_new(&loop, &opt, &c) ||
	    grpc_call(c, "/t/S", (const uint8_t *)"x", 1, NULL, 0, &ev, &s))
		abort();
	fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0)
		abort();
	turn(fd);
	if (flags & 2)
		say(fd, settings, sizeof(settings));
	say_input(fd, flags, data, size);
	close(fd);
	for (int i = 0; i < TURNS && !done; i++)
		turn(-1);
	if (!done)
		abort();
	grpc_client_free(c);
	turn(-1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct grpc_server_options opt = {.methods = methods};
	unsigned int flags;

	if (!size)
		return 0;
	if (!server) {
		uv_loop_init(&loop);
		if (grpc_server_new(&loop, &opt, &server))
			abort();
		atexit(clean_up);
	}
	flags = data[0];
	if (flags & 1)
		at_client(flags, data + 1, size - 1);
	else
		at_server(flags, data + 1, size - 1);
	return 0;
}
