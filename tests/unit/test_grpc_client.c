// SPDX-License-Identifier: MIT
/* gRPC's client and the server source against our own server, in one process. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "export/grpc_client.h"
#include "export/grpc_server.h"
#include "export/hubble.h"
#include "export/server_replay.h"
#include "export/server_source.h"
#include "export/wire.h"

/* ---------------------------------------------------------------- a server */

struct fixture {
	uv_loop_t loop;
	struct grpc_server *server;
	struct listener *listener;
	struct grpc_client *client;
	char path[64];
	/* what GetFlows does */
	unsigned int calls, flows, give_up_after; /* 0: never */
	bool stay; /* the call goes on */
	uint64_t since_ns;
	enum grpc_status status;
	const char *message;
};

static void echo(void *arg, struct grpc_call *c, const uint8_t *bytes, size_t n)
{
	(void)arg;
	grpc_send(c, bytes, n);
	grpc_finish(c, GRPC_OK, "");
}

static void refuse(void *arg, struct grpc_call *c, const uint8_t *bytes, size_t n)
{
	(void)arg, (void)bytes, (void)n;
	grpc_finish(c, GRPC_INVALID_ARGUMENT, "100 % wrong: \"\xc3\xa4\"");
}

static void silence(void *arg, struct grpc_call *c, const uint8_t *bytes, size_t n)
{
	(void)arg, (void)c, (void)bytes, (void)n;
}

static void many(void *arg, struct grpc_call *c, const uint8_t *bytes, size_t n)
{
	static uint8_t message[100000];

	(void)arg, (void)bytes, (void)n;
	for (size_t size = 0; size <= sizeof(message); size += 20000) {
		memset(message, size / 20000, sizeof(message));
		grpc_send(c, message, size);
	}
	grpc_finish(c, GRPC_OK, "");
}

static void put_flow(struct text *t, unsigned int i)
{
	struct flow f;

	flow_init(&f);
	f.time_ns = (1000 + i) * 1000000000ull;
	f.ip_version = 4;
	f.protocol = 6;
	f.src.port = i;
	f.verdict = VERDICT_FORWARDED;
	hubble_write_response(t, &f, &(struct hubble_options){.node_name = "n"});
	flow_release(&f);
}

/* Flow i has time 1000 + i seconds; a request's `since` is kept to. */
static void get_flows(void *arg, struct grpc_call *c, const uint8_t *bytes, size_t n)
{
	struct wire_reader r = wire_reader(bytes, n);
	struct fixture *x = arg;
	struct wire_field field;
	struct text t = {0};

	x->calls++;
	x->since_ns = 0;
	while (wire_next(&r, &field))
		if (field.number == 7)
			x->since_ns = wire_read_time(&field);
	for (unsigned int i = 0; i < x->flows; i++) {
		if ((1000 + i) * 1000000000ull < x->since_ns)
			continue;
		t.len = 0;
		put_flow(&t, i);
		grpc_send(c, (const uint8_t *)t.data, t.len);
		if (x->give_up_after == i + 1 && x->calls == 1) {
			grpc_finish(c, GRPC_UNAVAILABLE, "going away");
			break;
		}
	}
	if (!x->stay)
		grpc_finish(c, x->status, x->message ? x->message : "");
	text_free(&t);
}

static int set_up(void **state)
{
	struct fixture *x = calloc(1, sizeof(*x));
	struct listener_options at = {.mode = 0600, .max_connections = 8};
	struct grpc_method methods[] = {
		{.path = "/t/Echo", .message = echo},
		{.path = "/t/Refuse", .message = refuse},
		{.path = "/t/Silence", .message = silence},
		{.path = "/t/Many", .message = many},
		{.path = "/observer.Observer/GetFlows", .message = get_flows, .arg = x},
		{.path = NULL},
	};
	static struct grpc_method kept[6];
	struct grpc_server_options opt = {.methods = kept};
	struct grpc_client_options client = {0};
	char err[256], *why = NULL;

	memcpy(kept, methods, sizeof(kept));
	uv_loop_init(&x->loop);
	snprintf(x->path, sizeof(x->path), "/tmp/pitot-test-%d.sock", (int)getpid());
	assert_int_equal(address_parse(x->path, 0, &at.at, err, sizeof(err)), 0);
	assert_int_equal(grpc_server_new(&x->loop, &opt, &x->server), 0);
	assert_int_equal(
		listener_new(&x->loop, &at, x->server, grpc_server_accept, &x->listener, &why), 0);
	client.server = at.at;
	assert_int_equal(grpc_client_new(&x->loop, &client, &x->client), 0);
	*state = x;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *x = *state;

	grpc_client_free(x->client);
	listener_close(x->listener);
	grpc_server_free(x->server);
	while (uv_run(&x->loop, UV_RUN_DEFAULT))
		;
	assert_int_equal(uv_loop_close(&x->loop), 0);
	free(x);
	return 0;
}

/* ------------------------------------------------------------------- calls */

