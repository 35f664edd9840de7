// SPDX-License-Identifier: MIT
#include "flows/text.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "flows/flow.h"

#define TEXT_FIRST_SIZE 512
#define U64_DIGITS 20

void text_free(struct text *t)
{
	free(t->data);
	*t = (struct text){0};
}

char *text_grow(struct text *t, size_t n)
{
	size_t size = t->size ? t->size : TEXT_FIRST_SIZE;
	char *data;

	while (size - t->len <= n)
		size *= 2;
	data = realloc(t->data, size);
	if (!data) {
		t->err = -ENOMEM;
		return NULL;
	}
	t->data = data;
	t->size = size;
	return data + t->len;
}

void text_spaces(struct text *t, size_t n)
{
	char *p = text_reserve(t, n);

	if (!p)
		return;
	memset(p, ' ', n);
	t->len += n;
}

void text_u64(struct text *t, uint64_t v)
{
	text_padded(t, v, 1);
}

void text_padded(struct text *t, uint64_t v, unsigned int digits)
{
	char buf[U64_DIGITS], *p = buf + sizeof(buf);

	while (v || (digits && p > buf)) {
		*--p = '0' + v % 10;
		v /= 10;
		if (digits)
			digits--;
	}
	text_mem(t, p, buf + sizeof(buf) - p);
}

void text_hex(struct text *t, uint64_t v, unsigned int digits)
{
	char buf[16], *p = buf + sizeof(buf);

	do {
		*--p = "0123456789abcdef"[v & 15];
		v >>= 4;
		if (digits)
			digits--;
	} while ((v || digits) && p > buf);
	text_mem(t, p, buf + sizeof(buf) - p);
}

static void text_addr4(struct text *t, const uint8_t *b)
{
	for (int i = 0; i < 4; i++) {
		if (i)
			text_char(t, '.');
		text_u64(t, b[i]);
	}
}

/* The longest run of zero groups of at least two, the first of equals (RFC 5952 4.2). */
static int longest_zeros(const uint8_t *b, int *ret_len)
{
	int best = -1, best_len = 1;

	for (int i = 0; i < 8; i++) {
		int len = 0;

		while (i + len < 8 && !b[2 * (i + len)] && !b[2 * (i + len) + 1])
			len++;
		if (len > best_len) {
			best = i;
			best_len = len;
		}
		i += len;
	}
	*ret_len = best_len;
	return best;
}

void text_addr(struct text *t, const struct ip_addr *a)
{
	int zeros, len;

	if (ip_addr_is_v4(a)) {
		text_addr4(t, a->b + 12);
		return;
	}
	zeros = longest_zeros(a->b, &len);
	for (int i = 0; i < 8; i++) {
		if (i == zeros) {
			text_mem(t, "::", 2);
			i += len - 1;
			continue;
		}
		if (i && i != zeros + len)
			text_char(t, ':');
		text_hex(t, a->b[2 * i] << 8 | a->b[2 * i + 1], 0);
	}
}

void text_addr_port(struct text *t, const struct ip_addr *a, uint16_t port)
{
	bool brackets = port && !ip_addr_is_v4(a);

	if (brackets)
		text_char(t, '[');
	text_addr(t, a);
	if (brackets)
		text_char(t, ']');
	if (!port)
		return;
	text_char(t, ':');
	text_u64(t, port);
}

/* value / unit with as many decimals as are of use: 0.21, 1.2, 12.3, 123. */
static void text_scaled(struct text *t, uint64_t value, uint64_t unit)
{
	uint64_t whole = value / unit;

	text_u64(t, whole);
	if (whole >= 100)
		return;
	text_char(t, '.');
	if (whole == 0)
		text_padded(t, (value % unit) * 100 / unit, 2);
	else
		text_u64(t, (value % unit) * 10 / unit);
}

