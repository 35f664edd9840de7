/* SPDX-License-Identifier: MIT */
/* The kernel programs: opened, configured, loaded, and attached but for the interfaces. */
#ifndef PITOT_FLOWS_OBJECTS_H
#define PITOT_FLOWS_OBJECTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf/record.h"
#include "flows/capture/attach.h"
#include "flows/capture/capture.h"
#include "flows/capture/kernel_names.h"

#define OBJECTS_NOTICES 8

struct objects {
	struct bpf_object *flow;	/* of whichever skeleton could be loaded */
	struct bpf_object *flow_l3;	/* likewise, for interfaces without Ethernet; NULL: not needed yet */
	struct flow_bpf *flow_bpf_, *flow_bpf_l3;
	struct flow_compat_bpf *flow_compat_bpf_, *flow_compat_bpf_l3;
	struct drop_bpf *drop;		/* NULL: drops are not seen */
	struct bpf_program *drop_program;
	struct socket_bpf *socket;	/* NULL: owners are not known */
	int clock_fd; /* program that returns the kernel's jiffies */
	int events_fd, counters_fd, reader_fd, conn4_fd, conn6_fd;
	int drops_fd, stacks_fd;	/* -1: none */
	int udp_changes_fd;		/* -1: none */
	struct attach_progs progs;
	uint32_t max4, max6;	/* entries of the connection maps */
	bool nat;
	char *notices[OBJECTS_NOTICES]; /* what is missing, a line each */
	unsigned int n_notices;
	struct bpf_link *links[24];
	unsigned int n_links;
	struct bpf_link *walk_udp, *walk_listeners, *walk_files; /* NULL: none */
};

/*
 * Loads what opt asks for and the kernel can do. The flow programs are a must,
 * the rest costs itself alone, with a notice. On failure -errno and a line for
 * the user (free() it). names, where not NULL, reads its symbols meanwhile, so that
 * the first drop does not wait for them.
 */
int objects_load(const struct capture_options *opt, struct kernel_names *names,
		 struct objects **ret, char **ret_error);

/*
 * The programs for interfaces without an Ethernet header, into o->progs: most
 * machines have none, and verifying them takes as long as the others. 0 or -errno.
 */
int objects_load_l3(struct objects *o, const struct capture_options *opt);

/* One line for the user about what is missing; the first OBJECTS_NOTICES are kept. Any thread. */
void __attribute__((format(printf, 2, 3))) objects_notice(struct objects *o, const char *format, ...);

/* Attaches the tracing and socket programs. What fails becomes a notice. */
void objects_attach(struct objects *o);

/*
 * Attaches the program that hears DNS at sockets, once: it runs for every packet that
 * reaches one. 0 (also where it is not asked for, or missing) or -errno.
 */
int objects_attach_dns(struct objects *o);

/* Detaches and unloads. Takes NULL. */
void objects_free(struct objects *o);

/* Ticks of the kernel's jiffies a second. */
uint32_t kernel_hz(void);

/* Runs an iterator to its end and hands what it wrote to f, a record each. 0 or -errno. */
int objects_walk(struct bpf_link *walk, void (*f)(void *arg, const void *rec, size_t size),
		 void *arg);

/* enum counter -> its sum over all CPUs; zeros where it cannot be read. */
void objects_counters(const struct objects *o, uint64_t sum[CNT_MAX]);

/* The addresses of a stack, innermost first, into ret; how many. */
unsigned int objects_stack(const struct objects *o, int32_t id, uint64_t *ret, unsigned int max);

#endif
