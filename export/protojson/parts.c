// SPDX-License-Identifier: MIT
#include "export/protojson/parts.h"

#include <errno.h>
#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define DOUBLE_TEXT_MAX 400
#define WHOLE_DIGITS 15

/* ---------------------------------------------------------------------- time */

/* Days since 1970-01-01 of a civil date, counted in years that begin in March. */
static int64_t days_of(unsigned int year, unsigned int month, unsigned int day)
{
	int64_t y = (int64_t)year - (month <= 2), era = (y >= 0 ? y : y - 399) / 400;
	int64_t yoe = y - era * 400, doy = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

static bool digits(const char *s, unsigned int n, unsigned int *ret_v)
{
	unsigned int v = 0;

	for (unsigned int i = 0; i < n; i++) {
		unsigned int d = (unsigned char)s[i] - '0';

		if (d > 9)
			return false;
		v = v * 10 + d;
	}
	*ret_v = v;
	return true;
}

static bool is_day(unsigned int year, unsigned int month, unsigned int day)
{
	static const uint8_t days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return year >= 1 && month >= 1 && month <= 12 && day >= 1 && day <= days[month - 1] &&
	       (month != 2 || day < 29 || leap);
}

/* "2026-01-15T10:20:30", 19 bytes. */
static bool parse_seconds(const char *s, int64_t *ret_seconds)
{
	unsigned int year, month, day, h, m, sec;

	if (!digits(s, 4, &year) || s[4] != '-' || !digits(s + 5, 2, &month) || s[7] != '-' ||
	    !digits(s + 8, 2, &day) || (s[10] | 0x20) != 't' || !digits(s + 11, 2, &h) ||
	    s[13] != ':' || !digits(s + 14, 2, &m) || s[16] != ':' || !digits(s + 17, 2, &sec))
		return false;
	if (!is_day(year, month, day) || h > 23 || m > 59 || sec > 59)
		return false;
	*ret_seconds = days_of(year, month, day) * 86400 + h * 3600 + m * 60 + sec;
	return true;
}

/* "Z" or "+02:00", all of the n bytes. */
static bool parse_zone(const char *s, size_t n, int *ret_seconds)
{
	unsigned int h, m;

	*ret_seconds = 0;
	if (n == 1)
		return (s[0] | 0x20) == 'z';
	if (n != 6 || (s[0] != '+' && s[0] != '-') || !digits(s + 1, 2, &h) || s[3] != ':' ||
	    !digits(s + 4, 2, &m) || h > 23 || m > 59)
		return false;
	*ret_seconds = (int)(h * 3600 + m * 60) * (s[0] == '-' ? -1 : 1);
	return true;
}

bool time_parse(const char *s, size_t n, int64_t *ret_seconds, uint32_t *ret_nanos)
{
	size_t i = 19, from = 20;
	uint32_t nanos = 0;
	int64_t seconds;
	int zone;

	if (n < 20 || !parse_seconds(s, &seconds))
		return false;
	if (s[i] == '.') {
		for (i = from; i < n && i - from < 9 && s[i] >= '0' && s[i] <= '9'; i++)
			nanos = nanos * 10 + (s[i] - '0');
		if (i == from)
			return false;
		for (size_t k = i - from; k < 9; k++)
			nanos *= 10;
	}
	if (!parse_zone(s + i, n - i, &zone))
		return false;
	seconds -= zone;
	if (seconds < TIMESTAMP_MIN || seconds > TIMESTAMP_MAX)
		return false;
	*ret_seconds = seconds;
	*ret_nanos = nanos;
	return true;
}

/* -------------------------------------------------------------------- base64 */

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void base64_write(struct text *t, const uint8_t *data, size_t n)
{
	char *p = text_reserve(t, (n + 2) / 3 * 4);
	size_t i;

	if (!p)
		return;
	for (i = 0; i < n; i += 3) {
		uint32_t v = data[i] << 16;

		if (i + 1 < n)
			v |= data[i + 1] << 8;
		if (i + 2 < n)
			v |= data[i + 2];
		*p++ = alphabet[v >> 18];
		*p++ = alphabet[v >> 12 & 63];
		*p++ = i + 1 < n ? alphabet[v >> 6 & 63] : '=';
		*p++ = i + 2 < n ? alphabet[v & 63] : '=';
	}
	t->len = p - t->data;
}

static int base64_digit(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+' || c == '-')
		return 62;
	return c == '/' || c == '_' ? 63 : -1;
}

bool base64_read(struct text *t, const char *s, size_t n)
{
	char *p = text_reserve(t, n);
	uint32_t v = 0, bits = 0;

	if (n && n % 4 == 0 && s[n - 1] == '=')
		n -= s[n - 2] == '=' ? 2 : 1;
	if (n % 4 == 1)
		return false;
	for (size_t i = 0; i < n; i++) {
		int d = base64_digit(s[i]);

		if (d < 0)
			return false;
		v = v << 6 | (uint32_t)d;
		bits += 6;
		if (bits < 8)
			continue;
		bits -= 8;
		if (p)
			*p++ = (char)(v >> bits);
	}
	if (p)
		t->len = p - t->data;
	return true;
}

/* ------------------------------------------------------------------- numbers */

static locale_t c_locale;
static pthread_once_t c_locale_once = PTHREAD_ONCE_INIT;

static void make_c_locale(void)
{
	c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
}

/* The program's locale may have a decimal comma; (locale_t)0 changes nothing. */
static locale_t into_c_locale(void)
{
	pthread_once(&c_locale_once, make_c_locale);
	return uselocale(c_locale);
}

void double_write(struct text *t, double v, bool is_float)
{
	char buf[40];
	locale_t before;

	if (v == floor(v) && fabs(v) < 0x1p63 && !(v == 0 && signbit(v))) {
		if (v < 0)
			text_char(t, '-');
		text_u64(t, (uint64_t)fabs(v));
		return;
	}
	before = into_c_locale();
	for (int precision = is_float ? 6 : 15;; precision++) {
		snprintf(buf, sizeof(buf), "%.*g", precision, v);
		if (precision >= (is_float ? 9 : 17))
			break;
		if (is_float ? strtof(buf, NULL) == (float)v : strtod(buf, NULL) == v)
			break;
	}
	uselocale(before);
	text_str(t, buf);
}

/* Whole numbers that a double holds as they are. */
static bool read_small(const char *s, size_t n, double *ret_v)
{
	uint64_t v = 0;
	size_t i = n && s[0] == '-';

	if (n > WHOLE_DIGITS)
		return false;
	for (; i < n; i++) {
		unsigned int d = (unsigned char)s[i] - '0';

		if (d > 9)
			return false;
		v = v * 10 + d;
	}
	*ret_v = s[0] == '-' ? -(double)v : (double)v;
	return true;
}

bool double_read(const char *s, size_t n, double *ret_v)
{
	char buf[DOUBLE_TEXT_MAX + 1];
	locale_t before;

	if (n && read_small(s, n, ret_v))
		return true;
	if (n > DOUBLE_TEXT_MAX)
		return false;
	memcpy(buf, s, n);
	buf[n] = '\0';
	before = into_c_locale();
	*ret_v = strtod(buf, NULL);
	uselocale(before);
	return isfinite(*ret_v);
}

/* --------------------------------------------------------------------- paths */

void camel_write(struct text *t, const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		bool up = s[i] == '_' && i + 1 < n && s[i + 1] >= 'a' && s[i + 1] <= 'z';

		i += up;
		text_char(t, (char)(up ? s[i] - 0x20 : s[i]));
	}
}

/*
 * A name that begins with a capital is the .proto's own ("IP", "Summary"): these
 * have no other spelling in lowerCamelCase.
 */
void snake_write(struct text *t, const char *s, size_t n)
{
	bool own = false;

	for (size_t i = 0; i < n; i++) {
		bool capital = s[i] >= 'A' && s[i] <= 'Z';

		if (!i || s[i - 1] == '.')
			own = capital;
		if (capital && !own)
			text_char(t, '_');
		text_char(t, (char)(capital && !own ? s[i] + 0x20 : s[i]));
	}
}
