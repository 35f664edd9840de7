/* SPDX-License-Identifier: MIT */
/* Lists and watch events in Kubernetes' protobuf encoding, and the store behind them. */
#include "tests/fuzz/kube_feed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return feed(KUBE_PROTOBUF, data, size);
}
