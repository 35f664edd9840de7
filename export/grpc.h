/* SPDX-License-Identifier: MIT */
/* What gRPC's server and client share (grpc/doc/PROTOCOL-HTTP2.md, statuscodes.md). */
#ifndef PITOT_EXPORT_GRPC_H
#define PITOT_EXPORT_GRPC_H

enum grpc_status {
	GRPC_OK = 0,
	GRPC_CANCELLED = 1,
	GRPC_UNKNOWN = 2,
	GRPC_INVALID_ARGUMENT = 3,
	GRPC_DEADLINE_EXCEEDED = 4,
	GRPC_NOT_FOUND = 5,
	GRPC_PERMISSION_DENIED = 7,
	GRPC_RESOURCE_EXHAUSTED = 8,
	GRPC_FAILED_PRECONDITION = 9,
	GRPC_OUT_OF_RANGE = 11,
	GRPC_UNIMPLEMENTED = 12,
	GRPC_INTERNAL = 13,
	GRPC_UNAVAILABLE = 14,
	GRPC_UNAUTHENTICATED = 16,
};

const char *grpc_status_name(unsigned int status); /* "Unavailable", as Go prints it; "Code(99)"'s place: "Unknown" */

#define GRPC_MESSAGE_MAX (4u << 20) /* bytes of a message that is taken */

#endif
