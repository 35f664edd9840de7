// SPDX-License-Identifier: MIT
/*
 * libcurl's multi interface on the event loop. curl calls back from within its own
 * functions, where it may not be called again: what is begun or cancelled there
 * waits for the next turn of the loop (`work`).
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flows/names/http_curl.h"

/* Header lines of an answer in all; libcurl bounds the single line alone. */
#define HEADERS_MAX (256 << 10)
#define IDLE_CHECK_MS 500

struct http {
	const struct curl_calls *curl;
	CURLM *multi;
	uv_loop_t *loop;
	uv_timer_t timer, work, idle;
	struct http_request *requests;
	bool stopped;
};

struct http_socket {
	uv_poll_t poll;
	struct http *http;
	curl_socket_t fd;
};

/* ----------------------------------------------------------- what curl calls */

static void touch(struct http_request *r)
{
	r->last_ms = uv_now(r->http->loop);
}

static void answered(struct http_request *r)
{
	const struct curl_calls *curl = r->curl;
	char *type = NULL;
	long status = 0;

	if (r->answered || r->cancelled)
		return;
	curl->easy_getinfo(r->easy, CURLINFO_RESPONSE_CODE, &status);
	if (status < 200) /* 100, 103: the answer is still to come */
		return;
	curl->easy_getinfo(r->easy, CURLINFO_CONTENT_TYPE, &type);
	r->answered = true;
	if (r->ev.response)
		r->ev.response(r->ev.arg, status, type ? type : "");
}

size_t http_on_header(char *data, size_t size, size_t n, void *arg)
{
	struct http_request *r = arg;

	touch(r);
	r->header_bytes += size * n;
	if (r->header_bytes > HEADERS_MAX) {
		r->err = -EFBIG;
		return 0;
	}
	if (size * n == 2 && !memcmp(data, "\r\n", 2))
		answered(r);
	return r->cancelled ? 0 : size * n;
}

size_t http_on_body(char *data, size_t size, size_t n, void *arg)
{
	struct http_request *r = arg;

	touch(r);
	answered(r);
	r->bytes += size * n;
	if (!r->cancelled && r->max_bytes && r->bytes > r->max_bytes)
		r->err = -EFBIG;
	if (!r->cancelled && !r->err && r->ev.body)
		r->err = r->ev.body(r->ev.arg, data, size * n);
	/* anything but what was offered ends the transfer */
	return r->cancelled || r->err ? 0 : size * n;
}

/* --------------------------------------------------------------- its sockets */

static void on_closed_socket(uv_handle_t *handle)
{
	free(handle->data);
}

static void reap(struct http *h);

static void on_poll(uv_poll_t *poll, int status, int events)
{
	struct http_socket *s = poll->data;
	struct http *h = s->http;
	int mask = 0, running;

	if (status < 0)
		mask = CURL_CSELECT_ERR;
	if (events & UV_READABLE)
		mask |= CURL_CSELECT_IN;
	if (events & UV_WRITABLE)
		mask |= CURL_CSELECT_OUT;
	h->curl->multi_socket_action(h->multi, s->fd, mask, &running);
	reap(h);
}

static struct http_socket *socket_new(struct http *h, curl_socket_t fd)
{
	struct http_socket *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->http = h;
	s->fd = fd;
	if (uv_poll_init_socket(h->loop, &s->poll, fd)) {
		free(s);
		return NULL;
	}
	s->poll.data = s;
	h->curl->multi_assign(h->multi, fd, s);
	return s;
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *socket)
{
	struct http_socket *s = socket;
	struct http *h = arg;
	int events = 0;

	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		h->curl->multi_assign(h->multi, fd, NULL);
		if (s)
			uv_close((uv_handle_t *)&s->poll, on_closed_socket);
		return 0;
	}
	if (!s)
		s = socket_new(h, fd);
	if (!s)
		return -1;
	if (what != CURL_POLL_OUT)
		events |= UV_READABLE;
	if (what != CURL_POLL_IN)
		events |= UV_WRITABLE;
	return uv_poll_start(&s->poll, events, on_poll);
}

