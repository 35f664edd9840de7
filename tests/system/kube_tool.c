// SPDX-License-Identifier: MIT
/*
 * The Kubernetes namer alone, for tests: orders on standard input, an answer of one
 * line each; notices go to standard error.
 *
 *	kube_tool [NAME=VALUE...]	kubeconfig context root node scope(=node) kubernetes(=no)
 *					and the waiting times of struct kube_timing (backoff_ms=...)
 *	get QUERY			its answer
 *	until SECONDS ANSWER QUERY	the same once it is ANSWER, or when the time is over
 * Queries:
 *	address ADDR		"shop/cart-1 Deployment/cart node-a", "-"
 *	service ADDR PORT [udp]	"shop/cart", "-"
 *	flow SRC SPORT DST DPORT [nat ADDR PORT] [reply]
 *				"SRC-NAME -> DST-NAME source-service destination-service"
 *	state WHAT...		the status row's state ("pods", "API")
 *	failed WHAT...		"yes", "no"
 *	age WHAT...		its age in seconds
 *	count KIND, settled, rss (KiB), peak (KiB), cpu (ms)
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/resource.h>
#include <unistd.h>

#include "flows/names/kube_client.h"

#define POLL_MS 10

static struct {
	uv_loop_t loop;
	uv_pipe_t in;
	uv_timer_t poll, tick;
	struct namer *namer;
	struct kube_store *store;
	char line[4096], query[4096], wanted[256], answer[512], row[128], said[512];
	size_t len;
	uint64_t deadline;
	bool waiting, no_more, ended, row_failed;
	uint64_t row_age;
} t;

static bool parse_address(const char *s, struct ip_addr *a)
{
	memset(a, 0, sizeof(*a));
	if (inet_pton(AF_INET6, s, a->b) == 1)
		return true;
	a->b[10] = a->b[11] = 0xff;
	return inet_pton(AF_INET, s, a->b + 12) == 1;
}

static void say_endpoint(const struct endpoint *e, char *to, size_t size)
{
	if (!e)
		snprintf(to, size, "-");
	else
		snprintf(to, size, "%s/%s", e->namespace_name, e->name);
}

static void say_service(const struct service *s, char *to, size_t size)
{
	if (!s)
		snprintf(to, size, "-");
	else
		snprintf(to, size, "%s/%s", s->namespace_name, s->name);
}

static void ask_address(char **words)
{
	struct endpoint *e;
	struct ip_addr a;

	e = words[1] && parse_address(words[1], &a) ? kube_store_address(t.store, &a) : NULL;
	say_endpoint(e, t.answer, sizeof(t.answer));
	if (e && *e->workload)
		snprintf(t.answer, sizeof(t.answer), "%s/%s %s/%s %s", e->namespace_name, e->name,
			 e->workload_kind, e->workload, e->node);
}

static void ask_service(char **words)
{
	struct ip_addr a;

	if (!words[1] || !words[2] || !parse_address(words[1], &a))
		return;
	say_service(kube_store_service(t.store, &a, strtoul(words[2], NULL, 10), words[3] ? 17 : 6),
		    t.answer, sizeof(t.answer));
}

static void ask_flow(char **words, int n)
{
	char names[4][100];
	struct flow f;

	if (n < 5)
		return;
	flow_init(&f);
	f.ip_version = strchr(words[1], ':') ? 6 : 4;
	f.protocol = 6;
	f.is_reply = !strcmp(words[n - 1], "reply") ? REPLY_YES : REPLY_NO;
	parse_address(words[1], &f.src.addr);
	parse_address(words[3], &f.dst.addr);
	f.src.port = strtoul(words[2], NULL, 10);
	f.dst.port = strtoul(words[4], NULL, 10);
	if (n >= 8 && !strcmp(words[5], "nat")) {
		f.has_nat = true;
		parse_address(words[6], &f.nat_orig.dst);
		f.nat_orig.dport = strtoul(words[7], NULL, 10);
	}
	t.namer->end(t.namer, &f, &f.src, &f.dst);
	t.namer->end(t.namer, &f, &f.dst, &f.src);
	say_endpoint(f.src.endpoint, names[0], sizeof(names[0]));
	say_endpoint(f.dst.endpoint, names[1], sizeof(names[1]));
	say_service(f.src.service, names[2], sizeof(names[2]));
	say_service(f.dst.service, names[3], sizeof(names[3]));
	snprintf(t.answer, sizeof(t.answer), "%s -> %s %s %s", names[0], names[1], names[2],
		 names[3]);
	flow_release(&f);
}

static void on_row(void *arg, const struct names_row *row)
{
	(void)arg;
	if (!strstr(row->what, t.row))
		return;
	t.row_failed = row->failed;
	t.row_age = row->age_ns / 1000000000;
	snprintf(t.said, sizeof(t.said), "%s", row->state ? row->state : "");
}

static void ask_row(char **words)
{
	const struct names_rows rows = {NULL, on_row};

	snprintf(t.row, sizeof(t.row), " %s", words[1] ? words[1] : "");
	snprintf(t.said, sizeof(t.said), "no such row");
	t.namer->status(t.namer, &rows);
	if (!strcmp(words[0], "state"))
		snprintf(t.answer, sizeof(t.answer), "%.500s", t.said);
	else if (!strcmp(words[0], "failed"))
		snprintf(t.answer, sizeof(t.answer), "%s", t.row_failed ? "yes" : "no");
	else
		snprintf(t.answer, sizeof(t.answer), "%llu", (unsigned long long)t.row_age);
}

static void ask_size(const char *what)
{
	struct rusage usage;
	size_t kib = 0;
	char line[128];
	FILE *file;

	getrusage(RUSAGE_SELF, &usage);
	snprintf(t.answer, sizeof(t.answer), "%ld",
		 (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000 +
			 (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1000);
	if (!strcmp(what, "cpu"))
		return;
	file = fopen("/proc/self/status", "r");
	while (file && fgets(line, sizeof(line), file))
		if (!strncmp(line, !strcmp(what, "rss") ? "VmRSS:" : "VmHWM:", 6))
			kib = strtoul(line + 6, NULL, 10);
	if (file)
		fclose(file);
	snprintf(t.answer, sizeof(t.answer), "%zu", kib);
}

static void ask(void)
{
	char copy[sizeof(t.query)], *words[12] = {NULL}, *save = NULL;
	int n = 0;

	snprintf(copy, sizeof(copy), "%s", t.query);
	for (char *w = strtok_r(copy, " ", &save); w && n < 11; w = strtok_r(NULL, " ", &save))
		words[n++] = w;
	snprintf(t.answer, sizeof(t.answer), "not understood");
	if (!n)
		return;
	if (!strcmp(words[0], "address"))
		ask_address(words);
	else if (!strcmp(words[0], "service"))
		ask_service(words);
	else if (!strcmp(words[0], "flow"))
		ask_flow(words, n);
	else if (!strcmp(words[0], "state") || !strcmp(words[0], "failed") ||
		 !strcmp(words[0], "age"))
		ask_row(words);
	else if (!strcmp(words[0], "settled"))
		snprintf(t.answer, sizeof(t.answer), "%s", kube_settled(t.namer) ? "yes" : "no");
	else if (!strcmp(words[0], "count"))
		for (int i = 0; i < KUBE_KINDS; i++) {
			if (words[1] && !strcmp(kube_kind_title(i), words[1]))
				snprintf(t.answer, sizeof(t.answer), "%zu",
					 kube_store_count(t.store, i));
		}
	else
		ask_size(words[0]);
}

/* ------------------------------------------------------------------- orders */

