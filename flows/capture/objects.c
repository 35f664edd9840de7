/* SPDX-License-Identifier: MIT */
#include "flows/capture/objects.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "bpf/drop.skel.h"
#include "bpf/flow.skel.h"
#include "bpf/flow_compat.skel.h"
#include "bpf/record.h"
#include "bpf/socket.skel.h"
#include "flows/capture/netns.h"

#define RING_DEFAULT (1u << 20)
#define CONNECTIONS_DEFAULT 65536

static int quiet(enum libbpf_print_level level, const char *format, va_list args)
{
	(void)level;
	(void)format;
	(void)args;
	return 0;
}

uint32_t kernel_hz(void)
{
	struct timespec t;

	/* a coarse clock's resolution is one tick */
	if (clock_getres(CLOCK_MONOTONIC_COARSE, &t) || t.tv_nsec <= 0)
		return 250;
	return (1000000000 + t.tv_nsec / 2) / t.tv_nsec;
}

static pthread_mutex_t notice_lock = PTHREAD_MUTEX_INITIALIZER;

void objects_notice(struct objects *o, const char *format, ...)
{
	va_list args;

	pthread_mutex_lock(&notice_lock);
	va_start(args, format);
	if (o->n_notices < OBJECTS_NOTICES &&
	    vasprintf(&o->notices[o->n_notices], format, args) >= 0)
		o->n_notices++;
	va_end(args);
	pthread_mutex_unlock(&notice_lock);
}

/* Is name in the comma list of features to do without? */
static bool without(const struct capture_options *opt, const char *name)
{
	const char *p = opt->without;
	size_t n = strlen(name);

	while (p && *p) {
		if (!strncmp(p, name, n) && (!p[n] || p[n] == ','))
			return true;
		p = strchr(p, ',');
		if (p)
			p++;
	}
	return false;
}

static uint32_t power_of_two(uint32_t n)
{
	uint32_t p = 4096;

	while (p < n && p < 1u << 30)
		p *= 2;
	return p;
}

static void prefix_words(const struct prefix *p, volatile const uint32_t *ret_addr,
			 volatile const uint32_t *ret_mask)
{
	uint8_t mask[16] = {0};

	for (unsigned int bit = 0; bit < p->bits && bit < 128; bit++)
		mask[bit / 8] |= 0x80 >> bit % 8;
	memcpy((void *)ret_addr, p->addr.b, 16);
	memcpy((void *)ret_mask, mask, 16);
}

/* The skeletons' rodata differ in type but share these names (bpf/config.bpf.h). */
#define CONFIGURE_DNS(rodata, opt)                                                        \
	do {                                                                              \
		const uint16_t *port_ = (opt)->dns_ports;                                 \
		(rodata)->cfg_dns = (opt)->dns;                                           \
		for (unsigned int i_ = 0; port_ && *port_ && i_ < DNS_PORTS; i_++)        \
			(rodata)->cfg_dns_ports[i_] = __builtin_bswap16(*port_++);        \
	} while (0)

#define CONFIGURE(rodata, opt, ring)                                                      \
	do {                                                                              \
		const struct prefilter *pf = &(opt)->prefilter;                           \
		(rodata)->cfg_wake_bytes = (ring) / 2;                                    \
		(rodata)->cfg_n_prefixes = pf->n_prefixes;                                \
		(rodata)->cfg_n_ports = pf->n_ports;                                      \
		(rodata)->cfg_n_protocols = pf->n_protocols;                              \
		for (unsigned int i_ = 0; i_ < PREFILTER_MAX; i_++) {                     \
			prefix_words(&pf->prefixes[i_], (rodata)->cfg_prefix[i_],         \
				     (rodata)->cfg_prefix_mask[i_]);                      \
			(rodata)->cfg_ports[i_] = __builtin_bswap16(pf->ports[i_]);       \
			(rodata)->cfg_protocols[i_] = pf->protocols[i_];                  \
		}                                                                         \
		CONFIGURE_DNS(rodata, opt);                                               \
	} while (0)

static uint32_t ring_bytes(const struct capture_options *opt)
{
	return power_of_two(opt->ring_bytes ? opt->ring_bytes : RING_DEFAULT);
}

struct flow_knobs {
	uint32_t report, rtt, takeover, ring, max4, max6;
};

static void flow_knobs(const struct capture_options *opt, struct flow_knobs *k)
{
	uint32_t hz = kernel_hz(), interval = opt->report_interval_ms;

	k->report = (uint64_t)(interval ? interval : 5000) * hz / 1000;
	k->report += !k->report;
	k->rtt = hz >= 10 ? hz / 10 : 1;
	k->takeover = 2 * hz;
	k->ring = ring_bytes(opt);
	k->max4 = opt->max_connections ? opt->max_connections : CONNECTIONS_DEFAULT;
	k->max6 = k->max4 > 4 ? k->max4 / 4 : 1;
}

