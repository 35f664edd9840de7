// SPDX-License-Identifier: MIT
/*
 * One kind: its list, page by page, then its watch, again and again. What goes wrong
 * ends the request that is under way and sets a timer for the next one; what is in the
 * store stays there meanwhile.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>

#include "flows/names/kube_client.h"

#define LIST_MAX (32 << 20) /* a page */
#define LIMIT_MIN 20 /* objects a page: asked for fewer where a page is too long */
#define LIMIT 500
#define SHORT_MAX 5 /* watches that ended at once, one after the other */
#define BODY_KEPT (64 << 10)
#define PAGES_MAX 2000
#define ERROR_MAX (64 << 10) /* the body of an answer that is an error */
#define CONTINUE_MAX (64 << 10) /* becomes a part of the next URL */
#define DENIED_MAX 8
#define RETRY_AFTER_MAX_S 300

static void begin(struct kube_watch *w);

/* 0 to n - 1 */
static uint32_t random_below(uint32_t n)
{
	uint32_t v = 0;

	if (getrandom(&v, sizeof(v), GRND_NONBLOCK) != sizeof(v))
		v = uv_hrtime();
	return n ? v % n : 0;
}

/* ------------------------------------------------------------------- the next */

static void on_timer(uv_timer_t *timer)
{
	begin(timer->data);
}

static void again_in(struct kube_watch *w, uint32_t ms)
{
	uv_timer_start(&w->timer, on_timer, ms, 0);
}

/* Exponential with full jitter; the server's own wish is heeded. */
static void back_off(struct kube_watch *w)
{
	const struct kube_timing *t = &w->kube->timing;
	uint32_t shift = w->attempts < 16 ? w->attempts : 16;
	uint64_t most = (uint64_t)t->backoff_ms << shift;
	uint32_t wanted = w->retry_after < RETRY_AFTER_MAX_S ? w->retry_after : RETRY_AFTER_MAX_S;
	uint32_t ms = random_below(most < t->backoff_max_ms ? most : t->backoff_max_ms);

	w->attempts++;
	again_in(w, ms > wanted * 1000 ? ms : wanted * 1000 + ms % 1000);
}

/* A list that broke off begins from its first page. */
static void list_next(struct kube_watch *w)
{
	w->listing = true;
	w->pages = 0;
	free(w->next);
	w->next = NULL;
}

static void set_problem(struct kube_watch *w, char *line)
{
	free(w->problem);
	w->problem = line;
}

/* ------------------------------------------------------------ what went wrong */

/* cause: a word for what is said once. The whole server's where all kinds meet it alike. */
static void failed(struct kube_watch *w, bool server, const char *cause, char *line)
{
	struct kube *k = w->kube;
	char *said = NULL;

	w->settled = true;
	/* a connection that ends is not yet a server that is away */
	k->away |= server && strcmp(cause, "closed");
	set_problem(w, line);
	if (line)
		said = server ? kube_line("Kubernetes: %s: %s", kube_auth_config(k->auth)->server,
					  line)
			      : kube_line("Kubernetes %s: %s", kube_kind_title(w->kind), line);
	if (said)
		kube_tell(k, server ? "" : kube_kind_title(w->kind), cause, said);
	free(said);
	back_off(w);
}

/* The Status in the body of an error, or its number alone. */
static char *status_line(struct kube_watch *w)
{
	int code;

	if (w->body.len && !*w->message)
		kube_decode_status(w->encoding, w->body.data, w->body.len, &code, w->message,
				   sizeof(w->message));
	if (*w->message)
		return kube_line("HTTP %ld: %s", w->status, w->message);
	return kube_line("HTTP status %ld", w->status);
}

/* Nothing is lost but this kind; listed again much later: without the right to watch too. */
static void switch_off(struct kube_watch *w, const char *cause)
{
	uint32_t ms = w->kube->timing.off_ms;

	w->off = true;
	w->watched = false;
	list_next(w);
	failed(w, false, cause, status_line(w));
	again_in(w, ms + random_below(ms / 10 + 1));
}

/*
 * An API server that has just begun has not read yet who may what: one that gave us
 * this kind before is asked again soon.
 */
static void forbidden(struct kube_watch *w)
{
	const char *cause = w->status == 403 ? "403" : "404";

	if (w->watched && w->denied++ < DENIED_MAX)
		failed(w, false, cause, status_line(w));
	else
		switch_off(w, cause);
}

static void credentials_refused(struct kube_watch *w)
{
	char *line = status_line(w);

	kube_refused(w->kube);
	w->settled = true;
	/* a token that has just been replaced is no news */
	if (w->attempts) {
		failed(w, true, "401", line);
		return;
	}
	set_problem(w, line);
	back_off(w);
}

