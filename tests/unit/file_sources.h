/* SPDX-License-Identifier: MIT */
/* Files of flows, written and read. For cmocka tests: include cmocka.h before. */
#ifndef PITOT_TESTS_FILE_SOURCES_H
#define PITOT_TESTS_FILE_SOURCES_H

#include <stdlib.h>

#include "export/file_source.h"
#include "export/proto/flow.pb-c.h"
#include "export/protojson.h"
#include "export/wire.h"

#define FLOWS_MAX 4096
#define NOTICES_MAX 16
#define FLOW_A "{\"flow\":{\"verdict\":\"FORWARDED\",\"l4\":{\"TCP\":{\"source_port\":1}}}}"
#define FLOW_B "{\"flow\":{\"verdict\":\"DROPPED\",\"l4\":{\"TCP\":{\"source_port\":2}}}}"
static char dir[] = "/tmp/pitot-files.XXXXXX", path[100];

/* What a file gave. */
static struct {
	uv_loop_t loop;
	struct source *source;
	const struct filter *filter;
	uint16_t ports[FLOWS_MAX]; /* of the sources, one for each flow */
	size_t n, stop_after;
	uint64_t last_ns, lost;
	size_t nodes;
	char *notices[NOTICES_MAX];
	size_t n_notices;
	int err;
	bool ended;
	struct file_source_stats stats;
} got;

static inline void on_flow(void *arg, struct flow *f)
{
	(void)arg;
	assert_false(got.ended);
	if (got.filter && !filter_pass(got.filter, f))
		return;
	assert_true(got.n < FLOWS_MAX);
	got.ports[got.n++] = f->src.port;
	got.last_ns = f->time_ns;
	if (got.n == got.stop_after)
		got.source->stop(got.source);
}

static inline void on_lost(void *arg, const struct lost_events *l)
{
	(void)arg;
	got.lost += l->count;
}

static inline void on_node_status(void *arg, const struct node_status *s)
{
	(void)arg;
	got.nodes += s->n_nodes;
}

static inline void on_notice(void *arg, const char *line)
{
	(void)arg;
	assert_true(got.n_notices < NOTICES_MAX);
	got.notices[got.n_notices++] = strdup(line);
}

static inline void on_end(void *arg, int err)
{
	(void)arg;
	assert_false(got.ended);
	got.ended = true;
	got.err = err;
	got.source->stop(got.source);
}

static const struct source_events events = {.flow = on_flow,
					    .lost = on_lost,
					    .node_status = on_node_status,
					    .notice = on_notice,
					    .end = on_end};

static inline void forget(void)
{
	for (size_t i = 0; i < got.n_notices; i++)
		free(got.notices[i]);
	memset(&got, 0, sizeof(got));
}

static inline struct file_source *begin(const struct file_source_options *opt)
{
	struct file_source *f;
	char *error;

	uv_loop_init(&got.loop);
	if (file_source_new(opt, &f, &error))
		fail_msg("%s", error);
	got.source = file_source_source(f);
	assert_int_equal(got.source->start(got.source, &got.loop, &events), 0);
	return f;
}

static inline void finish(struct file_source *f)
{
	uv_run(&got.loop, UV_RUN_DEFAULT);
	file_source_stats(f, &got.stats);
	got.source->free(got.source);
	assert_int_equal(uv_loop_close(&got.loop), 0);
}

/* Reads a file to its end; `got` says what came. */
static inline void run(const struct file_source_options *opt)
{
	size_t stop_after = got.stop_after;
	const struct filter *filter = got.filter;

	forget();
	got.stop_after = stop_after;
	got.filter = filter;
	finish(begin(opt));
}

static inline void make(const void *data, size_t n)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, n, f), n);
	fclose(f);
}

static inline void run_bytes(const void *data, size_t n, size_t message_max)
{
	make(data, n);
	run(&(struct file_source_options){.path = path, .message_max = message_max});
}

static inline void run_text(const char *text)
{
	run_bytes(text, strlen(text), 0);
}

static inline void expect(const char *ports, size_t bad)
{
	char have[200] = "";
	size_t n = 0;

	for (size_t i = 0; i < got.n; i++)
		n += snprintf(have + n, sizeof(have) - n, "%s%u", i ? " " : "", got.ports[i]);
	assert_string_equal(have, ports);
	assert_int_equal(got.stats.bad, bad);
	assert_int_equal(got.err, 0);
	assert_true(got.ended);
}

static struct text pb;

/* Appends a flow with its length. */
static inline void put(const char *json)
{
	struct text wire = {0};
	struct protojson_error error;
	size_t used;
	char *p;

	if (protojson_read(&wire, &flow__flow__descriptor, json, strlen(json), false, &used, NULL,
			   &error))
		fail_msg("%s", error.message);
	p = text_reserve(&pb, 10);
	pb.len = wire_put_varint(p, wire.len) - pb.data;
	text_mem(&pb, wire.data, wire.len);
	text_free(&wire);
}

static inline void put_three(void)
{
	pb.len = 0;
	put("{\"l4\":{\"TCP\":{\"source_port\":1}}}");
	put("{\"l4\":{\"TCP\":{\"source_port\":2}}}");
	put("{\"l4\":{\"TCP\":{\"source_port\":3}}}");
}

static struct text packed;

static inline int begin_files(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/flows", dir);
	return 0;
}

static inline int end_files(void **state)
{
	(void)state;
	forget();
	unlink(path);
	rmdir(dir);
	text_free(&pb);
	text_free(&packed);
	return 0;
}

#endif
