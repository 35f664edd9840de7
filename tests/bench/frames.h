/* SPDX-License-Identifier: MIT */
/* Test packets: flow 0 of driver.bpf.c, 10.1.0.0:1024 to 10.2.0.1:443. */
#ifndef PITOT_TESTS_BENCH_FRAMES_H
#define PITOT_TESTS_BENCH_FRAMES_H

#include <stddef.h>
#include <stdint.h>

#define FRAME_MAX 1514

/*
 * Ethernet frames of TCP with time stamps, addressed to this host: a segment
 * that fills FRAME_MAX bytes, or a SYN. buf has FRAME_MAX bytes; returns how
 * many of them were used.
 */
size_t frame_data4(uint8_t *buf);
size_t frame_data6(uint8_t *buf);
size_t frame_syn4(uint8_t *buf);

#endif
