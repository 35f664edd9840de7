// SPDX-License-Identifier: MIT
/*
 * messages_tool [-p PORT]... [-o]: captures in this network namespace until TERM and
 * prints what is handed over, a JSON object a line:
 *   {"message": SRC:PORT, "to": DST:PORT, ...}   a DNS message, its bytes in hex
 *   {"cgroup": ID, "path": PATH}
 *   {"flow": EVENT, ...}                         any other flow, in short
 * "ready" on standard error. -p: a further port. -o: only connections of UDP port 9.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "flows/capture/capture.h"

static void print_ends(const struct flow *f, const char *what)
{
	char src[46], dst[46];

	printf("{\"%s\":\"%s:%u\",\"to\":\"%s:%u\",", what, ip_addr_text(&f->src.addr, src),
	       f->src.port, ip_addr_text(&f->dst.addr, dst), f->dst.port);
	printf("\"src_pid\":%u,\"dst_pid\":%u,\"src_cgroup\":%" PRIu64 ",\"dst_cgroup\":%" PRIu64
	       ",",
	       f->src.process ? f->src.process->pid : 0, f->dst.process ? f->dst.process->pid : 0,
	       f->src.process ? f->src.process->cgroup_id : 0,
	       f->dst.process ? f->dst.process->cgroup_id : 0);
	printf("\"event\":\"%s\",\"protocol\":%u,\"reply\":%d,\"interface\":\"%s\",",
	       flow_event_name(f->event), f->protocol, f->is_reply, f->ifname);
	printf("\"direction\":\"%s\",\"point\":\"%s\",\"id\":\"%" PRIx64 "\",\"nat\":%s,",
	       traffic_direction_name(f->direction), trace_point_name(f->trace_point),
	       f->connection_id, f->has_nat ? "true" : "false");
	printf("\"packets\":%" PRIu64, f->forward.packets + f->reply.packets);
}

static void on_message(void *arg, struct flow *f, const struct l7_payload *p)
{
	(void)arg;
	print_ends(f, "message");
	printf(",\"at_read\":%s,\"cut\":%s,\"size\":%zu,\"hex\":\"", p->at_read ? "true" : "false",
	       p->cut ? "true" : "false", p->size);
	for (size_t i = 0; i < p->size; i++)
		printf("%02x", p->data[i]);
	puts("\"}");
}

static void on_flow(void *arg, struct flow *f)
{
	(void)arg;
	print_ends(f, "flow");
	puts("}");
}

static void on_cgroup(void *arg, uint64_t id, const char *path)
{
	(void)arg;
	printf("{\"cgroup\":%" PRIu64 ",\"path\":\"%s\"}\n", id, path);
}

static void on_notice(void *arg, const char *line)
{
	(void)arg;
	fprintf(stderr, "%s%s\n", strncmp(line, "watching", 8) ? "" : "ready ", line);
}

static void on_batch_end(void *arg)
{
	(void)arg;
	fflush(stdout);
}

static void on_term(uv_signal_t *signal, int number)
{
	(void)number;
	uv_close((uv_handle_t *)signal, NULL);
	uv_stop(signal->loop);
}

int main(int argc, char **argv)
{
	const struct source_events ev = {.flow = on_flow,
					 .message = on_message,
					 .cgroup = on_cgroup,
					 .notice = on_notice,
					 .batch_end = on_batch_end};
	uint16_t ports[8] = {0};
	struct capture_options opt = {.dns = true, .cgroups = true, .dns_ports = ports};
	struct source *source;
	unsigned int n = 0;
	uv_signal_t term;
	char *error;
	uv_loop_t loop;
	int c;

	while ((c = getopt(argc, argv, "op:")) > 0) {
		if (c == 'p' && n < 7) {
			ports[n++] = (uint16_t)strtoul(optarg, NULL, 10);
		} else if (c == 'o') {
			opt.prefilter.n_ports = 1;
			opt.prefilter.ports[0] = 9;
		}
	}
	if (capture_new(&opt, &source, &error)) {
		fprintf(stderr, "%s\n", error ? error : "no memory");
		return 1;
	}
	uv_loop_init(&loop);
	uv_signal_init(&loop, &term);
	uv_signal_start(&term, on_term, SIGTERM);
	if (source->start(source, &loop, &ev))
		return 1;
	uv_run(&loop, UV_RUN_DEFAULT);
	source->stop(source);
	uv_run(&loop, UV_RUN_DEFAULT);
	source->free(source);
	return fflush(stdout) ? 1 : 0;
}
