// SPDX-License-Identifier: MIT
#include "tui/terminal_palette.h"

#define D LOOK_DEFAULT

/*
 * Of the 256 colours, those of middling brightness: at least 3.9:1 on black and on white
 * (tests/unit/test_terminal.c computes it), so that nobody has to be asked which it is.
 */
static const struct look many[STYLES] = {
	[STYLE_NORMAL] = {D, D, 0},	    [STYLE_DIM] = {243, D, 0},
	[STYLE_STRONG] = {D, D, LOOK_BOLD}, [STYLE_GOOD] = {28, D, 0},
	[STYLE_BAD] = {196, D, LOOK_BOLD},  [STYLE_WARN] = {130, D, LOOK_BOLD},
	[STYLE_INFO] = {31, D, 0},	    [STYLE_HEADER] = {D, D, LOOK_BOLD | LOOK_UNDERLINE},
	[STYLE_BAR] = {231, 24, 0},	    [STYLE_KEY] = {D, D, LOOK_BOLD},
	[STYLE_MATCH] = {16, 220, 0},	    [STYLE_NAMESPACE] = {30, D, 0},
	[STYLE_NAMESPACE + 1] = {99, D, 0}, [STYLE_NAMESPACE + 2] = {133, D, 0},
	[STYLE_NAMESPACE + 3] = {27, D, 0}, [STYLE_NAMESPACE + 4] = {64, D, 0},
	[STYLE_NAMESPACE + 5] = {96, D, 0},
};

/* The eight are the user's own, chosen for the background. */
static const struct look eight[STYLES] = {
	[STYLE_NORMAL] = {D, D, 0},
	[STYLE_DIM] = {D, D, LOOK_DIM},
	[STYLE_STRONG] = {D, D, LOOK_BOLD},
	[STYLE_GOOD] = {2, D, 0},
	[STYLE_BAD] = {1, D, LOOK_BOLD},
	[STYLE_WARN] = {3, D, LOOK_BOLD},
	[STYLE_INFO] = {6, D, 0},
	[STYLE_HEADER] = {D, D, LOOK_BOLD | LOOK_UNDERLINE},
	[STYLE_BAR] = {7, 4, 0},
	[STYLE_KEY] = {D, D, LOOK_BOLD},
	[STYLE_MATCH] = {0, 3, 0},
	[STYLE_NAMESPACE] = {6, D, 0},
	[STYLE_NAMESPACE + 1] = {4, D, 0},
	[STYLE_NAMESPACE + 2] = {5, D, 0},
	[STYLE_NAMESPACE + 3] = {6, D, LOOK_BOLD},
	[STYLE_NAMESPACE + 4] = {2, D, 0},
	[STYLE_NAMESPACE + 5] = {5, D, LOOK_BOLD},
};

static const struct look none[STYLES] = {
	[STYLE_NORMAL] = {D, D, 0},
	[STYLE_DIM] = {D, D, LOOK_DIM},
	[STYLE_STRONG] = {D, D, LOOK_BOLD},
	[STYLE_GOOD] = {D, D, 0},
	[STYLE_BAD] = {D, D, LOOK_BOLD},
	[STYLE_WARN] = {D, D, LOOK_BOLD},
	[STYLE_INFO] = {D, D, 0},
	[STYLE_HEADER] = {D, D, LOOK_BOLD | LOOK_UNDERLINE},
	[STYLE_BAR] = {D, D, LOOK_REVERSE},
	[STYLE_KEY] = {D, D, LOOK_BOLD},
	[STYLE_MATCH] = {D, D, LOOK_REVERSE | LOOK_UNDERLINE},
	[STYLE_NAMESPACE] = {D, D, 0},
	[STYLE_NAMESPACE + 1] = {D, D, 0},
	[STYLE_NAMESPACE + 2] = {D, D, 0},
	[STYLE_NAMESPACE + 3] = {D, D, 0},
	[STYLE_NAMESPACE + 4] = {D, D, 0},
	[STYLE_NAMESPACE + 5] = {D, D, 0},
};

/* A selected line is one light band, whatever its cells mean; bad news stay red on it. */
static struct look selected(int colors, struct look l, uint8_t style)
{
	if (colors < 8)
		return (struct look){D, D, (l.flags & LOOK_BOLD) | LOOK_REVERSE};
	if (colors < 256)
		return (struct look){0, 6, l.flags & LOOK_BOLD};
	l.bg = 153;
	l.flags &= LOOK_BOLD;
	l.fg = style == STYLE_BAD ? 124 : style == STYLE_WARN ? 58 : style == STYLE_GOOD ? 22 : 16;
	return l;
}

struct look terminal_look(int colors, bool light, uint8_t style, uint8_t cell_flags)
{
	struct look l;

	if (style >= STYLES)
		style = STYLE_NORMAL;
	l = colors >= 256 ? many[style] : colors >= 8 ? eight[style] : none[style];
	/* yellow on white is not seen */
	if (light && colors >= 8 && colors < 256 && style == STYLE_WARN)
		l.fg = 5;
	return cell_flags & CELL_SELECTED ? selected(colors, l, style) : l;
}

uint32_t terminal_rgb(int color)
{
	static const uint8_t level[] = {0, 0x5f, 0x87, 0xaf, 0xd7, 0xff};
	uint32_t grey;

	if (color >= 232) {
		grey = 8 + 10 * (uint32_t)(color - 232);
		return grey << 16 | grey << 8 | grey;
	}
	color = color < 16 ? 0 : color - 16;
	return (uint32_t)level[color / 36 % 6] << 16 | (uint32_t)level[color / 6 % 6] << 8 |
	       level[color % 6];
}
