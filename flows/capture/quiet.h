/* SPDX-License-Identifier: MIT */
/*
 * libbpf tells of each failure on standard error. Where a failure is an answer,
 * and for a library that stays silent, it has to be kept from that:
 *
 *	libbpf_print_fn_t loud = quiet_begin();
 *	err = bpf_object__load(obj);
 *	quiet_end(loud);
 */
#ifndef PITOT_FLOWS_QUIET_H
#define PITOT_FLOWS_QUIET_H

#include <bpf/libbpf.h>

static inline libbpf_print_fn_t quiet_begin(void)
{
	return libbpf_set_print(NULL);
}

static inline void quiet_end(libbpf_print_fn_t before)
{
	libbpf_set_print(before);
}

#endif
