// SPDX-License-Identifier: MIT
#include "export/api/descriptors.h"

#include <errno.h>
#include <string.h>

#include "export/wire.h"

/* Field numbers of google/protobuf/descriptor.proto. */
enum {
	FILE_NAME = 1,
	FILE_PACKAGE = 2,
	FILE_DEPENDENCY = 3,
	FILE_MESSAGE = 4,
	FILE_ENUM = 5,
	FILE_SERVICE = 6,
	FILE_EXTENSION = 7
};
enum {
	MESSAGE_FIELD = 2,
	MESSAGE_NESTED = 3,
	MESSAGE_ENUM = 4,
	MESSAGE_EXTENSION = 6,
	MESSAGE_ONEOF = 8
};
enum { ENUM_VALUE = 2, SERVICE_METHOD = 2 };

#define NESTING_MAX 16

/* The last field of that number, of the type bytes; empty where there is none. */
static struct descriptor_file field(const uint8_t *data, size_t n, uint32_t number)
{
	struct wire_reader r = wire_reader(data, n);
	struct descriptor_file ret = {.data = data};
	struct wire_field f;

	while (wire_next(&r, &f))
		if (f.number == number && f.type == WIRE_BYTES)
			ret = (struct descriptor_file){f.data, f.n};
	return ret;
}

int descriptors_read(const uint8_t *set, size_t n, struct descriptors *ret)
{
	struct wire_reader r = wire_reader(set, n);
	struct wire_field f;

	ret->n = 0;
	while (wire_next(&r, &f)) {
		if (f.number != 1 || f.type != WIRE_BYTES)
			continue;
		if (ret->n == DESCRIPTOR_FILES_MAX)
			return -EBADMSG;
		ret->files[ret->n++] = (struct descriptor_file){f.data, f.n};
	}
	return r.bad ? -EBADMSG : 0;
}

static bool equal(struct descriptor_file a, const char *name, size_t n)
{
	return a.n == n && !memcmp(a.data, name, n);
}

int descriptors_find_file(const struct descriptors *d, const char *name, size_t n)
{
	for (size_t i = 0; i < d->n; i++)
		if (equal(field(d->files[i].data, d->files[i].n, FILE_NAME), name, n))
			return i;
	return -1;
}

/* -------------------------------------------------------------------- symbols */

/* What is left of a dotted name behind its first part, which must be `part`; NULL: it is not. */
static const char *behind(const char *name, const char *end, struct descriptor_file part)
{
	if (!part.n || (size_t)(end - name) < part.n || memcmp(name, part.data, part.n))
		return NULL;
	name += part.n;
	if (name == end)
		return name;
	return *name == '.' && name + 1 < end ? name + 1 : NULL;
}

/* Is name the name of a field's element (its own name is field 1)? */
static bool names_one(struct descriptor_file in, uint32_t number, const char *name, const char *end)
{
	struct wire_reader r = wire_reader(in.data, in.n);
	struct wire_field f;

	while (wire_next(&r, &f))
		if (f.number == number && f.type == WIRE_BYTES &&
		    equal(field(f.data, f.n, 1), name, end - name))
			return true;
	return false;
}

static bool in_message(struct descriptor_file m, const char *name, const char *end, int depth);

/* A message is called so, or something in it. */
static bool in_messages(struct descriptor_file in, uint32_t number, const char *name,
			const char *end, int depth)
{
	struct wire_reader r = wire_reader(in.data, in.n);
	struct wire_field f;

	while (depth < NESTING_MAX && wire_next(&r, &f)) {
		struct descriptor_file m = {f.data, f.n};
		const char *rest;

		if (f.number != number || f.type != WIRE_BYTES)
			continue;
		rest = behind(name, end, field(m.data, m.n, 1));
		if (rest && (rest == end || in_message(m, rest, end, depth + 1)))
			return true;
	}
	return false;
}

static bool in_message(struct descriptor_file m, const char *name, const char *end, int depth)
{
	static const uint32_t names[] = {MESSAGE_FIELD, MESSAGE_ENUM, MESSAGE_EXTENSION,
					 MESSAGE_ONEOF};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names_one(m, names[i], name, end))
			return true;
	return in_messages(m, MESSAGE_NESTED, name, end, depth);
}

/* A service, or an enum, is called so, or a method or a value in it. */
static bool in_members(struct descriptor_file file, uint32_t number, uint32_t member,
		       const char *name, const char *end)
{
	struct wire_reader r = wire_reader(file.data, file.n);
	struct wire_field f;

	while (wire_next(&r, &f)) {
		struct descriptor_file m = {f.data, f.n};
		const char *rest;

		if (f.number != number || f.type != WIRE_BYTES)
			continue;
		rest = behind(name, end, field(m.data, m.n, 1));
		if (rest && (rest == end || names_one(m, member, rest, end)))
			return true;
		/* an enum's values are its siblings */
		if (number == FILE_ENUM && names_one(m, member, name, end))
			return true;
	}
	return false;
}

static bool in_file(struct descriptor_file file, const char *name, const char *end)
{
	struct descriptor_file package = field(file.data, file.n, FILE_PACKAGE);

	if (package.n)
		name = behind(name, end, package);
	if (!name || name == end)
		return false;
	return in_messages(file, FILE_MESSAGE, name, end, 0) ||
	       in_members(file, FILE_SERVICE, SERVICE_METHOD, name, end) ||
	       in_members(file, FILE_ENUM, ENUM_VALUE, name, end) ||
	       names_one(file, FILE_EXTENSION, name, end);
}

int descriptors_find_symbol(const struct descriptors *d, const char *name, size_t n)
{
	for (size_t i = 0; n && i < d->n; i++)
		if (in_file(d->files[i], name, name + n))
			return i;
	return -1;
}

/* ---------------------------------------------------------------- what it needs */

/* A file's own are before it in the set: one pass, from the file backwards. */
uint64_t descriptors_needed(const struct descriptors *d, int file)
{
	uint64_t needed = 1ull << file;

	for (int i = file; i >= 0; i--) {
		struct wire_reader r = wire_reader(d->files[i].data, d->files[i].n);
		struct wire_field f;
		int k;

		while (needed >> i & 1 && wire_next(&r, &f)) {
			if (f.number != FILE_DEPENDENCY || f.type != WIRE_BYTES)
				continue;
			k = descriptors_find_file(d, (const char *)f.data, f.n);
			if (k >= 0)
				needed |= 1ull << k;
		}
	}
	return needed;
}

void descriptors_services(const struct descriptors *d, void *arg,
			  void (*fn)(void *arg, const char *name, size_t n))
{
	for (size_t i = 0; i < d->n; i++) {
		struct descriptor_file package =
			field(d->files[i].data, d->files[i].n, FILE_PACKAGE);
		struct wire_reader r = wire_reader(d->files[i].data, d->files[i].n);
		struct text name = {0};
		struct wire_field f;

		while (wire_next(&r, &f)) {
			struct descriptor_file own;

			if (f.number != FILE_SERVICE || f.type != WIRE_BYTES)
				continue;
			own = field(f.data, f.n, 1);
			name.len = 0;
			text_mem(&name, (const char *)package.data, package.n);
			if (package.n)
				text_char(&name, '.');
			text_mem(&name, (const char *)own.data, own.n);
			if (!name.err)
				fn(arg, name.data, name.len);
		}
		text_free(&name);
	}
}
