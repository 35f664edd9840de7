// SPDX-License-Identifier: MIT
#include "export/export_compress.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#define STEP (128u << 10)

struct export_compress {
	enum export_compression kind;
	int in, out;
	char *from, *tmp, *to;
	z_stream gz;
	ZSTD_CStream *zstd;
	bool gz_ready, done;
	uint8_t in_buf[STEP], out_buf[STEP];
};

const char *export_compress_suffix(enum export_compression kind)
{
	return kind == COMPRESS_GZIP ? ".gz" : kind == COMPRESS_ZSTD ? ".zst" : "";
}

static int start_coder(struct export_compress *c)
{
	if (c->kind == COMPRESS_ZSTD) {
		c->zstd = ZSTD_createCStream();
		return c->zstd && !ZSTD_isError(ZSTD_initCStream(c->zstd, 3)) ? 0 : -ENOMEM;
	}
	/* 16: a gzip header in place of zlib's. */
	c->gz_ready = deflateInit2(&c->gz, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 15 + 16, 8,
				   Z_DEFAULT_STRATEGY) == Z_OK;
	return c->gz_ready ? 0 : -ENOMEM;
}

static int open_files(struct export_compress *c)
{
	struct stat st;

	c->in = open(c->from, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (c->in < 0 || fstat(c->in, &st))
		return -errno;
	/* Left behind by a run that was killed. */
	unlink(c->tmp);
	c->out = open(c->tmp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (c->out < 0 || fchmod(c->out, st.st_mode & 0777))
		return -errno;
	return 0;
}

int export_compress_start(const char *file, enum export_compression kind,
			  struct export_compress **ret)
{
	struct export_compress *c = calloc(1, sizeof(*c));
	const char *suffix = export_compress_suffix(kind);
	int err;

	if (!c)
		return -ENOMEM;
	c->kind = kind;
	c->in = c->out = -1;
	c->from = strdup(file);
	if (asprintf(&c->to, "%s%s", file, suffix) < 0)
		c->to = NULL;
	if (asprintf(&c->tmp, "%s%s.tmp", file, suffix) < 0)
		c->tmp = NULL;
	err = c->from && c->to && c->tmp ? start_coder(c) : -ENOMEM;
	if (!err)
		err = open_files(c);
	if (err) {
		export_compress_free(c);
		return err;
	}
	*ret = c;
	return 0;
}

static int put(int fd, const uint8_t *p, size_t n)
{
	while (n) {
		ssize_t w = write(fd, p, n);

		if (w < 0 && errno == EINTR)
			continue;
		if (w < 0)
			return -errno;
		p += w;
		n -= w;
	}
	return 0;
}

/* n bytes of in_buf, the file's last ones if `last`. */
static int code_gzip(struct export_compress *c, size_t n, bool last)
{
	int err = 0;

	c->gz.next_in = c->in_buf;
	c->gz.avail_in = n;
	do {
		c->gz.next_out = c->out_buf;
		c->gz.avail_out = STEP;
		if (deflate(&c->gz, last ? Z_FINISH : Z_NO_FLUSH) == Z_STREAM_ERROR)
			return -EIO;
		err = put(c->out, c->out_buf, STEP - c->gz.avail_out);
	} while (!err && !c->gz.avail_out);
	return err;
}

static int code_zstd(struct export_compress *c, size_t n, bool last)
{
	ZSTD_inBuffer in = {.src = c->in_buf, .size = n};
	bool more = true;
	int err = 0;

	while (!err && more) {
		ZSTD_outBuffer out = {.dst = c->out_buf, .size = STEP};
		size_t left = ZSTD_compressStream2(c->zstd, &out, &in,
						   last ? ZSTD_e_end : ZSTD_e_continue);

		if (ZSTD_isError(left))
			return -EIO;
		err = put(c->out, c->out_buf, out.pos);
		more = last ? left != 0 : in.pos < in.size;
	}
	return err;
}

/* On disk before the plain file goes: a crash leaves one of them whole. */
static int finish(struct export_compress *c)
{
	if (fsync(c->out) && errno != EINVAL)
		return -errno;
	if (rename(c->tmp, c->to))
		return -errno;
	c->done = true;
	if (unlink(c->from) && errno != ENOENT)
		return -errno;
	return 0;
}

int export_compress_step(struct export_compress *c)
{
	ssize_t n = read(c->in, c->in_buf, STEP);
	int err;

	if (n < 0)
		return errno == EINTR ? 1 : -errno;
	err = c->kind == COMPRESS_ZSTD ? code_zstd(c, n, !n) : code_gzip(c, n, !n);
	if (err)
		return err;
	return n ? 1 : finish(c);
}

void export_compress_free(struct export_compress *c)
{
	if (!c)
		return;
	if (c->in >= 0)
		close(c->in);
	if (c->out >= 0) {
		close(c->out);
		if (!c->done)
			unlink(c->tmp);
	}
	if (c->gz_ready)
		deflateEnd(&c->gz);
	ZSTD_freeCStream(c->zstd);
	free(c->from);
	free(c->tmp);
	free(c->to);
	free(c);
}
