// SPDX-License-Identifier: MIT
/* Length-delimited flow.Flow. */
#include <errno.h>
#include <string.h>

#include "export/file/state.h"
#include "export/wire.h"

static void read_message(struct file_source *f, const char *s, size_t n)
{
	struct flow flow;
	int err;

	if (!file_needles_in_message(&f->needles, s, n)) {
		f->stats.flows++;
		f->stats.skipped++;
		return;
	}
	err = n ? hubble_read_flow(f->reader, (const uint8_t *)s, n, &flow) : -EBADMSG;
	if (!err)
		file_flow(f, &flow);
	else if (err == -EBADMSG)
		file_bad(f, "not a flow", n ? "its values are none's" : "it is empty", NULL, 0);
	else
		file_bad(f, "not read", strerror(-err), NULL, 0);
}

/*
 * The length at r: 1, 0: not all of it is here, -EBADMSG: it is none. Behind a wrong
 * length nothing more can be found.
 */
static int message_length(struct file_source *f, struct wire_reader *r, uint64_t *ret_n)
{
	size_t n = r->end - r->p;

	if (!wire_varint(r, ret_n))
		return n < WIRE_VARINT_MAX ? 0 : -EBADMSG;
	return *ret_n > f->message_max ? -EBADMSG : 1;
}

/* Takes one message off the buffer; false: there is no whole one. */
static bool take_message(struct file_source *f)
{
	struct file_buffer *b = &f->buffer;
	struct wire_reader r = wire_reader(b->data + b->begin, b->end - b->begin);
	uint64_t n;
	int ret;

	if (r.p == r.end)
		return false;
	ret = message_length(f, &r, &n);
	if (ret > 0 && n <= (uint64_t)(r.end - r.p)) {
		b->begin = (const char *)r.p + n - b->data;
		f->records++;
		f->stats.lines++;
		read_message(f, (const char *)r.p, n);
		return true;
	}
	if (ret >= 0 && !f->at_end)
		return false;
	f->records++;
	f->stats.lines++;
	file_bad(f,
		 ret < 0 ? "its length is none: the rest is not read"
			 : "the file ends in the middle of a message",
		 NULL, "byte", f->buffered - (b->end - b->begin) + 1);
	b->begin = b->end;
	f->over = true;
	return false;
}

void file_messages(struct file_source *f)
{
	while (!f->stopped && take_message(f))
		;
}
