/* SPDX-License-Identifier: MIT */
/*
 * Which connection requests a listener lost because a queue was full.
 *
 * The kernel counts drops with the listener (sk_drops), but all of them: also the SYN
 * that comes again because its SYN-ACK was lost, and the ACK that finds the queue
 * full twice. Full queues are counted with the network namespace, where
 * /proc/net/netstat tells (ListenOverflows, TCPReqQFullDrop). So listeners whose own
 * counter grew share what the namespace's did.
 */
#ifndef PITOT_FLOWS_OVERFLOWS_H
#define PITOT_FLOWS_OVERFLOWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf/record.h"

struct overflows;

/* Full queues of that namespace since it was made, into *ret; false: not known. */
typedef bool (*overflows_count_fn)(void *arg, uint32_t netns, uint64_t *ret);

int overflows_new(overflows_count_fn count, void *arg, struct overflows **ret); /* 0 or -ENOMEM */
void overflows_free(struct overflows *o); /* takes NULL */

/* There is a listener: what its namespace counted up to now is not asked for again. */
void overflows_listener(struct overflows *o, uint32_t netns);

/* A listener's drop counter grew (SOCK_LISTEN_DROPS). */
void overflows_grew(struct overflows *o, const struct rec_socket *rec);

/*
 * All of one look were told: calls f for each listener that lost requests, or that the
 * kernel took to be flooded. In *rec new_drops are those that full queues lost since
 * the last call, drops all of that listener.
 */
void overflows_share(struct overflows *o, void (*f)(void *arg, const struct rec_socket *rec),
		     void *arg);

/* The counters in the text of a /proc/net/netstat. False: there are none. */
bool overflows_parse_netstat(const char *text, size_t size, uint64_t *ret);

#endif
