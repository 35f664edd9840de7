// SPDX-License-Identifier: MIT
/*
 * Lines a second of the printers to /dev/null, beside fputs() of the same lines.
 * Rounds are interleaved and the best of each counts, so that a neighbour's load
 * hurts both alike. Usage: print_bench [LINES]
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bpf/record.h"
#include "cli/print.h"

#define FLOWS 1024
#define ROUNDS 5

static struct flow flows[FLOWS];
static struct process client = {.refs = 1u << 30, .pid = 1234, .comm = "curl"};
static struct process server = {.refs = 1u << 30, .pid = 77, .comm = "nginx"};

static void fill(struct flow *f, uint32_t i)
{
	flow_init(f);
	f->time_ns = 1768472430ull * 1000000000 + i * 20000ull;
	f->connection_id = i + 1;
	f->event = i % 4 == 3 ? FLOW_DROP : i % 3;
	f->verdict = f->event == FLOW_DROP ? VERDICT_DROPPED : VERDICT_FORWARDED;
	f->ip_version = 4;
	f->protocol = i % 5 ? 6 : 17;
	f->tcp_flags = i % 2 ? TCPF_SYN : TCPF_SYN | TCPF_ACK;
	f->is_reply = i % 2;
	f->initiator_by = INITIATOR_SYN;
	f->direction = DIRECTION_EGRESS;
	f->trace_point = TO_STACK;
	f->ifindex = 3;
	strcpy(f->ifname, "eth0");
	for (int k = 0; k < 2; k++) {
		struct flow_end *e = k ? &f->dst : &f->src;

		memcpy(e->addr.b, "\0\0\0\0\0\0\0\0\0\0\xff\xff\x0a\0", 14);
		e->addr.b[14] = i >> 8;
		e->addr.b[15] = i + k;
		e->port = k ? 8080 : 32768 + i;
		e->identity = k ? IDENTITY_WORLD : IDENTITY_HOST;
	}
	f->src.process = &client;
	f->dst.process = &server;
	f->forward = (struct flow_counters){
		.packets = i, .bytes = i * 700ull, .srtt_us = 20, .tcp_flags = TCPF_SYN | TCPF_ACK};
	f->reply = (struct flow_counters){.packets = i / 2 + 1, .bytes = 52ull * i, .srtt_us = 300};
	f->drop.reason_name = "NETFILTER_DROP";
	f->drop.text = "netfilter rule (nftables or iptables)";
	f->drop.function = "nft_do_chain";
	f->drop.offset = 0x12;
	f->drop.packets = i + 1;
	f->drop.bytes = 60ull * i;
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static struct sink *open_printer(const char *format, int fd)
{
	const struct print_options opt = {.fd = fd, .node_name = "node-1"};
	struct sink *s;

	if (print_format_find(format)->create(&opt, &s)) {
		fprintf(stderr, "print_bench: cannot open the printer \"%s\"\n", format);
		exit(1);
	}
	return s;
}

static double printer_seconds(const char *format, int fd, long lines)
{
	struct sink *s = open_printer(format, fd);
	double t = now();

	for (long i = 0; i < lines; i++)
		s->flow(s, &flows[i % FLOWS]);
	s->close(s);
	return now() - t;
}

/* The printer's lines, ready made. */
static char **make_lines(const char *format)
{
	char **lines = calloc(FLOWS, sizeof(*lines));
	FILE *file = tmpfile();
	struct sink *s;
	size_t size = 0;

	if (!file || !lines)
		exit(1);
	s = open_printer(format, fileno(file));
	for (int i = 0; i < FLOWS; i++)
		s->flow(s, &flows[i]);
	s->close(s);
	rewind(file);
	for (int i = 0; i < FLOWS; i++) {
		size = 0;
		if (getline(&lines[i], &size, file) < 0)
			exit(1);
	}
	fclose(file);
	return lines;
}

static double fputs_seconds(char *const *ready, long lines)
{
	FILE *null = fopen("/dev/null", "w");
	double t;

	if (!null)
		exit(1);
	setvbuf(null, NULL, _IOFBF, 65536);
	t = now();
	for (long i = 0; i < lines; i++)
		fputs(ready[i % FLOWS], null);
	fclose(null);
	return now() - t;
}

static void bench(const char *format, int fd, long lines)
{
	char **ready = make_lines(format);
	double best = 1e9, floor = 1e9;
	size_t bytes = 0;

	for (int i = 0; i < ROUNDS; i++) {
		double a = printer_seconds(format, fd, lines);
		double b = fputs_seconds(ready, lines);

		best = a < best ? a : best;
		floor = b < floor ? b : floor;
	}
	for (int i = 0; i < FLOWS; i++) {
		bytes += strlen(ready[i]);
		free(ready[i]);
	}
	free(ready);
	printf("%-10s %10.0f lines/s %7.0f ns/line %5zu bytes/line  fputs %10.0f lines/s  ratio %.1f\n",
	       format, lines / best, best / lines * 1e9, bytes / FLOWS, lines / floor,
	       best / floor);
}

int main(int argc, char **argv)
{
	long lines = argc > 1 ? atol(argv[1]) : 300000;
	int fd = open("/dev/null", O_WRONLY);

	if (fd < 0 || lines < 1) {
		fprintf(stderr, "usage: print_bench [LINES]\n");
		return 2;
	}
	for (uint32_t i = 0; i < FLOWS; i++)
		fill(&flows[i], i);
	bench("compact", fd, lines);
	bench("wide", fd, lines);
	bench("json", fd, lines);
	close(fd);
	return 0;
}
