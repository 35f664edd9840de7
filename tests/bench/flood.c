// SPDX-License-Identifier: MIT
#include "tests/bench/flood.h"

#include <arpa/inet.h>
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/bench/bench.h"

#define BURST 256

/* Not connected: the ICMP errors that come back are nobody's. */
long flood_loopback(uint16_t port, uint64_t duration_ns)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(port),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	uint64_t begin_ns = bench_now_ns();
	static const char payload[64];
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	long sent = 0;

	if (fd < 0)
		return -errno;
	while (bench_now_ns() - begin_ns < duration_ns)
		for (int i = 0; i < BURST; i++)
			sent += sendto(fd, payload, sizeof(payload), 0, (struct sockaddr *)&to,
				       sizeof(to)) == sizeof(payload);
	close(fd);
	return sent;
}
