/* SPDX-License-Identifier: MIT */
/* A c-ares channel on the event loop. */
#ifndef PITOT_FLOWS_NAMES_ARES_LOOP_H
#define PITOT_FLOWS_NAMES_ARES_LOOP_H

#include <ares.h>
#include <stddef.h>
#include <uv.h>

struct ares_loop;

/*
 * server: ADDRESS[:PORT], NULL: those of the file resolv_conf. Strings are not kept.
 * 0, or -EINVAL or -ENOMEM with *ret_why a constant.
 */
int ares_loop_open(uv_loop_t *loop, const char *resolv_conf, const char *server,
		   struct ares_loop **ret, const char **ret_why);

/*
 * Asks for the PTR records of a name. done() is called once, maybe before this
 * returns; in close, too, with ARES_EDESTRUCTION. It must not close.
 */
void ares_loop_ptr(struct ares_loop *l, const char *name, ares_callback done, void *arg);

/* "10.0.0.2, 10.0.0.3" */
void ares_loop_servers(struct ares_loop *l, char *buf, size_t size);

/* Closes the handles; memory goes when the loop has run. Takes NULL. */
void ares_loop_close(struct ares_loop *l);

#endif
