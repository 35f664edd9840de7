/* SPDX-License-Identifier: MIT */
/* google.protobuf.FieldMask over flow.Flow: "source.pod_name", "l4", "Summary". */
#ifndef PITOT_EXPORT_FIELD_MASK_H
#define PITOT_EXPORT_FIELD_MASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "flows/text.h"

struct field_mask;

/*
 * From paths with proto names. 0, -ENOMEM, or -EINVAL with one line in err that names
 * the path. No paths: *ret_mask is NULL, everything passes.
 */
int field_mask_new(const char *const *paths, size_t n, struct field_mask **ret_mask, char *err,
		   size_t err_size);
void field_mask_free(struct field_mask *m); /* takes NULL */

/* True where something of a field of flow.Flow passes, so that a writer need not make it. m may be NULL. */
bool field_mask_passes(const struct field_mask *m, uint32_t number);

/* Appends what of a flow.Flow on the wire passes. 0 or -EBADMSG, -ENOMEM. */
int field_mask_apply(const struct field_mask *m, const uint8_t *wire, size_t n,
		     struct text *ret_wire);

#endif
