/* SPDX-License-Identifier: MIT */
/* UDP from one thread. */
#ifndef PITOT_TESTS_BENCH_FLOOD_H
#define PITOT_TESTS_BENCH_FLOOD_H

#include <stdint.h>

/*
 * Sends 64-byte datagrams to 127.0.0.1:port as fast as it can for that long.
 * Returns how many were sent, or -errno.
 */
long flood_loopback(uint16_t port, uint64_t duration_ns);

#endif