static enum grpc_status ask(struct fixture *x, const char *path, const char *text, char **ret,
			    char *message, size_t size, uint32_t timeout_ms)
{
	enum grpc_status status;
	uint8_t *reply;
	size_t n;

	assert_int_equal(grpc_call_wait(&x->loop, x->client, path, (const uint8_t *)text,
					strlen(text), NULL, timeout_ms, &reply, &n, &status,
					message, size),
			 0);
	*ret = reply ? strndup((char *)reply, n) : NULL;
	free(reply);
	return status;
}

static void calls_are_answered(void **state)
{
	char message[256], *reply;

	/* several on one connection */
	for (int i = 0; i < 3; i++) {
		assert_int_equal(
			ask(*state, "/t/Echo", "hello", &reply, message, sizeof(message), 0),
			GRPC_OK);
		assert_string_equal(reply, "hello");
		free(reply);
	}
	assert_int_equal(ask(*state, "/t/Echo", "", &reply, message, sizeof(message), 0), GRPC_OK);
	assert_string_equal(reply, "");
	free(reply);
}

static void a_refusal_keeps_its_words(void **state)
{
	char message[256], *reply;

	assert_int_equal(ask(*state, "/t/Refuse", "x", &reply, message, sizeof(message), 0),
			 GRPC_INVALID_ARGUMENT);
	assert_string_equal(message, "100 % wrong: \"\xc3\xa4\"");
	assert_null(reply);
	assert_int_equal(ask(*state, "/t/Nothing", "x", &reply, message, sizeof(message), 0),
			 GRPC_UNIMPLEMENTED);
}

static void a_deadline_ends_a_call(void **state)
{
	char message[256], *reply;

	assert_int_equal(ask(*state, "/t/Silence", "x", &reply, message, sizeof(message), 60),
			 GRPC_DEADLINE_EXCEEDED);
	assert_null(reply);
	/* and that call alone */
	assert_int_equal(ask(*state, "/t/Echo", "y", &reply, message, sizeof(message), 0), GRPC_OK);
	free(reply);
}

struct seen {
	unsigned int n;
	size_t sizes[8];
	bool done, cancel;
	struct grpc_stream *stream;
	enum grpc_status status;
};

static void on_message(void *arg, const uint8_t *bytes, size_t n)
{
	struct seen *s = arg;

	for (size_t i = 0; i < n; i++)
		assert_int_equal(bytes[i], s->n);
	assert_in_range(s->n, 0, 7);
	s->sizes[s->n++] = n;
	if (s->cancel && s->n == 2)
		grpc_cancel(s->stream);
}

static void on_done(void *arg, enum grpc_status status, const char *message)
{
	struct seen *s = arg;

	(void)message;
	s->done = true;
	s->status = status;
}

static void messages_come_whole_whatever_their_size(void **state)
{
	struct fixture *x = *state;
	struct seen s = {0};
	const struct grpc_stream_events ev = {.arg = &s, .message = on_message, .done = on_done};

	assert_int_equal(grpc_call(x->client, "/t/Many", NULL, 0, NULL, 0, &ev, &s.stream), 0);
	while (!s.done)
		uv_run(&x->loop, UV_RUN_ONCE);
	assert_int_equal(s.n, 6);
	for (unsigned int i = 0; i < 6; i++)
		assert_int_equal(s.sizes[i], i * 20000);
	assert_int_equal(s.status, GRPC_OK);
}

static void a_cancelled_call_is_heard_of_no_more(void **state)
{
	struct fixture *x = *state;
	struct seen s = {.cancel = true};
	const struct grpc_stream_events ev = {.arg = &s, .message = on_message, .done = on_done};
	char message[256], *reply;

	assert_int_equal(grpc_call(x->client, "/t/Many", NULL, 0, NULL, 0, &ev, &s.stream), 0);
	while (s.n < 2)
		uv_run(&x->loop, UV_RUN_ONCE);
	assert_int_equal(ask(x, "/t/Echo", "z", &reply, message, sizeof(message), 0), GRPC_OK);
	free(reply);
	assert_int_equal(s.n, 2);
	assert_false(s.done);
}

static void nobody_there_is_told_with_the_cure(void **state)
{
	struct fixture *x = *state;
	char message[256], *reply;

	listener_close(x->listener);
	x->listener = NULL;
	assert_int_equal(ask(x, "/t/Echo", "z", &reply, message, sizeof(message), 0),
			 GRPC_UNAVAILABLE);
	assert_non_null(strstr(message, "no such file: is the agent running?"));
}

/* -------------------------------------------------------------- the source */

struct taken {
	struct fixture *x;
	unsigned int n, notices;
	uint16_t ports[64];
	bool ended;
	int err;
	char last_notice[256];
};

static void on_flow(void *arg, struct flow *f)
{
	struct taken *t = arg;

	assert_in_range(t->n, 0, 63);
	t->ports[t->n++] = f->src.port;
}

