// SPDX-License-Identifier: MIT
/*
 * places_tool DATABASE...: where the addresses on stdin are, one a line, as pitot
 * would say: "ADDRESS<tab>COUNTRY<tab>CITY<tab>ASN". With --bench first: how long
 * loading and look-ups took, with each address new and with all of them known.
 */
#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "flows/names/places.h"

#define ADDRESSES_MAX 16000

static struct ip_addr addresses[ADDRESSES_MAX];
static size_t n;

static void on_notice(void *arg, const char *line)
{
	(void)arg;
	fprintf(stderr, "%s\n", line);
}

static int read_addresses(void)
{
	char line[64];

	while (n < ADDRESSES_MAX && fgets(line, sizeof(line), stdin)) {
		struct ip_addr a = {.b = {[10] = 0xff, [11] = 0xff}};

		line[strcspn(line, "\n")] = 0;
		if (inet_pton(AF_INET, line, a.b + 12) != 1 && inet_pton(AF_INET6, line, a.b) != 1)
			return -1;
		addresses[n++] = a;
	}
	return 0;
}

static void name(struct namer *places, const struct ip_addr *a, bool print)
{
	struct flow f;
	char text[64];
	const struct place *p;

	flow_init(&f);
	f.dst.addr = *a;
	f.dst.identity = IDENTITY_WORLD;
	places->end(places, &f, &f.dst, &f.src);
	p = f.dst.place;
	if (print)
		printf("%s\t%s\t%s\t%" PRIu32 "\n", ip_addr_text(a, text), p ? p->country : "",
		       p ? p->city : "", p ? p->asn : 0);
	flow_release(&f);
}

static uint64_t name_all(struct namer *places, bool print)
{
	uint64_t began = uv_hrtime();

	for (size_t i = 0; i < n; i++)
		name(places, &addresses[i], print);
	return (uv_hrtime() - began) / (n ? n : 1);
}

int main(int argc, char **argv)
{
	bool bench = argc > 1 && !strcmp(argv[1], "--bench");
	const struct names_options opt = {.geoip_dbs = (const char *const *)argv + 1 + bench};
	const struct namer_events ev = {.notice = on_notice};
	struct namer *places;
	uint64_t began, first;
	uv_loop_t loop;

	if (read_addresses() || uv_loop_init(&loop) || places_new(&opt, &places))
		return 1;
	began = uv_hrtime();
	places->start(places, &loop, &ev);
	began = uv_hrtime() - began;
	first = name_all(places, !bench);
	if (bench)
		printf("load %" PRIu64 " us, new address %" PRIu64 " ns, known address %" PRIu64
		       " ns\n",
		       began / 1000, first, name_all(places, false));
	places->stop(places);
	uv_run(&loop, UV_RUN_DEFAULT);
	places->free(places);
	return uv_loop_close(&loop) != 0;
}
