// SPDX-License-Identifier: MIT
/*
 * udp_rate N SECONDS: N UDP sockets of this network namespace's loopback each send one
 * datagram a second to the same one, spread over the second; "ready" after the first.
 * With `--report-interval 1s` a pitot that watches has about N flow events a second.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define STEPS 50 /* of a second */
#define SPARE_FILES 64

static int sink_new(struct sockaddr_in *ret_addr)
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

static int sender_new(const struct sockaddr_in *to)
{
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	if (fd < 0 || connect(fd, (const struct sockaddr *)to, sizeof(*to)))
		return -errno;
	return fd;
}

/* Every step's part of the sockets; what the receiver has no room for is counted all the same. */
static void run(const int *fds, size_t n, unsigned long seconds)
{
	struct timespec next;

	clock_gettime(CLOCK_MONOTONIC, &next);
	for (unsigned long step = 0; step < seconds * STEPS; step++) {
		for (size_t i = step % STEPS; i < n; i += STEPS)
			(void)!send(fds[i], "x", 1, MSG_DONTWAIT);
		if (step == STEPS - 1) {
			puts("ready");
			fflush(stdout);
		}
		next.tv_nsec += 1000000000 / STEPS;
		if (next.tv_nsec >= 1000000000) {
			next.tv_nsec -= 1000000000;
			next.tv_sec++;
		}
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
	}
}

int main(int argc, char **argv)
{
	unsigned long n = argc == 3 ? strtoul(argv[1], NULL, 10) : 0;
	unsigned long seconds = argc == 3 ? strtoul(argv[2], NULL, 10) : 0;
	struct rlimit files = { n + SPARE_FILES, n + SPARE_FILES };
	struct sockaddr_in to;
	int *fds, err;

	if (!n || !seconds) {
		fputs("usage: udp_rate N SECONDS\n", stderr);
		return 2;
	}
	fds = calloc(n, sizeof(*fds));
	err = !fds || setrlimit(RLIMIT_NOFILE, &files) ? -errno : sink_new(&to);
	for (unsigned long i = 0; i < n && err >= 0; i++)
		err = fds[i] = sender_new(&to);
	if (err < 0) {
		fprintf(stderr, "udp_rate: %s\n", strerror(-err));
		return 1;
	}
	run(fds, n, seconds);
	return 0;
}
