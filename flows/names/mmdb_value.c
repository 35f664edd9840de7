// SPDX-License-Identifier: MIT
#include "flows/names/mmdb_value.h"

enum type {
	EXTENDED = 0,
	POINTER = 1,
	STRING = 2,
	MAP = 7,
	ARRAY = 11,
	CACHE = 12, /* of no meaning in a file, as is the end marker */
	END = 13,
	BOOLEAN = 14,
	FLOAT = 15,
};

struct walk {
	const uint8_t *data;
	size_t size, at;
	unsigned int parts;
};

struct head {
	unsigned int type;
	uint32_t size; /* bytes, pairs, elements; a pointer's target */
};

/* n bytes (at most 4), big-endian. False: there are not as many. */
static bool number(struct walk *w, unsigned int n, uint32_t *ret)
{
	uint32_t v = 0;

	if (w->size - w->at < n)
		return false;
	while (n--)
		v = v << 8 | w->data[w->at++];
	*ret = v;
	return true;
}

static bool pointer_head(struct walk *w, uint32_t control, struct head *h)
{
	static const uint32_t bias[] = {0, 2048, 526336, 0};
	unsigned int bytes = control >> 3 & 3;
	uint32_t rest;

	if (!number(w, bytes + 1, &rest))
		return false;
	h->size = bytes == 3 ? rest : ((control & 7) << 8 * (bytes + 1) | rest) + bias[bytes];
	return true;
}

static bool read_head(struct walk *w, struct head *h)
{
	static const uint32_t bias[] = {29, 285, 65821};
	uint32_t control, more;

	if (!number(w, 1, &control))
		return false;
	h->type = control >> 5;
	if (h->type == POINTER)
		return pointer_head(w, control, h);
	if (h->type == EXTENDED) {
		if (!number(w, 1, &more) || more < 1 || more > FLOAT - 7)
			return false;
		h->type = 7 + more;
	}
	h->size = control & 31;
	if (h->size < 29)
		return true;
	control = h->size - 29;
	if (!number(w, control + 1, &more))
		return false;
	h->size = bias[control] + more;
	return true;
}

static bool value(struct walk *w, unsigned int depth, bool pointed_to);

static bool pointed(struct walk *w, uint32_t target, unsigned int depth)
{
	size_t after = w->at;
	bool ok;

	if (target >= w->size)
		return false;
	w->at = target;
	ok = value(w, depth, true);
	w->at = after;
	return ok;
}

static bool value(struct walk *w, unsigned int depth, bool pointed_to)
{
	uint64_t n = 0;
	struct head h;

	if (!depth || !w->parts-- || !read_head(w, &h))
		return false;
	switch (h.type) {
	case POINTER:
		return !pointed_to && pointed(w, h.size, depth);
	case MAP:
		n = 2ull * h.size;
		break;
	case ARRAY:
		n = h.size;
		break;
	case BOOLEAN:
		return true;
	case CACHE:
	case END:
		return false;
	default:
		if (w->size - w->at < h.size)
			return false;
		w->at += h.size;
		return true;
	}
	/* Each needs one of w->parts: a count from the file cannot keep this going. */
	while (n--)
		if (!value(w, depth - 1, false))
			return false;
	return true;
}

bool mmdb_value_ok(const uint8_t *section, size_t size, size_t offset)
{
	struct walk w = {.data = section, .size = size, .at = offset, .parts = MMDB_VALUE_PARTS};

	return offset < size && value(&w, MMDB_VALUE_DEPTH, false);
}
