// SPDX-License-Identifier: MIT
#include "tui/sums_text.h"

#include <string.h>
#include <time.h>

#include "tui/clock.h"

#define NS_PER_S 1000000000ull

void put_missed(struct text *t, uint64_t flows)
{
	if (!flows)
		return;
	text_str(t, ", without ");
	clock_count(t, flows);
	text_str(t, " flows of before");
}

void put_rate(struct text *t, double per_second)
{
	uint64_t tenths = (uint64_t)(per_second * 10 + 0.5);

	if (per_second <= 0)
		return;
	if (per_second >= 10) {
		clock_count(t, (uint64_t)(per_second + 0.5));
		return;
	}
	if (!tenths) {
		text_str(t, "<0.1");
		return;
	}
	text_u64(t, tenths / 10);
	text_char(t, '.');
	text_u64(t, tenths % 10);
}

void put_share(struct text *t, double part)
{
	uint64_t percent = (uint64_t)(part * 100 + 0.5);

	if (!percent && part > 0)
		text_char(t, '<');
	text_u64(t, percent || part <= 0 ? percent : 1);
	text_str(t, " %");
}

void put_ago(struct text *t, uint64_t now_ns, uint64_t then_ns)
{
	static const struct {
		uint64_t s, below;
		const char *unit;
	} units[] = {{1, 120, " s"},
		     {60, 7200, " min"},
		     {3600, 172800, " h"},
		     {86400, UINT64_MAX, " d"}};
	uint64_t s = now_ns > then_ns ? (now_ns - then_ns) / NS_PER_S : 0;
	size_t i = 0;

	if (!s) {
		text_str(t, "now");
		return;
	}
	while (s >= units[i].below)
		i++;
	text_u64(t, s / units[i].s);
	text_str(t, units[i].unit);
}

void put_clock(struct text *t, uint64_t time_ns)
{
	time_t at = (time_t)(time_ns / NS_PER_S);
	char buf[32];
	struct tm tm;

	if (localtime_r(&at, &tm) && strftime(buf, sizeof(buf), "%H:%M:%S", &tm))
		text_str(t, buf);
}

void put_ms(struct text *t, uint64_t ns)
{
	if (ns)
		text_us(t, (ns + 500) / 1000);
}

static void put_end(struct text *t, const char *name, uint16_t port)
{
	bool v6 = port && strchr(name, ':');

	text_str(t, v6 ? "[" : "");
	text_str(t, name);
	text_str(t, v6 ? "]" : "");
	if (!port)
		return;
	text_char(t, ':');
	text_u64(t, port);
}

void put_pair(struct text *t, const char *source, uint16_t source_port, const char *destination,
	      uint16_t destination_port)
{
	put_end(t, source, source_port);
	text_str(t, " -> ");
	put_end(t, destination, destination_port);
}

void put_more(struct text *t, uint32_t n)
{
	if (n < 2)
		return;
	text_str(t, " +");
	text_u64(t, n - 1);
}

void put_some(struct text *t, uint64_t n, const char *one, const char *many)
{
	clock_count(t, n);
	text_char(t, ' ');
	text_str(t, n == 1 ? one : many);
}

/* ------------------------------------------------------------------------ pane */

#define TABLE_MIN 5 /* lines, with its titles */
#define PANE_MIN 9
#define PANE_MAX 16

/* Half of a small screen, two fifths of a large one, and more where few rows need the rest. */
static int pane_height(int height, size_t rows)
{
	int wanted = height * 2 / 5 > PANE_MIN ? height * 2 / 5 : PANE_MIN;
	int left = height - 2 - (rows < 1000 ? (int)rows : 1000);

	if (height < 2 * TABLE_MIN)
		return 0;
	if (wanted > height / 2)
		wanted = height / 2;
	if (left > wanted)
		wanted = left;
	return wanted < PANE_MAX ? wanted : PANE_MAX;
}

struct canvas_area pane_split(struct canvas_area *area, size_t rows)
{
	struct canvas_area pane = *area;

	pane.height = pane_height(area->height, rows);
	area->height -= pane.height;
	pane.y += area->height;
	return pane;
}

void pane_line(struct canvas *c, struct canvas_area *pane)
{
	for (int x = pane->x; x < pane->x + pane->width; x++)
		canvas_put(c, x, pane->y, 0x2500, STYLE_DIM);
	pane->y++;
	pane->height--;
}