/* The other object's maps in place of its own. */
static void reuse_maps(struct bpf_object *obj, struct bpf_object *other)
{
	struct bpf_map *map, *theirs;

	bpf_object__for_each_map(map, obj) {
		theirs = bpf_object__find_map_by_name(other, bpf_map__name(map));
		if (theirs && !bpf_map__is_internal(map))
			bpf_map__reuse_fd(map, bpf_map__fd(theirs));
	}
}

/* Both skeletons of the flow programs differ in type alone. */
#define FLOW_TRY(skeleton)                                                              \
	static int skeleton##_try(struct objects *o, const struct capture_options *opt,  \
				  bool nat, bool layer3)                                 \
	{                                                                                \
		struct skeleton *s = skeleton##__open();                                 \
		struct flow_knobs k;                                                     \
		int err;                                                                 \
                                                                                         \
		if (!s)                                                                  \
			return -errno;                                                   \
		flow_knobs(opt, &k);                                                     \
		CONFIGURE(s->rodata, opt, k.ring);                                       \
		s->rodata->cfg_report_ticks = k.report;                                  \
		s->rodata->cfg_rtt_ticks = k.rtt;                                        \
		s->rodata->cfg_takeover_ticks = k.takeover;                              \
		s->rodata->cfg_nat = nat;                                                \
		bpf_map__set_max_entries(s->maps.conn4, k.max4);                         \
		bpf_map__set_max_entries(s->maps.conn6, k.max6);                         \
		bpf_map__reuse_fd(s->maps.events, o->events_fd);                         \
		bpf_map__reuse_fd(s->maps.counters, o->counters_fd);                     \
		bpf_map__reuse_fd(s->maps.reader, o->reader_fd);                         \
		bpf_program__set_autoload(s->progs.flow_ingress, !layer3);               \
		bpf_program__set_autoload(s->progs.flow_egress, !layer3);                \
		bpf_program__set_autoload(s->progs.flow_clock, !layer3);                 \
		bpf_program__set_autoload(s->progs.flow_ingress_l3, layer3);             \
		bpf_program__set_autoload(s->progs.flow_egress_l3, layer3);              \
		if (layer3)                                                              \
			reuse_maps(s->obj, o->flow);                                     \
		err = skeleton##__load(s);                                               \
		if (err) {                                                               \
			skeleton##__destroy(s);                                          \
			return err;                                                      \
		}                                                                        \
		if (layer3) {                                                            \
			o->skeleton##_l3 = s;                                            \
			o->flow_l3 = s->obj;                                             \
			return 0;                                                        \
		}                                                                        \
		o->skeleton##_ = s;                                                      \
		o->nat = nat;                                                            \
		o->max4 = k.max4;                                                        \
		o->max6 = k.max6;                                                        \
		o->flow = s->obj;                                                        \
		o->clock_fd = bpf_program__fd(s->progs.flow_clock);                      \
		return 0;                                                                \
	}

FLOW_TRY(flow_bpf)
FLOW_TRY(flow_compat_bpf)

static int program_fd(const struct bpf_object *obj, const char *name)
{
	return bpf_program__fd(bpf_object__find_program_by_name(obj, name));
}

static int map_fd(const struct objects *o, const char *name)
{
	return bpf_object__find_map_fd_by_name(o->flow, name);
}

/* The whole, else without NAT, else what a kernel before 5.12 can verify. */
static int flow_load(struct objects *o, const struct capture_options *opt)
{
	int err = -ENOENT;

	if (!without(opt, "nat") && !without(opt, "functions"))
		err = flow_bpf_try(o, opt, true, false);
	if (err == -EPERM)
		return err;
	if (err && !without(opt, "functions"))
		err = flow_bpf_try(o, opt, false, false);
	if (err)
		err = flow_compat_bpf_try(o, opt, false, false);
	if (err)
		return err;
	if (!o->nat && !without(opt, "nat"))
		objects_notice(o, "NAT is not seen, a translated connection shows as two: see `pitot features`");
	o->conn4_fd = map_fd(o, "conn4");
	o->conn6_fd = map_fd(o, "conn6");
	o->progs.ingress = program_fd(o->flow, "flow_ingress");
	o->progs.egress = program_fd(o->flow, "flow_egress");
	o->progs.ingress_l3 = o->progs.egress_l3 = -1;
	return 0;
}

