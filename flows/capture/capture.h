/* SPDX-License-Identifier: MIT */
/* The live kernel as a source of flows: the counterpart of bpf/. */
#ifndef PITOT_FLOWS_CAPTURE_H
#define PITOT_FLOWS_CAPTURE_H

#include "flows/source.h"

#define PREFILTER_MAX 8

struct prefix {
	struct ip_addr addr;
	uint8_t bits;		/* of the mapped form: an IPv4 /24 is 120 */
};

/*
 * What the kernel programs leave out at once. Each list is an OR, the lists are
 * ANDed, an empty list passes all. Matches either end.
 */
struct prefilter {
	unsigned int n_prefixes, n_ports, n_protocols;
	struct prefix prefixes[PREFILTER_MAX];
	uint16_t ports[PREFILTER_MAX];	/* host order */
	uint8_t protocols[PREFILTER_MAX];
};

/* Zero means the default in every field. */
struct capture_options {
	const char *const *interfaces;	/* NULL-terminated globs; NULL: every interface */
	const char *const *not_interfaces;
	struct prefilter prefilter;
	uint32_t max_connections;	/* IPv4 entries; IPv6 has a quarter; default 65536 */
	uint32_t ring_bytes;		/* rounded up to a power of two; default 1 MiB */
	uint32_t report_interval_ms;	/* default 5000 */
	uint32_t idle_timeout_ms;	/* not TCP, and closed-half TCP; default 30000 */
	uint32_t tcp_idle_timeout_ms;	/* established TCP; default 600000 */
	bool drop_stack;		/* --drop-stack */
	bool no_drops, no_sockets, no_flows; /* leave a part out */
	/*
	 * What the kernel hands over only where it is asked to: DNS messages (the source's
	 * message() has to be there) and control groups that are made (cgroup()). Without
	 * sockets, messages on interfaces alone and no control groups.
	 */
	bool dns, cgroups;
	const uint16_t *dns_ports;	/* beside 53 and mDNS's 5353: the first 4; 0 ends; NULL: none */
	const char *how_it_ends;	/* behind the notice of what is watched: ", Ctrl-C ends it"; NULL */
	const char *without;		/* comma list of features to do without, for tests; NULL */
};

/*
 * Loads the programs and returns a source; attaching is done by its start().
 * On failure -errno, and *ret_error is one line for the user (free() it).
 */
int capture_new(const struct capture_options *opt, struct source **ret_source, char **ret_error);

/* An eBPF program of a capture, and what it cost. */
struct capture_program {
	char name[16];
	uint32_t id;
	uint64_t runs, run_ns; /* only while the kernel counts: capture_count_runs() */
};

/* Fills rows of programs that are loaded; how many, at most max. `s` is capture_new()'s. */
size_t capture_programs(struct source *s, struct capture_program *rows, size_t max);

/*
 * The kernel counts the runs of eBPF programs while this is open, at some 25 ns for each
 * run of any program on the machine. A file descriptor, or -errno.
 */
int capture_count_runs(void);

/* Memory of the capture's maps in the kernel. */
uint64_t capture_map_bytes(struct source *s);

struct capture_interface {
	uint32_t index;
	const char *name, *kind; /* "veth"; "" of hardware */
	bool watched;
	const char *how; /* "tcx", "clsact"; or why it is not watched */
};

/* Calls row() for each interface; nothing before start() or after stop(). */
void capture_interfaces(struct source *s, void *arg,
			void (*row)(void *arg, const struct capture_interface *i));

/* A row of the features table (`pitot features`). */
struct feature {
	const char *name;	/* "tcx" */
	const char *what;	/* "attach to interfaces without touching qdiscs" */
	const char *cost;	/* what it costs to be without: "clsact filters are used instead" */
	int result;		/* 0: there; else -errno */
	char why[128];		/* one line: what was tried and what came of it */
};

/* Tries every feature. *ret_rows is static, valid until the next call. 0 or -errno (no rights at all). */
int capture_features(const struct feature **ret_rows, size_t *ret_n);

#endif
