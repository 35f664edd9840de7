// SPDX-License-Identifier: MIT
/* What happens to a connection because time passes: deadlines, idle ends, pings, floods. */
#include "export/grpc_server.h"

#include "export/grpc_server_internal.h"

/* ------------------------------------------------------------------ due when */

static void earlier(uint64_t *due, uint64_t at)
{
	if (!*due || at < *due)
		*due = at;
}

static bool request_is_late(const struct grpc_call *call, uint64_t now)
{
	return call->method && !call->method->client_streams && !call->request_ended &&
	       now >= call->begun + REQUEST_MS;
}

static void end_late_calls(struct grpc_connection *c, uint64_t now)
{
	for (struct grpc_call *call = c->calls; call; call = call->next) {
		if (call->deadline && now >= call->deadline) {
			call->deadline = 0;
			call_timed_out(call, "the deadline has passed");
		} else if (!call->finished && request_is_late(call, now)) {
			call_timed_out(call, "the request did not come to its end");
		}
	}
}

/*
 * On TCP. A call whose client does not answer goes on: it may sit behind a pager. Its
 * memory is bounded, and a vanished machine is told by the kernel (SO_KEEPALIVE).
 */
static void ping(struct grpc_connection *c, uint64_t now)
{
	if (c->is_unix || c->going)
		return;
	if (c->ping_sent && now >= c->ping_sent + PING_ANSWER_MS) {
		c->ping_sent = 0;
		c->last_frame = now;
		if (!c->n_calls) {
			c->server->stats.closed_idle++;
			c->doomed = true;
		}
	} else if (!c->ping_sent && now >= c->last_frame + c->server->keepalive_ms) {
		c->ping_sent = now;
		nghttp2_submit_ping(c->h2.session, NGHTTP2_FLAG_NONE, NULL);
		connection_touch(c);
	}
}

static void end_idle(struct grpc_connection *c, uint64_t now)
{
	if (c->going || c->n_calls)
		return;
	if (now < c->idle_since + c->server->idle_ms)
		return;
	c->server->stats.closed_idle++;
	connection_goodbye(c, NGHTTP2_NO_ERROR);
}

static uint64_t next_due(const struct grpc_connection *c)
{
	uint64_t due = 0;

	if (!c->settled)
		earlier(&due, c->born + FIRST_FRAME_MS);
	if (c->close_at)
		earlier(&due, c->close_at);
	for (const struct grpc_call *call = c->calls; call; call = call->next) {
		if (call->deadline)
			earlier(&due, call->deadline);
		if (call->method && !call->method->client_streams && !call->request_ended &&
		    !call->finished && !call->reset)
			earlier(&due, call->begun + REQUEST_MS);
	}
	if (!c->going && !c->n_calls)
		earlier(&due, c->idle_since + c->server->idle_ms);
	if (!c->going && !c->is_unix)
		earlier(&due, c->ping_sent ? c->ping_sent + PING_ANSWER_MS
					   : c->last_frame + c->server->keepalive_ms);
	return due;
}

static void connection_on_timer(uv_timer_t *timer)
{
	struct grpc_connection *c = timer->data;
	uint64_t now = uv_now(c->server->loop);

	c->timer_due = 0;
	if ((!c->settled && now >= c->born + FIRST_FRAME_MS) ||
	    (c->close_at && now >= c->close_at)) {
		if (!c->settled)
			c->server->stats.protocol_errors++;
		c->doomed = true;
	} else {
		end_late_calls(c, now);
		ping(c, now);
		end_idle(c, now);
	}
	if (c->doomed)
		connection_free(c);
	else
		connection_arm(c);
}

void connection_arm(struct grpc_connection *c)
{
	uint64_t due = next_due(c);

	if (due)
		connection_timer(c, due);
}

void connection_timer(struct grpc_connection *c, uint64_t due)
{
	uint64_t now = uv_now(c->server->loop);

	if (c->timer_due && c->timer_due <= due)
		return;
	c->timer_due = due;
	uv_timer_start(&c->timer, connection_on_timer, due > now ? due - now : 0, 0);
}

/* -------------------------------------------------------------------- floods */

/* A bucket that fills again: a client of a library may ping for each of its reads. */
bool connection_control_frame(struct grpc_connection *c)
{
	uint64_t now = uv_now(c->server->loop);

	c->control_frames += (now - c->control_at) * (CONTROL_FRAMES_A_SECOND / 1000.0);
	c->control_at = now;
	if (c->control_frames > CONTROL_FRAMES)
		c->control_frames = CONTROL_FRAMES;
	if (c->control_frames < 1)
		return false;
	c->control_frames--;
	return true;
}
