/* SPDX-License-Identifier: MIT */
/*
 * Containers from the files of their runtimes, where no socket answers: Podman
 * needs no daemon, and Docker's may be away.
 *
 *	/var/lib/docker/containers/<id>/config.v2.json
 *	/var/lib/containers/storage/<driver>-containers/containers.json and
 *	volatile-containers.json, that one below /run/containers/storage as well (Podman, CRI-O)
 *
 * Podman's have name and image, no labels and no addresses.
 */
#ifndef PITOT_FLOWS_NAMES_RUNTIME_FILES_H
#define PITOT_FLOWS_NAMES_RUNTIME_FILES_H

#include <stdint.h>

#include "flows/names/runtime_store.h"

#define RUNTIME_FILE_MAX (8u << 20) /* more is not read */

struct runtime_files;

/*
 * root: what /var and /run are below, "" usually. store is borrowed. notice() is told
 * of a file that cannot be used, once for each. 0 or -ENOMEM.
 */
int runtime_files_new(const char *root, struct runtime_store *store,
		      void (*notice)(void *arg, const char *line), void *arg,
		      struct runtime_files **ret);
void runtime_files_free(struct runtime_files *f); /* takes NULL */

/* Reads what has changed of Podman's. A few stat() calls where nothing has. */
void runtime_files_poll(struct runtime_files *f, uint64_t now_ns);

/* A container of this id is not known yet: Docker's file of it, if there is one. */
void runtime_files_ask(struct runtime_files *f, const char *id);

/* How many files of Podman's there are. */
unsigned int runtime_files_found(const struct runtime_files *f);

#endif
