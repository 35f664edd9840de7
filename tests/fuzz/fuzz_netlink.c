/* SPDX-License-Identifier: MIT */
/* The rtnetlink messages' reader against any bytes. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "flows/capture/link_message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(int holds)
{
	if (!holds)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct link_message m;
	size_t offset = 0, before = 0;
	int r;

	while ((r = link_message_next(data, size, &offset, &m)) > 0) {
		check(offset >= before + 16 || offset == size);
		check(offset <= size);
		before = offset;
		check(memchr(m.link.name, 0, sizeof(m.link.name)) != NULL);
		check(m.kind != LINK_MESSAGE_LINK || (m.link.ifindex && m.link.name[0]));
		check(m.addr.bits <= 128 && m.error <= 0);
	}
	check(r || offset == size);
	return 0;
}
