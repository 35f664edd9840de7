// SPDX-License-Identifier: MIT
/* Flows from a server: the request, the answers, and the way back after a break. */
#include "export/server_source.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "export/flow_filter.h"
#include "export/hubble.h"
#include "export/server_replay.h"
#include "export/wire.h"

#define GET_FLOWS "/observer.Observer/GetFlows"
#define RETRY_MIN_MS 1000u
#define RETRY_MAX_MS 30000u
#define OPTIONS_URL "type.googleapis.com/pitot.v1.GetFlowsOptions"

/* observer.GetFlowsRequest */
enum {
	NUMBER = 1,
	FOLLOW = 3,
	BLACKLIST = 5,
	WHITELIST = 6,
	SINCE = 7,
	UNTIL = 8,
	FIRST = 9,
	FIELD_MASK = 10,
	EXTENSIONS = 150000,
	OPTIONS_BLACKLIST = 3, /* pitot.v1.GetFlowsOptions */
};

struct server_source {
	struct source source;
	struct server_source_options opt;
	struct hubble_reader *reader;
	uv_loop_t *loop;
	struct source_events ev;
	struct grpc_client *client;
	struct grpc_stream *stream;
	struct replay *replay; /* NULL: no --reconnect */
	uv_check_t check; /* a batch ends where the loop has taken what was there */
	uv_timer_t retry;
	uint32_t retry_ms; /* the wait before the last attempt; 0: it went well */
	bool open; /* the handles are */
	bool in_batch;
	bool received; /* on this connection */
	bool resumed; /* it is not the first connection */
	bool was_there; /* somebody answered, on any connection */
	bool away; /* nobody does */
	bool again; /* somebody had before that */
	uint64_t began_ns; /* wall clock, of the first one */
	uint64_t bad; /* answers that could not be read */
};

/* ---------------------------------------------------------------- request */

/* The filters that are ours, or those that are not, in field `number`. */
static void put_filters(struct text *t, uint32_t number, const struct filter *f, bool deny,
			bool ours)
{
	size_t n = filter_count(f, deny);

	for (size_t i = 0; i < n; i++) {
		size_t mark;

		if (deny && flow_filter_is_ours(f, deny, i) != ours)
			continue;
		mark = wire_open(t, number);
		flow_filter_write(t, f, deny, i);
		wire_close(t, mark);
	}
}

static bool has_ours(const struct filter *f)
{
	for (size_t i = 0; f && i < filter_count(f, true); i++)
		if (flow_filter_is_ours(f, true, i))
			return true;
	return false;
}

static void put_mask(struct text *t, const char *const *paths)
{
	size_t mark;

	if (!paths || !paths[0])
		return;
	mark = wire_open(t, FIELD_MASK);
	for (; *paths; paths++)
		wire_str(t, 1, *paths);
	wire_close(t, mark);
}

static void put_options(struct text *t, const struct server_source_options *opt)
{
	size_t any, value;

	if (!opt->where && !opt->normal_drops && !has_ours(opt->filter))
		return;
	any = wire_open(t, EXTENSIONS);
	wire_str(t, 1, OPTIONS_URL);
	value = wire_open(t, 2);
	wire_u64(t, 1, opt->normal_drops);
	wire_str(t, 2, opt->where);
	if (opt->filter)
		put_filters(t, OPTIONS_BLACKLIST, opt->filter, true, true);
	wire_close(t, value);
	wire_close(t, any);
}

/* After a break: what has come since the last flow, whatever was asked for at first. */
static void put_span(struct text *t, const struct server_source *s)
{
	uint64_t from = s->resumed && s->replay ? replay_since(s->replay) : 0;

	/* Nothing has come yet, and nothing but what was to come had been asked for. */
	if (s->resumed && !from && !s->opt.number && !s->opt.since_ns)
		from = s->began_ns;
	if (from) {
		wire_time(t, SINCE, from > s->opt.since_ns ? from : s->opt.since_ns);
	} else {
		wire_u64(t, NUMBER, s->opt.number);
		wire_u64(t, FIRST, s->opt.first);
		wire_time(t, SINCE, s->opt.since_ns);
	}
	wire_time(t, UNTIL, s->opt.until_ns);
}

static void put_request(struct text *t, const struct server_source *s)
{
	put_span(t, s);
	wire_u64(t, FOLLOW, s->opt.follow);
	if (s->opt.filter) {
		put_filters(t, BLACKLIST, s->opt.filter, true, false);
		put_filters(t, WHITELIST, s->opt.filter, false, false);
	}
	put_mask(t, s->opt.mask_paths);
	put_options(t, &s->opt);
}

