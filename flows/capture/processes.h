/* SPDX-License-Identifier: MIT */
/* The processes that were told of, by pid: what the kernel saw them begin, and /proc for the rest. */
#ifndef PITOT_FLOWS_PROCESSES_H
#define PITOT_FLOWS_PROCESSES_H

#include <stdint.h>

#include "bpf/record.h"
#include "flows/process.h"
#include "flows/table.h"

struct process_entry;

/* Zeroed: empty. The oldest goes when it is full. */
struct processes {
	struct table table;
	struct process_entry *oldest, *newest;
	uint64_t lost; /* without memory */
};

void processes_free(struct processes *t);

/* A process began a program. */
void processes_exec(struct processes *t, const struct rec_exec *rec);

/*
 * The process that a socket's record names; made where it is new, and anew where its
 * user or control group is another one now. Borrowed: valid until the next call.
 * NULL: the record names none, or there is no memory.
 */
struct process *processes_of(struct processes *t, const struct rec_socket *rec);

#endif