void text_bytes(struct text *t, uint64_t bytes)
{
	static const char names[][5] = {" KiB", " MiB", " GiB", " TiB", " PiB"};
	size_t i = 0;

	if (bytes < 1024) {
		text_u64(t, bytes);
		text_mem(t, " B", 2);
		return;
	}
	while (bytes >= 1024 * 1024 && i < 4) {
		bytes /= 1024;
		i++;
	}
	text_scaled(t, bytes, 1024);
	text_mem(t, names[i], 4);
}

void text_us(struct text *t, uint64_t us)
{
	if (us < 100) {
		text_u64(t, us);
		text_mem(t, " us", 3);
	} else if (us < 1000 * 1000) {
		text_scaled(t, us, 1000);
		text_mem(t, " ms", 3);
	} else {
		text_scaled(t, us, 1000 * 1000);
		text_mem(t, " s", 2);
	}
}

size_t utf8_next(const char *s, size_t n, uint32_t *ret_c)
{
	const unsigned char *u = (const unsigned char *)s;
	size_t len = u[0] < 0x80 ? 1 : u[0] >= 0xf0 ? 4 : u[0] >= 0xe0 ? 3 : 2;
	static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
	uint32_t c;

	if (len == 1) {
		*ret_c = u[0];
		return 1;
	}
	if (u[0] < 0xc2 || u[0] > 0xf4 || n < len)
		return 0;
	c = u[0] & (0x7f >> len);
	for (size_t i = 1; i < len; i++) {
		if ((u[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (u[i] & 0x3f);
	}
	if (c < smallest[len] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		return 0;
	*ret_c = c;
	return len;
}

bool utf8_is_control(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x061c || c == 0x200e || c == 0x200f ||
	       (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0xfeff;
}

static void escape_bytes(struct text *t, const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		text_mem(t, "\\x", 2);
		text_hex(t, (unsigned char)s[i], 2);
	}
}

static void escape_control(struct text *t, uint32_t c, const char *s, size_t n)
{
	switch (c) {
	case '\033':
		text_mem(t, "^[", 2);
		break;
	case '\r':
		text_mem(t, "\\r", 2);
		break;
	case '\n':
		text_mem(t, "\\n", 2);
		break;
	case '\t':
		text_mem(t, "\\t", 2);
		break;
	default:
		escape_bytes(t, s, n);
	}
}

void text_escape(struct text *t, const char *s, size_t max)
{
	size_t n = strnlen(s, max);
	bool cut = n == max;
	uint32_t c = 0;

	while (n) {
		size_t plain = 0, len;

		while (plain < n && s[plain] >= 0x20 && s[plain] < 0x7f)
			plain++;
		text_mem(t, s, plain);
		s += plain;
		n -= plain;
		if (!n)
			break;
		len = utf8_next(s, n, &c);
		if (!len)
			escape_bytes(t, s, len = 1);
		else if (utf8_is_control(c))
			escape_control(t, c, s, len);
		else
			text_mem(t, s, len);
		s += len;
		n -= len;
	}
	if (cut)
		text_mem(t, "...", 3);
}

size_t text_width(const struct text *t, size_t from)
{
	size_t width = 0;

	for (size_t i = from; i < t->len; i++)
		width += (t->data[i] & 0xc0) != 0x80;
	return width;
}

static int write_all(int fd, const char *p, size_t n)
{
	while (n) {
		ssize_t w = write(fd, p, n);

		if (w >= 0) {
			p += w;
			n -= w;
		} else if (errno == EAGAIN) {
			/* someone else made the terminal non-blocking */
			struct pollfd pfd = {.fd = fd, .events = POLLOUT};

			poll(&pfd, 1, -1);
		} else if (errno != EINTR) {
			return -errno;
		}
	}
	return 0;
}

int text_write(struct text *t, int fd)
{
	int err = t->err;

	if (!err)
		err = write_all(fd, t->data, t->len);
	t->len = 0;
	t->err = 0;
	return err;
}