static void next_order(void);

static void on_poll(uv_timer_t *timer)
{
	ask();
	if (strcmp(t.answer, t.wanted) && uv_now(&t.loop) < t.deadline)
		return;
	uv_timer_stop(timer);
	t.waiting = false;
	printf("%s\n", t.answer);
	fflush(stdout);
	next_order();
}

/* The answer that is waited for has no blanks, or _ in their place. */
static void obey(const char *order)
{
	unsigned int seconds = 0;
	int at = 0;

	if (sscanf(order, "until %u %255s %n", &seconds, t.wanted, &at) == 2 && at) {
		for (char *c = t.wanted; *c; c++)
			if (*c == '_')
				*c = ' ';
		snprintf(t.query, sizeof(t.query), "%s", order + at);
	} else {
		snprintf(t.query, sizeof(t.query), "%s",
			 !strncmp(order, "get ", 4) ? order + 4 : order);
	}
	t.waiting = true;
	t.deadline = uv_now(&t.loop) + seconds * 1000;
	uv_timer_start(&t.poll, on_poll, 0, POLL_MS);
}

static void end(void)
{
	if (t.ended)
		return;
	t.ended = true;
	t.namer->stop(t.namer);
	uv_close((uv_handle_t *)&t.in, NULL);
	uv_close((uv_handle_t *)&t.poll, NULL);
	uv_close((uv_handle_t *)&t.tick, NULL);
}

