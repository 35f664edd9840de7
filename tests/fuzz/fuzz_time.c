// SPDX-License-Identifier: MIT
/* Durations and moments out of garbage: no overflow, and what is accepted keeps its bounds. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "flows/time_arg.h"
#include "tui/clock.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint64_t now = 1767225600000000000ull;
	char *text = malloc(size + 1);
	uint64_t ns, moment;

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	if (!duration_parse(text, &ns)) {
		if (ns > INT64_MAX || time_arg_parse(text, now, &moment) || moment > now)
			abort();
	} else if (!time_arg_parse(text, now, &moment) && moment > INT64_MAX) {
		abort();
	}
	/* what is typed into the screen: of the day, from the time shown */
	if (!clock_parse(text, now, now, false, &moment)) {
		if (*text == '-' && moment > now)
			abort();
		if (*text == '+' && moment < now)
			abort();
		if (strchr(text, ':') && strlen(text) < 9 &&
		    (moment < now - 86400000000000ull || moment > now + 86400000000000ull))
			abort();
	}
	free(text);
	return 0;
}
