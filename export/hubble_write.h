/* SPDX-License-Identifier: MIT */
/* How export/hubble_write*.c put a flow.Flow together; for those files only. */
#ifndef PITOT_EXPORT_HUBBLE_WRITE_H
#define PITOT_EXPORT_HUBBLE_WRITE_H

#include "export/hubble.h"
#include "export/wire.h"

/* An address as text. */
void wire_addr(struct text *t, uint32_t number, const struct ip_addr *a);

/* Repeated untrusted texts. */
void wire_strings(struct text *t, uint32_t number, const char *const *v, size_t n, size_t max);

/* flow.Endpoint, always there; names; flow.Service and flow.Layer7 where there is one. */
void write_endpoint(struct text *t, uint32_t number, const struct flow_end *e);
void write_dns_names(struct text *t, const struct flow *f);
void write_service(struct text *t, uint32_t number, const struct service *s);
void write_l7(struct text *t, const struct l7 *l);

/* Flow.extensions. */
void write_extension(struct text *t, const struct flow *f, enum hubble_extensions extensions);

/* Fields of flow.Flow that only a flow of Hubble's has. */
void write_policies(struct text *t, const struct hubble *h);

/* Flow.extensions is an Any of one of these. */
#define EXTENSION_PITOT_URL "type.googleapis.com/pitot.v1.FlowExtension"
#define EXTENSION_STRUCT_URL "type.googleapis.com/google.protobuf.Struct"

#endif
