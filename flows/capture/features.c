// SPDX-License-Identifier: MIT
#include "flows/capture/capture.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "bpf/drop.skel.h"
#include "bpf/flow.skel.h"
#include "bpf/socket.skel.h"
#include "flows/capture/cgroup.h"
#include "flows/capture/clsact.h"
#include "flows/capture/kallsyms.h"
#include "flows/capture/quiet.h"

#define LOOPBACK 1		/* its ifindex, in every network namespace */
#define TCX_INGRESS 46		/* linux/bpf.h of 6.6 */
#define MAP_ENTRIES 4
#define RING_BYTES 4096
#define KALLSYMS_BYTES 262144	/* more than the per-CPU symbols before the first function */

/* What probes share. */
struct probing {
	int filter_fd;		/* a trivial tc program, or -errno */
	const struct btf *kernel; /* NULL: none */
	bool all_sockets;	/* every socket program loads */
};

struct probe {
	const char *name, *what, *cost;
	/* 0 or -errno; a line in f->why, or none */
	int (*try)(const struct probing *p, const struct probe *self, struct feature *f);
	/* try_programs(): of this object, with this byte of its .rodata set (0: none) */
	const void *(*object)(size_t *size);
	const char *programs;	/* blank between two, NULL: all */
	size_t knob;
};

static void __attribute__((format(printf, 2, 3))) why(struct feature *f, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(f->why, sizeof(f->why), format, args);
	va_end(args);
}

/* ---------------------------------------------------------------- loading */

static bool among(const char *names, const char *name)
{
	size_t n = strlen(name);

	for (const char *p = names; p; p = strchr(p, ' ') ? strchr(p, ' ') + 1 : NULL)
		if (!strncmp(p, name, n) && (!p[n] || p[n] == ' '))
			return true;
	return !names;
}

/* Maps as small as may be: the programs are looked at, not run. */
static void make_small(struct bpf_object *obj, size_t knob)
{
	struct bpf_map *map;
	uint8_t *rodata;
	size_t size;

	bpf_object__for_each_map(map, obj) {
		if (bpf_map__type(map) == BPF_MAP_TYPE_RINGBUF)
			bpf_map__set_max_entries(map, RING_BYTES);
		else if (bpf_map__type(map) == BPF_MAP_TYPE_HASH)
			bpf_map__set_max_entries(map, MAP_ENTRIES);
		rodata = (uint8_t *)bpf_map__initial_value(map, &size);
		if (knob && rodata && strstr(bpf_map__name(map), ".rodata") && knob < size)
			rodata[knob] = 1;
	}
}

static int load(const void *(*object)(size_t *size), const char *programs, size_t knob)
{
	DECLARE_LIBBPF_OPTS(bpf_object_open_opts, opts, .object_name = "probe");
	struct bpf_program *prog;
	struct bpf_object *obj;
	const void *bytes;
	size_t size;
	int err;

	bytes = object(&size);
	obj = bpf_object__open_mem(bytes, size, &opts);
	if (!obj)
		return -errno;
	make_small(obj, knob);
	bpf_object__for_each_program(prog, obj)
		bpf_program__set_autoload(prog, among(programs, bpf_program__name(prog)));
	err = bpf_object__load(obj);
	bpf_object__close(obj);
	return err;
}

static int try_programs(const struct probing *p, const struct probe *self, struct feature *f)
{
	bool sockets = self->object == socket_bpf__elf_bytes;
	int err = sockets && p->all_sockets ? 0 : load(self->object, self->programs, self->knob);

	if (err)
		why(f, "loading %s failed: %s", self->programs, strerror(-err));
	else
		why(f, "%s loaded", self->programs);
	return err;
}

/* return -1, which is TC_ACT_UNSPEC: for others to decide. The rights tell by type. */
static int load_trivial(enum bpf_prog_type type)
{
	const struct bpf_insn insns[] = {
		{.code = BPF_ALU | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = -1},
		{.code = BPF_JMP | BPF_EXIT},
	};

	return bpf_prog_load(type, "pitot_probe", "GPL", insns, 2, NULL);
}

static int closed(int fd)
{
	if (fd >= 0)
		close(fd);
	return fd < 0 ? fd : 0;
}

/* ----------------------------------------------------------------- rights */

