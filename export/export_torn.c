// SPDX-License-Identifier: MIT
#include "export/export_torn.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "export/wire.h"

#define BLOCK (64u << 10)

/* A message with its length in front; 0: torn, or none. */
static size_t pb_length(const uint8_t *p, size_t n)
{
	struct wire_reader r = wire_reader(p, n);
	uint64_t len;

	if (!wire_varint(&r, &len) || len > EXPORT_MESSAGE_MAX)
		return 0;
	return (r.p - p) + len;
}

size_t export_messages_fit(enum export_format format, const uint8_t *p, size_t n, uint64_t limit)
{
	size_t used = 0;

	if (n <= limit)
		return n;
	while (used < n) {
		const uint8_t *end =
			format == EXPORT_JSON ? memchr(p + used, '\n', n - used) : NULL;
		size_t len = format == EXPORT_JSON ? (end ? (size_t)(end - (p + used)) + 1 : 0)
						   : pb_length(p + used, n - used);

		if (!len || len > n - used)
			return n;
		if (used && used + len > limit)
			break;
		used += len;
	}
	return used;
}

static ssize_t read_at(int fd, uint8_t *buf, size_t n, uint64_t at)
{
	size_t got = 0;

	while (got < n) {
		ssize_t r = pread(fd, buf + got, n - got, at + got);

		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return -errno;
		if (!r)
			break;
		got += r;
	}
	return got;
}

/* Backwards to the last line's end; a line that ends with a brace misses the line end alone. */
static int torn_json(int fd, uint64_t size, uint8_t *buf, enum torn *ret_how, uint64_t *ret_end)
{
	uint64_t end = size;
	uint8_t last = 0;

	while (end && size - end < EXPORT_MESSAGE_MAX) {
		size_t n = end < BLOCK ? end : BLOCK;
		ssize_t got = read_at(fd, buf, n, end - n);
		const uint8_t *newline;

		if (got < 0)
			return got;
		if ((size_t)got < n)
			return -EIO;
		if (end == size)
			last = buf[n - 1];
		newline = memrchr(buf, '\n', n);
		end -= n;
		if (newline) {
			end += newline - buf + 1;
			break;
		}
	}
	*ret_end = end;
	*ret_how = end == size ? TORN_NOT : last == '}' ? TORN_NEWLINE : TORN_CUT;
	/* A line without end is none of ours. */
	if (end && size - end >= EXPORT_MESSAGE_MAX)
		*ret_how = TORN_OTHER;
	return 0;
}

/* Is the first message, as far as it is in the block, one of protobuf's? */
static bool is_message(const uint8_t *p, size_t n, size_t len)
{
	struct wire_reader r = wire_reader(p, n);
	struct wire_field f;
	uint64_t skipped;

	wire_varint(&r, &skipped);
	if (len > n)
		return true;
	r.end = p + len;
	while (wire_next(&r, &f))
		;
	return !r.bad;
}

static int torn_pb(int fd, uint64_t size, uint8_t *buf, enum torn *ret_how, uint64_t *ret_end)
{
	uint64_t at = 0, block = 0;
	ssize_t have = 0;

	while (at < size) {
		size_t len;

		if (at < block || at + WIRE_VARINT_MAX > block + have) {
			have = read_at(fd, buf, BLOCK, at);
			block = at;
			if (have < 0)
				return have;
			if (!have)
				return -EIO;
		}
		len = pb_length(buf + (at - block), have - (at - block));
		*ret_end = at;
		/* Nothing of what is not ours is cut away. */
		if ((!len && size - at >= WIRE_VARINT_MAX) ||
		    (!at && (!len || len > size || !is_message(buf, have, len)))) {
			*ret_how = TORN_OTHER;
			return 0;
		}
		if (!len || len > size - at) {
			*ret_how = TORN_CUT;
			return 0;
		}
		at += len;
	}
	*ret_end = at;
	*ret_how = TORN_NOT;
	return 0;
}

int export_torn(enum export_format format, int fd, uint64_t size, enum torn *ret_how,
		uint64_t *ret_end)
{
	uint8_t *buf = malloc(BLOCK), first[2] = {0};
	bool json;
	int err;

	*ret_how = TORN_NOT;
	*ret_end = size;
	if (!buf)
		return -ENOMEM;
	err = size ? read_at(fd, first, 2, 0) : 0;
	json = first[0] == '{' && (size < 2 || first[1] == '"' || first[1] == '}');
	if (err < 0 || !size)
		goto out;
	err = 0;
	if (json != (format == EXPORT_JSON))
		*ret_how = TORN_OTHER;
	else if (json)
		err = torn_json(fd, size, buf, ret_how, ret_end);
	else
		err = torn_pb(fd, size, buf, ret_how, ret_end);
out:
	free(buf);
	return err < 0 ? err : 0;
}
