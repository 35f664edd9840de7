// SPDX-License-Identifier: MIT
#include "tests/bench/object.h"

#include <bpf/btf.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

int object_set(struct bpf_object *o, const char *name, uint64_t value)
{
	struct bpf_map *rodata = bpf_object__find_map_by_name(o, ".rodata");
	const struct btf *btf = bpf_object__btf(o);
	const struct btf_type *section;
	const struct btf_var_secinfo *v;
	size_t bytes;
	char *data;
	int id;

	id = btf__find_by_name_kind(btf, ".rodata", BTF_KIND_DATASEC);
	if (!rodata || id < 0)
		return -ENOENT;
	data = (char *)bpf_map__initial_value(rodata, &bytes);
	section = btf__type_by_id(btf, id);
	v = btf_var_secinfos(section);
	for (int i = 0; i < btf_vlen(section); i++, v++) {
		const struct btf_type *t = btf__type_by_id(btf, v->type);

		if (strcmp(btf__name_by_offset(btf, t->name_off), name) || v->size > sizeof(value))
			continue;
		memcpy(data + v->offset, &value, v->size); /* little-endian: the low bytes */
		return 0;
	}
	return -ENOENT;
}

int object_only_program(struct bpf_object *o, const char *name)
{
	struct bpf_program *p;
	bool found = false;

	bpf_object__for_each_program(p, o) {
		bool wanted = !strcmp(bpf_program__name(p), name);

		bpf_program__set_autoload(p, wanted);
		found |= wanted;
	}
	return found ? 0 : -ENOENT;
}
