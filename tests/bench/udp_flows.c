// SPDX-License-Identifier: MIT
/*
 * udp_flows N: N UDP sockets of this network namespace's loopback each send one
 * datagram to the same one and get an answer; then "ready", and all stay open.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define SPARE_FILES 64

static int server_new(struct sockaddr_in *ret_addr)
{
	socklen_t bytes = sizeof(*ret_addr);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	*ret_addr = (struct sockaddr_in){ .sin_family = AF_INET,
					  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	if (fd < 0 || bind(fd, (struct sockaddr *)ret_addr, sizeof(*ret_addr)) ||
	    getsockname(fd, (struct sockaddr *)ret_addr, &bytes))
		return -errno;
	return fd;
}

static int exchange(int server, const struct sockaddr_in *addr)
{
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	struct sockaddr_in from;
	socklen_t bytes = sizeof(from);
	char c = 'x';

	if (fd < 0 || connect(fd, (const struct sockaddr *)addr, sizeof(*addr)) ||
	    send(fd, &c, 1, 0) != 1 ||
	    recvfrom(server, &c, 1, 0, (struct sockaddr *)&from, &bytes) != 1 ||
	    sendto(server, &c, 1, 0, (struct sockaddr *)&from, bytes) != 1 ||
	    recv(fd, &c, 1, 0) != 1)
		return -errno;
	return 0;
}

int main(int argc, char **argv)
{
	unsigned long n = argc == 2 ? strtoul(argv[1], NULL, 10) : 0;
	struct rlimit files = { n + SPARE_FILES, n + SPARE_FILES };
	struct sockaddr_in addr;
	int server, err = 0;

	if (!n) {
		fputs("usage: udp_flows N\n", stderr);
		return 2;
	}
	server = setrlimit(RLIMIT_NOFILE, &files) ? -errno : server_new(&addr);
	if (server < 0)
		err = server;
	for (unsigned long i = 0; i < n && !err; i++)
		err = exchange(server, &addr);
	if (err) {
		fprintf(stderr, "udp_flows: %s\n", strerror(-err));
		return 1;
	}
	puts("ready");
	fflush(stdout);
	for (;;)
		pause();
}