static void refused(struct kube_watch *w)
{
	char cause[16];

	switch (w->status) {
	case 401:
		credentials_refused(w);
		return;
	case 403:
	case 404:
		forbidden(w);
		return;
	case 406:
	case 415:
		if (!w->json) {
			w->json = true;
			again_in(w, 0);
			return;
		}
		break;
	case 410: /* the list's continue, or the watch's version, is too old */
		w->settled |= w->attempts != 0;
		list_next(w);
		back_off(w);
		return;
	case 429:
	case 503:
	case 504:
		break;
	default: /* it may be our resourceVersion that it does not like */
		list_next(w);
	}
	snprintf(cause, sizeof(cause), "%ld", w->status);
	failed(w, w->status == 429 || w->status >= 500, cause, status_line(w));
}

/* The connection, or our own verdict about the answer. */
static void broken(struct kube_watch *w, int err, const char *why)
{
	char cause[24];

	snprintf(cause, sizeof(cause), "error %d", -err);
	if (err == -EFBIG || err == -EBADMSG || err == -EPROTONOSUPPORT) {
		/* what it was sent is not asked for a second time */
		list_next(w);
		if (err == -EFBIG && w->limit / 5 >= LIMIT_MIN)
			w->limit /= 5;
		failed(w, false, cause,
		       err == -EFBIG	 ? kube_line("the server's answer is too long")
		       : err == -EBADMSG ? kube_line("the server's answer is broken")
					 : kube_line("what answers is not Kubernetes' API"));
		return;
	}
	if (w->listing)
		list_next(w);
	if (err == -EPROTO)
		kube_refused(w->kube); /* certificates change too */
	failed(w, true, err == -ECONNRESET ? "closed" : cause, kube_line("%s", why));
}

/* ------------------------------------------------------------------ the answer */

static void is_well(struct kube_watch *w)
{
	w->settled = true;
	w->off = false;
	set_problem(w, NULL);
	kube_answered(w->kube);
}

static void is_current(struct kube_watch *w)
{
	w->current_ns = uv_hrtime();
	is_well(w);
}

static bool begins_with(const char *s, const char *with)
{
	return !strncasecmp(s, with, strlen(with));
}

static void on_response(void *arg, long status, const char *type)
{
	struct kube_watch *w = arg;

	w->status = status;
	w->off = false;
	w->retry_after = http_retry_after(w->request);
	if (begins_with(type, "application/vnd.kubernetes.protobuf"))
		w->encoding = KUBE_PROTOBUF;
	else if (begins_with(type, "application/json"))
		w->encoding = KUBE_JSON;
	else
		w->verdict = -EPROTONOSUPPORT;
	w->frames.enc = w->encoding;
	if (status != 200 || w->verdict)
		return;
	w->denied = 0;
	/* an event may be long in coming */
	if (!w->listing) {
		w->watched = true;
		is_well(w);
	}
}

static void on_list_object(void *arg, const struct kube_object *o)
{
	struct kube_watch *w = arg;

	kube_store_put(w->kube->store, o);
}

static void on_object(void *arg, enum kube_change change, const struct kube_object *o)
{
	struct kube_watch *w = arg;

	if (change == KUBE_DELETED)
		kube_store_delete(w->kube->store, o);
	else
		kube_store_put(w->kube->store, o);
}

static int on_error_event(struct kube_watch *w, const struct kube_event *e)
{
	w->status = e->code;
	snprintf(w->message, sizeof(w->message), "%s", e->message);
	return -EREMOTEIO;
}

static int on_frame(void *arg, const void *data, size_t size)
{
	struct kube_watch *w = arg;
	struct kube_event e = {0};
	int err = kube_decode_event(w->kind, w->encoding, data, size, on_object, w, &e);

	if (err)
		return err;
	if (e.change == KUBE_ERROR)
		return on_error_event(w, &e);
	w->events++;
	if (*e.resource_version)
		memcpy(w->resource_version, e.resource_version, sizeof(w->resource_version));
	is_current(w);
	return 0;
}

static int on_body(void *arg, const void *data, size_t size)
{
	struct kube_watch *w = arg;

	if (w->status == 200 && w->verdict)
		return w->verdict;
	if (w->status == 200 && !w->listing)
		return kube_frames_add(&w->frames, data, size, on_frame, w);
	if (w->status != 200 && w->body.len + size > ERROR_MAX)
		return -EFBIG;
	text_mem(&w->body, data, size);
	return w->body.err;
}

/* ------------------------------------------------------------------ its end */

