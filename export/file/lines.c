// SPDX-License-Identifier: MIT
/* JSON lines: responses and events of Hubble's, or bare flows. */
#include <errno.h>
#include <string.h>

#include "export/file/state.h"
#include "export/proto/observer.pb-c.h"
#include "export/protojson.h"
#include "export/wire.h"

/* Field numbers of flow.Flow that a line of another program may have, too, by chance. */
enum { FLOW_TIME = 1, FLOW_NODE_NAME = 11 };

static void deliver(struct file_source *f, struct hubble_response *resp)
{
	switch (resp->kind) {
	case HUBBLE_FLOW:
		if (!resp->flow.time_ns)
			resp->flow.time_ns = resp->time_ns;
		file_flow(f, &resp->flow);
		break;
	case HUBBLE_LOST:
		if (f->ev.lost)
			f->ev.lost(f->ev.arg, &resp->lost);
		break;
	case HUBBLE_NODE_STATUS:
		if (f->ev.node_status)
			f->ev.node_status(f->ev.arg, &resp->node_status);
		break;
	default:; /* agents' events are no flows */
	}
}

/* 1: it was one, 0: it was none, or -errno with *e. */
static int try_response(struct file_source *f, const char *s, size_t n, size_t *ret_used,
			uint64_t *ret_unknown, struct protojson_error *e)
{
	struct hubble_response resp;
	int err;

	f->wire.len = 0;
	err = protojson_read(&f->wire, &observer__export_event__descriptor, s, n, true, ret_used,
			     ret_unknown, e);
	if (err)
		return err;
	err = hubble_read_response(f->reader, (const uint8_t *)f->wire.data, f->wire.len, &resp);
	if (err == -EBADMSG)
		*e = (struct protojson_error){.message = "its values are no flow's"};
	if (err)
		return err;
	if (resp.kind == HUBBLE_NOTHING)
		return 0;
	deliver(f, &resp);
	return 1;
}

/* A flow says more than when and where. */
static bool is_flow(const struct text *wire)
{
	struct wire_reader r = wire_reader(wire->data, wire->len);
	struct wire_field v;

	while (wire_next(&r, &v))
		if (v.number != FLOW_TIME && v.number != FLOW_NODE_NAME)
			return true;
	return false;
}

static int try_flow(struct file_source *f, const char *s, size_t n, size_t *ret_used,
		    uint64_t *ret_unknown, struct protojson_error *e)
{
	struct flow flow;
	int err;

	f->wire.len = 0;
	err = protojson_read(&f->wire, &flow__flow__descriptor, s, n, true, ret_used, ret_unknown,
			     e);
	if (err)
		return err;
	if (!is_flow(&f->wire))
		return 0;
	err = hubble_read_flow(f->reader, (const uint8_t *)f->wire.data, f->wire.len, &flow);
	if (err == -EBADMSG)
		*e = (struct protojson_error){.message = "its values are no flow's"};
	if (err)
		return err;
	file_flow(f, &flow);
	return 1;
}

/* Cilium's debug events, which pitot has no place for. */
static bool is_debug_event(const char *s, size_t n)
{
	static const char name[] = "{\"debug_event\"";

	return n >= sizeof(name) && !memcmp(s, name, sizeof(name) - 1);
}

/* One object. What it is shows in its first name, or by trying what the last one was. */
static int read_object(struct file_source *f, const char *s, size_t n, size_t *ret_used,
		       struct protojson_error *e)
{
	static const char begin[] = "{\"flow\":";
	bool surely = n >= sizeof(begin) && !memcmp(s, begin, sizeof(begin) - 1);
	bool bare = f->bare && !surely;
	uint64_t unknown = 0;
	int ret;

	for (int i = 0; i < 2; i++, bare = !bare) {
		ret = (bare ? try_flow : try_response)(f, s, n, ret_used, &unknown, e);
		if (ret)
			break;
	}
	if (ret > 0)
		f->bare = bare;
	if (ret < 0 && ret != -EBADMSG)
		return ret;
	if (!ret && !is_debug_event(s, n)) {
		*e = (struct protojson_error){.message = "there is none in it"};
		return -EBADMSG;
	}
	f->stats.unknown += unknown;
	return ret < 0 ? ret : 0;
}

static void not_a_flow(struct file_source *f, const char *s, size_t n, size_t at,
		       const struct protojson_error *e)
{
	if (n == 1 && *s == '{')
		file_bad(f, "not a flow", "it goes over several lines, `jq -c .` makes one of them",
			 NULL, 0);
	else
		file_bad(f, "not a flow", e->message, "column", at + e->at + 1);
}

/* A line without its end; whole: it had one. */
static void read_line(struct file_source *f, const char *s, size_t n, bool whole)
{
	size_t at = f->records == 1 ? file_mark_size(s, n) : 0;

	at += file_spaces(s + at, n - at);
	if (at < n && !file_needles_in_line(&f->needles, s + at, n - at)) {
		f->stats.flows++;
		f->stats.skipped++;
		return;
	}
	while (at < n && !f->stopped) {
		struct protojson_error e;
		size_t used = 0;
		int err = read_object(f, s + at, n - at, &used, &e);

		if (err && at + e.at >= n && !whole)
			file_bad(f, "the file ends in the middle of a line", NULL, NULL, 0);
		else if (err == -EBADMSG)
			not_a_flow(f, s, n, at, &e);
		else if (err)
			file_bad(f, "not read", strerror(-err), NULL, 0);
		if (err)
			break;
		at += used;
		at += file_spaces(s + at, n - at);
	}
}

/* What has come of a line that goes on and on. */
static void check_length(struct file_source *f)
{
	struct file_buffer *b = &f->buffer;

	f->searched = b->end - b->begin;
	if (f->discarding || f->searched > f->message_max) {
		if (!f->discarding) {
			f->records++;
			f->stats.lines++;
			file_bad(f, "the line is too long", NULL, "past byte", f->message_max);
		}
		f->discarding = true;
		b->begin = b->end;
		f->searched = 0;
	}
}

static void take_line(struct file_source *f, size_t n, bool whole)
{
	const char *s = f->buffer.data + f->buffer.begin;

	f->buffer.begin += n + whole;
	f->searched = 0;
	if (f->discarding) {
		f->discarding = false;
		return;
	}
	f->records++;
	f->stats.lines++;
	read_line(f, s, n, whole);
}

void file_lines(struct file_source *f)
{
	struct file_buffer *b = &f->buffer;

	while (!f->stopped) {
		const char *s = b->data + b->begin, *from = s + f->searched, *end;
		size_t n = b->end - b->begin;

		end = n > f->searched ? memchr(from, '\n', n - f->searched) : NULL;
		if (end) {
			take_line(f, end - s, true);
			continue;
		}
		if (!f->at_end) {
			check_length(f);
		} else if (n) {
			take_line(f, n, false);
		}
		break;
	}
}
