// SPDX-License-Identifier: MIT
#include "flows/names/runtime_api.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "flows/names/http.h"

#define SECOND 1000000000ull
#define LIST_EVERY_NS (60 * SECOND)
#define LOOK_EVERY_NS (5 * SECOND)
#define PAUSE_MAX_NS (60 * SECOND)
#define STEADY_NS (30 * SECOND) /* what lasted so long was well */
#define ANSWER_MS 10000
#define VERSION_MAX 65536
#define ASKED_MAX 16

enum phase { ABSENT, FAILED, LISTING, LISTENING };

/* One request for containers at a time. */
struct socket {
	struct runtime_api *api;
	unsigned int from;
	enum phase phase;
	char path[PATH_MAX];
	dev_t dev;
	ino_t ino;
	const char *runtime;
	struct http_request *request, *events, *version;
	struct runtime_reader reader, events_reader; /* of request, of events */
	char *version_text;
	size_t version_len;
	bool whole, again; /* the request is a list of all; another one is wanted */
	char asked[ASKED_MAX][65];
	unsigned int n_asked;
	long events_status;
	uint64_t began_ns, next_ns, pause_ns, fresh_ns, left_out;
	char why[512], told[512];
};

struct runtime_api {
	struct runtime_store *store;
	uv_loop_t *loop; /* NULL: not started */
	struct http *http; /* NULL: no socket has been there so far */
	struct namer_events ev;
	struct socket sockets[RUNTIME_SOCKETS];
	unsigned int n;
	uint64_t now_ns;
	int err; /* no HTTP */
};

/* ---------------------------------------------------------------------- places */

static void add_socket(struct runtime_api *a, const char *root, const char *path)
{
	struct socket *s = &a->sockets[a->n];

	if (a->n == RUNTIME_SOCKETS || !*path ||
	    snprintf(s->path, sizeof(s->path), "%s%s", root, path) >= (int)sizeof(s->path))
		return;
	s->api = a;
	s->from = RUNTIME_FROM_API + a->n++;
	s->runtime = "docker";
}

static void add_host(struct runtime_api *a, const char *variable)
{
	const char *host = getenv(variable);

	if (host && !strncmp(host, "unix://", 7))
		add_socket(a, "", host + 7);
}

int runtime_api_new(const char *root, const char *socket, struct runtime_store *store,
		    struct runtime_api **ret)
{
	struct runtime_api *a = calloc(1, sizeof(*a));

	if (!a)
		return -ENOMEM;
	a->store = store;
	*ret = a;
	if (socket) {
		add_socket(a, "", strncmp(socket, "unix://", 7) ? socket : socket + 7);
		return 0;
	}
	if (!*root) {
		add_host(a, "DOCKER_HOST");
		add_host(a, "CONTAINER_HOST");
	}
	/* the one in /var/run is most often the same */
	add_socket(a, root, "/run/docker.sock");
	add_socket(a, root, "/run/podman/podman.sock");
	add_socket(a, root, "/var/run/docker.sock");
	return 0;
}

/* Another one already has it. */
static bool is_taken(const struct socket *s, const struct stat *st)
{
	const struct runtime_api *a = s->api;

	for (unsigned int i = 0; i < a->n; i++) {
		const struct socket *other = &a->sockets[i];

		if (other != s && other->phase != ABSENT && other->dev == st->st_dev &&
		    other->ino == st->st_ino)
			return true;
	}
	return false;
}

/* --------------------------------------------------------------------- failures */

static void close_requests(struct socket *s)
{
	http_cancel(s->request);
	http_cancel(s->events);
	http_cancel(s->version);
	s->request = s->events = s->version = NULL;
	runtime_reader_free(&s->reader);
	runtime_reader_free(&s->events_reader);
	free(s->version_text);
	s->version_text = NULL;
	s->version_len = 0;
	s->whole = s->again = false;
	s->n_asked = 0;
}

/* The same cause is told once. */
static void fail(struct socket *s, const char *why)
{
	char line[PATH_MAX + 600];

	close_requests(s);
	/* a list alone is not yet well: the events may be refused each time */
	if (s->fresh_ns >= s->began_ns && s->api->now_ns - s->began_ns >= STEADY_NS) {
		s->pause_ns = 0;
		s->told[0] = 0;
	}
	s->phase = FAILED;
	s->pause_ns = s->pause_ns ? s->pause_ns * 2 : SECOND;
	if (s->pause_ns > PAUSE_MAX_NS)
		s->pause_ns = PAUSE_MAX_NS;
	/* not all at the same time */
	s->next_ns = s->api->now_ns + s->pause_ns + s->pause_ns / 8 * (s->from % 4);
	snprintf(s->why, sizeof(s->why), "%s", why);
	if (!strcmp(s->why, s->told))
		return;
	memcpy(s->told, s->why, sizeof(s->told));
	snprintf(line, sizeof(line),
		 "names of containers do not come from \"%s\": %s; it is tried again", s->path,
		 s->why);
	s->api->ev.notice(s->api->ev.arg, line);
}

