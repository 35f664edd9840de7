// SPDX-License-Identifier: MIT
#include "export/file/input.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "flows/text.h"

#define CHUNK (128 * 1024)
#define MAGIC_SIZE 4
#define GZIP_WINDOW (15 + 16) /* the largest, in a gzip header */
/* A stream may ask for as much memory; what `zstd` itself takes without --long=N. */
#define ZSTD_WINDOW_LOG 27

enum kind { KIND_UNKNOWN, KIND_PLAIN, KIND_GZIP, KIND_ZSTD };

struct file_input {
	int fd;
	bool is_stdin, regular, at_end;
	enum kind kind;
	struct file_buffer raw; /* compressed, or not yet known to be */
	uint64_t bytes;
	z_stream z;
	ZSTD_DStream *zstd;
	bool between; /* compressed parts: one has ended */
};

/* ------------------------------------------------------------------- buffer */

int file_buffer_reserve(struct file_buffer *b, size_t n)
{
	size_t used = b->end - b->begin, size = b->size ? b->size : CHUNK;
	char *data;

	if (b->size - b->end >= n)
		return 0;
	if (b->begin) {
		memmove(b->data, b->data + b->begin, used);
		b->begin = 0;
		b->end = used;
		if (b->size - b->end >= n)
			return 0;
	}
	while (size - used < n)
		size *= 2;
	data = realloc(b->data, size);
	if (!data)
		return -ENOMEM;
	b->data = data;
	b->size = size;
	return 0;
}

/* --------------------------------------------------------------------- open */

static void say(char **ret_error, const char *path, int err)
{
	struct text t = {0};

	text_str(&t, "cannot read \"");
	text_escape(&t, path, 4096);
	text_str(&t, "\": ");
	text_str(&t, strerror(-err));
	text_char(&t, '\0');
	*ret_error = t.err ? NULL : t.data;
}

/*
 * Without waiting: a FIFO that nobody writes yet is waited for on the loop, where
 * Ctrl-C is heard.
 */