/* ---------------------------------------------------------------- answers */

static void __attribute__((format(printf, 2, 3)))
notice(struct server_source *s, const char *format, ...)
{
	char line[768];
	va_list ap;

	va_start(ap, format);
	vsnprintf(line, sizeof(line), format, ap);
	va_end(ap);
	s->ev.notice(s->ev.arg, line);
}

static void tell_away(struct server_source *s, const char *why, uint64_t next_ms)
{
	const struct source_away away = {.why = why, .next_ms = next_ms, .was_there = s->was_there};

	s->away = true;
	s->again = s->was_there;
	if (s->ev.away)
		s->ev.away(s->ev.arg, &away);
}

/* Somebody is there: whether flows come, and the wait of the next attempt ends, is another matter. */
static void on_connected(void *arg)
{
	struct server_source *s = arg;

	s->was_there = true;
	if (s->away && s->ev.away)
		s->ev.away(s->ev.arg, NULL);
	s->away = false;
}

static void back_again(struct server_source *s)
{
	if (s->received)
		return;
	s->received = true;
	s->retry_ms = 0;
	if (s->resumed)
		notice(s, "connected to %s%s", s->opt.client.server.text, s->again ? " again" : "");
}

static void take(struct server_source *s, struct hubble_response *r, const uint8_t *bytes, size_t n)
{
	switch (r->kind) {
	case HUBBLE_FLOW:
		if (!s->replay || replay_is_new(s->replay, &r->flow, bytes, n)) {
			s->in_batch = true;
			s->ev.flow(s->ev.arg, &r->flow);
		}
		flow_release(&r->flow);
		break;
	case HUBBLE_LOST:
		if (s->ev.lost)
			s->ev.lost(s->ev.arg, &r->lost);
		break;
	case HUBBLE_NODE_STATUS:
		if (s->ev.node_status)
			s->ev.node_status(s->ev.arg, &r->node_status);
		break;
	default:
		break; /* of a later version */
	}
}

static void on_message(void *arg, const uint8_t *bytes, size_t n)
{
	struct server_source *s = arg;
	struct hubble_response r;

	back_again(s);
	if (hubble_read_response(s->reader, bytes, n, &r)) {
		if (!s->bad++)
			notice(s, "an answer of %s could not be read, and is left out",
			       s->opt.client.server.text);
		return;
	}
	take(s, &r, bytes, n);
}

static void end_batch(struct server_source *s)
{
	if (!s->in_batch)
		return;
	s->in_batch = false;
	if (s->ev.batch_end)
		s->ev.batch_end(s->ev.arg);
}

static void on_check(uv_check_t *check)
{
	end_batch(check->data);
}

/* -------------------------------------------------------------------- ends */

static int call(struct server_source *s);
static void on_retry(uv_timer_t *timer);

static bool worth_another_try(enum grpc_status status)
{
	switch (status) {
	case GRPC_OK: /* a server that goes away in good order */
	case GRPC_CANCELLED:
	case GRPC_UNAVAILABLE:
	case GRPC_INTERNAL:
	case GRPC_RESOURCE_EXHAUSTED:
	case GRPC_DEADLINE_EXCEEDED:
		return true;
	default:
		return false;
	}
}

static int errno_of(enum grpc_status status)
{
	switch (status) {
	case GRPC_OK:
		return 0;
	case GRPC_INVALID_ARGUMENT:
		return -EINVAL;
	case GRPC_PERMISSION_DENIED:
	case GRPC_UNAUTHENTICATED:
		return -EACCES;
	case GRPC_UNIMPLEMENTED:
		return -EOPNOTSUPP;
	case GRPC_UNAVAILABLE:
		return -ECONNRESET;
	default:
		return -EIO;
	}
}

/* A server's own word stands alone, as Hubble shows it; others with their code. */
static void tell(struct server_source *s, enum grpc_status status, const char *message)
{
	char line[768];

	if (status == GRPC_OK)
		return;
	if ((status == GRPC_UNKNOWN || status == GRPC_UNAVAILABLE) && *message)
		snprintf(line, sizeof(line), "%s", message);
	else
		snprintf(line, sizeof(line), "%s: %s%s%s", s->opt.client.server.text,
			 grpc_status_name(status), *message ? ": " : "", message);
	s->ev.notice(s->ev.arg, line);
}

