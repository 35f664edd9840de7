/* SPDX-License-Identifier: MIT */
/* An object file between open and load, without its skeleton. */
#ifndef PITOT_TESTS_BENCH_OBJECT_H
#define PITOT_TESTS_BENCH_OBJECT_H

#include <bpf/libbpf.h>
#include <stdint.h>

/* Sets a const volatile number of 1 to 8 bytes. 0 or -ENOENT. */
int object_set(struct bpf_object *o, const char *name, uint64_t value);

/* Only this program is to be loaded. 0 or -ENOENT. */
int object_only_program(struct bpf_object *o, const char *name);

#endif