static void on_timer(uv_timer_t *timer)
{
	struct http *h = timer->data;
	int running;

	h->curl->multi_socket_action(h->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	reap(h);
}

static int on_timer_wanted(CURLM *multi, long ms, void *arg)
{
	struct http *h = arg;

	(void)multi;
	if (h->stopped)
		return 0;
	if (ms < 0)
		return uv_timer_stop(&h->timer);
	return uv_timer_start(&h->timer, on_timer, ms, 0);
}

/* ----------------------------------------------------------- ends of requests */

static void request_free(struct http_request *r)
{
	const struct curl_calls *curl = r->curl;

	*r->link = r->next;
	if (r->next)
		r->next->link = r->link;
	if (r->added)
		curl->multi_remove_handle(r->http->multi, r->easy);
	if (r->easy)
		curl->easy_cleanup(r->easy);
	curl->slist_free_all(r->headers);
	curl->slist_free_all(r->connect_to);
	free(r);
}

static int error_of(CURLcode code)
{
	switch (code) {
	case CURLE_OK:
		return 0;
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_RESOLVE_PROXY:
		return -EHOSTUNREACH;
	case CURLE_COULDNT_CONNECT:
		return -ECONNREFUSED;
	case CURLE_OPERATION_TIMEDOUT:
		return -ETIMEDOUT;
	case CURLE_OUT_OF_MEMORY:
		return -ENOMEM;
	case CURLE_PARTIAL_FILE:
	case CURLE_GOT_NOTHING:
	case CURLE_SEND_ERROR:
	case CURLE_RECV_ERROR:
		return -ECONNRESET;
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_CIPHER:
	case CURLE_SSL_ISSUER_ERROR:
	case CURLE_SSL_ENGINE_NOTFOUND:
		return -EPROTO;
	default:
		return -EIO;
	}
}

static void request_done(struct http_request *r)
{
	struct http_events ev = r->ev;
	int err = r->err ? r->err : error_of(r->code);
	char why[CURL_ERROR_SIZE];
	const char *text = r->why;

	if (r->err == -EFBIG)
		text = "the answer is too long";
	else if (r->err == -ETIMEDOUT)
		text = "nothing came for too long";
	else if (r->err)
		text = strerror(-r->err);
	else if (!*text)
		text = r->curl->easy_strerror(r->code);
	snprintf(why, sizeof(why), "%s", err ? text : "");
	request_free(r);
	ev.done(ev.arg, err, why);
}

static struct http_request *one_to_end(struct http *h)
{
	for (struct http_request *r = h->requests; r; r = r->next)
		if (r->finished || r->cancelled)
			return r;
	return NULL;
}

/* After curl: done() may begin and cancel others, so the list is read anew each time. */
static void reap(struct http *h)
{
	struct http_request *r;
	CURLMsg *message;
	int left;

	while ((message = h->curl->multi_info_read(h->multi, &left))) {
		if (message->msg != CURLMSG_DONE)
			continue;
		h->curl->easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &r);
		r->code = message->data.result;
		r->finished = true;
	}
	while (!h->stopped && (r = one_to_end(h))) {
		if (r->cancelled) {
			request_free(r);
			continue;
		}
		if (!r->code && !r->err)
			answered(r);
		request_done(r);
	}
}

static void on_work(uv_timer_t *timer)
{
	struct http *h = timer->data;

	for (struct http_request *r = h->requests; r; r = r->next) {
		if (r->added || r->cancelled || r->finished)
			continue;
		if (h->curl->multi_add_handle(h->multi, r->easy)) {
			r->err = -ENOMEM;
			r->finished = true;
			continue;
		}
		r->added = true;
	}
	reap(h);
}

