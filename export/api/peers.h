/* SPDX-License-Identifier: MIT */
/* peer.Peer/Notify: the nodes whose agents can be asked, this one among them. */
#ifndef PITOT_EXPORT_API_PEERS_H
#define PITOT_EXPORT_API_PEERS_H

#include "export/api/parts.h"

#define PEERS_MAX 8192

int peers_new(struct api *a); /* 0 or -ENOMEM */
void peers_free(struct api *a);
void peers_drain(struct api *a);

/* Texts are the table's, valid until the next api_set_peers(). */
size_t peers_list(const struct api *a, const struct api_peer **ret);

#endif
