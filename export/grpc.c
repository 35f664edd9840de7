// SPDX-License-Identifier: MIT
/* gRPC's status codes, named as Go's codes.Code prints them. */
#include "export/grpc.h"

#include <stddef.h>

const char *grpc_status_name(unsigned int status)
{
	static const char *const names[] = {
		"OK",
		"Canceled",
		"Unknown",
		"InvalidArgument",
		"DeadlineExceeded",
		"NotFound",
		"AlreadyExists",
		"PermissionDenied",
		"ResourceExhausted",
		"FailedPrecondition",
		"Aborted",
		"OutOfRange",
		"Unimplemented",
		"Internal",
		"Unavailable",
		"DataLoss",
		"Unauthenticated",
	};

	return status < sizeof(names) / sizeof(*names) ? names[status] : "Unknown";
}