int objects_load_l3(struct objects *o, const struct capture_options *opt)
{
	int err;

	if (o->flow_l3)
		return 0;
	err = o->flow_bpf_ ? flow_bpf_try(o, opt, o->nat, true) :
			     flow_compat_bpf_try(o, opt, false, true);
	if (err)
		return err;
	o->progs.ingress_l3 = program_fd(o->flow_l3, "flow_ingress_l3");
	o->progs.egress_l3 = program_fd(o->flow_l3, "flow_egress_l3");
	return 0;
}

/* name: the one of the drop programs to load. */
static int drop_try(struct objects *o, const struct capture_options *opt, const char *name)
{
	struct drop_bpf *s = drop_bpf__open();
	struct bpf_program *prog;
	int err;

	if (!s)
		return -errno;
	CONFIGURE(s->rodata, opt, ring_bytes(opt));
	s->rodata->cfg_drop_stack = opt->drop_stack;
	if (opt->drop_stack)
		bpf_map__set_max_entries(s->maps.drop_stacks, 1024);
	bpf_map__reuse_fd(s->maps.events, o->events_fd);
	bpf_map__reuse_fd(s->maps.counters, o->counters_fd);
	bpf_map__reuse_fd(s->maps.reader, o->reader_fd);
	bpf_object__for_each_program(prog, s->obj) {
		bool wanted = !strcmp(bpf_program__name(prog), name);

		bpf_program__set_autoload(prog, wanted);
		if (wanted)
			o->drop_program = prog;
	}
	err = drop_bpf__load(s);
	if (err) {
		drop_bpf__destroy(s);
		return err;
	}
	o->drop = s;
	o->drops_fd = bpf_map__fd(s->maps.drops);
	o->stacks_fd = bpf_map__fd(s->maps.drop_stacks);
	return 0;
}

static void drop_load(struct objects *o, const struct capture_options *opt)
{
	int err = -ENOENT;

	if (!without(opt, "reason")) {
		err = drop_try(o, opt, "drop_socket");
		if (err)
			err = drop_try(o, opt, "drop_reason");
	}
	if (!err)
		return;
	err = drop_try(o, opt, "drop_bare");
	if (err)
		objects_notice(o, "drops are not seen: %s", strerror(-err));
	else
		objects_notice(o, "drops have no reason on this kernel (before 5.17): the function alone speaks");
}

/* Those that serve more than processes are loaded where they are asked for. */
static bool socket_wanted(const struct capture_options *opt, const char *name)
{
	if (!strcmp(name, "sock_dns"))
		return opt->dns && !without(opt, "dns_socket");
	if (!strcmp(name, "cgroup_made"))
		return opt->cgroups && !without(opt, "cgroup_made");
	return true;
}

/* Programs whose bit is set in skip are left out; only, if not 0, is the one that is tried. */
static int socket_try(struct objects *o, const struct capture_options *opt, uint32_t skip,
		      uint32_t only, struct socket_bpf **ret)
{
	struct socket_bpf *s = socket_bpf__open();
	struct bpf_program *prog;
	uint32_t bit = 1;
	int err;

	if (!s)
		return -errno;
	s->rodata->cfg_wake_bytes = ring_bytes(opt) / 2;
	s->rodata->cfg_own_netns = netns_own();
	CONFIGURE_DNS(s->rodata, opt);
	bpf_map__reuse_fd(s->maps.events, o->events_fd);
	bpf_map__reuse_fd(s->maps.counters, o->counters_fd);
	bpf_map__reuse_fd(s->maps.reader, o->reader_fd);
	bpf_object__for_each_program(prog, s->obj) {
		if (skip & bit || (only && only != bit) ||
		    !socket_wanted(opt, bpf_program__name(prog)))
			bpf_program__set_autoload(prog, false);
		bit <<= 1;
	}
	err = socket_bpf__load(s);
	if (err || !ret) {
		socket_bpf__destroy(s);
		return err;
	}
	*ret = s;
	return 0;
}

/* All programs, or all that load here. */
static void socket_load(struct objects *o, const struct capture_options *opt)
{
	struct socket_bpf *names;
	struct bpf_program *prog;
	uint32_t skip = 0, bit = 1;
	int err = socket_try(o, opt, 0, 0, &o->socket);

	if (err) {
		names = socket_bpf__open();
		if (!names)
			return;
		bpf_object__for_each_program(prog, names->obj) {
			if (socket_try(o, opt, 0, bit, NULL))
				skip |= bit;
			bit <<= 1;
		}
		socket_bpf__destroy(names);
		err = socket_try(o, opt, skip, 0, &o->socket);
		objects_notice(o, err ? "processes are not named: this kernel loads none of the socket programs" :
				"processes are named in part: see `pitot features`");
	}
	if (o->socket)
		o->udp_changes_fd = bpf_map__fd(o->socket->maps.udp_changes);
}

