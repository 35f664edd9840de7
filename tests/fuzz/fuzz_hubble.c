/* SPDX-License-Identifier: MIT */
/* A stream of flows from anybody: read, printed, written on and read again. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "export/field_mask.h"
#include "export/hubble.h"
#include "export/json.h"
#include "flows/summary.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct text t;

static void check(int holds)
{
	if (!holds)
		abort();
}

/* Nothing that is printed may move a cursor. */
static void check_printable(void)
{
	size_t at = 0;
	uint32_t c;

	check(!t.err);
	while (at < t.len) {
		size_t n = utf8_next(t.data + at, t.len - at, &c);

		check(n && !utf8_is_control(c));
		at += n;
	}
	t.len = 0;
}

static void print(const struct flow *f)
{
	const struct hubble_policies *policies = flow_policies(f);

	flow_type_text(&t, f);
	flow_summary(&t, f);
	flow_end_text(&t, f, &f->src, false);
	flow_end_text(&t, f, &f->dst, true);
	flow_protocol_text(&t, f);
	flow_processes_text(&t, f, flow_is_swapped(f));
	text_str(&t, flow_verdict_name(f));
	if (policies)
		policies_text(&t, policies);
	check_printable();
	json_flow(&t, f, "node-1");
	check_printable();
}

static const struct field_mask *mask(void)
{
	static const char *const paths[] = {"IP.source", "l4.TCP", "source.workloads", "l7.http",
					    "extensions"};
	static struct field_mask *m;
	char err[128];

	if (!m)
		check(!field_mask_new(paths, sizeof(paths) / sizeof(paths[0]), &m, err,
				      sizeof(err)));
	return m;
}

/* What was understood is written so that it is understood again (texts may have to be mended). */
static void write_on(struct hubble_reader *r, const struct flow *f)
{
	const struct hubble_options all = {.extensions = EXTENSIONS_PITOT, .node_name = "n"};
	const struct hubble_options some = {.extensions = EXTENSIONS_STRUCT, .mask = mask()};
	struct text wire = {0};
	struct flow again;

	hubble_write_flow(&wire, f, &all);
	check(!wire.err);
	check(!hubble_read_flow(r, (uint8_t *)wire.data, wire.len, &again));
	check(again.event == f->event && again.verdict == f->verdict);
	check(again.hubble->own == f->hubble->own);
	check(!memcmp(&again.src.addr, &f->src.addr, sizeof(f->src.addr)));
	check(again.src.port == f->src.port || (f->hubble->own && !f->ip_version));
	check(again.src.identity == f->src.identity);
	check(!memcmp(&again.forward, &f->forward, sizeof(f->forward)));
	check(again.direction == f->direction && again.is_reply == f->is_reply);
	flow_release(&again);
	wire.len = 0;
	hubble_write_response(&wire, f, &some);
	check(!wire.err);
	text_free(&wire);
}

static void one_flow(struct hubble_reader *r, const uint8_t *data, size_t size)
{
	struct flow f, kept;

	if (hubble_read_flow(r, data, size, &f))
		return;
	check(f.hubble && (f.event != FLOW_L7 || f.l7));
	check(f.event != FLOW_DROP || f.drop.reason_name);
	flow_copy(&kept, &f);
	flow_release(&f);
	print(&kept);
	write_on(r, &kept);
	flow_release(&kept);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hubble_reader_options opt = {.keep_wire = size && data[0] & 1};
	struct hubble_response response;
	struct hubble_reader *r;

	if (!size || hubble_reader_new(&opt, &r))
		return 0;
	one_flow(r, data + 1, size - 1);
	if (!hubble_read_response(r, data + 1, size - 1, &response)) {
		for (size_t i = 0; i < response.node_status.n_nodes; i++)
			check(strlen(response.node_status.nodes[i]) <= 256);
		flow_release(&response.flow);
	}
	hubble_reader_free(r);
	return 0;
}
