// SPDX-License-Identifier: MIT
#include "tui/sparkline.h"

#include <stdio.h>

#define LEVELS 8

static float largest(const float *v, unsigned int from, unsigned int to)
{
	float max = 0;

	for (unsigned int i = from; i < to; i++)
		if (v[i] > max)
			max = v[i];
	return max;
}

void sparkline_text(struct text *t, const float *v, unsigned int n, unsigned int width, bool ascii)
{
	static const char *const blocks[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
	static const char *const marks[] = {" ", ".", ".", ":", "-", "=", "+", "*", "#"};
	float max = largest(v, 0, n);

	for (unsigned int i = 0; i < width && width <= n; i++) {
		float here = largest(v, i * n / width, (i + 1) * n / width);
		unsigned int level = 0;

		if (here > 0)
			level = (unsigned int)(here / max * LEVELS + 0.5f);
		if (here > 0 && level < 1)
			level = 1;
		text_str(t, (ascii ? marks : blocks)[level > LEVELS ? LEVELS : level]);
	}
}

void bar_text(struct text *t, double part, unsigned int width, bool ascii)
{
	static const char *const eighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
	unsigned int eight;

	if (!(part > 0))
		part = 0;
	if (part > 1)
		part = 1;
	eight = (unsigned int)(part * width * 8 + 0.5);
	if (part > 0 && !eight)
		eight = 1;
	if (ascii)
		eight = eight < 8 ? (eight > 0) * 8 : (eight + 4) / 8 * 8;
	for (unsigned int i = 0; i < eight / 8; i++)
		text_str(t, ascii ? "#" : "█");
	text_str(t, eighths[eight % 8]);
	text_spaces(t, width - (eight + 7) / 8);
}

/* One digit behind the point below 10, where it is not whole. */
static void digits(struct text *t, double v)
{
	char buf[32];

	double off = v - (double)(long)(v + 0.5);

	snprintf(buf, sizeof(buf), v < 9.95 && (off > 0.05 || off < -0.05) ? "%.1f" : "%.0f", v);
	text_str(t, buf);
}

void figure_text(struct text *t, double v, const char *unit, bool binary)
{
	static const char *const decimal[] = {"", "k", "M", "G", "T", "P", "E"};
	static const char *const binaries[] = {"", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"};
	double base = binary ? 1024 : 1000;
	unsigned int i = 0;

	if (!(v > 0))
		v = 0;
	for (; v >= base - 0.5 && i < 6; i++)
		v /= base;
	if (v > 0 && v < 0.05 && !i)
		text_str(t, "<0.1");
	else
		digits(t, v);
	/* "1.2 KiB/s", "1.2k packets/s", "1.2k/s" */
	if (!binary)
		text_str(t, decimal[i]);
	if (*unit && *unit != '/')
		text_char(t, ' ');
	if (binary)
		text_str(t, binaries[i]);
	text_str(t, unit);
}

void percent_text(struct text *t, double part)
{
	double percent = part * 100;

	if (!(percent > 0)) {
		text_str(t, "   -");
		return;
	}
	if (percent < 0.95)
		text_str(t, " <1%");
	else {
		text_spaces(t, percent < 9.5 ? 2 : percent < 99.5 ? 1 : 0);
		text_u64(t, (uint64_t)(percent + 0.5));
		text_char(t, '%');
	}
}

void duration_text(struct text *t, uint64_t ns)
{
	static const char *const units[] = {" us", " ms", " s"};
	double v = (double)ns / 1000;
	unsigned int i = 0;

	for (; v >= 999.5 && i < 2; i++)
		v /= 1000;
	digits(t, v);
	text_str(t, units[i]);
}
