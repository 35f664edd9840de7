// SPDX-License-Identifier: MIT
/* Paths of control groups against any bytes: what comes out is bounded and well-formed. */
#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "flows/names/cgroup_path.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(int holds)
{
	if (!holds)
		abort();
}

static void check_place(const struct cgroup_place *p, const char *path)
{
	size_t id = strnlen(p->id, sizeof(p->id)), uid = strnlen(p->pod_uid, sizeof(p->pod_uid));
	size_t name = strnlen(p->name, sizeof(p->name));

	check(p->kind <= CGROUP_POD && p->runtime);
	check(id < sizeof(p->id) && uid < sizeof(p->pod_uid) && name < sizeof(p->name));
	for (size_t i = 0; i < id; i++)
		check(isxdigit((unsigned char)p->id[i]) || p->id[i] == '-');
	/* an id is a part of the path */
	check(strstr(path, p->id) != NULL);
	switch (p->kind) {
	case CGROUP_POD:
		check((uid == 36 || uid == 32) && !name);
		break;
	case CGROUP_CONTAINER:
		check(!uid && !id == !!name);
		break;
	case CGROUP_UNIT:
	case CGROUP_SESSION:
		check(!uid && !id && name);
		break;
	default:
		check(!uid && !id && !name);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), buf[256];
	struct cgroup_path path;

	if (!text)
		abort();
	memcpy(text, data, size);
	text[size] = 0;
	cgroup_path_parse(text, &path);
	check_place(&path.inner, text);
	check_place(&path.outer, text);
	check(path.outer.kind == CGROUP_OTHER || path.inner.kind >= CGROUP_CONTAINER);
	if (cgroup_path_of_line(text, buf, sizeof(buf)))
		check(buf[0] == '/' && strlen(buf) < sizeof(buf) && !strchr(buf, '\n'));
	free(text);
	return 0;
}
