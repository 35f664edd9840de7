// SPDX-License-Identifier: MIT
#include <stdlib.h>
#include <strings.h>

#include "cli/printer.h"

#define SECOND_NS 1000000000ull

enum zone_style { ZONE_NONE, ZONE_Z, ZONE_COLON, ZONE_PLAIN };

/*
 * The layouts of Go's package time that Hubble offers. With ZONE_Z, UTC is "Z";
 * with `trim` trailing zeros of the fraction are left out.
 */
static const struct layout {
	const char *name;
	const char *head; /* one letter a field, see put_field(); others stand for themselves */
	uint8_t digits; /* of the fraction */
	bool trim;
	uint8_t zone;
} layouts[TIME_FORMATS_MAX] = {
	[TIME_STAMP_MILLI] = {"StampMilli", "b e H:M:S", 3, false, ZONE_NONE},
	[TIME_YEAR_MONTH_DAY] = {"YearMonthDay", "Y-m-d", 0, false, ZONE_NONE},
	[TIME_YEAR_MONTH_DAY_HOUR] = {"YearMonthDayHour", "Y-m-d@H", 0, false, ZONE_COLON},
	[TIME_YEAR_MONTH_DAY_HOUR_MINUTE] = {"YearMonthDayHourMinute", "Y-m-d@H:M", 0, false,
					     ZONE_COLON},
	[TIME_RFC3339] = {"RFC3339", "Y-m-d@H:M:S", 0, false, ZONE_Z},
	[TIME_RFC3339_MILLI] = {"RFC3339Milli", "Y-m-d@H:M:S", 3, true, ZONE_Z},
	[TIME_RFC3339_MICRO] = {"RFC3339Micro", "Y-m-d@H:M:S", 6, true, ZONE_Z},
	[TIME_RFC3339_NANO] = {"RFC3339Nano", "Y-m-d@H:M:S", 9, true, ZONE_Z},
	[TIME_RFC1123Z] = {"RFC1123Z", "a, d b Y H:M:S ", 0, false, ZONE_PLAIN},
};

const char *time_format_name(unsigned int format)
{
	return format < TIME_FORMATS_MAX ? layouts[format].name : NULL;
}

enum time_format time_format_find(const char *name)
{
	for (unsigned int i = 0; i < TIME_FORMATS_MAX; i++)
		if (!strcasecmp(layouts[i].name, name))
			return i;
	return TIME_STAMP_MILLI;
}

/* English names whatever the locale: scripts read them. */
static void put_field(struct text *t, char field, const struct tm *tm)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	static const char days[] = "SunMonTueWedThuFriSat";

	switch (field) {
	case 'Y':
		text_padded(t, tm->tm_year + 1900, 4);
		break;
	case 'm':
		text_padded(t, tm->tm_mon + 1, 2);
		break;
	case 'd':
		text_padded(t, tm->tm_mday, 2);
		break;
	case 'H':
		text_padded(t, tm->tm_hour, 2);
		break;
	case 'M':
		text_padded(t, tm->tm_min, 2);
		break;
	case 'S':
		text_padded(t, tm->tm_sec, 2);
		break;
	case 'b':
		text_mem(t, months + 3 * tm->tm_mon, 3);
		break;
	case 'a':
		text_mem(t, days + 3 * tm->tm_wday, 3);
		break;
	case '@':
		text_char(t, 'T');
		break;
	case 'e':
		if (tm->tm_mday < 10)
			text_char(t, ' ');
		text_u64(t, tm->tm_mday);
		break;
	default:
		text_char(t, field);
	}
}

static void put_zone(struct text *t, unsigned int style, const struct tm *tm)
{
	unsigned long minutes = labs(tm->tm_gmtoff) / 60;

	if (style == ZONE_NONE)
		return;
	if (style == ZONE_Z && !tm->tm_gmtoff) {
		text_char(t, 'Z');
		return;
	}
	text_char(t, tm->tm_gmtoff < 0 ? '-' : '+');
	text_padded(t, minutes / 60, 2);
	if (style != ZONE_PLAIN)
		text_char(t, ':');
	text_padded(t, minutes % 60, 2);
}

static void cache_second(struct printer *p, uint64_t second)
{
	const struct layout *l = &layouts[p->opt.time_format];
	struct time_cache *c = &p->time;
	time_t clock = (time_t)second;
	struct text t = {0};
	struct tm tm;

	if (p->opt.local_time)
		localtime_r(&clock, &tm);
	else
		gmtime_r(&clock, &tm);
	for (const char *h = l->head; *h; h++)
		put_field(&t, *h, &tm);
	c->head_len = t.len < sizeof(c->head) ? t.len : sizeof(c->head);
	memcpy(c->head, t.data, c->head_len);
	t.len = 0;
	put_zone(&t, l->zone, &tm);
	c->zone_len = t.len < sizeof(c->zone) ? t.len : sizeof(c->zone);
	memcpy(c->zone, t.data, c->zone_len);
	text_free(&t);
	c->second = second;
}

static void put_fraction(struct text *t, uint32_t ns, unsigned int digits, bool trim)
{
	uint32_t v = ns;

	for (unsigned int i = digits; i < 9; i++)
		v /= 10;
	while (trim && digits && v % 10 == 0) {
		v /= 10;
		digits--;
	}
	if (!digits)
		return;
	text_char(t, '.');
	text_padded(t, v, digits);
}

void printer_time(struct printer *p, struct text *t, uint64_t time_ns)
{
	const struct layout *l = &layouts[p->opt.time_format];
	uint64_t second = time_ns / SECOND_NS;

	if (!time_ns) {
		text_mem(t, "N/A", 3);
		return;
	}
	if (second != p->time.second)
		cache_second(p, second);
	text_mem(t, p->time.head, p->time.head_len);
	put_fraction(t, time_ns % SECOND_NS, l->digits, l->trim);
	text_mem(t, p->time.zone, p->time.zone_len);
}