static void on_notice(void *arg, const char *line)
{
	struct taken *t = arg;

	t->notices++;
	snprintf(t->last_notice, sizeof(t->last_notice), "%s", line);
}

static void on_end(void *arg, int err)
{
	struct taken *t = arg;

	t->ended = true;
	t->err = err;
}

static void take(struct fixture *x, struct server_source_options *opt, unsigned int until,
		 struct taken *t)
{
	const struct source_events ev = {
		.arg = t, .flow = on_flow, .notice = on_notice, .end = on_end};
	struct source *s;
	char err[256];

	*t = (struct taken){.x = x};
	assert_int_equal(address_parse(x->path, 0, &opt->client.server, err, sizeof(err)), 0);
	assert_int_equal(server_source_new(opt, &s), 0);
	assert_int_equal(s->start(s, &x->loop, &ev), 0);
	while (!t->ended && t->n < until)
		uv_run(&x->loop, UV_RUN_ONCE);
	s->stop(s);
	for (int i = 0; i < 10; i++)
		uv_run(&x->loop, UV_RUN_NOWAIT);
	s->free(s);
}

static void flows_come_from_a_server(void **state)
{
	struct fixture *x = *state;
	struct server_source_options opt = {.number = 5};
	struct taken t;

	x->flows = 5;
	take(x, &opt, 100, &t);
	assert_true(t.ended);
	assert_int_equal(t.err, 0);
	assert_int_equal(t.n, 5);
	assert_int_equal(t.ports[4], 4);
	assert_int_equal(t.notices, 0);
	x->status = GRPC_UNKNOWN;
	x->message = "invalid port";
	take(x, &opt, 100, &t);
	assert_true(t.err < 0);
	assert_string_equal(t.last_notice, "invalid port");
}

static void after_a_break_it_goes_on_where_it_was(void **state)
{
	struct fixture *x = *state;
	struct server_source_options opt = {.number = 100, .follow = true, .reconnect = true};
	struct taken t;

	x->flows = 10;
	x->give_up_after = 6;
	x->stay = true;
	take(x, &opt, 10, &t);
	assert_int_equal(x->calls, 2);
	/* a second before the last flow, which is shown once all the same */
	assert_int_equal(x->since_ns, 1004 * 1000000000ull);
	assert_int_equal(t.n, 10);
	for (unsigned int i = 0; i < 10; i++)
		assert_int_equal(t.ports[i], i);
	assert_int_equal(t.notices, 2);
}

static void without_reconnect_a_break_is_the_end(void **state)
{
	struct fixture *x = *state;
	struct server_source_options opt = {.number = 100, .follow = true};
	struct taken t;

	x->flows = 10;
	x->give_up_after = 6;
	x->stay = true;
	take(x, &opt, 10, &t);
	assert_int_equal(t.n, 6);
	assert_true(t.ended);
	assert_true(t.err < 0);
	assert_string_equal(t.last_notice, "going away");
}

/* ------------------------------------------------------------------ replay */

static bool is_new(struct replay *r, uint64_t time_ns, uint32_t what)
{
	struct flow f;
	bool ret;

	flow_init(&f);
	f.time_ns = time_ns;
	ret = replay_is_new(r, &f, (const uint8_t *)&what, sizeof(what));
	flow_release(&f);
	return ret;
}

static void what_was_there_before_a_break_is_known(void **state)
{
	const uint64_t s = 1000000000ull;
	struct replay *r;

	(void)state;
	assert_int_equal(replay_new(&r), 0);
	assert_int_equal(replay_since(r), 0);
	for (uint32_t i = 0; i < 3 * REPLAY_FLOWS; i++)
		assert_true(is_new(r, (100 + i) * s, i));
	assert_true(is_new(r, 100 * s, 0)); /* no break: nothing is compared */
	assert_int_equal(replay_since(r), (100 + 3 * REPLAY_FLOWS - 2) * s);
	replay_break(r);
	assert_false(is_new(r, (100 + 3 * REPLAY_FLOWS - 1) * s, 3 * REPLAY_FLOWS - 1));
	assert_true(is_new(r, (100 + 3 * REPLAY_FLOWS) * s, 3 * REPLAY_FLOWS));
	/* long after it nothing is compared any more */
	assert_true(is_new(r, (100 + 3 * REPLAY_FLOWS + 20) * s, 3 * REPLAY_FLOWS - 1));
	replay_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(calls_are_answered, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_refusal_keeps_its_words, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_deadline_ends_a_call, set_up, tear_down),
		cmocka_unit_test_setup_teardown(messages_come_whole_whatever_their_size, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_cancelled_call_is_heard_of_no_more, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(nobody_there_is_told_with_the_cure, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(flows_come_from_a_server, set_up, tear_down),
		cmocka_unit_test_setup_teardown(after_a_break_it_goes_on_where_it_was, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(without_reconnect_a_break_is_the_end, set_up,
						tear_down),
		cmocka_unit_test(what_was_there_before_a_break_is_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