/* The map that nobody may make without, whatever kernel.unprivileged_bpf_disabled says. */
static int try_cap_bpf(const struct probing *p, const struct probe *self, struct feature *f)
{
	(void)p, (void)self;
	why(f, "making an LRU map");
	return closed(bpf_map_create(BPF_MAP_TYPE_LRU_HASH, "pitot_probe", 4, 4, MAP_ENTRIES, NULL));
}

static int try_cap_perfmon(const struct probing *p, const struct probe *self, struct feature *f)
{
	(void)p, (void)self;
	why(f, "loading a tracing program");
	return closed(load_trivial(BPF_PROG_TYPE_RAW_TRACEPOINT));
}

static int try_cap_net_admin(const struct probing *p, const struct probe *self, struct feature *f)
{
	(void)self;
	why(f, "loading a tc program");
	return p->filter_fd < 0 ? p->filter_fd : 0;
}

/* ----------------------------------------------------------------- kernel */

static int try_btf(const struct probing *p, const struct probe *self, struct feature *f)
{
	(void)self;
	if (!p->kernel) {
		why(f, "no /sys/kernel/btf/vmlinux (CONFIG_DEBUG_INFO_BTF)");
		return -ENOENT;
	}
	why(f, "/sys/kernel/btf/vmlinux has %u types", btf__type_cnt(p->kernel) - 1);
	return 0;
}

static int try_jit(const struct probing *p, const struct probe *self, struct feature *f)
{
	struct bpf_prog_info info = {.id = 0};
	uint32_t size = sizeof(info);

	(void)self;
	if (p->filter_fd < 0)
		return p->filter_fd;
	if (bpf_obj_get_info_by_fd(p->filter_fd, &info, &size))
		return -errno;
	why(f, info.jited_prog_len ? "a program was translated" :
				     "a program stayed bytecode: sysctl net.core.bpf_jit_enable=1");
	return info.jited_prog_len ? 0 : -ENOTSUP;
}

static int try_ring(const struct probing *p, const struct probe *self, struct feature *f)
{
	(void)p, (void)self;
	why(f, "making a ring buffer");
	return closed(bpf_map_create(BPF_MAP_TYPE_RINGBUF, "pitot_probe", 0, 0, RING_BYTES, NULL));
}

static int try_tcx(const struct probing *p, const struct probe *self, struct feature *f)
{
	(void)self;
	why(f, "a tcx link on the loopback interface");
	if (p->filter_fd < 0)
		return p->filter_fd;
	return closed(bpf_link_create(p->filter_fd, LOOPBACK, (enum bpf_attach_type)TCX_INGRESS,
				      NULL));
}

static int try_clsact(const struct probing *p, const struct probe *self, struct feature *f)
{
	(void)p, (void)self;
	why(f, "a clsact qdisc on the loopback interface");
	return clsact_try(LOOPBACK);
}

/* The programs load without it: then they do not look. */
static int try_nat(const struct probing *p, const struct probe *self, struct feature *f)
{
	int err;

	if (!p->kernel || btf__find_by_name_kind(p->kernel, "bpf_cast_to_kern_ctx", BTF_KIND_FUNC) < 0) {
		why(f, "this kernel has no bpf_cast_to_kern_ctx()");
		return -ENOENT;
	}
	err = load(self->object, self->programs, self->knob);
	if (err)
		why(f, "loading %s failed: %s (is nf_conntrack loaded?)", self->programs,
		    strerror(-err));
	else
		why(f, "%s loaded", self->programs);
	return err;
}

static int try_cgroup2(const struct probing *p, const struct probe *self, struct feature *f)
{
	char path[sizeof(f->why)];

	(void)p, (void)self;
	if (!cgroup2_mount(path, sizeof(path))) {
		why(f, "no cgroup2 in /proc/self/mountinfo");
		return -ENOENT;
	}
	why(f, "mounted at %.100s", path);
	return 0;
}

static bool has_function(const char *text, const char *end)
{
	struct kallsyms_function function;
	const char *line_end;

	for (; (line_end = memchr(text, '\n', end - text)); text = line_end + 1)
		if (kallsyms_line(text, line_end - text, &function))
			return true;
	return false;
}

