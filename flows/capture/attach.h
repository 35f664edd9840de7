/* SPDX-License-Identifier: MIT */
/*
 * Puts the flow programs on interfaces: tcx links where the kernel has them
 * (6.6), clsact filters elsewhere. Other people's programs, filters and qdiscs
 * stay as they are.
 */
#ifndef PITOT_FLOWS_ATTACH_H
#define PITOT_FLOWS_ATTACH_H

#include <stdbool.h>
#include <stdint.h>

struct attach;

struct attach_progs {
	int ingress, egress;		/* program fds for interfaces with an Ethernet header */
	int ingress_l3, egress_l3;	/* and for those without; -1: leave those out */
};

/* For interfaces attached to from now on. */
void attach_set_progs(struct attach *a, const struct attach_progs *progs);

/* no_tcx: use clsact even where tcx is there (tests). 0 or -errno. */
int attach_new(const struct attach_progs *progs, bool no_tcx, struct attach **ret);

/*
 * Detaches everything: links are closed; of clsact, our filters, and the qdisc
 * only where we made it and nobody else's filter is on it by now. Takes NULL.
 */
void attach_free(struct attach *a);

/*
 * Ingress and egress of one interface. 0, or -errno (-ENODEV: gone meanwhile).
 * Already attached: 0. Filters that an earlier run left behind (killed, clsact)
 * are replaced.
 */
int attach_interface(struct attach *a, uint32_t ifindex, bool layer3);

/* The interface is gone or no longer wanted: forget it, detach if it is still there. */
void attach_forget(struct attach *a, uint32_t ifindex);

bool attach_has(const struct attach *a, uint32_t ifindex);
bool attach_uses_tcx(const struct attach *a);
unsigned int attach_count(const struct attach *a); /* interfaces attached to */

#endif
