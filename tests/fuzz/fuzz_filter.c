// SPDX-License-Identifier: MIT
/*
 * Filters out of garbage: a line is a list, a field, a side and a value. Then the
 * filter is asked, and the pre-filter must let through what it passes.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "flows/filter.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool in_prefix(const struct prefix *p, const struct ip_addr *a)
{
	for (unsigned int i = 0; i < p->bits; i++)
		if ((p->addr.b[i / 8] ^ a->b[i / 8]) & 0x80 >> i % 8)
			return false;
	return true;
}

static bool prefilter_passes(const struct prefilter *p, const struct flow *f)
{
	bool addr = !p->n_prefixes, port = !p->n_ports, protocol = !p->n_protocols;

	for (unsigned int i = 0; i < p->n_prefixes; i++)
		addr = addr || in_prefix(&p->prefixes[i], &f->src.addr) ||
		       in_prefix(&p->prefixes[i], &f->dst.addr);
	for (unsigned int i = 0; i < p->n_ports; i++)
		port = port || p->ports[i] == f->src.port || p->ports[i] == f->dst.port;
	for (unsigned int i = 0; i < p->n_protocols; i++)
		protocol = protocol || p->protocols[i] == f->protocol;
	return addr && port && protocol;
}

static void ask(struct filter *filter, const char *seed)
{
	struct process process = {.refs = 1, .pid = 7, .comm = "curl"};
	const char *texts[] = {"k8s:app=cart", seed};
	struct endpoint pod = {.kind = ENDPOINT_POD,
			       .namespace_name = "shop",
			       .name = seed,
			       .workload = seed,
			       .workload_kind = "Deployment",
			       .cluster = seed,
			       .labels = texts,
			       .n_labels = 2};
	struct name_list names = {.n = 2, .names = texts};
	struct flow f = {.event = FLOW_DROP, .ip_version = 4, .protocol = 6};
	struct prefilter pre;
	size_t len = strlen(seed);

	f.drop.reason_name = "NO_SOCKET";
	f.src.process = &process;
	f.src.endpoint = &pod;
	f.dst.dns = &names;
	memcpy(f.src.addr.b, seed, len < 16 ? len : 16);
	f.dst.addr.b[10] = f.dst.addr.b[11] = 0xff;
	f.src.port = len;
	f.dst.port = 80;
	f.event = len % FLOW_EVENTS_MAX;
	f.protocol = seed[0];
	filter_set_node(filter, "default", seed);
	filter_prefilter(filter, &pre);
	if (filter_pass(filter, &f) && !prefilter_passes(&pre, &f))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct filter filter = {0};
	char err[64], *text = malloc(size + 1), *line, *rest = text;

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	while ((line = strsep(&rest, "\n")) != NULL) {
		if (strlen(line) < 3)
			continue;
		filter_add(&filter, line[0] & 1, (unsigned char)line[1] % FILTER_FLAGS,
			   (unsigned char)line[2] % 3, line + 3, err, sizeof(err));
		ask(&filter, line);
	}
	filter_clear(&filter);
	free(text);
	return 0;
}