static int try_kallsyms(const struct probing *p, const struct probe *self, struct feature *f)
{
	char *text = malloc(KALLSYMS_BYTES);
	size_t n = 0;
	ssize_t r = 1;
	int fd, err;

	(void)p, (void)self;
	fd = open("/proc/kallsyms", O_RDONLY | O_CLOEXEC);
	while (text && fd >= 0 && n < KALLSYMS_BYTES && r > 0) {
		r = read(fd, text + n, KALLSYMS_BYTES - n);
		n += r > 0 ? r : 0;
	}
	err = text && n && has_function(text, text + n) ? 0 : -EACCES;
	why(f, err ? "/proc/kallsyms shows no addresses: sysctl kernel.kptr_restrict=1 and root" :
		     "/proc/kallsyms shows addresses");
	free(text);
	closed(fd);
	return err;
}

static int try_batch(const struct probing *p, const struct probe *self, struct feature *f)
{
	uint32_t key[MAP_ENTRIES] = {1}, value[MAP_ENTRIES] = {1}, at, n = MAP_ENTRIES;
	int fd, err;

	(void)p, (void)self;
	why(f, "reading a map in batches");
	fd = bpf_map_create(BPF_MAP_TYPE_HASH, "pitot_probe", 4, 4, MAP_ENTRIES, NULL);
	if (fd < 0)
		return fd;
	err = bpf_map_update_elem(fd, key, value, BPF_ANY);
	if (!err)
		err = bpf_map_lookup_batch(fd, NULL, &at, key, value, &n, NULL);
	close(fd);
	return err == -ENOENT ? 0 : err; /* which is the end of the map */
}

static int try_take(const struct probing *p, const struct probe *self, struct feature *f)
{
	uint32_t key = 1, value = 1;
	int fd, err;

	(void)p, (void)self;
	why(f, "taking an entry out of a hash map");
	fd = bpf_map_create(BPF_MAP_TYPE_HASH, "pitot_probe", 4, 4, MAP_ENTRIES, NULL);
	if (fd < 0)
		return fd;
	err = bpf_map_update_elem(fd, &key, &value, BPF_ANY);
	if (!err)
		err = bpf_map_lookup_and_delete_elem(fd, &key, &value);
	close(fd);
	return err;
}

/* ------------------------------------------------------------------ table */

#define NO_OWNER "connections of that kind do not name their process"

