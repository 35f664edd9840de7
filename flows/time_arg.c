/* SPDX-License-Identifier: MIT */
#include "flows/time_arg.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

#define NS_PER_SEC 1000000000ull

static const struct {
	const char *name;
	uint64_t ns;
} units[] = {
	{"ns", 1},	 {"us", 1000},	    {"\u00b5s", 1000},	    {"\u03bcs", 1000},
	{"ms", 1000000}, {"s", NS_PER_SEC}, {"m", 60 * NS_PER_SEC}, {"h", 3600 * NS_PER_SEC},
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The unit that the next number or the end follows: "ms" is no "m". */
static uint64_t unit(const char **s)
{
	size_t len = strcspn(*s, ".0123456789");

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (strlen(units[i].name) == len && !memcmp(units[i].name, *s, len)) {
			*s += len;
			return units[i].ns;
		}
	return 0;
}

/* "1.5" as whole and a fraction in billionths. */
static int decimal(const char **s, uint64_t *ret_whole, uint64_t *ret_billionths)
{
	const char *p = *s;
	uint64_t scale = NS_PER_SEC / 10;
	bool any = false;

	*ret_whole = *ret_billionths = 0;
	for (; is_digit(*p); p++, any = true) {
		if (*ret_whole > INT64_MAX / 10 - 1)
			return -EINVAL;
		*ret_whole = *ret_whole * 10 + (*p - '0');
	}
	if (*p == '.')
		for (p++; is_digit(*p); p++, any = true, scale /= 10)
			*ret_billionths += (*p - '0') * scale;
	*s = p;
	return any ? 0 : -EINVAL;
}

int duration_parse(const char *text, uint64_t *ret_ns)
{
	uint64_t whole, billionths, ns, scale, total = 0;

	if (!strcmp(text, "0")) {
		*ret_ns = 0;
		return 0;
	}
	if (!*text)
		return -EINVAL;
	while (*text) {
		if (decimal(&text, &whole, &billionths))
			return -EINVAL;
		scale = unit(&text);
		if (!scale || __builtin_mul_overflow(whole, scale, &ns))
			return -EINVAL;
		/* A fraction of an hour in ns would overflow 64 bits. */
		ns += scale >= NS_PER_SEC ? billionths * (scale / NS_PER_SEC)
					  : billionths * scale / NS_PER_SEC;
		if (__builtin_add_overflow(total, ns, &total) || total > INT64_MAX)
			return -EINVAL;
	}
	*ret_ns = total;
	return 0;
}

/* A number of exactly that many digits, not over max. */
static bool digits(const char **s, int n, unsigned int max, unsigned int *ret)
{
	*ret = 0;
	for (int i = 0; i < n; i++, ++*s) {
		if (!is_digit(**s))
			return false;
		*ret = *ret * 10 + (**s - '0');
	}
	return *ret <= max;
}

static bool literal(const char **s, char c)
{
	if (**s != c)
		return false;
	++*s;
	return true;
}

struct moment {
	unsigned int year, month, day, hour, minute, second;
	uint64_t fraction_ns;
	int64_t offset_s; /* east of UTC */
};

/* Z, +07:00, +0700, or nothing */
static bool zone(const char **s, struct moment *m)
{
	unsigned int hour, minute;
	int sign = **s == '-' ? -1 : 1;

	if (!**s || literal(s, 'Z'))
		return true;
	if (!literal(s, '+') && !literal(s, '-'))
		return false;
	if (!digits(s, 2, 23, &hour))
		return false;
	literal(s, ':');
	if (!digits(s, 2, 59, &minute))
		return false;
	m->offset_s = sign * (int64_t)(hour * 3600 + minute * 60);
	return true;
}

static bool fraction(const char **s, struct moment *m)
{
	uint64_t scale = NS_PER_SEC / 10;

	if (!literal(s, '.'))
		return true;
	if (!is_digit(**s))
		return false;
	for (; is_digit(**s); ++*s, scale /= 10)
		m->fraction_ns += (**s - '0') * scale;
	return true;
}

static bool clock_time(const char **s, struct moment *m)
{
	if (!digits(s, 2, 23, &m->hour))
		return false;
	if (!literal(s, ':'))
		return true;
	if (!digits(s, 2, 59, &m->minute))
		return false;
	if (!literal(s, ':'))
		return true;
	return digits(s, 2, 59, &m->second) && fraction(s, m);
}

static bool iso_moment(const char *s, struct moment *m)
{
	if (!digits(&s, 4, 9999, &m->year) || !literal(&s, '-') || !digits(&s, 2, 12, &m->month) ||
	    !literal(&s, '-') || !digits(&s, 2, 31, &m->day))
		return false;
	if (literal(&s, 'T') && !clock_time(&s, m))
		return false;
	return zone(&s, m) && !*s;
}

static bool name_of(const char **s, const char *names, unsigned int *ret)
{
	for (unsigned int i = 0; names[3 * i]; i++)
		if (!strncasecmp(*s, names + 3 * i, 3)) {
			*s += 3;
			*ret = i + 1;
			return true;
		}
	return false;
}

/* Mon, 02 Jan 2006 15:04:05 -0700 */
static bool rfc1123z_moment(const char *s, struct moment *m)
{
	unsigned int weekday;

	return name_of(&s, "MonTueWedThuFriSatSun", &weekday) && literal(&s, ',') &&
	       literal(&s, ' ') && digits(&s, 2, 31, &m->day) && literal(&s, ' ') &&
	       name_of(&s, "JanFebMarAprMayJunJulAugSepOctNovDec", &m->month) && literal(&s, ' ') &&
	       digits(&s, 4, 9999, &m->year) && literal(&s, ' ') && digits(&s, 2, 23, &m->hour) &&
	       literal(&s, ':') && digits(&s, 2, 59, &m->minute) && literal(&s, ':') &&
	       digits(&s, 2, 59, &m->second) && literal(&s, ' ') && *s && zone(&s, m) && !*s;
}

static bool day_exists(const struct moment *m)
{
	static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = !(m->year % 4) && (m->year % 100 || !(m->year % 400));

	return m->month && m->day &&
	       m->day <= days[m->month - 1] + (leap && m->month == 2 ? 1u : 0u);
}

/* Days since 1970-01-01; the year begins in March, so that the leap day is its last. */
static int64_t days_since_epoch(const struct moment *m)
{
	int64_t year = (int64_t)m->year - (m->month <= 2);
	int64_t month = (m->month + 9) % 12;

	return 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + m->day -
	       1 - 719468;
}

static int moment_ns(const struct moment *m, uint64_t *ret_ns)
{
	int64_t s = days_since_epoch(m) * 86400 + m->hour * 3600 + m->minute * 60 + m->second -
		    m->offset_s;

	if (s < 0 || s > (int64_t)(INT64_MAX / NS_PER_SEC) - 1)
		return -EINVAL;
	*ret_ns = (uint64_t)s * NS_PER_SEC + m->fraction_ns;
	return 0;
}

int time_arg_parse(const char *text, uint64_t now_ns, uint64_t *ret_ns)
{
	struct moment iso = {0}, rfc1123z = {0};
	uint64_t back_ns;

	if (!duration_parse(text, &back_ns)) {
		*ret_ns = back_ns < now_ns ? now_ns - back_ns : 0;
		return 0;
	}
	if (iso_moment(text, &iso) && day_exists(&iso))
		return moment_ns(&iso, ret_ns);
	if (rfc1123z_moment(text, &rfc1123z) && day_exists(&rfc1123z))
		return moment_ns(&rfc1123z, ret_ns);
	return -EINVAL;
}
