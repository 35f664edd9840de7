/* SPDX-License-Identifier: MIT */
/*
 * Which of a stream's flows were there before its connection broke: the way back asks
 * for a little more than is missing, since flows do not come in the order of their times.
 */
#ifndef PITOT_EXPORT_SERVER_REPLAY_H
#define PITOT_EXPORT_SERVER_REPLAY_H

#include "flows/flow.h"

struct replay;

#define REPLAY_FLOWS 16384 /* flows that are remembered */

int replay_new(struct replay **ret_replay); /* 0 or -ENOMEM */
void replay_free(struct replay *r); /* takes NULL */

/* Remembers a flow, wire is its message. False: it was there before the break. */
bool replay_is_new(struct replay *r, const struct flow *f, const uint8_t *wire, size_t n);

/* The connection broke: from now on flows are compared with what is remembered. */
void replay_break(struct replay *r);

/* From when on flows are to be asked for: wall clock; 0: none has come as yet. */
uint64_t replay_since(const struct replay *r);

#endif