static void on_idle(uv_timer_t *timer)
{
	struct http *h = timer->data;
	uint64_t now = uv_now(h->loop);
	bool any = false;

	for (struct http_request *r = h->requests; r; r = r->next) {
		any |= r->idle_ms != 0;
		if (r->idle_ms && !r->finished && !r->err && now - r->last_ms > r->idle_ms) {
			r->err = -ETIMEDOUT;
			r->finished = true;
		}
	}
	if (!any)
		uv_timer_stop(timer);
	reap(h);
}

/* -------------------------------------------------------------- the interface */

static void link_request(struct http *h, struct http_request *r)
{
	r->http = h;
	r->curl = h->curl;
	r->next = h->requests;
	r->link = &h->requests;
	if (r->next)
		r->next->link = &r->next;
	h->requests = r;
}

int http_get(struct http *h, const struct http_options *opt, const struct http_events *ev,
	     struct http_request **ret_request)
{
	struct http_request *r = h->stopped ? NULL : calloc(1, sizeof(*r));
	int err;

	if (!r)
		return h->stopped ? -ECANCELED : -ENOMEM;
	link_request(h, r);
	r->ev = *ev;
	r->max_bytes = opt->max_bytes;
	r->idle_ms = opt->idle_ms;
	touch(r);
	r->easy = h->curl->easy_init();
	err = r->easy ? http_setup(r, opt) : -ENOMEM;
	if (err) {
		request_free(r);
		return err;
	}
	uv_timer_start(&h->work, on_work, 0, 0);
	if (r->idle_ms && !uv_is_active((uv_handle_t *)&h->idle))
		uv_timer_start(&h->idle, on_idle, IDLE_CHECK_MS, IDLE_CHECK_MS);
	*ret_request = r;
	return 0;
}

uint32_t http_retry_after(const struct http_request *r)
{
	curl_off_t seconds = 0;

	r->curl->easy_getinfo(r->easy, CURLINFO_RETRY_AFTER, &seconds);
	return seconds < 0 ? 0 : seconds > UINT32_MAX ? UINT32_MAX : seconds;
}

void http_cancel(struct http_request *r)
{
	if (!r)
		return;
	r->cancelled = true;
	uv_timer_start(&r->http->work, on_work, 0, 0);
}

int http_new(uv_loop_t *loop, struct http **ret)
{
	const struct curl_calls *curl = curl_load();
	struct http *h;

	if (!curl)
		return -ENOSYS;
	h = calloc(1, sizeof(*h));
	if (!h)
		return -ENOMEM;
	h->curl = curl;
	h->loop = loop;
	h->multi = curl->multi_init();
	if (!h->multi) {
		free(h);
		return -ENOMEM;
	}
	curl->multi_setopt(h->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	curl->multi_setopt(h->multi, CURLMOPT_SOCKETDATA, h);
	curl->multi_setopt(h->multi, CURLMOPT_TIMERFUNCTION, on_timer_wanted);
	curl->multi_setopt(h->multi, CURLMOPT_TIMERDATA, h);
	curl->multi_setopt(h->multi, CURLMOPT_MAXCONNECTS, 8L);
	uv_timer_init(loop, &h->timer);
	uv_timer_init(loop, &h->work);
	uv_timer_init(loop, &h->idle);
	h->timer.data = h->work.data = h->idle.data = h;
	*ret = h;
	return 0;
}

void http_stop(struct http *h)
{
	if (!h || h->stopped)
		return;
	h->stopped = true;
	while (h->requests)
		request_free(h->requests);
	h->curl->multi_cleanup(h->multi);
	h->multi = NULL;
	uv_close((uv_handle_t *)&h->timer, NULL);
	uv_close((uv_handle_t *)&h->work, NULL);
	uv_close((uv_handle_t *)&h->idle, NULL);
}

void http_free(struct http *h)
{
	free(h);
}
