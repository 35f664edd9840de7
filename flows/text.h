/* SPDX-License-Identifier: MIT */
/*
 * Text under construction: a growing buffer and the few ways to append to it
 * that printers and exporters need. No formatted output: this is the hot path.
 */
#ifndef PITOT_FLOWS_TEXT_H
#define PITOT_FLOWS_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct ip_addr;

/* Zeroed is an empty text. Not NUL-terminated. */
struct text {
	char *data;
	size_t len, size;
	int err; /* sticky: -ENOMEM after an append that did not fit */
};

/* Frees the buffer and leaves an empty text. */
void text_free(struct text *t);

/* text_reserve() where there is no room: grows the buffer. */
char *text_grow(struct text *t, size_t n);

/*
 * Room for n more bytes at the returned place, NULL (and t->err) without memory.
 * The caller adds to t->len what it used.
 */
static inline char *text_reserve(struct text *t, size_t n)
{
	return t->size - t->len > n ? t->data + t->len : text_grow(t, n);
}

static inline void text_mem(struct text *t, const char *s, size_t n)
{
	char *p = text_reserve(t, n);

	if (!p)
		return;
	memcpy(p, s, n);
	t->len += n;
}

/* s is trusted text (a constant, a number); see text_escape(). */
static inline void text_str(struct text *t, const char *s)
{
	text_mem(t, s, strlen(s));
}

static inline void text_char(struct text *t, char c)
{
	char *p = text_reserve(t, 1);

	if (!p)
		return;
	*p = c;
	t->len++;
}

void text_spaces(struct text *t, size_t n);
void text_u64(struct text *t, uint64_t v);
void text_hex(struct text *t, uint64_t v, unsigned int digits); /* 0: as many as needed */

/* v with at least `digits` digits, zeros in front. */
void text_padded(struct text *t, uint64_t v, unsigned int digits);

/* "10.0.0.1", "fd00::a" (RFC 5952). */
void text_addr(struct text *t, const struct ip_addr *a);

/* "10.0.0.1:80", "[fd00::a]:80"; port 0 is left out with its brackets. Port in host order. */
void text_addr_port(struct text *t, const struct ip_addr *a, uint16_t port);

/* "60 B", "1.2 KiB", "3.4 MiB". */
void text_bytes(struct text *t, uint64_t bytes);

/* "45 us", "0.21 ms", "3.4 s"; from microseconds. */
void text_us(struct text *t, uint64_t us);

/*
 * Untrusted text for a terminal or a log: ESC as ^[, CR, LF and TAB as \r \n \t,
 * other control characters (C0, DEL, C1), characters that reverse or hide text
 * (bidirectional controls, line separators) and what is not UTF-8 as \xNN. What
 * comes out is UTF-8 without control bytes. Reads s up to its NUL, at most max
 * bytes; where no NUL is among them the text is cut and ends with "...".
 */
void text_escape(struct text *t, const char *s, size_t max);

/*
 * n bytes as one word of a shell: in quotes where it would make something of them. Control
 * bytes are the caller's affair: text_escape() before.
 */
void text_shell_word(struct text *t, const char *s, size_t n);

/*
 * Length of the UTF-8 character at s (n > 0 bytes), 0 where it is not one.
 * *ret_c is the character, untouched on 0.
 */
size_t utf8_next(const char *s, size_t n, uint32_t *ret_c);

/* True for characters that must not reach a terminal: C0, DEL, C1, bidi controls, line separators. */
bool utf8_is_control(uint32_t c);

/* Columns that t->data[from..] takes, a character each. */
size_t text_width(const struct text *t, size_t from);

/*
 * Writes all of t to fd and empties it; retries what is interrupted or short.
 * 0 or -errno (t is emptied all the same), t->err first.
 */
int text_write(struct text *t, int fd);

#endif