static int open_path(struct file_input *in, const char *path)
{
	struct stat st;

	if (in->is_stdin) {
		in->fd = STDIN_FILENO;
	} else {
		in->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
		if (in->fd < 0)
			return -errno;
	}
	if (fstat(in->fd, &st))
		return -errno;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	in->regular = S_ISREG(st.st_mode);
	if (in->regular)
		posix_fadvise(in->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	return 0;
}

int file_input_open(const char *path, struct file_input **ret_input, char **ret_error)
{
	struct file_input *in = calloc(1, sizeof(*in));
	int err;

	*ret_error = NULL;
	if (!in)
		return -ENOMEM;
	in->fd = -1;
	in->is_stdin = !strcmp(path, "-");
	err = open_path(in, path);
	if (err) {
		say(ret_error, in->is_stdin ? "standard input" : path, err);
		file_input_free(in);
		return err;
	}
	*ret_input = in;
	return 0;
}

void file_input_free(struct file_input *in)
{
	if (!in)
		return;
	if (in->kind == KIND_GZIP)
		inflateEnd(&in->z);
	ZSTD_freeDStream(in->zstd);
	if (in->fd >= 0 && !in->is_stdin)
		close(in->fd);
	free(in->raw.data);
	free(in);
}

int file_input_fd(const struct file_input *in)
{
	return in->fd;
}

bool file_input_is_regular(const struct file_input *in)
{
	return in->regular;
}

uint64_t file_input_bytes(const struct file_input *in)
{
	return in->bytes;
}

/* --------------------------------------------------------------------- read */

/* One read of the file itself. */
static int read_some(struct file_input *in, struct file_buffer *b)
{
	ssize_t n;
	int err = file_buffer_reserve(b, CHUNK);

	if (err)
		return err;
	do
		n = read(in->fd, b->data + b->end, CHUNK);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == EWOULDBLOCK ? -EAGAIN : -errno;
	b->end += n;
	in->bytes += n;
	in->at_end = n == 0;
	return n ? INPUT_MORE : INPUT_END;
}

static int begin_gzip(struct file_input *in)
{
	if (inflateInit2(&in->z, GZIP_WINDOW) != Z_OK)
		return -ENOMEM;
	in->kind = KIND_GZIP;
	return INPUT_MORE;
}

static int begin_zstd(struct file_input *in)
{
	in->zstd = ZSTD_createDStream();
	if (!in->zstd ||
	    ZSTD_isError(ZSTD_DCtx_setParameter(in->zstd, ZSTD_d_windowLogMax, ZSTD_WINDOW_LOG)))
		return -ENOMEM;
	in->kind = KIND_ZSTD;
	in->between = true;
	return INPUT_MORE;
}

static bool begins_with(const struct file_buffer *b, const char *magic, size_t n)
{
	return b->end - b->begin >= n && !memcmp(b->data + b->begin, magic, n);
}

static int find_kind(struct file_input *in, struct file_buffer *b)
{
	struct file_buffer *raw = &in->raw;
	int err;

	if (begins_with(raw, "\x1f\x8b", 2))
		return begin_gzip(in);
	if (begins_with(raw, "\x28\xb5\x2f\xfd", MAGIC_SIZE))
		return begin_zstd(in);
	in->kind = KIND_PLAIN;
	err = file_buffer_reserve(b, raw->end - raw->begin);
	if (err)
		return err;
	if (raw->end > raw->begin)
		memcpy(b->data + b->end, raw->data + raw->begin, raw->end - raw->begin);
	b->end += raw->end - raw->begin;
	free(raw->data);
	*raw = (struct file_buffer){0};
	return INPUT_MORE;
}

/* Behind a part: zeros are padding, all else has to be a part again. */
static bool next_gzip(struct file_input *in)
{
	struct file_buffer *raw = &in->raw;

	while (raw->begin < raw->end && !raw->data[raw->begin])
		raw->begin++;
	if (raw->begin == raw->end)
		return true;
	in->between = false;
	return raw->data[raw->begin] == 0x1f && inflateReset(&in->z) == Z_OK;
}

static int read_gzip(struct file_input *in, struct file_buffer *b, const char **ret_why)
{
	struct file_buffer *raw = &in->raw;
	int ret;

	if (in->between && !next_gzip(in)) {
		*ret_why = "what follows the gzip data is none";
		return -EBADMSG;
	}
	in->z.next_in = (Bytef *)raw->data + raw->begin;
	in->z.avail_in = raw->end - raw->begin;
	in->z.next_out = (Bytef *)b->data + b->end;
	in->z.avail_out = CHUNK;
	if (in->between)
		return INPUT_MORE;
	ret = inflate(&in->z, Z_NO_FLUSH);
	raw->begin = raw->end - in->z.avail_in;
	b->end += CHUNK - in->z.avail_out;
	in->between = ret == Z_STREAM_END;
	if (ret == Z_OK || ret == Z_STREAM_END || ret == Z_BUF_ERROR)
		return INPUT_MORE;
	*ret_why = "the gzip data are damaged";
	return ret == Z_MEM_ERROR ? -ENOMEM : -EBADMSG;
}

static int read_zstd(struct file_input *in, struct file_buffer *b, const char **ret_why)
{
	struct file_buffer *raw = &in->raw;
	ZSTD_inBuffer from = {raw->data + raw->begin, raw->end - raw->begin, 0};
	ZSTD_outBuffer to = {b->data + b->end, CHUNK, 0};
	size_t ret;

	if (!from.size && in->between)
		return INPUT_MORE;
	ret = ZSTD_decompressStream(in->zstd, &to, &from);
	raw->begin += from.pos;
	b->end += to.pos;
	in->between = !ret;
	if (!ZSTD_isError(ret))
		return INPUT_MORE;
	*ret_why = "the zstd data are damaged, or want more memory than 128 MiB";
	return -EBADMSG;
}

static int read_compressed(struct file_input *in, struct file_buffer *b, const char **ret_why)
{
	size_t before, raw_before = in->raw.end - in->raw.begin;
	int ret = file_buffer_reserve(b, CHUNK);

	if (ret)
		return ret;
	before = b->end;
	ret = in->kind == KIND_GZIP ? read_gzip(in, b, ret_why) : read_zstd(in, b, ret_why);
	if (ret != INPUT_MORE || b->end > before || in->raw.end - in->raw.begin < raw_before)
		return ret;
	/* it wants more */
	if (!in->at_end) {
		ret = read_some(in, &in->raw);
		return ret == INPUT_END ? INPUT_MORE : ret;
	}
	if (in->between)
		return INPUT_END;
	*ret_why = "the compressed data end early";
	return -EBADMSG;
}

int file_input_read(struct file_input *in, struct file_buffer *b, const char **ret_why)
{
	int ret;

	if (in->kind == KIND_PLAIN)
		return in->at_end ? INPUT_END : read_some(in, b);
	if (in->kind != KIND_UNKNOWN)
		return read_compressed(in, b, ret_why);
	ret = read_some(in, &in->raw);
	if (ret < 0 || (ret == INPUT_MORE && in->raw.end - in->raw.begin < MAGIC_SIZE))
		return ret;
	return find_kind(in, b);
}
