/* SPDX-License-Identifier: MIT */
/* Texts and colours of the service map's picture. Internal to export/map_svg*.c. */
#ifndef PITOT_EXPORT_MAP_SVG_TEXT_H
#define PITOT_EXPORT_MAP_SVG_TEXT_H

#include "flows/text.h"

#define SVG_NAME_SIZE 13 /* of names, in pixels; from this size on text is bold */

extern const char svg_light[], svg_dark[]; /* CSS */

void svg_number(struct text *t, int64_t v);
void svg_attribute(struct text *t, const char *name, int64_t v); /* with a blank before it */

/* s is escaped as for a terminal, so without control bytes; this makes XML of it. */
void svg_text(struct text *t, const char *s, size_t n);
/* Any text up to its NUL, at most max bytes. */
void svg_untrusted(struct text *t, const char *s, size_t max);

/* What a text will be wide in pixels, a little more rather than less: fonts differ. */
int svg_pixels(const char *s, size_t n, int size);
/* As much of a text as fits into width, and an ellipsis. */
void svg_fit(struct text *t, const char *s, size_t n, int size, int width);

#endif
