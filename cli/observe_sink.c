// SPDX-License-Identifier: MIT
/* Where the flows of `pitot observe` go: the printer, and what stands before it. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/last.h"
#include "cli/observe.h"

/* A server and a file know what was last; of a capture --last is what it was when it ends. */
static bool keeps_last(const struct observe *o)
{
	if (!o->opt->last)
		return false;
	return o->opt->input_file || (!o->from->held && !o->opt->follow);
}

static unsigned int last_bytes(const struct observe *o)
{
	return o->opt->input_file ? LAST_FILE_BYTES_MAX : LAST_BYTES_MAX;
}

int observe_sink_open(struct observe *o, char **why)
{
	int err = observe_printer_open(o);

	(void)why;
	o->sink = o->printer;
	if (!err)
		err = observe_sort_open(o);
	if (err || !keeps_last(o))
		return err;
	err = last_new(o->sink, o->opt->last, last_bytes(o), &o->last);
	if (!err)
		o->sink = o->last;
	return err;
}

void observe_sink_release(struct observe *o)
{
	uint64_t missing = 0;

	if (o->last && !o->sink_err)
		o->sink_err = last_release(o->last, &missing);
	if (missing)
		say(0,
		    "--last %" PRIu32 ": %u MiB hold %" PRIu64 " of them, the oldest %" PRIu64
		    " are gone",
		    o->opt->last, last_bytes(o) >> 20, o->opt->last - missing, missing);
	observe_sort_release(o);
}
