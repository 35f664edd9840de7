// SPDX-License-Identifier: MIT
/*
 * floor: hangs an empty program into both tcx hooks of every interface of this
 * network namespace, says "watching" and stays until it is killed. What remains
 * of a throughput then is what any observer at this place has to pay.
 * Exit status 77: no tcx on this kernel.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/bench/object.h"

#define TCX_INGRESS 46
#define TCX_EGRESS 47

static int load(void)
{
	struct bpf_object *o = bpf_object__open_file("build/tests/bench/base.bpf.o", NULL);
	int err;

	if (!o)
		return -errno;
	err = object_only_program(o, "base_empty");
	if (!err)
		err = bpf_object__load(o);
	if (err)
		return err;
	return bpf_program__fd(bpf_object__find_program_by_name(o, "base_empty"));
}

int main(void)
{
	struct if_nameindex *all = if_nameindex();
	int prog = load();

	if (!all || prog < 0) {
		fprintf(stderr, "floor: %s\n", strerror(prog < 0 ? -prog : errno));
		return 1;
	}
	for (struct if_nameindex *i = all; i->if_index; i++) {
		/* the links live as long as their descriptors: until the end */
		if (bpf_link_create(prog, i->if_index, TCX_INGRESS, NULL) < 0 ||
		    bpf_link_create(prog, i->if_index, TCX_EGRESS, NULL) < 0) {
			fprintf(stderr, "floor: %s: %s\n", i->if_name, strerror(errno));
			return errno == EINVAL ? 77 : 1;
		}
	}
	puts("watching");
	fflush(stdout);
	for (;;)
		pause();
}
