/* SPDX-License-Identifier: MIT */
/* observer.GetFlowsRequest, read and checked. */
#ifndef PITOT_EXPORT_API_FLOWS_REQUEST_H
#define PITOT_EXPORT_API_FLOWS_REQUEST_H

#include "export/field_mask.h"
#include "export/grpc.h"
#include "flows/filter.h"
#include "flows/where.h"

struct flows_request {
	uint64_t number; /* 0: not asked */
	bool first, follow;
	uint64_t since_ns, until_ns; /* wall clock; 0: not asked */
	struct filter filter;
	struct where *where; /* NULL: none */
	struct field_mask *mask; /* NULL: everything */
};

/*
 * GRPC_OK, or what the client is told with one line in err. *ret is to be cleared in
 * either case. cluster and node: where the flows are seen.
 */
enum grpc_status flows_request_read(struct flows_request *ret, const uint8_t *wire, size_t n,
				    const char *cluster, const char *node, char *err,
				    size_t err_size);

/* Does the flow pass all but the times? */
bool flows_request_pass(const struct flows_request *r, const struct flow *f);

void flows_request_clear(struct flows_request *r);

#endif
