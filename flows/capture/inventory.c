// SPDX-License-Identifier: MIT
/* What a capture is made of in the kernel: programs and their cost, maps, interfaces. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/drop.skel.h"
#include "bpf/socket.skel.h"
#include "flows/capture/capture_parts.h"

#define OBJECTS 4
#define MAPS_MAX 64

static size_t objects_of(const struct objects *o, struct bpf_object **ret)
{
	size_t n = 0;

	if (o->flow)
		ret[n++] = o->flow;
	if (o->flow_l3)
		ret[n++] = o->flow_l3;
	if (o->drop)
		ret[n++] = o->drop->obj;
	if (o->socket)
		ret[n++] = o->socket->obj;
	return n;
}

/* ----------------------------------------------------------------- programs */

static bool read_program(int fd, struct capture_program *ret)
{
	struct bpf_prog_info info = {0};
	uint32_t size = sizeof(info);

	if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &size))
		return false;
	*ret = (struct capture_program){
		.id = info.id, .runs = info.run_cnt, .run_ns = info.run_time_ns};
	snprintf(ret->name, sizeof(ret->name), "%s", info.name);
	return true;
}

size_t capture_programs(struct source *s, struct capture_program *rows, size_t max)
{
	const struct capture *c = (const struct capture *)s;
	struct bpf_object *objects[OBJECTS];
	size_t n_objects = objects_of(c->objects, objects), n = 0;
	struct bpf_program *program;

	for (size_t i = 0; i < n_objects; i++)
		bpf_object__for_each_program(program, objects[i])
			if (n < max && read_program(bpf_program__fd(program), &rows[n]))
				n++;
	return n;
}

int capture_count_runs(void)
{
	int fd = bpf_enable_stats(BPF_STATS_RUN_TIME);

	return fd < 0 ? -errno : fd;
}

/* --------------------------------------------------------------------- maps */

/* "memlock:	12288" of /proc/self/fdinfo: the kernel's own sum. */
static uint64_t memory_of(int fd)
{
	char path[48], line[128];
	unsigned long long bytes = 0;
	FILE *in;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	in = fopen(path, "re");
	while (in && fgets(line, sizeof(line), in))
		if (sscanf(line, "memlock: %llu", &bytes) == 1)
			break;
	if (in)
		fclose(in);
	return bytes;
}

/* Objects share maps. */
static bool is_new(uint32_t *ids, size_t *n, int fd)
{
	struct bpf_map_info info = {0};
	uint32_t size = sizeof(info);

	if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &size) || *n == MAPS_MAX)
		return false;
	for (size_t i = 0; i < *n; i++)
		if (ids[i] == info.id)
			return false;
	ids[(*n)++] = info.id;
	return true;
}

uint64_t capture_map_bytes(struct source *s)
{
	const struct capture *c = (const struct capture *)s;
	struct bpf_object *objects[OBJECTS];
	size_t n_objects = objects_of(c->objects, objects), n_ids = 0;
	uint32_t ids[MAPS_MAX];
	struct bpf_map *map;
	uint64_t sum = 0;

	for (size_t i = 0; i < n_objects; i++)
		bpf_object__for_each_map(map, objects[i])
			if (is_new(ids, &n_ids, bpf_map__fd(map)))
				sum += memory_of(bpf_map__fd(map));
	return sum;
}

/* --------------------------------------------------------------- interfaces */

void capture_interfaces(struct source *s, void *arg,
			void (*row)(void *arg, const struct capture_interface *i))
{
	const struct capture *c = (const struct capture *)s;
	const struct link *l;

	for (size_t n = 0; c->attach && (l = links_at(c->links, n)); n++) {
		bool watched = attach_has(c->attach, l->ifindex);
		const char *why = capture_left_out(c, l);

		row(arg, &(struct capture_interface){
				 .index = l->ifindex,
				 .name = l->name,
				 .kind = l->kind,
				 .watched = watched,
				 .how = watched ? attach_uses_tcx(c->attach) ? "tcx" : "clsact" :
					why	? why :
						  "attaching failed, see the log",
			 });
	}
}