static void on_status(void *arg, long status, const char *content_type)
{
	struct socket *s = arg;

	(void)content_type;
	if (status != 200)
		snprintf(s->why, sizeof(s->why), "it answers with status %ld", status);
	else
		s->why[0] = 0;
}

static int get(struct socket *s, const char *what, bool events, const struct http_events *ev,
	       struct http_request **ret)
{
	char url[256];
	const struct http_options opt = {
		.url = url,
		.unix_socket = s->path,
		.timeout_ms = events ? 0 : ANSWER_MS,
		.max_bytes = events ? 0 : RUNTIME_LIST_MAX,
	};

	snprintf(url, sizeof(url), "http://localhost%s", what);
	return http_get(s->api->http, &opt, ev, ret);
}

/* --------------------------------------------------------------------- containers */

static void ask(struct socket *s, const char *id)
{
	for (unsigned int i = 0; i < s->n_asked; i++)
		if (!strcmp(s->asked[i], id))
			return;
	if (s->n_asked == ASKED_MAX)
		s->again = true;
	else
		snprintf(s->asked[s->n_asked++], sizeof(s->asked[0]), "%s", id);
}

static void on_container(void *arg, enum runtime_change change, const struct runtime_container *c)
{
	struct socket *s = arg;

	if (change == RUNTIME_GONE)
		runtime_store_gone(s->api->store, c->id, s->api->now_ns);
	else if (change == RUNTIME_ASK)
		ask(s, c->id);
	else
		runtime_store_put(s->api->store, s->from, s->runtime, c);
	if (change == RUNTIME_BEGAN)
		ask(s, c->id);
}

static int on_list_body(void *arg, const void *data, size_t size)
{
	struct socket *s = arg;

	return s->why[0] ? 0 : runtime_reader_feed(&s->reader, data, size);
}

static void next_request(struct socket *s);

static void on_list_done(void *arg, int err, const char *why)
{
	struct socket *s = arg;
	bool cut = s->reader.depth != 0;

	s->request = NULL;
	s->left_out += s->reader.skipped;
	runtime_reader_free(&s->reader);
	if (err == -EBADMSG || (!err && !s->why[0] && cut))
		return fail(s, "its answer is not that of a container runtime");
	if (err)
		return fail(s, err == -EFBIG ? "its answer is too long" : why);
	if (s->why[0])
		return fail(s, strdupa(s->why));
	if (s->whole) {
		runtime_store_relist_end(s->api->store, s->from, s->api->now_ns);
		s->fresh_ns = s->api->now_ns;
	}
	s->phase = LISTENING;
	next_request(s);
}

static void request_list(struct socket *s, const char *what, bool whole)
{
	const struct http_events ev = {s, on_status, on_list_body, on_list_done};
	int err;

	s->reader =
		(struct runtime_reader){.shape = RUNTIME_LIST, .arg = s, .container = on_container};
	s->whole = whole;
	s->why[0] = 0;
	if (whole) {
		runtime_store_relist_begin(s->api->store, s->from);
		s->next_ns = s->api->now_ns + LIST_EVERY_NS;
	}
	err = get(s, what, false, &ev, &s->request);
	if (err)
		fail(s, strerror(-err));
}

static void next_request(struct socket *s)
{
	char what[160];

	if (s->request || s->phase < LISTING)
		return;
	if (s->phase == LISTING)
		return request_list(s, "/containers/json?all=true", true);
	if (!s->n_asked)
		return;
	s->n_asked--;
	snprintf(what, sizeof(what),
		 "/containers/json?all=true&filters=%%7B%%22id%%22%%3A%%5B%%22%s%%22%%5D%%7D",
		 s->asked[s->n_asked]);
	request_list(s, what, false);
}

/* ------------------------------------------------------------------------- events */

static int on_events_body(void *arg, const void *data, size_t size)
{
	struct socket *s = arg;
	int err = -EBADMSG;

	if (s->events_status == 200)
		err = runtime_reader_feed(&s->events_reader, data, size);
	if (!err)
		next_request(s);
	return err;
}

static void on_events_status(void *arg, long status, const char *content_type)
{
	struct socket *s = arg;

	(void)content_type;
	s->events_status = status;
}

static void on_events_done(void *arg, int err, const char *why)
{
	struct socket *s = arg;
	char refused[64];

	s->events = NULL;
	if (s->events_status != 200 && (!err || err == -EBADMSG)) {
		snprintf(refused, sizeof(refused), "its events are refused with status %ld",
			 s->events_status);
		fail(s, refused);
		return;
	}
	fail(s, err == -EBADMSG ? "its events are not those of a container runtime"
		: err		? why
				: "its events have ended");
}

/* ------------------------------------------------------------------------ version */

static int on_version_body(void *arg, const void *data, size_t size)
{
	struct socket *s = arg;
	char *text;

	if (s->version_len + size > VERSION_MAX)
		return -EFBIG;
	text = realloc(s->version_text, s->version_len + size);
	if (!text)
		return -ENOMEM;
	memcpy(text + s->version_len, data, size);
	s->version_text = text;
	s->version_len += size;
	return 0;
}