static char *load_error(int err)
{
	char *line = NULL;
	int n;

	if (err == -EPERM || err == -EACCES)
		n = asprintf(&line,
			     "no right to load eBPF programs: run it as root (sudo), or with CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON");
	else if (access("/sys/kernel/btf/vmlinux", R_OK))
		n = asprintf(&line,
			     "this kernel has no type information (/sys/kernel/btf/vmlinux): a kernel with CONFIG_DEBUG_INFO_BTF is needed");
	else
		n = asprintf(&line, "cannot load the eBPF programs: %s; `pitot features` says what this kernel lacks",
			     strerror(-err));
	return n < 0 ? NULL : line;
}

/* The maps that all three objects write to, so that they can be loaded side by side. */
static int shared_maps(struct objects *o, const struct capture_options *opt)
{
	o->events_fd = bpf_map_create(BPF_MAP_TYPE_RINGBUF, "events", 0, 0, ring_bytes(opt), NULL);
	if (o->events_fd < 0)
		return -errno;
	o->counters_fd = bpf_map_create(BPF_MAP_TYPE_PERCPU_ARRAY, "counters", sizeof(__u32),
					sizeof(__u64), CNT_MAX, NULL);
	if (o->counters_fd < 0)
		return -errno;
	o->reader_fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "reader", sizeof(__u32), sizeof(__u32), 1,
				      NULL);
	return o->reader_fd < 0 ? -errno : 0;
}

struct load_job {
	struct objects *o;
	const struct capture_options *opt;
	struct kernel_names *names;
};

static void *load_optional(void *arg)
{
	struct load_job *job = arg;
	bool drops = !job->opt->no_drops && !without(job->opt, "drops");

	/* first, so that the kernel's types are not in memory twice at the same moment */
	if (drops && job->names)
		kernel_names_symbol(job->names, 1, NULL);
	if (drops)
		drop_load(job->o, job->opt);
	if (!job->opt->no_sockets && !without(job->opt, "sockets"))
		socket_load(job->o, job->opt);
	return NULL;
}

/* The flow programs' verification takes as long as all the rest: in two threads. */
static int load_all(struct objects *o, const struct capture_options *opt,
		    struct kernel_names *names)
{
	struct load_job job = {o, opt, names};
	pthread_t thread;
	bool threaded;
	int err;

	err = shared_maps(o, opt);
	if (err)
		return err;
	threaded = !pthread_create(&thread, NULL, load_optional, &job);
	err = flow_load(o, opt);
	if (threaded)
		pthread_join(thread, NULL);
	else if (!err)
		load_optional(&job);
	return err;
}

int objects_load(const struct capture_options *opt, struct kernel_names *names,
		 struct objects **ret, char **ret_error)
{
	struct rlimit unlimited = {RLIM_INFINITY, RLIM_INFINITY};
	struct objects *o = calloc(1, sizeof(*o));
	int err;

	*ret_error = NULL;
	if (!o)
		return -ENOMEM;
	o->events_fd = o->counters_fd = o->reader_fd = o->drops_fd = o->stacks_fd = o->udp_changes_fd = -1;
	libbpf_set_print(quiet);
	setrlimit(RLIMIT_MEMLOCK, &unlimited); /* before 5.11 maps count against it */
	err = load_all(o, opt, names);
	if (err) {
		*ret_error = load_error(err);
		objects_free(o);
		return err;
	}
	*ret = o;
	return 0;
}

void objects_free(struct objects *o)
{
	if (!o)
		return;
	bpf_link__destroy(o->walk_udp);
	bpf_link__destroy(o->walk_listeners);
	bpf_link__destroy(o->walk_files);
	for (unsigned int i = 0; i < o->n_links; i++)
		bpf_link__destroy(o->links[i]);
	for (unsigned int i = 0; i < o->n_notices; i++)
		free(o->notices[i]);
	socket_bpf__destroy(o->socket);
	drop_bpf__destroy(o->drop);
	flow_bpf__destroy(o->flow_bpf_l3);
	flow_compat_bpf__destroy(o->flow_compat_bpf_l3);
	flow_bpf__destroy(o->flow_bpf_);
	flow_compat_bpf__destroy(o->flow_compat_bpf_);
	if (o->events_fd >= 0)
		close(o->events_fd);
	if (o->counters_fd >= 0)
		close(o->counters_fd);
	if (o->reader_fd >= 0)
		close(o->reader_fd);
	free(o);
}
