// SPDX-License-Identifier: MIT
/* An expression's literals: numbers with units, durations, times, addresses, names. */
#include <arpa/inet.h>
#include <stdlib.h>
#include <strings.h>
#include <time.h>

#include "flows/near.h"
#include "flows/time_arg.h"
#include "flows/where_program.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define NS_PER_SEC 1000000000ull
#define NAMES_SHOWN 160

static const struct {
	const char *name;
	uint64_t bytes;
} units[] = {
	{"B", 1},
	{"KB", 1000},
	{"MB", 1000000},
	{"GB", 1000000000},
	{"TB", 1000000000000},
	{"KiB", 1ull << 10},
	{"MiB", 1ull << 20},
	{"GiB", 1ull << 30},
	{"TiB", 1ull << 40},
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* "1.25e3" as 125 and 1; NULL where it is no number, else behind it. */
static const char *scientific(const char *s, unsigned __int128 *ret_digits, int *ret_exponent)
{
	bool any = false;
	char *end;

	*ret_digits = 0;
	*ret_exponent = 0;
	for (bool point = false; is_digit(*s) || (*s == '.' && !point); s++) {
		if (*s == '.') {
			point = true;
			continue;
		}
		if (*ret_digits >= (unsigned __int128)UINT64_MAX * 1000)
			return NULL;
		*ret_digits = *ret_digits * 10 + (*s - '0');
		*ret_exponent -= point;
		any = true;
	}
	if (any && (*s | 0x20) == 'e' && is_digit(s[1 + (s[1] == '+' || s[1] == '-')])) {
		long e = strtol(s + 1, &end, 10);

		if (e > 64 || e < -64)
			return NULL;
		*ret_exponent += e;
		s = end;
	}
	return any ? s : NULL;
}

/* digits * 10^exponent * unit, if that is a whole number of 64 bits. */
static bool whole(unsigned __int128 digits, int exponent, uint64_t unit, uint64_t *ret)
{
	if (digits && unit > ~(unsigned __int128)0 / digits)
		return false;
	digits *= unit;
	for (; exponent > 0 && digits; exponent--) {
		if (digits > UINT64_MAX)
			return false;
		digits *= 10;
	}
	for (; exponent < 0; exponent++) {
		if (digits % 10)
			return false;
		digits /= 10;
	}
	*ret = digits;
	return digits <= UINT64_MAX;
}

static uint64_t unit_of(const char *s, enum field_type type)
{
	if (!*s)
		return 1;
	for (size_t i = 0; type == FIELD_BYTES && i < COUNT(units); i++)
		if (!strcasecmp(units[i].name, s))
			return units[i].bytes;
	return 0;
}

static bool plain_number(const char *s, enum field_type type, uint64_t *ret)
{
	unsigned __int128 digits;
	int exponent;
	uint64_t unit;
	char *end;

	if (s[0] == '0' && (s[1] | 0x20) == 'x' && s[2]) {
		*ret = strtoull(s, &end, 16);
		return !*end && strlen(s) <= 18;
	}
	s = scientific(s, &digits, &exponent);
	unit = s ? unit_of(s, type) : 0;
	return unit && whole(digits, exponent, unit, ret);
}

/* The epoch in decimal is what nobody means by a number in a comparison with a time. */
static bool moment(const char *s, uint64_t *ret)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return !time_arg_parse(s, now.tv_sec * NS_PER_SEC + now.tv_nsec, ret);
}

bool where_number(struct parser *p, enum field_type type, uint64_t *ret)
{
	static const char *const wanted[] = {
		[FIELD_NUMBER] = "a whole number such as 80 or 1e6",
		[FIELD_BYTES] =
			"a number of bytes such as 1500, 1e6, 10MB (decimal) or 4KiB (binary)",
		[FIELD_DURATION] = "a duration: it has a unit, as in 50ms, 1.5s or 1h30m",
		[FIELD_TIME] = "a time such as 2026-01-15T10:20:30Z, or a duration back from now",
		[FIELD_BOOL] = "true or false",
	};
	const char *s = p->word.data;
	char shown[WHERE_SHOWN];
	bool ok;

	switch (type) {
	case FIELD_DURATION:
		ok = !duration_parse(s, ret);
		break;
	case FIELD_TIME:
		ok = moment(s, ret);
		break;
	case FIELD_BOOL:
		*ret = !strcasecmp(s, "true");
		ok = *ret || !strcasecmp(s, "false");
		break;
	default:
		ok = plain_number(s, type, ret);
	}
	if (!ok)
		where_refuse(p, &p->token, "\"%s\" is not %s", where_shown(s, shown), wanted[type]);
	return ok;
}

/* ------------------------------------------------------------------ addresses */

static void mask(struct where_prefix *prefix)
{
	for (unsigned int i = prefix->bits; i < 128; i++)
		prefix->addr.b[i / 8] &= ~(0x80 >> i % 8);
}

bool where_prefix_parse(const char *text, struct where_prefix *ret)
{
	const char *slash = strchr(text, '/');
	size_t n = slash ? (size_t)(slash - text) : strlen(text);
	unsigned long bits = 0, most = 128;
	char buf[INET6_ADDRSTRLEN], *end;

	if (n >= sizeof(buf))
		return false;
	memcpy(buf, text, n);
	buf[n] = '\0';
	*ret = (struct where_prefix){.addr.b = {[10] = 0xff, [11] = 0xff}, .bits = 128};
	if (inet_pton(AF_INET, buf, ret->addr.b + 12) == 1)
		most = 32;
	else if (inet_pton(AF_INET6, buf, ret->addr.b) != 1)
		return false;
	if (slash) {
		if (!is_digit(slash[1]))
			return false;
		bits = strtoul(slash + 1, &end, 10);
		if (*end || bits > most)
			return false;
		ret->bits = 128 - most + bits;
	}
	mask(ret);
	return true;
}

bool where_prefix(struct parser *p, struct where_prefix *ret)
{
	char shown[WHERE_SHOWN];
	bool ok = where_prefix_parse(p->word.data, ret);

	if (!ok)
		where_refuse(
			p, &p->token,
			"\"%s\" is not an address or CIDR such as 10.0.0.1, 10.0.0.0/8 or fd00::1",
			where_shown(p->word.data, shown));
	return ok;
}