/* Podman thinks about it for a second: the containers are not kept waiting. */
static void on_version_done(void *arg, int err, const char *why)
{
	struct socket *s = arg;
	const char *was = s->runtime;

	(void)why;
	s->version = NULL;
	if (!err)
		s->runtime = runtime_of_version(s->version_text, s->version_len);
	s->again |= was != s->runtime;
	free(s->version_text);
	s->version_text = NULL;
	s->version_len = 0;
}

static void ask_version(struct socket *s)
{
	const struct http_events ev = {s, NULL, on_version_body, on_version_done};
	char path[PATH_MAX];

	/* its usual place tells it already */
	s->runtime = realpath(s->path, path) && strstr(path, "podman") ? "podman" : "docker";
	get(s, "/version", false, &ev, &s->version);
}

static void begin(struct socket *s)
{
	const struct http_events ev = {s, on_events_status, on_events_body, on_events_done};
	int err;

	s->began_ns = s->api->now_ns;
	s->events_status = 0;
	s->events_reader = (struct runtime_reader){
		.shape = RUNTIME_EVENTS, .arg = s, .container = on_container};
	err = get(s, "/events", true, &ev, &s->events);
	if (err)
		return fail(s, strerror(-err));
	s->phase = LISTING;
	next_request(s);
	if (s->phase == LISTING)
		ask_version(s);
}

/* ----------------------------------------------------------------------- the whole */

/* HTTP takes memory: it is begun for a socket that is there. Without it there are the files. */
static bool begin_http(struct runtime_api *a)
{
	if (a->http || a->err)
		return !a->err;
	a->err = http_new(a->loop, &a->http);
	if (a->err && a->ev.notice)
		a->ev.notice(a->ev.arg,
			     a->err == -ENOSYS
				     ? "names of containers come from files alone: no libcurl here"
				     : "names of containers come from files alone: out of memory");
	return !a->err;
}

static void look(struct socket *s)
{
	struct stat st;
	bool there = !stat(s->path, &st) && S_ISSOCK(st.st_mode) && !is_taken(s, &st);

	s->next_ns = s->api->now_ns + LOOK_EVERY_NS;
	if (!there || !begin_http(s->api)) {
		if (s->phase == FAILED)
			s->told[0] = 0;
		s->phase = ABSENT;
		return;
	}
	s->dev = st.st_dev;
	s->ino = st.st_ino;
	begin(s);
}

void runtime_api_tick(struct runtime_api *a, uint64_t now_ns)
{
	a->now_ns = now_ns;
	for (unsigned int i = 0; i < a->n; i++) {
		struct socket *s = &a->sockets[i];

		if ((s->phase == ABSENT || s->phase == FAILED) && now_ns >= s->next_ns)
			look(s);
		if (s->phase == LISTENING && (s->again || now_ns >= s->next_ns)) {
			s->again = false;
			s->phase = LISTING;
		}
		next_request(s);
	}
}

void runtime_api_start(struct runtime_api *a, uv_loop_t *loop, const struct namer_events *ev)
{
	a->loop = loop;
	a->ev = *ev;
	runtime_api_tick(a, uv_hrtime());
}

void runtime_api_ask(struct runtime_api *a, const char *id)
{
	for (unsigned int i = 0; i < a->n; i++) {
		if (a->sockets[i].phase == LISTENING || a->sockets[i].phase == LISTING)
			ask(&a->sockets[i], id);
		next_request(&a->sockets[i]);
	}
}

bool runtime_api_settled(const struct runtime_api *a)
{
	for (unsigned int i = 0; i < a->n; i++)
		if (a->sockets[i].phase == LISTING && !a->sockets[i].fresh_ns)
			return false;
	return true;
}

void runtime_api_status(const struct runtime_api *a, const struct names_rows *rows)
{
	for (unsigned int i = 0; i < a->n; i++) {
		const struct socket *s = &a->sockets[i];
		char state[PATH_MAX + 600];
		struct names_row row = {.what = s->runtime, .state = state, .evicted = s->left_out};

		if (s->phase == ABSENT)
			continue;
		row.failed = s->phase == FAILED;
		row.age_ns = s->fresh_ns ? uv_hrtime() - s->fresh_ns : 0;
		snprintf(state, sizeof(state), "%s: %s", s->path,
			 row.failed    ? s->why
			 : s->fresh_ns ? "fresh"
				       : "asking");
		rows->row(rows->arg, &row);
	}
}

void runtime_api_stop(struct runtime_api *a)
{
	if (!a)
		return;
	for (unsigned int i = 0; i < a->n; i++) {
		close_requests(&a->sockets[i]);
		a->sockets[i].phase = ABSENT;
	}
	http_stop(a->http);
}

void runtime_api_free(struct runtime_api *a)
{
	if (!a)
		return;
	for (unsigned int i = 0; i < a->n; i++) {
		runtime_reader_free(&a->sockets[i].reader);
		runtime_reader_free(&a->sockets[i].events_reader);
		free(a->sockets[i].version_text);
	}
	http_free(a->http);
	free(a);
}