static void next_order(void)
{
	char *line_end = memchr(t.line, '\n', t.len), order[sizeof(t.line)];
	size_t n;

	if (!line_end && t.no_more && !t.waiting)
		end();
	if (!line_end || t.waiting)
		return;
	n = line_end - t.line;
	memcpy(order, t.line, n);
	order[n] = 0;
	t.len -= n + 1;
	memmove(t.line, line_end + 1, t.len);
	obey(order);
}

static void on_alloc(uv_handle_t *handle, size_t size, uv_buf_t *buf)
{
	(void)handle;
	(void)size;
	*buf = uv_buf_init(t.line + t.len, sizeof(t.line) - t.len);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
	(void)buf;
	if (n < 0) {
		t.no_more = true;
		uv_read_stop(stream);
	} else {
		t.len += n;
	}
	next_order();
}

static void on_tick(uv_timer_t *timer)
{
	(void)timer;
	t.namer->tick(t.namer, uv_hrtime());
}

static void on_notice(void *arg, const char *line)
{
	(void)arg;
	fprintf(stderr, "%s\n", line);
}

/* ------------------------------------------------------------------ options */

static const struct {
	const char *name;
	size_t offset;
} timings[] = {
	{"backoff_ms", offsetof(struct kube_timing, backoff_ms)},
	{"backoff_max_ms", offsetof(struct kube_timing, backoff_max_ms)},
	{"off_ms", offsetof(struct kube_timing, off_ms)},
	{"steady_ms", offsetof(struct kube_timing, steady_ms)},
	{"list_ms", offsetof(struct kube_timing, list_ms)},
	{"list_idle_ms", offsetof(struct kube_timing, list_idle_ms)},
	{"watch_idle_ms", offsetof(struct kube_timing, watch_idle_ms)},
	{"config_ms", offsetof(struct kube_timing, config_ms)},
};

static bool set_option(struct names_options *opt, struct kube_timing *timing, const char *arg)
{
	const char *value = strchr(arg, '=');
	size_t n = value ? (size_t)(value - arg) : 0;
	uint32_t ms;

	if (!value)
		return false;
	value++;
	if (!strncmp(arg, "kubeconfig=", 11))
		opt->kubeconfig = value;
	else if (!strncmp(arg, "context=", 8))
		opt->kube_context = value;
	else if (!strncmp(arg, "root=", 5))
		opt->root = value;
	else if (!strncmp(arg, "node=", 5))
		opt->node_name = value;
	else if (!strcmp(arg, "scope=node"))
		opt->kube_scope_node = true;
	else if (!strcmp(arg, "kubernetes=no"))
		opt->no_kubernetes = true;
	for (size_t i = 0; i < sizeof(timings) / sizeof(*timings); i++)
		if (strlen(timings[i].name) == n && !strncmp(arg, timings[i].name, n)) {
			ms = strtoul(value, NULL, 10);
			memcpy((char *)timing + timings[i].offset, &ms, sizeof(ms));
		}
	return true;
}

int main(int argc, char **argv)
{
	const struct namer_events ev = {.notice = on_notice};
	struct kube_timing timing = kube_timing_default;
	struct names_options opt = {0};
	struct kube_store_options store = {0};

	for (int i = 1; i < argc; i++)
		if (!set_option(&opt, &timing, argv[i]))
			return 2;
	store.node_name = opt.node_name;
	setvbuf(stderr, NULL, _IOLBF, 0);
	uv_loop_init(&t.loop);
	if (kube_store_new(&store, &t.store) || kube_new(&opt, t.store, &t.namer))
		return 1;
	kube_set_timing(t.namer, &timing);
	uv_timer_init(&t.loop, &t.poll);
	uv_timer_init(&t.loop, &t.tick);
	uv_timer_start(&t.tick, on_tick, 1000, 1000);
	if (t.namer->start(t.namer, &t.loop, &ev))
		return 1;
	uv_pipe_init(&t.loop, &t.in, 0);
	uv_pipe_open(&t.in, 0);
	uv_read_start((uv_stream_t *)&t.in, on_alloc, on_read);
	uv_run(&t.loop, UV_RUN_DEFAULT);
	t.namer->free(t.namer);
	kube_store_free(t.store);
	return uv_loop_close(&t.loop) ? 1 : 0;
}