/* Many clients of one server do not come back to it all at once: up to an eighth less or more. */
static uint32_t with_jitter(uint32_t ms)
{
	uint32_t random = 0;

	if (uv_random(NULL, NULL, &random, sizeof(random), 0, NULL))
		return ms;
	return ms - ms / 8 + random % (ms / 4 + 1);
}

static void try_later(struct server_source *s, const char *why)
{
	bool first = s->received || !s->resumed;
	uint32_t wait_ms;

	if (!*why)
		why = "the server ended the stream";
	s->retry_ms = !s->retry_ms		       ? RETRY_MIN_MS
		      : s->retry_ms * 2 < RETRY_MAX_MS ? s->retry_ms * 2
						       : RETRY_MAX_MS;
	wait_ms = with_jitter(s->retry_ms);
	tell_away(s, why, wait_ms);
	if (first)
		notice(s, "%s: trying again, next in %u s", why, s->retry_ms / 1000);
	s->received = false;
	s->resumed = true;
	replay_break(s->replay);
	uv_timer_start(&s->retry, on_retry, wait_ms, 0);
}

static void on_done(void *arg, enum grpc_status status, const char *message)
{
	struct server_source *s = arg;

	s->stream = NULL;
	end_batch(s);
	/* The first attempt must go well, but for who waits: a wrong address is no break. */
	if (s->replay && (s->received || s->resumed || status == GRPC_OK || s->opt.patient) &&
	    worth_another_try(status)) {
		try_later(s, message);
		return;
	}
	tell(s, status, message);
	s->ev.end(s->ev.arg, errno_of(status));
}

static void on_retry(uv_timer_t *timer)
{
	struct server_source *s = timer->data;
	int err = call(s);

	if (err)
		s->ev.end(s->ev.arg, err);
}

static int call(struct server_source *s)
{
	static const char *const metadata[] = {"pitot-extensions", "v1", NULL};
	const struct grpc_stream_events ev = {
		.arg = s, .message = on_message, .connected = on_connected, .done = on_done};
	struct text request = {0};
	int err;

	put_request(&request, s);
	err = request.err;
	if (!err)
		err = grpc_call(s->client, GET_FLOWS, (const uint8_t *)request.data, request.len,
				metadata, 0, &ev, &s->stream);
	text_free(&request);
	return err;
}

/* -------------------------------------------------------------- the source */

static int start(struct source *source, uv_loop_t *loop, const struct source_events *ev)
{
	struct server_source *s = (struct server_source *)source;
	struct timespec now;
	int err;

	s->loop = loop;
	s->ev = *ev;
	err = grpc_client_new(loop, &s->opt.client, &s->client);
	if (err)
		return err;
	uv_check_init(loop, &s->check);
	uv_timer_init(loop, &s->retry);
	s->check.data = s->retry.data = s;
	uv_check_start(&s->check, on_check);
	uv_unref((uv_handle_t *)&s->check);
	s->open = true;
	clock_gettime(CLOCK_REALTIME, &now);
	s->began_ns = now.tv_sec * 1000000000ull + now.tv_nsec;
	return call(s);
}

static void stop(struct source *source)
{
	struct server_source *s = (struct server_source *)source;

	if (!s->open)
		return;
	s->open = false;
	s->stream = NULL;
	end_batch(s);
	grpc_client_free(s->client);
	s->client = NULL;
	uv_close((uv_handle_t *)&s->check, NULL);
	uv_close((uv_handle_t *)&s->retry, NULL);
}

static void stats(struct source *source, struct capture_stats *ret_stats)
{
	(void)source;
	*ret_stats = (struct capture_stats){0};
}

static void server_source_free(struct source *source)
{
	struct server_source *s = (struct server_source *)source;

	hubble_reader_free(s->reader);
	replay_free(s->replay);
	free(s);
}

int server_source_new(const struct server_source_options *opt, struct source **ret_source)
{
	const struct hubble_reader_options reader = {.keep_wire = opt->keep_wire};
	struct server_source *s = calloc(1, sizeof(*s));
	int err;

	if (!s)
		return -ENOMEM;
	s->opt = *opt;
	err = hubble_reader_new(&reader, &s->reader);
	if (!err && opt->reconnect && opt->follow)
		err = replay_new(&s->replay);
	if (err) {
		hubble_reader_free(s->reader);
		free(s);
		return err;
	}
	s->source = (struct source){
		.start = start, .stop = stop, .stats = stats, .free = server_source_free};
	*ret_source = &s->source;
	return 0;
}