static void list_came(struct kube_watch *w)
{
	struct kube_list_meta meta = {0};
	int err = kube_decode_list(w->kind, w->encoding, w->body.data, w->body.len, on_list_object,
				   w, &meta);

	text_free(&w->body);
	kube_answered(w->kube);
	if (!err && (!*meta.resource_version || (meta.next && strlen(meta.next) > CONTINUE_MAX)))
		err = -EBADMSG;
	if (!err && meta.next && ++w->pages > PAGES_MAX)
		err = -EFBIG;
	if (err) {
		free(meta.next);
		broken(w, err, strerror(-err));
		return;
	}
	free(w->next);
	w->next = meta.next;
	if (!w->next) {
		memcpy(w->resource_version, meta.resource_version, sizeof(w->resource_version));
		kube_store_relist_end(w->kube->store, w->kind);
		w->listing = false;
		w->known = true;
		w->pages = 0;
		is_current(w);
	}
	begin(w);
}

/* The server ends each watch after timeoutSeconds; one that ends at once is not well. */
static void watch_ended(struct kube_watch *w)
{
	bool steady = uv_hrtime() - w->began_ns >= w->kube->timing.steady_ms * 1000000ull;

	if (w->frames.len) {
		broken(w, -ECONNRESET, "it closes in the middle of an event");
		return;
	}
	if (steady) {
		w->attempts = 0;
		begin(w);
	} else if (w->attempts >= SHORT_MAX) {
		failed(w, true, "short", kube_line("the server ends each watch at once"));
	} else {
		back_off(w);
	}
}

static void on_done(void *arg, int err, const char *why)
{
	struct kube_watch *w = arg;
	uint64_t lasted_ms = (uv_hrtime() - w->began_ns) / 1000000;

	w->request = NULL;
	if (!w->listing && w->status == 200 && lasted_ms >= w->kube->timing.steady_ms)
		w->attempts = 0;
	if (err == -EREMOTEIO)
		refused(w);
	else if (err && w->status && w->status != 200)
		refused(w); /* its body is of no interest */
	else if (err)
		broken(w, err, why);
	else if (w->status != 200)
		refused(w);
	else if (w->verdict)
		broken(w, w->verdict, why);
	else if (w->listing)
		list_came(w);
	else
		watch_ended(w);
	if (!w->request)
		kube_frames_release(&w->frames);
	if (w->body.size > BODY_KEPT)
		text_free(&w->body);
}

/* ------------------------------------------------------------------- to ask */

static void ask(struct kube_watch *w, struct http_options *opt)
{
	const struct http_events ev = {w, on_response, on_body, on_done};
	const struct kube_timing *t = &w->kube->timing;
	uint32_t watch_s = t->watch_s + random_below(t->watch_s + 1);
	struct text url = {0};
	int err;

	kube_watch_url(w, watch_s, &url);
	opt->url = url.data;
	opt->accept = kube_watch_accepts(w);
	opt->timeout_ms = w->listing ? t->list_ms : (watch_s + 60) * 1000;
	opt->idle_ms = w->listing ? t->list_idle_ms : t->watch_idle_ms;
	opt->max_bytes = w->listing ? LIST_MAX : 0;
	w->status = w->verdict = 0;
	w->message[0] = 0;
	w->retry_after = 0;
	w->body.len = 0;
	w->body.err = 0;
	kube_frames_release(&w->frames);
	w->began_ns = uv_hrtime();
	err = url.err ? url.err : http_get(w->kube->http, opt, &ev, &w->request);
	text_free(&url);
	if (err) {
		w->request = NULL;
		failed(w, true, "request", kube_line("no request can be made: %s", strerror(-err)));
	}
}

static void begin(struct kube_watch *w)
{
	struct http_options opt = {0};
	char *line = NULL;
	int err;

	if (w->request)
		return;
	err = kube_prepare(w->kube, &opt, &line);
	w->waiting = err == -EINPROGRESS;
	if (w->waiting)
		return;
	if (err) {
		failed(w, true, "credentials", line ? line : kube_line("%s", strerror(-err)));
		return;
	}
	/* also after one that broke off: what it marked does not count */
	if (w->listing && !w->next)
		kube_store_relist_begin(w->kube->store, w->kind);
	ask(w, &opt);
}

void kube_watch_credentials(struct kube_watch *w, int err, const char *why)
{
	if (!w->waiting)
		return;
	w->waiting = false;
	if (err)
		failed(w, true, "credentials", kube_line("%s", why));
	else
		begin(w);
}

/* ------------------------------------------------------------ begin and end */

void kube_watch_init(struct kube_watch *w, struct kube *k, enum kube_kind kind)
{
	*w = (struct kube_watch){.kube = k, .kind = kind, .listing = true, .limit = LIMIT};
}

void kube_watch_start(struct kube_watch *w)
{
	again_in(w, 0);
}

void kube_watch_stop(struct kube_watch *w)
{
	http_cancel(w->request);
	w->request = NULL;
	uv_close((uv_handle_t *)&w->timer, NULL);
}

void kube_watch_free(struct kube_watch *w)
{
	text_free(&w->body);
	kube_frames_release(&w->frames);
	free(w->next);
	free(w->problem);
}
