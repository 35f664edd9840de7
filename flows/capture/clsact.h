/* SPDX-License-Identifier: MIT */
/*
 * The flow programs as filters of clsact qdiscs, for kernels without tcx. Filters
 * outlive the process; so each running pitot holds a number of its own in its
 * network namespace, and what stands under a number that nobody holds was left
 * behind by a killed run.
 */
#ifndef PITOT_FLOWS_CLSACT_H
#define PITOT_FLOWS_CLSACT_H

#include <stdbool.h>
#include <stdint.h>

struct clsact;

/* Takes a number and removes what killed runs left on any interface. 0 or -errno. */
int clsact_new(struct clsact **ret);

/* Detaches nothing by itself. Takes NULL. */
void clsact_free(struct clsact *c);

/*
 * Both hooks of an interface, or none. *ret_made: the qdisc is ours to remove.
 * -EBUSY: an ingress qdisc, which has no egress hook, is in clsact's place.
 */
int clsact_attach(struct clsact *c, uint32_t ifindex, int ingress_fd, int egress_fd,
		  bool *ret_made);

/* made: as clsact_attach() told. The qdisc stays where others have filters on it. */
void clsact_detach(struct clsact *c, uint32_t ifindex, bool made);

/* Can a clsact qdisc be made there? One that was not there goes at once. 0 or -errno. */
int clsact_try(uint32_t ifindex);

#endif
