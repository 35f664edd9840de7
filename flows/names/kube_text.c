// SPDX-License-Identifier: MIT
/* The small things that the cluster's configuration and credentials are read with. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "flows/names/kube_config.h"
#include "flows/text.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static int read_all(int fd, size_t max, struct kube_blob *b)
{
	ssize_t n;

	while ((n = read(fd, b->data + b->size, max + 1 - b->size)) > 0 ||
	       (n < 0 && errno == EINTR))
		b->size += n > 0 ? n : 0;
	if (n < 0)
		return -errno;
	b->data[b->size > max ? max : b->size] = 0;
	return b->size > max ? -EFBIG : 0;
}

int kube_read_file(const char *path, size_t max, struct kube_blob *ret)
{
	/* a FIFO in a file's place must not stop the loop */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY), err;
	struct kube_blob b = {0};
	struct stat st;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st))
		err = -errno;
	else if (!S_ISREG(st.st_mode))
		err = -EINVAL;
	else if (st.st_size > (off_t)max)
		err = -EFBIG;
	else
		err = (b.data = malloc(max + 2)) ? read_all(fd, max, &b) : -ENOMEM;
	close(fd);
	if (err) {
		free(b.data);
		return err;
	}
	*ret = b;
	return 0;
}

char *kube_line(const char *format, ...)
{
	struct text t = {0};
	va_list args;
	char *raw;
	int n;

	va_start(args, format);
	n = vasprintf(&raw, format, args);
	va_end(args);
	if (n < 0)
		return NULL;
	text_escape(&t, raw, 1000);
	text_char(&t, 0);
	free(raw);
	if (t.err)
		text_free(&t);
	return t.data;
}

/* -1: no digit. */
static int digit_of(char c)
{
	const char *at = c ? strchr(alphabet, c) : NULL;

	return at ? at - alphabet : -1;
}

int kube_base64_decode(const char *s, size_t size, struct kube_blob *ret)
{
	struct kube_blob b = {malloc(size / 4 * 3 + 4), 0};
	unsigned int bits = 0, digits = 0, padding = 0;
	bool bad = false;

	if (!b.data)
		return -ENOMEM;
	for (size_t i = 0; i < size && !bad; i++) {
		int digit = digit_of(s[i]);

		if (s[i] && strchr(" \t\r\n", s[i]))
			continue;
		if (s[i] == '=') {
			padding++;
			continue;
		}
		bad = digit < 0 || padding;
		bits = bits << 6 | (unsigned int)digit;
		if (digits++ % 4)
			b.data[b.size++] = bits >> (6 - 2 * ((digits - 1) % 4));
	}
	if (bad || padding > 2 || (digits + padding) % 4) {
		free(b.data);
		return -EINVAL;
	}
	b.data[b.size] = 0;
	*ret = b;
	return 0;
}

char *kube_base64_encode(const void *data, size_t size)
{
	const unsigned char *p = data;
	char *out = malloc((size + 2) / 3 * 4 + 1), *to = out;

	if (!out)
		return NULL;
	for (size_t i = 0; i < size; i += 3) {
		size_t left = size - i;
		unsigned int v =
			p[i] << 16 | (left > 1 ? p[i + 1] << 8 : 0) | (left > 2 ? p[i + 2] : 0);

		*to++ = alphabet[v >> 18];
		*to++ = alphabet[v >> 12 & 63];
		*to++ = left > 1 ? alphabet[v >> 6 & 63] : '=';
		*to++ = left > 2 ? alphabet[v & 63] : '=';
	}
	*to = 0;
	return out;
}
