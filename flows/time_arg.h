/* SPDX-License-Identifier: MIT */
/* Durations and moments as they are typed. */
#ifndef PITOT_FLOWS_TIME_ARG_H
#define PITOT_FLOWS_TIME_ARG_H

#include <stdint.h>

/*
 * A duration as Go writes it: decimal numbers, each with a unit of h, m, s, ms,
 * us (or µs), ns: "1h43m", "1.5s", "300ms"; "0" needs none. Not negative.
 * 0, or -EINVAL (also when it is over 292 years).
 */
int duration_parse(const char *text, uint64_t *ret_ns);

/*
 * A moment in ns since the epoch: a duration back from now_ns, or one of
 *   2006-01-02, 2006-01-02T15-07:00, 2006-01-02T15:04-07:00,
 *   2006-01-02T15:04:05.999999999-07:00, Mon, 02 Jan 2006 15:04:05 -0700
 * The offset may be Z, and may be left out: UTC. 0, or -EINVAL (also before 1970).
 */
int time_arg_parse(const char *text, uint64_t now_ns, uint64_t *ret_ns);

#endif