static const struct probe probes[] = {
	{"cap_bpf", "load programs", "nothing works without", try_cap_bpf, 0, 0, 0},
	{"cap_net_admin", "attach to interfaces", "nothing works without", try_cap_net_admin, 0, 0, 0},
	{"cap_perfmon", "see drops and sockets", "no drops, no processes", try_cap_perfmon, 0, 0, 0},
	{"btf", "fit the programs to this kernel", "nothing works without", try_btf, 0, 0, 0},
	{"jit", "run programs at full speed", "each packet costs several times as much", try_jit, 0, 0, 0},
	{"ringbuf", "events from the kernel", "nothing works without", try_ring, 0, 0, 0},
	{"tcx", "attach without touching qdiscs", "clsact filters are used instead", try_tcx, 0, 0, 0},
	{"clsact", "attach where there is no tcx", "without tcx either, no flows", try_clsact, 0, 0, 0},
	{"functions", "programs made of functions with memory arguments",
	 "flow programs in one piece, which load more slowly; no NAT", try_programs,
	 flow_bpf__elf_bytes, "flow_ingress", 0},
	{"nat", "join translated connections", "a translated connection shows as two", try_nat,
	 flow_bpf__elf_bytes, "flow_egress", offsetof(struct flow_bpf__rodata, cfg_nat)},
	{"drops", "see dropped packets", "no drops", try_programs, drop_bpf__elf_bytes, "drop_bare", 0},
	{"reason", "the kernel's reason for a drop", "the function that dropped speaks alone",
	 try_programs, drop_bpf__elf_bytes, "drop_reason", 0},
	{"drop_socket", "the receiving socket of a drop",
	 "a drop without a device has no network namespace", try_programs, drop_bpf__elf_bytes,
	 "drop_socket", 0},
	{"drop_stack", "the way to a drop (--drop-stack)", "no stacks", try_programs,
	 drop_bpf__elf_bytes, "drop_reason", offsetof(struct drop_bpf__rodata, cfg_drop_stack)},
	{"kallsyms", "name the function that dropped", "drops name no function", try_kallsyms, 0, 0, 0},
	{"cgroup2", "hooks where sockets are made and used", "only sockets already open name their process",
	 try_cgroup2, 0, 0, 0},
	{"sockets", "who makes a socket", NO_OWNER, try_programs, socket_bpf__elf_bytes, "sock_made", 0},
	{"tcp_connect", "who opens a TCP connection", NO_OWNER, try_programs, socket_bpf__elf_bytes,
	 "sock_ops", 0},
	{"tcp_accept", "who accepts a TCP connection", NO_OWNER, try_programs, socket_bpf__elf_bytes,
	 "sock_state", 0},
	{"tcp_read", "which worker took a connection over", "the process that made the socket is named",
	 try_programs, socket_bpf__elf_bytes, "sock_read", 0},
	{"udp_use", "who sends UDP", NO_OWNER, try_programs, socket_bpf__elf_bytes,
	 "udp_send4 udp_send6 udp_connect4 udp_connect6 udp_bind4 udp_bind6", 0},
	{"udp_close", "UDP sockets that live for a moment", "short queries do not name their process",
	 try_programs, socket_bpf__elf_bytes, "sock_closed", 0},
	{"udp_walk", "UDP ports that the kernel chose", "UDP clients are known when they close only",
	 try_programs, socket_bpf__elf_bytes, "walk_udp", 0},
	{"listeners", "listeners that lose connections", "a full listen queue is not seen", try_programs,
	 socket_bpf__elf_bytes, "walk_listeners sock_state", 0},
	{"open_sockets", "sockets that are open at the start", "those name no process", try_programs,
	 socket_bpf__elf_bytes, "walk_files", 0},
	{"exec", "command lines of processes that end at once", "those are known by their short name",
	 try_programs, socket_bpf__elf_bytes, "exec_seen", 0},
	{"dns_socket", "DNS messages that pass no interface here",
	 "what containers ask by their own loopback gives no names", try_programs,
	 socket_bpf__elf_bytes, "sock_dns", 0},
	{"cgroup_made", "control groups as they are made",
	 "a container is known by its first look-up, not before", try_programs,
	 socket_bpf__elf_bytes, "cgroup_made", 0},
	{"batch", "read the connections quickly", "they are read one by one", try_batch, 0, 0, 0},
	{"take", "take a finished connection out whole",
	 "a packet in the moment of its end is counted to the next", try_take, 0, 0, 0},
};

#define N_PROBES (sizeof(probes) / sizeof(probes[0]))

/* The reason where the probe told only what it did. */
static void conclude(struct feature *f)
{
	size_t n = strlen(f->why);

	if (!f->result || strchr(f->why, ':') || f->result == -ENOENT || n >= sizeof(f->why))
		return;
	snprintf(f->why + n, sizeof(f->why) - n, "%s%s", n ? ": " : "", strerror(-f->result));
}

int capture_features(const struct feature **ret_rows, size_t *ret_n)
{
	static struct feature rows[N_PROBES];
	struct rlimit unlimited = {RLIM_INFINITY, RLIM_INFINITY};
	libbpf_print_fn_t loud = quiet_begin();
	struct probing p;
	struct btf *kernel;

	setrlimit(RLIMIT_MEMLOCK, &unlimited); /* before 5.11 maps count against it */
	kernel = btf__load_vmlinux_btf();
	p = (struct probing){
		.filter_fd = load_trivial(BPF_PROG_TYPE_SCHED_CLS),
		.kernel = kernel,
		.all_sockets = !load(socket_bpf__elf_bytes, NULL, 0),
	};
	for (size_t i = 0; i < N_PROBES; i++) {
		const struct probe *probe = &probes[i];

		rows[i] = (struct feature){.name = probe->name, .what = probe->what,
					   .cost = probe->cost};
		rows[i].result = probe->try(&p, probe, &rows[i]);
		conclude(&rows[i]);
	}
	closed(p.filter_fd);
	btf__free(kernel);
	quiet_end(loud);
	if (rows[0].result == -EPERM && p.filter_fd == -EPERM)
		return -EPERM;
	*ret_rows = rows;
	*ret_n = N_PROBES;
	return 0;
}
